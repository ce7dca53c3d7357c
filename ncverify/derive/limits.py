"""Limits along solutions as t -> oo, from inequalities that hold at all times.

* ``nondecreasing``, ``nonincreasing``: x' >= 0, 0 >= x' (mean value theorem).
* ``extremes_approach``: (x_M/x_m)' <= 0 whenever x_M is largest and x_m smallest, so max x/min x never grows.
* ``vanishes``: x >= 0 decreases, and as long as x stays above a level, x' is at most a negative constant
  times the rate of log y, where y -> oo; so x -> 0.
* ``squeezed``: c x >= y^2 and x -> 0 give y -> 0.

These are comparison arguments as in P. Hartman, Ordinary Differential Equations, chapter III.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ncverify.derive.classical import kept, require_lasting, same_arguments
from ncverify.derive.matching import bare_arguments, require_real
from ncverify.derive.monomials import COMPLEX, POSITIVE_SYMBOLS, ProofError
from ncverify.derive.relations import CHOSEN, ZERO, Relation, at_least, free_in, greater
from ncverify.derive.sums import Facts, Normalizer
from ncverify.derive.terms import (
    App,
    Mul,
    Num,
    Sym,
    Term,
    TermLike,
    Var,
    free_variables,
    index,
    substitute,
    symbols,
    term,
)
from ncverify.derive.theorems import Theorem, establish, in_time


def nondecreasing(rate: Theorem, value: App | Sym, *, along: Sequence[Theorem] = ()) -> Theorem:
    """x' >= 0 at all times: x never decreases along a solution (mean value theorem).

    ``rate``: prime >= 0 (or > 0) with prime the rate x' of ``value``; ``along`` shows that its open
    hypotheses are kept.
    """
    if rate.relation.rhs != ZERO:
        raise ProofError("x' >= 0 is needed")
    return _monotone(rate, rate.relation.lhs, value, "nondecreasing", along)


def nonincreasing(rate: Theorem, value: App | Sym, *, along: Sequence[Theorem] = ()) -> Theorem:
    """0 >= x' (or 0 > x') at all times: x never increases; see ``nondecreasing``."""
    if rate.relation.lhs != ZERO:
        raise ProofError("0 >= x' is needed")
    return _monotone(rate, rate.relation.rhs, value, "nonincreasing", along)


def _monotone(rate: Theorem, prime: Term, value: App | Sym, kind: str, along: Sequence[Theorem]) -> Theorem:
    if rate.relation.kind not in (">=", ">") or not isinstance(prime, (App, Sym)):
        raise ProofError("x' >= 0 or 0 >= x' is needed")
    if prime.name != value.name + "'" or not same_arguments(prime, value):
        raise ProofError("the rate must be that of the value")
    primitive: set[str] = set()
    if prime.name in rate.definitions:
        definition = rate.definitions[prime.name]
        if definition.derivative_of != value.name or not in_time(definition):
            raise ProofError("the rate must be that of the value")
    else:
        primitive = {value.name, prime.name}
    for known in (rate, *along):
        require_lasting(known, kept(along))
    return establish(
        Relation(value, kind, ZERO, rate.relation.conditions),
        "classical: mean value theorem",
        (rate, *along),
        primitive=frozenset(primitive),
        arguments={"value": value},
    )


def extremes_approach(
    falls: Theorem,
    positive: Theorem,
    value: App,
    places: tuple[Var, Var],
    *,
    along: Sequence[Theorem] = (),
) -> Theorem:
    """max x_v / min x_v over v != 0 never grows, if the ratio of the extremes falls wherever they are.

    With x_v = ``value`` and M, m = ``places``, two fixed indices: ``falls``: 0 >= x_M' x_m - x_M x_m' where
    M != 0, m != 0 and M != m, of which nothing is assumed but the pointwise hypotheses x_M >= x_v and
    x_v >= x_m for v != 0; ``positive``: x_v > 0 for v != 0.  All else must hold at all times.

    Proof: the right derivative of log max - log min is the largest of (log x_M - log x_m)' over the places
    of the extremes at that time, so it is <= 0; a continuous function with such a derivative never grows.
    """
    (var,) = bare_arguments(value)
    most, least = places
    if value.name in COMPLEX or most == least or not all(_arbitrary(place, var) for place in places):
        raise ProofError("a real family of one index, and two different arbitrary places, are needed")
    prime = App(value.name + "'", value.args)
    top, bottom, top_rate, bottom_rate = (
        substitute(term(head), {var: index(place)}) for head in (value, prime) for place in places
    )
    relation = falls.relation
    allowed = {form for one in (index(most), index(least), most - least) for form in (one, -one)}
    wanted = top_rate * bottom - top * bottom_rate
    if (
        relation.kind not in (">=", ">")
        or not relation.conditions <= allowed
        or not Normalizer(Facts()).is_zero(relation.difference + wanted)
    ):
        raise ProofError("0 >= x_M' x_m - x_M x_m' is needed, with conditions on M and m only")
    if positive.relation not in (greater(value, 0), greater(value, 0).where(var)):
        raise ProofError("x_v > 0 is needed for v != 0")
    assumed = (at_least(top, value).where(var), at_least(value, bottom).where(var))
    names = {name for name, item in falls.hypotheses.items() if item in [(x, "pointwise") for x in assumed]}
    rest = [said for name, (said, _) in falls.hypotheses.items() if name not in names]
    bodies = [
        part for item in falls.definitions.values() for part in (item.body, *(r[2] for r in item.rates))
    ]
    if any(place in free_in(said) for said in rest for place in places) or any(
        place in free_variables(body) for body in bodies for place in places
    ):
        raise ProofError("something else is assumed of the places")
    if prime.name in falls.definitions:
        raise ProofError("the rate must be a primitive symbol")
    require_lasting(falls, kept(along), apart_from=names)
    for known in (positive, *along):
        require_lasting(known, kept(along))
    return establish(
        Relation(value, "max/min falls", ZERO, frozenset({index(var)})),
        "classical: Dini derivative of extremes",
        (falls, positive, *along),
        primitive=frozenset({value.name, prime.name}),
        arguments={"value": value, "places": places},
        discharged={0: names},
    )


def _arbitrary(place: Var, var: Var) -> bool:
    return place.fixed and place.sort == var.sort and not place.name.startswith(CHOSEN)


def vanishes(
    decay: Theorem,
    weight: Theorem,
    nonnegative: Theorem,
    falling: Theorem,
    escape: Theorem,
    *,
    value: Sym,
    scale: Sym,
    level: Sym,
    along: Sequence[Theorem],
) -> Theorem:
    """x -> 0, if x >= 0 never increases and decays against log y whenever it is above a level.

    With x = ``value``, y = ``scale``, f = ``level``:
    ``decay``: 0 >= y x' + w y', which may assume of the state that x >= f^k (k >= 1) and y >= a number,
    and of the constant f that f > 0 and that a positive number is >= f; ``weight``: w > 0, where w is made
    of f, numbers and orders of sorts only; ``nonnegative``: x >= 0; ``falling``: 0 >= x'; ``escape``:
    y -> oo.  All else they assume must hold at all times; ``along`` shows that signs are kept.

    Proof: x falls to a limit; were it positive, choose f > 0 with f^k at most that limit and f at most the
    numbers; from the time on at which y is at least the numbers and 1, x + w log y never increases, but
    log y -> oo and x >= 0.
    """
    prime, scale_prime = Sym(value.name + "'"), Sym(scale.name + "'")
    if len({value.name, scale.name, level.name}) < 3 or level.name in POSITIVE_SYMBOLS:
        raise ProofError("three different symbols are needed")
    if level.name.startswith(CHOSEN):
        raise ProofError("the level must be an arbitrary constant, not a chosen value")
    w = weight.relation.lhs
    if weight.relation != greater(w, 0) or not symbols(w) <= POSITIVE_SYMBOLS | {level.name}:
        raise ProofError("a positive constant made of the level, numbers and orders is needed")
    relation = decay.relation
    wanted = scale * prime + w * scale_prime
    if (
        relation.kind not in (">=", ">")
        or relation.conditions
        or not Normalizer(Facts()).is_zero(relation.difference + wanted)
    ):
        raise ProofError("0 >= y x' + w y' is needed")
    if nonnegative.relation not in (at_least(value, 0), greater(value, 0)):
        raise ProofError("x >= 0 is needed")
    if falling.relation != at_least(0, prime):
        raise ProofError("0 >= x' is needed")
    if escape.relation != Relation(scale, "->oo"):
        raise ProofError("y -> oo is needed")
    _require_rates(decay, falling, escape, value, scale)
    if any(level.name in known.primitive for known in (decay, weight, nonnegative, falling, escape, *along)):
        raise ProofError("the level must be an arbitrary constant")
    for known in (nonnegative, falling, escape, *along):
        without_level(known, level)
        require_lasting(known, kept(along))
    assumed: dict[int, set[str]] = {}
    for number, known in enumerate((decay, weight)):
        _require_undefined(known, level)
        own = {
            name
            for name, (said, kind) in known.hypotheses.items()
            if kind == "pointwise" and _about_level(said, value, scale, level)
        }
        if number == 1 and any({value.name, scale.name} & _names(known.hypotheses[name][0]) for name in own):
            raise ProofError("the weight must be positive whatever the state is")
        rest = [name for name in known.hypotheses if name not in own]
        if any(level.name in _names(known.hypotheses[name][0]) for name in rest):
            raise ProofError("the level may be bounded by positive numbers and powers of it by x only")
        require_lasting(known, kept(along), apart_from=own)
        assumed[number] = own
    return establish(
        Relation(value, "->0"),
        "classical: decay against an unbounded scale",
        (decay, weight, nonnegative, falling, escape, *along),
        arguments={"value": value, "scale": scale, "level": level},
        discharged=assumed,
    )


def _require_rates(decay: Theorem, falling: Theorem, escape: Theorem, value: Sym, scale: Sym) -> None:
    """x' and y' are derivatives along one and the same flow in time."""
    for name, known in (
        (value.name, decay),
        (scale.name, decay),
        (value.name, falling),
        (scale.name, escape),
    ):
        definition = known.definitions.get(name + "'")
        if definition is None or definition.derivative_of != name or not in_time(definition):
            raise ProofError(f"{name + chr(39)!r} is not the derivative of {name!r} in time")
    first, second = decay.definitions[value.name + "'"], escape.definitions[scale.name + "'"]
    if first.rates != second.rates:
        raise ProofError("the two derivatives are not along the same flow")


def _names(relation: Relation) -> set[str]:
    return symbols(relation.lhs) | symbols(relation.rhs)


def _require_undefined(known: Theorem, level: Sym) -> None:
    bodies = [
        part for item in known.definitions.values() for part in (item.body, *(r[2] for r in item.rates))
    ]
    if level.name in known.definitions or any(level.name in symbols(body) for body in bodies):
        raise ProofError("the level must be an arbitrary constant, in no definition")


def without_level(known: Theorem, level: Sym, *, apart_from: Collection[str] = frozenset()) -> None:
    """The level is in no definition, and in no hypothesis but these."""
    _require_undefined(known, level)
    if any(level.name in _names(s) for n, (s, _) in known.hypotheses.items() if n not in apart_from):
        raise ProofError("only the decay and the weight may speak of the level")


def _about_level(said: Relation, value: Sym, scale: Sym, level: Sym) -> bool:
    """f > 0 (or >= 0), number >= f, x >= f^k, y >= number: some f > 0 meets them, late, while x stays up."""
    if said.conditions or said.kind not in (">=", ">"):
        return False
    if said in (greater(level, 0), at_least(level, 0)):
        return True
    if said.kind == ">=" and said.rhs == level and isinstance(said.lhs, Num):
        return said.lhs.value > 0
    if said.kind == ">=" and said.lhs == value:
        return _power(said.rhs, level)
    return said.kind == ">=" and said.lhs == scale and isinstance(said.rhs, Num)


def _power(power: Term, level: Sym) -> bool:
    """Whether a term is f, f f, or f^k with k >= 1."""
    return any(power == candidate for candidate in (level, level * level, level**2, level**1))


def squeezed(small: Theorem, bound: Theorem, value: TermLike, *, along: Sequence[Theorem] = ()) -> Theorem:
    """x -> 0 and c x >= y^2 at all times give y -> 0; c is made of numbers and orders of sorts.

    ``small``: x -> 0; ``bound``: c x >= y y with y = ``value`` real; ``along`` as for ``nondecreasing``.
    """
    y = term(value)
    require_real(y, (), ())
    relation, x = bound.relation, small.relation.lhs
    if small.relation != Relation(x, "->0") or not isinstance(x, Sym):
        raise ProofError("x -> 0 is needed, for a scalar x")
    if relation.kind not in (">=", ">") or not Normalizer(Facts()).is_zero(relation.rhs - y * y):
        raise ProofError("c x >= y y is needed for this y")
    factors = [part for part in _factors(relation.lhs) if part != x]
    constant = all(symbols(part) <= POSITIVE_SYMBOLS for part in factors)
    if len(factors) != len(_factors(relation.lhs)) - 1 or not constant:
        raise ProofError("the left side must be a constant times x")
    for known in (bound, *along):
        require_lasting(known, kept(along))
    return establish(
        Relation(y, "->0", ZERO, relation.conditions),
        "classical: squeezed by a vanishing function",
        (small, bound, *along),
        arguments={"value": y},
    )


def _factors(value: Term) -> tuple[Term, ...]:
    if isinstance(value, Mul):
        return tuple(inner for part in value.factors for inner in _factors(part))
    return (value,)
