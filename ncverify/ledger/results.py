"""What a run found: one result for each claim, as objects, plain JSON and HTML."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, overload

from ncverify.book.claim import Claim
from ncverify.book.verdict import Outcome, Verdict
from ncverify.derive.printing import latex


@dataclass(frozen=True)
class Result:
    """The verdict on one claim.  ``seconds`` is wall time, the only part that differs between runs."""

    claim: Claim
    verdict: Verdict
    seconds: float

    @property
    def as_expected(self) -> bool:
        """Whether the verdict is the one that the claim expects."""
        return self.verdict.outcome is self.claim.expected

    def _repr_html_(self) -> str:
        claim, differs = self.claim, "" if self.as_expected else f" (expected {self.claim.expected})"
        formula = f"<p>$\\displaystyle {html.escape(claim.latex)}$</p>" if claim.latex else ""
        return (
            f"<p><code>{html.escape(claim.id)}</code>: {html.escape(claim.title)}{differs}</p>"
            f"<p>{html.escape(claim.plain)}</p>{formula}{self.verdict._repr_html_()}"
        )

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; a hypothesis is ``needed`` unless the proof closed without it, or null."""
        claim, verdict = self.claim, self.verdict
        return {
            **claim_json(claim),
            "hypotheses": [
                {
                    "name": item.name,
                    "plain": item.plain,
                    "latex": item.latex,
                    "needed": needed(item.name, verdict),
                }
                for item in claim.hypotheses
            ],
            "formal": {name: latex(goal) for name, goal in claim.goals.items()},
            "verdict": str(verdict.outcome),
            "as_expected": self.as_expected,
            "seconds": round(self.seconds, 3),
            "conditions": list(verdict.conditions),
            "witness": None if verdict.witness is None else dict(verdict.witness),
            "message": verdict.message,
            "evidence": [item.to_json() for item in verdict.evidence],
        }


def claim_json(claim: Claim) -> dict[str, Any]:
    """A claim without its verdict, as plain JSON values."""
    return {
        "id": claim.id,
        "paper": claim.paper,
        "kind": str(claim.kind),
        "title": claim.title,
        "statement": {"plain": claim.plain, "latex": claim.latex},
        "hypotheses": [
            {"name": item.name, "plain": item.plain, "latex": item.latex} for item in claim.hypotheses
        ],
        "scope": claim.scope,
        "source": {"paper": claim.source.paper, "place": claim.source.place},
        "depends": list(claim.depends),
        "corrected_by": claim.corrected_by or None,
        "tags": list(claim.tags),
        "expected": str(claim.expected),
    }


def needed(name: str, verdict: Verdict) -> bool | None:
    """Whether the proof uses this hypothesis; None where no proof tells."""
    for item in verdict.evidence:
        if name in item.details.get("hypotheses not needed", ()):
            return False
        if name in item.details.get("hypotheses used", ()):
            return True
    return None


class Results(Sequence[Result]):
    """The results of a run, in book order."""

    def __init__(self, items: Sequence[Result]) -> None:
        self._items = tuple(items)

    @overload
    def __getitem__(self, index: int) -> Result: ...
    @overload
    def __getitem__(self, index: slice) -> Results: ...
    def __getitem__(self, index: int | slice) -> Result | Results:
        return Results(self._items[index]) if isinstance(index, slice) else self._items[index]

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Result]:
        return iter(self._items)

    @property
    def as_expected(self) -> bool:
        """Whether every verdict is the expected one."""
        return all(item.as_expected for item in self._items)

    def to_json(self) -> list[dict[str, Any]]:
        """Plain JSON values, as ``ncverify check --json`` writes them."""
        return [item.to_json() for item in self._items]

    def summary(self) -> str:
        """How many claims, which verdicts, and whether they are the expected ones."""
        counts = Counter(item.verdict.outcome for item in self._items)
        listed = ", ".join(f"{counts[outcome]} {outcome}" for outcome in Outcome if counts[outcome])
        differing = sum(not item.as_expected for item in self._items)
        end = f"{differing} differ from what is expected" if differing else "all as expected"
        claims = "claim" if len(self._items) == 1 else "claims"
        return f"{len(self._items)} {claims}: {listed}; {end}"

    def __repr__(self) -> str:
        lines = [
            f"{item.claim.id}: {item.verdict.outcome}"
            + ("" if item.as_expected else f" (expected {item.claim.expected})")
            for item in self._items
        ]
        return "\n".join([*lines, self.summary()])

    def _repr_html_(self) -> str:
        head = "".join(
            f'<th style="text-align:left">{name}</th>'
            for name in ("claim", "paper", "verdict", "expected", "scope", "seconds")
        )
        rows = []
        for item in self._items:
            verdict = html.escape(item.verdict.outcome)
            cells = (
                f"<code>{html.escape(item.claim.id)}</code><br>{html.escape(item.claim.title)}",
                html.escape(f"{item.claim.paper} ({item.claim.kind})"),
                f"<b>{verdict}</b>" if item.as_expected else f"<b>{verdict} (differs)</b>",
                html.escape(item.claim.expected),
                html.escape(item.claim.scope),
                f"{item.seconds:.2f}",
            )
            rows.append(
                "<tr>" + "".join(f'<td style="text-align:left">{cell}</td>' for cell in cells) + "</tr>"
            )
        return (
            f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
            f"<p>{html.escape(self.summary())}</p>"
        )
