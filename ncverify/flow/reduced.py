"""Rigorous enclosures of the reduced flows: balanced, unbalanced, with weight decay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, log2
from typing import Any, Literal

from flint import arb

from ncverify.errors import InputError
from ncverify.flow.balls import LOW, certainly_le, certainly_lt, pair, precision, rational
from ncverify.flow.exact import read_digits, read_number, read_numbers, read_time
from ncverify.flow.march import Marcher
from ncverify.flow.modes import balanced_variables, unbalanced_variables
from ncverify.flow.step import Problem, Step, StepError
from ncverify.flow.trajectory import Trajectory, state_at, time_text
from ncverify.theory.groups import AbelianGroup

Progress = Callable[[str, int], None]
"""Called after each step with the time reached (text) and the number of steps."""


@dataclass(frozen=True)
class ReducedSegment:
    """A certified step placed in physical time; ``scale`` converts from sum-loss time."""

    step: Step
    begin: arb
    end: arb
    scale: Fraction

    def state(self, time: Fraction) -> tuple[arb, ...]:
        """Balls around s_a, one for each nonzero sign class."""
        with self.step.scope():
            elapsed = (rational(time) - self.begin) / rational(self.scale)
            x = self.step.clock.solve(elapsed)
        return self.step.spectrum(x)

    def to_json(self) -> dict[str, Any]:
        step = self.step
        return {
            "begin": self.begin.str(20),
            "end": self.end.str(20),
            "order": step.curve.order,
            "bits": step.curve.bits,
            "length": list(step.curve.length),
            "base": step.curve.base,
            "box": [[low.str(10), high.str(10)] for low, high in zip(step.lows, step.highs, strict=True)],
            "radius": list(pair(step.radius)),
            "entering": list(pair(step.entering.radius)),
            "defect": step.defect.str(6),
            "growth": step.growth.str(6),
            "starts": [list(e) for e in step.curve.starts],
            "factors": [[str(c) for c in f] for f in step.curve.factors],
            "weights": [[str(c) for c in w] for w in step.curve.weights],
        }


@dataclass(frozen=True, init=False)
class ReducedFlow:
    """The gradient flow on the spectral family of a finite abelian group (garrod, reduced flow).

    Balanced (default): s_a' = 2 s_a (1 - phat_a - decay).  With ``imbalance`` c_a = alpha_a^2 - beta_a^2 at
    time 0 (one exact number for each nonzero character): the flow of (alpha, beta), s = alpha beta.
    ``loss``: "sum", or "mean" (divides the loss, not the decay, by K).  Group: an ``AbelianGroup``, orders
    as text such as "2,2,2", or a tuple.
    """

    group: AbelianGroup
    imbalance: tuple[Fraction, ...] | None = None
    weight_decay: Fraction = Fraction(0)
    loss: Literal["sum", "mean"] = "sum"

    def __init__(
        self,
        group: AbelianGroup | str | Sequence[int],
        *,
        imbalance: Any = None,
        weight_decay: Any = 0,
        loss: Literal["sum", "mean"] = "sum",
    ) -> None:
        if isinstance(group, str):
            group = AbelianGroup.parse(group)
        elif not isinstance(group, AbelianGroup):
            group = AbelianGroup(tuple(group))
        if loss not in ("sum", "mean"):
            raise InputError(f'loss = {loss!r} is unknown here: "sum" or "mean"')
        decay = read_number(weight_decay, "weight_decay")
        if decay < 0:
            raise InputError(f"weight_decay = {weight_decay} is negative: give a number of at least 0")
        object.__setattr__(self, "group", group)
        object.__setattr__(self, "weight_decay", decay)
        object.__setattr__(self, "loss", loss)
        object.__setattr__(
            self, "imbalance", None if imbalance is None else self._per_class(imbalance, "imbalance")
        )

    def _per_class(self, values: Any, name: str) -> tuple[Fraction, ...]:
        full = self.group.spectrum(read_numbers(values, name), Fraction(0))
        return tuple(full[orbit[0]] for orbit in self.group.sign_classes[1:])

    def enclose(
        self,
        start: Any,
        until: Any = "1e30",
        digits: int = 50,
        times: Any = None,
        progress: Progress | None = None,
    ) -> Trajectory:
        """Balls that contain the exact solution at the asked times.

        ``start``: K-1 exact numbers (or text with commas).  ``until``, ``times``: exact times such as "1e100";
        without ``times``: 0, powers of ten, ``until``.  Each ball has radius at most 10^-digits times its
        midpoint (unbalanced: times max(1, |s_a|)); otherwise the precision is raised and the run repeated.
        An interrupt (Ctrl-C) returns what is certified so far (``complete`` is False).  Raises ``InputError``
        for bad input, ``StepError`` where no precision within reach suffices.
        """
        given = read_numbers(start, "start")
        spectrum = self._per_class(given, "start")
        digits = read_digits(digits)
        end = read_time(until, "until")
        asked = _asked(end, times)
        work = ceil(digits * log2(10)) + 24
        for _ in range(8):
            try:
                run = self._run(spectrum, end, work, progress)
                rows = [state_at(run.segments, run.initial, t) for t in asked if t <= run.until]
            except (StepError, ArithmeticError):
                work += work // 2
                continue
            lost = max((_lost_bits(x, digits, self.imbalance is None) for row in rows for x in row), default=0)
            if lost == 0:
                return self._trajectory(given, digits, asked, rows, run)
            work += lost + 4
        raise StepError(f"{digits} digits were not reached with {work} bits: ask for fewer digits or less time")

    def _run(self, spectrum: tuple[Fraction, ...], end: Fraction, work: int, progress: Progress | None) -> _Run:
        sizes = [len(orbit) for orbit in self.group.sign_classes[1:]]
        names = [f"s[{orbit[0]}]" for orbit in self.group.sign_classes[1:]]
        # Mean loss: t_mean = K t_sum, and the decay per unit of sum-loss time is K times larger.
        scale = Fraction(self.group.order if self.loss == "mean" else 1)
        with precision(work + 96):
            if self.imbalance is None:
                variables, values = balanced_variables(spectrum, sizes, names)
            else:
                variables, values = unbalanced_variables(spectrum, self.imbalance, sizes)
            initial = tuple(rational(s) for s in spectrum)
        problem = Problem(self.group, variables, self.weight_decay * scale)
        if not variables or end == 0:
            return _Run((), initial, end)
        march = Marcher(problem, work)
        starts, errors = march.rebase(values)
        segments: list[ReducedSegment] = []
        with precision(work + 96):
            time, goal = arb(0), rational(end)
        try:
            while not certainly_lt(goal, time):
                step = march.step(starts, errors)
                with step.scope():
                    after = time + rational(scale) * step.clock.duration
                    ends = step.ends()
                segments.append(ReducedSegment(step, time, after, scale))
                time = after
                starts, errors = march.rebase(ends, step.leaving)
                if progress is not None:
                    progress(time.str(6, radius=False), len(segments))
        except KeyboardInterrupt:
            return _Run(tuple(segments), initial, _below(time))
        return _Run(tuple(segments), initial, end)

    def _trajectory(
        self, given: tuple[Fraction, ...], digits: int, asked: list[Fraction], rows: list[tuple[arb, ...]], run: _Run
    ) -> Trajectory:
        classes = self.group.sign_classes[1:]
        place = {a: i for i, orbit in enumerate(classes) for a in orbit}
        full = [tuple(row[place[a]] for a in range(1, self.group.order)) for row in rows]
        about = {
            "flow": "reduced",
            "model": "balanced" if self.imbalance is None else "unbalanced",
            "group": list(self.group.orders),
            "loss": self.loss,
            "weight_decay": str(self.weight_decay),
        }
        if self.imbalance is not None:
            about["imbalance"] = [str(self.imbalance[place[a]]) for a in range(1, self.group.order)]
        return Trajectory(
            names=tuple(f"s[{a}]" for a in range(1, self.group.order)),
            start=given,
            digits=digits,
            t=tuple(t for t in asked if t <= run.until),
            s=tuple(full),
            segments=run.segments,
            initial=run.initial,
            until=run.until,
            complete=all(t <= run.until for t in asked),
            about=about,
        )


@dataclass(frozen=True)
class _Run:
    segments: tuple[ReducedSegment, ...]
    initial: tuple[arb, ...]
    until: Fraction


def _asked(end: Fraction, times: Any) -> list[Fraction]:
    if times is None:
        powers = []
        if end > 1:
            top = len(str(int(end)))
            powers = [Fraction(10) ** j for j in range(0, top, max(1, top // 10)) if 10**j < end]
        return sorted({Fraction(0), end, *powers})
    asked = [read_time(t, f"times[{i}]") for i, t in enumerate([times] if isinstance(times, str) else times)]
    for t in asked:
        if t > end:
            raise InputError(f"time {time_text(t)} is past until = {time_text(end)}: raise until")
    return asked


def _lost_bits(x: arb, digits: int, relative: bool) -> int:
    """0 if the radius is certainly at most 10^-digits |x| (or max(1, |x|)), else about how many bits are missing."""
    with precision(LOW):
        size = x.abs_lower() if relative else x.abs_lower().max(arb(1))
        allowed = size * arb(10) ** (-digits)
        if certainly_le(x.rad(), allowed):
            return 0
        if not certainly_lt(arb(0), allowed):
            return 64
        return max(1, ceil(float((x.rad() / allowed).log() / arb(2).log())) + 1)


def _below(time: arb) -> Fraction:
    """A rational number certainly not above the ball, close to it."""
    mantissa, exponent = pair(time.lower()) if certainly_lt(arb(0), time) else (0, 0)
    shift = max(0, mantissa.bit_length() - 20)
    return Fraction(mantissa >> shift) * Fraction(2) ** (exponent + shift)
