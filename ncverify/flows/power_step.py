"""The rigorous step of the balanced flow of depth L (``PowerModes``): s_a = alpha_a^L.

alpha_a' = alpha_a^{L-1} (1 - phat_a) - decay alpha_a; the metric is Euclidean in alpha.

1. *Defect.*  With the exact weights alpha' = (alpha^{L-1} Theta - alpha decay Sigma) / 2 in the step's time,
   so d_a = ||alpha~' - (alpha~^{L-1} Theta~ - alpha~ decay Sigma~) / 2||
   + (A^{L-1} eps + A (error of decay Sigma)) / 2 with A >= sup |alpha~|.
2. *Logarithmic norm.*  The field is (1/L) times the gradient of phi(alpha^L), dphi/ds_a = 1 - phat_a, minus
   decay alpha.  Its Jacobian is diag((L-1) alpha^{L-2} (1 - phat_a)) - D C D - decay with D = diag of
   sqrt(L) alpha^{L-1} and C positive semidefinite (``modes.py``), so
   mu <= (L-1) max_a alpha_a^{L-2} (1 - phat_a) - decay (for L = 1: <= -decay).  On a segment within R of the
   curve alpha <= alpha~ + R; R <= 2^-20 is checked, and 2^-20 used.
   sum_a |s_a - s~_a| <= L (A + R)^{L-1} sqrt(K) R, hence eta = (2/K) times this.
3. *Groenwall and continuation*: ``Tube``.
"""

from __future__ import annotations

from flint import arb, arb_poly

from ncverify.flows.balls import LOW, certainly_le, dyadic, largest, norm, precision, upper
from ncverify.flows.modes import PowerModes
from ncverify.flows.ranges import PIECES, ranges
from ncverify.flows.reduced_step import Drive, ReducedStep
from ncverify.flows.step import Errors, StepError, Tube

_ROOM = dyadic(1, -20)


class PowerStep(ReducedStep):
    """See the module.  ``leaving`` has no relative errors: the accuracy is absolute in alpha."""

    @property
    def modes(self) -> PowerModes:
        """The modes of the problem."""
        modes = self.problem.modes
        if not isinstance(modes, PowerModes):
            raise TypeError(f"{type(modes).__name__} are no power modes")
        return modes

    def _spectrum_polynomials(self, modes: int) -> list[arb_poly]:
        out = [arb_poly() for _ in range(modes)]
        for mode, alpha in zip(self.modes.active, self.series, strict=True):
            out[mode] = power(alpha, self.modes.depth)
        return out

    def _prove(self, drive: Drive, claim: arb | None) -> None:
        depth, active, sizes = self.modes.depth, self.modes.active, self.modes.sizes
        half = arb(1) / 2
        residues = [
            norm(p.derivative() - half * (power(p, depth - 1) * drive.theta[a] - p * drive.loss))
            for a, p in zip(active, self.series, strict=True)
        ]
        self.spans = [ranges(p) for p in self.series]
        loss_ranges = ranges(drive.loss) if self.problem.decay else [arb(0)] * PIECES
        with precision(LOW):
            defect2, size2, top_alpha = arb(0), arb(0), arb(0)
            for size, r, span in zip(sizes, residues, self.spans, strict=True):
                high = largest([abs(x) for x in span])
                top_alpha = top_alpha.max(high)
                d = r + (number_power(high, depth - 1) * drive.eps + high * drive.loss_error) / 2
                defect2 += size * (d * d)
                size2 += size * (high * high)
            self.defect = upper(defect2.sqrt())
            self.size = upper(size2.sqrt())
            rates = []
            for j in range(PIECES):
                tops = (
                    [
                        number_power(abs(span[j]).upper() + _ROOM, depth - 2)
                        * (drive.theta_ranges[a][j] + drive.eps)
                        for a, span in zip(active, self.spans, strict=True)
                    ]
                    if depth > 1
                    else [arb(0)]
                )
                rates.append(
                    ((depth - 1) * largest(tops) / 2, (loss_ranges[j].lower() - drive.loss_error) / 2)
                )
            order = self.problem.group.order
            sensitivity = 2 * depth * number_power(top_alpha + _ROOM, depth - 1) / arb(order).sqrt()
            self.tube, _ = Tube.prove(
                self.entering.radius,
                self.defect,
                rates,
                arb(1) / 2,
                upper(sensitivity),
                claim,
                2 * self.curve.bits,
            )
            if not certainly_le(self.tube.radius, _ROOM):
                raise StepError("the tube around the curve is too wide: its radius exceeds 2^-20")
            self.leaving = Errors(self.tube.leaving)

    def first(self) -> tuple[arb, ...]:
        return tuple(dyadic(c[0], -self.curve.bits) for c in self.curve.series)

    def ends(self) -> tuple[arb, ...]:
        return tuple(p(arb(1)) for p in self.series)

    def spectrum(self, x: arb) -> tuple[arb, ...]:
        with self.scope():
            return self._combine([p(x) for p in self.series])

    def box(self) -> list[arb]:
        with precision(LOW):
            hulls = []
            for span in self.spans:
                hull = span[0]
                for x in span[1:]:
                    hull = hull.union(x)
                hulls.append(hull)
            return list(self._combine(hulls))

    def _combine(self, alphas: list[arb]) -> tuple[arb, ...]:
        error = arb(0, self.tube.radius)
        return self.modes.spectrum([a + error for a in alphas], len(self.problem.group.sign_classes) - 1)


def power(p: arb_poly, n: int) -> arb_poly:
    """p^n by repeated products."""
    out = arb_poly([arb(1)])
    for _ in range(n):
        out = out * p
    return out


def number_power(x: arb, n: int) -> arb:
    """x^n by repeated products (``arb ** n`` may be nan on a ball that meets 0)."""
    out = arb(1)
    for _ in range(n):
        out = out * x
    return out
