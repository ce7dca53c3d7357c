"""Association schemes: the reduction without a group, and the Lyapunov function with multiplicities."""

from __future__ import annotations

from dataclasses import dataclass

from ncverify.book.claim import Hypothesis
from ncverify.book.registry import claim
from ncverify.derive.kernel import (
    Theorem,
    agree_where,
    define,
    equal,
    hypothesis,
    linear,
    sum_over,
)
from ncverify.derive.terms import Function, Index, Sym, Term, Var, delta, exp, total
from ncverify.evidence.workbench import Workbench

from ..garrod.model import i, j, l
from ..garrod.reduced import (
    P,
    Z,
    column,
)
from .scheme_examples import axioms_hold

PAPER = "beyond"
# Relations u, v, w and eigenspaces e, x are indexed by the plain sort N; relation 0 is equality.
u, v, w, e, x = (Var(name, "N") for name in "uvwex")
SAME = Index("N")
A, idempotent = Function("A", ("N", "G", "G")), Function("Ep", ("N", "G", "G"))
meeting, valency = Function("meeting", ("N", "N", "N")), Function("kappa", ("N",))
F, f = Function("Fs", ("G", "G")), Function("fs", ("N",))
zs, ps, size = Function("zs", ("N",)), Function("ps", ("N",)), Sym("Qs")
value, dual = Function("ev", ("N", "N")), Function("dual", ("N", "N"))
mean = Function("phats", ("N",))
frame = Function("B", ("F", "G"))
alpha, beta, spectrum = (Function(name, ("N",)) for name in ("alphas", "betas", "ss"))
alpha_rate, beta_rate, spectrum_rate = (Function(name, ("N",)) for name in ("alphas'", "betas'", "ss'"))
multiplicity = Function("mult", ("N",))

SCHEME = [
    Hypothesis("partition", "the relations A_u partition all pairs of classes", r"\sum_uA_u=J"),
    Hypothesis("disjoint", "they are 0/1 matrices with disjoint supports", r"A_u\circ A_v=[u=v]A_u"),
    Hypothesis("diagonal", "relation 0 is equality", r"A_0=I"),
    Hypothesis("closed", "A_u^T A_v is a combination of the relations", r"A_u^{\top}A_v=\sum_wc_{uvw}A_w"),
]
partition = hypothesis("partition", equal(total(u, A(u, i, j)), 1))
disjoint = hypothesis("disjoint", equal(A(u, i, j) * A(v, i, j), delta(u - v) * A(u, i, j)))
diagonal = hypothesis("diagonal", equal(A(SAME, i, j), delta(i - j)))
closed = hypothesis(
    "closed", equal(total(i, A(u, i, j) * A(v, i, l)), total(w, meeting(u, v, w) * A(w, j, l)))
)


def scaled(weight: Term, known: Theorem) -> Theorem:
    """weight * left = weight * right."""
    left, right = known.relation.lhs, known.relation.rhs
    return linear(equal(weight * left, weight * right), (weight, known))


@dataclass(frozen=True)
class Valencies:
    """Every relation has constant column sums kappa(u); A_u(j, j) = [u = 0]."""

    equality: Theorem
    kappa_is: Theorem
    sums: Theorem


def valencies() -> Valencies:
    """The column sums of A_u are the diagonal entries of A_u^T A_u, which are c(u, u, 0)."""
    kappa_is = define(valency(u), meeting(u, u, SAME))
    on_diagonal = diagonal.at({i: j})
    equality = linear(
        equal(A(u, j, j), delta(u)),
        (-1 * A(u, j, j) + delta(u), on_diagonal),
        disjoint.at({i: j, v: SAME}),
    )
    squares = sum_over(disjoint.at({v: u}), i)
    spread = sum_over(scaled(meeting(u, u, w), equality.at({u: w})), w)
    sums = linear(
        equal(total(i, A(u, i, j)), valency(u)),
        (-1, squares),
        closed.at({v: u, l: j}),
        spread,
        unfold=[kappa_is],
    )
    return Valencies(equality, kappa_is, sums)


def from_relations(agrees: Theorem, image: Term, level: Term) -> Theorem:
    """image_ij = sum_u level_u A_u(i, j) from A_u(i, j) image_ij = A_u(i, j) level_u."""
    return linear(equal(image, total(u, level * A(u, i, j))), sum_over(agrees, u), (-1 * image, partition))


@dataclass(frozen=True)
class SchemeSoftmax:
    """The softmax of a member of the algebra."""

    p_is: Theorem
    size_is: Theorem
    P_form: Theorem


def scheme_softmax(member: Theorem, column_is: Theorem, P_is: Theorem) -> SchemeSoftmax:
    """P = sum_u p(u) A_u from Z = sum_u z(u) A_u (``member``), p(u) = exp(z(u))/sum_v kappa(v) exp(z(v))."""
    known = valencies()
    others = sum_over(scaled(zs(v), disjoint), v)
    agrees = linear(
        equal(A(u, i, j) * (Z(i, j) - zs(u)), 0),
        (A(u, i, j), member),
        others,
    )
    weights = from_relations(agree_where(agrees, A(u, i, j), Z(i, j), zs(u), "exp"), exp(Z(i, j)), exp(zs(u)))
    size_is = define(size, total(u, valency(u) * exp(zs(u))))
    column_form = linear(
        equal(column(j), size),
        sum_over(weights, i),
        sum_over(scaled(exp(zs(u)), known.sums), u),
        unfold=[column_is, size_is],
    )
    p_is = define(ps(u), exp(zs(u)) / size)
    P_form = linear(
        equal(P(i, j), total(u, ps(u) * A(u, i, j))),
        (1 / size, weights),
        unfold=[P_is, column_form, p_is],
    )
    return SchemeSoftmax(p_is, size_is, P_form)


@claim(
    id="scheme-diagonalization",
    paper=PAPER,
    kind="extension",
    place="generalises garrod from groups to association schemes",
    title="Entrywise functions and the softmax stay in the Bose-Mesner algebra",
    plain="Let the 0/1 matrices A_u partition the pairs of classes, contain the identity, and let A_u^T A_v be combinations "
    "of them (an association scheme; the products need not commute here). If Z = sum_u z(u) A_u, every entrywise image is "
    "sum_u f(u) A_u; each A_u has constant column sums kappa(u) = c(u,u,0), so the column softmax is sum_u p(u) A_u with p(u) = "
    "exp(z(u))/sum_v kappa(v) exp(z(v)). If the scheme is commutative, A_u E_e = ev(u,e) E_e on the eigenspaces, both are "
    "diagonal there: P E_e = phat_e E_e with phat_e = sum_u p(u) ev(u,e).",
    latex=r"\mathrm{softmax}\Bigl(\sum_uz_uA_u\Bigr)=\sum_up_uA_u,\qquad P E_e=\hat p_eE_e,\quad \hat p_e=\sum_up_u\lambda_{ue}",
    scope="every association scheme (every number of classes and relations), every entrywise function",
    hypotheses=[
        *SCHEME,
        Hypothesis("member", "the logits lie in the algebra", r"Z=\sum_uz_uA_u"),
        Hypothesis(
            "entrywise",
            "F is the image of Z under an entrywise function: F = f(u) where A_u = 1",
            r"A_u\circ F=f_uA_u",
        ),
        Hypothesis(
            "eigenspaces",
            "A_u is ev(u,e) on the range of E_e (commutative scheme)",
            r"A_uE_e=\lambda_{ue}E_e",
        ),
    ],
    goals={
        "entrywise": equal(F(i, j), total(u, f(u) * A(u, i, j))),
        "valencies": equal(total(i, A(u, i, j)), meeting(u, u, SAME)),
        "column sums": equal(total(i, F(i, j)), total(u, meeting(u, u, SAME) * f(u))),
        "softmax": equal(P(i, j), total(u, ps(u) * A(u, i, j))),
        "eigenvalues of F": equal(
            total(j, F(i, j) * idempotent(e, j, l)), total(u, f(u) * value(u, e)) * idempotent(e, i, l)
        ),
        "eigenvalues of P": equal(
            total(j, P(i, j) * idempotent(e, j, l)), total(u, ps(u) * value(u, e)) * idempotent(e, i, l)
        ),
    },
    expected="proved",
    tags=["schemes", "all-K"],
)
def scheme_diagonalization(bench: Workbench) -> None:
    """Where A_u = 1 every entrywise image has one value; the valencies are the diagonal of A_u^T A_u."""
    column_is = define(column(j), total(i, exp(Z(i, j))))
    P_is = define(P(i, j), exp(Z(i, j)) / column(j))
    member = hypothesis("member", equal(Z(i, j), total(u, zs(u) * A(u, i, j))))
    entrywise = hypothesis("entrywise", equal(A(u, i, j) * F(i, j), A(u, i, j) * f(u)))
    eigen = hypothesis(
        "eigenspaces", equal(total(j, A(u, i, j) * idempotent(e, j, l)), value(u, e) * idempotent(e, i, l))
    )
    image = bench.show("entrywise", linear(bench.goal("entrywise"), from_relations(entrywise, F(i, j), f(u))))
    known = valencies()
    bench.show("valencies", linear(bench.goal("valencies"), known.sums, unfold=[known.kappa_is]))
    bench.show(
        "column sums",
        linear(
            bench.goal("column sums"),
            sum_over(image, i),
            sum_over(scaled(f(u), known.sums), u),
            unfold=[known.kappa_is],
        ),
    )
    softmax = scheme_softmax(member, column_is, P_is)
    share = bench.show("softmax", linear(bench.goal("softmax"), softmax.P_form))
    for name, form in (("F", image), ("P", share)):
        bench.show(
            f"eigenvalues of {name}",
            linear(
                bench.goal(f"eigenvalues of {name}"),
                sum_over(scaled(idempotent(e, j, l), form), j),
                contract=[eigen],
            ),
        )
    bench.beside(axioms_hold)
