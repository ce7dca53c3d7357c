"""Classical theorems about differential equations (P. Hartman, Ordinary Differential Equations, II-IV).

A statement about all times needs hypotheses that hold at all times: ``structural`` ones, and signs x > 0
or x >= 0 of kind ``open`` that are known to be kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from ncverify.replay.calculus.facts import arguments, matched, require_zero
from ncverify.replay.calculus.lines import Arguments, Line, rule
from ncverify.replay.calculus.terms import (
    MONOTONE,
    POSITIVE,
    SIGNED,
    ZERO,
    Relation,
    Term,
    add,
    children,
    mul,
    neg,
    num,
    relation,
    single,
    substitute,
    symbols,
    unsigned,
    walk,
)
from ncverify.replay.calculus.theory import Definition, Step, Theory
from ncverify.replay.errors import Rejected


def prime_of(value: Term) -> Term:
    """The symbol x' at the indices of a symbol x."""
    return (value[0], value[1] + "'", *value[2:])


def in_time(definition: Definition | None, name: str) -> bool:
    """Whether a definition is the derivative of a symbol along the rates x' of all that moves."""
    return (
        definition is not None
        and definition.derivative_of == name
        and all(
            speed == (("app", own + "'", tuple(map(single, args))) if args else ("sym", own + "'"))
            for own, args, speed in definition.rates
        )
    )


def require_rate(line: Line, value: Term) -> None:
    """x' is the rate of x in time: by its definition, or because neither is defined."""
    name, prime = value[1], prime_of(value)[1]
    if prime in line.defined:
        if not in_time(line.theory.definitions[prime], name):
            raise Rejected(f"{prime!r} is not the rate of {name!r}")
    else:
        line.primitive |= {name, prime}


@rule("classical: linear equation", value=Arguments.term, factor=Arguments.term, smooth=Arguments.steps)
def sign_preserved(line: Line, value: Term, factor: Term, smooth: tuple[Step, ...]) -> Relation:
    """x' = x c with c smooth in the state: x(t) = x(0) exp(integral of c), so x keeps its sign."""
    rate = line.premises[0]
    if rate.relation.kind != "=" or rate.relation.lhs != prime_of(value):
        raise Rejected("an equation for the rate of the value is needed")
    require_lasting(line.theory, rate, ())
    require_zero(add(rate.relation.rhs, neg(mul(value, factor))))
    line.primitive |= smooth_symbols(factor, line, smooth)
    require_rate(line, value)
    return relation(value, "keeps sign", ZERO, rate.relation.conditions)


def smooth_symbols(value: Term, line: Line, smooth: Sequence[Step]) -> frozenset[str]:
    """The undefined symbols a term is made of; raises unless it is built by sums, products, exp, and
    denominators that are > 0."""
    for node in walk(value):
        match node:
            case ("pow", base, exponent) if exponent < 0 and not symbols(base) <= POSITIVE:
                if not any(_denominator(step, base, line.theory) for step in smooth):
                    raise Rejected("a denominator of the factor is not known to be > 0")
            case ("fn", name, _) if name != "exp":
                raise Rejected(f"the factor may be singular: {name}")
    found = symbols(value) - POSITIVE
    for name in sorted(found & line.defined):
        found |= smooth_symbols(line.theory.definitions[name].body, line, smooth)
    return found - line.defined


def _denominator(step: Step, base: Term, theory: Theory) -> bool:
    known = step.relation
    plain = known.kind == ">" and known.rhs == ZERO and not known.conditions
    return plain and matched(known.lhs, base) is not None and theory.kinds(step) <= {"structural"}


@rule("classical: continuation", bound=Arguments.number)
def global_solution(line: Line, bound: Fraction) -> Relation:
    """0 <= x' <= c x for all components, which keep their sign: the solution lasts for all t >= 0."""
    sign, low, high = line.given(3)
    if sign.kind != "keeps sign":
        raise Rejected("the components must keep their sign")
    for known, expected in (
        (low, prime_of(sign.lhs)),
        (high, add(mul(num(bound), sign.lhs), neg(prime_of(sign.lhs)))),
    ):
        if known.kind not in (">=", ">") or not known.conditions <= sign.conditions:
            raise Rejected("0 <= x' <= c x is needed for every component that moves")
        require_zero(add(known.difference, neg(expected)))
    for step in line.premises:
        require_lasting(line.theory, step, line.premises)
    return relation(sign.lhs, "global", ZERO, sign.conditions)


def require_lasting(
    theory: Theory, step: Step, along: Sequence[Step], apart_from: frozenset[str] = frozenset()
) -> None:
    """Every hypothesis but ``apart_from`` is structural, or open and kept by what a step says.

    That is a sign (> 0 or >= 0), or a number above a scalar that never grows, or below one that never falls.
    """
    for name in sorted(step.hypotheses - apart_from):
        assumed, kind = theory.hypotheses[name]
        if kind != "structural" and (kind != "open" or not any(_keeps(s.relation, assumed) for s in along)):
            raise Rejected(f"the hypothesis {name!r} is not known to hold at all times")


def _keeps(said: Relation, assumed: Relation) -> bool:
    if assumed.kind not in (">", ">="):
        return False
    if said.kind in SIGNED:
        sign = relation(said.lhs, assumed.kind, ZERO, assumed.conditions)
        return assumed == sign and said.conditions <= assumed.conditions
    if said.kind not in MONOTONE or said.conditions or assumed.conditions or assumed.free:
        return False
    bounded, bound = assumed.lhs, assumed.rhs
    if said.kind == "nonincreasing":
        bounded, bound = bound, bounded
    return bounded == said.lhs and symbols(bound) <= POSITIVE


@rule("classical: comparison", variable=Arguments.term, prime=Arguments.term, along=Arguments.steps)
def unbounded(line: Line, variable: Term, prime: Term, along: tuple[Step, ...]) -> Relation:
    """x' >= phi(x) with phi continuous and > 0 on x > 0, and x > 0, at all times: x -> oo.

    Else x would increase to a limit M with x' >= min of phi over [x(0), M] > 0.  ``along`` shows that the
    solution lasts, and that signs are kept.
    """
    rate, floor = line.premises[0].relation, line.premises[1].relation
    if variable[0] != "sym" or floor != relation(variable, ">"):
        raise Rejected("x > 0 is needed, for a scalar x")
    if rate.kind not in (">=", ">") or rate.lhs != prime or rate.conditions:
        raise Rejected("x' >= phi(x) is needed")
    definition = line.theory.definitions.get(prime[1])
    if definition is None or prime[1] not in line.premises[0].defined or not in_time(definition, variable[1]):
        raise Rejected("the left side is not the rate of x in time")
    said = {step.relation for step in along}
    numbers = POSITIVE | {name for name in _held(line) if relation(("sym", name), ">") in said}
    if not _positive_function(rate.rhs, variable, numbers):
        raise Rejected("phi is not recognised as continuous and positive on x > 0")
    lasting = {step.relation.lhs[1] for step in along if _all_last(step.relation, along)}
    if not {name for name, _, _ in definition.rates} | moving(line.theory) <= lasting:
        raise Rejected("the solution must be known to last for all times")
    line.theory.compared.append(lasting)
    for step in line.premises:
        require_lasting(line.theory, step, along)
    return relation(variable, "->oo")


def _all_last(known: Relation, along: Sequence[Step]) -> bool:
    """Whether all components of a function last; where an index is 0, it may be a number instead."""
    if known.kind != "global":
        return False
    args = arguments(known.lhs)  # rejects one component
    for form in known.conditions:
        zeros = [var for var in args if unsigned(single(var)) == form]
        said = [
            step.relation.rhs
            for step in along
            if step.relation.kind == "=" and not step.relation.conditions
            for var in zeros
            if step.relation.lhs == substitute(known.lhs, {var: (var[0], ())})
        ]
        if not any(value[0] == "num" for value in said):
            return False
    return True


def moving(theory: Theory) -> set[str]:
    """The symbols x that have a rate x' in some step before, and no definition (so they will have none)."""
    names = theory.used
    return {name for name in names if name + "'" in names and name not in theory.definitions}


def _held(line: Line) -> set[str]:
    """The symbols that derivatives in time held constant."""
    made = [line.theory.definitions[name] for name in line.defined]
    return {
        name
        for item in made
        if item.derivative_of and in_time(item, item.derivative_of)
        for name in item.primitive - {moving for moving, _, _ in item.rates}
    }


def _positive_function(value: Term, variable: Term, numbers: frozenset[str]) -> bool:
    """Built from x, positive numbers, orders and constants > 0 by sums, products, positive powers and exp."""
    match value:
        case ("num", number):
            return bool(number > 0)
        case ("sym", name):
            return value == variable or name in numbers
        case ("add" | "mul", parts):
            return bool(parts) and all(_positive_function(part, variable, numbers) for part in parts)
        case ("pow", ("sym", name) as base, exponent):
            return name in numbers or (base == variable and exponent > 0)
        case ("fn", "exp", arg):
            return _polynomial(arg, variable, numbers)
    return False


def _polynomial(value: Term, variable: Term, numbers: frozenset[str]) -> bool:
    """A polynomial in x, with coefficients made of numbers, orders and constants > 0."""
    match value:
        case ("num", _):
            return True
        case ("sym", name):
            return value == variable or name in numbers
        case ("pow", ("sym", name), _) if name in numbers:
            return True
        case ("add" | "mul" | "pow", *_) if value[0] != "pow" or value[2] >= 0:
            return all(_polynomial(part, variable, numbers) for part in children(value))
    return False
