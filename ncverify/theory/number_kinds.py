"""The number types in which a vector field can be evaluated.

The fields of ``dynamics`` are written once, with ``+ - * /`` and the few functions below.  A kind
supplies these functions for one number type:

* ``DOUBLE``: Python floats, or NumPy arrays of doubles (each "number" is then a batch);
* ``MPF``: mpmath, at the working precision of ``mpmath.mp``;
* ``ARB``: python-flint balls, at the precision of ``flint.ctx``.  Every result encloses the value.

A new type needs an object with the same methods and nothing else; ``evidence.series`` is one, for
Taylor coefficients.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache, reduce
from typing import Any, Protocol

import numpy as np
from flint import arb, ctx, fmpq
from mpmath import mp, mpf

from ncverify.theory.balls import exact_interval, to_arb

Number = Any
"""A number of the kind at hand: ``float``, ``numpy.ndarray``, ``mpmath.mpf``, ``flint.arb``, ..."""

Vector = Any
"""Numbers, or an array of doubles whose first axis counts them and whose further axes are a batch."""


class FieldKind(Protocol):
    """What a vector field needs of a number type beyond ``+ - * /``."""

    def exact(self, q: int | Fraction) -> Number:
        """The rational number ``q``."""

    def exp(self, x: Number) -> Number:
        """e^x."""

    def power(self, x: Number, q: Fraction) -> Number:
        """x^q for x > 0 and rational q."""

    def cos_turns(self, q: Fraction) -> Number:
        """cos(2 pi q)."""

    def shift(self, values: Sequence[Number]) -> Number:
        """An exact number near the largest value: softmax may subtract it from all of them.

        Any number is right here, the choice only keeps exp in range.
        """


class NumberKind(FieldKind, Protocol):
    """What starts and observables need besides."""

    def sqrt(self, x: Number) -> Number:
        """The square root of x >= 0."""

    def log(self, x: Number) -> Number:
        """The natural logarithm of x > 0."""

    def log1p(self, x: Number) -> Number:
        """log(1 + x), accurate for small x."""

    def maximum(self, values: Sequence[Number]) -> Number:
        """The largest of one or more values (for balls: a ball that contains it)."""

    def largest_first(self, values: Sequence[Number]) -> list[Number]:
        """The values with (about) the largest in front, the others in any order."""

    def same(self, x: Number, y: Number) -> bool:
        """Whether x and y are one number (for balls: the same interval)."""


class _Double:
    def exact(self, q: int | Fraction) -> Number:
        return float(q)

    def exp(self, x: Number) -> Number:
        return np.exp(x)

    def sqrt(self, x: Number) -> Number:
        return np.sqrt(x)

    def log(self, x: Number) -> Number:
        return np.log(x)

    def log1p(self, x: Number) -> Number:
        return np.log1p(x)

    def power(self, x: Number, q: Fraction) -> Number:
        return np.power(x, float(q))

    def cos_turns(self, q: Fraction) -> Number:
        return _cos_double(q)

    def maximum(self, values: Sequence[Number]) -> Number:
        return np.max(np.asarray(values), axis=0)

    def shift(self, values: Sequence[Number]) -> Number:
        return self.maximum(values)

    def largest_first(self, values: Sequence[Number]) -> list[Number]:
        return list(np.sort(np.asarray(values), axis=0)[::-1])

    def same(self, x: Number, y: Number) -> bool:
        return bool(np.array_equal(x, y))


class _Mpf:
    def exact(self, q: int | Fraction) -> Number:
        return mpf(q.numerator) / q.denominator

    def exp(self, x: Number) -> Number:
        return mp.exp(x)

    def sqrt(self, x: Number) -> Number:
        return mp.sqrt(x)

    def log(self, x: Number) -> Number:
        return mp.log(x)

    def log1p(self, x: Number) -> Number:
        return mp.log1p(x)

    def power(self, x: Number, q: Fraction) -> Number:
        return x ** int(q) if q.denominator == 1 else mp.power(x, self.exact(q))

    def cos_turns(self, q: Fraction) -> Number:
        return _cos_mpf(q, mp.prec)

    def maximum(self, values: Sequence[Number]) -> Number:
        return max(values)

    def shift(self, values: Sequence[Number]) -> Number:
        return max(values)

    def largest_first(self, values: Sequence[Number]) -> list[Number]:
        return sorted(values, reverse=True)

    def same(self, x: Number, y: Number) -> bool:
        return bool(x == y)


class _Arb:
    def exact(self, q: int | Fraction) -> Number:
        return to_arb(q)

    def exp(self, x: Number) -> Number:
        return x.exp()

    def sqrt(self, x: Number) -> Number:
        return x.sqrt()

    def log(self, x: Number) -> Number:
        return x.log()

    def log1p(self, x: Number) -> Number:
        return x.log1p()

    def power(self, x: Number, q: Fraction) -> Number:
        # exp(q log x) is nan where the ball touches 0; an integer power is a product and never is.
        if q.denominator == 1 and q >= 0:
            return reduce(lambda y, _: y * x, range(int(q)), arb(1))
        return (self.exact(q) * x.log()).exp()

    def cos_turns(self, q: Fraction) -> Number:
        return _cos_arb(q, ctx.prec)

    def maximum(self, values: Sequence[Number]) -> Number:
        return reduce(lambda x, y: x.max(y), values)

    def shift(self, values: Sequence[Number]) -> Number:
        return self.maximum([x.mid() for x in values]).mid()

    def largest_first(self, values: Sequence[Number]) -> list[Number]:
        # Only the choice of the first rests on these doubles, never a bound.
        first = max(range(len(values)), key=lambda i: float(values[i].mid()))
        return [values[first], *values[:first], *values[first + 1 :]]

    def same(self, x: Number, y: Number) -> bool:
        return exact_interval(x) == exact_interval(y)


@lru_cache(maxsize=4096)
def _cos_double(q: Fraction) -> float:
    # Reduced exactly to the first eighth of a turn, so that zeros and signs are exact.
    q = abs(q) % 1
    q = min(q, 1 - q)
    if q > Fraction(1, 4):
        return -_cos_double(Fraction(1, 2) - q)
    if q > Fraction(1, 8):
        return float(np.sin(2 * np.pi * float(Fraction(1, 4) - q)))
    return float(np.cos(2 * np.pi * float(q)))


@lru_cache(maxsize=4096)
def _cos_mpf(q: Fraction, _precision: int) -> mpf:
    return mp.cospi(2 * mpf(q.numerator) / q.denominator) if 4 % q.denominator else mpf(_quarter_cos(q))


@lru_cache(maxsize=4096)
def _cos_arb(q: Fraction, _precision: int) -> arb:
    half_turns = fmpq(2 * q.numerator, q.denominator)
    return arb.cos_pi_fmpq(half_turns) if 4 % q.denominator else arb(_quarter_cos(q))


def _quarter_cos(q: Fraction) -> int:
    return (1, 0, -1, 0)[int(4 * q) % 4]


DOUBLE: NumberKind = _Double()
MPF: NumberKind = _Mpf()
ARB: NumberKind = _Arb()
