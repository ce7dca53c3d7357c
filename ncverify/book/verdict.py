"""Verdicts: the closed set of answers, and the evidence that earns them."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NoReturn

from ncverify.errors import InputError


class Outcome(StrEnum):
    """What is known after a check (see README, "Verdicts")."""

    PROVED = "proved"
    ARGUED = "argued"
    CERTIFIED = "certified"
    TESTED = "tested"
    REFUTED = "refuted"
    UNDECIDED = "undecided"
    ERROR = "error"

    @classmethod
    def _missing_(cls, value: object) -> Outcome:
        near = {"true": "proved", "false": "refuted"}.get(str(value).lower())
        hint = f"did you mean {near}?" if near else f"there are {', '.join(cls)}"
        raise InputError(f"{str(value)[:60]!r} is no verdict: {hint}")


# From strongest to weakest: a conjunction is known as well as its least known part.
_STRENGTH = (
    Outcome.PROVED,
    Outcome.CERTIFIED,
    Outcome.ARGUED,
    Outcome.TESTED,
    Outcome.UNDECIDED,
    Outcome.ERROR,
)


@dataclass(frozen=True)
class Evidence:
    """One piece of evidence: what was done, in exact terms.

    ``outcome`` is what this piece alone earns for the part of the claim it is about; ``route`` names
    the kind of evidence ("all-K proof", "normal form", "witness", "simulation"); ``details`` holds
    plain JSON values (numbers as exact strings), enough to redo the step.  Evidence ``beside`` a
    claim (instances next to a proof for every K) supports it but does not limit its verdict.
    ``conditions`` are what it assumes besides the hypotheses of the claim, such as denominators that
    must not vanish.  ``body`` is the data from which ``ncverify replay`` finds this evidence again
    (docs/certificates.md): plain JSON values with a ``kind``, no floats.

    Only the evidence routes construct this class (a repository test keeps it so).
    """

    outcome: Outcome
    route: str
    scope: str
    summary: str
    details: Mapping[str, Any] = field(default_factory=dict)
    lines: tuple[str, ...] = ()
    beside: bool = False
    conditions: tuple[str, ...] = ()
    body: Mapping[str, Any] | None = None

    def to_json(self, *, body: bool = False) -> dict[str, Any]:
        """Plain JSON values; the body, which may be long, only if asked for."""
        return {
            **({"body": self.body} if body else {}),
            "outcome": str(self.outcome),
            "route": self.route,
            "scope": self.scope,
            "summary": self.summary,
            "beside": self.beside,
            "conditions": list(self.conditions),
            "lines": list(self.lines),
            "details": dict(self.details),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Evidence:
        """What ``to_json`` wrote; used between our own processes, which trust each other."""
        return cls(
            Outcome(data["outcome"]),
            data["route"],
            data["scope"],
            data["summary"],
            data["details"],
            tuple(data["lines"]),
            data["beside"],
            tuple(data["conditions"]),
            data.get("body"),
        )


@dataclass(frozen=True, repr=False)
class Verdict:
    """The answer to one question, with all the evidence for it.

    It has no truth value: ``proved`` and ``refuted`` are both successes of a check, and ``tested``
    is not a proof.  Compare ``verdict.outcome``.
    """

    outcome: Outcome
    evidence: tuple[Evidence, ...]
    conditions: tuple[str, ...] = ()
    message: str = ""
    witness: Mapping[str, Any] | None = None

    def __bool__(self) -> NoReturn:
        raise TypeError(f"a verdict has no truth value: compare verdict.outcome (here: {self.outcome})")

    @property
    def scope(self) -> str:
        """For which objects the outcome holds."""
        main = [item.scope for item in self.evidence if not item.beside]
        return "; ".join(dict.fromkeys(main)) or "nothing"

    def to_json(self, *, bodies: bool = False) -> dict[str, Any]:
        """Plain JSON values; with ``bodies``, those of the evidence too."""
        return {
            "verdict": str(self.outcome),
            "scope": self.scope,
            "conditions": list(self.conditions),
            "message": self.message,
            "witness": None if self.witness is None else dict(self.witness),
            "evidence": [item.to_json(body=bodies) for item in self.evidence],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Verdict:
        """What ``to_json`` wrote; used between our own processes, which trust each other.

        The witness names the point first, then the values there ("lhs - rhs", "left side"), in an order that
        does not depend on the order in which the JSON text had them.
        """
        found = data["witness"]
        return cls(
            Outcome(data["verdict"]),
            tuple(map(Evidence.from_json, data["evidence"])),
            tuple(data["conditions"]),
            data["message"],
            found and {name: found[name] for name in sorted(found, key=lambda name: (" " in name, name))},
        )

    def __str__(self) -> str:
        lines = [str(self.outcome)]
        lines += [f"  {key}: {value}" for key, value in (self.witness or {}).items()]
        lines += [f"  {item.summary}" for item in self.evidence if item.summary]
        lines += [f"  where {condition}" for condition in self.conditions]
        lines += [f"  {self.message}"] if self._says_more() else []
        return "\n".join(lines)

    __repr__ = __str__

    def _says_more(self) -> bool:
        """The message is not what a piece of evidence says."""
        return bool(self.message) and all(item.summary != self.message for item in self.evidence)

    def _repr_html_(self) -> str:
        rows = [("verdict", f"<b>{self.outcome}</b>"), ("scope", html.escape(self.scope))]
        rows += [(html.escape(item.route), _html(item)) for item in self.evidence if item.summary]
        rows += [("where", html.escape(condition)) for condition in self.conditions]
        rows += [(html.escape(key), html.escape(str(value))) for key, value in (self.witness or {}).items()]
        if self._says_more():
            rows.append(("note", html.escape(self.message)))
        body = "".join(
            f'<tr><th style="text-align:left;vertical-align:top">{key}</th>'
            f'<td style="text-align:left">{value}</td></tr>'
            for key, value in rows
        )
        return f"<table>{body}</table>"


def _html(item: Evidence) -> str:
    if not item.lines:
        return html.escape(item.summary)
    steps = html.escape("\n".join(item.lines))
    return f"<details><summary>{html.escape(item.summary)}</summary><pre>{steps}</pre></details>"


def conclude(evidence: Iterable[Evidence], witness: Mapping[str, Any] | None = None) -> Verdict:
    """The verdict that a body of evidence earns.

    The outcome is that of the weakest main piece.  A refutation of one part refutes the whole; a
    refutation beside a proof is a contradiction, hence an ``error``; no main piece is ``undecided``.
    The conditions of all pieces are conditions of the verdict.
    """
    pieces = tuple(evidence)
    conditions = tuple(dict.fromkeys(text for item in pieces for text in item.conditions))
    main = [item for item in pieces if not item.beside]
    refuted = [item for item in pieces if item.outcome is Outcome.REFUTED]
    claimed = [item for item in main if item.outcome in (Outcome.PROVED, Outcome.CERTIFIED, Outcome.ARGUED)]
    failed = [item for item in pieces if item.outcome is Outcome.ERROR]
    if refuted and claimed and any(item.beside for item in refuted):
        return Verdict(Outcome.ERROR, pieces, message="contradictory evidence: a proof and a counterexample")
    if failed:
        return Verdict(Outcome.ERROR, pieces, message=failed[0].summary)
    if refuted:
        return Verdict(
            Outcome.REFUTED, pieces, conditions, witness=witness or refuted[0].details.get("witness")
        )
    if not main:
        return Verdict(Outcome.UNDECIDED, pieces, message="no evidence")
    weakest = max((item.outcome for item in main), key=_STRENGTH.index)
    unsettled = [item for item in pieces if item.outcome is Outcome.UNDECIDED]
    message = ""
    if unsettled:
        message = f"{'undecided beside it: ' if unsettled[0].beside else ''}{unsettled[0].summary}"
    return Verdict(weakest, pieces, conditions, message)
