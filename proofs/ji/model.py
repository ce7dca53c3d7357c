"""The unconstrained layer-peeled model, in the language of the all-K calculus.

K classes (sort G, its group structure plays no part), n samples of each class (sort N), features of dimension d
(sort F).  W is K x d, the feature of sample c of class k is H(., k, c), logits are Z_{j,(k,c)} = <w_j, h_kc>
and the loss is the *sum* of the cross-entropies.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from ncverify.book.claim import Hypothesis
from ncverify.derive.kernel import (
    Theorem,
    antisymmetric,
    at_least,
    define,
    derivative,
    each_zero,
    equal,
    exp_positive,
    greater,
    hypothesis,
    linear,
    number_positive,
    order_positive,
    product,
    reciprocal,
    square,
    square_zero,
    sum_over,
)
from ncverify.derive.terms import (
    App,
    Function,
    Pow,
    Sym,
    Term,
    Var,
    delta,
    exp,
    index,
    log,
    substitute,
    total,
)

PAPER = "ji"
K, d, n = Sym("K"), Sym("d"), Sym("n")
i, j, k, l, h = (Var(name, "G") for name in "ijklh")
r, q = Var("r", "F"), Var("q", "F")
b, c = Var("b", "N"), Var("c", "N")
root_n = Pow(n, Fraction(1, 2))

W, H = Function("W", ("G", "F")), Function("H", ("F", "G", "N"))
grad_W, grad_H = Function("gradW", ("G", "F")), Function("gradH", ("F", "G", "N"))
Z, P = Function("Z", ("G", "G", "N")), Function("P", ("G", "G", "N"))
column = Function("column", ("G", "N"))
L = Sym("L")
mean_W, mean_H = Function("wmean", ("F",)), Function("Hmean", ("F", "G"))

CLASSES = Hypothesis("classes", "there are at least two classes", r"K\geq2")
classes = hypothesis("classes", at_least(K, 2))
order = linear(greater(K, 0), order_positive("K"), number_positive(1))
samples = linear(greater(n, 0), order_positive("n"), number_positive(1))
more_than_one = linear(greater(K - 1, 0), classes, number_positive(1))
_quarter = square(Pow(n, Fraction(1, 4)))
root_positive = linear(
    greater(root_n, 0),
    _quarter,
    samples,
    divide_by=linear(greater(1 + root_n, 0), _quarter, number_positive(1)),
)

Z_is = define(Z(j, k, c), total(r, W(j, r) * H(r, k, c)))
column_is = define(column(k, c), total(j, exp(Z(j, k, c))))
column_positive = linear(greater(column(k, c), 0), sum_over(exp_positive(Z(j, k, c)), j), unfold=[column_is])
P_is = define(P(j, k, c), exp(Z(j, k, c)) / column(k, c))
P_positive = linear(
    greater(P(j, k, c), 0), product(exp_positive(Z(j, k, c)), reciprocal(column_positive)), unfold=[P_is]
)
P_total = linear(
    equal(total(j, P(j, k, c)), 1),
    (-1 / column(k, c), column_is),
    unfold=[P_is],
    nonzero=[column_positive],
)
loss_is = define(L, total(k, total(c, log(column(k, c)) - Z(k, k, c))))

mean_W_is = define(mean_W(r), total(k, W(k, r)) / K)
mean_H_is = define(mean_H(r, k), total(c, H(r, k, c)) / n)

norm_W = total(k, total(r, W(k, r) ** 2))
norm_H = total(r, total(k, total(c, H(r, k, c) ** 2)))
size = norm_W + norm_H  # R^2 = |W|^2 + |H|^2


def margin(own: Var, sample: Var, other: Term | Var) -> Term:
    """g = <w_k - w_j, h_kc>: the logit of the own class minus that of another."""
    return Z(own, own, sample) - Z(other, own, sample)


@dataclass(frozen=True)
class Gradient:
    """The partial derivatives of the loss, by the chain rule."""

    by_W: Theorem
    by_H: Theorem


@cache
def gradient() -> Gradient:
    """Differentiate L by every entry of W and of H: dL/dW = (P - Y) H^T, dL/dH = W^T (P - Y)."""
    place_W, place_H = (i, q), (q, l, b)

    def partial(name: str, args: tuple[Var, ...], moves: Term, place: tuple[Var, ...], head: App) -> Theorem:
        sorts = tuple(var.sort for var in place)
        direction = {name: (args, moves)}
        fixed = sorted({"W", "H"} - {name})
        Z_dot = derivative(
            Z_is, Function(f"Z_{name}", ("G", "G", "N", *sorts))(j, k, c, *place), direction, constants=fixed
        )
        column_dot = derivative(
            column_is,
            Function(f"column_{name}", ("G", "N", *sorts))(k, c, *place),
            direction,
            along=[Z_dot],
            constants=fixed,
        )
        slope = derivative(
            loss_is, head, direction, along=[Z_dot, column_dot], constants=fixed, regular=[column_positive]
        )
        if name == "W":
            form = total(k, total(c, (P(i, k, c) - delta(i - k)) * H(q, k, c)))
        else:
            form = total(j, W(j, q) * (P(j, l, b) - delta(j - l)))
        return linear(equal(head, form), slope, unfold=[P_is, column_dot, Z_dot])

    return Gradient(
        partial("W", (j, r), delta(j - i) * delta(r - q), place_W, grad_W(*place_W)),
        partial("H", (r, k, c), delta(r - q) * delta(k - l) * delta(c - b), place_H, grad_H(*place_H)),
    )


def alone(total_zero: Theorem, part: Term, others: Term, nonnegative: tuple[Theorem, Theorem]) -> Theorem:
    """x + y = 0 with x >= 0, y >= 0 gives x = 0; ``nonnegative`` says so of ``part`` and of ``others``."""
    own, rest = nonnegative
    upper = linear(at_least(part, 0), own)
    lower = linear(at_least(0, part), rest, (-1, total_zero))
    return antisymmetric(upper, lower)


def sum_of_squares(value: Term, *variables: Var) -> Theorem:
    """The sum over the variables (the first one outermost) of value^2 is >= 0."""
    known = square(value)
    for var in reversed(variables):
        known = sum_over(known, var)
    return known


def each_square_zero(vanishing: Theorem, value: Term, *variables: Var) -> Theorem:
    """The sum over the variables (the first one outermost) of value^2 is 0: then value = 0 everywhere."""
    known = vanishing
    for place, _ in enumerate(variables):
        known = each_zero(known, sum_of_squares(value, *variables[place + 1 :]))
    return square_zero(known, value)


def everywhere(same: Theorem, other: Theorem, shift: Var, place: Var) -> Theorem:
    """x(0) = 0, and x(h) = 0 for h != 0, give x(l) = 0 for every l; ``shift`` is h, ``place`` is l."""
    value = other.relation.difference
    pick = delta(shift - place)
    picked = linear(equal(pick * value, 0).where(shift), (pick, other))
    return linear(
        equal(substitute(value, {shift: index(place)}), 0),
        sum_over(picked, shift, nonzero=True),
        (delta(place), same),
    )
