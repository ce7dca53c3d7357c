"""Limits along solutions: each hypothesis of the comparison arguments is needed, and asked for."""

from fractions import Fraction as F

import pytest

from ncverify.derive.kernel import (
    ProofError,
    Relation,
    at_least,
    define,
    derivative,
    equal,
    exp_positive,
    extremes_approach,
    greater,
    hypothesis,
    linear,
    nondecreasing,
    product,
    reciprocal,
    sign_preserved,
    squeezed,
    unbounded,
    vanishes,
)
from ncverify.derive.terms import Function, Sym, Var, delta, exp, index, log

K, u, u_rate, f = Sym("K"), Sym("u"), Sym("u'"), Sym("f")
X, X_rate, Y, Y_rate = Sym("X"), Sym("X'"), Sym("Y"), Sym("Y'")
s, s_rate = Function("s", ("D",)), Function("s'", ("D",))
a = Var("a", "D")

# x = X(u) and y = Y(u) along u' = 1: everything below is about this flow unless a test says otherwise.
FLOW = hypothesis("flow", equal(u_rate, 1))
POSITIVE = hypothesis("positive", greater(f, 0), "pointwise")
HALF = hypothesis("half", at_least(F(1, 2), f), "pointwise")
ABOVE = hypothesis("above", at_least(X, f * f), "pointwise")
LATE = hypothesis("late", at_least(Y, 1), "pointwise")


def moving(rates=None):
    """X := e^{-u}, Y := e^u with their derivatives."""
    along = {"u": ((), u_rate)} if rates is None else rates
    X_is, Y_is = define(X, exp(-u)), define(Y, exp(u))
    return derivative(X_is, X_rate, along), derivative(Y_is, Y_rate, along)


def parts(**other):
    """The premises of ``vanishes`` for X and Y; X' = -X and Y' = Y, so Y X' + f^2 Y' = Y (f^2 - X) <= 0."""
    X_dot, Y_dot = moving()
    X_is, Y_is = X_dot.premises[0], Y_dot.premises[0]
    X_pace = linear(equal(X_rate, -X), X_dot, (-exp(-u), FLOW), X_is)
    Y_pace = linear(equal(Y_rate, Y), Y_dot, (exp(u), FLOW), (-1, Y_is))
    X_positive = linear(greater(X, 0), exp_positive(-u), X_is)
    Y_positive = linear(greater(Y, 0), exp_positive(u), Y_is)
    decay = linear(
        at_least(0, Y * X_rate + f * f * Y_rate), (Y_positive, ABOVE), (-Y, X_pace), (-f * f, Y_pace)
    )
    found = {
        "decay": decay,
        "weight": product(POSITIVE, POSITIVE),
        "nonnegative": linear(at_least(X, 0), X_positive),
        "falling": linear(at_least(0, X_rate), X_positive, (-1, X_pace)),
        "escape": unbounded_scale(Y_dot, Y_pace),
    }
    return {**found, **other}


def unbounded_scale(Y_dot, Y_pace):
    """Y -> oo, from Y' >= Y and Y > 0; that the solution lasts is assumed (only ``vanishes`` is tested)."""
    floor = linear(greater(Y, 0), exp_positive(u), Y_dot.premises[0])
    lasting = hypothesis("lasting", Relation(u, "global"))
    return unbounded(linear(at_least(Y_rate, Y), Y_pace), floor, Y, Y_rate, along=[lasting])


def resting_on(known, extra):
    """The same statement, but its proof uses another theorem, too."""
    return linear(known.relation, known, (extra, linear(equal(1, 1))))


def apply(given, **names):
    terms = {"value": X, "scale": Y, "level": f, "along": ()} | names
    return vanishes(
        given["decay"], given["weight"], given["nonnegative"], given["falling"], given["escape"], **terms
    )


def test_decay_against_an_unbounded_scale():
    known = apply(parts())
    assert known.relation == Relation(X, "->0")
    assert set(known.hypotheses) == {"flow", "lasting"}  # nothing about the level is left


def test_the_level_may_be_bounded_and_the_time_late():
    given = parts()
    given["decay"] = resting_on(resting_on(given["decay"], HALF), LATE)
    assert set(apply(given).hypotheses) == {"flow", "lasting"}


@pytest.mark.parametrize(
    ("assumed", "kind", "reason"),
    [
        # x(t) = 1 + e^{-u} does not vanish: it stays above 1, so a bound that needs x >= 2 says nothing
        (at_least(X, 2), "pointwise", "hold at all times"),
        # a level that must be large cannot be below the limit of x
        (at_least(f, 1), "pointwise", "bounded by positive numbers"),
        (greater(f, X), "pointwise", "bounded by positive numbers"),
        (at_least(-1, f), "pointwise", "bounded by positive numbers"),
        (equal(f, F(1, 2)), "pointwise", "bounded by positive numbers"),
        (at_least(F(1, 2), f), "structural", "bounded by positive numbers"),
        # early times only: y <= 1 fails from some time on
        (at_least(1, Y), "pointwise", "hold at all times"),
        (at_least(u, 0), "open", "hold at all times"),
    ],
)
def test_what_the_decay_may_assume(assumed, kind, reason):
    given = parts()
    given["decay"] = resting_on(given["decay"], hypothesis("extra", assumed, kind))
    with pytest.raises(ProofError, match=reason):
        apply(given)


def test_the_weight_is_a_constant_that_does_not_depend_on_the_state():
    given = parts()
    with pytest.raises(ProofError, match="a positive constant made of the level"):
        apply({**given, "weight": hypothesis("h", greater(X, 0))})
    with pytest.raises(ProofError, match="a positive constant made of the level"):
        apply({**given, "weight": given["nonnegative"]})
    above = resting_on(given["weight"], ABOVE)
    with pytest.raises(ProofError, match="whatever the state is"):
        apply({**given, "weight": above})


@pytest.mark.parametrize(
    ("name", "wrong", "reason"),
    [
        ("decay", at_least(0, Y * X_rate), "0 >= y x' \\+ w y'"),
        ("decay", at_least(0, X_rate + f * f * Y_rate), "0 >= y x' \\+ w y'"),
        ("decay", at_least(Y * X_rate + f * f * Y_rate, 0), "0 >= y x' \\+ w y'"),
        ("nonnegative", at_least(X, -1), "x >= 0"),
        ("falling", at_least(X_rate, 0), "0 >= x'"),
        ("escape", Relation(X, "->oo"), "y -> oo"),
        ("escape", Relation(Y, "->0"), "y -> oo"),
    ],
)
def test_every_premise_is_checked(name, wrong, reason):
    with pytest.raises(ProofError, match=reason):
        apply({**parts(), name: hypothesis("wrong", wrong)})


def test_rates_that_are_only_named_like_derivatives_do_not_count():
    """X' and Y' as free symbols mean nothing: 0 >= X' says nothing of X."""
    free = {
        "decay": hypothesis("decay", at_least(0, Y * X_rate + f * f * Y_rate)),
        "weight": product(POSITIVE, POSITIVE),
        "nonnegative": hypothesis("nonnegative", at_least(X, 0)),
        "falling": hypothesis("falling", at_least(0, X_rate)),
        "escape": hypothesis("escape", Relation(Y, "->oo")),
    }
    with pytest.raises(ProofError, match="is not the derivative"):
        apply(free)


def test_the_level_is_not_one_of_the_functions():
    with pytest.raises(ProofError, match="three different symbols"):
        apply(parts(), level=X)
    with pytest.raises(ProofError, match="three different symbols"):
        apply(parts(), level=K)


def test_the_level_is_arbitrary_not_chosen():
    """A chosen symbol (the norm of a matrix, say) is not free to be small."""
    with pytest.raises(ProofError, match="not a chosen value"):
        apply(parts(), level=Sym("top_norm_M_0"))


def test_derivatives_along_another_direction_do_not_count():
    X_dot, _ = moving({"u": ((), Sym("v"))})
    given = parts()
    with pytest.raises(ProofError):
        apply(
            {
                **given,
                "falling": resting_on(hypothesis("h", at_least(0, X_rate)), X_dot),
            }
        )


def test_a_nonnegative_rate_makes_nondecreasing():
    rate = hypothesis("rate", at_least(s_rate(a), 0).where(a))
    assert nondecreasing(rate, s(a)).relation == Relation(s(a), "nondecreasing").where(a)
    with pytest.raises(ProofError, match="the rate must be that of the value"):
        nondecreasing(rate, s(-a))
    with pytest.raises(ProofError, match="the rate must be that of the value"):
        nondecreasing(rate, Function("q", ("D",))(a))
    with pytest.raises(ProofError, match="x' >= 0"):
        nondecreasing(hypothesis("rate", at_least(0, s_rate(a))), s(a))
    with pytest.raises(ProofError, match="hold at all times"):
        nondecreasing(hypothesis("rate", at_least(s_rate(a), 0), "pointwise"), s(a))


def test_a_defined_symbol_named_like_a_rate_is_not_the_rate():
    wrong = define(s_rate(a), s(a) * s(a))
    rate = linear(at_least(s_rate(a), 0), hypothesis("h", at_least(s(a) * s(a), 0)), wrong)
    with pytest.raises(ProofError, match="the rate must be that of the value"):
        nondecreasing(rate, s(a))
    X_dot, _ = moving({"u": ((), Sym("v"))})  # a derivative, but not in time
    with pytest.raises(ProofError, match="the rate must be that of the value"):
        nondecreasing(resting_on(hypothesis("h", at_least(X_rate, 0)), X_dot), X)


def test_open_signs_need_to_be_kept():
    """s' >= 0 because s >= 0, s > 0: lasting once the sign is known to be kept."""
    flow = hypothesis("flow", equal(s_rate(a), s(a) * s(a)))
    sign = sign_preserved(flow, s(a), s(a))
    for relation in (at_least(s(a), 0), greater(s(a), 0)):
        positive = hypothesis("positive", relation, "open")
        rate = linear(at_least(s_rate(a), 0), product(positive, positive), flow)
        with pytest.raises(ProofError, match="hold at all times"):
            nondecreasing(rate, s(a))
        assert nondecreasing(rate, s(a), along=[sign]).relation.kind == "nondecreasing"
    below = hypothesis("positive", at_least(s(a), -1), "open")
    rate = resting_on(hypothesis("h", at_least(s_rate(a), 0)), below)
    with pytest.raises(ProofError, match="hold at all times"):
        nondecreasing(rate, s(a), along=[sign])


SMALL = hypothesis("small", Relation(X, "->0"))


def test_what_is_squeezed_vanishes():
    bound = hypothesis("bound", at_least(2 * K * X, s(a) * s(a)).where(a))
    assert squeezed(SMALL, bound, s(a)).relation == Relation(s(a), "->0").where(a)
    assert set(squeezed(SMALL, bound, s(a)).hypotheses) == {"small", "bound"}


@pytest.mark.parametrize(
    ("small", "bound", "kind", "reason"),
    [
        (Relation(X, "->oo"), at_least(X, u * u), "structural", "x -> 0"),
        (Relation(X, "->0"), at_least(Y * X, u * u), "structural", "constant times x"),  # Y may grow
        (Relation(X, "->0"), at_least(X + 1, u * u), "structural", "constant times x"),
        (Relation(X, "->0"), at_least(2, u * u), "structural", "constant times x"),
        (Relation(X, "->0"), at_least(X, u), "structural", "c x >= y y"),  # u may be -1
        (Relation(X, "->0"), at_least(u * u, X), "structural", "c x >= y y"),
        (Relation(X, "->0"), at_least(log(X) * X, u * u), "structural", "constant times x"),
        (Relation(X, "->0"), at_least(X, u * u), "pointwise", "hold at all times"),
    ],
)
def test_what_is_not_squeezed_is_refused(small, bound, kind, reason):
    with pytest.raises(ProofError, match=reason):
        squeezed(hypothesis("small", small), hypothesis("bound", bound, kind), u)


def test_reciprocals_of_what_vanishes_are_not_constants():
    inverse = at_least(reciprocal(hypothesis("h", greater(X, 0))).relation.lhs * X, u * u)
    with pytest.raises(ProofError, match="constant times x"):
        squeezed(SMALL, hypothesis("bound", inverse), u)


M, m = Var("M", "D", fixed=True), Var("m", "D", fixed=True)
LARGEST = hypothesis("largest", at_least(s(M), s(a)).where(a), "pointwise")
LEAST = hypothesis("least", at_least(s(a), s(m)).where(a), "pointwise")
APPROACH = at_least(0, s_rate(M) * s(m) - s(M) * s_rate(m))


def family():
    """s' = s and s > 0, kept; then every ratio stands still."""
    flow = hypothesis("flow", equal(s_rate(a), s(a)))
    sign = sign_preserved(flow, s(a), 1)
    positive = hypothesis("positive", greater(s(a), 0).where(a), "open")
    falls = linear(APPROACH, (-s(m), flow.at({a: M})), (s(M), flow.at({a: m})))
    return falls, positive, sign


def test_extremes_that_approach():
    falls, positive, sign = family()
    at_extremes = resting_on(resting_on(falls, LARGEST), LEAST)
    for known in (falls, at_extremes, linear(APPROACH.where(M, m, M - m), falls)):
        shown = extremes_approach(known, positive, s(a), (M, m), along=[sign])
        assert shown.relation == Relation(s(a), "max/min falls").where(a)
        assert set(shown.hypotheses) == {"flow", "positive"}
        with pytest.raises(ProofError, match="no instances"):
            shown.at({a: index(a).scale(2)})  # 2a runs over other modes than a


@pytest.mark.parametrize(
    ("extra", "kind"),
    [
        (equal(s(M), 2 * s(m)), "pointwise"),  # at that ratio it may fall, and grow elsewhere
        (at_least(s(M), s(a)), "pointwise"),  # also at 0, where s may be larger
        (at_least(s(M), s(a)).where(a), "structural"),  # one mode that is largest for ever
        (at_least(s(m), s(M)), "pointwise"),
        (equal(delta(M), 1), "structural"),
    ],
)
def test_nothing_else_is_assumed_of_the_places(extra, kind):
    falls, positive, sign = family()
    with pytest.raises(ProofError, match="something else is assumed"):
        extremes_approach(
            resting_on(falls, hypothesis("extra", extra, kind)), positive, s(a), (M, m), along=[sign]
        )


def test_other_ways_to_misuse_extremes():
    falls, positive, sign = family()
    with pytest.raises(ProofError, match="conditions on M and m only"):
        extremes_approach(
            linear(APPROACH.where(index(M).scale(2)), falls), positive, s(a), (M, m), along=[sign]
        )
    with pytest.raises(ProofError, match="is needed"):  # the places the other way round
        extremes_approach(falls, positive, s(a), (m, M), along=[sign])
    with pytest.raises(ProofError, match="two different"):
        extremes_approach(falls, positive, s(a), (M, M), along=[sign])
    with pytest.raises(ProofError, match="two different"):
        extremes_approach(falls, positive, s(a), (Var("topM", "D", fixed=True), m), along=[sign])
    with pytest.raises(ProofError, match="x_v > 0"):
        extremes_approach(falls, LARGEST, s(a), (M, m), along=[sign])
    with pytest.raises(ProofError, match="hold at all times"):
        extremes_approach(falls, positive, s(a), (M, m))
    now = resting_on(falls, hypothesis("now", greater(u, 0), "pointwise"))
    with pytest.raises(ProofError, match="hold at all times"):
        extremes_approach(now, positive, s(a), (M, m), along=[sign])
    with pytest.raises(ProofError, match="two different"):
        extremes_approach(falls, positive, Function("R", ("D",))(a), (M, m), along=[sign])


def test_a_defined_rate_is_not_the_rate_of_a_family():
    """s' := -s by definition says nothing of how s moves."""
    wrong = define(s_rate(a), -s(a))
    positive = hypothesis("positive", greater(s(a), 0).where(a))
    falls = linear(APPROACH, (-s(m), wrong.at({a: M})), (s(M), wrong.at({a: m})))
    with pytest.raises(ProofError, match="primitive symbol"):
        extremes_approach(falls, positive, s(a), (M, m))
