"""Whole certificates, made by the provers and read by the second checker."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from itertools import islice
from random import Random
from typing import Any

import pytest
from corruptions import corruptions

from ncverify.book.registry import load_book
from ncverify.evidence.workbench import Settings, check_claim
from ncverify.ledger.certificates import certificate
from ncverify.replay.certificate import assertions, check_certificate
from ncverify.replay.errors import Rejected
from ncverify.replay.reading import canonical, digest, parse

CLAIMS = (
    "hadamard-orthogonal", "slowdown-bounds", "exponential-defect", "softmax-jacobian-diagonal",
    "slowdown-logarithmic", "depth-lyapunov", "unbalanced-lyapunov-distinct", "log-norm-full",
)  # fmt: skip


def made(name: str) -> dict[str, Any]:
    book = load_book()
    verdict = check_claim(book[name], book, Settings())
    return parse(canonical(certificate(book[name], verdict, book, Settings())))


@pytest.fixture(scope="module")
def certificates() -> dict[str, dict[str, Any]]:
    return {name: made(name) for name in CLAIMS}


@pytest.fixture(scope="module")
def book(certificates: dict[str, dict[str, Any]]) -> dict[str, dict[str, str | None]]:
    return {
        name: {"claim": digest(data["claim"]), "asserts": assertions(data)}
        for name, data in certificates.items()
    }


@pytest.mark.parametrize("name", CLAIMS)
def test_what_was_found_is_found_again(certificates: Any, book: Any, name: str) -> None:
    found = check_certificate(certificates[name], book)
    assert (found.id, found.verdict, found.statement) == (name, str(load_book()[name].expected), "book")
    assert check_certificate(certificates[name], {}).statement == "file"


def test_a_certificate_is_the_same_on_every_run(certificates: Any) -> None:
    assert canonical(made("slowdown-bounds")) == canonical(certificates["slowdown-bounds"])


def changed(data: dict[str, Any], change: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    other = deepcopy(data)
    change(other)
    return other


def hide(data: dict[str, Any]) -> None:
    """Put the derivation into a list, and leave out its goals and hypotheses."""
    data["claim"].update(goals={}, hypotheses=[])
    first = data["evidence"][0]
    first.update(body={"kind": "list", "items": [first["body"]]})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.update(verdict="certified"), "it says certified, but its evidence earns proved"),
        (lambda c: c["evidence"][0].update(outcome="certified"), "says certified, but earns proved"),
        (lambda c: c["evidence"][0].update(beside=True), "nothing was checked|goals"),
        (lambda c: c["evidence"].clear(), "evidence"),
        (lambda c: c["evidence"][0].update(body=None), "nothing to check"),
        (lambda c: c["claim"]["goals"].pop("upper"), "goals"),
        (lambda c: c["claim"]["goals"].update(more=c["claim"]["goals"]["upper"]), "goals"),
        (lambda c: c["claim"]["hypotheses"].pop(), "does not name it"),
        (lambda c: c["claim"].update(plain="Something else."), "statement is not the one of the book"),
        (lambda c: c["claim"].update(scope="everything"), "statement is not the one of the book"),
        (lambda c: c["claim"].update(expected="refuted"), "statement is not the one of the book"),
        (lambda c: c["claim"].update(id="Upper"), "id"),
        (lambda c: c.update(dependencies={}), "dependencies"),
        (lambda c: c["dependencies"].update({"reduced-ode": "0"}), "hash"),
        (lambda c: c.update(schema=2), "schema"),
        (lambda c: c.update(schema=True), "schema"),
        (lambda c: c.pop("informal"), "lacks 'informal'"),
        (lambda c: c.update(extra=1), "unknown field 'extra'"),
        (lambda c: c["evidence"][0]["body"]["steps"].pop(3), "step"),
        (lambda c: c["evidence"][0]["body"]["steps"].reverse(), "step"),
        (lambda c: c["evidence"][0]["body"].update(kind="oracle"), "unknown"),
        (lambda c: hide(c), "goals"),
    ],
)  # fmt: skip
def test_each_part_is_checked(certificates: Any, book: Any, change: Any, message: str) -> None:
    with pytest.raises(Rejected, match=message):
        check_certificate(changed(certificates["slowdown-bounds"], change), book)


def test_the_part_for_people_is_ignored(certificates: Any, book: Any) -> None:
    other = changed(certificates["slowdown-bounds"], lambda c: c.update(informal={"a": "b"}))
    assert check_certificate(other, book).verdict == "proved"


def test_true_evidence_of_another_claim_is_not_evidence_of_this_one(certificates: Any, book: Any) -> None:
    mine, other = certificates["depth-lyapunov"], certificates["unbalanced-lyapunov-distinct"]
    swapped = changed(mine, lambda c: c.update(evidence=other["evidence"]))
    with pytest.raises(Rejected, match="about something else"):
        check_certificate(swapped, book)
    assert check_certificate(swapped, {}).statement == "file", "outside the book it proves what it says"


def test_a_proof_and_a_counterexample_are_an_error(certificates: Any) -> None:
    proof = certificates["exponential-defect"]
    witness = changed(certificates["slowdown-logarithmic"], lambda c: c["evidence"][0].update(beside=True))
    both = changed(proof, lambda c: c["evidence"].extend(witness["evidence"]))
    with pytest.raises(Rejected, match="contradict"):
        check_certificate(both, {})


def test_random_corruptions(certificates: Any, book: Any) -> None:
    """All are rejected, but for other valid certificates of the very same statement."""
    rng = Random(2026)
    others = list(certificates.values())
    rejected = accepted = 0
    for name in CLAIMS:
        for _, raw in islice(corruptions(certificates[name], others, rng), 30):
            try:
                found = check_certificate(parse(raw), book)
            except Rejected:
                rejected += 1
                continue
            accepted += 1
            assert (found.id, found.verdict, found.statement) == (
                name,
                certificates[name]["verdict"],
                "book",
            )
    assert rejected > 15 * accepted
