"""Limits along solutions as t -> oo, from inequalities that hold at all times."""

from __future__ import annotations

from ncverify.replay.calculus.classical import in_time, prime_of, require_lasting, require_rate
from ncverify.replay.calculus.facts import arguments, positive, require_real, require_zero
from ncverify.replay.calculus.lines import Arguments, Line, rule
from ncverify.replay.calculus.terms import (
    CHOSEN,
    COMPLEX,
    POSITIVE,
    ZERO,
    Relation,
    Term,
    Var,
    add,
    mul,
    neg,
    plus,
    relation,
    scaled,
    single,
    substitute,
    symbols,
    unsigned,
)
from ncverify.replay.calculus.theory import is_chosen
from ncverify.replay.errors import Rejected


@rule("classical: mean value theorem", value=Arguments.term)
def monotone(line: Line, value: Term) -> Relation:
    """x' >= 0 at all times: x never decreases; 0 >= x': it never increases."""
    rate, *along = line.premises
    known, prime = rate.relation, prime_of(value)
    if known.kind not in (">=", ">") or ZERO not in (known.lhs, known.rhs):
        raise Rejected("x' >= 0 or 0 >= x' is needed")
    kind = "nondecreasing" if known.lhs == prime else "nonincreasing"
    if prime not in (known.lhs, known.rhs):
        raise Rejected("the rate of the value is needed")
    require_rate(line, value)
    for step in line.premises:
        require_lasting(line.theory, step, along)
    return relation(value, kind, ZERO, known.conditions)


@rule(
    "classical: decay against an unbounded scale",
    value=Arguments.term,
    scale=Arguments.term,
    level=Arguments.term,
)
def vanishes(line: Line, value: Term, scale: Term, level: Term) -> Relation:
    """x -> 0, if x >= 0 never increases, y -> oo, and 0 >= y x' + w y' whenever x is above a level.

    Premises: 0 >= y x' + w y'; w > 0; x >= 0; 0 >= x'; y -> oo; and steps that show that signs are kept.
    The first two may assume ``f > 0``, ``c >= f``, ``x >= f`` or ``f^2``, ``y >= c`` about an arbitrary
    constant f and numbers c, of which w is made.  Were the limit of x positive, such an f would exist,
    and x + w log y would never increase from some time on, while log y -> oo.
    """
    decay, weight, *rest = line.premises
    low, falling, escape = (step.relation for step in rest[:3])
    _, _, f = (_scalar(term) for term in (value, scale, level))
    if f in POSITIVE or is_chosen(f):
        raise Rejected("the level must be an arbitrary constant")
    w = positive(weight.relation).lhs
    if not symbols(w) <= POSITIVE | {f} or weight.relation.free:
        raise Rejected("the weight must be made of the level, numbers and orders")
    if decay.relation.kind not in (">=", ">") or decay.relation.conditions:
        raise Rejected("0 >= y x' + w y' is needed")
    drift = add(mul(scale, prime_of(value)), mul(w, prime_of(scale)))
    require_zero(add(decay.relation.difference, drift))
    if low not in (relation(value, ">="), relation(value, ">")):
        raise Rejected("x >= 0 is needed")
    if falling != relation(ZERO, ">=", prime_of(value)) or escape != relation(scale, "->oo"):
        raise Rejected("0 >= x' and y -> oo are needed")
    first, second = (_rates(line, term) for term in (value, scale))
    if first != second:
        raise Rejected("the two derivatives are not along the same flow")
    if f in line.defined | line.primitive or any(f in symbols(b) for b in line.theory.bodies(line.defined)):
        raise Rejected("the level must be an arbitrary constant")
    local = frozenset(name for name in decay.hypotheses if _local(line, name, value, scale, level))
    constant = frozenset(name for name in weight.hypotheses if _local(line, name, level, level, level))
    for step, dropped in ((decay, local), (weight, constant), *((step, frozenset()) for step in rest)):
        require_lasting(line.theory, step, rest, dropped)
        if any(f in line.theory.hypotheses[name][0].symbols for name in step.hypotheses - dropped):
            raise Rejected("a hypothesis about the level is left")
    kept = (decay.hypotheses - local) | (weight.hypotheses - constant)
    line.hypotheses = kept.union(*(step.hypotheses for step in rest))
    return relation(value, "->0")


def _scalar(term: Term) -> str:
    if term[0] != "sym":
        raise Rejected("a scalar is needed")
    return str(term[1])


def _rates(line: Line, value: Term) -> object:
    """The rates along which x' was taken, which must be those in time."""
    prime = prime_of(value)[1]
    if prime not in line.defined or not in_time(line.theory.definitions[prime], value[1]):
        raise Rejected(f"{prime!r} is not a derivative in time")
    return line.theory.definitions[prime].rates


def _local(line: Line, name: str, value: Term, scale: Term, level: Term) -> bool:
    """f > 0, c >= f with c > 0, x >= f or f^2, y >= c: true of some f > 0 while x stays up and y -> oo."""
    (lhs, sign, rhs, conditions), kind = line.theory.hypotheses[name]
    if kind != "pointwise" or conditions or sign not in (">=", ">"):
        return False
    if lhs == level and rhs == ZERO:
        return True
    if sign == ">=" and rhs == level and lhs[0] == "num":
        return bool(lhs[1] > 0)
    if sign == ">=" and lhs == value and value != level:
        return rhs in (level, mul(level, level), ("pow", level, 1), ("pow", level, 2))
    return sign == ">=" and lhs == scale and scale != level and rhs[0] == "num"


@rule("classical: Dini derivative of extremes", value=Arguments.term, places=Arguments.variables)
def extremes_approach(line: Line, value: Term, places: tuple[Var, ...]) -> Relation:
    """max x_v / min x_v over v != 0 never grows, if 0 >= x_M' x_m - x_M x_m' wherever x_M, x_m are extreme.

    M, m are ``places``: fixed, not chosen, and arbitrary but for the pointwise hypotheses x_M >= x_v and
    x_v >= x_m (v != 0) and conditions M, m, M - m != 0.  The right derivative of log max - log min is the
    largest of (log x_M - log x_m)' over the places of the extremes, and that of a constant where M = m.
    """
    falls, low, *along = line.premises
    (var,) = arguments(value)
    if value[1] in COMPLEX or len(set(places)) != 2 or len(places) != 2:
        raise Rejected("a real family and two different places are needed")
    for sort, name in places:
        if sort != var[0] or not name.startswith("!") or name.startswith(CHOSEN):
            raise Rejected("the places must be arbitrary fixed indices of the family's sort")
    most, least = (single(place) for place in places)
    top, bottom, top_rate, bottom_rate = (
        substitute(head, {var: at}) for head in (value, prime_of(value)) for at in (most, least)
    )
    known = falls.relation
    if known.kind not in (">=", ">"):
        raise Rejected("0 >= x_M' x_m - x_M x_m' is needed")
    require_zero(add(known.lhs, neg(known.rhs), mul(top_rate, bottom), neg(mul(top, bottom_rate))))
    apart = {unsigned(form) for form in (most, least, plus(most, scaled(least, -1)))}
    if not known.conditions <= apart:
        raise Rejected("another condition on the places")
    own = frozenset({unsigned(single(var))})
    if low.relation not in (relation(value, ">"), relation(value, ">", ZERO, own)):
        raise Rejected("x_v > 0 is needed")
    extreme = [relation(top, ">=", value, own), relation(value, ">=", bottom, own)]
    hypotheses = line.theory.hypotheses
    dropped = frozenset(
        name
        for name in falls.hypotheses
        if hypotheses[name][1] == "pointwise" and hypotheses[name][0] in extreme
    )
    if any(set(places) & hypotheses[name][0].free for name in falls.hypotheses - dropped):
        raise Rejected("something else is assumed of the places")
    require_lasting(line.theory, falls, along, dropped)
    for step in (low, *along):
        require_lasting(line.theory, step, along)
    line.primitive |= {value[1], prime_of(value)[1]}
    line.hypotheses -= dropped
    return relation(value, "max/min falls", ZERO, own)


@rule("classical: squeezed by a vanishing function", value=Arguments.term)
def squeezed(line: Line, value: Term) -> Relation:
    """x -> 0 and c x >= y y at all times give y -> 0, for a real y and c made of numbers and orders."""
    small, bound, *along = line.premises
    x = small.relation.lhs
    _scalar(x)
    if small.relation != relation(x, "->0"):
        raise Rejected("x -> 0 is needed")
    require_real(value)
    known = bound.relation
    if known.kind not in (">=", ">"):
        raise Rejected("c x >= y y is needed")
    require_zero(add(known.rhs, neg(mul(value, value))))
    factors = _factors(known.lhs)
    if factors.count(x) != 1 or not all(symbols(part) <= POSITIVE or part == x for part in factors):
        raise Rejected("the left side must be a constant times x")
    for step in (bound, *along):
        require_lasting(line.theory, step, along)
    return relation(value, "->0", ZERO, known.conditions)


def _factors(value: Term) -> list[Term]:
    return [inner for part in value[1] for inner in _factors(part)] if value[0] == "mul" else [value]
