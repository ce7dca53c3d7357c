"""Verdicts: what a body of evidence earns."""

from __future__ import annotations

import json

import pytest

from ncverify.book.verdict import Evidence, Outcome, Verdict, conclude

O = Outcome  # noqa: E741


def piece(outcome: Outcome, *, beside: bool = False, summary: str = "", **details: object) -> Evidence:
    return Evidence(outcome, "route", "scope", summary, details, beside=beside)


def test_a_verdict_has_no_truth_value() -> None:
    for outcome in Outcome:
        with pytest.raises(TypeError, match=rf"compare verdict\.outcome \(here: {outcome}\)"):
            bool(Verdict(outcome, ()))


@pytest.mark.parametrize(
    ("main", "beside", "expected"),
    [
        ([], [], O.UNDECIDED),
        ([], [O.PROVED], O.UNDECIDED),
        ([O.PROVED], [], O.PROVED),
        ([O.PROVED, O.CERTIFIED], [], O.CERTIFIED),
        ([O.CERTIFIED, O.ARGUED], [], O.ARGUED),
        ([O.ARGUED, O.TESTED], [], O.TESTED),
        ([O.PROVED, O.TESTED], [], O.TESTED),
        ([O.PROVED, O.UNDECIDED], [], O.UNDECIDED),
        ([O.TESTED, O.UNDECIDED], [], O.UNDECIDED),
        ([O.PROVED, O.ERROR], [], O.ERROR),
        ([O.PROVED, O.REFUTED], [], O.REFUTED),
        ([O.UNDECIDED, O.REFUTED], [], O.REFUTED),
        ([O.ERROR, O.REFUTED], [], O.ERROR),
        # beside a proof: support does not limit it, contradiction ends it
        ([O.PROVED], [O.PROVED, O.TESTED], O.PROVED),
        ([O.PROVED], [O.UNDECIDED], O.PROVED),
        ([O.PROVED], [O.REFUTED], O.ERROR),
        ([O.CERTIFIED], [O.REFUTED], O.ERROR),
        ([O.PROVED], [O.ERROR], O.ERROR),
    ],
)
def test_conclude(main: list[Outcome], beside: list[Outcome], expected: Outcome) -> None:
    evidence = [piece(item) for item in main] + [piece(item, beside=True) for item in beside]
    assert conclude(evidence).outcome is expected
    assert conclude(reversed(evidence)).outcome is expected


def test_the_message_says_what_was_not_decided() -> None:
    assert conclude([piece(O.PROVED), piece(O.UNDECIDED, summary="acos")]).message == "acos"
    beside = conclude([piece(O.PROVED), piece(O.UNDECIDED, beside=True, summary="K = 12")])
    assert beside.message == "undecided beside it: K = 12"


def test_conditions_of_all_pieces_are_kept() -> None:
    first = Evidence(O.PROVED, "route", "scope", "", conditions=("x != 0", "y > 0"))
    second = Evidence(O.PROVED, "route", "scope", "", conditions=("y > 0", "z > 0"))
    assert conclude([first, second]).conditions == ("x != 0", "y > 0", "z > 0")


def test_a_refutation_shows_its_witness() -> None:
    verdict = conclude([piece(O.PROVED), piece(O.REFUTED, witness={"x": "1/2"})])
    assert verdict.witness == {"x": "1/2"}
    assert str(verdict).splitlines()[:2] == ["refuted", "  x: 1/2"]


def test_a_witness_names_the_point_before_the_values_there() -> None:
    found = Verdict(O.REFUTED, (), witness={"lhs - rhs": "-1", "x": "1", "group": "Z_3"})
    stored = Verdict.from_json(json.loads(json.dumps(found.to_json(), sort_keys=True)))
    assert list(stored.witness or ()) == ["group", "x", "lhs - rhs"]
    assert str(Verdict.from_json(found.to_json())) == str(stored)


def test_json_round_trip() -> None:
    evidence = Evidence(O.REFUTED, "r", "s", "t", {"witness": {"x": "1"}}, ("line",), True, ("x != 0",))
    verdict = Verdict(O.REFUTED, (evidence,), ("x != 0",), "why", {"x": "1"})
    assert Verdict.from_json(json.loads(json.dumps(verdict.to_json()))) == verdict


def test_html_escapes() -> None:
    html = Verdict(O.UNDECIDED, (piece(O.UNDECIDED, summary="a < b"),), message="<script>")._repr_html_()
    assert "a &lt; b" in html
    assert "<script>" not in html
