"""Why errors of the flows grow no faster than the flows: what the rigorous integrator rests on."""

from __future__ import annotations

from fractions import Fraction

from ncverify.book.claim import Hypothesis
from ncverify.book.registry import claim
from ncverify.derive.decide import decide
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
    product,
    reciprocal,
    square,
    sum_over,
)
from ncverify.derive.terms import Function, Sym, Term, Var, chi, exp, total, total_nonzero
from ncverify.evidence.exact import decided
from ncverify.evidence.workbench import Workbench

from ..garrod.model import G0, SYMMETRIC, K, Q, a, g, k, order, p, phat, r, s, softmax, symmetric, z
from ..garrod.reduced import alpha, alpha_even

PAPER = "beyond"
level, pace, bound = Sym("l"), Sym("pace"), Sym("mu")
force, push = Function("F", ("G",)), Function("T", ("D",))


@claim(
    id="rescaled-time",
    paper=PAPER,
    kind="extension",
    place="rigorous integration",
    title="A change of time makes the balanced flow polynomial",
    plain="With F_g = exp(l - (z(0) - z(g))), any l, and dt/dtau = e^l + sum_{g!=0} F_g > 0, the flow "
    "s_a' = 2 s_a (1 - phat_a) becomes ds_a/dtau = 2 s_a T_a, T_a = sum_{g!=0} F_g (1 - Re chi_a(g)): no "
    "quotient is left, and F_g' = F_g (l - z(0) + z(g))'.",
    latex=r"\frac{ds_a}{d\tau}=2s_a\sum_{g\neq0}F_g(1-\mathrm{Re}\,\chi_a(g)),\qquad "
    r"\frac{dt}{d\tau}=e^{\ell}+\sum_{g\neq0}F_g,\quad F_g=e^{\ell-(z(0)-z(g))}",
    scope="every K, every finite abelian group, every real symmetric spectrum, every l",
    hypotheses=[SYMMETRIC],
    goals={
        "field": equal(2 * s(a) * (1 - phat(a)) * pace, 2 * s(a) * push(a)),
        "clock": greater(pace, 0),
    },
    depends=["reduced-ode"],
    expected="proved",
    tags=["integration", "all-K"],
)
def rescaled_time(bench: Workbench) -> None:
    """pace = e^{l - z(0)} Q, so pace p(g) = F_g."""
    base = softmax(symmetric)
    force_is = define(force(g), exp(level - z(G0) + z(g)))
    push_is = define(
        push(a),
        total_nonzero(g, force(g) * (1 - (chi(a, g) + chi(-a, g)) / 2)),
        even=[base.z_even],
        unfold=[force_is],
    )
    pace_is = define(pace, exp(level) + total_nonzero(g, force(g)))
    size = linear(
        equal(pace, exp(level - z(G0)) * Q), (exp(level - z(G0)) * -1, base.Q_is), unfold=[pace_is, force_is]
    )
    share = linear(
        equal(p(g) * pace, force(g)),
        (p(g), size),
        (exp(level - z(G0)) * Q, base.p_is),
        unfold=[force_is],
        nonzero=[base.Q_positive],
    )
    mass = linear(
        equal(1 - phat(a), total_nonzero(g, p(g) * (1 - (chi(a, g) + chi(-a, g)) / 2))),
        unfold=[base.phat_is],
        even=[base.p_even],
        contract=[base.p_total],
    )
    weight = 1 - (chi(a, g) + chi(-a, g)) / 2
    shares = sum_over(
        linear(equal(p(g) * pace * weight, force(g) * weight), (weight, share)), g, nonzero=True
    )
    bench.show(
        "field",
        linear(bench.goal("field"), (2 * s(a) * pace, mass), (2 * s(a), shares), unfold=[push_is]),
    )
    positive = product(exp_positive(level - z(G0)), base.Q_positive)
    bench.show("clock", linear(bench.goal("clock"), positive, size))


direction = Function("v", ("D",))
field_, field_dot = Function("f", ("D",)), Function("f'", ("D",))


@claim(
    id="log-norm-reduced",
    paper=PAPER,
    kind="extension",
    place="rigorous integration",
    title="The logarithmic norm of the reduced flow is at most max (1 - phat_a)",
    plain="In the coordinates alpha_a = sqrt(s_a), where the balanced flow is alpha_a' = alpha_a (1 - phat_a), the "
    "quadratic form of the Jacobian J is sum_a (1 - phat_a) v_a^2 minus (K/2) times the variance of "
    "z' = (2/K) sum_a alpha_a v_a chi_a under p, so <v, J v> <= max_a (1 - phat_a) |v|^2.",
    latex=r"\langle v,Jv\rangle=\sum_a(1-\hat p_a)v_a^2-\tfrac K2\mathrm{Var}_p(\dot z)\le\max_a(1-\hat p_a)\,|v|^2",
    scope="every K, every finite abelian group, every real symmetric alpha and direction v",
    hypotheses=[
        Hypothesis("alpha-symmetric", "alpha_{-a} = alpha_a", r"\alpha_{-a}=\alpha_a"),
        Hypothesis("v-symmetric", "v_{-a} = v_a: the direction keeps the spectrum symmetric", r"v_{-a}=v_a"),
        Hypothesis("mu-bounds", "mu is an upper bound of all 1 - phat_a", r"\mu\ge1-\hat p_a"),
    ],
    goals={
        "form": equal(
            total(a, direction(a) * field_dot(a)),
            total(a, (1 - phat(a)) * direction(a) ** 2)
            - K / 2 * total(g, p(g) * (Function("z'", ("G",))(g) - Sym("m")) ** 2),
        ),
        "bound": at_least(bound * total(a, direction(a) ** 2), total(a, direction(a) * field_dot(a))),
    },
    expected="proved",
    tags=["integration", "all-K"],
)
def log_norm_reduced(bench: Workbench) -> None:
    """Differentiate alpha (1 - phat) along v; what is not diagonal is a variance."""
    s_is = define(s(a), alpha(a) ** 2)
    base = softmax(linear(equal(s(-a), s(a)), unfold=[s_is], even=[alpha_even]))
    even = hypothesis("v-symmetric", equal(direction(-a), direction(a)))
    along = {"alpha": ((a,), direction(a))}
    z_dot, Q_dot, p_dot = Function("z'", ("G",)), Sym("Q'"), Function("p'", ("G",))
    phat_dot, s_dot, mean = Function("phat'", ("D",)), Function("s'", ("D",)), Sym("m")
    s_moves = derivative(s_is, s_dot(a), along)
    s_dot_even = linear(equal(s_dot(-a), s_dot(a)), unfold=[s_moves], even=[alpha_even, even])
    z_moves = derivative(base.z_is, z_dot(g), along, along=[s_moves], even=[s_dot_even])
    z_dot_even = linear(equal(z_dot(-g), z_dot(g)), unfold=[z_moves], even=[s_dot_even])
    Q_moves = derivative(base.Q_is, Q_dot, along, along=[z_moves])
    p_moves = derivative(base.p_is, p_dot(g), along, along=[z_moves, Q_moves], regular=[base.Q_positive])
    p_dot_even = linear(equal(p_dot(-g), p_dot(g)), unfold=[p_moves], even=[base.z_even, z_dot_even])
    phat_moves = derivative(base.phat_is, phat_dot(a), along, along=[p_moves], even=[p_dot_even])
    field_is = define(field_(a), alpha(a) * (1 - phat(a)))
    field_moves = derivative(field_is, field_dot(a), along, along=[phat_moves])
    mean_is = define(mean, total(g, p(g) * z_dot(g)))

    # p' = p (z' - m), and the transform of alpha v is (K/2) z'.
    weigh = sum_over(linear(equal(p(g) * z_dot(g), exp(z(g)) / Q * z_dot(g)), (z_dot(g), base.p_is)), g)
    Q_mean = linear(
        equal(Q_dot, Q * mean), Q_moves, (-1 * Q, mean_is), (-1 * Q, weigh), nonzero=[base.Q_positive]
    )
    p_form = linear(
        equal(p_dot(g), p(g) * (z_dot(g) - mean)),
        p_moves,
        (-1 * (z_dot(g) - mean), base.p_is),
        (-1 * exp(z(g)) * Q**-2, Q_mean),
        nonzero=[base.Q_positive],
    )
    waves = linear(
        equal(total(a, direction(a) * alpha(a) * chi(a, g)), K / 2 * z_dot(g)),
        (-1 * K / 2, z_moves),
        unfold=[s_moves],
    )
    paired = sum_over(
        linear(
            equal(
                p_dot(g) * total(a, direction(a) * alpha(a) * chi(a, g)),
                p(g) * (z_dot(g) - mean) * K / 2 * z_dot(g),
            ),
            (K / 2 * z_dot(g), p_form),
            (p_dot(g), waves),
        ),
        g,
    )
    slopes = sum_over(
        linear(
            equal(direction(a) * field_dot(a), direction(a) * field_moves.relation.rhs),
            (direction(a), field_moves),
        ),
        a,
    )
    spread = K / 2 * mean
    form = bench.show(
        "form",
        linear(
            bench.goal("form"),
            slopes,
            (
                -1,
                sum_over(
                    linear(
                        equal(
                            direction(a) * alpha(a) * phat_dot(a),
                            direction(a) * alpha(a) * phat_moves.relation.rhs,
                        ),
                        (direction(a) * alpha(a), phat_moves),
                    ),
                    a,
                ),
            ),
            (-1, paired),
            (spread, mean_is),
            contract=[base.p_total],
            even=[even, alpha_even],
        ),
    )
    largest = hypothesis("mu-bounds", at_least(bound, 1 - phat(a)), "pointwise")
    diagonal = sum_over(product(linear(at_least(bound - (1 - phat(a)), 0), largest), square(direction(a))), a)
    variance = sum_over(product(base.p_positive, square(z_dot(g) - mean)), g)
    half = linear(greater(K / 2, 0), (Fraction(1, 2), order))
    bench.show("bound", linear(bench.goal("bound"), diagonal, (half, variance), (-1, form)))


# The full flow of any W (K x d) and H (d x n) with any targets Y; samples are indexed by the sort N.
c = Var("c", "N")
W, H = Function("W", ("G", "F")), Function("H", ("F", "N"))
U, V = Function("U", ("G", "F")), Function("V", ("F", "N"))
Y, P = Function("Y", ("G", "N")), Function("P", ("G", "N"))
Z, Z_dot, P_dot = Function("Z", ("G", "N")), Function("Z'", ("G", "N")), Function("P'", ("G", "N"))
column, column_dot, mean = Function("column", ("N",)), Function("column'", ("N",)), Function("m", ("N",))
force_W, force_H = Function("fW", ("G", "F")), Function("fH", ("F", "N"))
force_W_dot, force_H_dot = Function("fW'", ("G", "F")), Function("fH'", ("F", "N"))
sigma = Sym("sigma")

RAYLEIGH = total(k, total(r, U(k, r) * force_W_dot(k, r))) + total(r, total(c, V(r, c) * force_H_dot(r, c)))
SIZE = total(k, total(r, U(k, r) ** 2)) + total(r, total(c, V(r, c) ** 2))
CROSS = total(k, total(c, total(r, (Y(k, c) - P(k, c)) * U(k, r) * V(r, c))))
VARIANCES = total(c, total(k, P(k, c) * (Z_dot(k, c) - mean(c)) ** 2))


@claim(
    id="log-norm-full",
    paper=PAPER,
    kind="extension",
    place="rigorous integration",
    title="The logarithmic norm of the full flow is at most the spectral norm of Y - P",
    plain="For W' = (Y-P) H^T, H' = W^T (Y-P) the quadratic form of the Jacobian along (U, V) is 2 <Y-P, U V> minus "
    "the sum over samples of the variance of Z' = U H + W V under the columns of P. So it is at most "
    "sigma (|U|^2 + |V|^2) for sigma = ||Y-P||_2, which gives 2 <Y-P, U V> <= sigma (|U|^2 + |V|^2).",
    latex=r"\langle(U,V),J(U,V)\rangle=2\langle Y-P,UV\rangle-\sum_c\mathrm{Var}_{P_c}(\dot Z_c)"
    r"\le\lVert Y-P\rVert_2\,(|U|^2+|V|^2)",
    scope="every K, d, number of samples, every W, H and targets Y",
    hypotheses=[
        Hypothesis(
            "spectral-norm",
            "sigma bounds the spectral norm of Y - P: 2 <Y-P, U V> <= sigma (|U|^2 + |V|^2)",
            r"2\langle Y-P,UV\rangle\le\sigma(|U|^2+|V|^2)",
        )
    ],
    goals={
        "form": equal(RAYLEIGH, 2 * CROSS - VARIANCES),
        "bound": at_least(sigma * SIZE, RAYLEIGH),
    },
    expected="proved",
    tags=["integration", "all-K"],
)
def log_norm_full(bench: Workbench) -> None:
    """Differentiate the field along (U, V); cross-entropy is convex in the logits."""
    along = {"W": ((k, r), U(k, r)), "H": ((r, c), V(r, c))}
    Z_is = define(Z(k, c), total(r, W(k, r) * H(r, c)))
    column_is = define(column(c), total(k, exp(Z(k, c))))
    column_positive = linear(greater(column(c), 0), sum_over(exp_positive(Z(k, c)), k), unfold=[column_is])
    P_is = define(P(k, c), exp(Z(k, c)) / column(c))
    P_positive = linear(
        greater(P(k, c), 0), product(exp_positive(Z(k, c)), reciprocal(column_positive)), unfold=[P_is]
    )
    P_total = linear(
        equal(total(k, P(k, c)), 1), (-1 / column(c), column_is), unfold=[P_is], nonzero=[column_positive]
    )
    W_is = define(force_W(k, r), total(c, (Y(k, c) - P(k, c)) * H(r, c)))
    H_is = define(force_H(r, c), total(k, W(k, r) * (Y(k, c) - P(k, c))))
    Z_moves = derivative(Z_is, Z_dot(k, c), along, constants=["Y"])
    column_moves = derivative(column_is, column_dot(c), along, along=[Z_moves], constants=["Y"])
    P_moves = derivative(
        P_is, P_dot(k, c), along, along=[Z_moves, column_moves], constants=["Y"], regular=[column_positive]
    )
    W_moves = derivative(W_is, force_W_dot(k, r), along, along=[P_moves], constants=["Y"])
    H_moves = derivative(H_is, force_H_dot(r, c), along, along=[P_moves], constants=["Y"])
    mean_is = define(mean(c), total(k, P(k, c) * Z_dot(k, c)))

    # P' = P (Z' - m) in each column.
    weigh = sum_over(
        linear(equal(P(k, c) * Z_dot(k, c), exp(Z(k, c)) / column(c) * Z_dot(k, c)), (Z_dot(k, c), P_is)), k
    )
    column_mean = linear(
        equal(column_dot(c), column(c) * mean(c)),
        column_moves,
        (-1 * column(c), mean_is),
        (-1 * column(c), weigh),
        nonzero=[column_positive],
    )
    P_form = linear(
        equal(P_dot(k, c), P(k, c) * (Z_dot(k, c) - mean(c))),
        P_moves,
        (-1 * (Z_dot(k, c) - mean(c)), P_is),
        (-1 * exp(Z(k, c)) * column(c) ** -2, column_mean),
        nonzero=[column_positive],
    )

    def summed(known: Theorem, weight: Term, first: Var, second: Var) -> Theorem:
        left, right = known.relation.lhs, known.relation.rhs
        return sum_over(
            sum_over(linear(equal(weight * left, weight * right), (weight, known)), second), first
        )

    centred = summed(P_form, Z_dot(k, c), k, c)
    means = sum_over(linear(equal(mean(c) * mean(c), mean(c) * mean_is.relation.rhs), (mean(c), mean_is)), c)
    ones = sum_over(
        linear(equal(mean(c) ** 2 * total(k, P(k, c)), mean(c) ** 2), (mean(c) ** 2, P_total)),
        c,
    )
    form = bench.show(
        "form",
        linear(
            bench.goal("form"),
            summed(W_moves, U(k, r), k, r),
            summed(H_moves, V(r, c), r, c),
            (-1, centred),
            summed(Z_moves, P_dot(k, c), k, c),
            means,
            ones,
        ),
    )
    spectral = hypothesis("spectral-norm", at_least(sigma * SIZE, 2 * CROSS), "pointwise")
    variances = sum_over(sum_over(product(P_positive, square(Z_dot(k, c) - mean(c))), k), c)
    bench.show("bound", linear(bench.goal("bound"), spectral, variances, (-1, form)))


@claim(
    id="exponential-defect",
    paper=PAPER,
    kind="extension",
    place="rigorous integration",
    title="How far a polynomial is from an exponential",
    plain="For a polynomial w meant to be C e^u: E = w - C e^u satisfies E' = u' E + (w' - w u'), so E e^{-u} has "
    "derivative (w' - w u') e^{-u}. Hence |E| <= e^{rise} (|E(0)| + sup |w' - w u'|) on [0, 1], rise the "
    "integral of the positive part of u' (variation of constants).",
    latex=r"E=w-Ce^{u}\ \Rightarrow\ E'=u'E+(w'-wu'),\qquad |E|\le e^{\int (u')_+}\bigl(|E(0)|+\sup|w'-wu'|\bigr)",
    scope="all values of w, w', u, u', C",
    expected="proved",
    tags=["integration"],
)
def exponential_defect(bench: Workbench) -> None:
    """Two identities; the bound is then the integral of the second."""
    bench.add(
        lambda: decided(
            decide("dw - C*exp(u)*du", "du*(w - C*exp(u)) + (dw - w*du)"), "the linear equation of the error"
        )
    )
    bench.add(
        lambda: decided(
            decide("((dw - C*exp(u)*du) - (w - C*exp(u))*du)*exp(-u)", "(dw - w*du)*exp(-u)"),
            "its integrating factor",
        )
    )
