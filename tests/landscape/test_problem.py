"""The objective and its derivatives agree between number types, and with differences."""

import random
from fractions import Fraction

import numpy as np
import pytest
from flint import arb
from mpmath import mp, mpf

import ncverify as nv
from ncverify.errors import InputError
from ncverify.landscape.problem import Problem, gradient, hessian_form, value
from ncverify.theory.balls import precision, to_arb
from ncverify.theory.number_kinds import ARB, DOUBLE, MPF

SHAPES = [
    (loss, k, d, n, bias)
    for loss in ("ce", "mse")
    for k, d, n in [(2, 1, 1), (3, 2, 2), (4, 5, 1)]
    for bias in (None, 0, Fraction(1, 7))
]


def draw(problem, seed):
    rng = random.Random(seed)

    def rows(count, length):
        return [[Fraction(rng.randint(-20, 20), 7) for _ in range(length)] for _ in range(count)]

    b = None if problem.lambda_b is None else rows(1, problem.classes)[0]
    return rows(problem.classes, problem.width), rows(problem.width, problem.total), b


def cast(point, convert):
    w, h, b = point
    return (
        [[convert(x) for x in row] for row in w],
        [[convert(x) for x in row] for row in h],
        None if b is None else [convert(x) for x in b],
    )


def plus(point, direction, t):
    def add(x, y):
        return x + t * y

    (w, h, b), (u, v, c) = point, direction
    return (
        [[add(x, y) for x, y in zip(p, q, strict=True)] for p, q in zip(w, u, strict=True)],
        [[add(x, y) for x, y in zip(p, q, strict=True)] for p, q in zip(h, v, strict=True)],
        None if b is None else [add(x, y) for x, y in zip(b, c, strict=True)],
    )


@pytest.mark.parametrize(("loss", "k", "d", "n", "bias"), SHAPES)
def test_the_derivatives_are_those_of_the_value(loss, k, d, n, bias):
    problem = Problem(k, d, n, loss=loss, lambda_w="1/10", lambda_h="1/3", lambda_b=bias)
    point, direction = draw(problem, 1), draw(problem, 2)
    mp.dps = 60
    at, along = (cast(x, lambda q: mpf(q.numerator) / q.denominator) for x in (point, direction))
    step = mpf(10) ** -15
    values = [value(problem, *plus(at, along, t * step), MPF) for t in (-1, 0, 1)]
    slope = gradient(problem, *at, MPF)
    inner = sum(
        x * y
        for g, v in zip(slope, along, strict=True)
        if g is not None
        for p, q in zip(
            g if isinstance(g[0], list) else [g], v if isinstance(v[0], list) else [v], strict=True
        )
        for x, y in zip(p, q, strict=True)
    )
    form = hessian_form(problem, at, along, MPF)
    assert abs((values[2] - values[0]) / (2 * step) - inner) < 1e-20
    assert abs((values[2] - 2 * values[1] + values[0]) / step**2 - form) < 1e-12


@pytest.mark.parametrize(("loss", "k", "d", "n", "bias"), SHAPES)
def test_balls_contain_the_values_in_high_precision(loss, k, d, n, bias):
    problem = Problem(k, d, n, loss=loss, lambda_w="1/10", lambda_h="1/3", lambda_b=bias)
    point, direction = draw(problem, 3), draw(problem, 4)
    mp.dps = 60
    exact = [cast(x, lambda q: mpf(q.numerator) / q.denominator) for x in (point, direction)]
    doubles = [cast(x, float) for x in (point, direction)]
    with precision(128):
        balls = [cast(x, to_arb) for x in (point, direction)]
        pairs = [
            (
                value(problem, *balls[0], ARB),
                value(problem, *exact[0], MPF),
                value(problem, *doubles[0], DOUBLE),
            ),
            (
                hessian_form(problem, *balls, ARB),
                hessian_form(problem, *exact, MPF),
                hessian_form(problem, *doubles, DOUBLE),
            ),
        ]
        for ball, number, double in pairs:
            assert ball.overlaps(arb(mp.nstr(number, 50)))
            assert abs(float(number) - double) < 1e-12 * (1 + abs(double))
            assert ball.rad() < 1e-30


def test_doubles_may_be_batches():
    problem = Problem(3, 2, lambda_w="1/10", lambda_h="1/10")
    points = [cast(draw(problem, seed), float) for seed in range(5)]
    w = [[np.array([p[0][i][a] for p in points]) for a in range(2)] for i in range(3)]
    h = [[np.array([p[1][a][j] for p in points]) for j in range(3)] for a in range(2)]
    together = value(problem, w, h, None, DOUBLE)
    assert together == pytest.approx([value(problem, *p, DOUBLE) for p in points], rel=1e-14)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lambda_w": 0}, "lambda_w = 0 is not positive"),
        ({"lambda_h": "-1/2"}, "lambda_h = -1/2 is not positive"),
        ({"lambda_w": 0.1}, "not exact"),
        ({"width": 0}, "width = 0 is out of range"),
        ({"classes": 1}, "classes = 1 is out of range"),
        ({"classes": True}, "classes = True is out of range"),
        ({"samples": 0}, "samples = 0 is out of range"),
        ({"loss": "hinge"}, "loss 'hinge' is unknown"),
        ({"lambda_b": -1}, "lambda_b = -1 is negative"),
    ],
)
def test_impossible_input_is_one_line(change, message):
    given = {"classes": 3, "width": 3, "lambda_w": "1/10", "lambda_h": "1/10", **change}
    with pytest.raises(InputError, match=message) as caught:
        nv.landscape.Problem(**given)
    assert "\n" not in str(caught.value)


def test_a_point_of_another_shape_is_refused():
    problem = Problem(3, 2, lambda_w="1/10", lambda_h="1/10")
    with pytest.raises(InputError, match="does not belong"):
        value(problem, [[0.0] * 3] * 3, [[0.0] * 3] * 2, None, DOUBLE)
    with pytest.raises(InputError, match="a bias"):
        value(problem, [[0.0] * 2] * 3, [[0.0] * 3] * 2, [0.0] * 3, DOUBLE)
