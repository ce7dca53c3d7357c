"""The focal loss -(1 - p)^gamma log p: the flow of the cross-entropy in another time, for every gamma >= 0."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache, partial

from ncverify.book.claim import Hypothesis
from ncverify.book.registry import claim
from ncverify.derive.kernel import (
    Theorem,
    at_least,
    define,
    derivative,
    equal,
    exp_positive,
    greater,
    hypothesis,
    linear,
    log_tangent,
    product,
    reciprocal,
    sum_over,
)
from ncverify.derive.terms import Sym, Term, delta, exp, log, total, total_nonzero
from ncverify.evidence.instances import counterexample
from ncverify.evidence.workbench import Workbench
from ncverify.theory.groups import AbelianGroup

from ..garrod.lyapunov import S_rate, V_rate, lyapunov, mean_gap_nonnegative, mean_q, mean_u, pairs_identity
from ..garrod.model import (
    CLASSES,
    D0,
    G0,
    POSITIVE,
    SYMMETRIC,
    ZERO_MODE,
    K,
    S,
    Softmax,
    a,
    classes,
    g,
    h,
    i,
    j,
    more_than_one,
    p,
    phat,
    positive,
    s,
    s_rate,
    softmax,
    symmetric,
    z,
)
from ..garrod.reduced import BALANCED, FAMILY, GRADIENT_FLOW, L, P, Z
from .losses import Reduced, columns, family, on_the_family, pull, reduced, slopes, softmax_on_the_family

gamma = Sym("gamma")

EXPONENT = Hypothesis("gamma-nonnegative", "gamma >= 0 (only for w > 0)", r"\gamma\ge0")


def focal_weight(share: Term) -> Term:
    """w = (1-p)^gamma - gamma (1-p)^(gamma-1) p log p, with (1-p)^gamma = exp(gamma log(1-p))."""
    power = exp(gamma * log(1 - share))
    return power - gamma * power / (1 - share) * share * log(share)


def weight_positive(base: Softmax) -> tuple[Theorem, Theorem]:
    """The two terms of w at p(0): one > 0, one >= 0."""
    miss = linear(
        greater(1 - p(G0), 0),
        sum_over(base.p_positive, g, nonzero=True, several=classes),
        contract=[base.p_total],
    )
    power, share = exp_positive(gamma * log(1 - p(G0))), base.p_positive.at({g: G0})
    falling = linear(greater(-log(p(G0)), 0), log_tangent(share), miss)
    exponent = hypothesis("gamma-nonnegative", at_least(gamma, 0), "pointwise")
    slope = product(product(power, reciprocal(miss)), product(share, falling))
    return power, product(exponent, slope)


@claim(
    id="focal-flow",
    paper="beyond",
    kind="extension",
    place="the focal loss on the spectral family",
    title="The focal loss moves like the cross-entropy, in another time",
    plain="For the loss -(1-p)^gamma log p of each sample, p the probability of its class, the pull is w times that of the "
    "cross-entropy, w = (1-p)^gamma - gamma (1-p)^(gamma-1) p log p at p = p(0): the family is invariant and, balanced, "
    "s_a' = 2 s_a w (1 - phat_a). For gamma >= 0, w > 0: a change of time, so that the orbits are those of the "
    "cross-entropy; mode 0 does not move.",
    latex=r"\dot s_a=2s_a\,w\,(1-\hat p_a),\quad w=(1-p)^\gamma-\gamma(1-p)^{\gamma-1}p\log p>0,\quad p=p(0)",
    scope="every K >= 2 and d, every finite abelian group, every real alpha, beta and frame R; the flow for every real gamma",
    hypotheses=[*FAMILY, *GRADIENT_FLOW, BALANCED, CLASSES, EXPONENT],
    goals={
        **reduced(focal_weight(p(G0)) * (1 - phat(a))),
        "flow": equal(s_rate(a), 2 * s(a) * focal_weight(p(G0)) * (1 - phat(a))),
        "mode 0": equal(s_rate(D0), 0),
        "w > 0": greater(focal_weight(p(G0)), 0),
    },
    expected="proved",
    tags=["reduction", "losses", "all-K"],
)
def focal_flow(bench: Workbench) -> None:
    """The loss is a function of P_jj alone, so its pull is that of log P_jj times its derivative by log P_jj."""
    base, flow = family().base, focal_loss().show(bench)
    bench.show("flow", linear(bench.goal("flow"), flow))
    still = (-2 * s(D0) * focal_weight(p(G0)), base.phat_zero)
    bench.show("mode 0", linear(bench.goal("mode 0"), flow.at({a: D0}), still))
    bench.show("w > 0", linear(bench.goal("w > 0"), *weight_positive(base)))


@lru_cache(maxsize=1)
def focal_loss() -> Reduced:
    """The flow of L = -sum_j (1 - P_jj)^gamma log P_jj."""
    x, soft = family(), columns(Z(i, j))
    others = sum_over(soft.P_positive.at({i: h + j}), h, nonzero=True, several=classes)
    miss = linear(greater(1 - P(j, j), 0), others, (-1, soft.P_total))
    L_is = define(L, -total(j, exp(gamma * log(1 - P(j, j))) * log(P(j, j))))
    pull_is = define(pull(i, j), focal_weight(P(j, j)) * (delta(i - j) - P(i, j)))
    found = slopes(L_is, soft, pull_is, constants=["gamma"], regular=[miss])
    w = focal_weight(p(G0))
    form = linear(
        equal(pull(i, j), w * (delta(i - j) - p(i - j))), unfold=[pull_is, softmax_on_the_family(soft)]
    )
    return on_the_family(w * (1 - phat(a)), found, form, unfold=[x.base.phat_is], even=[x.base.p_even])


FOCAL_FLOW = Hypothesis(
    "focal-balanced-flow",
    "s follows the balanced reduced flow of the focal loss (claim focal-flow)",
    r"\dot s_a=2s_aw(1-\hat p_a)",
)


@claim(
    id="focal-lyapunov",
    paper="beyond",
    kind="extension",
    place="lyapunov-derivative for the focal loss",
    title="The KL divergence to the uniform spectrum decreases under the focal loss too",
    plain="With V = KL(u || s/S) of lyapunov-derivative and w > 0 of focal-flow, V' = -2 w (1-p(0))/z(0) (E_q z - E_u z) "
    "<= 0 along the flow of the focal loss, for every gamma >= 0: w times the rate for the cross-entropy.",
    latex=r"\dot V=-\frac{2w(1-p(0))}{z(0)}\bigl(\mathbb E_q z-\mathbb E_u z\bigr)\le0",
    scope="every K >= 2, every finite abelian group, every real symmetric positive spectrum",
    hypotheses=[SYMMETRIC, FOCAL_FLOW, POSITIVE, ZERO_MODE, CLASSES, EXPONENT],
    goals={
        "derivative": equal(V_rate, -2 * focal_weight(p(G0)) * (1 - p(G0)) / z(G0) * (mean_q - mean_u)),
        "decreasing": at_least(0, V_rate),
    },
    depends=["focal-flow"],
    expected="proved",
    tags=["lyapunov", "losses", "all-K"],
)
def focal_lyapunov(bench: Workbench) -> None:
    """Every rate is w times that of the cross-entropy; then as there."""
    y = lyapunov()
    base, w = y.base, focal_weight(p(G0))
    flow = bench.assume("focal-balanced-flow", "focal-flow", "flow")
    S_dot = derivative(y.S_is, S_rate, {"s": ((a,), s_rate(a))})
    V_dot = derivative(
        y.V_is, V_rate, {"s": ((a,), s_rate(a))}, along=[S_dot], regular=[y.S_positive, positive]
    )
    relative = linear(
        equal(s(a) ** -1 * s_rate(a), 2 * w * (1 - phat(a))).where(a), (s(a) ** -1, flow), nonzero=[positive]
    )
    growth = linear(
        equal(S_rate, 2 * K * w * (z(G0) - total(g, z(g) * p(g)))),
        S_dot,
        sum_over(flow, a, nonzero=True),
        unfold=[base.phat_is, base.z_is],
        even=[symmetric, base.p_even],
        contract=[base.p_total],
    )
    logs = linear(
        equal(total_nonzero(a, s(a) ** -1 * s_rate(a)), 2 * K * w * (1 - p(G0))),
        sum_over(relative, a, nonzero=True),
        unfold=[base.phat_is],
        contract=[base.p_total],
    )
    moving = bench.show(
        "derivative",
        linear(
            bench.goal("derivative"),
            V_dot,
            (S**-1, growth),
            (-((K - 1) ** -1), logs),
            unfold=[y.S_trace, y.mean_q_is, y.mean_u_is, y.q_is],
            contract=[base.p_total, y.z_total],
            nonzero=[y.z0_positive, y.off_positive, more_than_one],
        ),
    )
    means = mean_gap_nonnegative(y, pairs_identity(y))
    pace = linear(greater(w, 0), *weight_positive(base))
    size = product(product(y.off_positive, reciprocal(y.z0_positive)), product(pace, means))
    bench.show("decreasing", linear(bench.goal("decreasing"), (-1, moving), (2, size)))


@claim(
    id="focal-flow-naive",
    paper="beyond",
    kind="extension",
    place="a tempting form of focal-flow: the factor (1-p)^gamma as if it were constant",
    title="The focal loss only multiplies the rates by (1 - p)^gamma",
    plain="For the focal loss, balanced, s_a' = 2 s_a (1-p)^gamma (1 - phat_a) with p = p(0). (False for every gamma > 0: "
    "the factor moves too, which adds -gamma (1-p)^(gamma-1) p log p > 0; witnesses for gamma = 1 and gamma = 2.)",
    latex=r"\dot s_a=2s_a(1-p)^\gamma(1-\hat p_a)",
    scope="exact points: gamma = 1, 2; K = 2, s_1 = 1",
    depends=["focal-flow"],
    corrected_by="focal-flow",
    expected="refuted",
    tags=["reduction", "losses", "erratum"],
)
def focal_flow_naive(bench: Workbench) -> None:
    """The rate that focal-flow proves, against the formula, in balls."""
    rate = bench.use("focal-flow", "flow").relation.rhs
    naive = equal(rate, 2 * s(a) * exp(gamma * log(1 - p(G0))) * (1 - phat(a)))
    for value in (1, 2):
        facts = [*softmax(symmetric).definitions, define(gamma, value)]
        bench.add(partial(counterexample, naive, facts, [AbelianGroup.walsh(1)], spectra=one_mode))


def one_mode(group: AbelianGroup) -> list[tuple[Fraction, ...]]:
    """s_a = 1 for a != 0."""
    return [(Fraction(0), *[Fraction(1)] * (group.order - 1))]
