"""What is said of an inequality that no cover settles."""

import pytest

from ncverify.evidence.inequalities import prove_inequality


@pytest.mark.parametrize(
    ("statement", "line", "condition"),
    [
        ("x**2 + y**2 >= 2*x*y", "along y = x", "x - y >= 1/100"),
        ("x*log(x/y) + (1-x)*log((1-x)/(1-y)) >= 2*(x-y)**2", "along y = x", "y - x >= 1/100"),
        ("exp(x - 1 + y) >= x + y", "along y = 1 - x", "1/100"),
    ],
)
def test_a_curve_of_contact_is_named(statement, line, condition):
    box = {"x": ("1/10", "9/10"), "y": ("1/10", "9/10")}
    verdict = prove_inequality(statement, box, budget=40)
    assert verdict.outcome == "undecided"
    assert line in verdict.message
    assert "sum of squares" in verdict.message
    assert condition in verdict.message


def test_the_advice_helps():
    verdict = prove_inequality(
        "x*log(x/y) + (1-x)*log((1-x)/(1-y)) >= 2*(x-y)**2",
        {"x": ("1/4", "3/4"), "y": ("1/4", "3/4")},
        where=["x - y >= 1/4"],
    )
    assert verdict.outcome == "certified"


def test_near_contact_off_the_simple_lines():
    verdict = prove_inequality("(x**2 - y)**2 >= 0 - 1/10**9", {"x": (0, 1), "y": (0, 1)}, budget=30)
    assert verdict.outcome == "certified"
    verdict = prove_inequality("x**4 - 2*x**2*y + y**2 >= 0", {"x": (0, 1), "y": (0, 1)}, budget=300)
    assert "touch or nearly touch, e.g. at x = " in verdict.message


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("log(x) <= x", "log(x) has no value there: shrink the box, or add the condition x > 0"),
        ("sqrt(x - 1) <= x", "add the condition x - 1 >= 0"),
        ("1/x**2 >= -1", "x > 0"),
    ],
)
def test_a_point_without_a_value_ends_the_search(statement, said):
    verdict = prove_inequality(statement, {"x": (-1, 3)}, budget=100_000)
    assert verdict.outcome == "undecided"
    assert "is not defined at x = " in verdict.message
    assert said in verdict.message
    assert str(verdict).count("is not defined") == 1


def test_outside_the_region_nothing_need_be_defined():
    assert prove_inequality("log(x) <= x", {"x": (-1, 3)}, where=["x > 1/10"]).outcome == "certified"
    assert prove_inequality("1/x <= x + 100", {"x": (-1, 3)}).outcome == "refuted"
