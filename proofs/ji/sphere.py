"""The loss on spheres |W|^2 + |H|^2 = R^2: its minimum is neural collapse with |W| = |H|."""

from __future__ import annotations

from functools import cache

from ncverify.book.claim import Hypothesis
from ncverify.book.registry import claim
from ncverify.derive.kernel import (
    Theorem,
    at_least,
    congruent_exp,
    congruent_log,
    define,
    each_zero,
    equal,
    exp_log,
    exp_positive,
    exp_tangent,
    factor_zero,
    greater,
    hypothesis,
    linear,
    log_product,
    log_tangent_contact,
    number_positive,
    product,
    reciprocal,
    sum_over,
)
from ncverify.derive.terms import Function, Sym, dataclass, delta, exp, log, total, total_nonzero
from ncverify.evidence.workbench import Workbench

from .frames import M
from .infimum import log_monotone, loss_form, rest, rest_positive, rest_split
from .model import (
    CLASSES,
    PAPER,
    H,
    K,
    L,
    W,
    Z,
    Z_is,
    alone,
    c,
    h,
    j,
    k,
    margin,
    more_than_one,
    n,
    norm_H,
    norm_W,
    order,
    r,
    root_n,
    root_positive,
    samples,
)
from .squares import (
    NC1,
    NC3,
    Collapsed,
    all_equal,
    bound,
    collapsed,
    gram,
    identity,
    nc2,
    shortfall,
    shortfall_nonnegative,
)

x = Sym("x")  # the margin at collapse, R^2/(2 (K-1) sqrt n)
T = Sym("Tmin")  # 1 + (K-1) exp(-x)
lift = Function("lift", ("G", "N"))
s, C = Sym("s"), Sym("C")

x_is = define(x, bound)
T_is = define(T, 1 + (K - 1) * exp(-x))
T_positive = linear(greater(T, 0), T_is, product(more_than_one, exp_positive(-x)), number_positive(1))
share = exp(-x) / T  # the probability of a wrong class at collapse
excess = x - margin(k, c, k + h)
lift_is = define(lift(k, c), share * total_nonzero(h, excess))
lowest = n * K * log(T)
share_positive = product(exp_positive(-x), reciprocal(T_positive))

# exp(y - m) - 1 - (y - m) >= 0 for the logits y relative to collapse and their mean m = lift.
wrong_tangent = linear(
    at_least(exp(excess - lift(k, c)) - 1 - (excess - lift(k, c)), 0).where(h),
    exp_tangent(excess - lift(k, c)),
)
right_tangent = linear(at_least(exp(-lift(k, c)) - 1 + lift(k, c), 0), exp_tangent(-lift(k, c)))
wrong_part = share * total_nonzero(h, exp(excess - lift(k, c)) - 1 - (excess - lift(k, c)))
right_part = (exp(-lift(k, c)) - 1 + lift(k, c)) / T


@cache
def wrong_sum() -> Theorem:
    """The wrong classes' part of the defect."""
    return linear(at_least(wrong_part, 0), product(share_positive, sum_over(wrong_tangent, h, nonzero=True)))


@cache
def right_sum() -> Theorem:
    """The right class's part of the defect."""
    return linear(at_least(right_part, 0), product(reciprocal(T_positive), right_tangent))


@cache
def jensen() -> Theorem:
    """T_kc exp(-m)/T = 1 + (both parts): Jensen's inequality with its defect."""
    return linear(
        equal(exp(-lift(k, c)) * rest(k, c) / T, 1 + wrong_part + right_part),
        (exp(-lift(k, c)) / T, rest_split),
        ((lift(k, c) - 1) / T, T_is),
        (-1, lift_is),
        nonzero=[T_positive],
    )


defect = wrong_part + right_part


@cache
def defect_nonnegative() -> Theorem:
    """Both parts are nonnegative."""
    return linear(at_least(defect, 0), wrong_sum(), right_sum())


@dataclass(frozen=True)
class Gap:
    """log T_kc - log T - m_kc >= 0, and the loss above its least value on the sphere."""

    sample: Theorem
    total: Theorem


@cache
def gap() -> Gap:
    """Jensen for exp, then log is increasing; the lifts add up to the margin gap, a sum of squares."""
    larger = linear(
        at_least(rest(k, c), T * exp(lift(k, c))),
        (T * exp(lift(k, c)), jensen()),
        (product(T_positive, exp_positive(lift(k, c))), defect_nonnegative()),
        nonzero=[T_positive],
    )
    sample = linear(
        at_least(log(rest(k, c)) - log(T) - lift(k, c), 0),
        log_monotone(larger, product(T_positive, exp_positive(lift(k, c)))),
        log_product(T_positive, exp_positive(lift(k, c))),
    )
    lifts = linear(
        equal(total(k, total(c, lift(k, c))), share * n * K / (2 * root_n) * shortfall),
        sum_over(sum_over(lift_is, c), k),
        (share * n * K * (K - 1), identity()),
        (share * n * K * (K - 1), x_is),
        nonzero=[more_than_one],
    )
    return Gap(sample, lifts)


@dataclass(frozen=True)
class LeastLoss:
    """``above``: L minus its least value is at least a positive multiple (``weight``) of the sum of squares."""

    above: Theorem
    weight: Theorem
    squares: Theorem


@cache
def least_loss() -> LeastLoss:
    """Add up Jensen's inequality over the samples."""
    found = gap()
    above = linear(
        at_least(L - lowest, share * n * K / (2 * root_n) * shortfall),
        loss_form,
        sum_over(sum_over(found.sample, c), k),
        found.total,
    )
    weight = product(
        product(linear(greater(n * K, 0), product(samples, order)), share_positive),
        reciprocal(linear(greater(2 * root_n, 0), (2, root_positive))),
    )
    squares_nonnegative = product(weight, shortfall_nonnegative())
    return LeastLoss(above, weight, squares_nonnegative)


@cache
def equality_case() -> tuple[Collapsed, Theorem]:
    """NC1 and NC3, and NC2, where the loss is the least one."""
    known, found = least_loss(), gap()
    weight, squares_nonnegative = known.weight, known.squares
    attained = hypothesis("attained", equal(L, lowest), "pointwise")
    pieces = total(k, total(c, log(rest(k, c)) - log(T) - lift(k, c)))
    summed = sum_over(sum_over(found.sample, c), k)
    scaled = squares_nonnegative.relation.lhs
    both = linear(equal(scaled + pieces, 0), attained, (-1, loss_form), (-1, found.total))
    no_squares = alone(both, scaled, pieces, (squares_nonnegative, summed))
    no_pieces = alone(both, pieces, scaled, (summed, squares_nonnegative))
    collapse = collapsed(linear(equal(shortfall, 0), no_squares, divide_by=weight, nonzero=[T_positive]))
    return collapse, gram(x, margins_at_collapse(no_pieces, found), collapse)


@claim(
    id="sphere-minimum",
    paper=PAPER,
    kind="corrected",
    place="Theorem 3.3; d >= K-1 is missing there",
    title="For d >= K-1 the least loss on a sphere is attained exactly at neural collapse with |W| = |H|",
    plain="With x = (|W|^2 + |H|^2)/(2 (K-1) sqrt n) and u = e^{-x}: L - n K log(1 + (K-1) u) is at least "
    "n K u/(2 sqrt n (1 + (K-1) u)) times the sum of squares of the margin bound, so L >= n K log(1 + (K-1) e^{-x}) on the "
    "sphere. With equality the features are their class means, W = sqrt n Hbar^T, the Gram matrix of the means is a multiple of "
    "I - 11^T/K and |W| = |H|. Conversely a neural collapse point (features equal to their class means m_k with Gram matrix "
    "s (I - 11^T/K), W = C Hbar^T with C > 0, |W| = |H|) attains it. Such points exist for d >= K-1 only (claim "
    "min-norm-optimum).",
    latex=r"L\ge nK\log\Bigl(1+(K-1)e^{-R^2/(2(K-1)\sqrt n)}\Bigr)",
    scope="every K >= 2, every n, every d, every real W and H",
    hypotheses=[
        CLASSES,
        Hypothesis("attained", "L is the bound (for NC1, NC2, NC3, equal norms)"),
        Hypothesis("collapsed-W", "W = C Hbar^T (converse)"),
        Hypothesis("collapsed-H", "every feature is the mean of its class (converse)"),
        Hypothesis("collapsed-means", "the Gram matrix of the class means is s (I - 11^T/K) (converse)"),
        Hypothesis("positive-scale", "C > 0 (converse)"),
        Hypothesis("spread", "s > 0 (converse)"),
        Hypothesis("equal-norms", "|W|^2 = |H|^2 (converse)"),
    ],
    goals={
        "gap": at_least(L - lowest, share * n * K / (2 * root_n) * shortfall),
        "minimum": at_least(L, lowest),
        "NC1": NC1,
        "NC2": nc2(x),
        "NC3": NC3,
        "equal norms": equal(norm_W, norm_H),
        "converse": equal(L, lowest),
    },
    expected="proved",
    tags=["landscape", "all-K"],
)
def sphere_minimum(bench: Workbench) -> None:
    """The tangent of log-sum-exp at collapse, and the sum of squares of the margin bound."""
    low = least_loss()
    bench.show("gap", linear(bench.goal("gap"), low.above))
    bench.show("minimum", linear(bench.goal("minimum"), low.above, low.squares))
    collapse, means = equality_case()
    bench.show("NC1", linear(bench.goal("NC1"), collapse.nc1))
    bench.show("NC3", linear(bench.goal("NC3"), collapse.nc3))
    bench.show("NC2", linear(bench.goal("NC2"), means))
    bench.show("equal norms", linear(bench.goal("equal norms"), unfold=[collapse.nc3, collapse.nc1]))
    bench.show("converse", linear(bench.goal("converse"), loss_at_collapse()))


def margins_at_collapse(no_pieces: Theorem, found: Gap) -> Theorem:
    """Where Jensen's inequality is an equality for every sample, every margin is x."""
    levels = [found.sample, sum_over(found.sample, c)]
    level = each_zero(each_zero(no_pieces, levels[1]), levels[0])
    same = linear(
        equal(rest(k, c), T * exp(lift(k, c))),
        congruent_exp(linear(equal(log(rest(k, c)), log(T) + lift(k, c)), level)),
        (-1, exp_log(rest_positive)),
        (exp(lift(k, c)), exp_log(T_positive)),
    )
    no_defect = linear(equal(defect, 0), (-1, jensen()), (exp(-lift(k, c)) / T, same), nonzero=[T_positive])
    no_right = alone(no_defect, right_part, wrong_part, (right_sum(), wrong_sum()))
    no_wrong = alone(no_defect, wrong_part, right_part, (wrong_sum(), right_sum()))
    flat = congruent_log(
        log_tangent_contact(
            linear(equal(exp(-lift(k, c)) - 1 + lift(k, c), 0), (T, no_right), nonzero=[T_positive]),
            exp_positive(-lift(k, c)),
        )
    )
    each = each_zero(
        linear(
            equal(total_nonzero(h, exp(excess - lift(k, c)) - 1 - (excess - lift(k, c))), 0),
            (T * exp(x), no_wrong),
            nonzero=[T_positive],
        ),
        wrong_tangent,
    )
    equal_logits = congruent_log(log_tangent_contact(each, exp_positive(excess - lift(k, c))))
    return all_equal(x, linear(equal(margin(k, c, k + h) - x, 0).where(h), (-1, equal_logits), flat))


@cache
def loss_at_collapse() -> Theorem:
    """At a neural collapse point with |W| = |H| every margin is sqrt n s = x."""
    by_W = hypothesis("collapsed-W", equal(W(k, r), C * M(r, k)), "pointwise")
    by_H = hypothesis("collapsed-H", equal(H(r, k, c), M(r, k)), "pointwise")
    means = hypothesis(
        "collapsed-means", equal(total(r, M(r, k) * M(r, j)), s * (delta(k - j) - 1 / K)), "pointwise"
    )
    positive = hypothesis("positive-scale", greater(C, 0), "pointwise")
    spread = hypothesis("spread", greater(s, 0), "pointwise")
    norms = hypothesis("equal-norms", equal(norm_W, norm_H), "pointwise")
    balanced = linear(
        equal((C + root_n) * (C - root_n), 0),
        norms,
        unfold=[by_W, by_H],
        contract=[means],
        divide_by=product(more_than_one, spread),
    )
    scale = factor_zero(balanced, linear(greater(C + root_n, 0), positive, root_positive))
    level = linear(
        equal(x, root_n * s),
        x_is,
        (s * (C + root_n) / (2 * root_n), scale),
        unfold=[by_W, by_H],
        contract=[means],
        nonzero=[more_than_one],
    )
    equal_margins = linear(
        equal(Z(k + h, k, c) - Z(k, k, c), -x).where(h),
        level,
        (-s, scale),
        unfold=[Z_is, by_W, by_H],
        contract=[means],
    )
    same = linear(
        equal(rest(k, c), T),
        rest_split,
        sum_over(congruent_exp(equal_margins), h, nonzero=True),
        (-1, T_is),
    )
    return linear(equal(L, lowest), loss_form, sum_over(sum_over(congruent_log(same), c), k))
