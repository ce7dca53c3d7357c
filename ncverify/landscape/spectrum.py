"""The largest singular value of a small matrix of balls, to full precision, multiple ones included."""

from __future__ import annotations

from typing import Final

from flint import arb, arb_mat, ctx

from ncverify.theory.balls import certainly_lt

_SWEEPS: Final = 12


def spectral_norm(matrix: arb_mat) -> arb:
    """A ball around the largest singular value.

    With Q near the eigenvectors of A = M M^T, every eigenvalue of Q^-1 A Q is in a Gershgorin disc, which
    bounds the largest from above; the Rayleigh quotient of the best column of Q bounds it from below.
    Cost: a few sweeps of Jacobi rotations at the working precision.
    """
    square = matrix * matrix.transpose()
    frame = _eigenvectors(square)
    rows = frame.solve(square * frame).tolist()
    upper = arb(0)
    for i, row in enumerate(rows):
        others = sum((abs(x) for j, x in enumerate(row) if j != i), arb(0))
        upper = upper.max((row[i] + others).upper())
    best = max(range(len(rows)), key=lambda i: float(rows[i][i].mid()))
    v = arb_mat([[row[best]] for row in frame.tolist()])
    lower = ((v.transpose() * (square * v))[0, 0] / (v.transpose() * v)[0, 0]).lower().max(arb(0))
    return lower.union(upper).sqrt()


def _eigenvectors(matrix: arb_mat) -> arb_mat:
    """Exact numbers near the eigenvectors of a symmetric matrix, as columns (no bound)."""
    size = matrix.nrows()
    turn = arb_mat([[int(i == j) for j in range(size)] for i in range(size)])
    middle = matrix.mid()
    for _ in range(_SWEEPS):
        moved = False
        for p in range(size):
            for q in range(p + 1, size):
                angle = _angle(middle[p, p], middle[q, q], middle[p, q])
                if angle is None:
                    continue
                moved = True
                rotation = arb_mat([[int(i == j) for j in range(size)] for i in range(size)])
                c, s = angle.cos().mid(), angle.sin().mid()
                rotation[p, p] = rotation[q, q] = c
                rotation[p, q], rotation[q, p] = s, -s
                middle = (rotation.transpose() * (middle * rotation)).mid()
                turn = (turn * rotation).mid()
        if not moved:
            break
    return turn


def _angle(first: arb, second: arb, off: arb) -> arb | None:
    """The angle of the rotation that removes the entry ``off``; None if ``off`` is tiny."""
    off, gap = off.mid(), (second - first).mid()
    size = abs(first.mid()) + abs(second.mid())
    if not certainly_lt(size * arb((1, 16 - ctx.prec)), abs(off)):
        return None
    return arb.atan2(2 * off, gap).mid() / 2 if gap > 0 else arb.atan2(-2 * off, -gap).mid() / 2
