"""Whether a list of critical points for K = 3 without bias holds all of rank 1.

A critical point of rank 1 has w, h in R^3 with 3 mu h_k = w_k - sum_j p_kj w_j and 3 mu w_i = sum_k
(delta_ik - p_ki) h_k, p_k = softmax(w h_k); so sum w = 0, |w| = |h|, and mu |w|^2 <= f <= f(0) = log 3 (f
is convex in tau along (sqrt tau w, sqrt tau h)).  Permutations of the classes and (w, h) -> -(w, h) make w
= sqrt(sigma) (1, t, -1 - t) with 0 <= t <= 1.  The rectangle of (sigma, t) is halved until on each part,
with h = sqrt(sigma) eta and eta enclosed by the first equation, which increases in eta, one equation
certainly fails or (w, h) is in a box that holds one zero at most: a listed one.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import Any, Final

from flint import acb_mat, arb, arb_mat

from ncverify.replay.balls import precision
from ncverify.replay.errors import Rejected

MAX_BOXES: Final = 20_000
_BITS: Final = 64
_STEPS: Final = 5


def check_rank_one(mu: Any, zeros: Sequence[tuple[Sequence[Any], Any, Any]]) -> int:
    """The number of rectangles.

    ``zeros``: for each listed point the centre of (w, h), the radius of its box, and a function from balls of
    (w, h) to the rows of the symmetric 6 x 6 Jacobian of the equations.
    """
    with precision(_BITS):
        known = []
        for center, radius, jacobian in zeros:
            alone = _alone(center, radius, jacobian)
            for order in permutations(range(3)):
                for sign in (1, -1):
                    image = [sign * center[i] for i in order] + [sign * center[3 + i] for i in order]
                    known.append((image, alone))
        top = arb(3).log() / mu
        todo = [(arb(0).union((top / 2).upper()), arb(0).union(arb(1)), [arb(0, 3)] * 3)]
        count = 0
        while todo:
            sigma, t, old = todo.pop()
            count += 1
            if count > MAX_BOXES:
                raise Rejected("a critical point of rank 1 may be missing")
            eta = _undecided(sigma, t, old, 3 * mu, top, known)
            if eta is None:
                continue
            if sigma.rad() > t.rad() * (1 + sigma.upper()):
                middle = sigma.mid()
                todo += [(sigma.lower().union(middle), t, eta), (middle.union(sigma.upper()), t, eta)]
            else:
                middle = t.mid()
                todo += [(sigma, t.lower().union(middle), eta), (sigma, middle.union(t.upper()), eta)]
    return count


def _alone(center: Sequence[Any], radius: Any, jacobian: Any) -> Any:
    """A radius around the centre within which there is one zero at most.

    The difference of the equations at two zeros is J times their distance, J symmetric and in the ball of
    the Jacobian over the box: none is singular if Q^T J Q is diagonally dominant.
    """
    try:
        values, vectors = acb_mat(arb_mat(jacobian(center)).mid()).eig(right=True, algorithm="approx")
        size = [abs(x.real.mid()).sqrt().mid() for x in values]
        columns = [[x.real.mid() / s for x, s in zip(row, size, strict=True)] for row in vectors.tolist()]
        turn = arb_mat(columns)
    except (ValueError, ZeroDivisionError):
        return radius
    for exponent in range(4, 40):
        wide = arb((1, -exponent))
        if not wide > radius:
            break
        rows = arb_mat(jacobian([x + arb(0, wide) for x in center]))
        matrix = (turn.transpose() * (rows * turn)).tolist()
        if all(
            sum((abs(x) for j, x in enumerate(row) if j != i), arb(0)) < abs(row[i])
            for i, row in enumerate(matrix)
        ):
            return wide
    return radius


def _undecided(
    sigma: Any, t: Any, old: Sequence[Any], mu3: Any, top: Any, known: Sequence[tuple[list[Any], Any]]
) -> list[Any] | None:
    """None if the rectangle holds no critical point but listed ones; else balls of eta, for its halves."""
    u = [arb(1), t, -1 - t]
    norm = 2 + 2 * t + 2 * _square(t)
    if sigma * norm > top:
        return None
    eta = []
    for k in range(3):
        ball = _solve(sigma, u, k, mu3, old[k])
        if ball is None:
            return None
        eta.append(ball)
    if not sum(map(_square, eta), arb(0)).overlaps(norm):
        return None
    p = [_softmax(sigma * x, u) for x in eta]
    for i in range(3):
        if not sum(((int(i == k) - p[k][i]) * eta[k] for k in range(3)), arb(0)).overlaps(mu3 * u[i]):
            return None
    root = arb(0).union(sigma.upper().sqrt()) if sigma.contains(0) else sigma.sqrt()
    point = [root * x for x in (*u, *eta)]
    for image, alone in known:
        if all(abs(x - m) < alone for x, m in zip(point, image, strict=True)):
            return None
    return eta


def _solve(sigma: Any, u: Sequence[Any], k: int, mu3: Any, within: Any) -> Any:
    """A ball of the solutions eta of 3 mu eta = sum_j p_j (u_k - u_j) in ``within``; None without any."""

    def sign(eta: Any) -> int:
        p = _softmax(sigma * eta, u)
        value = mu3 * eta - sum((p[j] * (u[k] - u[j]) for j in range(3) if j != k), arb(0))
        return 1 if value > 0 else -1 if value < 0 else 0

    low, high = within.lower(), within.upper()
    if sign(low) > 0 or sign(high) < 0:
        return None
    left = right = None
    for _ in range(_STEPS):
        middle = ((low + high) / 2).mid()
        s = sign(middle)
        if s == 0:
            left = right = middle
            break
        low, high = (middle, high) if s < 0 else (low, middle)
    if left is None:
        return low.union(high)
    for _ in range(_STEPS):
        middle = ((low + left) / 2).mid()
        low, left = (middle, left) if sign(middle) < 0 else (low, middle)
        middle = ((right + high) / 2).mid()
        right, high = (right, middle) if sign(middle) > 0 else (middle, high)
    return low.union(high)


def _softmax(scale: Any, u: Sequence[Any]) -> list[Any]:
    """softmax(scale u), with bounds from the ends of the balls."""
    out = []
    for i in range(3):
        gaps = [scale * (u[j] - u[i]) for j in range(3) if j != i]
        most = 1 / (1 + gaps[0].lower().exp() + gaps[1].lower().exp())
        least = 1 / (1 + gaps[0].upper().exp() + gaps[1].upper().exp())
        out.append(least.lower().union(most.upper()))
    return out


def _square(x: Any) -> Any:
    return arb(0).union(x.abs_upper() * x.abs_upper()) if x.contains(0) else x * x
