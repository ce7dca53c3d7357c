"""One rigorous step of the full flow of (W, H).

The curve is polynomial in x in [0, 1].  Z~ is a polynomial in fixed point with |Z~ - Z| <= zeta for the
logits Z = W H of the curve.  Physical time is defined by dt/dx = h e^{l(x)}; l is the margin
(Z~_y - Z~_k)_i of one pair (k, i), or 0.  With the gaps Z_y - Z_k (k != y_i) of sample i on the curve:
u_ki = l - gap_ki, F_ki = h e^{u_ki}, kappa = e^{-l}, Q_i = 1 + sum_k e^{-gap_ki} = 1 + kappa sum_k F_ki / h,
and G = (dt/dx) (Y - P): G_ki = -F_ki / Q_i, G_{y_i i} = sum_k F_ki / Q_i.
The field is G H^T - decay J W and W^T G - decay J H with J = dt/dx = h e^l.

1. *Exponentials*: |kappa~ - e^{-l}|, |J~ - h e^l| and e = |F~ - h e^{l - gap~}| by ``exponential_error``.
   |gap - gap~| <= 2 zeta, so |F~ - F| <= e + (|F~| + e) (e^{2 zeta} - 1) =: eps_ki.
2. *Denominators*: Q~ = 1 + kappa~ sum F~ / h as a polynomial differs from Q by at most
   eps_Q = (|kappa error| (|sum F~| + sum eps) + |kappa~| sum eps) / h.  B~ is a polynomial with
   b = ||B~ Q~ - 1||; then |B~ - 1/Q| = |B~ Q - 1| / Q <= b + |B~| eps_Q =: beta since Q >= 1.
   Hence |F~ B~ - F/Q| <= |F~| beta + eps_ki, because 1/Q <= 1: gamma_ki.  gamma at y_i: the sum over k.
   G~ is F~ B~ cut to the order of the curve and to fixed point; gamma includes a bound of what is cut off.
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

from flint import arb, arb_poly, fmpz, fmpz_poly

from ncverify.flows.balls import (
    LOW,
    certainly_lt,
    dyadic,
    integers,
    largest,
    norm,
    norm_of_integers,
    poly,
    precision,
    rational,
    upper,
)
from ncverify.flows.clock import Clock
from ncverify.flows.polynomial_matrices import Rows, bound_product, matrix_product, shifted, transpose
from ncverify.flows.ranges import PIECES, ranges
from ncverify.flows.step import Dyadic, Errors, StepError, Tube, fixed_exponential_error

Coefficients = tuple[int, ...]

_MORE = 8
"""Terms of the logits beyond the order of the curve."""


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
        flat_w, flat_h = [integers(c) for c in curve.w], [integers(c) for c in curve.h]
        w = [flat_w[i * d : (i + 1) * d] for i in range(problem.classes)]
        h = [flat_h[i * n : (i + 1) * n] for i in range(d)]
        z, zeta = self._logits(w, h)
        exponent = fmpz_poly()
        if curve.base is not None:
            k, i = curve.base
            exponent = z[problem.labels[i]][i] - z[k][i]
        g, gamma = self._forces(z, zeta, exponent, length)
        pace, pace_error = fmpz_poly(), arb(0)
        if problem.decay:
            pace = integers(curve.pace)
            pace_error = fixed_exponential_error(pace, exponent, length, curve.bits)
        sup_w, sup_h = self._sizes(w), self._sizes(h)
        with precision(LOW):
            defects = [
                *self._defects(
                    w, sup_w, g, transpose(h), bound_product(gamma, transpose(sup_h)), pace, pace_error
                ),
                *self._defects(
                    h, sup_h, transpose(w), g, bound_product(transpose(sup_w), gamma), pace, pace_error
                ),
            ]
            self.defect = upper(_euclidean(defects))
            self.size = upper(_euclidean([x for row in (*sup_w, *sup_h) for x in row]))
            losses = [
                rational(problem.decay) * (x - pace_error).lower() for x in ranges(poly(pace, curve.bits))
            ]
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
        self.clock = Clock(length, poly(exponent, curve.bits), arb_poly(), arb(0), curve.order)

    def _sizes(self, a: Rows) -> list[list[arb]]:
        """Upper bounds of the |entries| on the step."""
        unit = dyadic(1, -self.curve.bits)
        return [[norm_of_integers(p) * unit for p in row] for row in a]

    def _logits(self, w: Rows, h: Rows) -> tuple[Rows, arb]:
        """Z~ and zeta (item 1)."""
        bits, terms = self.curve.bits, self.curve.order + _MORE
        exact = [p for row in matrix_product(w, h) for p in row]
        n = len(h[0])
        z = [shifted(p.truncate(terms), bits) for p in exact]
        with precision(LOW):
            cut = largest([norm_of_integers(p.right_shift(terms)) for p in exact]) * dyadic(1, -2 * bits)
            return [z[i : i + n] for i in range(0, len(z), n)], upper(cut + dyadic(terms, -bits))

    def _forces(self, z: Rows, zeta: arb, exponent: fmpz_poly, length: arb) -> tuple[Rows, list[list[arb]]]:
        """G~ and gamma (items 1 and 2), both K x N."""
        problem, curve, bits = self.problem, self.curve, self.curve.bits
        classes, n, terms = problem.classes, problem.samples, curve.order + 1
        kappa = integers(curve.kappa)
        kappa_error = fixed_exponential_error(kappa, -exponent, arb(1), bits)
        g: Rows = [[fmpz_poly()] * n for _ in range(classes)]
        gamma = [[arb(0)] * n for _ in range(classes)]
        place = iter(curve.forces)
        with precision(LOW):
            unit = dyadic(1, -bits)
            kappa_size, change = norm_of_integers(kappa) * unit, (2 * zeta).expm1()
        for i, label in enumerate(problem.labels):
            others = [k for k in range(classes) if k != label]
            forces = [integers(next(place)) for _ in others]
            inverse = integers(curve.inverses[i])
            errors = [
                fixed_exponential_error(f, exponent - z[label][i] + z[k][i], length, bits)
                for f, k in zip(forces, others, strict=True)
            ]
            total = sum(forces[1:], forces[0])
            q, cut_q = _cut(1 + poly(kappa * total, 2 * bits) * (1 / length), terms)
            residue = norm(poly(inverse, bits) * q - 1)
            with precision(LOW):
                sizes = [norm_of_integers(f) * unit for f in forces]
                errors = [upper(e + (size + e) * change) for e, size in zip(errors, sizes, strict=True)]
                spread = sum(errors, arb(0))
                q_error = (
                    cut_q
                    + (kappa_error * (norm_of_integers(total) * unit + spread) + kappa_size * spread) / length
                )
                beta = residue + norm_of_integers(inverse) * unit * q_error
            for f, e, size, k in zip(forces, errors, sizes, others, strict=True):
                product = f * inverse
                g[k][i] = -shifted(product.truncate(terms), bits)
                g[label][i] -= g[k][i]
                with precision(LOW):
                    cut = norm_of_integers(product.right_shift(terms)) * unit * unit + terms * unit
                    gamma[k][i] = upper(size * beta + e + cut)
            with precision(LOW):
                gamma[label][i] = upper(sum((gamma[k][i] for k in others), arb(0)))
        return g, gamma

    def _defects(
        self,
        curve: Rows,
        sup: list[list[arb]],
        a: Rows,
        b: Rows,
        spread: list[list[arb]],
        pace: fmpz_poly,
        pace_error: arb,
    ) -> list[arb]:
        """Bounds of |C~' - A B + decay J C~| for the entries of a part C~ of the curve (item 3).

        ``sup``: bounds of the |entries| of C~; ``spread``: errors of the entries of A B.
        """
        bits = self.curve.bits
        decay, unit = self.problem.decay, dyadic(1, -bits)
        field = matrix_product(a, b)
        out = []
        for i, row in enumerate(curve):
            for j, p in enumerate(row):
                residue = (p.derivative() * (fmpz(1) << bits) - field[i][j]) * decay.denominator
                if decay:
                    residue += pace * p * decay.numerator
                bound = norm_of_integers(residue) * unit * unit / decay.denominator
                out.append(bound + spread[i][j] + rational(decay) * pace_error * sup[i][j])
        return out

    def _force_norms(self, g: Rows, gamma: list[list[arb]]) -> list[arb]:
        """Upper bounds of ||G||_2 on each piece (item 4)."""
        spans = [[ranges(poly(p, self.curve.bits)) for p in row] for row in g]
        out = []
        for j in range(PIECES):
            sizes = [
                [upper(abs(span[j]) + e) for span, e in zip(row, errors, strict=True)]
                for row, errors in zip(spans, gamma, strict=True)
            ]
            frobenius = _euclidean([x for row in sizes for x in row]).upper()
            rows = largest([sum(row, arb(0)) for row in sizes])
            columns = largest([sum(column, arb(0)) for column in zip(*sizes, strict=True)])
            out.append(frobenius.min((rows * columns).sqrt().upper()))
        return out

    def first(self) -> tuple[arb, ...]:
        """The start of the curve, exactly: the entries of W, then of H."""
        return tuple(dyadic(c[0], -self.curve.bits) for c in (*self.curve.w, *self.curve.h))

    def ends(self) -> tuple[arb, ...]:
        """The end of the curve, exactly: the entries of W, then of H."""
        return tuple(dyadic(sum(c), -self.curve.bits) for c in (*self.curve.w, *self.curve.h))

    def box(self) -> list[arb]:
        """Balls that contain the entries of W, then H, of the exact solution during the whole step."""
        with precision(LOW):
            return self._at(arb(1, 1) / 2)

    def values(self, x: arb) -> tuple[arb, ...]:
        """Balls around the entries of W and H of the exact solution at the curve's time x."""
        with self.scope():
            return tuple(self._at(x))

    def _at(self, x: arb) -> list[arb]:
        error = arb(0, self.tube.radius)
        return [poly(c, self.curve.bits)(x) + error for c in (*self.curve.w, *self.curve.h)]


def _cut(p: arb_poly, length: int) -> tuple[arb_poly, arb]:
    """The first ``length`` terms of p, and a bound on [-1, 1] of the rest."""
    return p.truncate(length), norm(p.right_shift(length))


def _euclidean(values: Sequence[arb]) -> arb:
    return sum((x * x for x in values), arb(0)).sqrt()
