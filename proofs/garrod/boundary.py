"""The faces s_a = 0 of the spectra: invariant, with directions at infinity that are not collapse, unstable."""

from __future__ import annotations

from ncverify.book.claim import Hypothesis
from ncverify.book.registry import claim
from ncverify.derive.kernel import (
    Relation,
    at_least,
    character_real_part_lower,
    condition_holds,
    define,
    derivative,
    equal,
    exp_positive,
    global_solution,
    greater,
    hypothesis,
    linear,
    one_of_sum,
    product,
    sign_preserved,
    sum_over,
    unbounded,
)
from ncverify.derive.terms import Function, Sym, Var, chi, delta, total, total_nonzero
from ncverify.evidence.workbench import Workbench

from .growth import floor, mass_floor
from .model import (
    FLOW,
    PAPER,
    SYMMETRIC,
    ZERO_MODE,
    K,
    S,
    a,
    g,
    p,
    phat,
    s,
    s_rate,
    softmax,
    symmetric,
    zero_mode,
)

S_rate = Sym("S'")
kick = Function("v", ("D",))
pace, pace_kick = Function("F", ("D",)), Function("F_v", ("D",))
empty, live = Var("empty", "D", fixed=True), Var("live", "D", fixed=True)

NONNEGATIVE = Hypothesis("nonnegative", "s_a >= 0 for a != 0", r"s_a\ge0\ (a\neq0)")
LIVE = Hypothesis("live", "some mode other than the frozen one is positive, s_b > 0", r"s_b>0")
LIVE_OFF = Hypothesis("live-off", "that mode is not the frozen one, b != 0", r"b\neq0")
EMPTY = Hypothesis("empty", "the mode a is absent, s_a = 0 (last part only)", "s_a=0")
KICK = Hypothesis("kick-symmetric", "the perturbation v is symmetric, v_{-a} = v_a", r"v_{-a}=v_a")

nonnegative = hypothesis("nonnegative", at_least(s(a), 0).where(a), "open")
alive = hypothesis("live", greater(s(live), 0), "open")
live_off = hypothesis("live-off", equal(delta(live), 0))
absent = hypothesis("empty", equal(s(empty), 0), "pointwise")
kick_symmetric = hypothesis("kick-symmetric", equal(kick(-a), kick(a)))


@claim(
    id="spurious-directions",
    paper=PAPER,
    kind="published",
    place="abstract: spurious critical points; that they are the faces of the spectra is ours",
    title="Faces s_a = 0 are invariant and lead to infinity, not to collapse; every one of them is unstable",
    plain="For s >= 0, s != 0 and any set A of characters with A = -A, {s_a = 0 for a in A} is invariant; on it the flow "
    "exists for all times and S tends to infinity, so it has directions at infinity with s_a/S = 0, which are not "
    "collapse (K = 4: s = (0, sigma, sigma), Example 3.1 of the layer-peeled paper). Each is unstable: linearised at "
    "s_a = 0, a perturbation v_a grows at the rate 2 (1 - phat_a) >= 2 e^{-2S/K} > 0, and every start with s_a > 0 for "
    "all a != 0 converges to collapse.",
    latex=r"s_a(0)=0\Rightarrow s_a\equiv0,\quad S\to\infty;\qquad \partial_v\dot s_a=2(1-\hat p_a)\,v_a,\quad"
    r"1-\hat p_a\ge e^{-2S/K}>0",
    scope="every K >= 2, every finite abelian group, every real symmetric spectrum s >= 0 that is not 0",
    hypotheses=[SYMMETRIC, FLOW, ZERO_MODE, NONNEGATIVE, LIVE, LIVE_OFF, EMPTY, KICK],
    goals={
        "invariant": Relation(s(a), "keeps sign").where(a),
        "lasting": Relation(s(a), "global").where(a),
        "unbounded": Relation(S, "->oo"),
        "linearised": equal(pace_kick(empty), 2 * (1 - phat(empty)) * kick(empty)),
        "unstable": at_least(1 - phat(a), floor).where(a),
    },
    depends=["reduced-ode", "global-convergence"],
    expected="proved",
    tags=["landscape", "all-K"],
)
def spurious_directions(bench: Workbench) -> None:
    """s_a' = s_a times a smooth function of the state; 1 - phat_a has a floor also where some s_a vanish."""
    base = softmax(symmetric)
    flow = bench.assume("balanced-flow", "reduced-ode", "balanced")
    S_is = define(S, total_nonzero(a, s(a)))
    mass = linear(
        equal(1 - phat(a), total(g, p(g) * (1 - (chi(a, g) + chi(-a, g)) / 2))),
        unfold=[base.phat_is],
        even=[base.p_even],
        contract=[base.p_total],
    )
    rate = bench.show("unstable", linear(bench.goal("unstable"), mass_floor(base, S_is, nonnegative, mass)))

    # The zeros stay, and so do the signs; 0 <= s' <= 4 s, so the solution lasts.
    factor = 2 * (1 - phat(a))
    follows = linear(equal(s_rate(a), s(a) * factor).where(a), flow)
    sign = bench.show(
        "invariant", sign_preserved(follows, s(a), factor, smooth=[*base.definitions, base.Q_positive])
    )
    moving = linear(greater(1 - phat(a), 0).where(a), rate, exp_positive(-2 * S / K))
    slow = linear(
        at_least(2 - (1 - phat(a)), 0),
        sum_over(product(base.p_positive, character_real_part_lower(a, g)), g),
        (-1, mass),
        contract=[base.p_total],
        even=[base.p_even],
    )
    lower = linear(at_least(s_rate(a), 0).where(a), (2, product(nonnegative, moving)), flow)
    upper = linear(at_least(4 * s(a) - s_rate(a), 0).where(a), (2, product(nonnegative, slow)), (-1, flow))
    lasting = bench.show("lasting", global_solution(sign, lower, upper, 4))

    # S > 0, because one mode is, and S' >= 2 S e^{-2S/K}.
    one = condition_holds(one_of_sum(nonnegative, a, nonzero=True).at({a: live}), live_off)
    S_positive = linear(greater(S, 0), one, alive, unfold=[S_is])
    S_dot = derivative(S_is, S_rate, {"s": ((a,), s_rate(a))})
    pushed = product(nonnegative, linear(at_least(1 - phat(a) - floor, 0).where(a), rate))
    total_rate = linear(
        at_least(S_rate, 2 * S * floor),
        S_dot,
        sum_over(flow, a, nonzero=True),
        (2, sum_over(pushed, a, nonzero=True)),
        (-2 * floor, S_is),
    )
    kept = [sign, condition_holds(sign.at({a: live}), live_off), lasting, zero_mode]
    bench.show("unbounded", unbounded(total_rate, S_positive, S, S_rate, along=kept))

    # The linearisation at s_a = 0: only the growth rate of the mode itself is left.
    direction = {"s": ((a,), kick(a))}
    z_kick, Q_kick = Function("z_v", ("G",)), Sym("Q_v")
    p_kick, phat_kick = Function("p_v", ("G",)), Function("phat_v", ("D",))
    sides = [symmetric, kick_symmetric]
    z_moves = derivative(base.z_is, z_kick(g), direction, constants=["v"], even=sides)
    z_even = linear(equal(z_kick(-g), z_kick(g)), unfold=[z_moves], even=sides)
    Q_moves = derivative(base.Q_is, Q_kick, direction, along=[z_moves], constants=["v"])
    p_moves = derivative(
        base.p_is, p_kick(g), direction, along=[z_moves, Q_moves], constants=["v"], regular=[base.Q_positive]
    )
    p_even = linear(equal(p_kick(-g), p_kick(g)), unfold=[p_moves], even=[base.z_even, z_even])
    phat_moves = derivative(
        base.phat_is, phat_kick(a), direction, along=[p_moves], constants=["v"], even=[p_even]
    )
    pace_is = define(pace(a), 2 * s(a) * (1 - phat(a)))
    pace_moves = derivative(pace_is, pace_kick(a), direction, along=[phat_moves], constants=["v"])
    bench.show(
        "linearised",
        linear(bench.goal("linearised"), pace_moves.at({a: empty}), (-2 * phat_kick(empty), absent)),
    )
