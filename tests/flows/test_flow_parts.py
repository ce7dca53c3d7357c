"""The parts of a step, each against an independent computation."""

from itertools import pairwise
from random import Random

import pytest
from flint import arb, arb_poly
from hypothesis import given
from hypothesis import strategies as st

from ncverify.flows.balls import dyadic, norm, on_grid, pair, precision, to_fixed
from ncverify.flows.characters import CharacterSums
from ncverify.flows.clock import Clock
from ncverify.flows.online import BLOCK, BlockProduct, PlainProduct
from ncverify.flows.ranges import UNIT_PIECES, ranges
from ncverify.flows.step import StepError, Tube, exponential_error
from ncverify.theory.groups import AbelianGroup
from ncverify.theory.number_kinds import ARB
from ncverify.theory.transform import complements, transform


@pytest.mark.parametrize("length", [1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, 5 * BLOCK + 7])
def test_block_products_equal_the_definition(length: int) -> None:
    rng = Random(length)
    a, b = ([rng.randrange(-(1 << 90), 1 << 90) for _ in range(length)] for _ in range(2))
    expected = [sum(a[i] * b[k - i] for i in range(k + 1)) >> 40 for k in range(length)]
    for kind in (PlainProduct, BlockProduct):
        product = kind(40)
        got = [int(product.push(kind.number(x), kind.number(y))) for x, y in zip(a, b, strict=True)]
        assert got == expected, kind


@pytest.mark.parametrize("orders", [(2, 2), (3,), (4,), (2, 3), (2, 2, 2), (5,), (2, 4)])
def test_character_sums(orders: tuple[int, ...]) -> None:
    group, rng, bits = AbelianGroup(orders), Random(1), 200
    per_class = [rng.randrange(1, 1000) for _ in group.sign_classes[1:]]
    full = [0] * group.order
    for value, orbit in zip(per_class, group.sign_classes[1:], strict=True):
        for a in orbit:
            full[a] = value
    with precision(bits):
        balls = [arb(v) for v in full]
        z, gaps = transform(group, balls, ARB), complements(group, balls, ARB)
        sums = CharacterSums(group, bits)
        fixed = sums.logits([v << bits for v in per_class])
        enclosed = sums.logits([arb(v) for v in per_class])
        for orbit, x, y in zip(group.sign_classes, fixed, enclosed, strict=True):
            assert z[orbit[0]].overlaps(y)
            assert abs(dyadic(int(x), -bits) - y) < dyadic(1, -bits + 30)
        for orbit, y in zip(
            group.sign_classes[1:], sums.complements([arb(v) for v in per_class]), strict=True
        ):
            assert gaps[orbit[0]].overlaps(y)


@given(st.lists(st.integers(-1000, 1000), min_size=1, max_size=12), st.integers(0, 64))
def test_norm_and_ranges_enclose(coefficients: list[int], place: int) -> None:
    p = arb_poly([arb(c) / 8 for c in coefficients])
    x = arb(place) / 64
    assert abs(p(x)) <= norm(p)
    assert p(-x) <= norm(p)
    assert ranges(p)[min(place // 8, 7)].contains(p(x))


def test_pieces_cover_the_unit_interval() -> None:
    assert UNIT_PIECES[0].contains(0)
    assert UNIT_PIECES[-1].contains(1)
    assert all(a.overlaps(b) for a, b in pairwise(UNIT_PIECES))


def test_grid_and_fixed_point() -> None:
    with precision(100):
        x = arb(1) / 3
        assert to_fixed(x, 10) == 341
        assert pair(on_grid(x, 10)) == (341, -10)
        with pytest.raises(ValueError, match="exact"):
            pair(x)


@pytest.mark.parametrize("slope", [-30, -3, 0, 3, 30])
def test_exponential_error_bounds_the_truth(slope: int) -> None:
    """The error of a truncated series of 3 e^{slope x} is bounded, and not wildly."""
    with precision(200):
        exponent = arb_poly([arb(1) / 8, arb(slope)])
        coefficients = [3 * (arb(1) / 8).exp()]
        for k in range(1, 40):
            coefficients.append(coefficients[-1] * slope / k)
        weight = arb_poly([c.mid() for c in coefficients])
        bound = exponential_error(weight, exponent, arb(3))
    with precision(500):
        worst = arb(0)
        for place in range(33):
            x = arb(place) / 32
            worst = worst.max(abs(weight(x) - 3 * exponent(x).exp()))
        assert worst <= bound
        # The factor e^{rise} is the price for not following the sign of the defect.
        assert bound <= 10**4 * arb(max(slope, 0)).exp() * worst + dyadic(1, -180)


def test_tube_is_a_groenwall_bound() -> None:
    """y' = y / 2, entering error 2^-50: the error at the end is e^{1/2} 2^-50."""
    rates = [(arb(1) / 2, arb(0))] * 8
    entering = dyadic(1, -50)
    tube, shift = Tube.prove(entering, arb(0), rates, arb(1), arb(1), None, 200)
    exact = (arb(1) / 2).exp() * entering
    assert exact <= tube.leaving
    assert tube.leaving <= exact * (1 + dyadic(1, -40))
    assert shift >= 2 * tube.radius
    for claim in (entering, exact.lower() * (1 - dyadic(1, -30)), entering / 2):
        with pytest.raises(StepError):
            Tube.prove(entering, arb(0), rates, arb(1), arb(1), claim.mid(), 200)


@pytest.mark.parametrize("growth", [0, 1, 7, 60, 300])
def test_clock_integrates_an_exponential(growth: int) -> None:
    """int_0^x (2 e^{growth y} + 1) dy in closed form, and its inverse."""
    with precision(220):
        clock = Clock(arb(2), arb_poly([arb(0), arb(growth)]), arb_poly([arb(1)]), arb(0), 60)

        def closed(x: arb) -> arb:
            return x + (2 * (growth * x).expm1() / growth if growth else 2 * x)

        assert clock.duration.overlaps(closed(arb(1)))
        assert clock.duration.rel_accuracy_bits() > 150
        for place in (arb(0), arb(1) / 3, arb(1) / 2, 1 - dyadic(1, -40)):
            found = clock.solve(closed(place))
            assert found.overlaps(place)
            assert found.rad() < dyadic(1, -100)
        with pytest.raises(ArithmeticError):
            clock.solve(closed(arb(1)) + 1)


def test_clock_error_of_the_rest_is_carried() -> None:
    with precision(128):
        clock = Clock(arb(1), arb_poly(), arb_poly(), arb(1) / 1000, 20)
        assert clock.duration.contains(arb(1) - arb(1) / 1000)
        assert clock.duration.contains(arb(1) + arb(1) / 1000)
