"""What an appendix in LaTeX says about statements that are not proved."""

from __future__ import annotations

import pytest

from ncverify.book.registry import load_book
from ncverify.book.verdict import Evidence, Outcome, conclude
from ncverify.ledger.run import check
from ncverify.ledger.terminal import appendix_lines


def test_a_refuted_statement_is_called_false() -> None:
    (result,) = check("nc4-printed")
    lines = list(appendix_lines(result.claim, result.verdict, {}))
    at = lines.index(r"\emph{False as stated.}")
    assert lines[at - 1] == rf"\[ {result.claim.latex} \]"
    assert lines[at + 1] == "class 0, whose mean is nearest, does not have the smallest score."
    assert lines[at + 2].startswith("Witness: W = 2/3 -1/3 -1/3; ")
    assert lines[-1] == r"True instead: \texttt{nc4}."


@pytest.mark.parametrize(
    ("name", "instead"), [("nc4-printed", [r"True instead: \texttt{nc4}."]), ("nc4", [])]
)
def test_what_was_not_checked_says_so(name: str, instead: list[str]) -> None:
    claim = load_book()[name]
    lines = list(appendix_lines(claim, None, {}))
    at = lines.index(rf"\emph{{Not checked here; expected: {claim.expected}.}}")
    assert [line for line in lines[at:] if line.startswith("True")] == instead


@pytest.mark.parametrize("outcome", [item for item in Outcome if item is not Outcome.REFUTED])
def test_only_a_proof_needs_no_word(outcome: Outcome) -> None:
    verdict = conclude([Evidence(outcome, "route", "scope", "summary")])
    lines = list(appendix_lines(load_book()["nc4"], verdict, {}))
    assert (rf"\emph{{Verdict: {outcome}.}}" in lines) == (outcome is not Outcome.PROVED)
    assert r"\emph{False as stated.}" not in lines
