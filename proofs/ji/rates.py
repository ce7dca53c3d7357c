"""How fast within-class variability can vanish: not like 1/log t where the conserved imbalance forbids it."""

from __future__ import annotations

from functools import cache

from ncverify.book.claim import Hypothesis
from ncverify.book.registry import claim
from ncverify.derive.kernel import (
    Relation,
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
    log_reciprocal,
    log_tangent,
    nondecreasing,
    one_of_sum,
    product,
    reciprocal,
    square,
    sum_over,
)
from ncverify.derive.terms import Fraction, Function, Num, Sym, Term, exp, log, total, total_nonzero
from ncverify.evidence.workbench import Workbench

from .alignment import (
    LEVEL,
    LEVEL_POSITIVE,
    SMALL_LOSS,
    D,
    E,
    E_below_1,
    E_from_m,
    E_is,
    E_positive,
    Growth,
    gamma,
    growth,
    level_positive,
    log_nonnegative,
    loss_below_E,
    loss_falls,
    loss_is_positive,
    m,
    m_positive,
    m_rate,
    normalised_margin,
)
from .critical import A, A_is
from .flow import FLOW, balance, balance_is, balance_rate, gradient_norm, rates
from .infimum import loss_form, rest, rest_positive, rest_split
from .kkt import wrong_probability
from .model import (
    CLASSES,
    PAPER,
    H,
    K,
    L,
    P,
    P_positive,
    P_total,
    W,
    Z,
    b,
    c,
    grad_H,
    grad_W,
    gradient,
    h,
    i,
    j,
    k,
    l,
    mean_H,
    n,
    norm_H,
    order,
    q,
    r,
    samples,
    size,
    sum_of_squares,
)
from .squares import deviation, within_part

a, kappa = Function("a", ("F",)), Sym("kappa")
clock, clock_rate = Sym("time"), Sym("time'")
race, race_rate = Sym("z"), Sym("z'")
spread_of, distance_of = Function("within", ("G", "N")), Function("between", ("G", "N"))
mean_all = Function("Hall", ("F",))
inverse_e = exp(Num(Fraction(-1)))
pace = 2 * K / gamma * inverse_e

FREE = [
    Hypothesis("unit", "|a| = 1", r"\|a\|=1"),
    Hypothesis("across-means", "<a, hbar_k> = 0 for every class", r"\langle a,\bar h_k\rangle=0"),
    Hypothesis("imbalance", "<a, (H H^T - W^T W) a> >= kappa", r"a^{\top}(HH^{\top}-W^{\top}W)a\geq\kappa"),
]
unit = hypothesis("unit", equal(total(r, a(r) * a(r)), 1), "pointwise")
across = hypothesis("across-means", equal(total(r, a(r) * mean_H(r, k)), 0), "pointwise")
imbalance = hypothesis(
    "imbalance", at_least(total(r, total(q, a(r) * balance(r, q) * a(q))), kappa), "pointwise"
)


@cache
def within_at_least() -> Theorem:
    """sum |h_kc - hbar_k|^2 >= kappa: along a the features vary at least as the imbalance says."""
    along = total(r, a(r) * deviation)
    parallel = sum_of_squares(deviation - a(r) * along_at(), r, k, c)
    seen = linear(
        equal(along, total(r, a(r) * H(r, k, c))),
        (-1, across),
    )
    squares = sum_over(
        sum_over(
            linear(
                equal(along**2, total(r, a(r) * H(r, k, c)) ** 2), (along + total(r, a(r) * H(r, k, c)), seen)
            ),
            c,
        ),
        k,
    )
    quadratic = linear(
        equal(
            total(r, total(q, a(r) * balance(r, q) * a(q))),
            total(k, total(c, total(r, a(r) * H(r, k, c)) ** 2)) - total(k, total(r, W(k, r) * a(r)) ** 2),
        ),
        unfold=[balance_is],
    )
    return linear(
        at_least(within_part, kappa),
        imbalance,
        (-1, quadratic),
        squares,
        sum_over(square(total(r, W(k, r) * a(r))), k),
        parallel,
        contract=[unit],
    )


@cache
def along_at() -> Term:
    """<a, h_kc - hbar_k>, under another name of the summed index."""
    return total(q, a(q) * (H(q, k, c) - mean_H(q, k)))


def gradient_at_most(known: Growth) -> Theorem:
    """|grad L|^2 <= K L^2 R^2: Cauchy's inequality, and |A_{j,kc}| <= 1 - 1/T_kc <= log T_kc."""
    away = exp_positive(Z(k + h, k, c) - Z(k, k, c))
    own = log(rest(k, c))
    log_terms = log_nonnegative(away)
    below = linear(
        at_least(L - own, 0), loss_form, one_of_sum(sum_over(log_terms, c), k), one_of_sum(log_terms, c)
    )
    missed = 1 - 1 / rest(k, c)
    missed_at_most = linear(
        at_least(own - missed, 0), log_reciprocal(rest_positive), log_tangent(reciprocal(rest_positive))
    )
    missed_nonnegative = linear(
        at_least(missed, 0),
        product(reciprocal(rest_positive), sum_over(away, h, nonzero=True)),
        (1 / rest(k, c), rest_split),
        nonzero=[rest_positive],
    )
    squared = linear(
        at_least(own * L - missed * missed, 0),
        product(log_terms, below),
        product(missed_at_most, log_terms),
        product(missed_at_most, missed_nonnegative),
    )
    right = linear(equal(A(k, k, c), missed), A_is.at({j: k}), (-1, wrong_probability().at({j: k})))
    wrong = linear(
        equal(total_nonzero(h, P(k + h, k, c)), missed), P_total, (-1, wrong_probability().at({j: k}))
    )
    chance = P_positive.at({j: k + h})
    small = linear(
        at_least(missed - P(k + h, k, c), 0).where(h), (-1, wrong), one_of_sum(chance, h, nonzero=True)
    )
    other = linear(
        at_least(missed * missed - A(k + h, k, c) ** 2, 0).where(h),
        product(small, missed_nonnegative),
        product(small, chance),
        unfold=[A_is],
    )
    entries = linear(
        at_least(K * own * L, total(j, A(j, k, c) ** 2)),
        sum_over(other, h, nonzero=True),
        (order, squared),
        (-1 * (A(k, k, c) + missed), right),
    )
    frobenius = total(k, total(c, total(j, A(j, k, c) ** 2)))
    whole = linear(at_least(K * L * L, frobenius), sum_over(sum_over(entries, c), k), (K * L, loss_form))
    slope = gradient()
    # Lagrange's identity for both factors of the gradient
    cross_W = sum_of_squares(A(j, k, c) * H(r, l, b) - A(j, l, b) * H(r, k, c), j, r, k, c, l, b)
    cross_H = sum_of_squares(W(j, r) * A(i, k, c) - W(i, r) * A(j, k, c), r, k, c, j, i)
    half = Fraction(1, 2)
    by_A = linear(
        at_least(frobenius * size, gradient_norm),
        (half, cross_W),
        (half, cross_H),
        unfold=[
            linear(
                equal(grad_W(i, q), -1 * total(k, total(c, A(i, k, c) * H(q, k, c)))),
                slope.by_W,
                unfold=[A_is],
            ),
            linear(equal(grad_H(q, l, b), -1 * total(j, W(j, q) * A(j, l, b))), slope.by_H, unfold=[A_is]),
        ],
    )
    return linear(
        at_least(K * L * L * D, gradient_norm),
        (known.D_positive, linear(at_least(K * L * L - frobenius, 0), whole)),
        by_A,
        (frobenius, known.D_is),
    )


def speed_at_most(known: Growth) -> Theorem:
    """m' <= (2 K/gamma) m exp(-m)."""
    steep = gradient_at_most(known)
    squares = product(
        linear(at_least(E - L, 0), loss_below_E), linear(greater(E + L, 0), E_positive, loss_is_positive)
    )
    norm_of = product(order, known.D_positive)
    squared_E = product(E_positive, E_positive)
    fast = linear(
        at_least(2 * K / gamma * m * E, m_rate),
        (-1, known.m_rate),
        (exp_positive(L), steep),
        (product(exp_positive(L), norm_of), squares),
        (product(norm_of, squared_E), linear(at_least(1 - E, 0), E_below_1)),
        (
            linear(
                greater(2 * K / gamma * E * E, 0),
                (2, product(product(order, reciprocal(level_positive)), squared_E)),
            ),
            linear(at_least(m - gamma * D, 0), normalised_margin()[1]),
        ),
        (K * E * E * D, E_is),
        divide_by=E_positive,
        nonzero=[level_positive],
    )
    return linear(at_least(2 * K / gamma * m * exp(-1 * m), m_rate), fast, (2 * K / gamma * m, E_from_m))


@claim(
    id="nc1-rate-bound",
    paper=PAPER,
    kind="corrected",
    place="Section 4: 'within-class variation decreases at rate O(1/log t)'",
    title="Where the conserved imbalance is large, NC1 falls no faster than 1/sqrt(log t)",
    plain="B = H H^T - W^T W is conserved. For every unit a orthogonal to the class means sum |h_kc - hbar_k|^2 >= <a, B a>; "
    "if B >= kappa > 0 on a subspace of dimension K+1, such an a with <a, B a> >= kappa exists at every time (K conditions; for generic starts "
    "with d >= 2K+1 and n >= 2 there is such a subspace). While L < log 2 and m >= gamma R^2 (claim alignment), m' <= (2K/gamma) m e^{-m}, so "
    "e^{m/2} - (2K/(e gamma)) t never grows: m <= 2 log(c_0 + c t). With NC1 = (mean of |h_kc - hbar_k|)/(mean of |h_kc - hbar|): "
    "n K m NC1^2 >= kappa gamma.",
    latex=r"\mathrm{NC1}\ge\sqrt{\frac{\kappa\gamma}{nK\,m(t)}},\qquad m(t)\le2\log(c_0+ct)",
    scope="every K >= 2, every d and n, every gradient flow of the sum loss with L < log 2 and such an imbalance",
    hypotheses=[
        CLASSES,
        *FLOW,
        SMALL_LOSS,
        LEVEL_POSITIVE,
        LEVEL,
        *FREE,
        Hypothesis("imbalance-positive", "kappa > 0", r"\kappa>0"),
        Hypothesis("clock", "time' = 1: the time as a quantity that moves"),
        Hypothesis("within-norm", "w_kc^2 = |h_kc - hbar_k|^2"),
        Hypothesis("within-nonnegative", "w_kc >= 0"),
        Hypothesis("between-norm", "b_kc^2 = |h_kc - hbar|^2, hbar the mean of all features"),
    ],
    goals={
        "conserved": equal(balance_rate(r, q), 0),
        "within": at_least(within_part, kappa),
        "speed": at_least(2 * K / gamma * m * exp(-1 * m), m_rate),
        "growth": Relation(race, "nondecreasing"),
        "norms": at_least(m, gamma * size),
        "NC1": at_least(
            n * K * m * total(k, total(c, spread_of(k, c))) ** 2,
            kappa * gamma * total(k, total(c, distance_of(k, c))) ** 2,
        ),
    },
    depends=["alignment", "conserved"],
    expected="proved",
    tags=["flow", "rate", "all-K"],
)
def nc1_rate_bound(bench: Workbench) -> None:
    """The imbalance keeps the features spread; the norm grows like the square root of log t at most."""
    bench.show("conserved", bench.use("conserved", "balance"))
    within = bench.show("within", linear(bench.goal("within"), within_at_least()))
    known = growth()
    speed = bench.show("speed", linear(bench.goal("speed"), speed_at_most(known)))

    ticking = hypothesis("clock", equal(clock_rate, 1))
    race_is = define(race, pace * clock - exp(m / 2))
    race_dot = derivative(
        race_is,
        race_rate,
        {**rates, "time": ((), clock_rate)},
        along=[known.m_dot],
        constants=["gamma"],
        regular=[level_positive],
    )
    half = Fraction(1, 2)
    peak = product(
        exp_positive(-1 * m / 2), linear(at_least(exp(m / 2 - 1) - m / 2, 0), exp_tangent(m / 2 - 1))
    )
    slow = linear(
        at_least(race_rate, 0),
        race_dot,
        (pace, ticking),
        (linear(greater(exp(m / 2) / 2, 0), (half, exp_positive(m / 2))), speed),
        (linear(greater(2 * K / gamma, 0), (2, product(order, reciprocal(level_positive)))), peak),
    )
    _, level, lasting = normalised_margin()
    bench.show("growth", nondecreasing(slow, race, along=[loss_falls(), lasting]))
    norms_hold = bench.show("norms", linear(bench.goal("norms"), level, (gamma, known.D_is)))
    bench.show("NC1", linear(bench.goal("NC1"), *nc1_parts(within, norms_hold)))


within_norm = hypothesis("within-norm", equal(spread_of(k, c) ** 2, total(r, deviation**2)), "pointwise")
within_nonnegative = hypothesis("within-nonnegative", at_least(spread_of(k, c), 0), "pointwise")
mean_all_is = define(mean_all(r), total(k, total(c, H(r, k, c))) / (n * K))
between_norm = hypothesis(
    "between-norm",
    equal(distance_of(k, c) ** 2, total(r, (H(r, k, c) - mean_all(r)) ** 2)),
    "pointwise",
)


def nc1_parts(within: Theorem, norms_hold: Theorem) -> list[tuple[Theorem, Theorem]]:
    """(sum w)^2 >= sum w^2 >= kappa, (sum b)^2 <= n K sum b^2 <= n K |H|^2 <= n K m/gamma; with weights."""
    everything = sum_over(within_nonnegative, c)
    others = linear(
        at_least(total(i, total(b, spread_of(i, b))) - spread_of(k, c), 0),
        one_of_sum(everything, k),
        one_of_sum(within_nonnegative, c),
    )
    sums = sum_over(sum_over(product(within_nonnegative, others), c), k)
    total_spread = linear(
        at_least(total(k, total(c, spread_of(k, c))) ** 2, kappa),
        sums,
        within,
        sum_over(sum_over(within_norm, c), k),
    )
    pairs = square(distance_of(k, c) - distance_of(i, b))
    for var in (b, i, c, k):
        pairs = sum_over(pairs, var)
    squares = linear(
        at_least(norm_H, total(k, total(c, distance_of(k, c) ** 2))),
        (linear(greater(n * K, 0), product(samples, order)), sum_over(square(mean_all(r)), r)),
        (-1, sum_over(sum_over(between_norm, c), k)),
        unfold=[mean_all_is],
    )
    positive = hypothesis("imbalance-positive", greater(kappa, 0), "pointwise")
    both = product(samples, order)
    weight = product(positive, level_positive)
    return [
        (product(both, m_positive), linear(at_least(total_spread.relation.lhs - kappa, 0), total_spread)),
        (product(both, positive), linear(at_least(m - gamma * size, 0), norms_hold)),
        (
            product(both, weight),
            linear(
                at_least(size - total(k, total(c, distance_of(k, c) ** 2)), 0),
                squares,
                sum_of_squares(W(k, r), k, r),
            ),
        ),
        (linear(greater(weight.relation.lhs / 2, 0), (Fraction(1, 2), weight)), pairs),
    ]
