"""Products of matrices of series and of polynomials against their definitions."""

from __future__ import annotations

from random import Random

import pytest
from flint import arb, fmpz_poly

from ncverify.flows.balls import certainly_le, dyadic, norm_of_integers, precision
from ncverify.flows.matrix_product import LimbFormat, MatrixProduct
from ncverify.flows.polynomial_matrices import bound_product, matrix_product, shifted, transpose
from ncverify.flows.step import fixed_exponential_error

SIZES = [(1, 1, 1), (2, 3, 1), (3, 2, 4), (5, 7, 6)]


def convolution(a: list[list[int]], b: list[list[int]], inner: int, columns: int, bits: int) -> list[int]:
    k, rows = len(a) - 1, len(a[0]) // inner
    return [
        sum(a[i][r * inner + m] * b[k - i][m * columns + c] for i in range(k + 1) for m in range(inner))
        >> bits
        for r in range(rows)
        for c in range(columns)
    ]


@pytest.mark.parametrize(("rows", "inner", "columns"), SIZES)
@pytest.mark.parametrize("falls", [-1, 0, 3, 6])
def test_series_of_matrices_are_multiplied_to_the_last_digit(
    rows: int, inner: int, columns: int, falls: int
) -> None:
    # ``falls``: bits that each coefficient loses; the format expects 3.
    rng, bits, order = Random(rows + falls), 150, 24
    form = LimbFormat(bits, 3, (order + 1) * inner)
    product = MatrixProduct(form, rows, inner, columns, order)
    a: list[list[int]] = []
    b: list[list[int]] = []
    for k in range(order + 1):
        height = 1 << max(1, bits + 7 - falls * k)
        a.append([rng.randrange(-height, height) for _ in range(rows * inner)])
        b.append([rng.randrange(-height, height) for _ in range(inner * columns)])
        found = product.push(form.cut(a[-1], k, rows), form.cut(b[-1], k, inner))
        wanted = convolution(a, b, inner, columns, bits)
        assert all(abs(x - y) <= 1 for x, y in zip(found, wanted, strict=True))


def test_sums_of_many_limbs_do_not_overflow_a_double() -> None:
    # All limbs of all coefficients are as large as they can be, and there are more than 20 of each.
    bits, order = 600, 250
    form = LimbFormat(bits, (bits - 24) // order, order + 1)
    product = MatrixProduct(form, 1, 1, 1, order)
    a: list[list[int]] = []
    for k in range(order + 1):
        a.append([(1 << (bits - form.decay * k)) - 1])
        limbs = form.cut(a[-1], k, 1)
        found = product.push(limbs, limbs)
    wanted = convolution(a, a, 1, 1, bits)
    assert all(abs(x - y) <= 1 for x, y in zip(found, wanted, strict=True))


def test_limbs_add_up_to_the_number() -> None:
    form = LimbFormat(100, 2, 50)
    numbers = [0, 1, -1, (1 << 90) + 12345, -(1 << 97) + 1, 7]
    limbs = form.cut(numbers, 3, 2)
    assert limbs.shape[1:] == (2, 3)
    top = len(limbs) - 1
    for place, x in enumerate(numbers):
        digits = limbs[:, place // 3, place % 3]
        assert sum(int(digit) << form.size * (top - j) for j, digit in enumerate(digits)) == x << 6


@pytest.mark.parametrize(("rows", "inner", "columns"), SIZES)
def test_winograd_is_the_product(rows: int, inner: int, columns: int) -> None:
    rng = Random(inner)

    def matrix(m: int, n: int) -> list[list[fmpz_poly]]:
        return [[fmpz_poly([rng.randrange(-99, 99) for _ in range(5)]) for _ in range(n)] for _ in range(m)]

    a, b = matrix(rows, inner), matrix(inner, columns)
    found = matrix_product(a, b)
    for row, values in zip(a, found, strict=True):
        for column, value in zip(transpose(b), values, strict=True):
            assert value == sum((x * y for x, y in zip(row, column, strict=True)), fmpz_poly())


def test_bounds_of_a_product_are_upper_bounds() -> None:
    a, b = [[dyadic(3, -70), arb(2)]], [[dyadic(5, 70)], [dyadic(1, -90)]]
    bound = bound_product(a, b)[0][0]
    with precision(200):
        assert certainly_le(arb(15) + dyadic(1, -89), bound)
        assert certainly_le(bound, arb(15) + dyadic(1, -50))


def test_shifting_rounds_down() -> None:
    assert shifted(fmpz_poly([7, -7, 8]), 2) == fmpz_poly([1, -2, 2])


def test_the_exponential_error_in_fixed_point_bounds_the_truth() -> None:
    bits = 60
    exponent = fmpz_poly([0, 1 << bits])
    exact = [(1 << bits) // n for n in (1, 1, 2, 6, 24, 120)]
    weight = fmpz_poly(exact)
    bound = fixed_exponential_error(weight, exponent, arb(1), bits)
    truth = arb(1).exp() - sum(exact) * dyadic(1, -bits)
    assert certainly_le(abs(truth), bound)
    assert certainly_le(bound, arb("0.1"))
    assert certainly_le(sum(exact) * arb(1), norm_of_integers(weight))
