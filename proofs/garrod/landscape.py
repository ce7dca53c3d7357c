"""Where the gradient of the unregularised loss vanishes at finite (W, H)."""

from __future__ import annotations

from ncverify.book.claim import Hypothesis
from ncverify.book.registry import claim
from ncverify.derive.kernel import (
    congruent_exp,
    each_zero,
    equal,
    exp_positive,
    factor_zero,
    generalize,
    greater,
    hypothesis,
    linear,
    maximum,
    product,
    reciprocal,
    sum_over,
)
from ncverify.derive.terms import Function, Var, exp, total
from ncverify.evidence.workbench import Workbench

from .model import PAPER, K, h, i, j, k, l, q_, r
from .reduced import H, P, W, Z, column, grad_H, grad_W, gradient

any_feature = Var("feature", "F", fixed=True)
row_w, row_h = Function("w", ("F",)), Function("eta", ("F",))

critical_W = hypothesis("critical-W", equal(grad_W(k, r), 0), "pointwise")
critical_H = hypothesis("critical-H", equal(grad_H(r, j), 0), "pointwise")
constant_W = hypothesis("constant-W", equal(W(k, r), row_w(r)), "pointwise")
constant_H = hypothesis("constant-H", equal(H(r, j), row_h(r)), "pointwise")


@claim(
    id="finite-critical-points",
    paper=PAPER,
    kind="published",
    place="abstract: 'spurious critical points in the non-convex landscape'; which they are is ours",
    title="The finite critical points of the unregularised loss",
    plain="At a finite point with dL/dW = 0 and dL/dH = 0 all rows of W are equal, all columns of H are equal and "
    "P = 1/K everywhere; conversely every such point is critical.",
    latex=r"\nabla L(W,H)=0\iff W=\mathbf 1w^{\top},\ H=h\mathbf 1^{\top},\qquad\text{and then }P=\tfrac1K"
    r"\mathbf 1\mathbf 1^{\top}",
    scope="every K and d, one sample per class",
    hypotheses=[
        Hypothesis("critical-W", "dL/dW = 0 (first half)", r"\partial_WL=0"),
        Hypothesis("critical-H", "dL/dH = 0 (first half)", r"\partial_HL=0"),
        Hypothesis("constant-W", "W_kr = w_r (converse)", r"W=\mathbf 1w^{\top}"),
        Hypothesis("constant-H", "H_rj = eta_r (converse)", r"H=h\mathbf 1^{\top}"),
    ],
    goals={
        "W": equal(W(k, r), W(l, r)),
        "P": equal(P(i, j), 1 / K),
        "H": equal(H(r, i), H(r, j)),
        "converse for W": equal(grad_W(k, r), 0),
        "converse for H": equal(grad_H(r, j), 0),
    },
    expected="proved",
    tags=["landscape", "all-K"],
)
def finite_critical_points(bench: Workbench) -> None:
    """A maximum principle: each entry of a column of W is an average of the column with positive weights."""
    slope = gradient()
    column_positive = linear(
        greater(column(j), 0), sum_over(exp_positive(Z(i, j)), i), unfold=[slope.column_is]
    )
    P_positive = linear(
        greater(P(i, j), 0), product(exp_positive(Z(i, j)), reciprocal(column_positive)), unfold=[slope.P_is]
    )
    P_total = linear(
        equal(total(i, P(i, j)), 1),
        (-1 / column(j), slope.column_is),
        unfold=[slope.P_is],
        nonzero=[column_positive],
    )

    # At the largest entry of a column of W, sum_k P_kl (W_l - W_k) = 0 has terms >= 0.
    largest, top = maximum(W(k, any_feature), k)
    weights = P_positive.at({i: k, j: top})
    vanishing = linear(
        equal(total(k, P(k, top) * (W(top, any_feature) - W(k, any_feature))), 0),
        slope.by_H.at({q_: any_feature, l: top}),
        (-1, critical_H.at({r: any_feature, j: top})),
        (W(top, any_feature), P_total.at({j: top})),
    )
    nonnegative = product(weights, largest)
    each = factor_zero(each_zero(vanishing, nonnegative), weights)
    level = linear(equal(W(k, any_feature), W(top, any_feature)), (-1, each))
    same = linear(equal(W(k, any_feature), W(l, any_feature)), level, (-1, level.at({k: l})))
    W_rows = bench.show("W", generalize(same, any_feature, r))

    # So Z does not depend on its row, and P is uniform.
    rows = linear(equal(W(i, r) * H(r, j), W(h, r) * H(r, j)), (H(r, j), W_rows.at({k: i, l: h})))
    Z_rows = linear(equal(Z(i, j), Z(h, j)), sum_over(rows, r), unfold=[slope.Z_is])
    same_exp = sum_over(congruent_exp(Z_rows), h)
    size = linear(equal(column(j), K * exp(Z(i, j))), (-1, same_exp), slope.column_is)
    uniform = bench.show(
        "P",
        linear(
            bench.goal("P"),
            (1, slope.P_is),
            (-1 / (K * column(j)), size),
            nonzero=[column_positive],
        ),
    )

    # Then dL/dW = 0 says that each column of H is their mean.
    averaged = linear(
        equal(H(r, k), total(j, H(r, j)) / K),
        (-1, critical_W),
        slope.by_W.at({q_: r}),
        sum_over(linear(equal(P(k, j) * H(r, j), H(r, j) / K), (H(r, j), uniform.at({i: k}))), j),
    )
    bench.show(
        "H",
        linear(bench.goal("H"), averaged.at({k: i}), (-1, averaged.at({k: j}))),
    )

    # Converse: equal rows and columns make Z constant, P uniform, and both gradients vanish.
    Z_flat = linear(
        equal(Z(i, j), total(r, row_w(r) * row_h(r))), unfold=[slope.Z_is, constant_W, constant_H]
    )
    flat_size = linear(
        equal(column(j), K * exp(total(r, row_w(r) * row_h(r)))), unfold=[slope.column_is, Z_flat]
    )
    flat = linear(
        equal(P(i, j), 1 / K),
        slope.P_is,
        (
            1 / column(j),
            linear(equal(exp(Z(i, j)), exp(total(r, row_w(r) * row_h(r)))), congruent_exp(Z_flat)),
        ),
        (-1 / (K * column(j)), flat_size),
        nonzero=[column_positive],
    )
    bench.show(
        "converse for W",
        linear(bench.goal("converse for W"), slope.by_W.at({q_: r}), unfold=[flat, constant_H]),
    )
    bench.show(
        "converse for H",
        linear(bench.goal("converse for H"), slope.by_H.at({q_: r, l: j}), unfold=[flat, constant_W]),
    )
