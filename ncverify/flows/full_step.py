"""One rigorous step of the full flow of (W, H).

The curve is polynomial in x in [0, 1], with physical time defined by dt/dx = h e^{l(x)}; l is the margin
(Z_y - Z_k)_i of one pair (k, i) on the curve, or 0.  With the gaps Z_y - Z_k (k != y_i) of sample i on the
curve: u_ki = l - gap_ki, F_ki = h e^{u_ki}, kappa = e^{-l}, Q_i = 1 + sum_k e^{-gap_ki} =
1 + kappa sum_k F_ki / h, and G = (dt/dx) (Y - P): G_ki = -F_ki / Q_i, G_{y_i i} = sum_k F_ki / Q_i.
The field is G H^T - decay J W and W^T G - decay J H with J = dt/dx = h e^l.

1. *Exponentials*: |F~ - F| <= eps_ki, |kappa~ - e^{-l}|, |J~ - h e^l| by ``exponential_error``.
2. *Denominators*: Q~ = 1 + kappa~ sum F~ / h as a polynomial differs from Q by at most
   eps_Q = (|kappa error| (|sum F~| + sum eps) + |kappa~| sum eps) / h.  B~ is a polynomial with
   b = ||B~ Q~ - 1||; then |B~ - 1/Q| = |B~ Q - 1| / Q <= b + |B~| eps_Q =: beta since Q >= 1.
   Hence |F~ B~ - F/Q| <= |F~| beta + eps_ki, because 1/Q <= 1: gamma_ki.  gamma at y_i: the sum over k.
   G~ is F~ B~ cut to the order of the curve; gamma includes a bound of what is cut off.
3. *Defect*: ||W~' - G~ H~^T + decay J~ W~|| + sum_i gamma_ki sup |H_ji| + decay (error of J) sup |W|, and the
   same for H, Euclidean over all entries.
4. *Logarithmic norm*.  The second derivative of -L(WH) along (dW, dH) is -<L''(Z) dZ, dZ> +
   2 <Y - P, dW dH> with dZ = dW H + W dH; L is convex in Z, and |<Y - P, dW dH>| <=
   ||Y - P||_2 (|dW|^2 + |dH|^2) / 2.  So mu <= ||Y - P||_2 - decay, and ||.||_2 is at most the Frobenius norm
   and sqrt(max row sum * max column sum) of the |entries|.  Within R of the curve no gap differs by more
   than eta = sqrt 2 |dZ|_F <= sqrt 2 R (|W~| + |H~| + R), so no |entry| of Y - P by more than the factor
   e^{2 eta}, and both bounds by no more than the same factor.
5. *Groenwall and continuation*: ``Tube``.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeVar

from flint import arb, arb_poly

from ncverify.flows.balls import LOW, certainly_lt, dyadic, largest, norm, poly, precision, rational, upper
from ncverify.flows.clock import Clock
from ncverify.flows.ranges import PIECES, ranges
from ncverify.flows.step import Dyadic, Errors, StepError, Tube, exponential_error

Rows = list[list[arb_poly]]
Coefficients = tuple[int, ...]
T = TypeVar("T")


@dataclass(frozen=True)
class FullProblem:
    """Sizes, the class of each sample, weight decay (sum loss)."""

    classes: int
    dimension: int
    labels: tuple[int, ...]
    decay: Fraction

    @property
    def samples(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class FullCurve:
    """Exact data of one step, as integers in units of 2^-bits (coefficients of x^0, x^1, ...).

    ``base``: (k, i) of the margin l, or None for l = 0.  ``w``, ``h``: the entries row by row; ``forces``:
    F_ki for the k != y_i, sample by sample; ``inverses``: B_i; ``kappa``, ``pace``: e^{-l} and h e^l (used
    with decay only).
    """

    bits: int
    length: Dyadic
    base: tuple[int, int] | None
    w: tuple[Coefficients, ...]
    h: tuple[Coefficients, ...]
    forces: tuple[Coefficients, ...]
    inverses: tuple[Coefficients, ...]
    kappa: Coefficients
    pace: Coefficients

    @property
    def order(self) -> int:
        return len(self.w[0]) - 1


class FullStep:
    """A curve with its proof: see the module.  ``tube`` bounds |(W, H) - curve| on the whole step.

    The constructor raises ``StepError`` if an inequality is not certified; ``claim`` as in ``Tube.prove``.
    """

    def __init__(
        self, problem: FullProblem, curve: FullCurve, entering: Errors, claim: arb | None = None
    ) -> None:
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
        length = dyadic(*curve.length)
        if not certainly_lt(arb(0), length):
            raise StepError("the step has no length")
        d, n = problem.dimension, problem.samples
        flat_w = [poly(c, curve.bits) for c in curve.w]
        flat_h = [poly(c, curve.bits) for c in curve.h]
        w = [flat_w[i * d : (i + 1) * d] for i in range(problem.classes)]
        h = [flat_h[i * n : (i + 1) * n] for i in range(d)]
        self.w, self.h = w, h
        z = matrix_product(w, h)
        exponent = arb_poly()
        if curve.base is not None:
            k, i = curve.base
            exponent = z[problem.labels[i]][i] - z[k][i]
        g, gamma = self._forces(z, exponent, length)
        pace, pace_error = arb_poly(), arb(0)
        if problem.decay:
            pace = poly(curve.pace, curve.bits)
            pace_error = exponential_error(pace, exponent, length)
        defects = self._defects(g, gamma, pace, pace_error)
        with precision(LOW):
            self.defect = upper(defects.sqrt())
            self.size = upper(sum((norm(p) * norm(p) for p in (*flat_w, *flat_h)), arb(0)).sqrt())
            losses = [rational(problem.decay) * (x - pace_error).lower() for x in ranges(pace)]
            self.tube, self.shift = Tube.prove(
                self.entering.radius,
                self.defect,
                list(zip(self._force_norms(g, gamma), losses, strict=True)),
                self.size,
                arb(2).sqrt(),
                claim,
                2 * curve.bits,
            )
        self.leaving = Errors(self.tube.leaving)
        self.clock = Clock(length, exponent, arb_poly(), arb(0), curve.order)

    def _forces(self, z: Rows, exponent: arb_poly, length: arb) -> tuple[Rows, list[list[arb]]]:
        """G~ and gamma (items 1 and 2), both K x N."""
        problem, curve = self.problem, self.curve
        classes, n = problem.classes, problem.samples
        kappa = poly(curve.kappa, curve.bits)
        kappa_error = exponential_error(kappa, -exponent, arb(1))
        g: Rows = [[arb_poly()] * n for _ in range(classes)]
        gamma = [[arb(0)] * n for _ in range(classes)]
        place = iter(curve.forces)
        for i, label in enumerate(problem.labels):
            others = [k for k in range(classes) if k != label]
            forces = [poly(next(place), curve.bits) for _ in others]
            errors = [
                exponential_error(f, exponent - z[label][i] + z[k][i], length)
                for f, k in zip(forces, others, strict=True)
            ]
            total = sum(forces[1:], forces[0])
            q = 1 + kappa * total * (1 / length)
            inverse = poly(curve.inverses[i], curve.bits)
            with precision(LOW):
                spread = sum(errors, arb(0))
                q_error = (kappa_error * (norm(total) + spread) + norm(kappa) * spread) / length
            residue = norm(inverse * q - 1)
            with precision(LOW):
                beta = residue + norm(inverse) * q_error
                for f, e, k in zip(forces, errors, others, strict=True):
                    gamma[k][i] = upper(norm(f) * beta + e)
            # The factors of two long products below: what is cut off goes into gamma.
            for f, k in zip(forces, others, strict=True):
                g[k][i], cut = _cut(-(f * inverse), curve.order + 1)
                gamma[k][i] = upper(gamma[k][i] + cut)
            g[label][i], cut = _cut(total * inverse, curve.order + 1)
            gamma[label][i] = upper(sum((gamma[k][i] for k in others), cut))
        return g, gamma

    def _defects(self, g: Rows, gamma: list[list[arb]], pace: arb_poly, pace_error: arb) -> arb:
        """The sum of the squares of the defects of all entries (item 3)."""
        decay = rational(self.problem.decay)
        field_w = matrix_product(g, _transpose(self.h))
        field_h = matrix_product(_transpose(self.w), g)
        sup_w = [[norm(p) for p in row] for row in self.w]
        sup_h = [[norm(p) for p in row] for row in self.h]
        total = arb(0)
        for curve, field, spread, sup in (
            (self.w, field_w, _bound_product(gamma, _transpose(sup_h)), sup_w),
            (self.h, field_h, _bound_product(_transpose(sup_w), gamma), sup_h),
        ):
            for a, row in enumerate(curve):
                for b, p in enumerate(row):
                    residue = p.derivative() - field[a][b]
                    if self.problem.decay:
                        residue = residue + decay * pace * p
                    bound = norm(residue)
                    with precision(LOW):
                        bound = bound + spread[a][b] + decay * pace_error * sup[a][b]
                        total = total + bound * bound
        return total

    def _force_norms(self, g: Rows, gamma: list[list[arb]]) -> list[arb]:
        """Upper bounds of ||G||_2 on each piece (item 4)."""
        spans = [[ranges(p) for p in row] for row in g]
        out = []
        for j in range(PIECES):
            sizes = [
                [upper(abs(span[j]) + e) for span, e in zip(row, errors, strict=True)]
                for row, errors in zip(spans, gamma, strict=True)
            ]
            frobenius = sum((x * x for row in sizes for x in row), arb(0)).sqrt().upper()
            rows = largest([sum(row, arb(0)) for row in sizes])
            columns = largest([sum(column, arb(0)) for column in zip(*sizes, strict=True)])
            out.append(frobenius.min((rows * columns).sqrt().upper()))
        return out

    def first(self) -> tuple[arb, ...]:
        """The start of the curve, exactly: the entries of W, then of H."""
        return tuple(dyadic(c[0], -self.curve.bits) for c in (*self.curve.w, *self.curve.h))

    def ends(self) -> tuple[arb, ...]:
        """Balls around the end of the curve: the entries of W, then of H."""
        return tuple(p(arb(1)) for row in (*self.w, *self.h) for p in row)

    def box(self) -> list[arb]:
        """Balls that contain the entries of W, then H, of the exact solution during the whole step."""
        with precision(LOW):
            error = arb(0, self.tube.radius)
            return [p(arb(1, 1) / 2) + error for row in (*self.w, *self.h) for p in row]

    def values(self, x: arb) -> tuple[arb, ...]:
        """Balls around the entries of W and H of the exact solution at the curve's time x."""
        with self.scope():
            error = arb(0, self.tube.radius)
            return tuple(p(x) + error for row in (*self.w, *self.h) for p in row)


def _cut(p: arb_poly, length: int) -> tuple[arb_poly, arb]:
    """The first ``length`` terms of p, and a bound on [-1, 1] of the rest."""
    return p.truncate(length), norm(p.right_shift(length))


def matrix_product(a: Sequence[Sequence[arb_poly]], b: Sequence[Sequence[arb_poly]]) -> Rows:
    """The product of two matrices of polynomials."""
    columns = _transpose(b)
    out: Rows = []
    for row in a:
        out.append([])
        for column in columns:
            terms = [x * y for x, y in zip(row, column, strict=True)]
            out[-1].append(sum(terms[1:], terms[0]))
    return out


def _bound_product(a: Sequence[Sequence[arb]], b: Sequence[Sequence[arb]]) -> list[list[arb]]:
    columns = _transpose(b)
    with precision(LOW):
        return [
            [sum((x * y for x, y in zip(row, column, strict=True)), arb(0)) for column in columns]
            for row in a
        ]


def _transpose(a: Sequence[Sequence[T]]) -> list[list[T]]:
    return [list(column) for column in zip(*a, strict=True)]
