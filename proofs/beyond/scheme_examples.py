"""Concrete association schemes, and what fails without their axioms."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, permutations, product

from ncverify.book.registry import claim
from ncverify.book.verdict import Evidence
from ncverify.evidence.exact import nonzero_number, verified_exactly
from ncverify.evidence.workbench import Workbench
from ncverify.theory.expr import Expr, add, exp, mul, number

PAPER = "beyond"
Relations = tuple[tuple[int, ...], ...]
"""Entry (i, j) is the number of the relation between i and j; relation 0 is equality."""


def of_distances(adjacent: Sequence[Sequence[bool]]) -> Relations:
    """The distances in a connected graph."""
    count = len(adjacent)
    rows = []
    for start in range(count):
        distance, front = {start: 0}, [start]
        while front:
            here = front.pop(0)
            for other in range(count):
                if adjacent[here][other] and other not in distance:
                    distance[other] = distance[here] + 1
                    front.append(other)
        rows.append(tuple(distance[other] for other in range(count)))
    return tuple(rows)


def cycle(count: int) -> Relations:
    """Distances in a cycle."""
    return of_distances([[(i - j) % count in (1, count - 1) for j in range(count)] for i in range(count)])


def johnson(points: int, chosen: int, meet: int) -> Relations:
    """Subsets that meet in ``meet`` points are adjacent: (5, 2, 1) Johnson, (5, 2, 0) Petersen."""
    subsets = [set(part) for part in combinations(range(points), chosen)]
    return of_distances([[len(x & y) == meet for y in subsets] for x in subsets])


def hamming(length: int, letters: int) -> Relations:
    """The number of places in which two words differ."""
    words = list(product(range(letters), repeat=length))
    return tuple(tuple(sum(x != y for x, y in zip(p, q, strict=True)) for q in words) for p in words)


S3 = tuple(permutations(range(3)))


def quotient(x: tuple[int, ...], y: tuple[int, ...]) -> int:
    """The number of x^{-1} y in S3."""
    back = tuple(x.index(place) for place in range(3))
    return S3.index(tuple(back[y[place]] for place in range(3)))


SYMMETRIC_GROUP: Relations = tuple(tuple(quotient(x, y) for y in S3) for x in S3)
PATH = of_distances([[abs(i - j) == 1 for j in range(3)] for i in range(3)])
SCHEMES = {
    "5-cycle": cycle(5),
    "6-cycle": cycle(6),
    "Petersen": johnson(5, 2, 0),
    "Johnson J(5,2)": johnson(5, 2, 1),
    "Johnson J(6,3)": johnson(6, 3, 2),
    "Hamming H(2,3)": hamming(2, 3),
    "Hamming H(3,2)": hamming(3, 2),
}


def meetings(relations: Relations, u: int, v: int) -> dict[int, set[int]]:
    """For every relation w, the values of (A_u^T A_v)(j, l) over the pairs (j, l) in w: one each in a scheme."""
    found: dict[int, set[int]] = {}
    size = range(len(relations))
    for j, l in product(size, size):
        count = sum(relations[i][j] == u and relations[i][l] == v for i in size)
        found.setdefault(relations[j][l], set()).add(count)
    return found


def is_closed(relations: Relations) -> bool:
    """Whether every A_u^T A_v is a combination of the relations."""
    labels = range(1 + max(map(max, relations)))
    return all(
        len(values) == 1 for u in labels for v in labels for values in meetings(relations, u, v).values()
    )


def axioms_hold() -> Evidence:
    """The axioms in concrete symmetric schemes, entry by entry."""
    holds, count = True, 0
    for relations in SCHEMES.values():
        size = range(len(relations))
        symmetric = all(relations[i][j] == relations[j][i] for i in size for j in size)
        reflexive = all((relations[i][j] == 0) == (i == j) for i in size for j in size)
        holds = holds and symmetric and reflexive and is_closed(relations)
        count += len(relations) ** 2 * (1 + max(map(max, relations))) ** 2
    names = ", ".join(SCHEMES)
    return verified_exactly(holds, names, f"the axioms of a symmetric scheme hold for {names}", count)


def weights(relations: Relations, logits: Sequence[int]) -> list[list[Expr]]:
    """The column softmax of the matrix whose entry on relation u is logits[u]."""
    size = range(len(relations))
    entries = [[exp(number(logits[relations[i][j]])) for j in size] for i in size]
    columns = [add(entries[i][j] for i in size) for j in size]
    return [[entries[i][j] / columns[j] for j in size] for i in size]


@claim(
    id="scheme-any-partition",
    paper=PAPER,
    kind="extension",
    place="limits of scheme-diagonalization",
    title="The softmax respects every partition of the pairs of classes",
    plain="If 0/1 matrices A_0 = I, A_1, ... partition the pairs of classes and Z is constant on each, so is softmax(Z). "
    "(False: the distances in a path of 3 vertices, Z = 1 for neighbours, else 0: column sums differ. True if A_u^T A_v "
    "are combinations of the A_w: scheme-diagonalization.)",
    latex=r"Z=\sum_uz_uA_u\Rightarrow\mathrm{softmax}(Z)=\sum_up_uA_u\ \text{for every partition}",
    scope="one exact matrix, K = 3",
    depends=["scheme-diagonalization"],
    corrected_by="scheme-diagonalization",
    expected="refuted",
    tags=["schemes", "erratum"],
)
def scheme_any_partition(bench: Workbench) -> None:
    """Two entries of the softmax on one relation."""
    P = weights(PATH, [0, 1, 0])
    bench.add(
        lambda: nonzero_number(
            P[0][1] - P[1][0],
            "the path of 3 vertices",
            "P(0,1) - P(1,0), both on neighbours",
            {"relations": str(PATH), "z": "(0, 1, 0)"},
        )
    )


def group_matrix() -> list[list[int]]:
    """A symmetric member of the algebra of S3: m(1) = 2, m = 0, 1, 3 on the transpositions, 0 on the 3-cycles."""
    signs = [sum(x[p] > x[q] for p in range(3) for q in range(p + 1, 3)) % 2 for x in S3]
    odd = [number_ for number_, sign in enumerate(signs) if sign]
    values = {0: 2, **dict(zip(odd, (0, 1, 3), strict=True))}
    return [[values.get(SYMMETRIC_GROUP[i][j], 0) for j in range(6)] for i in range(6)]


@claim(
    id="scheme-noncommutative",
    paper=PAPER,
    kind="extension",
    place="limits of scheme-flow",
    title="The singular vectors are frozen in every homogeneous coherent configuration",
    plain="For every scheme in which the products A_u^T A_v are combinations of the relations, commutative or not, gradient "
    "flow from W = H^T = M, M a symmetric member of the algebra, keeps the singular vectors. (False for the group S3, "
    "K = 6: P = softmax(M^2) is a member of the algebra, scheme-diagonalization, but does not commute with M, so that the "
    "velocity (I - P) M turns its singular vectors. True for commutative schemes: scheme-flow.)",
    latex=r"[M,\mathrm{softmax}(M^2)]=0",
    scope="one exact start, S3, K = 6",
    depends=["scheme-diagonalization", "scheme-flow"],
    corrected_by="scheme-flow",
    expected="refuted",
    tags=["schemes", "erratum"],
)
def scheme_noncommutative(bench: Workbench) -> None:
    """An entry of the commutator as a number without symbols."""
    M = group_matrix()
    size = range(6)
    square = [[sum(M[i][k] * M[k][j] for k in size) for j in size] for i in size]
    logits = [square[0][SYMMETRIC_GROUP[0].index(u)] for u in size]
    P = weights(SYMMETRIC_GROUP, logits)
    place = next(u for u in size if S3[u] == (1, 2, 0))
    left = add(mul([number(M[0][k]), P[k][place]]) for k in size)
    right = add(mul([number(M[k][place]), P[0][k]]) for k in size)
    bench.add(
        lambda: nonzero_number(
            left - right,
            "one exact start, S3, K = 6",
            f"entry (0, {place}) of M P - P M",
            {"m(1)": "2", "m(transpositions)": "(0, 1, 3)", "m(3-cycles)": "0"},
        )
    )
    bench.beside(
        lambda: verified_exactly(
            is_closed(SYMMETRIC_GROUP)
            and all(square[i][j] == logits[SYMMETRIC_GROUP[i][j]] for i in size for j in size),
            "S3",
            "the algebra of S3 is closed, and M^2 is a member",
            6**4,
        )
    )
