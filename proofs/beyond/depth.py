"""Deep linear networks: the reduced flow for any number of layers."""

from __future__ import annotations

from ncverify.book.claim import Hypothesis
from ncverify.book.registry import claim
from ncverify.derive.kernel import (
    Theorem,
    define,
    derivative,
    equal,
    exp_positive,
    greater,
    hypothesis,
    linear,
    sum_over,
)
from ncverify.derive.terms import Function, Sym, Term, Var, chi, delta, exp, index, log, substitute, total
from ncverify.evidence.workbench import Workbench

from ..garrod.model import Q, a, b, i, j, k, p, phat, s, softmax, z
from ..garrod.reduced import P, Z, column, root_K

PAPER = "beyond"
q, r, u, v = (Var(name, "F") for name in "qruv")
after, between, before = (Var(name, "N", fixed=True) for name in ("after", "between", "before"))
place = Var("place", "N")
R = Function("R", ("N", "F", "D"))
outer, inner, middle = (Function(name, ("D",)) for name in ("uo", "ti", "sm"))
U, M, T = Function("U", ("G", "F")), Function("M", ("F", "F")), Function("T", ("F", "G"))
grad_M, loss = Function("gradM", ("F", "F")), Sym("LM")

frames = hypothesis("frames", equal(total(q, R(place, q, a) * R(place, q, b)), delta(a + b)))
s_is = define(s(a), outer(a) * middle(a) * inner(a))
outer_even = hypothesis("outer-symmetric", equal(outer(-a), outer(a)))
inner_even = hypothesis("inner-symmetric", equal(inner(-a), inner(a)))
middle_even = hypothesis("middle-symmetric", equal(middle(-a), middle(a)))
s_even = linear(equal(s(-a), s(a)), unfold=[s_is], even=[outer_even, inner_even, middle_even])


def hidden(left: Var, amplitude: Term, right: Var, row: Var = q, entry: Var = r) -> Term:
    """Entry (row, entry) of R_left diag(amplitude) R_right^*: a layer between two hidden spaces."""
    return total(a, R(left, row, a) * amplitude * R(right, entry, -a))


def from_classes(amplitude: Term, level: Var, entry: Var = q) -> Term:
    """Entry (k, entry) of Phi diag(amplitude) R_level^* / sqrt K: the layers above a hidden space."""
    return root_K * total(a, chi(a, k) * amplitude * R(level, entry, -a))


def to_classes(level: Var, amplitude: Term, row: Var = r) -> Term:
    """Entry (row, j) of R_level diag(amplitude) Phi^* / sqrt K: the layers below a hidden space."""
    return root_K * total(a, R(level, row, a) * amplitude * chi(a, -j))


def scaled(weight: Term, known: Theorem) -> Theorem:
    """weight * left = weight * right."""
    left, right = known.relation.lhs, known.relation.rhs
    return linear(equal(weight * left, weight * right), (weight, known))


def over(first: Var, second: Var, weight: Term, known: Theorem) -> Theorem:
    """The sum of weight * left = weight * right over two indices."""
    return sum_over(sum_over(scaled(weight, known), second), first)


def matched(weight: Term, level: Var, entry: Var) -> Theorem:
    """sum_a sum_b weight (sum over the hidden space of R_{-a} R_b) = sum_a weight(b = a)."""
    unit = frames.at({place: level})
    known = linear(
        equal(
            weight * total(entry, R(level, entry, -a) * R(level, entry, b)),
            weight * delta(b - a),
        ),
        (weight, unit.at({a: -index(a)})),
    )
    return sum_over(sum_over(known, b), a)


HIDDEN = [
    Hypothesis(
        "frames", "the frames R of the hidden spaces are orthonormal, R* R = I (widths >= K)", "R^*R=I"
    ),
    Hypothesis("outer-symmetric", "the amplitudes of the layers above are symmetric in a (real layers)"),
    Hypothesis("inner-symmetric", "the amplitudes of the layers below are symmetric in a"),
    Hypothesis("middle-symmetric", "the amplitudes of the layer are symmetric in a"),
    Hypothesis("layers-above", "the product of the layers above is U = Phi diag(u) R* / sqrt K (goal top)"),
    Hypothesis(
        "layers-below", "the product of the layers below is T = R diag(t) Phi* / sqrt K (goal bottom)"
    ),
    Hypothesis("layer", "the layer is M = R diag(m) R'*"),
]


@claim(
    id="depth-gradient",
    paper=PAPER,
    kind="extension",
    place="generalises garrod from two layers to any number",
    title="The gradient of every layer of a deep linear network keeps the family",
    plain="Layers W_L = Phi diag R* / sqrt K, W_l = R_l diag R_{l-1}* (hidden), W_1 = R diag Phi* / sqrt K: products of "
    "neighbours have the product of the amplitudes and the same form, so by induction over the layers everything above "
    "a hidden layer is Phi diag(u) R*/sqrt K, everything below R diag(t) Phi*/sqrt K. For Z = U M T, M = R diag(m) R'*, the "
    "negative gradient by M is R diag(u (1-phat) t) R'*, phat of the spectrum s = u m t: tangent to the family. (The "
    "first and the last layer are frozen-singular-vectors with W or H the product of the others.)",
    latex=r"-\partial_{W_l}L=R_l\,\mathrm{diag}\Bigl((1-\hat p_a)\prod_{m\ne l}\sigma_{m,a}\Bigr)R_{l-1}^*",
    scope="every K, every width >= K, every finite abelian group, every real layers of the family",
    hypotheses=HIDDEN,
    goals={
        "hidden layers": equal(
            total(r, hidden(after, outer(a), between) * hidden(between, inner(a), before, r, u)),
            hidden(after, outer(a) * inner(a), before, q, u),
        ),
        "top": equal(
            total(q, from_classes(outer(a), after) * hidden(after, inner(a), before)),
            from_classes(outer(a) * inner(a), before, r),
        ),
        "bottom": equal(
            total(r, hidden(after, outer(a), before) * to_classes(before, inner(a))),
            to_classes(after, outer(a) * inner(a), q),
        ),
        "gradient": equal(-grad_M(q, r), hidden(after, outer(a) * (1 - phat(a)) * inner(a), before)),
    },
    depends=["frozen-singular-vectors"],
    expected="proved",
    tags=["reduction", "depth", "all-K"],
)
def depth_gradient(bench: Workbench) -> None:
    """Frames cancel between neighbours; the chain rule gives U^T (Y - P) T^T for the layer between U and T."""
    chained = outer(a) * inner(b)
    through = {
        "hidden layers": matched(R(after, q, a) * chained * R(before, u, -index(b)), between, r),
        "top": matched(root_K * chi(a, k) * chained * R(before, r, -index(b)), after, q),
        "bottom": matched(root_K * R(after, q, a) * chained * chi(b, -j), before, r),
    }
    for name, known in through.items():
        bench.show(name, linear(bench.goal(name), known))

    # The loss as a function of one layer: Z = U M T.
    base = softmax(s_even)
    Z_is = define(Z(i, j), total(u, total(v, U(i, u) * M(u, v) * T(v, j))))
    column_is = define(column(j), total(i, exp(Z(i, j))))
    column_positive = linear(greater(column(j), 0), sum_over(exp_positive(Z(i, j)), i), unfold=[column_is])
    P_is = define(P(i, j), exp(Z(i, j)) / column(j))
    loss_is = define(loss, total(j, log(column(j)) - Z(j, j)))
    toward = {"M": ((u, v), delta(u - q) * delta(v - r))}
    fixed = ["U", "T"]
    Z_dot = derivative(Z_is, Function("Z_M", ("G", "G", "F", "F"))(i, j, q, r), toward, constants=fixed)
    column_dot = derivative(
        column_is, Function("column_M", ("G", "F", "F"))(j, q, r), toward, along=[Z_dot], constants=fixed
    )
    slope = derivative(
        loss_is,
        grad_M(q, r),
        toward,
        along=[Z_dot, column_dot],
        constants=fixed,
        regular=[column_positive],
    )
    chain = linear(
        equal(grad_M(q, r), total(j, total(k, U(k, q) * (P(k, j) - delta(k - j)) * T(r, j)))),
        slope,
        unfold=[P_is, column_dot, Z_dot],
    )

    # On the family Z_ij = z(i - j), by the products above.
    above = hypothesis("layers-above", equal(U(k, q), from_classes(outer(a), after)))
    below = hypothesis("layers-below", equal(T(r, j), to_classes(before, inner(a))))
    layer = hypothesis("layer", equal(M(q, r), hidden(after, middle(a), before)))
    even = [outer_even, inner_even, middle_even, base.p_even]
    top_i = substitute(from_classes(outer(a), after, u), {k: index(i)})
    shape = hidden(after, middle(a), before, u, v)
    bottom = to_classes(before, inner(a), v)
    Z_form = linear(
        equal(Z(i, j), z(i - j)),
        over(u, v, M(u, v) * T(v, j), above.at({k: i, q: u})),
        over(u, v, top_i * T(v, j), layer.at({q: u, r: v})),
        over(u, v, top_i * shape, below.at({r: v})),
        sum_over(
            scaled(
                bottom, matched(root_K * chi(a, i) * outer(a) * middle(b) * R(before, v, -index(b)), after, u)
            ),
            v,
        ),
        matched(root_K**2 * chi(a, i) * outer(a) * middle(a) * inner(b) * chi(b, -j), before, v),
        unfold=[Z_is, base.z_is, s_is],
    )
    column_form = linear(equal(column(j), Q), unfold=[column_is, Z_form, base.Q_is])
    P_form = linear(equal(P(i, j), p(i - j)), unfold=[P_is, Z_form, column_form, base.p_is])
    error = p(k - j) - delta(k - j)
    top = from_classes(outer(a), after)
    bench.show(
        "gradient",
        linear(
            bench.goal("gradient"),
            (-1, chain),
            (-1, over(k, j, error * T(r, j), above)),
            (-1, over(k, j, error * top, below)),
            unfold=[P_form, base.phat_is],
            even=even,
        ),
    )
