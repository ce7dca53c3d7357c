"""Facts: relations, definite matrices, and alternatives, seen to hold for all points of a box of balls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from flint import arb, arb_mat

from ncverify.replay.balls import Env, Unclear, certainly_holds, precision, values
from ncverify.replay.errors import Rejected
from ncverify.replay.expressions import Compared, Table, read_relation

MAX_MATRIX = 400


@dataclass(frozen=True)
class Definite:
    """A symmetric matrix of expressions, row by row, said to be positive or negative definite."""

    rows: tuple[tuple[int, ...], ...]
    positive: bool


@dataclass(frozen=True)
class AnyOf:
    """One of these holds."""

    facts: tuple[Fact, ...]


Fact: TypeAlias = "Compared | Definite | AnyOf"


def read_facts(table: Table, data: Any, at_least: int = 1) -> list[Fact]:
    """A list of facts."""
    if not isinstance(data, list) or len(data) < at_least:
        raise Rejected(f"facts is not a list of at least {at_least}")
    return [read_fact(table, item) for item in data]


def read_fact(table: Table, data: Any, level: int = 0) -> Fact:
    """A relation, ``["definite", rows, "positive"|"negative"]`` or ``["any", fact, ...]``."""
    if isinstance(data, list) and data[:1] == ["definite"]:
        if len(data) != 3 or data[2] not in ("positive", "negative") or not isinstance(data[1], list):
            raise Rejected("definite needs a matrix, and positive or negative")
        size = len(data[1])
        if not 0 < size <= MAX_MATRIX or any(not isinstance(r, list) or len(r) != size for r in data[1]):
            raise Rejected(f"a definite matrix is not square of size 1 to {MAX_MATRIX}")
        rows = tuple(tuple(table.read(entry) for entry in row) for row in data[1])
        if any(rows[i][j] != rows[j][i] for i in range(size) for j in range(i)):
            raise Rejected("a definite matrix is not symmetric as it is written")
        return Definite(rows, data[2] == "positive")
    if isinstance(data, list) and data[:1] == ["any"]:
        if len(data) < 2 or level:
            raise Rejected("any needs facts, which are no alternatives themselves")
        return AnyOf(tuple(read_fact(table, item, 1) for item in data[1:]))
    return read_relation(table, data)


def roots(fact: Fact) -> list[int]:
    """The expressions in a fact."""
    if isinstance(fact, Compared):
        return [fact.left, fact.right]
    if isinstance(fact, Definite):
        return [entry for row in fact.rows for entry in row]
    return [place for item in fact.facts for place in roots(item)]


def holds(table: Table, fact: Fact, env: Env) -> bool:
    """Whether the fact certainly holds in the whole box; ``Unclear`` where something is not defined."""
    if isinstance(fact, Compared):
        return certainly_holds(table, fact, env)
    if isinstance(fact, AnyOf):
        return any(_holds_somehow(table, item, env) for item in fact.facts)
    known = values(table, roots(fact), env)
    matrix = [[known[entry] if fact.positive else -known[entry] for entry in row] for row in fact.rows]
    return positive_definite(matrix)


def _holds_somehow(table: Table, fact: Fact, env: Env) -> bool:
    try:
        return holds(table, fact, env)
    except Unclear:
        return False


def positive_definite(matrix: Sequence[Sequence[Any]]) -> bool:
    """Whether every symmetric matrix in these balls is positive definite.

    Sylvester's law: T M T^t and M have the same signature if T is invertible.  First T = 1; then T is the
    inverse of a Cholesky factor of the midpoints, which makes the matrix nearly the identity (the
    elimination fails for a singular T: T M T^t is singular then).
    """
    if _pivots_positive(matrix):
        return True
    try:
        factor = _cholesky([[entry.mid() for entry in row] for row in matrix])
        inverse = arb_mat(factor).inv()
    except (Unclear, ZeroDivisionError):
        return False
    size = range(len(matrix))
    inverse = arb_mat([[inverse[i, j].mid() for j in size] for i in size])
    image = inverse * arb_mat([list(row) for row in matrix]) * inverse.transpose()
    return _pivots_positive([[image[min(i, j), max(i, j)] for j in size] for i in size])


def _pivots_positive(matrix: Sequence[Sequence[Any]]) -> bool:
    """Gaussian elimination without exchanges: all pivots certainly positive."""
    rows = [list(row) for row in matrix]
    for k in range(len(rows)):
        pivot = rows[k][k]
        if not bool(pivot > 0):
            return False
        for i in range(k + 1, len(rows)):
            factor = rows[k][i] / pivot
            for j in range(i, len(rows)):
                rows[i][j] = rows[i][j] - factor * rows[k][j]
    return True


def _cholesky(matrix: Sequence[Sequence[Any]]) -> list[list[Any]]:
    size = len(matrix)
    lower = [[arb(0)] * size for _ in range(size)]
    for j in range(size):
        rest = (matrix[j][j] - sum((x * x for x in lower[j][:j]), arb(0))).mid()
        if not bool(rest > 0):
            raise Unclear("the midpoints are not positive definite")
        lower[j][j] = rest.sqrt().mid()
        for i in range(j + 1, size):
            dot = sum((x * y for x, y in zip(lower[i][:j], lower[j][:j], strict=True)), arb(0))
            lower[i][j] = ((matrix[i][j] - dot) / lower[j][j]).mid()
    return lower


def at_some_precision(bits: int, test: Callable[[], bool]) -> bool:
    """Whether the test succeeds at this precision, or at one of a few higher ones."""
    for factor in (1, 2, 4):
        with precision(bits * factor):
            try:
                if test():
                    return True
            except Unclear:
                pass
    return False
