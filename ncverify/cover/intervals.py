"""Intervals with exact ends: what an expression takes on a box, as narrow as its form allows.

Ends are rational where they can be, else exact binary numbers rounded outwards.  Every result contains all
values of the operation; ``Undefined`` is raised where one may not exist.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from flint import arb, fmpq

from ncverify.cover.numbers import ONE, ZERO, Number, function, multiply, short, to_ball
from ncverify.theory.balls import Undefined, precision
from ncverify.theory.expr import Add, Expr, Fn, Mul, Pow, Symbol, postorder
from ncverify.theory.expr import Number as Constant

Interval: TypeAlias = "tuple[Number, Number]"

_INCREASING = ("exp", "log", "sqrt", "asin", "atan", "sinh", "tanh")


def enclose_parts(
    exprs: Sequence[Expr], box: Mapping[str, tuple[fmpq, fmpq]], bits: int
) -> dict[Expr, Interval]:
    """Intervals for every part of the expressions, over a box of rational intervals."""
    values: dict[Expr, Interval] = {}
    with precision(bits):
        for node in postorder(*exprs):
            values[node] = _outwards(*_value(node, values, box))
    return values


def _outwards(low: Number, high: Number) -> Interval:
    low, high = short(low), short(high)
    if isinstance(low, arb):
        low = low.lower()
    if isinstance(high, arb):
        high = high.upper()
    if any(isinstance(end, arb) and not end.is_finite() for end in (low, high)):
        raise Undefined("an interval without finite ends")
    return low, high


def _value(node: Expr, values: Mapping[Expr, Interval], box: Mapping[str, Interval]) -> Interval:
    match node:
        case Constant():
            q = fmpq(node.value.numerator, node.value.denominator)
            return q, q
        case Symbol():
            return box[node.name]
        case Add():
            total: Interval = (ZERO, ZERO)
            for arg in node.args:
                total = _outwards(total[0] + values[arg][0], total[1] + values[arg][1])
            return total
        case Mul():
            product: Interval = (ONE, ONE)
            for arg, count in Counter(node.args).items():
                product = _outwards(*_times(product, _power(values[arg], count)))
            return product
        case Pow():
            power = _outwards(*_power(values[node.base], abs(node.exponent)))
            return power if node.exponent >= 0 else _inverse(power)
        case Fn():
            return _function(node.name, values[node.arg])
    raise TypeError(f"no evaluation rule for {type(node).__name__}")


def _times(x: Interval, y: Interval) -> Interval:
    products = [multiply(a, b) for a in x for b in y]
    return least(products), greatest(products)


def least(values: Sequence[Number]) -> Number:
    """A number at most every one of the values."""
    if all(isinstance(x, fmpq) for x in values):
        return min(values)
    low = to_ball(values[0])
    for x in values[1:]:
        low = low.min(to_ball(x))
    return low


def greatest(values: Sequence[Number]) -> Number:
    """A number at least every one of the values."""
    return -least([-x for x in values])


def _power(x: Interval, n: int) -> Interval:
    if n == 1:
        return x
    low, high = x
    if n % 2:
        return _pow(low, n), _pow(high, n)
    if low >= 0:
        return _pow(low, n), _pow(high, n)
    if high <= 0:
        return _pow(high, n), _pow(low, n)
    return ZERO, _pow(greatest([-low, high]), n)


def _pow(x: Number, n: int) -> Number:
    result: Number = ONE
    square, left = x, n
    while left:
        if left & 1:
            result = multiply(result, square)
        left >>= 1
        if left:
            square = multiply(square, square)
    return result


def _inverse(x: Interval) -> Interval:
    low, high = x
    if not (low > 0 or high < 0):
        raise Undefined("a denominator may vanish")
    return 1 / high, 1 / low


def _function(name: str, x: Interval) -> Interval:
    low, high = x
    if name in _INCREASING:
        if (name == "log" and not low > 0) or (name == "sqrt" and not low >= 0):
            raise Undefined(f"{name} may be undefined")
        if name == "asin" and not (low >= -1 and high <= 1):
            raise Undefined(f"{name} may be undefined")
        return function(name, low), function(name, high)
    if name == "acos":
        if not (low >= -1 and high <= 1):
            raise Undefined(f"{name} may be undefined")
        return function(name, high), function(name, low)
    if name == "cosh":
        if low >= 0:
            return function(name, low), function(name, high)
        if high <= 0:
            return function(name, high), function(name, low)
        return ONE, function(name, greatest([-low, high]))
    if low is high or (low == high and isinstance(low, fmpq) and isinstance(high, fmpq)):
        value = function(name, low)
        return value, value
    value = to_ball(function(name, to_ball(low).union(to_ball(high))))
    if name == "tan":
        return value, value
    # sin and cos
    return greatest([value.lower(), -ONE]), least([value.upper(), ONE])
