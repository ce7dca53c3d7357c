"""Critical points, classified: index, escape directions, kind, smallest eigenvalue.

Notation of ``chart``: everything is reduced to one sample a class and equal decays mu.  G is the gradient
of the loss by the logits at the point, r its rank.  r singular values of G are exactly mu (G H^T = -mu W);
``escapes`` counts those above mu, all others are certainly below.  Each dimension beyond r adds the form 2
<G, u v^T> + mu (|u|^2 + |v|^2), which has ``escapes`` negative squares, and a kernel of dimension r that
belongs to the rotations.  So the index in width d is ``active`` + (d - r) ``escapes``, and the point is a
global minimum, in every width, iff ``escapes`` is 0 (|G| <= mu: claim ``global-minimum-test``).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any, Self

import numpy as np
from flint import arb, arb_mat
from numpy.typing import NDArray

from ncverify.landscape.chart import Chart, probabilities, slope
from ncverify.landscape.inertia import Undecided, doubles, negative_eigenvalues
from ncverify.landscape.newton import Zero, enclose, refine
from ncverify.landscape.problem import Problem
from ncverify.landscape.spectrum import spectral_norm
from ncverify.theory.balls import certainly_positive, precision, to_arb, to_decimal


@dataclass(frozen=True)
class CriticalSet(ABC):
    """A critical point up to rotations, or a connected family of them, of ``problem``.

    rank: of W; active: index of the Hessian in width ``rank``; escapes: number of singular values of G
    above mu; dimension: of the family, 0 for a point; value: a ball around f.  ``copies``: how many there
    are, as products W H, under permutations of the classes (None where that was not counted); bits: working
    precision.
    """

    problem: Problem
    rank: int
    active: int
    escapes: int
    value: arb
    dimension: int
    copies: int | None
    bits: int

    @property
    def index(self) -> int:
        """The number of negative eigenvalues of the Hessian in the width of the problem."""
        return self.active + (self.problem.width - self.rank) * self.escapes

    @property
    def kind(self) -> str:
        """``global minimum``, ``local minimum`` (lower values exist in larger width) or ``saddle``."""
        if self.escapes == 0 and self.active == 0:
            return "global minimum"
        return "saddle" if self.index else "local minimum"

    def in_width(self, width: int) -> Self:
        """The same critical set with zero columns appended, or taken away."""
        p = self.problem
        wide = Problem(
            p.classes,
            width,
            p.samples,
            loss=p.loss,
            lambda_w=p.lambda_w,
            lambda_h=p.lambda_h,
            lambda_b=p.lambda_b,
        )
        if width < self.rank:
            raise ValueError(f"a point of rank {self.rank} does not fit in width {width}")
        return replace(self, problem=wide)

    @abstractmethod
    def slope_norm(self) -> arb:
        """A ball around ``|G|``, the largest singular value of the reduced problem."""

    @abstractmethod
    def escape(self) -> tuple[NDArray[Any], NDArray[Any]] | None:
        """Doubles (u, v): unit singular vectors of the largest singular value of G; None without escape.

        In width > rank the direction (u a^T, -a v^T), a a new unit vector, has curvature
        ``2 (mu - |G|) < 0``.
        """

    @abstractmethod
    def along_escape(self, t: NDArray[Any]) -> NDArray[Any]:
        """Doubles: f of the reduced problem at the point plus t times the direction of ``escape``."""

    def gradient_norm(self) -> arb:
        """A ball around the largest singular value of grad g in the given problem (of N columns)."""
        with precision(self.bits):
            return self.slope_norm() / arb(self.problem.samples).sqrt()

    def smallest_eigenvalue(self) -> arb | None:
        """The smallest eigenvalue of the Hessian, for rank < width and ``|G| > mu``; else None.

        (lambda_w + lambda_h)/2 - sqrt(((lambda_w - lambda_h)/2)^2 + sigma^2) (claim ``smallest-eigenvalue``).
        """
        if self.rank >= self.problem.width or self.escapes == 0:
            return None
        w, h = self.problem.lambda_w, self.problem.lambda_h
        with precision(self.bits):
            sigma = self.gradient_norm()
            return to_arb((w + h) / 2) - (to_arb((w - h) ** 2 / 4) + sigma * sigma).sqrt()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; numbers as decimal strings that enclose."""
        lowest = self.smallest_eigenvalue()
        value = to_decimal(self.value, 40)
        return {
            "rank": self.rank,
            "kind": self.kind,
            "index": self.index,
            "index in width rank": self.active,
            "escape directions": self.escapes,
            "dimension": self.dimension,
            "copies": self.copies,
            "value": {"mid": value.mid, "rad": value.rad},
            "smallest eigenvalue": None if lowest is None else str(to_decimal(lowest, 20)),
        }


@dataclass(frozen=True)
class CriticalPoint(CriticalSet):
    """A nondegenerate critical point of a cross-entropy problem (``zero`` is None for W = H = 0)."""

    zero: Zero | None

    def reduced(self) -> tuple[arb_mat, arb_mat, list[arb]]:
        """Balls of (W, H, b) of the reduced problem in width ``rank``; b_K = 0 for a free bias."""
        k = self.problem.classes
        if self.zero is None:
            return arb_mat(k, 0), arb_mat(0, k), [arb(0)] * k
        return self.zero.chart.point(self.zero.balls())

    @cached_property
    def gradient_by_logits(self) -> arb_mat:
        """G, K x K."""
        with precision(self.bits):
            return _slope(self.reduced())

    def slope_norm(self) -> arb:
        with precision(self.bits):
            return spectral_norm(self.gradient_by_logits)

    def weights(self) -> tuple[list[list[arb]], list[list[arb]], list[arb] | None]:
        """(W, H, b) of the problem as given: K x d, d x N, K (None without bias); a zero of its gradient."""
        p = self.problem
        with precision(self.bits):
            w, h, b = self.reduced()
            scale = to_arb(Fraction(p.samples) * p.lambda_h / p.lambda_w).sqrt().sqrt()
            rest = p.width - self.rank
            rows_w = [[x * scale for x in row] + [arb(0)] * rest for row in w.tolist()]
            if not rows_w:
                rows_w = [[arb(0)] * p.width for _ in range(p.classes)]
            rows_h = [[x / scale for x in row for _ in range(p.samples)] for row in h.tolist()]
            rows_h += [[arb(0)] * p.total for _ in range(rest)]
        return rows_w, rows_h, None if p.lambda_b is None else b

    def escape(self) -> tuple[NDArray[Any], NDArray[Any]] | None:
        if self.escapes == 0:
            return None
        left, _, right = np.linalg.svd(doubles(self.gradient_by_logits))
        return left[:, 0], right[0]

    def along_escape(self, t: NDArray[Any]) -> NDArray[Any]:
        direction = self.escape()
        if direction is None:
            raise ValueError("a global minimum has no escape direction")
        u, v = direction
        w, h, b = self.reduced()
        k = self.problem.classes
        logits = doubles(w * h) if self.rank else np.zeros((k, k))
        logits = logits + np.array([[float(x.mid())] for x in b])
        moved = logits - t[:, None, None] ** 2 * np.outer(u, v)
        top = moved.max(axis=1)
        losses = np.log(np.exp(moved - top[:, None]).sum(axis=1)) + top - np.diagonal(moved, axis1=1, axis2=2)
        change = losses.mean(axis=1) + float(self.problem.mu_squared) ** 0.5 * t**2
        origin = int(np.argmin(np.abs(t)))
        values: NDArray[Any] = change - change[origin] + float(self.value.mid())
        return values


def origin(problem: Problem, bits: int) -> CriticalPoint:
    """W = H = 0, b = 0 for the cross-entropy: G = (J/K - I)/K has singular values 1/K (K-1 times) and 0."""
    k = problem.classes
    escapes = k - 1 if k * k * problem.mu_squared < 1 else 0
    with precision(bits):
        return CriticalPoint(problem, 0, 0, escapes, arb(k).log(), 0, 1, bits, None)


def collapse(problem: Problem, bits: int) -> CriticalPoint:
    """The global minimum of the cross-entropy for d >= K - 1 and K mu < 1: Z = alpha (I - J/K), b = 0.

    e^alpha = 1/mu - K + 1 (claim ``ce-minimum``); it is enclosed and classified like every other point.
    """
    k = problem.classes
    alpha = np.log(float(problem.mu_squared) ** -0.5 - k + 1)
    frame = np.linalg.qr(np.eye(k) - 1 / k)[0][:, : k - 1]
    w = frame * np.sqrt(alpha)
    return locate(problem, w, w.T, None if problem.lambda_b is None else np.zeros(k), bits, copies=1)


def locate(
    problem: Problem,
    w: NDArray[Any],
    h: NDArray[Any],
    b: NDArray[Any] | None,
    bits: int,
    *,
    copies: int | None = None,
) -> CriticalPoint:
    """The critical point near the doubles (w, h, b) of the reduced problem (K x r, r x K, K), certified.

    Raises ``Undecided`` where it cannot be enclosed or classified.
    """
    chart, start = chart_near(problem, w, h, b)
    zero = enclose(chart, refine(chart, start, bits), bits)
    return classify(problem, zero, copies=copies)


def classify(problem: Problem, zero: Zero, *, copies: int | None = None) -> CriticalPoint:
    """The critical point that ``zero`` encloses, with its value and the singular values of G placed."""
    with precision(zero.bits + 32):
        w, h, b = zero.chart.point(zero.balls())
        mu = zero.chart.mu()
        probability = probabilities(w, h, b)
        k = problem.classes
        loss = sum((-probability[i][i].log() for i in range(k)), arb(0)) / k
        squares = sum((x * x for x in (*w.entries(), *h.entries())), arb(0)) * mu / 2
        squares += sum((x * x for x in b), arb(0)) * to_arb(problem.lambda_b or 0) / 2
        value = loss + squares
        escapes = _escapes(slope(probability), w, h, mu)
    rank, active = zero.chart.rank, zero.negative
    return CriticalPoint(problem, rank, active, escapes, value, 0, copies, zero.bits + 32, zero)


def chart_near(
    problem: Problem, w: NDArray[Any], h: NDArray[Any], b: NDArray[Any] | None
) -> tuple[Chart, list[arb]]:
    """A chart in which the doubles (w, h, b) are well placed, and their coordinates in it."""
    from scipy.linalg import qr

    rank = w.shape[1]
    pivots = tuple(int(p) for p in qr(w.T, mode="economic", pivoting=True)[2][:rank])
    turn, upper = np.linalg.qr(w[list(pivots)].T)
    turn = turn * np.where(np.diag(upper) < 0, -1.0, 1.0)
    w, h = w @ turn, turn.T @ h
    shift = np.zeros(problem.classes) if b is None else b - (b[-1] if problem.lambda_b == 0 else 0)
    chart = Chart(problem.classes, rank, problem.mu_squared, problem.lambda_b, pivots)
    entries = [arb(float(x)) for x in (*w.ravel(), *h.ravel(), *shift)]
    return chart, [entries[place] for place in chart.free]


def _slope(point: tuple[arb_mat, arb_mat, Sequence[arb]]) -> arb_mat:
    w, h, b = point
    if w.ncols():
        return slope(probabilities(w, h, b))
    k = len(b)
    return slope([[arb(1) / k] * k for _ in range(k)])


def _escapes(g: arb_mat, w: arb_mat, h: arb_mat, mu: arb) -> int:
    """The number of singular values of G above mu; raises ``Undecided`` unless all but r are certainly apart.

    E = [[mu I, G], [G^T, mu I]] has the eigenvalues mu +- sigma.  Its kernel contains the columns T of [W;
    H^T] (G H^T = -mu W, G^T W = -mu H^T), so E + T T^T has as many negative eigenvalues as E, and if it is
    regular the kernel is no larger.
    """
    k = g.nrows()
    kernel = [*w.tolist(), *h.transpose().tolist()]
    rows = [
        [(mu if i == j else arb(0)) for j in range(k)] + list(row) for i, row in enumerate(g.tolist())
    ] + [
        list(row) + [(mu if i == j else arb(0)) for j in range(k)]
        for i, row in enumerate(g.transpose().tolist())
    ]
    tangents = arb_mat(kernel)
    count = negative_eigenvalues(arb_mat(rows) + tangents * tangents.transpose())
    if count and not certainly_positive(spectral_norm(g) - mu):
        raise Undecided("the balls do not separate |G| from mu")
    return count
