"""Critical points on a sphere whose multiplier mu is not positive: never minima."""

from __future__ import annotations

from functools import cache

from ncverify.book.claim import Hypothesis
from ncverify.book.registry import claim
from ncverify.derive.kernel import (
    Theorem,
    at_least,
    define,
    each_zero,
    equal,
    factor_zero,
    generalize,
    greater,
    hypothesis,
    linear,
    maximum,
    product,
    square,
    sum_over,
)
from ncverify.derive.terms import Function, Sym, Var, total
from ncverify.evidence.workbench import Workbench

from .critical import (
    A,
    A_is,
    V,
    X,
    critical,
    dZ,
    dZ_is,
    hessian,
    interaction,
    mu,
    riemannian,
    sigma,
    sigma_positive,
    top,
)
from .model import (
    CLASSES,
    PAPER,
    H,
    P,
    P_positive,
    P_total,
    W,
    b,
    c,
    grad_H,
    grad_W,
    gradient,
    i,
    j,
    k,
    l,
    norm_W,
    q,
    r,
    size,
    sum_of_squares,
)
from .saddle import SPHERE, u_at

a, epsilon = Function("a", ("F",)), Sym("epsilon")
any_feature = Var("feature", "F", fixed=True)
u, v = top.u, top.v
mean, u_mean = Function("meanchange", ("G", "N")), Function("umean", ("G", "N"))
tangency = total(k, total(r, W(k, r) * X(k, r))) + total(r, total(k, total(c, H(r, k, c) * V(r, k, c))))


@claim(
    id="sphere-multiplier-negative",
    paper=PAPER,
    kind="corrected",
    place="Theorem 3.4: the case left out of claim strict-saddle-sphere",
    title="A critical point on a sphere with mu < 0 has negative curvature",
    plain="If dL/dW = -mu W, dL/dH = -mu H with mu < 0 and (W, H) != 0, then the direction (W, -H) is tangent to the sphere and the "
    "Riemannian Hessian along it is mu (2 |W|^2 + R^2) < 0.",
    latex=r"\mu<0\Rightarrow\mathrm{Hess}[(W,-H)]=\mu(2\|W\|^2+R^2)<0",
    scope="every K, d and n, every real critical (W, H) != 0 with mu < 0",
    hypotheses=[
        *SPHERE,
        Hypothesis("mu-negative", "mu < 0", r"\mu<0"),
        Hypothesis("not-zero", "(W, H) is not 0", r"R^2>0"),
        Hypothesis("along-W", "the direction is X = W in W"),
        Hypothesis("along-H", "the direction is V = -H in H"),
    ],
    goals={
        "tangent": equal(tangency, 0),
        "curvature": equal(riemannian, mu * (2 * norm_W + size)),
        "negative": greater(0, riemannian),
    },
    expected="proved",
    tags=["landscape", "all-K"],
)
def sphere_multiplier_negative(bench: Workbench) -> None:
    """(1 + t)(1 - t) = 1 - t^2: to first order the logits stay, to second order they shrink."""
    at = critical()
    negative = hypothesis("mu-negative", greater(0, mu), "pointwise")
    nonzero = hypothesis("not-zero", greater(size, 0), "pointwise")
    along_W = hypothesis("along-W", equal(X(k, r), W(k, r)), "pointwise")
    along_H = hypothesis("along-H", equal(V(r, k, c), -1 * H(r, k, c)), "pointwise")
    down = linear(greater(-1 * mu, 0), negative)
    bench.show(
        "tangent",
        linear(bench.goal("tangent"), (-1, at.balanced), unfold=[along_W, along_H], divide_by=down),
    )
    still = linear(equal(dZ(j, k, c), 0), dZ_is, unfold=[along_W, along_H])
    own = sum_over(
        sum_over(
            linear(
                equal(W(i, r) * total(k, total(c, A(i, k, c) * H(r, k, c))), mu * W(i, r) ** 2),
                (W(i, r), at.forward),
            ),
            r,
        ),
        i,
    )
    curvature = bench.show(
        "curvature",
        linear(bench.goal("curvature"), (2, own), unfold=[still, along_W, along_H]),
    )
    bench.show(
        "negative",
        linear(
            bench.goal("negative"),
            (-1, curvature),
            product(down, nonzero),
            (2, product(down, sum_of_squares(W(k, r), k, r))),
        ),
    )


stationary_W = hypothesis("stationary-W", equal(grad_W(k, r), 0), "pointwise")
stationary_H = hypothesis("stationary-H", equal(grad_H(r, k, c), 0), "pointwise")


@cache
def equal_rows() -> Theorem:
    """dL/dH = 0: at the largest entry of a column of W, sum_j P_j (W_top - W_j) = 0 has terms >= 0."""
    largest, best = maximum(W(k, any_feature), k)
    weights = P_positive.at({j: k, k: best})
    vanishing = linear(
        equal(total(k, P(k, best, c) * (W(best, any_feature) - W(k, any_feature))), 0),
        gradient().by_H.at({q: any_feature, l: best, b: c}),
        (-1, stationary_H.at({r: any_feature, k: best})),
        (W(best, any_feature), P_total.at({k: best})),
    )
    each = factor_zero(each_zero(vanishing, product(weights, largest)), weights)
    level = linear(equal(W(k, any_feature), W(best, any_feature)), (-1, each))
    same = linear(equal(W(k, any_feature), W(l, any_feature)), level, (-1, level.at({k: l})))
    return generalize(same, any_feature, r)


@claim(
    id="sphere-multiplier-zero",
    paper=PAPER,
    kind="corrected",
    place="Theorem 3.4: the case left out of claim strict-saddle-sphere",
    title="A critical point of the loss itself has negative curvature on its sphere",
    plain="If dL/dW = 0 and dL/dH = 0, then W has equal rows. With A = Y - P, its largest singular value sigma > 0, unit singular vectors "
    "u, v, any unit vector a and any epsilon > 0 with epsilon sum_kc <a, h_kc>^2 sum_j P_{j,kc} u_j^2 < 2 sigma, the direction (epsilon u a^T, a v^T) "
    "is tangent to the sphere and the second derivative of L along it is negative.",
    latex=r"\nabla L(W,H)=0\Rightarrow\text{a strict saddle on its sphere}",
    scope="every K >= 2, every d and n, every real critical (W, H)",
    hypotheses=[
        CLASSES,
        Hypothesis("stationary-W", "dL/dW = 0", r"\partial_WL=0"),
        Hypothesis("stationary-H", "dL/dH = 0", r"\partial_HL=0"),
        Hypothesis("unit", "|a| = 1", r"\|a\|=1"),
        Hypothesis("along-W", "the direction is X = epsilon u a^T in W"),
        Hypothesis("along-H", "the direction is V = a v^T in H"),
        Hypothesis("epsilon-positive", "epsilon > 0", r"\varepsilon>0"),
        Hypothesis("epsilon-small", "epsilon sum_kc <a, h_kc>^2 sum_j P_{j,kc} u_j^2 < 2 sigma"),
    ],
    goals={
        "equal rows": equal(W(k, r), W(l, r)),
        "tangent": equal(tangency, 0),
        "negative": greater(0, hessian),
    },
    expected="proved",
    tags=["landscape", "all-K"],
)
def sphere_multiplier_zero(bench: Workbench) -> None:
    """A maximum principle gives the equal rows; then only the interaction term is of first order in epsilon."""
    slope = gradient()
    rows = bench.show("equal rows", equal_rows())
    forward = linear(
        equal(total(k, total(c, A(i, k, c) * H(r, k, c))), 0),
        slope.by_W.at({q: r}),
        (-1, stationary_W.at({k: i})),
        unfold=[A_is],
    )
    backward = linear(
        equal(total(j, W(j, r) * A(j, k, c)), 0),
        slope.by_H.at({l: k, b: c, q: r}),
        (-1, stationary_H),
        unfold=[A_is],
    )
    positive = sigma_positive()
    u_W = linear(
        equal(total(j, u * W(j, r)), 0),
        (
            -1,
            sum_over(
                linear(
                    equal(W(j, r) * total(k, total(c, A(j, k, c) * v)), sigma * W(j, r) * u),
                    (W(j, r), top.forward),
                ),
                j,
            ),
        ),
        sum_over(sum_over(linear(equal(v * total(j, W(j, r) * A(j, k, c)), 0), (v, backward)), c), k),
        divide_by=positive,
    )
    H_v = linear(
        equal(total(k, total(c, H(r, k, c) * v)), 0),
        (
            -1,
            sum_over(
                sum_over(
                    linear(
                        equal(H(r, k, c) * total(j, A(j, k, c) * u), sigma * H(r, k, c) * v),
                        (H(r, k, c), top.backward),
                    ),
                    c,
                ),
                k,
            ),
        ),
        sum_over(
            linear(equal(u_at(i) * total(k, total(c, A(i, k, c) * H(r, k, c))), 0), (u_at(i), forward)), i
        ),
        divide_by=positive,
    )
    unit = hypothesis("unit", equal(total(r, a(r) * a(r)), 1), "pointwise")
    along_W = hypothesis("along-W", equal(X(k, r), epsilon * u_at(k) * a(r)), "pointwise")
    along_H = hypothesis("along-H", equal(V(r, k, c), a(r) * v), "pointwise")
    bench.show(
        "tangent",
        linear(
            bench.goal("tangent"),
            (epsilon, sum_over(linear(equal(a(r) * total(j, u * W(j, r)), 0), (a(r), u_W)), r)),
            sum_over(linear(equal(a(r) * total(k, total(c, H(r, k, c) * v)), 0), (a(r), H_v)), r),
            unfold=[along_W, along_H],
        ),
    )
    up = hypothesis("epsilon-positive", greater(epsilon, 0), "pointwise")
    reach = total(r, a(r) * H(r, k, c))
    weight_of = total(k, total(c, reach**2 * total(j, P(j, k, c) * u**2)))
    small = hypothesis("epsilon-small", greater(2 * sigma, epsilon * weight_of), "pointwise")
    # W a does not depend on the class, so it adds the same to every logit of a sample
    flat = linear(
        equal(total(r, W(j, r) * a(r)), total(r, W(i, r) * a(r))),
        sum_over(linear(equal(a(r) * W(j, r), a(r) * W(i, r)), (a(r), rows.at({k: j, l: i}))), r),
    )
    # dZ = epsilon u <a, h_kc> + (W a) v, so its softmax variance is epsilon^2 <a, h_kc>^2 (E u^2 - (E u)^2)
    mean_is = define(mean(k, c), total(j, P(j, k, c) * dZ(j, k, c)))
    u_mean_is = define(u_mean(k, c), total(j, P(j, k, c) * u))
    change = linear(
        equal(dZ(j, k, c), epsilon * u * reach + total(r, W(j, r) * a(r)) * v),
        dZ_is,
        unfold=[along_W, along_H],
    )
    weighted = linear(
        equal(
            P(j, k, c) * dZ(j, k, c),
            epsilon * reach * P(j, k, c) * u + total(r, W(i, r) * a(r)) * v * P(j, k, c),
        ),
        (P(j, k, c), change),
        (P(j, k, c) * v, flat),
    )
    off_mean = linear(
        equal(dZ(i, k, c) - mean(k, c), epsilon * reach * (u_at(i) - u_mean(k, c))),
        change.at({j: i}),
        (-1, mean_is),
        (-1, sum_over(weighted, j)),
        (epsilon * reach, u_mean_is),
        (-1 * total(r, W(i, r) * a(r)) * v, P_total),
    ).at({i: j})
    away, moved = dZ(j, k, c) - mean(k, c), epsilon * reach * (u - u_mean(k, c))
    squares = sum_over(
        linear(equal(P(j, k, c) * away**2, P(j, k, c) * moved**2), (P(j, k, c) * (away + moved), off_mean)), j
    )
    variance = linear(
        at_least(
            epsilon**2 * reach**2 * total(j, P(j, k, c) * u**2),
            total(j, P(j, k, c) * dZ(j, k, c) ** 2) - total(j, P(j, k, c) * dZ(j, k, c)) ** 2,
        ),
        (-1, squares),
        (mean(k, c) ** 2 - (epsilon * reach * u_mean(k, c)) ** 2, P_total),
        square(epsilon * reach * u_mean(k, c)),
        unfold=[mean_is, u_mean_is],
    )
    pairing = linear(
        equal(interaction, epsilon * sigma),
        (
            epsilon,
            sum_over(
                linear(
                    equal(u * total(k, total(c, A(j, k, c) * v)), sigma * u**2),
                    (u, top.forward),
                ),
                j,
            ),
        ),
        (epsilon * sigma, top.unit_u),
        unfold=[along_W, along_H],
        contract=[unit],
    )
    bench.show(
        "negative",
        linear(
            bench.goal("negative"),
            sum_over(sum_over(variance, c), k),
            (2, pairing),
            product(up, linear(greater(2 * sigma - epsilon * weight_of, 0), small)),
        ),
    )
