"""Claims as JSON: what is read, and one line for everything else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ncverify.book.claim import Registry
from ncverify.book.verdict import Outcome
from ncverify.errors import InputError
from ncverify.evidence.workbench import Settings, check_claim
from ncverify.ledger.claims_json import MAX_BYTES, MAX_CLAIMS, load_json_claims

GOOD: dict[str, Any] = {"id": "a", "statement": {"lhs": "x", "rhs": "x"}, "expected": "proved"}
TREE = ["exp", ["mul", ["number", "2"], ["symbol", "x"]]]


def write(folder: Path, data: Any) -> Path:
    path = folder / "claims.json"
    path.write_text(data if isinstance(data, str) else json.dumps(data))
    return path


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({}, Outcome.PROVED),
        ({"statement": {"lhs": TREE, "rhs": "exp(x)**2"}}, Outcome.PROVED),
        ({"statement": {"lhs": TREE, "rhs": "exp(x)**2 + 1/10**40"}}, Outcome.REFUTED),
        ({"statement": {"lhs": "1/x", "rhs": "x/x**2"}}, Outcome.PROVED),
        ({"statement": {"lhs": "acos(7823207/7823209)", "rhs": "0"}}, Outcome.REFUTED),
        ({"statement": {"lhs": "log(x*y)", "rhs": "log(x) + log(y)"}}, Outcome.UNDECIDED),
        ({"statement": {"lhs": "x", "rhs": "y + 1"}, "assume": ["x == y + 1"]}, Outcome.PROVED),
        ({"assume": ["x > 0", [["symbol", "x"], "<", "1"]]}, Outcome.PROVED),
        # contradictory assumptions must not prove anything
        ({"assume": ["x > 0", "x < 0"]}, Outcome.UNDECIDED),
        ({"statement": {"lhs": "x", "rhs": "x + 1"}, "assume": ["x > 0", "x < 0"]}, Outcome.UNDECIDED),
        ({"statement": {"lhs": "1/(x-x)", "rhs": "0"}}, Outcome.ERROR),
    ],
)
def test_statements_are_decided(tmp_path: Path, changes: dict[str, Any], outcome: Outcome) -> None:
    registry = Registry()
    (claim,) = load_json_claims(write(tmp_path, {"claims": [GOOD | changes]}), registry)
    verdict = check_claim(claim, registry, Settings())
    assert verdict.outcome is outcome
    assert (verdict.witness is not None) == (outcome is Outcome.REFUTED)
    if outcome in (Outcome.UNDECIDED, Outcome.ERROR):
        assert verdict.message


def test_side_conditions_reach_the_verdict(tmp_path: Path) -> None:
    registry = Registry()
    data = {"claims": [GOOD | {"statement": {"lhs": "1/x", "rhs": "x/x**2"}, "assume": ["y > 0"]}]}
    (claim,) = load_json_claims(write(tmp_path, data), registry)
    assert check_claim(claim, registry, Settings()).conditions == ("x != 0", "y > 0")
    assert claim.plain == "1/x == x/x**2 where y > 0"


STEPS = {"id": "a", "steps": ["(x+1)**2", "x*x + 2*x + 1"], "expected": "proved"}
TANGENT = {"id": "a", "inequality": "exp(x) >= 1 + x", "on": {"x": ["-1", "1"]}, "expected": "certified"}
HUNTED = {"id": "a", "conjecture": "V", "classes": 4, "depth": 3, "expected": "refuted"}
FLOW = {"id": "a", "flow": "2*s*(1-phat)", "loss": "-log(p0)", "classes": 4, "expected": "proved"}


@pytest.mark.parametrize(
    ("claim", "outcome"),
    [
        (STEPS, "proved"),
        (STEPS | {"steps": ["exp(x)", [">=", "1 + x"]], "on": {"x": ["-1", "1"]}}, "certified"),
        (STEPS | {"steps": ["x*y", "y**2"], "assume": ["x == y"]}, "proved"),
        (STEPS | {"steps": ["x", "x", "x + 1"]}, "refuted"),
        (TANGENT, "certified"),
        (TANGENT | {"inequality": "x > 0", "where": ["x > 1/2"]}, "certified"),
        (HUNTED, "refuted"),
        (FLOW, "proved"),
        (FLOW | {"flow": "2*s*(1+phat)"}, "refuted"),
    ],
)
def test_other_kinds_of_statements(tmp_path: Path, claim: dict[str, Any], outcome: str) -> None:
    registry = Registry()
    (made,) = load_json_claims(write(tmp_path, {"claims": [claim]}), registry)
    assert made.origin == "claims.json, claim 1"
    assert check_claim(made, registry, Settings()).outcome == outcome


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("", "the file is empty"),
        ('{"claims": [\n  {"id": "a",,}]}', "line 2, column 14: "),
        ('{"claims": [], "claims": []}', "the key 'claims' stands twice"),
        ('{"claims": NaN}', "the bare number NaN is not exact"),
        ('{"claims": 1e400}', "the bare number 1e400 is not exact"),
        ('{"claims": ' + "7" * 100_000 + "}", "the bare number 7+"),
        ("[" * 100_000, "nested too deep"),
        ('{"claims": ' * 100_000, "nested too deep"),
        ([], "an object with claims is wanted, not a list"),
        ({}, "the key 'claims' is missing"),
        ({"claims": []}, "at least one claim"),
        ({"claims": {}}, "must be a list"),
        ({"claims": [GOOD], "extra": 1}, "the key 'extra' is unknown: use claims"),
        ({"claims": [3]}, r"claim 1( \(.*\))?: an object is wanted, not a number"),
        ({"claims": [GOOD, GOOD]}, r"claim 2( \(.*\))?: claim id 'a' is used twice"),
        ({"claims": [GOOD | {"Id": "a"}]}, r"claim 1( \(.*\))?: the key 'Id' is unknown"),
        ({"claims": [{"id": "a", "expected": "proved"}]}, r"claim 1( \(.*\))?: a claim has one of"),
        ({"claims": [GOOD | {"steps": ["x", "x"]}]}, r"claim 1( \(.*\))?: a claim has one of"),
        ({"claims": [STEPS | {"steps": "x"}]}, "steps must be a list"),
        ({"claims": [STEPS | {"steps": ["x"]}]}, "at least two steps"),
        ({"claims": [STEPS | {"steps": ["x", ["<=", "y"]]}]}, "needs the box it is on"),
        ({"claims": [STEPS | {"steps": ["x", "__import__('os')"]}]}, "character"),
        ({"claims": [STEPS | {"loss": "-log(p0)"}]}, "the key 'loss' is unknown"),
        ({"claims": [TANGENT | {"on": {"x": ["0", "inf"]}}]}, "is not a number"),
        ({"claims": [TANGENT | {"on": {"x": "0"}}]}, "on: x has two ends"),
        ({"claims": [TANGENT | {"inequality": "exp(x) = 1"}]}, "cannot read the relation"),
        ({"claims": [TANGENT | {"where": ["x"]}]}, "cannot read the relation"),
        ({"claims": [HUNTED | {"classes": 10**6}]}, "classes must be a whole number from 1 to"),
        ({"claims": [HUNTED | {"samples": 2**29}]}, "samples must be a whole number from 1 to"),
        ({"claims": [HUNTED | {"group": "2,2"}]}, "either the number of classes or the group"),
        ({"claims": [FLOW | {"loss": "open('x')"}]}, "character"),
        ({"claims": [FLOW | {"classes": 5}]}, "irrational characters"),
        ({"claims": [GOOD | {"id": 3}]}, r"claim 1( \(.*\))?: id must be text"),
        ({"claims": [GOOD | {"id": "A b"}]}, r"claim 1( \(.*\))?: claim id 'A b' must be lower-case"),
        (
            {"claims": [GOOD | {"expected": "true"}]},
            "expected must be proved or certified or refuted or undecided, not 'true'",
        ),
        (
            {"claims": [GOOD | {"expected": "error"}]},
            "expected must be proved or certified or refuted or undecided, not 'error'",
        ),
        (
            {"claims": [GOOD | {"expected": None}]},
            "expected must be proved or certified or refuted or undecided, not null",
        ),
        ({"claims": [GOOD | {"assume": "x > 0"}]}, "assume must be a list"),
        ({"claims": [GOOD | {"assume": [1]}]}, "assume: a relation is text"),
        ({"claims": [GOOD | {"assume": ["x"]}]}, r"claim 1( \(.*\))?: cannot read the relation 'x'"),
        ({"claims": [GOOD | {"assume": [["x", 3, "y"]]}]}, r"claim 1( \(.*\))?: "),
        (
            {"claims": [GOOD | {"statement": "x = x"}]},
            "statement: an object with lhs, rhs is wanted, not text",
        ),
        ({"claims": [GOOD | {"statement": {"lhs": "x"}}]}, "statement: the key 'rhs' is missing"),
        (
            {"claims": [GOOD | {"statement": {"lhs": "x +", "rhs": "0"}}]},
            r"claim 1( \(.*\))?: lhs: cannot read",
        ),
        (
            {"claims": [GOOD | {"statement": {"lhs": "x", "rhs": "__import__('os').system('id')"}}]},
            r"claim 1( \(.*\))?: rhs: character",
        ),
        ({"claims": [GOOD | {"statement": {"lhs": ["eval", "x"], "rhs": "0"}}]}, "lhs: expression: head"),
        ({"claims": [GOOD | {"statement": {"lhs": ["number", 1], "rhs": "0"}}]}, "lhs: expression: number"),
        ({"claims": [GOOD] * (MAX_CLAIMS + 1)}, "too many"),
        (" " * (MAX_BYTES + 1), "larger than"),
    ],
)
def test_one_line_for_what_cannot_be_read(tmp_path: Path, data: Any, message: str) -> None:
    path = write(tmp_path, data)
    with pytest.raises(InputError, match=message) as caught:
        load_json_claims(path, Registry())
    text = str(caught.value)
    assert text.startswith(str(path))
    assert "\n" not in text
    assert len(text) < len(str(path)) + 400


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "claims.json"
    path.write_bytes(b'{"claims": "\xff"}')
    with pytest.raises(InputError, match="byte 13 is not UTF-8"):
        load_json_claims(path, Registry())
