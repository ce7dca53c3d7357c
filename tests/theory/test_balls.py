"""The boundary to Arb: enclosures contain the exact value, comparisons are proofs, printing encloses."""

from decimal import Decimal
from fractions import Fraction as F

import mpmath
import pytest
from flint import arb, ctx
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ncverify.errors import InputError
from ncverify.theory import balls
from ncverify.theory.expr import FUNCTIONS, Fn, exp, log, number, sqrt, symbols
from ncverify.theory.parser import parse

x, y = symbols("x y")

rationals = st.fractions(min_value=-50, max_value=50, max_denominator=1000)


def test_precision_is_restored_even_after_an_error():
    before = ctx.prec
    with pytest.raises(InputError), balls.precision(777):
        balls.to_arb(0.1)
    assert ctx.prec == before
    with balls.precision(777):
        assert ctx.prec == 777
    with balls.precision(100), balls.precision(200):
        assert ctx.prec == 200
    assert ctx.prec == before


@pytest.mark.parametrize("bad", [0, 1, -5, 10**9, 53.0, True, "64"])
def test_precision_refuses(bad):
    with pytest.raises(InputError), balls.precision(bad):
        pass


@pytest.mark.parametrize("bad", [0.1, 1.0, True, "1/3", None, Decimal("0.1")])
def test_inexact_numbers_are_refused(bad):
    with pytest.raises(InputError):
        balls.to_arb(bad)
    with pytest.raises(InputError):
        balls.enclose(x, {"x": bad}, 64)


@given(rationals, st.sampled_from([2, 10, 53, 200]))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_a_rational_is_in_its_ball(value, bits):
    with balls.precision(bits):
        ball = balls.to_arb(value)
    lower, upper = balls.exact_interval(ball)
    assert lower <= value <= upper
    assert upper - lower <= abs(value) * F(8, 2**bits)
    assert balls.certainly_contains(ball, value)
    assert not balls.certainly_contains(ball, upper + 1)


def test_comparisons_are_certain_or_false():
    wide, point = arb(0, 1), arb(2)
    third = arb(1) / 3
    assert balls.certainly_positive(point)
    assert balls.certainly_negative(-point)
    assert not balls.certainly_positive(wide)
    assert not balls.certainly_negative(wide)
    assert not balls.certainly_nonzero(wide)
    assert balls.certainly_nonzero(third)
    assert balls.certainly_nonnegative(arb(0))
    assert not balls.certainly_positive(arb(0))
    assert not balls.certainly_nonnegative(wide)
    assert balls.certainly_lt(wide, point)
    assert not balls.certainly_lt(third, third)
    assert not balls.certainly_le(third, third)  # an inexact ball is not <= itself, point by point
    assert balls.certainly_le(point, point)
    assert balls.certainly_disjoint(wide, point)
    assert not balls.certainly_disjoint(third, third)


@pytest.mark.parametrize("bad", [arb("nan"), arb("inf"), 1 / arb(0)])
def test_nothing_is_certain_about_nan(bad):
    assert not balls.is_finite(bad)
    assert not balls.certainly_negative(bad)
    assert not balls.certainly_disjoint(bad, arb(0))
    assert not balls.certainly_lt(bad, arb(0))
    with pytest.raises(balls.Undefined):
        balls.exact_interval(bad)
    with pytest.raises(balls.Undefined):
        balls.to_decimal(bad)


def test_exact_interval_refuses_to_fill_the_memory():
    with pytest.raises(balls.Undefined):
        balls.exact_interval(balls.enclose(exp(x), {"x": 10**12}, 64))


# Where each function is evaluated: points inside its domain.
DOMAIN = {"log": (F(1, 1000), F(50)), "sqrt": (F(0), F(50)), "asin": (F(-1), F(1)), "acos": (F(-1), F(1))}


@pytest.mark.parametrize("name", FUNCTIONS)
@given(data=st.data(), bits=st.sampled_from([30, 64, 150]))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_functions_contain_the_value_of_another_library(name, data, bits):
    lower, upper = DOMAIN.get(name, (F(-50), F(50)))
    value = data.draw(st.fractions(min_value=lower, max_value=upper, max_denominator=1000))
    try:
        ball = balls.enclose(Fn(name, x), {"x": value}, bits)
    except balls.Undefined:
        # rounding can push an end point out of the domain, never a point well inside
        assert min(abs(value - lower), abs(value - upper)) <= F(1, 2**20)
        return
    with mpmath.workdps(80):
        reference = getattr(mpmath, name)(mpmath.mpf(value.numerator) / value.denominator)
        low, high = (mpmath.mpf(end.numerator) / end.denominator for end in balls.exact_interval(ball))
        slack = mpmath.mpf(10) ** -70 * (1 + abs(reference))
        assert low - slack <= reference <= high + slack
        assert high - low <= (1 + abs(reference)) ** 2 * mpmath.mpf(2) ** (20 - bits)


@given(rationals, rationals.filter(bool), st.sampled_from([16, 64]))
@example(F(0), F(1), 16)
@settings(max_examples=150, deadline=None, derandomize=True)
def test_rational_functions_contain_the_exact_value(a, b, bits):
    expr = parse("(x**5 - 3*x*y**-2 + x/7)*(x - y)**2 + x**0 - y**3")
    exact = (a**5 - 3 * a * b**-2 + a / 7) * (a - b) ** 2 + 1 - b**3
    assert balls.certainly_contains(balls.enclose(expr, {"x": a, "y": b}, bits), exact)


def test_a_square_of_a_ball_around_zero_is_finite():
    third = F(1, 3)
    ball = balls.enclose((x - y / 3) ** 2, {"x": third, "y": 1}, 64)
    assert balls.certainly_contains(ball, 0)


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("1/x", 0),
        ("x**-3", 0),
        ("log(x)", 0),
        ("log(x)", -1),
        ("sqrt(x)", -1),
        ("acos(x)", 2),
        ("0*(1/x)", 0),
        ("(1/x)**0", 0),
        ("exp(exp(exp(exp(x))))", 100),
        ("1/(exp(x) - exp(x))", 1),
    ],
)
def test_undefined_values_raise(text, point):
    with pytest.raises(balls.Undefined):
        balls.enclose(parse(text), {"x": F(point)}, 64)


def test_a_missing_value_is_wrong_input():
    with pytest.raises(InputError, match="symbol y"):
        balls.enclose(x + y, {"x": F(1)}, 64)


def test_shared_parts_and_boxes():
    deep = x
    for _ in range(300):
        deep = (deep + sqrt(deep * deep)) / 2
    first, second = balls.enclose_all([deep, log(exp(deep))], {"x": 2}, 100)
    assert balls.certainly_contains(first, 2)
    assert balls.certainly_disjoint(second, arb(3))
    square = balls.enclose(x * x, {"x": arb(3, 1)}, 64)
    assert balls.certainly_contains(square, 4)
    assert balls.certainly_contains(square, 16)


@given(rationals, st.sampled_from([2, 20, 64, 200]), st.integers(1, 30))
@example(F(1, 3), 64, 1)
@example(F(-(10**6)), 64, 3)
@settings(max_examples=200, deadline=None, derandomize=True)
def test_printed_intervals_contain_the_ball(value, bits, digits):
    ball = balls.enclose(exp(number(value) / 10) - x, {"x": F(1, 7)}, bits)
    shown = balls.to_decimal(ball, digits)
    middle, radius = F(shown.mid), F(shown.rad)
    lower, upper = balls.exact_interval(ball)
    assert middle - radius <= lower
    assert upper <= middle + radius
    assert str(shown) == (shown.mid if shown.rad == "0" else f"{shown.mid} +/- {shown.rad}")


@pytest.mark.parametrize(("value", "text"), [(0, "0"), (3, "3"), (F(5, 4), "1.25"), (100, "100")])
def test_exact_balls_print_exactly(value, text):
    assert str(balls.to_decimal(balls.to_arb(value))) == text
