"""Which critical points are the same up to permutations of the classes and rotations: decided exactly.

A permutation pi of the classes maps the critical point (W, H, b) to (Pi W, H Pi^T, Pi b).  Two critical
points differ up to rotations iff their products Z = W H or their biases differ (the Gram matrices W W^T =
(Z Z^T)^(1/2) and H^T H follow from Z): disjoint balls prove that.  They agree if the image, turned into the
chart of the other point, lies in the box in which that point is the only zero.  Values are never compared
for equality.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import permutations
from math import factorial
from typing import Any, Final

import numpy as np
from flint import arb, arb_mat
from numpy.typing import NDArray

from ncverify.landscape.inertia import Undecided
from ncverify.landscape.points import CriticalPoint
from ncverify.theory.balls import certainly_disjoint, certainly_le, certainly_positive, precision

MAX_CLASSES: Final = 8  # 8! permutations are tried one by one
_BITS: Final = 40


def copies(point: CriticalPoint) -> int:
    """The number of different images under the K! permutations of the classes: K! / (stabiliser).

    Raises ``Undecided`` if some image can neither be told apart from the point nor identified with it.
    """
    k = point.problem.classes
    mark = _fingerprint(point)
    kept = 0
    for order in _near(mark, mark):
        if not _agree(point, point, order):
            raise Undecided("an image of a point can neither be told apart from it nor identified with it")
        kept += 1
    if kept < 1 or factorial(k) % kept:
        raise Undecided(f"{kept} permutations are not a subgroup of {k}!")
    return factorial(k) // kept


def same_orbit(first: CriticalPoint, second: CriticalPoint) -> bool:
    """Whether a permutation of classes and a rotation carry one point to the other.

    Either answer is proved; ``Undecided`` is raised where none is.
    """
    if first.rank != second.rank or certainly_disjoint(first.value, second.value):
        return False
    if first.zero is None or second.zero is None:
        return first.zero is second.zero
    candidates = _near(_fingerprint(first), _fingerprint(second))
    for order in candidates:
        if _agree(first, second, order):
            return True
    if candidates:
        raise Undecided("two points can neither be told apart nor identified")
    return False


def _agree(first: CriticalPoint, second: CriticalPoint, order: Sequence[int]) -> bool:
    """Whether ``order`` applied to the first point certainly gives the second one."""
    if first.zero is None or second.zero is None:
        return first.zero is second.zero
    w, h, b = first.reduced()
    with precision(first.bits):
        w = arb_mat([w.tolist()[i] for i in order])
        h = arb_mat([[row[i] for i in order] for row in h.tolist()])
        bias = [b[i] for i in order]
        if first.problem.lambda_b == 0:
            bias = [x - bias[-1] for x in bias]
        chart = second.zero.chart
        # The rotation that makes the pivot rows lower triangular with a positive diagonal.
        rows = arb_mat([w.tolist()[p] for p in chart.pivots])
        lower = _cholesky(rows * rows.transpose())
        if lower is None:
            return False
        try:
            turn = rows.solve(lower)
            moved = turn.solve(h)
        except ZeroDivisionError:
            return False
        return second.zero.certainly_is(chart.coordinates(w * turn, moved, bias)) and all(
            certainly_positive(second.zero.center[chart.free.index(p * chart.rank + i)])
            for i, p in enumerate(chart.pivots)
        )


def _cholesky(matrix: arb_mat) -> arb_mat | None:
    size = matrix.nrows()
    lower = arb_mat(size, size)
    for i in range(size):
        for j in range(i + 1):
            rest = matrix[i, j] - sum((lower[i, m] * lower[j, m] for m in range(j)), arb(0))
            if i != j:
                lower[i, j] = rest / lower[j, j]
            elif certainly_positive(rest):
                lower[i, i] = rest.sqrt()
            else:
                return None
    return lower


def _fingerprint(point: CriticalPoint) -> NDArray[Any]:
    """Whole numbers, K x (K+1): each within 2 of 2^40 times the entry of Z, resp. of K b_i - sum b."""
    w, h, b = point.reduced()
    with precision(point.bits):
        k = len(b)
        z = (w * h).tolist() if point.rank else [[arb(0)] * k for _ in range(k)]
        total = sum(b, arb(0))
        out = np.zeros((k, k + 1), dtype=np.int64)
        for i in range(k):
            for j, x in enumerate((*z[i], k * b[i] - total)):
                scaled = x * arb((1, _BITS))
                whole = _whole(scaled)
                if abs(whole) >= 1 << 62 or not certainly_le(abs(scaled - whole), arb(2)):
                    raise Undecided("a point is not known well enough to be compared")
                out[i, j] = whole
    return out


def _whole(x: arb) -> int:
    """The whole number next below the midpoint."""
    mantissa, exponent = x.mid().man_exp()
    shift = int(exponent)
    return int(mantissa) << shift if shift >= 0 else int(mantissa) >> -shift


def _near(first: NDArray[Any], second: NDArray[Any]) -> list[list[int]]:
    """The orders in which the first point cannot be told apart from the second one by its fingerprint."""
    k = len(first)
    all_orders = orders(k)
    images = first[all_orders[:, :, None], all_orders[:, None, :]]
    biases = first[all_orders, k]
    apart = np.maximum(
        np.abs(images - second[:, :k]).max(axis=(1, 2)), np.abs(biases - second[:, k]).max(axis=1)
    )
    return [list(map(int, order)) for order in all_orders[apart <= 4]]


@lru_cache(maxsize=4)
def orders(k: int) -> NDArray[Any]:
    """All permutations of 0 .. k-1, one a row."""
    if k > MAX_CLASSES:
        raise Undecided(f"permutations of {k} classes are too many to try: at most {MAX_CLASSES}")
    return np.array(list(permutations(range(k))))
