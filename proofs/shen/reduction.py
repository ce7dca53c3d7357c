"""Several samples per class change nothing but the weight of the features."""

from __future__ import annotations

from functools import lru_cache

from ncverify.book.claim import Hypothesis
from ncverify.book.registry import claim
from ncverify.derive.kernel import Theorem, at_least, define, equal, hypothesis, linear
from ncverify.derive.terms import Function, Sym, delta, exp, log, total
from ncverify.evidence.workbench import Workbench

from .losses import N, N_inverse, P, column_slack, cross_entropy, start
from .model import (
    CRITICAL_H,
    PAPER,
    POSITIVE_H,
    SCOPE,
    F,
    F_is,
    Gm,
    H,
    K,
    W,
    Z,
    Z_is,
    b,
    epsilon,
    i,
    i1,
    j,
    k,
    lambda_b,
    lambda_H,
    lambda_W,
    n,
    over,
    r,
    regularizer,
    show_all,
)
from .ranks import columns_agree

h, small_Z = Function("h", ("F", "G")), Function("z", ("G", "G"))
F_one, M, M_one = Sym("F_1"), Sym("M"), Sym("M_1")
lifted = hypothesis("lifted", equal(H(r, j, i), h(r, j)), "pointwise")
small_Z_is = define(small_Z(k, j), total(r, W(k, r) * h(r, j)) + epsilon * b(k))
small_regularizer = (
    lambda_W / 2 * over(W(k, r) ** 2, k, r)
    + n * lambda_H / 2 * over(h(r, j) ** 2, r, j)
    + lambda_b / 2 * over(b(k) ** 2, k)
)


def softmax_is_monotone(Gm_is: Theorem) -> Theorem:
    """<Gm - Gm', Z - Z'> >= 0 for two columns of one class: the tangents at both of them."""
    gap = Z(k, j, i) - Z(k, j, i1)
    there = column_slack(start, Z(k, j, i1)).tangent
    back = there.at({i: i1, i1: i})
    both = linear(
        at_least(total(k, (P(k, j, i) - P(k, j, i1)) * gap), 0),
        there,
        back,
    )
    return linear(
        at_least(total(k, (Gm(k, j, i) - Gm(k, j, i1)) * gap), 0), (N_inverse, both), unfold=[Gm_is]
    )


REDUCTION = {
    "columns": equal(H(r, j, i), H(r, j, i1)),
    "cross-entropy": equal(F, F_one),
    "squared loss": equal(M, M_one),
}


@lru_cache(maxsize=1)
def reduction_theorems() -> dict[str, Theorem]:
    """The gradient of log-sum-exp is monotone; on equal columns the sums over i are n times one term."""
    shown: dict[str, Theorem] = {}
    loss = cross_entropy()
    shown["columns"] = columns_agree(loss.second, softmax_is_monotone(loss.Gm_is))
    one = define(
        F_one,
        total(j, log(total(k, exp(small_Z(k, j)))) - small_Z(j, j)) / K + small_regularizer,
    )
    shown["cross-entropy"] = linear(
        REDUCTION["cross-entropy"],
        unfold=[F_is, one, loss.g_is, start.column_is, Z_is, small_Z_is, lifted],
    )
    squares = define(M, over((Z(k, j, i) - delta(k - j)) ** 2, k, j, i) / (2 * N) + regularizer(W, H, b))
    squares_one = define(M_one, over((small_Z(k, j) - delta(k - j)) ** 2, k, j) / (2 * K) + small_regularizer)
    shown["squared loss"] = linear(
        REDUCTION["squared loss"], unfold=[squares, squares_one, Z_is, small_Z_is, lifted]
    )
    return shown


@claim(
    id="n-reduction",
    paper=PAPER,
    kind="extension",
    place="n samples per class",
    title="n samples per class reduce exactly to one, with lambda_H replaced by n lambda_H",
    plain="At every critical point of the cross-entropy objective the columns of H of one class are equal (for the squared "
    "loss see mse-collapse). On such H both objectives are those of one sample per class with n lambda_H in place of "
    "lambda_H.",
    latex=r"\nabla f=0\Rightarrow h_{j,i}=h_j;\qquad f_n(W,h\otimes\mathbf 1^{\top},b;\lambda_H)=f_1(W,h,b;n\lambda_H)",
    scope=SCOPE,
    hypotheses=[
        CRITICAL_H,
        POSITIVE_H,
        Hypothesis("lifted", "H(r,(j,i)) = h(r,j) (last two parts)", r"H=h\otimes\mathbf 1^{\top}"),
    ],
    goals=REDUCTION,
    expected="proved",
    tags=["landscape", "collapse", "all-K"],
)
def n_reduction(bench: Workbench) -> None:
    """Monotone gradients make columns equal; equal columns merge."""
    show_all(bench, reduction_theorems())
