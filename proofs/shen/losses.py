"""The two losses of the paper: their gradients, derived from the loss itself, and their tangents.

Cross-entropy g = 1/N sum_{(j,i)} -log P(j,(j,i)), P the softmax of each column of Z; squared loss
g = 1/(2N) |Z - Y|^2, Y(k,(j,i)) = [k = j]; N = nK.  Both have the form in which ``model`` treats any loss: Gm is
defined as the gradient in Z, and dF/dW = Gm H^T + lambda_W W and so on are derived from the loss.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from ncverify.derive.kernel import (
    Theorem,
    at_least,
    define,
    derivative,
    equal,
    exp_positive,
    greater,
    linear,
    log_product,
    log_reciprocal,
    log_tangent,
    number_positive,
    order_positive,
    product,
    reciprocal,
    square,
    sum_over,
)
from ncverify.derive.terms import App, Function, Sym, Var, delta, exp, log, total

from .model import (
    WEIGHTS,
    F_is,
    Gm,
    H,
    K,
    W,
    Z,
    Z_is,
    Zo,
    b,
    balanced,
    critical_b,
    critical_H,
    critical_W,
    epsilon,
    g,
    go,
    grad_b,
    grad_H,
    grad_W,
    i,
    i1,
    j,
    j1,
    k,
    l,
    lambda_b,
    lambda_H,
    lambda_W,
    n,
    over,
    q,
    r,
    summed,
    weighted,
)

column, P = Function("column", ("G", "N")), Function("P", ("G", "G", "N"))
column_o, P_o = Function("column_o", ("G", "N")), Function("P_o", ("G", "G", "N"))
N = n * K
orders = (
    linear(greater(K, 0), order_positive("K"), number_positive(1)),
    linear(greater(n, 0), order_positive("n"), number_positive(1)),
)
N_inverse = product(reciprocal(orders[0]), reciprocal(orders[1]))


@dataclass(frozen=True)
class Loss:
    """Gm, the gradient of F, and g_o - g >= <Gm, Z_o - Z> for one loss; everything is derived.

    ``first``, ``second`` and ``bias`` are Gm H^T = -lambda_W W, W^T Gm = -lambda_H H and epsilon Gm 1 = -lambda_b b at
    critical points; ``tangent_slack`` the sum of nonnegative terms by which the tangent inequality holds.
    """

    Gm_is: Theorem
    g_is: Theorem
    go_is: Theorem
    by_W: Theorem
    by_H: Theorem
    by_b: Theorem
    tangent: Theorem

    @property
    def first(self) -> Theorem:
        return linear(
            equal(over(Gm(k, j, i) * H(r, j, i), j, i), -lambda_W * W(k, r)), critical_W, (-1, self.by_W)
        )

    @property
    def second(self) -> Theorem:
        return linear(
            equal(over(W(k, r) * Gm(k, j, i), k), -lambda_H * H(r, j, i)), critical_H, (-1, self.by_H)
        )

    @property
    def bias(self) -> Theorem:
        return linear(equal(epsilon * over(Gm(k, j, i), j, i), -lambda_b * b(k)), critical_b, (-1, self.by_b))

    def balance(self) -> tuple[Theorem, Theorem, Theorem]:
        """The three equations of ``balance`` for this loss."""
        return balanced(self.first, self.second)


def gradients(
    g_is: Theorem,
    Gm_is: Theorem,
    inner: Sequence[tuple[Theorem, App]],
    *,
    unfold: Sequence[Theorem] = (),
    regular: Sequence[Theorem] = (),
) -> tuple[Theorem, Theorem, Theorem]:
    """dF/dW, dF/dH, dF/db in terms of Gm; ``inner`` are definitions between Z and the loss, with their heads."""
    directions = (
        ("W", {"W": ((k, r), delta(k - l) * delta(r - q))}, (l, q), grad_W(l, q)),
        (
            "H",
            {"H": ((r, j, i), delta(r - q) * delta(j - j1) * delta(i - i1))},
            (q, j1, i1),
            grad_H(q, j1, i1),
        ),
        ("b", {"b": ((k,), delta(k - l))}, (l,), grad_b(l)),
    )
    found = []
    for name, toward, at, head in directions:
        fixed = [symbol for symbol in ("W", "H", "b") if symbol != name] + [*WEIGHTS]
        sorts = tuple(var.sort for var in at)

        def prime(of: str, args: Sequence[Var]) -> App | Sym:
            return Function(f"{of}_{name}", (*(v.sort for v in args), *sorts))(*args, *at)  # noqa: B023

        made = [derivative(Z_is, prime("Z", (k, j, i)), toward, constants=fixed)]
        for definition, args in inner:
            args_vars = tuple(part.parts[0][0] for part in args.args)
            made.append(
                derivative(definition, prime(args.name, args_vars), toward, along=made, constants=fixed)
            )
        loss = derivative(g_is, prime("g", ()), toward, along=made, constants=fixed, regular=regular)
        found.append((derivative(F_is, head, toward, along=[loss], constants=fixed), [loss, *reversed(made)]))
    (by_W, more_W), (by_H, more_H), (by_b, more_b) = found
    opened = [Gm_is, *unfold]
    return (
        linear(
            equal(grad_W(k, r), over(Gm(k, j, i) * H(r, j, i), j, i) + lambda_W * W(k, r)),
            by_W.at({l: k, q: r}),
            unfold=[*more_W, *opened],
        ),
        linear(
            equal(grad_H(r, j, i), over(W(k, r) * Gm(k, j, i), k) + lambda_H * H(r, j, i)),
            by_H.at({q: r, j1: j, i1: i}),
            unfold=[*more_H, *opened],
        ),
        linear(
            equal(grad_b(k), epsilon * over(Gm(k, j, i), j, i) + lambda_b * b(k)),
            by_b.at({l: k}),
            unfold=[*more_b, *opened],
        ),
    )


@lru_cache(maxsize=1)
def squared_loss() -> Loss:
    """g = 1/(2N) |Z - Y|^2, Gm = (Z - Y)/N."""
    g_is = define(g, over((Z(k, j, i) - delta(k - j)) ** 2, k, j, i) / (2 * N))
    go_is = define(go, over((Zo(k, j, i) - delta(k - j)) ** 2, k, j, i) / (2 * N))
    Gm_is = define(Gm(k, j, i), (Z(k, j, i) - delta(k - j)) / N)
    distance = summed(square(Zo(k, j, i) - Z(k, j, i)), k, j, i)
    tangent = linear(
        at_least(go, g + over(Gm(k, j, i) * (Zo(k, j, i) - Z(k, j, i)), k, j, i)),
        (product(number_positive(Fraction(1, 2)), N_inverse), distance),
        unfold=[g_is, go_is, Gm_is],
    )
    return Loss(Gm_is, g_is, go_is, *gradients(g_is, Gm_is, []), tangent)


@dataclass(frozen=True)
class Softmax:
    """The softmax of the columns of Z, its sum, and that it is positive."""

    column_is: Theorem
    P_is: Theorem
    column_positive: Theorem
    P_positive: Theorem
    P_total: Theorem


def softmax(values: Function, size: Function, share: Function) -> Softmax:
    """P(k,j,i) = exp Z(k,j,i) / column(j,i), column(j,i) = sum_k exp Z(k,j,i)."""
    column_is = define(size(j, i), total(k, exp(values(k, j, i))))
    positive = linear(greater(size(j, i), 0), sum_over(exp_positive(values(k, j, i)), k), unfold=[column_is])
    P_is = define(share(k, j, i), exp(values(k, j, i)) / size(j, i))
    return Softmax(
        column_is,
        P_is,
        positive,
        linear(
            greater(share(k, j, i), 0),
            product(exp_positive(values(k, j, i)), reciprocal(positive)),
            unfold=[P_is],
        ),
        linear(
            equal(total(k, share(k, j, i)), 1),
            (-1 / size(j, i), column_is),
            unfold=[P_is],
            nonzero=[positive],
        ),
    )


start, other = softmax(Z, column, P), softmax(Zo, column_o, P_o)


@dataclass(frozen=True)
class ColumnSlack:
    """log column_o - log column - sum_k P(k) (Z_o - Z)(k) = sum_k P(k) (x - 1 - log x) >= 0, x = P_o(k)/P(k).

    ``ratio``: x > 0; ``logs``: log x; ``share``: P x = P_o; ``row``: P (x - 1 - log x) >= 0; ``identity``: the equation;
    ``tangent``: log column_o - log column >= sum_k P(k) (Z_o - Z)(k).
    """

    ratio: Theorem
    logs: Theorem
    share: Theorem
    row: Theorem
    identity: Theorem
    tangent: Theorem


def column_slack(far: Softmax = other, far_Z: App = Zo(k, j, i)) -> ColumnSlack:
    """A column of Z beside one of ``far_Z``, whose softmax is ``far``."""
    place = {i: far_Z.args[2]}
    far_positive, far_P, far_total = (
        known.at(place) for known in (far.column_positive, far.P_is, far.P_total)
    )
    far_column = far_positive.relation.lhs
    rise = far_Z - Z(k, j, i) + log(column(j, i)) - log(far_column)
    step = exp_positive(far_Z - Z(k, j, i))
    down = reciprocal(far_positive)
    sizes = product(start.column_positive, down)
    ratio = product(step, sizes)
    x = ratio.relation.lhs
    logs = linear(
        equal(log(x), rise),
        log_product(step, sizes),
        log_product(start.column_positive, down),
        log_reciprocal(far_positive),
    )
    gap = linear(at_least(x - 1 - log(x), 0), log_tangent(ratio))
    row = product(start.P_positive, gap)
    share = linear(
        equal(P(k, j, i) * x, far_P.relation.lhs),
        (-1, far_P),
        unfold=[start.P_is],
        nonzero=[start.column_positive],
    )
    level = log(far_column) - log(column(j, i))
    tilt = total(k, P(k, j, i) * (far_Z - Z(k, j, i)))
    identity = linear(
        equal(level - tilt, total(k, row.relation.lhs)),
        (-1, sum_over(share, k)),
        weighted(logs, P(k, j, i), k),
        (-1, far_total),
        (1 - level, start.P_total),
    )
    return ColumnSlack(
        ratio, logs, share, row, identity, linear(at_least(level, tilt), identity, sum_over(row, k))
    )


@lru_cache(maxsize=1)
def cross_entropy() -> Loss:
    """g = 1/N sum (log column - Z at the true class), Gm = (P - Y)/N."""
    g_is = define(g, over(log(column(j, i)) - Z(j, j, i), j, i) / N)
    go_is = define(go, over(log(column_o(j, i)) - Zo(j, j, i), j, i) / N)
    Gm_is = define(Gm(k, j, i), (P(k, j, i) - delta(k - j)) / N)
    tangent = linear(
        at_least(go, g + over(Gm(k, j, i) * (Zo(k, j, i) - Z(k, j, i)), k, j, i)),
        (N_inverse, summed(difference_form(column_slack().tangent), j, i)),
        unfold=[g_is, go_is, Gm_is],
    )
    slopes = gradients(
        g_is,
        Gm_is,
        [(start.column_is, column(j, i))],
        unfold=[start.P_is],
        regular=[start.column_positive],
    )
    return Loss(Gm_is, g_is, go_is, *slopes, tangent)


def difference_form(known: Theorem) -> Theorem:
    """L >= R as L - R >= 0."""
    return linear(at_least(known.relation.difference, 0), known)
