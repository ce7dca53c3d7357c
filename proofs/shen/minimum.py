"""The minimum of the cross-entropy objective: its value, where it is taken, and that it is a simplex frame.

Every t > 0 with K t <= 1 and t^2 <= n lambda_W lambda_H gives a lower bound of the objective: the tangent of the loss at
Z = alpha (I - J/K), e^alpha = 1/t - K + 1. It is taken for t = sqrt(n) mu if K t < 1, and for t = 1/K (then alpha = 0) if
K sqrt(n) mu >= 1.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from ncverify.book.claim import Hypothesis
from ncverify.book.registry import claim
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
    exp_tangent,
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
from ncverify.derive.terms import Function, Num, Sym, Term, Var, delta, exp, log, zero
from ncverify.evidence.landscapes import collapsed_minima
from ncverify.evidence.workbench import Workbench
from ncverify.landscape.problem import Problem

from .convexity import PENALTY_B, penalty_b
from .losses import N, N_inverse, P, column, column_slack, cross_entropy, orders, other, start
from .model import (
    PAPER,
    POSITIVE_H,
    POSITIVE_W,
    SCOPE,
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
    show_all,
    summed,
    weighted,
)

t, alpha = Sym("t"), Sym("alpha")
shift = Var("h", "G")
LEVEL = Hypothesis("level", "e^alpha = 1/t - K + 1", r"e^{\alpha}=\tfrac1t-K+1")
level = hypothesis("level", equal(exp(alpha), 1 / t - K + 1))
T_POSITIVE = Hypothesis("t-positive", "t > 0", r"t>0")
t_positive = hypothesis("t-positive", greater(t, 0))
WITHIN = Hypothesis("t-bounded", "t^2 <= n lambda_W lambda_H", r"t\le\sqrt n\,\mu")
within = hypothesis("t-bounded", at_least(n * lambda_W * lambda_H, t * t))
VALUE = -log(1 - (K - 1) * t) + (K - 1) * t * alpha
MEAN = over(Wo(k, r), k) / K
CENTRED = Wo(j, r) - MEAN
MATCH = Ho(r, j, i) - t / (n * lambda_H) * CENTRED

Z_is = define(Z(k, j, i), alpha * (delta(k - j) - 1 / K))


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
        (faded, level),
        unfold=[start.column_is, Z_is],
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
        (t * delta(k - j), level),
        unfold=[Z_is],
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
    rest = linear(equal(1 - (K - 1) * t, t * exp(alpha)), (-t, level), nonzero=[t_positive])
    return linear(
        equal(log(1 - (K - 1) * t), log(t) + alpha),
        congruent_log(rest),
        log_product(t_positive, exp_positive(alpha)),
    )


EXCESS = n * lambda_W * lambda_H - t * t
half_H = product(number_positive(Fraction(1, 2)), positive_H)
half_over = product(product(number_positive(Fraction(1, 2)), reciprocal(positive_H)), reciprocal(orders[1]))


class _Distance:
    """F_o - value as a sum of four terms that are >= 0: slack of the columns, |H_o - c W_o^T|^2, means of W_o, biases."""

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
            unfold=[*self.names.values(), Fo_is, loss.go_is, share, Z_is, Zo_is],
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
def distance() -> _Distance:
    """The parts of F_o - value, derived once."""
    return _Distance()


@lru_cache(maxsize=1)
def optimum() -> _Optimum:
    """The theorems about optimal points, derived once."""
    return _Optimum()


optimal = hypothesis("optimal", equal(Fo, VALUE), "pointwise")
OPTIMAL = Hypothesis("optimal", "F_o is the minimum", r"f_o=f^*")


class _Optimum:
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
            equal(Zo(k, j, i) - Z(k, j, i), log(_column_o()) - log(column(j, i))), alike, (-1, columns.logs)
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
            unfold=[Zo_is, Z_is],
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


def _column_o() -> Term:
    return other.column_positive.relation.lhs


E = Function("E", ("G", "F"))
w, y = Sym("w"), Sym("h")
frame = hypothesis("frame", equal(over(E(k, r) * E(l, r), r), delta(k - l) - 1 / K))
small = hypothesis("weak", greater(1, K * t))
tight = hypothesis("t-is", equal(t * t, n * lambda_W * lambda_H))
scale_w = hypothesis("scale-w", equal(lambda_W * w * w, t * alpha))
scale_h = hypothesis("scale-h", equal(w * y, alpha))
at_W = hypothesis("point-W", equal(Wo(k, r), w * E(k, r)), "pointwise")
at_H = hypothesis("point-H", equal(Ho(r, j, i), y * E(j, r)), "pointwise")
at_b = hypothesis("point-b", equal(bo(k), 0), "pointwise")
one_over_K = hypothesis("t-zero", equal(t, 1 / K))
zero_W = hypothesis("zero-W", equal(Wo(k, r), 0), "pointwise")
zero_H = hypothesis("zero-H", equal(Ho(r, j, i), 0), "pointwise")


def attained() -> Theorem:
    """F = value at W = w E, H = h E^T (x) 1^T, b = 0."""
    loss = cross_entropy()
    _, logarithm = simplex_softmax()
    above = linear(
        greater(exp(alpha) - 1, 0), product(small_gap(), reciprocal(t_positive)), level, nonzero=[t_positive]
    )
    faded = product(above, exp_positive(-alpha))
    alpha_positive = linear(greater(alpha, 0), faded, exp_tangent(-alpha))
    other_scale = linear(
        equal(n * lambda_H * y * y, t * alpha),
        linear(
            equal(n * lambda_H * y * y - t * alpha, 0),
            factor_zero(
                linear(
                    equal((t * alpha) * (n * lambda_H * y * y - t * alpha), 0),
                    (-n * lambda_H * y * y, scale_w),
                    (n * lambda_W * lambda_H * (w * y + alpha), scale_h),
                    (-alpha * alpha, tight),
                ),
                product(t_positive, alpha_positive),
            ),
        ),
    )
    flat = linear(
        equal(Zo(k, j, i), alpha * (delta(k - j) - 1 / K)),
        (w * y, frame.at({l: j})),
        (delta(k - j) - 1 / K, scale_h),
        unfold=[Zo_is, at_W, at_H, at_b],
    )
    norm = linear(equal(over(E(k, r) ** 2, k, r), K - 1), sum_over(frame.at({l: k}), k))
    same = linear(
        equal(log(_column_o()), log(column(j, i))),
        unfold=[other.column_is, start.column_is, flat, Z_is],
    )
    return linear(
        equal(Fo, VALUE),
        (1 / N, summed(same, j, i)),
        (1 / N, summed(logarithm, j, i)),
        value_in_logs(),
        (lambda_W / 2 * w * w + n * lambda_H / 2 * y * y, norm),
        ((K - 1) / 2, scale_w),
        ((K - 1) / 2, other_scale),
        unfold=[Fo_is, loss.go_is, at_W, at_H, at_b, flat],
    )


def small_gap() -> Theorem:
    """1 - K t > 0."""
    return linear(greater(1 - K * t, 0), small)


def alpha_vanishes() -> Theorem:
    """alpha = 0 where t = 1/K, since e^alpha = 1."""
    one = linear(equal(exp(alpha), 1), level, (-(K / t), one_over_K), nonzero=[t_positive])
    back = linear(equal(exp(-alpha), 1), (-exp(-alpha), one))
    upper = linear(at_least(0, alpha), exp_tangent(alpha), (-1, one))
    lower = linear(at_least(alpha, 0), exp_tangent(-alpha), (-1, back))
    return linear(equal(alpha, 0), (-1, antisymmetric(upper, lower)))


LEVELS = [T_POSITIVE, LEVEL]
FRAME = [
    Hypothesis(
        "frame", "E E^T = I - J/K; such a K x d matrix exists for d >= K - 1", r"EE^{\top}=I-\tfrac1KJ"
    ),
    Hypothesis("weak", "K t < 1", r"Kt<1"),
    Hypothesis("t-is", "t^2 = n lambda_W lambda_H: t = sqrt(n) mu", r"t=\sqrt n\,\mu"),
    Hypothesis("scale-w", "lambda_W w^2 = t alpha", r"\lambda_Ww^2=t\alpha"),
    Hypothesis("scale-h", "w h = alpha", r"wh=\alpha"),
    Hypothesis("point-W", "W_o = w E", r"W=wE"),
    Hypothesis(
        "point-H", "H_o = h E^T, the same for all samples of a class", r"H=hE^{\top}\otimes\mathbf 1^{\top}"
    ),
    Hypothesis("point-b", "b_o = 0", r"b=0"),
]


MINIMUM = {
    "bound": at_least(Fo, VALUE),
    "attained": equal(Fo, VALUE),
    "unique product": equal(over(Wo(k, r) * Ho(r, j, i), r), alpha * (delta(k - j) - 1 / K)),
    "unique frame": equal(over(Wo(k, r) * Wo(j, r), r), n * lambda_H * alpha / t * (delta(k - j) - 1 / K)),
    "unique bias": equal(epsilon * bo(k), epsilon * over(bo(l), l) / K),
    "strong: bound": at_least(Fo, log(K)),
    "strong: value at 0": equal(Fo, log(K)),
    "strong: W": equal(Wo(k, r), 0),
    "strong: H": equal(Ho(r, j, i), 0),
}


@lru_cache(maxsize=1)
def minimum_theorems() -> dict[str, Theorem]:
    """F - f* is a sum of four terms that are >= 0; each of them vanishes only where it should."""
    shown: dict[str, Theorem] = {}
    near = distance()
    bound = shown["bound"] = linear(MINIMUM["bound"], near.identity, *near.signs.values())
    shown["attained"] = attained()
    found = optimum()
    shown["unique product"] = linear(MINIMUM["unique product"], found.product)
    gram = shown["unique frame"] = linear(MINIMUM["unique frame"], found.gram)
    shown["unique bias"] = linear(MINIMUM["unique bias"], found.bias)

    flat = alpha_vanishes()
    inside = linear(equal(1 - (K - 1) * t, 1 / K), (1 - K, one_over_K))
    logarithm = linear(equal(log(1 - (K - 1) * t), -log(K)), congruent_log(inside), log_reciprocal(orders[0]))
    shown["strong: bound"] = linear(MINIMUM["strong: bound"], bound, (-1, logarithm), ((K - 1) * t, flat))
    loss = cross_entropy()
    none = linear(equal(log(_column_o()), log(K)), unfold=[other.column_is, Zo_is, zero_W, zero_H, at_b])
    shown["strong: value at 0"] = linear(
        MINIMUM["strong: value at 0"],
        (1 / N, summed(none, j, i)),
        unfold=[Fo_is, loss.go_is, Zo_is, zero_W, zero_H, at_b],
    )
    length = linear(
        equal(over(Wo(k, r) ** 2, r), 0),
        gram.at({j: k}),
        (n * lambda_H / t * (1 - 1 / K), flat),
    )
    rows = shown["strong: W"] = square_zero(
        each_zero(length, linear(at_least(Wo(k, r) ** 2, 0), square(Wo(k, r)))), Wo(k, r)
    )
    shown["strong: H"] = linear(MINIMUM["strong: H"], found.features, (t / (n * lambda_H), rows.at({k: j})))
    return shown


@claim(
    id="ce-minimum",
    paper=PAPER,
    kind="corrected",
    place="global minima of the cross-entropy objective",
    title="The minimum of the cross-entropy objective, and all points where it is taken",
    plain="For t > 0 with t^2 <= n lambda_W lambda_H and e^alpha = 1/t - K + 1, F >= f* = -log(1 - (K-1) t) + (K-1) t alpha "
    "everywhere. With t = sqrt(n) mu, K t < 1 and d >= K - 1 equality holds at W = w E, H = h E^T, b = 0, E E^T = I - J/K, "
    "lambda_W w^2 = t alpha, w h = alpha. Wherever F = f*, W H = alpha (I - J/K) and W W^T = n lambda_H alpha/t (I - J/K), "
    "so the minimum is unique up to a rotation of the features. If K sqrt(n) mu >= 1, take t = 1/K: the minimum is log K, "
    "at W = H = 0 only.",
    latex=r"f^*=-\log(1-(K-1)\sqrt n\mu)+(K-1)\sqrt n\mu\,\alpha,\quad e^{\alpha}=\tfrac1{\sqrt n\mu}-K+1;\quad"
    r"K\sqrt n\mu\ge1:\ W=H=0",
    scope=f"{SCOPE}; taken for d >= K - 1",
    hypotheses=[
        POSITIVE_W,
        POSITIVE_H,
        PENALTY_B,
        *LEVELS,
        WITHIN,
        *FRAME,
        OPTIMAL,
        Hypothesis("t-zero", "t = 1/K, which t-bounded allows if K sqrt(n) mu >= 1 (last parts)", r"t=1/K"),
        Hypothesis("zero-W", "W_o = 0 (value at 0)", r"W=0"),
        Hypothesis("zero-H", "H_o = 0 (value at 0)", r"H=0"),
    ],
    goals=MINIMUM,
    expected="proved",
    tags=["landscape", "cross-entropy", "all-K"],
)
def ce_minimum(bench: Workbench) -> None:
    """F - f* is a sum of terms that are >= 0; each of them vanishes only where it should."""
    show_all(bench, minimum_theorems())


COLLAPSE = {
    "self-duality": equal(Ho(r, j, i), t / (n * lambda_H) * Wo(j, r)),
    "simplex frame": equal(over(Wo(k, r) * Wo(j, r), r), n * lambda_H * alpha / t * (delta(k - j) - 1 / K)),
    "features": equal(
        over(Ho(r, k, i) * Ho(r, j, i), r), t * alpha / (n * lambda_H) * (delta(k - j) - 1 / K)
    ),
    "centred classifiers": equal(over(Wo(k, r), k), 0),
    "centred means": equal(over(Ho(r, j, i), j), 0),
}


@lru_cache(maxsize=1)
def collapse_theorems() -> dict[str, Theorem]:
    """Each of the four terms of F - f* vanishes."""
    shown: dict[str, Theorem] = {}
    found = optimum()
    dual = shown["self-duality"] = linear(COLLAPSE["self-duality"], found.features)
    gram = shown["simplex frame"] = linear(COLLAPSE["simplex frame"], found.gram)
    centred = shown["centred classifiers"] = linear(COLLAPSE["centred classifiers"], found.centred)
    shown["features"] = linear(
        COLLAPSE["features"],
        weighted(dual.at({j: k}), Ho(r, j, i), r),
        (t / (n * lambda_H), weighted(dual, Wo(k, r), r)),
        (t**2 / (n * lambda_H) ** 2, gram),
        nonzero=[t_positive, positive_H],
    )
    shown["centred means"] = linear(
        COLLAPSE["centred means"], sum_over(dual, j), (t / (n * lambda_H), centred)
    )
    return shown


@claim(
    id="minimum-is-collapse",
    paper=PAPER,
    kind="published",
    place="'neural-collapse properties emerge at global minima'",
    title="Cross-entropy: every global minimum is a neural collapse",
    plain="Where F takes the value f* of ce-minimum (t = sqrt(n) mu): H_o = t/(n lambda_H) W_o^T for every sample, so the "
    "features of a class are equal (NC1) and parallel to their classifier (NC3); W_o W_o^T = n lambda_H alpha/t (I - J/K), so "
    "W_o^T is a simplex frame up to scale and rotation (NC2), and so is the matrix of class means; the class means are centred.",
    latex=r"W^{\star}W^{\star\top}\propto I-\tfrac1KJ,\quad h_{j,i}\propto w_j,\quad\textstyle\sum_jh_{j,i}=0",
    scope=SCOPE,
    hypotheses=[POSITIVE_W, POSITIVE_H, PENALTY_B, *LEVELS, WITHIN, OPTIMAL],
    goals=COLLAPSE,
    expected="proved",
    tags=["landscape", "collapse", "all-K"],
)
def minimum_is_collapse(bench: Workbench) -> None:
    """Where F = f*, each term of F - f* vanishes."""
    show_all(bench, collapse_theorems())
    models = [Problem(3, 2, lambda_w="1/100", lambda_h="1/50", lambda_b=bias) for bias in (None, 0, "1/10")]
    models.append(Problem(4, 3, 2, lambda_w="1/100", lambda_h="1/50"))
    bench.beside(
        lambda: collapsed_minima(models, digits=min(bench.settings.digits, 60), seed=bench.settings.seed)
    )
