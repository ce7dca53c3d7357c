"""The Lyapunov function of the balanced flow: V = KL(u || s/S), its derivative and its zeros."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from ncverify.book.claim import Hypothesis
from ncverify.book.registry import claim
from ncverify.derive.kernel import (
    Theorem,
    at_least,
    congruent_log,
    define,
    derivative,
    each_zero,
    equal,
    exp_increasing,
    exp_injective,
    exp_positive,
    greater,
    hypothesis,
    linear,
    log_product,
    log_reciprocal,
    log_tangent,
    log_tangent_contact,
    number_positive,
    product,
    reciprocal,
    sum_over,
)
from ncverify.derive.terms import Function, Sym, chi, exp, log, total, total_nonzero
from ncverify.evidence.instances import CYCLIC, WALSH, instances
from ncverify.evidence.workbench import Workbench
from ncverify.theory.groups import AbelianGroup

from .model import (
    CLASSES,
    FLOW,
    G0,
    PAPER,
    POSITIVE,
    SYMMETRIC,
    ZERO_MODE,
    K,
    Q,
    S,
    Softmax,
    a,
    b,
    classes,
    g,
    h,
    more_than_one,
    order,
    p,
    phat,
    positive,
    q,
    s,
    s_rate,
    softmax,
    symmetric,
    z,
    zero_mode,
)

V, V_rate, S_rate = Sym("V"), Sym("V'"), Sym("S'")
mean_q, mean_u, kl_qu, kl_uq = Sym("Eq"), Sym("Eu"), Sym("KLqu"), Sym("KLuq")
share = Function("x", ("D",))


@dataclass(frozen=True)
class Lyapunov:
    """V and the two distributions it compares, on top of the softmax of a spectrum."""

    base: Softmax
    S_is: Theorem
    S_positive: Theorem
    S_trace: Theorem
    V_is: Theorem
    q_is: Theorem
    q_total: Theorem
    mean_q_is: Theorem
    mean_u_is: Theorem
    z_total: Theorem
    z0_positive: Theorem
    off_positive: Theorem


def lyapunov() -> Lyapunov:
    """Define S, V, q and the two means, with the facts every proof below uses."""
    base = softmax(symmetric)
    S_is = define(S, total_nonzero(a, s(a)))
    S_positive = linear(greater(S, 0), sum_over(positive, a, nonzero=True, several=classes), unfold=[S_is])
    S_trace = linear(equal(S, K * z(G0)), (-1, zero_mode), unfold=[S_is, base.z_is])
    z0_positive = linear(greater(z(G0), 0), S_positive, (-1, S_trace), divide_by=order)
    V_is = define(V, log(S) - total_nonzero(a, log(s(a))) / (K - 1) - log(K - 1))
    off_positive = linear(
        greater(1 - p(G0), 0),
        sum_over(base.p_positive, g, nonzero=True, several=classes),
        contract=[base.p_total],
    )
    q_is = define(q(g), p(g) / (1 - p(G0)))
    q_total = linear(
        equal(total_nonzero(g, q(g)), 1), unfold=[q_is], contract=[base.p_total], nonzero=[off_positive]
    )
    mean_q_is = define(mean_q, total_nonzero(g, q(g) * z(g)))
    mean_u_is = define(mean_u, total_nonzero(g, z(g)) / (K - 1))
    z_total = linear(equal(total(g, z(g)), 0), zero_mode, unfold=[base.z_is])
    return Lyapunov(
        base,
        S_is,
        S_positive,
        S_trace,
        V_is,
        q_is,
        q_total,
        mean_q_is,
        mean_u_is,
        z_total,
        z0_positive,
        off_positive,
    )


KL_SUM = equal(mean_q - mean_u, kl_qu + kl_uq)
PAIRS = equal(
    mean_q - mean_u,
    total_nonzero(g, total_nonzero(h, (q(g) - q(h)) * (z(g) - z(h)))) / (2 * (K - 1)),
)


@claim(
    id="lyapunov-derivative",
    paper=PAPER,
    kind="published",
    place="abstract (the explicit Lyapunov function); the formula for its derivative is ours",
    title="The KL divergence to the uniform spectrum decreases along the flow",
    plain="With V = KL(u || s/S) = log S - (1/(K-1)) sum_{a!=0} log s_a - log(K-1), q(g) = p(g)/(1-p(0)) and "
    "u uniform on the g != 0: V' = -2 (1-p(0))/z(0) (E_q z - E_u z), and E_q z - E_u z = KL(q||u) + KL(u||q) "
    "= (1/(K-1)) times the sum over pairs g < h of (q(g)-q(h)) (z(g)-z(h)), so V' <= 0.",
    latex=r"\dot V=-\frac{2(1-p(0))}{z(0)}\bigl(\mathbb E_q z-\mathbb E_u z\bigr)\le 0,\quad "
    r"\mathbb E_q z-\mathbb E_u z=\mathrm{KL}(q\Vert u)+\mathrm{KL}(u\Vert q)",
    scope="every K >= 2, every finite abelian group, every real symmetric positive spectrum",
    hypotheses=[SYMMETRIC, FLOW, POSITIVE, ZERO_MODE, CLASSES],
    goals={
        "derivative": equal(V_rate, -2 * (1 - p(G0)) / z(G0) * (mean_q - mean_u)),
        "kl": KL_SUM,
        "pairs": PAIRS,
        "decreasing": at_least(0, V_rate),
    },
    depends=["reduced-ode"],
    expected="proved",
    tags=["lyapunov", "all-K"],
)
def lyapunov_derivative(bench: Workbench) -> None:
    """Plancherel turns sums over characters into sums over classes; exp is increasing does the rest."""
    y = lyapunov()
    base = y.base
    flow = bench.assume("balanced-flow", "reduced-ode", "balanced")

    # Differentiate V: S' = sum s_a', and each log gives s_a'/s_a = 2 (1 - phat_a).
    rates = {"s": ((a,), s_rate(a))}
    S_dot = derivative(y.S_is, S_rate, rates)
    V_dot = derivative(y.V_is, V_rate, rates, along=[S_dot], regular=[y.S_positive, positive])
    relative = linear(
        equal(s(a) ** -1 * s_rate(a), 2 * (1 - phat(a))).where(a), (s(a) ** -1, flow), nonzero=[positive]
    )

    # Plancherel: sum_a s_a phat_a = K <z, p> and sum_a phat_a = K p(0).
    growth = linear(
        equal(S_rate, 2 * K * (z(G0) - total(g, z(g) * p(g)))),
        S_dot,
        sum_over(flow, a, nonzero=True),
        unfold=[base.phat_is, base.z_is],
        even=[symmetric, base.p_even],
        contract=[base.p_total],
    )
    logs = linear(
        equal(total_nonzero(a, s(a) ** -1 * s_rate(a)), 2 * K * (1 - p(G0))),
        sum_over(relative, a, nonzero=True),
        unfold=[base.phat_is],
        contract=[base.p_total],
    )
    bench.show(
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

    # log of (K-1) q(g) is z(g) + a constant, which cancels in the symmetrised divergence.
    ratio = q(g) * (K - 1)
    weight, off_weight = reciprocal(base.Q_positive), reciprocal(y.off_positive)
    first = product(exp_positive(z(g)), weight)
    second = product(first, off_weight)
    odds = product(second, more_than_one)
    ratio_is = linear(equal(ratio, odds.relation.lhs), ((K - 1) / (1 - p(G0)), base.p_is), unfold=[y.q_is])
    ratio_positive = linear(greater(ratio, 0), odds, ratio_is)
    constant = log(Q**-1) + log((1 - p(G0)) ** -1) + log(K - 1)
    log_ratio = linear(
        equal(log(ratio), z(g) + constant),
        congruent_log(ratio_is),
        log_product(second, more_than_one),
        log_product(first, off_weight),
        log_product(exp_positive(z(g)), weight),
    )
    log_inverse = linear(
        equal(log(ratio**-1), -z(g) - constant), log_reciprocal(ratio_positive), (-1, log_ratio)
    )
    kl_qu_is = define(kl_qu, total_nonzero(g, q(g) * log(ratio)))
    kl_uq_is = define(kl_uq, total_nonzero(g, log(ratio**-1)) / (K - 1))
    weighted = linear(equal(q(g) * log(ratio), q(g) * (z(g) + constant)), (q(g), log_ratio))
    bench.show(
        "kl",
        linear(
            bench.goal("kl"),
            (-1, sum_over(weighted, g, nonzero=True)),
            (-1 / (K - 1), sum_over(log_inverse, g, nonzero=True)),
            (-1 * constant, y.q_total),
            unfold=[kl_qu_is, kl_uq_is, y.mean_q_is, y.mean_u_is],
            nonzero=[more_than_one],
        ),
    )
    pairs = bench.show(
        "pairs",
        linear(
            bench.goal("pairs"),
            unfold=[y.mean_q_is, y.mean_u_is, y.q_is],
            contract=[base.p_total],
            nonzero=[more_than_one, y.off_positive],
        ),
    )

    means = mean_gap_nonnegative(y, pairs)
    bench.show(
        "decreasing",
        linear(
            bench.goal("decreasing"),
            (-1, bench.theorems["derivative"]),
            (2, product(product(y.off_positive, reciprocal(y.z0_positive)), means)),
        ),
    )
    definitions = [*base.definitions, y.S_is, y.V_is, y.q_is, y.mean_q_is, y.mean_u_is, V_dot, S_dot, flow]
    bench.beside(
        lambda: instances(
            definitions, {"derivative": bench.claim.goals["derivative"]}, [*WALSH, *CYCLIC, MIXED]
        )
    )
    bench.beside(lambda: instances(definitions, {"pairs": bench.claim.goals["pairs"]}, [*WALSH[:4], *CYCLIC]))


MIXED = AbelianGroup((2, 4))
half = number_positive(Fraction(1, 2))


def mean_gap_nonnegative(y: Lyapunov, pairs: Theorem) -> Theorem:
    """E_q z >= E_u z: each pair is (e^x - e^y)(x - y) times positive numbers."""
    gap = pair_nonnegative(y)
    spread = sum_over(sum_over(gap, h, nonzero=True), g, nonzero=True)
    return linear(at_least(mean_q - mean_u, 0), (product(half, reciprocal(more_than_one)), spread), pairs)


def pairs_identity(y: Lyapunov) -> Theorem:
    """E_q z - E_u z as a sum over pairs."""
    return linear(
        PAIRS,
        unfold=[y.mean_q_is, y.mean_u_is, y.q_is],
        contract=[y.base.p_total],
        nonzero=[more_than_one, y.off_positive],
    )


def pair_nonnegative(y: Lyapunov) -> Theorem:
    """(q(g) - q(h)) (z(g) - z(h)) >= 0."""
    scale = product(reciprocal(y.base.Q_positive), reciprocal(y.off_positive))
    pull = (z(g) - z(h)) / (1 - p(G0))
    return linear(
        at_least((q(g) - q(h)) * (z(g) - z(h)), 0),
        (scale, exp_increasing(z(g), z(h))),
        (pull, y.base.p_is),
        (-1 * pull, y.base.p_is.at({g: h})),
        unfold=[y.q_is],
    )


@claim(
    id="lyapunov-zero",
    paper=PAPER,
    kind="published",
    place="abstract (Lyapunov function)",
    title="V vanishes only at collapse, and stands still only there",
    plain="V >= 0, with V = 0 only where all s_a (a != 0) are equal; V' = 0 only where all s_a (a != 0) are "
    "equal, which is neural collapse.",
    latex=r"V\ge 0,\qquad V=0\iff \dot V=0\iff s_a=s_b\ (a,b\neq 0)",
    scope="every K >= 2, every finite abelian group, every real symmetric positive spectrum",
    hypotheses=[
        SYMMETRIC,
        POSITIVE,
        ZERO_MODE,
        CLASSES,
        Hypothesis("V-zero", "V = 0 at the state considered (second part only)", "V=0"),
        Hypothesis("spread-zero", "E_q z = E_u z, i.e. V' = 0 by lyapunov-derivative (third part only)"),
        Hypothesis("collapsed", "all s_a are equal (fourth part only)", "s_a=s_b"),
    ],
    goals={
        "nonnegative": at_least(V, 0),
        "zero of V": equal(s(a) * (K - 1), S).where(a),
        "zero of V'": equal(s(a), s(b)).where(a, b),
        "V at collapse": equal(V, 0),
        "V' at collapse": equal(mean_q, mean_u),
    },
    depends=["lyapunov-derivative"],
    expected="proved",
    tags=["lyapunov", "all-K"],
)
def lyapunov_zero(bench: Workbench) -> None:
    """log x <= x - 1 at x_a = (K-1) s_a / S; then every term of a vanishing nonnegative sum is 0."""
    y = lyapunov()
    ratio, V_sum = divergence_as_sum(y)
    x = ratio.relation.lhs
    under = linear(at_least(x - 1 - log(x), 0).where(a), log_tangent(ratio))
    bench.show(
        "nonnegative",
        linear(
            bench.goal("nonnegative"),
            (reciprocal(more_than_one), sum_over(under, a, nonzero=True)),
            V_sum,
        ),
    )
    vanishing = hypothesis("V-zero", equal(V, 0), "pointwise")
    all_terms = linear(
        equal(total_nonzero(a, x - 1 - log(x)), 0),
        ((K - 1), vanishing),
        (-1 * (K - 1), V_sum),
        nonzero=[more_than_one],
    )
    contact = each_zero(all_terms, under)
    x_one = log_tangent_contact(contact, ratio)
    bench.show("zero of V", linear(bench.goal("zero of V"), (S, x_one), nonzero=[y.S_positive]))

    # Third part: every pair of the double sum is 0, so all z(g), g != 0, agree; then so do the s_a.
    spread_zero = hypothesis("spread-zero", equal(mean_q, mean_u), "pointwise")
    means_are = pairs_identity(y)
    pair = (q(g) - q(h)) * (z(g) - z(h))
    gap = pair_nonnegative(y)
    double = linear(
        equal(total_nonzero(g, total_nonzero(h, pair)), 0),
        (2 * (K - 1), spread_zero),
        (-2 * (K - 1), means_are),
        nonzero=[more_than_one],
    )
    single = each_zero(each_zero(double, sum_over(gap, h, nonzero=True)), gap)
    exps = (exp(z(g)) - exp(z(h))) * (z(g) - z(h))
    pull = Q * (z(g) - z(h))
    stripped = linear(
        equal(exps, 0).where(g, h),
        (Q * (1 - p(G0)), single),
        (-1 * pull, y.base.p_is),
        (pull, y.base.p_is.at({g: h})),
        unfold=[y.q_is],
        nonzero=[y.off_positive, y.base.Q_positive],
    )
    level = exp_injective(stripped, z(g), z(h))
    to_mean = linear(
        equal(z(g), mean_u).where(g),
        ((K - 1) ** -1, sum_over(level, h, nonzero=True)),
        unfold=[y.mean_u_is],
        nonzero=[more_than_one],
    )
    modes = linear(equal(z(g) * chi(a, -g), mean_u * chi(a, -g)).where(g), (chi(a, -g), to_mean))
    mode = linear(
        equal(s(a), z(G0) - mean_u).where(a),
        sum_over(modes, g, nonzero=True),
        inversion(y),
    )
    bench.show("zero of V'", linear(bench.goal("zero of V'"), mode, (-1, mode.at({a: b}))))

    # Fourth part: where all s_a agree, both vanish.
    collapsed = hypothesis("collapsed", equal(s(a), s(b)).where(a, b), "pointwise")
    mean_s = linear(equal(s(a) * (K - 1), S).where(a), sum_over(collapsed, b, nonzero=True), (-1, y.S_is))
    x_is_one = linear(equal(x, 1).where(a), (1 / S, mean_s), nonzero=[y.S_positive])
    log_one = linear(equal(log(x), 0).where(a), congruent_log(x_is_one))
    term_zero = linear(equal(x - 1 - log(x), 0).where(a), x_is_one, (-1, log_one))
    bench.show(
        "V at collapse",
        linear(bench.goal("V at collapse"), V_sum, (1 / (K - 1), sum_over(term_zero, a, nonzero=True))),
    )
    common = linear(equal(s(a), S / (K - 1)).where(a), (1 / (K - 1), mean_s), nonzero=[more_than_one])
    waves = linear(equal(s(a) * chi(a, g), S / (K - 1) * chi(a, g)).where(a), (chi(a, g), common))
    flat = linear(
        equal(z(g), -S / (K * (K - 1))).where(g),
        (1 / K, sum_over(waves, a, nonzero=True)),
        (1 / K, zero_mode),
        unfold=[y.base.z_is],
    )
    weighted = linear(equal(q(g) * z(g), -1 * q(g) * S / (K * (K - 1))).where(g), (q(g), flat))
    bench.show(
        "V' at collapse",
        linear(
            bench.goal("V' at collapse"),
            sum_over(weighted, g, nonzero=True),
            (-1 / (K - 1), sum_over(flat, g, nonzero=True)),
            (-S / (K * (K - 1)), y.q_total),
            unfold=[y.mean_q_is, y.mean_u_is],
            nonzero=[more_than_one],
        ),
    )


def divergence_as_sum(y: Lyapunov) -> tuple[Theorem, Theorem]:
    """x_a = (K-1) s_a / S > 0 for a != 0, and V is the mean of x_a - 1 - log x_a."""
    ratio = product(product(positive, reciprocal(y.S_positive)), more_than_one)
    x = ratio.relation.lhs
    log_x = linear(
        equal(log(x), log(s(a)) - log(S) + log(K - 1)).where(a),
        log_product(product(positive, reciprocal(y.S_positive)), more_than_one),
        log_product(positive, reciprocal(y.S_positive)),
        log_reciprocal(y.S_positive),
    )
    V_sum = linear(
        equal(V, total_nonzero(a, x - 1 - log(x)) / (K - 1)),
        (1 / (K - 1), sum_over(log_x, a, nonzero=True)),
        (1 / S, y.S_is),
        unfold=[y.V_is],
        nonzero=[more_than_one, y.S_positive],
    )
    return ratio, V_sum


def inversion(y: Lyapunov) -> Theorem:
    """s_a = sum_g z(g) chi_a(-g)."""
    return linear(equal(s(a), total(g, z(g) * chi(a, -g))), unfold=[y.base.z_is])
