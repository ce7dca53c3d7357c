"""Rules of the order of the reals, and of exp against log."""

from __future__ import annotations

from ncverify.derive.matching import require_real
from ncverify.derive.monomials import ProofError
from ncverify.derive.relations import ZERO, Relation
from ncverify.derive.sums import Facts, Normalizer
from ncverify.derive.terms import exp, log
from ncverify.derive.theorems import Theorem, establish


def antisymmetric(upper: Theorem, lower: Theorem) -> Theorem:
    """x >= y and y >= x give x = y (the difference of the second is minus that of the first)."""
    first, second = upper.relation, lower.relation
    if first.kind != ">=" or second.kind != ">=":
        raise ProofError("two relations x >= y and y >= x are needed")
    if not Normalizer(Facts()).is_zero(first.difference + second.difference):
        raise ProofError("the second relation is not the first one turned around")
    relation = Relation(first.lhs, "=", first.rhs, first.conditions | second.conditions)
    return establish(relation, "antisymmetry", (upper, lower))


def exp_log(known: Theorem) -> Theorem:
    """x > 0 gives exp(log x) = x, for a real term."""
    relation = known.relation
    if relation.kind != ">" or relation.rhs != ZERO:
        raise ProofError("x > 0 is needed")
    x = relation.lhs
    require_real(x, (), ())
    return establish(Relation(exp(log(x)), "=", x, relation.conditions), "exp of a logarithm", (known,))
