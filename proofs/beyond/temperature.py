"""The cross-entropy at a temperature: the flow of the spectrum s/T in another time."""

from __future__ import annotations

from functools import lru_cache

from ncverify.book.registry import claim
from ncverify.derive.kernel import (
    Theorem,
    define,
    derivative,
    equal,
    exp_positive,
    greater,
    linear,
    sum_over,
)
from ncverify.derive.terms import Function, Sym, chi, delta, exp, log, total
from ncverify.evidence.workbench import Workbench

from ..garrod.model import K, a, g, i, j, s, s_rate, z
from ..garrod.reduced import BALANCED, FAMILY, GRADIENT_FLOW, L, P, Z, column
from .losses import (
    AMPLITUDES,
    Reduced,
    columns,
    family,
    on_the_family,
    pull,
    reduced,
    slopes,
    spectrum_rate,
)

T = Sym("temp")
Q_T, p_T, phat_T = Sym("QT"), Function("pT", ("G",)), Function("phatT", ("D",))
u, u_rate = Function("u", ("D",)), Function("u'", ("D",))


@claim(
    id="temperature-flow",
    paper="beyond",
    kind="extension",
    place="the cross-entropy at temperature T on the spectral family",
    title="Temperature: the flow of s/T is that of the cross-entropy in another time",
    plain="For the cross-entropy of softmax(Z/T), with phat^T the transform of p^T = softmax(z/T), the family is "
    "invariant and, balanced, s_a' = (2/T) s_a (1 - phat^T_a). With u = s/T, p^T is the softmax of the spectrum u and "
    "u_a' = (1/T) 2 u_a (1 - phat^T_a): the flow at T = 1 in the time t/T.",
    latex=r"\dot s_a=\tfrac2T\,s_a\bigl(1-\hat p^{(T)}_a\bigr)",
    scope="every K and d, every finite abelian group, every real T != 0, every real alpha, beta and frame R",
    hypotheses=[*FAMILY, *GRADIENT_FLOW, BALANCED],
    goals={
        **reduced((1 - phat_T(a)) / T),
        "flow": equal(s_rate(a), 2 / T * s(a) * (1 - phat_T(a))),
        "softmax of u": equal(Q_T * p_T(g), exp(total(a, u(a) * chi(a, g)) / K)),
        "flow of u": equal(u_rate(a), 2 * u(a) * (1 - phat_T(a)) / T),
    },
    expected="proved",
    tags=["reduction", "losses", "all-K"],
)
def temperature_flow(bench: Workbench) -> None:
    """The pull is (1 - P)/T, circulant; then s = T u."""
    base, (p_is, Q_positive, found) = family().base, tempered()
    moving = bench.show("flow", linear(bench.goal("flow"), found.show(bench)))
    u_is = define(u(a), s(a) / T)
    bench.show(
        "softmax of u",
        linear(bench.goal("softmax of u"), unfold=[p_is, base.z_is, u_is], nonzero=[Q_positive]),
    )
    u_dot = derivative(u_is, u_rate(a), AMPLITUDES, along=[spectrum_rate()], constants=["temp"])
    bench.show("flow of u", linear(bench.goal("flow of u"), u_dot, (1 / T, moving), unfold=[u_is]))


@lru_cache(maxsize=1)
def tempered() -> tuple[Theorem, Theorem, Reduced]:
    """p^T, that its sum is positive, and the flow of the loss at temperature T."""
    x, soft = family(), columns(Z(i, j) / T)
    L_is = define(L, -total(j, log(P(j, j))))
    pull_is = define(pull(i, j), (delta(i - j) - P(i, j)) / T)
    found = slopes(L_is, soft, pull_is, constants=["temp"])
    Q_is = define(Q_T, total(g, exp(z(g) / T)))
    Q_positive = linear(greater(Q_T, 0), sum_over(exp_positive(z(g) / T), g), unfold=[Q_is])
    p_is = define(p_T(g), exp(z(g) / T) / Q_T)
    p_even = linear(equal(p_T(-g), p_T(g)), unfold=[p_is], even=[x.base.z_even])
    phat_is = define(phat_T(a), total(g, p_T(g) * chi(a, g)), even=[p_even])
    column_form = linear(equal(column(j), Q_T), unfold=[soft.column_is, x.Z_form, Q_is])
    form = linear(
        equal(pull(i, j), (delta(i - j) - p_T(i - j)) / T),
        unfold=[pull_is, soft.P_is, x.Z_form, column_form, p_is],
    )
    flow = on_the_family((1 - phat_T(a)) / T, found, form, unfold=[phat_is], even=[p_even])
    return p_is, Q_positive, flow
