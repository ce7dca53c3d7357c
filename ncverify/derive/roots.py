"""Rules for squares and square roots of real numbers."""

from __future__ import annotations

from ncverify.derive.matching import require_real
from ncverify.derive.monomials import ProofError
from ncverify.derive.relations import ZERO, Relation, at_least
from ncverify.derive.sums import Facts, Normalizer
from ncverify.derive.terms import TermLike, sqrt, term
from ncverify.derive.theorems import Theorem, establish


def square_zero(vanishing: Theorem, value: TermLike) -> Theorem:
    """x^2 = 0 gives x = 0, for a real term x."""
    x = term(value)
    require_real(x, (), ())
    relation = vanishing.relation
    if relation.kind != "=" or not Normalizer(Facts()).is_zero(relation.difference - x * x):
        raise ProofError("x^2 = 0 is needed for this x")
    return establish(
        Relation(x, "=", ZERO, relation.conditions),
        "a square that vanishes",
        (vanishing,),
        arguments={"value": x},
    )


def root_nonnegative(value: TermLike) -> Theorem:
    """sqrt y >= 0 for a real term y (sqrt y = 0 for y < 0)."""
    y = term(value)
    require_real(y, (), ())
    return establish(at_least(sqrt(y), 0), "a square root is not negative", arguments={"value": y})


def root_square(nonnegative: Theorem) -> Theorem:
    """y >= 0 gives sqrt(y) sqrt(y) = y."""
    relation = nonnegative.relation
    if relation.kind not in (">=", ">") or relation.rhs != ZERO:
        raise ProofError("a relation y >= 0 or y > 0 is needed")
    y = relation.lhs
    return establish(
        Relation(sqrt(y) * sqrt(y), "=", y, relation.conditions), "the square of a root", (nonnegative,)
    )
