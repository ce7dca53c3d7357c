"""The rigorous step of the balanced and unbalanced flows (``ExponentialModes``).

1. *Defect.*  r_i = e~_i'/e_i(0) - (e~_i/e_i(0)) (sign Theta~ - decay Sigma~).  In the metric y = c sqrt e
   the curve misses the field, times dt/dx, by at most
   d_i = c sqrt(e_i(0)) (||r_i|| / (2 sqrt min) + sqrt(max) eps' / 2), eps' = eps + decay (error of Sigma),
   min and max those of e~_i/e_i(0) on the step: y' = y (sign Theta - decay Sigma) / 2 for the exact weights.
2. *Logarithmic norm* (``modes.py``): (dt/dx) mu <= (max_a Theta_a e^{2 eta} - decay Sigma) / 2 on every
   segment from the curve to a point within R of it, with eta = (2/K) R (2 ||y~|| + R): there
   sum |s_a - s~_a| <= R (2 ||y~|| + R) by Cauchy-Schwarz, as s is a quadratic form in y with matrix of norm
   at most 1, and a gap is (1/K) sum s_a (1 - chi_a(g)).
3. *Groenwall and continuation*: ``Tube``.
4. *Relative error.*  |log e_i - log e~_i| grows by at most ||r_i||/min + eps' + (e^{2 eta} - 1) sup Theta,
   since (log e_i)' = (sign 2 (1 - phat_a) - 2 decay) dt/dx.  It keeps tiny singular values accurate to
   their last digit.
"""

from __future__ import annotations

from flint import arb, arb_poly

from ncverify.flows.balls import (
    LOW,
    certainly_le,
    certainly_positive,
    largest,
    norm,
    precision,
    rational,
    smallest,
    upper,
)
from ncverify.flows.modes import ExponentialModes, Variable
from ncverify.flows.ranges import PIECES, ranges
from ncverify.flows.reduced_step import Drive, ReducedStep
from ncverify.flows.step import Errors, StepError, Tube


class ExponentialStep(ReducedStep):
    """See the module; ``leaving.relative`` holds on the whole step."""

    @property
    def variables(self) -> tuple[Variable, ...]:
        """The variables of the problem."""
        modes = self.problem.modes
        if not isinstance(modes, ExponentialModes):
            raise TypeError(f"{type(modes).__name__} are no exponential modes")
        return modes.variables

    def _spectrum_polynomials(self, modes: int) -> list[arb_poly]:
        out = [arb_poly() for _ in range(modes)]
        for v, start, factor in zip(self.variables, self.starts, self.series, strict=True):
            out[v.mode] += (rational(v.weight) * start) * factor
        return out

    def _prove(self, drive: Drive, claim: arb | None) -> None:
        variables = self.variables
        residues = [
            norm(f.derivative() - f * (v.sign * drive.theta[v.mode] - drive.loss))
            for v, f in zip(variables, self.series, strict=True)
        ]
        spans = [ranges(f) for f in self.series]
        loss_ranges = ranges(drive.loss) if self.problem.decay else [arb(0)] * PIECES
        with precision(LOW):
            self.lows, self.highs = [smallest(s) for s in spans], [largest(s) for s in spans]
            if not all(certainly_positive(low) for low in (*self.lows, *self.starts)):
                raise StepError("a variable is not certainly positive on the step")
            eps = upper(drive.eps + drive.loss_error)
            defect2, size2 = arb(0), arb(0)
            for v, e, r, low, high in zip(
                variables, self.starts, residues, self.lows, self.highs, strict=True
            ):
                scale2 = v.size * rational(v.metric) * e
                d = r / (2 * low.sqrt()) + high.sqrt() * eps / 2
                defect2 += scale2 * (d * d)
                size2 += scale2 * high
            self.size = upper(size2.sqrt())
            self.defect = upper(defect2.sqrt())
            active = sorted({v.mode for v in variables})
            tops = [largest([drive.theta_ranges[a][j] for a in active]) + drive.eps for j in range(PIECES)]
            losses = [x.lower() - drive.loss_error for x in loss_ranges]
            self.tube, shift = Tube.prove(
                self.entering.radius,
                self.defect,
                [(top / 2, loss / 2) for top, loss in zip(tops, losses, strict=True)],
                self.size,
                arb(2) / self.problem.group.order,
                claim,
                10 * self.curve.bits,
            )
            drift = eps + (2 * shift).expm1() * largest(tops)
            self.leaving = Errors(
                self.tube.leaving,
                tuple(
                    upper(rho + r / low + drift)
                    for rho, r, low in zip(self.entering.relative, residues, self.lows, strict=True)
                ),
            )

    def first(self) -> tuple[arb, ...]:
        # e~(0) = e(0) times a series that must begin with exactly 1.
        if any(c[0] != 1 << self.curve.bits for c in self.curve.series):
            raise StepError("a factor does not begin with 1")
        return self.starts

    def ends(self) -> tuple[arb, ...]:
        return tuple(start * factor(arb(1)) for start, factor in zip(self.starts, self.series, strict=True))

    def spectrum(self, x: arb) -> tuple[arb, ...]:
        with self.scope():
            return self._combine([factor(x) for factor in self.series])

    def box(self) -> list[arb]:
        with precision(LOW):
            return list(
                self._combine([low.union(high) for low, high in zip(self.lows, self.highs, strict=True)])
            )

    def _combine(self, factors: list[arb]) -> tuple[arb, ...]:
        """s_a from balls around e~_i/e_i(0): the better of the two error bounds for each variable."""
        values = []
        for v, start, factor, rho in zip(
            self.variables, self.starts, factors, self.leaving.relative, strict=True
        ):
            e = start * factor
            relative = e * arb(0, rho).exp()
            root = e.sqrt() + arb(0, (self.tube.radius / rational(v.metric).sqrt()).upper())
            metric = root * root
            values.append(relative if certainly_le(relative.rad(), metric.rad()) else metric)
        return self.problem.modes.spectrum(values, len(self.problem.group.sign_classes) - 1)
