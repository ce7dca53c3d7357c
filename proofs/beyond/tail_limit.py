"""Deviations from collapse have a limit on the scale exp(-sbar/K): a chain of three links."""

from __future__ import annotations

from fractions import Fraction

from ncverify.book.registry import claim
from ncverify.derive.kernel import (
    Relation,
    Theorem,
    at_least,
    converges,
    define,
    derivative,
    equal,
    exp_monotone,
    exp_positive,
    exp_tangent,
    greater,
    hypothesis,
    instantiate,
    linear,
    number_positive,
    product,
    reciprocal,
    root_nonnegative,
    root_square,
    settles,
    square_order,
    squeezed,
    sum_over,
)
from ncverify.derive.terms import Sym, exp, sqrt
from ncverify.evidence.tails import tails_settle
from ncverify.evidence.workbench import Workbench
from ncverify.theory.groups import AbelianGroup

from ..garrod.convergence import EVERY, SPECTRUM, level
from ..garrod.lyapunov import S_rate, V, V_rate, lyapunov
from ..garrod.model import FLOW, K, S, a, more_than_one, order, positive, s
from .tail_control import (
    NEAR,
    RATES,
    Scaled,
    control,
    control_rate,
    curved,
    scaled,
    scaled_deviations,
    scaled_rate,
    size,
)
from .tails import deviation

PAPER = "beyond"
U, U_rate = Sym("U"), Sym("U'")

STARTS = (
    (AbelianGroup.walsh(2), (3, 1, 2)),
    (AbelianGroup.cyclic(5), (3, 1, 1, 3)),
    (AbelianGroup.walsh(3), (2, 1, 1, 2, 1, 1, 1)),
)

# What holds from some time on, because S -> oo and U -> 0.
grown = hypothesis("late-size", at_least(S, 8 * K * (K - 1)), "pointwise")
small_enough = NEAR**2 / 2 * K**-1
small = hypothesis("late-divergence", at_least(small_enough, U), "pointwise")
small_positive = linear(greater(small_enough, 0), (NEAR**2 / 2, reciprocal(order)))


@claim(
    id="differences-vanish",
    paper=PAPER,
    kind="extension",
    place="towards tail-conjecture; sharpens global-convergence",
    title="The singular values become equal, not only their ratios",
    plain="With sbar = S/(K-1): S^2 V tends to 0, and (s_a - sbar)^2 <= 2 K/(K-1) S^2 V, so s_a - sbar tends to 0 for "
    "a != 0, although s_a and sbar tend to infinity: the logits differ from those of collapse by as little as one "
    "likes, and so do the probabilities in proportion.",
    latex=r"S^2V\to0,\qquad s_a-\bar s\to0\quad(a\neq0)",
    scope=EVERY,
    hypotheses=[*SPECTRUM, FLOW],
    goals={
        "scale": equal(U, S * S * V),
        "scaled divergence": Relation(U, "->0"),
        "bound": at_least(2 * K * (K - 1) ** -1 * U, (s(a) - S / (K - 1)) * (s(a) - S / (K - 1))).where(a),
        "differences": Relation(s(a) - S / (K - 1), "->0").where(a),
    },
    depends=["growth", "lyapunov-per-size", "lyapunov-zero", "finite-time-bound", "global-convergence"],
    expected="proved",
    tags=["convergence", "slowdown", "all-K"],
)
def differences_vanish(bench: Workbench) -> None:
    """finite-time-bound at phi = sqrt V: dU/dS <= sqrt U (2 sqrt V - c (1 - e^{-c' sqrt U})), negative late."""
    y = lyapunov()
    sign = bench.use("growth", "sign")
    divergence = bench.use("global-convergence", "divergence")
    growing = bench.use("lyapunov-per-size", "growing")
    U_is = define(U, S * S * V)
    bench.show("scale", linear(bench.goal("scale"), U_is))
    S_dot = derivative(y.S_is, S_rate, RATES)
    V_dot = derivative(y.V_is, V_rate, RATES, along=[S_dot], regular=[y.S_positive, positive])
    U_dot = derivative(U_is, U_rate, RATES, along=[S_dot, V_dot])

    V_nonnegative = bench.use("lyapunov-zero", "nonnegative")
    root, root_low, root_is = sqrt(V), root_nonnegative(V), root_square(V_nonnegative)
    quarter = hypothesis("quarter", at_least(Fraction(1, 4), V), "pointwise")
    half = square_order(
        linear(greater(Fraction(1, 2), 0), number_positive(Fraction(1, 2))),
        linear(at_least(Fraction(1, 4), root * root), quarter, (-1, root_is)),
        root,
    )
    rate = instantiate(
        bench.use("finite-time-bound", "rate"),
        {level: root},
        {},
        {
            "level-nonnegative": root_low,
            "level-half": half,
            "level-below": linear(at_least(V, root * root), (-1, root_is)),
        },
    )

    level_positive = hypothesis("level-positive", greater(level, 0), "pointwise")
    above = hypothesis("above", at_least(U, level * level), "pointwise")
    inverse = reciprocal(more_than_one)
    squared = product(inverse, inverse)
    cubed = product(squared, inverse)
    first = level * (K - 1) ** -2
    pull = (1 - exp(-first)) * (K - 1) ** -3 / 4
    rise = linear(greater(exp(first) - 1, 0), exp_tangent(first), product(level_positive, squared))
    pull_positive = linear(
        greater(pull, 0), (Fraction(1, 4), product(product(cubed, exp_positive(-first)), rise))
    )
    enough = hypothesis("enough", at_least(pull * pull, V), "pointwise")
    weak = square_order(
        pull_positive, linear(at_least(pull * pull, root * root), enough, (-1, root_is)), root
    )

    size = product(y.S_positive, root_low)
    far = square_order(
        size,
        linear(at_least(S * root * S * root, level * level), above, (-1, U_is), (S * S, root_is)),
        level,
    )
    fewer = exp_monotone(linear(at_least(-first, -S * root * (K - 1) ** -2), (squared, far)))
    fewer = linear(at_least(exp(-first) - exp(-S * root * (K - 1) ** -2), 0), fewer)
    falls = linear(
        at_least(0, S * V_rate + 4 * pull * root * S_rate),
        (growing, rate),
        (product(product(growing, root_low), cubed), fewer),
        nonzero=[growing, more_than_one],
    )
    decay = linear(
        at_least(0, U_rate + 2 * level * pull * S_rate),
        (y.S_positive, falls),
        (2, product(product(size, growing), linear(at_least(pull - root, 0), weak))),
        (2, product(product(pull_positive, growing), linear(at_least(S * root - level, 0), far))),
        (-1, U_dot),
        (2 * S * S_rate, root_is),
    )
    shown = bench.show(
        "scaled divergence",
        settles(
            decay,
            linear(greater(2 * level * pull, 0), (2, product(level_positive, pull_positive))),
            linear(at_least(U, 0), (product(y.S_positive, y.S_positive), V_nonnegative), U_is),
            growing,
            bench.use("growth", "unbounded"),
            value=U,
            scale=S,
            level=level,
            along=[
                sign,
                divergence,
                number_positive(Fraction(1, 4)),
                product(pull_positive, pull_positive),
            ],
        ),
    )
    bound = bench.show(
        "bound",
        linear(
            bench.goal("bound"),
            (
                product(product(y.S_positive, y.S_positive), squared),
                bench.use("global-convergence", "pinsker"),
            ),
            (2 * K / (K - 1), U_is),
            nonzero=[y.S_positive, more_than_one],
        ),
    )
    bench.show("differences", squeezed(shown, bound, s(a) - S / (K - 1), along=[sign]))


@claim(
    id="tail-conjecture",
    paper=PAPER,
    kind="extension",
    place="sharpens transverse-rate",
    title="Deviations from collapse have a limit on the scale e^(-sbar/K)",
    plain="From every balanced start with all s_a > 0 (a != 0), y_a = delta_a e^{sbar/K} converges, where delta_a = s_a/sbar - 1: "
    "unequal singular values approach each other exactly at the rate of the linearisation at the collapse ray "
    "(transverse-rate), with no logarithm or power in between.",
    latex=r"\delta_a\,e^{\bar s/K}\to\ell_a\quad(t\to\infty),\qquad\delta_a=s_a/\bar s-1",
    scope=EVERY,
    hypotheses=[*SPECTRUM, FLOW],
    goals={
        "scaled": equal(scaled(a), (s(a) * (K - 1) / S - 1) * exp(S / (K - 1) / K)),
        "limit": Relation(scaled(a), "converges").where(a),
    },
    depends=["growth", "tail-second-order", "differences-vanish", "global-convergence"],
    expected="proved",
    tags=["slowdown", "convergence", "all-K"],
)
def tail_conjecture(bench: Workbench) -> None:
    """Late, |y_a'| <= 42 w e^{sbar/K} N <= -u' with u = 100 sbar e^{sbar/K} D >= 0: bounded variation."""
    x = scaled_deviations()
    bench.show("scaled", linear(bench.goal("scaled"), unfold=[x.scaled_is, x.tail.deviation_is, x.size_is]))
    given = late(bench, x)
    above, below, falls = (
        at_late_times(bench.use("tail-second-order", name), given)
        for name in ("scaled above", "scaled below", "control")
    )
    size_positive = x.size_positive
    room = product(
        product(x.pace_positive, exp_positive(size / K)),
        product(product(size_positive, size_positive), x.spread_nonnegative),
    )
    bench.show(
        "limit",
        converges(
            linear(at_least(0, control_rate + scaled_rate(a)).where(a), falls, above, (8, room)),
            linear(at_least(0, control_rate - scaled_rate(a)).where(a), falls, below, (8, room)),
            linear(
                at_least(control, 0),
                (100, product(product(size_positive, exp_positive(size / K)), x.spread_nonnegative)),
                x.control_is,
            ),
            value=scaled(a),
            control=control,
            along=[
                bench.use("growth", "sign"),
                bench.use("growth", "unbounded"),
                bench.use("differences-vanish", "scaled divergence"),
                small_positive,
            ],
        ),
    )
    times = ["1e20", "1e40", "1e60", "1e80", "1e100", "1e120"]
    bench.beside(
        lambda: tails_settle([(group, [Fraction(x) for x in start]) for group, start in STARTS], times, 60)
    )


def late(bench: Workbench, x: Scaled) -> dict[str, Theorem]:
    """sbar >= 8 K and sbar^2 D <= 1/1024, from S >= 8 K (K-1) and U = S^2 V small: sbar^2 D <= 2 K U."""
    inverse = reciprocal(more_than_one)
    pinsker = linear(
        at_least(2 * K * (K - 1) * V, deviation(a) * deviation(a)).where(a),
        bench.use("global-convergence", "pinsker"),
        unfold=[x.tail.deviation_is],
    )
    return {
        "large-size": linear(at_least(size, 8 * K), (inverse, grown), x.size_is, nonzero=[more_than_one]),
        "near-collapse": linear(
            at_least(NEAR * NEAR, curved),
            (product(x.size_positive, x.size_positive), sum_over(pinsker, a, nonzero=True)),
            (linear(greater(2 * K, 0), (2, order)), small),
            (2 * K, define(U, S * S * V)),
            (-size * size, x.spread_is),
            unfold=[x.size_is],
            nonzero=[more_than_one],
        ),
    }


def at_late_times(known: Theorem, given: dict[str, Theorem]) -> Theorem:
    """What holds late of a theorem about states near collapse."""
    return instantiate(known, {}, {}, {name: given[name] for name in given if name in known.hypotheses})
