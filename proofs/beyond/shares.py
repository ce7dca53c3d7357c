"""How far the softmax off the diagonal is from uniform: the bound that small steps of descent rest on."""

from __future__ import annotations

from dataclasses import dataclass

from ncverify.derive.kernel import (
    Theorem,
    at_least,
    congruent_log,
    define,
    equal,
    exp_increasing,
    exp_log,
    exp_positive,
    exp_tangent,
    greater,
    linear,
    log_product,
    log_reciprocal,
    log_tangent,
    logarithmic_mean,
    one_of_sum,
    product,
    reciprocal,
    square,
    sum_over,
)
from ncverify.derive.terms import Function, Sym, Term, exp, log, total_nonzero

from ..garrod.lyapunov import Lyapunov, mean_q, mean_u
from ..garrod.model import (
    G0,
    K,
    Q,
    S,
    a,
    classes,
    g,
    more_than_one,
    order,
    p,
    phat,
    q,
    z,
)

PAPER = "beyond"
step = Sym("step")
factor, s_next = Function("fac", ("D",)), Function("snext", ("D",))
S_next, V_next, middle, growth_ = Sym("Snext"), Sym("Vnext"), Sym("facbar"), Sym("ratio")
shift, spread, skew = Sym("level"), Sym("Dq"), Sym("KLu")
x = z(g) - shift
MANY = K - 1
gain = 1 - phat(a)
gap = mean_q - mean_u


@dataclass(frozen=True)
class Shares:
    """How the softmax q off the diagonal differs from the uniform distribution u.

    gap = E_q z - E_u z, spread = sum (q - u)^2, skew = KL(u || q), with spread <= gap, 0 <= skew <= gap, spread <= 1
    and S (1 - p(0))/(K-1) <= log K + skew.
    """

    spread_is: Theorem
    spread_nonnegative: Theorem
    spread_small: Theorem
    spread_below_gap: Theorem
    skew_nonnegative: Theorem
    skew_below_gap: Theorem
    size_bound: Theorem


some = product(more_than_one, reciprocal(order))
floor = linear(at_least(log(K), MANY / K), log_tangent(reciprocal(order)), log_reciprocal(order))
grows = linear(greater(log(K), 0), floor, some)


def logarithm_beats(value: Term) -> Theorem:
    """log K e^y + log K (K-1) >= y (K-1): the tangent of exp at log((K-1)/log K), which is at most log K."""
    weight = log(K)
    ratio = product(more_than_one, reciprocal(grows))
    touch = log(ratio.relation.lhs)
    reduced = product(some, reciprocal(grows))
    whole = linear(equal(ratio.relation.lhs, reduced.relation.lhs * K))
    low = linear(
        at_least(weight, touch),
        log_tangent(reduced),
        (-1, congruent_log(whole)),
        (-1, log_product(reduced, order)),
        (reciprocal(grows), floor),
        nonzero=[grows],
    )
    bend = product(
        exp_positive(touch),
        linear(at_least(exp(value - touch) - 1 - value + touch, 0), exp_tangent(value - touch)),
    )
    return linear(
        at_least(weight * exp(value) + weight * MANY - value * MANY, 0),
        (grows, bend),
        (weight * (1 + value - touch), exp_log(ratio)),
        (more_than_one, low),
        more_than_one,
        nonzero=[grows],
    )


def shares(y: Lyapunov) -> Shares:
    """Everything about q that the bound needs."""
    base = y.base
    scale_positive = product(product(base.Q_positive, y.off_positive), reciprocal(more_than_one))
    scale_term = scale_positive.relation.lhs
    level_is = define(shift, log(scale_term))
    scale = linear(equal(exp(shift), scale_term), exp_log(scale_positive), unfold=[level_is])
    wave = linear(
        equal(exp(x), MANY * q(g)),
        (-1 * exp(x) * MANY / (Q * (1 - p(G0))), scale),
        (-1 * MANY / (1 - p(G0)), base.p_is),
        unfold=[y.q_is],
        nonzero=[base.Q_positive, y.off_positive, more_than_one],
    )
    wave_total = linear(
        equal(total_nonzero(g, exp(x)), MANY), sum_over(wave, g, nonzero=True), (MANY, y.q_total)
    )
    spread_is = define(spread, total_nonzero(g, (q(g) - 1 / MANY) ** 2))
    skew_is = define(skew, shift - mean_u)

    # With e^x = (K-1) q, all sums are sums of functions of x whose signs are known one by one.
    pull = sum_over(linear(equal(MANY * q(g) * x, exp(x) * x), (-1 * x, wave)), g, nonzero=True)
    gap_form = linear(
        equal(MANY * gap, total_nonzero(g, (exp(x) - 1) * x)),
        pull,
        (shift * MANY, y.q_total),
        unfold=[y.mean_q_is, y.mean_u_is],
        nonzero=[more_than_one],
    )
    spread_form = linear(
        equal(MANY**2 * spread, total_nonzero(g, (exp(x) - 1) ** 2)),
        (
            -1,
            sum_over(
                linear(equal((exp(x) - 1) ** 2, (MANY * q(g) - 1) ** 2), (exp(x) + MANY * q(g) - 2, wave)),
                g,
                nonzero=True,
            ),
        ),
        unfold=[spread_is],
        nonzero=[more_than_one],
    )
    tangent = linear(at_least(exp(x) - 1 - x, 0), exp_tangent(x))
    mirror = product(exp_positive(x), linear(at_least(exp(-1 * x) - 1 + x, 0), exp_tangent(-1 * x)))
    skew_nonnegative = linear(
        at_least(skew, 0),
        sum_over(tangent, g, nonzero=True),
        (-1, wave_total),
        unfold=[skew_is, y.mean_u_is],
        divide_by=more_than_one,
        nonzero=[more_than_one],
    )
    skew_below_gap = linear(
        at_least(gap, skew),
        sum_over(mirror, g, nonzero=True),
        gap_form,
        wave_total,
        unfold=[skew_is, y.mean_u_is],
        divide_by=more_than_one,
        nonzero=[more_than_one],
    )
    room = linear(
        at_least(MANY - exp(x), 0).where(g), one_of_sum(exp_positive(x), g, nonzero=True), (-1, wave_total)
    )
    steep = linear(at_least((exp(x) - 1) * x, 0), exp_increasing(x, 0))
    each = linear(
        at_least(K * (exp(x) - 1) * x, 2 * (exp(x) - 1) ** 2).where(g),
        product(steep, room),
        logarithmic_mean(x, 0),
    )
    twice = linear(
        at_least(K * MANY * gap, 2 * MANY**2 * spread),
        sum_over(each, g, nonzero=True),
        (K, gap_form),
        (-2, spread_form),
    )
    spread_nonnegative = linear(
        at_least(spread, 0), sum_over(square(q(g) - 1 / MANY), g, nonzero=True), unfold=[spread_is]
    )
    spare = product(more_than_one, linear(at_least(K - 2, 0), classes))
    spread_below_gap = linear(
        at_least(gap, spread),
        twice,
        (spare, spread_nonnegative),
        divide_by=product(order, more_than_one),
    )
    q_positive = linear(
        greater(q(g), 0), product(base.p_positive, reciprocal(y.off_positive)), unfold=[y.q_is]
    )
    q_small = linear(at_least(1 - q(g), 0).where(g), one_of_sum(q_positive, g, nonzero=True), (-1, y.q_total))
    spread_small = linear(
        at_least(1, spread),
        sum_over(product(q_positive, q_small), g, nonzero=True),
        reciprocal(more_than_one),
        (2 / MANY - 1, y.q_total),
        unfold=[spread_is],
        nonzero=[more_than_one],
    )
    rise = z(G0) - shift
    top = linear(
        equal(exp(rise) * (1 - p(G0)), MANY * p(G0)),
        (1 - p(G0), wave.at({g: G0})),
        unfold=[y.q_is],
        nonzero=[y.off_positive],
    )
    share = product(y.off_positive, reciprocal(more_than_one))
    size_bound = linear(
        at_least(log(K) + skew, S * (1 - p(G0)) / MANY),
        (share, logarithm_beats(rise)),
        (-1 * log(K) / MANY, top),
        product(base.p_positive.at({g: G0}), skew_nonnegative),
        ((p(G0) - 1) / MANY, y.z_total),
        unfold=[y.S_trace, skew_is, y.mean_u_is],
        nonzero=[more_than_one],
    )
    return Shares(
        spread_is,
        spread_nonnegative,
        spread_small,
        spread_below_gap,
        skew_nonnegative,
        skew_below_gap,
        size_bound,
    )
