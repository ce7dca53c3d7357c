"""One step of balanced gradient descent: how much V can change, to second order."""

from __future__ import annotations

from dataclasses import dataclass

from ncverify.derive.kernel import (
    Theorem,
    at_least,
    congruent_log,
    define,
    equal,
    greater,
    hypothesis,
    linear,
    log_product,
    log_reciprocal,
    log_tangent,
    number_positive,
    one_of_sum,
    product,
    reciprocal,
    square,
    sum_over,
)
from ncverify.derive.terms import Function, Sym, log, total_nonzero

from ..garrod.lyapunov import Lyapunov, V, lyapunov
from ..garrod.model import (
    K,
    S,
    a,
    more_than_one,
    phat,
    positive,
    s,
)
from .shares import MANY

step = Sym("step")
factor, s_next = Function("fac", ("D",)), Function("snext", ("D",))
S_next, V_next, middle, ratio = Sym("Snext"), Sym("Vnext"), Sym("facbar"), Sym("ratio")
gain = 1 - phat(a)
defect = factor(a) - middle
SCALED = total_nonzero(a, s(a) * defect)
SQUARES = total_nonzero(a, defect**2)

step_positive = hypothesis("step-positive", greater(step, 0))


@dataclass(frozen=True)
class Descent:
    """One step of balanced gradient descent: s_a is multiplied by fac_a^2, fac_a = 1 + eta (1 - phat_a) >= 1."""

    y: Lyapunov
    factor_is: Theorem
    s_next_is: Theorem
    S_next_is: Theorem
    V_next_is: Theorem
    middle_is: Theorem
    factor_positive: Theorem
    factor_above: Theorem
    middle_positive: Theorem
    middle_above: Theorem
    S_next_positive: Theorem


def descent(moving: Theorem) -> Descent:
    """Define the step; ``moving``: 1 - phat_a > 0 for a != 0."""
    y = lyapunov()
    factor_is = define(factor(a), 1 + step * gain)
    s_next_is = define(s_next(a), s(a) * factor(a) ** 2)
    S_next_is = define(S_next, total_nonzero(a, s_next(a)))
    V_next_is = define(V_next, log(S_next) - total_nonzero(a, log(s_next(a))) / MANY - log(MANY))
    middle_is = define(middle, total_nonzero(a, factor(a)) / MANY)
    factor_above = linear(
        at_least(factor(a) - 1, 0).where(a), product(step_positive, moving), unfold=[factor_is]
    )
    factor_positive = linear(greater(factor(a), 0).where(a), factor_above, number_positive(1))
    middle_above = linear(
        at_least(middle - 1, 0),
        sum_over(factor_above, a, nonzero=True),
        unfold=[middle_is],
        divide_by=more_than_one,
        nonzero=[more_than_one],
    )
    middle_positive = linear(greater(middle, 0), middle_above, number_positive(1))
    more = linear(
        at_least((factor(a) - 1) * (factor(a) + 1), 0).where(a),
        product(factor_above, factor_above),
        (2, factor_above),
    )
    S_next_positive = linear(
        greater(S_next, 0),
        sum_over(product(positive, more), a, nonzero=True),
        y.S_positive,
        unfold=[S_next_is, s_next_is, y.S_is],
    )
    return Descent(
        y,
        factor_is,
        s_next_is,
        S_next_is,
        V_next_is,
        middle_is,
        factor_positive,
        factor_above,
        middle_positive,
        middle_above,
        S_next_positive,
    )


def jensen(d: Descent, ratio_is: Theorem) -> Theorem:
    """V_next - V <= ratio - 1 + 2/(K-1) sum (facbar/fac_a - 1), ratio = S_next/(S facbar^2)."""
    y = d.y
    scale = product(product(y.S_positive, d.middle_positive), d.middle_positive)
    ratio_positive = linear(
        greater(ratio, 0), product(d.S_next_positive, reciprocal(scale)), unfold=[ratio_is]
    )
    parts = scale.relation.lhs * ratio
    whole = linear(equal(S_next, parts), unfold=[ratio_is], nonzero=[y.S_positive, d.middle_positive])
    log_sum = linear(
        equal(log(S_next), log(S) + 2 * log(middle) + log(ratio)),
        congruent_log(whole),
        log_product(scale, ratio_positive),
        log_product(product(y.S_positive, d.middle_positive), d.middle_positive),
        log_product(y.S_positive, d.middle_positive),
    )
    grown = product(positive, d.factor_positive)
    again = linear(equal(s_next(a), s(a) * factor(a) * factor(a)), unfold=[d.s_next_is])
    log_each = linear(
        equal(log(s_next(a)), log(s(a)) + 2 * log(factor(a))).where(a),
        congruent_log(again),
        log_product(grown, d.factor_positive),
        log_product(positive, d.factor_positive),
    )
    quotient = product(d.middle_positive, reciprocal(d.factor_positive))
    below = linear(
        at_least(middle / factor(a) - 1 - log(middle) + log(factor(a)), 0).where(a),
        log_tangent(quotient),
        log_product(d.middle_positive, reciprocal(d.factor_positive)),
        log_reciprocal(d.factor_positive),
    )
    return linear(
        at_least(ratio - 1 + 2 / MANY * total_nonzero(a, middle / factor(a) - 1), V_next - V),
        log_tangent(ratio_positive),
        (-1, log_sum),
        (1 / MANY, sum_over(log_each, a, nonzero=True)),
        (twice_mean, sum_over(below, a, nonzero=True)),
        unfold=[d.V_next_is, y.V_is],
        nonzero=[more_than_one],
    )


twice_mean = linear(greater(2 / MANY, 0), (2, reciprocal(more_than_one)))


def second_order(d: Descent, ratio_is: Theorem) -> Theorem:
    """facbar times that bound is at most 2 sum s (fac - facbar)/S + (K+1)/(K-1) sum (fac - facbar)^2."""
    y = d.y
    inverse = reciprocal(d.factor_positive)
    centred = linear(equal(total_nonzero(a, defect), 0), unfold=[d.middle_is], nonzero=[more_than_one])
    # -(fac - facbar)/fac = -(fac - facbar)/facbar + (fac - facbar)^2/(fac facbar), and fac >= 1
    expanded = linear(
        equal(middle * (middle / factor(a) - 1), defect**2 / factor(a) - defect).where(a),
        nonzero=[d.factor_positive],
    )
    flat = product(square(defect), product(d.factor_above, inverse))
    one = linear(
        at_least(defect**2 - defect, middle * (middle / factor(a) - 1)).where(a),
        flat,
        (-1, expanded),
        nonzero=[d.factor_positive],
    )
    smaller = linear(at_least(S - s(a), 0).where(a), one_of_sum(positive, a, nonzero=True), y.S_is)
    heavy = sum_over(product(smaller, square(defect)), a, nonzero=True)
    light = product(
        sum_over(square(defect), a, nonzero=True), product(d.middle_above, reciprocal(d.middle_positive))
    )
    moved = linear(
        equal(middle * (ratio - 1), (2 * SCALED + total_nonzero(a, s(a) * defect**2) / middle) / S),
        (-1 * middle / S, y.S_is),
        unfold=[ratio_is, d.S_next_is, d.s_next_is],
        nonzero=[y.S_positive, d.middle_positive],
    )
    return linear(
        at_least(
            2 * SCALED / S + (K + 1) / MANY * SQUARES,
            middle * (ratio - 1 + 2 / MANY * total_nonzero(a, middle / factor(a) - 1)),
        ),
        (product(reciprocal(y.S_positive), reciprocal(d.middle_positive)), heavy),
        light,
        (twice_mean, sum_over(one, a, nonzero=True)),
        (-1, moved),
        (2 / MANY, centred),
        nonzero=[more_than_one, y.S_positive, d.middle_positive],
    )
