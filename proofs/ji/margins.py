"""The neural collapse margin, its largest value, and the minimum-norm separation problem (5)."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

from ncverify.book.claim import Hypothesis
from ncverify.book.registry import claim
from ncverify.derive.kernel import (
    Theorem,
    at_least,
    each_zero,
    equal,
    greater,
    hypothesis,
    linear,
    number_positive,
    order_positive,
    product,
    reciprocal,
    sum_over,
)
from ncverify.derive.terms import Function, Pow, Sym, Var, delta, total, total_nonzero
from ncverify.evidence.workbench import Workbench

from .model import (
    CLASSES,
    PAPER,
    H,
    K,
    W,
    Z_is,
    alone,
    c,
    d,
    each_square_zero,
    h,
    j,
    k,
    l,
    margin,
    mean_H,
    more_than_one,
    n,
    q,
    r,
    root_n,
    root_positive,
    size,
    sum_of_squares,
)
from .squares import (
    CENTRED,
    NC1,
    NC3,
    Collapsed,
    all_equal,
    average,
    bound,
    collapsed,
    divisor,
    gram,
    identity,
    nc2,
    number_of_margins,
    shortfall,
    shortfall_nonnegative,
)

low, alpha, beta = Sym("qmin"), Sym("alpha"), Sym("beta")
NC2 = nc2(low)
MARGIN = Hypothesis(
    "margin",
    "every margin is at least q: <w_k - w_j, h_kc> >= q for j != k",
    r"\langle w_k-w_j,h_{kc}\rangle\geq q\ (j\neq k)",
)
margins_hold = hypothesis("margin", at_least(margin(k, c, k + h), low).where(h), "pointwise")


@cache
def average_at_least() -> Theorem:
    """The average margin is at least the smallest one."""
    above = linear(at_least(margin(k, c, k + h) - low, 0).where(h), margins_hold)
    summed = sum_over(sum_over(sum_over(above, h, nonzero=True), c), k)
    return linear(at_least(average, low), (reciprocal(number_of_margins), summed), nonzero=[more_than_one])


def equality(tight: Theorem) -> tuple[Collapsed, Theorem]:
    """NC1 and NC3, and NC2, where q is the bound (``tight``): the squares vanish, all margins are q."""
    mean_margin = average_at_least()
    factor = 2 * (K - 1) * root_n
    excess = factor * (average - low)
    excess_nonnegative = linear(
        at_least(excess, 0), product(divisor, linear(at_least(average - low, 0), mean_margin))
    )
    both = linear(
        equal(shortfall + excess, 0), (-factor, identity()), (-factor, tight), nonzero=[more_than_one]
    )
    squares = alone(both, shortfall, excess, (shortfall_nonnegative(), excess_nonnegative))
    rest = alone(both, excess, shortfall, (excess_nonnegative, shortfall_nonnegative()))
    found = collapsed(squares)

    # Every margin is q: their excesses over q are >= 0 and sum up to 0.
    above = linear(at_least(margin(k, c, k + h) - low, 0).where(h), margins_hold)
    total_excess = linear(
        equal(total(k, total(c, total_nonzero(h, margin(k, c, k + h) - low))), 0),
        (n * K / (2 * root_n), rest),
        nonzero=[more_than_one],
    )
    levels = [above, sum_over(above, h, nonzero=True)]
    levels.append(sum_over(levels[-1], c))
    one = each_zero(each_zero(each_zero(total_excess, levels[2]), levels[1]), levels[0])
    return found, gram(low, all_equal(low, one), found)


@cache
def at_the_bound() -> tuple[Collapsed, Theorem]:
    """Equality in the margin bound."""
    return equality(hypothesis("equality", equal(low, bound), "pointwise"))


feasible = hypothesis("feasible", equal(low, 1), "pointwise")


@cache
def at_the_optimum() -> tuple[Collapsed, Theorem]:
    """A feasible point of the least norm."""
    least = hypothesis("optimal", equal(size / 2, (K - 1) * root_n), "pointwise")
    return equality(
        linear(equal(low, bound), feasible, (-1 / ((K - 1) * root_n), least), nonzero=[more_than_one])
    )


@cache
def margin_at_most() -> Theorem:
    """Every lower bound q of the margins is at most the bound."""
    return linear(
        at_least(bound, low),
        average_at_least(),
        identity(),
        (reciprocal(divisor), shortfall_nonnegative()),
        nonzero=[more_than_one],
    )


@claim(
    id="margin-bound",
    paper=PAPER,
    kind="published",
    place="Lemma 3.1",
    title="The neural collapse margin is at most (|W|^2 + |H|^2)/(2 (K-1) sqrt n)",
    plain="With wbar the mean of the rows of W and hbar_k the class means, the bound minus the average margin is "
    "exactly [K |wbar|^2 + sum |h_kc - hbar_k|^2 + |W - 1 wbar^T - sqrt n Hbar^T|^2]/(2 (K-1) sqrt n). So every "
    "lower bound q of the margins, hence the smallest margin, obeys the bound; with equality h_kc = hbar_k (NC1), "
    "W = sqrt n Hbar^T (NC3) and the Gram matrix of the means is (q/sqrt n)(I - 11^T/K) (NC2).",
    latex=r"q_{\min}\le\frac{\|W\|^2+\|H\|^2}{2(K-1)\sqrt n},\quad\text{with equality only at neural collapse}",
    scope="every K >= 2, every d and n, every real W and H",
    hypotheses=[
        CLASSES,
        MARGIN,
        Hypothesis("equality", "q is equal to the bound (for NC1, NC2, NC3)", r"q=\text{bound}"),
    ],
    goals={
        "identity": equal(bound - average, shortfall / (2 * (K - 1) * root_n)),
        "bound": at_least(bound, low),
        "centred classifier": CENTRED,
        "NC1": NC1,
        "NC2": NC2,
        "NC3": NC3,
    },
    expected="proved",
    tags=["margin", "all-K"],
)
def margin_bound(bench: Workbench) -> None:
    """An exact sum of squares; with equality every square vanishes, and every margin is the average one."""
    bench.show("identity", linear(bench.goal("identity"), identity()))
    bench.show("bound", linear(bench.goal("bound"), margin_at_most()))
    found, means = at_the_bound()
    bench.show("centred classifier", linear(bench.goal("centred classifier"), found.centred))
    bench.show("NC1", linear(bench.goal("NC1"), found.nc1))
    bench.show("NC2", linear(bench.goal("NC2"), means))
    bench.show("NC3", linear(bench.goal("NC3"), found.nc3))


U = Function("U", ("G", "F"))
FRAME = Hypothesis(
    "frame",
    "U holds a simplex frame, <u_k, u_j> = [k = j] - 1/K (there is one exactly for d >= K-1)",
    r"UU^{\top}=I-\tfrac1K\mathbf1\mathbf1^{\top}",
)
frame = hypothesis("frame", equal(total(r, U(k, r) * U(j, r)), delta(k - j) - 1 / K), "pointwise")
quarter = Pow(n, Fraction(1, 4))
best_W, best_H = quarter * U(k, r), U(k, r) / quarter  # the optimum; the feature of every sample of class k
multiplier = 1 / (K * root_n)
OPTIMAL = Hypothesis(
    "optimal", "the point has the least norm, (|W|^2 + |H|^2)/2 = (K-1) sqrt n (for NC1, NC2, NC3)"
)


@cache
def dimension_bound() -> Theorem:
    """A simplex frame needs d >= K-1: the K x K matrix U U^T has trace K-1 and U^T U is d x d."""
    moment = total(k, U(k, r) * U(k, q)) - (K - 1) / d * delta(r - q)
    spread = sum_of_squares(moment, r, q)
    return linear(
        at_least(d, K - 1),
        (linear(greater(d, 0), order_positive("d"), number_positive(1)), spread),
        divide_by=more_than_one,
        contract=[frame],
        nonzero=[more_than_one],
    )


@claim(
    id="min-norm-optimum",
    paper=PAPER,
    kind="corrected",
    place="Theorem 3.2, problem (5); d >= K-1 is missing there",
    title="For d >= K-1 the minimum-norm separation problem is solved exactly by neural collapse",
    plain="If all margins are at least 1, then (|W|^2 + |H|^2)/2 >= (K-1) sqrt n, with equality only at NC1-NC3. A "
    "simplex frame U in R^d exists only for d >= K-1; with it, W = n^{1/4} U, h_kc = n^{-1/4} u_k has all margins equal "
    "to 1 and the value (K-1) sqrt n, and it satisfies the KKT conditions with all multipliers 1/(K sqrt n).",
    latex=r"\min\tfrac12(\|W\|^2+\|H\|^2)=(K-1)\sqrt n,\qquad\lambda_{kcj}=\frac1{K\sqrt n}",
    scope="every K >= 2, every n, every d >= K-1, every real W and H",
    hypotheses=[
        CLASSES,
        MARGIN,
        Hypothesis("feasible", "q = 1: the point satisfies the constraints of (5)", r"q=1"),
        OPTIMAL,
        FRAME,
    ],
    goals={
        "lower bound": at_least(size / 2, (K - 1) * root_n),
        "NC1": NC1,
        "NC2": equal(total(r, mean_H(r, k) * mean_H(r, l)), (delta(k - l) - 1 / K) / root_n),
        "NC3": NC3,
        "margins of the frame": equal(total(r, (U(k, r) - U(j, r)) * quarter * U(k, r) / quarter), 1).where(
            k - j
        ),
        "value at the frame": equal(
            (total(k, total(r, best_W**2)) + total(r, total(k, total(c, best_H**2)))) / 2, (K - 1) * root_n
        ),
        "KKT for W": equal(best_W, total(c, total(j, multiplier * (U(k, r) - U(j, r)) / quarter))),
        "KKT for H": equal(best_H, total(j, multiplier * quarter * (U(k, r) - U(j, r)))),
        "dimension": at_least(d, K - 1),
    },
    depends=["margin-bound"],
    expected="proved",
    tags=["margin", "all-K"],
)
def min_norm_optimum(bench: Workbench) -> None:
    """The margin bound with q = 1; at the frame everything is a frame identity."""
    bench.show(
        "lower bound",
        linear(
            bench.goal("lower bound"),
            (
                product(more_than_one, root_positive),
                linear(at_least(bound - low, 0), bench.use("margin-bound", "bound")),
            ),
            ((K - 1) * root_n, feasible),
            nonzero=[more_than_one],
        ),
    )
    found, means = at_the_optimum()
    bench.show("NC1", linear(bench.goal("NC1"), found.nc1))
    bench.show(
        "NC2",
        linear(bench.goal("NC2"), means, ((delta(k - l) - 1 / K) / root_n, feasible)),
    )
    bench.show("NC3", linear(bench.goal("NC3"), found.nc3))
    bench.show("margins of the frame", linear(bench.goal("margins of the frame"), contract=[frame]))
    bench.show("value at the frame", linear(bench.goal("value at the frame"), contract=[frame]))
    centred = frame_is_centred()
    bench.show("KKT for W", linear(bench.goal("KKT for W"), contract=[centred]))
    bench.show("KKT for H", linear(bench.goal("KKT for H"), contract=[centred]))
    bench.show("dimension", linear(bench.goal("dimension"), dimension_bound()))


@cache
def frame_is_centred() -> Theorem:
    """The vectors of a simplex frame add up to 0: the square of their sum is 0."""
    squares = linear(equal(total(r, total(k, U(k, r)) ** 2), 0), contract=[frame])
    return each_square_zero(squares, total(k, U(k, r)), r)


# The class and the sample with the smallest margin, and the class (relative to worst) that comes next.
worst, sample, runner_up = (
    Var("worst", "G", fixed=True),
    Var("sample", "N", fixed=True),
    Var("runner_up", "G", fixed=True),
)


@claim(
    id="ray-minimum",
    paper=PAPER,
    kind="corrected",
    place="Remark 3.1; the denominator printed there is q^{1/2}",
    title="The least objective along a direction is (|W|^2 + |H|^2)/(2 q_min)",
    plain="Let q > 0 be the smallest margin of (W, H). The point alpha (W, H) is feasible for (5) exactly if "
    "alpha^2 q >= 1; every feasible one has objective at least (|W|^2 + |H|^2)/(2 q), and alpha^2 = 1/q attains it.",
    latex=r"\min_{\alpha(W,H)\ \text{feasible}}\tfrac12\alpha^2(\|W\|^2+\|H\|^2)=\frac{\|W\|^2+\|H\|^2}{2q_{\min}}",
    scope="every K, d and n, every real W and H with a positive smallest margin",
    hypotheses=[
        MARGIN,
        Hypothesis("separated", "q > 0", r"q>0"),
        Hypothesis("attained", "q is the margin of some sample, class and other class"),
        Hypothesis("scaled-feasible", "all margins of alpha (W, H) are at least 1"),
        Hypothesis("shortest", "alpha^2 = 1/q (for the attainment)", r"\beta^2=1/q"),
    ],
    goals={
        "lower bound": at_least(alpha**2 * size / 2, size / (2 * low)).where(runner_up),
        "attained: feasible": at_least(
            total(r, (beta * W(k, r) - beta * W(k + h, r)) * (beta * H(r, k, c))), 1
        ).where(h),
        "attained: value": equal(
            (
                total(k, total(r, (beta * W(k, r)) ** 2))
                + total(r, total(k, total(c, (beta * H(r, k, c)) ** 2)))
            )
            / 2,
            size / (2 * low),
        ),
    },
    expected="proved",
    tags=["margin", "all-K"],
)
def ray_minimum(bench: Workbench) -> None:
    """Margins scale with alpha^2; the constraint of the sample with the smallest margin is the binding one."""
    separated = hypothesis("separated", greater(low, 0), "pointwise")
    scaled = total(r, (alpha * W(k, r) - alpha * W(k + h, r)) * (alpha * H(r, k, c)))
    reached = hypothesis("scaled-feasible", at_least(scaled, 1).where(h), "pointwise")
    attained = hypothesis(
        "attained", equal(low, margin(worst, sample, worst + runner_up)).where(runner_up), "pointwise"
    )
    binding = linear(
        at_least(alpha**2 * low - 1, 0).where(runner_up),
        reached.at({k: worst, c: sample, h: runner_up}),
        (alpha**2, attained),
        unfold=[Z_is],
    )
    norm = linear(
        at_least(size / 2, 0),
        (Fraction(1, 2), sum_of_squares(W(k, r), k, r)),
        (Fraction(1, 2), sum_of_squares(H(r, k, c), r, k, c)),
    )
    bench.show(
        "lower bound",
        linear(bench.goal("lower bound"), product(norm, binding), divide_by=separated, nonzero=[separated]),
    )
    shortest = hypothesis("shortest", equal(beta**2, 1 / low), "pointwise")
    above = linear(at_least(margin(k, c, k + h) - low, 0).where(h), margins_hold)
    bench.show(
        "attained: feasible",
        linear(
            bench.goal("attained: feasible"),
            (reciprocal(separated), above),
            (margin(k, c, k + h), shortest),
            unfold=[Z_is],
            nonzero=[separated],
        ),
    )
    bench.show(
        "attained: value", linear(bench.goal("attained: value"), (size / 2, shortest), nonzero=[separated])
    )
