"""Enclosing one zero of a ``Chart``: refinement of the centre, then a proof of existence and uniqueness.

With m the centre, X the box of radius rho around it, J the Jacobian over X and C any matrix:
|C F(m)| + |I - C J| rho < rho (largest entry, row-sum norm) makes x -> x - C F(x) a contraction of X into
itself, so X holds exactly one zero, and it is within |C F(m)| / (1 - |I - C J|) of m (Krawczyk, Rump).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Final

import numpy as np
from flint import arb, arb_mat

from ncverify.landscape.chart import Chart
from ncverify.landscape.inertia import Undecided, doubles, exact, negative_eigenvalues
from ncverify.theory.balls import certainly_lt, certainly_nonzero, precision

__all__ = ["Undecided", "Zero", "enclose", "refine"]

_RADII: Final = (8, 12, 16, 20, 24, 32, 48, 64, 96)
_LOW: Final = 64


@dataclass(frozen=True)
class Zero:
    """Exactly one zero of ``chart`` is within ``radius`` of ``center`` in each unknown.

    It is within ``error``.  ``negative``: the index of the Hessian on the chart, the same at all points of
    the box.  ``center``, ``radius`` and ``error`` are exact; only ``enclose`` makes zeros.
    """

    chart: Chart
    center: tuple[arb, ...]
    radius: arb
    error: arb
    negative: int
    bits: int

    def balls(self) -> list[arb]:
        """The narrow enclosure of the zero."""
        return [x + arb(0, self.error) for x in self.center]

    def certainly_is(self, x: Sequence[arb]) -> bool:
        """Whether a zero of this chart that lies in the balls ``x`` is this one, by uniqueness in the box."""
        return all(
            certainly_lt(abs(ball - middle), self.radius) for ball, middle in zip(x, self.center, strict=True)
        )


def refine(chart: Chart, start: Sequence[arb], bits: int) -> list[arb]:
    """Newton steps on midpoints, until they stop to shrink at ``bits`` bits: an approximation, no bound."""
    x = [value.mid() for value in start]
    with precision(bits + 32):
        last: arb | None = None
        for _ in range(60):
            try:
                step = chart.jacobian(x).solve(chart.equations(x), algorithm="approx").entries()
            except ZeroDivisionError:
                raise Undecided("the Hessian is singular near this point") from None
            x = [(value - change).mid() for value, change in zip(x, step, strict=True)]
            size = _largest(step)
            if certainly_lt(size, arb((1, -bits + 8))) or (
                last is not None and not size < last and size < 1e-12
            ):
                return [_on_grid(value, bits + 32) for value in x]
            last = size
    raise Undecided("Newton's method does not converge here")


def enclose(chart: Chart, center: Sequence[arb], bits: int) -> Zero:
    """The zero near ``center``.  Raises ``Undecided`` where no box can be proved to hold exactly one."""
    if not all(x.is_exact() for x in center):
        raise ValueError("the centre of a box is exact")
    with precision(_LOW):
        values, frame = np.linalg.eigh(doubles(chart.jacobian(center)))
        if not np.all(np.isfinite(values)) or np.min(np.abs(values)) == 0:
            raise Undecided("the Hessian is singular near this point")
        guess = exact(frame) * exact(np.diag(1 / values)) * exact(frame).transpose()
    with precision(bits + 32):
        residual = _largest((guess * chart.equations(center)).entries())
    with precision(_LOW):
        unit = arb_mat([[int(i == j) for j in range(chart.size)] for i in range(chart.size)])
        for exponent in _RADII:
            radius = arb((1, -exponent))
            box = [x + arb(0, radius) for x in center]
            if not _pivots_are_nonzero(chart, box):
                continue
            hessian = chart.jacobian(box)
            rows = (unit - guess * hessian).tolist()
            rate = reduce(lambda x, y: x.max(y), (sum(map(abs, row), arb(0)).upper() for row in rows))
            if not (certainly_lt(rate, arb(1)) and certainly_lt(residual + rate * radius, radius)):
                continue
            try:
                negative = negative_eigenvalues(hessian, frame)
            except Undecided:
                continue
            error = (residual / (1 - rate)).upper()
            return Zero(chart, tuple(center), radius, error, negative, bits)
    raise Undecided("no box around this point can be proved to hold exactly one zero")


def _pivots_are_nonzero(chart: Chart, x: Sequence[arb]) -> bool:
    w, _, _ = chart.point(x)
    return all(certainly_nonzero(w[p, i]) for i, p in enumerate(chart.pivots))


def _on_grid(x: arb, bits: int) -> arb:
    """The multiple of 2^-bits next below the exact number x."""
    mantissa, exponent = x.man_exp()
    shift = int(exponent) + bits
    return arb((int(mantissa) << shift if shift >= 0 else int(mantissa) >> -shift, -bits))


def _largest(values: Sequence[arb]) -> arb:
    return reduce(lambda x, y: x.max(y), (abs(x).upper() for x in values))
