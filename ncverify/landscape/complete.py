"""All critical points of the cross-entropy for K = 3 without bias: nothing is missing from the list.

Reduced as in ``chart``.  Every critical point has rank 0, 1 or 2 (1^T W = 0).  Rank 0 is W = H = 0; rank 2
= K - 1 is the global minimum, which is unique (claims ``no-spurious-minimum`` and ``ce-minimum``).  Left is
rank 1: w, h in R^3 with

    3 mu h_k = w_k - sum_j p_kj w_j,    3 mu w_i = sum_k (delta_ik - p_ki) h_k,    p_k = softmax(w h_k),

hence sum w = 0 and |w| = |h| (balance).  *Symmetry.*  After a permutation of the classes and (w, h) -> -(w,
h), w_1 >= w_2 >= 0 >= w_3: w = sqrt(sigma) u, u = (1, t, -1-t), 0 <= t <= 1, sigma > 0.  *Bound.*  tau ->
f(sqrt tau W, sqrt tau H) is convex with a critical point at 1, so f <= f(0) = log 3, and f >= mu |w|^2:
sigma |u|^2 <= log 3 / mu.  *Search.*  With h = sqrt(sigma) eta the first equation, increasing in eta_k,
encloses eta_k on a box of (sigma, t); the box is excluded if |eta| = |u| or one of the second equations
fails on it, settled if (w, h) lies in the box around a known point in which that is the only zero, and else
halved.  sigma = 0 needs no special care: there eta = u / (3 mu).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Final

import numpy as np
from flint import arb

from ncverify.landscape.inertia import Undecided, doubles, negative_eigenvalues
from ncverify.landscape.newton import Zero
from ncverify.landscape.points import CriticalPoint
from ncverify.landscape.problem import Problem
from ncverify.theory.balls import certainly_disjoint, certainly_lt, precision, to_arb

MAX_BOXES: Final = 20_000
_HALVINGS: Final = 4
_BITS: Final = 64


@dataclass(frozen=True)
class _Known:
    """An image of a known point: the middle of (w, h), and the radius within which it is the only one."""

    middle: tuple[arb, ...]
    radius: arb

    def settles(self, values: Sequence[arb]) -> bool:
        return all(certainly_lt(abs(x - m), self.radius) for x, m in zip(values, self.middle, strict=True))


def rank_one_boxes(problem: Problem, points: Sequence[CriticalPoint], most_boxes: int = MAX_BOXES) -> int:
    """The number of boxes that prove: ``points`` holds every critical point of rank 1, up to symmetry.

    ``problem``: cross-entropy, K = 3, without bias.  Raises ``Undecided`` if a box can neither be excluded
    nor settled.  Cost: 2 000 to 5 000 boxes at 1 ms.
    """
    if problem.loss != "ce" or problem.classes != 3 or problem.lambda_b is not None:
        raise Undecided("completeness is proved for the cross-entropy, K = 3, without bias")
    with precision(_BITS):
        mu = to_arb(problem.mu_squared).sqrt()
        known = [image for point in points if point.rank == 1 for image in _images(point)]
        most = arb(3).log() / mu
        first = arb(0).union((most / 2).upper()), arb(0).union(arb(1))
        todo = [(*first, [arb(0, 3)] * 3)]  # |eta| = |u| <= sqrt 6
        count = 0
        while todo:
            sigma, t, before = todo.pop()
            count += 1
            if count > most_boxes:
                raise Undecided(f"more than {most_boxes} boxes: a critical point may be missing")
            etas = _open(sigma, t, before, 3 * mu, most, known)
            if etas is not None:
                todo += [(*half, etas) for half in _halves(sigma, t)]
    return count


def _images(point: CriticalPoint) -> Iterator[_Known]:
    """The images with w_1 >= w_2 >= 0 >= w_3, or near that."""
    if point.zero is None:
        return
    center, radius = point.zero.center, _only(point.zero)
    for order in permutations(range(3)):
        for sign in (1, -1):
            w = [sign * center[i] for i in order]
            h = [sign * center[3 + i] for i in order]
            if certainly_lt(w[1], w[0] + radius) and certainly_lt(-radius, w[1]) and certainly_lt(w[2], w[1]):
                yield _Known((*w, *h), radius)


def _only(zero: Zero) -> arb:
    """A radius around the centre within which there is no other zero.

    The difference of the equations at two zeros is a symmetric matrix in the ball of the Jacobian over the
    box, times their distance: if all of these are regular, there is one at most.
    """
    values, frame = np.linalg.eigh(doubles(zero.chart.jacobian(zero.center)))
    for exponent in range(4, 40):
        radius = arb((1, -exponent))
        if not certainly_lt(zero.radius, radius):
            break
        try:
            box = [x + arb(0, radius) for x in zero.center]
            negative_eigenvalues(zero.chart.jacobian(box), frame / np.sqrt(np.abs(values)))
        except Undecided:
            continue
        return radius
    return zero.radius


def _open(
    sigma: arb, t: arb, before: Sequence[arb], mu3: arb, most: arb, known: Sequence[_Known]
) -> list[arb] | None:
    """Balls of eta for a box that can neither be excluded nor settled, else None."""
    u = (arb(1), t, -1 - t)
    norm = 1 + _square(t) + _square(1 + t)
    if certainly_lt(most, sigma * norm):
        return None
    eta = []
    for k in range(3):
        ball = _eta(sigma, u, k, mu3, before[k])
        if ball is None:
            return None
        eta.append(ball)
    if certainly_disjoint(sum(map(_square, eta), arb(0)), norm):
        return None
    p = [_softmax(sigma * x, u) for x in eta]
    for i in range(3):
        residual = sum(((int(i == k) - p[k][i]) * eta[k] for k in range(3)), -mu3 * u[i])
        if certainly_disjoint(residual, arb(0)):
            return None
    root = arb(0).union(sigma.upper().sqrt()) if sigma.contains(0) else sigma.sqrt()
    values = [root * x for x in (*u, *eta)]
    return None if any(image.settles(values) for image in known) else eta


def _eta(sigma: arb, u: Sequence[arb], k: int, mu3: arb, within: arb) -> arb | None:
    """A ball that holds the eta_k in ``within`` for all (sigma, t) of the box; None if there is none."""

    def slope(eta: arb) -> arb:
        """3 mu eta - sum_j p_j (u_k - u_j), increasing in eta."""
        p = _softmax(sigma * eta, u)
        return mu3 * eta - sum((p[j] * (u[k] - u[j]) for j in range(3) if j != k), arb(0))

    low, high = within.lower(), within.upper()
    if certainly_lt(slope(high), arb(0)) or certainly_lt(arb(0), slope(low)):
        return None
    for _ in range(_HALVINGS):
        middle = ((low + high) / 2).mid()
        if certainly_lt(slope(middle), arb(0)):
            low = middle
        elif certainly_lt(arb(0), slope(middle)):
            high = middle
        else:
            break
    ends = [low, high]
    for side, sign in ((0, 1), (1, -1)):
        inner, outer = ((low + high) / 2).mid(), ends[side]
        for _ in range(_HALVINGS):
            middle = ((inner + outer) / 2).mid()
            if certainly_lt(sign * slope(middle), arb(0)):
                outer = middle
            else:
                inner = middle
        ends[side] = outer
    return ends[0].union(ends[1])


def _softmax(scale: arb, u: Sequence[arb]) -> list[arb]:
    """softmax(scale * u); for wide balls too, since the ends are bounded one by one."""
    out = []
    for i in range(3):
        least, most = arb(1), arb(1)
        for j in range(3):
            if j != i:
                gap = scale * (u[j] - u[i])
                least, most = least + gap.lower().exp(), most + gap.upper().exp()
        out.append((1 / most).lower().union((1 / least).upper()))
    return out


def _square(x: arb) -> arb:
    """{y^2: y in x}, not below 0."""
    return arb(0).union(x.abs_upper() * x.abs_upper()) if x.contains(0) else x * x


def _halves(sigma: arb, t: arb) -> list[tuple[arb, arb]]:
    """Two boxes whose union is the box; the side to halve is the one that moves w more."""
    longer = certainly_lt(t.rad() * (1 + sigma.upper()), sigma.rad())
    side = sigma if longer else t
    parts = [side.lower().union(side.mid()), side.mid().union(side.upper())]
    return [(part, t) if longer else (sigma, part) for part in parts]
