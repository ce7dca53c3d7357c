"""What all rigorous steps of the reduced flows share: the curve, its logits, its clock.

A step is a polynomial curve with exact dyadic coefficients (``Curve``) and the proof that the exact
solution stays near it.  Notation as in ``reduced_jets.py``; a tilde is the curve, x in [0, 1] the step's
time, dt/dx = Sigma / 2 > 0 evaluated on the curve: this *defines* the physical time of the curve.

The exact weight is Phi_g = 2 h e^{u_g} with the polynomial u_g of the curve; |Phi~_g - Phi_g| <= eps_g by
``exponential_error``, so |Theta~_a - Theta_a| <= 2 sum_{g != 0} eps_g =: eps.  If no gap z_0 - z_g of a point
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

from flint import arb, arb_poly

from ncverify.flow.balls import certainly_lt, dyadic, poly, precision, rational, upper
from ncverify.flow.characters import CharacterSums
from ncverify.flow.clock import Clock
from ncverify.flow.modes import Modes
from ncverify.flow.ranges import ranges
from ncverify.flow.step import Dyadic, Errors, StepError, Tube, exponential_error
from ncverify.theory.groups import AbelianGroup


@dataclass(frozen=True)
class Problem:
    """What the flow is: group, variables, weight decay (sum loss)."""

    group: AbelianGroup
    modes: Modes
    decay: Fraction


@dataclass(frozen=True)
class Curve:
    """Exact data of one step: everything that is needed to check it again.

    ``length``: h; ``base``: index of g* among the sign classes; ``starts``: the exact values of the
    variables at x = 0; ``series``: the coefficients of the variables (exponential ones divided by their
    start), ``weights``: of Phi_g (with decay: g = 0 in front), as integers in units of 2^-bits.
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
        exponents = [(p - z[curve.base]) * (arb(1) / problem.group.order) for p in z]
        first = 0 if problem.decay else 1
        errors = [
            exponential_error(w, u, 2 * length) for w, u in zip(weights, exponents[first:], strict=True)
        ]
        rest_weights, rest_errors = weights[1 - first :], errors[1 - first :]
        rest = sum((w * n for w, n in zip(rest_weights, sums.sizes, strict=True)), arb_poly())
        rest_error = upper(sum((e * n for e, n in zip(rest_errors, sums.sizes, strict=True)), arb(0)))
        theta = sums.complements(rest_weights)
        loss, loss_error = arb_poly(), arb(0)
        if problem.decay:
            loss = decay * (rest + weights[0])
            loss_error = upper(decay * (rest_error + errors[0]))
        self._prove(Drive(theta, [ranges(p) for p in theta], loss, upper(2 * rest_error), loss_error), claim)
        half = arb(1) / 2
        self.clock = Clock(length, exponents[0], half * rest, upper(half * rest_error), curve.order)

    @abstractmethod
    def _spectrum_polynomials(self, modes: int) -> list[arb_poly]:
        """s~_a for each nonzero sign class."""

    @abstractmethod
    def _prove(self, drive: Drive, claim: arb | None) -> None:
        """Sets ``defect``, ``size``, ``tube``, ``leaving`` or raises ``StepError``."""

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
