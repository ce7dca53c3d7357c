"""Rules of the order of the reals, of exp against log, and for factors of a product."""

from __future__ import annotations

from ncverify.derive.matching import require_real
from ncverify.derive.monomials import ProofError
from ncverify.derive.relations import ZERO, Relation, different
from ncverify.derive.sums import Facts, Normalizer
from ncverify.derive.terms import Mul, TermLike, exp, log, term
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


def nonzero_factor(known: Theorem, factor: TermLike) -> Theorem:
    """x y > 0 (or x y != 0) gives x != 0; ``factor`` is x, one of the factors of the left side."""
    relation, x = known.relation, term(factor)
    if relation.kind not in (">", "!=") or relation.rhs != ZERO or not isinstance(relation.lhs, Mul):
        raise ProofError("a product known to be > 0 or != 0 is needed")
    if x not in relation.lhs.factors:
        raise ProofError("this is not a factor of the product")
    nonzero = different(x, 0).where(*relation.conditions)
    return establish(nonzero, "a factor of what does not vanish", (known,), arguments={"factor": x})
