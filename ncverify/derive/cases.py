"""Logic: either x > y or y >= x, either i = 0 or i != 0, and from 0 > 0 anything follows."""

from __future__ import annotations

from ncverify.derive.matching import require_real
from ncverify.derive.monomials import ProofError
from ncverify.derive.relations import Relation, free_in
from ncverify.derive.sums import Facts, Normalizer
from ncverify.derive.terms import Var, index, substitute, zero
from ncverify.derive.theorems import Theorem, establish


def dichotomy(larger: Theorem, smaller: Theorem, names: tuple[str, str]) -> Theorem:
    """What follows from x > y and also from y >= x holds without either.

    ``larger`` has the hypothesis ``names[0]``: x > y, ``smaller`` has ``names[1]``: y >= x, for the same
    terms without free indices; neither has the other's.  Both theorems say the same, about one state: the
    hypotheses are ``pointwise`` (which case holds may change with time), and x and y are real.
    """
    first, second = names
    if first not in larger.hypotheses or second not in smaller.hypotheses:
        raise ProofError("each theorem must have the hypothesis of its case")
    if first in smaller.hypotheses or second in larger.hypotheses:
        raise ProofError("a theorem must not have the hypothesis of the other case")
    (above, kind), (below, other_kind) = larger.hypotheses[first], smaller.hypotheses[second]
    if (kind, other_kind) != ("pointwise", "pointwise") or larger.relation.kind not in ("=", "!=", ">=", ">"):
        raise ProofError("cases are about one state: pointwise hypotheses, and no statement about all times")
    if above.kind != ">" or below != Relation(above.rhs, ">=", above.lhs):
        raise ProofError("the hypotheses must be x > y and y >= x")
    if above.conditions or free_in(above):
        raise ProofError("the cases must not depend on an index")
    require_real(above.lhs, (), ())
    require_real(above.rhs, (), ())
    if larger.relation != smaller.relation:
        raise ProofError("both cases must say the same")
    return establish(
        larger.relation,
        "dichotomy",
        (larger, smaller),
        note=f"{first} or {second}",
        discharged={0: (first,), 1: (second,)},
        arguments={"names": names},
    )


def absurd(contradiction: Theorem, goal: Relation) -> Theorem:
    """From x > x, or x != x, anything follows."""
    relation = contradiction.relation
    if relation.kind not in (">", "!=") or relation.conditions:
        raise ProofError("an unconditional strict inequality or inequation is needed")
    if not Normalizer(Facts()).is_zero(relation.difference):
        raise ProofError("the two sides are not the same")
    if goal.kind not in ("=", "!=", ">=", ">"):
        raise ProofError("a statement about all times is not concluded from a contradiction")
    return establish(goal, "a contradiction", (contradiction,))


def everywhere(elsewhere: Theorem, at_zero: Theorem, var: Var) -> Theorem:
    """What holds where v != 0 and also at v = 0 holds for every v.

    ``elsewhere`` has v among its conditions; ``at_zero`` says the same with 0 in place of v.
    """
    relation = elsewhere.relation
    rest = relation.conditions - {index(var), -index(var)}
    if rest == relation.conditions or var.fixed:
        raise ProofError(f"the first theorem must hold for nonzero {var.name!r}, a free index")
    place = {var: zero(var.sort)}
    instance = Relation(
        substitute(relation.lhs, place),
        relation.kind,
        substitute(relation.rhs, place),
        frozenset(form.substitute(place) for form in rest),
    )
    if any(not form.parts for form in instance.conditions) or at_zero.relation != instance:
        raise ProofError(f"the second theorem must be the first one at {var.name} = 0")
    if relation.kind not in ("=", "!=", ">=", ">"):
        raise ProofError("a statement about all times is not put together")
    return establish(
        Relation(relation.lhs, relation.kind, relation.rhs, rest),
        "zero or not",
        (elsewhere, at_zero),
        arguments={"var": var},
    )
