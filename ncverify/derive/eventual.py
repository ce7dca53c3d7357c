"""Limits along solutions as t -> oo, from inequalities that hold from some time on.

* ``settles``: as long as x >= 0 is above a level, x' is at most a negative constant times y' >= 0, y -> oo:
  so x -> 0, though it may rise below the level.
* ``converges``: u >= 0 falls at least as fast as x moves, |x'| <= -u': so x has a limit.

What the inequalities may assume of the state, besides what always holds: c >= x with x -> 0 and c > 0, and
x >= c with x -> oo, for numbers c that do not change.  (P. Hartman, Ordinary Differential Equations, chapter
III; for ``converges``: x + u and u - x never increase.)
"""

from __future__ import annotations

from collections.abc import Sequence

from ncverify.derive.classical import kept, require_lasting
from ncverify.derive.limits import without_level
from ncverify.derive.matching import bare_arguments
from ncverify.derive.monomials import COMPLEX, POSITIVE_SYMBOLS, ProofError
from ncverify.derive.relations import CHOSEN, ZERO, Relation, at_least, free_in, greater
from ncverify.derive.sums import Facts, Normalizer
from ncverify.derive.terms import Add, App, Sym, Term, symbols
from ncverify.derive.theorems import Theorem, establish, in_time


def settles(
    decay: Theorem,
    weight: Theorem,
    nonnegative: Theorem,
    growing: Theorem,
    escape: Theorem,
    *,
    value: Sym,
    scale: Sym,
    level: Sym,
    along: Sequence[Theorem],
) -> Theorem:
    """x -> 0, if x >= 0 falls against y whenever it is above a level, from some time on.

    With x = ``value``, y = ``scale``, f = ``level``: ``decay``: 0 >= x' + w y', which may assume f > 0,
    x >= f or x >= f f, and what holds from some time on (see the module; c may be made of f, too);
    ``weight``: w > 0, made of f, numbers and orders of sorts, where f > 0; ``nonnegative``: x >= 0;
    ``growing``: y' >= 0; ``escape``: y -> oo.  All else they assume must hold at all times.  ``along``:
    that signs are kept, the limits x -> 0 and x -> oo, and c > 0 where f > 0.

    Proof: for any f > 0, from some time on x' <= -w y' while x >= f^k.  Then x is below f^k at a later
    time, or x + w y would never increase, but x >= 0 and y -> oo.  From there on it stays below: after the
    last time at which x = f^k it does not increase, because y' >= 0.
    """
    prime, scale_prime = Sym(value.name + "'"), Sym(scale.name + "'")
    if len({value.name, scale.name, level.name}) < 3 or level.name in POSITIVE_SYMBOLS | COMPLEX:
        raise ProofError("three different symbols are needed")
    if level.name.startswith(CHOSEN):
        raise ProofError("the level must be an arbitrary constant, not a chosen value")
    constants = POSITIVE_SYMBOLS | {level.name}
    w = weight.relation.lhs
    if weight.relation != greater(w, 0) or not symbols(w) <= constants or free_in(weight.relation):
        raise ProofError("a positive constant made of the level, numbers and orders is needed")
    _require_falling(decay, prime, w * scale_prime)
    if decay.relation.conditions:
        raise ProofError("0 >= x' + w y' is needed, without conditions")
    if nonnegative.relation not in (at_least(value, 0), greater(value, 0)):
        raise ProofError("x >= 0 is needed")
    if growing.relation not in (at_least(scale_prime, 0), greater(scale_prime, 0)):
        raise ProofError("y' >= 0 is needed")
    if escape.relation != Relation(scale, "->oo"):
        raise ProofError("y -> oo is needed")
    _require_one_flow((decay,), value, scale)
    known = (decay, weight, nonnegative, growing, escape, *along)
    if any(level.name in part.primitive for part in known):
        raise ProofError("the level must be an arbitrary constant")
    positive, above = (greater(level, 0),), (at_least(value, level), at_least(value, level * level))
    removed = {}
    for number, part in enumerate(known):
        allowed = (*positive, *above) if number == 0 else positive
        own = {n for n, item in part.hypotheses.items() if item in [(said, "pointwise") for said in allowed]}
        if number == 0:
            own |= _late(part, (escape, *along), constants)
        elif number != 1 and (number < 5 or part.relation.kind != ">"):
            own = set()
        without_level(part, level, apart_from=own)
        require_lasting(part, kept(along), apart_from=own)
        removed[number] = own
    return establish(
        Relation(value, "->0"),
        "classical: decay below every level",
        known,
        arguments={"value": value, "scale": scale, "level": level},
        discharged=removed,
    )


def converges(
    upper: Theorem,
    lower: Theorem,
    nonnegative: Theorem,
    *,
    value: App | Sym,
    control: Sym,
    along: Sequence[Theorem],
) -> Theorem:
    """x has a limit, if from some time on |x'| <= -u' for some u >= 0.

    With x = ``value`` and u = ``control``: ``upper``: 0 >= u' + x', ``lower``: 0 >= u' - x', which may assume
    what holds from some time on (see the module); ``nonnegative``: u >= 0.  All else must hold at all times;
    ``along``: that signs are kept, the limits x -> 0 and x -> oo, and c > 0.

    The limit is that for t -> oo, or for t to the end of the solution if that ends before.

    Proof: u + x and u - x never increase.  u is half their sum and >= 0, so it has a limit; and u + x >=
    2 u - (u - x) is bounded from below, so it has one, too.
    """
    bare_arguments(value)
    if value.name in COMPLEX or control.name == value.name:
        raise ProofError("a real family and another symbol are needed")
    prime = App(value.name + "'", value.args) if isinstance(value, App) else Sym(value.name + "'")
    control_prime = Sym(control.name + "'")
    _require_falling(upper, control_prime, prime)
    _require_falling(lower, control_prime, -prime)
    if nonnegative.relation not in (at_least(control, 0), greater(control, 0)):
        raise ProofError("u >= 0 is needed")
    _require_one_flow((upper, lower), value, control)
    removed = {}
    for number, part in enumerate((upper, lower, nonnegative, *along)):
        own = _late(part, along, POSITIVE_SYMBOLS) if number < 2 else set()
        require_lasting(part, kept(along), apart_from=own)
        removed[number] = own
    return establish(
        Relation(value, "converges", ZERO, upper.relation.conditions | lower.relation.conditions),
        "classical: bounded variation",
        (upper, lower, nonnegative, *along),
        arguments={"value": value, "control": control},
        discharged=removed,
    )


def _require_falling(known: Theorem, *parts: Term) -> None:
    """0 >= the sum of the parts."""
    relation = known.relation
    if relation.kind not in (">=", ">") or not Normalizer(Facts()).is_zero(
        Add((relation.difference, *parts))
    ):
        raise ProofError("an inequality 0 >= x' + ... of these rates is needed")


def _require_one_flow(known: Sequence[Theorem], *values: App | Sym) -> None:
    """The rates x' of these symbols are derivatives along one and the same flow in time."""
    rates = []
    for part in known:
        for value in values:
            definition = part.definitions.get(value.name + "'")
            if definition is None or definition.derivative_of != value.name or not in_time(definition):
                raise ProofError(f"{value.name + chr(39)!r} is not the derivative of {value.name!r} in time")
            rates.append(definition.rates)
    if any(other != rates[0] for other in rates):
        raise ProofError("the derivatives are not along the same flow")


def _late(known: Theorem, along: Sequence[Theorem], constants: frozenset[str]) -> set[str]:
    """The pointwise hypotheses that hold from some time on."""
    shown = [part.relation for part in along]
    found = set()
    for name, (said, kind) in known.hypotheses.items():
        if kind != "pointwise" or said.kind != ">=" or said.conditions or free_in(said):
            continue
        grown = Relation(said.lhs, "->oo") in shown
        small = Relation(said.rhs, "->0") in shown and greater(said.lhs, 0) in shown
        if any(holds and symbols(c) <= constants for holds, c in ((grown, said.rhs), (small, said.lhs))):
            found.add(name)
    return found
