"""What all rigorous steps of the reduced flows share: the curve, its logits, its clock.

A step is a polynomial curve with exact dyadic coefficients (``Curve``) and the proof that the exact
solution stays near it.  Notation as in ``reduced_jets.py``; a tilde is the curve, x in [0, 1] the step's
time, dt/dx = Sigma / 2 > 0 evaluated on the curve: this *defines* the physical time of the curve.

The exact weight is Phi_g = 2 h e^{u_g} with the polynomial u_g of the curve; |Phi~_g - Phi_g| <= eps_g by
``exponential_error``, so |Theta~_a - Theta_a| <= 2 sum_{g loud} eps_g =: eps; silent g (``Problem.loud``)
have Phi_g = Phi_0.  If no gap z_0 - z_g of a point
differs from that of the curve by more than eta, its 1 - phat_a is at most e^{2 eta} times that of the
curve, and at least e^{-2 eta} times it.  The rest depends on the model: ``exponential_step.py``,
``power_step.py``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TypeVar

from flint import arb, arb_poly

from ncverify.flows.balls import certainly_lt, dyadic, poly, precision, rational, upper
from ncverify.flows.characters import CharacterSums
from ncverify.flows.clock import Clock
from ncverify.flows.modes import Modes
from ncverify.flows.ranges import ranges
from ncverify.flows.step import Dyadic, Errors, StepError, Tube, exponential_error
from ncverify.theory.groups import AbelianGroup

T = TypeVar("T")


@dataclass(frozen=True)
class Problem:
    """What the flow is: group, variables, weight decay (sum loss)."""

    group: AbelianGroup
    modes: Modes
    decay: Fraction

    @cached_property
    def loud(self) -> tuple[int, ...]:
        """The nonzero sign classes g with chi_a(g) != 1 for some mode a that moves.

        For the others ("silent", g = 0 among them) z_g = z_0 for ever, and they do not enter Theta_a.
        """
        classes = self.group.sign_classes[1:]
        moving = [classes[a][0] for a in self.modes.moving]
        return tuple(
            i for i, g in enumerate(classes) if any(self.group.pairing(a, g[0]) != 0 for a in moving)
        )

    @cached_property
    def silent_count(self) -> int:
        """The number of silent elements g, 0 included."""
        classes = self.group.sign_classes[1:]
        return self.group.order - sum(len(classes[i]) for i in self.loud)

    def spread(self, loud: Sequence[T], zero: T) -> list[T]:
        """A class vector from the values of the loud classes: 0 for the silent ones."""
        out = [zero] * (len(self.group.sign_classes) - 1)
        for i, value in zip(self.loud, loud, strict=True):
            out[i] = value
        return out


@dataclass(frozen=True)
class Curve:
    """Exact data of one step: everything that is needed to check it again.

    ``length``: h; ``base``: index of g* among the sign classes; ``starts``: the exact values of the
    variables at x = 0; ``series``: the coefficients of the variables (exponential ones divided by their
    start), ``weights``: of Phi_g for the loud g (with decay: g = 0 in front), as integers in units of
    2^-bits.
    """

    bits: int
    length: Dyadic
    base: int
    starts: tuple[Dyadic, ...]
    series: tuple[tuple[int, ...], ...]
    weights: tuple[tuple[int, ...], ...]

    @property
    def order(self) -> int:
        """The degree of the polynomials."""
        return len(self.series[0]) - 1


@dataclass(frozen=True)
class Drive:
    """Theta~_a for each sign class with its ranges on the pieces, and ``loss`` = decay Sigma~.

    ``eps`` bounds |Theta~ - Theta| on [0, 1], ``loss_error`` the error of ``loss``.
    """

    theta: Sequence[arb_poly]
    theta_ranges: Sequence[Sequence[arb]]
    loss: arb_poly
    eps: arb
    loss_error: arb


class ReducedStep(ABC):
    """A curve with its proof.  ``entering``: errors at x = 0, ``leaving``: at x = 1.

    ``tube.radius`` bounds the distance on the whole step, ``defect`` is the bound of the integral of |d|,
    ``size`` a bound of the norm of the curve in the metric.  Give ``claim`` (a radius) to have it checked
    instead of computed.  The constructor raises ``StepError`` if an inequality is not certified.
    """

    tube: Tube
    defect: arb
    size: arb
    leaving: Errors

    def __init__(self, problem: Problem, curve: Curve, entering: Errors, claim: arb | None = None) -> None:
        self.problem = problem
        self.curve = curve
        self.entering = entering
        with self.scope():
            self._certify(claim)

    def scope(self) -> AbstractContextManager[None]:
        """The precision in which this step is evaluated."""
        return precision(self.curve.bits + 32)

    def _certify(self, claim: arb | None) -> None:
        problem, curve = self.problem, self.curve
        sums = CharacterSums(problem.group)
        decay = rational(problem.decay)
        length = dyadic(*curve.length)
        if not certainly_lt(arb(0), length):
            raise StepError("the step has no length")
        self.starts = tuple(dyadic(*e) for e in curve.starts)
        self.series = tuple(poly(c, curve.bits) for c in curve.series)
        weights = [poly(w, curve.bits) for w in curve.weights]
        z = sums.logits(self._spectrum_polynomials(len(sums.classes)))
        scale = arb(1) / problem.group.order
        margin = (z[0] - z[curve.base]) * scale
        sizes = [sums.sizes[i] for i in problem.loud]
        rest_weights = weights[1:] if problem.decay else weights
        rest_errors = [
            exponential_error(w, (z[i + 1] - z[curve.base]) * scale, 2 * length)
            for w, i in zip(rest_weights, problem.loud, strict=True)
        ]
        rest = sum((w * n for w, n in zip(rest_weights, sizes, strict=True)), arb_poly())
        rest_error = upper(sum((e * n for e, n in zip(rest_errors, sizes, strict=True)), arb(0)))
        theta = sums.complements(problem.spread(rest_weights, arb_poly()))
        loss, loss_error = arb_poly(), arb(0)
        if problem.decay:
            silent = problem.silent_count
            loss = decay * (rest + silent * weights[0])
            loss_error = upper(
                decay * (rest_error + silent * exponential_error(weights[0], margin, 2 * length))
            )
        self._prove(Drive(theta, [ranges(p) for p in theta], loss, upper(2 * rest_error), loss_error), claim)
        half = arb(1) / 2
        self.clock = Clock(
            problem.silent_count * length, margin, half * rest, upper(half * rest_error), curve.order
        )

    @abstractmethod
    def _spectrum_polynomials(self, modes: int) -> list[arb_poly]:
        """s~_a for each nonzero sign class."""

    @abstractmethod
    def _prove(self, drive: Drive, claim: arb | None) -> None:
        """Sets ``defect``, ``size``, ``tube``, ``leaving`` or raises ``StepError``."""

    @abstractmethod
    def first(self) -> tuple[arb, ...]:
        """The variables at the start of the curve, exactly."""

    @abstractmethod
    def ends(self) -> tuple[arb, ...]:
        """Balls around the variables at the end of the curve (not of the solution: add ``leaving``)."""

    @abstractmethod
    def spectrum(self, x: arb) -> tuple[arb, ...]:
        """Balls around s_a of the exact solution, one for each nonzero sign class, at the curve's time x.

        Frozen modes are exactly 0.
        """

    @abstractmethod
    def box(self) -> list[arb]:
        """Balls that contain s_a of the exact solution during the whole step."""
