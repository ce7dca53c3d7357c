"""Rules of logic: two cases, contradictions, instances of lemmas, conditions that hold."""

from __future__ import annotations

from collections.abc import Mapping

from ncverify.replay.calculus.facts import equation, require_real, require_zero
from ncverify.replay.calculus.lines import Arguments, Line, rule
from ncverify.replay.calculus.terms import (
    CHOSEN,
    COMPLEX,
    POSITIVE,
    TIMELESS,
    ZERO,
    Index,
    Relation,
    Term,
    Var,
    free,
    moved,
    relation,
    replace,
    single,
    symbols,
    unsigned,
)
from ncverify.replay.calculus.theory import Step, is_chosen
from ncverify.replay.errors import Rejected


@rule("dichotomy", names=Arguments.two_names)
def dichotomy(line: Line, names: tuple[str, str]) -> Relation:
    """What follows from a pointwise hypothesis x > y, and also from y >= x, holds without them."""
    larger, smaller = line.given(2)
    first, second = (premise.hypotheses for premise in line.premises)
    if names[0] not in first - second or names[1] not in second - first:
        raise Rejected("each premise must have the hypothesis of its case, and not that of the other")
    above, kind = line.theory.hypotheses[names[0]]
    below, other = line.theory.hypotheses[names[1]]
    if kind != "pointwise" or other != "pointwise" or larger.kind not in TIMELESS:
        raise Rejected("cases are about one state")
    if above.kind != ">" or below != relation(above.rhs, ">=", above.lhs) or above.free:
        raise Rejected("the hypotheses must be x > y and y >= x, without indices")
    require_real(above.lhs)
    require_real(above.rhs)
    if larger != smaller:
        raise Rejected("both cases must say the same")
    line.hypotheses -= set(names)
    return larger


@rule("zero or not", var=Arguments.variable)
def everywhere(line: Line, var: Var) -> Relation:
    """What holds where v != 0, and also at v = 0, holds for every v."""
    off, at_zero = line.given(2)
    if var[1].startswith("!") or off.kind not in TIMELESS:
        raise Rejected("cases are about one state and a free index")
    rest = off._replace(conditions=off.conditions - {unsigned(single(var))})
    if at_zero != moved(rest, {var: (var[0], ())}):
        raise Rejected("the second premise must be the first one at 0")
    if any(not form[1] for form in at_zero.conditions):
        raise Rejected("the instance at 0 is excluded by a condition")
    return rest


@rule("a contradiction")
def absurd(line: Line) -> Relation:
    """From x > x, or x != x, anything follows."""
    (known,) = line.given(1)
    if known.kind not in (">", "!=") or known.conditions:
        raise Rejected("x > x or x != x is needed, without conditions")
    require_zero(known.difference)
    if line.conclusion.kind not in TIMELESS:
        raise Rejected("a statement about all times is not concluded from a contradiction")
    return line.conclusion


@rule(
    "instance of a lemma",
    scalars=Arguments.scalars,
    indices=Arguments.indices,
    given=Arguments.named_steps,
)
def instantiate(
    line: Line, scalars: Mapping[str, Term], indices: Mapping[Var, Index], given: Mapping[str, Step]
) -> Relation:
    """A lemma about arbitrary scalars and fixed indices, at these terms and indices.

    All that is known about them are pointwise hypotheses, which ``given`` shows for the values.
    """
    lemma = line.premises[0]
    if lemma.relation.kind not in TIMELESS:
        raise Rejected("a statement about all times is no lemma")
    if any(var[1].startswith(CHOSEN) for var in lemma.relation.free):
        raise Rejected("a lemma about a chosen index has no instances")
    bodies = line.theory.bodies(lemma.defined)
    for name, value in scalars.items():
        if line.theory.signatures.get(name) != () or name in POSITIVE | COMPLEX or is_chosen(name):
            raise Rejected(f"{name!r} is not an arbitrary scalar")
        if name in lemma.defined | lemma.primitive or any(name in symbols(body) for body in bodies):
            raise Rejected(f"{name!r} is not arbitrary: it is defined, differentiated or in a definition")
        _require_fixed(free(value))
        require_real(value)
    for var, image in indices.items():
        if not var[1].startswith("!") or var[1].startswith(CHOSEN) or var[0] != image[0]:
            raise Rejected(f"{var[1]!r} is not an arbitrary fixed index of this sort")
        _require_fixed({part for part, _ in image[1]})
    for name in sorted(lemma.hypotheses):
        assumed, kind = line.theory.hypotheses[name]
        replaced = _replaced(assumed, scalars, indices)
        if name not in given and replaced != assumed:
            raise Rejected(f"the hypothesis {name!r} speaks of what is replaced")
        if name in given and (kind != "pointwise" or given[name].relation != replaced):
            raise Rejected(f"what is given is not the hypothesis {name!r} at these values")
    own = lemma.hypotheses - given.keys()
    line.hypotheses = own.union(*(premise.hypotheses for premise in line.premises[1:]))
    return _replaced(lemma.relation, scalars, indices)


def _require_fixed(found: set[Var] | frozenset[Var]) -> None:
    if not all(var[1].startswith("!") for var in found):
        raise Rejected("a value has free indices")


def _replaced(known: Relation, scalars: Mapping[str, Term], indices: Mapping[Var, Index]) -> Relation:
    placed = moved(known, indices)
    if not all(form[1] for form in placed.conditions):
        raise Rejected("the instance is excluded by a condition")
    inside = {name: value for name, value in scalars.items() if name in known.symbols}
    if any(symbols(value) & inside.keys() for value in inside.values()):
        raise Rejected("a scalar is replaced and occurs in a value")
    for name, value in inside.items():
        placed = placed._replace(
            lhs=replace(placed.lhs, name, (), value), rhs=replace(placed.rhs, name, (), value)
        )
    return placed


@rule("condition holds")
def condition_holds(line: Line) -> Relation:
    """A relation without its condition i != 0, from [i = 0] = 0 for an index i made of fixed ones."""
    known, shown = line.given(2)
    delta, value = equation(shown)
    if delta[0] != "delta" or value != ZERO:
        raise Rejected("[i = 0] = 0 is needed")
    _require_fixed(free(delta))
    if unsigned(delta[1]) not in known.conditions:
        raise Rejected("there is no such condition")
    return known._replace(conditions=known.conditions - {unsigned(delta[1])})
