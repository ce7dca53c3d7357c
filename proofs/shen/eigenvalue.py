"""How negative the curvature is: the smallest eigenvalue of the Hessian, and a bound by the value of F."""

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
    define,
    dichotomy,
    each_zero,
    equal,
    greater,
    hypothesis,
    linear,
    norm_bound,
    product,
    reciprocal,
    root_nonnegative,
    root_square,
    square,
    square_order,
    square_zero,
    sum_over,
)
from ncverify.derive.terms import Function, Sym, Term, Var, delta, sqrt, total
from ncverify.evidence.workbench import Workbench

from .convexity import CONVEX, PENALTY_B, above_tangent, penalty_b
from .escape import (
    MU,
    MU_POSITIVE,
    STEEP,
    Direction,
    mu_positive,
    mu_square,
    second_along,
    sigma,
    steep,
    top,
    u,
)
from .model import (
    CRITICAL,
    CRITICAL_B,
    F2,
    PAPER,
    POSITIVE_H,
    POSITIVE_W,
    SCOPE,
    D,
    F,
    Fo,
    Gm,
    Ho,
    U,
    V,
    W,
    Wo,
    Zdot,
    b,
    balance,
    bias_balance,
    bo,
    c,
    i,
    i1,
    j,
    j1,
    k,
    k1,
    l,
    lambda_b,
    lambda_H,
    lambda_W,
    m,
    mu,
    over,
    positive_H,
    positive_W,
    q,
    r,
    second_derivative,
    show_all,
    summed,
    weighted,
)
from .saddles import KERNEL, z

e = Sym("e")
half_gap = (lambda_W - lambda_H) / 2
inner = half_gap * half_gap + sigma * sigma
SIZE = over(U(k, r) ** 2, k, r) + over(V(r, j, i) ** 2, r, j, i) + over(c(k) ** 2, k)

top_direction = Direction(
    sigma,
    u,
    Function(top.v.name, ("G", "N")),
    z,
    top.forward,
    top.unit_u,
    top.unit_v,
    hypothesis("unit-a", equal(over(z(r) * z(r), r), 1), "pointwise"),
    hypothesis("kernel", equal(over(W(k, r) * z(r), r), 0), "pointwise"),
)
convex_second = hypothesis(
    "convex-second",
    at_least(over(Zdot(k, j, i) * D(k, j, i, k1, j1, i1) * Zdot(k1, j1, i1), k, j, i, k1, j1, i1), 0),
    "pointwise",
)
CONVEX_SECOND = Hypothesis(
    "convex-second",
    "<Z', D Z'> >= 0: the second derivative of g is positive semidefinite (bound)",
    r"\nabla^2g\succeq0",
)


EIGENVALUE = {
    "value": equal(e, (lambda_W + lambda_H) / 2 - sqrt(inner)),
    "lower bound": at_least(F2, e * SIZE),
    "attained": equal(F2, e * SIZE),
    "direction": greater(SIZE, 0),
}


@lru_cache(maxsize=1)
def eigenvalue_theorems() -> dict[str, Theorem]:
    """(lambda_W - e)(lambda_H - e) = sigma^2, so the form is a sum of squares; it vanishes along the top vectors."""
    shown: dict[str, Theorem] = {}
    e_is = define(e, (lambda_W + lambda_H) / 2 - sqrt(inner))
    shown["value"] = linear(EIGENVALUE["value"], e_is)
    root_is = root_square(linear(at_least(inner, 0), square(half_gap), square(sigma)))
    root_positive = root_nonnegative(inner)
    sigma_positive = linear(greater(sigma, 0), steep, mu_positive)
    square_positive = product(sigma_positive, sigma_positive)
    split = linear(equal((lambda_W - e) * (lambda_H - e), sigma * sigma), root_is, unfold=[e_is])
    # both factors are >= 0, because the root is at least |lambda_W - lambda_H|/2
    both = linear(at_least(sqrt(inner) * sqrt(inner), half_gap * half_gap), root_is, square(sigma))
    other = linear(at_least(sqrt(inner) * sqrt(inner), -half_gap * -half_gap), both)
    left = linear(at_least(lambda_W - e, 0), square_order(root_positive, other, -half_gap), unfold=[e_is])
    right = linear(at_least(lambda_H - e, 0), square_order(root_positive, both, half_gap), unfold=[e_is])
    right_positive = strictly(
        right, left, linear(greater((lambda_H - e) * (lambda_W - e), 0), square_positive, split)
    )
    inverse = reciprocal(right_positive)

    # e <= 0 <= lambda_b: the root is at least (lambda_W + lambda_H)/2
    mean = (lambda_W + lambda_H) / 2
    gap = linear(greater(sigma - mu, 0), steep)
    beyond = product(gap, linear(greater(sigma + mu, 0), sigma_positive, mu_positive))
    larger = linear(at_least(sqrt(inner) * sqrt(inner), mean * mean), beyond, root_is, mu_square)
    bias = linear(
        at_least(lambda_b - e, 0), penalty_b, square_order(root_positive, larger, mean), unfold=[e_is]
    )

    _, form = second_derivative()
    image = over(U(k, r) * Gm(k, j, i), k)
    squares = summed(square((lambda_H - e) * V(r, j, i) + image), r, j, i)
    bound = sum_over(norm_bound(Gm(k, j, i), [k], U(k, r)), r)
    slack = linear(at_least(bound.relation.difference, 0), bound)
    shown["lower bound"] = linear(
        EIGENVALUE["lower bound"],
        form,
        convex_second,
        (inverse, squares),
        (inverse, slack),
        product(bias, sum_over(square(c(k)), k)),
        (over(U(k, r) ** 2, k, r) / (lambda_H - e), split),
        nonzero=[right_positive],
    )

    _, _, equal_sizes = balance()
    steps = (sigma, lambda_W - e)
    along = top_direction.along(*steps)
    size = linear(
        equal(SIZE, sigma * sigma + (lambda_W - e) * (lambda_W - e)),
        ((lambda_W - e) * (lambda_W - e), top.unit_v),
        unfold=along,
        contract=[top_direction.unit_a, top.unit_u],
    )
    value = second_along(top_direction, equal_sizes, *steps)
    shown["attained"] = linear(EIGENVALUE["attained"], value, (-e, size), (lambda_W - e, split))
    shown["direction"] = linear(EIGENVALUE["direction"], square_positive, square(lambda_W - e), size)
    return shown


@claim(
    id="smallest-eigenvalue",
    paper=PAPER,
    kind="extension",
    place="strict saddles",
    title="The smallest eigenvalue of the Hessian at a saddle",
    plain="At a critical point with sigma = ||Gm||_2 > mu and a unit vector a with W a = 0, the smallest eigenvalue of "
    "the Hessian of F is e = (lambda_W + lambda_H)/2 - sqrt(((lambda_W - lambda_H)/2)^2 + sigma^2): the second "
    "derivative along every (U, V, c) is at least e (|U|^2 + |V|^2 + |c|^2), with equality along U = sigma u a^T, "
    "V = -(lambda_W - e) a v^T, c = 0.",
    latex=r"\lambda_{\min}(\nabla^2f)=\tfrac{\lambda_W+\lambda_H}2-\sqrt{\bigl(\tfrac{\lambda_W-\lambda_H}2\bigr)^2+\sigma^2}",
    scope=f"{SCOPE}; every convex twice differentiable loss g; rank W < d",
    hypotheses=[
        *CRITICAL,
        POSITIVE_H,
        PENALTY_B,
        MU,
        MU_POSITIVE,
        STEEP,
        CONVEX_SECOND,
        *KERNEL,
        Hypothesis("direction-U", "U = sigma u a^T (equality)", r"\Delta_W=\sigma ua^{\top}"),
        Hypothesis(
            "direction-V", "V = -(lambda_W - e) a v^T (equality)", r"\Delta_H=-(\lambda_W-e)av^{\top}"
        ),
        Hypothesis("direction-c", "c = 0 (equality)", r"\Delta_b=0"),
    ],
    goals=EIGENVALUE,
    expected="proved",
    tags=["landscape", "all-K"],
)
def smallest_eigenvalue(bench: Workbench) -> None:
    """The form minus e times the square of the length is a sum of squares."""
    show_all(bench, eigenvalue_theorems())


def strictly(first: Theorem, second: Theorem, product_positive: Theorem) -> Theorem:
    """x >= 0, y >= 0 and x y > 0 give x > 0."""
    x = first.relation.lhs
    goal = greater(x, 0)
    if_positive = hypothesis("factor > 0", goal, "pointwise")
    if_not = hypothesis("factor <= 0", at_least(0, x), "pointwise")
    turned = product(linear(at_least(-x, 0), if_not), second)
    return dichotomy(
        linear(goal, if_positive),
        absurd(linear(greater(0, 0), product_positive, turned), goal),
        ("factor > 0", "factor <= 0"),
    )


S, nuclear, x = Function("S", ("G", "G")), Sym("nuclear"), Function("x", ("G",))


def product_o(row: Var) -> Term:
    """(W_o H_o)_{row,(j,i)}."""
    return over(Wo(row, r) * Ho(r, j, i), r)


star_balance = hypothesis(
    "optimum-balanced",
    equal(lambda_W * over(Wo(k, r) * Wo(k, q), k), lambda_H * over(Ho(r, j, i) * Ho(q, j, i), j, i)),
    "pointwise",
)


QUANTITATIVE = {
    "root": equal(over(S(k, l) * S(l, m), l), over(product_o(k) * product_o(m), j, i)),
    "positive": at_least(over(x(k) * S(k, l) * x(l), k, l), 0),
    "nuclear norm": equal(nuclear, total(k, S(k, k))),
    "bound": at_least((sigma - mu) * nuclear, F - Fo),
}


@lru_cache(maxsize=1)
def quantitative_theorems() -> dict[str, Theorem]:
    """Convexity at the minimum: <Gm, M> >= -||Gm||_2 ||M||_*, feature by feature."""
    shown: dict[str, Theorem] = {}
    S_is = define(S(k, l), lambda_W / mu * over(Wo(k, r) * Wo(l, r), r))
    nuclear_is = define(nuclear, total(k, S(k, k)))
    shown["root"] = linear(
        QUANTITATIVE["root"],
        (lambda_W * mu**-2, weighted(star_balance, Wo(k, r) * Wo(m, q), r, q)),
        (-(mu**-2) * over(product_o(k) * product_o(m), j, i), mu_square),
        unfold=[S_is],
        nonzero=[mu_positive],
    )
    scale = product(positive_W, reciprocal(mu_positive))
    positive = sum_over(square(over(x(k) * Wo(k, r), k)), r)
    shown["positive"] = linear(QUANTITATIVE["positive"], (scale, positive), unfold=[S_is])
    shown["nuclear norm"] = linear(QUANTITATIVE["nuclear norm"], nuclear_is)

    first, second, _ = balance()
    lower = above_tangent(first, second, bias_balance())
    sizes = weighted(star_balance, delta(r - q), r, q)  # lambda_W |W_o|^2 = lambda_H |H_o|^2
    trace = linear(equal(nuclear, lambda_W / mu * over(Wo(k, r) ** 2, k, r)), unfold=[nuclear_is, S_is])
    gap = product(penalty_b, sum_over(square(bo(k) - b(k)), k))
    image = over(Wo(k, r) * Gm(k, j, i), k)
    norms = norm_bound(Gm(k, j, i), [k], Wo(k, r))
    goal = QUANTITATIVE["bound"]

    # sigma > 0: |sigma lambda_H H_o + mu Gm^T W_o|^2 >= 0 for each feature
    some = hypothesis("sigma > 0", greater(sigma, 0), "pointwise")
    squares = summed(square(sigma * lambda_H * Ho(r, j, i) + mu * image), r, j, i)
    slack = sum_over(linear(at_least(norms.relation.difference, 0), norms), r)
    scaled = linear(
        at_least(
            2 * sigma * lambda_H * mu * over(image * Ho(r, j, i), r, j, i)
            + 2 * sigma**2 * lambda_H * mu * nuclear,
            0,
        ),
        squares,
        (product(mu_positive, mu_positive), slack),
        (2 * sigma**2 * lambda_H * mu, trace),
        (sigma**2 * lambda_H, sizes),
        (-(sigma**2) * over(Wo(k, r) ** 2, k, r), mu_square),
        nonzero=[mu_positive],
    )
    weight = product(product(some, positive_H), mu_positive)
    pairing = linear(
        at_least(over(image * Ho(r, j, i), r, j, i) + sigma * nuclear, 0),
        (Fraction(1, 2), scaled),
        divide_by=weight,
    )
    value = linear(
        equal(
            lambda_W / 2 * over(Wo(k, r) ** 2, k, r) + lambda_H / 2 * over(Ho(r, j, i) ** 2, r, j, i),
            mu * nuclear,
        ),
        (-mu, trace),
        (Fraction(-1, 2), sizes),
        nonzero=[mu_positive],
    )
    if_some = linear(goal, lower, pairing, value, (Fraction(1, 2), gap))

    # sigma = 0: Gm^T W_o = 0
    none = hypothesis("sigma = 0", at_least(0, sigma), "pointwise")
    zero = antisymmetric(none, linear(at_least(sigma, 0), top.nonnegative))
    length = summed(square(image), j, i)
    nothing = antisymmetric(
        linear(at_least(0, length.relation.lhs), norms, (sigma * over(Wo(k, r) ** 2, k), zero)), length
    )
    turned = linear(equal(length.relation.lhs, 0), (-1, nothing))
    each = square_zero(each_zero(each_zero(turned, sum_over(square(image), i)), square(image)), image)
    if_none = linear(
        goal, lower, weighted(each, Ho(r, j, i), r, j, i), value, (-nuclear, zero), (Fraction(1, 2), gap)
    )
    shown["bound"] = dichotomy(if_some, if_none, ("sigma > 0", "sigma = 0"))

    return shown


@claim(
    id="quantitative-saddle",
    paper=PAPER,
    kind="extension",
    place="strict saddles",
    title="A value far above the minimum forces strong negative curvature",
    plain="Let (W, H, b) be critical and (W_o, H_o, b_o) any point with lambda_W W_o^T W_o = lambda_H H_o H_o^T (every "
    "minimum is one). S = (lambda_W/mu) W_o W_o^T is the positive semidefinite root of M M^T, M = W_o H_o, so its trace is "
    "the nuclear norm of M, and F - F_o <= (||Gm||_2 - mu) ||M||_*.",
    latex=r"\lVert\nabla g(R)\rVert_2-\mu\ \ge\ \frac{f-f^*}{\lVert M^*\rVert_*}",
    scope=f"{SCOPE}; every convex differentiable loss g",
    hypotheses=[
        *CRITICAL,
        CRITICAL_B,
        CONVEX,
        PENALTY_B,
        POSITIVE_W,
        POSITIVE_H,
        MU,
        MU_POSITIVE,
        Hypothesis(
            "optimum-balanced",
            "lambda_W W_o^T W_o = lambda_H H_o H_o^T, as at every critical point",
            r"\lambda_WW_o^{\top}W_o=\lambda_HH_oH_o^{\top}",
        ),
    ],
    goals=QUANTITATIVE,
    expected="proved",
    tags=["landscape", "all-K"],
)
def quantitative_saddle(bench: Workbench) -> None:
    """Convexity at the minimum, feature by feature."""
    show_all(bench, quantitative_theorems())
