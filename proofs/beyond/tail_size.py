"""The limits of the deviations from collapse are not all 0: their size on the scale exp(-sbar/K) converges."""

from __future__ import annotations

from fractions import Fraction

from ncverify.book.claim import Hypothesis
from ncverify.book.registry import claim
from ncverify.derive.kernel import (
    Relation,
    Theorem,
    at_least,
    converges,
    define,
    derivative,
    equal,
    exp_log,
    exp_positive,
    exp_tangent,
    greater,
    hypothesis,
    linear,
    logarithmic_mean,
    number_positive,
    one_of_sum,
    product,
    reciprocal,
    square,
    square_order,
    stays_positive,
    sum_over,
)
from ncverify.derive.terms import Sym, exp, log, total_nonzero
from ncverify.evidence.workbench import Workbench

from ..garrod.convergence import EVERY, SPECTRUM
from ..garrod.model import FLOW, K, S, a, g, more_than_one, order, positive
from .tail_control import (
    NEAR,
    RATES,
    Scaled,
    curved,
    scaled,
    scaled_deviations,
    size,
    spread,
    spread_pace,
    spread_rate,
)
from .tail_limit import at_late_times, late, small_positive
from .tails import bend, deviation, drift, pace, rest, tilt

PAPER = "beyond"
level, level_rate = Sym("logsize"), Sym("logsize'")
root, root_rate = Sym("rootD"), Sym("rootD'")
control, control_rate = Sym("v"), Sym("v'")
delta_a = deviation(a)
OFF = Hypothesis(
    "off-the-ray",
    "the s_a (a != 0) are not all equal at one time: D > 0, which is kept (goal 'apart')",
    r"D>0",
)
off = hypothesis("off-the-ray", greater(spread, 0), "open")
heights = total_nonzero(g, 1 + exp(tilt(g)))
tilts = total_nonzero(g, tilt(g) * tilt(g))


@claim(
    id="tail-nonzero",
    paper=PAPER,
    kind="extension",
    place="sharpens tail-conjecture",
    title="Off the collapse ray, the limits of the deviations are not all 0",
    plain="Unless all s_a (a != 0) are equal, log sum_{a!=0} y_a^2 converges, y_a = delta_a e^{sbar/K}: so sum l_a^2 > 0 for the "
    "limits l_a of the y_a (tail-conjecture), and the deviations from collapse fall exactly like e^{-sbar/K}, not faster.",
    latex=r"\log\sum_{a\ne0}\bigl(\delta_ae^{\bar s/K}\bigr)^2\ \text{converges}",
    scope=EVERY,
    hypotheses=[*SPECTRUM, FLOW, OFF],
    goals={
        "apart": Relation(spread, "stays positive"),
        "size": equal(total_nonzero(a, scaled(a) * scaled(a)), exp(level)),
        "limit": Relation(level, "converges"),
    },
    depends=["growth", "tail-equation", "tail-second-order", "differences-vanish", "global-convergence"],
    expected="proved",
    tags=["slowdown", "convergence", "all-K"],
)
def tail_nonzero(bench: Workbench) -> None:
    """With r = sqrt D: |(log D + 2 sbar/K)'| <= 20 w sbar^2 r <= -(20 sbar r)', late."""
    x = scaled_deviations()
    apart = bench.show("apart", stays_apart(bench, x))
    level_is = define(level, log(spread) + 2 * size / K)
    root_is = define(root, exp(log(spread) / 2))
    control_is = define(control, 20 * size * root)
    level_dot = derivative(level_is, level_rate, RATES, along=[x.spread_dot, x.size_dot], regular=[off])
    root_dot = derivative(root_is, root_rate, RATES, along=[x.spread_dot], regular=[off])
    control_dot = derivative(control_is, control_rate, RATES, along=[x.size_dot, root_dot])
    root_positive = linear(greater(root, 0), exp_positive(log(spread) / 2), root_is)
    root_square = linear(equal(root * root, spread), exp_log(off), unfold=[root_is])
    bench.show(
        "size",
        linear(
            bench.goal("size"),
            (-exp(2 * size / K), x.spread_is),
            (-exp(2 * size / K), exp_log(off)),
            unfold=[x.scaled_is, level_is],
        ),
    )

    given = late(bench, x)
    pace_of = {
        "size": bench.use("tail-equation", "size"),
        "spread": spread_pace(x, bench.use("tail-equation", "deviations")),
    }
    rest_low = bench.use("tail-equation", "rest below")
    near_above, near_below, rest_high, drift_high, drift_low = (
        at_late_times(bench.use("tail-second-order", name), given)
        for name in ("near above", "near below", "rest", "drift above", "drift below")
    )
    m, N, D, r = size, curved, spread, root
    w = pace
    mine = [off, more_than_one, x.size_positive]
    per_order = reciprocal(order)
    one = linear(at_least(K - 1, 0), more_than_one)
    share = linear(
        greater(1 + delta_a, 0).where(a),
        product(reciprocal(x.size_positive), positive),
        (-1 / m, x.share),
        nonzero=mine,
    )
    below = linear(at_least(NEAR - m * delta_a, 0).where(a), near_above)
    above = linear(at_least(NEAR + m * delta_a, 0).where(a), near_below)
    squares = linear(
        at_least(r * r, delta_a * delta_a).where(a),
        one_of_sum(square(delta_a), a, nonzero=True),
        x.spread_is,
        root_square,
    )
    over, under = (
        linear(at_least(r - sign * delta_a, 0).where(a), square_order(root_positive, squares, sign * delta_a))
        for sign in (1, -1)
    )
    small_root = square_order(
        number_positive(NEAR),
        linear(at_least(NEAR * NEAR, m * r * m * r), given["near-collapse"], (-m * m, root_square)),
        m * r,
    )
    far = given["large-size"]
    eight = linear(at_least(m - 8, 0), far, (8, one))
    room = linear(at_least(4 * N / K - rest(a), 0), rest_high)
    N_nonnegative = product(product(x.size_positive, x.size_positive), x.spread_nonnegative)
    rD = product(root_positive, off)
    mrD = product(x.size_positive, rD)
    mmrD = product(x.size_positive, mrD)
    bulge = linear(
        at_least(m * D / K - D, 0),
        product(per_order, product(off, linear(at_least(m - K, 0), far, (7, order)))),
    )
    fewer = product(N_nonnegative, product(one, per_order))
    full = sum_over(product(share, room), a, nonzero=True)

    def bounded(sign: int, first: Theorem, second: Theorem, drifting: Theorem) -> Theorem:
        """20 w sbar^2 r - sign L' >= 0, times D: 4 w times pieces that are >= 0."""
        pieces = [
            (1, sum_over(product(product(first, share), rest_low), a, nonzero=True)),
            (1, product(root_positive, full)),
            (1, product(x.size_positive, sum_over(product(second, square(delta_a)), a, nonzero=True))),
            (1, product(drifting, bulge)),
            (4, product(product(mmrD, per_order), linear(at_least(NEAR - m * r, 0), small_root))),
            (Fraction(1, 8), product(mrD, eight)),
            (4, product(N_nonnegative, x.spread_nonnegative)),
            (4 - 4 * NEAR, product(mmrD, per_order)),
            (Fraction(7, 8), mmrD),
        ]
        return linear(
            at_least(20 * w * m * m * r - sign * level_rate, 0),
            *((4 * weight, product(x.pace_positive, piece)) for weight, piece in pieces),
            (-sign * D, level_dot),
            (-sign, pace_of["spread"]),
            (-2 * sign * D / K, x.size_dot),
            (-2 * sign * D / K / (K - 1), pace_of["size"]),
            (4 * w * m * r, x.spread_is),
            (-16 * w * r * N / K, x.centred),
            (16 * w * m**3 * D / K, root_square),
            (4 * sign * w * D * (K + drift) / K, x.size_is),
            divide_by=off,
            nonzero=mine,
        )

    rises = bounded(1, over, under, linear(at_least(4 * N - drift, 0), drift_high, (4, fewer)))
    sinks = bounded(-1, under, over, linear(at_least(4 * N + drift, 0), drift_low))
    inverse = reciprocal(x.size_positive)
    mr = product(x.size_positive, root_positive)
    pieces = [
        (1, sum_over(product(above, square(delta_a)), a, nonzero=True)),
        (1, product(inverse, sum_over(product(product(below, share), rest_low), a, nonzero=True))),
        (NEAR, product(inverse, full)),
        (Fraction(3, 8), product(off, linear(at_least(m - 8 * K, 0), far))),
        (2, product(off, one)),
        (2 - NEAR, off),
        (4 * NEAR, product(product(x.size_positive, off), per_order)),
    ]
    falls = linear(
        at_least(0, control_rate + 20 * w * m * m * r),
        *((40 * weight, product(product(x.pace_positive, mr), piece)) for weight, piece in pieces),
        (-D, control_dot),
        (-20 * m * D, root_dot),
        (-10 * m * r, pace_of["spread"]),
        (-20 * D * r, x.size_dot),
        (-20 * D * r / (K - 1), pace_of["size"]),
        (40 * w * m * r * NEAR, x.spread_is),
        (-160 * NEAR * w * r * N / K, x.centred),
        (40 * w * D * r * (K + drift), x.size_is),
        divide_by=off,
        unfold=[root_is],
        nonzero=mine,
    )
    bench.show(
        "limit",
        converges(
            linear(at_least(0, control_rate + level_rate), falls, rises),
            linear(at_least(0, control_rate - level_rate), falls, sinks),
            linear(at_least(control, 0), (20, mr), control_is),
            value=level,
            control=control,
            along=[
                apart,
                bench.use("growth", "sign"),
                bench.use("growth", "unbounded"),
                bench.use("differences-vanish", "scaled divergence"),
                small_positive,
            ],
        ),
    )


def stays_apart(bench: Workbench, x: Scaled) -> Theorem:
    """D' >= -c D with c smooth in the state: rest_a and the drift are at most M sum e(g)^2, at every state."""
    tail = x.tail
    m, D, w = size, spread, pace
    mine = [more_than_one, tail.lyapunov.S_positive, x.size_positive]
    # 2 (e^t - 1 - t) <= t^2 (1 + e^t), by the logarithmic mean of e^t and 1
    t = tilt(g)
    power, above = t * (exp(t) + 1), exp(t) - 1
    up = linear(greater(exp(t) + 1, 0), exp_positive(t), number_positive(1))
    chord = linear(
        at_least(t * t * (exp(t) + 1), 2 * t * (exp(t) - 1)),
        square(power - 2 * above),
        (2, logarithmic_mean(t, 0)),
        divide_by=up,
    )
    bent = linear(
        at_least(t * t * (1 + exp(t)), 2 * bend),
        chord,
        (linear(greater(2 * exp(t), 0), (2, exp_positive(t))), exp_tangent(-t)),
    )
    others = one_of_sum(up, g, nonzero=True)
    single = linear(
        at_least(heights * t * t - 2 * bend, 0).where(g),
        bent,
        product(square(t), linear(at_least(heights - (1 + exp(t)), 0).where(g), others)),
    )
    rests = linear(
        at_least(heights * tilts - rest(a), 0),
        sum_over(single, g, nonzero=True),
        bench.use("tail-equation", "rest above"),
    )
    per_size = reciprocal(tail.lyapunov.S_positive)
    N_nonnegative = product(product(x.size_positive, x.size_positive), x.spread_nonnegative)
    drifts = linear(
        at_least(heights * tilts - drift, 0),
        (per_size, sum_over(product(positive, rests), a, nonzero=True)),
        (heights * tilts / S, tail.lyapunov.S_is),
        product(per_size, N_nonnegative),
        (-1, bench.use("tail-second-order", "drift")),
        nonzero=mine,
    )
    # -1 < delta_a <= K
    share = linear(
        greater(1 + delta_a, 0).where(a),
        product(reciprocal(x.size_positive), positive),
        (-1 / m, x.share),
        nonzero=mine,
    )
    within = linear(
        at_least(K - delta_a, 0).where(a),
        one_of_sum(positive, a, nonzero=True),
        (1, tail.lyapunov.S_is),
        (1, x.share),
        (2, x.size_positive),
        (K - 1, x.size_is),
        divide_by=x.size_positive,
        nonzero=mine,
    )
    bent_up = sum_over(up, g, nonzero=True)
    pieces = [
        sum_over(product(product(share, share), bench.use("tail-equation", "rest below")), a, nonzero=True),
        sum_over(product(share, rests), a, nonzero=True),
        product(x.size_positive, sum_over(product(within, square(delta_a)), a, nonzero=True)),
        product(drifts, x.spread_nonnegative),
        product(product(bent_up, reciprocal(order)), N_nonnegative),
    ]
    factor = 4 * w * (m + m * K + heights * m * m + heights * tilts)
    rate = linear(
        at_least(spread_rate + factor * D, 0),
        *((4, product(x.pace_positive, piece)) for piece in pieces),
        spread_pace(x, bench.use("tail-equation", "deviations")),
        (4 * w * m * K, x.spread_is),
        (-4 * w * heights * tilts, x.centred),
        (-4 * w * heights * (K - 1) / K, bench.use("tail-second-order", "parseval")),
        nonzero=mine,
    )
    base = tail.lyapunov.base
    smooth = [x.size_is, tail.pace_is, tail.tilt_is, base.z_is, base.Q_is, base.Q_positive]
    return stays_positive(rate, spread, factor, smooth=smooth, along=[bench.use("growth", "sign")])
