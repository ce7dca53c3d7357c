from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf

from ncverify.errors import InputError
from ncverify.theory.balls import exact_interval, precision
from ncverify.theory.groups import AbelianGroup
from ncverify.theory.number_kinds import ARB, DOUBLE, MPF
from ncverify.theory.transform import complements, transform

# The last two are beyond the order of the direct sum (a prime and a composite with three factors).
ORDERS = [
    (2,), (2, 2, 2), (3,), (5,), (6,), (12,), (8,), (2, 4), (4, 2, 3), (3, 3), (5, 2, 2), (67,), (8, 3, 3)
]  # fmt: skip


def even_values(group):
    values = [Fraction(0)] * group.order
    for i, orbit in enumerate(group.sign_classes):
        for g in orbit:
            values[g] = Fraction(7 * i * i + 3 * i + 1, 5 * i + 3)
    return values


def naive(group, values, a):
    turns = (group.pairing(a, g) for g in range(group.order))
    return mp.fsum(MPF.exact(f) * mp.cospi(2 * MPF.exact(q)) for f, q in zip(values, turns, strict=True))


@pytest.fixture(params=ORDERS, ids=str)
def group(request):
    return AbelianGroup(request.param)


def test_transform_is_the_character_sum(group):
    values = even_values(group)
    with mp.workdps(40), precision(140):
        expected = [naive(group, values, a) for a in range(group.order)]
        scale = max(abs(x) for x in expected)
        in_mpf = transform(group, [MPF.exact(f) for f in values], MPF)
        in_balls = transform(group, [ARB.exact(f) for f in values], ARB)
        in_double = transform(group, [DOUBLE.exact(f) for f in values], DOUBLE)
        in_array = transform(group, np.array([float(f) for f in values]), DOUBLE)
        for a, exact in enumerate(expected):
            assert abs(in_mpf[a] - exact) < scale * mpf(10) ** -36
            assert abs(in_double[a] - exact) < scale * 1e-14
            assert abs(in_array[a] - exact) < scale * 1e-14
            assert_contains(in_balls[a], exact)


def test_complements_are_differences(group):
    values = even_values(group)
    with mp.workdps(40), precision(140):
        expected = [naive(group, values, 0) - naive(group, values, a) for a in range(group.order)]
        scale = max(abs(x) for x in expected)
        in_mpf = complements(group, [MPF.exact(f) for f in values], MPF)
        in_balls = complements(group, [ARB.exact(f) for f in values], ARB)
        in_array = complements(group, np.array([float(f) for f in values]), DOUBLE)
        assert in_mpf[0] == 0
        for a, exact in enumerate(expected):
            assert abs(in_mpf[a] - exact) < scale * mpf(10) ** -36
            assert abs(in_array[a] - exact) < scale * 1e-13
            assert_contains(in_balls[a], exact)


def assert_contains(ball, value):
    """The ball, widened by the error of the reference, contains the value and is narrow."""
    lower, upper = exact_interval(ball)
    near, slack = Fraction(int(value * mpf(10) ** 38), 10**38), Fraction(1, 10**32)
    assert lower - slack <= near <= upper + slack
    assert upper - lower < slack


@pytest.mark.parametrize("orders", [(2,) * 5, (6,), (67,), (2, 4), (3, 3)], ids=str)
def test_twice_multiplies_by_the_order(orders):
    group = AbelianGroup(orders)
    values = np.array([float(f) for f in even_values(group)])
    again = transform(group, transform(group, values, DOUBLE), DOUBLE)
    np.testing.assert_allclose(again, group.order * values, rtol=1e-12)


@pytest.mark.parametrize("m", [1, 4, 5, 6, 11])
def test_walsh_arrays_agree_with_the_butterflies(m):
    # The array form works on five binary digits at a time; integers are exact in both.
    group = AbelianGroup.walsh(m)
    values = [(7 * g * g + 3 * g) % 101 for g in range(1 << m)]
    array = np.array(values, dtype=float)
    assert transform(group, array, DOUBLE).tolist() == transform(group, values, DOUBLE)
    assert complements(group, array, DOUBLE).tolist() == complements(group, values, DOUBLE)


@pytest.mark.parametrize("orders", [(2,) * 4, (2,) * 6, (5,), (67,), (4, 2)], ids=str)
def test_arrays_carry_a_batch(orders):
    group = AbelianGroup(orders)
    column = np.array([float(f) for f in even_values(group)])
    batch = np.stack([column, 3 * column, column + 1], axis=1)
    for function in (transform, complements):
        together = function(group, batch, DOUBLE)
        for i in range(3):
            np.testing.assert_allclose(
                together[:, i], function(group, batch[:, i], DOUBLE), rtol=1e-12, atol=1e-12
            )
    assert batch[1, 1] == 3 * column[1], "the input must not be changed"


@settings(derandomize=True, deadline=None, max_examples=40)
@given(st.lists(st.integers(0, 300), min_size=8, max_size=8))
def test_walsh_complements_keep_relative_accuracy(exponents):
    # Weights 10^-e from 1 to 10^-300: a difference of transforms would lose all the small ones.
    group = AbelianGroup.walsh(3)
    weights = [Fraction(1, 10**e) for e in exponents]
    doubles = complements(group, np.array([float(w) for w in weights]), DOUBLE)
    listed = complements(group, [float(w) for w in weights], DOUBLE)
    for a in range(1, 8):
        exact = sum(2 * w for g, w in enumerate(weights) if (a & g).bit_count() % 2)
        assert abs(Fraction(doubles[a]) / exact - 1) < 1e-14
        assert abs(Fraction(listed[a]) / exact - 1) < 1e-14


def test_direct_complements_keep_relative_accuracy():
    # Z_6: the character 3 is 1 on the even elements, where all the weight is.
    group = AbelianGroup.cyclic(6)
    weights = [1.0, 1e-250, 1.0, 3e-250, 1.0, 1e-250]
    for form in (weights, np.array(weights)):
        assert complements(group, form, DOUBLE)[3] == pytest.approx(1e-249, rel=1e-14)


def test_wrong_length_is_refused():
    for function in (transform, complements):
        with pytest.raises(InputError, match="wants 8 values"):
            function(AbelianGroup.walsh(3), [0.0] * 7, DOUBLE)
