"""Instances of all-K statements in concrete groups: decided over a function field, or refuted by balls."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import islice
from typing import Any

from ncverify.book.verdict import Evidence, Outcome
from ncverify.derive.kernel import Definition, Relation, Theorem
from ncverify.derive.models import (
    BallNumbers,
    FieldNumbers,
    Indeterminate,
    Model,
    context,
    spectral_symbols,
)
from ncverify.derive.printing import plain
from ncverify.derive.terms import App, Sym, Var, index
from ncverify.errors import InputError
from ncverify.evidence import bodies
from ncverify.theory.balls import precision, to_arb, to_decimal
from ncverify.theory.groups import AbelianGroup

# The groups for which statements about a free spectrum are decided beside their proof for every K.
WALSH = tuple(AbelianGroup.walsh(m) for m in range(1, 6))
CYCLIC = tuple(AbelianGroup.cyclic(n) for n in (3, 5, 6, 7, 10, 12))

BITS = 192


def instances(
    theorems: Sequence[Theorem],
    goals: Mapping[str, Relation],
    groups: Sequence[AbelianGroup],
    *,
    free: Sequence[str] = (),
    at_most: int = 64,
) -> Evidence:
    """Decide the goals (equations) exactly in each group, for a free symmetric spectrum.

    ``theorems`` give the definitions of the symbols.  ``free`` names functions on the group that are
    arbitrary (new symbols).  Where a goal has more than ``at_most`` values of its free indices, evenly
    spaced ones are taken; then the evidence is ``tested`` only, and the count says so.
    """
    definitions = context(theorems)
    done, all_of = 0, 0
    largest = 0
    for group in groups:
        numbers, values = _symbols(group, free)
        model = Model(group, numbers, values, definitions)
        for name in sorted(values.keys() & definitions.keys()):
            _require_definition(model, name, definitions[name])
        for name, relation in goals.items():
            places = list(model.assignments(relation))
            chosen = _spread(places, at_most)
            done, all_of = done + len(chosen), all_of + len(places)
            for at in chosen:
                if model.fails(relation, at) is not False:
                    return Evidence(
                        Outcome.UNDECIDED,
                        "normal form",
                        group.name,
                        f"{name} is not an identity in {group.name} at {_where(at)}: {plain(relation)}",
                    )
            largest = max(largest, numbers.field.facts["largest_polynomial_terms"])
    if not done:
        raise InputError("nothing to decide: give at least one group and one goal")
    shown = ", ".join(f"K = {group.order} ({group.name})" for group in groups)
    return Evidence(
        Outcome.PROVED if done == all_of else Outcome.TESTED,
        "normal form",
        shown,
        f"{', '.join(goals)}: {done} of {all_of} index values decided by normal forms over the field of "
        f"functions of the spectrum (up to {largest} terms) for {shown}",
        {
            "groups": [list(group.orders) for group in groups],
            "goals": list(goals),
            "index values": done,
            "of": all_of,
            "largest polynomial": largest,
        },
        beside=True,
    )


def _require_definition(model: Model, name: str, definition: Definition) -> None:
    """The values that a model gives to a defined symbol are those of its definition."""
    said = Relation(_head(name, definition), "=", definition.body)
    if any(model.fails(said, at) is not False for at in model.assignments(said)):
        raise InputError(f"{name!r} is defined otherwise than as {plain(said)}")


def _head(name: str, definition: Definition) -> App | Sym:
    args = tuple(map(index, definition.args))
    return App(name, args) if args else Sym(name)


def _symbols(group: AbelianGroup, free: Sequence[str]) -> tuple[FieldNumbers, dict[str, Callable[..., Any]]]:
    names = [f"{name}_{g}" for name in free for g in range(group.order)]
    numbers, values = spectral_symbols(group, names)
    for name in free:
        values[name] = lambda g, name=name: numbers.field.symbol(f"{name}_{g}")
    return numbers, values


def _spread(places: Sequence[Any], at_most: int) -> Sequence[Any]:
    if len(places) <= at_most:
        return places
    # a stride coprime to the length of a row meets rows and columns alike
    return [places[number * len(places) // at_most] for number in range(at_most)]


def _where(at: Mapping[Var, int]) -> str:
    return ", ".join(f"{var.name} = {value}" for var, value in sorted(at.items())) or "its only value"


def random_spectra(group: AbelianGroup, seed: int) -> Iterator[tuple[Fraction, ...]]:
    """Small positive rational symmetric spectra with s_0 = 0: first simple ones, then random ones."""
    draw = random.Random(f"{seed}/{group.orders}")
    orbits = group.sign_classes[1:]
    for attempt in range(1, 1_000_000):
        top = 2 + attempt // 4
        spectrum = [Fraction(0)] * group.order
        for number, orbit in enumerate(orbits):
            value = (
                Fraction(number + 1) if attempt == 1 else Fraction(draw.randint(1, top), draw.randint(1, 3))
            )
            for member in orbit:
                spectrum[member] = value
        yield tuple(spectrum)


def counterexample(
    relation: Relation,
    theorems: Sequence[Theorem],
    groups: Sequence[AbelianGroup],
    *,
    seed: int = 0,
    tries: int = 8,
    spectra: Callable[[AbelianGroup], Iterable[tuple[Fraction, ...]]] | None = None,
    beside: bool = False,
) -> Evidence:
    """Look for a group and a rational spectrum in which the relation certainly fails.

    ``theorems`` give the definitions of its symbols, ``spectra`` the exact symmetric spectra (s_0, ...,
    s_{K-1}) to try (by default simple and random ones).  What the theorems assume and does not define a
    symbol must certainly hold for a witness, at all indices.  The evidence is ``refuted`` with the witness
    (exact spectrum, indices, balls of both sides) or ``undecided`` after ``tries`` spectra for each group.
    """
    definitions = context(theorems)
    if "s" in definitions:
        raise InputError("the spectrum s is defined by these theorems: its values cannot be chosen")
    assumed = _assumptions(theorems, definitions)
    looked = 0
    with precision(BITS):
        for group in groups:
            source = random_spectra(group, seed) if spectra is None else spectra(group)
            for spectrum in islice(source, tries):
                values = {"s": lambda a, s=spectrum: to_arb(s[a])}
                model = Model(group, BallNumbers(), values, definitions)
                if not _is_model(model, spectrum, assumed):
                    continue
                for at in model.assignments(relation):
                    looked += 1
                    try:
                        failed = model.fails(relation, at)
                    except Indeterminate:
                        continue
                    if failed:
                        return _refuted(
                            relation, model, definitions, assumed, group, spectrum, at, looked, beside
                        )
    return Evidence(
        Outcome.UNDECIDED, "witness", "nothing", f"no counterexample in {looked} evaluations", beside=beside
    )


def _assumptions(theorems: Sequence[Theorem], definitions: Mapping[str, Definition]) -> tuple[Relation, ...]:
    """What the theorems assume, without the equations that ``context`` takes for definitions."""
    found = {name: said for theorem in theorems for name, (said, _) in theorem.hypotheses.items()}
    return tuple(
        said
        for said in found.values()
        if not (
            said.kind == "="
            and not said.conditions
            and isinstance(said.lhs, (App, Sym))
            and said.lhs.name in definitions
            and said.lhs == _head(said.lhs.name, definitions[said.lhs.name])
            and said.rhs == definitions[said.lhs.name].body
        )
        and not _symmetry(said)
    )


def _symmetry(said: Relation) -> bool:
    """Whether this is s(-a) = s(a), or the other way round: every spectrum tried is symmetric."""
    left, right = said.lhs, said.rhs
    if said.kind != "=" or not isinstance(left, App) or not isinstance(right, App):
        return False
    return left.name == right.name == "s" and left.args == tuple(-form for form in right.args)


def _is_model(model: Model, spectrum: Sequence[Fraction], assumed: Sequence[Relation]) -> bool:
    """Whether the spectrum is symmetric, and all that is assumed certainly holds."""
    if any(len({spectrum[a] for a in orbit}) > 1 for orbit in model.group.sign_classes):
        return False
    try:
        return all(model.fails(said, at) is False for said in assumed for at in model.assignments(said))
    except Indeterminate:
        return False


def _refuted(
    relation: Relation,
    model: Model,
    definitions: Mapping[str, Definition],
    assumed: Sequence[Relation],
    group: AbelianGroup,
    spectrum: Sequence[Fraction],
    at: Mapping[Var, int],
    looked: int,
    beside: bool,
) -> Evidence:
    lhs, rhs = model.value(relation.lhs, at), model.value(relation.rhs, at)
    witness = {
        "group": group.name,
        "s": "(" + ", ".join(str(value) for value in spectrum[1:]) + ")",
        **{var.name: str(value) for var, value in sorted(at.items())},
        "left side": str(to_decimal(lhs.re)),
        "right side": str(to_decimal(rhs.re)),
    }
    return Evidence(
        Outcome.REFUTED,
        "witness",
        "one exact point",
        f"{plain(relation)} fails in {group.name}",
        {"witness": witness, "orders": list(group.orders), "bits": BITS, "evaluations": looked},
        beside=beside,
        body=bodies.countermodel(relation, definitions, group.orders, {"s": spectrum}, at, BITS, assumed),
    )
