"""Containment audit: random exact starts, enclosed, against an independent integration at twice the digits.

The reference (``evidence.reference``) integrates in physical time with another method, other series and
another number type.  A miss is a value that is certainly outside its ball.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import Any, Literal

from flint import arb
from mpmath import mp

from ncverify.evidence.reference import integrate_full, integrate_reduced
from ncverify.flows.full import FullFlow
from ncverify.flows.reduced import ReducedFlow
from ncverify.theory.balls import exact_interval
from ncverify.theory.dynamics import Balanced, Unbalanced
from ncverify.theory.groups import AbelianGroup

DIGITS = 20
REFERENCE_DIGITS = 40

_GROUPS = tuple(AbelianGroup(orders) for orders in ((2,), (3,), (2, 2), (4,), (5,), (6,), (2, 2, 2), (2, 4)))


@dataclass(frozen=True)
class ContainmentAudit:
    """``flows`` random starts, ``values`` compared balls, ``misses``: descriptions of the failures.

    ``widest``: the largest radius met, which shows that the balls are not trivially wide.
    """

    flows: int
    values: int
    widest: float
    misses: tuple[str, ...]


@dataclass(frozen=True)
class _Case:
    text: str
    balls: Sequence[arb]
    reference: Sequence[Any]


def audit_containment(
    count: int, seed: int = 0, progress: Callable[[int], None] | None = None
) -> ContainmentAudit:
    """Runs ``count`` random flows, in turn balanced, with weight decay, unbalanced, deep, and full.

    Cost: about 0.2 s a flow, most of it for the reference.
    """
    rng = Random(seed)
    misses: list[str] = []
    values, widest = 0, 0.0
    for i in range(count):
        case = _KINDS[i % len(_KINDS)](rng)
        for place, (ball, reference) in enumerate(zip(case.balls, case.reference, strict=True)):
            values += 1
            widest = max(widest, float(ball.rad()))
            if not contains(ball, reference):
                misses.append(f"{case.text}: component {place}: {ball.str(30)} excludes {reference}")
        if progress is not None:
            progress(i + 1)
    return ContainmentAudit(count, values, widest, tuple(misses))


def contains(ball: arb, reference: Any) -> bool:
    """Whether the ball meets the reference value (mpf) widened by its own uncertainty."""
    sign, mantissa, exponent, _ = reference._mpf_
    value = Fraction((-1) ** sign * int(mantissa)) * Fraction(2) ** int(exponent)
    slack = max(Fraction(1), abs(value)) / 10 ** (REFERENCE_DIGITS - 2)
    low, high = exact_interval(ball)
    return bool(low - slack <= value <= high + slack)


def _spectrum(rng: Random, group: AbelianGroup, low: int = 0) -> list[Fraction]:
    """Exact values from tiny to moderate, some of them 0, symmetric for the group; s_0 = 0."""
    full = [Fraction(0)] * group.order
    for orbit in group.sign_classes[1:]:
        top = rng.choice((1, 10, 200))
        value = Fraction(rng.randrange(low * top, top + 1), rng.randrange(10, 40))
        for a in orbit:
            full[a] = value
    return full


def _time(rng: Random) -> Fraction:
    return Fraction(rng.randrange(1, 120), 50)


def _balanced(rng: Random) -> _Case:
    group = rng.choice(_GROUPS)
    model = Balanced(loss="mean" if rng.randrange(3) == 0 else "sum")
    return _reduced(group, _spectrum(rng, group), _time(rng), model)


def _decaying(rng: Random) -> _Case:
    group = rng.choice(_GROUPS)
    return _reduced(
        group, _spectrum(rng, group), _time(rng), Balanced(decay=Fraction(rng.randrange(1, 20), 20))
    )


def _deep(rng: Random) -> _Case:
    group = rng.choice(_GROUPS)
    # Positive, since s^{2-2/L} has no ball at 0, and small, since it is steep.
    start = [Fraction(0), *((x + 1) / 8 for x in _spectrum(rng, group)[1:])]
    model = Balanced(rng.choice((1, 3, 4)), rng.choice((Fraction(0), Fraction(1, 10))))
    return _reduced(group, start, _time(rng), model)


def _reduced(group: AbelianGroup, start: list[Fraction], t: Fraction, model: Balanced) -> _Case:
    loss: Literal["sum", "mean"] = "mean" if model.loss == "mean" else "sum"
    flow = ReducedFlow(group, depth=model.depth, weight_decay=model.decay, loss=loss)
    found = flow.enclose(start[1:], until=t, digits=DIGITS, times=[t])
    solution = integrate_reduced(group, start, [t], REFERENCE_DIGITS, model=model)
    return _Case(
        f"{group.name} start {[str(s) for s in start[1:]]} {model} t {t}",
        found.s[-1],
        solution.states[-1][1:],
    )


def _unbalanced(rng: Random) -> _Case:
    group, t = rng.choice(_GROUPS), _time(rng)
    alpha, beta = _spectrum(rng, group, -1), _spectrum(rng, group, -1)
    decay = rng.choice((Fraction(0), Fraction(1, 5)))
    spectrum = [a * b for a, b in zip(alpha, beta, strict=True)][1:]
    imbalance = [a * a - b * b for a, b in zip(alpha, beta, strict=True)][1:]
    found = ReducedFlow(group, imbalance=imbalance, weight_decay=decay).enclose(
        spectrum, until=t, digits=DIGITS, times=[t]
    )
    model = Unbalanced(decay=decay)
    state = integrate_reduced(group, alpha + beta, [t], REFERENCE_DIGITS, model=model).states[-1]
    text = f"{group.name} alpha {[str(a) for a in alpha]} beta {[str(b) for b in beta]} decay {decay} t {t}"
    with mp.workdps(REFERENCE_DIGITS + 20):
        spectrum_end = list(model.spectrum(group, state))[1:]
    return _Case(text, found.s[-1], spectrum_end)


def _full(rng: Random) -> _Case:
    classes, d, t = rng.randrange(2, 4), rng.randrange(1, 4), _time(rng)
    labels = [*range(classes), *(rng.randrange(classes) for _ in range(rng.randrange(2)))]

    def matrix(rows: int, columns: int) -> list[list[Fraction]]:
        return [[Fraction(rng.randrange(-20, 21), 20) for _ in range(columns)] for _ in range(rows)]

    w, h = matrix(classes, d), matrix(d, len(labels))
    decay = rng.choice((Fraction(0), Fraction(1, 10)))
    loss: Literal["sum", "mean"] = "mean" if rng.randrange(3) == 0 else "sum"
    flow = FullFlow(w, h, labels, weight_decay=decay, loss=loss)
    found = flow.enclose(until=t, digits=DIGITS, times=[t])
    solution = integrate_full(w, h, labels, [t], REFERENCE_DIGITS, decay=decay, loss=loss)
    reference = [x for rows in (solution.w[-1], solution.h[-1]) for row in rows for x in row]
    return _Case(f"full W {w} H {h} labels {labels} decay {decay} {loss} t {t}", found.s[-1], reference)


_KINDS: tuple[Callable[[Random], _Case], ...] = (_balanced, _decaying, _unbalanced, _deep, _full)
