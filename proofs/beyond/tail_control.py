"""Late deviations from collapse obey their linearisation, up to terms of second order, with constants."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from ncverify.book.claim import Hypothesis
from ncverify.book.registry import claim
from ncverify.derive.kernel import (
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
    number_positive,
    one_of_sum,
    product,
    reciprocal,
    square,
    square_order,
    sum_over,
)
from ncverify.derive.terms import Function, Sym, exp, total, total_nonzero
from ncverify.evidence.workbench import Workbench

from ..garrod.convergence import EVERY, SPECTRUM
from ..garrod.lyapunov import S_rate
from ..garrod.model import (
    D0,
    FLOW,
    G0,
    K,
    S,
    a,
    classes,
    g,
    more_than_one,
    order,
    positive,
    s,
    s_rate,
    symmetric,
    z,
    zero_mode,
)
from .tails import Tails, bend, deviation, deviation_rate, drift, pace, rest, tails, tilt

PAPER = "beyond"
RATES = {"s": ((a,), s_rate(a))}
NEAR = Fraction(1, 32)
size, size_rate = Sym("sbar"), Sym("sbar'")
spread, spread_rate = Sym("D"), Sym("D'")
control, control_rate = Sym("u"), Sym("u'")
scaled, scaled_rate = Function("y", ("D",)), Function("y'", ("D",))
delta_a = deviation(a)
growth = exp(size / K)
pushes = total_nonzero(a, delta_a * (1 + delta_a) * rest(a))
cubes = total_nonzero(a, delta_a * delta_a * delta_a)
curved = size * size * spread  # sum over a of (sbar delta_a)^2

large = hypothesis("large-size", at_least(size, 8 * K), "pointwise")
near = hypothesis("near-collapse", at_least(NEAR * NEAR, curved), "pointwise")
one = linear(at_least(K - 1, 0), more_than_one)
EARLY = [
    Hypothesis("large-size", "sbar >= 8 K at the state considered", r"\bar s\ge8K"),
    Hypothesis("near-collapse", "sbar^2 D <= 1/1024 at the state considered", r"\bar s^2D\le2^{-10}"),
]


@dataclass(frozen=True)
class Scaled:
    """The deviations, their square sum D, and both on the scale exp(sbar/K), with their derivatives."""

    tail: Tails
    size_is: Theorem
    size_positive: Theorem
    size_dot: Theorem
    spread_is: Theorem
    spread_nonnegative: Theorem
    spread_dot: Theorem
    deviation_dot: Theorem
    scaled_is: Theorem
    scaled_dot: Theorem
    control_is: Theorem
    control_dot: Theorem
    pace_positive: Theorem
    centred: Theorem
    share: Theorem


def scaled_deviations() -> Scaled:
    """sbar = S/(K-1), D = sum delta_a^2, y_a = delta_a e^{sbar/K}, u = 100 sbar e^{sbar/K} D."""
    tail = tails()
    y = tail.lyapunov
    size_is = define(size, S / (K - 1))
    S_dot = derivative(y.S_is, S_rate, RATES)
    size_dot = derivative(size_is, size_rate, RATES, along=[S_dot])
    deviation_dot = derivative(
        tail.deviation_is, deviation_rate(a), RATES, along=[S_dot], regular=[y.S_positive]
    )
    spread_is = define(spread, total_nonzero(a, delta_a * delta_a))
    spread_dot = derivative(spread_is, spread_rate, RATES, along=[deviation_dot])
    scaled_is = define(scaled(a), delta_a * growth)
    control_is = define(control, 100 * size * growth * spread)
    inverse = reciprocal(more_than_one)
    size_positive = linear(greater(size, 0), product(y.S_positive, inverse), size_is)
    return Scaled(
        tail,
        size_is,
        size_positive,
        size_dot,
        spread_is,
        linear(at_least(spread, 0), sum_over(square(delta_a), a, nonzero=True), spread_is),
        spread_dot,
        deviation_dot,
        scaled_is,
        derivative(scaled_is, scaled_rate(a), RATES, along=[size_dot, deviation_dot]),
        control_is,
        derivative(control_is, control_rate, RATES, along=[size_dot, spread_dot]),
        linear(
            greater(pace, 0),
            product(exp_positive(-S / (K - 1) / K), reciprocal(y.base.Q_positive)),
            tail.pace_is,
        ),
        linear(
            equal(total_nonzero(a, delta_a), 0),
            (-(K - 1) / S, y.S_is),
            unfold=[tail.deviation_is],
            nonzero=[y.S_positive],
        ),
        linear(
            equal(s(a), size * (1 + delta_a)),
            (-(1 + delta_a), size_is),
            unfold=[tail.deviation_is],
            nonzero=[y.S_positive, more_than_one],
        ),
    )


@claim(
    id="tail-second-order",
    paper=PAPER,
    kind="extension",
    place="towards tail-conjecture; makes transverse-rate a statement about the flow itself",
    title="Near collapse, deviations obey their linearisation up to terms of second order",
    plain="With D = sum_{a!=0} delta_a^2, N = sbar^2 D, w and drift as in tail-equation: where sbar >= 8 K and N <= 1/1024, "
    "0 <= rest_a <= 4 N/K, |drift| <= 4 N, |(delta_a e^{sbar/K})'| <= 42 w e^{sbar/K} N, and (100 sbar e^{sbar/K} D)' <= "
    "-50 w e^{sbar/K} N.",
    latex=r"|(\delta_ae^{\bar s/K})^{\boldsymbol\cdot}|\le42\,w\,e^{\bar s/K}\bar s^2D,\qquad"
    r"(100\,\bar s\,e^{\bar s/K}D)^{\boldsymbol\cdot}\le-50\,w\,e^{\bar s/K}\bar s^2D",
    scope=EVERY,
    hypotheses=[*SPECTRUM, FLOW, *EARLY],
    goals={
        "parseval": equal(K * total_nonzero(g, tilt(g) * tilt(g)), curved),
        "near above": at_least(NEAR, size * delta_a).where(a),
        "near below": at_least(size * delta_a, -NEAR).where(a),
        "rest": at_least(4 * curved / K, rest(a)),
        "drift": equal(drift, (total_nonzero(a, s(a) * rest(a)) - curved) / S),
        "drift above": at_least(4 * curved / K, drift),
        "drift below": at_least(drift, -4 * curved),
        "scaled above": at_least(42 * pace * growth * curved, scaled_rate(a)).where(a),
        "scaled below": at_least(scaled_rate(a), -42 * pace * growth * curved).where(a),
        "control": at_least(-50 * pace * growth * curved, control_rate),
    },
    depends=["tail-equation"],
    expected="proved",
    tags=["slowdown", "all-K"],
)
def tail_second_order(bench: Workbench) -> None:
    """Parseval bounds e(g), so rest_a; each term of tail-equation is then linear or of second order."""
    x = scaled_deviations()
    tail = x.tail
    y = tail.lyapunov
    base = y.base
    mine = [more_than_one, y.S_positive, x.size_positive]
    m, N = size, curved

    # Parseval: the e(g) are the transform of the sbar delta_a, and e(0) = sbar.
    square_z = linear(
        equal(K * total(g, z(g) * z(g)), total(a, s(a) * s(a))), unfold=[base.z_is], even=[symmetric]
    )
    square_s = sum_over(
        linear(
            equal(s(a) * s(a), m * m * (1 + 2 * delta_a + delta_a * delta_a)),
            (s(a) + m * (1 + delta_a), x.share),
        ),
        a,
        nonzero=True,
    )
    top = linear(
        equal(tilt(G0), m), tail.tilt_is.at({g: G0}), (-1, x.size_is), (-1 / K, y.S_trace), nonzero=mine
    )
    parseval = bench.show(
        "parseval",
        linear(
            bench.goal("parseval"),
            square_z,
            square_s,
            (2 * m * m, x.centred),
            (-m * m, x.spread_is),
            (-K * (tilt(G0) + m), top),
            (s(D0), zero_mode),
            unfold=[tail.tilt_is, x.size_is],
            contract=[y.z_total],
            nonzero=mine,
        ),
    )

    # |sbar delta_a| <= 1/32, so e(g) <= 1/32, and the bend of exp at e(g) is at most 2 e(g)^2
    m_squared = product(x.size_positive, x.size_positive)
    N_nonnegative = product(m_squared, x.spread_nonnegative)
    limit = number_positive(NEAR)
    single = linear(
        at_least(curved, m * delta_a * m * delta_a).where(a),
        (m_squared, one_of_sum(square(delta_a), a, nonzero=True)),
        (m * m, x.spread_is),
    )
    within = linear(at_least(NEAR * NEAR, m * delta_a * m * delta_a).where(a), single, near)
    below, above = (
        linear(
            at_least(NEAR - sign * m * delta_a, 0).where(a), square_order(limit, within, sign * m * delta_a)
        )
        for sign in (1, -1)
    )
    bench.show("near above", linear(bench.goal("near above"), below))
    bench.show("near below", linear(bench.goal("near below"), above))
    part = one_of_sum(square(tilt(g)), g, nonzero=True)
    curve = linear(
        at_least(NEAR * NEAR, tilt(g) * tilt(g)).where(g),
        part,
        (reciprocal(order), near),
        (-1 / K, parseval),
        (NEAR * NEAR, product(one, reciprocal(order))),
    )
    low = linear(
        at_least(1 - 2 * tilt(g), 0).where(g),
        (2, square_order(limit, curve, tilt(g))),
        number_positive(1 - 2 * NEAR),
    )
    under_one = linear(
        greater(1 - tilt(g), 0).where(g), (Fraction(1, 2), low), number_positive(Fraction(1, 2))
    )
    bent = linear(
        at_least(2 * tilt(g) * tilt(g) - bend, 0).where(g),
        (exp_positive(tilt(g)), exp_tangent(-tilt(g))),
        product(square(tilt(g)), low),
        divide_by=under_one,
    )
    rest_low = bench.use("tail-equation", "rest below")
    rest_high = bench.show(
        "rest",
        linear(
            bench.goal("rest"),
            (2, sum_over(bent, g, nonzero=True)),
            bench.use("tail-equation", "rest above"),
            (-4 / K, parseval),
        ),
    )

    # drift = (sum s_a rest_a)/S - sbar^2 D/S
    turned = sum_over(
        linear(equal(s(a) * delta_a, m * (delta_a + delta_a * delta_a)), (delta_a, x.share)), a, nonzero=True
    )
    weighted = linear(
        equal(total_nonzero(a, s(a) * delta_a), m * spread), turned, (m, x.centred), (-m, x.spread_is)
    )
    mean_rest = bench.show(
        "drift",
        linear(
            bench.goal("drift"),
            tail.drift_is,
            (-m / S, weighted),
            unfold=[x.size_is],
            nonzero=[more_than_one, y.S_positive],
        ),
    )
    room = linear(at_least(4 * N / K - rest(a), 0), rest_high)
    pushes = sum_over(product(positive, room), a, nonzero=True)
    per_size = reciprocal(y.S_positive)
    drift_high = bench.show(
        "drift above",
        linear(
            bench.goal("drift above"),
            (per_size, pushes),
            product(N_nonnegative, per_size),
            (4 * N / K / S, y.S_is),
            (-1, mean_rest),
            nonzero=mine,
        ),
    )
    far = linear(
        at_least(S - 1, 0),
        (more_than_one, large),
        (8, product(order, linear(at_least(K - 2, 0), classes))),
        (8, one),
        number_positive(7),
        (1 - K, x.size_is),
        nonzero=[more_than_one],
    )
    drift_low = bench.show(
        "drift below",
        linear(
            bench.goal("drift below"),
            (per_size, sum_over(product(positive, rest_low), a, nonzero=True)),
            product(product(N_nonnegative, per_size), far),
            (3, N_nonnegative),
            mean_rest,
            nonzero=mine,
        ),
    )

    # 42 w e^{sbar/K} N -+ y_a': twice w e^{sbar/K} times pieces that are >= 0, and 21 N is enough for them
    pull = product(x.pace_positive, exp_positive(m / K))
    eight = linear(at_least(m - 8, 0), large, (8, one))
    positive_share = linear(
        greater(1 + delta_a, 0).where(a),
        product(reciprocal(x.size_positive), positive),
        (-1 / m, x.share),
        nonzero=mine,
    )
    slack = linear(
        at_least(1 - delta_a, 0).where(a), eight, below, number_positive(8 - NEAR), divide_by=x.size_positive
    )
    fewer = product(N_nonnegative, product(one, reciprocal(order)))  # N (1 - 1/K) >= 0
    wide = linear(at_least(8 * N, 0), (8, N_nonnegative))
    drift_under = linear(at_least(4 * N - drift, 0), drift_high, (4, fewer))
    drift_over = linear(at_least(4 * N + drift, 0), drift_low)
    per_order = linear(greater(1 / (2 * K), 0), (Fraction(1, 2), reciprocal(order)))
    D_above = linear(
        at_least(spread - delta_a * delta_a, 0).where(a),
        one_of_sum(square(delta_a), a, nonzero=True),
        x.spread_is,
    )
    mD = product(x.size_positive, x.spread_nonnegative)
    pushed = {
        "scaled above": (
            linear(at_least(8 * N - rest(a) + drift, 0), room, (4, fewer), drift_over),
            (below, above),
            [product(x.size_positive, square(delta_a))],
        ),
        "scaled below": (
            linear(at_least(8 * N + rest(a) - drift, 0), rest_low, drift_under, (4, N_nonnegative)),
            (above, below),
            [
                product(x.size_positive, D_above),
                linear(at_least(N / 8 - mD.relation.lhs, 0), (Fraction(1, 8), product(mD, eight))),
            ],
        ),
    }
    for name, (push, (first, second), others) in pushed.items():
        sign = -1 if name == "scaled above" else 1
        used = Fraction(1, 4 if sign > 0 else 8)
        pieces = [
            product(slack, wide),
            product(positive_share, push),
            product(per_order, product(first, drift_over)),
            product(per_order, product(second, drift_under)),
            *others,
        ]
        rate = sign * growth
        bench.show(
            name,
            linear(
                bench.goal(name),
                *((2, product(pull, piece)) for piece in pieces),
                (Fraction(1, 4), product(pull, fewer)),
                (2 * (5 - used), product(pull, N_nonnegative)),
                (sign, x.scaled_dot),
                (rate, bench.use("tail-equation", "deviations")),
                (rate * delta_a / K, x.size_dot),
                (rate * delta_a / K / (K - 1), bench.use("tail-equation", "size")),
                unfold=[x.size_is],
                nonzero=mine,
            ),
        )

    # -u' - 50 w e^{sbar/K} N is 200 w e^{sbar/K} times pieces >= 0, in the same way
    size_over = linear(at_least(m - K, 0), large, (7, order))
    bulge = linear(at_least(N / K - m * spread, 0), product(reciprocal(order), product(mD, size_over)))
    pieces = [
        (2, product(x.size_positive, sum_over(product(above, square(delta_a)), a, nonzero=True))),
        (2, sum_over(product(product(below, positive_share), rest_low), a, nonzero=True)),
        (2 * NEAR, sum_over(product(positive_share, room), a, nonzero=True)),
        (1, product(linear(at_least(4 * NEAR**2 - drift, 0), drift_under, (4, near)), bulge)),
        (Fraction(1, 4), product(mD, linear(at_least(m - 8 * K, 0), large))),
        (1, product(mD, one)),
        (1 - 2 * NEAR + 4 * NEAR**2, mD),
        (Fraction(1, 4), N_nonnegative),
        (8 * NEAR - 4 * NEAR**2, product(N_nonnegative, reciprocal(order))),
    ]
    w = pace * growth
    bench.show(
        "control",
        linear(
            bench.goal("control"),
            *((200 * weight, product(pull, piece)) for weight, piece in pieces),
            (-1, x.control_dot),
            (-100 * growth * spread * (1 + m / K), x.size_dot),
            (-100 * growth * spread * (1 + m / K) / (K - 1), bench.use("tail-equation", "size")),
            (-100 * m * growth, spread_pace(x, bench.use("tail-equation", "deviations"))),
            (400 * w * m * NEAR, x.spread_is),
            (-1600 * NEAR * w * N / K, x.centred),
            unfold=[x.size_is],
            nonzero=mine,
        ),
    )


def spread_pace(x: Scaled, deviations: Theorem) -> Theorem:
    """D' = 4 w (sum delta_a (1 + delta_a) rest_a - sbar D - sbar sum delta_a^3 - drift D)."""
    moved = sum_over(
        linear(
            equal(
                deviation_rate(a) * delta_a,
                2 * pace * delta_a * (1 + delta_a) * (rest(a) - size * delta_a - drift),
            ).where(a),
            (delta_a, deviations),
            (2 * pace * delta_a * delta_a * (1 + delta_a), x.size_is),
        ),
        a,
        nonzero=True,
    )
    return linear(
        equal(spread_rate, 4 * pace * (pushes - size * (spread + cubes) - drift * spread)),
        x.spread_dot,
        (2, moved),
        (4 * pace * (size + drift), x.spread_is),
        (-4 * pace * drift, x.centred),
    )
