"""Below log 2 the normalised margin never falls, and all margins tend to infinity."""

from __future__ import annotations

from functools import cache

from ncverify.book.claim import Hypothesis
from ncverify.book.registry import claim
from ncverify.derive.kernel import (
    Relation,
    Theorem,
    at_least,
    congruent_exp,
    define,
    derivative,
    equal,
    exp_log,
    exp_monotone,
    exp_positive,
    exp_tangent,
    greater,
    hypothesis,
    instantiate,
    linear,
    log_reciprocal,
    log_tangent,
    nondecreasing,
    nonincreasing,
    number_positive,
    one_of_sum,
    product,
    reciprocal,
    sum_over,
    unbounded,
)
from ncverify.derive.terms import Fraction, Num, Sym, dataclass, exp, log, total, total_nonzero
from ncverify.evidence.points import holds_at
from ncverify.evidence.residuals import residuals_fall
from ncverify.evidence.workbench import Workbench
from ncverify.theory import peeled
from ncverify.theory.expr import log as exact_log
from ncverify.theory.expr import number

from .flow import FLOW, L_rate, descent, flow_H, flow_W, gradient_norm, loss_rate, rates
from .infimum import log_monotone, loss_form, loss_positive, rest, rest_positive, rest_split
from .kkt import inward, radial, wrong_probability
from .lasting import D, D_rate, flow_lasts
from .margins import low, margin_at_most
from .model import (
    CLASSES,
    PAPER,
    H,
    L,
    P,
    P_positive,
    P_total,
    W,
    Z,
    c,
    grad_H,
    grad_W,
    h,
    j,
    k,
    margin,
    more_than_one,
    r,
    size,
    sum_of_squares,
)
from .squares import bound, divisor

E, m, m_rate = Sym("E"), Sym("m"), Sym("m'")
rho, rho_rate = Sym("rho"), Sym("rho'")
nu, gamma = Sym("nu"), Sym("gamma")
power, power_rate = Sym("power"), Sym("power'")
excess, excess_rate = Sym("excess"), Sym("excess'")

SMALL_LOSS = Hypothesis(
    "small-loss", "the sum loss is below log 2 (at one time; it never grows: goal 'loss')", r"L<\log2"
)
LEVEL = Hypothesis(
    "level",
    "m/R^2 >= gamma (at one time; it never falls: goal 'normalised margin')",
    r"m/R^2\geq\gamma",
)
LEVEL_POSITIVE = Hypothesis("level-positive", "gamma > 0", r"\gamma>0")
small_loss = hypothesis("small-loss", greater(log(Num(Fraction(2))), L), "open")
above_level = hypothesis("level", at_least(excess, 0), "open")
level_positive = hypothesis("level-positive", greater(gamma, 0))

loss_is_positive = loss_positive()
E_is = define(E, exp(L) - 1)
loss_below_E = linear(at_least(E, L), E_is, exp_tangent(L))
E_positive = linear(greater(E, 0), loss_below_E, loss_is_positive)
two = exp_log(number_positive(2))
E_below_1 = linear(greater(1, E), exp_monotone(small_loss), (-1, two), (-1, E_is))
m_is = define(m, -1 * log(E))
m_positive = linear(greater(m, 0), m_is, log_tangent(E_positive), E_below_1)
E_from_m = linear(
    equal(exp(-1 * m), E), exp_log(E_positive), congruent_exp(linear(equal(-1 * m, log(E)), (-1, m_is)))
)


@cache
def single_terms() -> Theorem:
    """exp(-margin) <= T_kc - 1 <= exp L - 1 = E."""
    away = exp_positive(Z(k + h, k, c) - Z(k, k, c))
    log_terms = log_nonnegative(away)
    one_sample = linear(
        at_least(L, log(rest(k, c))),
        loss_form,
        one_of_sum(sum_over(log_terms, c), k),
        one_of_sum(log_terms, c),
    )
    return linear(
        at_least(E, exp(Z(k + h, k, c) - Z(k, k, c))).where(h),
        E_is,
        exp_monotone(one_sample),
        exp_log(rest_positive),
        rest_split,
        one_of_sum(away, h, nonzero=True),
    )


@cache
def margins_at_least_m() -> Theorem:
    """Every margin is at least m = -log(exp L - 1)."""
    away = exp_positive(Z(k + h, k, c) - Z(k, k, c))
    return linear(
        at_least(margin(k, c, k + h), m).where(h),
        log_monotone(single_terms(), away, E_positive),
        (-1, m_is),
    )


@dataclass(frozen=True)
class Growth:
    """With R^2 = D, nu = <(W, H), -grad L>: rates along gradient flow while L < log 2.

    ``cauchy``: D |grad L|^2 >= nu^2, ``pull``: nu >= 2 m E/exp L, ``nonnegative``: nu >= 0, ``D_positive``,
    ``D_rate``: D' = 2 nu, ``m_rate``: E m' = exp L |grad L|^2; the derivatives themselves for the product rule.
    """

    D_is: Theorem
    D_dot: Theorem
    m_dot: Theorem
    cauchy: Theorem
    pull: Theorem
    nonnegative: Theorem
    D_positive: Theorem
    D_rate: Theorem
    m_rate: Theorem


@cache
def concavity() -> Theorem:
    """sum_kc (1 - 1/T_kc) >= 1 - exp(-L): 1 - exp(-l) lies above its chord from 0 to L, for each l = log T_kc."""
    away = exp_positive(Z(k + h, k, c) - Z(k, k, c))
    own = log(rest(k, c))
    log_terms = log_nonnegative(away)
    below = linear(
        at_least(L - own, 0), loss_form, one_of_sum(sum_over(log_terms, c), k), one_of_sum(log_terms, c)
    )
    inverse = reciprocal(rest_positive)
    up = exp_tangent(own)  # T >= 1 + l
    down = exp_tangent(own - L)  # T exp(-L) >= 1 - (L - l)
    value = exp_log(rest_positive)
    at_0 = linear(
        at_least(1 - (1 + own) / rest(k, c), 0),
        (inverse, up),
        (-1 / rest(k, c), value),
        nonzero=[rest_positive],
    )
    at_L = linear(
        at_least(exp(-1 * L) - (1 - L + own) / rest(k, c), 0),
        (inverse, down),
        (-1 * exp(-1 * L) / rest(k, c), value),
        nonzero=[rest_positive],
    )
    chord = linear(
        at_least(L * (1 - 1 / rest(k, c)), own * (1 - exp(-1 * L))),
        product(below, at_0),
        product(log_terms, at_L),
    )
    return linear(
        at_least(total(k, total(c, 1 - 1 / rest(k, c))), 1 - exp(-1 * L)),
        sum_over(sum_over(chord, c), k),
        (-1 * (1 - exp(-1 * L)), loss_form),
        divide_by=loss_is_positive,
    )


def log_nonnegative(away: Theorem) -> Theorem:
    """log T >= 1 - 1/T >= 0; ``away``: each exp(-margin) is > 0."""
    return linear(
        at_least(log(rest(k, c)), 0),
        log_reciprocal(rest_positive),
        log_tangent(reciprocal(rest_positive)),
        product(reciprocal(rest_positive), sum_over(away, h, nonzero=True)),
        (1 / rest(k, c), rest_split),
        nonzero=[rest_positive],
    )


@cache
def growth() -> Growth:
    """The margins are at least m, and the norm of the gradient is at least its radial part."""
    margins = margins_at_least_m()
    size_positive = linear(
        greater(size, 0),
        (
            divisor,
            linear(
                greater(bound, 0),
                instantiate(margin_at_most(), {low: m}, {}, {"margin": margins}),
                m_positive,
            ),
        ),
        nonzero=[more_than_one],
    )
    D_is = define(D, size)
    D_positive = linear(greater(D, 0), D_is, size_positive)
    nu_is = define(nu, -inward)
    # nu = 2 sum P g >= 2 m sum (1 - 1/T)
    weighted = product(
        P_positive.at({j: k + h}), linear(at_least(margin(k, c, k + h) - m, 0).where(h), margins)
    )
    wrong = linear(
        equal(total_nonzero(h, P(k + h, k, c)), 1 - 1 / rest(k, c)),
        P_total,
        (-1, wrong_probability().at({j: k})),
    )
    row = linear(
        at_least(total(j, P(j, k, c) * margin(k, c, j)), m * (1 - 1 / rest(k, c))),
        sum_over(weighted, h, nonzero=True),
        (m, wrong),
    )
    pull = linear(
        at_least(nu, 2 * m * (1 - exp(-1 * L))),
        nu_is,
        radial(),
        (2, sum_over(sum_over(row, c), k)),
        (linear(greater(2 * m, 0), (2, m_positive)), concavity()),
    )
    falling_weight = linear(
        greater(1 - exp(-1 * L), 0), product(exp_positive(-1 * L), E_positive), (-1 * exp(-1 * L), E_is)
    )
    nonnegative = linear(at_least(nu, 0), pull, (2, product(m_positive, falling_weight)))
    cauchy = linear(
        at_least(D * gradient_norm, nu * nu),
        sum_of_squares(D * grad_W(k, r) + nu * W(k, r), k, r),
        sum_of_squares(D * grad_H(r, k, c) + nu * H(r, k, c), r, k, c),
        (nu * nu, D_is),
        (-2 * D * nu, nu_is),
        divide_by=D_positive,
    )
    change = loss_rate()
    D_dot = derivative(D_is, D_rate, rates)
    E_dot = derivative(E_is, Sym("E'"), rates, along=[change.derivative])
    m_dot = derivative(m_is, m_rate, rates, along=[E_dot], regular=[E_positive])
    D_moves = linear(
        equal(D_rate, 2 * nu),
        D_dot,
        (-2, nu_is),
        unfold=[flow_W, flow_H],
    )
    m_moves = linear(
        equal(E * m_rate, exp(L) * gradient_norm),
        (E, m_dot),
        (-1, E_dot),
        (-1 * exp(L), descent()),
        nonzero=[E_positive],
    )
    return Growth(D_is, D_dot, m_dot, cauchy, pull, nonnegative, D_positive, D_moves, m_moves)


def strong_pull(known: Growth) -> Theorem:
    """nu >= m E: 2 (1 - exp(-L)) - E = E exp(-L) (1 - E) >= 0."""
    spare = product(
        product(m_positive, E_positive),
        product(exp_positive(-1 * L), linear(greater(1 - E, 0), E_below_1)),
    )
    return linear(at_least(nu, m * E), known.pull, spare, unfold=[E_is])


@cache
def loss_falls() -> Theorem:
    """L never increases, so that a loss below log 2 stays below."""
    squares = [sum_of_squares(grad_W(k, r), k, r), sum_of_squares(grad_H(r, k, c), r, k, c)]
    return nonincreasing(linear(at_least(0, L_rate), (-1, descent()), *squares), L)


@cache
def normalised_margin() -> tuple[Theorem, Theorem, Theorem]:
    """rho = m/R^2 has rho' >= 0; m >= gamma R^2 from rho >= gamma; and rho - gamma >= 0 lasts."""
    known = growth()
    rho_is = define(rho, m / D)
    rho_dot = derivative(
        rho_is, rho_rate, rates, along=[known.m_dot, known.D_dot], regular=[known.D_positive]
    )
    gap = linear(at_least(nu - 2 * m * (1 - exp(-1 * L)), 0), known.pull)
    surplus = product(product(exp_positive(L), known.nonnegative), gap)
    weight = product(E_positive, product(known.D_positive, known.D_positive))
    rising = linear(
        at_least(rho_rate, 0),
        (weight.relation.lhs, rho_dot),
        (D, known.m_rate),
        (exp_positive(L), known.cauchy),
        (-1 * E * m, known.D_rate),
        surplus,
        (-2 * m * nu, E_is),
        divide_by=weight,
        nonzero=[known.D_positive],
    )
    excess_is = define(excess, rho - gamma)
    excess_dot = derivative(excess_is, excess_rate, rates, along=[rho_dot], constants=["gamma"])
    over = linear(at_least(excess_rate, 0), rising, excess_dot)
    level = linear(
        at_least(m, gamma * D),
        (known.D_positive, above_level),
        (-D, excess_is),
        (-D, rho_is),
        nonzero=[known.D_positive],
    )
    return rising, level, nondecreasing(over, excess, along=[loss_falls()])


@claim(
    id="alignment",
    paper=PAPER,
    kind="corrected",
    place="Lemma 3.3, (6): the margin; that beta tends to 1 is not claimed here",
    title="From a sum loss below log 2 all margins are at least m = -log(exp L - 1) -> oo, and m/R^2 never falls",
    plain="If the sum loss is below log 2 at one time, it is from then on, and the gradient flow exists for all times: every margin is at "
    "least m = -log(exp L - 1) > 0; the normalised margin m/R^2, R^2 = |W|^2 + |H|^2, never falls; and with gamma = m/R^2 at that time "
    "m' >= 2 gamma m e^{-m} > 0 from then on, that is (e^m)' >= 2 gamma m: e^m grows at least linearly in time, so m and with it every "
    "margin tends to infinity.",
    latex=r"q_{\min}\ge m=-\log(e^L-1)\to\infty,\qquad\frac{d}{dt}\frac m{R^2}\ge0,\qquad\dot m\ge2\gamma me^{-m}",
    scope="every K >= 2, every d and n, every gradient flow of the sum loss that starts with L < log 2",
    hypotheses=[CLASSES, *FLOW, SMALL_LOSS, LEVEL_POSITIVE, LEVEL],
    goals={
        "margin": at_least(margin(k, c, k + h), m).where(h),
        "positive": greater(m, 0),
        "loss": Relation(L, "nonincreasing"),
        "normalised rate": at_least(rho_rate, 0),
        "normalised margin": Relation(rho, "nondecreasing"),
        "speed": at_least(m_rate, 2 * gamma * m * exp(-1 * m)),
        "to infinity": Relation(m, "->oo"),
        "exponential speed": greater(power_rate, 0),
        "exponential rate": at_least(power_rate, 2 * gamma * m),
    },
    expected="proved",
    tags=["flow", "all-K"],
)
def alignment(bench: Workbench) -> None:
    """The gradient is at least its radial part, and that is at least m times what the softmax misses."""
    bench.show("margin", linear(bench.goal("margin"), margins_at_least_m()))
    bench.show("positive", linear(bench.goal("positive"), m_positive))
    known = growth()
    falling = bench.show("loss", loss_falls())
    rising, level, lasting = normalised_margin()
    bench.show("normalised rate", linear(bench.goal("normalised rate"), rising))
    bench.show("normalised margin", nondecreasing(rising, rho, along=[falling]))
    surplus = product(
        product(exp_positive(L), known.nonnegative),
        linear(at_least(nu - 2 * m * (1 - exp(-1 * L)), 0), known.pull),
    )
    strong = linear(at_least(nu - m * E, 0), strong_pull(known))
    fast = linear(
        at_least(m_rate, 2 * gamma * m * E),
        (D, known.m_rate),
        (exp_positive(L), known.cauchy),
        surplus,
        (-2 * m * nu, E_is),
        (linear(greater(2 * m * E, 0), (2, product(m_positive, E_positive))), strong),
        (
            linear(greater(2 * m * E * E, 0), (2, product(m_positive, product(E_positive, E_positive)))),
            linear(at_least(m - gamma * D, 0), level),
        ),
        divide_by=product(E_positive, known.D_positive),
    )
    speed = bench.show("speed", linear(bench.goal("speed"), fast, (-2 * gamma * m, E_from_m)))
    kept = [falling, lasting, level_positive, *flow_lasts()]
    bench.show("to infinity", unbounded(speed, m_positive, m, m_rate, along=kept))
    power_is = define(power, exp(m))
    power_dot = derivative(power_is, power_rate, rates, along=[known.m_dot])
    rate = bench.show(
        "exponential rate", linear(bench.goal("exponential rate"), power_dot, (exp_positive(m), speed))
    )
    bench.show(
        "exponential speed",
        linear(bench.goal("exponential speed"), rate, (2, product(level_positive, m_positive))),
    )


@claim(
    id="separation-threshold",
    paper=PAPER,
    kind="corrected",
    place="Theorem 3.1 and Lemmas 3.2, 3.3: which loss 'L < log 2' means",
    title="A sum loss below log 2 separates all classes; a mean loss below log 2 does not",
    plain="Every margin g has e^{-g} <= e^L - 1, so if the sum loss is below log 2, every margin is positive. For the mean loss the condition would be log 2/(n K): two classes with the "
    "margins -3/10 and 3 have a mean loss below log 2.",
    latex=r"L<\log2\Rightarrow q_{\min}>0",
    scope="every K >= 2, every d and n, every real W and H",
    hypotheses=[CLASSES, SMALL_LOSS],
    goals={
        "each margin": at_least(exp(L) - 1, exp(-1 * margin(k, c, k + h))).where(h),
        "separated": greater(margin(k, c, k + h), 0).where(h),
    },
    expected="proved",
    tags=["margin", "all-K"],
)
def separation_threshold(bench: Workbench) -> None:
    """Every margin is at least m = -log(exp L - 1) > 0."""
    bench.show("each margin", linear(bench.goal("each margin"), single_terms(), (-1, E_is)))
    bench.show("separated", linear(bench.goal("separated"), margins_at_least_m(), m_positive))
    W = [[number(Fraction(1, 2))], [number(Fraction(-1, 2))]]
    H = [[number(Fraction(-3, 10)), number(-3)]]
    mean = peeled.loss(W, H, (0, 1), peeled.EXACT) / 2
    wrong = peeled.all_margins(W, H, (0, 1))[0][0]
    bench.beside(
        lambda: holds_at(
            [(exact_log(number(2)), mean), (number(0), wrong)],
            {},
            "a mean loss below log 2 with a negative margin",
        )
    )


@claim(
    id="kkt-direction",
    paper=PAPER,
    kind="published",
    place="Theorem 3.1: limit directions are KKT points; only observed here",
    title="Along enclosed flows the KKT residuals of the direction fall",
    plain="From two exact starts the residuals eps^2 = 2 (1 - beta)/gamma and delta = K/(2 e gamma q) of the scaled point (claim "
    "approximate-kkt) certainly fall from t = 1 to 100 to 10^4, and from 10 to 1000 to 10^6; at the end beta > 9/10. (That limit "
    "directions are KKT points in general is not claimed.)",
    latex=r"\varepsilon(t),\ \delta(t)\ \text{fall},\qquad\beta(t)\to1\ \text{as far as seen}",
    scope="two starts with K = 3, n = 1, d = 2 and d = 3",
    depends=["approximate-kkt"],
    expected="certified",
    tags=["flow", "kkt"],
)
def kkt_direction(bench: Workbench) -> None:
    """Enclose the flow, and the residuals on its balls."""
    plane = [[3, 0], [-1, 2], [-1, -2]], [[2, -1, -1], [0, 2, Fraction(-3, 2)]]
    space = [[2, 0, -1], [-1, 2, 0], [0, -1, 2]], [[3, -1, 0], [0, 2, -1], [-1, 0, 2]]
    for (weights, features), times in ((plane, ("1", "100", "1e4")), (space, ("10", "1000", "1e6"))):
        bench.add(
            lambda w=weights, h=features, times=times: residuals_fall(
                [[Fraction(x) for x in row] for row in w],
                [[Fraction(x) for x in row] for row in h],
                (0, 1, 2),
                times,
                15,
                cosine=Fraction(9, 10),
            )
        )
