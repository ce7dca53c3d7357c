"""The loss has no minimum: where its gradient vanishes it is n K log K, and that is not the least value."""

from __future__ import annotations

from ncverify.book.claim import Hypothesis
from ncverify.book.registry import claim
from ncverify.derive.kernel import (
    Theorem,
    congruent_exp,
    congruent_log,
    define,
    equal,
    exp_monotone,
    greater,
    hypothesis,
    linear,
    number_positive,
    product,
    specialize,
    sum_over,
)
from ncverify.derive.terms import Fraction, Function, Index, Num, Sym, delta, exp, log, total
from ncverify.evidence.workbench import Workbench

from .infimum import log_monotone, loss_form, relative, rest, rest_split
from .model import CLASSES, PAPER, H, K, L, W, Z, Z_is, c, h, i, j, k, l, more_than_one, n, order, r
from .multipliers import equal_rows

e = Function("e", ("F",))
W_better, H_better = Function("Wb", ("G", "F")), Function("Hb", ("F", "G", "N"))
Z_better, column_better = Function("Zb", ("G", "G", "N")), Function("columnb", ("G", "N"))
rest_better, L_better = Function("Tb", ("G", "N")), Sym("Lb")


@claim(
    id="loss-not-attained",
    paper=PAPER,
    kind="extension",
    place="Section 3.2: 'the optimum is attained only in infinity'",
    title="The loss is not attained: every finite critical point has the value n K log K, which is not the least",
    plain="Where dL/dH = 0 all rows of W are equal and L = n K log K. For a unit vector e, the point w_0 = e, h_0c = e, all other rows and features 0, has "
    "the loss n (log(e + K - 1) - 1) + n (K - 1) log K < n K log K. So no finite point is a minimum, for any d >= 1.",
    latex=r"\nabla L=0\Rightarrow L=nK\log K>\inf L",
    scope="every K >= 2, every d and n",
    hypotheses=[
        CLASSES,
        Hypothesis("stationary-H", "dL/dH = 0", r"\partial_HL=0"),
        Hypothesis("e-unit", "<e, e> = 1"),
        Hypothesis("better-W", "W' has the rows e, 0, ..., 0"),
        Hypothesis("better-H", "H' has the features e for class 0, else 0"),
    ],
    goals={
        "equal rows": equal(W(k, r), W(l, r)),
        "critical value": equal(L, n * K * log(K)),
        "better point": greater(n * K * log(K), L_better),
    },
    expected="proved",
    tags=["loss", "all-K"],
)
def loss_not_attained(bench: Workbench) -> None:
    """Equal rows make the logits of a sample equal; one class can be served without harm to the others."""
    rows = bench.show("equal rows", equal_rows())
    same = linear(
        equal(Z(i, k, c), Z(j, k, c)),
        sum_over(
            linear(equal(W(i, r) * H(r, k, c), W(j, r) * H(r, k, c)), (H(r, k, c), rows.at({k: i, l: j}))), r
        ),
        unfold=[Z_is],
    )
    flat = congruent_exp(linear(equal(Z(k + h, k, c) - Z(k, k, c), 0), same.at({i: k + h, j: k})))
    level = congruent_log(linear(equal(rest(k, c), K), rest_split, sum_over(flat, h, nonzero=True)))
    bench.show(
        "critical value", linear(bench.goal("critical value"), loss_form, sum_over(sum_over(level, c), k))
    )
    bench.show("better point", linear(bench.goal("better point"), better_point()))


def better_point() -> Theorem:
    """T_0 = 1 + (K-1)/e < K and T_k = K for the other classes."""
    unit = hypothesis("e-unit", equal(total(r, e(r) * e(r)), 1))
    better_W = hypothesis("better-W", equal(W_better(k, r), delta(k) * e(r)))
    better_H = hypothesis("better-H", equal(H_better(r, k, c), delta(k) * e(r)))
    Zb_is = define(Z_better(j, k, c), total(r, W_better(j, r) * H_better(r, k, c)))
    columns = define(column_better(k, c), total(j, exp(Z_better(j, k, c))))
    losses = define(L_better, total(k, total(c, log(column_better(k, c)) - Z_better(k, k, c))))
    found = relative(Z_better, columns, losses, rest_better)
    Zb = linear(
        equal(Z_better(j, k, c), delta(j) * delta(k)), unfold=[Zb_is, better_W, better_H], contract=[unit]
    )
    gap = Z_better(k + h, k, c) - Z_better(k, k, c)
    apart = linear(equal(gap, delta(k + h) * delta(k) - delta(k)), Zb.at({j: k + h}), (-1, Zb.at({j: k})))
    first = {k: Index("G")}
    served = congruent_exp(
        linear(equal(specialize(apart, first).relation.lhs, Num(Fraction(-1))).where(h), apart.at(first))
    )
    others = congruent_exp(linear(equal(gap, 0).where(k), apart))
    split = found.split
    size_first = linear(
        equal(rest_better(Index("G"), c), 1 + (K - 1) * exp(Num(Fraction(-1)))),
        split.at(first),
        sum_over(served, h, nonzero=True),
    )
    size_other = linear(equal(rest_better(k, c), K).where(k), split, sum_over(others, h, nonzero=True))
    one = exp_monotone(linear(greater(0, Num(Fraction(-1))), number_positive(1)))
    smaller = linear(
        greater(K, rest_better(Index("G"), c)),
        product(more_than_one, linear(greater(1 - exp(Num(Fraction(-1))), 0), one)),
        (-1, size_first),
    )
    gain = sum_over(log_monotone(smaller, found.positive.at(first), order), c)
    rest_equal = sum_over(sum_over(congruent_log(size_other), c), k, nonzero=True)
    return linear(greater(n * K * log(K), L_better), gain, (-1, found.form), (-1, rest_equal))
