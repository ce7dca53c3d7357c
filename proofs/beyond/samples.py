"""Several samples per class, a weight of the loss, and weight decay: what changes in the reduced flow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from ncverify.book.claim import Hypothesis
from ncverify.book.registry import claim
from ncverify.derive.kernel import (
    Relation,
    Theorem,
    at_least,
    define,
    derivative,
    equal,
    exp_positive,
    greater,
    hypothesis,
    linear,
    number_positive,
    order_positive,
    root,
    square,
    sum_over,
)
from ncverify.derive.terms import App, Function, Pow, Sym, Term, Var, chi, delta, exp, log, sqrt, total
from ncverify.evidence.workbench import Workbench

from ..garrod.model import Q, a, b, i, j, k, l, p, phat, q_, r, s, s_rate, softmax, z
from ..garrod.reduced import (
    ALPHA_EVEN,
    BETA_EVEN,
    ORTHONORMAL,
    H,
    R,
    W,
    Z,
    along_H,
    along_W,
    alpha,
    alpha_even,
    alpha_rate,
    beta,
    beta_even,
    beta_rate,
    gap,
    gap_rate,
    grad_H,
    grad_W,
    gradient,
    orthonormal,
    root_K,
    s_even,
    s_is,
)
from ..garrod.reduced import P as single_P
from ..garrod.reduced import column as single_column

PAPER = "beyond"
n, scale, decay = Sym("n"), Sym("omega"), Sym("lambda")
c, e = Var("c", "N"), Var("e", "N")
# (U, X): the classifiers and the features of all n K samples; X_rjc is feature r of sample c of class j.
U, X = Function("U", ("G", "F")), Function("X", ("F", "G", "N"))
grad_U, grad_X = Function("gradU", ("G", "F")), Function("gradX", ("F", "G", "N"))
Y, P, column = Function("Y", ("G", "G", "N")), Function("PY", ("G", "G", "N")), Function("sumY", ("G", "N"))
loss = Sym("LY")
root_n = Pow(n, Fraction(1, 2))
fourth = Pow(n, Fraction(1, 4))


@dataclass(frozen=True)
class SampleGradient:
    """The loss of (U, X) with n samples per class and its partial derivatives.

    loss = omega * (sum over the samples of the cross-entropy) + lambda/2 (|U|^2 + |X|^2); omega = 1 is the sum
    loss, omega = 1/(n K) the mean loss.
    """

    Y_is: Theorem
    P_is: Theorem
    column_is: Theorem
    by_U: Theorem
    by_X: Theorem


def sample_gradient(decay_rate: Term | None) -> SampleGradient:
    """Differentiate the loss by every entry of U and of X; no decay term if ``decay_rate`` is None."""
    Y_is = define(Y(i, j, c), total(r, U(i, r) * X(r, j, c)))
    column_is = define(column(j, c), total(i, exp(Y(i, j, c))))
    column_positive = linear(
        greater(column(j, c), 0), sum_over(exp_positive(Y(i, j, c)), i), unfold=[column_is]
    )
    P_is = define(P(i, j, c), exp(Y(i, j, c)) / column(j, c))
    fit = scale * total(j, total(c, log(column(j, c)) - Y(j, j, c)))
    size = total(i, total(r, U(i, r) ** 2)) + total(r, total(j, total(c, X(r, j, c) ** 2)))
    loss_is = define(loss, fit if decay_rate is None else fit + decay_rate / 2 * size)
    constants = ["omega"] if decay_rate is None else ["omega", "lambda"]
    entry = l, e

    def partial(name: str, moves: Term, args: tuple[Var, ...], place: tuple[Var, ...], head: App) -> Theorem:
        sorts = tuple(var.sort for var in place)
        fixed = [*constants, *({"U", "X"} - {name})]
        direction = {name: (args, moves)}
        Y_dot = derivative(
            Y_is,
            Function(f"Y_{name}", ("G", "G", "N", *sorts))(i, j, c, *place),
            direction,
            constants=fixed,
        )
        column_dot = derivative(
            column_is,
            Function(f"sumY_{name}", ("G", "N", *sorts))(j, c, *place),
            direction,
            along=[Y_dot],
            constants=fixed,
        )
        slope = derivative(
            loss_is, head, direction, along=[Y_dot, column_dot], constants=fixed, regular=[column_positive]
        )
        if name == "U":
            form: Term = scale * total(j, total(c, (P(k, j, c) - delta(k - j)) * X(q_, j, c)))
            own: Term = U(k, q_)
        else:
            form = scale * total(k, U(k, q_) * (P(k, *entry) - delta(k - l)))
            own = X(q_, *entry)
        if decay_rate is not None:
            form = form + decay_rate * own
        return linear(equal(head, form), slope, unfold=[P_is, column_dot, Y_dot])

    by_U = partial("U", delta(i - k) * delta(r - q_), (i, r), (k, q_), grad_U(k, q_))
    toward_X = delta(r - q_) * delta(j - l) * delta(c - e)
    by_X = partial("X", toward_X, (r, j, c), (q_, l, e), grad_X(q_, l, e))
    return SampleGradient(Y_is, P_is, column_is, by_U, by_X)


SPECTRAL_U = Hypothesis(
    "spectral-U", "U = Phi diag(alpha) R* / sqrt K", r"U=\Phi\,\mathrm{diag}(\alpha)R^*/\sqrt K"
)
SPECTRAL_X = Hypothesis(
    "spectral-X",
    "X = H_1 (x) 1^T with H_1 = R diag(beta) Phi* / sqrt K: the samples of a class have the same features",
    r"X=R\,\mathrm{diag}(\beta)\Phi^*/\sqrt K\otimes\mathbf 1_n^{\top}",
)
SAMPLE_FAMILY = [SPECTRAL_U, SPECTRAL_X, ORTHONORMAL, ALPHA_EVEN, BETA_EVEN]
spectral_U = hypothesis("spectral-U", equal(U(k, r), root_K * total(a, chi(a, k) * alpha(a) * R(r, -a))))
spectral_X = hypothesis("spectral-X", equal(X(r, j, c), root_K * total(a, R(r, a) * beta(a) * chi(a, -j))))

U_rate, X_rate = Function("U'", ("G", "F")), Function("X'", ("F", "G", "N"))
SAMPLE_FLOW = [
    Hypothesis("flow-U", "U moves by gradient flow of the loss, U' = -dL/dU", r"\dot U=-\partial_UL"),
    Hypothesis("flow-X", "X moves by gradient flow of the loss, X' = -dL/dX", r"\dot X=-\partial_XL"),
    Hypothesis("frozen-U", "the velocity of U is that of the family, Phi diag(alpha') R*/sqrt K (goal U)"),
    Hypothesis("frozen-X", "the velocity of X is that of the family, R diag(beta') Phi*/sqrt K (goal X)"),
]
flow_U = hypothesis("flow-U", equal(U_rate(k, r), -grad_U(k, r)))
flow_X = hypothesis("flow-X", equal(X_rate(r, j, c), -grad_X(r, j, c)))
frozen_U = hypothesis("frozen-U", equal(U_rate(k, r), along_W(alpha_rate(a))))
frozen_X = hypothesis("frozen-X", equal(X_rate(r, j, c), along_H(beta_rate(a))))
BALANCED_SAMPLES = Hypothesis(
    "balanced-samples", "alpha = sqrt n beta (only for the balanced form)", r"\alpha=\sqrt n\,\beta"
)
balanced = hypothesis("balanced-samples", equal(alpha(a), root_n * beta(a)))


def family_velocity(slope: SampleGradient, goal_U: Relation, goal_X: Relation) -> tuple[Theorem, Theorem]:
    """The two goals about -dL/dU and -dL/dX at a point of the family, where Y_ijc = z(i - j) for every c."""
    base = softmax(s_even)
    even = [alpha_even, beta_even, base.p_even]
    Y_form = linear(
        equal(Y(i, j, c), z(i - j)),
        unfold=[slope.Y_is, spectral_U, spectral_X, base.z_is, s_is],
        contract=[orthonormal],
        even=even,
    )
    column_form = linear(equal(column(j, c), Q), unfold=[slope.column_is, Y_form, base.Q_is])
    P_form = linear(equal(P(i, j, c), p(i - j)), unfold=[slope.P_is, Y_form, column_form, base.p_is])
    unfold = [P_form, spectral_U, spectral_X, base.phat_is]
    return (
        linear(goal_U, (-1, slope.by_U.at({q_: r})), unfold=unfold, even=even),
        linear(goal_X, (-1, slope.by_X.at({q_: r, l: j, e: c})), unfold=unfold, even=even),
    )


def sample_amplitudes(
    to_alpha: Term, to_beta: Term, speed_U: Theorem, speed_X: Theorem
) -> tuple[Theorem, Theorem]:
    """alpha_a' and beta_a' from the velocity on the family: project on chi_a and on column a of R."""
    even = [alpha_even, beta_even]
    same_U = linear(equal(along_W(alpha_rate(a)), along_W(to_alpha)), (-1, frozen_U), flow_U, speed_U)
    same_X = linear(equal(along_H(beta_rate(a)), along_H(to_beta)), (-1, frozen_X), flow_X, speed_X)
    return (
        amplitude(same_U, chi(b, -k) * R(r, b), k, equal(alpha_rate(a), to_alpha), even),
        amplitude(same_X, chi(b, j) * R(r, -b), j, equal(beta_rate(a), to_beta), even),
    )


def amplitude(same: Theorem, onto: Term, place: Var, goal: Relation, even: Sequence[Theorem]) -> Theorem:
    """Read off the amplitudes of two equal members of the family."""
    read = linear(equal(onto * same.relation.lhs, onto * same.relation.rhs), (onto, same))
    summed = sum_over(sum_over(read, r), place).at({b: a})
    return linear(goal, (root_K, summed), contract=[orthonormal], even=even)


@claim(
    id="samples-per-class",
    paper=PAPER,
    kind="extension",
    place="generalises garrod from one to n samples per class, and to the mean loss",
    title="With n samples per class the flow is that of one, sqrt n times as fast",
    plain="Let all n samples of a class have the same features, at the start. Then they keep them, and the flow of "
    "(U, X) for the loss omega (sum of the cross-entropies), omega = 1 or 1/(n K), is that of (W, H) = "
    "(n^{-1/4} U, n^{1/4} X) for one sample per class with time scaled by omega sqrt n, for any U and X. On the "
    "spectral family alpha_a' = omega n (1-phat_a) beta_a, beta_a' = omega (1-phat_a) alpha_a; alpha_a^2 - n beta_a^2 = "
    "c_a is conserved, s_a' = omega sqrt(c_a^2 + 4 n s_a^2) (1-phat_a), and for alpha = sqrt n beta, s_a' = "
    "2 omega sqrt n s_a (1-phat_a).",
    latex=r"(U,X)=(n^{1/4}W,\,n^{-1/4}H\otimes\mathbf 1^{\top}):\ \nabla\ \text{scales by}\ \omega\sqrt n;\qquad "
    r"\dot s_a=2\omega\sqrt n\,s_a(1-\hat p_a)\ \text{if}\ \alpha=\sqrt n\,\beta",
    scope="every n, K and d, every U and every X with equal samples in a class; reduced equations: every finite abelian group",
    hypotheses=[
        Hypothesis("scaled-U", "U = n^{1/4} W (names the point (W, H) for any U)", r"U=n^{1/4}W"),
        Hypothesis(
            "scaled-X", "X = n^{-1/4} H (x) 1^T: equal samples", r"X=n^{-1/4}H\otimes\mathbf 1^{\top}"
        ),
        *SAMPLE_FAMILY,
        *SAMPLE_FLOW,
        BALANCED_SAMPLES,
    ],
    goals={
        "scaled U": equal(-grad_U(k, r), fourth * scale * root_n * (-grad_W(k, r))),
        "scaled X": equal(-grad_X(r, j, c), fourth**-1 * scale * root_n * (-grad_H(r, j))),
        "U": equal(-grad_U(k, r), along_W(scale * n * (1 - phat(a)) * beta(a))),
        "X": equal(-grad_X(r, j, c), along_H(scale * (1 - phat(a)) * alpha(a))),
        "alpha": equal(alpha_rate(a), scale * n * (1 - phat(a)) * beta(a)),
        "beta": equal(beta_rate(a), scale * (1 - phat(a)) * alpha(a)),
        "conserved": equal(gap_rate(a), 0),
        "unbalanced": equal(s_rate(a), scale * sqrt(gap(a) ** 2 + 4 * n * s(a) ** 2) * (1 - phat(a))),
        "balanced": equal(s_rate(a), 2 * scale * root_n * s(a) * (1 - phat(a))),
    },
    depends=["reduced-ode"],
    expected="proved",
    tags=["reduction", "all-K"],
)
def samples_per_class(bench: Workbench) -> None:
    """Differentiate the loss of all samples; equal samples add up to n times one."""
    slope, single = sample_gradient(None), gradient()
    scaled_U = hypothesis("scaled-U", equal(U(k, r), fourth * W(k, r)))
    scaled_X = hypothesis("scaled-X", equal(X(r, j, c), fourth**-1 * H(r, j)))
    same_Y = linear(equal(Y(i, j, c), Z(i, j)), unfold=[slope.Y_is, scaled_U, scaled_X, single.Z_is])
    same_column = linear(
        equal(column(j, c), single_column(j)), unfold=[slope.column_is, same_Y, single.column_is]
    )
    same_P = linear(equal(P(i, j, c), single_P(i, j)), unfold=[slope.P_is, same_Y, same_column, single.P_is])
    unfold = [same_P, scaled_U, scaled_X]
    bench.show(
        "scaled U",
        linear(
            bench.goal("scaled U"),
            (-1, slope.by_U.at({q_: r})),
            (fourth * scale * root_n, single.by_W.at({q_: r})),
            unfold=unfold,
        ),
    )
    bench.show(
        "scaled X",
        linear(
            bench.goal("scaled X"),
            (-1, slope.by_X.at({q_: r, l: j, e: c})),
            (fourth**-1 * scale * root_n, single.by_H.at({q_: r, l: j})),
            unfold=unfold,
        ),
    )
    speed_U, speed_X = family_velocity(slope, bench.goal("U"), bench.goal("X"))
    bench.show("U", speed_U)
    bench.show("X", speed_X)
    up, down = sample_amplitudes(
        scale * n * (1 - phat(a)) * beta(a), scale * (1 - phat(a)) * alpha(a), speed_U, speed_X
    )
    bench.show("alpha", linear(bench.goal("alpha"), up))
    bench.show("beta", linear(bench.goal("beta"), down))
    rates = {"alpha": ((a,), alpha_rate(a)), "beta": ((a,), beta_rate(a))}
    s_dot = derivative(s_is, s_rate(a), rates)
    gap_is = define(gap(a), alpha(a) ** 2 - n * beta(a) ** 2)
    gap_dot = derivative(gap_is, gap_rate(a), rates)
    bench.show(
        "conserved",
        linear(bench.goal("conserved"), gap_dot, (2 * alpha(a), up), (-2 * n * beta(a), down)),
    )
    size = alpha(a) ** 2 + n * beta(a) ** 2
    speed = linear(equal(s_rate(a), scale * size * (1 - phat(a))), s_dot, (beta(a), up), (alpha(a), down))
    squares = linear(equal(size * size, gap(a) ** 2 + 4 * n * s(a) ** 2), unfold=[gap_is, s_is])
    count = linear(greater(n, 0), order_positive("n"), number_positive(1))
    nonnegative = linear(at_least(size, 0), square(alpha(a)), (count, square(beta(a))))
    modulus = root(nonnegative, squares)
    bench.show("unbalanced", linear(bench.goal("unbalanced"), speed, (scale * (1 - phat(a)), modulus)))
    bench.show(
        "balanced",
        linear(
            bench.goal("balanced"),
            speed,
            (scale * (1 - phat(a)) * (alpha(a) - root_n * beta(a)), balanced),
            unfold=[s_is],
        ),
    )
