"""Attempts to say something false about all times, or to drop what a definition needs."""

from fractions import Fraction

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
from ncverify.derive.terms import Function, Index, Num, Sym, Var, chi, log, total
from ncverify.derive.theorems import held_constant

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


def test_what_is_held_constant_is_named():
    # log(y g) falls along g' = -1 only where y stands still
    definition = define(F, log(y * g))
    positive = hypothesis("positive", greater(y * g, 0))
    moving = derivative(definition, F_rate, {"g": ((), g_rate)}, constants=["y"], regular=[positive])
    assert moving.note == "of F; moving: g; constant: y"
    assert held_constant([moving]) == ("y",)
    rates = {"g": ((), g_rate), "y": ((), Num(Fraction(0)))}
    resting = derivative(definition, F_rate, rates, regular=[positive])
    assert (resting.note, held_constant([resting])) == ("of F; moving: g; constant: y", ("y",))
    toward = derivative(definition, Sym("F_h"), {"g": ((), Sym("h"))}, constants=["y"], regular=[positive])
    assert held_constant([toward]) == ()  # a partial derivative is one by its definition


def test_a_constant_has_no_rate_at_one_time():
    # F = g y, g' = 0, y' = 1: F' = g, not 0
    still = hypothesis("still", equal(g_rate, 0))
    held = derivative(define(F, g * y), F_rate, {"g": ((), g_rate)}, constants=["y"])
    runs = hypothesis("runs", equal(y_rate, 1))
    with pytest.raises(ProofError, match="takes 'y' for constant"):
        linear(equal(F_rate, y_rate - 1), held, (y, still), (-1, runs))


def lasting_off_zero(*more):
    """F = the sum of x(v), where x(v)' = x(v) > 0 for v != 0, and F' >= 1."""
    flow = hypothesis("flow", equal(x_rate(v), x(v)).where(v))
    sign = sign_preserved(linear(equal(x_rate(v), x(v) * 1).where(v), flow), x(v), 1)
    positive = hypothesis("positive", greater(x(v), 0).where(v), "open")
    rising = linear(at_least(x_rate(v), 0).where(v), flow, positive)
    bounded = linear(at_least(1 * x(v) - x_rate(v), 0).where(v), (-1, flow))
    lasting = global_solution(sign, rising, bounded, 1)
    rate = derivative(define(F, total(v, x(v))), F_rate, {"x": ((v,), x_rate(v))})
    pace = linear(at_least(F_rate, 1), hypothesis("pace", at_least(F_rate, 1)), (0, rate))
    floor = hypothesis("floor", greater(F, 0))
    return unbounded(pace, floor, F, F_rate, along=[sign, lasting, *more])


def test_what_lasts_off_zero_does_not_last_at_zero():
    # x(0)' = x(0)^2 leaves every bounded set in finite time
    with pytest.raises(ProofError, match="last for all times"):
        lasting_off_zero()
    still = hypothesis("still", equal(x(Index("G")), 0))
    assert lasting_off_zero(still).relation.kind == "->oo"
    for wrong in (
        hypothesis("still", equal(x(Index("G")), y)),
        hypothesis("still", at_least(x(Index("G")), 0)),
        hypothesis("still", equal(f(Index("G")), 0)),
    ):
        with pytest.raises(ProofError, match="last for all times"):
            lasting_off_zero(wrong)
    with pytest.raises(ProofError, match="'still' is not known to hold at all times"):
        lasting_off_zero(hypothesis("still", equal(x(Index("G")), 0), "pointwise"))


def test_everything_that_moves_must_last():
    # y' = y^2 ends in finite time, and the solution with it, whatever x does
    runs = hypothesis("runs", equal(y_rate, y * y))
    still = hypothesis("still", equal(x(Index("G")), 0))
    with pytest.raises(ProofError, match="last for all times"):
        lasting_off_zero(still, runs)


def test_a_rate_fits_its_symbol():
    # F is the sum of m(v, w), m'(v, w) depends on both: a rate m'(v, v) would only know the diagonal
    m, m_rate = Function("m", ("G", "G")), Function("m'", ("G", "G"))
    w = Var("w", "G")
    definition = define(F, total(v, total(w, m(v, w))))
    with pytest.raises(ProofError, match="must have distinct free indices"):
        derivative(definition, F_rate, {"m": ((v, v), m_rate(v, v))})
    fixed = Var("c", "G", fixed=True)
    with pytest.raises(ProofError, match="must have distinct free indices"):
        derivative(define(F, total(v, x(v))), F_rate, {"x": ((fixed,), x_rate(fixed))})
    with pytest.raises(ProofError, match="has other indices than 's'"):
        derivative(define(F, total(a, s(a))), F_rate, {"s": ((v,), x(v))})
