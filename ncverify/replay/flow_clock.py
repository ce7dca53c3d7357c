"""Physical time along a step: elapsed(x) = integral over [0, x] of h e^l + rest, enclosed.

The integrand is positive (it is a sum of exponentials, which l and ``rest`` describe), so elapsed grows, and
x is between two points as soon as their elapsed times certainly enclose the asked one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from flint import arb, arb_poly, arb_series, ctx

from ncverify.replay.balls import Unclear
from ncverify.replay.errors import Rejected

_RADII: Final = (1.5, 2, 3, 4, 6, 8, 12, 16)
_MAX_TERMS: Final = 400_000


@dataclass(frozen=True)
class Piece:
    """On c + w y, |y| <= 1: e^l = scale (series(y) + at most remainder).

    ``before``: the integral of e^l over the pieces before.
    """

    centre: Any
    width: Any
    scale: Any
    primitive: Any
    remainder: Any
    before: Any

    def integral(self, y: Any) -> Any:
        """The integral of e^l from the beginning of the piece."""
        slack = arb(0, self.remainder) * (y + 1)
        return self.width * self.scale * (self.primitive(y) - self.primitive(arb(-1)) + slack)


class Clock:
    """``length`` h, ``exponent`` l, ``rest`` within ``rest_error``; ``terms``: of the series of e^l."""

    def __init__(self, length: Any, exponent: Any, rest: Any, rest_error: Any, terms: int) -> None:
        self._length = length
        self._exponent = exponent
        self._primitive = rest.integral()
        self._rest = rest
        self._slack = arb(0, rest_error)
        self._pieces: list[Piece] = []
        before = arb(0)
        todo = [(0, 0)]  # [k 2^-n, (k+1) 2^-n]
        while todo:
            k, n = todo.pop()
            piece = self._piece(k, n, terms, before)
            if piece is None:
                todo += [(2 * k + 1, n + 1), (2 * k, n + 1)]
                if (len(self._pieces) + len(todo)) * max(terms, 100) > _MAX_TERMS:
                    raise Rejected("the clock of a step needs too many pieces")
                continue
            self._pieces.append(piece)
            before = before + piece.integral(arb(1))

    def _piece(self, k: int, n: int, terms: int, before: Any) -> Piece | None:
        centre, width = arb((2 * k + 1, -n - 1)), arb((1, -n - 1))
        local = self._exponent(arb_poly([centre, width]))
        remainder = _remainder(local, terms)
        if n < 11 and not bool(remainder <= arb((1, 32 - ctx.prec))):
            return None
        first = local(arb(0))
        series = _exp(local - first, terms)
        return Piece(centre, width, first.exp(), series.integral(), remainder, before)

    def duration(self) -> Any:
        """Time of the whole step."""
        last = self._pieces[-1]
        return self._length * (last.before + last.integral(arb(1))) + self._rest_until(arb(1))

    def _rest_until(self, x: Any) -> Any:
        return self._primitive(x) - self._primitive(arb(0)) + self._slack * x

    def elapsed(self, x: Any) -> Any:
        """Time at an exact x of the step."""
        place = self._pieces[0]
        for piece in self._pieces:
            if bool(piece.centre - piece.width <= x):
                place = piece
        y = (x - place.centre) / place.width
        return self._length * (place.before + place.integral(y)) + self._rest_until(x)

    def locate(self, elapsed: Any) -> Any:
        """A ball of x that contains the one at which this time has passed."""
        low, high = arb(0), arb(1)
        if not (bool(self.elapsed(low) <= elapsed) and bool(elapsed <= self.duration())):
            raise Unclear("the asked time is not certainly inside the step")
        guess = self._newton(elapsed)
        radius = arb((1, 24 - ctx.prec))
        for _ in range(ctx.prec):
            left, right = (guess - radius).mid().max(arb(0)), (guess + radius).mid().min(arb(1))
            if bool(self.elapsed(left) <= elapsed) and bool(elapsed <= self.elapsed(right)):
                return left.union(right)
            if bool(radius > 1):
                break
            radius = 4 * radius
        return low.union(high)

    def _newton(self, elapsed: Any) -> Any:
        # From the right end of its piece, where the convex time makes the iteration monotone.
        x = arb(1)
        for piece in reversed(self._pieces):
            if bool(self.elapsed((piece.centre - piece.width).mid()) <= elapsed):
                x = (piece.centre + piece.width).mid()
                break
        for _ in range(200):
            rate = self._length * self._exponent(x).exp() + self._rest(x)
            change = ((self.elapsed(x) - elapsed) / rate).mid()
            x = (x - change).mid().min(arb(1)).max(arb(0))
            if bool(abs(change) < arb((1, 30 - ctx.prec))):
                break
        return x


def _exp(p: Any, terms: int) -> Any:
    before = ctx.cap
    ctx.cap = terms
    try:
        return arb_poly(arb_series(p.coeffs(), prec=terms).exp().coeffs())
    finally:
        ctx.cap = before


def _remainder(local: Any, terms: int) -> Any:
    """Upper bound on |y| <= 1 of |e^q - its first terms|, q = local - local(0).

    Cauchy: the coefficients of e^q are at most those of e^|q|, so the tail is at most
    e^{|q|(r)} r^-terms / (1 - 1/r) for every r > 1.
    """
    absolute = arb_poly([arb(0), *(abs(c).upper() for c in local.coeffs()[1:])])
    found = None
    for r in map(arb, _RADII):
        bound = ((absolute(r) - terms * r.log()).exp() / (1 - 1 / r)).upper()
        if found is None or bool(bound < found):
            found = bound
    return found
