"""Exact critical points of the squared loss: accepted where they are critical, and nowhere else."""

import importlib
from dataclasses import replace
from fractions import Fraction

import pytest

from ncverify.book.registry import load_book
from ncverify.book.verdict import Outcome
from ncverify.errors import InputError
from ncverify.evidence.exact_points import ExactPoint, exact_critical_points, full_rank_witness
from ncverify.landscape.problem import Problem

HALF = Fraction(1, 2)
IDENTITY = [[HALF, Fraction(0)], [Fraction(0), HALF]]
PLAIN = Problem(2, loss="mse", lambda_w="3/8", lambda_h="3/8")
U = [[Fraction(1), Fraction(0)], [Fraction(0), Fraction(0)]]
# f = |M - I|^2/4 + 3/16 (|W|^2 + |H|^2) with M = I/4
POINT = ExactPoint(IDENTITY, IDENTITY, None, Fraction(9, 32) + Fraction(3, 16), (U, U), Fraction(1, 2))


def test_a_critical_point_is_proved_exactly():
    found = exact_critical_points(PLAIN, [POINT])
    assert found.outcome is Outcome.PROVED


@pytest.mark.parametrize(
    "change",
    [
        {"value": Fraction(1, 2)},
        {"curvature": Fraction(1, 3)},
        {"w": [[HALF, Fraction(0)], [Fraction(0), Fraction(1, 3)]]},
        {"direction": (U, [U[1], U[0]])},
    ],
)
def test_a_changed_point_is_not_proved(change):
    assert exact_critical_points(PLAIN, [replace(POINT, **change)]).outcome is Outcome.UNDECIDED


def test_a_full_rank_critical_point_is_a_witness():
    found = full_rank_witness(PLAIN, IDENTITY, IDENTITY, None)
    assert found.outcome is Outcome.REFUTED
    assert found.details["witness"]["w0_0"] == "1/2"


def test_no_witness_off_the_critical_points_or_at_rank_one():
    other = [[HALF, Fraction(0)], [Fraction(0), Fraction(1)]]
    assert full_rank_witness(PLAIN, other, other, None).outcome is Outcome.UNDECIDED
    one = [[HALF, Fraction(0)], [Fraction(0), Fraction(0)]]
    assert full_rank_witness(PLAIN, one, one, None).outcome is Outcome.UNDECIDED


def test_what_has_no_exact_points_is_refused():
    entropy = Problem(2, loss="ce", lambda_w="3/8", lambda_h="3/8")
    with pytest.raises(InputError, match="squared loss"):
        exact_critical_points(entropy, [POINT])
    wide = Problem(3, loss="mse", lambda_w="3/8", lambda_h="3/8")
    with pytest.raises(InputError, match="K = d = 2"):
        full_rank_witness(wide, IDENTITY, IDENTITY, None)


def test_the_exact_points_of_the_book_are_critical():
    load_book()
    book = importlib.import_module("ncverify_book.shen.exact")
    points = book.walsh_points()
    assert [point.value for point in points] == [
        Fraction(3, 8),
        Fraction(687, 2048),
        Fraction(303, 1024),
        Fraction(525, 2048),
    ]
    # the second derivative 2 (7/64 - 1/4) along a direction of length sqrt 2
    assert all(point.curvature / 2 == Fraction(-9, 64) for point in points[:3])
    assert exact_critical_points(book.WALSH, points).outcome is Outcome.PROVED
