"""Second derivatives of the loss, and what holds at its critical points on a sphere."""

from __future__ import annotations

from functools import cache

from ncverify.derive.kernel import (
    Theorem,
    at_least,
    define,
    derivative,
    equal,
    exp_positive,
    exp_tangent,
    greater,
    hypothesis,
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
from ncverify.derive.terms import Function, Sym, dataclass, delta, exp, log, total

from .infimum import log_monotone
from .model import (
    H,
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
    q,
    r,
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


@cache
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


@cache
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


@cache
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


@cache
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


@cache
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


Z_other_is = define(Z_other(j, k, c), total(r, W_other(j, r) * H_other(r, k, c)))


@cache
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
