"""One rigorous step of a reduced flow.

A step is a polynomial curve with exact dyadic coefficients (``Curve``) and the proof that the exact
solution stays near it.  Notation as in ``reduced_jets.py``; a tilde is the curve, x in [0, 1] the step's
time, dt/dx = Sigma / 2 > 0 evaluated on the curve: this *defines* the physical time of the curve.

1. *Exponentials.*  The exact weight is Phi_g = 2 h e^{u_g} with the polynomial u_g of the curve;
   |Phi~_g - Phi_g| <= eps_g by ``exponential_error``, so |Theta~_a - Theta_a| <= 2 sum eps_g =: eps.
2. *Defect.*  r_i = e~_i'/e_i(0) - (e~_i/e_i(0)) (sign Theta~ - decay Sigma~).  In the metric y = c sqrt e
   the curve misses the field, times dt/dx, by at most
   d_i = c sqrt(e_i(0)) (||r_i|| / (2 sqrt min) + sqrt(max) eps' / 2), eps' = eps + decay (error of Sigma),
   min and max those of e~_i/e_i(0) on the step.
3. *Logarithmic norm* (``modes.py``): (dt/dx) mu <= (max_a Theta_a e^{2 eta} - decay Sigma) / 2 on every
   segment from the curve to a point within R of it, where eta = (2/K) R (2 ||y~|| + R): there
   sum |s_a - s~_a| <= R (2 ||y~|| + R), so no gap z_0 - z_g differs by more than eta, and 1 - phat_a by
   no more than the factor e^{2 eta}.
4. *Groenwall and continuation*: ``Tube``.
5. *Relative error.*  |log e_i - log e~_i| grows by at most ||r_i||/min + eps' + (e^{2 eta} - 1) sup Theta.
   It keeps tiny singular values accurate to their last digit.

Each inequality is checked in ball arithmetic by the constructor, which raises ``StepError`` if one fails.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from flint import arb, arb_poly

from ncverify.flow.balls import (
    LOW,
    certainly_le,
    certainly_lt,
    dyadic,
    largest,
    norm,
    poly,
    precision,
    rational,
    smallest,
    upper,
)
from ncverify.flow.characters import CharacterSums
from ncverify.flow.clock import Clock
from ncverify.flow.modes import Variable
from ncverify.flow.ranges import PIECES, ranges
from ncverify.flow.step import Dyadic, Errors, StepError, Tube, exponential_error
from ncverify.theory.groups import AbelianGroup

@dataclass(frozen=True)
class Problem:
    """What the flow is: group, exponential variables, weight decay (sum loss)."""

    group: AbelianGroup
    variables: tuple[Variable, ...]
    decay: Fraction


@dataclass(frozen=True)
class Curve:
    """Exact data of one step: everything that is needed to check it again.

    ``length``: h; ``base``: index of g* among the sign classes; ``starts``: e_i(0); ``factors``:
    coefficients of e_i(x)/e_i(0), ``weights``: of Phi_g(x) (with decay: g = 0 in front), as integers in
    units of 2^-bits.
    """

    bits: int
    length: Dyadic
    base: int
    starts: tuple[Dyadic, ...]
    factors: tuple[tuple[int, ...], ...]
    weights: tuple[tuple[int, ...], ...]

    @property
    def order(self) -> int:
        return len(self.factors[0]) - 1


class Step:
    """A curve with its proof.  ``entering``: errors at x = 0, ``leaving``: at x = 1.

    ``tube`` and ``leaving.relative`` hold on the whole step.  ``defect``: bound of the integral of |d|.
    Give ``claim`` (a radius) to have it checked in place of computed: the constructor raises
    ``StepError`` unless the tube of exactly this radius is proved.
    """

    def __init__(self, problem: Problem, curve: Curve, entering: Errors, claim: arb | None = None) -> None:
        self.problem = problem
        self.curve = curve
        self.entering = entering
        with self.scope():
            self._certify(claim)

    def scope(self):  # type: ignore[no-untyped-def]
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
        self.factors = tuple(poly(f, curve.bits) for f in curve.factors)
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
        theta_ranges = [ranges(p) for p in theta]
        eps = 2 * rest_error
        loss = arb_poly()
        if problem.decay:
            loss = decay * (rest + weights[0])
            eps = eps + decay * (rest_error + errors[0])
        self._bounds(theta, theta_ranges, loss, upper(eps), claim)
        half = arb(1) / 2
        self.clock = Clock(length, exponents[0], half * rest, upper(half * rest_error), curve.order)

    def _spectrum_polynomials(self, modes: int) -> list[arb_poly]:
        out = [arb_poly() for _ in range(modes)]
        for v, start, factor in zip(self.problem.variables, self.starts, self.factors, strict=True):
            out[v.mode] += (rational(v.weight) * start) * factor
        return out

    def _bounds(
        self, theta: list[arb_poly], theta_ranges: list[list[arb]], loss: arb_poly, eps: arb, claim: arb | None
    ) -> None:
        variables = self.problem.variables
        residues = [
            norm(f.derivative() - f * (v.sign * theta[v.mode] - loss))
            for v, f in zip(variables, self.factors, strict=True)
        ]
        spans = [ranges(f) for f in self.factors]
        with precision(LOW):
            lows, highs = [smallest(s) for s in spans], [largest(s) for s in spans]
            if not all(certainly_lt(arb(0), low) for low in lows):
                raise StepError("a singular value is not certainly positive on the step")
            defect2, size2 = arb(0), arb(0)
            for v, e, r, low, high in zip(variables, self.starts, residues, lows, highs, strict=True):
                scale2 = v.size * rational(v.metric) * e
                d = r / (2 * low.sqrt()) + high.sqrt() * eps / 2
                defect2 += scale2 * (d * d)
                size2 += scale2 * high
            self.size = upper(size2.sqrt())
            self.defect = upper(defect2.sqrt())
            active = sorted({v.mode for v in variables})
            tops = [largest([theta_ranges[a][j] for a in active]) + eps for j in range(PIECES)]
            losses = [x.lower() - eps for x in ranges(loss)] if self.problem.decay else [arb(0)] * PIECES
            self.tube, self.shift = Tube.prove(
                self.entering.radius,
                self.defect,
                [(top / 2, loss / 2) for top, loss in zip(tops, losses, strict=True)],
                self.size,
                arb(2) / self.problem.group.order,
                claim,
                10 * self.curve.bits,
            )
            stretch = (2 * self.shift).expm1()
            self.leaving = Errors(
                self.tube.leaving,
                tuple(
                    upper(rho + r / low + eps + stretch * largest(tops))
                    for rho, r, low in zip(self.entering.relative, residues, lows, strict=True)
                ),
            )
            self.lows, self.highs = tuple(lows), tuple(highs)

    def ends(self) -> tuple[arb, ...]:
        """Balls around the end of the curve, e~_i(1) (not of the solution: add ``leaving``)."""
        return tuple(start * factor(arb(1)) for start, factor in zip(self.starts, self.factors, strict=True))

    def values(self, x: arb) -> tuple[arb, ...]:
        """Balls around the e_i of the exact solution where the curve's time is x (a ball in [0, 1])."""
        with self.scope():
            out = []
            for v, start, factor, rho in zip(
                self.problem.variables, self.starts, self.factors, self.leaving.relative, strict=True
            ):
                e = start * factor(x)
                relative = e * arb(0, rho).exp()
                root = e.sqrt() + arb(0, (self.tube.radius / rational(v.metric).sqrt()).upper())
                metric = root * root
                out.append(relative if certainly_le(relative.rad(), metric.rad()) else metric)
            return tuple(out)

    def spectrum(self, x: arb) -> tuple[arb, ...]:
        """Balls around s_a for each nonzero sign class; frozen modes are exactly 0."""
        with self.scope():
            return combine(self.problem, self.values(x))


def combine(problem: Problem, values: Sequence[arb]) -> tuple[arb, ...]:
    """s_a = sum weight e for each nonzero sign class."""
    out = [arb(0)] * (len(problem.group.sign_classes) - 1)
    for v, e in zip(problem.variables, values, strict=True):
        out[v.mode] = out[v.mode] + rational(v.weight) * e
    return tuple(out)

