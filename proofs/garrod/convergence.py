"""How fast the balanced flow goes to collapse, and that it does: a chain of short links.

Everything is for every finite abelian group and every real symmetric spectrum that is positive off the
frozen mode.  J = E_q z - E_u z is the quantity that drives V; high and low are places g != 0 at which z is
largest and smallest, omega = z(high) - z(low).
"""

from __future__ import annotations

from fractions import Fraction

from ncverify.book.claim import Hypothesis
from ncverify.book.registry import claim
from ncverify.derive.kernel import (
    Relation,
    Theorem,
    at_least,
    character_real_part,
    character_real_part_lower,
    condition_holds,
    define,
    delta_at_most_one,
    derivative,
    dichotomy,
    equal,
    exp_log,
    exp_monotone,
    exp_positive,
    exp_tangent,
    greater,
    hypothesis,
    instantiate,
    linear,
    log_parabola,
    maximum_nonzero,
    nondecreasing,
    one_of_sum,
    product,
    reciprocal,
    square,
    square_order,
    squeezed,
    sum_over,
    vanishes,
)
from ncverify.derive.terms import Function, Sym, Var, chi, delta, exp, log, total
from ncverify.evidence.instances import CYCLIC, WALSH, instances
from ncverify.evidence.trends import bound_along_flow
from ncverify.evidence.workbench import Workbench
from ncverify.theory.groups import AbelianGroup

from .lyapunov import (
    Lyapunov,
    S_rate,
    V,
    V_rate,
    divergence_as_sum,
    lyapunov,
    mean_q,
    mean_u,
    pair_nonnegative,
)
from .model import (
    CLASSES,
    FLOW,
    G0,
    PAPER,
    POSITIVE,
    SYMMETRIC,
    ZERO_MODE,
    K,
    S,
    a,
    classes,
    g,
    h,
    more_than_one,
    order,
    p,
    positive,
    q,
    s,
    s_rate,
    symmetric,
    z,
)

SPECTRUM = [SYMMETRIC, POSITIVE, ZERO_MODE, CLASSES]
EVERY = "every K >= 2, every finite abelian group, every real symmetric positive spectrum"

J = mean_q - mean_u
gap = z(G0) - mean_q
high, low = Var("high", "G", fixed=True), Var("low", "G", fixed=True)
omega = z(high) - z(low)
level, near, least = Sym("phi"), Sym("x"), Sym("m")
mean_s = S / (K - 1)
deviation = s(a) * (K - 1) / S - 1

HIGH = Hypothesis("high", "high is not 0", r"g_{\max}\neq0")
LOW = Hypothesis("low", "low is not 0", r"g_{\min}\neq0")
HIGHEST = Hypothesis("highest", "z is largest off 0 at high", r"z(g)\le z(g_{\max})\ (g\ne0)")
LOWEST = Hypothesis("lowest", "z is smallest off 0 at low", r"z(g)\ge z(g_{\min})\ (g\ne0)")
LEVEL = [
    Hypothesis("level-nonnegative", "phi >= 0", r"\varphi\ge0"),
    Hypothesis("level-half", "phi <= 1/2", r"\varphi\le\tfrac12"),
    Hypothesis("level-below", "phi^2 <= V", r"\varphi^2\le V"),
]

CUBE = AbelianGroup.walsh(3)
FLOWS = [
    (CUBE, [Fraction(x) for x in (18, 24, 1, 1, 1, 18, 18)], ["0", "1", "1e3", "1e6", "1e12"]),
    (AbelianGroup.walsh(2), [Fraction(x, 100) for x in (1, 300, 500)], ["0", "1", "1e3", "1e30"]),
    (AbelianGroup.cyclic(6), [Fraction(x, 5) for x in (1, 7, 12, 7, 1)], ["0", "1", "1e3", "1e30"]),
]

high_off = hypothesis("high", equal(delta(high), 0), "pointwise")
low_off = hypothesis("low", equal(delta(low), 0), "pointwise")
highest = hypothesis("highest", at_least(z(high), z(g)).where(g), "pointwise")
lowest = hypothesis("lowest", at_least(z(g), z(low)).where(g), "pointwise")
level_nonnegative = hypothesis("level-nonnegative", at_least(level, 0), "pointwise")
level_half = hypothesis("level-half", at_least(Fraction(1, 2), level), "pointwise")
level_below = hypothesis("level-below", at_least(V, level * level), "pointwise")


def growth_of_size(y: Lyapunov, flow: Theorem) -> tuple[Theorem, Theorem]:
    """The derivative S', and S' = 2 K (1 - p(0)) (z(0) - E_q z)."""
    base = y.base
    S_dot = derivative(y.S_is, S_rate, {"s": ((a,), s_rate(a))})
    plancherel = linear(
        equal(S_rate, 2 * K * (z(G0) - total(g, z(g) * p(g)))),
        S_dot,
        sum_over(flow, a, nonzero=True),
        unfold=[base.phat_is, base.z_is],
        even=[symmetric, base.p_even],
        contract=[base.p_total],
    )
    form = linear(
        equal(S_rate, 2 * K * (1 - p(G0)) * gap),
        plancherel,
        unfold=[y.mean_q_is, y.q_is],
        nonzero=[y.off_positive],
    )
    return S_dot, form


def size_grows(y: Lyapunov, bench: Workbench) -> Theorem:
    """S' > 0."""
    pace = product(y.S_positive, exp_positive(-2 * S / K))
    return linear(greater(S_rate, 0), bench.use("growth", "sum"), (2, pace))


@claim(
    id="lyapunov-per-size",
    paper=PAPER,
    kind="extension",
    place="links (1) and (2) of finite-time-bound",
    title="V falls by J over z(0) - E_q z per unit of log S, so at least by J over the mean singular value",
    plain="With J = E_q z - E_u z: dV/dlog S = V' S/S' = -J/(z(0) - E_q z), where z(0) - E_q z > 0; and since "
    "E_q z >= E_u z = -z(0)/(K-1), this is at most -J (K-1)/S.",
    latex=r"\frac{dV}{d\log S}=-\frac{J}{z(0)-\mathbb E_qz}\le-\frac{J}{\bar s},\qquad J=\mathbb E_qz-\mathbb E_uz",
    scope=EVERY,
    hypotheses=[*SPECTRUM, FLOW],
    goals={
        "mean": equal(mean_u, -z(G0) / (K - 1)),
        "gap": greater(gap, 0),
        "growing": greater(S_rate, 0),
        "rate": equal(V_rate * S / S_rate, -J / gap),
        "bound": at_least(-J * (K - 1) / S, V_rate * S / S_rate),
    },
    depends=["reduced-ode", "growth", "lyapunov-derivative"],
    expected="proved",
    tags=["convergence", "all-K"],
)
def lyapunov_per_size(bench: Workbench) -> None:
    """V' = -2 (1-p(0)) J/z(0), S' = 2 K (1-p(0)) (z(0) - E_q z) and S = K z(0); then S/(K-1) = z(0) - E_u z."""
    y = lyapunov()
    flow = bench.assume("balanced-flow", "reduced-ode", "balanced")
    _, pace = growth_of_size(y, flow)
    growing = bench.show("growing", size_grows(y, bench))
    twice = product(linear(greater(2 * K, 0), (2, order)), y.off_positive)
    room = bench.show("gap", linear(bench.goal("gap"), growing, (-1, pace), divide_by=twice))
    bench.show(
        "mean",
        linear(bench.goal("mean"), unfold=[y.mean_u_is], contract=[y.z_total], nonzero=[more_than_one]),
    )
    cancel = [room, growing, y.z0_positive, y.S_positive, more_than_one]
    rate = bench.show(
        "rate",
        linear(
            bench.goal("rate"),
            (S / S_rate, bench.use("lyapunov-derivative", "derivative")),
            (J / (S_rate * gap), pace),
            unfold=[y.S_trace],
            nonzero=[room, growing, y.z0_positive],
        ),
    )
    scale = product(product(reciprocal(y.S_positive), reciprocal(room)), more_than_one)
    bench.show(
        "bound",
        linear(
            bench.goal("bound"),
            (scale, square(J)),
            (-1, rate),
            (J * (K - 1) / (S * gap), bench.theorems["mean"]),
            unfold=[y.S_trace],
            nonzero=cancel,
        ),
    )
    goals = {name: bench.claim.goals[name] for name in ("mean", "rate")}
    bench.beside(lambda: instances([rate, bench.theorems["mean"]], goals, [*WALSH[:3], *CYCLIC[:4]]))


@claim(
    id="decay-from-spread",
    paper=PAPER,
    kind="extension",
    place="link (3) of finite-time-bound",
    title="J is at least omega (1 - e^(-omega))/(K-1)^2, with omega the spread of the logits off 0",
    plain="(K-1) J >= (q(g) - q(h)) (z(g) - z(h)) for all g, h != 0; where z is largest, q >= 1/(K-1); so with "
    "omega = max z - min z over g != 0: J >= omega (1 - e^{-omega})/(K-1)^2.",
    latex=r"J\ge\frac{\omega\,(1-e^{-\omega})}{(K-1)^2},\qquad\omega=\max_{g\ne0}z(g)-\min_{g\ne0}z(g)",
    scope="every K >= 2, every finite abelian group, every real z",
    hypotheses=[CLASSES, HIGH, LOW, HIGHEST, LOWEST],
    goals={
        "pairs": at_least((K - 1) * J, (q(g) - q(h)) * (z(g) - z(h))).where(g, h),
        "share": at_least(q(high), 1 / (K - 1)),
        "spread": at_least(omega, z(g) - z(h)).where(g, h),
        "bound": at_least(J, omega * (1 - exp(-omega)) * (K - 1) ** -2),
    },
    depends=["lyapunov-derivative"],
    expected="proved",
    tags=["convergence", "all-K"],
)
def decay_from_spread(bench: Workbench) -> None:
    """Two rows of the double sum over pairs, in each of them one term; q is at least average at its largest."""
    y = lyapunov()
    pair = pair_nonnegative(y)  # (q(g) - q(h)) (z(g) - z(h)) >= 0
    row = sum_over(pair, h, nonzero=True)
    term = (q(g) - q(h)) * (z(g) - z(h))
    in_row = linear(at_least(row.relation.lhs - term, 0).where(h), one_of_sum(pair, h, nonzero=True))
    other_row = in_row.at({g: h, h: g})
    # sum of all rows >= row g off h, plus row h (with g = h both sides of the pair vanish)
    off_h = linear(at_least(row.relation.lhs * (1 - delta(g - h)), 0), product(row, delta_at_most_one(g - h)))
    two_rows = one_of_sum(off_h, g, nonzero=True)
    both = product(in_row, delta_at_most_one(g - h))
    pairs = bench.show(
        "pairs",
        linear(
            bench.goal("pairs"),
            (Fraction(1, 2), two_rows),
            (Fraction(1, 2), both),
            (Fraction(1, 2), other_row),
            (K - 1, bench.use("lyapunov-derivative", "pairs")),
            nonzero=[more_than_one],
        ),
    )
    bench.show(
        "spread",
        linear(bench.goal("spread"), highest, lowest.at({g: h})),
    )
    # q is largest where z is, so (K-1) q(high) >= sum q = 1.
    share = product(reciprocal(y.base.Q_positive), reciprocal(y.off_positive))
    lead = linear(
        at_least(q(high), q(g)).where(g), (share, exp_monotone(highest)), unfold=[y.q_is, y.base.p_is]
    )
    average = linear(
        at_least(q(high), 1 / (K - 1)),
        (reciprocal(more_than_one), sum_over(lead, g, nonzero=True)),
        (1 / (K - 1), y.q_total),
        nonzero=[more_than_one],
    )
    bench.show("share", average)
    up = condition_holds(linear(at_least(omega, 0).where(low), highest.at({g: low})), low_off)
    room = linear(at_least(1 - exp(-omega), 0), exp_monotone(linear(at_least(0, -omega), up)))
    extra = product(product(linear(at_least(q(high) - 1 / (K - 1), 0), average), room), up)
    top_pair = condition_holds(condition_holds(pairs.at({g: high, h: low}), high_off), low_off)
    bench.show(
        "bound",
        linear(
            bench.goal("bound"),
            (reciprocal(more_than_one), top_pair),
            (reciprocal(more_than_one), extra),
            unfold=[y.q_is, y.base.p_is],
            nonzero=[more_than_one],
        ),
    )


@claim(
    id="spread-from-divergence",
    paper=PAPER,
    kind="extension",
    place="link (4) of finite-time-bound",
    title="Where V is not small, the logits off 0 are spread",
    plain="|s_a - sbar| <= (K-1) omega for a != 0, sbar = S/(K-1). If all s_a are within x sbar of sbar and x <= 1/2, "
    "then V <= x^2. So for every phi <= 1/2 with phi^2 <= V, in particular phi = min(sqrt V, 1/2): "
    "omega >= phi sbar/(K-1).",
    latex=r"|s_a-\bar s|\le(K-1)\,\omega,\qquad x\le\tfrac12\Rightarrow V\le x^2,\qquad"
    r"\omega\ge\frac{\varphi\,\bar s}{K-1}\ (\varphi=\min(\sqrt V,\tfrac12))",
    scope=EVERY,
    hypotheses=[
        *SPECTRUM,
        LOW,
        HIGHEST,
        LOWEST,
        *LEVEL[1:],
        Hypothesis("within-above", "s_a <= (1 + x) sbar (second part only)", r"s_a\le(1+x)\bar s"),
        Hypothesis("within-below", "s_a >= (1 - x) sbar (second part only)", r"s_a\ge(1-x)\bar s"),
        Hypothesis("near", "x <= 1/2 (second part only)", r"x\le\tfrac12"),
    ],
    goals={
        "above": at_least(mean_s + (K - 1) * omega, s(a)).where(a),
        "below": at_least(s(a), mean_s - (K - 1) * omega).where(a),
        "quadratic": at_least(near * near, V),
        "level": at_least(near, level),
        "spread": at_least(omega * (K - 1) ** 2, level * S),
    },
    depends=["lyapunov-derivative"],
    expected="proved",
    tags=["convergence", "all-K"],
)
def spread_from_divergence(bench: Workbench) -> None:
    """Characters are bounded by 1; log x >= (x-1) - (x-1)^2 on x >= 1/2; then x <= 1/2 or x >= 1/2."""
    y = lyapunov()
    above, below = deviations(y)
    bench.show("above", linear(bench.goal("above"), above))
    bench.show("below", linear(bench.goal("below"), below))

    within_above = hypothesis("within-above", at_least((1 + near) * mean_s, s(a)).where(a), "pointwise")
    within_below = hypothesis("within-below", at_least(s(a), (1 - near) * mean_s).where(a), "pointwise")
    small = hypothesis("near", at_least(Fraction(1, 2), near), "pointwise")
    quadratic = bench.show("quadratic", quadratic_bound(y, within_above, within_below, small))

    # x >= 0, because S <= (1 + x) S
    x_nonnegative = linear(
        at_least(near, 0),
        sum_over(within_above, a, nonzero=True),
        (-1, y.S_is),
        divide_by=y.S_positive,
        nonzero=[more_than_one],
    )
    squares = linear(at_least(near * near, level * level), quadratic, level_below)
    inside = square_order(x_nonnegative, squares, level)
    far = hypothesis("far", greater(near, Fraction(1, 2)), "pointwise")
    outside = linear(at_least(near, level), far, level_half)
    dominated = bench.show("level", dichotomy(outside, inside, ("far", "near")))

    # the lemma at x = (K-1) omega/sbar
    value = (K - 1) ** 2 * omega / S
    given = {
        "within-above": linear(
            at_least((1 + value) * mean_s, s(a)).where(a), above, nonzero=[y.S_positive, more_than_one]
        ),
        "within-below": linear(
            at_least(s(a), (1 - value) * mean_s).where(a), below, nonzero=[y.S_positive, more_than_one]
        ),
    }
    lemma = instantiate(dominated, {near: value}, {}, given)
    bench.show("spread", linear(bench.goal("spread"), (y.S_positive, lemma), nonzero=[y.S_positive]))


def deviations(y: Lyapunov) -> tuple[Theorem, Theorem]:
    """|s_a - sbar| <= (K-1) omega for a != 0: z - z(low) is >= 0, its sum at most (K-2) omega."""
    rise = linear(at_least(z(g) - z(low), 0).where(g), lowest)
    # sum (z(high) - z(g)) >= omega: the term at low
    fall = linear(at_least(z(high) - z(g), 0).where(g), highest)
    one = condition_holds(one_of_sum(fall, g, nonzero=True).at({g: low}), low_off)
    up = condition_holds(linear(at_least(omega, 0).where(low), highest.at({g: low})), low_off)
    upper = sum_over(product(rise, character_real_part(a, g)), g, nonzero=True)
    lower = sum_over(product(rise, character_real_part_lower(a, g)), g, nonzero=True)
    spectrum = linear(
        equal(s(a), total(g, z(g) * (chi(a, g) + chi(-a, g)) / 2)), unfold=[y.base.z_is], even=[symmetric]
    )
    inverse = reciprocal(more_than_one)
    rest = product(linear(at_least(K - 2, 0), classes), inverse)
    above = linear(
        at_least(mean_s + (K - 1) * omega, s(a)).where(a),
        upper,
        (product(order, inverse), one),
        (inverse, up),
        (-1, spectrum),
        unfold=[y.S_trace],
        contract=[y.z_total],
        nonzero=[more_than_one],
    )
    below = linear(
        at_least(s(a), mean_s - (K - 1) * omega).where(a),
        lower,
        (rest, one),
        (inverse, up),
        (2, product(rest, up)),
        spectrum,
        unfold=[y.S_trace],
        contract=[y.z_total],
        nonzero=[more_than_one],
    )
    return above, below


def quadratic_bound(y: Lyapunov, within_above: Theorem, within_below: Theorem, small: Theorem) -> Theorem:
    """V <= x^2 where |s_a - sbar| <= x sbar and x <= 1/2."""
    ratio, V_sum = divergence_as_sum(y)
    share = ratio.relation.lhs
    per_mean = product(reciprocal(y.S_positive), more_than_one)
    top = linear(
        at_least(near - (share - 1), 0).where(a),
        (per_mean, within_above),
        nonzero=[y.S_positive, more_than_one],
    )
    bottom = linear(
        at_least(share - 1 + near, 0).where(a),
        (per_mean, within_below),
        nonzero=[y.S_positive, more_than_one],
    )
    half = linear(at_least(share, Fraction(1, 2)).where(a), bottom, small)
    logs = linear(
        at_least(near * near, share - 1 - log(share)).where(a), log_parabola(half), product(top, bottom)
    )
    return linear(
        at_least(near * near, V),
        (reciprocal(more_than_one), sum_over(logs, a, nonzero=True)),
        (-1, V_sum),
        nonzero=[more_than_one],
    )


@claim(
    id="size-growth",
    paper=PAPER,
    kind="extension",
    place="link (5) of finite-time-bound",
    title="The mean singular value grows at least at an explicit pace",
    plain="If s_a >= m >= 0 for all a != 0, then S' >= 2 K (K-1) m / (e^{S/(K-1)} + K - 1); and no s_a ever "
    "decreases, so m = min_a s_a(0) serves for all times.",
    latex=r"\dot S\ge\frac{2K(K-1)\min_as_a(0)}{e^{\bar s}+K-1}",
    scope=EVERY,
    hypotheses=[
        *SPECTRUM,
        FLOW,
        Hypothesis("smallest", "m is a lower bound of the s_a, a != 0", r"s_a\ge m"),
        Hypothesis("m-nonnegative", "m >= 0", r"m\ge0"),
    ],
    goals={
        "speed": at_least(S_rate, 2 * K * (K - 1) * least / (exp(S / (K - 1)) + K - 1)),
        "kept": Relation(s(a), "nondecreasing").where(a),
    },
    depends=["growth", "slowdown-bounds"],
    expected="proved",
    tags=["convergence", "all-K"],
)
def size_growth(bench: Workbench) -> None:
    """S' >= 2 K m (1 - p(0)), and 1 - p(0) is at least (K-1)/(e^sbar + K - 1) by Jensen."""
    m_nonnegative = hypothesis("m-nonnegative", at_least(least, 0), "pointwise")
    missing = bench.use("slowdown-bounds", "lower")
    lack = linear(at_least(missing.relation.lhs - missing.relation.rhs, 0), missing)
    bench.show(
        "speed",
        linear(
            bench.goal("speed"),
            bench.use("slowdown-bounds", "speed from below"),
            (2, product(product(order, m_nonnegative), lack)),
        ),
    )
    rate = linear(at_least(s_rate(a), 0).where(a), bench.use("growth", "increasing"))
    bench.show("kept", nondecreasing(rate, s(a), along=[bench.use("growth", "sign")]))


@claim(
    id="finite-time-bound",
    paper=PAPER,
    kind="extension",
    place="makes the convergence in the abstract quantitative",
    title="An explicit rate at which V falls, at every time",
    plain="For every 0 <= phi <= 1/2 with phi^2 <= V, in particular phi = min(sqrt V, 1/2): dV/dlog sbar <= "
    "-phi (1 - e^{-phi sbar/(K-1)})/(K-1)^3, where sbar = S/(K-1); and sbar itself grows: if s_a(0) >= m >= 0 for all "
    "a != 0, S' >= 2 K (K-1) m/(e^{sbar} + K - 1).",
    latex=r"\frac{dV}{d\log\bar s}\le-\frac{\varphi\,(1-e^{-\varphi\bar s/(K-1)})}{(K-1)^3},\quad"
    r"\varphi=\min(\sqrt V,\tfrac12),\qquad\dot S\ge\frac{2K(K-1)\min_as_a(0)}{e^{\bar s}+K-1}",
    scope=EVERY,
    hypotheses=[
        *SPECTRUM,
        FLOW,
        *LEVEL,
        Hypothesis("smallest", "m is a lower bound of the s_a, a != 0 (second part only)", r"s_a\ge m"),
        Hypothesis("m-nonnegative", "m >= 0 (second part only)", r"m\ge0"),
    ],
    goals={
        "rate": at_least(-level * (1 - exp(-level * S * (K - 1) ** -2)) * (K - 1) ** -3, V_rate * S / S_rate),
        "size": at_least(S_rate, 2 * K * (K - 1) * least / (exp(S / (K - 1)) + K - 1)),
    },
    depends=["lyapunov-per-size", "decay-from-spread", "spread-from-divergence", "size-growth"],
    expected="proved",
    tags=["convergence", "all-K"],
)
def finite_time_bound(bench: Workbench) -> None:
    """w (1 - e^{-w}) increases, and omega >= phi sbar/(K-1); the places of the extremes exist."""
    y = lyapunov()
    spread = bench.use("spread-from-divergence", "spread")
    inverse = reciprocal(more_than_one)
    squared = product(inverse, inverse)
    w = level * S * (K - 1) ** -2
    larger = linear(at_least(omega - w, 0), (squared, spread), nonzero=[more_than_one])
    w_nonnegative = linear(at_least(w, 0), product(product(level_nonnegative, y.S_positive), squared))
    omega_nonnegative = linear(at_least(omega, 0), larger, w_nonnegative)
    room = linear(at_least(1 - exp(-omega), 0), exp_monotone(linear(at_least(0, -omega), omega_nonnegative)))
    shift = exp_monotone(linear(at_least(-w, -omega), larger))
    shift = linear(at_least(exp(-w) - exp(-omega), 0), shift)
    increase = linear(
        at_least(omega * (1 - exp(-omega)), w * (1 - exp(-w))),
        product(larger, room),
        product(w_nonnegative, shift),
    )
    drive = linear(
        at_least(J, w * (1 - exp(-w)) * (K - 1) ** -2),
        bench.use("decay-from-spread", "bound"),
        (squared, increase),
        nonzero=[more_than_one],
    )
    lemma = at_the_extremes(y, drive)
    bench.show(
        "rate",
        linear(
            bench.goal("rate"),
            bench.use("lyapunov-per-size", "bound"),
            (product(more_than_one, reciprocal(y.S_positive)), lemma),
            nonzero=[more_than_one, y.S_positive],
        ),
    )
    bench.show("size", bench.use("size-growth", "speed"))
    digits = min(bench.settings.digits, 30)
    for group, start, times in FLOWS:
        bench.beside(
            lambda group=group, start=start, times=times: bound_along_flow(group, start, times, digits)
        )


def at_the_extremes(y: Lyapunov, known: Theorem) -> Theorem:
    """What holds wherever z is largest and smallest holds, because there are such places off 0."""
    largest, place, top = maximum_nonzero(z(g), g, classes)
    minus = Function("minusz", ("G",))
    minus_is = define(minus(g), -z(g))
    smallest, other, bottom = maximum_nonzero(minus(g), g, classes)
    given = {
        "high": place,
        "low": other,
        "highest": linear(at_least(z(top), z(g)).where(g), largest),
        "lowest": linear(
            at_least(z(g), z(bottom)).where(g), smallest, minus_is, (-1, minus_is_at(minus_is, bottom))
        ),
    }
    return instantiate(known, {}, {high: top, low: bottom}, given)


def minus_is_at(minus_is: Theorem, place: Var) -> Theorem:
    """The definition of -z at a chosen place."""
    return minus_is.at({g: place})


@claim(
    id="global-convergence",
    paper=PAPER,
    kind="published",
    place="abstract: global convergence to neural collapse from spectral starts",
    title="Every balanced spectral start with positive singular values converges to collapse",
    plain="The solution exists for all times, S tends to infinity, V tends to 0, and (s_a/sbar - 1)^2 <= 2 K (K-1) V, "
    "so all ratios s_a/sbar (a != 0) tend to 1: Z/|Z| tends to that of neural collapse.",
    latex=r"S\to\infty,\qquad V\to0,\qquad\Bigl(\frac{s_a}{\bar s}-1\Bigr)^2\le2K(K-1)\,V\to0\quad(a\neq0)",
    scope=EVERY,
    hypotheses=[*SPECTRUM, FLOW],
    goals={
        "lasting": Relation(s(a), "global").where(a),
        "size": Relation(S, "->oo"),
        "divergence": Relation(V, "->0"),
        "pinsker": at_least(2 * K * (K - 1) * V, deviation * deviation).where(a),
        "direction": Relation(deviation, "->0").where(a),
    },
    depends=["growth", "lyapunov-derivative", "lyapunov-zero", "lyapunov-per-size", "finite-time-bound"],
    expected="proved",
    tags=["convergence", "all-K"],
)
def global_convergence(bench: Workbench) -> None:
    """While V >= phi^2 and S >= 1, V falls at least by a constant per unit of log S, which is unbounded."""
    y = lyapunov()
    sign = bench.use("growth", "sign")
    bench.show("lasting", bench.use("growth", "lasting"))
    escape = bench.show("size", bench.use("growth", "unbounded"))

    level_positive = hypothesis("level-positive", greater(level, 0), "pointwise")
    late = hypothesis("late", at_least(S, 1), "pointwise")
    inverse = reciprocal(more_than_one)
    squared = product(inverse, inverse)
    tail = level * S * (K - 1) ** -2
    first = level * (K - 1) ** -2
    pull = level * (1 - exp(-first)) * (K - 1) ** -3
    later = product(level_nonnegative, linear(at_least(S - 1, 0), late))
    fewer = exp_monotone(linear(at_least(-first, -tail), (squared, later)))
    growing = bench.use("lyapunov-per-size", "growing")
    cubed = product(squared, inverse)
    decay = linear(
        at_least(0, S * V_rate + pull * S_rate),
        (growing, bench.use("finite-time-bound", "rate")),
        (
            product(product(growing, level_nonnegative), cubed),
            linear(at_least(exp(-first) - exp(-tail), 0), fewer),
        ),
        nonzero=[growing, more_than_one],
    )
    # 1 - e^{-w} > 0 for w > 0, because e^{w} >= 1 + w
    step = product(level_positive, squared)
    rise = linear(greater(exp(first) - 1, 0), exp_tangent(first), step)
    weight = linear(
        greater(pull, 0), product(product(product(level_positive, cubed), exp_positive(-first)), rise)
    )
    divergence = bench.show(
        "divergence",
        vanishes(
            decay,
            weight,
            bench.use("lyapunov-zero", "nonnegative"),
            bench.use("lyapunov-derivative", "decreasing"),
            escape,
            value=V,
            scale=S,
            level=level,
            along=[sign],
        ),
    )
    pinsker = bench.show("pinsker", linear(bench.goal("pinsker"), pinsker_bound(y)))
    bench.show("direction", squeezed(divergence, pinsker, deviation, along=[sign]))


def pinsker_bound(y: Lyapunov) -> Theorem:
    """(x_a - 1)^2 <= 2 K (K-1) V for x_a = (K-1) s_a/S, by (e^w - 1)^2 <= x - 1 - log x with e^{2w} = x <= K - 1."""
    ratio, V_sum = divergence_as_sum(y)
    x = ratio.relation.lhs
    w = log(x) / 2
    defect = linear(
        at_least(x - 1 - log(x), (exp(w) - 1) * (exp(w) - 1)).where(a),
        (-1, exp_log(ratio)),
        (2, exp_tangent(w)),
    )
    nonnegative = linear(at_least(x - 1 - log(x), 0).where(a), defect, square(exp(w) - 1))
    single = linear(
        at_least((K - 1) * V, x - 1 - log(x)).where(a),
        one_of_sum(nonnegative, a, nonzero=True),
        (K - 1, V_sum),
        nonzero=[more_than_one],
    )
    others = one_of_sum(positive, a, nonzero=True)
    per_mean = product(reciprocal(y.S_positive), more_than_one)
    at_most = linear(
        at_least(K - 1 - x, 0).where(a),
        (per_mean, others),
        ((K - 1) / S, y.S_is),
        nonzero=[y.S_positive],
    )
    wide = linear(
        at_least(2 * K - (exp(w) + 1) * (exp(w) + 1), 0).where(a),
        (2, at_most),
        square(exp(w) - 1),
        (-2, exp_log(ratio)),
    )
    return linear(
        at_least(2 * K * (K - 1) * V, (x - 1) * (x - 1)).where(a),
        (linear(at_least(2 * K, 0), (2, order)), single),
        (linear(at_least(2 * K, 0), (2, order)), defect),
        product(square(exp(w) - 1), wide),
        (exp(log(x)) + x - 2, exp_log(ratio)),
    )
