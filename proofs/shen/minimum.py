"""The minimum of the cross-entropy objective: its value, and all points where it is taken."""

from __future__ import annotations

from functools import lru_cache

from ncverify.book.claim import Hypothesis
from ncverify.book.registry import claim
from ncverify.derive.kernel import (
    Theorem,
    antisymmetric,
    at_least,
    congruent_log,
    each_zero,
    equal,
    exp_positive,
    exp_tangent,
    factor_zero,
    greater,
    hypothesis,
    linear,
    log_reciprocal,
    product,
    reciprocal,
    square,
    square_zero,
    sum_over,
)
from ncverify.derive.terms import Function, Sym, delta, exp, log
from ncverify.evidence.workbench import Workbench

from .convexity import PENALTY_B
from .distance import (
    LEVEL,
    OPTIMAL,
    T_POSITIVE,
    VALUE,
    WITHIN,
    alpha,
    alpha_is,
    column_size_o,
    distance,
    optimum,
    simplex_is,
    simplex_softmax,
    t,
    t_positive,
    value_in_logs,
)
from .losses import N, column, cross_entropy, orders, other, start
from .model import (
    PAPER,
    POSITIVE_H,
    POSITIVE_W,
    SCOPE,
    Fo,
    Fo_is,
    Ho,
    K,
    Wo,
    Zo,
    Zo_is,
    bo,
    epsilon,
    i,
    j,
    k,
    l,
    lambda_H,
    lambda_W,
    n,
    over,
    r,
    show_all,
    summed,
)

E = Function("E", ("G", "F"))
w, y = Sym("w"), Sym("h")
frame = hypothesis("frame", equal(over(E(k, r) * E(l, r), r), delta(k - l) - 1 / K))
small = hypothesis("weak", greater(1, K * t))
tight = hypothesis("t-is", equal(t * t, n * lambda_W * lambda_H))
scale_w = hypothesis("scale-w", equal(lambda_W * w * w, t * alpha))
scale_h = hypothesis("scale-h", equal(w * y, alpha))
at_W = hypothesis("point-W", equal(Wo(k, r), w * E(k, r)), "pointwise")
at_H = hypothesis("point-H", equal(Ho(r, j, i), y * E(j, r)), "pointwise")
at_b = hypothesis("point-b", equal(bo(k), 0), "pointwise")
one_over_K = hypothesis("t-zero", equal(t, 1 / K))
zero_W = hypothesis("zero-W", equal(Wo(k, r), 0), "pointwise")
zero_H = hypothesis("zero-H", equal(Ho(r, j, i), 0), "pointwise")


def attained() -> Theorem:
    """F = value at W = w E, H = h E^T (x) 1^T, b = 0."""
    loss = cross_entropy()
    _, logarithm = simplex_softmax()
    above = linear(
        greater(exp(alpha) - 1, 0),
        product(small_gap(), reciprocal(t_positive)),
        alpha_is,
        nonzero=[t_positive],
    )
    faded = product(above, exp_positive(-alpha))
    alpha_positive = linear(greater(alpha, 0), faded, exp_tangent(-alpha))
    other_scale = linear(
        equal(n * lambda_H * y * y, t * alpha),
        linear(
            equal(n * lambda_H * y * y - t * alpha, 0),
            factor_zero(
                linear(
                    equal((t * alpha) * (n * lambda_H * y * y - t * alpha), 0),
                    (-n * lambda_H * y * y, scale_w),
                    (n * lambda_W * lambda_H * (w * y + alpha), scale_h),
                    (-alpha * alpha, tight),
                ),
                product(t_positive, alpha_positive),
            ),
        ),
    )
    flat = linear(
        equal(Zo(k, j, i), alpha * (delta(k - j) - 1 / K)),
        (w * y, frame.at({l: j})),
        (delta(k - j) - 1 / K, scale_h),
        unfold=[Zo_is, at_W, at_H, at_b],
    )
    norm = linear(equal(over(E(k, r) ** 2, k, r), K - 1), sum_over(frame.at({l: k}), k))
    same = linear(
        equal(log(column_size_o()), log(column(j, i))),
        unfold=[other.column_is, start.column_is, flat, simplex_is],
    )
    return linear(
        equal(Fo, VALUE),
        (1 / N, summed(same, j, i)),
        (1 / N, summed(logarithm, j, i)),
        value_in_logs(),
        (lambda_W / 2 * w * w + n * lambda_H / 2 * y * y, norm),
        ((K - 1) / 2, scale_w),
        ((K - 1) / 2, other_scale),
        unfold=[Fo_is, loss.go_is, at_W, at_H, at_b, flat],
    )


def small_gap() -> Theorem:
    """1 - K t > 0."""
    return linear(greater(1 - K * t, 0), small)


def alpha_vanishes() -> Theorem:
    """alpha = 0 where t = 1/K, since e^alpha = 1."""
    one = linear(equal(exp(alpha), 1), alpha_is, (-(K / t), one_over_K), nonzero=[t_positive])
    back = linear(equal(exp(-alpha), 1), (-exp(-alpha), one))
    upper = linear(at_least(0, alpha), exp_tangent(alpha), (-1, one))
    lower = linear(at_least(alpha, 0), exp_tangent(-alpha), (-1, back))
    return linear(equal(alpha, 0), (-1, antisymmetric(upper, lower)))


LEVELS = [T_POSITIVE, LEVEL]
FRAME = [
    Hypothesis(
        "frame", "E E^T = I - J/K; such a K x d matrix exists for d >= K - 1", r"EE^{\top}=I-\tfrac1KJ"
    ),
    Hypothesis("weak", "K t < 1", r"Kt<1"),
    Hypothesis("t-is", "t^2 = n lambda_W lambda_H: t = sqrt(n) mu", r"t=\sqrt n\,\mu"),
    Hypothesis("scale-w", "lambda_W w^2 = t alpha", r"\lambda_Ww^2=t\alpha"),
    Hypothesis("scale-h", "w h = alpha", r"wh=\alpha"),
    Hypothesis("point-W", "W_o = w E", r"W=wE"),
    Hypothesis(
        "point-H", "H_o = h E^T, the same for all samples of a class", r"H=hE^{\top}\otimes\mathbf 1^{\top}"
    ),
    Hypothesis("point-b", "b_o = 0", r"b=0"),
]


MINIMUM = {
    "bound": at_least(Fo, VALUE),
    "attained": equal(Fo, VALUE),
    "unique product": equal(over(Wo(k, r) * Ho(r, j, i), r), alpha * (delta(k - j) - 1 / K)),
    "unique frame": equal(over(Wo(k, r) * Wo(j, r), r), n * lambda_H * alpha / t * (delta(k - j) - 1 / K)),
    "unique bias": equal(epsilon * bo(k), epsilon * over(bo(l), l) / K),
    "strong: bound": at_least(Fo, log(K)),
    "strong: value at 0": equal(Fo, log(K)),
    "strong: W": equal(Wo(k, r), 0),
    "strong: H": equal(Ho(r, j, i), 0),
}


@lru_cache(maxsize=1)
def minimum_theorems() -> dict[str, Theorem]:
    """F - f* is a sum of four terms that are >= 0; each of them vanishes only where it should."""
    shown: dict[str, Theorem] = {}
    near = distance()
    bound = shown["bound"] = linear(MINIMUM["bound"], near.identity, *near.signs.values())
    shown["attained"] = attained()
    found = optimum()
    shown["unique product"] = linear(MINIMUM["unique product"], found.product)
    gram = shown["unique frame"] = linear(MINIMUM["unique frame"], found.gram)
    shown["unique bias"] = linear(MINIMUM["unique bias"], found.bias)

    flat = alpha_vanishes()
    inside = linear(equal(1 - (K - 1) * t, 1 / K), (1 - K, one_over_K))
    logarithm = linear(equal(log(1 - (K - 1) * t), -log(K)), congruent_log(inside), log_reciprocal(orders[0]))
    shown["strong: bound"] = linear(MINIMUM["strong: bound"], bound, (-1, logarithm), ((K - 1) * t, flat))
    loss = cross_entropy()
    none = linear(equal(log(column_size_o()), log(K)), unfold=[other.column_is, Zo_is, zero_W, zero_H, at_b])
    shown["strong: value at 0"] = linear(
        MINIMUM["strong: value at 0"],
        (1 / N, summed(none, j, i)),
        unfold=[Fo_is, loss.go_is, Zo_is, zero_W, zero_H, at_b],
    )
    length = linear(
        equal(over(Wo(k, r) ** 2, r), 0),
        gram.at({j: k}),
        (n * lambda_H / t * (1 - 1 / K), flat),
    )
    rows = shown["strong: W"] = square_zero(
        each_zero(length, linear(at_least(Wo(k, r) ** 2, 0), square(Wo(k, r)))), Wo(k, r)
    )
    shown["strong: H"] = linear(MINIMUM["strong: H"], found.features, (t / (n * lambda_H), rows.at({k: j})))
    return shown


@claim(
    id="ce-minimum",
    paper=PAPER,
    kind="corrected",
    place="global minima of the cross-entropy objective",
    title="The minimum of the cross-entropy objective, and all points where it is taken",
    plain="For t > 0 with t^2 <= n lambda_W lambda_H and e^alpha = 1/t - K + 1, F >= f* = -log(1 - (K-1) t) + (K-1) t alpha "
    "everywhere. With t = sqrt(n) mu, K t < 1 and d >= K - 1 equality holds at W = w E, H = h E^T, b = 0, E E^T = I - J/K, "
    "lambda_W w^2 = t alpha, w h = alpha. Wherever F = f*, W H = alpha (I - J/K) and W W^T = n lambda_H alpha/t (I - J/K), "
    "so the minimum is unique up to a rotation of the features. If K sqrt(n) mu >= 1, take t = 1/K: the minimum is log K, "
    "at W = H = 0 only.",
    latex=r"f^*=-\log(1-(K-1)\sqrt n\mu)+(K-1)\sqrt n\mu\,\alpha,\quad e^{\alpha}=\tfrac1{\sqrt n\mu}-K+1;\quad "
    r"K\sqrt n\mu\ge1:\ W=H=0",
    scope=f"{SCOPE}; taken for d >= K - 1",
    hypotheses=[
        POSITIVE_W,
        POSITIVE_H,
        PENALTY_B,
        *LEVELS,
        WITHIN,
        *FRAME,
        OPTIMAL,
        Hypothesis("t-zero", "t = 1/K, which t-bounded allows if K sqrt(n) mu >= 1 (last parts)", r"t=1/K"),
        Hypothesis("zero-W", "W_o = 0 (value at 0)", r"W=0"),
        Hypothesis("zero-H", "H_o = 0 (value at 0)", r"H=0"),
    ],
    goals=MINIMUM,
    expected="proved",
    tags=["landscape", "cross-entropy", "all-K"],
)
def ce_minimum(bench: Workbench) -> None:
    """F - f* is a sum of terms that are >= 0; each of them vanishes only where it should."""
    show_all(bench, minimum_theorems())
