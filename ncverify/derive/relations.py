"""Relations between terms: the statements of the all-K calculus."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from ncverify.derive.monomials import POSITIVE_SYMBOLS, ProofError
from ncverify.derive.terms import (
    App,
    Index,
    IndexLike,
    Num,
    Sum,
    Term,
    TermLike,
    Var,
    free_variables,
    index,
    term,
    walk,
)

ZERO = Num(Fraction(0))


# Names of indices that are chosen, not arbitrary, begin with this.
CHOSEN = "top"


# "->oo", "->0", "converges" (to some number): as t -> oo; "nondecreasing", "nonincreasing": in t; the others:
# see the rules of these names.
AT_ONE_STATE = ("=", "!=", ">=", ">")
KINDS = (
    *AT_ONE_STATE,
    *("->oo", "->0", "converges", "nondecreasing", "nonincreasing", "max/min falls"),
    *("keeps sign", "stays positive", "global"),
)


@dataclass(frozen=True)
class Relation:
    """``lhs kind rhs`` for all values of the free index variables with every condition nonzero."""

    lhs: Term
    kind: str
    rhs: Term = ZERO
    conditions: frozenset[Index] = frozenset()

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ProofError(f"unknown relation {self.kind!r}")
        object.__setattr__(self, "conditions", frozenset(self.conditions))
        check_names(self.lhs, self.rhs, others=(v for form in self.conditions for v, _ in form.parts))

    @property
    def difference(self) -> Term:
        """lhs - rhs."""
        return self.lhs if self.rhs == ZERO else self.lhs - self.rhs

    def where(self, *nonzero: IndexLike) -> Relation:
        """The same relation, asked only where these indices are not 0."""
        return Relation(self.lhs, self.kind, self.rhs, self.conditions | {index(form) for form in nonzero})

    def _repr_latex_(self) -> str:
        from ncverify.derive.printing import latex

        return f"$\\displaystyle {latex(self)}$"


def check_names(*sides: Term, others: Iterable[Var] = ()) -> None:
    """Names that are not identifiers are those of the normal form."""
    names = set(others)
    for side in sides:
        names |= free_variables(side) | {node.var for node in walk(side) if isinstance(node, Sum)}
        for node in walk(side):
            if isinstance(node, App) and node.name in POSITIVE_SYMBOLS:
                raise ProofError(f"{node.name!r} is the order of a sort")
    for var in names:
        if not var.name.isidentifier():
            raise ProofError(f"index name {var.name!r} is not an identifier")


def free_in(relation: Relation) -> set[Var]:
    used = {var for form in relation.conditions for var, _ in form.parts}
    return used | free_variables(relation.lhs) | free_variables(relation.rhs)


def equal(lhs: TermLike, rhs: TermLike) -> Relation:
    """lhs = rhs."""
    return Relation(term(lhs), "=", term(rhs))


def at_least(lhs: TermLike, rhs: TermLike) -> Relation:
    """lhs >= rhs."""
    return Relation(term(lhs), ">=", term(rhs))


def greater(lhs: TermLike, rhs: TermLike) -> Relation:
    """lhs > rhs."""
    return Relation(term(lhs), ">", term(rhs))


def different(lhs: TermLike, rhs: TermLike) -> Relation:
    """lhs != rhs."""
    return Relation(term(lhs), "!=", term(rhs))
