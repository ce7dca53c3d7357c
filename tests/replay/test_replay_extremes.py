"""The second checker on the ratio of extremes: it accepts what holds and refuses what is not justified."""

from __future__ import annotations

import pytest
from forgeries import P, assume, combine, rule, written

from ncverify.derive.relations import Relation, at_least, equal, greater
from ncverify.derive.terms import Function, Sym, Var, delta, index, term
from ncverify.replay.calculus.check import check_derivation
from ncverify.replay.errors import Rejected

a = Var("a", "D")
M, m, top = (Var(name, "D", fixed=True) for name in ("M", "m", "top_s"))
s, s_rate, q = Function("s", ("D",)), Function("s'", ("D",)), Function("q", ("D",))
APPROACH = at_least(0, s_rate(M) * s(m) - s(M) * s_rate(m))
RESULT = Relation(s(a), "max/min falls").where(a)
LARGEST = at_least(s(M), s(a)).where(a)
LEAST = at_least(s(a), s(m)).where(a)


def derivation(
    *extra,
    approach=APPROACH,
    positive=None,
    value=s(a),
    places=(M, m),
    result=RESULT,
    along=(2,),
    kind="open",
):
    """s' = s, s > 0 and kept; the approach rests on whatever ``extra`` hypotheses there are, too."""
    lines = [
        assume(equal(s_rate(a), s(a)), "flow"),
        assume(positive or greater(s(a), 0).where(a), "positive", kind),
        rule(
            "classical: linear equation",
            Relation(s(a), "keeps sign"),
            0,
            value=s(a),
            factor=term(1),
            smooth=[],
        ),
        *(assume(relation, f"extra {number}", how) for number, (relation, how) in enumerate(extra)),
    ]
    first = len(lines)
    lines += [
        rule("instance", equal(s_rate(M), s(M)), 0, mapping={a: index(M)}),
        rule("instance", equal(s_rate(m), s(m)), 0, mapping={a: index(m)}),
        combine(equal(1, 1)),
    ]
    weighted = [(P(3 + number), first + 2) for number in range(len(extra))]
    lines.append(combine(approach, (-s(m), first), (s(M), first + 1), *weighted))
    lines.append(
        rule(
            "classical: Dini derivative of extremes",
            result,
            first + 3,
            1,
            *along,
            value=value,
            places=list(places),
        )
    )
    return written(*lines)


@pytest.mark.parametrize(
    "data",
    [
        derivation(),
        derivation((LARGEST, "pointwise"), (LEAST, "pointwise")),
        derivation(approach=APPROACH.where(M, m, M - m)),
        derivation(approach=APPROACH.where(m - M)),
    ],
)
def test_what_holds_is_accepted(data):
    assert check_derivation(data)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (derivation((equal(s(M), 2 * s(m)), "pointwise")), "something else"),
        (derivation((at_least(s(M), s(a)), "pointwise")), "something else"),
        (derivation((LARGEST, "structural")), "something else"),
        (derivation((at_least(s(m), s(a)).where(a), "pointwise")), "something else"),
        (derivation((equal(delta(M), 1), "structural")), "something else"),
        (derivation((greater(Sym("x"), 0), "pointwise")), "all times"),
        (derivation((greater(q(a), 0), "open")), "all times"),
        (derivation(approach=APPROACH.where(index(M).scale(2))), "another condition"),
        (derivation(approach=APPROACH.where(M + m)), "another condition"),
        (derivation(places=(m, M)), "same"),
        (derivation(places=(M, M)), "two different"),
        (derivation(places=(M,)), "two different"),
        (derivation(places=(top, m)), "arbitrary"),
        (derivation(places=(a, m)), "arbitrary"),
        (derivation(places=(Var("M", "G", fixed=True), m)), "arbitrary"),
        (derivation(value=q(a)), "same"),
        (derivation(value=Function("R", ("D",))(a)), "real family"),
        (derivation(positive=at_least(s(a), 0).where(a)), "x_v > 0"),
        (derivation(positive=greater(s(a), 0).where(index(a).scale(2))), "x_v > 0"),
        (derivation(along=()), "all times"),
        (derivation(kind="pointwise"), "all times"),
        (derivation(result=Relation(s(a), "max/min falls")), "not what the rule"),
        (derivation(result=Relation(s(a), "nondecreasing").where(a)), "not what the rule"),
    ],
)
def test_what_is_not_justified_is_rejected(data, reason):
    with pytest.raises(Rejected, match=reason):
        check_derivation(data)


def test_a_statement_about_a_family_has_no_instances():
    double = index(a).scale(2)
    data = written(
        assume(RESULT, "family"),
        rule("instance", Relation(s(double), "max/min falls").where(double), 0, mapping={a: double}),
    )
    with pytest.raises(Rejected, match="no instances"):
        check_derivation(data)
