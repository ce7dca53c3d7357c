"""The two losses of the paper are among those that the theorems for every convex loss speak of."""

from __future__ import annotations

from ncverify.book.registry import claim
from ncverify.derive.kernel import Relation, Theorem, at_least, equal
from ncverify.derive.terms import delta
from ncverify.evidence.workbench import Workbench

from .losses import Loss, N, P, cross_entropy, squared_loss
from .model import (
    PAPER,
    SCOPE,
    Gm,
    H,
    W,
    Z,
    Zo,
    b,
    epsilon,
    g,
    go,
    grad_b,
    grad_H,
    grad_W,
    i,
    j,
    k,
    lambda_b,
    lambda_H,
    lambda_W,
    over,
    r,
    show_all,
)

COVERED: dict[str, Relation] = {
    "convex": at_least(go, g + over(Gm(k, j, i) * (Zo(k, j, i) - Z(k, j, i)), k, j, i)),
    "dF/dW": equal(grad_W(k, r), over(Gm(k, j, i) * H(r, j, i), j, i) + lambda_W * W(k, r)),
    "dF/dH": equal(grad_H(r, j, i), over(W(k, r) * Gm(k, j, i), k) + lambda_H * H(r, j, i)),
    "dF/db": equal(grad_b(k), epsilon * over(Gm(k, j, i), j, i) + lambda_b * b(k)),
}


def covered(loss: Loss) -> dict[str, Theorem]:
    """The tangent inequality and the gradient of one loss, with the definition of Gm."""
    return {
        "gradient": loss.Gm_is,
        "convex": loss.tangent,
        "dF/dW": loss.by_W,
        "dF/dH": loss.by_H,
        "dF/db": loss.by_b,
    }


@claim(
    id="cross-entropy-covered",
    paper=PAPER,
    kind="extension",
    place="f^C",
    title="The mean cross-entropy is a convex loss with gradient (P - Y)/N",
    plain="g = (1/N) sum of -log P at the true classes, P the softmax of the columns of Z: with Gm = (P - Y)/N, g(Z_o) >= g(Z) + "
    "<Gm, Z_o - Z> for all Z, Z_o, and the gradient of F is the one that balance starts from.",
    latex=r"\nabla g=\tfrac1N(P-Y),\qquad g(R_o)\ge g(R)+\langle\nabla g(R),R_o-R\rangle",
    scope=SCOPE,
    goals={"gradient": equal(Gm(k, j, i), (P(k, j, i) - delta(k - j)) / N), **COVERED},
    expected="proved",
    tags=["landscape", "cross-entropy", "all-K"],
)
def cross_entropy_covered(bench: Workbench) -> None:
    """The gradient is derived from the loss; log x <= x - 1 gives the tangent."""
    show_all(bench, covered(cross_entropy()))


@claim(
    id="squared-loss-covered",
    paper=PAPER,
    kind="extension",
    place="f^M",
    title="The squared loss is a convex loss with gradient (Z - Y)/N",
    plain="g = |Z - Y|^2/(2N): with Gm = (Z - Y)/N, g(Z_o) >= g(Z) + <Gm, Z_o - Z> for all Z, Z_o, and the gradient of F is the one "
    "that balance starts from.",
    latex=r"\nabla g=\tfrac1N(R-Y),\qquad g(R_o)\ge g(R)+\langle\nabla g(R),R_o-R\rangle",
    scope=SCOPE,
    goals={"gradient": equal(Gm(k, j, i), (Z(k, j, i) - delta(k - j)) / N), **COVERED},
    expected="proved",
    tags=["landscape", "squared loss", "all-K"],
)
def squared_loss_covered(bench: Workbench) -> None:
    """The gradient is derived from the loss; the distance to the tangent is |Z_o - Z|^2/(2N)."""
    show_all(bench, covered(squared_loss()))
