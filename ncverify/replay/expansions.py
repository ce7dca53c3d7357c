"""Taylor coefficients and ranges of expressions, in rational numbers as long as they last, then in balls.

The coefficients of a function of a series u are those of the function at u(0), which FLINT knows,
put together by Horner's rule in u - u(0).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from flint import arb, arb_series, ctx, fmpq, fmpq_series

from ncverify.replay.balls import Unclear
from ncverify.replay.errors import Rejected
from ncverify.replay.expressions import Node, Table

Number = Any
"""``fmpq`` where the value is known exactly, else ``arb``."""
Series = list[Number]
Range = tuple[Number, Number]

ZERO: Final = fmpq(0)
ONE: Final = fmpq(1)
_LONGEST: Final = 4096
_RISING: Final = ("exp", "log", "sqrt", "asin", "atan", "sinh", "tanh")
_EXACT_AT_ZERO: Final = ("exp", "sin", "cos", "tan", "asin", "atan", "sinh", "cosh", "tanh")


def times(x: Number, y: Number) -> Number:
    """x y, exactly 0 if one of them is."""
    if (isinstance(x, fmpq) and x == 0) or (isinstance(y, fmpq) and y == 0):
        return ZERO
    product = x * y
    if isinstance(product, fmpq) and max(abs(product.p).bit_length(), product.q.bit_length()) > _LONGEST:
        return arb(product)
    return product


def ball(low: Any, high: Any) -> Number:
    """The number, or a ball around the interval."""
    return fmpq(low) if low == high else arb(arb((low + high) / 2), arb((high - low) / 2))


# Taylor coefficients.


def expand(
    table: Table, root: int, base: Mapping[str, Number], direction: Mapping[str, Number], length: int
) -> Series:
    """The first coefficients in t of f(base + t direction), for all points of these balls.

    Raises ``Unclear`` unless everything in f is finite there, and smooth if ``length`` > 1.
    """
    out: dict[int, Series] = {}
    for place in table.below([root]):
        node = table.nodes[place]
        out[place] = _expand(node, [out[i] for i in node.parts], base, direction, length)
        if not all(isinstance(x, fmpq) or x.is_finite() for x in out[place]):
            raise Unclear(f"{node.head} has no finite expansion")
    return out[root]


def _expand(
    node: Node, parts: list[Series], base: Mapping[str, Number], direction: Mapping[str, Number], length: int
) -> Series:
    if node.head == "number":
        return _padded([node.value], length)
    if node.head == "symbol":
        return _padded([base[node.value], direction[node.value]], length)
    if node.head == "add":
        return [sum(column[1:], column[0]) for column in zip(*parts, strict=True)]
    if node.head == "mul":
        product = parts[0]
        for part in parts[1:]:
            product = _product(product, part)
        return product
    if node.head == "pow":
        return _whole_power(parts[0], node.value)
    return _compose(_outer(node.head, parts[0][0], length), parts[0])


def _padded(series: Series, length: int) -> Series:
    return [*series, *[ZERO] * length][:length]


def _product(u: Series, v: Series) -> Series:
    out = []
    for k in range(len(u)):
        terms = [times(u[i], v[k - i]) for i in range(k + 1)]
        out.append(sum(terms[1:], terms[0]))
    return out


def _whole_power(u: Series, exponent: int) -> Series:
    result, square, left = _padded([ONE], len(u)), u, abs(exponent)
    while left:
        if left & 1:
            result = _product(result, square)
        left >>= 1
        if left:
            square = _product(square, square)
    return result if exponent >= 0 else _compose(_outer("inverse", result[0], len(u)), result)


def _compose(outer: Series, u: Series) -> Series:
    inner = [ZERO, *u[1:]]
    out = _padded([outer[-1]], len(u))
    for coefficient in reversed(outer[:-1]):
        out = _product(out, inner)
        out[0] = out[0] + coefficient
    return out


def _outer(head: str, at: Number, length: int) -> Series:
    """The coefficients of a function at a number."""
    with _cap(length):
        if isinstance(at, fmpq):
            exact = _outer_exactly(head, at, length)
            if exact is not None:
                return [exact[k] for k in range(length)]
            at = arb(at)
        if length == 1 and head != "inverse":
            return [getattr(at, head)()]
        _require_smooth(head, at)
        if head in ("inverse", "log", "sqrt"):
            return _outer_power(head, at, length)
        if head in ("asin", "acos", "atan"):
            series = getattr(arb_series([at, 1]), head)()
            return [arb(series[k]) for k in range(length)]
        return _outer_periodic(head, at, length)


def _outer_power(head: str, at: Any, length: int) -> Series:
    """1/u, log u and sqrt u: their coefficients are multiples of powers of 1/u, or of 1/sqrt(u)."""
    if head == "sqrt":
        root = at.sqrt()
        out, power, factor = [root], 1 / root, ONE
        for k in range(1, length):
            factor = factor * (fmpq(3, 2) - k) / k
            out.append(factor * power)
            power = power / at
        return out
    inverses = [1 / at]
    for _ in range(1, length):
        inverses.append(inverses[-1] / at)
    if head == "inverse":
        return [(-1) ** k * x for k, x in enumerate(inverses)]
    return [at.log(), *(-((-1) ** k) * inverses[k - 1] / k for k in range(1, length))]


def _outer_periodic(head: str, at: Any, length: int) -> Series:
    """exp and its kind: the derivatives come again."""
    cycles = {
        "exp": [at.exp()],
        "sin": [at.sin(), at.cos(), -at.sin(), -at.cos()],
        "cos": [at.cos(), -at.sin(), -at.cos(), at.sin()],
        "sinh": [at.sinh(), at.cosh()],
        "cosh": [at.cosh(), at.sinh()],
    }
    if head in ("tan", "tanh"):
        over, under = ("sin", "cos") if head == "tan" else ("sinh", "cosh")
        quotient = arb_series(_outer_periodic(over, at, length)) / arb_series(
            _outer_periodic(under, at, length)
        )
        return [arb(quotient[k]) for k in range(length)]
    cycle, factorial, out = cycles[head], fmpq(1), []
    for k in range(length):
        factorial = factorial * max(k, 1)
        out.append(cycle[k % len(cycle)] / factorial)
    return out


def _outer_exactly(head: str, at: Any, length: int) -> Any:
    if head == "inverse" and at != 0:
        return [(-1) ** k / at ** (k + 1) for k in range(length)]
    if head in _EXACT_AT_ZERO and at == 0:
        return getattr(fmpq_series([0, 1]), head)()
    if head == "log" and at == 1:
        return fmpq_series([1, 1]).log()
    if head == "sqrt" and at > 0:
        root = fmpq(at.p.isqrt(), at.q.isqrt())
        if root * root == at:
            series = fmpq_series([1, 1]).sqrt()
            return [root * series[k] / at**k for k in range(length)]
    return None


def _require_smooth(head: str, at: Any) -> None:
    smooth = {
        "inverse": bool(at > 0) or bool(at < 0),
        "log": bool(at > 0),
        "sqrt": bool(at > 0),
        "asin": bool(abs(at) < 1),
        "acos": bool(abs(at) < 1),
        "tan": bool(at.cos() > 0) or bool(at.cos() < 0),
        "tanh": bool(at.cosh() > 0),
    }
    if not smooth.get(head, True):
        raise Unclear(f"{head} may not be smooth")


@contextmanager
def _cap(length: int) -> Iterator[None]:
    before = ctx.cap
    ctx.cap = length
    try:
        yield
    finally:
        ctx.cap = before


# Ranges.


def ranges(table: Table, root: int, box: Mapping[str, tuple[Any, Any]]) -> dict[int, Range]:
    """For every part of f two numbers between which it lies all over the box; raises ``Unclear``."""
    out: dict[int, Range] = {}
    for place in table.below([root]):
        node = table.nodes[place]
        low, high = _range(node, [out[i] for i in node.parts], box)
        out[place] = _down(low), -_down(-high)
    return out


def _down(x: Number) -> Number:
    if isinstance(x, fmpq):
        return x if max(abs(x.p).bit_length(), x.q.bit_length()) <= _LONGEST else arb(x).lower()
    if not x.is_finite():
        raise Unclear("no finite range")
    return x.lower()


def _range(node: Node, parts: list[Range], box: Mapping[str, tuple[Any, Any]]) -> Range:
    if node.head == "number":
        return node.value, node.value
    if node.head == "symbol":
        return box[node.value]
    if node.head == "add":
        lows, highs = zip(*parts, strict=True)
        return sum(lows[1:], lows[0]), sum(highs[1:], highs[0])
    if node.head == "mul":
        product: Range = (ONE, ONE)
        for place in dict.fromkeys(node.parts):
            factor = _power_range(parts[node.parts.index(place)], node.parts.count(place))
            corners = [times(x, y) for x in product for y in factor]
            product = _down(_lowest(corners)), -_down(_lowest([-x for x in corners]))
        return product
    if node.head == "pow":
        low, high = _power_range(parts[0], abs(node.value))
        if node.value >= 0:
            return low, high
        if not (low > 0 or high < 0):
            raise Unclear("a denominator may vanish")
        return 1 / high, 1 / low
    return _function_range(node.head, *parts[0])


def _lowest(values: list[Number]) -> Number:
    if all(isinstance(x, fmpq) for x in values):
        return min(values)
    lowest = arb(values[0])
    for x in values[1:]:
        lowest = lowest.min(arb(x))
    return lowest


def _power_range(x: Range, n: int) -> Range:
    low, high = x
    if n % 2 == 0 and low < 0:
        low, high = (-high, -low) if high <= 0 else (ZERO, -_down(_lowest([low, -high])))
    return _times_itself(low, n), _times_itself(high, n)


def _times_itself(x: Number, n: int) -> Number:
    result, square = ONE, x
    while n:
        if n & 1:
            result = times(result, square)
        n >>= 1
        if n:
            square = times(square, square)
    return result


def _function_range(head: str, low: Number, high: Number) -> Range:
    if head in ("log", "sqrt") and not (low > 0 or (head == "sqrt" and low >= 0)):
        raise Unclear(f"{head} may be undefined")
    if head in ("asin", "acos") and not (low >= -1 and high <= 1):
        raise Unclear(f"{head} may be undefined")
    if head in _RISING:
        return _outer(head, low, 1)[0], _outer(head, high, 1)[0]
    if head == "acos":
        return _outer(head, high, 1)[0], _outer(head, low, 1)[0]
    if head == "cosh":
        low, high = _power_range((low, high), 2)
        return _outer(head, _root(low), 1)[0], _outer(head, _root(high), 1)[0]
    if isinstance(low, fmpq) and isinstance(high, fmpq) and low == high:
        value = _outer(head, low, 1)[0]
        return value, value
    if head not in ("sin", "cos", "tan"):
        raise Rejected(f"no range of {head}")
    value = getattr(arb(low).union(arb(high)), head)()
    if head == "tan":
        return value, value
    low, high = value.lower(), value.upper()
    return low if low > -1 else -ONE, high if high < 1 else ONE


def _root(x: Number) -> Number:
    return _outer("sqrt", x, 1)[0]
