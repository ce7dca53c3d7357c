"""The border between exact integers and Arb balls, with the one scope that sets the precision.

Balls are compared by named functions only.  ``arb`` rounds outward, so whatever is computed here is a
bound in the direction that the name says.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from flint import arb, arb_poly, arb_series, ctx, fmpz_poly

from ncverify.theory.balls import certainly_le, certainly_lt, certainly_positive, precision
from ncverify.theory.balls import to_arb as rational

__all__ = [
    "LOW",
    "certainly_le",
    "certainly_lt",
    "certainly_positive",
    "dyadic",
    "integers",
    "largest",
    "lower",
    "norm",
    "norm_of_integers",
    "on_grid",
    "pair",
    "poly",
    "precision",
    "rational",
    "series_exp",
    "smallest",
    "to_fixed",
    "upper",
]

LOW = 64
"""Bits for bounds of which only the size matters."""

_UNIT = arb(0, 1)


def upper(x: arb) -> arb:
    """An exact number that is at least every point of x."""
    return x.upper()


def lower(x: arb) -> arb:
    """An exact number that is at most every point of x."""
    return x.lower()


def largest(values: Sequence[arb]) -> arb:
    """An exact upper bound of all the balls (0 for none)."""
    return reduce(lambda x, y: x.max(y), (v.upper() for v in values)) if values else arb(0)


def smallest(values: Sequence[arb]) -> arb:
    """An exact lower bound of all the balls."""
    return reduce(lambda x, y: x.min(y), (v.lower() for v in values))


def dyadic(mantissa: int, exponent: int) -> arb:
    """mantissa * 2^exponent, exactly (whatever the precision)."""
    return arb((mantissa, exponent))


def to_fixed(x: arb, bits: int) -> int:
    """The integer nearest below the midpoint of x * 2^bits: an approximation, no bound."""
    mantissa, exponent = x.mid().man_exp()
    shift = int(exponent) + bits
    return int(mantissa) << shift if shift >= 0 else int(mantissa) >> -shift


def on_grid(x: arb, bits: int) -> arb:
    """An exact multiple of 2^-bits near the midpoint of x."""
    return dyadic(to_fixed(x, bits), -bits)


def pair(x: arb) -> tuple[int, int]:
    """(mantissa, exponent) of the exact ball x."""
    if not x.is_exact():
        raise ValueError("only an exact ball is a pair of integers")
    mantissa, exponent = x.man_exp()
    return int(mantissa), int(exponent)


def integers(coefficients: Sequence[int]) -> fmpz_poly:
    """The polynomial with these coefficients."""
    return fmpz_poly(list(coefficients))


def poly(coefficients: Sequence[int] | fmpz_poly, bits: int) -> arb_poly:
    """The polynomial with the coefficients c_k 2^-bits, enclosed in the precision in force."""
    exact = coefficients if isinstance(coefficients, fmpz_poly) else integers(coefficients)
    return arb_poly(exact) * dyadic(1, -bits)


def norm(p: arb_poly) -> arb:
    """An upper bound of |p(x)| for -1 <= x <= 1, about the sum of the |coefficients|.

    It is the value of p at the ball [-1, 1]: Arb's evaluation encloses the range.
    """
    with precision(LOW):
        return abs(p(_UNIT)).upper()


def norm_of_integers(p: fmpz_poly) -> arb:
    """The same for the integers themselves."""
    with precision(LOW):
        return norm(arb_poly(p))


def series_exp(p: arb_poly, terms: int) -> arb_poly:
    """The first ``terms`` coefficients of exp(p), enclosed."""
    before = ctx.cap
    ctx.cap = terms
    try:
        return arb_poly(arb_series(p.coeffs(), prec=terms).exp().coeffs())
    finally:
        ctx.cap = before
