"""Evidence from experiments in doubles: what was measured, beside what was expected of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ncverify.book.verdict import Evidence, Outcome
from ncverify.errors import InputError
from ncverify.evidence import bodies


@dataclass(frozen=True)
class Expectation:
    """``value`` of what is called ``name`` is expected to lie strictly ``below`` or ``above`` the bound."""

    name: str
    value: float
    side: Literal["below", "above"]
    bound: float

    @property
    def met(self) -> bool:
        """False also for nan."""
        return self.value < self.bound if self.side == "below" else self.value > self.bound

    def __str__(self) -> str:
        return f"{self.name}: {self.value:.6g}, expected {self.side} {self.bound:g}"


def measured(
    statement: str, scope: str, expectations: Sequence[Expectation], *, seed: int, table: Sequence[str] = ()
) -> Evidence:
    """``tested`` if every expectation is met; ``undecided``, naming the first that is not, else.

    An experiment is no proof and, since its numbers are doubles without bounds, no refutation.
    """
    if not expectations:
        raise InputError("an experiment without expectations cannot fail")
    lines = (*map(str, expectations), *table)
    failed = [item for item in expectations if not item.met]
    if failed:
        return Evidence(
            Outcome.UNDECIDED, "experiment", "nothing", f"not seen: {failed[0]}", {"seed": seed}, lines
        )
    return Evidence(
        Outcome.TESTED,
        "experiment",
        scope,
        f"{statement}: {len(expectations)} expectations met, in doubles",
        {"seed": seed, "measured": {item.name: repr(item.value) for item in expectations}},
        lines,
        body=bodies.experiment(
            statement, [(item.name, item.value, item.side, item.bound) for item in expectations], seed
        ),
    )
