"""The statements that come with the second checker are those of the book.

If this fails: ``python scripts/statements.py``.
"""

from __future__ import annotations

import pytest

from ncverify.book.registry import load_book
from ncverify.evidence.workbench import Settings, check_claim
from ncverify.ledger.certificates import certificate, statement
from ncverify.ledger.selection import gather
from ncverify.replay.certificate import assertions
from ncverify.replay.reading import canonical, digest, parse
from ncverify.replay.statements import book


def test_every_statement_is_current() -> None:
    claims = load_book()
    known, names = set(book()), {claim.id for claim in claims}
    optional = {item.id for item in gather().left_out}
    assert known - names == set(), "run python scripts/statements.py"
    assert names - known <= optional, "run python scripts/statements.py"
    stale = [name for name in known if book()[name]["claim"] != digest(statement(claims[name]))]
    assert not stale, "run python scripts/statements.py"


def test_every_claim_that_was_checked_asserts_something() -> None:
    bare = [name for name, entry in book().items() if entry["asserts"] is None]
    assert set(bare) <= {claim.id for claim in load_book() if str(claim.expected) == "undecided"}


@pytest.mark.parametrize(
    "name", ["hadamard-orthogonal", "exponential-defect", "slowdown-logarithmic", "depth-lyapunov", "balance"]
)
def test_what_evidence_asserts_is_current(name: str) -> None:
    claims = load_book()
    verdict = check_claim(claims[name], claims, Settings())
    data = parse(canonical(certificate(claims[name], verdict, claims, Settings())))
    assert assertions(data) == book()[name]["asserts"], "run python scripts/statements.py"
