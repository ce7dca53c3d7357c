"""How the flow slows down as the logits grow."""

from __future__ import annotations

from fractions import Fraction

from ncverify.book.claim import Hypothesis
from ncverify.book.registry import claim
from ncverify.derive.decide import decide
from ncverify.derive.kernel import (
    Theorem,
    at_least,
    character_real_part,
    character_real_part_lower,
    congruent_exp,
    derivative,
    equal,
    exp_monotone,
    exp_positive,
    exp_tangent,
    greater,
    hypothesis,
    linear,
    order_positive,
    product,
    reciprocal,
    sum_over,
)
from ncverify.derive.terms import Sym, chi, exp, total, total_nonzero
from ncverify.evidence.enclosures import collapse_ray
from ncverify.evidence.exact import decided, not_at_most
from ncverify.evidence.workbench import Workbench
from ncverify.theory.groups import AbelianGroup
from ncverify.theory.parser import parse

from .lyapunov import lyapunov, mean_u
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
    g,
    more_than_one,
    order,
    p,
    phat,
    positive,
    s,
    s_rate,
    softmax,
    symmetric,
    z,
    zero_mode,
)

S_rate = Sym("S'")
ray, least = Sym("t"), Sym("m")
on_the_ray = hypothesis("on-the-ray", equal(s(a), ray).where(a), "structural")
smallest = hypothesis("smallest", at_least(s(a), least).where(a), "pointwise")


def softmax_on_the_ray(base: Softmax) -> tuple[Theorem, Theorem, Theorem, Theorem]:
    """exp z(g) = e^{-t/K} for g != 0, exp z(0) = e^{t - t/K}, Q = e^{-t/K} (e^t + K - 1), and e^t + K - 1 > 0."""
    waves = linear(equal(s(a) * chi(a, g), ray * chi(a, g)).where(a), (chi(a, g), on_the_ray))
    rays = sum_over(waves, a, nonzero=True)
    off = linear(equal(z(g), -ray / K).where(g), (1 / K, rays), (1 / K, zero_mode), unfold=[base.z_is])
    top = linear(
        equal(z(G0), ray - ray / K), (1 / K, rays.at({g: G0})), (1 / K, zero_mode), unfold=[base.z_is]
    )
    off_exp, top_exp = congruent_exp(off), congruent_exp(top)
    size = exp(ray) + K - 1
    Q_form = linear(equal(Q, exp(-ray / K) * size), base.Q_is, top_exp, sum_over(off_exp, g, nonzero=True))
    positive_size = linear(
        greater(size, 0), exp_positive(ray), linear(at_least(K - 1, 0), order_positive("K"))
    )
    return off_exp, top_exp, Q_form, positive_size


@claim(
    id="slowdown-exact",
    paper=PAPER,
    kind="published",
    place="summary: exponential slowdown as logit norms grow; the exact law is ours",
    title="The collapse ray, exactly",
    plain="On the collapse ray s_a = s (a != 0): 1 - phat_a = K/(e^s + K - 1), so s' = 2 K s/(e^s + K - 1), and "
    "t(s) = [Ei(s) - Ei(s0) + (K-1) log(s/s0)]/(2K), because this has derivative (e^s + K - 1)/(2 K s) by s.",
    latex=r"\dot s=\frac{2Ks}{e^s+K-1},\qquad t(s)=\frac{\mathrm{Ei}(s)-\mathrm{Ei}(s_0)+(K-1)\log(s/s_0)}{2K}",
    scope="every K >= 2, every finite abelian group",
    hypotheses=[
        SYMMETRIC,
        FLOW,
        ZERO_MODE,
        Hypothesis("on-the-ray", "s_a = t for every a != 0", "s_a=t"),
    ],
    goals={
        "complement": equal(1 - phat(a), K / (exp(ray) + K - 1)).where(a),
        "ray": equal(s_rate(a), 2 * K * ray / (exp(ray) + K - 1)).where(a),
    },
    depends=["reduced-ode"],
    expected="proved",
    tags=["slowdown", "all-K"],
)
def slowdown_exact(bench: Workbench) -> None:
    """z(0) = t (1 - 1/K) and z(g) = -t/K, so p has two values."""
    base = softmax(symmetric)
    flow = bench.assume("balanced-flow", "reduced-ode", "balanced")
    off_exp, top_exp, Q_form, size = softmax_on_the_ray(base)

    # phat_a = (e^t - 1) e^{-t/K} / Q for a != 0.
    down = exp(-ray / K)
    turned = linear(equal(exp(z(g)) * chi(a, g), exp(-ray / K) * chi(a, g)).where(g), (chi(a, g), off_exp))
    mode = linear(
        equal(Q * phat(a), down * (exp(ray) - 1)).where(a),
        top_exp,
        sum_over(turned, g, nonzero=True),
        unfold=[base.phat_is, base.p_is],
        nonzero=[base.Q_positive],
    )
    complement = bench.show(
        "complement",
        linear(
            bench.goal("complement"),
            (-1 * Q**-1, mode),
            ((exp(ray) - 1) / (Q * (exp(ray) + K - 1)), Q_form),
            nonzero=[base.Q_positive, size],
        ),
    )
    bench.show(
        "ray",
        linear(
            bench.goal("ray"),
            flow,
            (2 * s(a), complement),
            (2 * K / (exp(ray) + K - 1), on_the_ray),
        ),
    )
    bench.add(
        lambda: decided(
            decide("(exp(s)/s + (K - 1)/s)/(2*K) * 2*K*s/(exp(s) + K - 1)", 1),
            "dt/ds of the stated t(s), with Ei' = e^s/s, is 1/s'",
        )
    )
    rays = [AbelianGroup.walsh(2), AbelianGroup.cyclic(5), AbelianGroup.walsh(3)]
    bench.beside(
        lambda: collapse_ray(rays, Fraction(1, 3), ["1", "1000", "1e30", "1e100"], bench.settings.digits)
    )


@claim(
    id="slowdown-bounds",
    paper=PAPER,
    kind="published",
    place="summary: exponential slowdown as logit norms grow; the explicit bounds are ours",
    title="The missing probability is exponentially small, so the slowdown is exponential",
    plain="If s_a >= m for all a != 0, then (K-1)/(e^{S/(K-1)} + K - 1) <= 1 - p(0) <= (K-1) e^{-m}, and "
    "2 K m (1 - p(0)) <= S' <= 4 S (1 - p(0)): the time to gain a fixed amount of logit grows exponentially with "
    "the logits, so the logits grow like log t.",
    latex=r"\frac{K-1}{e^{\bar s}+K-1}\le 1-p(0)\le (K-1)e^{-\min_a s_a},\qquad "
    r"2K\min_a s_a\,(1-p(0))\le\dot S\le4S(1-p(0))",
    scope="every K >= 2, every finite abelian group, every real symmetric positive spectrum",
    hypotheses=[
        SYMMETRIC,
        FLOW,
        POSITIVE,
        ZERO_MODE,
        CLASSES,
        Hypothesis(
            "smallest", "m is a lower bound of the s_a, a != 0 (upper bound and slow side)", r"s_a\ge m"
        ),
    ],
    goals={
        "upper": at_least((K - 1) * exp(-least), 1 - p(G0)),
        "lower": at_least(1 - p(G0), (K - 1) / (exp(S / (K - 1)) + K - 1)),
        "speed from below": at_least(S_rate, 2 * K * least * (1 - p(G0))),
        "speed from above": at_least(4 * S * (1 - p(G0)), S_rate),
    },
    depends=["reduced-ode"],
    expected="proved",
    tags=["slowdown", "all-K"],
)
def slowdown_bounds(bench: Workbench) -> None:
    """Gaps z(0) - z(g) lie between m and 2S/K; Jensen for the exponentials of the others."""
    y = lyapunov()
    base = y.base
    flow = bench.assume("balanced-flow", "reduced-ode", "balanced")

    # z(0) - z(g) = (1/K) sum_a s_a (1 - Re chi_a(g)), between m and 2 S/K for g != 0.
    excess = linear(at_least(s(a) - least, 0).where(a), smallest)
    gap_low = linear(
        at_least(z(G0) - z(g), least).where(g),
        (reciprocal(order), sum_over(product(excess, character_real_part(a, g)), a, nonzero=True)),
        unfold=[base.z_is],
        even=[symmetric],
    )
    gap_high = linear(
        at_least(2 * S / K, z(G0) - z(g)),
        (reciprocal(order), sum_over(product(positive, character_real_part_lower(a, g)), a, nonzero=True)),
        unfold=[base.z_is, y.S_is],
        even=[symmetric],
    )

    # Upper bound: exp z(g) <= exp(z(0) - m) for g != 0; sum, divide by Q, and p(0) <= 1.
    small = sum_over(exp_monotone(linear(at_least(z(G0) - least, z(g)).where(g), gap_low)), g, nonzero=True)
    weighted = linear(
        at_least((K - 1) * exp(-least) * p(G0), 1 - p(G0)),
        (reciprocal(base.Q_positive), small),
        ((K - 1) * exp(-least) + 1, base.p_is.at({g: G0})),
        (-1 / Q, base.Q_is),
        nonzero=[base.Q_positive],
    )
    room = product(product(more_than_one, exp_positive(-least)), y.off_positive)
    bench.show("upper", linear(bench.goal("upper"), weighted, room))

    # Lower bound: Jensen, sum_{g != 0} exp z(g) >= (K-1) exp(mean), and mean + S/(K-1) = z(0).
    tangent = sum_over(exp_tangent(z(g) - mean_u), g, nonzero=True)
    jensen = linear(
        at_least(total_nonzero(g, exp(z(g) - mean_u)), K - 1),
        tangent,
        (-1 * (K - 1), y.mean_u_is),
        nonzero=[more_than_one],
    )
    mean_exp = congruent_exp(
        linear(
            equal(mean_u + S / (K - 1), z(G0)),
            unfold=[y.mean_u_is, y.S_trace],
            contract=[y.z_total],
            nonzero=[more_than_one],
        )
    )
    lift = product(exp_positive(mean_u + S / (K - 1)), reciprocal(base.Q_positive))
    balance = linear(
        at_least(exp(S / (K - 1)) * (1 - p(G0)), (K - 1) * p(G0)),
        (lift, jensen),
        ((K - 1) / Q, mean_exp),
        (-1 * (K - 1) - exp(S / (K - 1)), base.p_is.at({g: G0})),
        (exp(S / (K - 1)) / Q, base.Q_is),
        nonzero=[base.Q_positive],
    )
    size = linear(greater(exp(S / (K - 1)) + K - 1, 0), exp_positive(S / (K - 1)), more_than_one)
    bench.show("lower", linear(bench.goal("lower"), balance, divide_by=size, nonzero=[size]))

    # Speed: S' = 2 K sum_{g != 0} p(g) (z(0) - z(g)).
    S_dot = derivative(y.S_is, S_rate, {"s": ((a,), s_rate(a))})
    speed = linear(
        equal(S_rate, 2 * K * total(g, p(g) * (z(G0) - z(g)))),
        S_dot,
        sum_over(flow, a, nonzero=True),
        unfold=[base.phat_is, base.z_is],
        even=[symmetric, base.p_even],
        contract=[base.p_total],
    )
    slow = sum_over(
        product(base.p_positive, linear(at_least(z(G0) - z(g) - least, 0).where(g), gap_low)), g, nonzero=True
    )
    fast = sum_over(
        product(base.p_positive, linear(at_least(2 * S / K - (z(G0) - z(g)), 0), gap_high)), g, nonzero=True
    )
    twice = linear(greater(2 * K, 0), (2, order))
    bench.show(
        "speed from below",
        linear(bench.goal("speed from below"), (twice, slow), speed, contract=[base.p_total]),
    )
    bench.show(
        "speed from above",
        linear(bench.goal("speed from above"), (twice, fast), (-1, speed), contract=[base.p_total]),
    )


@claim(
    id="slowdown-logarithmic",
    paper=PAPER,
    kind="published",
    place="summary, 'Foundational Learning': the slowdown is logarithmic in the logit norm",
    title="The slowdown is logarithmic in the logit norm",
    plain="The time dt/ds that the collapse ray needs for a unit of logit is at most C (1 + log of the norm of Z), "
    "even with C = 10^6. (What is logarithmic is the norm as a function of time.)",
    latex=r"\frac{dt}{ds}\le C\,(1+\log\lVert Z\rVert)",
    scope="refuted at K = 4, s = 100; by slowdown-exact dt/ds = (e^s + K - 1)/(2 K s), so for every C",
    depends=["slowdown-exact"],
    corrected_by="slowdown-bounds",
    expected="refuted",
    tags=["slowdown", "erratum"],
)
def slowdown_logarithmic(bench: Workbench) -> None:
    """Both sides at an exact point, by balls; norm of Z on the ray is s sqrt(K-1)."""
    bench.use("slowdown-exact", "ray")
    bench.add(
        lambda: not_at_most(
            parse("(exp(100) + 3)/(2*4*100)"),
            parse("10**6*(1 + log(100*sqrt(3)))"),
            "one exact point of the collapse ray",
            "dt/ds against a logarithm of the norm of Z",
            {"K": "4", "s": "100", "C": "10^6"},
        )
    )
