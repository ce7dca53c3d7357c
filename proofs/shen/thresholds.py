"""When the minimum of the squared-loss objective has rank K: the rank bound K - 1 needs a free bias."""

from __future__ import annotations

from functools import lru_cache

from ncverify.book.claim import Hypothesis
from ncverify.book.registry import claim
from ncverify.derive.kernel import (
    Theorem,
    absurd,
    antisymmetric,
    at_least,
    dichotomy,
    each_zero,
    equal,
    greater,
    hypothesis,
    linear,
    norm_bound,
    number_positive,
    one_of_sum,
    product,
    square,
    square_zero,
    sum_over,
)
from ncverify.derive.terms import Function
from ncverify.evidence.workbench import Workbench

from .critical import B, curvature, full_rank, full_rank_identity
from .escape import MU, SMALL, mu_square, sigma, small, top
from .levels import NO_BIAS, no_bias
from .losses import N, orders, squared_loss
from .model import (
    CRITICAL,
    PAPER,
    POSITIVE,
    Gm,
    H,
    K,
    W,
    Z_is,
    i,
    j,
    k,
    l,
    lambda_H,
    lambda_W,
    mu,
    n,
    over,
    positive_H,
    positive_W,
    r,
    show_all,
    summed,
    weighted,
)

x = Function("x", ("G",))
unit_x = hypothesis("unit-x", equal(over(x(k) * x(k), k), 1), "pointwise")
annihilator = hypothesis("annihilator", equal(over(x(k) * W(k, r), k), 0), "pointwise")
FULL_RANK = Hypothesis("full-rank", "W B = I for some B: W has rank K (first part)", r"WB=I_K")
DEFICIENT = [
    Hypothesis("unit-x", "|x| = 1 (second part)", r"|x|=1"),
    Hypothesis("annihilator", "x^T W = 0: W has rank < K (second part)", r"x^{\top}W=0"),
]
LENGTH = over(W(k, r) * W(k, r), k, r)


def weights_do_not_vanish() -> Theorem:
    """|W|^2 > 0 where W has a right inverse."""
    goal = greater(LENGTH, 0)
    some = hypothesis("|W| > 0", goal, "pointwise")
    none = hypothesis("|W| = 0", at_least(0, LENGTH), "pointwise")
    length = summed(square(W(k, r)), k, r)
    zero = linear(equal(LENGTH, 0), (-1, antisymmetric(none, length)))
    each = square_zero(each_zero(each_zero(zero, sum_over(square(W(k, r)), r)), square(W(k, r))), W(k, r))
    contradiction = linear(
        greater(0, 0), number_positive(1), full_rank.at({l: k}), (-1, weighted(each, B(r, k), r))
    )
    return dichotomy(linear(goal, some), absurd(contradiction, goal), ("|W| > 0", "|W| = 0"))


THRESHOLD = {
    "rank K": greater(1, n * K**2 * lambda_W * lambda_H),
    "rank < K": at_least(n * K**2 * lambda_W * lambda_H, 1),
}


@lru_cache(maxsize=1)
def threshold_theorems() -> dict[str, Theorem]:
    """Rank K: the diagonal of Gm is as large as |W|^2 and Gm Gm^T = mu^2 I allow; rank < K: x^T Gm = -x^T Y/N."""
    loss = squared_loss()
    first, second, _ = loss.balance()
    whole = full_rank_identity(curvature(first, second))
    diagonal = over(Gm(k, k, i), k, i)
    strength = lambda_W * lambda_H
    value = linear(
        equal(diagonal, -lambda_W * LENGTH - N * K * strength),
        (1, weighted(first, W(k, r), k, r)),
        (-N, sum_over(whole.at({l: k}), k)),
        unfold=[loss.Gm_is, Z_is, no_bias],
    )
    spread = summed(square(n * K * Gm(k, k, i) - diagonal), k, i)
    column = sum_over(square(Gm(k, j, i)), i)
    part = sum_over(one_of_sum(column, j).at({j: k}), k)
    N_positive = product(orders[1], orders[0])
    bound = linear(
        at_least(n * K**2 * strength, diagonal * diagonal),
        spread,
        (product(N_positive, N_positive), part),
        (-N * N, sum_over(whole.at({l: k}), k)),
        divide_by=N_positive,
    )
    length = weights_do_not_vanish()
    weights = product(positive_W, positive_H)
    rise = product(
        product(positive_W, length),
        linear(
            greater(lambda_W * LENGTH + 2 * N * K * strength, 0),
            product(positive_W, length),
            (product(product(N_positive, orders[0]), number_positive(2)), weights),
        ),
    )
    shown = {
        "rank K": linear(
            THRESHOLD["rank K"],
            bound,
            rise,
            (diagonal - lambda_W * LENGTH - N * K * strength, value),
            divide_by=product(product(N_positive, orders[0]), weights),
        )
    }
    image = linear(
        equal(over(x(k) * Gm(k, j, i), k), -x(j) / N),
        (1 / N, weighted(annihilator, H(r, j, i), r)),
        unfold=[loss.Gm_is, Z_is, no_bias],
    )
    gap = linear(at_least(mu - sigma, 0), small)
    room = product(gap, linear(at_least(mu + sigma, 0), gap, (2, top.nonnegative)))
    sizes = weighted(image, over(x(k) * Gm(k, j, i), k) - x(j) / N, j, i)
    shown["rank < K"] = linear(
        THRESHOLD["rank < K"],
        (product(N_positive, N_positive), norm_bound(Gm(k, j, i), [k], x(k))),
        (N * N, sizes),
        (n - N * N * sigma * sigma, unit_x),
        (product(N_positive, N_positive), room),
        (-N * N, mu_square),
        divide_by=orders[1],
    )
    return shown


@claim(
    id="mse-rank-threshold",
    paper=PAPER,
    kind="extension",
    place="'rank(W) = rank(H) <= K-1'",
    title="Squared loss without bias: minima have rank K exactly where K sqrt(n) mu < 1",
    plain="Squared loss, no bias. A critical point with rank W = K has n K^2 lambda_W lambda_H < 1 (and is a global minimum, see "
    "curvature-identity); a global minimum (||Gm||_2 <= mu) with rank W < K has n K^2 lambda_W lambda_H >= 1.",
    latex=r"\mathrm{rank}\,W^{\star}=K\iff K\sqrt n\,\mu<1",
    scope="every K, d and n >= 1; no bias",
    hypotheses=[
        *CRITICAL,
        *POSITIVE,
        NO_BIAS[0],
        FULL_RANK,
        *DEFICIENT,
        MU,
        SMALL,
    ],
    goals=THRESHOLD,
    expected="proved",
    tags=["landscape", "squared loss", "all-K"],
)
def mse_rank_threshold(bench: Workbench) -> None:
    """Both directions compare Gm with the labels."""
    show_all(bench, threshold_theorems())
