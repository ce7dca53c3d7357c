"""Neural collapse where the objectives are minimal: cross-entropy, and the squared loss with a free bias."""

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
    hypothesis,
    linear,
    product,
    square,
    square_zero,
    sum_over,
)
from ncverify.derive.terms import delta
from ncverify.evidence.landscapes import collapsed_minima
from ncverify.evidence.workbench import Workbench
from ncverify.landscape.problem import Problem

from .convexity import PENALTY_B
from .distance import LEVEL, OPTIMAL, T_POSITIVE, WITHIN, alpha, optimum, t, t_positive
from .levels import TIGHT, S, S_is, level, level_is, projection
from .losses import N, orders, squared_loss
from .model import (
    CRITICAL,
    CRITICAL_B,
    PAPER,
    POSITIVE,
    POSITIVE_H,
    POSITIVE_W,
    SCOPE,
    H,
    Ho,
    K,
    W,
    Wo,
    Z_is,
    i,
    j,
    k,
    l,
    lambda_H,
    lambda_W,
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
from .ranks import FREE, mse_centres, with_bias

COLLAPSE = {
    "self-duality": equal(Ho(r, j, i), t / (n * lambda_H) * Wo(j, r)),
    "simplex frame": equal(over(Wo(k, r) * Wo(j, r), r), n * lambda_H * alpha / t * (delta(k - j) - 1 / K)),
    "features": equal(
        over(Ho(r, k, i) * Ho(r, j, i), r), t * alpha / (n * lambda_H) * (delta(k - j) - 1 / K)
    ),
    "centred classifiers": equal(over(Wo(k, r), k), 0),
    "centred means": equal(over(Ho(r, j, i), j), 0),
}


@lru_cache(maxsize=1)
def collapse_theorems() -> dict[str, Theorem]:
    """Each of the four terms of F - f* vanishes."""
    shown: dict[str, Theorem] = {}
    found = optimum()
    dual = shown["self-duality"] = linear(COLLAPSE["self-duality"], found.features)
    gram = shown["simplex frame"] = linear(COLLAPSE["simplex frame"], found.gram)
    centred = shown["centred classifiers"] = linear(COLLAPSE["centred classifiers"], found.centred)
    shown["features"] = linear(
        COLLAPSE["features"],
        weighted(dual.at({j: k}), Ho(r, j, i), r),
        (t / (n * lambda_H), weighted(dual, Wo(k, r), r)),
        (t**2 / (n * lambda_H) ** 2, gram),
        nonzero=[t_positive, positive_H],
    )
    shown["centred means"] = linear(
        COLLAPSE["centred means"], sum_over(dual, j), (t / (n * lambda_H), centred)
    )
    return shown


@claim(
    id="minimum-is-collapse",
    paper=PAPER,
    kind="published",
    place="'neural-collapse properties emerge at global minima'",
    title="Cross-entropy: every global minimum is a neural collapse",
    plain="Where F takes the value f* of ce-minimum (t = sqrt(n) mu): H_o = t/(n lambda_H) W_o^T for every sample, so the "
    "features of a class are equal (NC1) and parallel to their classifier (NC3); W_o W_o^T = n lambda_H alpha/t (I - J/K), so "
    "W_o^T is a simplex frame up to scale and rotation (NC2), and so is the matrix of class means; the class means are centred.",
    latex=r"W^{\star}W^{\star\top}\propto I-\tfrac1KJ,\quad h_{j,i}\propto w_j,\quad\textstyle\sum_jh_{j,i}=0",
    scope=SCOPE,
    hypotheses=[POSITIVE_W, POSITIVE_H, PENALTY_B, T_POSITIVE, LEVEL, WITHIN, OPTIMAL],
    goals=COLLAPSE,
    expected="proved",
    tags=["landscape", "collapse", "all-K"],
)
def minimum_is_collapse(bench: Workbench) -> None:
    """Where F = f*, each term of F - f* vanishes."""
    show_all(bench, collapse_theorems())
    models = [Problem(3, 2, lambda_w="1/100", lambda_h="1/50", lambda_b=bias) for bias in (None, 0, "1/10")]
    models.append(Problem(4, 3, 2, lambda_w="1/100", lambda_h="1/50"))
    bench.beside(
        lambda: collapsed_minima(models, digits=min(bench.settings.digits, 60), seed=bench.settings.seed)
    )


top_rank = hypothesis("top-rank", equal(over(S(k, k), k), (K - 1) * level), "pointwise")
SIMPLEX = {
    "simplex frame": equal(over(W(k, r) * W(l, r), r), level * (delta(k - l) - 1 / K)),
    "self-duality": equal(H(r, j, i), lambda_W / t * W(j, r)),
    "centred classifiers": equal(over(W(k, r), k), 0),
    "centred means": equal(over(H(r, j, i), j), 0),
}


@lru_cache(maxsize=1)
def simplex_theorems() -> dict[str, Theorem]:
    """D = level (I - J/K) - S has tr D^2 = 0; and (W^T W + N lambda_H) H = W^T (Y - J/K) has one solution."""
    flat, _ = projection(True)
    _, _, weights, _ = mse_centres()
    sides = linear(equal(over(S(k, l), l), 0), weighted(weights.at({k: l}), W(k, r), r), unfold=[S_is])
    symmetric = linear(equal(S(l, k), S(k, l)), unfold=[S_is])
    rest = level * (delta(k - l) - 1 / K) - S(k, l)
    size = summed(square(rest), k, l)
    nothing = linear(
        equal(size.relation.lhs, 0),
        (-1, weighted(symmetric, S(k, l), k, l)),
        sum_over(flat.at({l: k}), k),
        (2 * level / K, sum_over(sides, k)),
        (-level, top_rank),
    )
    each = square_zero(each_zero(each_zero(nothing, sum_over(square(rest), l)), square(rest)), rest)
    frame = linear(SIMPLEX["simplex frame"], (-1, each), (-1, S_is))

    loss = squared_loss()
    _, second, _ = loss.balance()
    _, bias, _, _ = mse_centres()
    gap = H(r, j, i) - lambda_W / t * W(j, r)
    image = over(W(k, r) * gap, r)
    strength = product(product(orders[0], orders[1]), positive_H)
    row = linear(
        equal(over(W(k, r) * W(k, q) * (H(q, j, i) - lambda_W / t * W(j, q)), k, q) + N * lambda_H * gap, 0),
        (N, second),
        (-1 / K, weights),
        (-lambda_W / t, weighted(frame.at({l: j}), W(k, r), k)),
        (lambda_W / t * level / K, weights),
        (-lambda_W / t * W(j, r), level_is),
        unfold=[loss.Gm_is, Z_is, with_bias, bias],
        nonzero=[t_positive, positive_W],
    )
    length = sum_over(square(gap), r)
    below = linear(
        at_least(0, length.relation.lhs),
        sum_over(square(image), k),
        (-1, weighted(row, gap, r)),
        divide_by=strength,
    )
    none = linear(equal(length.relation.lhs, 0), (-1, antisymmetric(below, length)))
    equal_gap = square_zero(each_zero(none, square(gap)), gap)
    dual = linear(SIMPLEX["self-duality"], equal_gap)
    return {
        "simplex frame": frame,
        "self-duality": dual,
        "centred classifiers": weights,
        "centred means": linear(SIMPLEX["centred means"], sum_over(dual, j), (lambda_W / t, weights)),
    }


@claim(
    id="mse-minimum-is-collapse",
    paper=PAPER,
    kind="published",
    place="'neural-collapse properties emerge at global minima'",
    title="Squared loss with a free bias: critical points of rank K - 1 are neural collapses",
    plain="Squared loss, lambda_b = 0. At a critical point with rank W = K - 1 (tr W W^T = (K-1) s in mse-levels; the global minima "
    "if K t < 1 and d >= K - 1): W W^T = s (I - J/K), so W^T is a simplex frame up to scale and rotation; every feature is "
    "lambda_W/t times its classifier; classifiers and class means are centred.",
    latex=r"W^{\star}W^{\star\top}=s(I-\tfrac1KJ),\quad h_{j,i}=\tfrac{\lambda_W}tw_j",
    scope="every K, d and n >= 1; bias with lambda_b = 0",
    hypotheses=[
        *CRITICAL,
        CRITICAL_B,
        *POSITIVE,
        T_POSITIVE,
        TIGHT,
        *FREE,
        Hypothesis(
            "top-rank",
            "tr W W^T = (K-1) s: the projection W W^T/s has rank K - 1",
            r"\mathrm{tr}\,WW^{\top}=(K-1)s",
        ),
    ],
    goals=SIMPLEX,
    expected="proved",
    tags=["landscape", "squared loss", "collapse", "all-K"],
)
def mse_minimum_is_collapse(bench: Workbench) -> None:
    """A projection of rank K - 1 that annihilates 1 is I - J/K."""
    show_all(bench, simplex_theorems())
