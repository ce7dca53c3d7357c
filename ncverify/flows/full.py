"""Rigorous enclosures of the full flow of (W, H): any start, any n, d and labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any, Literal

import numpy as np
from flint import arb

from ncverify.errors import InputError
from ncverify.flows.approximate import Approximation, integrate
from ncverify.flows.balls import LOW, on_grid, precision, rational, upper
from ncverify.flows.drive import Flow, Progress, drive, missing_bits
from ncverify.flows.exact import read_matrix, read_number, read_time
from ncverify.flows.full_jets import FullTrial
from ncverify.flows.full_step import FullProblem, FullStep
from ncverify.flows.march import GUARD, Marcher, Propose
from ncverify.flows.step import Errors
from ncverify.flows.trajectory import Trajectory, bounds_json, integers_json
from ncverify.theory.dynamics import DOUBLE, full_field
from ncverify.theory.nodes import clip

MAX_MARGIN = 20_000
"""Of the start: time is counted in units of e^margin."""


@dataclass(frozen=True)
class FullSegment:
    """A certified step placed in physical time; ``scale`` converts from sum-loss time."""

    step: FullStep
    begin: arb
    end: arb
    scale: Fraction

    def state(self, time: Fraction) -> tuple[arb, ...]:
        """Balls around the entries of W, then of H, row by row."""
        with self.step.scope():
            x = self.step.clock.solve((rational(time) - self.begin) / rational(self.scale))
        return self.step.values(x)

    def to_json(self) -> dict[str, Any]:
        """Box, order, radius, bounds, and the exact curve: what ``certificate.recheck`` reads."""
        step, curve = self.step, self.step.curve
        return {
            "box": [x.str(10) for x in step.box()],
            **bounds_json(step, self.begin, self.end),
            "w": integers_json(curve.w),
            "h": integers_json(curve.h),
            "forces": integers_json(curve.forces),
            "inverses": integers_json(curve.inverses),
            "kappa": [str(c) for c in curve.kappa],
            "pace": [str(c) for c in curve.pace],
        }


@dataclass(frozen=True, init=False)
class FullFlow:
    """The gradient flow of W (K x d) and H (d x N) from an exact start (ji, eq. 3, descending).

    W' = (Y - P) H^T - decay W, H' = W^T (Y - P) - decay H.  ``labels``: the class of each column of H.
    ``loss``: "sum", or "mean" (divides the loss by N, not the decay).  Entries: int, Fraction or text.
    """

    w: tuple[tuple[Fraction, ...], ...]
    h: tuple[tuple[Fraction, ...], ...]
    labels: tuple[int, ...]
    loss: Literal["sum", "mean"]
    weight_decay: Fraction

    def __init__(
        self,
        W: Any,
        H: Any,
        labels: Sequence[int],
        *,
        loss: Literal["sum", "mean"] = "sum",
        weight_decay: Any = 0,
    ) -> None:
        w, h = read_matrix(W, "W"), read_matrix(H, "H")
        if len(w[0]) != len(h):
            raise InputError(
                f"W has {len(w[0])} columns and H has {len(h)} rows: both must be the dimension d"
            )
        if len(w) < 2:
            raise InputError("W has 1 row: a problem needs at least 2 classes")
        if len(labels) != len(h[0]):
            raise InputError(f"{len(labels)} labels for {len(h[0])} columns of H: give one label for each")
        for i, label in enumerate(labels):
            if isinstance(label, bool) or not isinstance(label, int) or not 0 <= label < len(w):
                raise InputError(f"labels[{i}] = {label!r} is not a class: use 0 to {len(w) - 1}")
        if loss not in ("sum", "mean"):
            raise InputError(f'loss = {loss!r} is unknown here: "sum" or "mean"')
        decay = read_number(weight_decay, "weight_decay")
        if decay < 0:
            raise InputError(f"weight_decay = {weight_decay} is negative: give a number of at least 0")
        for name, value in (
            ("w", w),
            ("h", h),
            ("labels", tuple(labels)),
            ("loss", loss),
            ("weight_decay", decay),
        ):
            object.__setattr__(self, name, value)

    def _smallest_margin(self) -> Fraction:
        """The least logit of a label minus another logit of its column, over all samples."""
        margins = []
        for i, label in enumerate(self.labels):
            column = [
                sum((x * row[i] for x, row in zip(w, self.h, strict=True)), Fraction(0)) for w in self.w
            ]
            margins += [column[label] - z for k, z in enumerate(column) if k != label]
        return min(margins, default=Fraction(0))

    def enclose(
        self,
        until: Any = "100",
        digits: int = 30,
        times: Any = None,
        progress: Progress | None = None,
    ) -> Trajectory:
        """Balls around the entries of W, then H (row by row), at the asked times.

        Each radius is at most ``10^-digits max(1, |entry|)``; otherwise the precision is raised and the run
        repeated.  Times, interrupts and errors as in ``ReducedFlow.enclose``.  Cost of a step: about 3 K d N
        products of polynomials of degree ~1.5 digits.
        """
        margin = self._smallest_margin()
        if margin > MAX_MARGIN:
            raise InputError(
                f"all margins of the start are at least {clip(int(margin))}: the full flow is enclosed where "
                f"the smallest is at most {MAX_MARGIN} (the reduced flow goes further)"
            )
        start = tuple(x for row in (*self.w, *self.h) for x in row)
        run = drive(self.prepare, until, digits, times, progress)
        about: dict[str, Any] = {
            "flow": "full",
            "classes": len(self.w),
            "dimension": len(self.h),
            "labels": list(self.labels),
            "loss": self.loss,
            "weight_decay": str(self.weight_decay),
        }
        return Trajectory.from_run(run, self._names(), start, digits, tuple(range(len(start))), about)

    def approximate(self, until: Any = "100", points: int = 101) -> Approximation:
        """The same flow in double precision with SciPy: no enclosure, labelled ``certified = False``."""
        k, d, n = len(self.w), len(self.h), len(self.labels)
        start = np.array([float(x) for row in (*self.w, *self.h) for x in row])

        def field(y: np.ndarray) -> np.ndarray:
            w, h = y[: k * d].reshape(k, d), y[k * d :].reshape(d, n)
            slopes = full_field(w, h, self.labels, DOUBLE, loss=self.loss, decay=self.weight_decay)
            return np.concatenate([np.ravel(part) for part in slopes])

        times, states = integrate(field, start, read_time(until, "until"), points)
        return Approximation(self._names(), times, states, "scipy solve_ivp LSODA, double precision")

    def prepare(self, work: int) -> Flow:
        """The flow at a number of working bits (what ``drive`` takes)."""
        return _Prepared.make(self, work)

    def _names(self) -> tuple[str, ...]:
        k, d, n = len(self.w), len(self.h), len(self.labels)
        names = [f"W[{a},{b}]" for a in range(k) for b in range(d)]
        return (*names, *(f"H[{a},{b}]" for a in range(d) for b in range(n)))


@dataclass(frozen=True)
class _Prepared:
    """The flow at one working precision (see ``drive.Flow``)."""

    problem: FullProblem
    initial: tuple[arb, ...]
    work: int
    scale: Fraction
    moving: bool = True

    @classmethod
    def make(cls, flow: FullFlow, work: int) -> Flow:
        # Mean loss: t_mean = N t_sum, and the decay per unit of sum-loss time is N times larger.
        scale = Fraction(len(flow.labels) if flow.loss == "mean" else 1)
        problem = FullProblem(len(flow.w), len(flow.h), flow.labels, flow.weight_decay * scale)
        with precision(work + 96):
            entries = tuple(rational(x) for row in (*flow.w, *flow.h) for x in row)
        moving = any(x for row in (*flow.w, *flow.h) for x in row)
        return cls(problem, entries, work, scale, moving)

    def marcher(self) -> Marcher[FullStep]:
        propose: Propose[FullStep] = partial(FullTrial.propose, self.problem)
        return Marcher(propose, self.work)

    def start(self) -> tuple[tuple[arb, ...], Errors]:
        return self._rebase(self.initial, self.no_errors())

    def hand_over(self, step: FullStep) -> tuple[tuple[arb, ...], Errors]:
        with step.scope():
            ends = step.ends()
        return self._rebase(ends, step.leaving)

    def no_errors(self) -> Errors:
        """Zero errors of the right shape."""
        return Errors(arb(0))

    @property
    def values(self) -> tuple[arb, ...]:
        """The starting values of the variables."""
        return self.initial

    def _rebase(self, values: Sequence[arb], errors: Errors) -> tuple[tuple[arb, ...], Errors]:
        """Exact dyadic values near the balls ``values``, and the errors with what this choice adds."""
        exact = tuple(on_grid(v, self.work + GUARD) for v in values)
        return exact, self.gap(values, exact, errors)

    def gap(self, values: Sequence[arb], exact: Sequence[arb], errors: Errors) -> Errors:
        """``errors`` plus the largest Euclidean distance of ``exact`` from a point of ``values``."""
        with precision(self.work + 3 * GUARD):
            total = sum(((v - e) * (v - e) for v, e in zip(values, exact, strict=True)), arb(0))
            radius = total.abs_upper().sqrt()
        with precision(LOW):
            return Errors(upper(radius + errors.radius))

    def duration(self, step: FullStep) -> arb:
        with step.scope():
            return rational(self.scale) * step.clock.duration

    def segment(self, step: FullStep, begin: arb, end: arb) -> FullSegment:
        return FullSegment(step, begin, end, self.scale)

    def missing(self, x: arb, digits: int) -> int:
        return missing_bits(x, digits, 1)
