from random import Random

import pytest
from gmpy2 import mpz

from ncverify.evidence.bundles import Bundle, Row

BITS = 40


def draw(random, count, order, bits):
    return [[mpz(random.getrandbits(bits) - (1 << bits - 1)) for _ in range(order)] for _ in range(count)]


def alone(x, y, n):
    return sum(x[k] * y[n - k] for k in range(n + 1)) >> BITS


@pytest.mark.parametrize("width", [1, 3, 8])
def test_a_bundle_gives_what_each_product_alone_gives(width):
    random = Random(width)
    xs, ys = draw(random, 2, 12, 50), draw(random, width, 12, 50)
    row = Row(ys)  # both bundles read one row
    products = [[[alone(x, y, 0)] for y in ys] for x in xs]
    bundles = [Bundle(BITS, x, row, found) for x, found in zip(xs, products, strict=True)]
    for n in range(1, 12):
        for bundle in bundles:
            bundle.advance(n)
    assert products == [[[alone(x, y, n) for n in range(12)] for y in ys] for x in xs]


@pytest.mark.parametrize("growing", ["x", "row"])
def test_the_slot_widens_with_the_coefficients(growing):
    # From 20 to 600 bits, with extreme values: all bits set, both signs.
    random = Random(1)
    large = [mpz((-1) ** k * ((1 << (20 + 58 * k)) - 1)) for k in range(11)]
    small = draw(random, 3, 11, 30)
    x, ys = (large, small) if growing == "x" else (small[0], [large, [-c for c in large], small[1]])
    row, products = Row(ys), [[alone(x, y, 0)] for y in ys]
    bundle = Bundle(BITS, x, row, products)
    slots = set()
    for n in range(1, 11):
        bundle.advance(n)
        slots.add(row.slot)
    assert len(slots) > 2
    assert products == [[alone(x, y, n) for n in range(11)] for y in ys]
