"""Classical linear algebra: singular values, spectral norms, kernels (Golub, Van Loan, section 2.4).

What a theorem says to exist is named by the matrix it belongs to, so that one name never stands for two
things: symbols whose names begin with ``top_`` are functions of the matrix, one choice in each model.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from ncverify.replay.calculus.facts import arguments, require_real, require_zero
from ncverify.replay.calculus.lines import Arguments, Line, rule
from ncverify.replay.calculus.terms import (
    CHOSEN_SYMBOL,
    COMPLEX,
    ONE,
    ORDERS,
    ZERO,
    Relation,
    Term,
    Var,
    add,
    bind,
    free,
    mul,
    neg,
    num,
    relation,
    single,
)
from ncverify.replay.calculus.theory import Step
from ncverify.replay.errors import Rejected


class Matrix:
    """M at bare indices, some of which number its rows, the others its columns."""

    def __init__(self, value: Term, rows: tuple[Var, ...]) -> None:
        args = arguments(value)
        if value[1] in COMPLEX or "_" in value[1]:
            raise Rejected("a real matrix with a plain name is needed")
        if rows != tuple(var for var in args if var in rows) or not 0 < len(rows) < len(args):
            raise Rejected("the rows must be some, not all, of the indices, in their order")
        self.rows = rows
        self.columns = tuple(var for var in args if var not in rows)
        self._suffix = "_".join([value[1], *(str(args.index(var)) for var in rows)])

    def chosen(self, name: str, args: Sequence[Var] = ()) -> Term:
        """The symbol of this name that belongs to the matrix."""
        full = f"{CHOSEN_SYMBOL}{name}_{self._suffix}"
        return ("app", full, tuple(map(single, args))) if args else ("sym", full)


def _sum(indices: Sequence[Var], body: Term) -> Term:
    for var in reversed(indices):
        body = bind(var, False, body)
    return body


@rule("classical: singular values", matrix=Arguments.term, rows=Arguments.variables, part=Arguments.name)
def singular_values(line: Line, matrix: Term, rows: tuple[Var, ...], part: str) -> Relation:
    """M v = sigma u, M^T u = sigma v, |u| = |v| = 1, sigma >= 0 the largest singular value of M."""
    m = Matrix(matrix, rows)
    sigma = m.chosen("norm")
    u, v = m.chosen("left", m.rows), m.chosen("right", m.columns)
    parts = {
        "nonnegative": relation(sigma, ">="),
        "unit left": relation(_sum(m.rows, mul(u, u)), "=", ONE),
        "unit right": relation(_sum(m.columns, mul(v, v)), "=", ONE),
        "forward": relation(_sum(m.columns, mul(matrix, v)), "=", mul(sigma, u)),
        "backward": relation(_sum(m.rows, mul(matrix, u)), "=", mul(sigma, v)),
    }
    return _one(parts, part)


def _one(parts: dict[str, Relation], name: str) -> Relation:
    if name not in parts:
        raise Rejected(f"the theorem has no part {name!r}")
    return parts[name]


@rule("classical: spectral norm", matrix=Arguments.term, rows=Arguments.variables, vector=Arguments.term)
def spectral_norm(line: Line, matrix: Term, rows: tuple[Var, ...], vector: Term) -> Relation:
    """sigma^2 |x|^2 >= |M^T x|^2 for the largest singular value sigma and any real vector x(rows)."""
    m = Matrix(matrix, rows)
    require_real(vector)
    if free(vector) & set(m.columns):
        raise Rejected("the vector must not depend on the columns")
    image, sigma = _sum(m.rows, mul(vector, matrix)), m.chosen("norm")
    bound = mul(mul(sigma, sigma), _sum(m.rows, mul(vector, vector)))
    return relation(bound, ">=", _sum(m.columns, mul(image, image)))


@rule(
    "classical: rank and kernel",
    matrix=Arguments.term,
    row=Arguments.variable,
    annihilators=Arguments.annihilators,
    orthogonal=Arguments.steps,
    room=Arguments.step,
    part=Arguments.name,
)
def kernel_vector(
    line: Line,
    matrix: Term,
    row: Var,
    annihilators: list[tuple[Term, Step, Step]],
    orthogonal: tuple[Step, ...],
    room: Step,
    part: str,
) -> Relation:
    """M a = 0, |a| = 1, if the rank is less than the number of columns.

    The rank is at most the number of rows minus that of orthogonal vectors x != 0 with x^T M = 0.
    """
    m = Matrix(matrix, (row,))
    (column,) = m.columns if len(m.columns) == 1 else (row,)
    if column == row:
        raise Rejected("a matrix with one row index and one column index is needed")
    for x, vanishes, nonzero in annihilators:
        require_real(x)
        if not free(x) <= {row}:
            raise Rejected("an annihilator is a vector over the rows")
        _require(vanishes, ("=",), _sum(m.rows, mul(x, matrix)))
        _require(nonzero, (">", "!="), _sum(m.rows, mul(x, x)))
    pairs = list(combinations([x for x, _, _ in annihilators], 2))
    if len(pairs) != len(orthogonal):
        raise Rejected("the annihilators must be orthogonal to each other")
    for (x, y), known in zip(pairs, orthogonal, strict=True):
        _require(known, ("=",), _sum(m.rows, mul(x, y)))
    excess = add(("sym", ORDERS[column[0]]), neg(("sym", ORDERS[row[0]])), num(len(annihilators) - 1))
    _require(room, (">=", ">"), excess)
    a = m.chosen("kernel", m.columns)
    parts = {
        "unit": relation(_sum(m.columns, mul(a, a)), "=", ONE),
        "kernel": relation(_sum(m.columns, mul(matrix, a)), "=", ZERO),
    }
    return _one(parts, part)


def _require(step: Step, kinds: tuple[str, ...], difference: Term) -> None:
    """The step says ``difference kind 0`` without conditions."""
    if step.relation.kind not in kinds or step.relation.conditions:
        raise Rejected(f"a relation {' or '.join(kinds)} without conditions is needed")
    require_zero(add(step.relation.difference, neg(difference)))
