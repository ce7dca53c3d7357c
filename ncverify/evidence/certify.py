"""Certify, by balls at an exact start, in which direction a metric moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from flint import arb

from ncverify.book.verdict import Evidence, Outcome
from ncverify.errors import InputError
from ncverify.evidence.metrics import Metric, find_metric
from ncverify.evidence.motion import Motion, Moving, Start
from ncverify.evidence.rate_bodies import rate_body
from ncverify.theory.balls import (
    Undefined,
    certainly_negative,
    certainly_positive,
    is_finite,
    precision,
    to_decimal,
)
from ncverify.theory.groups import AbelianGroup

Direction = Literal["away", "towards"]

_BITS: Final = (64, 128, 256, 512, 1024, 2048, 4096, 8192)
_ACCURATE = 40  # bits that a reported ball should have


def make_motion(group: AbelianGroup, flow: str, depth: int) -> Motion:
    """The flow that a user names: ``balanced`` with a depth, or ``unbalanced``."""
    if flow not in ("balanced", "unbalanced"):
        raise InputError(f"flow {flow!r} is unknown: use balanced or unbalanced")
    return Motion(group, depth, flow == "unbalanced")


def certify_rate(
    metric: str,
    group: AbelianGroup,
    start: Sequence[object] | str,
    *,
    flow: str = "balanced",
    depth: int = 2,
    imbalance: Sequence[object] | str | None = None,
    direction: Direction = "away",
) -> Evidence:
    """Evidence for "at this exact start, ``metric`` moves ``direction`` (from or to) collapse".

    ``certified``: the ball of its derivative to the right has that sign (for an expression, away is
    growth); ``refuted``: it has the other sign; ``undecided``: no ball up to 8192 bits excludes 0.
    ``start``: exact positive values for the K-1 nonzero characters; ``imbalance``: the c_a of the
    unbalanced flow.  Raises ``InputError`` for anything inexact or of a wrong size.  Cost: two transforms
    and K exponentials at each precision tried.
    """
    if direction not in ("away", "towards"):
        raise InputError(f"direction {direction!r} is unknown: use away or towards")
    motion = make_motion(group, flow, depth)
    chosen = find_metric(metric, group)
    at = motion.start(start, imbalance)
    found = enclose_rate(chosen, motion, at)
    scope = f"one exact start, {group.name}, {motion.name}"
    if found is None or not (certainly_positive(found.rate) or certainly_negative(found.rate)):
        return Evidence(
            Outcome.UNDECIDED,
            "rate at a start",
            "nothing",
            f"{chosen.name}: no ball of the rate at s = {_text(at)} excludes 0, up to {_BITS[-1]} bits",
        )
    moves = "away" if moves_away(chosen, found.rate) else "towards"
    outcome = Outcome.CERTIFIED if moves == direction else Outcome.REFUTED
    where = "away from collapse" if moves == "away" else "towards collapse"
    return Evidence(
        outcome,
        "rate at a start",
        scope,
        f"{chosen.name} moves {where} at s = {_text(at)}: d{chosen.moving}/dt = "
        f"{to_decimal(found.rate, 12)} ({found.bits} bits)",
        {"witness": _witness(chosen, motion, at, found), "bits": found.bits, "direction": moves},
        body=rate_body(
            chosen,
            motion,
            at,
            grows=certainly_positive(found.rate),
            claimed=(direction == "away") == (chosen.away > 0),
            bits=found.bits,
        ),
    )


def refutation(metric: Metric, motion: Motion, start: Start) -> Evidence | None:
    """Evidence that "``metric`` never moves away from collapse" is false; None if the balls do not say so."""
    found = enclose_rate(metric, motion, start)
    if found is None or not moves_away(metric, found.rate):
        return None
    return Evidence(
        Outcome.REFUTED,
        "witness",
        f"{motion.group.name}, {motion.name}",
        "",
        {
            "witness": _witness(metric, motion, start, found),
            "bits": found.bits,
            "statement": metric.statement,
        },
        body=rate_body(
            metric,
            motion,
            start,
            grows=certainly_positive(found.rate),
            claimed=metric.away < 0,
            bits=found.bits,
        ),
    )


def moves_away(metric: Metric, rate: arb) -> bool:
    """Every point of the ball is a rate away from collapse."""
    return certainly_positive(rate) if metric.away > 0 else certainly_negative(rate)


@dataclass(frozen=True)
class RateBall:
    """Finite balls around the rate of a metric (``Metric.rate``) and around S'/S, made at ``bits`` bits."""

    rate: arb
    growth: arb
    bits: int

    def __post_init__(self) -> None:
        if not (is_finite(self.rate) and is_finite(self.growth)):
            raise Undefined("a rate without a finite enclosure")

    @property
    def relative(self) -> arb:
        """The rate per unit of log S instead of time; it may not be finite."""
        with precision(self.bits):
            return self.rate / self.growth


def enclose_rate(metric: Metric, motion: Motion, start: Start) -> RateBall | None:
    """Balls that contain the rate at an exact start; None where no ball is finite.

    The precision grows until the ball has 40 good bits (then it excludes 0), or to the last of ``_BITS``.
    """
    best: RateBall | None = None
    for bits in _BITS:
        with precision(bits):
            try:
                at = Moving(motion, start)
                best = RateBall(metric.rate(at), at.growth, bits)
            except (Undefined, ZeroDivisionError):
                continue
            if best.rate.rel_accuracy_bits() >= _ACCURATE:
                break
    return best


def _text(start: Start) -> str:
    text = f"({', '.join(map(str, start.s))})"
    return text if start.c is None else f"{text}, c = ({', '.join(map(str, start.c))})"


def _witness(metric: Metric, motion: Motion, start: Start, found: RateBall) -> dict[str, Any]:
    shown: dict[str, Any] = {"s": ", ".join(map(str, start.s))}
    if start.c is not None:
        shown["c"] = ", ".join(map(str, start.c))
    if is_finite(found.relative):
        shown["relative rate"] = str(to_decimal(found.relative, 12))
    shown["rate"] = str(to_decimal(found.rate, 12))
    shown["metric"] = metric.name
    shown["group"] = motion.group.name
    shown["flow"] = motion.name
    return shown
