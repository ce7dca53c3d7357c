"""The objective for any convex loss g with gradient Gm, its gradient and its second derivative.

F(W, H, b) = g(Z) + lambda_W/2 |W|^2 + lambda_H/2 |H|^2 + lambda_b/2 |b|^2, Z(k,(j,i)) = (W H)_{k,(j,i)} + epsilon b_k.
Column (j, i) is sample i of class j: n samples in each of K classes, N = nK.  The bias is present for epsilon = 1
(free where lambda_b = 0, penalised where lambda_b > 0) and absent for epsilon = 0: then b is a variable that nothing but
its own penalty sees, and vanishes at critical points.  Everything holds for every real epsilon.

The loss enters by the chain rule: along any motion g' = <Gm, Z'>, and Gm' = D Z' with D the second derivative of g.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from ncverify.book.claim import Hypothesis
from ncverify.derive.kernel import (
    Theorem,
    define,
    derivative,
    equal,
    greater,
    hypothesis,
    linear,
    sum_over,
)
from ncverify.derive.terms import Function, Sym, Term, TermLike, Var, delta, term, total
from ncverify.evidence.workbench import Workbench

PAPER = "shen"
SCOPE = "every K, d and n >= 1; no bias, free bias, penalised bias"

k, l, m, j = (Var(name, "G") for name in "klmj")  # rows of Z; class of a sample
k1, j1 = Var("k1", "G"), Var("j1", "G")
i, i1 = Var("i", "N"), Var("i1", "N")
r, q = Var("r", "F"), Var("q", "F")
K, d, n = Sym("K"), Sym("d"), Sym("n")
lambda_W, lambda_H, lambda_b = Sym("lambda_W"), Sym("lambda_H"), Sym("lambda_b")
epsilon, mu, rho = Sym("epsilon"), Sym("mu"), Sym("rho")

W, H, b = Function("W", ("G", "F")), Function("H", ("F", "G", "N")), Function("b", ("G",))
Z, Gm = Function("Z", ("G", "G", "N")), Function("Gm", ("G", "G", "N"))
g, F = Sym("g"), Sym("F")
grad_W, grad_H, grad_b = (
    Function("F_W", ("G", "F")),
    Function("F_H", ("F", "G", "N")),
    Function("F_b", ("G",)),
)

# A competitor (W_o, H_o, b_o), and a direction (U, V, c).
Wo, Ho, bo = Function("W_o", ("G", "F")), Function("H_o", ("F", "G", "N")), Function("b_o", ("G",))
Zo, go, Fo = Function("Z_o", ("G", "G", "N")), Sym("g_o"), Sym("F_o")
U, V, c = Function("U", ("G", "F")), Function("V", ("F", "G", "N")), Function("c", ("G",))
Zdot, slope, F2 = Function("Zdot", ("G", "G", "N")), Sym("slope"), Sym("slope'")
D = Function("D", ("G", "G", "N", "G", "G", "N"))


def over(body: TermLike, *variables: Var) -> Term:
    """The sum of ``body`` over the variables."""
    result = term(body)
    for var in reversed(variables):
        result = total(var, result)
    return result


def weighted(known: Theorem, weight: TermLike, *variables: Var) -> Theorem:
    """An equation times ``weight``, summed over the variables."""
    relation = known.relation
    result = linear(equal(weight * relation.lhs, weight * relation.rhs), (weight, known))
    for var in reversed(variables):
        result = sum_over(result, var)
    return result


def summed(known: Theorem, *variables: Var) -> Theorem:
    """An equation or inequality summed over the variables."""
    for var in reversed(variables):
        known = sum_over(known, var)
    return known


def logits(weights: Function, features: Function, shift: Function) -> Term:
    """(W H)_{k,(j,i)} + epsilon b_k."""
    return total(r, weights(k, r) * features(r, j, i)) + epsilon * shift(k)


def regularizer(weights: Function, features: Function, shift: Function) -> Term:
    """lambda_W/2 |W|^2 + lambda_H/2 |H|^2 + lambda_b/2 |b|^2."""
    return (
        lambda_W / 2 * over(weights(k, r) ** 2, k, r)
        + lambda_H / 2 * over(features(r, j, i) ** 2, r, j, i)
        + lambda_b / 2 * over(shift(k) ** 2, k)
    )


Z_is = define(Z(k, j, i), logits(W, H, b))
Zo_is = define(Zo(k, j, i), logits(Wo, Ho, bo))
F_is = define(F, g + regularizer(W, H, b))
Fo_is = define(Fo, go + regularizer(Wo, Ho, bo))

WEIGHTS = ("lambda_W", "lambda_H", "lambda_b", "epsilon")


@lru_cache(maxsize=1)
def gradient() -> tuple[Theorem, Theorem, Theorem]:
    """F_W = Gm H^T + lambda_W W, F_H = W^T Gm + lambda_H H, F_b = epsilon Gm 1 + lambda_b b."""
    Z_W, Z_H, Z_b = (
        Function("Z_W", ("G", "G", "N", "G", "F")),
        Function("Z_H", ("G", "G", "N", "F", "G", "N")),
        Function("Z_b", ("G", "G", "N", "G")),
    )
    toward_W = {"W": ((k, r), delta(k - l) * delta(r - q))}
    toward_H = {"H": ((r, j, i), delta(r - q) * delta(j - j1) * delta(i - i1))}
    toward_b = {"b": ((k,), delta(k - l))}
    ZW = derivative(Z_is, Z_W(k, j, i, l, q), toward_W, constants=["H", "b", "epsilon"])
    ZH = derivative(Z_is, Z_H(k, j, i, q, j1, i1), toward_H, constants=["W", "b", "epsilon"])
    Zb = derivative(Z_is, Z_b(k, j, i, l), toward_b, constants=["W", "H", "epsilon"])

    def chain(speed: Term) -> Term:
        return over(Gm(k, j, i) * speed, k, j, i)

    by_W = derivative(
        F_is,
        grad_W(l, q),
        {**toward_W, "g": ((), chain(Z_W(k, j, i, l, q)))},
        constants=["H", "b", *WEIGHTS],
    )
    by_H = derivative(
        F_is,
        grad_H(q, j1, i1),
        {**toward_H, "g": ((), chain(Z_H(k, j, i, q, j1, i1)))},
        constants=["W", "b", *WEIGHTS],
    )
    by_b = derivative(
        F_is, grad_b(l), {**toward_b, "g": ((), chain(Z_b(k, j, i, l)))}, constants=["W", "H", *WEIGHTS]
    )
    return (
        linear(
            equal(grad_W(k, r), over(Gm(k, j, i) * H(r, j, i), j, i) + lambda_W * W(k, r)),
            by_W.at({l: k, q: r}),
            unfold=[ZW],
        ),
        linear(
            equal(grad_H(r, j, i), over(W(k, r) * Gm(k, j, i), k) + lambda_H * H(r, j, i)),
            by_H.at({q: r, j1: j, i1: i}),
            unfold=[ZH],
        ),
        linear(
            equal(grad_b(k), epsilon * over(Gm(k, j, i), j, i) + lambda_b * b(k)),
            by_b.at({l: k}),
            unfold=[Zb],
        ),
    )


CURVATURE = (
    over(Zdot(k, j, i) * D(k, j, i, k1, j1, i1) * Zdot(k1, j1, i1), k, j, i, k1, j1, i1)
    + 2 * over(Gm(k, j, i) * U(k, r) * V(r, j, i), k, j, i, r)
    + lambda_W * over(U(k, r) ** 2, k, r)
    + lambda_H * over(V(r, j, i) ** 2, r, j, i)
    + lambda_b * over(c(k) ** 2, k)
)


@lru_cache(maxsize=1)
def second_derivative() -> tuple[Theorem, Theorem]:
    """The definition of Zdot, and slope' = CURVATURE: F'' along W + t U, H + t V, b + t c at t = 0.

    First F' = slope is shown along this line, then slope is differentiated again.
    """
    line = {"W": ((k, r), U(k, r)), "H": ((r, j, i), V(r, j, i)), "b": ((k,), c(k))}
    Zdot_is = define(Zdot(k, j, i), total(r, U(k, r) * H(r, j, i) + W(k, r) * V(r, j, i)) + epsilon * c(k))
    moving = derivative(Z_is, Function("Z'", ("G", "G", "N"))(k, j, i), line, constants=["epsilon"])
    linear(equal(moving.relation.lhs, Zdot(k, j, i)), moving, unfold=[Zdot_is])
    first = derivative(
        F_is, Sym("F'"), {**line, "g": ((), over(Gm(k, j, i) * Zdot(k, j, i), k, j, i))}, constants=WEIGHTS
    )
    slope_is = define(
        slope,
        over(Gm(k, j, i) * Zdot(k, j, i), k, j, i)
        + lambda_W * over(W(k, r) * U(k, r), k, r)
        + lambda_H * over(H(r, j, i) * V(r, j, i), r, j, i)
        + lambda_b * over(b(k) * c(k), k),
    )
    linear(equal(Sym("F'"), slope), first, unfold=[slope_is])
    Zdot_moves = derivative(
        Zdot_is, Function("Zdot'", ("G", "G", "N"))(k, j, i), line, constants=["U", "V", "c", "epsilon"]
    )
    bend = {"Gm": ((k, j, i), over(D(k, j, i, k1, j1, i1) * Zdot(k1, j1, i1), k1, j1, i1))}
    second = derivative(
        slope_is, F2, {**line, **bend}, along=[Zdot_moves], constants=["U", "V", "c", *WEIGHTS]
    )
    return Zdot_is, linear(equal(F2, CURVATURE), second, unfold=[Zdot_moves])


critical_W = hypothesis("critical-W", equal(grad_W(k, r), 0), "pointwise")
critical_H = hypothesis("critical-H", equal(grad_H(r, j, i), 0), "pointwise")
critical_b = hypothesis("critical-b", equal(grad_b(k), 0), "pointwise")
CRITICAL_W = Hypothesis("critical-W", "dF/dW = 0", r"\partial_Wf=0")
CRITICAL_H = Hypothesis("critical-H", "dF/dH = 0", r"\partial_Hf=0")
CRITICAL_B = Hypothesis("critical-b", "dF/db = 0 (no condition without bias)", r"\partial_bf=0")
CRITICAL = [CRITICAL_W, CRITICAL_H]

positive_W = hypothesis("lambda-W", greater(lambda_W, 0))
positive_H = hypothesis("lambda-H", greater(lambda_H, 0))
POSITIVE_W = Hypothesis("lambda-W", "lambda_W > 0", r"\lambda_W>0")
POSITIVE_H = Hypothesis("lambda-H", "lambda_H > 0", r"\lambda_H>0")
POSITIVE = [POSITIVE_W, POSITIVE_H]


@lru_cache(maxsize=1)
def balance() -> tuple[Theorem, Theorem, Theorem]:
    """At critical points Gm H^T = -lambda_W W, W^T Gm = -lambda_H H and lambda_W W^T W = lambda_H H H^T."""
    by_W, by_H, _ = gradient()
    return balanced(
        linear(equal(over(Gm(k, j, i) * H(r, j, i), j, i), -lambda_W * W(k, r)), critical_W, (-1, by_W)),
        linear(equal(over(W(k, r) * Gm(k, j, i), k), -lambda_H * H(r, j, i)), critical_H, (-1, by_H)),
    )


def balanced(first: Theorem, second: Theorem) -> tuple[Theorem, Theorem, Theorem]:
    """The two equations, and what they give: lambda_W W^T W = lambda_H H H^T."""
    return (
        first,
        second,
        linear(
            equal(lambda_W * over(W(k, r) * W(k, q), k), lambda_H * over(H(r, j, i) * H(q, j, i), j, i)),
            weighted(first.at({r: q}), W(k, r), k),
            (-1, weighted(second, H(q, j, i), j, i)),
        ),
    )


@lru_cache(maxsize=1)
def bias_balance() -> Theorem:
    """epsilon Gm 1 = -lambda_b b at critical points."""
    _, _, by_b = gradient()
    return linear(equal(epsilon * over(Gm(k, j, i), j, i), -lambda_b * b(k)), critical_b, (-1, by_b))


def show_all(bench: Workbench, theorems: Mapping[str, Theorem]) -> None:
    """Hand in theorems that were derived once, by the names of the goals."""
    for name, theorem in theorems.items():
        bench.show(name, linear(bench.goal(name), theorem))
