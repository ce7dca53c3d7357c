"""Rules that apply lemmas: instances of arbitrary scalars and indices, and conditions that hold."""

from __future__ import annotations

from collections.abc import Mapping

from ncverify.derive.matching import require_real
from ncverify.derive.monomials import COMPLEX, POSITIVE_SYMBOLS, ProofError
from ncverify.derive.relations import AT_ONE_STATE, CHOSEN, ZERO, Relation, free_in
from ncverify.derive.terms import (
    Delta,
    Index,
    IndexLike,
    Sym,
    Term,
    TermLike,
    Var,
    free_variables,
    index,
    replace_function,
    substitute,
    symbols,
    term,
)
from ncverify.derive.theorems import Theorem, establish


def instantiate(
    known: Theorem,
    scalars: Mapping[Sym, TermLike],
    indices: Mapping[Var, IndexLike],
    given: Mapping[str, Theorem],
) -> Theorem:
    """A lemma about arbitrary scalars and fixed indices, at these terms and indices.

    A theorem whose hypotheses are the only thing known about a scalar w (which is not defined, and in no
    definition) holds for every value of w, so it holds for that of a term.  Likewise for a fixed index
    that was not chosen.  ``given`` shows hypotheses of the lemma, by name, after the substitution; those
    that speak of what is replaced must be among them.  Hypotheses shown here must be ``pointwise``.
    """
    values = {symbol.name: term(value) for symbol, value in scalars.items()}
    places = {var: index(value) for var, value in indices.items()}
    relation = known.relation
    _require_one_state(known)
    if any(var.name.startswith(CHOSEN) for var in free_in(relation)):
        raise ProofError("a lemma about a chosen index has no instances")
    bodies = [
        part for item in known.definitions.values() for part in (item.body, *(r[2] for r in item.rates))
    ]
    for name, value in values.items():
        reserved = name in POSITIVE_SYMBOLS or name in COMPLEX or name.startswith(CHOSEN)
        if reserved or known.signatures.get(name, ()) != ():
            raise ProofError(f"{name!r} is not an arbitrary scalar")
        if name in known.definitions or name in known.primitive or any(name in symbols(b) for b in bodies):
            raise ProofError(f"{name!r} is defined, or part of a definition")
        if not all(var.fixed for var in free_variables(value)):
            raise ProofError(f"the value of {name!r} has free indices")
        require_real(value, (), ())
    for var, image in places.items():
        if not var.fixed or var.name.startswith(CHOSEN) or var.sort != image.sort:
            raise ProofError(f"{var.name!r} is not an arbitrary index of this sort")
        if not all(part.fixed for part, _ in image.parts):
            raise ProofError(f"the value of {var.name!r} has free indices")
        if any(var in free_variables(body) for body in bodies):
            raise ProofError(f"{var.name!r} is part of a definition")
    for name in given:
        if name not in known.hypotheses:
            raise ProofError(f"the lemma has no hypothesis {name!r}")
    for name, (assumed, kind) in known.hypotheses.items():
        moved = _move(assumed, values, places)
        if name in given:
            if kind != "pointwise" or given[name].relation != moved:
                raise ProofError(f"what is given is not the hypothesis {name!r} at these values")
        elif moved != assumed:
            raise ProofError(f"the hypothesis {name!r} speaks of what is replaced")
    return establish(
        _move(relation, values, places),
        "instance of a lemma",
        (known, *given.values()),
        note=", ".join([*values, *(var.name for var in places)]),
        arguments={
            "scalars": {Sym(name): value for name, value in values.items()},
            "indices": places,
            "given": dict(given),
        },
        discharged={0: given.keys()},
    )


def _move(relation: Relation, values: Mapping[str, Term], places: Mapping[Var, Index]) -> Relation:
    conditions = frozenset(form.substitute(places) for form in relation.conditions)
    if any(not form.parts for form in conditions):
        raise ProofError("the instance is excluded by a condition of the lemma")
    sides = []
    for side in (relation.lhs, relation.rhs):
        side = substitute(side, places)
        for name, value in _simultaneous(values, side):
            side = replace_function(side, name, (), value)
        sides.append(side)
    return Relation(sides[0], relation.kind, sides[1], conditions)


def _simultaneous(values: Mapping[str, Term], side: Term) -> list[tuple[str, Term]]:
    """The replacements, one after the other; refused where one would meet what another has put in."""
    items = [(name, value) for name, value in values.items() if name in symbols(side)]
    for name, _ in items:
        if any(name in symbols(value) for _, value in items):
            raise ProofError(f"{name!r} is replaced and occurs in a value")
    return items


def condition_holds(known: Theorem, nonzero: Theorem) -> Theorem:
    """Drop the condition i != 0 of a theorem; ``nonzero`` says [i = 0] = 0."""
    relation, shown = known.relation, nonzero.relation
    if shown.kind != "=" or shown.rhs != ZERO or not isinstance(shown.lhs, Delta) or shown.conditions:
        raise ProofError("[i = 0] = 0 is needed, without conditions")
    form = shown.lhs.at
    if not all(var.fixed for var, _ in form.parts):
        raise ProofError("the condition must be one on fixed indices")
    left = relation.conditions - {form, -form}
    if left == relation.conditions:
        raise ProofError(f"the theorem has no condition {form} != 0")
    return establish(
        Relation(relation.lhs, relation.kind, relation.rhs, left), "condition holds", (known, nonzero)
    )


def _require_one_state(known: Theorem) -> None:
    if known.relation.kind not in AT_ONE_STATE:
        raise ProofError("a statement about all times is no lemma about scalars")
