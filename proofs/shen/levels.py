"""All critical values of the squared-loss objective, and when its minimum has rank K.

With S = W W^T, t = sqrt(n lambda_W lambda_H) and s = (t/lambda_W)(1 - K t): at every critical point S^2 = s S, without bias
and with a free one. So S = s Pi for an orthogonal projection Pi, whose rank is tr S/s, and the value is a function of it.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from ncverify.book.claim import Hypothesis
from ncverify.book.registry import claim
from ncverify.derive.kernel import (
    Theorem,
    antisymmetric,
    at_least,
    define,
    each_zero,
    equal,
    greater,
    hypothesis,
    linear,
    product,
    reciprocal,
    square,
    square_zero,
    sum_over,
)
from ncverify.derive.terms import Function, Sym, Term, Var, delta, term
from ncverify.evidence.exact_points import exact_critical_points
from ncverify.evidence.workbench import Workbench

from .distance import T_POSITIVE, t, t_positive
from .exact import WALSH, walsh_points
from .losses import N, orders, squared_loss
from .model import (
    CRITICAL,
    CRITICAL_B,
    PAPER,
    POSITIVE,
    F,
    F_is,
    H,
    K,
    W,
    Z_is,
    b,
    epsilon,
    grad_b,
    grad_H,
    grad_W,
    i,
    j,
    k,
    l,
    lambda_H,
    lambda_W,
    m,
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
from .ranks import FREE, free_bias, mse_centres, with_bias

q_ = Var("p", "G")
S, rank = Function("S", ("G", "G")), Sym("rank")
level = t / lambda_W * (1 - K * t)
tight = hypothesis("t-is", equal(t * t, n * lambda_W * lambda_H))
TIGHT = Hypothesis("t-is", "t^2 = n lambda_W lambda_H", r"t=\sqrt{n\lambda_W\lambda_H}")
no_bias = hypothesis("no-bias", equal(epsilon, 0))
no_shift = hypothesis("no-shift", equal(b(k), 0))
NO_BIAS = [
    Hypothesis("no-bias", "epsilon = 0: there is no bias (parts without bias)", ""),
    Hypothesis("no-shift", "b = 0 (parts without bias)", ""),
]
trace = hypothesis("rank", equal(over(S(k, k), k), rank * level), "pointwise")
S_is = define(S(k, l), over(W(k, r) * W(l, r), r))
PROJECTION = equal(over(S(k, m) * S(m, l), m), level * S(k, l))


X = Function("X", ("G", "G"))
X_is = define(X(k, l), over(S(k, m) * S(m, l), m) - level * S(k, l))
level_is = linear(equal(level, t / lambda_W - N * lambda_H), (-K / lambda_W, tight), nonzero=[positive_W])


def bias_terms(free: bool) -> tuple[list[Theorem], list[Theorem], list[Theorem]]:
    """What to unfold, and H 1 = 0 and 1^T W = 0 with a free bias."""
    if not free:
        return [no_bias, no_shift], [], []
    features, bias, weights, _ = mse_centres()
    return [with_bias, bias], [features], [weights]


@lru_cache(maxsize=2)
def projection(free: bool) -> tuple[Theorem, Theorem]:
    """S^2 = level S, and F = F(0) - lambda_W/(2 N lambda_H) tr S^2, without bias or with a free one.

    With A = S + N lambda_H I both equations of ``balance`` give A^2 S = (t/lambda_W)^2 S; A + t/lambda_W is positive.
    """
    loss = squared_loss()
    first, second, equal_sizes = loss.balance()
    opened, features, weights = bias_terms(free)
    # the sum over the samples of class k of row l of W H
    response = linear(
        equal(
            over(W(l, r) * H(r, k, i), i, r),
            lambda_W / lambda_H * over(S(k, m) * S(m, l), m) + N * lambda_W * S(k, l),
        ),
        (-N, weighted(first, W(l, r), r)),
        (-1 / lambda_H, weighted(equal_sizes, W(k, r) * W(l, q), r, q)),
        *((1 / K, weighted(known, W(l, r), r)) for known in features),
        unfold=[loss.Gm_is, Z_is, S_is, *opened],
        nonzero=[positive_H],
    )
    cubic = linear(
        equal(
            over(S(k, m) * S(m, q_) * S(q_, l), m, q_)
            + 2 * N * lambda_H * over(S(k, m) * S(m, l), m)
            + N**2 * lambda_H**2 * S(k, l),
            t**2 / lambda_W**2 * S(k, l),
        ),
        (lambda_H / lambda_W * N, summed(weighted(second.at({j: l}), W(k, r), r), i)),
        (-lambda_H / lambda_W, weighted(response.at({l: m, k: l}), S(k, m), m)),
        (-N * lambda_H**2 / lambda_W, response.at({l: k, k: l})),
        *((-lambda_H / lambda_W * n / K, weighted(known, W(k, r), r)) for known in weights),
        (-1 / lambda_W**2 * S(k, l), tight),
        unfold=[loss.Gm_is, Z_is, S_is, *opened],
        nonzero=[positive_H, positive_W],
    )
    above = linear(
        greater(t / lambda_W + N * lambda_H, 0),
        product(t_positive, reciprocal(positive_W)),
        product(product(orders[0], orders[1]), positive_H),
    )
    scale = above.relation.lhs
    shifted = linear(
        equal(over(S(k, m) * X(m, l), m) + scale * X(k, l), 0),
        cubic,
        (-over(S(k, m) * S(m, l), m) - scale * S(k, l), level_is),
        unfold=[X_is],
    )
    image = over(W(k, r) * X(k, l), k)
    size = summed(square(X(k, l)), k, l)
    paired = linear(
        equal(over(image * image, r, l) + scale * size.relation.lhs, 0),
        weighted(shifted, X(k, l), k, l),
        (
            -1,
            weighted(
                linear(equal(S(k, m), over(W(k, r) * W(m, r), r)), S_is.at({l: m})),
                X(k, l) * X(m, l),
                k,
                m,
                l,
            ),
        ),
    )
    below = linear(
        at_least(0, size.relation.lhs),
        summed(square(image), r, l),
        (-1, paired),
        divide_by=above,
    )
    none = linear(equal(size.relation.lhs, 0), (-1, antisymmetric(below, size)))
    each = square_zero(each_zero(each_zero(none, sum_over(square(X(k, l)), l)), square(X(k, l))), X(k, l))
    flat = linear(PROJECTION, each, unfold=[X_is])

    base = (K - 1) / (2 * K) if free else term(Fraction(1, 2))
    value = linear(
        equal(F, base - lambda_W / (2 * N * lambda_H) * over(S(k, m) * S(m, k), k, m)),
        (Fraction(1, 2), weighted(first, W(k, r), k, r)),
        (Fraction(-1, 2), weighted(equal_sizes, delta(r - q), r, q)),
        (-1 / (2 * N), sum_over(response.at({l: k}), k)),
        *((1 / (2 * K * N), summed(weighted(known, W(k, r), r), k)) for known in features),
        *((Fraction(1, 2) * over(b(k) ** 2, k), free_bias) for _ in features),
        unfold=[F_is, loss.g_is, loss.Gm_is, Z_is, S_is, *opened],
    )
    return flat, value


def value_of_rank(flat: Theorem, value: Theorem, base: Term) -> Theorem:
    """F = base - rank/(2K) (1 - K t)^2."""
    traced = sum_over(flat.at({l: k}), k)
    return linear(
        equal(F, base - rank / (2 * K) * (1 - K * t) ** 2),
        value,
        (-lambda_W / (2 * N * lambda_H), traced),
        (-lambda_W / (2 * N * lambda_H) * level, trace),
        (-rank * (1 - K * t) ** 2 / (2 * N * lambda_W * lambda_H), tight),
        nonzero=[positive_H, positive_W],
    )


def nothing_left(flat: Theorem) -> Theorem:
    """W = 0 where K t >= 1: tr S^2 = level tr S with level <= 0."""
    symmetric = linear(equal(S(m, k), S(k, m)), unfold=[S_is])
    squares = summed(square(S(k, m)), k, m)
    sizes = summed(square(W(k, r)), k, r)
    traced = linear(
        equal(squares.relation.lhs, level * sizes.relation.lhs),
        sum_over(flat.at({l: k}), k),
        (-1, weighted(symmetric, S(k, m), k, m)),
        (level, sum_over(S_is.at({l: k}), k)),
    )
    scale = product(t_positive, reciprocal(positive_W))
    below = linear(
        at_least(0, squares.relation.lhs),
        product(product(scale, linear(at_least(K * t - 1, 0), strong)), sizes),
        (-1, traced),
    )
    none = linear(equal(squares.relation.lhs, 0), (-1, antisymmetric(below, squares)))
    entry = square_zero(each_zero(each_zero(none, sum_over(square(S(k, m)), m)), square(S(k, m))), S(k, m))
    length = linear(equal(over(W(k, r) * W(k, r), r), 0), entry.at({m: k}), (-1, S_is.at({l: k})))
    return square_zero(each_zero(length, square(W(k, r))), W(k, r))


strong = hypothesis("strong", at_least(K * t, 1))
E = Function("E", ("G", "F"))
w, y = Sym("w"), Sym("h")
isometry = hypothesis("isometry", equal(over(E(k, q) * E(l, q) * E(l, r), l, q), E(k, r)))
centred_E = hypothesis("E-centred", equal(over(E(k, r), k), 0))
scale_w = hypothesis("scale-w", equal(lambda_W * w, t * y))
scale_h = hypothesis("scale-h", equal(w * y, 1 - K * t))
at_W = hypothesis("point-W", equal(W(k, r), w * E(k, r)), "pointwise")
at_H = hypothesis("point-H", equal(H(r, j, i), y * E(j, r)), "pointwise")
at_b = hypothesis("point-b", equal(b(k), 1 / K), "pointwise")
POINT = [
    Hypothesis(
        "isometry",
        "E E^T E = E: E E^T is a projection; every rank <= min(K, d) occurs (points)",
        r"EE^{\top}E=E",
    ),
    Hypothesis("scale-w", "lambda_W w = t h (points)", r"\lambda_Ww=th"),
    Hypothesis("scale-h", "w h = 1 - K t (points)", r"wh=1-Kt"),
    Hypothesis("point-W", "W = w E (points)", r"W=wE"),
    Hypothesis("point-H", "H = h E^T for all samples (points)", r"H=hE^{\top}\otimes\mathbf 1^{\top}"),
    Hypothesis("point-b", "b = 1/K (points with a free bias)", r"b=\tfrac1K\mathbf 1"),
    Hypothesis("E-centred", "1^T E = 0 (points with a free bias)", r"\mathbf 1^{\top}E=0"),
]


LEVELS = {
    "no bias: projection": PROJECTION,
    "no bias: value": equal(F, Fraction(1, 2) - rank / (2 * K) * (1 - K * t) ** 2),
    "no bias: strong": equal(W(k, r), 0),
    "no bias: point, W": equal(grad_W(k, r), 0),
    "no bias: point, H": equal(grad_H(r, j, i), 0),
    "free bias: projection": PROJECTION,
    "free bias: value": equal(F, (K - 1) / (2 * K) - rank / (2 * K) * (1 - K * t) ** 2),
    "free bias: strong": equal(W(k, r), 0),
    "free bias: point, W": equal(grad_W(k, r), 0),
    "free bias: point, H": equal(grad_H(r, j, i), 0),
    "free bias: point, b": equal(grad_b(k), 0),
}


@lru_cache(maxsize=1)
def level_theorems() -> dict[str, Theorem]:
    """Both equations of ``balance`` in S alone: (S + N lambda_H)^2 S = (t/lambda_W)^2 S."""
    shown: dict[str, Theorem] = {}
    loss = squared_loss()
    for name, free in (("no bias", False), ("free bias", True)):
        flat, value = projection(free)
        base = (K - 1) / (2 * K) if free else term(Fraction(1, 2))
        shown[f"{name}: projection"] = flat
        shown[f"{name}: value"] = linear(LEVELS[f"{name}: value"], value_of_rank(flat, value, base))
        shown[f"{name}: strong"] = linear(LEVELS[f"{name}: strong"], nothing_left(flat))
        opened = [with_bias, at_b] if free else [no_bias]
        point = [loss.Gm_is, Z_is, at_W, at_H, *opened]
        shown[f"{name}: point, W"] = linear(
            LEVELS[f"{name}: point, W"],
            loss.by_W,
            (w * y * y / K, isometry),
            (E(k, r) * y / K, scale_h),
            (E(k, r), scale_w),
            *([(y / K**2, centred_E)] if free else []),
            unfold=point,
        )
        shown[f"{name}: point, H"] = linear(
            LEVELS[f"{name}: point, H"],
            loss.by_H,
            (w * w * y / N, isometry.at({k: j})),
            (E(j, r) * w / N, scale_h),
            (-t * E(j, r) / (n * lambda_W), scale_w),
            (-E(j, r) * y / (n * lambda_W), tight),
            *([(w / (K * N), centred_E)] if free else []),
            unfold=point,
            nonzero=[positive_W],
        )
    shown["free bias: point, b"] = linear(
        LEVELS["free bias: point, b"],
        loss.by_b,
        (w * y / K, weighted(centred_E.at({k: l}), E(k, r), r)),
        (b(k), free_bias),
        unfold=[loss.Gm_is, Z_is, at_W, at_H, with_bias, at_b],
    )
    return shown


@claim(
    id="mse-levels",
    paper=PAPER,
    kind="extension",
    place="critical points of the squared-loss objective",
    title="All critical values of the squared-loss objective",
    plain="At every critical point W W^T = s Pi, s = (t/lambda_W)(1 - K t), t = sqrt(n) mu, with a projection Pi of some rank, and "
    "F = 1/2 - rank/(2K) (1 - K t)^2 without bias, F = (K-1)/(2K) - rank/(2K) (1 - K t)^2 with a free one (then 1^T W = 0, so "
    "rank <= K - 1). If K t >= 1 then W = 0. Conversely W = w E, H = h E^T is critical for every partial isometry E.",
    latex=r"f_r=\tfrac12-\tfrac r{2K}(1-K\sqrt n\mu)^2,\qquad\lambda_b=0:\ f_r=\tfrac{K-1}{2K}-\tfrac r{2K}(1-K\sqrt n\mu)^2",
    scope="every K, d and n >= 1; no bias, or bias with lambda_b = 0",
    hypotheses=[
        *CRITICAL,
        CRITICAL_B,
        *POSITIVE,
        T_POSITIVE,
        TIGHT,
        *NO_BIAS,
        *FREE,
        Hypothesis(
            "rank", "tr W W^T = rank s: the trace of Pi is its rank (values)", r"\mathrm{tr}\,WW^{\top}=rs"
        ),
        Hypothesis("strong", "K t >= 1 (where said)", r"K\sqrt n\mu\ge1"),
        *POINT,
    ],
    goals=LEVELS,
    expected="proved",
    tags=["landscape", "squared loss", "all-K"],
)
def mse_levels(bench: Workbench) -> None:
    """The equations of ``balance`` for S = W W^T alone, and the points that they allow."""
    show_all(bench, level_theorems())
    bench.beside(lambda: exact_critical_points(WALSH, walsh_points()))
