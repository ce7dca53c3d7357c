"""The Lyapunov function beyond the balanced flow."""

from __future__ import annotations

from ncverify.book.claim import Hypothesis
from ncverify.book.registry import claim
from ncverify.derive.kernel import (
    at_least,
    derivative,
    equal,
    exp_positive,
    greater,
    hypothesis,
    linear,
    product,
    sum_over,
)
from ncverify.derive.terms import Function, Sym, total, total_nonzero
from ncverify.evidence.workbench import Workbench

from ..garrod.lyapunov import S_rate, V_rate, lyapunov, mean_gap_nonnegative, mean_q, mean_u, pairs_identity
from ..garrod.model import (
    CLASSES,
    G0,
    POSITIVE,
    SYMMETRIC,
    ZERO_MODE,
    K,
    S,
    a,
    g,
    more_than_one,
    order,
    p,
    phat,
    positive,
    s,
    s_rate,
    symmetric,
    z,
)

weight, middle = Function("w", ("D",)), Sym("wbar")
centre = s(a) - S / (K - 1)


@claim(
    id="lyapunov-general",
    paper="beyond",
    kind="extension",
    place="generalises garrod's Lyapunov function to other losses of scale",
    title="V decreases for every flow s' = rho(s) (1 - phat) with rho(s)/s nonincreasing",
    plain="For s_a' = w_a s_a (1 - phat_a), w_a = rho(s_a)/s_a > 0 with (w_a - w(sbar)) (s_a - sbar) <= 0 (w "
    "nonincreasing): S V' = sum w_a (s_a - sbar)(1 - phat_a) <= 0. Covers the balanced flow (w = 2), all c_a "
    "equal, the one-layer model (w = 1/s) and depth at most 2.",
    latex=r"S\dot V=\sum_{a\neq0}\frac{\rho(s_a)}{s_a}(s_a-\bar s)(1-\hat p_a)\le0",
    scope="every K >= 2, every finite abelian group, every real symmetric positive spectrum, every such rho",
    hypotheses=[
        SYMMETRIC,
        POSITIVE,
        ZERO_MODE,
        CLASSES,
        Hypothesis("general-flow", "s_a' = w_a s_a (1 - phat_a)", r"\dot s_a=w_as_a(1-\hat p_a)"),
        Hypothesis("nonincreasing", "(w_a - w(sbar)) (s_a - sbar) <= 0: rho(s)/s does not increase"),
        Hypothesis("middle-positive", "w(sbar) > 0", r"w(\bar s)>0"),
    ],
    goals={
        "form": equal(S * V_rate, total_nonzero(a, weight(a) * centre * (1 - phat(a)))),
        "core": at_least(0, total_nonzero(a, centre * (1 - phat(a)))),
        "decreasing": at_least(0, V_rate),
    },
    depends=["lyapunov-derivative", "growth"],
    expected="proved",
    tags=["lyapunov", "all-K"],
)
def lyapunov_general(bench: Workbench) -> None:
    """Split w_a = w(sbar) + (w_a - w(sbar)): the first part is the balanced case, the second has each term <= 0."""
    y = lyapunov()
    base = y.base
    flow = hypothesis("general-flow", equal(s_rate(a), weight(a) * s(a) * (1 - phat(a))))
    rates = {"s": ((a,), s_rate(a))}
    S_dot = derivative(y.S_is, S_rate, rates)
    V_dot = derivative(y.V_is, V_rate, rates, along=[S_dot], regular=[y.S_positive, positive])
    relative = linear(
        equal(s(a) ** -1 * s_rate(a), weight(a) * (1 - phat(a))).where(a),
        (s(a) ** -1, flow),
        nonzero=[positive],
    )
    form = bench.show(
        "form",
        linear(
            bench.goal("form"),
            (S, V_dot),
            S_dot,
            sum_over(flow, a, nonzero=True),
            (-1 * S / (K - 1), sum_over(relative, a, nonzero=True)),
            nonzero=[y.S_positive, more_than_one],
        ),
    )

    # The balanced case: sum (s_a - sbar)(1 - phat_a) = -K (1 - p(0)) (E_q z - E_u z).
    gap = mean_gap_nonnegative(y, pairs_identity(y))
    trace = linear(
        equal(total_nonzero(a, s(a) * (1 - phat(a))), K * z(G0) - K * total(g, z(g) * p(g))),
        unfold=[base.phat_is, base.z_is],
        even=[symmetric, base.p_even],
        contract=[base.p_total],
    )
    mass = linear(
        equal(total_nonzero(a, 1 - phat(a)), K * (1 - p(G0))), unfold=[base.phat_is], contract=[base.p_total]
    )
    core_form = linear(
        equal(total_nonzero(a, centre * (1 - phat(a))), -1 * K * (1 - p(G0)) * (mean_q - mean_u)),
        trace,
        (-1 * S / (K - 1), mass),
        unfold=[y.mean_q_is, y.mean_u_is, y.q_is, y.S_trace],
        contract=[base.p_total, y.z_total],
        nonzero=[more_than_one, y.off_positive],
    )
    core = bench.show(
        "core", linear(bench.goal("core"), (product(order, y.off_positive), gap), (-1, core_form))
    )
    falling = hypothesis("nonincreasing", at_least(0, (weight(a) - middle) * centre).where(a), "pointwise")
    mid = hypothesis("middle-positive", greater(middle, 0), "pointwise")
    rate = bench.use("growth", "rate")
    moving = linear(greater(1 - phat(a), 0).where(a), rate, exp_positive(-2 * S / K))
    terms = sum_over(
        product(linear(at_least(-1 * (weight(a) - middle) * centre, 0).where(a), falling), moving),
        a,
        nonzero=True,
    )
    scaled = linear(at_least(0, S * V_rate), (mid, core), terms, (-1, form))
    bench.show("decreasing", linear(bench.goal("decreasing"), scaled, divide_by=y.S_positive))
