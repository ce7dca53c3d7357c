"""Bodies about one exact point: ``witness``, ``point`` and ``rate``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from flint import arb, fmpq

from ncverify.replay.balls import (
    OPPOSITE,
    Env,
    Unclear,
    apply,
    certainly_fails,
    certainly_holds,
    partials,
    read_bits,
    values,
)
from ncverify.replay.earned import Earned
from ncverify.replay.errors import Rejected
from ncverify.replay.expansions import ranges
from ncverify.replay.expressions import (
    Compared,
    Table,
    rational,
    read_assumptions,
    read_relation,
    symbol,
)
from ncverify.replay.facts import Fact, at_some_precision, holds, read_facts, roots
from ncverify.replay.reading import members

_SIGNS = ("+", "-")


def read_point(data: Any, names: Sequence[str]) -> dict[str, Any]:
    """An exact rational value for each of these variables, and for no others."""
    if not isinstance(data, dict):
        raise Rejected("a point is not an object")
    if sorted(data) != sorted(names):
        wrong = sorted(set(data) ^ set(names))[0]
        raise Rejected(f"the point must give a value to each variable and to nothing else: {wrong[:60]}")
    return {symbol(name): rational(value, f"the value of {name[:60]}") for name, value in data.items()}


def _env(point: Mapping[str, Any]) -> Env:
    return {name: arb(value) for name, value in point.items()}


def check_witness(body: Any) -> Earned:
    """The relation fails at the point, which meets the assumptions: ``refuted``."""
    members(body, ("kind", "relation", "assume", "at", "bits"), "the witness")
    table = Table()
    assumed = read_assumptions(table, body["assume"])
    asked = read_relation(table, body["relation"], assumed.given)
    needed = [asked.left, asked.right, *assumed.given.values()]
    needed += [place for item in assumed.others for place in (item.left, item.right)]
    point = read_point(body["at"], table.symbols(needed))

    def fails() -> bool:
        env = _env(point)
        values(table, needed, env)
        return all(
            certainly_holds(table, item, env) or _by_ranges(table, item, item.sign, point)
            for item in assumed.others
        ) and (certainly_fails(table, asked, env) or _by_ranges(table, asked, OPPOSITE[asked.sign], point))

    if not at_some_precision(read_bits(body["bits"]), fails):
        raise Rejected("the relation does not certainly fail at the witness")
    return Earned(
        "refuted",
        "the relation fails at the witness",
        {"kind": "witness", "relation": body["relation"], "assume": body["assume"]},
    )


def _by_ranges(table: Table, asked: Compared, sign: str, point: Mapping[str, Any]) -> bool:
    """Whether left - right has this sign to 0, seen by numbers that stay rational where they can."""
    root = table.difference(asked.left, asked.right)
    try:
        low, high = ranges(table, root, {name: (value, value) for name, value in point.items()})[root]
    except Unclear:
        return False
    return {
        "<": bool(high < 0),
        "<=": bool(high <= 0),
        ">": bool(low > 0),
        ">=": bool(low >= 0),
        "==": bool(low >= 0) and bool(high <= 0),
        "!=": bool(low > 0) or bool(high < 0),
    }[sign]


def _holds_at(table: Table, fact: Fact, point: Mapping[str, Any]) -> bool:
    return holds(table, fact, _env(point))


def check_point(body: Any) -> Earned:
    """All facts hold at the point: ``certified``."""
    members(body, ("kind", "facts", "at", "bits"), "the point")
    table = Table()
    facts = read_facts(table, body["facts"])
    point = read_point(body["at"], table.symbols([place for fact in facts for place in roots(fact)]))
    bits = read_bits(body["bits"])
    for number, fact in enumerate(facts, 1):
        if not at_some_precision(bits, partial(_holds_at, table, fact, point)):
            raise Rejected(f"fact {number} does not certainly hold at the point")
    return Earned(
        "certified",
        f"{len(facts)} facts at an exact point",
        {"kind": "point", "facts": body["facts"], "at": body["at"]},
    )


def check_rate(body: Any) -> Earned:
    """The derivative of the quantity to the right, along the flow, has the sign.

    ``certified`` if it is the sign that the claim says, ``refuted`` if it is the other one.
    """
    members(body, ("kind", "quantity", "along", "at", "sign", "claimed", "bits"), "the rate")
    table = Table(extremes=True)
    root = table.read(body["quantity"])
    if not isinstance(body["along"], dict) or body["sign"] not in _SIGNS or body["claimed"] not in _SIGNS:
        raise Rejected("a rate needs velocities along, and signs + or -")
    along = {symbol(name): table.read(form) for name, form in body["along"].items()}
    if not set(table.symbols([root, *along.values()])) <= set(along):
        raise Rejected("a variable of the rate has no velocity")
    if table.heads(list(along.values())) & {"max", "min"}:
        raise Rejected("max and min stand in the quantity only")
    point = read_point(body["at"], sorted(along))

    def moves() -> bool:
        env = _env(point)
        speeds = values(table, list(along.values()), env)
        rate = right_derivative(table, root, point, {name: speeds[place] for name, place in along.items()})
        return bool(rate > 0) if body["sign"] == "+" else bool(rate < 0)

    if not at_some_precision(read_bits(body["bits"]), moves):
        raise Rejected("the rate does not certainly have the stated sign")
    return Earned(
        "certified" if body["sign"] == body["claimed"] else "refuted",
        f"the quantity {'grows' if body['sign'] == '+' else 'falls'} at an exact start",
        {key: value for key, value in body.items() if key != "bits"},
    )


def right_derivative(table: Table, root: int, point: Mapping[str, Any], speeds: Mapping[str, Any]) -> Any:
    """A ball around the derivative to the right of an expression with max and min.

    The derivative to the right of a maximum is the largest of those of the operands that attain it.  Which
    ones do is decided exactly where operands are rational at the point, and by disjoint balls elsewhere.
    """
    exact: dict[int, Any] = {}
    value: dict[int, Any] = {}
    slope: dict[int, Any] = {}
    for place in table.below([root]):
        node = table.nodes[place]
        if node.head in ("number", "symbol"):
            exact[place] = node.value if node.head == "number" else point[node.value]
            value[place] = arb(exact[place])
            slope[place] = arb(0) if node.head == "number" else speeds[node.value]
            continue
        parts = list(node.parts)
        if node.head in ("max", "min"):
            sign = 1 if node.head == "max" else -1
            chosen = _extreme(parts, exact, value, sign)
            if chosen[0] in exact:
                exact[place] = exact[chosen[0]]
            value[place] = value[chosen[0]]
            best = sign * slope[chosen[0]]
            for other in chosen[1:]:
                best = best.max(sign * slope[other])
            slope[place] = sign * best
            continue
        if all(part in exact for part in parts):
            known = _exact(node.head, [exact[part] for part in parts], node.value)
            if known is not None:
                exact[place] = known
        if place in exact:
            value[place] = arb(exact[place])
        else:
            value[place] = apply(node.head, [value[part] for part in parts], node.value, {})
        factors = partials(node.head, [value[part] for part in parts], node.value, value[place])
        terms = [factor * slope[part] for factor, part in zip(factors, parts, strict=True)]
        slope[place] = sum(terms[1:], terms[0])
        if not (value[place].is_finite() and slope[place].is_finite()):
            raise Unclear("the quantity has no finite rate")
    return slope[root]


def _extreme(parts: list[int], exact: Mapping[int, Any], value: Mapping[int, Any], sign: int) -> list[int]:
    if all(part in exact for part in parts):
        best = max(sign * exact[part] for part in parts)
        return [part for part in parts if sign * exact[part] == best]
    for part in parts:
        if all(other == part or bool(sign * value[part] > sign * value[other]) for other in parts):
            return [part]
    raise Unclear("the balls do not say which operand is the extreme one")


def _exact(head: str, parts: list[Any], exponent: Any) -> Any:
    if head == "add":
        return sum(parts[1:], parts[0])
    if head == "mul":
        product = parts[0]
        for part in parts[1:]:
            product = product * part
        return product
    if head == "pow" and abs(exponent) <= 64 and (exponent >= 0 or parts[0] != 0):
        return fmpq(parts[0]) ** exponent
    return None
