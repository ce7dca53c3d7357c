"""What the certified steps of all flows share: errors, the exponential lemma, the tube."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flint import arb, arb_poly, fmpz, fmpz_poly

from ncverify.flows.balls import LOW, certainly_lt, dyadic, norm, norm_of_integers, poly, precision, upper
from ncverify.flows.ranges import PIECES, ranges

Dyadic = tuple[int, int]
"""(mantissa, exponent): mantissa * 2^exponent."""


class StepError(ArithmeticError):
    """An inequality of a step is not certified."""


@dataclass(frozen=True)
class Errors:
    """Distance of the exact solution from the curve: ``radius`` in the Euclidean metric of the flow,
    ``relative`` in the logarithms of its exponential variables (none in the full flow).

    Exact upper bounds.
    """

    radius: arb
    relative: tuple[arb, ...] = ()


def exponential_error(weight: arb_poly, exponent: arb_poly, factor: arb) -> arb:
    """An upper bound of |weight(x) - factor e^{exponent(x)}| on [0, 1].

    Let E = weight - factor e^u, delta = weight' - weight u'.  Then E' = u' E + delta, so
    E(x) = e^{u(x)-u(0)} E(0) + int_0^x delta(y) e^{u(x)-u(y)} dy and |E| <= e^{rise} (|E(0)| + sup |delta|)
    with rise = int_0^1 max(u', 0) >= u(x) - u(y) for all y <= x.
    """
    slope = exponent.derivative()
    defect = norm(weight.derivative() - weight * slope)
    miss = abs(weight[0] - factor * exponent[0].exp())
    return _grown(miss, defect, slope)


def fixed_exponential_error(weight: fmpz_poly, exponent: fmpz_poly, factor: arb, bits: int) -> arb:
    """The same for polynomials whose coefficients are integers in units of 2^-bits."""
    slope = exponent.derivative()
    residue = weight.derivative() * (fmpz(1) << bits) - weight * slope
    miss = abs(dyadic(int(weight[0]), -bits) - factor * dyadic(int(exponent[0]), -bits).exp())
    with precision(LOW):
        return _grown(miss, norm_of_integers(residue) * dyadic(1, -2 * bits), poly(slope, bits))


def _grown(miss: arb, defect: arb, slope: arb_poly) -> arb:
    with precision(LOW):
        rise = positive_sum(ranges(slope)) / PIECES
        return upper(rise.exp() * (miss + defect))


def positive_sum(values: Sequence[arb]) -> arb:
    """Sum of the positive parts (an upper bound)."""
    return sum((v.upper().max(arb(0)) for v in values), arb(0))


@dataclass(frozen=True)
class Tube:
    """A proved bound of the distance on the whole step (``radius``), and at its end (``leaving``)."""

    radius: arb
    leaving: arb
    growth: arb

    @classmethod
    def prove(
        cls,
        entering: arb,
        defect: arb,
        rates: Sequence[tuple[arb, arb]],
        size: arb,
        sensitivity: arb,
        claim: arb | None,
        slack: int,
    ) -> tuple[Tube, arb]:
        """The tube, and the shift eta that it implies.

        ``rates``: for each piece of [0, 1] upper bounds (g, l) such that the logarithmic norm times dt/dx is
        at most (g e^{2 eta} - l) on every segment from the curve to a point within R, with
        eta = sensitivity R (2 size + R) a bound of the change of any logit gap there.

        Groenwall: as long as the distance is <= R it is <= e^{M+} (entering + defect), M+ the integral of the
        positive part of the rate.  This being < R (checked) the solution cannot leave the tube, since it
        would have to pass R continuously.  ``claim``: R; by default a guess of it.  ``slack``: 2^-slack is
        added to the guess, so that it is positive.  Raises ``StepError`` if the check fails.
        """
        start = entering + defect
        if claim is None:
            guess = positive_sum([(g - loss) / PIECES for g, loss in rates]).exp()
            claim = upper(start * guess * (1 + dyadic(1, -16)) + dyadic(1, -slack))
        shift = upper(sensitivity * claim * (2 * size + claim))
        factor = (2 * shift).exp()
        exact = [(g * factor - loss) / PIECES for g, loss in rates]
        rise, growth = positive_sum(exact).exp(), upper(sum(exact, arb(0)))
        if not certainly_lt(rise * start, claim):
            raise StepError("the tube around the curve is not certified: its radius grows past the claim")
        return cls(claim, upper(growth.exp() * entering + rise * defect), growth), shift
