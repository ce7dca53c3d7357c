"""The boundary to Arb: precision, comparisons that are certain, evaluation, and printing.

A ball (``flint.arb``) is a set of reals.  ``==``, ``<``, ``sorted`` and ``max`` do not mean what they
seem on balls, so every comparison goes through a function here whose True is a proof; False means
"not certain".  Arb's working precision is global to the process: it is set by ``precision`` only.
Floats are refused, because ``arb(0.1)`` is not 1/10.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, TypeAlias

from flint import arb, ctx, fmpq, fmpz

from ncverify.errors import InputError
from ncverify.theory.nodes import Add, Expr, Fn, Mul, Number, Pow, Symbol, clip, postorder

MAX_PRECISION: Final = 1 << 24

Exact: TypeAlias = int | Fraction


class Undefined(ArithmeticError):
    """No finite enclosure at this precision: the value may be undefined, or the ball too wide."""


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Run the block at ``bits`` bits of working precision and restore the old precision afterwards."""
    if isinstance(bits, bool) or not isinstance(bits, int) or not 2 <= bits <= MAX_PRECISION:
        raise InputError(f"precision of {bits!r} bits: use a whole number from 2 to {MAX_PRECISION}")
    before = ctx.prec
    ctx.prec = bits
    try:
        yield
    finally:
        ctx.prec = before


def to_arb(value: Exact | arb) -> arb:
    """A ball around an exact number: a point for an int, within one rounding for a Fraction.

    A ball is returned as it is.
    """
    if isinstance(value, arb):
        return value
    if isinstance(value, bool) or not isinstance(value, (int, Fraction)):
        kind = type(value).__name__
        raise InputError(f"{clip(repr(value))} of type {kind} is not exact: use int or Fraction")
    if isinstance(value, int):
        return arb(fmpz(value))
    return arb(fmpq(value.numerator, value.denominator))


def certainly_positive(x: arb) -> bool:
    """Every point of x is > 0."""
    return bool(x > 0)


def certainly_negative(x: arb) -> bool:
    """Every point of x is < 0."""
    return bool(x < 0)


def certainly_nonnegative(x: arb) -> bool:
    """Every point of x is >= 0."""
    return bool(x >= 0)


def certainly_nonzero(x: arb) -> bool:
    """No point of x is 0."""
    return bool(x > 0) or bool(x < 0)


def certainly_lt(x: arb, y: arb) -> bool:
    """Every point of x is < every point of y."""
    return bool(x < y)


def certainly_le(x: arb, y: arb) -> bool:
    """Every point of x is <= every point of y."""
    return bool(x <= y)


def certainly_disjoint(x: arb, y: arb) -> bool:
    """No point belongs to both; False for balls that are not finite."""
    return is_finite(x) and is_finite(y) and not x.overlaps(y)


def certainly_contains(x: arb, value: Exact) -> bool:
    """The exact number lies in x (decided on exact ends, whatever the working precision)."""
    lower, upper = exact_interval(x)
    return lower <= value <= upper


def is_finite(x: arb) -> bool:
    """x is a bounded set of numbers (no infinity, no nan)."""
    return bool(x.is_finite())


def exact_interval(x: arb) -> tuple[Fraction, Fraction]:
    """Exact dyadic ends (lower, upper) of x.

    Raises ``Undefined`` if x is not finite, or so large or small that its ends do not fit in memory.
    """
    if not is_finite(x):
        raise Undefined(f"{x} has no finite ends")
    middle, radius = _dyadic(x.mid()), _dyadic(x.rad())
    return middle - radius, middle + radius


def _dyadic(x: arb) -> Fraction:
    mantissa, exponent = x.man_exp()
    m, e = int(mantissa), int(exponent)
    if abs(e) > MAX_PRECISION:
        raise Undefined(f"the ends of {x} are too long to write exactly")
    return Fraction(m << e) if e >= 0 else Fraction(m, 1 << -e)


@dataclass(frozen=True)
class DecimalBall:
    """``mid`` +/- ``rad`` as decimal strings: an interval that contains the ball it was made from."""

    mid: str
    rad: str

    def __str__(self) -> str:
        return self.mid if self.rad == "0" else f"{self.mid} +/- {self.rad}"


def to_decimal(x: arb, digits: int = 20) -> DecimalBall:
    """Decimal midpoint (at most ``digits`` digits, only those that are known) and radius, rounded outwards.

    The rounding is Arb's own, which guarantees that the printed interval contains x.  Raises
    ``Undefined`` if x is not finite.
    """
    if not is_finite(x):
        raise Undefined(f"{x} has no decimal enclosure")
    text = x.str(digits)
    if not text.startswith("["):
        return DecimalBall(text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text, "0")
    middle, radius = text[1:-1].split("+/-")
    return DecimalBall(middle.strip() or "0", radius.strip())


def enclose(expr: Expr, point: Mapping[str, Exact | arb], bits: int) -> arb:
    """A ball that contains the value of ``expr`` at an exact point, or anywhere in a box of balls.

    Raises ``Undefined`` if any part has no finite enclosure at this precision (a denominator that may
    vanish, the logarithm of a ball that meets 0), so a result proves that ``expr`` is defined there.
    ``InputError`` if a symbol has no value.
    """
    return enclose_all([expr], point, bits)[0]


def enclose_all(exprs: Sequence[Expr], point: Mapping[str, Exact | arb], bits: int) -> list[arb]:
    """``enclose`` for several expressions; shared parts are evaluated once."""
    values: dict[Expr, arb] = {}
    with precision(bits):
        for node in postorder(*exprs):
            value = _evaluate(node, values, point)
            if not is_finite(value):
                raise Undefined(f"{node!r} has no finite enclosure at {bits} bits")
            values[node] = value
    return [values[expr] for expr in exprs]


def _evaluate(node: Expr, values: Mapping[Expr, arb], point: Mapping[str, Exact | arb]) -> arb:
    match node:
        case Number():
            return to_arb(node.value)
        case Symbol():
            if node.name not in point:
                raise InputError(f"symbol {node.name} has no value: give one for each of the free symbols")
            return to_arb(point[node.name])
        case Add():
            total = arb(0)
            for arg in node.args:
                total += values[arg]
            return total
        case Mul():
            product = arb(1)
            for arg in node.args:
                product *= values[arg]
            return product
        case Pow():
            return _power(values[node.base], node.exponent)
        case Fn():
            return _function(node.name, values[node.arg])
    raise TypeError(f"no evaluation rule for {type(node).__name__}")


def _power(base: arb, exponent: int) -> arb:
    # Not arb.__pow__: it may be nan on a ball that contains 0.
    result, square, left = arb(1), base, abs(exponent)
    while left:
        if left & 1:
            result *= square
        left >>= 1
        if left:
            square *= square
    return result if exponent >= 0 else 1 / result


def _function(name: str, x: arb) -> arb:
    match name:
        case "exp":
            return x.exp()
        case "log":
            return x.log()
        case "sqrt":
            return x.sqrt()
        case "sin":
            return x.sin()
        case "cos":
            return x.cos()
        case "tan":
            return x.tan()
        case "asin":
            return x.asin()
        case "acos":
            return x.acos()
        case "atan":
            return x.atan()
        case "sinh":
            return x.sinh()
        case "cosh":
            return x.cosh()
        case "tanh":
            return x.tanh()
    raise TypeError(f"no evaluation rule for {name}")
