"""Theorems that are true one by one, and false as one statement."""

from __future__ import annotations

from ncverify.derive.kernel import (
    Theorem,
    at_least,
    define,
    derivative,
    equal,
    exp_monotone,
    exp_positive,
    global_solution,
    greater,
    hypothesis,
    linear,
    number_positive,
    product,
    sign_preserved,
    square,
    unbounded,
)
from ncverify.derive.terms import Sym, exp

x, y, c, q, D, V = map(Sym, "xycqDV")
x_rate, c_rate, q_rate, D_rate, V_rate = (Sym(name + "'") for name in "xcqDV")


def stated_together() -> list[tuple[str, dict[str, Theorem], str]]:
    """``(name, theorems, part of the reason)``."""
    moved = derivative(define(D, x - c), D_rate, {"x": ((), x_rate)}, constants=["c"])
    grows = linear(greater(D_rate, 0), hypothesis("rises", greater(x_rate, 0)), moved)
    runs = hypothesis("runs", equal(c_rate, 1))
    flow = hypothesis("flow", equal(x_rate, x * c))
    blows_up = hypothesis("blow-up", equal(q_rate, 1 + q * q))
    return [
        # D = x - c = 0; with c held constant D' = x' > 0
        ("a constant is defined", {"c": define(c, x), "grows": grows}, "'c' is defined for one goal"),
        ("a constant moves", {"moved": moved, "runs": runs}, "takes 'c' for constant"),
        # x keeps its sign as long as y is not 0
        (
            "a factor is singular",
            {"sign": sign_preserved(flow, x, c), "c": define(c, 1 / y)},
            "'c' is defined for one",
        ),
        # q ends the solution before x tends to infinity
        ("something else blows up", {"grows": comparison(), "q": blows_up}, "must be known to last"),
    ]


def comparison() -> Theorem:
    """x' = x (1 + e^{-q^2}), x > 0: x tends to infinity."""
    gain = exp(-1 * q * q)
    flow = hypothesis("flow", equal(x_rate, x * (1 + gain)))
    positive, gain_positive = hypothesis("positive", greater(x, 0), "open"), exp_positive(-1 * q * q)
    sign = sign_preserved(flow, x, 1 + gain)
    factor = linear(greater(1 + gain, 0), gain_positive, number_positive(1))
    low = linear(at_least(x_rate, 0), flow, product(positive, factor))
    small = linear(at_least(1 - gain, 0), exp_monotone(linear(at_least(0, -1 * q * q), square(q))))
    high = linear(at_least(2 * x, x_rate), (-1, flow), product(positive, small))
    size = define(V, x)
    moved = derivative(size, V_rate, {"x": ((), x_rate)})
    rate = linear(at_least(V_rate, V), moved, flow, (-1, size), product(positive, gain_positive))
    lasting = [global_solution(sign, low, high, 2), sign]
    return unbounded(rate, linear(greater(V, 0), size, positive), V, V_rate, along=lasting)
