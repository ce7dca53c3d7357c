"""The squared loss, for contrast: every mode follows a logistic equation of its own."""

from __future__ import annotations

from ncverify.book.registry import claim
from ncverify.derive.decide import decide
from ncverify.derive.kernel import define, derivative, equal, linear
from ncverify.derive.terms import Function, Sym, delta, total
from ncverify.evidence.exact import decided
from ncverify.evidence.workbench import Workbench
from ncverify.theory.expr import differentiate, number
from ncverify.theory.parser import parse

from .model import PAPER, a, i, j, k, l, q_, r, s, s_rate, softmax, z
from .reduced import (
    BALANCED,
    FAMILY,
    GRADIENT_FLOW,
    H,
    W,
    Z,
    along_H,
    along_W,
    alpha,
    alpha_even,
    alpha_rate,
    amplitude_rates,
    balanced,
    beta,
    beta_even,
    beta_rate,
    grad_H,
    grad_W,
    logits,
    orthonormal,
    s_even,
    s_is,
    spectral_H,
    spectral_W,
)

M = Sym("M")
SOLUTION = "s0*exp(2*t)/(1 + s0*(exp(2*t) - 1))"


@claim(
    id="mse-contrast",
    paper=PAPER,
    kind="published",
    place="abstract: cross-entropy and squared loss behave differently",
    title="Under the squared loss the modes decouple and converge exponentially",
    plain="For the loss 1/2 ||W H - I||^2 on the same family, alpha_a' = (1 - s_a) beta_a and beta_a' = "
    "(1 - s_a) alpha_a; balanced, s_a' = 2 s_a (1 - s_a), whose solution is s(t) = s0 e^{2t} / (1 + s0 (e^{2t} - 1)), "
    "so that 1 - s(t) = (1 - s0) / (1 + s0 (e^{2t} - 1)) decays exponentially.",
    latex=r"\dot s_a=2s_a(1-s_a),\qquad s_a(t)=\frac{s_a(0)e^{2t}}{1+s_a(0)(e^{2t}-1)}",
    scope="every K and d, every finite abelian group, every real alpha, beta and frame R",
    hypotheses=[*FAMILY, *GRADIENT_FLOW, BALANCED],
    goals={
        "W": equal(-grad_W(k, r), along_W((1 - s(a)) * beta(a))),
        "H": equal(-grad_H(r, j), along_H((1 - s(a)) * alpha(a))),
        "alpha": equal(alpha_rate(a), (1 - s(a)) * beta(a)),
        "beta": equal(beta_rate(a), (1 - s(a)) * alpha(a)),
        "balanced": equal(s_rate(a), 2 * s(a) * (1 - s(a))),
    },
    expected="proved",
    tags=["contrast", "all-K"],
)
def mse_contrast(bench: Workbench) -> None:
    """The gradient of the squared loss on the family, then the logistic equation and its solution."""
    base = softmax(s_even)
    Z_is = logits()
    M_is = define(M, total(i, total(j, (Z(i, j) - delta(i - j)) ** 2)) / 2)
    even = [alpha_even, beta_even]
    Z_form = linear(
        equal(Z(i, j), z(i - j)),
        unfold=[Z_is, spectral_W, spectral_H, base.z_is, s_is],
        contract=[orthonormal],
        even=even,
    )
    toward_W = {"W": ((i, r), delta(i - k) * delta(r - q_))}
    toward_H = {"H": ((r, j), delta(r - q_) * delta(j - l))}
    Z_W = derivative(Z_is, Function("Z_W", ("G", "G", "G", "F"))(i, j, k, q_), toward_W, constants=["H"])
    Z_H = derivative(Z_is, Function("Z_H", ("G", "G", "F", "G"))(i, j, q_, l), toward_H, constants=["W"])
    M_W = derivative(M_is, grad_W(k, q_), toward_W, along=[Z_W], constants=["H"])
    M_H = derivative(M_is, grad_H(q_, l), toward_H, along=[Z_H], constants=["W"])
    by_W = linear(equal(grad_W(k, q_), total(j, (Z(k, j) - delta(k - j)) * H(q_, j))), M_W, unfold=[Z_W])
    by_H = linear(equal(grad_H(q_, l), total(k, W(k, q_) * (Z(k, l) - delta(k - l)))), M_H, unfold=[Z_H])
    speed_W = bench.show(
        "W",
        linear(
            bench.goal("W"),
            (-1, by_W.at({q_: r})),
            unfold=[Z_form, base.z_is, spectral_H],
            even=[s_even, *even],
        ),
    )
    speed_H = bench.show(
        "H",
        linear(
            bench.goal("H"),
            (-1, by_H.at({q_: r, l: j})),
            unfold=[Z_form, base.z_is, spectral_W],
            even=[s_even, *even],
        ),
    )
    up, down = amplitude_rates(1 - s(a), speed_W, speed_H)
    bench.show("alpha", linear(bench.goal("alpha"), up))
    bench.show("beta", linear(bench.goal("beta"), down))
    rates = {"alpha": ((a,), alpha_rate(a)), "beta": ((a,), beta_rate(a))}
    s_dot = derivative(s_is, s_rate(a), rates)
    bench.show(
        "balanced",
        linear(
            bench.goal("balanced"),
            s_dot,
            (beta(a), up),
            (alpha(a), down),
            ((1 - alpha(a) * beta(a)) * (alpha(a) - beta(a)), balanced),
            unfold=[s_is],
        ),
    )
    solution = parse(SOLUTION)
    rate = differentiate(solution, {"t": number(1)})
    bench.add(
        lambda: decided(decide(rate, 2 * solution * (1 - solution)), "the formula solves s' = 2 s (1 - s)")
    )
    bench.add(lambda: decided(decide(parse(SOLUTION.replace("t)", "0)")), parse("s0")), "it starts at s0"))
    bench.add(
        lambda: decided(
            decide(1 - solution, parse("(1 - s0)/(1 + s0*(exp(2*t) - 1))")),
            "the distance to 1 decays exponentially",
        )
    )
