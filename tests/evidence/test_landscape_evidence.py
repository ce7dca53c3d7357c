"""Evidence about landscapes is earned, and refused where the points do not show it."""

from fractions import Fraction

import pytest

from ncverify.book.verdict import Outcome
from ncverify.evidence.landscapes import (
    census,
    collapsed_minima,
    spurious_minimum,
    walsh_family,
    walsh_support,
)
from ncverify.landscape.problem import Problem
from ncverify.replay.kinds import check_body
from ncverify.theory.groups import AbelianGroup

DECAY = {"lambda_w": "1/10", "lambda_h": "1/10"}


def test_a_census_is_certified_and_replayed():
    problems = [
        Problem(3, 3, **DECAY),
        Problem(3, 3, 2, lambda_b="1/10", **DECAY),
        Problem(3, 3, loss="mse", **DECAY),
    ]
    found = census(problems, digits=20, seed=0, complete=problems[:1])
    assert found.outcome is Outcome.CERTIFIED
    assert "complete" in found.lines[0]
    assert check_body(found.body).outcome == "certified"


def test_a_census_with_a_local_minimum_is_not_what_it_claims():
    """In width 1 < K - 1 the best point is no global minimum of larger width."""
    found = census([Problem(3, 1, **DECAY)], digits=20, seed=0)
    assert found.outcome is Outcome.UNDECIDED
    assert found.body is None


def test_no_spurious_minimum_where_there_is_none():
    found = spurious_minimum(Problem(4, 3, **DECAY), digits=20, seed=0)
    assert found.outcome is Outcome.UNDECIDED
    assert "no spurious one among 1 minima" in found.summary


def test_minima_of_rank_k_minus_one_are_frames():
    found = collapsed_minima([Problem(3, 2, 2, lambda_b=0, **DECAY)], digits=20, seed=0)
    assert (found.outcome, found.beside) == (Outcome.CERTIFIED, True)
    assert check_body(found.body).outcome == "certified"
    small = collapsed_minima([Problem(3, 1, **DECAY)], digits=20, seed=0)
    assert small.outcome is Outcome.UNDECIDED


def test_the_symmetric_family():
    found = walsh_family(AbelianGroup.walsh(2), Fraction(1, 10), digits=20)
    assert found.outcome is Outcome.CERTIFIED
    assert check_body(found.body).outcome == "certified"


@pytest.mark.parametrize("exists", [True, False])
def test_a_support_is_not_what_it_is_said_to_be(exists):
    found = walsh_support(AbelianGroup.walsh(2), Fraction(1, 100), (1, 2), exists=exists)
    assert found.outcome is (Outcome.CERTIFIED if exists else Outcome.REFUTED)
