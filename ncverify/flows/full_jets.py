"""Taylor series of the full flow in rescaled time: fixed-point integers, approximations only.

As in ``reduced_jets.py`` nothing here is a bound: ``full_step.FullStep`` takes the integers as the definition
of a curve.  Names as there.  The system is polynomial in (W, H, F, kappa, B):

    W' = G H^T - decay J W,  H' = W^T G - decay J H,  F' = F (l' - gap'),  kappa' = -kappa l',  J' = J l',
    B Q = 1,  Q_i = 1 + kappa sum_k F_ki / h,  G_ki = -F_ki B_i (k != y_i),  G_{y_i i} = sum_k F_ki B_i.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from operator import mul
from typing import Any

import numpy as np
from flint import arb
from gmpy2 import mpz

from ncverify.flows.balls import precision, rational, to_fixed
from ncverify.flows.full_step import FullCurve, FullProblem, FullStep
from ncverify.flows.march import GUARD
from ncverify.flows.matrix_product import LimbFormat, MatrixProduct
from ncverify.flows.online import PlainProduct, online_product
from ncverify.flows.step import Errors

Series = list[Any]
"""Coefficients as integers in units of 2^-bits."""


@dataclass(frozen=True)
class FullTrial:
    """Series for one step length."""

    problem: FullProblem
    length: Fraction
    base: tuple[int, int] | None
    bits: int
    order: int
    w: list[Series]
    h: list[Series]
    forces: list[Series]
    inverses: list[Series]
    kappa: Series
    pace: Series
    tail: int

    @classmethod
    def propose(
        cls, problem: FullProblem, starts: Sequence[arb], length: Fraction, work: int, order: int
    ) -> FullTrial:
        """The series up to x^order from the exact entries ``starts`` of W, then H."""
        kd = problem.classes * problem.dimension
        n, d = problem.samples, problem.dimension
        with precision(work + 4 * GUARD):
            size = max(to_fixed(abs(s), 0).bit_length() for s in starts)
        bits = work + GUARD + 2 * size + 8
        with precision(bits + GUARD):
            w = [list(starts[i * d : (i + 1) * d]) for i in range(problem.classes)]
            h = [list(starts[kd + i * n : kd + (i + 1) * n]) for i in range(d)]
            gaps = {
                (k, i): sum(((w[label][j] - w[k][j]) * h[j][i] for j in range(d)), arb(0))
                for i, label in enumerate(problem.labels)
                for k in range(problem.classes)
                if k != label
            }
            base = min(gaps, key=lambda place: to_fixed(gaps[place], bits))
            ell = gaps[base]
            chosen: tuple[int, int] | None = base
            if to_fixed(ell, bits) <= 0:
                chosen, ell = None, arb(0)
            scale = rational(length)
            forces0 = [to_fixed(scale * (ell - gap).exp(), bits) for gap in gaps.values()]
            kappa0, pace0 = to_fixed((-ell).exp(), bits), to_fixed(scale * ell.exp(), bits)
            entries = [to_fixed(s, bits) for s in starts]
        series = _Series(problem, bits, length, chosen, order)
        series.run(entries[:kd], entries[kd:], forces0, kappa0, pace0)
        return cls(problem, length, chosen, bits, order, *series.result())

    def shortened(self, ratio: Fraction) -> FullTrial:
        """The series for the length times ratio < 1; exact starting values stay exact."""
        p, q = ratio.numerator, ratio.denominator

        def shrink(series: Series, extra: int = 0) -> Series:
            return [c * p ** (k + extra) // q ** (k + extra) for k, c in enumerate(series)]

        return FullTrial(
            self.problem,
            self.length * ratio,
            self.base,
            self.bits,
            self.order,
            [shrink(s) for s in self.w],
            [shrink(s) for s in self.h],
            [shrink(s, 1) for s in self.forces],
            [shrink(s) for s in self.inverses],
            shrink(self.kappa),
            shrink(self.pace, 1),
            self.tail * p**self.order // q**self.order,
        )

    def certify(self, entering: Errors) -> FullStep:
        """The step, or ``StepError``."""
        w, h, forces, inverses = (
            tuple(tuple(map(int, s)) for s in group) for group in (self.w, self.h, self.forces, self.inverses)
        )
        curve = FullCurve(
            self.bits,
            (self.length.numerator, 1 - self.length.denominator.bit_length()),
            self.base,
            w,
            h,
            forces,
            inverses,
            tuple(map(int, self.kappa)),
            tuple(map(int, self.pace)),
        )
        return FullStep(self.problem, curve, entering)


class _Series:
    """The recurrence, order by order."""

    def __init__(
        self, problem: FullProblem, bits: int, length: Fraction, base: tuple[int, int] | None, order: int
    ) -> None:
        self.problem, self.bits, self.length, self.base, self.order = problem, bits, length, base, order
        classes, d, n = problem.classes, problem.dimension, problem.samples
        self.form = LimbFormat(bits, (bits - GUARD) // order, (order + 1) * max(classes, d, n))
        self.field_w = MatrixProduct(self.form, classes, n, d, order)
        self.field_h = MatrixProduct(self.form, d, classes, n, order)
        self.logits = MatrixProduct(self.form, classes, d, n, order)
        self.w: list[Series] = []
        self.h: list[Series] = []
        self.pairs = [(k, i) for i, label in enumerate(problem.labels) for k in range(classes) if k != label]
        self.tail = 0

    def run(self, w0: Series, h0: Series, forces0: Series, kappa0: int, pace0: int) -> None:
        """Fills all series up to the order."""
        problem, bits = self.problem, self.bits
        classes, n = problem.classes, problem.samples
        decay = problem.decay
        growth = [online_product(bits, self.order) for _ in self.pairs]
        number = growth[0].number
        quotients = [online_product(bits, self.order) for _ in self.pairs]
        shrink, speed = online_product(bits, self.order), online_product(bits, self.order)
        denominators = [online_product(bits, self.order) for _ in range(n)]
        drag = [PlainProduct(bits) for _ in (*w0, *h0)] if decay else []
        self.forces = [[number(f)] for f in forces0]
        self.inverses: list[Series] = [[] for _ in range(n)]
        qs: list[Series] = [[] for _ in range(n)]
        self.kappa, self.pace = [number(kappa0)], [number(pace0)]
        w, h = self._append([int(x) for x in w0], [int(x) for x in h0])
        self.logits.push(w, h)
        unit = number(1) << bits
        width = classes - 1
        for k in range(self.order + 1):
            for i in range(n):
                total = sum(f[k] for f in self.forces[i * width : (i + 1) * width])
                q = (
                    denominators[i].push(self.kappa[k], total)
                    * self.length.denominator
                    // self.length.numerator
                )
                qs[i].append(q + unit if k == 0 else q)
                self.inverses[i].append(_next_inverse(qs[i], self.inverses[i], unit))
            if k == self.order:
                break
            g = [number(0)] * (classes * n)
            for place, (row, i) in enumerate(self.pairs):
                value = quotients[place].push(self.forces[place][k], self.inverses[i][k])
                g[row * n + i] = -value
                g[problem.labels[i] * n + i] += value
            force = self.form.cut(g, k, classes)
            w_next = self.field_w.push(force, h.transpose(0, 2, 1))
            h_next = self.field_h.push(w.transpose(0, 2, 1), force)
            if decay:
                lost = [
                    int(p.push(mpz(int(self.pace[k])), mpz(x))) * decay.numerator // decay.denominator
                    for p, x in zip(drag, (*self.w[k], *self.h[k]), strict=True)
                ]
                w_next = [x - y for x, y in zip(w_next, lost[: len(w0)], strict=True)]
                h_next = [x - y for x, y in zip(h_next, lost[len(w0) :], strict=True)]
            w, h = self._append([x // (k + 1) for x in w_next], [x // (k + 1) for x in h_next])
            z = self.logits.push(w, h)
            slopes = {(row, i): (z[row * n + i] - z[problem.labels[i] * n + i]) for row, i in self.pairs}
            ell = -slopes[self.base] if self.base is not None else 0
            for place, pair in enumerate(self.pairs):
                slope = number(int((ell + slopes[pair]) * (k + 1)))
                self.forces[place].append(growth[place].push(self.forces[place][k], slope) // (k + 1))
            rise = number(int(ell * (k + 1)))
            self.kappa.append(-shrink.push(self.kappa[k], rise) // (k + 1))
            if decay:
                self.pace.append(speed.push(self.pace[k], rise) // (k + 1))
            if k + 3 >= self.order:
                last = [*self.w[k + 1], *self.h[k + 1], *slopes.values(), self.kappa[k + 1]]
                last += [f[k + 1] for f in self.forces]
                self.tail = max(self.tail, *(abs(int(x)) for x in last))

    def _append(self, w: Series, h: Series) -> tuple[np.ndarray, np.ndarray]:
        """Takes the next coefficients of W and H, returns their limbs."""
        self.w.append(w)
        self.h.append(h)
        cut, k = self.form.cut, len(self.w) - 1
        return cut(w, k, self.problem.classes), cut(h, k, self.problem.dimension)

    def result(self) -> tuple[Any, ...]:
        """W, H, F, B, kappa, J, tail, in the order of ``FullTrial``."""
        w = [list(entry) for entry in zip(*self.w, strict=True)]
        h = [list(entry) for entry in zip(*self.h, strict=True)]
        return w, h, self.forces, self.inverses, self.kappa, self.pace, self.tail


def _next_inverse(q: Series, inverse: Series, unit: Any) -> Any:
    """The next coefficient of 1/q, given q_0 .. q_k and those of the inverse before."""
    if not inverse:
        return unit * unit // q[0]
    return -sum(map(mul, inverse, reversed(q[1:]))) // q[0]
