"""The rate of a metric at a start as a statement that ``ncverify replay`` can check, in expressions."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import reduce
from typing import Any, Final

from ncverify.evidence import bodies
from ncverify.evidence.metrics import Metric
from ncverify.evidence.motion import Motion, Start
from ncverify.theory.expr import Expr, Fn, add, exp, log, number, sqrt, substitute, symbol, to_json
from ncverify.theory.groups import AbelianGroup
from ncverify.theory.parser import parse

MAX_ORDER: Final = 64
"""Beyond, the expressions would be long; such rates have no body."""

_COSINES: Final = {
    Fraction(0): number(1),
    Fraction(1, 2): number(-1),
    Fraction(1, 4): number(0),
    Fraction(1, 3): number(Fraction(-1, 2)),
    Fraction(1, 6): number(Fraction(1, 2)),
    Fraction(1, 8): sqrt(number(2)) / 2,
    Fraction(3, 8): -sqrt(number(2)) / 2,
}


def rate_body(
    metric: Metric, motion: Motion, start: Start, *, grows: bool, claimed: bool, bits: int
) -> bodies.Body | None:
    """``metric`` grows (or falls) along ``motion`` at ``start``; ``claimed``: what the claim says of it."""
    if motion.group.order > MAX_ORDER:
        return None
    spectral = Spectral(motion.group)
    along = dict(zip(spectral.names, spectral.rates(motion, start), strict=True))
    at = dict(zip(spectral.names, start.s, strict=True))
    quantity = _quantity(metric, spectral)
    return bodies.rate(quantity, along, at, grows=grows, claimed=claimed, bits=bits)


class Spectral:
    """s_a (symbols s1, s2, ...), z(g) and p(g) of a group as expressions in the s_a."""

    def __init__(self, group: AbelianGroup) -> None:
        self.group = group
        size = group.order
        self.names = [f"s{a}" for a in range(1, size)]
        self.s = [symbol(name) for name in self.names]
        self.cosines = [[_cosine(group.pairing(a, g)) for g in range(size)] for a in range(size)]
        self.z = [
            add([s * self.cosines[a][g] for a, s in enumerate(self.s, 1)]) * Fraction(1, size)
            for g in range(size)
        ]
        self.weights = [number(1), *(exp(z - self.z[0]) for z in self.z[1:])]
        self.total = add(self.weights)
        self.p = [weight / self.total for weight in self.weights]

    def rates(self, motion: Motion, start: Start) -> list[Expr]:
        """s_a' for a != 0."""
        out = []
        for a, s in enumerate(self.s, 1):
            short = 1 - add([p * c for p, c in zip(self.p, self.cosines[a], strict=True)])
            if start.c is not None:
                speed = sqrt(number(start.c[a - 1] ** 2) + 4 * s * s)
            else:
                speed = motion.depth * _power(s, 2 - Fraction(2, motion.depth))
            out.append(speed * short)
        return out


def _cosine(turns: Fraction) -> Expr:
    """cos(2 pi turns)."""
    turns = turns % 1
    turns = min(turns, 1 - turns)
    return _COSINES[turns] if turns in _COSINES else Fn("cos", 8 * turns * Fn("atan", number(1)))


def _power(s: Expr, exponent: Fraction) -> Expr:
    return s ** int(exponent) if exponent.denominator == 1 else exp(exponent * log(s))


def _quantity(metric: Metric, at: Spectral) -> Any:
    """The metric itself, up to an increasing function where that is shorter."""
    total, count = add(at.s) if len(at.s) > 1 else at.s[0], len(at.s)
    squares = reduce(lambda x, y: x + y, [s * s for s in at.s])
    largest, smallest = _extreme("max", at.s), _extreme("min", at.s)
    gaps = [at.z[0] - z for z in at.z[1:]]
    match metric.name:
        case "cosine":
            return to_json(total / sqrt(count * squares))
        case "frobenius":
            return to_json(sqrt(2 - 2 * total / sqrt(count * squares)))
        case "max-min":
            return ["mul", largest, ["pow", smallest, "-1"]]
        case "max-share":
            return ["mul", largest, ["pow", to_json(total), "-1"]]
        case "loss":
            return to_json(at.group.order * log(at.total))
        case "V":
            return to_json(log(total * Fraction(1, count)) - add([log(s) for s in at.s]) * Fraction(1, count))
        case "margin":
            return _extreme("min", gaps)
    values = {f"s{a}": s for a, s in enumerate(at.s, 1)}
    values |= {f"z{g}": z for g, z in enumerate(at.z)} | {f"p{g}": p for g, p in enumerate(at.p)}
    return to_json(substitute(parse(metric.meaning), values))


def _extreme(head: str, parts: Sequence[Expr]) -> Any:
    return [head, *map(to_json, parts)] if len(parts) > 1 else to_json(parts[0])
