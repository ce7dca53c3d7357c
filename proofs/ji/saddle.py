"""Critical points of the loss on a sphere: minimisers and strict saddles, for d >= K-1."""

from __future__ import annotations

from functools import cache

from ncverify.book.claim import Hypothesis
from ncverify.book.registry import claim
from ncverify.derive.kernel import (
    KernelVector,
    Theorem,
    at_least,
    equal,
    greater,
    hypothesis,
    kernel_vector,
    linear,
    number_positive,
    product,
    reciprocal,
    square,
    sum_over,
)
from ncverify.derive.terms import Fraction, Function, Index, Num, Term, Var, substitute, total
from ncverify.evidence.workbench import Workbench

from .critical import (
    A,
    H_other,
    L_other,
    V,
    W_other,
    X,
    Z_other_is,
    above_tangent,
    critical,
    dZ,
    dZ_is,
    hessian,
    interaction_bound,
    length,
    mu,
    mu_positive,
    riemannian,
    second,
    second_derivative,
    sigma,
    sigma_positive,
    spread_nonnegative,
    top,
)
from .model import CLASSES, PAPER, H, K, L, W, Z_is, c, d, i, j, k, order, r, size

u, v, a = top.u, top.v, Function("top_kernel_W_0", ("F",))
ROOM = Hypothesis("room", "d >= K-1", r"d\geq K-1")
EXCEEDS = Hypothesis("exceeds", "the largest singular value sigma of A = Y - P is > mu", r"\sigma>\mu")
SPHERE = [
    Hypothesis("critical-W", "dL/dW = -mu W: the point is critical on its sphere", r"\partial_WL=-\mu W"),
    Hypothesis("critical-H", "dL/dH = -mu H", r"\partial_HL=-\mu H"),
]


@claim(
    id="strict-saddle-sphere",
    paper=PAPER,
    kind="corrected",
    place="Theorem 3.4 and Remark 3.3: what should be said of the points that are not optimal",
    title="For d >= K-1 a critical point on a sphere with mu > 0 is a global minimiser of the sphere or a strict saddle",
    plain="Let dL/dW = -mu W and dL/dH = -mu H with mu > 0 (a critical point of L on its sphere), A = Y - P, and sigma the largest "
    "singular value of A with unit singular vectors u, v. If sigma <= mu, no point of the sphere has a smaller loss. If "
    "sigma > mu and d >= K-1, there is a unit vector a with W a = 0 and H^T a = 0, and along the tangent direction (u a^T, a v^T) the "
    "Riemannian Hessian has the Rayleigh quotient mu - sigma < 0; no direction has a smaller one.",
    latex=r"\sigma=\|Y-P\|_2>\mu\ \Rightarrow\ \lambda_{\min}=\mu-\sigma<0",
    scope="every K >= 2, every n, every d >= K-1 (for the minimum: every d), every real critical (W, H) with mu > 0",
    hypotheses=[
        CLASSES,
        *SPHERE,
        Hypothesis("mu-positive", "mu > 0", r"\mu>0"),
        EXCEEDS,
        ROOM,
        Hypothesis("along-W", "the direction is X = u a^T in W"),
        Hypothesis("along-H", "the direction is V = a v^T in H"),
        Hypothesis("dominated", "sigma <= mu (for the minimum)", r"\sigma\leq\mu"),
        Hypothesis("same-sphere", "(W', H') lies on the sphere of (W, H) (for the minimum)"),
    ],
    goals={
        "second derivative": equal(second, hessian),
        "curvature from below": at_least(riemannian, (mu - sigma) * length),
        "a is a unit vector": equal(total(r, a(r) ** 2), 1),
        "W a = 0": equal(total(r, W(k, r) * a(r)), 0),
        "H^T a = 0": equal(total(r, H(r, k, c) * a(r)), 0),
        "tangent": equal(
            total(k, total(r, W(k, r) * X(k, r))) + total(r, total(k, total(c, H(r, k, c) * V(r, k, c)))), 0
        ),
        "length": equal(length, 2),
        "curvature": equal(riemannian, (mu - sigma) * length),
        "negative": greater(0, riemannian),
        "minimum": at_least(L_other, L),
    },
    expected="proved",
    tags=["landscape", "all-K"],
)
def strict_saddle_sphere(bench: Workbench) -> None:
    """u is orthogonal to the columns of W and to 1, so W has a kernel; convexity gives the minimum."""
    bench.show("second derivative", linear(bench.goal("second derivative"), second_derivative()[1]))
    variance = spread_nonnegative()
    large = sigma_positive()
    bench.show(
        "curvature from below",
        linear(bench.goal("curvature from below"), variance, interaction_bound(large), nonzero=[large]),
    )

    at = critical()
    kernel = saddle_kernel()
    bench.show("a is a unit vector", linear(bench.goal("a is a unit vector"), kernel.unit))
    in_W = bench.show("W a = 0", linear(bench.goal("W a = 0"), kernel.kernel))
    moved = sum_over(
        linear(equal(A(j, k, c) * total(r, W(j, r) * a(r)), 0), (A(j, k, c), in_W.at({k: j}))), j
    )
    in_H = bench.show(
        "H^T a = 0",
        linear(
            bench.goal("H^T a = 0"),
            moved,
            (
                -1,
                sum_over(
                    linear(
                        equal(a(r) * total(j, W(j, r) * A(j, k, c)), mu * a(r) * H(r, k, c)),
                        (a(r), at.backward),
                    ),
                    r,
                ),
            ),
            divide_by=mu_positive,
        ),
    )
    along_W = hypothesis("along-W", equal(X(k, r), u_at(k) * a(r)), "pointwise")
    along_H = hypothesis("along-H", equal(V(r, k, c), a(r) * v), "pointwise")
    bench.show(
        "tangent",
        linear(
            bench.goal("tangent"),
            sum_over(linear(equal(u_at(k) * total(r, W(k, r) * a(r)), 0), (u_at(k), in_W)), k),
            sum_over(sum_over(linear(equal(v * total(r, H(r, k, c) * a(r)), 0), (v, in_H)), c), k),
            unfold=[along_W, along_H],
        ),
    )
    length_is = bench.show(
        "length",
        linear(
            bench.goal("length"),
            top.unit_u,
            top.unit_v,
            unfold=[along_W, along_H],
            contract=[kernel.unit],
        ),
    )
    no_first = linear(
        equal(dZ(j, k, c), 0),
        dZ_is,
        (u_at(j), in_H),
        (v, in_W.at({k: j})),
        unfold=[along_W, along_H],
    )
    pairing = linear(
        equal(total(k, total(c, total(j, A(j, k, c) * u_at(j) * v))), sigma),
        sum_over(
            linear(
                equal(u_at(j) * total(k, total(c, A(j, k, c) * v)), sigma * u_at(j) ** 2),
                (u_at(j), top.forward),
            ),
            j,
        ),
        (sigma, top.unit_u),
    )
    curvature = bench.show(
        "curvature",
        linear(
            bench.goal("curvature"),
            (-2, pairing),
            (sigma, length_is),
            unfold=[no_first, along_W, along_H],
            contract=[kernel.unit],
        ),
    )
    bench.show(
        "negative",
        linear(
            bench.goal("negative"),
            (2, exceeds),
            (-1, curvature),
            (-1 * (mu - sigma), length_is),
        ),
    )
    bench.show("minimum", linear(bench.goal("minimum"), sphere_minimiser()))


def u_at(index: Var) -> Term:
    """u at another index."""
    return substitute(u, {j: Index("G", ((index, 1),))})


exceeds = hypothesis("exceeds", greater(sigma, mu), "pointwise")


@cache
def saddle_kernel() -> KernelVector:
    """(sigma^2 - mu^2) u^T W = 0 and sigma u^T 1 = 0: the rank of W is at most K-2 < d."""
    at = critical()
    positive = linear(greater(sigma, 0), exceeds, mu_positive)
    chain = [
        sum_over(
            linear(
                equal(sigma * W(j, r) * total(k, total(c, A(j, k, c) * v)), sigma**2 * W(j, r) * u),
                (sigma * W(j, r), top.forward),
            ),
            j,
        ),
        sum_over(
            sum_over(
                linear(
                    equal(sigma * v * total(j, W(j, r) * A(j, k, c)), sigma * mu * v * H(r, k, c)),
                    (sigma * v, at.backward),
                ),
                c,
            ),
            k,
        ),
        sum_over(
            sum_over(
                linear(
                    equal(mu * H(r, k, c) * total(j, A(j, k, c) * u), mu * sigma * v * H(r, k, c)),
                    (mu * H(r, k, c), top.backward),
                ),
                c,
            ),
            k,
        ),
        sum_over(
            linear(
                equal(mu * u_at(i) * total(k, total(c, A(i, k, c) * H(r, k, c))), mu**2 * u_at(i) * W(i, r)),
                (mu * u_at(i), at.forward),
            ),
            i,
        ),
    ]
    gap = product(
        linear(greater(sigma - mu, 0), exceeds), linear(greater(sigma + mu, 0), positive, mu_positive)
    )
    along_u = linear(
        equal(total(k, u_at(k) * W(k, r)), 0),
        (-1, chain[0]),
        chain[1],
        (-1, chain[2]),
        chain[3],
        divide_by=gap,
    )
    ones = linear(equal(total(k, W(k, r)), 0), at.centred, divide_by=mu_positive)
    u_sum = linear(
        equal(total(k, u_at(k)), 0),
        (-1, sum_over(top.forward, j)),
        contract=[at.columns],
        divide_by=positive,
    )
    return kernel_vector(
        W(k, r),
        k,
        [
            (1, ones, linear(greater(total(k, Num(Fraction(1))), 0), order)),
            (
                u_at(k),
                along_u,
                linear(greater(total(k, u_at(k) * u_at(k)), 0), number_positive(1), top.unit_u),
            ),
        ],
        {(0, 1): u_sum},
        hypothesis("room", at_least(d, K - 1), "pointwise"),
    )


@cache
def sphere_minimiser() -> Theorem:
    """L' >= L - <A, Z' - Z> by convexity, <A, Z'> <= mu R^2/2 = <A, Z> by the singular value bound."""
    at = critical()
    below = hypothesis("dominated", at_least(mu, sigma), "pointwise")
    other_W = total(j, total(r, W_other(j, r) ** 2))
    other_H = total(r, total(k, total(c, H_other(r, k, c) ** 2)))
    same = hypothesis("same-sphere", equal(other_W + other_H, size), "pointwise")
    convex = above_tangent()
    bound = interaction_bound(mu_positive, W_other, H_other)
    squares = product(
        linear(at_least(mu - sigma, 0), below), linear(greater(mu + sigma, 0), top.nonnegative, mu_positive)
    )
    rows = sum_over(sum_over(square(W_other(j, r)), r), j)
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
    half = Fraction(1, 2)
    return linear(
        at_least(L_other, L),
        convex,
        (half, bound),
        (half, product(product(squares, reciprocal(mu_positive)), rows)),
        own,
        (half, at.balanced),
        (-1 * mu / 2, same),
        unfold=[Z_other_is, Z_is],
        nonzero=[mu_positive],
    )
