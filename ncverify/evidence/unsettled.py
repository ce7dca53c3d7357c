"""Why a cover of an inequality was not found, and what would help: advice, no evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import combinations

from ncverify.cover.jets import Box
from ncverify.theory.balls import Undefined, certainly_le, enclose, to_arb
from ncverify.theory.expr import Expr, Fn, Pow, Symbol, postorder

_NEAR_ZERO = Fraction(1, 10**6)
_ZERO = Fraction(1, 10**60)
_BITS = 256
_TRIED = 3


def undefined_part(expr: Expr, point: Mapping[str, Fraction]) -> str:
    """Which part has no value at an exact point, and what leaves the point out."""
    for node in postorder(expr):
        wanted = _wanted(node)
        if wanted is None:
            continue
        argument, sign = wanted
        try:
            value = enclose(argument, point, _BITS)
        except Undefined:
            continue
        fails = {">": not value > 0, ">=": bool(value < 0), "!=": value.contains(0)}[sign]
        if fails:
            condition = f"{argument!r} > 0" if sign == "!=" else f"{argument!r} {sign} 0"
            return f"{node!r} has no value there: shrink the box, or add the condition {condition}"
    return "shrink the box"


def _wanted(node: Expr) -> tuple[Expr, str] | None:
    """The argument and what it must satisfy against 0."""
    if isinstance(node, Fn) and node.name in ("log", "sqrt"):
        return node.arg, ">" if node.name == "log" else ">="
    if isinstance(node, Pow) and node.exponent < 0:
        return node.base, "!="
    return None


def contact(left: Expr, right: Expr, names: Sequence[str], boxes: Sequence[Box]) -> str:
    """Where the sides are equal or nearly so, and what helps; empty if they are not seen to touch.

    ``boxes``: what is left of the region.  Looked at numerically: the lines x = y, x = -y and x + y = 1 for
    each two variables, then the middles of the boxes.
    """
    for x, y in combinations(names, 2):
        for slope, start in ((1, 0), (-1, 0), (-1, 1)):
            line = start + slope * Symbol(x)
            if _equal_along(left - right, names, boxes, x, y, slope, start):
                return (
                    f"the sides are equal to 60 digits along {y} = {line!r}, and no ball shows a part that "
                    f"meets this curve; {_HELP}, or leave a neighbourhood out with the condition "
                    f"{Symbol(y) - line!r} >= 1/100, and again with {line - Symbol(y)!r} >= 1/100"
                )
    near = [point for box in boxes if (point := _touching(left, right, names, box)) is not None]
    if not near:
        return ""
    return f"the sides touch or nearly touch, e.g. at {near[0]}; {_HELP}, or leave a neighbourhood out"


_HELP = (
    "prove a statement with a margin, write the difference as a sum of squares or of products like "
    "(u - v)*(exp(u) - exp(v)), which is seen at once"
)


def _equal_along(
    gap: Expr, names: Sequence[str], boxes: Sequence[Box], x: str, y: str, slope: int, start: int
) -> bool:
    """The gap is 0 to 60 digits at some points of the boxes on the line y = start + slope x."""
    tried = 0
    for box in boxes:
        point = {name: (low + high) / 2 for name, (low, high) in zip(names, box, strict=True)}
        point[y] = start + slope * point[x]
        low, high = box[names.index(y)]
        if not low <= point[y] <= high:
            continue
        try:
            value = abs(enclose(gap, point, _BITS))
        except Undefined:
            continue
        if not certainly_le(value, to_arb(_ZERO)):
            return False
        tried += 1
        if tried == _TRIED:
            return True
    return False


def _touching(left: Expr, right: Expr, names: Sequence[str], box: Box) -> str | None:
    middle = {name: (low + high) / 2 for name, (low, high) in zip(names, box, strict=True)}
    try:
        gap = abs(enclose(left - right, middle, _BITS))
    except Undefined:
        return None
    if not certainly_le(gap, to_arb(_NEAR_ZERO)):
        return None
    return ", ".join(f"{name} = {float(x):.6g}" for name, x in middle.items())
