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

    ``statement``: "book" if the statement is that of the book, else "file": then only ``asserts``, the formal
    statement, was checked, and not what title and prose say of it.  ``beside``: how many pieces of evidence
    beside the proof have nothing to replay.
    """

    id: str
    verdict: str
    expected: str
    verified: tuple[str, ...]
    statement: str
    beside: int
    asserts: tuple[Any, ...] = ()


def check_certificate(data: Any, book: Statements) -> Accepted:
    """What a certificate earns; ``Rejected`` if anything in it is not as it should be."""
    members(data, FIELDS, "the certificate")
    if data["format"] != FORMAT or data["schema"] != SCHEMA or isinstance(data["schema"], bool):
        raise Rejected(f"this is not schema {SCHEMA} of {FORMAT}s")
    if not isinstance(data["informal"], dict):
        raise Rejected("informal is not an object")
    claim = _claim(data["claim"])
    pieces = [_piece(piece, number) for number, piece in enumerate(items(data["evidence"], "evidence", 1), 1)]
    checked = [(earned, beside) for earned, beside in pieces if earned is not None]
    _tie(claim, [earned.asserts for earned, beside in checked if not beside])
    verdict = conclude([(earned.outcome, beside) for earned, beside in checked])
    if data["verdict"] != verdict:
        raise Rejected(f"it says {str(data['verdict'])[:20]}, but its evidence earns {verdict}")
    known = _compare(claim, _asserted(pieces), data["dependencies"], book)
    return Accepted(
        claim["id"],
        verdict,
        claim["expected"],
        tuple(earned.summary for earned, _ in checked),
        "book" if known else "file",
        len(pieces) - len(checked),
        () if known else tuple(earned.asserts for earned, _ in checked),
    )


Piece = tuple[Earned | None, bool]
"""What one piece of evidence earns (None: it has nothing to check), and whether it is beside the proof."""


def _piece(data: Any, number: int) -> Piece:
    members(data, ("beside", "outcome", "body"), f"evidence {number}")
    beside = truth(data["beside"], "beside")
    if data["body"] is None:
        if not beside or data["outcome"] is not None:
            raise Rejected(f"evidence {number} has nothing to check")
        return None, True
    try:
        earned = check_body(data["body"])
    except Rejected as reason:
        raise Rejected(f"evidence {number}: {reason}") from None
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        MemoryError,
        RecursionError,
        TypeError,
        ValueError,
    ) as error:
        said = f"{type(error).__name__}: {error}"
        raise Rejected(f"evidence {number} cannot be checked: {said[:200]}") from None
    if data["outcome"] != earned.outcome:
        raise Rejected(f"evidence {number} says {str(data['outcome'])[:20]}, but earns {earned.outcome}")
    return earned, beside


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


def _tie(claim: Mapping[str, Any], asserts: list[Any]) -> None:
    """The formal goals of the claim are those of its derivations, under hypotheses that it names."""
    derived = [item for said in asserts for item in _derivations(said)]
    goals: dict[str, Any] = {}
    for item in derived:
        goals |= item["goals"]
    if digest(goals) != digest(dict(claim["goals"])):
        raise Rejected("the goals of the claim are not those of its derivation")
    named = {item["name"] for item in claim["hypotheses"]}
    for item in derived:
        for name in item["hypotheses"]:
            if name not in named:
                raise Rejected(f"the hypothesis {name[:60]!r} is used, but the claim does not name it")


def _derivations(said: Any) -> list[Any]:
    """What derivations assert, in lists too."""
    if said["kind"] == "list":
        return [found for item in said["items"] for found in _derivations(item)]
    return [said] if said["kind"] == "derivation" else []


def assertions(data: Any) -> str:
    """The hash of what the evidence of a certificate asserts, all of which is checked for that."""
    return _asserted([_piece(piece, number) for number, piece in enumerate(data["evidence"], 1)])


def _asserted(pieces: list[Piece]) -> str:
    return digest([[beside, earned and earned.asserts] for earned, beside in pieces])


def _compare(claim: Mapping[str, Any], asserted: str, dependencies: Any, book: Statements) -> bool:
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
        raise Rejected(
            "the statement is not the one of the book: if this is a claim of your own, "
            "give it an id that the book does not have, and remove this certificate"
        )
    if entry["asserts"] != asserted:
        raise Rejected("the evidence is about something else than that of the book")
    return True
