"""Gronwall's inequality: bounded growth makes solutions last, and bounded decay keeps what is positive."""

from __future__ import annotations

from ncverify.replay.calculus.classical import (
    in_time,
    prime_of,
    require_lasting,
    require_rate,
    smooth_symbols,
)
from ncverify.replay.calculus.facts import arguments, require_zero
from ncverify.replay.calculus.lines import Arguments, Line, rule
from ncverify.replay.calculus.terms import (
    COMPLEX,
    POSITIVE,
    ZERO,
    Relation,
    Term,
    add,
    bind,
    free,
    mul,
    neg,
    relation,
    symbols,
)
from ncverify.replay.calculus.theory import Step
from ncverify.replay.errors import Rejected


@rule(
    "classical: bounded growth",
    value=Arguments.term,
    factor=Arguments.term,
    flow=Arguments.steps,
    smooth=Arguments.steps,
)
def bounded_growth(
    line: Line, value: Term, factor: Term, flow: tuple[Step, ...], smooth: tuple[Step, ...]
) -> Relation:
    """The solution of x' = F lasts for all t >= 0, if D' <= c D for D = the sum of all x^2.

    Premises: the definition of D; c D - D' >= 0; x' = F for each family of components, with F smooth at
    every state; and steps without hypotheses that define what F is made of, or show denominators > 0.
    On a bounded time interval D <= D(0) e^{ct}, so that x stays in a compact set.
    """
    size, growth = line.premises[:2]
    total = size.relation.lhs
    if size.rule != "definition" or total[0] != "sym":
        raise Rejected("the definition of a scalar is needed")
    if not symbols(factor) <= POSITIVE or free(factor):
        raise Rejected("the factor must be made of numbers and orders")
    for step in (growth, *flow):
        require_lasting(line.theory, step, ())
    if any(step.hypotheses for step in smooth):
        raise Rejected("the field must be smooth whatever is assumed")
    families = [_family(step) for step in flow]
    names = {family[1] for family in families}
    if len(names) < len(families) or value not in families:
        raise Rejected("each family moves by one equation, and one of them is asked for")
    squares = [_squares(family) for family in families]
    require_zero(add(size.relation.rhs, *(neg(square) for square in squares)))
    for step in flow:
        if not smooth_symbols(step.relation.rhs, line, smooth) <= names:
            raise Rejected("the field must be made of the components")
    prime = prime_of(total)
    if growth.relation.kind not in (">=", ">") or growth.relation.conditions:
        raise Rejected("c D - D' >= 0 is needed")
    require_zero(add(growth.relation.difference, neg(mul(factor, total)), prime))
    made = line.theory.definitions.get(prime[1])
    if made is None or prime[1] not in growth.defined or not in_time(made, total[1]):
        raise Rejected("the rate of D in time is needed")
    if {name for name, _, _ in made.rates} != names:
        raise Rejected("D moves along other rates")
    line.primitive |= names | {name + "'" for name in names}
    return relation(value, "global")


@rule(
    "classical: linear inequality",
    value=Arguments.term,
    factor=Arguments.term,
    smooth=Arguments.steps,
    along=Arguments.steps,
)
def stays_positive(
    line: Line, value: Term, factor: Term, smooth: tuple[Step, ...], along: tuple[Step, ...]
) -> Relation:
    """x' + c x >= 0 with c smooth in the state: x exp(integral of c) never falls, so x stays > 0, or >= 0."""
    known = line.premises[0].relation
    if known.kind not in (">=", ">"):
        raise Rejected("x' + c x >= 0 is needed")
    require_zero(add(known.difference, neg(prime_of(value)), neg(mul(factor, value))))
    line.primitive |= smooth_symbols(factor, line, smooth)
    require_rate(line, value)
    for step in line.premises:
        require_lasting(line.theory, step, along)
    return relation(value, "stays positive", ZERO, known.conditions)


def _family(step: Step) -> Term:
    """The x of an equation x' = F that holds for all components."""
    known = step.relation
    name = known.lhs[1]
    if known.kind != "=" or known.conditions or not name.endswith("'"):
        raise Rejected("an equation x' = F is needed")
    if name[:-1] in COMPLEX | POSITIVE:
        raise Rejected("what moves must be a real symbol")
    return (known.lhs[0], name[:-1], *known.lhs[2:])


def _squares(family: Term) -> Term:
    found = mul(family, family)
    for var in arguments(family):
        found = bind(var, False, found)
    return found
