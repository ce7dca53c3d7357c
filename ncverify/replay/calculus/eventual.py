"""Limits along solutions as t -> oo, from inequalities that hold from some time on.

What holds from some time on: y >= c for a y -> oo, and c >= y for a y -> 0 and a c > 0, where c is made of
numbers, orders and, if there is one, the level.  Both are shown by further premises of the step.
"""

from __future__ import annotations

from collections.abc import Sequence

from ncverify.replay.calculus.classical import in_time, prime_of, require_lasting
from ncverify.replay.calculus.facts import arguments, require_zero
from ncverify.replay.calculus.lines import Arguments, Line, rule
from ncverify.replay.calculus.terms import (
    COMPLEX,
    POSITIVE,
    ZERO,
    Relation,
    Term,
    add,
    mul,
    neg,
    relation,
    symbols,
)
from ncverify.replay.calculus.theory import Step, is_chosen
from ncverify.replay.errors import Rejected


@rule(
    "classical: decay below every level",
    value=Arguments.term,
    scale=Arguments.term,
    level=Arguments.term,
)
def settles(line: Line, value: Term, scale: Term, level: Term) -> Relation:
    """x -> 0, if x >= 0, y' >= 0, y -> oo, and late enough 0 >= x' + w y' wherever x is above the level.

    Premises: 0 >= x' + w y'; w > 0; x >= 0; y' >= 0; y -> oo; and steps that show what is kept or holds
    late.  The first may assume ``f > 0``, ``x >= f`` or ``f^2`` of an arbitrary constant f, of which w is
    made, and what holds late.  If x stayed above the level, x + w y would fall for ever while y -> oo; and
    where x has come down to it, it cannot rise above it again.
    """
    decay, weight, low, growing, escape, *along = line.premises
    if any(term[0] != "sym" for term in (value, scale, level)) or len({value, scale, level}) < 3:
        raise Rejected("three different scalars are needed")
    f = str(level[1])
    if f in POSITIVE | COMPLEX or is_chosen(f):
        raise Rejected("the level must be an arbitrary constant")
    w = weight.relation.lhs
    if weight.relation != relation(w, ">") or weight.relation.free or not symbols(w) <= POSITIVE | {f}:
        raise Rejected("a weight > 0 made of the level, numbers and orders is needed")
    _require_falling(decay.relation, prime_of(value), mul(w, prime_of(scale)))
    if decay.relation.conditions:
        raise Rejected("the decay must hold without conditions")
    if low.relation not in (relation(value, ">="), relation(value, ">")):
        raise Rejected("x >= 0 is needed")
    if growing.relation not in (relation(prime_of(scale), ">="), relation(prime_of(scale), ">")):
        raise Rejected("y' >= 0 is needed")
    if escape.relation != relation(scale, "->oo"):
        raise Rejected("y -> oo is needed")
    _require_one_flow(line, [decay], [value, scale])
    if f in line.defined | line.primitive or any(f in symbols(b) for b in line.theory.bodies(line.defined)):
        raise Rejected("the level must be an arbitrary constant")
    some = {relation(level, ">")}
    above = {relation(value, ">=", level), relation(value, ">=", mul(level, level))}
    dropped = [frozenset[str]() for _ in line.premises]
    dropped[0] = _assumed(line, decay, some | above) | _late(line, decay, [escape, *along], POSITIVE | {f})
    for number, step in enumerate(line.premises):
        if number == 1 or (number > 4 and step.relation.kind == ">"):
            dropped[number] = _assumed(line, step, some)
    _drop(line, dropped, along)
    if any(f in line.theory.hypotheses[name][0].symbols for name in line.hypotheses):
        raise Rejected("a hypothesis about the level is left")
    return relation(value, "->0")


@rule("classical: bounded variation", value=Arguments.term, control=Arguments.term)
def converges(line: Line, value: Term, control: Term) -> Relation:
    """x has a limit, if u >= 0 and late enough 0 >= u' + x' and 0 >= u' - x'.

    Then u + x and u - x fall, and their sum 2 u >= 0 is bounded from below: so each of them is, and
    has a limit.
    """
    upper, lower, low, *along = line.premises
    arguments(value)
    if value[1] in COMPLEX or control[0] != "sym" or control[1] == value[1]:
        raise Rejected("a real value and another scalar are needed")
    _require_falling(upper.relation, prime_of(control), prime_of(value))
    _require_falling(lower.relation, prime_of(control), neg(prime_of(value)))
    if low.relation not in (relation(control, ">="), relation(control, ">")):
        raise Rejected("u >= 0 is needed")
    _require_one_flow(line, [upper, lower], [value, control])
    dropped = [frozenset[str]() for _ in line.premises]
    for number in range(2):
        dropped[number] = _late(line, line.premises[number], along, POSITIVE)
    _drop(line, dropped, along)
    conditions = upper.relation.conditions | lower.relation.conditions
    return relation(value, "converges", ZERO, conditions)


def _require_falling(known: Relation, *rates: Term) -> None:
    """0 >= the sum of these rates."""
    if known.kind not in (">=", ">"):
        raise Rejected("an inequality between the rates is needed")
    require_zero(add(known.difference, *rates))


def _require_one_flow(line: Line, steps: Sequence[Step], values: Sequence[Term]) -> None:
    """The rates of the values are derivatives in time, along the same flow, in these steps."""
    flows = []
    for value in values:
        name, prime = value[1], prime_of(value)[1]
        made = line.theory.definitions.get(prime)
        if made is None or not in_time(made, name) or any(prime not in step.defined for step in steps):
            raise Rejected(f"{prime!r} is not a derivative in time")
        flows.append(made.rates)
    if any(rates != flows[0] for rates in flows):
        raise Rejected("the derivatives are not along the same flow")


def _assumed(line: Line, step: Step, allowed: set[Relation]) -> frozenset[str]:
    """The pointwise hypotheses of a step that are among these."""
    return frozenset(
        name
        for name in step.hypotheses
        if line.theory.hypotheses[name][1] == "pointwise" and line.theory.hypotheses[name][0] in allowed
    )


def _late(line: Line, step: Step, shown: Sequence[Step], constants: frozenset[str]) -> frozenset[str]:
    """The pointwise hypotheses of a step that hold from some time on."""
    known = {premise.relation for premise in shown}
    found = set()
    for name in step.hypotheses:
        said, kind = line.theory.hypotheses[name]
        if kind != "pointwise" or said.kind != ">=" or said.conditions or said.free:
            continue
        if relation(said.lhs, "->oo") in known and symbols(said.rhs) <= constants:
            found.add(name)
        if {relation(said.rhs, "->0"), relation(said.lhs, ">")} <= known and symbols(said.lhs) <= constants:
            found.add(name)
    return frozenset(found)


def _drop(line: Line, dropped: Sequence[frozenset[str]], along: Sequence[Step]) -> None:
    """Drop hypotheses of each premise; all that is left of it must hold at all times."""
    for step, names in zip(line.premises, dropped, strict=True):
        require_lasting(line.theory, step, along, names)
    pairs = zip(line.premises, dropped, strict=True)
    line.hypotheses = frozenset(name for step, names in pairs for name in step.hypotheses - names)
