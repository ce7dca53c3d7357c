"""Physical time along a step: t(x) = t(0) + int_0^x (h e^{l(y)} + rest(y)) dy, enclosed.

l and rest are polynomials with ball coefficients and h > 0.  The clock is a definition: a curve s(x)
with any positive dt/dx is a curve in physical time, so nothing is approximated here but an integral.

*Quadrature.*  [0, 1] is cut into pieces c + w y, |y| <= 1.  There l = l(c) + q(y) with q(0) = 0, and
e^{q} = (its first N Taylor coefficients, from Arb) + remainder.  The coefficients of e^q are bounded by
those of e^{|q|}, |q|(y) = sum |q_k| y^k, so for every r > 1 Cauchy's estimate on the disc of radius r
gives |remainder| <= e^{|q|(r)} r^{-N} / (1 - 1/r) for |y| <= 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from flint import arb, arb_poly, ctx

from ncverify.flows.balls import LOW, certainly_le, certainly_lt, dyadic, precision, series_exp, smallest

_GRID = 64
_SPARE = 32
"""Bits of the precision that the remainders may spoil."""
_RADII = (1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0)


@dataclass(frozen=True)
class Piece:
    """e^{l(c + w y)} = scale (series(y) + at most remainder) on |y| <= 1.

    ``before``: the integral of e^{l} up to y = -1.
    """

    centre: arb
    width: arb
    scale: arb
    primitive: arb_poly
    remainder: arb
    before: arb

    def integral(self, y: arb) -> arb:
        """w int_{-1}^y e^{l(c + w v)} dv."""
        error = arb(0, self.remainder.upper()) * (y + 1)
        return self.width * self.scale * (self.primitive(y) - self.primitive(arb(-1)) + error)


class Clock:
    """The time elapsed in a step, as a function of x in [0, 1].

    ``rest`` must hold within ``rest_error`` (an upper bound of the error of the polynomial).
    Precision: what is cached is computed in the precision of the construction; the methods run in the
    precision in force.
    """

    def __init__(self, length: arb, exponent: arb_poly, rest: arb_poly, rest_error: arb, order: int) -> None:
        self.length = length
        self.exponent = exponent
        self.rest = rest
        self.rest_error = arb(0, rest_error.upper())
        self.order = order
        self._rest_integral = rest.integral()
        self._bits = ctx.prec

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """The pieces, each with about the same variation of l."""
        with precision(self._bits):
            return self._pieces()

    def _pieces(self) -> tuple[Piece, ...]:
        out: list[Piece] = []
        before, terms = arb(0), self.order + 8
        allowed = dyadic(1, _SPARE - self._bits)
        todo = list(pairwise(_breakpoints(self.exponent, self.order / 18)))[::-1]
        while todo:
            left, right = todo.pop()
            centre, width = dyadic(left + right, -21), dyadic(right - left, -21)
            local = self.exponent(arb_poly([centre, width]))
            remainder = _remainder(local, terms)
            if right - left > 1 and not certainly_le(remainder, allowed):
                middle = (left + right) // 2
                todo += [(middle, right), (left, middle)]
                continue
            series = series_exp(local - local[0], terms)
            out.append(Piece(centre, width, local[0].exp(), series.integral(), remainder, before))
            before = before + out[-1].integral(arb(1))
        return tuple(out)

    @cached_property
    def duration(self) -> arb:
        """t(1) - t(0)."""
        last = self.pieces[-1]
        with precision(self._bits):
            return self.length * (last.before + last.integral(arb(1))) + self._rest_part(arb(1))

    def elapsed(self, piece: Piece, y: arb) -> arb:
        """t(x) - t(0) at x = c + w y of a piece."""
        x = piece.centre + piece.width * y
        return self.length * (piece.before + piece.integral(y)) + self._rest_part(x)

    def rate(self, x: arb) -> arb:
        """dt/dx, a positive number."""
        return self.length * self.exponent(x).exp() + self.rest(x) + self.rest_error

    def solve(self, elapsed: arb) -> arb:
        """A ball that contains the x in [0, 1] with t(x) - t(0) = elapsed.

        Newton's method finds a candidate x.  On the ball X around it of radius r the rate is at least
        m > 0, so the root, which exists since 0 <= elapsed <= t(1) - t(0) is required, lies in X as soon
        as m r >= |t(x) - t(0) - elapsed|.  Raises ``ArithmeticError`` where this cannot be certified.
        """
        if not (certainly_le(arb(0), elapsed) and certainly_le(elapsed, self.duration)):
            raise ArithmeticError("the asked time is not certainly inside this step")
        piece = self.pieces[0]
        for candidate in self.pieces:
            if certainly_le(self.elapsed(candidate, arb(-1)), elapsed):
                piece = candidate
        y = self._newton(piece, elapsed)
        x = piece.centre + piece.width * y
        x, miss = x.mid(), abs(self.elapsed(piece, (x.mid() - piece.centre) / piece.width) - elapsed)
        near = self.rate(arb(x, dyadic(1, -LOW)))
        if not certainly_lt(arb(0), near):
            raise ArithmeticError("the rate of time is not certainly positive")
        radius = (2 * miss.upper() / near.lower()).upper()
        ball = arb(x, radius)
        if not certainly_le(miss, radius * smallest([self.rate(ball)])):
            raise ArithmeticError("the asked time cannot be located at this precision")
        return ball

    def _newton(self, piece: Piece, elapsed: arb) -> arb:
        # Approximate: from the right, where the convex t(x) makes the iteration monotone.
        y = arb(1)
        for _ in range(100):
            x = piece.centre + piece.width * y
            change = ((self.elapsed(piece, y) - elapsed) / (piece.width * self.rate(x))).mid()
            y = (y - change).mid().min(arb(1)).max(arb(-1))
            if certainly_lt(abs(change), dyadic(1, -(ctx.prec - 24))):
                break
        return y

    def _rest_part(self, x: arb) -> arb:
        return self._rest_integral(x) - self._rest_integral(arb(0)) + self.rest_error * x


def _breakpoints(exponent: arb_poly, half_variation: float) -> list[int]:
    """Numerators over 2^20 of the cuts; any increasing list from 0 to 2^20 would do."""
    with precision(LOW):
        values = [float(exponent(dyadic(j, -6)).mid()) for j in range(_GRID + 1)]
    travelled = [0.0]
    for u, v in pairwise(values):
        travelled.append(travelled[-1] + abs(v - u))
    count = max(1, round(travelled[-1] / (2 * half_variation) + 0.5))
    cuts, j = [0], 0
    for i in range(1, count):
        goal = travelled[-1] * i / count
        while travelled[j + 1] < goal:
            j += 1
        share = (goal - travelled[j]) / (travelled[j + 1] - travelled[j])
        cut = int((j + share) * (1 << 20) / _GRID)
        if cuts[-1] < cut < 1 << 20:
            cuts.append(cut)
    return [*cuts, 1 << 20]


def _remainder(local: arb_poly, terms: int) -> arb:
    """Upper bound of |e^q - its first ``terms`` terms| on |y| <= 1 (see the module)."""
    with precision(LOW):
        absolute = arb_poly([arb(0), *(abs(c).upper() for c in local.coeffs()[1:])])
        bounds = [(absolute(arb(r)) - terms * arb(r).log()).exp() / (1 - 1 / arb(r)) for r in _RADII]
        return smallest([b.upper() for b in bounds])
