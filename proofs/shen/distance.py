"""The cross-entropy objective above a number, as a sum of terms that are >= 0.

Every t > 0 with K t <= 1 and t^2 <= n lambda_W lambda_H gives a lower bound of the objective: the tangent of the loss at
Z = alpha (I - J/K), e^alpha = 1/t - K + 1. It is taken for t = sqrt(n) mu if K t < 1, and for t = 1/K (then alpha = 0) if
K sqrt(n) mu >= 1.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from ncverify.book.claim import Hypothesis
from ncverify.derive.kernel import (
    Theorem,
    antisymmetric,
    at_least,
    congruent_log,
    define,
    each_zero,
    equal,
    everywhere,
    exp_positive,
    factor_zero,
    greater,
    hypothesis,
    linear,
    log_product,
    log_reciprocal,
    log_tangent_contact,
    number_positive,
    product,
    reciprocal,
    square,
    square_zero,
    sum_over,
)
from ncverify.derive.terms import Num, Sym, Term, Var, delta, exp, log, zero

from .convexity import penalty_b
from .losses import N, N_inverse, P, column, column_slack, cross_entropy, orders, other, start
from .model import (
    Fo,
    Fo_is,
    Ho,
    K,
    Wo,
    Z,
    Zo,
    Zo_is,
    bo,
    epsilon,
    i,
    j,
    k,
    l,
    lambda_H,
    lambda_W,
    n,
    over,
    positive_H,
    positive_W,
    r,
    summed,
    weighted,
)

t, alpha = Sym("t"), Sym("alpha")
shift = Var("h", "G")
LEVEL = Hypothesis("level", "e^alpha = 1/t - K + 1", r"e^{\alpha}=\tfrac1t-K+1")
alpha_is = hypothesis("level", equal(exp(alpha), 1 / t - K + 1))
T_POSITIVE = Hypothesis("t-positive", "t > 0", r"t>0")
t_positive = hypothesis("t-positive", greater(t, 0))
WITHIN = Hypothesis("t-bounded", "t^2 <= n lambda_W lambda_H", r"t\le\sqrt n\,\mu")
within = hypothesis("t-bounded", at_least(n * lambda_W * lambda_H, t * t))
VALUE = -log(1 - (K - 1) * t) + (K - 1) * t * alpha
MEAN = over(Wo(k, r), k) / K
CENTRED = Wo(j, r) - MEAN
MATCH = Ho(r, j, i) - t / (n * lambda_H) * CENTRED

simplex_is = define(Z(k, j, i), alpha * (delta(k - j) - 1 / K))


def exponential_of_delta() -> Theorem:
    """exp(alpha [h = 0]) = 1 + [h = 0] (exp alpha - 1)."""
    goal = equal(exp(alpha * delta(shift)), 1 + delta(shift) * (exp(alpha) - 1))
    origin = delta(zero("G"))
    return everywhere(
        linear(goal.where(shift)),
        linear(equal(exp(alpha * origin), 1 + origin * (exp(alpha) - 1))),
        shift,
    )


@lru_cache(maxsize=1)
def simplex_softmax() -> tuple[Theorem, Theorem]:
    """P = t + (1 - K t) [k = j] and log column = -alpha/K - log t at Z = alpha (I - J/K)."""
    spread = exponential_of_delta().at({shift: k - j})
    faded = exp(-alpha / K)
    size = linear(
        equal(column(j, i), faded / t),
        (faded, sum_over(spread, k)),
        (faded, alpha_is),
        unfold=[start.column_is, simplex_is],
    )
    whole = linear(
        equal(1 / column(j, i), t * exp(alpha / K)),
        (-t * exp(alpha / K) / column(j, i), size),
        nonzero=[start.column_positive, t_positive],
    )
    share = linear(
        equal(P(k, j, i), t + (1 - K * t) * delta(k - j)),
        start.P_is,
        (exp(Z(k, j, i)), whole),
        (t, spread),
        (t * delta(k - j), alpha_is),
        unfold=[simplex_is],
        nonzero=[t_positive],
    )
    parts = (exp_positive(-alpha / K), reciprocal(t_positive))
    made = product(*parts).relation.lhs
    logarithm = linear(
        equal(log(column(j, i)), -alpha / K - log(t)),
        congruent_log(linear(equal(column(j, i), made), size)),
        log_product(*parts),
        log_reciprocal(t_positive),
    )
    return share, logarithm


def value_in_logs() -> Theorem:
    """log(1 - (K-1) t) = log t + alpha."""
    rest = linear(equal(1 - (K - 1) * t, t * exp(alpha)), (-t, alpha_is), nonzero=[t_positive])
    return linear(
        equal(log(1 - (K - 1) * t), log(t) + alpha),
        congruent_log(rest),
        log_product(t_positive, exp_positive(alpha)),
    )


EXCESS = n * lambda_W * lambda_H - t * t
half_H = product(number_positive(Fraction(1, 2)), positive_H)
half_over = product(product(number_positive(Fraction(1, 2)), reciprocal(positive_H)), reciprocal(orders[1]))


class Distance:
    """F_o - value as a sum of five terms that are >= 0: slack of the columns, |H_o - c W_o^T|^2, means of W_o, what t^2 leaves of
    n lambda_W lambda_H, biases."""

    def __init__(self) -> None:
        loss = cross_entropy()
        share, logarithm = simplex_softmax()
        self.column = column_slack()
        self.slack = summed(self.column.row, j, i, k)
        self.match = summed(square(MATCH), r, j, i)
        self.means = sum_over(square(MEAN), r)
        self.centred = summed(square(CENTRED), j, r)
        self.biases = sum_over(square(bo(k)), k)
        self.excess = linear(at_least(EXCESS, 0), within)
        spare = product(self.excess, self.centred)
        # each part is >= 0; it has a name, so that the sum of all of them is short
        self.parts = {
            "slack": product(N_inverse, self.slack),
            "match": product(half_H, self.match),
            "means": product(
                product(product(number_positive(Fraction(1, 2)), positive_W), orders[0]), self.means
            ),
            "spare": product(half_over, spare),
            "biases": product(product(number_positive(Fraction(1, 2)), penalty_b), self.biases),
        }
        self.names = {
            name: define(Sym(f"part_{name}"), part.relation.lhs) for name, part in self.parts.items()
        }
        self.signs = {
            name: linear(at_least(known.relation.lhs, 0), self.parts[name], known)
            for name, known in self.names.items()
        }
        self.identity = linear(
            equal(
                Fo - VALUE, sum((known.relation.lhs for known in self.names.values()), start=Num(Fraction(0)))
            ),
            (1 / N, summed(self.column.identity, j, i)),
            (1 / N, summed(logarithm, j, i)),
            value_in_logs(),
            unfold=[*self.names.values(), Fo_is, loss.go_is, share, simplex_is, Zo_is],
            nonzero=[positive_H],
        )

    def vanishing(self, name: str) -> Theorem:
        """Where F_o = value, each part is 0."""
        part = self.signs[name]
        rest = [known for other_name, known in self.signs.items() if other_name != name]
        upper = linear(at_least(0, part.relation.lhs), *rest, self.identity, (-1, optimal))
        zero_part = antisymmetric(upper, part)
        return linear(equal(self.parts[name].relation.lhs, 0), (-1, self.names[name]), (-1, zero_part))


@lru_cache(maxsize=1)
def distance() -> Distance:
    """The parts of F_o - value, derived once."""
    return Distance()


@lru_cache(maxsize=1)
def optimum() -> Optimum:
    """The theorems about optimal points, derived once."""
    return Optimum()


optimal = hypothesis("optimal", equal(Fo, VALUE), "pointwise")
OPTIMAL = Hypothesis("optimal", "F_o is the minimum", r"f_o=f^*")


class Optimum:
    """What holds where F_o = value: H_o = t/(n lambda_H) W_o^T, 1^T W_o = 0, W_o H_o = alpha (I - J/K)."""

    def __init__(self) -> None:
        near = distance()
        columns = near.column
        match = linear(equal(near.match.relation.lhs, 0), factor_zero(near.vanishing("match"), half_H))
        squares = square(MATCH)
        each = square_zero(
            each_zero(each_zero(each_zero(match, summed(squares, j, i)), sum_over(squares, i)), squares),
            MATCH,
        )
        weight = product(product(number_positive(Fraction(1, 2)), positive_W), orders[0])
        means = linear(equal(near.means.relation.lhs, 0), factor_zero(near.vanishing("means"), weight))
        mean = square_zero(each_zero(means, square(MEAN)), MEAN)
        self.centred = linear(equal(over(Wo(k, r), k), 0), (K, mean))
        self.features = linear(
            equal(Ho(r, j, i), t / (n * lambda_H) * Wo(j, r)), each, (-t / (n * lambda_H), mean)
        )

        row = columns.row
        slack = linear(equal(near.slack.relation.lhs, 0), factor_zero(near.vanishing("slack"), N_inverse))
        each_row = each_zero(each_zero(each_zero(slack, summed(row, i, k)), sum_over(row, k)), row)
        x = columns.ratio.relation.lhs
        contact = linear(equal(x - 1 - log(x), 0), factor_zero(each_row, start.P_positive))
        alike = congruent_log(log_tangent_contact(contact, columns.ratio))
        # Z_o - Z is constant in each column
        constant = linear(
            equal(Zo(k, j, i) - Z(k, j, i), log(column_size_o()) - log(column(j, i))),
            alike,
            (-1, columns.logs),
        )
        product_o = over(Wo(k, r) * Ho(r, j, i), r)
        summed_o = linear(
            equal(over(Wo(k, r) * Ho(r, j, i), k, r), 0), weighted(self.centred, Ho(r, j, i), r)
        )
        level_line = linear(
            equal(
                K * (product_o + epsilon * bo(k) - alpha * delta(k - j)),
                epsilon * over(bo(l), l) - alpha,
            ),
            (K, constant),
            (-1, sum_over(constant, k)),
            summed_o,
            unfold=[Zo_is, simplex_is],
        )
        gram = weighted(self.features, Wo(k, r), r)  # W_o H_o = t/(n lambda_H) W_o W_o^T
        rows = linear(
            equal(over(product_o, j), 0),
            sum_over(gram, j),
            (t / (n * lambda_H), weighted(self.centred, Wo(l, r), r).at({l: k})),
        )
        self.bias = linear(
            equal(epsilon * bo(k), epsilon * over(bo(l), l) / K),
            (1 / K**2, sum_over(level_line, j)),
            (-1 / K, rows),
        )
        self.product = linear(
            equal(product_o, alpha * (delta(k - j) - 1 / K)), (1 / K, level_line), (-1, self.bias)
        )
        self.gram = linear(
            equal(over(Wo(k, r) * Wo(j, r), r), n * lambda_H * alpha / t * (delta(k - j) - 1 / K)),
            (n * lambda_H / t, self.product),
            (-n * lambda_H / t, gram),
            nonzero=[t_positive, positive_H],
        )


def column_size_o() -> Term:
    return other.column_positive.relation.lhs
