"""From one step to the next: choice of length and order (heuristics), hand-over of errors (bounds).

The heuristics only decide which curve is tried.  What a step claims is proved by ``Step``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from flint import arb

from ncverify.flow.balls import LOW, dyadic, pair, precision, rational, to_fixed, upper
from ncverify.flow.characters import CharacterSums
from ncverify.flow.jets import Jets, compute
from ncverify.flow.step import Curve, Errors, Problem, Step, StepError, combine

_GUARD = 24
_FULL_ACCEPT = 1.25
_MAX_RATIO = Fraction(4)


@dataclass
class Marcher:
    """Makes steps with a local error of about 2^-work relative to the state; remembers the last length."""

    problem: Problem
    work: int
    length: Fraction | None = None

    def __post_init__(self) -> None:
        self.order = max(8, ceil(0.34 * self.work))

    def rebase(self, values: Sequence[arb], errors: Errors | None = None) -> tuple[tuple[arb, ...], Errors]:
        """Exact dyadic starting values near the balls ``values``, and the errors that this choice adds.

        In y: |sqrt e - sqrt e0| for each e in the ball, all characters together; in log e: |log(e/e0)|.
        """
        exact = []
        with precision(self.work + _GUARD):
            exact = [(v * 1).mid() for v in values]
        with precision(self.work + 3 * _GUARD):
            radius2, relative = arb(0), []
            for v, e, e0 in zip(self.problem.variables, values, exact, strict=True):
                d = (e.sqrt() - e0.sqrt()).abs_upper()
                radius2 += v.size * rational(v.metric) * (d * d)
                relative.append((e / e0 - 1).log1p().abs_upper())
            radius = radius2.sqrt()
        with precision(LOW):
            if errors is not None:
                radius = radius + errors.radius
                relative = [x + y for x, y in zip(relative, errors.relative, strict=True)]
            return tuple(exact), Errors(upper(radius), tuple(upper(x) for x in relative))

    def step(self, starts: Sequence[arb], entering: Errors) -> Step:
        """A certified step from the exact point ``starts``.  Raises ``StepError`` after many refusals."""
        if self.length is None:
            self.length = self._probe(starts)
        curve = self._curve(starts)
        for _ in range(40):
            try:
                step = Step(self.problem, curve.curve(starts), entering)
            except StepError:
                curve = curve.shortened(Fraction(3, 4))
                continue
            with precision(LOW):
                excess = float((step.defect / step.size).log() / arb(2).log()) + self.work
            if excess < 8:
                self.length = curve.length
                return step
            ratio = 2.0 ** (-(excess - 4) / (0.7 * self.order))
            curve = curve.shortened(Fraction(max(0.25, min(0.95, ratio))).limit_denominator(64))
        raise StepError("no step length is accepted: the working precision is too low for this start")

    def _curve(self, starts: Sequence[arb]) -> _Trial:
        assert self.length is not None
        for _ in range(6):
            trial = _Trial.make(self.problem, starts, self.length, self.work, self.order)
            ratio = trial.ratio()
            if ratio <= _FULL_ACCEPT:
                break
            self.length = _short(self.length * min(ratio, _MAX_RATIO))
        return trial.shortened(ratio) if ratio < 1 else trial

    def _probe(self, starts: Sequence[arb]) -> Fraction:
        """A first length from series of low order: the tail should be 2^-work at the full order."""
        order = max(8, self.order // 4)
        work = ceil(self.work * order / self.order)
        length = Fraction(1, 4 * self.problem.group.order)
        for _ in range(60):
            ratio = _Trial.make(self.problem, starts, length, work, order).ratio()
            length = _short(length * max(Fraction(1, 1 << 20), min(ratio, _MAX_RATIO)))
            if Fraction(4, 5) < ratio < Fraction(5, 4):
                break
        return length


@dataclass(frozen=True)
class _Trial:
    """Series for one length, not yet certified."""

    problem: Problem
    length: Fraction
    base: int
    work: int
    jets: Jets

    @classmethod
    def make(
        cls, problem: Problem, starts: Sequence[arb], length: Fraction, work: int, order: int
    ) -> _Trial:
        with precision(work + 4 * _GUARD):
            spectrum = combine(problem, starts)
            size = max(0, *(to_fixed(s, 0).bit_length() for s in spectrum))
            bits = work + _GUARD + size + 8
        with precision(bits + _GUARD):
            sums = CharacterSums(problem.group, bits)
            logits = [z / problem.group.order for z in sums.logits(combine(problem, starts))]
            base = max(range(1, len(logits)), key=lambda g: to_fixed(logits[g], bits))
            first = 0 if problem.decay else 1
            weights = [to_fixed(2 * rational(length) * (z - logits[base]).exp(), bits) for z in logits[first:]]
            scaled = [
                to_fixed(rational(v.weight) * e, bits) for v, e in zip(problem.variables, starts, strict=True)
            ]
        jets = compute(sums, problem.variables, scaled, weights, base, order, problem.decay)
        return cls(problem, length, base, work, jets)

    def ratio(self) -> Fraction:
        """By how much the length may change for a tail of 2^-work."""
        if self.jets.tail == 0:
            return _MAX_RATIO
        excess = self.jets.tail.bit_length() - (self.jets.bits - self.work)
        power = 2.0 ** (-excess / len(self.jets.factors[0]))
        return Fraction(max(1e-6, min(power, 64.0))).limit_denominator(64) if power > 1 / 64 else Fraction(1, 64)

    def shortened(self, ratio: Fraction) -> _Trial:
        ratio = _short(ratio)
        return _Trial(self.problem, self.length * ratio, self.base, self.work, self.jets.scaled(ratio))

    def curve(self, starts: Sequence[arb]) -> Curve:
        length = self.length
        return Curve(
            self.jets.bits,
            (length.numerator, 1 - length.denominator.bit_length()),
            self.base,
            tuple(pair(e) for e in starts),
            tuple(tuple(map(int, f)) for f in self.jets.factors),
            tuple(tuple(map(int, w)) for w in self.jets.weights),
        )


def _short(q: Fraction) -> Fraction:
    """A dyadic number with 8 significant bits, not above q > 0."""
    shift = q.denominator.bit_length() - q.numerator.bit_length() + 8
    scaled = q * Fraction(2) ** shift
    return Fraction(int(scaled)) / Fraction(2) ** shift
