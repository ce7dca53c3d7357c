"""Second derivatives over a box, by forward differentiation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flint import arb

from ncverify.replay.balls import Env, Unclear, gradients, partials, power, slope, square
from ncverify.replay.errors import Rejected
from ncverify.replay.expressions import Table

Matrix = list[list[Any]]


def second_order(table: Table, root: int, env: Env, names: Sequence[str]) -> Matrix:
    """Balls around the second partial derivatives of one expression over the box ``env``."""
    value, first = gradients(table, [root], env, names)
    n = range(len(names))
    zero = [[arb(0) for _ in n] for _ in n]
    out: dict[int, Matrix] = {}
    for place in table.below([root]):
        node = table.nodes[place]
        parts = list(node.parts)
        if node.head in ("number", "symbol"):
            out[place] = zero
        elif node.head == "add":
            out[place] = [[sum((out[p][i][j] for p in parts), arb(0)) for j in n] for i in n]
        elif node.head == "mul":
            out[place] = _product(parts, value, first, out, len(names))
        else:
            x = value[parts[0]]
            (one,) = partials(node.head, [x], node.value, value[place])
            two = _second(node.head, x, value[place], one, node.value)
            d, h = first[parts[0]], out[parts[0]]
            out[place] = [[two * d[i] * d[j] + one * h[i][j] for j in n] for i in n]
        if not all(entry.is_finite() for row in out[place] for entry in row):
            raise Unclear(f"{node.head} has no finite second derivative")
    return out[root]


def _product(parts: list[int], value: Any, first: Any, out: dict[int, Matrix], size: int) -> Matrix:
    n = range(size)
    u, du, hu = value[parts[0]], first[parts[0]], out[parts[0]]
    for p in parts[1:]:
        v, dv, hv = value[p], first[p], out[p]
        hu = [[u * hv[i][j] + v * hu[i][j] + du[i] * dv[j] + du[j] * dv[i] for j in n] for i in n]
        du = [u * dv[i] + v * du[i] for i in n]
        u = u * v
    return hu


def _second(head: str, x: Any, y: Any, one: Any, exponent: Any) -> Any:
    """The second derivative of an operation at x: y is its value, ``one`` its derivative."""
    if head == "pow":
        return exponent * (exponent - 1) * power(x, exponent - 2) if exponent not in (0, 1) else arb(0)
    if head in ("exp", "sinh", "cosh"):
        return y
    if head in ("sin", "cos"):
        return -y
    if head == "log":
        return -square(1 / x)
    if head == "sqrt":
        return -one / (2 * x)
    if head in ("tan", "tanh"):
        return (2 if head == "tan" else -2) * y * one
    if head in ("asin", "acos", "atan"):
        inner = slope("atan", x, y) if head == "atan" else 1 / (1 - square(x))
        return one * x * inner * (-2 if head == "atan" else 1)
    raise Rejected(f"no second derivative of {head}")
