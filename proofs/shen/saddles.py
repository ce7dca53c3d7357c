"""Directions of negative curvature, and when there is none: the test for global minima."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from ncverify.book.claim import Hypothesis
from ncverify.book.registry import claim
from ncverify.derive.kernel import Theorem, absurd, at_least, dichotomy, equal, greater, hypothesis, linear
from ncverify.derive.terms import Function, Sym
from ncverify.evidence.exact_points import exact_critical_points
from ncverify.evidence.workbench import Workbench

from .convexity import CONVEX, PENALTY_B, above_tangent, global_bound, is_global
from .critical import curvature
from .escape import (
    DIRECTION,
    MU,
    MU_POSITIVE,
    RHO,
    ROOM_K,
    ROOM_LESS,
    SMALL,
    Direction,
    descent,
    sigma,
    small,
    steep,
    steep_direction,
    within_norm,
)
from .exact import WALSH, walsh_points
from .model import (
    CRITICAL,
    CRITICAL_B,
    F2,
    PAPER,
    POSITIVE,
    SCOPE,
    F,
    Fo,
    Gm,
    W,
    balance,
    bias_balance,
    i,
    j,
    k,
    mu,
    over,
    r,
)

x, y, z, s = Function("u", ("G",)), Function("v", ("G", "N")), Function("a", ("F",)), Sym("s")
given = Direction(
    s,
    x,
    y,
    z,
    hypothesis("singular", equal(over(Gm(k, j, i) * y(j, i), j, i), s * x(k)), "pointwise"),
    hypothesis("unit-u", equal(over(x(k) * x(k), k), 1), "pointwise"),
    hypothesis("unit-v", equal(over(y(j, i) * y(j, i), j, i), 1), "pointwise"),
    hypothesis("unit-a", equal(over(z(r) * z(r), r), 1), "pointwise"),
    hypothesis("kernel", equal(over(W(k, r) * z(r), r), 0), "pointwise"),
)
KERNEL = [
    Hypothesis("unit-a", "|a| = 1", r"|a|=1"),
    Hypothesis("kernel", "W a = 0 (so rank W < d)", r"Wa=0"),
]
steep_s = hypothesis("s-large", greater(s, mu), "pointwise")
second_order = hypothesis("second-order", at_least(F2, 0), "pointwise")
better = hypothesis("better", greater(F, Fo), "pointwise")
TWICE = "every twice differentiable loss g, convex where the hypothesis says so"


@lru_cache(maxsize=1)
def given_descent() -> Theorem:
    """slope' = 2 (mu - s) for any singular vectors u, v and any a."""
    return descent(given, balance()[2])


@lru_cache(maxsize=2)
def descent_where_steep(centred: bool) -> Theorem:
    """slope' = 2 (mu - sigma) where sigma > mu, with d >= K or (centred) d >= K - 1."""
    first, second, equal_sizes = balance()
    return descent(steep_direction(curvature(first, second), centred=centred), equal_sizes)


@lru_cache(maxsize=1)
def minimum_where_small() -> Theorem:
    """F_o >= F where mu >= sigma."""
    first, second, _ = balance()
    return is_global(global_bound(above_tangent(first, second, bias_balance()), within_norm()))


@claim(
    id="negative-curvature",
    paper=PAPER,
    kind="published",
    place="'all non-minimizers have a negative curvature direction'",
    title="An explicit direction with second derivative 2 (mu - s)",
    plain="At a critical point let Gm v = s u with |u| = |v| = 1 and W a = 0 with |a| = 1. Along U = rho u a^T, "
    "V = -rho^{-1} a v^T, c = 0, rho = (lambda_H/lambda_W)^{1/4}, the second derivative of F is 2 (mu - s), "
    "mu = sqrt(lambda_W lambda_H): negative where s > mu.",
    latex=r"\nabla^2f[\Delta,\Delta]=2(\mu-\sigma),\quad\Delta=\bigl((\lambda_H/\lambda_W)^{1/4}ua^{\top},"
    r"-(\lambda_W/\lambda_H)^{1/4}av^{\top}\bigr)",
    scope=f"{SCOPE}; every twice differentiable loss g",
    hypotheses=[
        *CRITICAL,
        Hypothesis("singular", "Gm v = s u", r"\nabla g(R)v=\sigma u"),
        Hypothesis("unit-u", "|u| = 1", r"|u|=1"),
        Hypothesis("unit-v", "|v| = 1", r"|v|=1"),
        *KERNEL,
        *POSITIVE,
        MU,
        *RHO,
        *DIRECTION,
        Hypothesis("s-large", "s > mu (second part)", r"\sigma>\mu"),
    ],
    goals={"second derivative": equal(F2, 2 * (mu - s)), "negative": greater(0, F2)},
    expected="proved",
    tags=["landscape", "all-K"],
)
def negative_curvature(bench: Workbench) -> None:
    """Z does not move to first order, because H^T a = 0 follows from W a = 0; what is left is bilinear."""
    value = bench.show("second derivative", linear(bench.goal("second derivative"), given_descent()))
    bench.show("negative", linear(bench.goal("negative"), (2, steep_s), (-1, value)))
    bench.beside(lambda: exact_critical_points(WALSH, walsh_points()))


@claim(
    id="global-minimum-test",
    paper=PAPER,
    kind="extension",
    place="critical points and grad g(R)",
    title="A critical point is a global minimum exactly where the spectral norm of Gm is at most mu",
    plain="At a critical point of F with convex g, sigma = ||Gm||_2 <= mu gives F_o >= F for every competitor. "
    "Conversely, if the second derivative is not negative along one direction (as at every minimum), then "
    "sigma <= mu, for d >= K; for d >= K - 1 where 1^T W = 0 and 1^T Gm = 0.",
    latex=r"\nabla f=0:\quad f=\min f\iff\lVert\nabla g(R)\rVert_2\le\sqrt{\lambda_W\lambda_H}",
    scope=f"{SCOPE}; {TWICE}; the converse for d >= K (d >= K - 1 where 1^T W = 0)",
    hypotheses=[
        *CRITICAL,
        CRITICAL_B,
        CONVEX,
        PENALTY_B,
        *POSITIVE,
        MU,
        MU_POSITIVE,
        SMALL,
        *RHO,
        *DIRECTION,
        Hypothesis(
            "second-order",
            "the second derivative along (U, V, c) is >= 0 (converse)",
            r"\nabla^2f[\Delta,\Delta]\ge0",
        ),
        ROOM_K,
        *ROOM_LESS,
    ],
    goals={
        "small norm": at_least(Fo, F),
        "converse": at_least(mu, sigma),
        "converse, centred": at_least(mu, sigma),
    },
    expected="proved",
    tags=["landscape", "all-K"],
)
def global_minimum_test(bench: Workbench) -> None:
    """Convexity and squares; conversely the direction of ``negative-curvature`` with the largest s."""
    bench.show("small norm", linear(bench.goal("small norm"), minimum_where_small()))
    for name, centred in (("converse", False), ("converse, centred", True)):
        along = descent_where_steep(centred)
        if_steep = linear(bench.goal(name), (Fraction(1, 2), second_order), (Fraction(-1, 2), along))
        bench.show(name, dichotomy(if_steep, linear(bench.goal(name), small), ("sigma-large", "mu-bounds")))


@claim(
    id="no-spurious-minimum",
    paper=PAPER,
    kind="corrected",
    place="Theorems 1.1, 1.2",
    title="Every critical point that is not a global minimum is a strict saddle",
    plain="Let g be convex and twice differentiable, (W, H, b) a critical point of F and (W_o, H_o, b_o) any point "
    "with F_o < F. If d >= K then the second derivative of F along U = rho u a^T, V = -rho^{-1} a v^T is negative, where "
    "u, v are top singular vectors of Gm and a is a unit vector with W a = 0 (which exists). Where 1^T W = 0 and "
    "1^T Gm = 0 (cross-entropy always, see ce-rank; the squared loss with a free bias, see mse-rank), d >= K - 1 suffices. "
    "Both losses of the paper are such g: cross-entropy-covered, squared-loss-covered.",
    latex=r"\nabla f=0,\ f>\min f,\ d\ge K\ \Rightarrow\ \lambda_{\min}(\nabla^2f)<0",
    scope=f"{SCOPE}; every convex twice differentiable loss g; d >= K (d >= K - 1 where 1^T W = 0)",
    hypotheses=[
        *CRITICAL,
        CRITICAL_B,
        CONVEX,
        Hypothesis("better", "F_o < F: the point is not a global minimum", r"f_o<f"),
        PENALTY_B,
        *POSITIVE,
        MU,
        MU_POSITIVE,
        *RHO,
        *DIRECTION,
        ROOM_K,
        *ROOM_LESS,
    ],
    goals={
        "strict saddle": greater(0, F2),
        "strict saddle, centred": greater(0, F2),
    },
    expected="proved",
    tags=["landscape", "all-K"],
)
def no_spurious_minimum(bench: Workbench) -> None:
    """If sigma <= mu the point would be a global minimum; if sigma > mu, u^T W = 0 leaves room for a kernel vector."""
    nothing = linear(greater(0, 0), minimum_where_small(), better)
    for name, centred in (("strict saddle", False), ("strict saddle, centred", True)):
        along = descent_where_steep(centred)
        if_steep = linear(bench.goal(name), (2, steep), (-1, along))
        bench.show(name, dichotomy(if_steep, absurd(nothing, bench.goal(name)), ("sigma-large", "mu-bounds")))
