"""The critical points of small weight decay: they run off along the faces that the unregularised flow cannot leave."""

from __future__ import annotations

from fractions import Fraction

from ncverify.book.claim import Hypothesis
from ncverify.book.registry import claim
from ncverify.derive.decide import decide
from ncverify.derive.kernel import (
    at_least,
    define,
    equal,
    exp_positive,
    greater,
    hypothesis,
    linear,
    log_product,
    log_reciprocal,
    log_tangent,
    product,
    reciprocal,
    sum_over,
)
from ncverify.derive.terms import chi, exp, log, total, total_nonzero
from ncverify.evidence.exact import decided
from ncverify.evidence.workbench import Workbench

from ..beyond.samples import decay, root_n, scale
from ..garrod.boundary import NONNEGATIVE, nonnegative
from ..garrod.growth import mass_floor
from ..garrod.model import SYMMETRIC, ZERO_MODE, K, S, a, g, p, phat, s, s_rate, softmax, symmetric
from ..ji.model import root_positive
from .model import PAPER

at_rest = hypothesis("at-rest", equal(s_rate(a), 0), "pointwise")
some = hypothesis("S-positive", greater(S, 0))
decay_positive = hypothesis("decay-positive", greater(decay, 0))
scale_positive = hypothesis("scale-positive", greater(scale, 0))
pace = scale * root_n


@claim(
    id="saddles-run-off",
    paper=PAPER,
    kind="extension",
    place="strict saddles and the unregularised landscape",
    title="As weight decay vanishes the critical points of the spectral family run off to infinity along its faces",
    plain="On the balanced spectral family a critical point of the loss omega (sum of the cross-entropies) + lambda/2 (|W|^2 + "
    "|H|^2) has s_a (rho (1 - phat_a) - lambda) = 0, rho = omega sqrt n: the s_a that are 0 place it on a face of "
    "spurious-directions. If s is not 0 then S = sum s_a >= (K/2) log(rho/lambda), so S -> oo as lambda -> 0 with s_a/S = 0 "
    "on the face. For K = 4 and two characters 1 - phat = 2/(1 + e^{s/2}), the matrices of ji's Example 3.1 (s = 4 C^2), "
    "critical for s = 2 log(2 rho/lambda - 1).",
    latex=r"s_a(\rho(1-\hat p_a)-\lambda)=0,\ s\neq0\ \Rightarrow\ \textstyle\sum_as_a\ge\tfrac K2\log\tfrac\rho\lambda",
    scope="every n and K >= 2, every finite abelian group, every real symmetric spectrum s >= 0 that is not 0",
    hypotheses=[
        SYMMETRIC,
        ZERO_MODE,
        NONNEGATIVE,
        Hypothesis(
            "decaying-flow",
            "s follows the reduced flow with weight decay (claim weight-decay)",
            r"\dot s_a=2s_a(\rho(1-\hat p_a)-\lambda)",
        ),
        Hypothesis("at-rest", "the point is critical: s' = 0", r"\dot s=0"),
        Hypothesis("S-positive", "s is not 0: S > 0", "S>0"),
        Hypothesis("decay-positive", "lambda > 0", r"\lambda>0"),
        Hypothesis("scale-positive", "omega > 0", r"\omega>0"),
    ],
    goals={
        "critical": equal(s(a) * (pace * (1 - phat(a)) - decay), 0),
        "far": at_least(decay * exp(2 * S / K), pace),
        "run off": at_least(2 * S / K, log(pace) - log(decay)),
    },
    depends=["weight-decay", "spurious-directions"],
    expected="proved",
    tags=["landscape", "all-K"],
)
def saddles_run_off(bench: Workbench) -> None:
    """Sum s_a (rho (1 - phat_a) - lambda) = 0 over a, with 1 - phat_a >= e^{-2S/K}."""
    base = softmax(symmetric)
    flow = bench.assume("decaying-flow", "weight-decay", "balanced")
    S_is = define(S, total_nonzero(a, s(a)))
    mass = linear(
        equal(1 - phat(a), total(g, p(g) * (1 - (chi(a, g) + chi(-a, g)) / 2))),
        unfold=[base.phat_is],
        even=[base.p_even],
        contract=[base.p_total],
    )
    floor = exp(-2 * S / K)
    rest = bench.show(
        "critical", linear(bench.goal("critical"), (Fraction(-1, 2), flow), (Fraction(1, 2), at_rest))
    )
    low = mass_floor(base, S_is, nonnegative, mass)
    pushed = product(nonnegative, linear(at_least(1 - phat(a) - floor, 0).where(a), low))
    pace_positive = product(scale_positive, root_positive)
    near = linear(
        at_least(decay - pace * floor, 0),
        (pace_positive, sum_over(pushed, a, nonzero=True)),
        (-1, sum_over(rest, a, nonzero=True)),
        (decay - pace * floor, S_is),
        divide_by=some,
    )
    bench.show("far", linear(bench.goal("far"), (exp_positive(2 * S / K), near)))

    # log of pace e^{-2S/K}/decay <= that - 1 <= 0
    inverse = reciprocal(decay_positive)
    ratio = product(product(pace_positive, inverse), exp_positive(-2 * S / K))
    logs = linear(
        equal(log(ratio.relation.lhs), log(pace_positive.relation.lhs) - log(decay) - 2 * S / K),
        log_product(product(pace_positive, inverse), exp_positive(-2 * S / K)),
        log_product(pace_positive, inverse),
        log_reciprocal(decay_positive),
    )
    bench.show(
        "run off",
        linear(
            bench.goal("run off"),
            log_tangent(ratio),
            logs,
            (inverse, near),
            nonzero=[decay_positive],
        ),
    )
    bench.add(
        lambda: decided(
            decide("2*(exp(-x) + 1)/(exp(x) + 2 + exp(-x))", "2/(1 + exp(x))"),
            "1 - phat of two characters of Z_2^2 at s = 2 x (Example 3.1)",
        )
    )
    bench.add(
        lambda: decided(
            decide("2*rho/(1 + y)", "mu", ["y == 2*rho/mu - 1", "rho > 0", "mu > 0"]),
            "rho (1 - phat) = lambda where e^{s/2} = 2 rho/lambda - 1",
        )
    )
