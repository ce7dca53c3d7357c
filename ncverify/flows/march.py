"""Choice of step length and order.  Heuristics only: what a step claims, its constructor proves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Generic, Protocol, TypeVar

from flint import arb

from ncverify.flows.balls import LOW, certainly_positive, pair, precision
from ncverify.flows.step import Errors, StepError

ORDER_PER_BIT = 0.45
"""The optimum for cost ~ order^2 is log(2)/2 = 0.35; what does not grow with the order favours more."""

GUARD = 24
"""Bits of the fixed-point numbers beyond the working accuracy."""

_ACCEPT = 2.0
_MAX_RATIO = 4.0
_ROUNDING = 4
_REFUSALS = 40


class Proved(Protocol):
    """A certified step, as far as the choice of the next one needs it."""

    defect: arb
    size: arb

    def first(self) -> tuple[arb, ...]:
        """The exact start of its curve."""


StepT = TypeVar("StepT", bound=Proved)
StepT_co = TypeVar("StepT_co", bound=Proved, covariant=True)


class Trial(Protocol[StepT_co]):
    """Series for one step length, not certified yet.

    ``tail``: the largest of the last coefficients, in units of 2^-bits.
    """

    @property
    def length(self) -> Fraction: ...

    @property
    def bits(self) -> int: ...

    @property
    def order(self) -> int: ...

    @property
    def tail(self) -> int: ...

    def shortened(self, ratio: Fraction) -> Trial[StepT_co]:
        """The same series for the length times a ratio below 1."""

    def certify(self, entering: Errors) -> StepT_co:
        """The step, or ``StepError``."""


Propose = Callable[[Sequence[arb], Fraction, int, int], "Trial[StepT]"]
"""(exact start, length, working bits, order) -> series."""


@dataclass
class Marcher(Generic[StepT]):
    """Makes steps with a local error of about 2^-work relative to the state; remembers the last length."""

    propose: Propose[StepT]
    work: int
    length: Fraction | None = None

    @property
    def order(self) -> int:
        """The degree of the curves."""
        return max(8, ceil(ORDER_PER_BIT * self.work))

    def step(self, starts: Sequence[arb], entering: Errors) -> StepT:
        """A certified step from the exact point ``starts``.  Raises ``StepError`` after many refusals."""
        if self.length is None:
            self.length = self._first_length(starts)
        trial = self._trial(starts, self.length)
        for _ in range(_REFUSALS):
            try:
                step = trial.certify(entering)
            except StepError:
                trial = trial.shortened(Fraction(3, 4))
                continue
            if [pair(x) for x in step.first()] != [pair(x) for x in starts]:
                raise RuntimeError("a step does not begin at the point it was asked for")
            excess = self._excess(step)
            if excess < 8:
                # A step that could have been longer is used as it is; the next one starts longer.
                self.length = short(trial.length * Fraction(max(1.0, min(_ratio(trial, self.work), 2.0))))
                return step
            ratio = 2.0 ** (-(excess - 4) / (0.7 * self.order))
            trial = trial.shortened(short(max(0.25, min(0.95, ratio))))
        raise StepError("no step length is accepted: the working precision is too low for this start")

    def _excess(self, step: Proved) -> float:
        """By how many bits the defect misses the aim."""
        with precision(LOW):
            if not certainly_positive(step.defect):
                return 0.0
            return float((step.defect / step.size).log() / arb(2).log()) + self.work

    def _trial(self, starts: Sequence[arb], length: Fraction) -> Trial[StepT]:
        for _ in range(6):
            trial = self.propose(starts, length, self.work, self.order)
            ratio = _ratio(trial, self.work)
            if ratio <= _ACCEPT:
                break
            length = short(length * Fraction(min(ratio, _MAX_RATIO)))
        return trial.shortened(short(ratio)) if ratio < 1 else trial

    def _first_length(self, starts: Sequence[arb]) -> Fraction:
        """A length from series of low order: their tail should be as large as 2^-work at the full order."""
        length = Fraction(1, 64)
        for share, attempts in ((8, 100), (3, 1)):
            order = max(8, self.order // share)
            work = ceil(self.work * order / self.order)
            for _ in range(attempts):
                ratio = _ratio(self.propose(starts, length, work, order), work)
                length = short(length * Fraction(min(ratio, _MAX_RATIO)))
                if 0.9 < ratio < 1.1:
                    break
        return length


def _ratio(trial: Trial[StepT], work: int) -> float:
    """By how much the length may change for a tail of 2^-work (2 where the tail is lost in rounding)."""
    if trial.tail.bit_length() <= _ROUNDING:
        return 2.0
    excess = trial.tail.bit_length() - (trial.bits - work)
    return float(max(2.0**-60, min(2.0 ** (-excess / (trial.order + 1)), 64.0)))


def short(value: float | Fraction) -> Fraction:
    """A dyadic number with few bits near the value > 0."""
    exact = Fraction(value)
    shift = exact.denominator.bit_length() - exact.numerator.bit_length() + 8
    return Fraction(int(exact * Fraction(2) ** shift)) / Fraction(2) ** shift
