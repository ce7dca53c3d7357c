"""From a verdict to its certificate (docs/certificates.md)."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

from ncverify import __version__
from ncverify.book.claim import Claim, Registry
from ncverify.book.verdict import Evidence, Outcome, Verdict
from ncverify.derive.kernel import Relation
from ncverify.derive.recording import formal
from ncverify.evidence.workbench import Settings
from ncverify.ledger.results import claim_json
from ncverify.replay.certificate import CLAIM, FORMAT, SCHEMA
from ncverify.replay.reading import canonical, digest

UNCERTIFIED: Final = (Outcome.UNDECIDED, Outcome.ERROR)
"""Verdicts without a certificate: there is nothing to check."""

_TOOLS: Final = ("sympy", "mpmath", "gmpy2", "python-flint", "numpy", "hypothesis")


def certificate(claim: Claim, verdict: Verdict, registry: Registry, settings: Settings) -> dict[str, Any]:
    """The certificate of a verdict that has one: plain JSON values."""
    return {
        "format": FORMAT,
        "schema": SCHEMA,
        "claim": statement(claim),
        "dependencies": {name: digest(statement(registry[name])) for name in claim.depends},
        "verdict": str(verdict.outcome),
        "evidence": [_evidence(item) for item in verdict.evidence if _counts(item)],
        "informal": {
            "settings": {"digits": str(settings.digits), "seed": str(settings.seed)},
            "tools": tools(),
            "conditions": list(verdict.conditions),
            "message": verdict.message,
            "evidence": [item.to_json() for item in verdict.evidence],
        },
    }


def certificate_bytes(data: Mapping[str, Any]) -> bytes:
    """The bytes of the file, whose SHA-256 is its name."""
    return canonical(data)


def statement(claim: Claim) -> dict[str, Any]:
    """What a certificate says about the claim, and the book's statement file hashes."""
    data = claim_json(claim)
    data |= {"plain": claim.plain, "latex": claim.latex, "goals": goals_json(claim.goals)}
    return {name: data[name] for name in CLAIM}


def goals_json(goals: Mapping[str, Relation]) -> dict[str, Any]:
    """Formal relations by name."""
    return {name: formal(goal) for name, goal in goals.items()}


def _counts(item: Evidence) -> bool:
    """An undecided piece beside the proof is for people only."""
    return not (item.beside and item.outcome in UNCERTIFIED)


def _evidence(item: Evidence) -> dict[str, Any]:
    if item.body is None:
        return {"beside": item.beside, "outcome": None, "body": None}
    return {"beside": item.beside, "outcome": str(item.outcome), "body": item.body}


@lru_cache(maxsize=1)
def tools() -> dict[str, str]:
    """Versions of what verdicts depend on."""
    found = {"ncverify": __version__, "python": platform.python_version()}
    return found | dict(_versions(_TOOLS))


def _versions(names: Iterable[str]) -> Iterable[tuple[str, str]]:
    for name in names:
        try:
            yield name, version(name)
        except PackageNotFoundError:
            yield name, "missing"
