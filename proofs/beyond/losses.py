"""Losses beyond plain cross-entropy on the spectral family: the pull on the logits, and what flow it gives.

The pull of a loss L on the logits is -dL/dZ.  Where it is circulant on the family, force(i - j) with a symmetric
force, the family is invariant and its eigenvalues are the rates: s_a' = 2 s_a forcehat_a for balanced starts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ncverify.book.claim import Hypothesis
from ncverify.book.registry import claim
from ncverify.derive.kernel import (
    Relation,
    Theorem,
    define,
    derivative,
    equal,
    exp_positive,
    greater,
    hypothesis,
    linear,
    product,
    reciprocal,
    sum_over,
)
from ncverify.derive.terms import App, Function, Term, chi, delta, exp, total
from ncverify.evidence.workbench import Workbench

from ..garrod.model import Q, Softmax, a, g, i, j, k, l, p, q_, r, s, s_rate, softmax, z
from ..garrod.reduced import (
    BALANCED,
    FAMILY,
    GRADIENT_FLOW,
    H,
    P,
    W,
    Z,
    along_H,
    along_W,
    alpha,
    alpha_even,
    alpha_rate,
    amplitude_rates,
    balanced,
    beta,
    beta_even,
    beta_rate,
    column,
    grad_H,
    grad_W,
    logits,
    orthonormal,
    s_even,
    s_is,
    spectral_H,
    spectral_W,
)

pull = Function("pull", ("G", "G"))
force, force_hat = Function("force", ("G",)), Function("forcehat", ("D",))
EVEN = [alpha_even, beta_even, s_even]
TOWARD_W = {"W": ((i, r), delta(i - k) * delta(r - q_))}
TOWARD_H = {"H": ((r, j), delta(r - q_) * delta(j - l))}
AMPLITUDES = {"alpha": ((a,), alpha_rate(a)), "beta": ((a,), beta_rate(a))}
PULL_ON_W = equal(-grad_W(k, q_), total(j, pull(k, j) * H(q_, j)))
PULL_ON_H = equal(-grad_H(q_, l), total(k, W(k, q_) * pull(k, l)))

LOGIT_W = Hypothesis(
    "logit-gradient-W",
    "dL/dW is the pull on the logits through Z = W H",
    r"\partial_WL=-\langle G,\partial_WZ\rangle",
)
LOGIT_H = Hypothesis(
    "logit-gradient-H",
    "dL/dH is the pull on the logits through Z = W H",
    r"\partial_HL=-\langle G,\partial_HZ\rangle",
)
CIRCULANT = Hypothesis(
    "circulant-pull",
    "on the family the pull depends on the difference of the classes only",
    r"G_{ij}=\gamma(i-j)",
)
FORCE_EVEN = Hypothesis("symmetric-force", "force(-g) = force(g)", r"\gamma(-g)=\gamma(g)")


@dataclass(frozen=True)
class Family:
    """The softmax of the spectrum, the logits Z = W H, their derivatives, and Z_ij = z(i - j) on the family."""

    base: Softmax
    Z_is: Theorem
    Z_W: Theorem
    Z_H: Theorem
    Z_form: Theorem


@lru_cache(maxsize=1)
def family() -> Family:
    """What every loss shares."""
    base, Z_is = softmax(s_even), logits()
    Z_W = derivative(Z_is, Function("Z_W", ("G", "G", "G", "F"))(i, j, k, q_), TOWARD_W, constants=["H"])
    Z_H = derivative(Z_is, Function("Z_H", ("G", "G", "F", "G"))(i, j, q_, l), TOWARD_H, constants=["W"])
    Z_form = linear(
        equal(Z(i, j), z(i - j)),
        unfold=[Z_is, spectral_W, spectral_H, base.z_is, s_is],
        contract=[orthonormal],
        even=[alpha_even, beta_even],
    )
    return Family(base, Z_is, Z_W, Z_H, Z_form)


@dataclass(frozen=True)
class Columns:
    """P_ij = exp(score_ij) / column_j, the softmax of each column of scores."""

    column_is: Theorem
    column_positive: Theorem
    P_is: Theorem
    P_positive: Theorem
    P_total: Theorem


def columns(score: Term) -> Columns:
    """The softmax over i of a real score, a term in i and j."""
    column_is = define(column(j), total(i, exp(score)))
    positive = linear(greater(column(j), 0), sum_over(exp_positive(score), i), unfold=[column_is])
    P_is = define(P(i, j), exp(score) / column(j))
    P_positive = linear(
        greater(P(i, j), 0), product(exp_positive(score), reciprocal(positive)), unfold=[P_is]
    )
    P_total = linear(
        equal(total(i, P(i, j)), 1), (-1 / column(j), column_is), unfold=[P_is], nonzero=[positive]
    )
    return Columns(column_is, positive, P_is, P_positive, P_total)


def softmax_on_the_family(soft: Columns) -> Theorem:
    """P_ij = p(i - j)."""
    x = family()
    column_form = linear(equal(column(j), Q), unfold=[soft.column_is, x.Z_form, x.base.Q_is])
    return linear(equal(P(i, j), p(i - j)), unfold=[soft.P_is, x.Z_form, column_form, x.base.p_is])


def slopes(
    loss: Theorem,
    soft: Columns,
    pull_is: Theorem,
    *,
    constants: Sequence[str] = (),
    regular: Sequence[Theorem] = (),
) -> tuple[Theorem, Theorem]:
    """-dL/dW = pull H^T and -dL/dH = W^T pull for a loss that is a function of P, by the chain rule."""
    x = family()
    regular = [soft.column_positive, soft.P_positive, *regular]

    def side(name: str, Z_dot: Theorem, head: App, goal: Relation) -> Theorem:
        toward, fixed = (TOWARD_W, "H") if name == "W" else (TOWARD_H, "W")
        fixed_names = [fixed, *constants]
        at = (k, q_) if name == "W" else (q_, l)
        sorts = tuple(var.sort for var in at)
        made = [Z_dot]
        for definition, of, args in ((soft.column_is, column, (j,)), (soft.P_is, P, (i, j))):
            prime = Function(f"{of.name}_{name}", (*(var.sort for var in args), *sorts))(*args, *at)
            made.append(
                derivative(definition, prime, toward, along=made, constants=fixed_names, regular=regular)
            )
        slope = derivative(loss, head, toward, along=made, constants=fixed_names, regular=regular)
        return linear(
            goal,
            (-1, slope),
            unfold=[*reversed(made), pull_is, soft.P_is],
            nonzero=[soft.column_positive, *regular[2:]],
        )

    return side("W", x.Z_W, grad_W(k, q_), PULL_ON_W), side("H", x.Z_H, grad_H(q_, l), PULL_ON_H)


def reduced(factor: Term) -> dict[str, Relation]:
    """The goals of a loss whose pull has the eigenvalues ``factor``: the velocity in the family, the amplitudes."""
    return {
        "W": equal(-grad_W(k, r), along_W(factor * beta(a))),
        "H": equal(-grad_H(r, j), along_H(factor * alpha(a))),
        "alpha": equal(alpha_rate(a), factor * beta(a)),
        "beta": equal(beta_rate(a), factor * alpha(a)),
    }


def spectrum_rate() -> Theorem:
    """s_a' = alpha_a' beta_a + alpha_a beta_a'."""
    return derivative(s_is, s_rate(a), AMPLITUDES)


@dataclass(frozen=True)
class Reduced:
    """The theorems of the goals ``reduced(factor)``, by name, and s_a' = 2 s_a factor_a for balanced starts."""

    parts: Mapping[str, Theorem]
    flow: Theorem

    def show(self, bench: Workbench) -> Theorem:
        """Hand in the four parts; returns the flow."""
        for name, theorem in self.parts.items():
            bench.show(name, linear(bench.goal(name), theorem))
        return self.flow


def on_the_family(
    factor: Term,
    found: tuple[Theorem, Theorem],
    form: Theorem,
    *,
    unfold: Sequence[Theorem] = (),
    even: Iterable[Theorem] = (),
) -> Reduced:
    """The flow on the family; ``found``: the two slopes; ``form``: the pull as a function of i - j."""
    by_W, by_H = found
    even, goals = [*EVEN, *even], reduced(factor)
    speed_W = linear(goals["W"], by_W.at({q_: r}), unfold=[form, spectral_H, *unfold], even=even)
    speed_H = linear(goals["H"], by_H.at({q_: r, l: j}), unfold=[form, spectral_W, *unfold], even=even)
    up, down = amplitude_rates(factor, speed_W, speed_H)
    flow = linear(
        equal(s_rate(a), 2 * s(a) * factor),
        spectrum_rate(),
        (beta(a), up),
        (alpha(a), down),
        (factor * (alpha(a) - beta(a)), balanced),
        unfold=[s_is],
    )
    return Reduced({"W": speed_W, "H": speed_H, "alpha": up, "beta": down}, flow)


@claim(
    id="spectral-pull",
    paper="beyond",
    kind="extension",
    place="generalises reduced-ode from the cross-entropy to every loss with a circulant pull",
    title="Every loss whose pull on the logits is circulant keeps the family, and its eigenvalues are the rates",
    plain="Let -dL/dZ_ij = force(i - j) with force(-g) = force(g) on the family W = Phi diag(alpha) R*/sqrt K, "
    "H = R diag(beta) Phi*/sqrt K. With forcehat_a = sum_g force(g) chi_a(g), -dL/dW = Phi diag(forcehat beta) R*/sqrt K "
    "and -dL/dH = R diag(forcehat alpha) Phi*/sqrt K: the family is invariant, and for alpha = beta "
    "s_a' = 2 s_a forcehat_a.",
    latex=r"-\partial_{Z_{ij}}L=\gamma(i-j)\ \Rightarrow\ \dot s_a=2s_a\hat\gamma_a",
    scope="every K and d, every finite abelian group, every loss of the logits, every real alpha, beta and frame R",
    hypotheses=[*FAMILY, *GRADIENT_FLOW, BALANCED, LOGIT_W, LOGIT_H, CIRCULANT, FORCE_EVEN],
    goals={
        **reduced(force_hat(a)),
        "flow": equal(s_rate(a), 2 * s(a) * force_hat(a)),
    },
    expected="proved",
    tags=["reduction", "losses", "all-K"],
)
def spectral_pull(bench: Workbench) -> None:
    """The chain rule through Z = W H; a circulant matrix is diagonal in the characters."""
    bench.show("flow", linear(bench.goal("flow"), any_loss().show(bench)))


@lru_cache(maxsize=1)
def any_loss() -> Reduced:
    """The flow of a loss of which only the pull on the logits is known."""
    x = family()
    even = hypothesis("symmetric-force", equal(force(-g), force(g)))
    form = hypothesis("circulant-pull", equal(pull(i, j), force(i - j)))
    hat = define(force_hat(a), total(g, force(g) * chi(a, g)), even=[even])
    Z_W, Z_H = x.Z_W.relation.lhs, x.Z_H.relation.lhs
    slope_W = hypothesis("logit-gradient-W", equal(grad_W(k, q_), -total(i, total(j, pull(i, j) * Z_W))))
    slope_H = hypothesis("logit-gradient-H", equal(grad_H(q_, l), -total(i, total(j, pull(i, j) * Z_H))))
    by_W = linear(PULL_ON_W, (-1, slope_W), unfold=[x.Z_W])
    by_H = linear(PULL_ON_H, (-1, slope_H), unfold=[x.Z_H])
    return on_the_family(force_hat(a), (by_W, by_H), form, unfold=[hat], even=[even])
