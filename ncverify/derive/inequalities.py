"""Inequalities of one real number: log against a parabola, squares."""

from __future__ import annotations

from fractions import Fraction

from ncverify.derive.matching import require_real
from ncverify.derive.monomials import ProofError
from ncverify.derive.relations import ZERO, Relation
from ncverify.derive.sums import Facts, Normalizer
from ncverify.derive.terms import Num, TermLike, log, term
from ncverify.derive.theorems import Theorem, establish


def log_parabola(known: Theorem) -> Theorem:
    """x >= 1/2 gives log x >= (x - 1) - (x - 1)^2.

    The difference has derivative (1 - x)(1/x - 2), <= 0 on [1/2, 1] and >= 0 beyond, and is 0 at 1.
    """
    relation = known.relation
    if relation.kind not in (">=", ">") or relation.rhs != Num(Fraction(1, 2)):
        raise ProofError("x >= 1/2 is needed")
    x = relation.lhs
    parabola = (x - 1) - (x - 1) * (x - 1)
    return establish(
        Relation(log(x), ">=", parabola, relation.conditions), "log is above a parabola", (known,)
    )


def square_order(nonnegative: Theorem, squares: Theorem, smaller: TermLike) -> Theorem:
    """y >= 0 and y^2 >= x^2 give y >= x, for real x (``smaller``)."""
    x = term(smaller)
    require_real(x, (), ())
    low, relation = nonnegative.relation, squares.relation
    if low.kind not in (">=", ">") or low.rhs != ZERO:
        raise ProofError("y >= 0 is needed")
    y = low.lhs
    if relation.kind not in (">=", ">") or not Normalizer(Facts()).is_zero(
        relation.difference - (y * y - x * x)
    ):
        raise ProofError("y^2 >= x^2 is needed for these x, y")
    conditions = low.conditions | relation.conditions
    return establish(
        Relation(y, ">=", x, conditions), "order of squares", (nonnegative, squares), arguments={"smaller": x}
    )
