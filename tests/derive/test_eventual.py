"""Limits from what holds from some time on: each hypothesis of the two arguments is needed, and asked for."""

from fractions import Fraction as F

import pytest
from test_limits import (
    ABOVE,
    FLOW,
    POSITIVE,
    X_rate,
    Y_rate,
    f,
    resting_on,
    s,
    u,
    u_rate,
)

from ncverify.derive.kernel import (
    ProofError,
    Relation,
    at_least,
    converges,
    define,
    derivative,
    equal,
    exp_positive,
    greater,
    hypothesis,
    linear,
    number_positive,
    product,
    settles,
    sign_preserved,
)
from ncverify.derive.terms import Function, Index, Sym, Var, chi, delta, exp, log

K, X, Y, small = Sym("K"), Sym("X"), Sym("Y"), Sym("small")
a = Var("a", "D")
C, C_rate, B, B_rate = Sym("C"), Sym("C'"), Sym("B"), Sym("B'")
FALLS = at_least(0, X_rate + f * f * Y_rate)


def moving(rates=None):
    """X := e^{-u}, Y := u with their derivatives."""
    along = {"u": ((), u_rate)} if rates is None else rates
    return derivative(define(X, exp(-u)), X_rate, along), derivative(define(Y, u), Y_rate, along)


def parts(**other):
    """The premises for X and Y along u' = 1: X' + f^2 Y' = f^2 - X <= 0 where X is above its level."""
    X_dot, Y_dot = moving()
    Y_pace = linear(equal(Y_rate, 1), Y_dot, FLOW)
    X_pace = linear(equal(X_rate, -X), X_dot, (-exp(-u), FLOW), X_dot.premises[0])
    found = {
        "decay": linear(FALLS, ABOVE, (-1, X_pace), (-f * f, Y_pace)),
        "weight": product(POSITIVE, POSITIVE),
        "nonnegative": linear(at_least(X, 0), exp_positive(-u), X_dot.premises[0]),
        "growing": linear(at_least(Y_rate, 0), Y_pace, number_positive(1)),
        "escape": hypothesis("escape", Relation(Y, "->oo")),
    }
    return {**found, **other}


def apply(given, *along, **names):
    terms = {"value": X, "scale": Y, "level": f} | names
    premises = (given[name] for name in ("decay", "weight", "nonnegative", "growing", "escape"))
    return settles(*premises, along=along, **terms)


def assuming(*said, kind="pointwise"):
    """The premises, with a decay that rests on more."""
    given = parts()
    for number, relation in enumerate(said):
        given["decay"] = resting_on(given["decay"], hypothesis(f"extra {number}", relation, kind))
    return given


TINY = hypothesis("tiny", Relation(small, "->0"))
ORDER = hypothesis("order", greater(K**-1, 0))
BOUND = product(POSITIVE, ORDER)


def test_decay_below_every_level():
    known = apply(parts())
    assert known.relation == Relation(X, "->0")
    assert set(known.hypotheses) == {"flow", "escape"}


def test_the_level_and_late_times_are_dropped():
    late = [at_least(Y, 8 * K), at_least(f * K**-1, small), at_least(X, f), greater(f, 0)]
    known = apply(assuming(*late), TINY, BOUND)
    assert set(known.hypotheses) == {"flow", "escape", "tiny", "order"}


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (at_least(1, Y), "pointwise"),  # fails from some time on
        (at_least(Y, u), "pointwise"),  # u changes
        (at_least(X, 2), "pointwise"),  # not a level that can be small
        (at_least(X, f + 1), "pointwise"),
        (at_least(small, K), "pointwise"),  # small tends to 0
        (at_least(-1, small), "pointwise"),  # -1 > 0 is not shown
        (at_least(1, small), "pointwise"),  # nor is 1 > 0
        (at_least(u, small), "pointwise"),
        (equal(small, 0), "pointwise"),
        (greater(K**-1, small), "pointwise"),
        (at_least(K**-1, small).where(a), "pointwise"),
        (at_least(Y, s(a)), "pointwise"),
        (at_least(Y, delta(a)), "pointwise"),
        (at_least(Y, chi(a, Var("g", "G"))), "pointwise"),
        (at_least(u, 0), "open"),
    ],
)
def test_what_the_decay_may_not_assume(said, kind):
    with pytest.raises(ProofError, match=r"hold at all times|speak of the level"):
        apply(assuming(said, kind=kind), TINY, BOUND, ORDER)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (at_least(F(1, 2), f), "pointwise"),
        (greater(f, X), "pointwise"),
        (at_least(f, 1), "pointwise"),
        (at_least(X, f), "structural"),
        (at_least(X, f * u), "pointwise"),
    ],
)
def test_nothing_else_is_assumed_of_the_level(said, kind):
    with pytest.raises(ProofError, match="may speak of the level"):
        apply(assuming(said, kind=kind), TINY, BOUND)


def test_a_limit_of_something_else_is_not_late():
    other = hypothesis("tiny", Relation(Sym("other"), "->0"))
    with pytest.raises(ProofError, match="speak of the level"):
        apply(assuming(at_least(K**-1 * f, small)), other, BOUND)
    with pytest.raises(ProofError, match="hold at all times"):
        apply(assuming(at_least(Sym("other"), 3)), other)


@pytest.mark.parametrize(
    ("name", "wrong", "reason"),
    [
        ("decay", at_least(0, Y * X_rate + f * f * Y_rate), "of these rates"),
        ("decay", at_least(X_rate + f * f * Y_rate, 0), "of these rates"),
        ("decay", equal(X_rate + f * f * Y_rate, 0), "of these rates"),
        ("decay", FALLS.where(a), "without conditions"),
        ("weight", at_least(f * f, 0), "positive constant"),
        ("weight", greater(f * f, 0).where(a), "positive constant"),
        ("weight", greater(X, 0), "positive constant"),
        ("weight", greater(f * f + delta(a) - delta(a), 0), "positive constant"),
        ("nonnegative", at_least(X, -1), "x >= 0"),
        ("nonnegative", at_least(X, 0).where(a), "x >= 0"),
        ("growing", at_least(Y, 0), "y' >= 0"),
        ("growing", at_least(0, Y_rate), "y' >= 0"),
        ("escape", Relation(Y, "->0"), "y -> oo"),
        ("escape", Relation(X, "->oo"), "y -> oo"),
    ],
)
def test_every_premise_is_checked(name, wrong, reason):
    with pytest.raises(ProofError, match=reason):
        apply({**parts(), name: hypothesis("wrong", wrong)})


def test_the_other_premises_hold_at_all_times():
    for name in ("weight", "nonnegative", "growing", "escape"):
        for said in (at_least(X, f * f), at_least(Y, 1), greater(u, 0)):
            given = parts()
            now = hypothesis("now", said, "pointwise")
            if name == "escape":
                given[name] = hypothesis("escape", Relation(Y, "->oo"), "pointwise")
            else:
                given[name] = resting_on(given[name], now)
            with pytest.raises(ProofError, match=r"hold at all times|speak of the level"):
                apply(given)
    for name in ("nonnegative", "growing"):
        with pytest.raises(ProofError, match="speak of the level"):
            apply({**parts(), name: resting_on(parts()[name], POSITIVE)})


def test_the_symbols_are_what_they_should_be():
    for level, reason in ((X, "three different"), (K, "three different"), (Sym("top_w"), "not a chosen")):
        with pytest.raises(ProofError, match=reason):
            apply(parts(), level=level)
    with pytest.raises(ProofError, match="three different"):
        apply(parts(), scale=X)
    given = parts()
    about = define(Sym("v"), f + 1)
    with pytest.raises(ProofError, match="in no definition"):
        apply({**given, "decay": resting_on(given["decay"], about)})
    moves = sign_preserved(hypothesis("moves", equal(Sym("f'"), f)), f, 1)
    with pytest.raises(ProofError, match="arbitrary constant"):
        apply(given, moves)


def test_rates_are_derivatives_in_time_along_one_flow():
    free = {**parts(), "decay": hypothesis("falls", FALLS)}
    with pytest.raises(ProofError, match="not the derivative"):
        apply(free)
    X_dot, _ = moving({"u": ((), Sym("v"))})
    _, Y_dot = moving()
    with pytest.raises(ProofError):
        apply({**parts(), "decay": resting_on(resting_on(hypothesis("falls", FALLS), X_dot), Y_dot)})
    w, w_rate = Sym("w"), Sym("w'")
    X_is = define(X, exp(-u) * exp(w - w))
    both = derivative(X_is, X_rate, {"u": ((), u_rate), "w": ((), w_rate)})
    with pytest.raises(ProofError, match=r"the same flow|defined twice"):
        apply({**parts(), "decay": resting_on(resting_on(hypothesis("falls", FALLS), both), Y_dot)})


def bounded():
    """C = e^{-u} and B = -e^{-u}: |B'| = -C'."""
    rates = {"u": ((), u_rate)}
    C_is, B_is = define(C, exp(-u)), define(B, -exp(-u))
    C_dot, B_dot = derivative(C_is, C_rate, rates), derivative(B_is, B_rate, rates)
    pull = exp_positive(-u)
    return {
        "upper": linear(at_least(0, C_rate + B_rate), (-1, C_dot), (-1, B_dot)),
        "lower": linear(
            at_least(0, C_rate - B_rate), (2, pull), (-1, C_dot), (1, B_dot), (2 * exp(-u), FLOW)
        ),
        "nonnegative": linear(at_least(C, 0), pull, C_is),
    }


def limit(given, *along, value=B, control=C):
    return converges(
        given["upper"], given["lower"], given["nonnegative"], value=value, control=control, along=along
    )


def test_bounded_variation():
    known = limit(bounded())
    assert known.relation == Relation(B, "converges")
    assert set(known.hypotheses) == {"flow"}


def test_late_bounds_are_dropped():
    given = bounded()
    growing = hypothesis("growing", Relation(Y, "->oo"))
    for name, said in (("upper", at_least(Y, 3)), ("lower", at_least(F(1, 2), small))):
        given[name] = resting_on(given[name], hypothesis(name, said, "pointwise"))
    known = limit(given, growing, TINY, number_positive(F(1, 2)))
    assert set(known.hypotheses) == {"flow", "growing", "tiny"}
    with pytest.raises(ProofError, match="hold at all times"):
        limit(given, TINY, number_positive(F(1, 2)))
    with pytest.raises(ProofError, match="hold at all times"):
        limit(given, growing, TINY)
    with pytest.raises(ProofError, match="hold at all times"):
        limit(given, growing, number_positive(F(1, 2)))


@pytest.mark.parametrize(
    ("name", "wrong", "reason"),
    [
        ("upper", at_least(0, C_rate - B_rate), "of these rates"),
        ("upper", at_least(C_rate + B_rate, 0), "of these rates"),
        ("lower", at_least(0, C_rate + B_rate), "of these rates"),
        ("lower", equal(0, C_rate - B_rate), "of these rates"),
        ("nonnegative", at_least(C, -1), "u >= 0"),
        ("nonnegative", at_least(C, 0).where(a), "u >= 0"),
        ("nonnegative", at_least(B, 0), "u >= 0"),
        ("upper", at_least(0, C_rate + B_rate), "not the derivative"),
        ("lower", at_least(0, C_rate - B_rate), "not the derivative"),
    ],
)
def test_every_premise_of_bounded_variation(name, wrong, reason):
    with pytest.raises(ProofError, match=reason):
        limit({**bounded(), name: hypothesis("wrong", wrong)})


def test_bounded_variation_is_about_all_times():
    for name in ("upper", "lower", "nonnegative"):
        for said in (greater(u, 0), at_least(f, 1), at_least(Y, f)):
            given = bounded()
            given[name] = resting_on(given[name], hypothesis("now", said, "pointwise"))
            with pytest.raises(ProofError, match="hold at all times"):
                limit(given, hypothesis("growing", Relation(Y, "->oo")))
    given = bounded()
    given["nonnegative"] = resting_on(given["nonnegative"], hypothesis("late", at_least(Y, 3), "pointwise"))
    with pytest.raises(ProofError, match="hold at all times"):
        limit(given, hypothesis("growing", Relation(Y, "->oo")))
    with pytest.raises(ProofError, match="hold at all times"):
        limit(bounded(), hypothesis("growing", Relation(Y, "->oo"), "pointwise"))


def test_the_value_of_bounded_variation():
    with pytest.raises(ProofError, match="another symbol"):
        limit(bounded(), value=C)
    with pytest.raises(ProofError, match="another symbol"):
        limit(bounded(), value=Function("R", ("D",))(a))
    with pytest.raises(ProofError, match="bare index"):
        limit(bounded(), value=s(Index("D")))
    with pytest.raises(ProofError, match="only a symbol"):
        limit(bounded(), value=log(C))
    X_dot, _ = moving()
    C_is = define(C, exp(-u) * exp(Sym("w") - Sym("w")))
    other = derivative(C_is, C_rate, {"u": ((), u_rate), "w": ((), Sym("w'"))})
    along = {
        name: resting_on(resting_on(hypothesis(name, said), other), X_dot)
        for name, said in (("upper", at_least(0, C_rate + X_rate)), ("lower", at_least(0, C_rate - X_rate)))
    }
    with pytest.raises(ProofError, match="the same flow"):
        limit({**along, "nonnegative": hypothesis("low", at_least(C, 0))}, value=X)


def test_what_converges_is_no_number():
    known = limit(bounded())
    with pytest.raises(ProofError, match="not combined linearly"):
        linear(equal(B, 0), known)
