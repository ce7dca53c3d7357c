"""Simplex frames and the four conditions of neural collapse."""

from __future__ import annotations

from ncverify.book.claim import Hypothesis
from ncverify.book.registry import claim
from ncverify.derive.kernel import (
    Theorem,
    at_least,
    equal,
    greater,
    hypothesis,
    linear,
    nonzero_factor,
    number_positive,
    product,
    reciprocal,
    square,
)
from ncverify.derive.terms import Fraction, Function, Sym, Term, Var, delta, total
from ncverify.evidence.workbench import Workbench

from .model import CLASSES, PAPER, K, j, k, more_than_one, r

PAIRS = delta(k - j) - 1 / K
Q, M = Function("Q", ("F", "G")), Function("M", ("F", "G"))
means, scores = Function("m", ("F", "G")), Function("V", ("G", "F"))
x = Function("x", ("F",))
scale, length, C = Sym("scale"), Sym("nu"), Sym("C")
alpha, beta = Sym("alpha"), Sym("beta")
best, near = Var("best", "G", fixed=True), Var("near", "G", fixed=True)


def score(own: Var) -> Term:
    """<w_k, x>."""
    return total(r, scores(own, r) * x(r))


def distance(own: Var) -> Term:
    """|x - m_k|^2."""
    return total(r, (x(r) - means(r, own)) ** 2)


@claim(
    id="etf-definition",
    paper=PAPER,
    kind="corrected",
    place="Definition 2.1, eq. (3); 'symmetric' and Q of size K x K are too narrow there",
    title="A simplex frame is sqrt(K/(K-1)) Q (I - 11^T/K) with orthonormal columns Q in R^{d x K}",
    plain="With Q^T Q = I (Q is d x K, d >= K) and M = c Q (I - 11^T/K), c^2 = K/(K-1), the columns of M have "
    "M^T M = (K I - 11^T)/(K-1): unit length and inner products -1/(K-1); they add up to 0.",
    latex=r"M^{\top}M=\frac{K}{K-1}\Bigl(I-\frac1K\mathbf1\mathbf1^{\top}\Bigr)",
    scope="every K >= 2, every d >= K, every Q with orthonormal columns",
    hypotheses=[
        CLASSES,
        Hypothesis("orthonormal", "the columns of Q are orthonormal", r"Q^{\top}Q=I"),
        Hypothesis("scale", "c^2 = K/(K-1)", r"c^2=\frac K{K-1}"),
        Hypothesis("frame-matrix", "M = c Q (I - 11^T/K)", r"M=cQ(I-\tfrac1K\mathbf1\mathbf1^{\top})"),
    ],
    goals={
        "Gram": equal(total(r, M(r, k) * M(r, j)), (K * delta(k - j) - 1) / (K - 1)),
        "unit length": equal(total(r, M(r, k) ** 2), 1),
        "angles": equal(total(r, M(r, k) * M(r, j)), -1 / (K - 1)).where(k - j),
        "centred": equal(total(k, M(r, k)), 0),
    },
    expected="proved",
    tags=["frame", "all-K"],
)
def etf_definition(bench: Workbench) -> None:
    """I - 11^T/K is a projection."""
    orthonormal = hypothesis("orthonormal", equal(total(r, Q(r, k) * Q(r, j)), delta(k - j)))
    scaled = hypothesis("scale", equal(scale**2, K / (K - 1)))
    matrix = hypothesis("frame-matrix", equal(M(r, k), scale * (Q(r, k) - total(j, Q(r, j)) / K)))
    gram = bench.show(
        "Gram",
        linear(
            bench.goal("Gram"),
            (delta(k - j) - 1 / K, scaled),
            unfold=[matrix],
            contract=[orthonormal],
            nonzero=[more_than_one],
        ),
    )
    bench.show("unit length", linear(bench.goal("unit length"), gram.at({j: k}), nonzero=[more_than_one]))
    bench.show("angles", linear(bench.goal("angles"), gram))
    bench.show("centred", linear(bench.goal("centred"), unfold=[matrix]))


@claim(
    id="nc4",
    paper=PAPER,
    kind="corrected",
    place="Section 2.1, (NC4); 'argmin' of the scores is printed there",
    title="Under NC2 and NC3 with C > 0 the largest score belongs to the nearest class mean",
    plain="2 <m_k, x> = |x|^2 + |m_k|^2 - |x - m_k|^2; so if all class means m_k have one length and w_k = C m_k with "
    "C > 0, a class has the largest score <w_k, x> exactly if its mean is nearest to x.",
    latex=r"\operatorname{argmax}_k\langle w_k,x\rangle=\operatorname{argmin}_k\|x-m_k\|",
    scope="every K, every d, every feature vector x",
    hypotheses=[
        Hypothesis("equal-lengths", "all class means have one length (NC2)", r"\|m_k\|^2=\nu"),
        Hypothesis("self-dual", "w_k = C m_k (NC3)", r"w_k=C\,m_k"),
        Hypothesis("positive-scale", "C > 0", r"C>0"),
        Hypothesis("largest-score", "class 'best' has the largest score (for 'nearest')"),
        Hypothesis("nearest-mean", "the mean of class 'near' is nearest to x (for 'largest')"),
    ],
    goals={
        "identity": equal(
            2 * total(r, means(r, k) * x(r)), total(r, x(r) ** 2) + total(r, means(r, k) ** 2) - distance(k)
        ),
        "difference": equal(score(k) - score(j), C / 2 * (distance(j) - distance(k))),
        "nearest": at_least(distance(k), distance(best)),
        "largest": at_least(score(near), score(k)),
    },
    expected="proved",
    tags=["frame", "all-K"],
)
def nc4(bench: Workbench) -> None:
    """The polarisation identity."""
    lengths = hypothesis("equal-lengths", equal(total(r, means(r, k) ** 2), length), "pointwise")
    dual = hypothesis("self-dual", equal(scores(k, r), C * means(r, k)), "pointwise")
    positive = hypothesis("positive-scale", greater(C, 0), "pointwise")
    bench.show("identity", linear(bench.goal("identity")))
    difference = bench.show(
        "difference",
        linear(bench.goal("difference"), (C / 2, lengths), (-C / 2, lengths.at({k: j})), unfold=[dual]),
    )
    largest = hypothesis("largest-score", at_least(score(best), score(k)), "pointwise")
    bench.show(
        "nearest",
        linear(
            bench.goal("nearest"),
            (2, largest),
            (-2, difference.at({k: best, j: k})),
            divide_by=positive,
        ),
    )
    nearest = hypothesis("nearest-mean", at_least(distance(k), distance(near)), "pointwise")
    bench.show(
        "largest",
        linear(
            bench.goal("largest"),
            (
                linear(greater(C / 2, 0), (Fraction(1, 2), positive)),
                nearest,
            ),
            difference.at({k: near, j: k}),
        ),
    )


gram_level = Sym("s")


@claim(
    id="scaling",
    paper=PAPER,
    kind="corrected",
    place="Remark 3.2; 'for all real alpha, beta' is printed there",
    title="(alpha W, beta H) stays a neural collapse point exactly as long as alpha beta > 0",
    plain="If the features are their class means m_k with Gram matrix s (I - 11^T/K), s > 0, and w_k = C m_k with C > 0, then for "
    "alpha beta > 0 the features beta m_k have Gram matrix beta^2 s (I - 11^T/K) with beta^2 s > 0, and "
    "alpha w_k = (alpha C/beta)(beta m_k) with alpha C/beta > 0.",
    latex=r"\alpha\beta>0\Rightarrow(\alpha W,\beta H)\text{ is a neural collapse point}",
    scope="every K, every d, all real alpha and beta with alpha beta > 0",
    hypotheses=[
        Hypothesis(
            "NC2", "<m_k, m_j> = s ([k = j] - 1/K)", r"\langle m_k,m_j\rangle=s(\delta_{kj}-\tfrac1K)"
        ),
        Hypothesis("spread", "s > 0", r"s>0"),
        Hypothesis("self-dual", "w_k = C m_k (NC3)", r"w_k=C\,m_k"),
        Hypothesis("positive-scale", "C > 0", r"C>0"),
        Hypothesis("same-sign", "alpha beta > 0", r"\alpha\beta>0"),
    ],
    goals={
        "NC2": equal(
            total(r, beta * means(r, k) * beta * means(r, j)), beta**2 * gram_level * (delta(k - j) - 1 / K)
        ),
        "spread": greater(beta**2 * gram_level, 0),
        "NC3": equal(alpha * scores(k, r), alpha * C / beta * (beta * means(r, k))),
        "positive scale": greater(alpha * C / beta, 0),
    },
    expected="proved",
    tags=["frame", "all-K"],
)
def scaling(bench: Workbench) -> None:
    """beta is not 0 because alpha beta > 0."""
    nc2 = hypothesis("NC2", equal(total(r, means(r, k) * means(r, j)), gram_level * PAIRS), "pointwise")
    spread = hypothesis("spread", greater(gram_level, 0), "pointwise")
    dual = hypothesis("self-dual", equal(scores(k, r), C * means(r, k)), "pointwise")
    positive = hypothesis("positive-scale", greater(C, 0), "pointwise")
    same = hypothesis("same-sign", greater(alpha * beta, 0), "pointwise")
    bench.show("NC2", linear(bench.goal("NC2"), contract=[nc2]))
    bench.show("spread", linear(bench.goal("spread"), product(product_square(same), spread)))
    nonzero = nonzero_factor(same, beta)
    bench.show("NC3", linear(bench.goal("NC3"), (alpha, dual), nonzero=[nonzero]))
    bench.show(
        "positive scale",
        linear(
            bench.goal("positive scale"),
            product(product(positive, same), reciprocal(product_square(same))),
            nonzero=[nonzero],
        ),
    )


def product_square(same: Theorem) -> Theorem:
    """beta^2 > 0: (alpha^2 + 1) beta^2 = (alpha beta)^2 + beta^2."""
    return linear(
        greater(beta * beta, 0),
        product(same, same),
        square(beta),
        divide_by=linear(greater(alpha * alpha + 1, 0), square(alpha), number_positive(1)),
    )
