"""Every singular value grows, and their sum grows without bound."""

from __future__ import annotations

from fractions import Fraction

from ncverify.book.registry import claim
from ncverify.derive.kernel import (
    Relation,
    Theorem,
    at_least,
    character_real_part,
    character_real_part_lower,
    define,
    derivative,
    equal,
    exp_monotone,
    exp_positive,
    global_solution,
    greater,
    linear,
    product,
    reciprocal,
    sign_preserved,
    sum_over,
    unbounded,
)
from ncverify.derive.terms import Sym, chi, exp, total, total_nonzero
from ncverify.evidence.enclosures import modes_grow
from ncverify.evidence.instances import CYCLIC, WALSH, instances
from ncverify.evidence.workbench import Workbench
from ncverify.theory.groups import AbelianGroup

from .model import (
    CLASSES,
    FLOW,
    PAPER,
    POSITIVE,
    SYMMETRIC,
    ZERO_MODE,
    K,
    Q,
    S,
    Softmax,
    a,
    classes,
    g,
    h,
    order,
    p,
    phat,
    positive,
    s,
    s_rate,
    softmax,
    symmetric,
    z,
    zero_mode,
)

S_rate = Sym("S'")
floor = exp(-2 * S / K)


@claim(
    id="growth",
    paper=PAPER,
    kind="published",
    place="abstract (dynamics of the singular values); the explicit rate is ours",
    title="Every positive singular value grows, and their sum is unbounded",
    plain="1 - phat_a = sum_g p(g) (1 - Re chi_a(g)) (for Z_2^m: twice the mass where chi_a = -1), which is at "
    "least exp(-2 S/K) > 0 for a != 0; so each s_a > 0 increases strictly, S' >= 2 S exp(-2 S/K), the solution "
    "exists for all times, and S tends to infinity.",
    latex=r"1-\hat p_a=\sum_g p(g)\,(1-\mathrm{Re}\,\chi_a(g))\ge e^{-2S/K}>0,\qquad S(t)\to\infty",
    scope="every K >= 2, every finite abelian group, every real symmetric positive spectrum",
    hypotheses=[SYMMETRIC, FLOW, POSITIVE, ZERO_MODE, CLASSES],
    goals={
        "mass": equal(1 - phat(a), total(g, p(g) * (1 - (chi(a, g) + chi(-a, g)) / 2))),
        "rate": at_least(1 - phat(a), floor).where(a),
        "increasing": greater(s_rate(a), 0).where(a),
        "sum": at_least(S_rate, 2 * S * floor),
        "sign": Relation(s(a), "keeps sign").where(a),
        "lasting": Relation(s(a), "global").where(a),
        "unbounded": Relation(S, "->oo"),
    },
    depends=["reduced-ode"],
    expected="proved",
    tags=["growth", "all-K"],
)
def growth(bench: Workbench) -> None:
    """|z(g)| <= S/K bounds every p(g) from below; characters have modulus 1."""
    base = softmax(symmetric)
    flow = bench.assume("balanced-flow", "reduced-ode", "balanced")
    S_is = define(S, total_nonzero(a, s(a)))
    S_positive = linear(greater(S, 0), sum_over(positive, a, nonzero=True, several=classes), unfold=[S_is])

    mass = bench.show(
        "mass",
        linear(bench.goal("mass"), unfold=[base.phat_is], even=[base.p_even], contract=[base.p_total]),
    )

    bench.beside(lambda: instances(base.definitions, {"mass": bench.claim.goals["mass"]}, [*WALSH, *CYCLIC]))

    uneven = [Fraction(x) for x in (18, 24, 1, 1, 1, 18, 18)]
    bench.beside(
        lambda: modes_grow(
            AbelianGroup.walsh(3), uneven, ["1/1000", "1", "1e6", "1e30", "1e100"], bench.settings.digits
        )
    )

    rate = bench.show("rate", linear(bench.goal("rate"), mass_floor(base, S_is, positive, mass)))
    moving = linear(greater(1 - phat(a), 0).where(a), rate, exp_positive(-2 * S / K))
    increasing = bench.show(
        "increasing",
        linear(bench.goal("increasing"), (2, product(positive, moving)), flow),
    )

    S_dot = derivative(S_is, S_rate, {"s": ((a,), s_rate(a))})
    pushed = product(positive, linear(at_least(1 - phat(a) - floor, 0).where(a), rate))
    total_rate = bench.show(
        "sum",
        linear(
            bench.goal("sum"),
            S_dot,
            sum_over(flow, a, nonzero=True),
            (2, sum_over(pushed, a, nonzero=True)),
            (-2 * floor, S_is),
        ),
    )

    # It lasts: 1 - phat_a <= 2, so no component grows faster than exponentially.
    slow = linear(
        at_least(2, 1 - phat(a)),
        sum_over(product(base.p_positive, character_real_part_lower(a, g)), g),
        (-1, mass),
        contract=[base.p_total],
        even=[base.p_even],
    )
    flow_on = linear(equal(s_rate(a), s(a) * (2 * (1 - phat(a)))).where(a), flow)
    sign = bench.show(
        "sign",
        sign_preserved(flow_on, s(a), 2 * (1 - phat(a)), smooth=[*base.definitions, base.Q_positive]),
    )
    lower = linear(at_least(s_rate(a), 0).where(a), increasing)
    upper = linear(at_least(4 * s(a) - s_rate(a), 0).where(a), (2, product_with(positive, slow)), (-1, flow))
    lasting = bench.show("lasting", global_solution(sign, lower, upper, 4))
    bench.show("unbounded", unbounded(total_rate, S_positive, S, S_rate, along=[sign, lasting, zero_mode]))


def product_with(first: Theorem, second: Theorem) -> Theorem:
    """x (u - v) >= 0 from x > 0 and u >= v."""
    relation = second.relation
    return product(first, linear(at_least(relation.lhs - relation.rhs, 0), second))


def mass_floor(base: Softmax, S_is: Theorem, amounts: Theorem, mass: Theorem) -> Theorem:
    """1 - phat_a >= e^{-2S/K} for a != 0, from ``amounts``: s_a > 0 or s_a >= 0 for a != 0."""
    # z(0) - z(g) and S/K + z(g) are sums of s_a (1 -+ Re chi) >= 0.
    upper_terms = sum_over(product(amounts, character_real_part(a, g)), a, nonzero=True)
    lower_terms = sum_over(product(amounts, character_real_part_lower(a, g)), a, nonzero=True)
    inverse_order = reciprocal(order)
    z_upper = linear(
        at_least(S / K, z(g)),
        (inverse_order, upper_terms),
        (-1 / K, zero_mode),
        unfold=[S_is, base.z_is],
        even=[symmetric],
    )
    z_lower = linear(
        at_least(z(g), -S / K),
        (inverse_order, lower_terms),
        (1 / K, zero_mode),
        unfold=[S_is, base.z_is],
        even=[symmetric],
    )
    # so exp z(g) >= exp(z(h)) exp(-2S/K) for all g, h; sum over h and divide by K Q.
    spread = linear(at_least(z(g), z(h) - 2 * S / K), z_lower, z_upper.at({g: h}))
    weights = sum_over(exp_monotone(spread), h)
    p_floor = linear(
        at_least(p(g), floor / K),
        (product(reciprocal(base.Q_positive), inverse_order), weights),
        base.p_is,
        (-floor / K / Q, base.Q_is),
        nonzero=[base.Q_positive],
    )
    turned = product(linear(at_least(p(g) - floor / K, 0), p_floor), character_real_part(a, g))
    return linear(at_least(1 - phat(a), floor).where(a), mass, sum_over(turned, g))
