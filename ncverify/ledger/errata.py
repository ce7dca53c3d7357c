"""The statements in or about the papers that are refuted, paper by paper, as text for a terminal."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator

from ncverify.book.claim import Claim, Registry
from ncverify.book.verdict import Outcome
from ncverify.ledger.results import Result, Results

_NARROWEST, _WIDEST = 40, 100
_INDENT = "    "


def errata_lines(results: Results, registry: Registry, width: int | None = None) -> Iterator[str]:
    """For each paper and each refuted statement: the statement, where, the witness, and what is true.

    ``width``: of the lines, by default that of the terminal, and 80 elsewhere; longer words stay whole.
    """
    room = max(_NARROWEST, min(width or shutil.get_terminal_size((80, 24)).columns, _WIDEST))
    refuted = [item for item in results if item.verdict.outcome is Outcome.REFUTED]
    for paper in dict.fromkeys(item.claim.paper for item in refuted):
        rows = [item for item in refuted if item.claim.paper == paper]
        heading = f"{paper}: {len(rows)} statement{'s' if len(rows) > 1 else ''} refuted"
        yield heading
        yield "=" * len(heading)
        for item in rows:
            yield ""
            yield from _entry(item, registry, room)
        yield ""
    for item in results:
        if not item.as_expected:
            yield f"{item.claim.id}: {item.verdict.outcome}, expected {item.claim.expected}"
    yield f"{len(refuted)} statements refuted"


def _entry(item: Result, registry: Registry, room: int) -> Iterator[str]:
    claim = item.claim
    yield from _wrapped(claim.id, claim.title, room, indent="")
    yield from _wrapped("statement", f"{claim.plain} [{claim.source.place or claim.paper}]", room)
    witness = ", ".join(f"{key} = {value}" for key, value in (item.verdict.witness or {}).items())
    yield from _wrapped("false at", witness or claim.scope, room)
    if claim.corrected_by:
        yield from _wrapped("true", _correction(registry[claim.corrected_by]), room)


def _correction(claim: Claim) -> str:
    return f"{claim.plain} [{claim.id}: {claim.scope}]"


def _wrapped(label: str, text: str, room: int, indent: str = _INDENT) -> Iterator[str]:
    """The label, and the text behind and below it."""
    yield from textwrap.wrap(
        " ".join(text.split()),
        room,
        initial_indent=f"{indent}{label}: ",
        subsequent_indent=f"{indent}{_INDENT}",
        break_long_words=False,
        break_on_hyphens=False,
    )
