"""Scaled deviations from collapse: seen to settle where they do, and not where they have not yet."""

from __future__ import annotations

from fractions import Fraction

import pytest

from ncverify.book.verdict import Outcome
from ncverify.errors import InputError
from ncverify.evidence.tails import tails_settle
from ncverify.theory.groups import AbelianGroup


def exact(*values):
    return [Fraction(value) for value in values]


def test_a_settled_tail():
    """K = 5 settles by t = 10^60."""
    group = AbelianGroup.cyclic(5)
    found = tails_settle([(group, exact(3, 1, 1, 3))], ["1e20", "1e40", "1e60"], 40)
    assert found.outcome is Outcome.TESTED
    assert "0.99591720" in found.lines[-1]


def test_a_tail_that_has_not_settled():
    """From this start of Z_2^3 the scaled deviations still grow at t = 10^40."""
    start = exact(18, 24, 1, 1, 1, 18, 18)
    found = tails_settle([(AbelianGroup.walsh(3), start)], ["1e20", "1e40"], 40)
    assert found.outcome is Outcome.UNDECIDED


def test_one_time_is_not_enough():
    """A change needs two times."""
    with pytest.raises(InputError, match="1 times: a change needs at least two"):
        tails_settle([(AbelianGroup.walsh(2), exact(3, 1, 2))], ["1e20"], 40)
