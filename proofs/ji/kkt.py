"""How far a point is from being a KKT point of the minimum-norm separation problem."""

from __future__ import annotations

from functools import cache

from ncverify.book.claim import Hypothesis
from ncverify.book.registry import claim
from ncverify.derive.kernel import (
    Theorem,
    at_least,
    congruent_exp,
    define,
    equal,
    exp_monotone,
    exp_positive,
    exp_tangent,
    greater,
    hypothesis,
    linear,
    number_positive,
    one_of_sum,
    product,
    reciprocal,
    root_nonnegative,
    root_square,
    sum_over,
)
from ncverify.derive.terms import Fraction, Num, Sym, Term, dataclass, exp, sqrt, total
from ncverify.evidence.workbench import Workbench

from .flow import gradient_norm
from .infimum import rest, rest_factors, rest_positive, rest_split
from .margins import MARGIN, low, margin_at_most, margins_hold, runner_up, sample, worst
from .model import (
    CLASSES,
    PAPER,
    H,
    K,
    P,
    P_is,
    P_positive,
    P_total,
    W,
    Z,
    Z_is,
    b,
    c,
    classes,
    column,
    column_positive,
    grad_H,
    grad_W,
    gradient,
    h,
    i,
    j,
    k,
    l,
    margin,
    more_than_one,
    order,
    q,
    r,
    size,
    sum_of_squares,
)
from .squares import bound, divisor

R, N, root_q, angle = Sym("radius"), Sym("steepness"), Sym("rootq"), Sym("cosine")
inward = total(k, total(r, W(k, r) * grad_W(k, r))) + total(
    r, total(k, total(c, H(r, k, c) * grad_H(r, k, c)))
)  # <(W, H), grad L>
weighted_margins = total(k, total(c, total(j, P(j, k, c) * margin(k, c, j))))
# (W, H)/sqrt q minus the sum of multipliers times the gradients of the constraints there
miss_W = W(k, r) / root_q + R / (N * root_q) * grad_W(k, r)
miss_H = H(r, k, c) / root_q + R / (N * root_q) * grad_H(r, k, c)
miss = total(k, total(r, miss_W**2)) + total(r, total(k, total(c, miss_H**2)))
multiplier = R / N * P(k + h, k, c)
slack = multiplier * (margin(k, c, k + h) / low - 1)

SEPARATED = Hypothesis("separated", "q > 0", r"q>0")
ATTAINED = Hypothesis("attained", "q is the margin of some sample, class and other class")
separated = hypothesis("separated", greater(low, 0), "pointwise")
attained = hypothesis(
    "attained", equal(low, margin(worst, sample, worst + runner_up)).where(runner_up), "pointwise"
)


@cache
def radial() -> Theorem:
    """Twice the weighted margins: the slope along the ray."""
    slope = gradient()
    return linear(
        equal(-inward, 2 * weighted_margins),
        unfold=[slope.by_W.at({i: k, q: r}), slope.by_H.at({l: k, b: c, q: r}), Z_is],
        contract=[P_total],
    )


@cache
def wrong_probability() -> Theorem:
    """P of a wrong class by the differences of the logits."""
    return linear(
        equal(P(j, k, c), exp(Z(j, k, c) - Z(k, k, c)) / rest(k, c)),
        P_is,
        (-exp(Z(j, k, c) - Z(k, k, c)) / (column(k, c) * rest(k, c)), rest_factors),
        nonzero=[column_positive, rest_positive],
    )


positive_margin = linear(greater(margin(k, c, k + h), 0).where(h), margins_hold, separated)


def positive_root(root: Sym, value: Term, positive: Theorem) -> tuple[Theorem, Theorem]:
    """For root := sqrt(value) with value > 0: root^2 = value and root > 0."""
    root_is = define(root, sqrt(value))
    squared = linear(equal(root * root, value), root_square(positive), unfold=[root_is])
    nonnegative = linear(at_least(root, 0), root_nonnegative(value), root_is)
    return squared, linear(
        greater(root, 0),
        nonnegative,
        squared,
        positive,
        divide_by=linear(greater(1 + root, 0), nonnegative, number_positive(1)),
    )


@dataclass(frozen=True)
class Norms:
    """R = |(W, H)| > 0, N = |grad L| > 0, and R N >= <(W, H), -grad L> > 0, where q > 0."""

    norm: Theorem
    norm_positive: Theorem
    slope: Theorem
    slope_positive: Theorem
    cauchy: Theorem
    strongest: Theorem


@cache
def norms() -> Norms:
    """The norm is positive by the margin bound, the gradient by Cauchy's inequality."""
    size_positive = linear(
        greater(size, 0),
        (divisor, linear(greater(bound, 0), margin_at_most(), separated)),
        nonzero=[more_than_one],
    )
    norm, norm_positive = positive_root(R, size, size_positive)
    # <(W, H), -grad L> = 2 sum P g is at least each of its terms, which are positive
    terms = linear(
        greater(P(k + h, k, c) * margin(k, c, k + h), 0).where(h),
        product(P_positive.at({j: k + h}), positive_margin),
    )
    row = sum_over(terms, h, nonzero=True)
    column_terms = sum_over(row, c)
    strongest = linear(
        at_least(-inward, 2 * P(k + h, k, c) * margin(k, c, k + h)).where(h),
        radial(),
        (2, one_of_sum(column_terms, k)),
        (2, one_of_sum(row, c)),
        (2, one_of_sum(terms, h, nonzero=True)),
    )
    nu = Sym("nu")
    nu_is = define(nu, -inward)
    nu_positive = linear(
        greater(nu, 0),
        nu_is,
        radial(),
        (2, sum_over(sum_over(sum_over(terms, h, nonzero=True, several=classes), c), k)),
    )
    along_W = R * grad_W(k, r) + nu / R * W(k, r)
    along_H = R * grad_H(r, k, c) + nu / R * H(r, k, c)
    steep = linear(
        greater(R * R * gradient_norm, 0),
        sum_of_squares(along_W, k, r),
        sum_of_squares(along_H, r, k, c),
        (-2 * nu, nu_is),
        (nu * nu / (R * R), norm),
        product(nu_positive, nu_positive),
        nonzero=[norm_positive],
    )
    slope, slope_positive = positive_root(
        N,
        gradient_norm,
        linear(greater(gradient_norm, 0), steep, divide_by=product(norm_positive, norm_positive)),
    )
    both = product(slope_positive, norm_positive)
    cauchy = linear(
        at_least(N * R, -inward),
        sum_of_squares(N * W(k, r) + R * grad_W(k, r), k, r),
        sum_of_squares(N * H(r, k, c) + R * grad_H(r, k, c), r, k, c),
        (N * N, norm),
        (R * R, slope),
        divide_by=linear(greater(2 * N * R, 0), (2, both)),
    )
    return Norms(norm, norm_positive, slope, slope_positive, cauchy, strongest)


@claim(
    id="approximate-kkt",
    paper=PAPER,
    kind="corrected",
    place="Lemma 3.2; the sign of beta is wrong there",
    title="A separated point is an (eps, delta)-KKT point with eps^2 = 2 (1 - beta)/gamma, delta = K/(2 e gamma q)",
    plain="Let q > 0 be the smallest margin, R = |(W, H)|, N = |grad L|, gamma = q/R^2 and beta = <(W, H), -grad L>/(R N). With the "
    "multipliers lambda_kcj = (R/N) P_{j,kc} >= 0 the scaled point (W, H)/sqrt q misses the stationarity of (5) by exactly "
    "eps = sqrt(2 (1 - beta)/gamma), and lambda (margin - 1) <= delta = K/(2 e gamma q) <= K/(2 gamma q) for every constraint. "
    "Moreover 0 < beta <= 1.",
    latex=r"\varepsilon^2=\frac{2(1-\beta)}{\gamma},\qquad\delta=\frac K{2e\gamma q_{\min}},\qquad"
    r"\beta=\frac{\langle(W,H),-\nabla L\rangle}{\|(W,H)\|\,\|\nabla L\|}",
    scope="every K >= 2, every d and n, every real W and H with a positive smallest margin",
    hypotheses=[CLASSES, MARGIN, SEPARATED, ATTAINED],
    goals={
        "gradient for W": equal(
            -grad_W(k, r), total(c, total(j, P(j, k, c) * H(r, k, c) - P(k, j, c) * H(r, j, c)))
        ),
        "gradient for H": equal(-grad_H(r, k, c), total(j, P(j, k, c) * (W(k, r) - W(j, r)))),
        "residual": equal(miss, 2 * (1 - angle) * size / low),
        "slack": at_least(K * size / (2 * low**2) * exp(Num(Fraction(-1))), slack).where(h, runner_up),
        "positive": greater(angle, 0),
        "at most 1": at_least(1, angle),
    },
    expected="proved",
    tags=["kkt", "all-K"],
)
def approximate_kkt(bench: Workbench) -> None:
    """-grad L is the sum of P_{j,kc} times the gradients of the margins; x e^{-x} <= 1/e bounds the slack."""
    slope = gradient()
    bench.show(
        "gradient for W",
        linear(bench.goal("gradient for W"), (-1, slope.by_W.at({i: k, q: r})), contract=[P_total]),
    )
    bench.show(
        "gradient for H",
        linear(
            bench.goal("gradient for H"),
            (-1, slope.by_H.at({l: k, b: c, q: r})),
            contract=[P_total],
        ),
    )
    known = norms()
    root, root_positive_ = positive_root(root_q, low, separated)
    cosine_is = define(angle, -inward / (R * N))
    nonzero = [known.norm_positive, known.slope_positive, root_positive_, separated]
    unscaled = size + 2 * R / N * inward + R * R * gradient_norm / (N * N)
    bench.show(
        "residual",
        linear(
            bench.goal("residual"),
            (-unscaled / (low * root_q * root_q), root),
            ((1 + 2 * inward / (R * N)) / low, known.norm),
            (-R * R / (N * N * low), known.slope),
            (2 * size / low, cosine_is),
            nonzero=nonzero,
        ),
    )
    bench.show("slack", linear(bench.goal("slack"), *slack_bound(known), nonzero=nonzero))
    both = product(known.norm_positive, known.slope_positive)
    row = linear(
        greater(total(j, P(j, k, c) * margin(k, c, j)), 0),
        sum_over(product(P_positive.at({j: k + h}), positive_margin), h, nonzero=True, several=classes),
    )
    bench.show(
        "positive",
        linear(
            bench.goal("positive"),
            cosine_is,
            (reciprocal(both), linear(greater(-inward, 0), radial(), (2, sum_over(sum_over(row, c), k)))),
            nonzero=nonzero,
        ),
    )
    bench.show(
        "at most 1",
        linear(
            bench.goal("at most 1"),
            (-1, cosine_is),
            (reciprocal(both), linear(at_least(R * N + inward, 0), known.cauchy)),
            nonzero=nonzero,
        ),
    )


def slack_bound(
    known: Norms,
) -> tuple[tuple[Theorem, Theorem], tuple[Theorem, Theorem], tuple[Term, Theorem]]:
    """(R/(N q)) P (g - q) <= (R/(N q)) e^{-q-1}, and K N R >= 2 q e^{-q}; both with their weights."""
    own = margin(k, c, k + h)
    beyond = linear(
        at_least(rest(k, c) - 1, 0),
        rest_split,
        sum_over(exp_positive(Z(k + h, k, c) - Z(k, k, c)), h, nonzero=True),
    )
    inverse = reciprocal(rest_positive)
    tangent = linear(at_least(exp(own - low - 1) - (own - low), 0), exp_tangent(own - low - 1))
    single = linear(
        at_least(exp(-low - 1) - P(k + h, k, c) * (own - low), 0),
        (-1 * (own - low), wrong_probability().at({j: k + h})),
        (product(exp_positive(-1 * own), inverse), tangent),
        (product(exp_positive(-low - 1), inverse), beyond),
        nonzero=[rest_positive],
    )
    at_worst = {k: worst, c: sample, h: runner_up}
    few = linear(
        at_least(K - rest(k, c), 0),
        (-1, rest_split),
        sum_over(
            exp_monotone(linear(at_least(0, Z(k + h, k, c) - Z(k, k, c)).where(h), positive_margin)),
            h,
            nonzero=True,
        ),
    )
    chance = P(worst + runner_up, worst, sample)
    least = linear(equal(margin(worst, sample, worst + runner_up), low).where(runner_up), (-1, attained))
    exact = congruent_exp(
        linear(
            equal(Z(worst + runner_up, worst, sample) - Z(worst, worst, sample), -low).where(runner_up),
            (-1, least),
        )
    )
    share = rest(worst, sample)
    strong = linear(
        at_least(K * N * R - 2 * low * exp(-low), 0).where(runner_up),
        (order, known.cauchy),
        (order, known.strongest.at(at_worst)),
        (2 * K * chance, least),
        (2 * K * low, wrong_probability().at({k: worst, c: sample, j: worst + runner_up})),
        (2 * K * low / share, exact),
        (
            product(
                linear(greater(2 * low * exp(-low), 0), (2, product(separated, exp_positive(-low)))),
                inverse.at({k: worst, c: sample}),
            ),
            few.at({k: worst, c: sample}),
        ),
        nonzero=[rest_positive],
    )
    # the weights of both in the goal: R/(N q) and e^{-1} R/(2 N q^2)
    ratio = product(product(known.norm_positive, reciprocal(known.slope_positive)), reciprocal(separated))
    second = product(ratio, product(exp_positive(Num(Fraction(-1))), reciprocal(separated)))
    return (
        (ratio, single),
        (linear(greater(second.relation.lhs / 2, 0), (Fraction(1, 2), second)), strong),
        (-K / (2 * low**2) * exp(Num(Fraction(-1))), known.norm),
    )
