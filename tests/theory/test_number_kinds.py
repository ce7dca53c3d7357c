from fractions import Fraction

import numpy as np
import pytest
from flint import arb
from mpmath import mp, mpf

from ncverify.theory.balls import certainly_contains, exact_interval, precision
from ncverify.theory.number_kinds import ARB, DOUBLE, MPF

TURNS = [Fraction(j, n) for n in (1, 2, 3, 4, 5, 8, 12, 17) for j in range(-n, 2 * n + 1)]


@pytest.mark.parametrize("q", TURNS)
def test_cosines_of_all_kinds_agree(q):
    with mp.workdps(60), precision(150):
        exact = mp.cospi(2 * mpf(q.numerator) / q.denominator)
        assert abs(MPF.cos_turns(q) - exact) < mpf(10) ** -58
        assert abs(DOUBLE.cos_turns(q) - exact) < 3e-16
        lower, upper = exact_interval(ARB.cos_turns(q))
        slack = Fraction(1, 10**40)
        value = Fraction(int(exact * mpf(10) ** 55), 10**55)
        assert lower - slack <= value <= upper + slack
        assert upper - lower < slack


@pytest.mark.parametrize("kind", [DOUBLE, MPF, ARB])
def test_quarter_turns_are_exact(kind):
    for q, value in [
        (0, 1),
        (Fraction(1, 4), 0),
        (Fraction(1, 2), -1),
        (Fraction(-1, 4), 0),
        (Fraction(5, 4), 0),
    ]:
        assert kind.same(kind.cos_turns(Fraction(q)), kind.exact(value))


def test_cosine_follows_the_precision():
    with precision(64):
        wide = ARB.cos_turns(Fraction(1, 5))
    with precision(256):
        narrow = ARB.cos_turns(Fraction(1, 5))
    assert float(narrow.rad()) < 1e-70 < float(wide.rad())
    with mp.workdps(20):
        rough = MPF.cos_turns(Fraction(1, 5))
    with mp.workdps(80):
        assert abs(MPF.cos_turns(Fraction(1, 5)) - (mp.sqrt(5) - 1) / 4) < mpf(10) ** -78
        assert rough != MPF.cos_turns(Fraction(1, 5))


def test_ball_maximum_contains_the_maximum_and_shift_is_exact():
    balls = [arb(1, 0.5), arb(1.25, 0.5), arb(-3)]
    largest = ARB.maximum(balls)
    assert certainly_contains(largest, Fraction(3, 2))
    assert certainly_contains(largest, Fraction(7, 4))
    assert ARB.shift(balls).is_exact()
    assert float(ARB.shift(balls)) == 1.25


@pytest.mark.parametrize("kind", [DOUBLE, MPF, ARB])
def test_largest_first(kind):
    values = [kind.exact(x) for x in (2, 7, -1, 7, 3)]
    ordered = kind.largest_first(values)
    assert float(ordered[0]) == 7
    assert sorted(map(float, ordered)) == [-1, 2, 3, 7, 7]


def test_ball_power_contains_and_survives_zero():
    assert certainly_contains(ARB.power(arb(2, 0.25), Fraction(3)), 8)
    assert certainly_contains(ARB.power(arb(0, 0.5), Fraction(2)), 0)
    root = ARB.power(arb(4), Fraction(3, 2))
    assert certainly_contains(root, 8)
    assert float(root.rad()) < 1e-12


def test_same():
    assert ARB.same(arb(1, 0.5), arb(1, 0.5))
    assert not ARB.same(arb(1, 0.5), arb(1, 0.25))
    assert not ARB.same(arb(1), arb(1 + 2**-50))
    assert DOUBLE.same(np.ones(3), np.ones(3))
    assert not MPF.same(mpf(1), mpf(2))


@pytest.mark.parametrize("kind", [DOUBLE, MPF, ARB])
def test_functions(kind):
    x = kind.exact(Fraction(9, 4))
    assert float(kind.sqrt(x)) == 1.5
    assert float(kind.log(kind.exp(x))) == pytest.approx(2.25, rel=1e-14)
    assert float(kind.log1p(kind.exact(Fraction(1, 10**12)))) == pytest.approx(1e-12 - 5e-25, rel=1e-14)
    assert float(kind.power(x, Fraction(1, 2))) == pytest.approx(1.5, rel=1e-14)
