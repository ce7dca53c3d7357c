"""Bodies decided by algebra: ``identity`` and ``nonnegative``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

from flint import arb, fmpq

from ncverify.replay.balls import certainly_holds, values
from ncverify.replay.earned import Earned
from ncverify.replay.errors import Rejected
from ncverify.replay.expressions import (
    Assumed,
    Compared,
    Table,
    read_assumptions,
    read_relation,
)
from ncverify.replay.facts import at_some_precision
from ncverify.replay.identities import equal_everywhere, is_zero
from ncverify.replay.points import read_point
from ncverify.replay.reading import exactly, items, members

PARTIAL: Final = frozenset({"log", "sqrt", "tan", "asin", "acos", "ei"})
"""Functions that are not defined everywhere; so are negative powers."""

_TRIED: Final = 12
_STRICT: Final = {"<=": "<", ">=": ">"}


def check_identity(body: Any) -> Earned:
    """Every pair is equal for all values of the variables at which both sides are defined: ``proved``."""
    members(body, ("kind", "pairs", "assume", "inside"), "the identity")
    table = Table()
    assumed = read_assumptions(table, body["assume"])
    pairs = []
    for pair in items(body["pairs"], "pairs", 1):
        left, right = exactly(pair, 2, "a pair")
        pairs.append((table.read(left, assumed.given), table.read(right, assumed.given)))
    for number, equal in enumerate(equal_everywhere(table, pairs), 1):
        if not equal:
            raise Rejected(f"the sides of identity {number} are not equal")
    sides = [side for pair in pairs for side in pair]
    _not_empty(table, assumed, sides, body["inside"])
    return Earned(
        "proved",
        f"{len(pairs)} identities" if len(pairs) > 1 else "an identity",
        {"kind": "identity", "pairs": body["pairs"], "assume": body["assume"]},
    )


def _not_empty(table: Table, assumed: Assumed, sides: list[int], inside: Any) -> None:
    """The assumptions hold strictly, and the sides are defined, at some point.

    Where nothing but equations is assumed, a few points are tried before one is asked for.
    """
    strict = [_strictly(table, item) for item in assumed.others]
    asked = [item for item in strict if item is not None]
    needed = [*sides, *assumed.given.values()]
    needed += [place for item in asked for place in (item.left, item.right)]
    names = table.symbols(needed)
    if inside == {} and names:
        points = [_simple(names, k) for k in range(_TRIED)] if not asked else []
    else:
        points = [read_point(inside, names)]

    def meets(point: Mapping[str, Any]) -> bool:
        env = {name: arb(value) for name, value in point.items()}
        values(table, needed, env)
        return all(certainly_holds(table, item, env) for item in asked)

    if not any(at_some_precision(256, partial(meets, point)) for point in points):
        raise Rejected("no point inside at which the assumptions hold and both sides are defined")


def _simple(names: Sequence[str], number: int) -> dict[str, Any]:
    """A rational point in which no two values are equal."""
    return {name: fmpq(3 * i + number + 2, 2 * len(names) + 2 * number + 1) for i, name in enumerate(names)}


def _strictly(table: Table, item: Compared) -> Compared | None:
    """An assumption without equality; None for one like x <= x, which says nothing."""
    if item.sign in _STRICT and is_zero(table, table.difference(item.left, item.right)):
        return None
    return Compared(item.left, _STRICT.get(item.sign, item.sign), item.right)


def check_nonnegative(body: Any) -> Earned:
    """left - right is a sum of products of visibly nonnegative factors: ``proved``."""
    members(body, ("kind", "relation", "assume", "parts"), "the inequality")
    table = Table()
    assumed = read_assumptions(table, body["assume"])
    asked = read_relation(table, body["relation"], assumed.given)
    if asked.sign not in (">=", ">"):
        raise Rejected("the inequality is not of the form u >= v or u > v")
    known = [asked.left, asked.right, *assumed.given.values()]
    known += [place for item in assumed.others for place in (item.left, item.right)]
    summands, positive = [], False
    for product in items(body["parts"], "parts", 1):
        factors, strict = [], True
        for factor in items(product, "a product", 1):
            place, sure = _factor(table, assumed, factor)
            factors.append(place)
            strict = strict and sure
        summands.append(factors[0] if len(factors) == 1 else table.node("mul", tuple(factors)))
        positive = positive or strict
    if asked.sign == ">" and not positive:
        raise Rejected("no part of the sum is visibly positive")
    _defined_with(table, known, summands)
    total = summands[0] if len(summands) == 1 else table.node("add", tuple(summands))
    (equal,) = equal_everywhere(table, [(table.difference(asked.left, asked.right), total)])
    if not equal:
        raise Rejected("left - right is not the sum of the parts")
    return Earned(
        "proved",
        f"an inequality, {len(summands)} nonnegative parts",
        {"kind": "nonnegative", "relation": body["relation"], "assume": body["assume"]},
    )


def _factor(table: Table, assumed: Assumed, data: Any) -> tuple[int, bool]:
    """A factor that is visibly >= 0, and whether it is visibly > 0."""
    if isinstance(data, list) and data[:1] == ["assumed"]:
        if len(data) != 2 or isinstance(data[1], bool) or not isinstance(data[1], int):
            raise Rejected("assumed needs the position of an assumption")
        if not 0 <= data[1] < len(assumed.others):
            raise Rejected(f"there is no assumption {data[1]} (without the equations)")
        item = assumed.others[data[1]]
        if item.sign not in ("<", "<=", ">", ">="):
            raise Rejected("this assumption has no sign")
        large, small = (item.left, item.right) if item.sign in (">", ">=") else (item.right, item.left)
        return table.difference(large, small), item.sign in ("<", ">")
    place = table.read(data, assumed.given)
    node = table.nodes[place]
    if node.head == "number" and node.value >= 0:
        return place, bool(node.value > 0)
    if node.head in ("exp", "cosh"):
        return place, True
    if node.head == "pow" and node.value % 2 == 0:
        return place, node.value < 0
    raise Rejected("a factor is not visibly nonnegative")


def _defined_with(table: Table, known: Sequence[int], parts: Sequence[int]) -> None:
    """The parts are defined wherever the relation and the assumptions are."""
    given = set(table.below(list(known)))
    for place in table.below(list(parts)):
        node = table.nodes[place]
        if place not in given and (node.head in PARTIAL or (node.head == "pow" and node.value < 0)):
            raise Rejected("a part of the sum may be undefined where the inequality is not")
