"""Coordinates without symmetry for the cross-entropy model: equations whose zeros are critical points.

Three exact reductions lead from ``Problem`` to the system solved here.

1. *One sample.* At a critical point the columns of H agree within each class (each is the critical point of
   a strictly convex function), so n samples are one sample with n lambda_h (claim ``n-reduction``).
   Directions that vary within a class add a positive definite block to the Hessian: the index is the same.
2. *Balance.* W -> c W, H -> H / c with c^4 = n lambda_h / lambda_w makes both decays equal to
   mu = sqrt(n lambda_w lambda_h).  A linear change of variables keeps critical points and indices.
3. *Rank.* A critical point of rank r is, up to a rotation of the feature space, W = [W_r 0], H = [H_r; 0]
   with W_r of r columns, and (W_r, H_r, b) is a critical point for width r; conversely zero columns can be
   appended to any.  The Hessian in width d is the one in width r plus, for each further dimension, the block
   [[mu I, G], [G^T, mu I]], G the gradient of the loss by the logits.

What is left are the rotations O(r), which act freely as W_r has rank r, and b -> b + t 1 for a free bias.  A
``Chart`` fixes them by the choice of r rows (``pivots``) in which W_r is lower triangular with a nonzero
diagonal, and of b_K = 0: it drops these unknowns, and the equations of the same names.

*A zero of the smaller system is a critical point.*  Let N be the gradient by W; it vanishes but for the
strictly upper triangular entries of its pivot rows N_p.  Along the rotation W A, -A H (A skew) f does not
change and the gradient by H is 0, so <N, W A> = 0 for every skew A: W^T N = L^T N_p is symmetric (L the
pivot rows of W).  It is a product of an upper and a strictly upper triangular matrix, hence 0; L is
invertible, so N = 0.  For the bias, the derivatives by b_k add up to 0, so the dropped one is 0 too.

*The index is that of the smaller Hessian.*  The dropped unknowns leave a slice that meets the tangents of the
symmetries only in 0 (L A lower triangular and A skew give A = 0) and has the complementary dimension; the
tangents lie in the kernel of the Hessian at a critical point, so the form on the slice is the form on the
quotient.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from flint import arb, arb_mat

from ncverify.theory.balls import to_arb


@dataclass(frozen=True)
class Chart:
    """The system of rank ``rank`` >= 1 for K ``classes``, mu^2 and lambda_b (None: no bias), with ``pivots``.

    Unknowns: the entries of W (K x r), H (r x K) row by row and b, without those that are fixed to 0.
    """

    classes: int
    rank: int
    mu_squared: Fraction
    lambda_b: Fraction | None
    pivots: tuple[int, ...]

    @cached_property
    def free(self) -> tuple[int, ...]:
        """The places of the unknowns among all entries of (W, H, b)."""
        k, r = self.classes, self.rank
        fixed = {p * r + j for i, p in enumerate(self.pivots) for j in range(i + 1, r)}
        size = 2 * k * r + (0 if self.lambda_b is None else k)
        if self.lambda_b == 0:
            fixed.add(size - 1)
        return tuple(i for i in range(size) if i not in fixed)

    @property
    def size(self) -> int:
        """The number of unknowns, and of equations."""
        return len(self.free)

    def mu(self) -> arb:
        """A ball around mu, at the working precision."""
        return to_arb(self.mu_squared).sqrt()

    def point(self, x: Sequence[arb]) -> tuple[arb_mat, arb_mat, list[arb]]:
        """(W, H, b) of the unknowns; b is 0 for a model without bias."""
        k, r = self.classes, self.rank
        entries = [arb(0)] * (2 * k * r + k)
        for place, value in zip(self.free, x, strict=True):
            entries[place] = value
        return (
            arb_mat(k, r, entries[: k * r]),
            arb_mat(r, k, entries[k * r : 2 * k * r]),
            entries[2 * k * r :],
        )

    def coordinates(self, w: arb_mat, h: arb_mat, b: Sequence[arb]) -> list[arb]:
        """The unknowns of (W, H, b), which is taken to be in this chart."""
        entries = [*w.entries(), *h.entries(), *b]
        return [entries[place] for place in self.free]

    def equations(self, x: Sequence[arb]) -> arb_mat:
        """The gradient of f by the unknowns, a column."""
        w, h, b = self.point(x)
        mu = self.mu()
        g = slope(probabilities(w, h, b))
        entries = [*(g * h.transpose() + w * mu).entries(), *(w.transpose() * g + h * mu).entries()]
        if self.lambda_b is not None:
            strength = to_arb(self.lambda_b)
            entries += [sum(row, arb(0)) + strength * y for row, y in zip(g.tolist(), b, strict=True)]
        return arb_mat(self.size, 1, [entries[place] for place in self.free])

    def jacobian(self, x: Sequence[arb]) -> arb_mat:
        """The Hessian matrix of f by the unknowns (symmetric)."""
        k, r = self.classes, self.rank
        w, h, b = self.point(x)
        p = probabilities(w, h, b)
        total = self._bent(slope(p).tolist())
        rows_w, rows_h = w.tolist(), h.tolist()
        for j in range(k):
            # The derivative of column j of the logits by the unknowns, K x size.
            moved = [[arb(0)] * self.size for _ in range(k)]
            for spot, place in enumerate(self.free):
                if place < k * r:
                    moved[place // r][spot] = rows_h[place % r][j]
                elif place < 2 * k * r:
                    a, column = divmod(place - k * r, k)
                    if column == j:
                        for i in range(k):
                            moved[i][spot] = rows_w[i][a]
                else:
                    moved[place - 2 * k * r][spot] = arb(1)
            weights = [p[i][j] for i in range(k)]
            spread = arb_mat(
                [
                    [
                        (weights[i] * (1 - weights[i]) if i == m else -weights[i] * weights[m]) / k
                        for m in range(k)
                    ]
                    for i in range(k)
                ]
            )
            shift = arb_mat(moved)
            total += shift.transpose() * (spread * shift)
        return total

    def _bent(self, g: Sequence[Sequence[arb]]) -> arb_mat:
        """The penalties, and <G, U V> as a form in (U, V)."""
        k, r = self.classes, self.rank
        spots = {place: spot for spot, place in enumerate(self.free)}
        matrix = arb_mat(self.size, self.size)
        mu = self.mu()
        for place, spot in spots.items():
            matrix[spot, spot] = mu if place < 2 * k * r else to_arb(self.lambda_b or 0)
        for i in range(k):
            for a in range(r):
                row = spots.get(i * r + a)
                if row is not None:
                    for j in range(k):
                        column = spots[k * r + a * k + j]
                        matrix[row, column] = matrix[column, row] = g[i][j]
        return matrix


def probabilities(w: arb_mat, h: arb_mat, b: Sequence[arb]) -> list[list[arb]]:
    """The column-wise softmax of W H + b 1^T, each entry as 1 / sum of exp of differences."""
    z = (w * h).tolist()
    k = len(z)
    columns = [[z[i][j] + b[i] for i in range(k)] for j in range(k)]
    return [
        [1 / sum(((y - columns[j][i]).exp() for y in columns[j]), arb(0)) for j in range(k)] for i in range(k)
    ]


def slope(p: Sequence[Sequence[arb]]) -> arb_mat:
    """G = (P - I) / K, the gradient of the mean cross-entropy by the logits."""
    k = len(p)
    return arb_mat([[(x - int(i == j)) / k for j, x in enumerate(row)] for i, row in enumerate(p)])
