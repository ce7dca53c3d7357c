"""Collapse from many starts is certified only if every flow gets there."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

from mpmath import log, mpf

from ncverify.book.verdict import Outcome
from ncverify.evidence.convergence import collapse_from, random_starts
from ncverify.evidence.tasks import Tasks
from ncverify.replay.kinds import check_body
from ncverify.theory.groups import AbelianGroup

FOUR = AbelianGroup((4,))


def test_starts_are_exact_and_reproducible() -> None:
    starts = random_starts(AbelianGroup.walsh(3), 100, 2026)
    assert starts[:4] == random_starts(AbelianGroup.walsh(3), 4, 2026)
    assert len(set(starts)) == 100
    assert all(x.denominator in (1, 2, 4, 5, 10, 20) and 1 <= x <= 10 for start in starts for x in start)
    assert random_starts(FOUR, 1, 1)[0][0] == random_starts(FOUR, 1, 1)[0][2]  # s_1 = s_3


def test_certified_only_below_the_bound() -> None:
    starts = random_starts(FOUR, 2, 5)
    good = collapse_from(FOUR, starts, ["1", "1e60"], Fraction(1, 100), 10)
    assert good.outcome is Outcome.CERTIFIED
    assert good.details["starts"] == [", ".join(map(str, start)) for start in starts]
    assert set(good.details["until"]) <= {"1", "1e60"}
    assert good.body is not None
    assert check_body(good.body).outcome == "certified"
    assert collapse_from(FOUR, starts, ["0"], Fraction(1, 10**6), 10).outcome is Outcome.UNDECIDED
    assert collapse_from(FOUR, [], ["1"], Fraction(1), 10).outcome is Outcome.UNDECIDED
    with ThreadPoolExecutor(1) as thread:
        assert collapse_from(FOUR, starts, ["1", "1e60"], Fraction(1, 100), 10, Tasks(thread)) == good


def test_the_bound_is_sharp_at_time_zero() -> None:
    start = (Fraction(1), Fraction(3), Fraction(1))
    value = log(mpf(5) / 3) - log(mpf(3)) / 3
    for factor, outcome in (("1.000001", Outcome.CERTIFIED), ("0.999999", Outcome.UNDECIDED)):
        below = Fraction(str(value * mpf(factor)))
        assert collapse_from(FOUR, [start], ["0"], below, 20).outcome is outcome
