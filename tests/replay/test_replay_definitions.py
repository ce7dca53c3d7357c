"""What is said of a symbol rests on what its definition needs."""

import pytest

from ncverify.derive.classical import require_together
from ncverify.derive.kernel import (
    ProofError,
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
from ncverify.derive.recording import record
from ncverify.derive.terms import Function, Sym, Var, chi, exp, total
from ncverify.replay.calculus import check_derivation
from ncverify.replay.errors import Rejected
from ncverify.replay.kinds import check_body


def test_a_goal_does_not_borrow_a_definition():
    # without the symmetry z(v) is not real, and its square is not >= 0
    a, v = Var("a", "D"), Var("v", "G")
    s, z = Function("s", ("D",)), Function("z", ("G",))
    even = hypothesis("even", equal(s(a), s(-a)))
    derivation = record(
        {"definition": define(z(v), total(a, s(a) * chi(a, v)), even=[even]), "square": square(z(v))}
    )
    assert sorted(check_derivation(derivation).hypotheses) == ["even"]
    del derivation["goals"]["definition"]
    checked = check_derivation(derivation)
    assert (dict(checked.hypotheses), dict(checked.definitions)) == ({}, {})


def test_what_is_held_constant_is_part_of_the_statement():
    definition = define(Sym("F"), Sym("g") * Sym("y"))
    moving = derivative(definition, Sym("F'"), {"g": ((), Sym("g'"))}, constants=["y"])
    data = {"kind": "derivation", **record({"rate": moving})}
    earned = check_body(data)
    assert earned.asserts["constant"] == ["y"]
    assert "y constant in time" in earned.summary
    runs = hypothesis("runs", equal(Sym("y'"), 1))
    with pytest.raises(Rejected, match="takes 'y' for constant"):
        check_derivation(record({"rate": moving, "runs": runs}))


def refused_together(theorems, reason):
    for name, theorem in theorems.items():
        assert check_derivation(record({name: theorem})).goals
        require_together([theorem])
    for order in (theorems, dict(reversed(theorems.items()))):
        with pytest.raises(Rejected, match=reason):
            check_derivation(record(order))
        with pytest.raises(ProofError):
            require_together(tuple(order.values()))


x, x_rate, c, D = Sym("x"), Sym("x'"), Sym("c"), Sym("D")


def test_goals_stated_together_do_not_hold_constant_what_one_of_them_defines():
    # c = x and D = x - c, so D = 0; with c held constant D' = x' > 0
    rises = hypothesis("rises", greater(x_rate, 0))
    difference = define(D, x - c)
    moved = derivative(difference, Sym("D'"), {"x": ((), x_rate)}, constants=["c"])
    grows = linear(greater(Sym("D'"), 0), rises, moved)
    refused_together({"c": define(c, x), "grows": grows}, "'c' is defined for one goal")


def test_goals_stated_together_do_not_move_what_one_of_them_holds_constant():
    moved = derivative(define(D, x - c), Sym("D'"), {"x": ((), x_rate)}, constants=["c"])
    runs = hypothesis("runs", equal(Sym("c'"), 1))
    refused_together({"moved": moved, "runs": runs}, "takes 'c' for constant")


def test_a_factor_is_smooth_where_another_goal_defines_it():
    # x' = c x with c = 1/y: x keeps its sign as long as y is not 0
    y, flow = Sym("y"), hypothesis("flow", equal(x_rate, x * c))
    refused_together({"sign": sign_preserved(flow, x, c), "c": define(c, 1 / y)}, "'c' is defined for one")


def test_all_that_moves_in_any_goal_lasts():
    # x' = x (1 + e^{-q^2}) tends to infinity, unless q' = 1 + q^2 ends the solution before
    q, V = Sym("q"), Sym("V")
    gain = exp(-1 * q * q)
    flow = hypothesis("flow", equal(x_rate, x * (1 + gain)))
    positive, gain_positive = hypothesis("positive", greater(x, 0), "open"), exp_positive(-1 * q * q)
    sign = sign_preserved(flow, x, 1 + gain)
    factor = linear(greater(1 + gain, 0), gain_positive, number_positive(1))
    low = linear(at_least(x_rate, 0), flow, product(positive, factor))
    small = linear(at_least(1 - gain, 0), exp_monotone(linear(at_least(0, -1 * q * q), square(q))))
    high = linear(at_least(2 * x, x_rate), (-1, flow), product(positive, small))
    size = define(V, x)
    moved = derivative(size, Sym("V'"), {"x": ((), x_rate)})
    rate = linear(at_least(Sym("V'"), V), moved, flow, (-1, size), product(positive, gain_positive))
    lasting = [global_solution(sign, low, high, 2), sign]
    grows = unbounded(rate, linear(greater(V, 0), size, positive), V, Sym("V'"), along=lasting)
    blows_up = hypothesis("blow-up", equal(Sym("q'"), 1 + q * q))
    refused_together({"grows": grows, "q": blows_up}, "must be known to last")
