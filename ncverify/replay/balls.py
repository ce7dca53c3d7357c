"""Enclosing expressions: values, gradients along directions, and relations that certainly hold or fail.

A ball (``flint.arb``) is a set of reals; ``x > y`` on balls is true only if it holds for all of their points.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from flint import arb, ctx

from ncverify.replay.errors import Rejected
from ncverify.replay.expressions import Compared, Table

LEAST_BITS: Final = 64
MOST_BITS: Final = 1 << 17

Env = Mapping[str, Any]


class Unclear(ArithmeticError):
    """No finite enclosure at this precision, or a comparison that the balls do not decide."""


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Run the block at this working precision."""
    before = ctx.prec
    ctx.prec = bits
    try:
        yield
    finally:
        ctx.prec = before


def read_bits(data: Any) -> int:
    """A working precision that a body proposes."""
    if isinstance(data, bool) or not isinstance(data, int) or not 2 <= data <= MOST_BITS:
        raise Rejected(f"bits is not a whole number from 2 to {MOST_BITS}")
    return max(data, LEAST_BITS)


def values(table: Table, roots: Sequence[int], env: Env) -> dict[int, Any]:
    """Balls around all parts of the roots, for the balls that ``env`` gives the variables.

    Raises ``Unclear`` where a part has no finite enclosure: a result proves that everything is defined.
    """
    out: dict[int, Any] = {}
    order = table.below(list(roots))
    table.spend(len(order), ctx.prec)
    for place in order:
        node = table.nodes[place]
        parts = [out[i] for i in node.parts]
        out[place] = apply(node.head, parts, node.value, env)
        if not out[place].is_finite():
            raise Unclear(f"{node.head} has no finite enclosure")
    return out


def apply(head: str, parts: list[Any], value: Any, env: Env) -> Any:
    """One operation on balls; ``value``: the number, name or exponent of the node."""
    if head == "number":
        return arb(value)
    if head == "symbol":
        if value not in env:
            raise Rejected(f"the symbol {value} has no value")
        return env[value]
    if head == "add":
        return sum(parts[1:], parts[0])
    if head == "mul":
        if len(parts) == 2 and parts[0] is parts[1]:
            return square(parts[0])
        product = parts[0]
        for part in parts[1:]:
            product = product * part
        return product
    if head == "pow":
        return power(parts[0], value)
    if head in ("max", "min"):
        raise Unclear(f"{head} is for rates only")
    return function(head, parts[0])


def square(x: Any) -> Any:
    """{u^2 : u in x}, never below 0."""
    low, top = x.abs_lower(), x.abs_upper()
    if not x.contains(0):
        return x * x if x.is_exact() else (low * low).union(top * top)
    return arb(0).union(top * top).nonnegative_part()


def power(x: Any, exponent: int) -> Any:
    """x^n by repeated squaring (``arb ** n`` may be nan on a ball that meets 0)."""
    result, base, left = arb(1), x if exponent >= 0 else 1 / x, abs(exponent)
    if left and left % 2 == 0:
        base, left = square(base), left // 2
    while left:
        if left & 1:
            result = result * base
        left >>= 1
        if left:
            base = base * base
    return result


def function(name: str, x: Any) -> Any:
    """One of the unary functions."""
    if name == "exp":
        return x.exp()
    if name == "log":
        return x.log()
    if name == "sqrt":
        return x.sqrt()
    if name == "sin":
        return x.sin()
    if name == "cos":
        return x.cos()
    if name == "tan":
        return x.tan()
    if name == "asin":
        return x.asin()
    if name == "acos":
        return x.acos()
    if name == "atan":
        return x.atan()
    if name == "sinh":
        return x.sinh()
    if name == "cosh":
        return x.cosh()
    if name == "tanh":
        return x.tanh()
    if name == "ei" and bool(x > 0):
        return x.ei()
    raise Rejected(f"no evaluation of {name}")


def slope(name: str, x: Any, y: Any) -> Any:
    """The derivative of the function at x, where y is its value."""
    if name == "exp":
        return y
    if name == "log":
        return 1 / x
    if name == "sqrt":
        return 1 / (2 * y)
    if name == "sin":
        return x.cos()
    if name == "cos":
        return -x.sin()
    if name == "tan":
        return 1 + square(y)
    if name == "asin":
        return 1 / (1 - square(x)).sqrt()
    if name == "acos":
        return -1 / (1 - square(x)).sqrt()
    if name == "atan":
        return 1 / (1 + square(x))
    if name == "sinh":
        return x.cosh()
    if name == "cosh":
        return x.sinh()
    if name == "tanh":
        return 1 - square(y)
    if name == "ei":
        return x.exp() / x
    raise Rejected(f"no derivative of {name}")


def gradients(
    table: Table, roots: Sequence[int], env: Env, names: Sequence[str]
) -> tuple[dict[int, Any], dict[int, list[Any]]]:
    """Balls around values and partial derivatives by ``names``, over the whole box ``env``."""
    value = values(table, roots, env)
    table.spend(len(value) * len(names), ctx.prec)
    zero = arb(0)
    out: dict[int, list[Any]] = {}
    for place in value:
        node = table.nodes[place]
        if node.head in ("number", "symbol"):
            out[place] = [arb(1) if node.head == "symbol" and node.value == name else zero for name in names]
            continue
        factors = partials(node.head, [value[i] for i in node.parts], node.value, value[place])
        rows = [(f, out[i]) for f, i in zip(factors, node.parts, strict=True)]
        row = []
        for j in range(len(names)):
            terms = [f * d[j] for f, d in rows if d[j] is not zero]
            row.append(sum(terms[1:], terms[0]) if terms else zero)
        if not all(x.is_finite() for x in row):
            raise Unclear(f"{node.head} has no finite derivative")
        out[place] = row
    return value, out


def partials(head: str, parts: list[Any], exponent: Any, value: Any) -> list[Any]:
    """The derivatives of one operation by its operands."""
    if head == "add":
        return [arb(1)] * len(parts)
    if head == "mul":
        before, after = [arb(1)], [arb(1)]
        for x in parts[:-1]:
            before.append(before[-1] * x)
        for x in reversed(parts[1:]):
            after.append(after[-1] * x)
        return [x * y for x, y in zip(before, reversed(after), strict=True)]
    if head == "pow":
        return [exponent * power(parts[0], exponent - 1)] if exponent else [arb(0)]
    return [slope(head, parts[0], value)]


def certainly(sign: str, x: Any, y: Any) -> bool:
    """Whether ``x sign y`` holds for all points of the balls."""
    if sign == "==":
        return bool((x - y).is_zero())
    if sign == "!=":
        return bool(x < y) or bool(x > y)
    return {"<": bool(x < y), "<=": bool(x <= y), ">": bool(x > y), ">=": bool(x >= y)}[sign]


OPPOSITE: Final = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}


def certainly_holds(table: Table, asked: Compared, env: Env) -> bool:
    """Whether a relation certainly holds in the box."""
    value = values(table, [asked.left, asked.right], env)
    return certainly(asked.sign, value[asked.left], value[asked.right])


def certainly_fails(table: Table, asked: Compared, env: Env) -> bool:
    """Whether both sides are defined in the box and the relation certainly fails there."""
    value = values(table, [asked.left, asked.right], env)
    return certainly(OPPOSITE[asked.sign], value[asked.left], value[asked.right])
