"""What a checked body earns, and what a certificate as a whole earns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ncverify.replay.errors import Rejected

OUTCOMES: Final = ("proved", "certified", "argued", "tested")
"""From strongest to weakest: a conjunction is known as well as its least known part."""


@dataclass(frozen=True)
class Earned:
    """``outcome`` of one body; ``summary``: what was verified, in a few words.

    ``asserts``: the formal statement that the body is about, in plain JSON values, without the data by
    which it was seen; it belongs to the claim, and is compared with the book.
    """

    outcome: str
    summary: str
    asserts: Any = field(default=None, compare=False)


def weakest(outcomes: Sequence[str]) -> str:
    """What several bodies earn together: a refutation of one part refutes the whole."""
    if not outcomes:
        raise Rejected("nothing was checked")
    if "refuted" in outcomes:
        return "refuted"
    return max(outcomes, key=OUTCOMES.index)


def conclude(pieces: Sequence[tuple[str, bool]]) -> str:
    """The verdict of (outcome, beside) pieces.

    The weakest main outcome; a refutation refutes the claim, but one beside a proof is a contradiction,
    and so is a proof beside a refutation.
    """
    main = [outcome for outcome, beside in pieces if not beside]
    refuted = [beside for outcome, beside in pieces if outcome == "refuted"]
    if any(refuted) and any(outcome in ("proved", "certified", "argued") for outcome in main):
        raise Rejected("a proof and a counterexample contradict each other")
    if refuted:
        return "refuted"
    return weakest(main)
