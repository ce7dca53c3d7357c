"""Rough ranges of polynomials over the pieces of [0, 1], at low precision."""

from __future__ import annotations

from flint import arb, arb_poly

from ncverify.flows.balls import LOW, dyadic, precision

PIECES = 8


def _pieces() -> tuple[arb, ...]:
    half = dyadic(1, -4)
    return tuple(arb((2 * j + 1, -4), half) for j in range(PIECES))


UNIT_PIECES = _pieces()
"""Balls that cover [0, 1]: [j/8, (j+1)/8]."""


def ranges(p: arb_poly) -> list[arb]:
    """A ball around p(x) for the x of each piece."""
    with precision(LOW):
        return [p(x) for x in UNIT_PIECES]
