from fractions import Fraction

import numpy as np
import pytest
from flint import arb
from mpmath import mp, mpf

from ncverify.errors import InputError
from ncverify.theory.balls import exact_interval, precision
from ncverify.theory.dynamics import (
    ARB,
    DOUBLE,
    MPF,
    Balanced,
    Unbalanced,
    column_residuals,
    deficits,
    full_field,
    logits,
    matmul,
    reduced_field,
    softmax,
    transpose,
)
from ncverify.theory.groups import AbelianGroup
from ncverify.theory.observables import cross_entropy
from ncverify.theory.spectral import fourier_basis, hadamard_start

GROUPS = [AbelianGroup(orders) for orders in [(2,), (2, 2, 2), (3,), (5,), (2, 4), (6,)]]
MODELS = [
    Balanced(),
    Balanced(decay=Fraction(1, 7)),
    Balanced(depth=1),
    Balanced(depth=3, decay=Fraction(1, 9)),
    Balanced(depth=4),
    Balanced(loss="mean"),
    Balanced(loss="squared"),
    Unbalanced(),
    Unbalanced(decay=Fraction(1, 5)),
]
by_name = pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)


def spectrum(group, scale=Fraction(1)):
    values = [Fraction(0)] * group.order
    for i, orbit in enumerate(group.sign_classes[1:]):
        for a in orbit:
            values[a] = scale * Fraction(3 * i + 2, 2 * i + 3)
    return values


def state_for(group, model):
    s = spectrum(group)
    return s if model.state_size(group) == group.order else [*s, *(x * x + 1 if x else x for x in s)]


def within(ball, value, slack=Fraction(1, 10**30)):
    lower, upper = exact_interval(ball)
    near = Fraction(int(value * mpf(10) ** 38), 10**38)
    return lower - slack <= near <= upper + slack and upper - lower < slack


@by_name
@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_all_number_kinds_give_one_field(group, model):
    state = state_for(group, model)
    with mp.workdps(40), precision(140):
        exact = reduced_field(group, [MPF.exact(x) for x in state], MPF, model=model)
        balls = reduced_field(group, [ARB.exact(x) for x in state], ARB, model=model)
        array = np.array([float(x) for x in state])
        doubles = reduced_field(group, array, DOUBLE, model=model)
        batch = reduced_field(group, np.stack([array, array / 2], axis=1), DOUBLE, model=model)
        assert all(within(ball, value) for ball, value in zip(balls, exact, strict=True))
        np.testing.assert_allclose(doubles, [float(x) for x in exact], rtol=1e-13, atol=1e-15)
        np.testing.assert_allclose(batch[:, 0], doubles, rtol=1e-13, atol=1e-15)
        half = reduced_field(group, array / 2, DOUBLE, model=model)
        np.testing.assert_allclose(batch[:, 1], half, rtol=1e-13, atol=1e-15)


@by_name
def test_a_wide_ball_of_states_contains_the_fields_of_its_points(group):
    s = spectrum(group)
    with precision(100), mp.workdps(40):
        wide = [arb(0)] + [ARB.exact(x) + arb(0, 0.01) for x in s[1:]]
        field = reduced_field(group, wide, ARB)
        for shift in (-0.01, 0.0, 0.01):
            point = [mpf(0)] + [MPF.exact(x) + mpf(shift) for x in s[1:]]
            for ball, value in zip(field, reduced_field(group, point, MPF), strict=True):
                lower, upper = exact_interval(ball)
                assert lower <= Fraction(int(value * 2**100), 2**100) + Fraction(1, 2**90)
                assert upper >= Fraction(int(value * 2**100), 2**100) - Fraction(1, 2**90)


@by_name
def test_logits_are_the_first_column_of_the_logit_matrix(group):
    with mp.workdps(30):
        s = [MPF.exact(x) for x in spectrum(group)]
        basis = fourier_basis(group, MPF)
        scaled = [[x * v for x, v in zip(row, s, strict=True)] for row in basis]
        z = logits(group, s, MPF)
        matrix = matmul(scaled, transpose(basis))
        for i in range(group.order):
            for j in range(group.order):
                assert abs(matrix[i][j] - z[group.add(i, group.neg(j))]) < mpf(10) ** -28


@by_name
def test_deficits_are_one_minus_phat(group):
    with mp.workdps(30):
        s = [MPF.exact(x) for x in spectrum(group)]
        p = softmax(logits(group, s, MPF), MPF)
        assert abs(mp.fsum(p) - 1) < mpf(10) ** -28
        for a, short in enumerate(deficits(group, s, MPF)):
            turns = [2 * MPF.exact(group.pairing(a, g)) for g in range(group.order)]
            assert abs(1 - mp.fdot(p, [mp.cospi(q) for q in turns]) - short) < mpf(10) ** -28
        mean = deficits(group, s, MPF, loss="mean")
        assert abs(mean[1] * group.order - deficits(group, s, MPF)[1]) < mpf(10) ** -28
    assert deficits(group, [0.25] * group.order, DOUBLE, loss="squared") == [0.75] * group.order


@by_name
@pytest.mark.parametrize("scale", [50, 300])
def test_deficits_keep_relative_accuracy_for_large_spectra(group, scale):
    # 1 - phat_a is about e^-scale here: subtracting from 1 in doubles would leave nothing.
    s = spectrum(group, Fraction(scale))
    with mp.workdps(400):
        exact = deficits(group, [MPF.exact(x) for x in s], MPF)
        doubles = deficits(group, np.array([float(x) for x in s]), DOUBLE)
        for a in range(1, group.order):
            assert 0 < exact[a] < mpf(10) ** -5
            # The logits themselves carry an error of scale * 1e-16, and exp makes it relative.
            assert abs(doubles[a] / exact[a] - 1) < scale * 1e-14


def test_collapse_ray_speed():
    # garrod, slowdown-exact: ds/dt = 2 K s / (e^s + K - 1) on s_a = s.
    with mp.workdps(30):
        for group in GROUPS:
            s = mpf(7) / 3
            field = reduced_field(group, [mpf(0)] + [s] * (group.order - 1), MPF)
            expected = 2 * group.order * s / (mp.exp(s) + group.order - 1)
            assert field[0] == 0
            assert all(abs(v - expected) < mpf(10) ** -28 for v in field[1:])


def test_softmax_does_not_overflow():
    np.testing.assert_allclose(softmax(np.array([1e4, 1e4, -1e4]), DOUBLE), [0.5, 0.5, 0])
    assert [float(p) for p in softmax([mpf(10) ** 6, mpf(0)], MPF)] == [1, 0]


@pytest.mark.parametrize("depth", [1, 2, 3, 4, 5])
def test_depth_is_the_product_of_equal_layers(depth):
    # s = w^L with w' = w^(L-1) c - decay w gives s' = L w^(L-1) w'.
    group, decay = AbelianGroup.walsh(2), Fraction(1, 11)
    with mp.workdps(30):
        layers = [mpf(x) for x in ("0.7", "1.1", "0.9")]
        s = [mpf(0)] + [w**depth for w in layers]
        short = deficits(group, s, MPF)
        field = reduced_field(group, s, MPF, model=Balanced(depth=depth, decay=decay))
        for w, c, v in zip(layers, short[1:], field[1:], strict=True):
            slope = w ** (depth - 1) * c - MPF.exact(decay) * w
            assert abs(v - depth * w ** (depth - 1) * slope) < mpf(10) ** -28


@by_name
@pytest.mark.parametrize("decay", [Fraction(0), Fraction(1, 10)])
@pytest.mark.parametrize("loss", ["sum", "mean", "squared"])
def test_full_field_is_tangent_to_the_family(group, loss, decay):
    # frozen-singular-vectors and reduced-ode at one point, with an oblique frame and d = K + 1.
    order = group.order
    v = [Fraction(i + 1) for i in range(order + 1)]
    size = sum(x * x for x in v)
    frame = [[(i == j) - 2 * v[i] * v[j] / size for j in range(order)] for i in range(order + 1)]
    with mp.workdps(40):
        alpha = [MPF.exact(x + 1) for x in spectrum(group)]
        beta = [MPF.exact(2 * x + Fraction(1, 3)) for x in spectrum(group)]
        w, h = hadamard_start(group, alpha, beta, frame, MPF)
        dw, dh = full_field(w, h, range(order), MPF, loss=loss, decay=decay)
        speed = reduced_field(group, [*alpha, *beta], MPF, model=Unbalanced(decay=decay, loss=loss))
        ideal_w, ideal_h = hadamard_start(group, *tied(group, speed), frame, MPF)
        for got, ideal in ((dw, ideal_w), (dh, ideal_h)):
            for row, other in zip(got, ideal, strict=True):
                assert max(abs(x - y) for x, y in zip(row, other, strict=True)) < mpf(10) ** -37


def tied(group, speed):
    """alpha' and beta' with equal entries at a and -a (they agree up to rounding already)."""
    half = group.order
    return ([part[min(a, group.neg(a))] for a in range(half)] for part in (speed[:half], speed[half:]))


@pytest.mark.parametrize("loss", ["sum", "mean", "squared"])
def test_full_field_is_minus_the_gradient(loss):
    labels, decay = [0, 2, 1, 1, 2], Fraction(1, 3)
    rng = np.random.default_rng(3)
    with mp.workdps(50):
        w = [[mpf(x) for x in row] for row in rng.normal(size=(3, 2))]
        h = [[mpf(x) for x in row] for row in rng.normal(size=(2, 5))]
        step = mpf(10) ** -20

        def value():
            z = matmul(w, h)
            penalty = sum(x * x for row in (*w, *h) for x in row) / 6
            if loss == "squared":
                gaps = [(i == labels[j]) - z[i][j] for i in range(3) for j in range(5)]
                return sum(x * x for x in gaps) / 2 + penalty
            return cross_entropy(z, labels, MPF, mean=loss == "mean") + penalty

        field = full_field(w, h, labels, MPF, loss=loss, decay=decay)
        for matrix, speeds in zip((w, h), field, strict=True):
            for i, row in enumerate(matrix):
                for j, x in enumerate(row):
                    row[j] = x + step
                    up = value()
                    row[j] = x - step
                    slope = (up - value()) / (2 * step)
                    row[j] = x
                    assert abs(slope + speeds[i][j]) < mpf(10) ** -25


@pytest.mark.parametrize("loss", ["sum", "mean", "squared"])
def test_full_field_arrays_and_balls(loss):
    rng = np.random.default_rng(5)
    w, h, labels = rng.normal(size=(4, 3, 2)), rng.normal(size=(4, 2, 6)), [0, 0, 1, 1, 2, 2]
    arrays = full_field(w, h, labels, DOUBLE, loss=loss, decay=Fraction(1, 4))
    for i in range(4):
        with precision(120), mp.workdps(40):
            exact = full_field(
                *([[mpf(x) for x in row] for row in m[i]] for m in (w, h)),
                labels,
                MPF,
                loss=loss,
                decay=Fraction(1, 4),
            )
            balls = full_field(
                *([[arb(x) for x in row] for row in m[i]] for m in (w, h)),
                labels,
                ARB,
                loss=loss,
                decay=Fraction(1, 4),
            )
            for array, matrix, ball in zip(arrays, exact, balls, strict=True):
                np.testing.assert_allclose(array[i], np.array(matrix, dtype=float), rtol=1e-12, atol=1e-14)
                rows = zip(ball, matrix, strict=True)
                assert all(within(b, x) for row, values in rows for b, x in zip(row, values, strict=True))


def test_residuals_of_a_large_margin_keep_relative_accuracy():
    # Two wrong classes at distance 100: the label's residual is 2 e^-100 / (1 + 2 e^-100).
    z = [[100.0], [0.0], [0.0]]
    for form in (z, np.array(z)):
        gap = column_residuals(form, [0], DOUBLE)
        assert gap[0][0] == pytest.approx(2 * np.exp(-100), rel=1e-14)
        assert gap[1][0] == pytest.approx(-np.exp(-100), rel=1e-14)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: reduced_field(AbelianGroup.walsh(2), [1.0] * 3, DOUBLE), "wants 4 numbers, got 3"),
        (
            lambda: reduced_field(AbelianGroup.walsh(2), [1.0] * 4, DOUBLE, model=Unbalanced()),
            "wants 8 numbers",
        ),
        (lambda: Balanced(depth=0), "depth 0"),
        (lambda: Balanced(depth=2.0), "depth 2.0"),
        (lambda: Balanced(decay=Fraction(-1)), "decay"),
        (lambda: Unbalanced(decay=0.1), "decay 0.1 must be a Fraction"),
        (lambda: full_field([[1.0, 2.0]], [[1.0]], [0], DOUBLE), "W has 2 columns and H has 1 rows"),
        (lambda: full_field([[1.0], [2.0]], [[1.0]], [0, 1], DOUBLE), "2 labels for 1 samples"),
        (lambda: full_field([[1.0], [2.0]], [[1.0]], [2], DOUBLE), "label 2 is not a class"),
        (lambda: full_field([[1.0], [2.0]], [[1.0]], [-1], DOUBLE), "label -1 is not a class"),
    ],
)
def test_wrong_input_is_refused(call, message):
    with pytest.raises(InputError, match=message):
        call()
