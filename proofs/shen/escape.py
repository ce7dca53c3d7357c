"""The direction of negative curvature: singular vectors of Gm beside a unit vector that W does not see."""

from __future__ import annotations

from dataclasses import dataclass

from ncverify.book.claim import Hypothesis
from ncverify.derive.kernel import (
    Theorem,
    at_least,
    each_zero,
    equal,
    factor_zero,
    greater,
    hypothesis,
    kernel_vector,
    linear,
    norm_bound,
    number_positive,
    order_positive,
    product,
    singular_triple,
    square,
    square_zero,
    sum_over,
)
from ncverify.derive.terms import Function, Sym, Term, TermLike

from .convexity import WITHIN
from .model import (
    F2,
    Gm,
    H,
    K,
    U,
    V,
    W,
    Wo,
    Zdot,
    c,
    d,
    i,
    j,
    k,
    l,
    lambda_H,
    lambda_W,
    mu,
    over,
    positive_H,
    positive_W,
    q,
    r,
    rho,
    second_derivative,
    weighted,
)

mu_square = hypothesis("mu", equal(mu * mu, lambda_W * lambda_H))
mu_positive = hypothesis("mu-positive", greater(mu, 0))
rho_square = hypothesis("rho", equal(lambda_W * rho * rho, mu))
rho_positive = hypothesis("rho-positive", greater(rho, 0))
MU = Hypothesis("mu", "mu^2 = lambda_W lambda_H", r"\mu^2=\lambda_W\lambda_H")
MU_POSITIVE = Hypothesis("mu-positive", "mu > 0", r"\mu>0")
RHO = [
    Hypothesis(
        "rho", "lambda_W rho^2 = mu, so rho = (lambda_H/lambda_W)^{1/4}", r"\rho=(\lambda_H/\lambda_W)^{1/4}"
    ),
    Hypothesis("rho-positive", "rho > 0", r"\rho>0"),
]


@dataclass(frozen=True)
class Direction:
    """Gm v = sigma u with unit vectors u, v, and W a = 0 with a unit vector a."""

    sigma: Sym
    u: Function
    v: Function
    a: Function
    forward: Theorem
    unit_u: Theorem
    unit_v: Theorem
    unit_a: Theorem
    kernel: Theorem

    def along(self, s: TermLike, t: TermLike) -> tuple[Theorem, Theorem, Theorem]:
        """The hypotheses U = s u a^T, V = -t a v^T, c = 0."""
        return (
            hypothesis("direction-U", equal(U(k, r), s * self.u(k) * self.a(r)), "pointwise"),
            hypothesis("direction-V", equal(V(r, j, i), -t * self.a(r) * self.v(j, i)), "pointwise"),
            hypothesis("direction-c", equal(c(k), 0), "pointwise"),
        )


VECTORS = (
    "u and v: unit singular vectors of Gm for its largest singular value sigma; a: a unit vector with W a = 0"
)
DIRECTION = [
    Hypothesis("direction-U", f"U = rho u a^T ({VECTORS})", r"\Delta_W=\rho ua^{\top}"),
    Hypothesis("direction-V", "V = -rho^{-1} a v^T", r"\Delta_H=-\rho^{-1}av^{\top}"),
    Hypothesis("direction-c", "c = 0", r"\Delta_b=0"),
]


def features_vanish(balance: Theorem, a: Function, kernel: Theorem) -> Theorem:
    """W a = 0 gives H^T a = 0: lambda_H |H^T a|^2 = lambda_W |W a|^2."""
    image = over(H(r, j, i) * a(r), r)
    squares = square(image)
    both = weighted(balance, a(r) * a(q), r, q)
    nothing = weighted(kernel, over(W(k, q) * a(q), q), k)
    scaled = linear(equal(lambda_H * over(image * image, j, i), 0), (-1, both), (lambda_W, nothing))
    total = linear(equal(over(image * image, j, i), 0), factor_zero(scaled, positive_H))
    return square_zero(each_zero(each_zero(total, sum_over(squares, i)), squares), image)


def second_along(direction: Direction, balance: Theorem, s: Term, t: Term) -> Theorem:
    """slope' = lambda_W s^2 + lambda_H t^2 - 2 s t sigma along U = s u a^T, V = -t a v^T, c = 0.

    Zdot = U H + W V vanishes, because H^T a = 0 and W a = 0.
    """
    Zdot_is, form = second_derivative()
    u, v, a = direction.u, direction.v, direction.a
    along = direction.along(s, t)
    features = features_vanish(balance, a, direction.kernel)
    still = linear(
        equal(Zdot(k, j, i), 0),
        (s * u(k), features),
        (-t * v(j, i), direction.kernel),
        unfold=[Zdot_is, *along],
    )
    return linear(
        equal(F2, lambda_W * s * s + lambda_H * t * t - 2 * s * t * direction.sigma),
        form,
        (-2 * s * t, weighted(direction.forward, u(k), k)),
        (lambda_H * t * t, direction.unit_v),
        unfold=[still, *along],
        contract=[direction.unit_a, direction.unit_u],
    )


def descent(direction: Direction, balance: Theorem) -> Theorem:
    """slope' = 2 (mu - sigma) along U = rho u a^T, V = -rho^{-1} a v^T."""
    other = linear(
        equal(lambda_H * rho**-2, mu),
        (-(rho**-2), mu_square),
        (-mu * rho**-2, rho_square),
        divide_by=positive_W,
        nonzero=[rho_positive],
    )
    return linear(
        equal(F2, 2 * (mu - direction.sigma)),
        second_along(direction, balance, rho, rho**-1),
        rho_square,
        other,
        nonzero=[rho_positive],
    )


top = singular_triple(Gm(k, j, i), [k])
sigma, u = top.sigma, Function(top.u.name, ("G",))
small = hypothesis("mu-bounds", at_least(mu, sigma), "pointwise")
steep = hypothesis("sigma-large", greater(sigma, mu), "pointwise")
SMALL = Hypothesis("mu-bounds", "mu >= sigma = ||Gm||_2", r"\mu\ge\lVert\nabla g(R)\rVert_2")
STEEP = Hypothesis("sigma-large", "sigma = ||Gm||_2 > mu", r"\lVert\nabla g(R)\rVert_2>\mu")

room_K = hypothesis("d-at-least-K", at_least(d, K))
room_less = hypothesis("d-at-least-K-1", at_least(d, K - 1))
centred_W = hypothesis("W-centred", equal(over(W(k, r), k), 0), "pointwise")
centred_G = hypothesis("Gm-centred", equal(over(Gm(k, j, i), k), 0), "pointwise")
ROOM_K = Hypothesis("d-at-least-K", "d >= K (first part)", r"d\ge K")
ROOM_LESS = [
    Hypothesis("d-at-least-K-1", "d >= K - 1 (second part)", r"d\ge K-1"),
    Hypothesis("W-centred", "1^T W = 0 (second part)", r"\mathbf 1^{\top}W=0"),
    Hypothesis("Gm-centred", "1^T Gm = 0 (second part)", r"\mathbf 1^{\top}\nabla g(R)=0"),
]


def within_norm() -> Theorem:
    """|Gm^T x|^2 <= lambda_W lambda_H |x|^2 for the columns x of W_o, from mu >= sigma."""
    gap = linear(at_least(mu - sigma, 0), small)
    total = linear(at_least(mu + sigma, 0), gap, (2, top.nonnegative))
    size = sum_over(square(Wo(k, r)), k)
    return linear(
        WITHIN,
        norm_bound(Gm(k, j, i), [k], Wo(k, r)),
        product(product(gap, total), size),
        (-over(Wo(k, r) ** 2, k), mu_square),
    )


def steep_direction(identity: Theorem, *, centred: bool) -> Direction:
    """Where sigma > mu, u is orthogonal to the columns of W, so W has a kernel vector if d >= K.

    sigma^2 u^T W = u^T Gm Gm^T W = mu^2 u^T W.  If also 1^T W = 0 and 1^T Gm = 0, then u is orthogonal to 1
    and d >= K - 1 suffices.
    """
    gap = linear(greater(sigma - mu, 0), steep)
    total = linear(greater(sigma + mu, 0), gap, (2, mu_positive))
    image = over(Gm(l, j, i) * W(l, r), l)
    scaled = linear(
        equal((sigma - mu) * (sigma + mu) * over(u(k) * W(k, r), k), 0),
        weighted(identity, u(k), k),
        (-1, weighted(top.backward, image, j, i)),
        (-sigma, weighted(top.forward, W(k, r), k)),
        (-over(u(k) * W(k, r), k), mu_square),
    )
    orthogonal = linear(equal(over(u(k) * W(k, r), k), 0), factor_zero(scaled, product(gap, total)))
    nonzero = linear(greater(over(u(k) * u(k), k), 0), number_positive(1), top.unit_u)
    if centred:
        sigma_positive = linear(greater(sigma, 0), gap, mu_positive)
        pairing = linear(
            equal(sigma * over(u(k), k), 0),
            (-1, sum_over(top.forward, k)),
            weighted(centred_G, top.v, j, i),
        )
        sum_u = linear(equal(over(u(k), k), 0), factor_zero(pairing, sigma_positive))
        ones = linear(greater(over(1, k), 0), order_positive("K"), number_positive(1))
        found = kernel_vector(
            W(k, r), k, [(u(k), orthogonal, nonzero), (1, centred_W, ones)], {(0, 1): sum_u}, room_less
        )
    else:
        found = kernel_vector(W(k, r), k, [(u(k), orthogonal, nonzero)], {}, room_K)
    return Direction(
        sigma,
        u,
        Function(top.v.name, ("G", "N")),
        Function(found.a.name, ("F",)),
        top.forward,
        top.unit_u,
        top.unit_v,
        found.unit,
        found.kernel,
    )
