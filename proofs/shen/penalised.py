"""Squared loss with a penalised bias: the minimum keeps a mean mode exactly for weak regularisation."""

from __future__ import annotations

from fractions import Fraction
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
    factor_zero,
    greater,
    hypothesis,
    linear,
    norm_bound,
    number_positive,
    product,
    reciprocal,
    square,
    square_order,
    square_zero,
    sum_over,
)
from ncverify.derive.terms import Index, Var, delta, index
from ncverify.evidence.workbench import Workbench

from .critical import B, curvature, full_rank, full_rank_identity
from .distance import T_POSITIVE, t, t_positive
from .escape import MU, SMALL, mu_square, sigma, small, top
from .levels import TIGHT, tight
from .losses import N, N_inverse, orders, squared_loss
from .model import (
    CRITICAL,
    CRITICAL_B,
    PAPER,
    POSITIVE,
    Gm,
    H,
    K,
    W,
    Z,
    Z_is,
    b,
    i,
    j,
    k,
    l,
    lambda_b,
    lambda_H,
    lambda_W,
    mu,
    n,
    over,
    positive_H,
    positive_W,
    q,
    r,
    show_all,
    summed,
    weighted,
)
from .ranks import FREE, with_bias
from .thresholds import DEFICIENT, FULL_RANK, annihilator, unit_x, x

shift = Var("h", "G")
b0 = b(Index("G"))
tau, mass = K * t, K * b0
penalised = hypothesis("penalised", greater(lambda_b, 0))
N_positive = product(orders[1], orders[0])


def within() -> Theorem:
    """mu^2 - sigma^2 >= 0 from mu >= sigma."""
    gap = linear(at_least(mu - sigma, 0), small)
    return product(gap, linear(at_least(mu + sigma, 0), gap, (2, top.nonnegative)))


@lru_cache(maxsize=1)
def constant_bias() -> Theorem:
    """b(k) = b(0) at a global minimum: moved by a class, the point is a minimum again, and b is unique.

    With Z_h(k,j,i) = Z(k+h,j+h,i): 0 = g(Z_h) - g(Z) >= <Gm, Z_h - Z>, and the rest is as in ``global_bound``.
    """
    loss = squared_loss()
    first, _, equal_sizes = loss.balance()
    moved = Z(k + shift, j + shift, i)
    distance = summed(square(moved - Z(k, j, i)), k, j, i)
    falling = linear(
        at_least(0, over(Gm(k, j, i) * (moved - Z(k, j, i)), k, j, i)),
        (product(number_positive(Fraction(1, 2)), N_inverse), distance),
        unfold=[loss.Gm_is],
    )
    image = over(W(k + shift, r) * Gm(k, j, i), k)
    squares = summed(square(lambda_H * H(r, j + shift, i) + image), r, j, i)
    size = sum_over(square(W(k, r)), k)
    bound = sum_over(
        linear(
            at_least(lambda_W * lambda_H * over(W(k, r) ** 2, k) - over(image * image, j, i), 0),
            norm_bound(Gm(k, j, i), [k], W(k + shift, r)),
            product(within(), size),
            (-over(W(k, r) ** 2, k), mu_square),
        ),
        r,
    )
    gap = b(k + shift) - b(k)
    length = sum_over(square(gap), k)
    inverse = reciprocal(positive_H)
    below = linear(
        at_least(0, length.relation.lhs),
        (2, falling),
        (inverse, squares),
        (inverse, bound),
        (1, weighted(equal_sizes, delta(r - q), r, q)),
        (-2, weighted(first, W(k, r), k, r)),
        (2, weighted(loss.bias, gap, k)),
        unfold=[Z_is, with_bias],
        nonzero=[positive_H],
        divide_by=penalised,
    )
    none = linear(equal(length.relation.lhs, 0), (-1, antisymmetric(below, length)))
    moving = square_zero(each_zero(none, square(gap)), gap)
    return linear(equal(b(k), b0), moving.at({k: Index("G"), shift: index(k)}))


@lru_cache(maxsize=1)
def deficient() -> Theorem:
    """tau (1 + lambda_b) >= lambda_b where x^T W = 0, |x| = 1."""
    loss = squared_loss()
    flat = constant_bias()
    sum_x = over(x(k), k)
    image = linear(
        equal(over(x(k) * Gm(k, j, i), k), (b0 * sum_x - x(j)) / N),
        (1 / N, weighted(annihilator, H(r, j, i), r)),
        (1 / N, weighted(flat, x(k), k)),
        unfold=[loss.Gm_is, Z_is, with_bias],
    )
    room = within()
    spread = over(x(k) * Gm(k, j, i), k) + (b0 * sum_x - x(j)) / N
    c = 1 - mass
    # K tau^2 >= (K - X^2) + X^2 (1 - K b0)^2
    level = linear(
        at_least(K * tau * tau, K - sum_x * sum_x + sum_x * sum_x * c * c),
        (product(N_positive, product(N_positive, orders[0])), norm_bound(Gm(k, j, i), [k], x(k))),
        (product(N_positive, product(N_positive, orders[0])), room),
        (K * N * N, weighted(image, spread, j, i)),
        (K * (n - N * N * sigma * sigma), unit_x),
        (-K * N * N, mu_square),
        (n * K**3, tight),
        divide_by=orders[1],
    )
    short = linear(
        at_least(K - sum_x * sum_x, 0),
        sum_over(square(K * x(k) - sum_x), k),
        (-K * K, unit_x),
        divide_by=orders[0],
    )
    mean = mean_at_most(flat)
    low = hypothesis("low", greater(lambda_b, tau * (1 + lambda_b)), "pointwise")
    high = hypothesis("high", at_least(tau * (1 + lambda_b), lambda_b), "pointwise")
    goal = at_least(tau * (1 + lambda_b), lambda_b)
    tau_positive = product(orders[0], t_positive)
    under_one = linear(greater(1 - tau, 0), low, tau_positive, divide_by=penalised)
    room_one = product(under_one, linear(greater(1 + tau, 0), tau_positive, number_positive(1)))
    ahead = linear(greater(c - tau, 0), low, mean, divide_by=penalised)
    room_c = product(ahead, linear(greater(c + tau, 0), ahead, (2, tau_positive)))
    parts = (product(short, room_one), product(square(sum_x), room_c))
    zero = []
    for part, other_part, factor in ((parts[0], parts[1], room_one), (parts[1], parts[0], room_c)):
        upper = linear(at_least(0, part.relation.lhs), level, other_part)
        vanishing = linear(equal(part.relation.lhs, 0), (-1, antisymmetric(upper, part)))
        zero.append(factor_zero(vanishing, factor))
    nothing = linear(greater(0, 0), orders[0], (-1, zero[0]), (-1, zero[1]))
    return dichotomy(absurd(nothing, goal), linear(goal, high), ("low", "high"))


def mean_at_most(flat: Theorem) -> Theorem:
    """tau >= lambda_b K b0: the sum of the entries of Gm is -lambda_b K b0, and ||Gm||_2 <= mu."""
    loss = squared_loss()
    column = over(Gm(k, j, i), k)
    whole = over(Gm(k, j, i), k, j, i)
    total = linear(
        equal(whole, -lambda_b * mass),
        sum_over(loss.bias, k),
        (-lambda_b, sum_over(flat, k)),
        unfold=[with_bias],
    )
    bound = norm_bound(Gm(k, j, i), [k], 1)
    spread = summed(square(N * column - whole), j, i)
    tau_positive = product(orders[0], t_positive)
    squares = linear(
        at_least(tau * tau, lambda_b * mass * (lambda_b * mass)),
        spread,
        (product(N_positive, N_positive), bound),
        (product(N_positive, product(N_positive, orders[0])), within()),
        (-N * N * K, mu_square),
        (N * K * K, tight),
        (N * (whole - lambda_b * mass), total),
        divide_by=N_positive,
    )
    return square_order(linear(at_least(tau, 0), tau_positive), squares, lambda_b * mass)


@lru_cache(maxsize=1)
def full() -> Theorem:
    """lambda_b > tau (1 + lambda_b) where W has rank K.

    (S + N lambda_H) Gm = lambda_H (b 1^T - Y) with S = W W^T makes 1^T Gm constant, and Gm Gm^T = mu^2 I gives its size.
    """
    loss = squared_loss()
    first, second, _ = loss.balance()
    flat = constant_bias()
    whole = full_rank_identity(curvature(first, second))
    sums = over(W(k, r), k)
    column = over(Gm(k, j, i), k)
    weights = linear(
        equal(
            over(W(k, r) * Gm(l, j, i) * W(l, r), r, l) + N * lambda_H * Gm(k, j, i),
            lambda_H * (b0 - delta(k - j)),
        ),
        weighted(second, W(k, r), r),
        (lambda_H, flat),
        unfold=[loss.Gm_is, Z_is, with_bias],
    )
    rows = linear(
        equal(over(Gm(k, j, i), j, i), -lambda_b * b0), loss.bias, (-lambda_b, flat), unfold=[with_bias]
    )
    shadow = over(W(k, r) * over(W(l, r), l), r)  # S 1
    eigen = linear(
        equal(lambda_b * b0 * shadow, lambda_H * (n - N * b0 - N * lambda_b * b0)),
        (-1, summed(weights, j, i)),
        (N * lambda_H, rows),
        (1, weighted(rows.at({k: l}), over(W(k, r) * W(l, r), r), l)),
    )
    # Q = lambda_b K b0 (1 - K b0) = tau^2 + lambda_W |W^T 1|^2 > 0
    bent = lambda_b * mass * (1 - mass)
    length = over(sums * sums, r)
    entry = linear(
        equal(N * Gm(l, j, i), over(W(l, r) * H(r, j, i), r) + b(l) - delta(l - j)),
        unfold=[loss.Gm_is, Z_is, with_bias],
    )
    value = linear(
        equal(bent, tau * tau + lambda_W * length),
        (-1, weighted(entry, Gm(k, j, i), k, l, j, i)),
        (-1, weighted(first, over(W(l, r), l), k, r)),
        (N, summed(whole, k, l)),
        (-K * K, tight),
        (-over(Gm(k, j, i), k, j, i), sum_over(flat, k)),
        (1 - mass, sum_over(rows, k)),
    )
    tau_positive = product(orders[0], t_positive)
    sizes = product(positive_W, sum_over(square(sums), r))
    bent_positive = linear(greater(bent, 0), product(tau_positive, tau_positive), sizes, value)
    # (S + N lambda_H) Gm = lambda_H (b 1^T - Y), summed over rows, times lambda_b b0
    mean = linear(
        equal(bent * (n * column + lambda_b * b0), 0),
        (lambda_b * mass / lambda_H * lambda_b * b0, sum_over(weights, k)),
        (-lambda_b * mass / lambda_H, weighted(eigen, Gm(k, j, i), k)),
        nonzero=[positive_H],
    )
    level = linear(
        equal(n * column, -lambda_b * b0),
        linear(equal(n * column + lambda_b * b0, 0), factor_zero(mean, bent_positive)),
    )
    scale = lambda_b * b0
    pinned = linear(
        equal((scale + t) * (scale - t), 0),
        (-1 / N, weighted(level, n * column - lambda_b * b0, j, i)),
        (n / K, summed(whole, k, l)),
        (-1, tight),
    )
    b_positive = mean_is_positive(bent_positive)
    strength = linear(greater(scale + t, 0), product(penalised, b_positive), t_positive)
    pin = linear(equal(scale, t), factor_zero(pinned, strength))
    kept = product(positive_W, mean_weights())
    return linear(
        greater(lambda_b, tau * (1 + lambda_b)),
        (penalised, kept),
        (lambda_b, value),
        (-K * (lambda_b - lambda_b * mass - tau), pin),
        divide_by=tau_positive,
    )


def mean_is_positive(bent_positive: Theorem) -> Theorem:
    """b0 > 0 from lambda_b K b0 (1 - K b0) > 0."""
    goal = greater(b0, 0)
    yes = hypothesis("b0 > 0", goal, "pointwise")
    no = hypothesis("b0 <= 0", at_least(0, b0), "pointwise")
    below = linear(at_least(-b0, 0), no)
    rest = linear(greater(1 - mass, 0), number_positive(1), (orders[0], below))
    turned = product(product(below, rest), product(penalised, orders[0]))
    return dichotomy(
        linear(goal, yes), absurd(linear(greater(0, 0), bent_positive, turned), goal), ("b0 > 0", "b0 <= 0")
    )


def mean_weights() -> Theorem:
    """|W^T 1|^2 > 0 where W has a right inverse."""
    sums = over(W(k, r), k)
    length = sum_over(square(sums), r)
    goal = greater(length.relation.lhs, 0)
    some = hypothesis("|W^T 1| > 0", goal, "pointwise")
    none = hypothesis("|W^T 1| = 0", at_least(0, length.relation.lhs), "pointwise")
    zero = linear(equal(length.relation.lhs, 0), (-1, antisymmetric(none, length)))
    each = square_zero(each_zero(zero, square(sums)), sums)
    contradiction = linear(
        greater(0, 0), number_positive(1), sum_over(full_rank, k), (-1, weighted(each, B(r, l), r))
    )
    return dichotomy(linear(goal, some), absurd(contradiction, goal), ("|W^T 1| > 0", "|W^T 1| = 0"))


PENALISED = {
    "constant bias": equal(b(k), b0),
    "rank K": greater(lambda_b, tau * (1 + lambda_b)),
    "rank < K": at_least(tau * (1 + lambda_b), lambda_b),
}


@claim(
    id="mse-rank-threshold-penalised",
    paper=PAPER,
    kind="extension",
    place="'rank(W) = rank(H) <= K-1'",
    title="Squared loss with a penalised bias: the minimum has rank K exactly where lambda_b/(1 + lambda_b) > K sqrt(n) mu",
    plain="Squared loss, lambda_b > 0. At a global minimum (||Gm||_2 <= mu) all entries of b are equal. If W has rank K there, "
    "then K sqrt(n) mu (1 + lambda_b) < lambda_b; if W has rank < K, then K sqrt(n) mu (1 + lambda_b) >= lambda_b.",
    latex=r"\mathrm{rank}\,W^{\star}=K\iff\tfrac{\lambda_b}{1+\lambda_b}>K\sqrt n\,\mu",
    scope="every K, d and n >= 1; lambda_b > 0",
    hypotheses=[
        *CRITICAL,
        CRITICAL_B,
        *POSITIVE,
        Hypothesis("penalised", "lambda_b > 0", r"\lambda_b>0"),
        FREE[1],
        MU,
        SMALL,
        T_POSITIVE,
        TIGHT,
        FULL_RANK,
        *DEFICIENT,
    ],
    goals=PENALISED,
    expected="proved",
    tags=["landscape", "squared loss", "all-K"],
)
def mse_rank_threshold_penalised(bench: Workbench) -> None:
    """The bias is unique, so it is constant; then the mean mode is a problem in one dimension."""
    show_all(bench, {"constant bias": constant_bias(), "rank K": full(), "rank < K": deficient()})
