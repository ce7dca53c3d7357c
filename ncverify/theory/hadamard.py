"""Exact Hadamard matrices, as tuples of rows of +1 and -1.

A Hadamard matrix of order n is a square matrix H of signs with H H^T = n I.
"""

from __future__ import annotations

from collections.abc import Sequence

from flint import fmpz

from ncverify.errors import InputError

IntegerMatrix = tuple[tuple[int, ...], ...]

# 2^12 rows hold 16 million entries; nothing here needs more.
MAX_HADAMARD_ORDER = 1 << 12


def sylvester(m: int) -> IntegerMatrix:
    """The Sylvester matrix of order K = 2^m: entry (a, g) is (-1)^popcount(a & g), m >= 0.

    It is the character table of Z_2^m in the numbering of ``AbelianGroup``.  Cost: K^2.
    """
    if isinstance(m, bool) or not isinstance(m, int) or not 0 <= m < MAX_HADAMARD_ORDER.bit_length():
        raise InputError(
            f"Sylvester exponent {m!r} must be a whole number from 0 to {MAX_HADAMARD_ORDER.bit_length() - 1}"
        )
    order = range(1 << m)
    return tuple(tuple(1 - 2 * ((a & g).bit_count() & 1) for g in order) for a in order)


def paley(q: int) -> IntegerMatrix:
    """Paley's first construction: order q + 1 for a prime q = 3 mod 4.

    H = I + [[0, 1^T], [-1, Q]] with Q_ij = (i - j | q), the Legendre symbol (Paley 1933).  Order 12
    (q = 11) is equivalent to no Sylvester matrix.  Cost: q^2.
    """
    if isinstance(q, bool) or not isinstance(q, int) or not 3 <= q < MAX_HADAMARD_ORDER:
        raise InputError(f"Paley parameter {q!r} must be a prime from 3 to {MAX_HADAMARD_ORDER - 1}, e.g. 11")
    if q % 4 != 3 or not fmpz(q).is_prime():
        raise InputError(
            f"Paley parameter {q} must be a prime that leaves 3 modulo 4: take 3, 7, 11, 19, 23, ..."
        )
    squares = {x * x % q for x in range(1, q)}
    legendre = [0] + [1 if x in squares else -1 for x in range(1, q)]
    rows = [(1,) * (q + 1)]
    for i in range(q):
        rows.append((-1, *(legendre[(i - j) % q] + (i == j) for j in range(q))))
    return tuple(rows)


def is_hadamard(matrix: Sequence[Sequence[int]]) -> bool:
    """Whether the matrix is square, has entries +1 and -1 only, and orthogonal rows (exact).

    Cost: n^3/2 operations on small integers.
    """
    n = len(matrix)
    if n == 0 or any(len(row) != n or any(x not in (1, -1) for x in row) for row in matrix):
        return False
    pairs = ((matrix[i], matrix[j]) for i in range(n) for j in range(i))
    return all(sum(x * y for x, y in zip(u, v, strict=True)) == 0 for u, v in pairs)


def negate_row(matrix: Sequence[Sequence[int]], row: int) -> IntegerMatrix:
    """The matrix with the signs of one row changed (again Hadamard if it was)."""
    _check_index(matrix, row)
    return tuple(tuple(-x for x in r) if i == row else tuple(r) for i, r in enumerate(matrix))


def negate_column(matrix: Sequence[Sequence[int]], column: int) -> IntegerMatrix:
    """The matrix with the signs of one column changed (again Hadamard if it was)."""
    _check_index(matrix, column)
    return tuple(tuple(-x if j == column else x for j, x in enumerate(r)) for r in matrix)


def permute_rows(matrix: Sequence[Sequence[int]], permutation: Sequence[int]) -> IntegerMatrix:
    """Row i of the result is row ``permutation[i]`` (again Hadamard if it was)."""
    _check_permutation(matrix, permutation)
    return tuple(tuple(matrix[i]) for i in permutation)


def permute_columns(matrix: Sequence[Sequence[int]], permutation: Sequence[int]) -> IntegerMatrix:
    """Column j of the result is column ``permutation[j]`` (again Hadamard if it was)."""
    _check_permutation(matrix, permutation)
    return tuple(tuple(row[j] for j in permutation) for row in matrix)


def _check_index(matrix: Sequence[Sequence[int]], index: int) -> None:
    if not 0 <= index < len(matrix):
        raise InputError(f"no row or column {index} in a matrix of order {len(matrix)}: count from 0")


def _check_permutation(matrix: Sequence[Sequence[int]], permutation: Sequence[int]) -> None:
    if sorted(permutation) != list(range(len(matrix))):
        raise InputError(
            f"{tuple(permutation)} is not a permutation of 0..{len(matrix) - 1}: name each index once"
        )
