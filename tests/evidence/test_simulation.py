from dataclasses import dataclass

import pytest
from hypothesis import assume
from hypothesis import strategies as st
from mpmath import mp, mpf

from ncverify.book.verdict import Outcome
from ncverify.errors import InputError
from ncverify.evidence.reference import NoAgreement
from ncverify.evidence.simulation import Budget, simulate


@dataclass(frozen=True)
class Point:
    x: int

    def to_json(self):
        return {"x": self.x}


POINTS = st.integers(0, 10**6).map(Point)
STRATA = [("all", POINTS)]


def test_a_true_property_is_tested_and_says_how_often():
    seen = []

    def residual(point):
        assume(point.x % 2 == 0)
        seen.append(point.x)
        return mpf(10) ** -30

    evidence = simulate("even", residual, STRATA, Budget(20, 30, 1), ("x is even",))
    assert evidence.outcome is Outcome.TESTED
    assert evidence.route == "simulation"
    assert evidence.details["examples_met"] == len(seen) == 20
    assert evidence.details["draws"] > 20
    assert evidence.details["worst_residual"] == "1.0e-30"
    assert evidence.details["hypotheses"] == ["x is even"]


@pytest.mark.parametrize("bad", [mpf("1e-24"), mpf(1), mp.nan, mp.inf])
def test_a_failing_example_is_undecided_and_reported(bad):
    evidence = simulate(
        "small", lambda point: bad if point.x > 1000 else mpf(0), STRATA, Budget(50, 30, 2), ()
    )
    assert evidence.outcome is Outcome.UNDECIDED
    assert evidence.details["falsifying"]["example"]["x"] > 1000
    assert "falsifying example" in evidence.summary


def test_just_below_the_tolerance_passes():
    evidence = simulate("small", lambda point: mpf("0.9e-25"), STRATA, Budget(5, 30, 0))
    assert evidence.outcome is Outcome.TESTED


def test_strictly_negative_wants_room():
    for value, outcome in (
        ("-1e-10", Outcome.TESTED),
        ("-1e-30", Outcome.UNDECIDED),
        ("0", Outcome.UNDECIDED),
    ):
        evidence = simulate(
            "negative", lambda point, v=value: mpf(v), STRATA, Budget(5, 30, 0), strictly_negative=True
        )
        assert evidence.outcome is outcome


def test_no_example_that_meets_the_hypotheses_is_an_error():
    evidence = simulate("empty", lambda point: assume(False), STRATA, Budget(5, 30, 0), ("nothing",))
    assert evidence.outcome is Outcome.ERROR
    assert "met the hypotheses (nothing)" in evidence.summary
    assert evidence.details["examples_met"] == 0


def test_an_empty_stratum_is_an_error_even_beside_a_full_one():
    def residual(point):
        assume(point.x < 100)
        return mpf(0)

    strata = [("small", st.integers(0, 9).map(Point)), ("large", st.integers(10**6, 10**7).map(Point))]
    evidence = simulate("mixed", residual, strata, Budget(4, 30, 0))
    assert evidence.outcome is Outcome.ERROR
    assert "large" in evidence.summary


def test_every_stratum_gets_its_share():
    strata = [(name, POINTS) for name in "abc"]
    evidence = simulate("shares", lambda point: mpf(0), strata, Budget(7, 30, 0))
    assert [s["examples_met"] for s in evidence.details["strata"]] == [3, 2, 2]
    with pytest.raises(InputError, match="ask for at least 3"):
        simulate("shares", lambda point: mpf(0), strata, Budget(2, 30, 0))


def test_a_reference_that_fails_is_an_error():
    def residual(point):
        raise NoAgreement("no digits")

    evidence = simulate("broken", residual, STRATA, Budget(3, 30, 0))
    assert evidence.outcome is Outcome.ERROR
    assert "no digits" in evidence.summary


def test_other_exceptions_are_not_swallowed():
    def residual(point):
        raise ZeroDivisionError("a bug")

    with pytest.raises(ZeroDivisionError):
        simulate("bug", residual, STRATA, Budget(3, 30, 0))


def test_the_seed_decides_the_examples():
    def run(seed):
        seen = []
        simulate("seeds", lambda point: seen.append(point.x) or mpf(0), STRATA, Budget(10, 30, seed))
        return seen

    assert run(5) == run(5)
    assert run(5) != run(6)


def test_the_working_precision_is_restored():
    before = mp.dps
    precisions = []
    simulate("digits", lambda point: precisions.append(mp.dps) or mpf(0), STRATA, Budget(2, 77, 0))
    assert set(precisions) == {92}
    assert mp.dps == before


@pytest.mark.parametrize(
    ("examples", "digits", "seed"), [(0, 30, 0), (1, 9, 0), (1, 30, -1), (True, 30, 0), (1, 3.0, 0)]
)
def test_bad_budgets_are_refused(examples, digits, seed):
    with pytest.raises(InputError, match="whole number"):
        Budget(examples, digits, seed)
