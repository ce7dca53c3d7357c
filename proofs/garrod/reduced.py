"""From the loss to the reduced equations: the gradient, the frozen singular vectors, the growth."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from ncverify.book.claim import Hypothesis
from ncverify.book.registry import claim
from ncverify.derive.kernel import (
    Theorem,
    at_least,
    define,
    derivative,
    equal,
    exp_positive,
    greater,
    hypothesis,
    linear,
    root,
    square,
    sum_over,
)
from ncverify.derive.terms import (
    App,
    Function,
    Pow,
    Sym,
    Term,
    Var,
    chi,
    delta,
    exp,
    log,
    sqrt,
    total,
)
from ncverify.evidence.derived import velocity_on_the_family
from ncverify.evidence.workbench import Workbench

from .model import (
    D0,
    PAPER,
    K,
    Q,
    Softmax,
    a,
    b,
    c,
    i,
    j,
    k,
    l,
    p,
    phat,
    q_,
    r,
    reduced_rate,
    s,
    s_rate,
    softmax,
    z,
)

W, H = Function("W", ("G", "F")), Function("H", ("F", "G"))
grad_W, grad_H = Function("gradW", ("G", "F")), Function("gradH", ("F", "G"))
Z, P, column = Function("Z", ("G", "G")), Function("P", ("G", "G")), Function("column", ("G",))
R = Function("R", ("F", "D"))
alpha, beta = Function("alpha", ("D",)), Function("beta", ("D",))
alpha_rate, beta_rate = Function("alpha'", ("D",)), Function("beta'", ("D",))
gap, gap_rate = Function("c", ("D",)), Function("c'", ("D",))
L = Sym("L")
root_K = Pow(K, Fraction(-1, 2))

ORTHONORMAL = Hypothesis("orthonormal", "the columns of R are orthonormal, R* R = I (d >= K)", r"R^*R=I")
SPECTRAL_W = Hypothesis(
    "spectral-W", "W = Phi diag(alpha) R* / sqrt K", r"W=\Phi\,\mathrm{diag}(\alpha)R^*/\sqrt K"
)
SPECTRAL_H = Hypothesis(
    "spectral-H", "H = R diag(beta) Phi* / sqrt K", r"H=R\,\mathrm{diag}(\beta)\Phi^*/\sqrt K"
)
ALPHA_EVEN = Hypothesis("alpha-symmetric", "alpha_{-a} = alpha_a (W is real)", r"\alpha_{-a}=\alpha_a")
BETA_EVEN = Hypothesis("beta-symmetric", "beta_{-a} = beta_a (H is real)", r"\beta_{-a}=\beta_a")
BALANCED = Hypothesis("balanced", "alpha = beta (only for the balanced form)", r"\alpha=\beta")
FAMILY = [SPECTRAL_W, SPECTRAL_H, ORTHONORMAL, ALPHA_EVEN, BETA_EVEN]

alpha_even = hypothesis("alpha-symmetric", equal(alpha(-a), alpha(a)))
beta_even = hypothesis("beta-symmetric", equal(beta(-a), beta(a)))
orthonormal = hypothesis("orthonormal", equal(total(r, R(r, a) * R(r, b)), delta(a + b)))
spectral_W = hypothesis("spectral-W", equal(W(k, r), root_K * total(a, chi(a, k) * alpha(a) * R(r, -a))))
spectral_H = hypothesis("spectral-H", equal(H(r, j), root_K * total(a, R(r, a) * beta(a) * chi(a, -j))))
s_is = define(s(a), alpha(a) * beta(a))
s_even = linear(equal(s(-a), s(a)), unfold=[s_is], even=[alpha_even, beta_even])


def logits() -> Theorem:
    """Z = W H."""
    return define(Z(i, j), total(r, W(i, r) * H(r, j)))


@dataclass(frozen=True)
class Gradient:
    """The sum loss L of (W, H) and its partial derivatives, computed by the chain rule."""

    Z_is: Theorem
    P_is: Theorem
    column_is: Theorem
    by_W: Theorem
    by_H: Theorem


def gradient() -> Gradient:
    """Differentiate L = sum_j (log sum_i exp Z_ij - Z_jj) by every entry of W and of H."""
    Z_is = logits()
    column_is = define(column(j), total(i, exp(Z(i, j))))
    column_positive = linear(greater(column(j), 0), sum_over(exp_positive(Z(i, j)), i), unfold=[column_is])
    P_is = define(P(i, j), exp(Z(i, j)) / column(j))
    L_is = define(L, total(j, log(column(j)) - Z(j, j)))

    def partial(name: str, moves: Term, parameters: tuple[Var, Var], head: App) -> Theorem:
        sorts = tuple(var.sort for var in parameters)
        args = (i, r) if name == "W" else (r, j)
        fixed = {"W", "H"} - {name}
        direction = {name: (args, moves)}
        Z_dot = derivative(
            Z_is, Function(f"Z_{name}", ("G", "G", *sorts))(i, j, *parameters), direction, constants=fixed
        )
        column_dot = derivative(
            column_is,
            Function(f"column_{name}", ("G", *sorts))(j, *parameters),
            direction,
            along=[Z_dot],
            constants=fixed,
        )
        slope = derivative(
            L_is, head, direction, along=[Z_dot, column_dot], constants=fixed, regular=[column_positive]
        )
        by_W, by_H = (P(k, j) - delta(k - j)) * H(q_, j), W(k, q_) * (P(k, l) - delta(k - l))
        form = total(j, by_W) if name == "W" else total(k, by_H)
        return linear(equal(head, form), slope, unfold=[P_is, column_dot, Z_dot])

    by_W = partial("W", delta(i - k) * delta(r - q_), (k, q_), grad_W(k, q_))
    by_H = partial("H", delta(r - q_) * delta(j - l), (q_, l), grad_H(q_, l))
    return Gradient(Z_is, P_is, column_is, by_W, by_H)


@dataclass(frozen=True)
class Family:
    """The gradient at a point of the spectral family."""

    base: Softmax
    slope: Gradient
    Z_form: Theorem
    P_form: Theorem


def family() -> Family:
    """On the family Z_ij = z(i - j) and P_ij = p(i - j)."""
    base, slope = softmax(s_even), gradient()
    Z_form = linear(
        equal(Z(i, j), z(i - j)),
        unfold=[slope.Z_is, spectral_W, spectral_H, base.z_is, s_is],
        contract=[orthonormal],
        even=[alpha_even, beta_even],
    )
    column_form = linear(equal(column(j), Q), unfold=[slope.column_is, Z_form, base.Q_is])
    P_form = linear(equal(P(i, j), p(i - j)), unfold=[slope.P_is, Z_form, column_form, base.p_is])
    return Family(base, slope, Z_form, P_form)


def along_W(amplitude: Term) -> Term:
    """Entry (k, r) of Phi diag(amplitude) R* / sqrt K; the amplitude is a term in a."""
    return root_K * total(a, chi(a, k) * amplitude * R(r, -a))


def along_H(amplitude: Term) -> Term:
    """Entry (r, j) of R diag(amplitude) Phi* / sqrt K."""
    return root_K * total(a, R(r, a) * amplitude * chi(a, -j))


@claim(
    id="frozen-singular-vectors",
    paper=PAPER,
    kind="published",
    place="abstract: Hadamard initialisation freezes the singular vectors",
    title="Gradient flow does not turn the singular vectors",
    plain="On the spectral family W = Phi diag(alpha) R*/sqrt K, H = R diag(beta) Phi*/sqrt K the velocity -dL/dW, "
    "-dL/dH is tangent to the family: -dL/dW = Phi diag((1-phat) beta) R*/sqrt K and -dL/dH = "
    "R diag((1-phat) alpha) Phi*/sqrt K; the off-diagonal part of Phi* W' R is 0.",
    latex=r"-\partial_W L=\tfrac1{\sqrt K}\Phi\,\mathrm{diag}((1-\hat p)\beta)R^*,\quad "
    r"-\partial_H L=\tfrac1{\sqrt K}R\,\mathrm{diag}((1-\hat p)\alpha)\Phi^*",
    scope="every K and d, every finite abelian group, every real alpha, beta and frame R",
    hypotheses=FAMILY,
    goals={
        "W": equal(-grad_W(k, r), along_W((1 - phat(a)) * beta(a))),
        "H": equal(-grad_H(r, j), along_H((1 - phat(a)) * alpha(a))),
        "off-diagonal": equal(total(k, total(r, chi(a, -k) * grad_W(k, r) * R(r, b))), 0).where(a - b),
    },
    depends=["diagonalization"],
    expected="proved",
    tags=["reduction", "all-K"],
)
def frozen_singular_vectors(bench: Workbench) -> None:
    """Insert the family into the gradient of the loss; the sum over classes is a convolution."""
    x = family()
    by_W = x.slope.by_W.at({q_: r})
    by_H = x.slope.by_H.at({q_: r, l: j})
    even = [alpha_even, beta_even, x.base.p_even]
    bench.show(
        "W",
        linear(bench.goal("W"), (-1, by_W), unfold=[x.P_form, spectral_H, x.base.phat_is], even=even),
    )
    bench.show(
        "H",
        linear(bench.goal("H"), (-1, by_H), unfold=[x.P_form, spectral_W, x.base.phat_is], even=even),
    )
    rotated = linear(
        equal(
            chi(a, -k) * grad_W(k, r) * R(r, b),
            -1 * chi(a, -k) * R(r, b) * root_K * total(c, chi(c, k) * (1 - phat(c)) * beta(c) * R(r, -c)),
        ),
        (-1 * chi(a, -k) * R(r, b), bench.theorems["W"]),
    )
    bench.show(
        "off-diagonal",
        linear(
            bench.goal("off-diagonal"), sum_over(sum_over(rotated, r), k), contract=[orthonormal], even=even
        ),
    )


W_rate, H_rate = Function("W'", ("G", "F")), Function("H'", ("F", "G"))
GRADIENT_FLOW = [
    Hypothesis("flow-W", "W moves by gradient flow of the sum loss, W' = -dL/dW", r"\dot W=-\partial_W L"),
    Hypothesis("flow-H", "H moves by gradient flow of the sum loss, H' = -dL/dH", r"\dot H=-\partial_H L"),
    Hypothesis(
        "frozen-W",
        "the velocity of W is that of the family, Phi diag(alpha') R*/sqrt K (frozen-singular-vectors)",
    ),
    Hypothesis(
        "frozen-H",
        "the velocity of H is that of the family, R diag(beta') Phi*/sqrt K (frozen-singular-vectors)",
    ),
]
flow_W = hypothesis("flow-W", equal(W_rate(k, r), -grad_W(k, r)))
flow_H = hypothesis("flow-H", equal(H_rate(r, j), -grad_H(r, j)))
frozen_W = hypothesis("frozen-W", equal(W_rate(k, r), along_W(alpha_rate(a))))
frozen_H = hypothesis("frozen-H", equal(H_rate(r, j), along_H(beta_rate(a))))
balanced = hypothesis("balanced", equal(alpha(a), beta(a)))


@claim(
    id="reduced-ode",
    paper=PAPER,
    kind="published",
    place="abstract: the dynamics reduce to the singular values",
    title="The flow of the singular values",
    plain="alpha_a' = (1-phat_a) beta_a and beta_a' = (1-phat_a) alpha_a. With s_a = alpha_a beta_a: "
    "c_a = alpha_a^2 - beta_a^2 is conserved and s_a' = sqrt(c_a^2 + 4 s_a^2) (1-phat_a); for alpha = beta, "
    "s_a' = 2 s_a (1-phat_a). Mode 0 does not move.",
    latex=r"\dot\alpha_a=(1-\hat p_a)\beta_a,\ \dot\beta_a=(1-\hat p_a)\alpha_a,\ "
    r"\dot s_a=\sqrt{c_a^2+4s_a^2}\,(1-\hat p_a),\ \dot c_a=0",
    scope="every K and d, every finite abelian group, every real alpha, beta and frame R",
    hypotheses=[*FAMILY, *GRADIENT_FLOW, BALANCED],
    goals={
        "alpha": equal(alpha_rate(a), (1 - phat(a)) * beta(a)),
        "beta": equal(beta_rate(a), (1 - phat(a)) * alpha(a)),
        "conserved": equal(gap_rate(a), 0),
        "unbalanced": equal(s_rate(a), sqrt(gap(a) ** 2 + 4 * s(a) ** 2) * (1 - phat(a))),
        "balanced": reduced_rate,
        "mode 0": equal(s_rate(D0), 0),
        "mode 0 of alpha": equal(alpha_rate(D0), 0),
    },
    depends=["frozen-singular-vectors"],
    expected="proved",
    tags=["reduction", "all-K"],
)
def reduced_ode(bench: Workbench) -> None:
    """Project the velocity on chi_a and on column a of R; then the product rule."""
    x = family()
    up, down = amplitude_rates(
        1 - phat(a), bench.use("frozen-singular-vectors", "W"), bench.use("frozen-singular-vectors", "H")
    )
    bench.show("alpha", linear(bench.goal("alpha"), up))
    bench.show("beta", linear(bench.goal("beta"), down))

    rates = {"alpha": ((a,), alpha_rate(a)), "beta": ((a,), beta_rate(a))}
    s_dot = derivative(s_is, s_rate(a), rates)
    gap_is = define(gap(a), alpha(a) ** 2 - beta(a) ** 2)
    gap_dot = derivative(gap_is, gap_rate(a), rates)
    bench.show(
        "conserved", linear(bench.goal("conserved"), gap_dot, (2 * alpha(a), up), (-2 * beta(a), down))
    )
    size = alpha(a) ** 2 + beta(a) ** 2
    speed = linear(equal(s_rate(a), size * (1 - phat(a))), s_dot, (beta(a), up), (alpha(a), down))
    squares = linear(equal(size * size, gap(a) ** 2 + 4 * s(a) ** 2), unfold=[gap_is, s_is])
    nonnegative = linear(at_least(size, 0), square(alpha(a)), square(beta(a)))
    modulus = root(nonnegative, squares)
    bench.show("unbalanced", linear(bench.goal("unbalanced"), speed, (1 - phat(a), modulus)))
    bench.show(
        "balanced",
        linear(
            bench.goal("balanced"),
            speed,
            ((1 - phat(a)) * (alpha(a) - beta(a)), balanced),
            unfold=[s_is],
        ),
    )
    # SymPy's own differentiation of the loss, for K = 2, 4, 8 and rational frames with d > K, d = K.
    for m, width in ((1, 3), (2, 5), (3, 8)):
        bench.beside(lambda m=m, width=width: velocity_on_the_family(m, reflection(width, 2**m)))
    start = {a: D0}
    bench.show(
        "mode 0",
        linear(bench.goal("mode 0"), speed.at(start), (-1 * size_at_zero, x.base.phat_zero)),
    )
    bench.show(
        "mode 0 of alpha",
        linear(bench.goal("mode 0 of alpha"), up.at(start), (-1 * beta(D0), x.base.phat_zero)),
    )


size_at_zero = alpha(D0) ** 2 + beta(D0) ** 2


def amplitude_rates(factor: Term, speed_W: Theorem, speed_H: Theorem) -> tuple[Theorem, Theorem]:
    """alpha_a' = factor_a beta_a and beta_a' = factor_a alpha_a, from the velocity on the family.

    ``speed_W``: -gradW = Phi diag(factor beta) R*/sqrt K, ``speed_H``: -gradH = R diag(factor alpha) Phi*/sqrt K.
    Project both expressions of the velocity on chi_a and on column a of R.
    """
    even = [alpha_even, beta_even]
    same_W = linear(equal(along_W(alpha_rate(a)), along_W(factor * beta(a))), (-1, frozen_W), flow_W, speed_W)
    same_H = linear(equal(along_H(beta_rate(a)), along_H(factor * alpha(a))), (-1, frozen_H), flow_H, speed_H)
    onto_W, onto_H = chi(b, -k) * R(r, b), chi(b, j) * R(r, -b)
    read_W = linear(equal(onto_W * same_W.relation.lhs, onto_W * same_W.relation.rhs), (onto_W, same_W))
    read_H = linear(equal(onto_H * same_H.relation.lhs, onto_H * same_H.relation.rhs), (onto_H, same_H))
    up = linear(
        equal(alpha_rate(a), factor * beta(a)),
        (root_K, sum_over(sum_over(read_W, r), k).at({b: a})),
        contract=[orthonormal],
        even=even,
    )
    down = linear(
        equal(beta_rate(a), factor * alpha(a)),
        (root_K, sum_over(sum_over(read_H, r), j).at({b: a})),
        contract=[orthonormal],
        even=even,
    )
    return up, down


def reflection(rows: int, columns: int) -> list[list[Fraction]]:
    """The first columns of I - 2 v v^T/|v|^2 with v = (1, 1, -1, 1, 1, -1, ...), orthonormal and rational.

    For rows = 8 the plain identity is taken: the derivation then stays below a few seconds.
    """
    unit = [[Fraction(int(x == y)) for y in range(columns)] for x in range(rows)]
    if rows >= 8:
        return unit
    v = [1 if x % 3 != 2 else -1 for x in range(rows)]
    return [[unit[x][y] - Fraction(2 * v[x] * v[y], rows) for y in range(columns)] for x in range(rows)]
