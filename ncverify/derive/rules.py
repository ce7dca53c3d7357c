"""The basic rules: hypotheses, definitions, combinations decided by the normal form, instances, sums."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from ncverify.derive.matching import bare_arguments, facts_of, implied, unfolded
from ncverify.derive.monomials import COMPLEX, POSITIVE_SYMBOLS, ProofError, TooLarge
from ncverify.derive.relations import CHOSEN, ZERO, Relation, at_least, free_in
from ncverify.derive.sums import Normalizer
from ncverify.derive.terms import (
    ORDERS,
    Add,
    App,
    Mul,
    Num,
    Sum,
    Sym,
    Term,
    TermLike,
    Var,
    free_variables,
    index,
    symbols,
    term,
)
from ncverify.derive.theorems import Definition, Theorem, establish


def hypothesis(name: str, relation: Relation, kind: str = "structural") -> Theorem:
    """Assume a relation.  ``kind``: ``structural`` (kept by the flow), ``open`` (a sign, > 0 or >= 0, or a
    bound; that it is kept must be shown) or ``pointwise`` (true at the state considered; forbids
    differentiation)."""
    if kind not in ("structural", "open", "pointwise"):
        raise ProofError(f"unknown kind of hypothesis {kind!r}")
    if any(var.name.startswith(CHOSEN) for var in free_in(relation)):
        raise ProofError("a hypothesis cannot speak of a chosen index")
    return establish(
        relation,
        "hypothesis",
        note=name,
        hypotheses={name: (relation, kind)},
        arguments={"name": name, "kind": kind},
    )


def define(
    head: App | Sym, body: TermLike, *, even: Iterable[Theorem] = (), unfold: Iterable[Theorem] = ()
) -> Theorem:
    """Introduce a new real symbol by ``head = body``.

    The body must be shown to be real (symbols denote real numbers): it equals its own complex
    conjugate after unfolding ``unfold``, with the symmetries ``even``.
    """
    value = term(body)
    args = bare_arguments(head)
    if head.name in symbols(value) or head.name in POSITIVE_SYMBOLS or head.name in COMPLEX:
        raise ProofError(f"{head.name!r} cannot be defined by this term")
    if not free_variables(value) <= set(args):
        raise ProofError(f"the definition of {head.name!r} has unbound indices")
    even, unfold = tuple(even), tuple(unfold)
    normalizer = Normalizer(facts_of(even=even, unfold=unfold))
    if not normalizer.is_real(normalizer.poly(unfolded(value, unfold))):
        raise ProofError(f"the definition of {head.name!r} is not shown to be real")
    return establish(
        Relation(head, "=", value),
        "definition",
        (*even, *unfold),
        definitions={head.name: Definition(args, value)},
        arguments={"even": even, "unfold": unfold},
    )


def linear(
    goal: Relation,
    *using: Theorem | tuple[TermLike | Theorem, Theorem],
    divide_by: Theorem | None = None,
    unfold: Iterable[Theorem] = (),
    contract: Iterable[Theorem] = (),
    even: Iterable[Theorem] = (),
    nonzero: Iterable[Theorem] = (),
) -> Theorem:
    """``goal`` as a combination of known relations, decided by the normal form.

    Shows c (L - R) = sum_i w_i (l_i - r_i) for the goal L ? R and the given l_i ? r_i, where c is 1 or
    the left side of ``divide_by`` (c > 0; c != 0 is enough for equations).  For equations the weights
    w_i are any terms; for inequalities those at inequalities must be positive numbers or theorems
    w_i >= 0.  ``unfold`` replaces symbols by equations for them (in the given order), ``contract`` are
    known sums, ``even`` symmetries, ``nonzero`` what may be cancelled.
    """
    unfold, contract, even, nonzero = tuple(unfold), tuple(contract), tuple(even), tuple(nonzero)
    items = [item if isinstance(item, tuple) else (1, item) for item in using]
    pieces, strict, premises = [], False, []
    for weight, known in items:
        relation = known.relation
        if not implied(relation.conditions, goal.conditions):
            raise ProofError("a used relation needs a condition that the goal does not have")
        premises.append(known)
        if relation.kind not in ("=", "!=", ">=", ">"):
            raise ProofError("a statement about all times is not combined linearly")
        if relation.kind == "=":
            factor = weight.relation.lhs if isinstance(weight, Theorem) else term(weight)
            if isinstance(weight, Theorem):
                premises.append(weight)
        else:
            factor, positive = _weight(weight, goal, premises)
            if goal.kind not in (">=", ">", "!="):
                raise ProofError("an equation does not follow from an inequality")
            if goal.kind == "!=" and (len(items) > 1 or relation.kind not in (">", "!=") or not positive):
                raise ProofError("x != 0 follows only from a multiple of one relation > or !=")
            if relation.kind == "!=" and goal.kind != "!=":
                raise ProofError("an inequality does not follow from !=")
            strict = strict or (relation.kind == ">" and positive)
        pieces.append(Mul((factor, relation.difference)))
    if goal.kind == "!=" and all(known.relation.kind == "=" for _, known in items):
        raise ProofError("x != 0 needs a relation > or != to come from")
    if goal.kind == ">" and not strict:
        raise ProofError("a strict inequality needs a strict one to come from")
    if goal.kind not in ("=", "!=", ">=", ">"):
        raise ProofError("a statement about all times is not a linear consequence")
    scaled = goal.difference
    if divide_by is not None:
        divisor = divide_by.relation
        ok = (">",) if goal.kind in (">=", ">") else (">", "!=")
        if divisor.rhs != ZERO or divisor.kind not in ok:
            raise ProofError("the divisor must be known to be > 0 (or != 0 for an equation)")
        if not implied(divisor.conditions, goal.conditions):
            raise ProofError("the divisor needs a condition that the goal does not have")
        scaled = Mul((divisor.lhs, scaled))
        premises.append(divide_by)
    rest = Add((scaled, *(Mul((Num(Fraction(-1)), piece)) for piece in pieces)))
    facts = facts_of(even, contract, nonzero, unfold, goal.conditions)
    normalizer = Normalizer(facts)
    opened = unfolded(rest, unfold)
    try:
        left = normalizer.clear(normalizer.poly(opened))
    except TooLarge as error:
        raise ProofError(f"the normal form is too large: {error}") from error
    if left:
        raise ProofError(f"not an identity: {len(left)} monomials are left of the difference")
    return establish(
        goal,
        "normal form" if not items else "combination",
        (*premises, *unfold, *contract, *even, *nonzero),
        details={"largest normal form": normalizer.largest, "combined": len(items)},
        arguments={
            "items": tuple((w if isinstance(w, Theorem) else term(w), known) for w, known in items),
            "divide_by": divide_by,
            "unfold": unfold,
            "contract": contract,
            "even": even,
            "nonzero": nonzero,
        },
    )


def _weight(weight: TermLike | Theorem, goal: Relation, premises: list[Theorem]) -> tuple[Term, bool]:
    """A factor that is >= 0, and whether it is > 0 (or != 0 where that is what is asked)."""
    if isinstance(weight, Theorem):
        relation = weight.relation
        if relation.rhs != ZERO or relation.kind not in (">=", ">"):
            raise ProofError("a weight of an inequality must be known to be >= 0")
        if not implied(relation.conditions, goal.conditions):
            raise ProofError("a weight needs a condition that the goal does not have")
        premises.append(weight)
        return relation.lhs, relation.kind == ">"
    value = term(weight)
    if not isinstance(value, Num) or (value.value <= 0 and not (goal.kind == "!=" and value.value)):
        raise ProofError("a weight of an inequality must be a positive number or a theorem")
    return value, True


def sum_over(known: Theorem, var: Var, *, nonzero: bool = False, several: Theorem | None = None) -> Theorem:
    """Sum both sides over ``var``: over all values, or over the nonzero ones (then var != 0 may be a
    condition of the theorem).

    A strict inequality stays strict over all values (no sort is empty); over the nonzero ones it does
    if ``several`` shows that the order is at least 2, and else becomes >=.
    """
    relation = known.relation
    if several is not None and several.relation != at_least(Sym(ORDERS[var.sort]), 2):
        raise ProofError(f"{ORDERS[var.sort]} >= 2 is needed for a nonzero index to exist")
    if relation.kind not in ("=", ">=", ">"):
        raise ProofError("only equations and inequalities are summed")
    if var.fixed:
        raise ProofError("a fixed index is not summed over")
    conditions = {form for form in relation.conditions if form not in (index(var), -index(var))}
    if any(var == part for form in conditions for part, _ in form.parts):
        raise ProofError(f"another condition mentions {var.name!r}")
    if len(conditions) != len(relation.conditions) and not nonzero:
        raise ProofError(f"the theorem holds for nonzero {var.name!r} only")
    kind = ">=" if relation.kind == ">" and nonzero and several is None else relation.kind
    right = ZERO if relation.rhs == ZERO else Sum(var, relation.rhs, nonzero)
    summed = Relation(Sum(var, relation.lhs, nonzero), kind, right, frozenset(conditions))
    premises = (known,) if several is None else (known, several)
    return establish(
        summed,
        "sum",
        premises,
        note=f"over {var.name}{' != 0' if nonzero else ''}",
        arguments={"var": var, "nonzero": nonzero},
    )
