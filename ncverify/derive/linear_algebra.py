"""Classical linear algebra: singular vectors, spectral norms, vectors of a kernel.

The vectors that a theorem says to exist are named by the matrix they belong to, so that one name never
stands for two vectors: ``top_...`` symbols are functions of the matrix (a fixed choice in each model), and
nothing may define or differentiate them.  References: G. H. Golub, C. F. Van Loan, Matrix Computations,
section 2.4; the rank-nullity theorem.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ncverify.derive.matching import bare_arguments, require_real
from ncverify.derive.monomials import COMPLEX, ProofError
from ncverify.derive.relations import CHOSEN, Relation, at_least, equal
from ncverify.derive.sums import Facts, Normalizer
from ncverify.derive.terms import (
    ORDERS,
    App,
    Function,
    Sum,
    Sym,
    Term,
    TermLike,
    Var,
    free_variables,
    term,
)
from ncverify.derive.theorems import Theorem, establish


@dataclass(frozen=True)
class SingularTriple:
    """M v = sigma u, M^T u = sigma v, |u| = |v| = 1, sigma >= 0 the largest singular value of M."""

    sigma: Sym
    u: App
    v: App
    nonnegative: Theorem
    unit_u: Theorem
    unit_v: Theorem
    forward: Theorem
    backward: Theorem


def sum_all(variables: Sequence[Var], body: TermLike) -> Term:
    """The sum over several variables, the last one innermost."""
    result = term(body)
    for var in reversed(variables):
        result = Sum(var, result)
    return result


def _sides(matrix: App, rows: Sequence[Var]) -> tuple[tuple[Var, ...], tuple[Var, ...], str]:
    """Row and column variables of a real matrix, and a suffix that tells which are which."""
    args = bare_arguments(matrix)
    # without "_" in its name, or the suffix could be that of another matrix with other rows
    if matrix.name in COMPLEX or matrix.name.startswith(CHOSEN) or "_" in matrix.name:
        raise ProofError(f"{matrix.name!r} is not a real matrix with a plain name")
    columns = tuple(var for var in args if var not in rows)
    if tuple(rows) != tuple(var for var in args if var in rows) or not rows or not columns:
        raise ProofError("the rows must be some, not all, of the indices of the matrix, in their order")
    suffix = "_".join(str(place) for place, var in enumerate(args) if var in rows)
    return tuple(rows), columns, f"{matrix.name}_{suffix}"


def singular_triple(matrix: App, rows: Sequence[Var]) -> SingularTriple:
    """Every real matrix M has a largest singular value sigma with unit vectors u, v.

    ``matrix`` is M at bare indices, ``rows`` those of its indices that number rows; the others number
    columns.  The theorems are about new symbols ``top_norm_...``, ``top_left_...``, ``top_right_...``.
    """
    rows, columns, suffix = _sides(matrix, rows)
    sigma = Sym(f"{CHOSEN}_norm_{suffix}")
    u = Function(f"{CHOSEN}_left_{suffix}", tuple(var.sort for var in rows))(*rows)
    v = Function(f"{CHOSEN}_right_{suffix}", tuple(var.sort for var in columns))(*columns)

    def made(relation: Relation, part: str) -> Theorem:
        return establish(
            relation,
            "classical: singular values",
            arguments={"matrix": matrix, "rows": rows, "part": part},
        )

    return SingularTriple(
        sigma,
        u,
        v,
        made(at_least(sigma, 0), "nonnegative"),
        made(equal(sum_all(rows, u * u), 1), "unit left"),
        made(equal(sum_all(columns, v * v), 1), "unit right"),
        made(equal(sum_all(columns, matrix * v), sigma * u), "forward"),
        made(equal(sum_all(rows, matrix * u), sigma * v), "backward"),
    )


def norm_bound(matrix: App, rows: Sequence[Var], vector: TermLike) -> Theorem:
    """|M^T x|^2 <= sigma^2 |x|^2 for the largest singular value sigma of M and any real vector x(rows).

    ``vector`` may have other free indices than the rows (a family of vectors), but none of the columns.
    """
    rows, columns, suffix = _sides(matrix, rows)
    x = term(vector)
    require_real(x, (), ())
    if free_variables(x) & set(columns):
        raise ProofError("the vector must not depend on the columns of the matrix")
    image = sum_all(rows, x * matrix)
    sigma = Sym(f"{CHOSEN}_norm_{suffix}")
    relation = at_least(sigma * sigma * sum_all(rows, x * x), sum_all(columns, image * image))
    return establish(
        relation,
        "classical: spectral norm",
        arguments={"matrix": matrix, "rows": rows, "vector": x},
    )


@dataclass(frozen=True)
class KernelVector:
    """M a = 0 and |a| = 1."""

    a: App
    unit: Theorem
    kernel: Theorem


def kernel_vector(
    matrix: App,
    row: Var,
    annihilators: Sequence[tuple[TermLike, Theorem, Theorem]],
    orthogonal: Mapping[tuple[int, int], Theorem],
    room: Theorem,
) -> KernelVector:
    """A matrix M whose rank is smaller than its number of columns has a unit vector a with M a = 0.

    ``matrix`` is M(row, column) or M(column, row) at bare indices.  ``annihilators`` bound its rank
    from above by (rows - their number): each is a real vector x(row) with a theorem sum_row x M = 0 for every
    column and one sum_row x^2 > 0; ``orthogonal[i, j]`` (i < j): sum_row x_i x_j = 0.
    ``room``: columns >= rows - (number of annihilators) + 1.
    """
    rows, columns, suffix = _sides(matrix, (row,))
    if len(columns) != 1:
        raise ProofError("a matrix with one row index and one column index is needed")
    column = columns[0]
    plain = Normalizer(Facts())
    vectors = [term(vector) for vector, _, _ in annihilators]
    premises: list[Theorem] = []
    for x, (_, vanishes, nonzero) in zip(vectors, annihilators, strict=True):
        require_real(x, (), ())
        if not free_variables(x) <= {row}:
            raise ProofError("an annihilator is a vector over the rows")
        _require(vanishes, ("=",), sum_all(rows, x * matrix), plain)
        _require(nonzero, (">", "!="), sum_all(rows, x * x), plain)
        premises += [vanishes, nonzero]
    for first in range(len(vectors)):
        for second in range(first + 1, len(vectors)):
            known = orthogonal.get((first, second))
            if known is None:
                raise ProofError("the annihilators must be orthogonal to each other")
            _require(known, ("=",), sum_all(rows, vectors[first] * vectors[second]), plain)
            premises.append(known)
    excess = Sym(ORDERS[column.sort]) - Sym(ORDERS[row.sort]) + len(vectors) - 1
    _require(room, (">=", ">"), excess, plain)
    a = Function(f"{CHOSEN}_kernel_{suffix}", (column.sort,))(column)

    def made(relation: Relation, part: str) -> Theorem:
        return establish(
            relation,
            "classical: rank and kernel",
            (*premises, room),
            arguments={
                "matrix": matrix,
                "row": row,
                "annihilators": tuple(
                    {"vector": x, "vanishes": vanishes, "nonzero": nonzero}
                    for x, (_, vanishes, nonzero) in zip(vectors, annihilators, strict=True)
                ),
                "orthogonal": tuple(
                    orthogonal[first, second]
                    for first in range(len(vectors))
                    for second in range(first + 1, len(vectors))
                ),
                "room": room,
                "part": part,
            },
        )

    return KernelVector(
        a,
        made(equal(sum_all(columns, a * a), 1), "unit"),
        made(equal(sum_all(columns, matrix * a), 0), "kernel"),
    )


def _require(known: Theorem, kinds: Sequence[str], difference: Term, plain: Normalizer) -> None:
    """``known`` says ``difference kind 0`` without conditions."""
    relation = known.relation
    if relation.kind not in kinds or relation.conditions:
        raise ProofError(f"a theorem without conditions, of kind {' or '.join(kinds)}, is needed")
    if not plain.is_zero(relation.difference - difference):
        raise ProofError("a theorem that this rule needs is about something else")
