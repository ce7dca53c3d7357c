"""The second checker accepts every cover that the prover finds, and no corruption of one."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from ncverify.book.verdict import Outcome
from ncverify.evidence import bodies
from ncverify.evidence.inequalities import prove_inequality
from ncverify.replay.covers import check_cover
from ncverify.replay.errors import Rejected
from ncverify.theory.parser import parse, parse_relation

sys.path.insert(0, str(Path(__file__).parents[1] / "cover"))

from test_cover import TRUE


def body_of(statement: str, box: dict[str, Any], where: list[str]) -> dict[str, Any]:
    verdict = prove_inequality(statement, box, where=where, budget=3000)
    assert verdict.outcome is Outcome.CERTIFIED
    body = verdict.evidence[0].body
    assert body is not None
    found: dict[str, Any] = json.loads(json.dumps(body))
    return found


@pytest.mark.parametrize(("statement", "box", "where"), TRUE)
def test_every_cover_is_accepted(statement: str, box: dict[str, Any], where: list[str]) -> None:
    assert check_cover(body_of(statement, box, where)).outcome == "certified"


def corruptions(body: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Bodies that claim more than was shown."""
    left, sign, right = body["facts"][0]
    other = deepcopy(body)
    other["facts"][0] = [right, sign, left]
    yield "the statement turned", other
    other = deepcopy(body)
    other["facts"] = other["facts"][:1]
    if len(body["facts"]) > 1:
        yield "the region left out", other
    other = deepcopy(body)
    del other["tree"][-1]
    yield "the last node left out", other
    other = deepcopy(body)
    other["facts"][0][2] = ["add", other["facts"][0][2], ["number", "5"]]
    yield "a larger right side", other


@pytest.mark.parametrize(("statement", "box", "where"), TRUE)
def test_no_corruption_is_accepted(statement: str, box: dict[str, Any], where: list[str]) -> None:
    body = body_of(statement, box, where)
    for what, other in corruptions(body):
        if what == "a larger right side" and statement == "x + y + z > 1":
            other["facts"][0][2] = ["number", "3"]
        if what == "the region left out" and where == ["x >= 1/3"]:
            continue  # the box is that region
        with pytest.raises(Rejected):
            check_cover(other)


def cover(fact: str, leaf: list[Any], *others: str, low: str = "0", high: str = "1") -> dict[str, Any]:
    facts = [bodies.relation(parse_relation(text)) for text in (fact, *others)]
    names = sorted({name for text in (fact, *others) for name in parse_relation(text)[0].free_symbols})
    box = {name: [low, high] for name in names}
    return {"kind": "cover", "box": box, "facts": facts, "tree": [leaf], "bits": 64}


ACCEPTED = [
    cover("exp(x) - 1 - x >= 0", ["contact", "x", "lower", 2, 2, 0]),
    cover("exp(x) - 1 - x > 0", ["contact", "x", "lower", 2, 3, 0], "x <= 0"),
    cover("1 - x >= 0", ["contact", "x", "upper", 1, 1, 0]),
    cover("x**2 + y**2 >= 0", ["convex", {"x": "0", "y": "0"}, "1", 0], low="-1"),
    cover("x**2 + y**2 > 0", ["convex", {"x": "0", "y": "0"}, "1", 0], "x <= 0", low="-1"),
    cover("sqrt(x) >= 0", ["series", 0, 0]),
    cover("x**2 - x + 3/4 > 0", ["series", 2, 0]),
    cover("x - 5 > 0", ["series", 0, 1], "x < 2"),
    cover("(exp(x)-exp(y))*(x-y) >= 0", ["signs", 0], low="-9", high="9"),
    cover("(x**3-y**3)*(y-x) <= 0", ["signs", 0], low="-9", high="9"),
]

REFUSED = [
    cover("exp(x) - 1 - x > 0", ["contact", "x", "lower", 2, 2, 0]),
    cover("exp(x) - 1 - x > 0", ["contact", "x", "lower", 2, 2, 0], "x >= 1/2"),
    cover("exp(x) - 1 - x - x/10**30 >= 0", ["contact", "x", "lower", 2, 2, 0]),
    cover("x - 1 >= 0", ["contact", "x", "upper", 1, 1, 0]),
    cover("exp(x) - 1 - x >= 0", ["contact", "x", "lower", 3, 2, 0]),
    cover("exp(x) - 1 - x >= 0", ["contact", "x", "lower", 2, 99, 0]),
    cover("exp(x) - 1 - x >= 0", ["contact", "y", "lower", 2, 2, 0]),
    cover("x**2 + y**2 > 0", ["convex", {"x": "0", "y": "0"}, "1", 0], low="-1"),
    cover("(x-1/10**30)**2 + y**2 > 0", ["convex", {"x": "0", "y": "0"}, "1", 0], "x <= 0", low="-1"),
    cover("x**2 + y**2 - 1/10**9 >= 0", ["convex", {"x": "0", "y": "0"}, "1", 0], low="-1"),
    cover("x**2 + y**2 >= 0", ["convex", {"x": "0", "y": "0"}, "3", 0], low="-1"),
    cover("x**2 + y**2 >= 0", ["convex", {"x": "0", "y": "0"}, "-1", 0], low="-1"),
    cover("x**2 - y**2 + 2 >= 0", ["convex", {"x": "0", "y": "0"}, "1", 0], low="-1"),
    cover("x**2 + y**2 >= 0", ["convex", {"x": "0", "y": "2"}, "1", 0], low="-1"),
    cover("sqrt(x) >= 0", ["series", 2, 0])
    | {"facts": [bodies.relation((parse("sqrt(x) - 1/10"), ">=", 0))]},
    cover("x**2 - x + 1/5 > 0", ["series", 2, 0]),
    cover("x - 5 > 0", ["series", 0, 2], "x < 2"),
    cover("x - 5 > 0", ["series", 0, -1], "x < 2"),
    cover("x - 5 > 0", ["series", 0], "x < 2"),
    cover("1/x > 0", ["series", 0, 0]),
    cover("(exp(x)-exp(y))*(x-y) > 0", ["signs", 0], low="-9", high="9"),
    cover("(x**2-y**2)*(x-y) >= 0", ["signs", 0], low="-9", high="9"),
    cover("(x**3-y**3)*(y-x) >= 0", ["signs", 0], low="-9", high="9"),
    cover("(x-y)*(x-y)*(x-y) >= 0", ["signs", 0], low="-9", high="9"),
    cover("(cosh(x)-cosh(y))*(x-y) >= 0", ["signs", 0], low="-9", high="9"),
    cover("x*exp(y) >= 0", ["signs", 0], low="-9", high="9"),
]


@pytest.mark.parametrize("body", ACCEPTED)
def test_leaves_that_show_their_fact(body: dict[str, Any]) -> None:
    assert check_cover(body).outcome == "certified"


@pytest.mark.parametrize("body", REFUSED)
def test_leaves_that_do_not(body: dict[str, Any]) -> None:
    with pytest.raises(Rejected):
        check_cover(body)


def test_a_face_must_show_the_first_fact() -> None:
    """x > 0 where x is lowest is not shown by another fact that holds on the face only."""
    body = cover("x > 0", ["series", 0, 1], "x <= 0")
    body["tree"] = [["lower", "x"], ["series", 0, 1]]
    with pytest.raises(Rejected):
        check_cover(body)
    body["tree"] = [["lower", "x"], ["direct"]]
    with pytest.raises(Rejected):
        check_cover(body)
