"""Why Theorem 3.4 says nothing: directions that exist at every point, the optimum included."""

from __future__ import annotations

from functools import cache

from ncverify.book.claim import Hypothesis
from ncverify.book.registry import claim
from ncverify.derive.kernel import (
    Theorem,
    congruent_exp,
    congruent_log,
    define,
    equal,
    exp_monotone,
    exp_positive,
    greater,
    hypothesis,
    linear,
    log_product,
    product,
    sum_over,
)
from ncverify.derive.terms import Fraction, Function, Sym, Var, delta, exp, log, total
from ncverify.evidence.workbench import Workbench

from .infimum import log_monotone, loss_form, relative, rest, rest_split
from .margins import MARGIN, low, margins_hold
from .model import (
    CLASSES,
    PAPER,
    H,
    K,
    L,
    W,
    Z,
    Z_is,
    c,
    classes,
    column,
    column_is,
    column_positive,
    h,
    j,
    k,
    loss_is,
    margin,
    mean_W,
    mean_W_is,
    q,
    r,
)

step = Sym("delta")
a, S = Function("a", ("F",)), Function("S", ("F", "F"))
Z_shift, column_shift, L_shift = Function("Zs", ("G", "G", "N")), Function("columns", ("G", "N")), Sym("Ls")
Z_turn, column_turn = Function("Zt", ("G", "G", "N")), Function("columnt", ("G", "N"))
rest_turn, L_turn = Function("Tt", ("G", "N")), Sym("Lt")
p = Var("p", "F")
turned_W = total(p, W(k, p) * S(p, r))
turned_H = -1 * total(p, S(r, p) * H(p, k, c))


@claim(
    id="tangent-descent",
    paper=PAPER,
    kind="published",
    place="Theorem 3.4, (13) and (14): true, but at every point, the optimum included",
    title="The descent direction of Theorem 3.4 exists at every point, so it singles out nothing",
    plain="For a with <wbar, a> = 0 the direction (1 a^T, 0), for a = 0 the direction 0, is tangent and leaves the loss unchanged for "
    "every step: (13) holds with equality at every point. The strict form of (13) holds at every separated point, the "
    "optimum included: for a skew S with S^T S = I (d even) the direction (W S, -S H) is tangent and multiplies all "
    "logits by 1 + delta^2, so it lowers the loss for every delta != 0.",
    latex=r"\mathcal L(W+\delta\,\mathbf1a^{\top},H)=\mathcal L(W,H),\qquad "
    r"W(I+\delta S)(I-\delta S)H=(1+\delta^2)WH",
    scope="every K >= 2, every d and n (d even for the strict form), every real W and H",
    hypotheses=[
        CLASSES,
        Hypothesis("orthogonal", "<wbar, a> = 0", r"\langle\bar w,a\rangle=0"),
        Hypothesis("skew", "S is skew", r"S^{\top}=-S"),
        Hypothesis("complex-structure", "S^T S = I", r"S^{\top}S=I"),
        Hypothesis("step", "delta^2 > 0, that is delta != 0 (strict form)", r"\delta^2>0"),
        MARGIN,
        Hypothesis("separated", "q > 0", r"q>0"),
    ],
    goals={
        "shift is tangent": equal(total(k, total(r, W(k, r) * a(r))), 0),
        "shift keeps the loss": equal(L_shift, L),
        "turn is tangent": equal(
            total(k, total(r, W(k, r) * turned_W)) + total(r, total(k, total(c, H(r, k, c) * turned_H))), 0
        ),
        "turn scales the logits": equal(Z_turn(j, k, c), (1 + step**2) * Z(j, k, c)),
        "turn lowers the loss": greater(L, L_turn),
    },
    expected="proved",
    tags=["landscape", "vacuous", "all-K"],
)
def tangent_descent(bench: Workbench) -> None:
    """Softmax ignores a common shift; (I + delta S)(I - delta S) = (1 + delta^2) I."""
    orthogonal = hypothesis("orthogonal", equal(total(r, mean_W(r) * a(r)), 0), "pointwise")
    bench.show(
        "shift is tangent",
        linear(bench.goal("shift is tangent"), (K, orthogonal), unfold=[mean_W_is]),
    )
    bench.show("shift keeps the loss", linear(bench.goal("shift keeps the loss"), shifted()))

    skew = hypothesis("skew", equal(S(r, q), -S(q, r)))
    unit = hypothesis("complex-structure", equal(total(p, S(p, r) * S(p, q)), delta(r - q)))
    both_W = linear(equal(W(k, r) * W(k, p) * (S(p, r) + S(r, p)), 0), (W(k, r) * W(k, p), skew.at({q: p})))
    both_H = linear(
        equal(H(r, k, c) * H(p, k, c) * (S(p, r) + S(r, p)), 0), (H(r, k, c) * H(p, k, c), skew.at({q: p}))
    )
    half = Fraction(1, 2)
    bench.show(
        "turn is tangent",
        linear(
            bench.goal("turn is tangent"),
            (half, sum_over(sum_over(sum_over(both_W, p), r), k)),
            (-half, sum_over(sum_over(sum_over(sum_over(both_H, p), c), k), r)),
        ),
    )
    turned_is = define(
        Z_turn(j, k, c),
        total(r, (W(j, r) + step * total(p, W(j, p) * S(p, r))) * (H(r, k, c) + step * turned_H)),
    )
    product_is = linear(equal(S(p, r) * S(r, q) + S(r, p) * S(r, q), 0), (S(r, q), skew.at({r: p, q: r})))
    square_is = linear(
        equal(total(r, S(p, r) * S(r, q)), -1 * delta(p - q)), sum_over(product_is, r), contract=[unit]
    )
    scaled = bench.show(
        "turn scales the logits",
        linear(bench.goal("turn scales the logits"), turned_is, unfold=[Z_is], contract=[square_is]),
    )
    bench.show("turn lowers the loss", linear(bench.goal("turn lowers the loss"), lowered(scaled)))


@cache
def shifted() -> Theorem:
    """The loss at (W + delta 1 a^T, H): every column of logits is shifted by delta <a, h_kc>."""
    shift = step * total(r, a(r) * H(r, k, c))
    Z_shift_is = define(Z_shift(j, k, c), total(r, (W(j, r) + step * a(r)) * H(r, k, c)))
    column_shift_is = define(column_shift(k, c), total(j, exp(Z_shift(j, k, c))))
    loss_shift_is = define(L_shift, total(k, total(c, log(column_shift(k, c)) - Z_shift(k, k, c))))
    moved = linear(equal(Z_shift(j, k, c), Z(j, k, c) + shift), Z_shift_is, unfold=[Z_is])
    columns = linear(
        equal(column_shift(k, c), exp(shift) * column(k, c)),
        column_shift_is,
        sum_over(congruent_exp(moved), j),
        (-exp(shift), column_is),
    )
    logs = linear(
        equal(log(column_shift(k, c)) - Z_shift(k, k, c), log(column(k, c)) - Z(k, k, c)),
        congruent_log(columns),
        log_product(exp_positive(shift), column_positive),
        (-1, moved.at({j: k})),
    )
    return linear(equal(L_shift, L), loss_shift_is, (-1, loss_is), sum_over(sum_over(logs, c), k))


def lowered(scaled: Theorem) -> Theorem:
    """With all margins g > 0 replaced by (1 + delta^2) g every T_kc becomes smaller."""
    separated = hypothesis("separated", greater(low, 0), "pointwise")
    moves = hypothesis("step", greater(step * step, 0), "pointwise")
    column_turn_is = define(column_turn(k, c), total(j, exp(Z_turn(j, k, c))))
    loss_turn_is = define(L_turn, total(k, total(c, log(column_turn(k, c)) - Z_turn(k, k, c))))
    turned = relative(Z_turn, column_turn_is, loss_turn_is, rest_turn)
    positive_margin = linear(greater(margin(k, c, k + h), 0).where(h), margins_hold, separated)
    exponents = linear(
        greater(Z(k + h, k, c) - Z(k, k, c), Z_turn(k + h, k, c) - Z_turn(k, k, c)).where(h),
        product(moves, positive_margin),
        scaled.at({j: k}),
        (-1, scaled.at({j: k + h})),
    )
    smaller = linear(
        greater(rest(k, c), rest_turn(k, c)),
        rest_split,
        (-1, turned.split),
        sum_over(exp_monotone(exponents), h, nonzero=True, several=classes),
    )
    logs = log_monotone(smaller, turned.positive)
    return linear(greater(L, L_turn), loss_form, (-1, turned.form), sum_over(sum_over(logs, c), k))
