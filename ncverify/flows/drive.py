"""From an exact start to a trajectory: march, locate the asked times, repeat with more bits if needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, log2
from typing import Any, Protocol

from flint import arb
from gmpy2 import mpz

from ncverify.errors import InputError
from ncverify.flows.balls import (
    LOW,
    certainly_le,
    certainly_lt,
    certainly_positive,
    pair,
    precision,
    rational,
)
from ncverify.flows.exact import read_digits, read_time
from ncverify.flows.march import Marcher
from ncverify.flows.outlook import bits_to_come, end_of
from ncverify.flows.step import Errors, StepError
from ncverify.flows.trajectory import Segment, state_at, time_text

Progress = Callable[[str, int], None]
"""Called after each step with the time reached (text) and the number of steps so far."""

MAX_DIGITS_OF_START = 100

_FIRST_GUARD = 20
_ORDINARY = 8  # bits of a start that the guard bits cover
_ATTEMPTS = 8
_MOST = 8  # times the bits of a refused run: more would take hours


class _Refused(ArithmeticError):
    """No step was accepted; ``more``: the bits to come, where they are known; ``reached``: the time."""

    def __init__(self, reason: StepError, reached: Fraction, more: int | None) -> None:
        super().__init__(str(reason))
        self.reached = reached
        self.more = more


class Flow(Protocol):
    """One flow from one exact start, at one working precision."""

    @property
    def initial(self) -> tuple[arb, ...]:
        """Balls around the start."""

    @property
    def moving(self) -> bool:
        """False if the start is an equilibrium for a structural reason (then it stays)."""

    def marcher(self) -> Marcher[Any]:
        """A new marcher."""

    def start(self) -> tuple[tuple[arb, ...], Errors]:
        """An exact point near the start, and its distance."""

    def hand_over(self, step: Any) -> tuple[tuple[arb, ...], Errors]:
        """An exact point near the end of the step, and the distance of the solution from it."""

    def duration(self, step: Any) -> arb:
        """Physical time of the step."""

    def segment(self, step: Any, begin: arb, end: arb) -> Segment:
        """The step placed in physical time."""

    def missing(self, x: arb, digits: int) -> int:
        """0 if the ball is as accurate as asked, else about how many bits are missing."""


@dataclass(frozen=True)
class Run:
    """What was certified: ``rows[i]`` encloses the state at ``times[i]``, for the times up to ``until``."""

    initial: tuple[arb, ...]
    segments: tuple[Segment, ...]
    until: Fraction
    times: tuple[Fraction, ...]
    rows: tuple[tuple[arb, ...], ...]
    complete: bool


def drive(
    prepare: Callable[[int], Flow],
    until: Any,
    digits: Any,
    times: Any,
    progress: Progress | None,
) -> Run:
    """Encloses the flow at the asked times to the asked digits.

    ``prepare(bits)`` gives the flow at a working precision.  If a ball comes out wider than asked, the run
    is repeated with more bits.  Ctrl-C ends the run at the last certified step.  Raises ``InputError`` for
    bad times or digits, ``StepError`` if the digits are not reached.
    """
    digits = read_digits(digits)
    end = read_time(until, "until")
    asked = asked_times(end, times)
    work = ceil(digits * log2(10)) + _FIRST_GUARD
    work += 2 * max(0, _size(prepare(work).initial) - _ORDINARY)
    for _ in range(_ATTEMPTS):
        flow = prepare(work)
        try:
            segments, reached = _march(flow, end, work, progress)
            certified = tuple(t for t in asked if t <= reached)
            rows = tuple(state_at(segments, flow.initial, t) for t in certified)
        except _Refused as refusal:
            more = refusal.more or 0
            if more > _MOST * work:
                raise StepError(_hopeless(digits, end, refusal.reached, more)) from None
            work, reason = work + max(more, work // 2), str(refusal)
            continue
        except ArithmeticError as refusal:
            work, reason = work + work // 2, str(refusal)
            continue
        complete = len(certified) == len(asked)
        missing = max((flow.missing(x, digits) for row in rows for x in row), default=0)
        if missing == 0 or not complete:
            return Run(flow.initial, segments, reached, certified, rows, complete)
        work, reason = work + missing + 4, f"{missing} bits were missing"
    raise StepError(f"{digits} digits up to {time_text(end)} were not reached with {work} bits: {reason}")


def _size(initial: Sequence[arb]) -> int:
    """The bits of the largest entry in front of the point; ``InputError`` if it is too large to follow."""
    with precision(LOW):
        largest = arb(0)
        for x in initial:
            largest = largest.max(x.abs_upper())
        if not certainly_lt(largest, arb(10) ** MAX_DIGITS_OF_START):
            shown = largest.mid().str(2, radius=False)
            raise InputError(
                f"the start reaches {shown}: flows are enclosed from starts up to 1e{MAX_DIGITS_OF_START}"
            )
    mantissa, exponent = pair(largest.upper())
    return max(0, mantissa.bit_length() + exponent)


def _march(
    flow: Flow, end: Fraction, work: int, progress: Progress | None
) -> tuple[tuple[Segment, ...], Fraction]:
    segments: list[Segment] = []
    growths: list[arb] = []
    if end == 0 or not flow.moving:
        return (), end
    with precision(work + 96):
        time, goal = arb(0), rational(end)
    try:
        march = flow.marcher()
        point, errors = flow.start()
        while not certainly_lt(goal, time):
            step = march.step(point, errors)
            with precision(work + 96):
                after = time + flow.duration(step)
            segments.append(flow.segment(step, time, after))
            growths.append(step.tube.growth)
            time = after
            point, errors = flow.hand_over(step)
            if progress is not None:
                progress(time.str(6, radius=False), len(segments))
    except KeyboardInterrupt:
        return tuple(segments), end_of(segments)
    except StepError as reason:
        more = bits_to_come(segments, growths, flow.initial, end)
        raise _Refused(reason, end_of(segments), more) from None
    return tuple(segments), end


def _hopeless(digits: int, end: Fraction, reached: Fraction, more: int) -> str:
    near = 10 ** (len(str(int(reached))) - 1)
    return (
        f"{digits} digits up to {time_text(end)} would need about {more} more bits: the flow rests, but the "
        f"proved bound of its errors grows on like e^(c t) (as with weight decay and depth above 2); try "
        f"until = {near}"
    )


def asked_times(end: Fraction, times: Any) -> list[Fraction]:
    """The times of the answer, increasing: those given, or 0, some powers of ten, ``end``."""
    if times is None:
        powers = []
        if end > 1:
            top = len(mpz(end.numerator // end.denominator).digits())
            powers = [Fraction(10) ** j for j in range(0, top, max(1, top // 10))]
        return sorted({Fraction(0), end, *(p for p in powers if p < end)})
    values: Sequence[Any] = times.split(",") if isinstance(times, str) else times
    asked = sorted({read_time(t, f"times[{i}]") for i, t in enumerate(values)})
    for t in asked:
        if t > end:
            raise InputError(f"time {time_text(t)} is past until = {time_text(end)}: raise until")
    return asked


def missing_bits(x: arb, digits: int, floor: int) -> int:
    """0 if the radius is certainly at most 10^-digits max(|x|, floor), else about how many bits are missing.

    ``floor``: 0 for relative accuracy, 1 for accuracy relative to max(|x|, 1).  An exact ball is accurate.
    """
    with precision(LOW):
        allowed = x.abs_lower().max(arb(floor)) * arb(10) ** (-digits)
        if certainly_le(x.rad(), allowed):
            return 0
        if not certainly_positive(allowed):
            return 64
        return max(1, ceil(float((x.rad() / allowed).log() / arb(2).log())) + 1)
