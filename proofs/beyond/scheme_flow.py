"""The reduced flow in a symmetric association scheme, and its Lyapunov function with multiplicities."""

from __future__ import annotations

from ncverify.book.claim import Hypothesis
from ncverify.book.registry import claim
from ncverify.derive.kernel import (
    Theorem,
    define,
    derivative,
    equal,
    greater,
    hypothesis,
    linear,
    sum_over,
)
from ncverify.derive.terms import Function, Term, Var, delta, total
from ncverify.evidence.workbench import Workbench

from ..garrod.model import h, i, j, k, l, q_, r
from ..garrod.reduced import H, H_rate, W, W_rate, Z, flow_H, flow_W, grad_H, grad_W, gradient
from .schemes import (
    PAPER,
    SCHEME,
    A,
    dual,
    e,
    idempotent,
    ps,
    scaled,
    scheme_softmax,
    u,
    value,
    x,
    zs,
)

mean, frame = Function("phats", ("N",)), Function("B", ("F", "G"))
alpha, beta, spectrum = (Function(name, ("N",)) for name in ("alphas", "betas", "ss"))
alpha_rate, beta_rate, spectrum_rate = (Function(name, ("N",)) for name in ("alphas'", "betas'", "ss'"))
multiplicity = Function("mult", ("N",))

EIGENSPACES = [
    Hypothesis("symmetric-relations", "the relations are symmetric", r"A_u^{\top}=A_u"),
    Hypothesis(
        "symmetric-idempotents", "the projections E_e on the eigenspaces are symmetric", r"E_e^{\top}=E_e"
    ),
    Hypothesis("idempotents", "they are orthogonal projections", r"E_eE_x=[e=x]E_e"),
    Hypothesis("eigenspaces", "A_u is ev(u,e) on the range of E_e", r"A_uE_e=\lambda_{ue}E_e"),
    Hypothesis("in-algebra", "E_e lies in the algebra", r"E_e=\sum_u\delta_{eu}A_u"),
]
symmetric_A = hypothesis("symmetric-relations", equal(A(u, i, j), A(u, j, i)))
symmetric_E = hypothesis("symmetric-idempotents", equal(idempotent(e, i, j), idempotent(e, j, i)))
idempotents = hypothesis(
    "idempotents",
    equal(total(j, idempotent(e, i, j) * idempotent(x, j, l)), delta(e - x) * idempotent(e, i, l)),
)
eigen = hypothesis(
    "eigenspaces", equal(total(j, A(u, i, j) * idempotent(e, j, l)), value(u, e) * idempotent(e, i, l))
)
in_algebra = hypothesis("in-algebra", equal(idempotent(e, i, j), total(u, dual(e, u) * A(u, i, j))))


def member(amplitude: Term) -> Term:
    """Entry (i, j) of sum_e amplitude_e E_e."""
    return total(e, amplitude * idempotent(e, i, j))


def above(amplitude: Term) -> Term:
    """Entry (k, r) of sum_e amplitude_e E_e B^T."""
    return total(e, amplitude * total(i, idempotent(e, k, i) * frame(r, i)))


def below(amplitude: Term) -> Term:
    """Entry (r, j) of sum_e amplitude_e B E_e."""
    return total(e, amplitude * total(i, frame(r, i) * idempotent(e, i, j)))


orthonormal = hypothesis("frame", equal(total(r, frame(r, i) * frame(r, j)), delta(i - j)))
scheme_W = hypothesis("scheme-W", equal(W(k, r), above(alpha(e))))
scheme_H = hypothesis("scheme-H", equal(H(r, j), below(beta(e))))
frozen_W = hypothesis("frozen-W", equal(W_rate(k, r), above(alpha_rate(e))))
frozen_H = hypothesis("frozen-H", equal(H_rate(r, j), below(beta_rate(e))))
balanced = hypothesis("balanced", equal(alpha(e), beta(e)))
nonempty = hypothesis("eigenspaces-nonzero", greater(multiplicity(e), 0))


@claim(
    id="scheme-flow",
    paper=PAPER,
    kind="extension",
    place="generalises garrod from groups to symmetric association schemes",
    title="In a symmetric association scheme the singular vectors are frozen",
    plain="Symmetric association scheme (so commutative) with projections E_e on its eigenspaces, B with orthonormal columns "
    "(d >= K), W = sum_e alpha_e E_e B^T, H = sum_e beta_e B E_e. The velocity -dL/dW, -dL/dH is of the same form: "
    "alpha_e' = (1-phat_e) beta_e, beta_e' = (1-phat_e) alpha_e with phat_e the eigenvalue of P = softmax(W H) on "
    "E_e; balanced, s_e = alpha_e beta_e follows s_e' = 2 s_e (1-phat_e). One value for each eigenspace, of any dimension.",
    latex=r"W=\sum_e\alpha_eE_eB^{\top},\ H=\sum_e\beta_eBE_e:\qquad \dot s_e=2s_e(1-\hat p_e)",
    scope="every symmetric association scheme, every d >= K, every alpha, beta and frame B",
    hypotheses=[
        *SCHEME,
        *EIGENSPACES,
        Hypothesis("frame", "the columns of B are orthonormal (d >= K)", r"B^{\top}B=I"),
        Hypothesis("scheme-W", "W = sum_e alpha_e E_e B^T", r"W=\sum_e\alpha_eE_eB^{\top}"),
        Hypothesis("scheme-H", "H = sum_e beta_e B E_e", r"H=\sum_e\beta_eBE_e"),
        Hypothesis("flow-W", "W moves by gradient flow of the sum loss", r"\dot W=-\partial_WL"),
        Hypothesis("flow-H", "H moves by gradient flow of the sum loss", r"\dot H=-\partial_HL"),
        Hypothesis("frozen-W", "the velocity of W is sum_e alpha_e' E_e B^T (goal W)"),
        Hypothesis("frozen-H", "the velocity of H is sum_e beta_e' B E_e (goal H)"),
        Hypothesis(
            "eigenspaces-nonzero", "no eigenspace is zero: the trace of E_e is positive", r"\mathrm{tr}E_e>0"
        ),
        Hypothesis("balanced", "alpha = beta (only for the balanced form)", r"\alpha=\beta"),
    ],
    goals={
        "W": equal(-grad_W(k, r), above((1 - mean(e)) * beta(e))),
        "H": equal(-grad_H(r, j), below((1 - mean(e)) * alpha(e))),
        "alpha": equal(alpha_rate(e), (1 - mean(e)) * beta(e)),
        "beta": equal(beta_rate(e), (1 - mean(e)) * alpha(e)),
        "balanced": equal(spectrum_rate(e), 2 * spectrum(e) * (1 - mean(e))),
    },
    depends=["scheme-diagonalization"],
    expected="proved",
    tags=["schemes", "reduction", "all-K"],
)
def scheme_flow(bench: Workbench) -> None:
    """Products and the softmax of members are members; compare two members by a trace."""
    slope = gradient()
    spectrum_is = define(spectrum(e), alpha(e) * beta(e))
    zs_is = define(zs(u), total(e, spectrum(e) * dual(e, u)))
    logits = linear(
        equal(Z(i, j), member(spectrum(e))),
        unfold=[slope.Z_is, scheme_W, scheme_H, spectrum_is],
        contract=[orthonormal, idempotents],
    )
    in_relations = linear(
        equal(Z(i, j), total(u, zs(u) * A(u, i, j))),
        logits,
        sum_over(scaled(spectrum(e), in_algebra), e),
        unfold=[zs_is],
    )
    softmax = scheme_softmax(in_relations, slope.column_is, slope.P_is)
    mean_is = define(mean(e), total(u, ps(u) * value(u, e)))
    row_swap = sum_over(scaled(A(u, k, j), symmetric_E), j)
    on_the_right = linear(
        equal(total(j, A(u, k, j) * idempotent(e, i, j)), value(u, e) * idempotent(e, k, i)),
        row_swap,
        eigen.at({i: k, l: i}),
    )
    column_swap = sum_over(scaled(idempotent(e, k, i), symmetric_A.at({i: k})), k)
    on_the_left = linear(
        equal(total(k, A(u, k, j) * idempotent(e, k, i)), value(u, e) * idempotent(e, i, j)),
        column_swap,
        eigen.at({i: j, l: i}),
        (value(u, e), symmetric_E.at({i: j, j: i})),
    )

    def mirrored(weight: Term, label: Var) -> Theorem:
        """sum_e sum_i weight E_e(i, label) = sum_e sum_i weight E_e(label, i)."""
        return sum_over(sum_over(scaled(weight, symmetric_E.at({j: label})), i), e)

    speed_W = bench.show(
        "W",
        linear(
            bench.goal("W"),
            (-1, slope.by_W.at({q_: r})),
            mirrored(beta(e) * frame(r, i), k),
            unfold=[scheme_H, softmax.P_form, mean_is],
            contract=[on_the_right],
        ),
    )
    speed_H = bench.show(
        "H",
        linear(
            bench.goal("H"),
            (-1, slope.by_H.at({q_: r, l: j})),
            (-1, mirrored(alpha(e) * frame(r, i), j)),
            unfold=[scheme_W, softmax.P_form, mean_is],
            contract=[on_the_left],
        ),
    )

    # Two members with the same entries have the same amplitudes: multiply by B, then by E_x, take the trace.
    trace_is = define(multiplicity(e), total(i, idempotent(e, i, i)))
    same_W = linear(
        equal(above(alpha_rate(e)), above((1 - mean(e)) * beta(e))), (-1, frozen_W), flow_W, speed_W
    )
    same_H = linear(
        equal(below(beta_rate(e)), below((1 - mean(e)) * alpha(e))), (-1, frozen_H), flow_H, speed_H
    )

    def amplitude(same: Theorem, place: Var, onto: Term, left: Term, right: Term) -> Theorem:
        """left_e = right_e from the equality of two velocities."""
        entries = sum_over(scaled(frame(r, h), same), r)
        traced = sum_over(sum_over(scaled(onto, entries), place), h)
        both = linear(
            equal(multiplicity(e) * left, multiplicity(e) * right),
            traced.at({x: e}),
            unfold=[trace_is],
            contract=[orthonormal, idempotents],
        )
        return linear(equal(left, right), (1 / multiplicity(e), both), nonzero=[nonempty])

    up = amplitude(same_W, k, idempotent(x, h, k), alpha_rate(e), (1 - mean(e)) * beta(e))
    down = amplitude(same_H, j, idempotent(x, j, h), beta_rate(e), (1 - mean(e)) * alpha(e))
    bench.show("alpha", linear(bench.goal("alpha"), up))
    bench.show("beta", linear(bench.goal("beta"), down))
    rates = {"alphas": ((e,), alpha_rate(e)), "betas": ((e,), beta_rate(e))}
    moved = derivative(spectrum_is, spectrum_rate(e), rates)
    bench.show(
        "balanced",
        linear(
            bench.goal("balanced"),
            moved,
            (beta(e), up),
            (alpha(e), down),
            ((1 - mean(e)) * (alpha(e) - beta(e)), balanced),
            unfold=[spectrum_is],
        ),
    )
