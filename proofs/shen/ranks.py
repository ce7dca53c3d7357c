"""Rank and within-class variability at critical points of cross-entropy and of the squared loss."""

from __future__ import annotations

from functools import lru_cache

from ncverify.book.claim import Hypothesis
from ncverify.book.registry import claim
from ncverify.derive.kernel import (
    Theorem,
    antisymmetric,
    at_least,
    each_zero,
    equal,
    factor_zero,
    hypothesis,
    linear,
    product,
    square,
    square_zero,
    sum_over,
)
from ncverify.derive.terms import Function, total
from ncverify.evidence.workbench import Workbench

from .escape import features_vanish
from .losses import Loss, N, N_inverse, cross_entropy, squared_loss, start
from .model import (
    CRITICAL,
    CRITICAL_B,
    CRITICAL_H,
    PAPER,
    POSITIVE,
    POSITIVE_H,
    SCOPE,
    Gm,
    H,
    K,
    W,
    Z,
    Z_is,
    b,
    epsilon,
    i,
    i1,
    j,
    k,
    lambda_b,
    lambda_H,
    lambda_W,
    over,
    positive_H,
    positive_W,
    q,
    r,
    show_all,
    summed,
    weighted,
)

z = Function("a", ("F",))
kernel_of_W = hypothesis("kernel-W", equal(over(W(k, r) * z(r), r), 0), "pointwise")
kernel_of_H = hypothesis("kernel-H", equal(over(H(r, j, i) * z(r), r), 0), "pointwise")


def weights_vanish(balance: Theorem) -> Theorem:
    """H^T a = 0 gives W a = 0: lambda_W |W a|^2 = lambda_H |H^T a|^2."""
    image = over(W(k, r) * z(r), r)
    both = weighted(balance, z(r) * z(q), r, q)
    nothing = weighted(kernel_of_H, over(H(q, j, i) * z(q), q), j, i)
    scaled = linear(equal(lambda_W * over(image * image, k), 0), both, (lambda_H, nothing))
    none = linear(equal(over(image * image, k), 0), factor_zero(scaled, positive_W))
    return square_zero(each_zero(none, square(image)), image)


def centred_gradient(loss: Loss) -> Theorem:
    """1^T Gm = 0 for cross-entropy: the columns of P and of Y have sum 1."""
    return linear(
        equal(over(Gm(k, j, i), k), 0),
        (1 / N, start.P_total),
        unfold=[loss.Gm_is],
    )


def centred_weights(first: Theorem, columns: Theorem) -> Theorem:
    """1^T W = 0 from 1^T Gm = 0."""
    scaled = linear(
        equal(lambda_W * over(W(k, r), k), 0),
        sum_over(first, k),
        (-1, weighted(columns, H(r, j, i), j, i)),
    )
    return linear(equal(over(W(k, r), k), 0), factor_zero(scaled, positive_W))


CE_RANK = {
    "gradient": equal(over(Gm(k, j, i), k), 0),
    "rank": equal(over(W(k, r), k), 0),
    "kernel of W": equal(over(H(r, j, i) * z(r), r), 0),
    "kernel of H": equal(over(W(k, r) * z(r), r), 0),
}


@lru_cache(maxsize=1)
def ce_rank_theorems() -> dict[str, Theorem]:
    """The columns of P and Y have sum 1; lambda_W 1^T W = -1^T Gm H^T; balance compares the kernels."""
    shown: dict[str, Theorem] = {}
    loss = cross_entropy()
    first, _, equal_sizes = loss.balance()
    columns = shown["gradient"] = centred_gradient(loss)
    shown["rank"] = centred_weights(first, columns)
    shown["kernel of W"] = features_vanish(equal_sizes, z, kernel_of_W)
    shown["kernel of H"] = weights_vanish(equal_sizes)
    return shown


@claim(
    id="ce-rank",
    paper=PAPER,
    kind="published",
    place="'critical points via a rank constraint'",
    title="Cross-entropy: rank W = rank H <= K - 1 at every critical point",
    plain="At every critical point of the cross-entropy objective 1^T Gm = 0 and 1^T W = 0, so rank W <= K - 1; and W a = 0 "
    "exactly where H^T a = 0, so rank W = rank H.",
    latex=r"\mathbf 1^{\top}\nabla g(R)=0,\quad\mathbf 1^{\top}W=0,\quad\ker W=\ker H^{\top}",
    scope=SCOPE,
    hypotheses=[
        *CRITICAL,
        *POSITIVE,
        Hypothesis("kernel-W", "W a = 0 (third part)", r"Wa=0"),
        Hypothesis("kernel-H", "H^T a = 0 (last part)", r"H^{\top}a=0"),
    ],
    goals=CE_RANK,
    expected="proved",
    tags=["landscape", "cross-entropy", "all-K"],
)
def ce_rank(bench: Workbench) -> None:
    """The columns of P and Y have sum 1; balance compares the kernels."""
    show_all(bench, ce_rank_theorems())


def columns_agree(second: Theorem, monotone: Theorem) -> Theorem:
    """H(r,j,i) = H(r,j,i1) where <Gm - Gm', Z - Z'> >= 0 for these two columns of one class.

    lambda_H |h - h'|^2 = -<Gm - Gm', W (h - h')>, and the bias cancels in Z - Z'.
    """
    gap = H(r, j, i) - H(r, j, i1)
    pairing = linear(
        equal(
            total(k, (Gm(k, j, i) - Gm(k, j, i1)) * (Z(k, j, i) - Z(k, j, i1))),
            -lambda_H * total(r, gap * gap),
        ),
        weighted(second, gap, r),
        (-1, weighted(second.at({i: i1}), gap, r)),
        unfold=[Z_is],
    )
    length = sum_over(square(gap), r)
    below = linear(at_least(0, total(r, gap * gap)), monotone, (-1, pairing), divide_by=positive_H)
    nothing = antisymmetric(below, length)
    each = each_zero(linear(equal(total(r, gap * gap), 0), (-1, nothing)), square(gap))
    return linear(equal(H(r, j, i), H(r, j, i1)), square_zero(each, gap))


def squares_are_monotone(loss: Loss) -> Theorem:
    """<Gm - Gm', Z - Z'> = |Z - Z'|^2/N for the squared loss."""
    gap = Z(k, j, i) - Z(k, j, i1)
    return linear(
        at_least(total(k, (Gm(k, j, i) - Gm(k, j, i1)) * gap), 0),
        product(N_inverse, sum_over(square(gap), k)),
        unfold=[loss.Gm_is],
    )


@claim(
    id="mse-collapse",
    paper=PAPER,
    kind="extension",
    place="neural collapse at critical points",
    title="Squared loss: no variability within a class at any critical point",
    plain="At every critical point of the squared-loss objective (W^T W + N lambda_H I) H = W^T (Y - epsilon b 1^T), and all "
    "columns of H of one class are equal.",
    latex=r"(W^{\top}W+N\lambda_HI)H=W^{\top}(Y-b\mathbf 1^{\top}),\qquad h_{j,i}=h_{j,i'}",
    scope=SCOPE,
    hypotheses=[CRITICAL_H, POSITIVE_H],
    goals={
        "equation": equal(
            over(W(k, r) * W(k, q) * H(q, j, i), k, q) + N * lambda_H * H(r, j, i),
            W(j, r) - epsilon * over(W(k, r) * b(k), k),
        ),
        "collapse": equal(H(r, j, i), H(r, j, i1)),
    },
    expected="proved",
    tags=["landscape", "squared loss", "collapse", "all-K"],
)
def mse_collapse(bench: Workbench) -> None:
    """dF/dH = 0, written out; two columns of one class have the same right side."""
    loss = squared_loss()
    bench.show("equation", linear(bench.goal("equation"), (N, loss.second), unfold=[loss.Gm_is, Z_is]))
    bench.show("collapse", columns_agree(loss.second, squares_are_monotone(loss)))


free_bias = hypothesis("free-bias", equal(lambda_b, 0))
with_bias = hypothesis("bias", equal(epsilon, 1))
FREE = [
    Hypothesis("free-bias", "lambda_b = 0", r"\lambda_b=0"),
    Hypothesis("bias", "epsilon = 1: there is a bias", ""),
]


@lru_cache(maxsize=1)
def mse_centres() -> tuple[Theorem, Theorem, Theorem, Theorem]:
    """H 1 = 0, b = 1/K, 1^T W = 0, 1^T Gm = 0 for the squared loss with a free bias.

    Gm 1 = 0 centres H; then 1^T W is its own negative square.
    """
    loss = squared_loss()
    first, second, _ = loss.balance()
    rows = linear(equal(over(Gm(k, j, i), j, i), 0), loss.bias, unfold=[free_bias, with_bias])
    scaled = linear(
        equal(lambda_H * over(H(r, j, i), j, i), 0), summed(second, j, i), (-1, weighted(rows, W(k, r), k))
    )
    features = linear(equal(over(H(r, j, i), j, i), 0), factor_zero(scaled, positive_H))
    bias = linear(
        equal(b(k), 1 / K),
        rows,
        (-1 / N, weighted(features, W(k, r), r)),
        unfold=[loss.Gm_is, Z_is, with_bias],
    )
    shadow = over(W(k, q) * H(q, j, i), k, q)  # 1^T W H
    column = linear(
        equal(over(Gm(k, j, i), k), shadow / N),
        (1 / N, sum_over(bias, k)),
        unfold=[loss.Gm_is, Z_is, with_bias],
    )
    sums = over(W(k, r), k)
    pairing = linear(
        equal(lambda_W * over(sums * sums, r), -over(shadow * shadow, j, i) / N),
        weighted(sum_over(first, k), sums, r),
        (-1, weighted(column, shadow, j, i)),
    )
    length = sum_over(square(sums), r)
    below = linear(
        at_least(0, length.relation.lhs),
        (N_inverse, summed(square(shadow), j, i)),
        (-1, pairing),
        divide_by=positive_W,
    )
    nothing = linear(equal(length.relation.lhs, 0), (-1, antisymmetric(below, length)))
    weights = square_zero(each_zero(nothing, square(sums)), sums)
    gradient = linear(equal(over(Gm(k, j, i), k), 0), column, (1 / N, weighted(weights, H(r, j, i), r)))
    return features, bias, weights, gradient


@claim(
    id="mse-rank",
    paper=PAPER,
    kind="corrected",
    place="'rank(W) = rank(H) <= K-1'",
    title="Squared loss with a free bias: rank W <= K - 1 at every critical point",
    plain="At every critical point of the squared-loss objective with a bias and lambda_b = 0: H 1 = 0, b = 1/K, 1^T W = 0 (so "
    "rank W <= K - 1) and 1^T Gm = 0.",
    latex=r"\lambda_b=0:\quad H\mathbf 1=0,\quad b=\tfrac1K\mathbf 1,\quad\mathbf 1^{\top}W=0",
    scope="every K, d and n >= 1; bias with lambda_b = 0",
    hypotheses=[*CRITICAL, CRITICAL_B, *POSITIVE, *FREE],
    goals={
        "features": equal(over(H(r, j, i), j, i), 0),
        "bias": equal(b(k), 1 / K),
        "rank": equal(over(W(k, r), k), 0),
        "gradient": equal(over(Gm(k, j, i), k), 0),
    },
    expected="proved",
    tags=["landscape", "squared loss", "all-K"],
)
def mse_rank(bench: Workbench) -> None:
    """Gm 1 = 0 centres H; then 1^T W is its own negative square."""
    for name, theorem in zip(("features", "bias", "rank", "gradient"), mse_centres(), strict=True):
        bench.show(name, linear(bench.goal(name), theorem))
