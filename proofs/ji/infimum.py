"""The loss is positive, tends to 0 exactly where the classes can be separated, and has no minimum."""

from __future__ import annotations

from functools import cache

from ncverify.book.claim import Hypothesis
from ncverify.book.registry import claim
from ncverify.book.verdict import Evidence
from ncverify.derive.kernel import (
    Relation,
    Theorem,
    at_least,
    congruent_log,
    define,
    equal,
    exp_monotone,
    exp_positive,
    exp_tangent,
    greater,
    hypothesis,
    linear,
    log_product,
    log_reciprocal,
    log_tangent,
    number_positive,
    product,
    reciprocal,
    sum_over,
)
from ncverify.derive.terms import (
    Fraction,
    Function,
    Sym,
    Term,
    dataclass,
    delta,
    exp,
    log,
    total,
    total_nonzero,
)
from ncverify.evidence.points import holds_at
from ncverify.evidence.workbench import Workbench
from ncverify.theory import peeled
from ncverify.theory.expr import log as exact_log
from ncverify.theory.expr import number as exact_number

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
    column_is,
    h,
    j,
    k,
    loss_is,
    margin,
    n,
    r,
    samples,
)

rest = Function("T", ("G", "N"))  # the softmax denominator relative to the own class
t = Sym("t")
y, e, f = Function("y", ("G",)), Function("e", ("F",)), Function("f", ("F",))
level, place = Function("w", ("G",)), Function("x", ("G", "N"))
weight, count = Function("lambda", ("G", "G")), Function("m", ("G",))


@dataclass(frozen=True)
class Relative:
    """The loss of some logits by what the other classes have relative to the own one.

    ``form``: loss = sum of log T_kc, ``split``: T_kc = 1 + sum_{j != k} exp(-margin), ``positive``: T_kc > 0,
    ``factors``: sum_j exp(z_j) = exp(z_k) T_kc.
    """

    form: Theorem
    split: Theorem
    positive: Theorem
    factors: Theorem


def relative(logits: Function, denominators: Theorem, losses: Theorem, name: Function) -> Relative:
    """``denominators`` defines sum_j exp(logits), ``losses`` the loss, ``name`` is the new symbol T."""
    own, ratio = logits(k, k, c), name(k, c)
    away = exp(logits(k + h, k, c) - own)
    ratio_is = define(ratio, total(j, exp(logits(j, k, c) - own)))
    split = linear(equal(ratio, 1 + total_nonzero(h, away)), unfold=[ratio_is])
    positive = linear(
        greater(ratio, 0),
        split,
        sum_over(exp_positive(logits(k + h, k, c) - own), h, nonzero=True),
        number_positive(1),
    )
    denominator, value = denominators.relation.lhs, losses.relation.lhs
    factors = linear(equal(denominator, exp(own) * ratio), denominators, (-exp(own), ratio_is))
    logs = linear(
        equal(log(denominator) - own, log(ratio)),
        congruent_log(factors),
        log_product(exp_positive(own), positive),
    )
    form = linear(equal(value, total(k, total(c, log(ratio)))), losses, sum_over(sum_over(logs, c), k))
    return Relative(form, split, positive, factors)


_own = relative(Z, column_is, loss_is, rest)
loss_form, rest_split, rest_positive, rest_factors = _own.form, _own.split, _own.positive, _own.factors


@cache
def loss_positive() -> Theorem:
    """log T >= 1 - 1/T > 0, as T > 1."""
    beyond = linear(
        greater(rest(k, c) - 1, 0),
        rest_split,
        sum_over(exp_positive(Z(k + h, k, c) - Z(k, k, c)), h, nonzero=True, several=classes),
    )
    positive = linear(
        greater(log(rest(k, c)), 0),
        log_reciprocal(rest_positive),
        log_tangent(reciprocal(rest_positive)),
        product(beyond, reciprocal(rest_positive)),
        nonzero=[rest_positive],
    )
    return linear(greater(L, 0), loss_form, sum_over(sum_over(positive, c), k))


def loss_at_most(least: Term, margins: Theorem) -> Theorem:
    """L <= n K (K-1) exp(-q), from <w_k - w_j, h_kc> >= q for j != k (``margins``)."""
    small = exp_monotone(linear(at_least(-1 * least, Z(k + h, k, c) - Z(k, k, c)).where(h), margins))
    bounded = linear(
        at_least((K - 1) * exp(-1 * least), log(rest(k, c))),
        log_tangent(rest_positive),
        (-1, rest_split),
        sum_over(small, h, nonzero=True),
    )
    return linear(
        at_least(n * K * (K - 1) * exp(-1 * least), L),
        (-1, loss_form),
        sum_over(sum_over(bounded, c), k),
    )


line = hypothesis("line", equal(Z(j, k, c), level(j) * place(k, c)))
nonnegative = hypothesis("weights", at_least(weight(k, j), 0))
bounded = hypothesis("weights-bounded", at_least(1, weight(k, j)))
balanced = hypothesis("balanced", equal(total(j, weight(k, j) * (level(j) - level(k))), 0))


@claim(
    id="loss-infimum",
    paper=PAPER,
    kind="corrected",
    place="Sections 2.2 and 3: that the loss tends to 0 needs d >= 2 or K = 2",
    title="The loss is never 0, and its infimum is 0 for d >= 2 or K = 2",
    plain="0 < L <= n K (K-1) exp(-q) where all margins are at least q. With two orthonormal feature directions e, f (d >= 2) "
    "and numbers y_k at distances >= 1, the point w_k = t (y_k e - y_k^2/2 f), h_kc = y_k e + f has all margins "
    ">= t/2, so L <= n K (K-1) exp(-t/2); for K = 2 one direction is enough. So the infimum 0 is not attained. On "
    "one feature (Z_{j,kc} = w_j x_kc) there is no such sequence for K >= 3: for all weights 0 <= lambda_kj <= 1 with "
    "sum_j lambda_kj (w_j - w_k) = 0 and m_k = 1 + sum_{j != k} lambda_kj, L >= n sum_k log m_k (pairing "
    "classes on both sides of class k gives m_k = min(r, K+1-r) for the class of rank r), and no margin bound q > 0 holds.",
    latex=r"0<L\le nK(K-1)e^{-q_{\min}},\qquad\inf L=0\iff d\ge2\ \text{or}\ K=2",
    scope="every K >= 2, every n, every d",
    hypotheses=[
        CLASSES,
        MARGIN,
        Hypothesis("two-directions", "W = t (y e - y^2/2 f), h_kc = y_k e + f for W (d >= 2)"),
        Hypothesis("two-directions-H", "h_kc = y_k e + f"),
        Hypothesis("e-unit", "<e, e> = 1"),
        Hypothesis("f-unit", "<f, f> = 1"),
        Hypothesis("e-f-orthogonal", "<e, f> = 0"),
        Hypothesis("apart", "(y_k - y_j)^2 >= 1 for j != k"),
        Hypothesis("scale", "t >= 0"),
        Hypothesis("one-direction", "W = t y e (K = 2)"),
        Hypothesis("one-direction-H", "h_kc = y_k e (K = 2)"),
        Hypothesis("signs", "y_j y_k = 1 for j = k, -1 else (K = 2)"),
        Hypothesis("line", "d = 1: Z_{j,kc} = w_j x_kc"),
        Hypothesis("weights", "0 <= lambda_kj"),
        Hypothesis("weights-bounded", "lambda_kj <= 1"),
        Hypothesis("balanced", "sum_j lambda_kj (w_j - w_k) = 0"),
    ],
    goals={
        "positive": greater(L, 0),
        "separated": at_least(n * K * (K - 1) * exp(-1 * low), L),
        "two features": at_least(n * K * (K - 1) * exp(-t / 2), L),
        "two classes": at_least(n * K * (K - 1) * exp(-2 * t), L),
        "one feature": at_least(L, n * total(k, log(count(k)))),
        "one feature, margins": at_least(0, low * total_nonzero(h, weight(k, k + h))),
    },
    expected="proved",
    tags=["loss", "all-K"],
)
def loss_infimum(bench: Workbench) -> None:
    """Tangents of exp and log; a parabola separates any number of classes in the plane."""
    bench.show("positive", linear(bench.goal("positive"), loss_positive()))
    bench.show("separated", linear(bench.goal("separated"), loss_at_most(low, margins_hold)))

    e_unit = hypothesis("e-unit", equal(total(r, e(r) * e(r)), 1))
    f_unit = hypothesis("f-unit", equal(total(r, f(r) * f(r)), 1))
    ortho = hypothesis("e-f-orthogonal", equal(total(r, e(r) * f(r)), 0))
    parabola_W = hypothesis("two-directions", equal(W(k, r), t * (y(k) * e(r) - y(k) ** 2 / 2 * f(r))))
    parabola_H = hypothesis("two-directions-H", equal(H(r, k, c), y(k) * e(r) + f(r)))
    apart = hypothesis("apart", at_least((y(k) - y(k + h)) ** 2, 1).where(h))
    growing = hypothesis("scale", at_least(t, 0))
    half = Fraction(1, 2)
    spread = linear(
        at_least(margin(k, c, k + h), t / 2).where(h),
        (half, product(growing, linear(at_least((y(k) - y(k + h)) ** 2 - 1, 0).where(h), apart))),
        unfold=[Z_is, parabola_W, parabola_H],
        contract=[e_unit, f_unit, ortho],
    )
    bench.show("two features", linear(bench.goal("two features"), loss_at_most(t / 2, spread)))

    line_W = hypothesis("one-direction", equal(W(k, r), t * y(k) * e(r)))
    line_H = hypothesis("one-direction-H", equal(H(r, k, c), y(k) * e(r)))
    signs = hypothesis("signs", equal(y(j) * y(k), 2 * delta(j - k) - 1))
    opposite = linear(
        equal(margin(k, c, k + h), 2 * t).where(h),
        (t, signs.at({j: k})),
        (-t, signs.at({j: k + h})),
        unfold=[Z_is, line_W, line_H],
        contract=[e_unit],
    )
    two = loss_at_most(2 * t, linear(at_least(margin(k, c, k + h), 2 * t).where(h), opposite))
    bench.show("two classes", linear(bench.goal("two classes"), two))
    bench.show("one feature", one_feature(bench.goal("one feature")))
    for classes_ in (3, 4, 5, 6):
        bench.beside(lambda classes_=classes_: near_the_line_bound(classes_))
    apart_by = product(
        nonnegative.at({j: k + h}), linear(at_least(margin(k, c, k + h) - low, 0).where(h), margins_hold)
    )
    bench.show(
        "one feature, margins",
        linear(
            bench.goal("one feature, margins"),
            (reciprocal(samples), sum_over(sum_over(apart_by, h, nonzero=True), c)),
            (total(c, place(k, c)) / n, balanced),
            unfold=[line],
        ),
    )


def one_feature(goal: Relation) -> Theorem:
    """Classes on both sides of class k keep the sum of exp((w_j - w_k) x) up, whatever the sign of x."""
    count_is = define(count(k), 1 + total_nonzero(h, weight(k, k + h)))
    count_positive = linear(
        greater(count(k), 0),
        count_is,
        sum_over(nonnegative.at({j: k + h}), h, nonzero=True),
        number_positive(1),
    )
    exponent = (level(k + h) - level(k)) * place(k, c)
    tangent = product(
        nonnegative.at({j: k + h}), linear(at_least(exp(exponent) - 1 - exponent, 0), exp_tangent(exponent))
    )
    spare = product(linear(at_least(1 - weight(k, k + h), 0), bounded.at({j: k + h})), exp_positive(exponent))
    enough = linear(
        at_least(rest(k, c), count(k)),
        rest_split,
        sum_over(tangent, h, nonzero=True),
        sum_over(spare, h, nonzero=True),
        (-1, count_is),
        (place(k, c), balanced),
        unfold=[line],
    )
    return linear(goal, loss_form, sum_over(sum_over(log_monotone(enough, count_positive), c), k))


def log_monotone(larger: Theorem, positive: Theorem, above: Theorem | None = None) -> Theorem:
    """x >= y > 0 gives log x >= log y (x > y: log x > log y): log(y/x) <= y/x - 1 <= 0.

    ``positive``: y > 0; ``above``: x > 0, where that is known without the conditions of x >= y.
    """
    x, y, kind = larger.relation.lhs, larger.relation.rhs, larger.relation.kind
    conditions = larger.relation.conditions
    if above is None:
        above = linear(greater(x, 0).where(*conditions), larger, positive)
    ratio = product(positive, reciprocal(above))
    gap = product(linear(Relation(x - y, kind).where(*conditions), larger), reciprocal(above))
    return linear(
        Relation(log(x), kind, log(y), conditions),
        log_product(positive, reciprocal(above)),
        log_reciprocal(above),
        log_tangent(ratio),
        gap,
        nonzero=[above],
    )


def near_the_line_bound(size: int) -> Evidence:
    """On one feature, gaps that grow towards the middle come within 1/100 of sum_k log min(r, K+1-r)."""
    upper = (size + 1) // 2
    gaps = [Fraction(10000) ** min(number, size - 2 - number) for number in range(size - 1)]
    gaps[upper - 1] = Fraction(10000) ** size
    heights = [-sum(gaps[:number], Fraction(0)) for number in range(size)]  # of the classes, from the top
    # each class is seen across the gap on its side of the middle
    features = [
        Fraction(10) / gaps[number] if number < upper else -Fraction(10) / gaps[number - 1]
        for number in range(size)
    ]
    W = [[exact_number(value)] for value in heights]
    H = [[exact_number(value) for value in features]]
    value = peeled.loss(W, H, range(size), peeled.EXACT)
    bound = sum((exact_log(exact_number(min(r, size + 1 - r))) for r in range(2, size)), exact_number(0))
    return holds_at(
        [(bound + Fraction(1, 100), value), (value, bound)],
        {},
        f"K = {size}, d = 1, n = 1: a point within 1/100 above sum_k log min(r, K+1-r)",
    )
