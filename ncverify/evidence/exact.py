"""Evidence from exact statements: decided identities, matrix witnesses, block inductions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ncverify.book.verdict import Evidence, Outcome, Verdict
from ncverify.derive.blocks import Induction
from ncverify.derive.recording import record_inductions
from ncverify.errors import InputError
from ncverify.evidence import bodies
from ncverify.theory.balls import certainly_lt, certainly_nonzero, enclose, to_decimal
from ncverify.theory.expr import Expr

_BITS = 256


def decided(verdict: Verdict, what: str) -> Evidence:
    """The evidence of one decided identity, as part of a claim about ``what``."""
    (piece,) = verdict.evidence or (Evidence(Outcome.UNDECIDED, "normal form", "nothing", verdict.message),)
    return replace(
        piece, summary=f"{what}: {piece.summary or verdict.outcome}", conditions=verdict.conditions
    )


def nonzero_number(value: Expr, scope: str, what: str, witness: Mapping[str, Any]) -> Evidence:
    """Refute "this number is 0" by a ball that excludes 0; ``value`` has no symbols.

    ``witness`` describes the exact example in which the number occurs.
    """
    ball = enclose(value, {}, _BITS)
    shown = {**witness, "value": str(to_decimal(ball))}
    if not certainly_nonzero(ball):
        return Evidence(
            Outcome.UNDECIDED, "witness", "nothing", f"{what}: the ball {shown['value']} contains 0"
        )
    return Evidence(
        Outcome.REFUTED,
        "witness",
        scope,
        what,
        {"witness": shown, "bits": _BITS},
        body=bodies.witness((value, "==", 0), {}, _BITS),
    )


def not_at_most(lhs: Expr, rhs: Expr, scope: str, what: str, witness: Mapping[str, Any]) -> Evidence:
    """Refute "lhs <= rhs" for two numbers without symbols by disjoint balls."""
    left, right = enclose(lhs, {}, _BITS), enclose(rhs, {}, _BITS)
    shown = {
        **witness,
        "false there": "left side <= right side",
        "left side": str(to_decimal(left)),
        "right side": str(to_decimal(right)),
    }
    if not certainly_lt(right, left):
        return Evidence(Outcome.UNDECIDED, "witness", "nothing", f"{what}: the balls do not decide")
    return Evidence(
        Outcome.REFUTED,
        "witness",
        scope,
        what,
        {"witness": shown, "bits": _BITS},
        body=bodies.witness((lhs, "<=", rhs), {}, _BITS),
    )


def by_induction(inductions: Sequence[Induction], scope: str) -> Evidence:
    """Equations proved for every K = 2^m by Kronecker blocks."""
    if not inductions:
        raise InputError("no induction was given")
    lines = []
    for item in inductions:
        lines += [f"{item.equation}, for every m:", *(f"  {line}" for line in item.lines)]
    steps = sum(item.reductions for item in inductions)
    return Evidence(
        Outcome.PROVED,
        "Kronecker induction",
        scope,
        f"{len(inductions)} equations by induction over 2 x 2 blocks, {steps} rewriting steps: "
        + "; ".join(str(item.equation) for item in inductions),
        {"equations": [str(item.equation) for item in inductions], "rewriting steps": steps},
        tuple(lines),
        body={"kind": "blocks", **record_inductions(inductions)},
    )


def verified_exactly(holds: bool, scope: str, what: str, count: int) -> Evidence:
    """An equality of exact (integer or rational) arrays that was computed entry by entry."""
    if count < 1:
        raise InputError(f"{what}: nothing was compared")
    outcome = Outcome.PROVED if holds else Outcome.REFUTED
    return Evidence(
        outcome, "exact arithmetic", scope, f"{what} ({count} entries)", {"entries": count}, beside=True
    )
