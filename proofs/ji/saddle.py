"""Critical points of the loss on a sphere: minimisers and strict saddles, for d >= K-1."""

from __future__ import annotations

from ncverify.book.claim import Hypothesis
from ncverify.book.registry import claim
from ncverify.derive.kernel import (
    KernelVector,
    Theorem,
    at_least,
    define,
    derivative,
    equal,
    exp_positive,
    exp_tangent,
    greater,
    hypothesis,
    kernel_vector,
    linear,
    log_product,
    norm_bound,
    number_positive,
    product,
    reciprocal,
    singular_triple,
    square,
    sum_over,
)
from ncverify.derive.terms import (
    Fraction,
    Function,
    Index,
    Num,
    Sym,
    Term,
    Var,
    dataclass,
    delta,
    exp,
    log,
    substitute,
    total,
)
from ncverify.evidence.workbench import Workbench

from .infimum import log_monotone
from .model import (
    CLASSES,
    PAPER,
    H,
    K,
    L,
    P,
    P_is,
    P_positive,
    P_total,
    W,
    Z,
    Z_is,
    b,
    c,
    classes,
    column,
    column_is,
    column_positive,
    d,
    grad_H,
    grad_W,
    gradient,
    h,
    i,
    j,
    k,
    l,
    loss_is,
    norm_H,
    norm_W,
    order,
    q,
    r,
    size,
    sum_of_squares,
)

mu = Sym("mu")
A = Function("A", ("G", "G", "N"))
X, V = Function("X", ("G", "F")), Function("V", ("F", "G", "N"))
dZ, Z_dot = Function("dZ", ("G", "G", "N")), Function("Z'", ("G", "G", "N"))
column_dot, P_dot = Function("column'", ("G", "N")), Function("P'", ("G", "G", "N"))
A_dot, dZ_dot = Function("A'", ("G", "G", "N")), Function("dZ'", ("G", "G", "N"))
first, second = Sym("L'"), Sym("L''")
slope_along = Sym("slope")
W_other, H_other = Function("Wo", ("G", "F")), Function("Ho", ("F", "G", "N"))
Z_other, column_other = Function("Zo", ("G", "G", "N")), Function("columno", ("G", "N"))
L_other = Sym("Lo")

A_is = define(A(j, k, c), delta(j - k) - P(j, k, c))
dZ_is = define(dZ(j, k, c), total(r, X(j, r) * H(r, k, c) + W(j, r) * V(r, k, c)))
direction = {"W": ((j, r), X(j, r)), "H": ((r, k, c), V(r, k, c))}
length = total(j, total(r, X(j, r) ** 2)) + total(r, total(k, total(c, V(r, k, c) ** 2)))
interaction = total(k, total(c, total(j, A(j, k, c) * total(r, X(j, r) * V(r, k, c)))))
spread = total(
    k,
    total(c, total(j, P(j, k, c) * dZ(j, k, c) ** 2) - total(j, P(j, k, c) * dZ(j, k, c)) ** 2),
)
hessian = spread - 2 * interaction
riemannian = hessian + mu * length  # <grad L, x> = -mu R^2 at a critical point of the sphere


def second_derivative() -> tuple[Theorem, Theorem]:
    """The first and the second derivative of L along (W + t X, H + t V)."""
    fixed = ["X", "V"]
    Z_rate = derivative(Z_is, Z_dot(j, k, c), direction, constants=fixed)
    column_rate = derivative(column_is, column_dot(k, c), direction, along=[Z_rate], constants=fixed)
    L_rate = derivative(
        loss_is, first, direction, along=[Z_rate, column_rate], constants=fixed, regular=[column_positive]
    )
    slope_is = define(slope_along, -1 * total(k, total(c, total(j, A(j, k, c) * dZ(j, k, c)))))
    same = linear(
        equal(first, slope_along),
        L_rate,
        (-1, slope_is),
        unfold=[A_is, P_is, column_rate, Z_rate, dZ_is],
    )
    P_rate = derivative(
        P_is,
        P_dot(j, k, c),
        direction,
        along=[Z_rate, column_rate],
        constants=fixed,
        regular=[column_positive],
    )
    A_rate = derivative(A_is, A_dot(j, k, c), direction, along=[P_rate], constants=fixed)
    dZ_rate = derivative(dZ_is, dZ_dot(j, k, c), direction, constants=fixed)
    rate = derivative(slope_is, second, direction, along=[A_rate, dZ_rate], constants=fixed)
    Z_moves = linear(equal(Z_dot(j, k, c), dZ(j, k, c)), unfold=[Z_rate, dZ_is])
    moved = linear(
        equal(P_dot(j, k, c), P(j, k, c) * (dZ(j, k, c) - total(i, P(i, k, c) * dZ(i, k, c)))),
        P_rate,
        unfold=[P_is, column_rate, Z_moves],
        nonzero=[column_positive],
    )
    return same, linear(equal(second, hessian), rate, unfold=[A_rate, moved, dZ_rate])


critical_W = hypothesis("critical-W", equal(grad_W(k, r), -1 * mu * W(k, r)), "pointwise")
critical_H = hypothesis("critical-H", equal(grad_H(r, k, c), -1 * mu * H(r, k, c)), "pointwise")
mu_positive = hypothesis("mu-positive", greater(mu, 0), "pointwise")


@dataclass(frozen=True)
class Critical:
    """At a critical point of the sphere: A H^T = mu W, W^T A = mu H, and what follows.

    1^T A = 0, and for a factor of mu: 1^T W = 0 (``centred``, times mu) and |W|^2 = |H|^2 (``balanced``, times mu).
    """

    forward: Theorem
    backward: Theorem
    columns: Theorem
    centred: Theorem
    balanced: Theorem


def critical() -> Critical:
    """The gradient is parallel to the point."""
    slope = gradient()
    forward = linear(
        equal(total(k, total(c, A(i, k, c) * H(r, k, c))), mu * W(i, r)),
        slope.by_W.at({q: r}),
        (-1, critical_W.at({k: i})),
        unfold=[A_is],
    )
    backward = linear(
        equal(total(j, W(j, r) * A(j, k, c)), mu * H(r, k, c)),
        slope.by_H.at({l: k, b: c, q: r}),
        (-1, critical_H),
        unfold=[A_is],
    )
    columns = linear(equal(total(j, A(j, k, c)), 0), unfold=[A_is], contract=[P_total])
    centred = linear(equal(mu * total(k, W(k, r)), 0), (-1, sum_over(forward, i)), contract=[columns])
    inner_W = linear(
        equal(W(i, r) * total(k, total(c, A(i, k, c) * H(r, k, c))), mu * W(i, r) ** 2), (W(i, r), forward)
    )
    inner_H = linear(
        equal(H(r, k, c) * total(j, W(j, r) * A(j, k, c)), mu * H(r, k, c) ** 2), (H(r, k, c), backward)
    )
    balanced = linear(
        equal(mu * norm_W, mu * norm_H),
        (-1, sum_over(sum_over(inner_W, r), i)),
        sum_over(sum_over(sum_over(inner_H, c), k), r),
    )
    return Critical(forward, backward, columns, centred, balanced)


top = singular_triple(A(j, k, c), (j,))
sigma = top.sigma


def interaction_bound(weight: Theorem, X: Function = X, V: Function = V) -> Theorem:
    """2 <A, X V> <= sigma^2/t |X|^2 + t |V|^2 for t > 0 (``weight``), any X and V."""
    t = weight.relation.lhs
    image = total(j, X(j, r) * A(j, k, c))
    norm = sum_over(norm_bound(A(j, k, c), (j,), X(j, r)), r)
    squares = sum_of_squares(image - t * V(r, k, c), r, k, c)
    rows = total(j, total(r, X(j, r) ** 2))
    return linear(
        at_least(
            sigma * sigma / t * rows + t * total(r, total(k, total(c, V(r, k, c) ** 2))),
            2 * total(k, total(c, total(j, A(j, k, c) * total(r, X(j, r) * V(r, k, c))))),
        ),
        (reciprocal(weight), squares),
        (reciprocal(weight), norm),
        nonzero=[weight],
    )


def sigma_positive() -> Theorem:
    """sigma^2 is at least the square of an entry, and P_{j,kc} > 0 for j != k."""
    row = norm_bound(A(j, k, c), (j,), delta(j - i))
    entry = linear(
        greater(A(k + h, k, c) ** 2, 0).where(h),
        product(P_positive.at({j: k + h}), P_positive.at({j: k + h})),
        unfold=[A_is],
    )
    # sum over k + h = i: all entries of row i off the diagonal
    off = sum_over(sum_over(entry.at({k: i - h}), c), h, nonzero=True, several=classes)
    squared = linear(greater(sigma * sigma, 0), row, off, sum_over(square(A(i, i, c)), c))
    return linear(
        greater(sigma, 0),
        top.nonnegative,
        squared,
        divide_by=linear(greater(1 + sigma, 0), top.nonnegative, number_positive(1)),
    )


def spread_nonnegative() -> Theorem:
    """The variance of dZ under the softmax is >= 0, for every sample."""
    mean = total(i, P(i, k, c) * dZ(i, k, c))
    terms = sum_over(product(P_positive, square(dZ(j, k, c) - mean)), j)
    each = linear(
        at_least(total(j, P(j, k, c) * dZ(j, k, c) ** 2) - total(j, P(j, k, c) * dZ(j, k, c)) ** 2, 0),
        terms,
        (-1 * mean * mean, P_total),
    )
    return sum_over(sum_over(each, c), k)


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
    exceeds = hypothesis("exceeds", greater(sigma, mu), "pointwise")
    positive = linear(greater(sigma, 0), exceeds, mu_positive)
    kernel = saddle_kernel(at, exceeds, positive)
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
    bench.show("minimum", linear(bench.goal("minimum"), sphere_minimiser(at)))


def u_at(index: Var) -> Term:
    """u at another index."""
    return substitute(u, {j: Index("G", ((index, 1),))})


def saddle_kernel(at: Critical, exceeds: Theorem, positive: Theorem) -> KernelVector:
    """(sigma^2 - mu^2) u^T W = 0 and sigma u^T 1 = 0: the rank of W is at most K-2 < d."""
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


def sphere_minimiser(at: Critical) -> Theorem:
    """L' >= L - <A, Z' - Z> by convexity, <A, Z'> <= mu R^2/2 = <A, Z> by the singular value bound."""
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


Z_other_is = define(Z_other(j, k, c), total(r, W_other(j, r) * H_other(r, k, c)))


def above_tangent() -> Theorem:
    """The loss of other logits is at least L - <A, Z' - Z>: log-sum-exp is convex."""
    column_other_is = define(column_other(k, c), total(j, exp(Z_other(j, k, c))))
    loss_other_is = define(L_other, total(k, total(c, log(column_other(k, c)) - Z_other(k, k, c))))
    change = Z_other(j, k, c) - Z(j, k, c)
    mean = Function("meanchange", ("G", "N"))(k, c)
    mean_is = define(mean, total(j, P(j, k, c) * change))
    tangent = product(
        P_positive, linear(at_least(exp(change - mean) - 1 - (change - mean), 0), exp_tangent(change - mean))
    )
    scale = column(k, c) * exp(mean)
    larger = linear(
        at_least(column_other(k, c), scale),
        column_other_is,
        (product(column_positive, exp_positive(mean)), sum_over(tangent, j)),
        (scale * (1 - mean), P_total),
        (-1 * scale, mean_is),
        unfold=[P_is],
        nonzero=[column_positive],
    )
    scale_positive = product(column_positive, exp_positive(mean))
    logs = linear(
        at_least(
            log(column_other(k, c)) - Z_other(k, k, c),
            log(column(k, c)) - Z(k, k, c) - total(j, A(j, k, c) * change),
        ),
        log_monotone(larger, scale_positive),
        log_product(column_positive, exp_positive(mean)),
        mean_is,
        unfold=[A_is],
    )
    return linear(
        at_least(L_other, L - total(k, total(c, total(j, A(j, k, c) * change)))),
        loss_other_is,
        (-1, loss_is),
        sum_over(sum_over(logs, c), k),
    )
