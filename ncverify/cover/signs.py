"""Signs that show in the form of an expression: squares, sums of one sign, (F(u) - F(v)) (u - v)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum

from ncverify.cover.intervals import Interval
from ncverify.theory.expr import Add, Expr, Fn, Mul, Number, Pow, postorder

_INCREASING = ("exp", "log", "sqrt", "sinh", "tanh", "atan", "asin")
_ODD = ("sinh", "tanh", "atan", "asin")


class Sign(IntEnum):
    """What is known of a number; the sign of a product is that of the product of these."""

    NEGATIVE = -2
    AT_MOST_ZERO = -1
    UNKNOWN = 0
    AT_LEAST_ZERO = 1
    POSITIVE = 2


def visible_sign(expr: Expr, values: Mapping[Expr, Interval]) -> Sign:
    """The sign of ``expr`` wherever its parts lie in these intervals, as far as its form shows it."""
    signs: dict[Expr, Sign] = {}
    for node in postorder(expr):
        sign = _from_interval(values[node])
        if abs(sign) < Sign.POSITIVE:
            sign = max(sign, _from_form(node, signs), key=abs)
        signs[node] = sign
    return signs[expr]


def _from_interval(x: Interval) -> Sign:
    low, high = x
    if low >= 0:
        return Sign.POSITIVE if low > 0 else Sign.AT_LEAST_ZERO
    if high <= 0:
        return Sign.NEGATIVE if high < 0 else Sign.AT_MOST_ZERO
    return Sign.UNKNOWN


def _from_form(node: Expr, signs: Mapping[Expr, Sign]) -> Sign:
    match node:
        case Add():
            return _sum([signs[arg] for arg in node.args])
        case Mul():
            return _product(node.args, signs)
        case Pow():
            if node.exponent % 2 == 0:
                nonzero = node.exponent <= 0 or abs(signs[node.base]) == Sign.POSITIVE
                return Sign.POSITIVE if nonzero else Sign.AT_LEAST_ZERO
            return signs[node.base]
        case Fn():
            if node.name in ("exp", "cosh"):
                return Sign.POSITIVE
            if node.name == "sqrt":
                return Sign.AT_LEAST_ZERO
            return signs[node.arg] if node.name in _ODD else Sign.UNKNOWN
    return Sign.UNKNOWN


def _sum(terms: Sequence[Sign]) -> Sign:
    if min(terms) >= Sign.AT_LEAST_ZERO:
        return max(terms)
    return min(terms) if max(terms) <= Sign.AT_MOST_ZERO else Sign.UNKNOWN


def _product(factors: Sequence[Expr], signs: Mapping[Expr, Sign]) -> Sign:
    known = [signs[factor] for factor in factors if signs[factor] is not Sign.UNKNOWN]
    open_factors = [factor for factor in factors if signs[factor] is Sign.UNKNOWN]
    while open_factors:
        first = open_factors.pop()
        for other in open_factors:
            sign = _same_difference(first, other)
            if sign is not Sign.UNKNOWN:
                open_factors.remove(other)
                known.append(sign)
                break
        else:
            return Sign.UNKNOWN
    strict = all(abs(sign) == Sign.POSITIVE for sign in known)
    negative = sum(sign < 0 for sign in known) % 2 == 1
    if negative:
        return Sign.NEGATIVE if strict else Sign.AT_MOST_ZERO
    return Sign.POSITIVE if strict else Sign.AT_LEAST_ZERO


def _same_difference(left: Expr, right: Expr) -> Sign:
    """The sign of left * right where both are, up to increasing functions, u - v for the same u and v."""
    first, second = _difference(left), _difference(right)
    if first is None or second is None:
        return Sign.UNKNOWN
    if first == second:
        return Sign.AT_LEAST_ZERO
    return Sign.AT_MOST_ZERO if first == (second[1], second[0]) else Sign.UNKNOWN


def _difference(expr: Expr) -> tuple[Expr, Expr] | None:
    """(u, v) such that ``expr`` has everywhere the sign of u - v, without the functions around them."""
    if not isinstance(expr, Add) or len(expr.args) != 2:
        return None
    (a, u), (b, v) = map(_coefficient, expr.args)
    if a * b >= 0 or a != -b:
        return None
    if a < 0:
        u, v = v, u
    while True:
        match u, v:
            case Fn(), Fn() if u.name == v.name and u.name in _INCREASING:
                u, v = u.arg, v.arg
            case Pow(), Pow() if u.exponent == v.exponent and u.exponent > 0 and u.exponent % 2 == 1:
                u, v = u.base, v.base
            case _:
                return u, v


def _coefficient(expr: Expr) -> tuple[int, Expr]:
    """(1, u) or (-1, u) for u and -u; other numbers stay inside."""
    if isinstance(expr, Number) and expr.value < 0:
        return -1, Number(-expr.value)
    if isinstance(expr, Mul) and isinstance(expr.args[0], Number) and expr.args[0].value == -1:
        rest = expr.args[1:]
        return -1, rest[0] if len(rest) == 1 else Mul(rest)
    return 1, expr
