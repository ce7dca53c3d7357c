"""Expressions over boxes: their values, and their Taylor coefficients along directions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import isfinite
from typing import TypeAlias

from flint import arb, fmpq

from ncverify.cover.intervals import Interval, enclose_parts
from ncverify.cover.numbers import ONE, ZERO, Number, add, divide, function, multiply, to_ball
from ncverify.theory.balls import Undefined, precision, to_arb
from ncverify.theory.expr import Add, Expr, Fn, Mul, Pow, Symbol, postorder
from ncverify.theory.expr import Number as Constant

Box: TypeAlias = tuple[tuple[Fraction, Fraction], ...]
"""Closed intervals [low, high], one for each variable."""

Series: TypeAlias = "list[Number]"


def span(low: Fraction, high: Fraction) -> Number:
    """The number itself, or a ball that contains [low, high]."""
    if low == high:
        return rational(low)
    return arb(to_arb((low + high) / 2), to_arb((high - low) / 2))


def rational(x: Fraction) -> fmpq:
    """The same number for FLINT."""
    return fmpq(x.numerator, x.denominator)


class Jets:
    """One expression in named variables, ready to be enclosed.

    Every method raises ``Undefined`` unless every part of the expression is finite all over the box, and
    smooth where coefficients beyond the first are asked for.  Cost: one operation on numbers, or on
    series of this length, for each distinct node.
    """

    def __init__(self, expr: Expr, names: Sequence[str]) -> None:
        self.expr = expr
        self.names = tuple(names)
        self._nodes = tuple(postorder(expr))

    def parts(self, box: Box, bits: int) -> dict[Expr, Interval]:
        """Intervals with exact ends for every part of the expression."""
        ends = {
            name: (rational(low), rational(high)) for name, (low, high) in zip(self.names, box, strict=True)
        }
        return enclose_parts([self.expr], ends, bits)

    def value(self, box: Box, bits: int) -> Interval:
        """An interval that contains the values of the expression."""
        return self.parts(box, bits)[self.expr]

    def series(self, base: Box, direction: Sequence[Number], length: int, bits: int) -> Series:
        """The first coefficients in t of f(p + t d), for all p in ``base`` and d in ``direction``."""
        with precision(bits):
            point = {
                name: [span(*ends), d, *[ZERO] * length][:length]
                for name, ends, d in zip(self.names, base, direction, strict=True)
            }
            values: dict[Expr, Series] = {}
            for node in self._nodes:
                values[node] = _series(node, values, point, length)
                for x in values[node]:
                    if isinstance(x, arb) and not x.is_finite():
                        raise Undefined(f"{node!r} has no finite enclosure")
            return values[self.expr]


def _series(node: Expr, values: Mapping[Expr, Series], point: Mapping[str, Series], length: int) -> Series:
    match node:
        case Constant():
            return [rational(node.value), *[ZERO] * (length - 1)]
        case Symbol():
            return point[node.name]
        case Add():
            total = values[node.args[0]]
            for arg in node.args[1:]:
                total = [add(x, y) for x, y in zip(total, values[arg], strict=True)]
            return total
        case Mul():
            product = values[node.args[0]]
            for arg in node.args[1:]:
                product = _times(product, values[arg])
            return product
        case Pow():
            return _power(values[node.base], node.exponent)
        case Fn():
            return _function(node.name, values[node.arg])
    raise TypeError(f"no evaluation rule for {type(node).__name__}")


def _times(u: Series, v: Series) -> Series:
    product = []
    for k in range(len(u)):
        total: Number = ZERO
        for i in range(k + 1):
            if u[i] is not ZERO and v[k - i] is not ZERO:
                total = add(total, multiply(u[i], v[k - i]))
        product.append(total)
    return product


def _over(u: Series, v: Series) -> Series:
    """u / v, coefficient by coefficient; the first of v must not vanish."""
    quotient: Series = []
    for k in range(len(u)):
        rest = u[k]
        for i in range(k):
            rest = add(rest, -multiply(quotient[i], v[k - i]))
        quotient.append(divide(rest, v[0]))
    return quotient


def _constant(value: Number, length: int) -> Series:
    return [value, *[ZERO] * (length - 1)]


def _power(u: Series, exponent: int) -> Series:
    result, square, left = _constant(ONE, len(u)), u, abs(exponent)
    while left:
        if left & 1:
            result = _times(result, square)
        left >>= 1
        if left:
            square = _times(square, square)
    return result if exponent >= 0 else _over(_constant(ONE, len(u)), result)


def _integral(first: Number, slope: Series, length: int) -> Series:
    return [first, *(divide(slope[k - 1], fmpq(k)) for k in range(1, length))]


def _slope(u: Series) -> Series:
    return [*(multiply(fmpq(k), u[k]) for k in range(1, len(u))), ZERO]


def _exp(u: Series) -> Series:
    rate = _slope(u)
    out = [function("exp", u[0])]
    for k in range(1, len(u)):
        total: Number = ZERO
        for i in range(k):
            total = add(total, multiply(rate[i], out[k - 1 - i]))
        out.append(divide(total, fmpq(k)))
    return out


def _pair(u: Series, first: str, second: str, sign: int) -> tuple[Series, Series]:
    """(f, g) with f' = u' g and g' = sign u' f: sine and cosine, circular (-1) or hyperbolic (1)."""
    rate = _slope(u)
    f, g = [function(first, u[0])], [function(second, u[0])]
    for k in range(1, len(u)):
        up: Number = ZERO
        down: Number = ZERO
        for i in range(k):
            up = add(up, multiply(rate[i], g[k - 1 - i]))
            down = add(down, multiply(rate[i], f[k - 1 - i]))
        f.append(divide(up, fmpq(k)))
        g.append(divide(sign * down, fmpq(k)))
    return f, g


def _sqrt(u: Series) -> Series:
    if not u[0] > 0:
        raise Undefined("sqrt may not be smooth here")
    out = [function("sqrt", u[0])]
    for k in range(1, len(u)):
        rest = u[k]
        for i in range(1, k):
            rest = add(rest, -multiply(out[i], out[k - i]))
        out.append(divide(rest, 2 * out[0]))
    return out


def _function(name: str, u: Series) -> Series:
    length = len(u)
    if length == 1:
        return [function(name, u[0])]
    match name:
        case "exp":
            return _exp(u)
        case "log":
            if not u[0] > 0:
                raise Undefined("log may not be smooth here")
            return _integral(function("log", u[0]), _over(_slope(u), u), length)
        case "sqrt":
            return _sqrt(u)
        case "sin":
            return _pair(u, "sin", "cos", -1)[0]
        case "cos":
            return _pair(u, "sin", "cos", -1)[1]
        case "tan":
            return _over(*_pair(u, "sin", "cos", -1))
        case "sinh":
            return _pair(u, "sinh", "cosh", 1)[0]
        case "cosh":
            return _pair(u, "sinh", "cosh", 1)[1]
        case "tanh":
            return _over(*_pair(u, "sinh", "cosh", 1))
    one = _constant(ONE, length)
    square = _times(u, u)
    if name == "atan":
        rate = _over(_slope(u), [add(x, y) for x, y in zip(one, square, strict=True)])
        return _integral(function("atan", u[0]), rate, length)
    # asin and acos; the root is smooth where |u| < 1
    rate = _over(_slope(u), _sqrt([add(x, -y) for x, y in zip(one, square, strict=True)]))
    return _integral(function(name, u[0]), rate if name == "asin" else [-x for x in rate], length)


def as_float(x: Number) -> float:
    """A double near the number; it proves nothing."""
    value = float(to_ball(x).mid())
    return value if isfinite(value) else 0.0
