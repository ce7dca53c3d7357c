"""What the early version of the paper prints and an exact example contradicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from ncverify.book.registry import claim
from ncverify.book.verdict import Evidence
from ncverify.evidence.identities import identities
from ncverify.evidence.points import fails_at, holds_at
from ncverify.evidence.workbench import Workbench
from ncverify.theory.dynamics import matmul, transpose
from ncverify.theory.expr import Expr, log, number, sqrt, symbol
from ncverify.theory.peeled import EXACT, all_margins, gradient, inner, loss, objective

from .model import PAPER

Rows = Sequence[Sequence[Fraction | int]]


def matrix(name: str, rows: Rows) -> tuple[list[list[Expr]], dict[str, Fraction]]:
    """A matrix of symbols, and the exact point at which it is ``rows``."""
    symbols = [[symbol(f"{name}_{i}_{j}") for j in range(len(row))] for i, row in enumerate(rows)]
    at = {f"{name}_{i}_{j}": Fraction(x) for i, row in enumerate(rows) for j, x in enumerate(row)}
    return symbols, at


def shown(**matrices: Rows) -> Mapping[str, str]:
    """Matrices as text."""
    return {name: "; ".join(" ".join(map(str, row)) for row in rows) for name, rows in matrices.items()}


def dot(x: Sequence[Expr], y: Sequence[Expr]) -> Expr:
    """The inner product."""
    terms = [a * b for a, b in zip(x, y, strict=True)]
    return sum(terms[1:], terms[0])


PAIR = ((1,), (-1,))  # W of two classes in one dimension
PAIR_H = ((1, -1),)
THIRD = Fraction(1, 3)
TRIANGLE = tuple(tuple(Fraction(int(i == j)) - THIRD for j in range(3)) for i in range(3))


@claim(
    id="etf-definition-printed",
    paper=PAPER,
    kind="published",
    place="Definition 2.1",
    title="A simplex frame is a symmetric matrix",
    plain="Every M = sqrt(K/(K-1)) Q (I - 11^T/K) with orthogonal Q in R^{K x K} is symmetric.",
    latex=r"M=\sqrt{\tfrac K{K-1}}\,Q(I-\tfrac1K\mathbf1\mathbf1^{\top})\Rightarrow M=M^{\top}",
    scope="every K >= 2",
    expected="refuted",
    corrected_by="etf-definition",
    tags=["frame"],
)
def etf_definition_printed(bench: Workbench) -> None:
    """K = 3 and the cyclic permutation Q; the scale does not matter."""
    cyclic = ((0, 1, 0), (0, 0, 1), (1, 0, 0))
    q, at = matrix("q", cyclic)
    m = [[row[j] - (row[0] + row[1] + row[2]) / 3 for j in range(3)] for row in q]
    bench.add(
        lambda: fails_at(
            (m[0][1], "==", m[1][0]),
            at,
            "Q (I - 11^T/3) is not symmetric for the cyclic permutation Q",
            shown=shown(Q=cyclic),
        )
    )


@claim(
    id="nc4-printed",
    paper=PAPER,
    kind="published",
    place="Section 2.1, (NC4)",
    title="The nearest class mean has the smallest score",
    plain="At neural collapse argmin_k <w_k, x> = argmin_k |x - m_k|.",
    latex=r"\operatorname{argmin}_k\langle w_k,x\rangle=\operatorname{argmin}_k\|x-m_k\|",
    scope="every K >= 2",
    expected="refuted",
    corrected_by="nc4",
    tags=["frame"],
)
def nc4_printed(bench: Workbench) -> None:
    """K = 3, W = means, x near the mean of class 0: class 2 has the smallest score."""
    w, at = matrix("w", TRIANGLE)
    place = [[Fraction(3, 5), Fraction(-1, 5), Fraction(-2, 5)]]
    x, more = matrix("x", place)
    distances = [
        dot([a - b for a, b in zip(x[0], row, strict=True)], [a - b for a, b in zip(x[0], row, strict=True)])
        for row in w
    ]
    bench.beside(
        lambda: holds_at(
            [(distances[1], distances[0]), (distances[2], distances[0])],
            {**at, **more},
            "the mean of class 0 is the nearest",
        )
    )
    bench.add(
        lambda: fails_at(
            (dot(w[0], x[0]), "<=", dot(w[2], x[0])),
            {**at, **more},
            "class 0, whose mean is nearest, does not have the smallest score",
            shown=shown(W=TRIANGLE, x=place),
        )
    )


@claim(
    id="flow-sign-printed",
    paper=PAPER,
    kind="published",
    place="Section 2.2, display before 'Notations'",
    title="Gradient flow is W' = +dL/dW, H' = +dL/dH",
    plain="Along W' = dL/dW, H' = dL/dH the loss does not increase.",
    latex=r"\dot W=\partial_WL,\ \dot H=\partial_HL",
    scope="every K, d and n",
    depends=["flow-sign"],
    expected="refuted",
    corrected_by="flow-sign",
    tags=["flow"],
)
def flow_sign_printed(bench: Workbench) -> None:
    """L' = |grad L|^2 at W = (1, -1)^T, H = (1, -1)."""
    w, at = matrix("w", PAIR)
    h, more = matrix("h", PAIR_H)
    slope = gradient(w, h, (0, 1), EXACT)
    bench.add(
        lambda: fails_at(
            (inner(slope, slope), "<=", number(0)),
            {**at, **more},
            "along the printed flow L' = |grad L|^2 > 0",
            shown=shown(W=PAIR, H=PAIR_H),
        )
    )


@claim(
    id="ray-minimum-printed",
    paper=PAPER,
    kind="published",
    place="Remark 3.1",
    title="The least objective along a direction is (|W|^2 + |H|^2)/(2 q_min^{1/2})",
    plain="Along the direction of a separated (W, H) the least objective of (5) is (|W|^2 + |H|^2)/(2 sqrt(q_min)).",
    latex=r"\frac{\frac12\|W\|^2+\frac12\|H\|^2}{q_{\min}^{1/2}}",
    scope="every K, d and n",
    depends=["ray-minimum"],
    expected="refuted",
    corrected_by="ray-minimum",
    tags=["margin"],
)
def ray_minimum_printed(bench: Workbench) -> None:
    """K = 2: all margins are 2, the least objective is 1, not sqrt 2."""
    w, at = matrix("w", PAIR)
    h, more = matrix("h", PAIR_H)
    margin = all_margins(w, h, (0, 1))[0][0]
    bench.add(
        lambda: fails_at(
            (objective(w, h) / margin, "==", objective(w, h) / sqrt(margin)),
            {**at, **more},
            "the least objective along the ray, (|W|^2 + |H|^2)/(2 q), is not the printed one",
            shown=shown(W=PAIR, H=PAIR_H),
        )
    )


@claim(
    id="approximate-kkt-printed",
    paper=PAPER,
    kind="published",
    place="Lemmas 3.2 and 3.3",
    title="beta with grad L in place of -grad L tends to 1",
    plain="At separated points beta = <(W, H), grad L>/(|(W, H)| |grad L|) is positive, and it tends to 1 along the flow.",
    latex=r"\beta=\frac{\mathrm{tr}(W^{\top}\nabla_W\mathcal L)+\mathrm{tr}(H^{\top}\nabla_H\mathcal L)}{\|(W,H)\|\,\|\nabla\mathcal L\|}",
    scope="every K, d and n",
    depends=["approximate-kkt"],
    expected="refuted",
    corrected_by="approximate-kkt",
    tags=["kkt"],
)
def approximate_kkt_printed(bench: Workbench) -> None:
    """K = 2 on the collapse ray: the gradient points exactly inwards, beta = -1 at all times."""
    w, at = matrix("w", PAIR)
    h, more = matrix("h", PAIR_H)
    bench.add(
        lambda: fails_at(
            (inner((w, h), gradient(w, h, (0, 1), EXACT)), ">=", number(0)),
            {**at, **more},
            "the numerator of the printed beta is negative at a separated point",
            shown=shown(W=PAIR, H=PAIR_H),
        )
    )


@claim(
    id="scaling-printed",
    paper=PAPER,
    kind="published",
    place="Remark 3.2",
    title="(alpha W, beta H) stays a neural collapse point for all real alpha and beta",
    plain="If (W, H) satisfies the neural collapse conditions, so does (alpha W, beta H) for all real alpha, beta.",
    latex=r"(W,H)\ \text{NC}\Rightarrow(\alpha W,\beta H)\ \text{NC}\quad\forall\alpha,\beta\in\mathbb R",
    scope="every K >= 2",
    expected="refuted",
    corrected_by="scaling",
    tags=["frame"],
)
def scaling_printed(bench: Workbench) -> None:
    """K = 3, alpha = 1, beta = -1: the feature of class 0 has the smallest score there, so NC4 fails."""
    w, at = matrix("w", TRIANGLE)
    feature = [-entry for entry in w[0]]
    bench.add(
        lambda: fails_at(
            (dot(w[0], feature), ">=", dot(w[1], feature)),
            at,
            "after beta = -1 the feature of class 0, which is its own class mean, scores lower for class 0 than for class 1",
            shown={**shown(W=TRIANGLE), "alpha": "1", "beta": "-1"},
        )
    )


SQUARE = ((1, 0), (0, 1), (-1, 0), (0, -1))  # four classes in the plane
FEW = "K = 4, d = 2, n = 1"


def too_few_dimensions() -> tuple[Expr, str, Expr]:
    """d >= K-1, which any neural collapse point obeys (goal 'dimension' of claim min-norm-optimum)."""
    return symbol("d"), ">=", symbol("K") - 1


def no_frame_in_the_plane() -> Evidence:
    """Three vectors of the plane have a Gram determinant 0; three of a simplex frame of four have 1/4 s^3."""
    rows = [[symbol(f"v_{i}_{r}") for r in range(2)] for i in range(3)]
    size = symbol("s")
    frame = [[size * (Fraction(int(i == j)) - Fraction(1, 4)) for j in range(3)] for i in range(3)]
    gram = [[dot(x, y) for y in rows] for x in rows]
    pairs = [(determinant(gram), number(0)), (determinant(frame), size**3 / 4)]
    return identities(pairs, "K = 4, d = 2", "Gram determinants in the plane and of a frame")


def determinant(a: Sequence[Sequence[Expr]]) -> Expr:
    """Of a 3 x 3 matrix."""
    return (
        a[0][0] * (a[1][1] * a[2][2] - a[1][2] * a[2][1])
        - a[0][1] * (a[1][0] * a[2][2] - a[1][2] * a[2][0])
        + a[0][2] * (a[1][0] * a[2][1] - a[1][1] * a[2][0])
    )


@claim(
    id="min-norm-optimum-printed",
    paper=PAPER,
    kind="published",
    place="Theorem 3.2",
    title="Every optimum of (5) is a neural collapse point, whatever d is",
    plain="For every d, every global optimum of the minimum-norm separation problem satisfies the neural collapse conditions.",
    latex=r"\operatorname{argmin}_{g\geq1}\tfrac12(\|W\|^2+\|H\|^2)\subseteq\text{NC for every }d",
    scope="every K >= 2, every d and n",
    depends=["min-norm-optimum"],
    expected="refuted",
    corrected_by="min-norm-optimum",
    tags=["margin"],
)
def min_norm_optimum_printed(bench: Workbench) -> None:
    """K = 4, d = 2: W = H^T = the square is feasible, so there is an optimum; it cannot be a simplex frame."""
    w, at = matrix("w", SQUARE)
    margins = [value for row in all_margins(w, transpose(w), (0, 1, 2, 3)) for value in row]
    bench.beside(no_frame_in_the_plane)
    bench.beside(
        lambda: holds_at(
            [(value, number(Fraction(999, 1000))) for value in margins],
            at,
            "the square separates four classes in the plane with margins 1 and 2, so (5) has an optimum there",
        )
    )
    bench.add(
        lambda: fails_at(
            too_few_dimensions(),
            {"K": 4, "d": 2},
            "a neural collapse point needs d >= K-1 (claim min-norm-optimum), so for K = 4, d = 2 no optimum of (5) is one; "
            "the best point known, the square, has the value 4 > 3",
            shown={"K": "4", "d": "2", **shown(W=SQUARE)},
        )
    )


@claim(
    id="sphere-minimum-printed",
    paper=PAPER,
    kind="published",
    place="Theorem 3.3",
    title="The least loss on a sphere is attained exactly at neural collapse, whatever d is",
    plain="For every d, (W, H) has the least loss on its sphere if and only if it satisfies the neural collapse conditions and |W| = |H|.",
    latex=r"\mathcal L=\min_{\text{sphere}}\mathcal L\iff\text{NC and }\|W\|=\|H\|\text{ for every }d",
    scope="every K >= 2, every d and n",
    depends=["min-norm-optimum", "sphere-minimum"],
    expected="refuted",
    corrected_by="sphere-minimum",
    tags=["landscape"],
)
def sphere_minimum_printed(bench: Workbench) -> None:
    """A continuous function has a minimum on a sphere; for K = 4, d = 2 no neural collapse point exists."""
    bench.beside(no_frame_in_the_plane)
    bench.add(
        lambda: fails_at(
            too_few_dimensions(),
            {"K": 4, "d": 2},
            "a neural collapse point needs d >= K-1 (claim min-norm-optimum), while the loss has a minimum on every sphere",
            shown={"K": "4", "d": "2"},
        )
    )


@claim(
    id="strict-saddle-small-d",
    paper=PAPER,
    kind="published",
    place="Theorem 3.4 with '<' in (13) and (14), and Remark 3.3, whatever d is",
    title="Every point of a sphere that is not a neural collapse point has points of smaller loss arbitrarily close on its sphere",
    plain="For every d, if (W, H) is not a neural collapse point with |W| = |H|, points of its sphere arbitrarily close to it have a smaller loss.",
    latex=r"\text{not NC}\Rightarrow\forall\varepsilon\ \exists(W',H')\ \text{within}\ \varepsilon:\ \mathcal L(W',H')<\mathcal L(W,H)",
    scope="every K >= 2, every d and n",
    depends=["min-norm-optimum", "strict-saddle-sphere"],
    expected="refuted",
    corrected_by="strict-saddle-sphere",
    tags=["landscape"],
)
def strict_saddle_small_d(bench: Workbench) -> None:
    """For K = 4, d = 2 the point of least loss on a sphere is no neural collapse point, and nothing is below it."""
    bench.beside(no_frame_in_the_plane)
    bench.add(
        lambda: fails_at(
            too_few_dimensions(),
            {"K": 4, "d": 2},
            "a neural collapse point needs d >= K-1 (claim min-norm-optimum), so for K = 4, d = 2 the point of least loss on a "
            "sphere is not one, and no point of the sphere has a smaller loss",
            shown={"K": "4", "d": "2"},
        )
    )


# Two classes, three samples each, d = 5: the within-class deviations lie along three directions that W does not see.
START_W = ((3, 0, 0, 0, 0), (-3, 0, 0, 0, 0))
START_H = (
    (2, 2, 2, 2, -2, -2, -2, -2),
    (0, 0, 0, 0, 0, 0, 0, 0),
    (1, -1, 0, 0, 1, -1, 0, 0),
    (0, 0, 1, -1, 0, 0, 1, -1),
    (1, 1, -1, -1, -1, -1, 1, 1),
)


@claim(
    id="nc1-rate",
    paper=PAPER,
    kind="published",
    place="Section 4, (2), and Figure 2(b)",
    title="Within-class variation decreases like 1/log t",
    plain="Along gradient flow of the layer-peeled model the within-class variation mean |h_kc - hbar_k|/mean |h_kc - hbar| is "
    "O(1/log t), from every start with L < log 2.",
    latex=r"\mathrm{NC1}=O(1/\log t)",
    scope="every K, d and n",
    depends=["nc1-rate-bound"],
    expected="refuted",
    corrected_by="nc1-rate-bound",
    tags=["flow", "rate"],
)
def nc1_rate(bench: Workbench) -> None:
    """A start with L < log 2 whose imbalance is >= 4 on a subspace of dimension 3 = K + 1."""
    labels = (0, 0, 0, 0, 1, 1, 1, 1)
    w, at = matrix("w", START_W)
    h, more = matrix("h", START_H)
    bench.beside(
        lambda: holds_at(
            [(log(number(2)), loss(w, h, labels, EXACT))], {**at, **more}, "the start has L < log 2"
        )
    )
    outer, seen = matmul(h, transpose(h)), matmul(transpose(w), w)
    balance = [[outer[r][s] - seen[r][s] for s in range(5)] for r in range(5)]
    bench.add(
        lambda: fails_at(
            (balance[2][2] + balance[3][3] + balance[4][4], "<=", number(0)),
            {**at, **more},
            "H H^T - W^T W is conserved and here diag(4, 4, 8) on the last three features, so NC1 sqrt(log t) stays above a "
            "positive number (claim nc1-rate-bound), and NC1 is not O(1/log t)",
            shown=shown(W=START_W, H=START_H),
        )
    )
