"""How many eigenvalues of a symmetric matrix of balls are negative: certified, without computing them.

For an invertible Q, M and Q^T M Q have as many negative eigenvalues (Sylvester).  If Q^T M Q is strictly
diagonally dominant, Q is invertible, and the signs of the diagonal count (Gershgorin).  Q is a guess:
the eigenvectors of the midpoint in doubles.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from flint import arb, arb_mat
from numpy.typing import NDArray

from ncverify.theory.balls import certainly_lt, certainly_negative


class Undecided(ArithmeticError):
    """The balls are too wide, or the matrix is singular."""


def negative_eigenvalues(matrix: arb_mat, frame: NDArray[Any] | None = None) -> int:
    """The number of negative eigenvalues of every symmetric matrix in ``matrix``; none of them has 0.

    ``frame``: about the eigenvectors, as columns (found here if left out).  Raises ``Undecided``.  Cost: two
    products of matrices.
    """
    if matrix.nrows() == 0:
        return 0
    if frame is None:
        frame = np.linalg.eigh(doubles(matrix))[1]
    turn = exact(frame)
    rows = (turn.transpose() * (matrix * turn)).tolist()
    count = 0
    for i, row in enumerate(rows):
        others = sum((abs(x) for j, x in enumerate(row) if j != i), arb(0))
        if not certainly_lt(others, abs(row[i])):
            raise Undecided("the balls do not separate the eigenvalues from 0")
        count += certainly_negative(row[i])
    return count


def doubles(matrix: arb_mat) -> NDArray[Any]:
    """The midpoints in double precision."""
    return np.array([[float(x.mid()) for x in row] for row in matrix.tolist()])


def exact(matrix: NDArray[Any]) -> arb_mat:
    """The doubles as exact numbers (each double is a dyadic fraction)."""
    return arb_mat([[arb(float(x)) for x in row] for row in matrix])
