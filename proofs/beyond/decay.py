"""Weight decay: every mode decays at the same rate, so the Lyapunov function does not notice."""

from __future__ import annotations

from fractions import Fraction

from ncverify.book.claim import Hypothesis
from ncverify.book.registry import claim
from ncverify.derive.kernel import (
    at_least,
    define,
    derivative,
    equal,
    factor_zero,
    greater,
    hypothesis,
    linear,
    product,
    reciprocal,
    sum_over,
)
from ncverify.derive.terms import Sym, total, total_nonzero
from ncverify.evidence.instances import CYCLIC, WALSH, instances
from ncverify.evidence.workbench import Workbench

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
    a,
    g,
    k,
    more_than_one,
    p,
    phat,
    positive,
    r,
    s,
    s_rate,
    softmax,
    symmetric,
    z,
)
from ..garrod.model import j as class_
from ..garrod.reduced import along_H, along_W, alpha, alpha_rate, beta, beta_rate, gap, gap_rate, s_even, s_is
from .samples import (
    BALANCED_SAMPLES,
    SAMPLE_FAMILY,
    SAMPLE_FLOW,
    balanced,
    decay,
    family_velocity,
    grad_U,
    grad_X,
    n,
    root_n,
    sample_amplitudes,
    sample_gradient,
    scale,
)
from .samples import c as sample

PAPER = "beyond"
pace, HALF = Sym("rho"), Fraction(1, 2)
decaying = equal(s_rate(a), 2 * s(a) * (pace * (1 - phat(a)) - decay))


@claim(
    id="weight-decay",
    paper=PAPER,
    kind="extension",
    place="generalises garrod to the regularised loss that shen treats",
    title="The reduced flow with weight decay",
    plain="Add lambda/2 (|W|^2 + |H|^2) to the loss omega (sum of the cross-entropies), n samples per class. The spectral family "
    "stays invariant, alpha_a' = omega n (1-phat_a) beta_a - lambda alpha_a, beta_a' = omega (1-phat_a) alpha_a - "
    "lambda beta_a; alpha_a^2 - n beta_a^2 decays like e^{-2 lambda t}; for alpha = sqrt n beta, s_a' = 2 s_a (rho "
    "(1-phat_a) - lambda) with rho = omega sqrt n (1 for one sample and the sum loss), and the frozen mode now decays, "
    "s_0' = -2 lambda s_0.",
    latex=r"\dot s_a=2s_a(\rho(1-\hat p_a)-\lambda),\qquad \rho=\omega\sqrt n",
    scope="every n, K and d, every lambda and omega, every finite abelian group, every real alpha, beta and frame R",
    hypotheses=[*SAMPLE_FAMILY, *SAMPLE_FLOW, BALANCED_SAMPLES],
    goals={
        "W": equal(-grad_U(k, r), along_W(scale * n * (1 - phat(a)) * beta(a) - decay * alpha(a))),
        "H": equal(-grad_X(r, class_, sample), along_H(scale * (1 - phat(a)) * alpha(a) - decay * beta(a))),
        "alpha": equal(alpha_rate(a), scale * n * (1 - phat(a)) * beta(a) - decay * alpha(a)),
        "beta": equal(beta_rate(a), scale * (1 - phat(a)) * alpha(a) - decay * beta(a)),
        "imbalance": equal(gap_rate(a), -2 * decay * gap(a)),
        "balanced": equal(s_rate(a), 2 * s(a) * (scale * root_n * (1 - phat(a)) - decay)),
        "mode 0": equal(s_rate(D0), -2 * decay * s(D0)),
    },
    depends=["samples-per-class"],
    expected="proved",
    tags=["reduction", "all-K"],
)
def weight_decay(bench: Workbench) -> None:
    """The penalty adds -lambda times the point itself, which lies in the family."""
    slope = sample_gradient(decay)
    speed_W, speed_H = family_velocity(slope, bench.goal("W"), bench.goal("H"))
    bench.show("W", speed_W)
    bench.show("H", speed_H)
    up, down = sample_amplitudes(
        scale * n * (1 - phat(a)) * beta(a) - decay * alpha(a),
        scale * (1 - phat(a)) * alpha(a) - decay * beta(a),
        speed_W,
        speed_H,
    )
    bench.show("alpha", linear(bench.goal("alpha"), up))
    bench.show("beta", linear(bench.goal("beta"), down))
    rates = {"alpha": ((a,), alpha_rate(a)), "beta": ((a,), beta_rate(a))}
    s_dot = derivative(s_is, s_rate(a), rates)
    gap_is = define(gap(a), alpha(a) ** 2 - n * beta(a) ** 2)
    gap_dot = derivative(gap_is, gap_rate(a), rates)
    bench.show(
        "imbalance",
        linear(
            bench.goal("imbalance"),
            gap_dot,
            (2 * alpha(a), up),
            (-2 * n * beta(a), down),
            unfold=[gap_is],
        ),
    )
    speed = linear(
        equal(
            s_rate(a),
            scale * (alpha(a) ** 2 + n * beta(a) ** 2) * (1 - phat(a)) - 2 * decay * s(a),
        ),
        s_dot,
        (beta(a), up),
        (alpha(a), down),
        unfold=[s_is],
    )
    bench.show(
        "balanced",
        linear(
            bench.goal("balanced"),
            speed,
            (scale * (1 - phat(a)) * (alpha(a) - root_n * beta(a)), balanced),
            unfold=[s_is],
        ),
    )
    base = softmax(s_even)
    size = scale * (alpha(D0) ** 2 + n * beta(D0) ** 2)
    bench.show("mode 0", linear(bench.goal("mode 0"), speed.at({a: D0}), (-1 * size, base.phat_zero)))


@claim(
    id="weight-decay-lyapunov",
    paper=PAPER,
    kind="extension",
    place="generalises garrod's Lyapunov function to the regularised loss",
    title="Weight decay leaves the Lyapunov derivative unchanged",
    plain="Along s_a' = 2 s_a (rho (1-phat_a) - lambda), rho > 0 and any lambda, V = KL(u || s/S) has the derivative "
    "-2 rho (1-p(0))/z(0) (E_q z - E_u z) <= 0, the one without decay: equal relative rates do not change s/S. "
    "A mode s_a > 0 stands still exactly where rho (1-phat_a) = lambda.",
    latex=r"\dot V=-\frac{2\rho(1-p(0))}{z(0)}\bigl(\mathbb E_q z-\mathbb E_u z\bigr)\le0,\qquad "
    r"\dot s_a=0<s_a\iff\rho(1-\hat p_a)=\lambda",
    scope="every K >= 2, every finite abelian group, every real symmetric positive spectrum, every lambda",
    hypotheses=[
        SYMMETRIC,
        POSITIVE,
        ZERO_MODE,
        CLASSES,
        Hypothesis(
            "decaying-flow",
            "s_a' = 2 s_a (rho (1-phat_a) - lambda) (weight-decay)",
            r"\dot s_a=2s_a(\rho(1-\hat p_a)-\lambda)",
        ),
        Hypothesis("pace-positive", "rho > 0 (for the sign of V')", r"\rho>0"),
        Hypothesis("still", "s_a' = 0 for every a != 0 (for the equilibria)", r"\dot s_a=0"),
        Hypothesis(
            "level", "rho (1-phat_a) = lambda for every a != 0 (converse)", r"\rho(1-\hat p_a)=\lambda"
        ),
    ],
    goals={
        "derivative": equal(V_rate, -2 * pace * (1 - p(G0)) / z(G0) * (mean_q - mean_u)),
        "decreasing": at_least(0, V_rate),
        "equilibrium": equal(pace * (1 - phat(a)), decay).where(a),
        "converse": equal(s_rate(a), 0).where(a),
    },
    depends=["weight-decay", "lyapunov-derivative"],
    expected="proved",
    tags=["lyapunov", "all-K"],
)
def weight_decay_lyapunov(bench: Workbench) -> None:
    """lambda adds -2 lambda S to S' and -2 lambda to each s_a'/s_a: it cancels in V'."""
    y = lyapunov()
    base = y.base
    flow = hypothesis("decaying-flow", decaying)
    rates = {"s": ((a,), s_rate(a))}
    S_dot = derivative(y.S_is, S_rate, rates)
    V_dot = derivative(y.V_is, V_rate, rates, along=[S_dot], regular=[y.S_positive, positive])
    relative = linear(
        equal(s(a) ** -1 * s_rate(a), 2 * (pace * (1 - phat(a)) - decay)).where(a),
        (s(a) ** -1, flow),
        nonzero=[positive],
    )
    growth = linear(
        equal(S_rate, 2 * K * pace * (z(G0) - total(g, z(g) * p(g))) - 2 * decay * S),
        S_dot,
        sum_over(flow, a, nonzero=True),
        (2 * decay, y.S_is),
        unfold=[base.phat_is, base.z_is],
        even=[symmetric, base.p_even],
        contract=[base.p_total],
    )
    logs = linear(
        equal(
            total_nonzero(a, s(a) ** -1 * s_rate(a)),
            2 * K * pace * (1 - p(G0)) - 2 * decay * (K - 1),
        ),
        sum_over(relative, a, nonzero=True),
        unfold=[base.phat_is],
        contract=[base.p_total],
    )
    change = bench.show(
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
    quick = hypothesis("pace-positive", greater(pace, 0))
    fall = product(product(quick, product(y.off_positive, reciprocal(y.z0_positive))), means)
    bench.show("decreasing", linear(bench.goal("decreasing"), (-1, change), (2, fall)))

    still = hypothesis("still", equal(s_rate(a), 0).where(a), "pointwise")
    product_zero = linear(
        equal(s(a) * (pace * (1 - phat(a)) - decay), 0).where(a), (-HALF, flow), (HALF, still)
    )
    bench.show("equilibrium", linear(bench.goal("equilibrium"), factor_zero(product_zero, positive)))
    level = hypothesis("level", equal(pace * (1 - phat(a)), decay).where(a), "pointwise")
    bench.show("converse", linear(bench.goal("converse"), flow, (2 * s(a), level)))
    numbers = [
        hypothesis("rho", equal(pace, Fraction(3, 2))),
        hypothesis("lambda", equal(decay, Fraction(1, 5))),
    ]
    definitions = [*base.definitions, y.S_is, y.V_is, y.q_is, y.mean_q_is, y.mean_u_is, V_dot, S_dot, flow]
    bench.beside(
        lambda: instances(
            [*definitions, *numbers],
            {"derivative, rho = 3/2, lambda = 1/5": bench.claim.goals["derivative"]},
            [*WALSH[:4], *CYCLIC[:4]],
        )
    )
