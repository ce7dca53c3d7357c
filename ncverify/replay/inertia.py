"""The signs of the eigenvalues of a symmetric matrix of balls, by elimination.

M = L B L^T with B of blocks of size 1 and 2 has as many negative eigenvalues as B (Sylvester).  Each step
takes as pivot the largest diagonal entry, or a 2 x 2 block of certainly negative determinant, which has one
eigenvalue of each sign (Bunch and Parlett 1971).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ncverify.replay.balls import Unclear


def negative_eigenvalues(matrix: Sequence[Sequence[Any]]) -> int:
    """The number of negative eigenvalues; ``Unclear`` unless the matrix is certainly regular."""
    rows = [list(row) for row in matrix]
    negative = 0
    while rows:
        size = len(rows)
        i = max(range(size), key=lambda n: abs(float(rows[n][n].mid())))
        off = [(abs(float(rows[p][q].mid())), p, q) for p in range(size) for q in range(p)]
        most, p, q = max(off, default=(0.0, 0, 0))
        if abs(float(rows[i][i].mid())) >= 0.64 * most:
            pivot = rows[i][i]
            if not (pivot > 0 or pivot < 0):
                raise Unclear("a pivot may be 0")
            negative += bool(pivot < 0)
            left = [n for n in range(size) if n != i]
            rows = [[rows[m][n] - rows[m][i] * rows[i][n] / pivot for n in left] for m in left]
            continue
        a, b, c = rows[p][p], rows[q][q], rows[p][q]
        determinant = a * b - c * c
        if not determinant < 0:
            raise Unclear("a pivot may be singular")
        negative += 1
        left = [n for n in range(size) if n not in (p, q)]
        first = [(b * rows[p][n] - c * rows[q][n]) / determinant for n in left]
        second = [(a * rows[q][n] - c * rows[p][n]) / determinant for n in left]
        rows = [
            [rows[m][n] - rows[m][p] * first[j] - rows[m][q] * second[j] for j, n in enumerate(left)]
            for m in left
        ]
    return negative
