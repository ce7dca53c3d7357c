"""The unregularised flow exists for all times: the norm grows at most exponentially."""

from __future__ import annotations

from functools import cache

from ncverify.book.registry import claim
from ncverify.derive.kernel import (
    Relation,
    Theorem,
    at_least,
    bounded_growth,
    define,
    delta_at_most_one,
    derivative,
    equal,
    linear,
    one_of_sum,
    order_positive,
    product,
    square,
    sum_over,
)
from ncverify.derive.terms import Sym, delta
from ncverify.evidence.workbench import Workbench

from .flow import FLOW, H_rate, W_rate, flow_H, flow_W, rates
from .model import (
    PAPER,
    H,
    K,
    P,
    P_is,
    P_positive,
    P_total,
    W,
    Z_is,
    b,
    c,
    column_is,
    column_positive,
    gradient,
    i,
    j,
    k,
    l,
    n,
    order,
    q,
    r,
    size,
    sum_of_squares,
)

D, D_rate = Sym("D"), Sym("D'")
PACE = 2 * n * K


@cache
def size_grows() -> Theorem:
    """(R^2)' <= 2 n K R^2: twice <(W, H), -grad L> = 4 sum A_jkc W_jr H_rkc, with |A| <= 1."""
    slope = gradient()
    D_dot = derivative(define(D, size), D_rate, rates)
    own = delta(j - k)
    at_most_one = linear(at_least(1 - P(j, k, c), 0), (-1, P_total), one_of_sum(P_positive, j))
    above = linear(at_least(1 + own - P(j, k, c), 0), at_most_one, square(own))
    below = linear(at_least(1 - own + P(j, k, c), 0), delta_at_most_one(j - k), P_positive)
    pairs = linear(
        at_least(2 * W(j, r) ** 2 + 2 * H(r, k, c) ** 2, 4 * (own - P(j, k, c)) * W(j, r) * H(r, k, c)),
        product(above, square(W(j, r) - H(r, k, c))),
        product(below, square(W(j, r) + H(r, k, c))),
    )
    for var in (r, c, k, j):
        pairs = sum_over(pairs, var)
    fewer = linear(at_least(n - 1, 0), order_positive("n"))
    return linear(
        at_least(PACE * D, D_rate),
        pairs,
        (product(linear(at_least(2 * K, 0), (2, order)), fewer), sum_of_squares(H(r, k, c), r, k, c)),
        (-1, D_dot),
        (PACE, define(D, size)),
        unfold=[flow_W, flow_H, slope.by_W.at({i: k, q: r}), slope.by_H.at({q: r, l: k, b: c})],
    )


@cache
def flow_lasts() -> tuple[Theorem, Theorem]:
    """W and H exist for all times."""
    slope = gradient()
    flow = [
        linear(equal(W_rate(i, q), -1 * slope.by_W.relation.rhs), flow_W.at({k: i, r: q}), (-1, slope.by_W)),
        linear(
            equal(H_rate(q, l, b), -1 * slope.by_H.relation.rhs),
            flow_H.at({r: q, k: l, c: b}),
            (-1, slope.by_H),
        ),
    ]
    smooth = [Z_is, column_is, P_is, column_positive]
    last = [
        bounded_growth(define(D, size), size_grows(), flow, value, PACE, smooth=smooth)
        for value in (W(i, q), H(q, l, b))
    ]
    return last[0], last[1]


@claim(
    id="flow-lasts",
    paper=PAPER,
    kind="extension",
    place="Sections 3 and 4 speak of t -> oo; that the flow exists so long is not shown there",
    title="The unregularised flow exists for all times",
    plain="Along gradient flow of the sum loss R^2 = |W|^2 + |H|^2 has (R^2)' <= 2 n K R^2, because the entries of Y - P are between "
    "-1 and 1; so R^2 is bounded on every bounded time interval, and every solution exists for all t >= 0.",
    latex=r"\tfrac{d}{dt}(\|W\|^2+\|H\|^2)\le2nK\,(\|W\|^2+\|H\|^2)",
    scope="every K, d and n, every real W and H",
    hypotheses=FLOW,
    goals={
        "growth": at_least(PACE * D, D_rate),
        "W": Relation(W(i, q), "global"),
        "H": Relation(H(q, l, b), "global"),
    },
    expected="proved",
    tags=["flow", "all-K"],
)
def flow_lasts_claim(bench: Workbench) -> None:
    """4 A W H <= 2 W^2 + 2 H^2 entry by entry; then continuation."""
    bench.show("growth", linear(bench.goal("growth"), size_grows()))
    weights, features = flow_lasts()
    bench.show("W", weights)
    bench.show("H", features)
