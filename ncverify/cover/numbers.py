"""Numbers that stay rational as long as they can, and become balls where they cannot.

At a point where f touches 0 a ball around 0 says nothing; the rational number 0 does.
"""

from __future__ import annotations

from typing import TypeAlias

from flint import arb, fmpq

from ncverify.theory.balls import Undefined

Exact: TypeAlias = "fmpq"
Number: TypeAlias = "fmpq | arb"

ZERO, ONE = fmpq(0), fmpq(1)

_LONGEST = 2048  # bits of a rational number; longer ones become balls
_AT_ZERO = {
    "exp": ONE, "sin": ZERO, "cos": ONE, "tan": ZERO, "asin": ZERO, "atan": ZERO, "sinh": ZERO, "cosh": ONE,
    "tanh": ZERO,
}  # fmt: skip


def is_rational(x: Number) -> bool:
    """Known exactly."""
    return isinstance(x, fmpq)


def to_ball(x: Number) -> arb:
    """A ball around the number."""
    return x if isinstance(x, arb) else arb(x)


def short(x: Number) -> Number:
    """The same number; a ball if it is a long rational number."""
    if isinstance(x, fmpq) and max(abs(x.p).bit_length(), x.q.bit_length()) > _LONGEST:
        return arb(x)
    return x


def add(x: Number, y: Number) -> Number:
    """x + y."""
    return x + y


def multiply(x: Number, y: Number) -> Number:
    """x y, exactly 0 if one of them is."""
    if (is_rational(x) and x == 0) or (is_rational(y) and y == 0):
        return ZERO
    return short(x * y)


def divide(x: Number, y: Number) -> Number:
    """x / y; raises ``Undefined`` unless y is certainly not 0."""
    if not (y > 0 or y < 0):
        raise Undefined("a denominator may vanish")
    return ZERO if is_rational(x) and x == 0 else x / y


def function(name: str, x: Number) -> Number:
    """A whitelisted function; raises ``Undefined`` where it is not finite."""
    if isinstance(x, fmpq):
        if x == 0 and name in _AT_ZERO:
            return _AT_ZERO[name]
        if x == 1 and name in ("log", "acos"):
            return ZERO
        if name == "sqrt" and x >= 0:
            root = fmpq(abs(x.p).isqrt(), x.q.isqrt())
            if root * root == x:
                return root
    value: arb = getattr(to_ball(x), name)()
    if not value.is_finite():
        raise Undefined(f"{name} has no finite enclosure")
    return value
