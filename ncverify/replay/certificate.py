"""One certificate: its fields, what its evidence earns, and whether it says so."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ncverify.replay.earned import Earned, conclude
from ncverify.replay.errors import Rejected
from ncverify.replay.kinds import check_body
from ncverify.replay.reading import digest, items, members, text, truth

FORMAT: Final = "ncverify certificate"
SCHEMA: Final = 1

FIELDS: Final = (
    "format", "schema", "claim", "dependencies", "verdict", "evidence", "informal",
)  # fmt: skip
CLAIM: Final = (
    "id", "paper", "kind", "title", "plain", "latex", "scope", "source", "hypotheses", "depends",
    "corrected_by", "tags", "expected", "goals",
)  # fmt: skip
KINDS: Final = ("published", "corrected", "extension", "conjecture", "user")
VERDICTS: Final = ("proved", "argued", "certified", "tested", "refuted")

_ID: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_HASH: Final = re.compile(r"[0-9a-f]{64}")

Statements = Mapping[str, Mapping[str, str | None]]
"""The book: for each claim the hashes of its ``claim`` and of what its evidence ``asserts``."""


@dataclass(frozen=True)
class Accepted:
    """A certificate that was checked: the verdict it earns, and what was verified.

    ``statement``: "book" if the statement is that of the book, else "file".  ``beside``: how many pieces of
    evidence beside the proof have nothing to replay.
    """

    id: str
    verdict: str
    expected: str
    verified: tuple[str, ...]
    statement: str
    beside: int


def check_certificate(data: Any, book: Statements) -> Accepted:
    """What a certificate earns; ``Rejected`` if anything in it is not as it should be."""
    members(data, FIELDS, "the certificate")
    if data["format"] != FORMAT or data["schema"] != SCHEMA or isinstance(data["schema"], bool):
        raise Rejected(f"this is not schema {SCHEMA} of {FORMAT}s")
    if not isinstance(data["informal"], dict):
        raise Rejected("informal is not an object")
    claim = _claim(data["claim"])
    pieces: list[tuple[str, bool]] = []
    checked: list[Earned] = []
    bare = 0
    for number, piece in enumerate(items(data["evidence"], "evidence", 1), 1):
        members(piece, ("beside", "outcome", "body"), f"evidence {number}")
        beside = truth(piece["beside"], "beside")
        if piece["body"] is None:
            if not beside or piece["outcome"] is not None:
                raise Rejected(f"evidence {number} has nothing to check")
            bare += 1
            continue
        try:
            earned = check_body(piece["body"])
        except Rejected as reason:
            raise Rejected(f"evidence {number}: {reason}") from None
        if piece["outcome"] != earned.outcome:
            raise Rejected(f"evidence {number} says {str(piece['outcome'])[:20]}, but earns {earned.outcome}")
        pieces.append((earned.outcome, beside))
        checked.append(earned)
    _tie(claim, checked, [beside for _, beside in pieces])
    verdict = conclude(pieces)
    if data["verdict"] != verdict:
        raise Rejected(f"it says {str(data['verdict'])[:20]}, but its evidence earns {verdict}")
    known = _compare(claim, checked, data["dependencies"], book)
    return Accepted(
        claim["id"],
        verdict,
        claim["expected"],
        tuple(item.summary for item in checked),
        "book" if known else "file",
        bare,
    )


def _claim(data: Any) -> Mapping[str, Any]:
    claim = members(data, CLAIM, "the claim")
    for name in ("paper", "title", "plain", "latex", "scope"):
        text(claim[name], name)
    if not _ID.fullmatch(text(claim["id"], "id")):
        raise Rejected("the id is not lower-case words joined by hyphens")
    if claim["kind"] not in KINDS or claim["expected"] not in (*VERDICTS, "undecided"):
        raise Rejected("the kind or the expected verdict is unknown")
    members(claim["source"], ("paper", "place"), "the source")
    for item in items(claim["hypotheses"], "hypotheses"):
        members(item, ("name", "plain", "latex"), "a hypothesis")
    if claim["corrected_by"] is not None:
        text(claim["corrected_by"], "corrected_by")
    for name in ("depends", "tags"):
        for entry in items(claim[name], name):
            text(entry, name)
    if not isinstance(claim["goals"], dict):
        raise Rejected("goals is not an object")
    return claim


def _tie(claim: Mapping[str, Any], checked: list[Earned], beside: list[bool]) -> None:
    """The formal goals of the claim are those of its derivation, under hypotheses that it names."""
    derived = [
        item.asserts
        for item, side in zip(checked, beside, strict=True)
        if not side and item.asserts["kind"] == "derivation"
    ]
    goals: dict[str, Any] = {}
    for item in derived:
        goals |= item["goals"]
    if digest(goals) != digest(dict(claim["goals"])):
        raise Rejected("the goals of the claim are not those of its derivation")
    named = {item["name"] for item in claim["hypotheses"]}
    for item in derived:
        for name in item["hypotheses"]:
            if name not in named:
                raise Rejected(
                    f"the derivation uses the hypothesis {name[:60]!r}, which the claim does not name"
                )


def assertions(data: Any) -> str:
    """The hash of what the evidence of a certificate asserts, which is checked for that."""
    bodies = [piece["body"] for piece in data["evidence"] if piece["body"] is not None]
    return _asserted([check_body(body) for body in bodies])


def _asserted(checked: list[Earned]) -> str:
    return digest([item.asserts for item in checked])


def _compare(claim: Mapping[str, Any], checked: list[Earned], dependencies: Any, book: Statements) -> bool:
    """Whether the claim is in the book; ``Rejected`` if the book says something else under its id."""
    if not isinstance(dependencies, dict) or sorted(dependencies) != sorted(claim["depends"]):
        raise Rejected("the dependencies are not those that the claim names")
    for name, value in dependencies.items():
        if not _HASH.fullmatch(text(value, "a dependency")):
            raise Rejected("a dependency is not the hash of a statement")
        if name in book and book[name]["claim"] != value:
            raise Rejected(f"the claim {name[:60]} it depends on says something else in the book")
    entry = book.get(claim["id"])
    if entry is None:
        return False
    if entry["claim"] != digest(dict(claim)):
        raise Rejected("the statement is not the one of the book")
    if entry["asserts"] != _asserted(checked):
        raise Rejected("the evidence is about something else than that of the book")
    return True
