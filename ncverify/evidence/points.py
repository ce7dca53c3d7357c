"""Evidence from one exact point: a relation that fails there, or facts that hold there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Final

from ncverify.book.verdict import Evidence, Outcome
from ncverify.errors import InputError
from ncverify.evidence import bodies
from ncverify.theory.balls import (
    certainly_lt,
    certainly_negative,
    certainly_nonnegative,
    certainly_nonzero,
    certainly_positive,
    enclose,
    to_decimal,
)
from ncverify.theory.expr import Expr, as_expr
from ncverify.theory.nodes import Operand

Relation = tuple[Operand, str, Operand]
_BITS: Final = 256
_SHOWN: Final = 20
_SHORT: Final = 80


def fails_at(
    relation: Relation, at: Mapping[str, Fraction | int], what: str, *, shown: Mapping[str, str] | None = None
) -> Evidence:
    """Refute a relation by one exact point, where a ball excludes it; ``undecided`` if no ball does.

    ``relation``: (left, one of == <= >= < >, right), expressions in the symbols of ``at``.  ``shown``: what
    the point is, for people.
    """
    left, sign, right = as_expr(relation[0]), relation[1], as_expr(relation[2])
    point = _used((left, right), at)
    first, second = enclose(left, point, _BITS), enclose(right, point, _BITS)
    difference = enclose(left - right, point, _BITS)
    fails = {
        "==": certainly_nonzero(difference),
        "<=": certainly_positive(difference),
        ">=": certainly_negative(difference),
        "<": certainly_nonnegative(difference),
        ">": certainly_nonnegative(-difference),
    }
    if sign not in fails:
        raise InputError(f"relation {sign!r} is unknown: use one of {' '.join(fails)}")
    said = f"{left!r} {sign} {right!r}"
    sides = {
        "false there": said if len(said) <= _SHORT else f"left side {sign} right side",
        "left side": str(to_decimal(first, _SHOWN)),
        "right side": str(to_decimal(second, _SHOWN)),
    }
    if not fails[sign]:
        return Evidence(Outcome.UNDECIDED, "witness", "nothing", f"{what}: the ball does not decide")
    return Evidence(
        Outcome.REFUTED,
        "witness",
        "one exact point",
        what,
        {"witness": {**(shown or {}), **sides}, "bits": _BITS},
        body=bodies.witness((left, sign, right), point, _BITS),
    )


def holds_at(
    facts: Sequence[tuple[Expr, Expr]], at: Mapping[str, Fraction | int], what: str, *, beside: bool = True
) -> Evidence:
    """Certify left > right for each pair at one exact point."""
    if not facts:
        raise InputError(f"{what}: no fact was given")
    point = _used([side for pair in facts for side in pair], at)
    for left, right in facts:
        if not certainly_lt(enclose(right, point, _BITS), enclose(left, point, _BITS)):
            return Evidence(
                Outcome.UNDECIDED, "point", "nothing", f"{what}: a ball does not decide", beside=beside
            )
    return Evidence(
        Outcome.CERTIFIED,
        "point",
        "one exact point",
        what,
        {"facts": len(facts), "bits": _BITS},
        beside=beside,
        body=bodies.point([bodies.relation((left, ">", right)) for left, right in facts], point, _BITS),
    )


def _used(sides: Iterable[Expr], at: Mapping[str, Fraction | int]) -> dict[str, Fraction]:
    """The coordinates that occur: a certificate has no others."""
    names = {name for side in sides for name in side.free_symbols}
    return {name: Fraction(value) for name, value in at.items() if name in names}
