"""Bounds that the steps of all flows share: ranges, the exponential lemma, the tube around a curve.

A step is a curve with polynomial coordinates over its own time x in [0, 1].  Bounds are outward rounded by
Arb; ``upper`` and ``lower`` are exact numbers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from flint import arb, arb_poly, fmpz, fmpz_poly

from ncverify.replay.errors import Rejected
from ncverify.replay.reading import exactly, items, whole

PIECES: Final = 8
MAX_EXPONENT: Final = 10**7
MAX_ORDER: Final = 20_000
MAX_DIGITS: Final = 40_000

_INTEGER: Final = re.compile(r"0|-?[1-9][0-9]*")


def integer(data: Any) -> Any:
    """A whole number as text, of any length that the limits allow."""
    if not isinstance(data, str) or len(data) > MAX_DIGITS or not _INTEGER.fullmatch(data):
        raise Rejected("a coefficient is not a whole number as text")
    return _split(data)


def _split(text: str) -> Any:
    if len(text) <= 4000:
        return fmpz(int(text))
    half = len(text) // 2  # Python refuses to read longer texts
    sign = -1 if text.startswith("-") else 1
    return _split(text[:half]) * fmpz(10) ** (len(text) - half) + sign * fmpz(_split(text[half:]))


def dyadic(data: Any) -> Any:
    """The exact number m 2^e from ["m", e]."""
    mantissa, exponent = exactly(data, 2, "a number [mantissa, exponent]")
    power = whole(exponent, "an exponent of 2", -MAX_EXPONENT, MAX_EXPONENT)
    return arb((integer(mantissa), fmpz(power)))


def polynomial(data: Any, bits: int) -> Any:
    """The polynomial with coefficients c_k 2^-bits."""
    row = [integer(c) for c in items(data, "coefficients", 1)]
    if len(row) > MAX_ORDER:
        raise Rejected("a polynomial has too many coefficients")
    return arb_poly(fmpz_poly(row)) * arb((1, -bits))


def size(p: Any) -> Any:
    """An upper bound of |p(x)| on [0, 1]: the sum of the absolute values of the coefficients."""
    return sum((abs(c).upper() for c in p.coeffs()), arb(0)).upper()


def _pieces() -> tuple[Any, ...]:
    return tuple(arb((2 * j + 1, -4)) + arb(0, arb((1, -4))) for j in range(PIECES))


def ranges(p: Any) -> list[Any]:
    """Balls that contain p(x) for x in [j/8, (j+1)/8]."""
    return [p(x) for x in _pieces()]


def positive_part(values: Sequence[Any]) -> Any:
    """An upper bound of the sum of the positive parts."""
    return sum((v.upper().max(arb(0)) for v in values), arb(0)).upper()


def largest(values: Sequence[Any]) -> Any:
    """An upper bound of all of them."""
    best = values[0].upper()
    for value in values[1:]:
        best = best.max(value.upper())
    return best


def smallest(values: Sequence[Any]) -> Any:
    """A lower bound of all of them."""
    best = values[0].lower()
    for value in values[1:]:
        best = best.min(value.lower())
    return best


def exponential_error(weight: Any, exponent: Any, factor: Any) -> Any:
    """An upper bound of |weight - factor e^exponent| on [0, 1].

    E = weight - factor e^u satisfies E' = u' E + (weight' - weight u'); by variation of constants
    |E| <= e^r (|E(0)| + sup |weight' - weight u'|), r the integral of the positive part of u'.
    """
    slope = exponent.derivative()
    defect = size(weight.derivative() - weight * slope)
    begin = abs(weight(arb(0)) - factor * exponent(arb(0)).exp()).upper()
    rise = positive_part(ranges(slope)) / PIECES
    return (rise.exp() * (begin + defect)).upper()


@dataclass(frozen=True)
class Errors:
    """Bounds of the distance from the curve: in the metric of the flow, and in logarithms."""

    radius: Any
    relative: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Tube:
    """The solution stays within ``radius`` of the curve, and is within ``leaving`` of its end.

    ``shift``: how far any gap of logits may be from the one of the curve.
    """

    radius: Any
    leaving: Any
    shift: Any


def tube(
    entering: Any, defect: Any, rates: Sequence[tuple[Any, Any]], norm: Any, sensitivity: Any, slack: int
) -> Tube:
    """Groenwall and continuation.

    ``rates``: for each eighth of the step (g, l) such that the logarithmic norm times dt/dx is at most
    g e^{2 eta} - l on every segment from the curve to a point within R, where eta = ``sensitivity`` R
    (2 ``norm`` + R).  As long as the distance is at most R it is at most e^M (entering + defect), M the
    integral of the positive part of the rate; if that is less than R, a continuous distance cannot pass R.
    R is a guess, a little more than what it would be for eta = 0, plus 2^-slack.
    """
    start = (entering + defect).upper()
    radius = start * positive_part([(g - loss) / PIECES for g, loss in rates]).exp()
    radius = (radius * (1 + arb((1, -10))) + arb((1, -slack))).upper()
    shift = (sensitivity * radius * (2 * norm + radius)).upper()
    factor = (2 * shift).exp()
    parts = [(g * factor - loss) / PIECES for g, loss in rates]
    rise = positive_part(parts).exp()
    if not bool(rise * start < radius):
        raise Rejected("the tube around the curve is not certified")
    growth = sum((part.upper() for part in parts), arb(0)).upper().exp()
    return Tube(radius, (growth * entering + rise * defect).upper(), shift)
