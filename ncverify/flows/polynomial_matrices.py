"""Matrices of polynomials, and of bounds of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import add, mul
from typing import Any, TypeVar

from flint import arb, fmpz_poly

from ncverify.flows.balls import LOW, precision, upper

Rows = list[list[Any]]
T = TypeVar("T")


def matrix_product(a: Sequence[Sequence[Any]], b: Sequence[Sequence[Any]]) -> Rows:
    """The product of two matrices over a commutative ring.

    Winograd, IEEE Trans. Comput. C-17 (1968): x1 y1 + x2 y2 = (x1 + y2)(x2 + y1) - x1 x2 - y1 y2, where
    the last two products belong to one row and one column: half of the multiplications.
    """
    columns = transpose(b)
    if len(b) == 1 or len(a) * len(columns) <= len(a) + len(columns):
        return [[_dot(row, column) for column in columns] for row in a]
    rows_split, columns_split = [_halves(row) for row in a], [_halves(column) for column in columns]
    of_columns = [_dot(*halves) for halves in columns_split]
    out: Rows = []
    for row, (even, odd) in zip(a, rows_split, strict=True):
        of_row = _dot(even, odd)
        out.append([])
        for column, (first, second), of_column in zip(columns, columns_split, of_columns, strict=True):
            total = _dot(map(add, even, second), map(add, odd, first)) - of_row - of_column
            out[-1].append(total + row[-1] * column[-1] if len(b) % 2 else total)
    return out


def bound_product(a: Sequence[Sequence[arb]], b: Sequence[Sequence[arb]]) -> list[list[arb]]:
    """Upper bounds of the entries of A B, for upper bounds (>= 0) of the entries of A and B."""
    columns = transpose(b)
    with precision(LOW):
        return [[upper(_dot(row, column)) for column in columns] for row in a]


def transpose(a: Sequence[Sequence[T]]) -> list[list[T]]:
    """The transposed matrix."""
    return [list(column) for column in zip(*a, strict=True)]


def shifted(p: fmpz_poly, bits: int) -> fmpz_poly:
    """The polynomial with the coefficients floor(c 2^-bits)."""
    return fmpz_poly([c >> bits for c in p.coeffs()])


def _halves(row: Sequence[T]) -> tuple[Sequence[T], Sequence[T]]:
    return row[: len(row) - 1 : 2], row[1::2]


def _dot(x: Iterable[Any], y: Iterable[Any]) -> Any:
    terms = list(map(mul, x, y))
    return sum(terms[1:], terms[0])
