"""What a refused run says about the next attempt.  Heuristics only: no bound rests on it.

Where the solution rests and the bound of the logarithmic norm is positive (depth above 2 with weight decay,
once the flow has reached its limit), the bound of the errors grows like e^{rate t} for ever, though the
errors do not: then the bits that a longer time needs are known.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from flint import arb

from ncverify.flows.balls import LOW, certainly_le, dyadic, pair, precision, rational
from ncverify.flows.trajectory import Segment, state_at

_AT_REST = 24


def bits_to_come(
    segments: Sequence[Segment], growths: Sequence[arb], initial: tuple[arb, ...], end: Fraction
) -> int | None:
    """About how many more bits the flow needs to reach ``end``, where it rests and its errors seem to grow.

    ``growths``: of each segment, the bound of the integral of the logarithmic norm.  None where the flow
    still moves: a component differs by more than 2^-24 of itself between a quarter and a half of the time
    reached.
    """
    reached = end_of(segments)
    half = reached / 2
    try:
        before, after = state_at(segments, initial, half / 2), state_at(segments, initial, half)
    except ArithmeticError:  # not located at this precision
        return None
    with precision(LOW):
        if not all(
            certainly_le(abs(x - y), abs(y) * dyadic(1, -_AT_REST))
            for x, y in zip(before, after, strict=True)
        ):
            return None
        late = [
            (segment, growth)
            for segment, growth in zip(segments, growths, strict=True)
            if certainly_le(rational(half), segment.begin)
        ]
        if not late:
            return None
        growth = sum((growth for _, growth in late), arb(0)).mid()
        if not certainly_le(arb(1), growth):
            return None
        rate = growth / (late[-1][0].end - late[0][0].begin)
        bits = (rate * rational(end - reached) / arb(2).log()).mid()
        return int(bits.ceil().unique_fmpz() or 0) if bits.is_finite() else None


def end_of(segments: Sequence[Segment]) -> Fraction:
    """A short rational number certainly not above the end of the last segment (0 if there is none)."""
    if not segments:
        return Fraction(0)
    mantissa, exponent = pair(segments[-1].end.lower())
    shift = max(0, mantissa.bit_length() - 20)
    return Fraction(mantissa >> shift) * Fraction(2) ** (exponent + shift)
