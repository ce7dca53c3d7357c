"""The layer-peeled model in four number types, against exact values and finite differences."""

from __future__ import annotations

from fractions import Fraction as F

import numpy as np
import pytest
from flint import arb
from mpmath import mp, mpf

from ncverify.errors import InputError
from ncverify.theory.balls import certainly_contains, enclose, precision
from ncverify.theory.expr import number
from ncverify.theory.number_kinds import ARB, DOUBLE, MPF
from ncverify.theory.peeled import (
    EXACT,
    all_margins,
    approximate_kkt,
    gradient,
    hessian_form,
    inner,
    least_loss_on_sphere,
    loss,
    objective,
    riemannian_gradient,
    stationarity,
)

LABELS = (0, 0, 1, 2)
W = ((F(1), F(-1, 2)), (F(-1), F(1)), (F(1, 2), F(0)))
H = ((F(2), F(1), F(-1), F(1, 3)), (F(0), F(-1), F(2), F(-1)))
PATTERN = ((1, -1, 0, 0), (-1, 1, 0, 0), (0, 0, 1, -1), (0, 0, -1, 1))  # Example 3.1


def doubles(rows):
    return [[float(x) for x in row] for row in rows]


def balls(rows):
    return [[arb(x.numerator) / x.denominator for x in row] for row in rows]


def expressions(rows):
    return [[number(F(x)) for x in row] for row in rows]


def test_the_number_types_agree():
    with precision(128), mp.workprec(128):
        exact = enclose(loss(expressions(W), expressions(H), LABELS, EXACT), {}, 128)
        assert exact.overlaps(loss(balls(W), balls(H), LABELS, ARB))
        assert float(exact.mid()) == pytest.approx(loss(doubles(W), doubles(H), LABELS, DOUBLE), rel=1e-14)
        floats = [[mpf(x.numerator) / x.denominator for x in row] for row in W]
        more = [[mpf(x.numerator) / x.denominator for x in row] for row in H]
        assert abs(loss(floats, more, LABELS, MPF) - mpf(str(exact.mid().str(40, radius=False)))) < 1e-30


def test_margins_of_rationals_are_exact():
    assert all_margins(W, H, LABELS)[0] == [F(4), F(1)]
    assert objective(((F(1),), (F(-1),)), ((F(1), F(-2)),)) == F(7, 2)


def moved(x, direction, step):
    return [[a + step * b for a, b in zip(r, s, strict=True)] for r, s in zip(x, direction, strict=True)]


def test_gradient_and_hessian_are_derivatives_of_the_loss():
    draw = np.random.default_rng(1)
    w, h = doubles(W), doubles(H)
    x, v = draw.normal(size=(3, 2)).tolist(), draw.normal(size=(2, 4)).tolist()

    def at(t):
        return loss(moved(w, x, t), moved(h, v, t), LABELS, DOUBLE)

    step = 1e-4
    slope = inner(gradient(w, h, LABELS, DOUBLE), (x, v))
    assert (at(step) - at(-step)) / (2 * step) == pytest.approx(slope, rel=1e-6)
    curvature = hessian_form(w, h, LABELS, (x, v), DOUBLE)
    assert (at(step) - 2 * at(0) + at(-step)) / step**2 == pytest.approx(curvature, rel=1e-5)


def test_the_riemannian_gradient_is_tangent_and_vanishes_at_example_3_1():
    w, h = doubles(W), doubles(H)
    tangent = riemannian_gradient(w, h, LABELS, DOUBLE)
    assert inner(tangent[:2], (w, h)) == pytest.approx(0, abs=1e-12)
    point = doubles(PATTERN)
    along_w, along_h, mu = riemannian_gradient(point, point, range(4), DOUBLE)
    assert np.allclose(along_w, 0)
    assert np.allclose(along_h, 0)
    assert mu == pytest.approx(2 / (1 + np.exp(2)))


def test_the_smallest_eigenvalue_at_example_3_1():
    point = doubles(PATTERN)
    u = [0.5, 0.5, -0.5, -0.5]
    a = [2**-0.5, 2**-0.5, 0, 0]
    direction = [[x * y for y in a] for x in u], [[x * y for y in u] for x in a]
    mu = riemannian_gradient(point, point, range(4), DOUBLE)[2]
    quotient = (hessian_form(point, point, range(4), direction, DOUBLE) + 2 * mu) / 2
    assert quotient == pytest.approx(-np.exp(-1) * np.sinh(1) / np.cosh(1) ** 2)


def test_example_3_1_is_stationary_with_its_multipliers_and_not_with_others():
    half = F(1, 2)
    multipliers = [[half if i // 2 != j // 2 else F(0) for j in range(4)] for i in range(4)]
    exact = [[F(x) for x in row] for row in PATTERN]
    for part in stationarity(exact, exact, range(4), multipliers):
        assert all(x == 0 for row in part for x in row)
    multipliers[0][2] = F(1)
    assert any(x != 0 for row in stationarity(exact, exact, range(4), multipliers)[0] for x in row)
    with pytest.raises(InputError, match="multipliers must be 4 x 4"):
        stationarity(exact, exact, range(4), multipliers[:3])


def test_the_residuals_are_the_distance_to_stationarity():
    """eps is |(W, H)/sqrt q - sum of multipliers times gradients| with the multipliers R P_j/|grad L|."""
    w, h = [[2.0, 0.0], [-1.0, 2.0], [-1.0, -2.0]], [[2.0, -1.0, -1.0], [0.0, 2.0, -1.5]]
    labels = range(3)
    q = min(x for row in all_margins(w, h, labels) for x in row)
    assert q > 0
    slopes = gradient(w, h, labels, DOUBLE)
    z = np.array(w) @ np.array(h)
    chances = np.exp(z) / np.exp(z).sum(axis=0)
    factor = np.sqrt(inner((w, h), (w, h)) / inner(slopes, slopes))
    scaled = [[x / np.sqrt(q) for x in row] for row in w], [[x / np.sqrt(q) for x in row] for row in h]
    missed = stationarity(*scaled, labels, (factor * chances.T).tolist())
    found = approximate_kkt(w, h, labels, DOUBLE, q)
    assert inner(missed, missed) == pytest.approx(found.gap)
    assert 0 < found.cosine < 1


def test_the_least_loss_is_that_of_the_frame():
    third = F(1, 3)
    frame = [[F(int(i == j)) - third for j in range(3)] for i in range(3)]
    value = loss(doubles(frame), doubles(frame), range(3), DOUBLE)
    assert least_loss_on_sphere(3, 1, 4.0, DOUBLE) == pytest.approx(value)
    with precision(64):
        assert certainly_contains(least_loss_on_sphere(2, 1, arb(0), ARB) - 2 * arb(2).log(), 0)
    with pytest.raises(InputError, match="give K >= 2"):
        least_loss_on_sphere(1, 1, 4.0, DOUBLE)


def test_exact_numbers_refuse_what_needs_a_comparison():
    with pytest.raises(InputError, match="not compared"):
        EXACT.maximum([number(1)])
    with pytest.raises(InputError, match="use sqrt"):
        EXACT.power(number(2), F(1, 2))
    assert EXACT.cos_turns(F(1, 2)) == number(-1)
    with pytest.raises(InputError, match="not a rational"):
        EXACT.cos_turns(F(1, 3))
