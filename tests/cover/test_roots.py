"""Zeros: enclosed where there is exactly one, never where there is none or a double one."""

from __future__ import annotations

from fractions import Fraction

import pytest

from ncverify.book.verdict import Outcome
from ncverify.cover.roots import enclose_root, enclose_roots
from ncverify.errors import InputError
from ncverify.evidence.zeros import find_root, root_certified
from ncverify.theory.balls import exact_interval
from ncverify.theory.parser import parse


def test_a_simple_zero_is_enclosed_tightly() -> None:
    root = find_root("x**2 - 2", {"x": "3/2"})
    assert root is not None
    low, high = exact_interval(root.values["x"])
    assert low * low < 2 < high * high
    assert high - low < Fraction(1, 10**60)
    assert abs(root.center["x"] - low) < root.radius["x"]


def test_a_system() -> None:
    root = find_root(["x**2 + y**2 - 1", "exp(x) - 1 - y"], {"x": "1/2", "y": "1/2"})
    assert root is not None
    low, high = exact_interval(root.values["x"])
    assert Fraction("0.59134589376") < low < high < Fraction("0.59134589377")


@pytest.mark.parametrize("text", ["x**2", "x**2 + 1", "exp(x)", "(x-1)**3", "x - x"])
def test_no_zero_is_claimed_where_none_is_simple(text: str) -> None:
    assert find_root(text, {"x": "1/3"}) is None


def test_all_zeros_in_a_box() -> None:
    sines = enclose_roots([parse("sin(x)")], {"x": (Fraction(1), Fraction(20))}, budget=500)
    assert sines.complete
    assert [round(float(root.values["x"].mid()) / 3.14159265) for root in sines.found] == [1, 2, 3, 4, 5, 6]
    curves = [parse("x**2 + y**2 - 1"), parse("exp(x) - 1 - y")]
    square = {"x": (Fraction(-2), Fraction(2)), "y": (Fraction(-2), Fraction(2))}
    both = enclose_roots(curves, square, budget=1000)
    assert both.complete
    assert len(both.found) == 2
    none = enclose_roots([parse("x**2 + 1")], {"x": (Fraction(-9), Fraction(9))}, budget=100)
    assert none.complete
    assert not none.found


def test_double_zeros_are_left() -> None:
    found = enclose_roots([parse("(x-1/3)**2")], {"x": (Fraction(-1), Fraction(1))}, budget=300)
    assert not found.complete
    assert not found.found
    assert any(box[0][0] <= Fraction(1, 3) <= box[0][1] for box in found.left)
    assert not enclose_roots([parse("sin(x)")], {"x": (Fraction(1), Fraction(20))}, budget=3).complete


def test_uniqueness_fails_in_a_box_of_two_zeros() -> None:
    """Newton finds one of two near zeros; the box must not hold the other."""
    gap = Fraction(1, 10**6)
    root = enclose_root([parse("x*(x - 1/1000000)")], {"x": Fraction(-1, 10**7)})
    assert root is not None
    inside = [x for x in (Fraction(0), gap) if abs(x - root.center["x"]) <= root.radius["x"]]
    assert len(inside) == 1


def test_evidence_of_a_zero() -> None:
    made = root_certified(
        "x**2 - 2", {"x": "3/2"}, {"x": ("1.4142", "1.4143")}, what="square root", scope="one number"
    )
    assert made.outcome is Outcome.CERTIFIED
    assert made.body is not None
    assert made.body["kind"] == "zero"
    wrong = root_certified(
        "x**2 - 2", {"x": "3/2"}, {"x": ("1.4143", "1.4144")}, what="square root", scope="one number"
    )
    assert wrong.outcome is Outcome.UNDECIDED
    wide = root_certified("x**2 - 2", {"x": "3/2"}, {"x": ("-2", "2")}, what="root", scope="one number")
    assert wide.outcome is Outcome.UNDECIDED


def test_wrong_input_is_one_line() -> None:
    with pytest.raises(InputError, match="2 equations for 1 unknowns"):
        find_root(["x", "y"], {"x": 0})
    with pytest.raises(InputError, match="unknown y"):
        find_root("x - y", {"x": 0})
    with pytest.raises(InputError, match="not exact"):
        find_root("x", {"x": 0.5})
