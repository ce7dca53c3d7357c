"""How unequal starts approach collapse: the exact equation of the deviations, and their tail."""

from __future__ import annotations

from dataclasses import dataclass

from ncverify.book.registry import claim
from ncverify.derive.kernel import (
    Theorem,
    at_least,
    character_real_part,
    character_real_part_lower,
    define,
    derivative,
    equal,
    exp_tangent,
    linear,
    product,
    sum_over,
)
from ncverify.derive.terms import Function, Sym, chi, exp, total, total_nonzero
from ncverify.evidence.instances import CYCLIC, WALSH, instances
from ncverify.evidence.workbench import Workbench

from ..garrod.lyapunov import Lyapunov, S_rate, lyapunov
from ..garrod.model import (
    CLASSES,
    FLOW,
    POSITIVE,
    SYMMETRIC,
    ZERO_MODE,
    K,
    Q,
    S,
    a,
    g,
    more_than_one,
    p,
    phat,
    s,
    s_rate,
    symmetric,
    z,
    zero_mode,
)

PAPER = "beyond"
MANY = K - 1
deviation, deviation_rate = Function("dev", ("D",)), Function("dev'", ("D",))
tilt, rest, drift = Function("tilt", ("G",)), Function("rest", ("D",)), Sym("drift")
pace = Sym("pacing")
mean_s = S / MANY
bend = exp(tilt(g)) - 1 - tilt(g)
wave = (chi(a, g) + chi(-a, g)) / 2


@dataclass(frozen=True)
class Tails:
    """The deviations from collapse and what moves them, on top of the Lyapunov function."""

    lyapunov: Lyapunov
    deviation_is: Theorem
    tilt_is: Theorem
    pace_is: Theorem
    rest_is: Theorem
    drift_is: Theorem


def tails() -> Tails:
    """Define delta_a, e(g), w, rest_a and the drift."""
    y = lyapunov()
    tilt_is = define(tilt(g), z(g) + mean_s / K)
    tilt_even = linear(equal(tilt(-g), tilt(g)), unfold=[tilt_is], even=[y.base.z_even])
    return Tails(
        y,
        define(deviation(a), s(a) * MANY / S - 1),
        tilt_is,
        define(pace, exp(-1 * mean_s / K) / Q),
        define(rest(a), total_nonzero(g, bend * (1 - wave)), even=[tilt_even]),
        define(drift, total_nonzero(a, s(a) * (rest(a) - mean_s * deviation(a))) / S),
    )


@claim(
    id="tail-equation",
    paper=PAPER,
    kind="extension",
    place="towards tail-conjecture; makes transverse-rate exact off the ray",
    title="The exact equation of the deviations from collapse",
    plain="With sbar = S/(K-1), delta_a = s_a/sbar - 1, e(g) = z(g) + sbar/K, w = e^{-sbar/K}/Q, rest_a = sum_{g!=0} "
    "(e^{e(g)} - 1 - e(g)) (1 - Re chi_a(g)) and drift = sum_{a!=0} s_a (rest_a - sbar delta_a)/S: 1 - phat_a = w (K - sbar "
    "delta_a + rest_a), S' = 2 w S (K + drift), delta_a' = 2 w (1 + delta_a) (rest_a - sbar delta_a - drift), and 0 <= rest_a <= "
    "2 sum_{g!=0} (e^{e(g)} - 1 - e(g)). So d delta_a/d sbar = (1 + delta_a) (rest_a - sbar delta_a - drift)/(sbar (K + drift)), "
    "which is -delta_a/K up to terms of second order in sbar delta, divided by sbar.",
    latex=r"\frac{d\delta_a}{d\bar s}=\frac{(1+\delta_a)\,(\rho_a-\bar s\delta_a-\sigma)}{\bar s\,(K+\sigma)},\qquad "
    r"0\le\rho_a\le2\sum_{g\ne0}(e^{e_g}-1-e_g)",
    scope="every K >= 2, every finite abelian group, every real symmetric positive spectrum",
    hypotheses=[SYMMETRIC, FLOW, POSITIVE, ZERO_MODE, CLASSES],
    goals={
        "gain": equal(1 - phat(a), pace * (K - mean_s * deviation(a) + rest(a))).where(a),
        "size": equal(S_rate, 2 * pace * S * (K + drift)),
        "deviations": equal(
            deviation_rate(a), 2 * pace * (1 + deviation(a)) * (rest(a) - mean_s * deviation(a) - drift)
        ).where(a),
        "rest above": at_least(2 * total_nonzero(g, bend), rest(a)),
        "rest below": at_least(rest(a), 0),
    },
    depends=["reduced-ode", "growth"],
    expected="proved",
    tags=["slowdown", "all-K"],
)
def tail_equation(bench: Workbench) -> None:
    """p(g) = w exp(e(g)) off 0; the sums of 1 and of e(g) against 1 - Re chi_a are K and -sbar delta_a."""
    tail = tails()
    y, base, deviation_is, rest_is = tail.lyapunov, tail.lyapunov.base, tail.deviation_is, tail.rest_is
    tilt_is, pace_is, drift_is = tail.tilt_is, tail.pace_is, tail.drift_is
    flow = bench.assume("balanced-flow", "reduced-ode", "balanced")

    share = linear(
        equal(p(g), pace * exp(tilt(g))), base.p_is, unfold=[pace_is, tilt_is], nonzero=[base.Q_positive]
    )
    mass = bench.use("growth", "mass")
    spread = linear(
        equal(1 - phat(a), pace * total(g, exp(tilt(g)) * (1 - wave))),
        mass,
        sum_over(linear(equal(p(g) * (1 - wave), pace * exp(tilt(g)) * (1 - wave)), (1 - wave, share)), g),
    )
    linear_part = linear(
        equal(total(g, tilt(g) * (1 - wave)), -1 * mean_s * deviation(a)).where(a),
        (1, zero_mode),
        unfold=[tilt_is, deviation_is, base.z_is],
        even=[symmetric],
        nonzero=[y.S_positive, more_than_one],
    )
    gain = bench.show(
        "gain",
        linear(bench.goal("gain"), spread, (pace, linear_part), (-1 * pace, rest_is)),
    )
    pushed = sum_over(
        linear(
            equal(s_rate(a), 2 * pace * s(a) * (K - mean_s * deviation(a) + rest(a))).where(a),
            flow,
            (2 * s(a), gain),
        ),
        a,
        nonzero=True,
    )
    rates = {"s": ((a,), s_rate(a))}
    S_dot = derivative(y.S_is, S_rate, rates)
    size = bench.show(
        "size",
        linear(
            bench.goal("size"),
            S_dot,
            pushed,
            (-2 * pace * K, y.S_is),
            (-2 * pace * S, drift_is),
            nonzero=[y.S_positive],
        ),
    )
    moved = derivative(deviation_is, deviation_rate(a), rates, along=[S_dot], regular=[y.S_positive])
    bench.show(
        "deviations",
        linear(
            bench.goal("deviations"),
            moved,
            (MANY / S, flow),
            (2 * s(a) * MANY / S, gain),
            (-1 * s(a) * MANY * S**-2, size),
            unfold=[deviation_is],
            nonzero=[y.S_positive, more_than_one],
        ),
    )
    bent = linear(at_least(bend, 0), exp_tangent(tilt(g)))
    over = sum_over(product(bent, character_real_part_lower(a, g)), g, nonzero=True)
    bench.show("rest above", linear(bench.goal("rest above"), over, (-1, rest_is)))
    under = sum_over(product(bent, character_real_part(a, g)), g, nonzero=True)
    bench.show("rest below", linear(bench.goal("rest below"), under, rest_is))
    definitions = [*base.definitions, y.S_is, deviation_is, tilt_is, pace_is, rest_is]
    bench.beside(
        lambda: instances(definitions, {"gain": bench.claim.goals["gain"]}, [*WALSH[:3], *CYCLIC[:3]])
    )
