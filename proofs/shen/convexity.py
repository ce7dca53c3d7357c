"""What convexity of the loss gives at a critical point: a lower bound of the objective everywhere."""

from __future__ import annotations

from fractions import Fraction

from ncverify.book.claim import Hypothesis
from ncverify.derive.kernel import (
    Theorem,
    at_least,
    equal,
    hypothesis,
    linear,
    number_positive,
    product,
    reciprocal,
    square,
    sum_over,
)

from .model import (
    F,
    F_is,
    Fo,
    Fo_is,
    Gm,
    H,
    Ho,
    W,
    Wo,
    Z,
    Z_is,
    Zo,
    Zo_is,
    b,
    bo,
    epsilon,
    g,
    go,
    i,
    j,
    k,
    l,
    lambda_b,
    lambda_H,
    lambda_W,
    over,
    positive_H,
    r,
    summed,
    weighted,
)

convex = hypothesis(
    "convex", at_least(go, g + over(Gm(k, j, i) * (Zo(k, j, i) - Z(k, j, i)), k, j, i)), "pointwise"
)
CONVEX = Hypothesis(
    "convex",
    "g lies above its tangent at Z: g(Z_o) >= g(Z) + <Gm, Z_o - Z>",
    r"g(R_o)\ge g(R)+\langle\nabla g(R),R_o-R\rangle",
)
penalty_b = hypothesis("lambda-b", at_least(lambda_b, 0))
PENALTY_B = Hypothesis("lambda-b", "lambda_b >= 0", r"\lambda_b\ge0")

# |Gm^T x|^2 for the columns x of W_o, and its bound by (lambda_W lambda_H) |x|^2.
IMAGE = over(over(Wo(k, r) * Gm(k, j, i), k) ** 2, j, i)
WITHIN = at_least(lambda_W * lambda_H * over(Wo(k, r) ** 2, k), IMAGE)
GAP_B = lambda_b / 2 * over((bo(k) - b(k)) ** 2, k)
half_inverse = product(number_positive(Fraction(1, 2)), reciprocal(positive_H))


def change() -> Theorem:
    """<Gm, Z_o - Z> in terms of W_o, H_o and the biases."""
    return linear(
        equal(
            over(Gm(k, j, i) * (Zo(k, j, i) - Z(k, j, i)), k, j, i),
            over(Gm(k, j, i) * Wo(k, r) * Ho(r, j, i), r, k, j, i)
            - over(Gm(k, j, i) * W(k, r) * H(r, j, i), r, k, j, i)
            + epsilon * over(Gm(k, j, i) * (bo(k) - b(k)), k, j, i),
        ),
        unfold=[Zo_is, Z_is],
    )


def above_tangent(
    first: Theorem,
    second: Theorem,
    bias: Theorem,
    tangent: Theorem = convex,
    start: Theorem = F_is,
    other: Theorem = Fo_is,
) -> Theorem:
    """F_o - F >= <Gm, W_o H_o> + lambda_W/2 |W_o|^2 + lambda_H/2 |H_o|^2 + lambda_b/2 |b_o - b|^2 at critical points."""
    by_W = weighted(first, W(k, r), k, r)
    by_H = weighted(second, H(r, j, i), r, j, i)
    by_b = weighted(bias, bo(k) - b(k), k)
    return linear(
        at_least(
            Fo - F,
            over(Gm(k, j, i) * Wo(k, r) * Ho(r, j, i), r, k, j, i)
            + lambda_W / 2 * over(Wo(k, r) ** 2, k, r)
            + lambda_H / 2 * over(Ho(r, j, i) ** 2, r, j, i)
            + GAP_B,
        ),
        tangent,
        change(),
        (Fraction(-1, 2), by_W),
        (Fraction(-1, 2), by_H),
        by_b,
        unfold=[start, other],
    )


def global_bound(lower: Theorem, within: Theorem) -> Theorem:
    """F_o - F >= lambda_b/2 |b_o - b|^2 where |Gm^T x|^2 <= lambda_W lambda_H |x|^2 for the columns x of W_o.

    For each feature r: <Gm, W_r H_r> + lambda_W/2 |W_r|^2 + lambda_H/2 |H_r|^2 is
    |lambda_H H_r + Gm^T W_r|^2/(2 lambda_H) plus the slack of the bound over 2 lambda_H.
    """
    squares = summed(square(lambda_H * Ho(r, j, i) + over(Wo(k, r) * Gm(k, j, i), k)), r, j, i)
    slack = sum_over(linear(at_least(within.relation.difference, 0), within), r)
    return linear(
        at_least(Fo - F, GAP_B),
        lower,
        (half_inverse, squares),
        (half_inverse, slack),
        nonzero=[positive_H],
    )


def is_global(bound: Theorem) -> Theorem:
    """F_o >= F, since lambda_b >= 0."""
    gap = product(penalty_b, sum_over(square(bo(k) - b(k)), k))
    return linear(at_least(Fo, F), bound, (Fraction(1, 2), gap))


def full_rank_bound(identity: Theorem) -> Theorem:
    """Gm Gm^T = lambda_W lambda_H I gives |Gm^T x|^2 = lambda_W lambda_H |x|^2 for the columns x of W_o."""
    spread = weighted(identity, Wo(k, r) * Wo(l, r), k, l)
    return linear(WITHIN, (-1, spread))
