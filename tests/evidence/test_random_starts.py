"""Runs from random weights: what is expected is seen, and what is not expected is not."""

from fractions import Fraction

import pytest

from ncverify.book.verdict import Outcome
from ncverify.errors import InputError
from ncverify.evidence.random_starts import random_starts, run_from_random
from ncverify.theory.groups import AbelianGroup

KLEIN = AbelianGroup.walsh(2)
SMALL = Fraction(1, 100)


def test_a_run_is_the_same_each_time_and_goes_to_collapse():
    first, again = (run_from_random(KLEIN, 4, SMALL, "1e4", 0) for _ in range(2))
    assert first == again
    assert 0.99 < first.cosine < 1
    assert first.divergence < 0.1
    assert first.factor >= first.end_factor >= 1


def test_what_is_not_seen_is_undecided():
    found = random_starts(KLEIN, 4, SMALL, "1e4", [0], cosine=0.999999, divergence=0.5, factor=4)
    assert found.outcome is Outcome.UNDECIDED
    assert "cosine" in found.summary
    found = random_starts(KLEIN, 4, SMALL, "1e4", [0], cosine=0.9, divergence=0.5, factor=1)
    assert found.outcome is Outcome.UNDECIDED
    assert "quotient" in found.summary


def test_a_run_that_ends_before_anything_happens_is_refused():
    with pytest.raises(InputError, match="too early"):
        run_from_random(KLEIN, 4, SMALL, "1", 0)
