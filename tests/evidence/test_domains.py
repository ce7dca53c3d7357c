"""Where expressions are defined."""

from __future__ import annotations

import pytest

from ncverify.evidence.domains import domain
from ncverify.theory.parser import parse


@pytest.mark.parametrize(
    ("text", "conditions"),
    [
        ("x**2 + exp(x)/3", []),
        ("1/(1 + exp(x))", []),
        ("1/x + 1/x**2", ["x != 0"]),
        ("log(1/(x - y))", ["x - y != 0", "1/(x - y) > 0"]),
        ("sqrt(x)", ["x >= 0"]),
        ("sqrt(exp(x) + 2)", []),
        ("tan(x)", ["cos(x) != 0"]),
        ("acos(x)", ["1 - x**2 >= 0"]),
        ("1/(exp(x) - exp(y))", ["exp(x) - exp(y) != 0"]),
    ],
)
def test_conditions(text: str, conditions: list[str]) -> None:
    assert [f"{left!r} {sign} {right!r}" for left, sign, right in domain([parse(text)])] == conditions


def test_long_conditions_are_whole() -> None:
    long = " + ".join(f"x{i}**{i}*y" for i in range(1, 60))
    ((left, _, _),) = domain([parse(f"1/({long})"), parse(f"2/({long})")])
    assert left == parse(long)
