"""Rigorous enclosures of the reduced flows: balanced, unbalanced, with weight decay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
from ncverify.flows.exact import read_number, read_numbers, read_time
from ncverify.flows.march import GUARD, Marcher, Propose
from ncverify.flows.modes import Modes, PowerModes, balanced_modes, power_modes, unbalanced_modes
from ncverify.flows.reduced_jets import ReducedTrial
from ncverify.flows.reduced_step import Problem, ReducedStep
from ncverify.flows.step import Errors
from ncverify.flows.trajectory import Trajectory, bounds_json, integers_json
from ncverify.theory.dynamics import DOUBLE, Balanced, ReducedModel, Unbalanced, reduced_field
from ncverify.theory.groups import AbelianGroup


@dataclass(frozen=True)
class ReducedSegment:
    """A certified step placed in physical time; ``scale`` converts from sum-loss time."""

    step: ReducedStep
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
        """Box, order, radius, bounds, and the exact curve: what ``certificate.recheck`` reads."""
        step, curve = self.step, self.step.curve
        return {
            "box": [x.str(10) for x in step.box()],
            **bounds_json(step, self.begin, self.end),
            "starts": [list(e) for e in curve.starts],
            "series": integers_json(curve.series),
            "weights": integers_json(curve.weights),
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
    depth: int = 2
    imbalance: tuple[Fraction, ...] | None = None
    weight_decay: Fraction = Fraction(0)
    loss: Literal["sum", "mean"] = "sum"

    def __init__(
        self,
        group: AbelianGroup | str | Sequence[int],
        *,
        depth: int = 2,
        imbalance: Any = None,
        weight_decay: Any = 0,
        loss: Literal["sum", "mean"] = "sum",
    ) -> None:
        group = AbelianGroup.read(group)
        if loss not in ("sum", "mean"):
            raise InputError(f'loss = {loss!r} is unknown here: "sum" or "mean"')
        if isinstance(depth, bool) or not isinstance(depth, int) or not 1 <= depth <= 100:
            raise InputError(f"depth = {depth!r} is out of range: 1 to 100 layers")
        if imbalance is not None and depth != 2:
            raise InputError(f"imbalance needs depth = 2, got depth = {depth}")
        decay = read_number(weight_decay, "weight_decay")
        if decay < 0:
            raise InputError(f"weight_decay = {weight_decay} is negative: give a number of at least 0")
        object.__setattr__(self, "group", group)
        object.__setattr__(self, "depth", depth)
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

        ``start``: K-1 exact numbers (or text with commas).  ``until``, ``times``: exact times such as
        "1e100"; without ``times``: 0, powers of ten, ``until``.  Each radius is at most ``10^-digits |s_a|``
        (unbalanced or depth other than 2: ``10^-digits max(1, |s_a|)``); else the precision is raised
        and the run repeated.
        An interrupt (Ctrl-C) returns what is certified so far (``complete`` is False).  Raises ``InputError``
        for bad input, ``StepError`` where no precision within reach suffices.
        """
        given = read_numbers(start, "start")
        run = drive(self.prepare(given), until, digits, times, progress)
        modes = range(1, self.group.order)
        about: dict[str, Any] = {
            "flow": "reduced",
            "model": "balanced" if self.imbalance is None else "unbalanced",
            "group": list(self.group.orders),
            "depth": self.depth,
            "loss": self.loss,
            "weight_decay": str(self.weight_decay),
        }
        if self.imbalance is not None:
            about["imbalance"] = [str(self.imbalance[i]) for i in self.places]
        return Trajectory.from_run(run, tuple(f"s[{a}]" for a in modes), given, digits, self.places, about)

    def approximate(self, start: Any, until: Any = "100", points: int = 101) -> Approximation:
        """The same flow in double precision with SciPy: no enclosure, labelled ``certified = False``.

        Exact input as for ``enclose``; times evenly spaced in log(1 + t).
        """
        full = self.group.spectrum(read_numbers(start, "start"), Fraction(0))
        model: ReducedModel = Balanced(self.depth, self.weight_decay, self.loss)
        state = np.array([float(s) for s in full])
        if self.imbalance is not None:
            model = Unbalanced(self.weight_decay, self.loss)
            s, c = state, np.zeros(self.group.order)
            for value, orbit in zip(self.imbalance, self.group.sign_classes[1:], strict=True):
                c[list(orbit)] = float(value)
            # (alpha^2 +- beta^2) from s = alpha beta and c = alpha^2 - beta^2, with alpha >= 0.
            total = np.sqrt(c * c + 4 * s * s)
            alpha, beta = np.sqrt((total + c) / 2), np.sqrt((total - c) / 2)
            state = np.concatenate([alpha, np.where(s < 0, -beta, beta)])

        def field(y: np.ndarray) -> np.ndarray:
            return np.asarray(reduced_field(self.group, y, DOUBLE, model=model))

        times, states = integrate(field, state, read_time(until, "until"), points)
        spectra = np.asarray(model.spectrum(self.group, states.T)).T[:, 1:]
        names = tuple(f"s[{a}]" for a in range(1, self.group.order))
        return Approximation(names, times, spectra, "scipy solve_ivp LSODA, double precision")

    @property
    def places(self) -> tuple[int, ...]:
        """For each nonzero character the number of its sign class."""
        place = {a: i for i, orbit in enumerate(self.group.sign_classes[1:]) for a in orbit}
        return tuple(place[a] for a in range(1, self.group.order))

    def prepare(self, start: Any) -> Callable[[int], Flow]:
        """For a number of working bits, the flow from an exact start (what ``drive`` takes)."""
        return partial(self._prepare, self._per_class(start, "start"))

    def _prepare(self, spectrum: tuple[Fraction, ...], work: int) -> Flow:
        sizes = [len(orbit) for orbit in self.group.sign_classes[1:]]
        names = [f"s[{orbit[0]}]" for orbit in self.group.sign_classes[1:]]
        # Mean loss: t_mean = K t_sum, and the decay per unit of sum-loss time is K times larger.
        scale = Fraction(self.group.order if self.loss == "mean" else 1)
        modes: Modes
        with precision(work + 96):
            if self.depth != 2:
                modes, values = power_modes(self.depth, spectrum, sizes, names)
            elif self.imbalance is None:
                modes, values = balanced_modes(spectrum, sizes, names)
            else:
                modes, values = unbalanced_modes(spectrum, self.imbalance, sizes)
            initial = tuple(rational(s) for s in spectrum)
        problem = Problem(self.group, modes, self.weight_decay * scale)
        return _Prepared(problem, values, initial, work, scale, self.imbalance is None and self.depth == 2)


@dataclass(frozen=True)
class _Prepared:
    """The flow from one start at one working precision (see ``drive.Flow``)."""

    problem: Problem
    values: tuple[arb, ...]
    initial: tuple[arb, ...]
    work: int
    scale: Fraction
    relative: bool

    @property
    def moving(self) -> bool:
        return bool(self.values)

    def marcher(self) -> Marcher[ReducedStep]:
        propose: Propose[ReducedStep] = partial(ReducedTrial.propose, self.problem)
        return Marcher(propose, self.work)

    def start(self) -> tuple[tuple[arb, ...], Errors]:
        return self._rebase(self.values, self.no_errors())

    def hand_over(self, step: ReducedStep) -> tuple[tuple[arb, ...], Errors]:
        with step.scope():
            ends = step.ends()
        return self._rebase(ends, step.leaving)

    def no_errors(self) -> Errors:
        """Zero errors of the right shape."""
        count = 0 if isinstance(self.problem.modes, PowerModes) else len(self.values)
        return Errors(arb(0), (arb(0),) * count)

    def _rebase(self, values: Sequence[arb], errors: Errors) -> tuple[tuple[arb, ...], Errors]:
        """Exact dyadic values near the balls ``values``, and the errors with what this choice adds."""
        if isinstance(self.problem.modes, PowerModes):
            exact = tuple(on_grid(v, self.work + GUARD) for v in values)
        else:
            # Relative accuracy: tiny exponential variables keep all their digits.
            with precision(self.work + GUARD):
                exact = tuple((v * 1).mid() for v in values)
        return exact, self.gap(values, exact, errors)

    def gap(self, values: Sequence[arb], exact: Sequence[arb], errors: Errors) -> Errors:
        """``errors`` plus the largest distances of ``exact`` from the points of the balls ``values``."""
        with precision(self.work + 3 * GUARD):
            radius2, relative = self.problem.modes.distances(values, exact)
        with precision(LOW):
            radius = upper(radius2.sqrt() + errors.radius)
            return Errors(radius, tuple(upper(x + y) for x, y in zip(relative, errors.relative, strict=True)))

    def duration(self, step: ReducedStep) -> arb:
        with step.scope():
            return rational(self.scale) * step.clock.duration

    def segment(self, step: ReducedStep, begin: arb, end: arb) -> ReducedSegment:
        return ReducedSegment(step, begin, end, self.scale)

    def missing(self, x: arb, digits: int) -> int:
        return missing_bits(x, digits, 0 if self.relative else 1)
