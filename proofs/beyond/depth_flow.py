"""The singular values of a deep linear network, for any number of layers."""

from __future__ import annotations

from functools import partial

from ncverify.book.claim import Hypothesis
from ncverify.book.registry import claim
from ncverify.book.verdict import Evidence
from ncverify.derive.decide import decide
from ncverify.derive.kernel import (
    define,
    derivative,
    equal,
    exp_log,
    greater,
    hypothesis,
    linear,
    sum_over,
)
from ncverify.derive.terms import Function, Sym, Var, exp, log, total
from ncverify.evidence.exact import decided
from ncverify.evidence.workbench import Workbench

from ..garrod.model import a, phat, s, s_rate

PAPER = "beyond"
L = Sym("n")  # the number of layers: the order of the plain sort that indexes them
layer, other = Var("layer", "N"), Var("other", "N")
sigma, sigma_rate = Function("sv", ("N", "D")), Function("sv'", ("N", "D"))
tau = Function("tau", ("D",))
gap, gap_rate = Function("c", ("N", "N", "D")), Function("c'", ("N", "N", "D"))
gain = 1 - phat(a)


@claim(
    id="depth-ode",
    paper=PAPER,
    kind="extension",
    place="generalises garrod from two layers to any number",
    title="The reduced flow of a deep linear network",
    plain="L layers with singular values sigma_{l,a} > 0 and s_a their product over l. Each moves by the product of the others, "
    "sigma_{l,a}' = (1-phat_a) s_a/sigma_{l,a} (depth-gradient); so all sigma_{l,a}^2 - sigma_{m,a}^2 are conserved, "
    "s_a' = s_a^2 (1-phat_a) sum_l sigma_{l,a}^{-2}, and if all layers of a mode are equal, sigma_{l,a}' = sigma_{l,a}^{L-1} "
    "(1-phat_a) and s_a' = L s_a^{2-2/L} (1-phat_a).",
    latex=r"\dot s_a=s_a^2(1-\hat p_a)\sum_l\sigma_{l,a}^{-2};\qquad \dot s_a=L\,s_a^{2-2/L}(1-\hat p_a)\ "
    r"\text{if}\ \sigma_{l,a}=s_a^{1/L}",
    scope="every depth L >= 1, every K, every finite abelian group, every positive singular values",
    hypotheses=[
        Hypothesis("layers-positive", "every layer has positive singular values", r"\sigma_{l,a}>0"),
        Hypothesis(
            "layer-flow",
            "sigma_{l,a}' = (1-phat_a) times the product of the other layers, s_a/sigma_{l,a} (depth-gradient)",
            r"\dot\sigma_{l,a}=(1-\hat p_a)\,s_a/\sigma_{l,a}",
        ),
        Hypothesis(
            "equal-layers", "all layers have the same singular values (balanced form)", r"\sigma_{l,a}=\tau_a"
        ),
    ],
    goals={
        "conserved": equal(gap_rate(layer, other, a), 0),
        "product": equal(s_rate(a), s(a) ** 2 * gain * total(layer, sigma(layer, a) ** -2)),
        "layers": equal(sigma_rate(layer, a), exp((L - 1) * log(sigma(layer, a))) * gain),
        "balanced": equal(s_rate(a), L * exp((2 - 2 / L) * log(s(a))) * gain),
    },
    depends=["depth-gradient"],
    expected="proved",
    tags=["reduction", "depth", "all-K"],
)
def depth_ode(bench: Workbench) -> None:
    """Write the product of the layers as exp of the sum of their logarithms and differentiate."""
    positive = hypothesis("layers-positive", greater(sigma(layer, a), 0), "open")
    flow = hypothesis("layer-flow", equal(sigma_rate(layer, a), gain * s(a) / sigma(layer, a)))
    rates = {"sv": ((layer, a), sigma_rate(layer, a))}
    s_is = define(s(a), exp(total(layer, log(sigma(layer, a)))))
    s_dot = derivative(s_is, s_rate(a), rates, regular=[positive])
    relative = linear(
        equal(sigma(layer, a) ** -1 * sigma_rate(layer, a), gain * s(a) * sigma(layer, a) ** -2),
        (sigma(layer, a) ** -1, flow),
    )
    speed = bench.show(
        "product",
        linear(
            bench.goal("product"),
            s_dot,
            (s(a), sum_over(relative, layer)),
            (-1 * total(layer, sigma_rate(layer, a) / sigma(layer, a)), s_is),
        ),
    )
    gap_is = define(gap(layer, other, a), sigma(layer, a) ** 2 - sigma(other, a) ** 2)
    gap_dot = derivative(gap_is, gap_rate(layer, other, a), rates)
    bench.show(
        "conserved",
        linear(
            bench.goal("conserved"),
            gap_dot,
            (2 * sigma(layer, a), flow),
            (-2 * sigma(other, a), flow.at({layer: other})),
            nonzero=[positive],
        ),
    )

    # Equal layers: s = tau^L, written with exp and log.
    same = hypothesis("equal-layers", equal(sigma(layer, a), tau(a)))
    tau_positive = linear(greater(tau(a), 0), positive, (-1, same))
    power = exp_log(tau_positive)
    once = log(tau(a))
    inverse = linear(
        equal(exp(-1 * once), tau(a) ** -1),
        (-1 * exp(-1 * once) / tau(a), power),
        nonzero=[tau_positive],
    )
    squared = linear(equal(exp(-2 * once), tau(a) ** -2), (exp(-1 * once) + tau(a) ** -1, inverse))
    bench.show(
        "layers",
        linear(
            bench.goal("layers"),
            flow,
            (-1 * gain * exp(L * once), inverse),
            unfold=[s_is, same],
        ),
    )
    bench.show(
        "balanced",
        linear(
            bench.goal("balanced"),
            speed,
            (-1 * L * exp(2 * L * once) * gain, squared),
            unfold=[s_is, same],
        ),
    )
    for depth in (1, 2, 3, 5):
        bench.beside(partial(product_rule, depth))


def product_rule(depth: int) -> Evidence:
    """The product rule for this many layers, without logarithms."""
    layers = "*".join(f"x{number}" for number in range(depth))
    speeds = " + ".join(f"({layers})*g/x{number}*({layers})/x{number}" for number in range(depth))
    sizes = " + ".join(f"1/x{number}**2" for number in range(depth))
    return decided(decide(speeds, f"({layers})**2*g*({sizes})"), f"the product rule for {depth} layers")
