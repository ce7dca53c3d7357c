"""How fast unequal singular values become equal."""

from __future__ import annotations

from ncverify.book.claim import Hypothesis
from ncverify.book.registry import claim
from ncverify.derive.kernel import (
    derivative,
    equal,
    hypothesis,
    linear,
    sum_over,
)
from ncverify.derive.terms import Function, Sym, chi, exp, total
from ncverify.evidence.workbench import Workbench

from .model import (
    D0,
    G0,
    PAPER,
    SYMMETRIC,
    ZERO_MODE,
    K,
    Q,
    a,
    g,
    s,
    softmax,
    symmetric,
    z,
)
from .slowdown import on_the_ray, ray, softmax_on_the_ray

deviation = Function("delta", ("D",))
z_dot, p_dot, phat_dot = Function("z'", ("G",)), Function("p'", ("G",)), Function("phat'", ("D",))
Q_dot, speed = Sym("Q'"), Sym("v")

E = exp(ray) + K - 1


@claim(
    id="transverse-rate",
    paper=PAPER,
    kind="extension",
    place="quantifies the convergence to collapse that the abstract states",
    title="Deviations from the collapse ray decay like exp(-s/K)",
    plain="Perturb the ray: s_a = s (1 + eps delta_a), sum of delta_a = 0. The first variation of phat_a is "
    "s delta_a/(e^s + K - 1), so that of the relative speed 2 (1 - phat_a) is -(delta_a/K) times the speed "
    "s' = 2 K s/(e^s + K - 1) of the ray: linearised, d delta_a/ds = -delta_a/K, i.e. delta_a ~ e^{-s/K} "
    "~ (t log t)^{-1/K}.",
    latex=r"\frac{d\delta_a}{d\bar s}=-\frac{\delta_a}{K},\qquad \delta_a\sim e^{-\bar s/K}\sim(t\log t)^{-1/K}",
    scope="every K >= 2, every finite abelian group; the linearisation at the ray",
    hypotheses=[
        SYMMETRIC,
        ZERO_MODE,
        Hypothesis("on-the-ray", "s_a = t for every a != 0 (the point of linearisation)", "s_a=t"),
        Hypothesis("deviation-symmetric", "delta_{-a} = delta_a", r"\delta_{-a}=\delta_a"),
        Hypothesis("deviation-zero", "delta_0 = 0 (the frozen mode)", r"\delta_0=0"),
        Hypothesis("deviation-mean", "the deviations sum to 0", r"\sum_a\delta_a=0"),
        Hypothesis("ray-speed", "v is the speed of the ray, v (e^t + K - 1) = 2 K t (slowdown-exact)"),
    ],
    goals={
        "first variation": equal(phat_dot(a), ray * deviation(a) / E),
        "linearised": equal(-2 * phat_dot(a), -1 * deviation(a) / K * speed),
    },
    depends=["slowdown-exact"],
    expected="proved",
    tags=["slowdown", "all-K"],
)
def transverse_rate(bench: Workbench) -> None:
    """Differentiate the softmax in the direction (s_a delta_a) and insert the ray."""
    base = softmax(symmetric)
    even = hypothesis("deviation-symmetric", equal(deviation(-a), deviation(a)))
    frozen = hypothesis("deviation-zero", equal(deviation(D0), 0))
    centred = hypothesis("deviation-mean", equal(total(a, deviation(a)), 0))
    direction = {"s": ((a,), s(a) * deviation(a))}
    sides = [symmetric, even]
    z_moves = derivative(base.z_is, z_dot(g), direction, constants=["delta"], even=sides)
    z_dot_even = linear(equal(z_dot(-g), z_dot(g)), unfold=[z_moves], even=sides)
    Q_moves = derivative(base.Q_is, Q_dot, direction, along=[z_moves], constants=["delta"])
    p_moves = derivative(
        base.p_is,
        p_dot(g),
        direction,
        along=[z_moves, Q_moves],
        constants=["delta"],
        regular=[base.Q_positive],
    )
    p_dot_even = linear(equal(p_dot(-g), p_dot(g)), unfold=[p_moves], even=[base.z_even, z_dot_even])
    phat_moves = derivative(
        base.phat_is, phat_dot(a), direction, along=[p_moves], constants=["delta"], even=[p_dot_even]
    )

    # z' at the ray: (t/K) sum_a delta_a chi_a(g); it vanishes at g = 0 and sums to 0.
    waves = linear(
        equal(s(a) * deviation(a) * chi(a, g), ray * deviation(a) * chi(a, g)).where(a),
        (deviation(a) * chi(a, g), on_the_ray),
    )
    z_ray = linear(
        equal(z_dot(g), ray / K * total(a, deviation(a) * chi(a, g))),
        z_moves,
        (1 / K, sum_over(waves, a, nonzero=True)),
        ((s(D0) - ray) / K, frozen),
    )
    z_top = linear(equal(z_dot(G0), 0), z_ray.at({g: G0}), (ray / K, centred))
    z_sum = linear(equal(total(g, z_dot(g)), 0), sum_over(z_ray, g), (ray, frozen))

    # p' = p (z' - mean of z'), and off g = 0 all p(g) are equal to exp(-t/K)/Q.
    off, _, Q_form, size = softmax_on_the_ray(base)
    down = exp(-ray / K)
    pulled = sum_over(
        linear(equal(exp(z(g)) * z_dot(g), down * z_dot(g)).where(g), (z_dot(g), off)), g, nonzero=True
    )
    Q_still = linear(equal(Q_dot, 0), Q_moves, pulled, (exp(z(G0)) - down, z_top), (down, z_sum))
    p_ray = linear(
        equal(p_dot(g), exp(z(g)) * z_dot(g) / Q),
        p_moves,
        (-1 * exp(z(g)) * Q**-2, Q_still),
    )
    turned = sum_over(
        linear(
            equal(exp(z(g)) * z_dot(g) * chi(a, g), down * z_dot(g) * chi(a, g)).where(g),
            (z_dot(g) * chi(a, g), off),
        ),
        g,
        nonzero=True,
    )
    back = sum_over(
        linear(equal(z_dot(g) * chi(a, g), z_ray.relation.rhs * chi(a, g)), (chi(a, g), z_ray)), g
    )
    variation = bench.show(
        "first variation",
        linear(
            bench.goal("first variation"),
            phat_moves,
            sum_over(
                linear(equal(p_dot(g) * chi(a, g), p_ray.relation.rhs * chi(a, g)), (chi(a, g), p_ray)), g
            ),
            (1 / Q, turned),
            ((exp(z(G0)) - down) / Q, z_top),
            (down / Q, back),
            (-1 * ray * deviation(a) / (Q * E), Q_form),
            even=[even],
            nonzero=[base.Q_positive, size],
        ),
    )
    moving = hypothesis("ray-speed", equal(speed * E, 2 * K * ray), "pointwise")
    bench.show(
        "linearised",
        linear(
            bench.goal("linearised"),
            (-2, variation),
            (deviation(a) / (K * E), moving),
            nonzero=[size],
        ),
    )
