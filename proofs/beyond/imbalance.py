"""Unequal classes: logit adjustment and class weights keep the spectral family only where the classes are equal."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from ncverify.book.claim import Hypothesis
from ncverify.book.registry import claim
from ncverify.book.verdict import Evidence
from ncverify.derive.kernel import (
    Theorem,
    define,
    derivative,
    equal,
    exp_injective,
    exp_positive,
    greater,
    hypothesis,
    linear,
    sum_over,
)
from ncverify.derive.terms import Function, Sym, delta, exp, log, total
from ncverify.evidence.instances import counterexample
from ncverify.evidence.workbench import Workbench
from ncverify.theory.groups import AbelianGroup

from ..garrod.model import (
    CLASSES,
    G0,
    K,
    Q,
    a,
    classes,
    g,
    i,
    j,
    k,
    l,
    p,
    phat,
    q_,
    r,
    s,
    s_rate,
    softmax,
    symmetric,
    z,
)
from ..garrod.reduced import (
    BALANCED,
    FAMILY,
    GRADIENT_FLOW,
    H,
    H_rate,
    L,
    P,
    W,
    W_rate,
    Z,
    balanced,
    column,
    flow_H,
    flow_W,
    orthonormal,
    s_is,
    spectral_H,
    spectral_W,
)
from .losses import (
    EVEN,
    Columns,
    Reduced,
    columns,
    family,
    on_the_family,
    pull,
    reduced,
    slopes,
    softmax_on_the_family,
)

adjust, importance = Function("adjust", ("G",)), Function("importance", ("G",))
level = Sym("level")
Z_rate = Function("Z'", ("G", "G"))

EQUAL_PRIORS = Hypothesis(
    "equal-priors", "the adjustments are equal, adjust_i = level (all parts but 'logits' and 'only equal')"
)
EQUAL_WEIGHTS = Hypothesis(
    "equal-weights",
    "the class weights are equal, importance_j = level (all parts but 'logits' and 'only equal')",
)
CIRCULANT = Hypothesis(
    "circulant",
    "the pull on the logits depends on the difference of the classes only (part 'only equal' only)",
)
# dZ/dt = pull H^T H + W W^T pull for balanced factors of the family, for which H^T H = W W^T = Z.
LOGITS = equal(Z_rate(i, j), total(k, pull(i, k) * z(k - j) + z(i - k) * pull(k, j)))


circulant = hypothesis("circulant", equal(pull(i, j), pull(i - j, G0)), "pointwise")
ADJUSTED_PULL = delta(i - j) - exp(z(i - j) + adjust(i)) / total(l, exp(z(l - j) + adjust(l)))
WEIGHTED_PULL = importance(j) * (delta(i - j) - p(i - j))


@dataclass(frozen=True)
class Loss:
    """A loss on the family: its softmax, the pull by definition, the slopes, the pull there, and Z' = pull H^T H + W W^T pull."""

    soft: Columns
    pull_is: Theorem
    slopes: tuple[Theorem, Theorem]
    form: Theorem
    logits: Theorem


@lru_cache(maxsize=1)
def adjusted() -> Loss:
    """L = -sum_j log P_jj, P the softmax of Z + adjust."""
    soft = columns(Z(i, j) + adjust(i))
    L_is = define(L, -total(j, log(P(j, j))))
    pull_is = define(pull(i, j), delta(i - j) - P(i, j))
    found = slopes(L_is, soft, pull_is, constants=["adjust"])
    form = linear(
        equal(pull(i, j), ADJUSTED_PULL), unfold=[pull_is, soft.P_is, soft.column_is, family().Z_form]
    )
    return Loss(soft, pull_is, found, form, logits_rate(found))


@lru_cache(maxsize=1)
def weighted() -> Loss:
    """L = -sum_j importance_j log P_jj."""
    soft = columns(Z(i, j))
    L_is = define(L, -total(j, importance(j) * log(P(j, j))))
    pull_is = define(pull(i, j), importance(j) * (delta(i - j) - P(i, j)))
    found = slopes(L_is, soft, pull_is, constants=["importance"])
    form = linear(equal(pull(i, j), WEIGHTED_PULL), unfold=[pull_is, softmax_on_the_family(soft)])
    return Loss(soft, pull_is, found, form, logits_rate(found))


def logits_rate(found: tuple[Theorem, Theorem]) -> Theorem:
    """``LOGITS``: the product rule on Z = W H, and H^T H = W W^T = Z for balanced factors of the family."""
    x = family()
    by_W, by_H = found
    moves = derivative(x.Z_is, Z_rate(i, j), {"W": ((k, r), W_rate(k, r)), "H": ((r, l), H_rate(r, l))})
    first = linear(
        equal(W_rate(i, r) * H(r, j), total(k, pull(i, k) * H(r, k) * H(r, j))),
        (H(r, j), flow_W.at({k: i})),
        (H(r, j), by_W.at({k: i, q_: r})),
    )
    second = linear(
        equal(W(i, r) * H_rate(r, j), total(k, W(i, r) * W(k, r) * pull(k, j))),
        (W(i, r), flow_H),
        (W(i, r), by_H.at({q_: r, l: j})),
    )
    opened = [x.base.z_is, s_is, balanced]
    gram_H = linear(
        equal(total(r, H(r, k) * H(r, j)), z(k - j)),
        unfold=[spectral_H, *opened],
        contract=[orthonormal],
        even=EVEN,
    )
    gram_W = linear(
        equal(total(r, W(i, r) * W(k, r)), z(i - k)),
        unfold=[spectral_W, *opened],
        contract=[orthonormal],
        even=EVEN,
    )
    left = linear(equal(pull(i, k) * gram_H.relation.lhs, pull(i, k) * z(k - j)), (pull(i, k), gram_H))
    right = linear(equal(pull(k, j) * gram_W.relation.lhs, pull(k, j) * z(i - k)), (pull(k, j), gram_W))
    return linear(
        LOGITS, moves, sum_over(first, r), sum_over(second, r), sum_over(left, k), sum_over(right, k)
    )


@claim(
    id="logit-adjustment-equal",
    paper="beyond",
    kind="extension",
    place="the cross-entropy with logit adjustment (adjust_i = tau log pi_i, pi the class priors)",
    title="Logit adjustment has a circulant pull for equal priors, and only for equal priors",
    plain="Let the loss be the cross-entropy of softmax(Z + adjust), adjust_i = tau log pi_i. On the family its pull is "
    "delta(i - j) - exp(z(i-j) + adjust_i)/sum_l exp(z(l-j) + adjust_l), and, balanced, Z' = pull Z + Z pull. For equal "
    "adjustments the family is invariant and s_a' = 2 s_a (1 - phat_a), as without adjustment. At no state of the family "
    "is the pull a function of i - j unless the adjustments are equal.",
    latex=r"\pi_i\equiv\pi\Rightarrow\dot s_a=2s_a(1-\hat p_a);\qquad G_{ij}=\gamma(i-j)\Rightarrow\pi_i\equiv\pi",
    scope="every K and d, every finite abelian group, every real alpha, beta and frame R",
    hypotheses=[*FAMILY, *GRADIENT_FLOW, BALANCED, EQUAL_PRIORS, CIRCULANT],
    goals={
        **reduced(1 - phat(a)),
        "flow": equal(s_rate(a), 2 * s(a) * (1 - phat(a))),
        "pull": equal(pull(i, j), ADJUSTED_PULL),
        "logits": LOGITS,
        "only equal": equal(adjust(j), adjust(G0)),
    },
    expected="proved",
    tags=["losses", "imbalance", "all-K"],
)
def logit_adjustment_equal(bench: Workbench) -> None:
    """Equal adjustments cancel; a circulant pull makes all columns of exp(Z + adjust) equally large."""
    loss = adjusted()
    bench.show("flow", linear(bench.goal("flow"), equally_adjusted().show(bench)))
    bench.show("pull", linear(bench.goal("pull"), loss.form))
    bench.show("logits", linear(bench.goal("logits"), loss.logits))

    bench.show("only equal", linear(bench.goal("only equal"), only_equal(loss)))


def only_equal(loss: Loss) -> Theorem:
    """exp(adjust_(g+j))/column_j does not depend on j; summed over g, neither does column_j."""
    soft, place = loss.soft, {i: g + j}
    first, here = column(G0), column(j)
    entry = linear(
        equal((delta(i - j) - pull(i, j)) * here, exp(z(i - j) + adjust(i))),
        unfold=[loss.pull_is, soft.P_is, family().Z_form],
        nonzero=[soft.column_positive],
    )
    shifted = linear(
        equal(first * exp(adjust(g + j)), here * exp(adjust(g))),
        (-exp(-z(g)) * first, entry.at(place)),
        (exp(-z(g)) * here, entry.at({i: g, j: G0})),
        (-exp(-z(g)) * first * here, circulant.at(place)),
    )
    all_exps = linear(greater(total(g, exp(adjust(g))), 0), sum_over(exp_positive(adjust(g)), g))
    same_size = linear(equal(first, here), sum_over(shifted, g), divide_by=all_exps)
    rise = adjust(j) - adjust(G0)
    level_exps = linear(
        equal((exp(adjust(j)) - exp(adjust(G0))) * rise, 0),
        (rise / first, shifted.at({g: G0})),
        (-rise * exp(adjust(G0)) / first, same_size),
        nonzero=[soft.column_positive.at({j: G0})],
    )
    return exp_injective(level_exps, adjust(j), adjust(G0))


@lru_cache(maxsize=1)
def equally_adjusted() -> Reduced:
    """The flow for equal adjustments."""
    x, loss = family(), adjusted()
    soft, same = loss.soft, hypothesis("equal-priors", equal(adjust(i), level))
    size = linear(
        equal(column(j), exp(level) * Q),
        unfold=[soft.column_is, x.Z_form, same, x.base.Q_is],
    )
    form = linear(
        equal(pull(i, j), delta(i - j) - p(i - j)),
        unfold=[loss.pull_is, soft.P_is, x.Z_form, same, size, x.base.p_is],
    )
    return on_the_family(1 - phat(a), loss.slopes, form, unfold=[x.base.phat_is], even=[x.base.p_even])


@claim(
    id="class-weights-equal",
    paper="beyond",
    kind="extension",
    place="the cross-entropy with class weights",
    title="Class weights have a circulant pull if they are equal, and only then",
    plain="Let the loss be sum_j importance_j (-log p_j). On the family its pull is importance_j (delta(i - j) - p(i - j)), "
    "and, balanced, Z' = pull Z + Z pull. For equal weights the family is invariant and s_a' = 2 s_a importance "
    "(1 - phat_a). At no state of the family is the pull a function of i - j unless the weights are equal.",
    latex=r"\omega_j\equiv\omega\Rightarrow\dot s_a=2s_a\omega(1-\hat p_a);\qquad "
    r"G_{ij}=\gamma(i-j)\Rightarrow\omega_j\equiv\omega",
    scope="every K >= 2 and d, every finite abelian group, every real alpha, beta and frame R",
    hypotheses=[*FAMILY, *GRADIENT_FLOW, BALANCED, CLASSES, EQUAL_WEIGHTS, CIRCULANT],
    goals={
        **reduced(level * (1 - phat(a))),
        "flow": equal(s_rate(a), 2 * s(a) * level * (1 - phat(a))),
        "pull": equal(pull(i, j), WEIGHTED_PULL),
        "logits": LOGITS,
        "only equal": equal(importance(j), importance(G0)),
    },
    expected="proved",
    tags=["losses", "imbalance", "all-K"],
)
def class_weights_equal(bench: Workbench) -> None:
    """The diagonal of the pull is importance_j (1 - p(0)), and p(0) < 1."""
    base, loss = family().base, weighted()
    bench.show("flow", linear(bench.goal("flow"), equally_weighted().show(bench)))
    bench.show("pull", linear(bench.goal("pull"), loss.form))
    bench.show("logits", linear(bench.goal("logits"), loss.logits))
    miss = linear(
        greater(1 - p(G0), 0),
        sum_over(base.p_positive, g, nonzero=True, several=classes),
        contract=[base.p_total],
    )
    diagonal = loss.form.at({i: j})
    same = (circulant.at({i: j}), (-1, diagonal), diagonal.at({j: G0}))
    bench.show("only equal", linear(bench.goal("only equal"), *same, divide_by=miss))


@lru_cache(maxsize=1)
def equally_weighted() -> Reduced:
    """The flow for equal weights."""
    x, loss = family(), weighted()
    same = hypothesis("equal-weights", equal(importance(i), level))
    form = linear(equal(pull(i, j), level * (delta(i - j) - p(i - j))), loss.form, unfold=[same])
    return on_the_family(
        level * (1 - phat(a)), loss.slopes, form, unfold=[x.base.phat_is], even=[x.base.p_even]
    )


def not_circulant(logits: Theorem, pull_form: Theorem, uneven: Theorem) -> Evidence:
    """An exact state at which the logits' velocity is not a function of i - j, so that Z leaves the family."""
    velocity = logits.relation.rhs
    shifted = logits.at({i: i - j, j: G0}).relation.rhs
    facts = [*softmax(symmetric).definitions, define(pull(i, j), pull_form.relation.rhs), uneven]
    return counterexample(equal(velocity, shifted), facts, [AbelianGroup.walsh(1), AbelianGroup.walsh(2)])


@claim(
    id="logit-adjustment-invariance",
    paper="beyond",
    kind="extension",
    place="logit adjustment with unequal class priors",
    title="Logit adjustment keeps the spectral family for every class priors",
    plain="For every class priors pi the gradient flow of the cross-entropy of softmax(Z + log pi) stays in the spectral "
    "family. (False: for priors proportional to (2, 1) the logits' velocity is not a function of i - j. True for equal "
    "priors, and the pull is circulant only for these: logit-adjustment-equal.)",
    latex=r"\dot Z_{ij}=\zeta(i-j)",
    scope="one exact balanced state, K = 2, priors (2/3, 1/3)",
    depends=["logit-adjustment-equal"],
    corrected_by="logit-adjustment-equal",
    expected="refuted",
    tags=["losses", "imbalance", "erratum"],
)
def logit_adjustment_invariance(bench: Workbench) -> None:
    """The velocity of the logits that logit-adjustment-equal derives, at an exact state."""
    logits, form = (bench.use("logit-adjustment-equal", name) for name in ("logits", "pull"))
    uneven = define(adjust(i), log((1 + delta(i)) / (K + 1)))
    bench.add(lambda: not_circulant(logits, form, uneven))


@claim(
    id="class-weights-invariance",
    paper="beyond",
    kind="extension",
    place="class weights that differ",
    title="Class-weighted cross-entropy keeps the spectral family for all weights",
    plain="For all class weights the gradient flow of sum_j importance_j (-log p_j) stays in the spectral family. (False: "
    "for the weights (2, 1) the logits' velocity is not a function of i - j. True for equal weights, and the pull is "
    "circulant only for these: class-weights-equal.)",
    latex=r"\dot Z_{ij}=\zeta(i-j)",
    scope="one exact balanced state, K = 2, weights (2, 1)",
    depends=["class-weights-equal"],
    corrected_by="class-weights-equal",
    expected="refuted",
    tags=["losses", "imbalance", "erratum"],
)
def class_weights_invariance(bench: Workbench) -> None:
    """The velocity of the logits that class-weights-equal derives, at an exact state."""
    logits, form = (bench.use("class-weights-equal", name) for name in ("logits", "pull"))
    bench.add(lambda: not_circulant(logits, form, define(importance(j), 1 + delta(j))))
