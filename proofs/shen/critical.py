"""Critical points for any convex loss: balance, the curvature identity, and when they are global minima."""

from __future__ import annotations

from ncverify.book.claim import Hypothesis
from ncverify.book.registry import claim
from ncverify.derive.kernel import (
    Theorem,
    at_least,
    equal,
    hypothesis,
    linear,
)
from ncverify.derive.terms import Function, delta
from ncverify.evidence.workbench import Workbench

from .convexity import (
    CONVEX,
    PENALTY_B,
    above_tangent,
    full_rank_bound,
    global_bound,
    is_global,
)
from .model import (
    CRITICAL,
    CRITICAL_B,
    PAPER,
    POSITIVE_H,
    SCOPE,
    F,
    Fo,
    Gm,
    H,
    W,
    balance,
    bias_balance,
    i,
    j,
    k,
    l,
    lambda_H,
    lambda_W,
    m,
    over,
    q,
    r,
    weighted,
)

B = Function("B", ("F", "G"))
full_rank = hypothesis("full-rank", equal(over(W(k, r) * B(r, l), r), delta(k - l)), "pointwise")
GENERAL = f"{SCOPE}; every differentiable loss g"


@claim(
    id="balance",
    paper=PAPER,
    kind="published",
    place="critical points (the summary names the rank relation and grad g(R))",
    title="At critical points W and H are balanced",
    plain="At every critical point of F: Gm H^T = -lambda_W W, W^T Gm = -lambda_H H and "
    "lambda_W W^T W = lambda_H H H^T, where Gm is the gradient of the loss g at Z = W H + epsilon b 1^T.",
    latex=r"\lambda_WW^{\top}W=\lambda_HHH^{\top},\quad\nabla g(R)H^{\top}=-\lambda_WW,\quad W^{\top}\nabla g(R)=-\lambda_HH",
    scope=GENERAL,
    hypotheses=CRITICAL,
    goals={
        "rows": equal(over(Gm(k, j, i) * H(r, j, i), j, i), -lambda_W * W(k, r)),
        "columns": equal(over(W(k, r) * Gm(k, j, i), k), -lambda_H * H(r, j, i)),
        "balance": equal(
            lambda_W * over(W(k, r) * W(k, q), k), lambda_H * over(H(r, j, i) * H(q, j, i), j, i)
        ),
    },
    expected="proved",
    tags=["landscape", "all-K"],
)
def balance_claim(bench: Workbench) -> None:
    """The gradient, from the chain rule; then W^T Gm H^T in two ways."""
    for name, theorem in zip(("rows", "columns", "balance"), balance(), strict=True):
        bench.show(name, linear(bench.goal(name), theorem))


def curvature(first: Theorem, second: Theorem) -> Theorem:
    """Gm Gm^T W = lambda_W lambda_H W."""
    return linear(
        equal(over(Gm(k, j, i) * Gm(l, j, i) * W(l, r), l, j, i), lambda_W * lambda_H * W(k, r)),
        weighted(second, Gm(k, j, i), j, i),
        (-lambda_H, first),
    )


def full_rank_identity(identity: Theorem) -> Theorem:
    """Gm Gm^T = lambda_W lambda_H I where W has a right inverse."""
    return linear(
        equal(over(Gm(k, j, i) * Gm(l, j, i), j, i), lambda_W * lambda_H * delta(k - l)),
        weighted(identity, B(r, l), r),
        (-1, weighted(full_rank.at({k: m}), over(Gm(k, j, i) * Gm(m, j, i), j, i), m)),
        (lambda_W * lambda_H, full_rank),
    )


@claim(
    id="curvature-identity",
    paper=PAPER,
    kind="extension",
    place="rank and grad g(R)",
    title="Gm Gm^T acts on W as the number lambda_W lambda_H; at full rank the point is a global minimum",
    plain="At every critical point Gm Gm^T W = lambda_W lambda_H W. Where W has rank K (a right inverse B), "
    "Gm Gm^T = lambda_W lambda_H I, and then F_o >= F for every competitor (W_o, H_o, b_o) if g is convex.",
    latex=r"GG^{\top}W=\lambda_W\lambda_HW;\quad\mathrm{rank}\,W=K\Rightarrow GG^{\top}=\lambda_W\lambda_HI\Rightarrow f\le f_o",
    scope=f"{SCOPE}; every differentiable loss g, convex for the last part",
    hypotheses=[
        *CRITICAL,
        CRITICAL_B,
        Hypothesis("full-rank", "W B = I for some B: W has rank K", r"WB=I_K"),
        CONVEX,
        POSITIVE_H,
        PENALTY_B,
    ],
    goals={
        "identity": equal(over(Gm(k, j, i) * Gm(l, j, i) * W(l, r), l, j, i), lambda_W * lambda_H * W(k, r)),
        "full rank": equal(over(Gm(k, j, i) * Gm(l, j, i), j, i), lambda_W * lambda_H * delta(k - l)),
        "global minimum": at_least(Fo, F),
    },
    expected="proved",
    tags=["landscape", "all-K"],
)
def curvature_identity(bench: Workbench) -> None:
    """Both equations of ``balance`` in turn; a right inverse removes W."""
    first, second, _ = balance()
    identity = bench.show("identity", linear(bench.goal("identity"), curvature(first, second)))
    square_ = bench.show("full rank", linear(bench.goal("full rank"), full_rank_identity(identity)))
    lower = above_tangent(first, second, bias_balance())
    bench.show("global minimum", is_global(global_bound(lower, full_rank_bound(square_))))
