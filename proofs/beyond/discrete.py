"""Discrete training: gradient descent, momentum and sign descent on the spectral family."""

from __future__ import annotations

from ncverify.book.claim import Hypothesis
from ncverify.book.registry import claim
from ncverify.derive.kernel import equal, hypothesis, linear, sum_over
from ncverify.derive.terms import Function, Sym, Term, Var, chi, total
from ncverify.evidence.workbench import Workbench

from ..garrod.model import a, b, c, j, k, phat, r, s
from ..garrod.reduced import (
    BALANCED,
    FAMILY,
    H,
    R,
    W,
    along_H,
    along_W,
    alpha,
    alpha_even,
    balanced,
    beta,
    beta_even,
    grad_H,
    grad_W,
    orthonormal,
    root_K,
    s_is,
    spectral_H,
    spectral_W,
)

PAPER = "beyond"
step, inertia = Sym("step"), Sym("momentum")
W_before, H_before = Function("Wold", ("G", "F")), Function("Hold", ("F", "G"))
alpha_before, beta_before = Function("alphaold", ("D",)), Function("betaold", ("D",))
gain = 1 - phat(a)
next_alpha, next_beta = alpha(a) + step * gain * beta(a), beta(a) + step * gain * alpha(a)
momentum_alpha = next_alpha + inertia * (alpha(a) - alpha_before(a))
momentum_beta = next_beta + inertia * (beta(a) - beta_before(a))


@claim(
    id="discrete-gd",
    paper=PAPER,
    kind="extension",
    place="generalises garrod from gradient flow to gradient descent",
    title="Gradient descent and heavy-ball momentum never turn the singular vectors",
    plain="One step W + eta (-dL/dW) + mu (W - W_old), H likewise, from two points of the spectral family with the same R "
    "ends in the family again, for every step size and momentum (mu = 0: gradient descent): alpha_a becomes alpha_a + eta "
    "(1-phat_a) beta_a + mu (alpha_a - alphaold_a), beta_a with alpha and beta exchanged. By induction all iterates stay. "
    "Gradient descent keeps alpha = beta, where s_a becomes s_a (1 + eta (1-phat_a))^2, and multiplies alpha_a^2 - "
    "beta_a^2, which gradient flow conserves, by 1 - eta^2 (1-phat_a)^2.",
    latex=r"\alpha_a^{+}=\alpha_a+\eta(1-\hat p_a)\beta_a+\mu(\alpha_a-\alpha_a^{-}),\qquad "
    r"s_a^{+}=s_a\bigl(1+\eta(1-\hat p_a)\bigr)^2\ \text{if balanced}",
    scope="every K and d, every finite abelian group, every step size and momentum, every real alpha, beta and frame R",
    hypotheses=[
        *FAMILY,
        Hypothesis(
            "before-W",
            "the previous W is in the family (momentum)",
            r"W_-=\Phi\,\mathrm{diag}(\alpha_-)R^*/\sqrt K",
        ),
        Hypothesis(
            "before-H",
            "the previous H is in the family (momentum)",
            r"H_-=R\,\mathrm{diag}(\beta_-)\Phi^*/\sqrt K",
        ),
        BALANCED,
    ],
    goals={
        "W": equal(W(k, r) - step * grad_W(k, r), along_W(next_alpha)),
        "H": equal(H(r, j) - step * grad_H(r, j), along_H(next_beta)),
        "momentum W": equal(
            W(k, r) - step * grad_W(k, r) + inertia * (W(k, r) - W_before(k, r)), along_W(momentum_alpha)
        ),
        "momentum H": equal(
            H(r, j) - step * grad_H(r, j) + inertia * (H(r, j) - H_before(r, j)), along_H(momentum_beta)
        ),
        "off-diagonal": equal(
            total(k, total(r, chi(a, -k) * (W(k, r) - step * grad_W(k, r)) * R(r, b))), 0
        ).where(a - b),
        "balanced": equal(next_alpha, next_beta),
        "singular values": equal(next_alpha * next_beta, s(a) * (1 + step * gain) ** 2),
        "imbalance": equal(
            next_alpha**2 - next_beta**2, (1 - step**2 * gain**2) * (alpha(a) ** 2 - beta(a) ** 2)
        ),
    },
    depends=["frozen-singular-vectors"],
    expected="proved",
    tags=["reduction", "discrete", "all-K"],
)
def discrete_gd(bench: Workbench) -> None:
    """The gradient is tangent to the family, and the family of one R is a linear space."""
    even = [alpha_even, beta_even]
    before_W = hypothesis("before-W", equal(W_before(k, r), along_W(alpha_before(a))))
    before_H = hypothesis("before-H", equal(H_before(r, j), along_H(beta_before(a))))
    slope_W = bench.use("frozen-singular-vectors", "W")
    slope_H = bench.use("frozen-singular-vectors", "H")
    new_W = bench.show("W", linear(bench.goal("W"), (step, slope_W), spectral_W))
    bench.show("H", linear(bench.goal("H"), (step, slope_H), spectral_H))
    bench.show(
        "momentum W",
        linear(bench.goal("momentum W"), (step, slope_W), (1 + inertia, spectral_W), (-inertia, before_W)),
    )
    bench.show(
        "momentum H",
        linear(bench.goal("momentum H"), (step, slope_H), (1 + inertia, spectral_H), (-inertia, before_H)),
    )
    onto = chi(a, -k) * R(r, b)
    moved = new_W.relation
    rotated = linear(equal(chi(a, -k) * moved.lhs * R(r, b), onto * along_W_at(c)), (onto, new_W))
    bench.show(
        "off-diagonal",
        linear(
            bench.goal("off-diagonal"), sum_over(sum_over(rotated, r), k), contract=[orthonormal], even=even
        ),
    )
    bench.show("balanced", linear(bench.goal("balanced"), (1 - step * gain, balanced)))
    bench.show(
        "singular values",
        linear(
            bench.goal("singular values"),
            (step * gain * (alpha(a) - beta(a)), balanced),
            unfold=[s_is],
        ),
    )
    bench.show("imbalance", linear(bench.goal("imbalance")))


def along_W_at(label: Var) -> Term:
    """The new W with another name of the summed character."""
    amplitude = alpha(label) + step * (1 - phat(label)) * beta(label)
    return root_K * total(label, chi(label, k) * amplitude * R(r, -label))
