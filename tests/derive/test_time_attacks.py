"""Attempts to say something false about all times, or to drop what a definition needs."""

import pytest

from ncverify.derive.kernel import (
    ProofError,
    at_least,
    define,
    derivative,
    dichotomy,
    equal,
    global_solution,
    greater,
    hypothesis,
    linear,
    maximum,
    nondecreasing,
    sign_preserved,
    square,
    unbounded,
)
from ncverify.derive.terms import Function, Sym, Var, chi, log, total

a, v = Var("a", "D"), Var("v", "G")
f, x, x_rate, z = (Function(name, ("G",)) for name in ("f", "x", "x'", "z"))
s = Function("s", ("D",))
g, g_rate, F, F_rate = map(Sym, ("g", "g'", "F", "F'"))
x0, x0_rate, y, y_rate = map(Sym, ("x0", "x0'", "y", "y'"))
_, TOP = maximum(f(v), v)


def above():
    return hypothesis("above", greater(g, 0), "pointwise")


def from_both_cases(known, definition):
    """``known`` from g > 0 with the definition, from g <= 0 without it, and so without either."""
    below = linear(at_least(0 - g, 0), hypothesis("below", at_least(0, g), "pointwise"))
    first = linear(known.relation, known, (0, definition))
    second = linear(known.relation, known, (below, linear(equal(0, 0))))
    return dichotomy(first, second, ("above", "below"))


def test_a_chosen_index_changes_with_time():
    # f(1) falls below f(2) at t = 1, x(1) = 1, x(2) = -1: x at the largest f falls, and changes its sign
    growing = hypothesis("growing", at_least(x_rate(v), 0))
    still = linear(equal(x_rate(v), x(v) * 0), hypothesis("still", equal(x_rate(v), 0)))
    for attack in (
        lambda: nondecreasing(growing.at({v: TOP}), x(TOP)),
        lambda: nondecreasing(growing, x(v)).at({v: TOP}),
        lambda: sign_preserved(still.at({v: TOP}), x(TOP), 0),
        lambda: sign_preserved(still, x(v), 0).at({v: TOP}),
    ):
        with pytest.raises(ProofError, match="a chosen index may change with time"):
            attack()


def test_a_constant_has_no_rate():
    # x = -1, y = e^t: x y falls, though x' y = 0, which is its rate only where y is constant
    product = derivative(define(F, x0 * y), F_rate, {"x0": ((), x0_rate)}, constants=["y"])
    still = hypothesis("still", equal(x0_rate, 0))
    grows = linear(equal(y_rate, y * 1), hypothesis("grows", equal(y_rate, y)))
    rate = linear(at_least(F_rate, 0), product, (y, still))
    with pytest.raises(ProofError, match="takes 'y' for constant, but it has a rate"):
        nondecreasing(rate, F, along=[sign_preserved(grows, y, 1)])


def test_a_logarithm_stays_regular():
    # g = t: F = log g is 0 at t = 0 and negative after it, though F' = g'/g >= 0 (1/0 = 0) at all times
    rises = hypothesis("rises", at_least(F_rate, 0))
    rate = derivative(define(F, log(g)), F_rate, {"g": ((), g_rate)}, regular=[above()])
    with pytest.raises(ProofError, match="a definition rests on the hypothesis 'above'"):
        from_both_cases(rises, rate)


def test_a_real_definition_stays_real():
    # g = 0, K = 3, s(1) = 1, s(0) = s(2) = 0: z(1) is not real, and its square is not >= 0
    even = hypothesis("even", equal(g * (s(a) - s(-a)), 0))
    symmetric = linear(equal(s(a), s(-a)), even, divide_by=above())
    definition = define(z(v), total(a, s(a) * chi(a, v)), even=[symmetric])
    with pytest.raises(ProofError, match="a definition rests on the hypothesis 'above'"):
        from_both_cases(square(z(v)), definition)


def test_one_component_that_lasts_is_not_all():
    # x(c) = e^t lasts, the others may leave every bounded set in finite time: then t does not go to infinity
    c = Var("c", "G", fixed=True)
    flow = hypothesis("flow", equal(x_rate(c), x(c)))
    grows = linear(equal(x_rate(c), x(c) * 1), flow)
    sign = sign_preserved(grows, x(c), 1)
    positive = hypothesis("positive", greater(x(c), 0), "open")
    rising = linear(at_least(x_rate(c), 0), flow, positive)
    bounded = linear(at_least(1 * x(c) - x_rate(c), 0), (-1, flow))
    lasting = global_solution(sign, rising, bounded, 1)
    rate = derivative(define(F, total(v, x(v))), F_rate, {"x": ((v,), x_rate(v))})
    pace = linear(at_least(F_rate, 1), hypothesis("pace", at_least(F_rate, 1)), (0, rate))
    floor = hypothesis("floor", greater(F, 0))
    with pytest.raises(ProofError, match="must be applied to bare index variables"):
        unbounded(pace, floor, F, F_rate, along=[sign, lasting])
