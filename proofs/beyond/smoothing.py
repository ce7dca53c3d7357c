"""Label smoothing: its reduced flow, and the finite minimum that it creates."""

from __future__ import annotations

from functools import lru_cache

from ncverify.book.claim import Hypothesis
from ncverify.book.registry import claim
from ncverify.derive.kernel import (
    Theorem,
    at_least,
    congruent_exp,
    congruent_log,
    define,
    equal,
    exp_injective,
    exp_log,
    greater,
    hypothesis,
    linear,
    log_product,
    log_reciprocal,
    log_tangent,
    product,
    reciprocal,
    sum_over,
)
from ncverify.derive.terms import Sym, chi, delta, exp, log, total
from ncverify.evidence.workbench import Workbench

from ..garrod.model import D0, G0, ZERO_MODE, K, Q, Softmax, a, g, h, i, j, order, p, phat, s, s_rate, z
from ..garrod.reduced import BALANCED, FAMILY, GRADIENT_FLOW, L, P, Z
from ..garrod.slowdown import ray, softmax_on_the_ray
from .losses import (
    Columns,
    Reduced,
    columns,
    family,
    on_the_family,
    pull,
    reduced,
    slopes,
    softmax_on_the_family,
)

eps = Sym("eps")
true_share, other_share = 1 - eps + eps / K, eps / K
target = (1 - eps) * delta(i - j) + eps / K
LOWEST = -K * (true_share * log(true_share) + (K - 1) * other_share * log(other_share))
LEVEL = log(true_share) - log(other_share)

SMOOTH = Hypothesis("eps-positive", "eps > 0", r"\varepsilon>0")
PROPER = Hypothesis("eps-below-1", "eps < 1", r"\varepsilon<1")
STANDING = Hypothesis(
    "standing", "the state does not move, s_a' = 0 (part 'equilibrium' only)", r"\dot s_a=0"
)
NONZERO = Hypothesis("no-zero-mode", "s_a > 0 for a != 0 (part 'equilibrium' only)", "s_a>0")
AT_LEVEL = Hypothesis(
    "on-the-ray",
    "s_a = log(1 - eps + eps/K) - log(eps/K) for a != 0 (all but the bound)",
    r"s_a=s^*",
)

EQUILIBRIUM = Hypothesis(
    "equilibrium", "phat_a = 1 - eps for a != 0 (part 'only there' only)", r"\hat p_a=1-\varepsilon"
)

smooth = hypothesis("eps-positive", greater(eps, 0), "pointwise")
proper = hypothesis("eps-below-1", greater(1 - eps, 0), "pointwise")


def smoothed_loss() -> Theorem:
    """L = -sum_ij target_ij log P_ij."""
    return define(L, -total(j, total(i, target * log(P(i, j)))))


@claim(
    id="label-smoothing-flow",
    paper="beyond",
    kind="extension",
    place="the cross-entropy with smoothed labels on the spectral family",
    title="Label smoothing: the modes stop at phat_a = 1 - eps",
    plain="For targets (1 - eps) e_y + eps/K the family is invariant and, balanced, s_a' = 2 s_a (1 - eps - phat_a) for "
    "a != 0; mode 0 does not move. Where no mode moves and all s_a > 0 (a != 0), phat_a = 1 - eps.",
    latex=r"\dot s_a=2s_a(1-\varepsilon-\hat p_a)",
    scope="every K and d, every finite abelian group, every real eps, every real alpha, beta and frame R",
    hypotheses=[*FAMILY, *GRADIENT_FLOW, BALANCED, STANDING, NONZERO],
    goals={
        **reduced(1 - eps + eps * delta(a) - phat(a)),
        "flow": equal(s_rate(a), 2 * s(a) * (1 - eps - phat(a))).where(a),
        "mode 0": equal(s_rate(D0), 0),
        "equilibrium": equal(phat(a), 1 - eps).where(a),
    },
    expected="proved",
    tags=["reduction", "losses", "all-K"],
)
def label_smoothing_flow(bench: Workbench) -> None:
    """The pull is the target minus P, which is circulant; the minimum is Gibbs' inequality column by column."""
    base, flow = family().base, smoothed().show(bench)
    moving = bench.show("flow", linear(bench.goal("flow"), flow))
    bench.show("mode 0", linear(bench.goal("mode 0"), flow.at({a: D0}), (-2 * s(D0), base.phat_zero)))
    still = hypothesis("standing", equal(s_rate(a), 0), "pointwise")
    nonzero = hypothesis("no-zero-mode", greater(s(a), 0).where(a), "pointwise")
    bench.show(
        "equilibrium",
        linear(
            bench.goal("equilibrium"),
            (1 / (2 * s(a)), moving),
            (-1 / (2 * s(a)), still),
            nonzero=[nonzero],
        ),
    )


@lru_cache(maxsize=1)
def smoothed() -> Reduced:
    """The flow of the smoothed loss; its pull is target - P."""
    x, soft = family(), columns(Z(i, j))
    pull_is = define(pull(i, j), target - P(i, j))
    found = slopes(smoothed_loss(), soft, pull_is, constants=["eps"])
    form = linear(equal(pull(i, j), target - p(i - j)), unfold=[pull_is, softmax_on_the_family(soft)])
    factor = 1 - eps + eps * delta(a) - phat(a)
    return on_the_family(factor, found, form, unfold=[x.base.phat_is], even=[x.base.p_even])


@claim(
    id="label-smoothing-minimum",
    paper="beyond",
    kind="extension",
    place="the cross-entropy with smoothed labels: where its flow can end",
    title="Label smoothing has its minimum at a collapsed spectrum of finite norm",
    plain="For 0 < eps < 1 the loss with targets (1 - eps) e_y + eps/K is at least K times the entropy of a target, for "
    "all W and H; at s_0 = 0, s_a = log(1 - eps + eps/K) - log(eps/K) (a != 0) it is equal to it, p is the target and "
    "phat_a = 1 - eps, so that no mode moves (label-smoothing-flow); this spectrum is the only one with phat_a = 1 - eps "
    "for all a != 0.",
    latex=r"\min L=L(s^*),\qquad s_a^*=\log\frac{1-\varepsilon+\varepsilon/K}{\varepsilon/K}\ (a\neq0)",
    scope="every K and d, every finite abelian group, every eps in (0, 1); the bound for all W and H",
    hypotheses=[*FAMILY, SMOOTH, PROPER, AT_LEVEL, ZERO_MODE, EQUILIBRIUM],
    goals={
        "minimum": at_least(L, LOWEST),
        "attained": equal(L, LOWEST),
        "p at the label": equal(p(G0), true_share),
        "p elsewhere": equal(p(g), other_share).where(g),
        "at rest": equal(phat(a), 1 - eps).where(a),
        "only there": equal(s(a), LEVEL).where(a),
    },
    expected="proved",
    tags=["losses", "all-K"],
)
def label_smoothing_minimum(bench: Workbench) -> None:
    """Gibbs' inequality column by column; on the collapse ray p has two values."""
    x, soft = family(), columns(Z(i, j))
    L_is = smoothed_loss()
    P_form = softmax_on_the_family(soft)
    small, large = shares_positive()
    gibbs = gibbs_bound(soft, small, large)
    bench.show("minimum", linear(bench.goal("minimum"), sum_over(gibbs, j), unfold=[L_is]))
    p_zero, p_other = shares_at_level(small, large)
    bench.show("p at the label", linear(bench.goal("p at the label"), p_zero))
    bench.show("p elsewhere", linear(bench.goal("p elsewhere"), p_other))
    turned = linear(equal(p(g) * chi(a, g), other_share * chi(a, g)).where(g), (chi(a, g), p_other))
    bench.show(
        "at rest",
        linear(bench.goal("at rest"), p_zero, sum_over(turned, g, nonzero=True), unfold=[x.base.phat_is]),
    )
    bench.show("only there", linear(bench.goal("only there"), only_level(x.base, small, large)))
    bench.show(
        "attained",
        linear(
            bench.goal("attained"),
            (-K * true_share, congruent_log(p_zero)),
            (-K * other_share, sum_over(congruent_log(p_other), g, nonzero=True)),
            unfold=[L_is, P_form],
        ),
    )


def only_level(base: Softmax, small: Theorem, large: Theorem) -> Theorem:
    """phat_a = 1 - eps (a != 0) makes p the target, so that z(0) - z(g) is the same for every g != 0."""
    there = hypothesis("equilibrium", equal(phat(a), 1 - eps).where(a), "pointwise")
    modes = linear(equal(phat(a) * chi(a, -g), (1 - eps) * chi(a, -g)).where(a), (chi(a, -g), there))
    shares = linear(
        equal(p(g), (1 - eps) * delta(g) + eps / K),
        (1 / K, sum_over(modes, a, nonzero=True)),
        unfold=[base.phat_is],
        contract=[base.p_total],
    )
    gap = z(G0) - z(g)
    top = linear(
        equal(exp(z(G0)), Q * true_share),
        (Q, shares.at({g: G0})),
        unfold=[base.p_is],
        nonzero=[base.Q_positive],
    )
    other = linear(
        equal(exp(z(g)), Q * other_share).where(g), (Q, shares), unfold=[base.p_is], nonzero=[base.Q_positive]
    )
    # e^gap - e^LEVEL = e^-z(g) (e^z(0) - e^z(g) true/other), and e^z(g) true/other = Q true
    away = (gap - LEVEL) * exp(-z(g))
    level_exps = linear(
        equal((exp(gap) - exp(LEVEL)) * (gap - LEVEL), 0).where(g),
        (away, top),
        (-away * true_share / other_share, other),
        (-(gap - LEVEL) / other_share, raised_level(small, large)),
        nonzero=[small, smooth],
    )
    level = exp_injective(level_exps, gap, LEVEL)
    waves = linear(equal(gap * chi(a, -g), LEVEL * chi(a, -g)).where(g), (chi(a, -g), level))
    return linear(equal(s(a), LEVEL).where(a), (-1, sum_over(waves, g, nonzero=True)), unfold=[base.z_is])


def shares_positive() -> tuple[Theorem, Theorem]:
    """eps/K > 0 and 1 - eps + eps/K > 0, for 0 < eps < 1."""
    small = linear(greater(other_share, 0), product(smooth, reciprocal(order)))
    return small, linear(greater(true_share, 0), proper, small)


def gibbs_bound(soft: Columns, small: Theorem, large: Theorem) -> Theorem:
    """-sum_i target_ij log P_ij is at least the entropy of the target: log x <= x - 1 at x = P/target."""

    def entry(share: Theorem, of: Theorem) -> Theorem:
        down = reciprocal(share)
        ratio = product(of, down)
        logs = linear(
            equal(log(ratio.relation.lhs), log(of.relation.lhs) - log(share.relation.lhs)),
            log_product(of, down),
            log_reciprocal(share),
        )
        x, level = ratio.relation.lhs, share.relation.lhs
        under = linear(at_least(x - 1 - log(of.relation.lhs) + log(level), 0), log_tangent(ratio), logs)
        rest = of.relation.lhs - level - level * log(of.relation.lhs) + level * log(level)
        return linear(at_least(rest, 0), (share, under), nonzero=[share, smooth])

    diagonal = entry(large, soft.P_positive.at({i: j}))
    others = entry(small, soft.P_positive.at({i: h + j}))
    entropy = true_share * log(true_share) + (K - 1) * other_share * log(other_share)
    return linear(
        at_least(-total(i, target * log(P(i, j))), -entropy),
        diagonal,
        sum_over(others, h, nonzero=True),
        (-1, soft.P_total),
    )


def raised_level(small: Theorem, large: Theorem) -> Theorem:
    """exp(log true_share - log other_share) other_share = true_share."""
    return linear(equal(exp(LEVEL) * other_share, true_share), (-exp(LEVEL), exp_log(small)), exp_log(large))


def shares_at_level(small: Theorem, large: Theorem) -> tuple[Theorem, Theorem]:
    """At s_a = log(1 - eps + eps/K) - log(eps/K), p(0) and p(g), g != 0, are the target."""
    base = family().base
    off_exp, top_exp, Q_form, _ = softmax_on_the_ray(base)
    raised = linear(
        equal(exp(ray) * other_share, true_share),
        (other_share, congruent_exp(define(ray, LEVEL))),
        raised_level(small, large),
    )
    size = linear(equal(Q * other_share, exp(-ray / K)), (other_share, Q_form), (exp(-ray / K), raised))
    p_zero = linear(
        equal(p(G0), true_share),
        (1 / Q, top_exp),
        (-exp(ray) / Q, size),
        raised,
        unfold=[base.p_is],
        nonzero=[base.Q_positive],
    )
    p_other = linear(
        equal(p(g), other_share).where(g),
        (1 / Q, off_exp),
        (-1 / Q, size),
        unfold=[base.p_is],
        nonzero=[base.Q_positive],
    )
    return p_zero, p_other
