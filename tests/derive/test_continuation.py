"""Solutions that last, bounds that are kept and constants in a comparison: what each rule asks for."""

import pytest

from ncverify.derive.kernel import (
    ProofError,
    Relation,
    at_least,
    bounded_growth,
    define,
    derivative,
    equal,
    exp_positive,
    greater,
    hypothesis,
    linear,
    nondecreasing,
    nonincreasing,
    reciprocal,
    square,
    stays_positive,
    unbounded,
)
from ncverify.derive.terms import Function, Index, Sym, Var, delta, exp, log, total

K, x, y, w, D, D_rate = Sym("K"), Sym("x"), Sym("y"), Sym("w"), Sym("D"), Sym("D'")
x_rate, y_rate = Sym("x'"), Sym("y'")
f, f_rate = Function("f", ("G",)), Function("f'", ("G",))
g = Var("g", "G")
RATES = {"x": ((), x_rate), "y": ((), y_rate)}


def turning(field=y, kind="structural", rates=None, body=None):
    """x' = y, y' = -x and D = x^2 + y^2; with another field the growth is only assumed."""
    size = define(D, x * x + y * y if body is None else body)
    D_dot = derivative(size, D_rate, RATES if rates is None else rates)
    flow = [
        hypothesis("flow-x", equal(x_rate, field), kind),
        hypothesis("flow-y", equal(y_rate, -x)),
    ]
    if (field, rates, body) == (y, None, None):
        growth = linear(
            at_least(D, D_rate),
            (1, square(x)),
            (1, square(y)),
            size,
            (-1, D_dot),
            (-2 * x, flow[0]),
            (-2 * y, flow[1]),
        )
    else:
        growth = linear(at_least(D, D_rate), hypothesis("growth", at_least(D, D_rate)), (0, D_dot))
    return {"size": size, "growth": growth, "flow": flow, "value": x, "factor": 1, "smooth": []}


def lasts(given):
    return bounded_growth(
        *(given[name] for name in ("size", "growth", "flow", "value", "factor")), smooth=given["smooth"]
    )


def test_what_grows_at_most_exponentially_lasts():
    known = lasts(turning())
    assert known.relation == Relation(x, "global")
    assert set(known.hypotheses) == {"flow-x", "flow-y"}
    assert lasts({**turning(), "value": y}).relation == Relation(y, "global")


def test_families_and_smooth_denominators():
    size = define(D, total(g, f(g) ** 2))
    D_dot = derivative(size, D_rate, {"f": ((g,), f_rate(g))})
    growth = linear(at_least(K * D, D_rate), hypothesis("growth", at_least(K * D, D_rate)), (0, D_dot))
    weight = define(w, exp(f(Index("G"))))
    positive = linear(greater(w, 0), exp_positive(f(Index("G"))), weight)
    flow = hypothesis("flow", equal(f_rate(g), f(g) / w))
    assert bounded_growth(size, growth, [flow], f(g), K, smooth=[weight, positive]).relation.lhs == f(g)
    with pytest.raises(ProofError, match="singular"):
        bounded_growth(size, growth, [flow], f(g), K, smooth=[weight])
    assumed = hypothesis("positive", greater(w, 0))
    with pytest.raises(ProofError, match="whatever is assumed"):
        bounded_growth(size, growth, [flow], f(g), K, smooth=[weight, assumed])


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        (x * x, None),  # blows up, but here the growth is assumed
        (y + w, "made of the components"),  # w may blow up
        (1 / x, "singular"),
        (log(x), "singular"),
        (f(Index("G")), "made of the components"),
    ],
)
def test_the_field_is_smooth_at_every_state(field, reason):
    given = turning(field)
    if reason is None:
        assert set(lasts(given).hypotheses) == {"flow-x", "flow-y", "growth"}
    else:
        with pytest.raises(ProofError, match=reason):
            lasts(given)


def test_every_premise_of_bounded_growth_is_checked():
    given = turning()
    other = hypothesis("h", equal(D, x * x + y * y))
    for change, reason in (
        ({"size": other}, "the definition of a scalar"),
        ({"factor": w}, "numbers and orders"),
        ({"factor": delta(g)}, "numbers and orders"),
        ({"factor": 2}, "c D - D' >= 0"),
        ({"growth": hypothesis("h", equal(D, D_rate))}, "c D - D' >= 0"),
        ({"growth": hypothesis("h", at_least(D, D_rate).where(g))}, "c D - D' >= 0"),
        ({"growth": hypothesis("h", at_least(D, D_rate))}, "derivative of D in time"),
        ({"growth": hypothesis("h", at_least(D, D_rate), "open")}, "at all times"),
        ({"flow": given["flow"][:1]}, "made of the components"),
        ({"flow": given["flow"][:1] * 2}, "one equation"),
        ({"value": w}, "one of them"),
        ({"flow": [hypothesis("h", at_least(x_rate, y)), given["flow"][1]]}, "an equation x' = F"),
        ({"flow": [hypothesis("h", equal(x_rate, y).where(g)), given["flow"][1]]}, "an equation x' = F"),
        ({"flow": [hypothesis("h", equal(x, y)), given["flow"][1]]}, "for a rate"),
        ({"flow": [hypothesis("h", equal(f_rate(Index("G")), y)), given["flow"][1]]}, "bare index"),
    ):
        with pytest.raises(ProofError, match=reason):
            lasts({**given, **change})
    with pytest.raises(ProofError, match="at all times"):
        lasts(turning(kind="pointwise"))
    with pytest.raises(ProofError, match="sum of the squares"):
        lasts(turning(body=x * x - y * y))
    with pytest.raises(ProofError, match="in time"):
        lasts(turning(rates={"x": ((), y), "y": ((), y_rate)}))
    defined = linear(equal(x_rate, y), define(x_rate, y))
    with pytest.raises(ProofError, match="took it for primitive"):
        lasts({**given, "flow": [defined, given["flow"][1]]})


FALLS = hypothesis("falls", at_least(0, x_rate))


def rising(assumed, kind="open"):
    """y' >= 0, by a proof that rests on a bound, too."""
    bound, trivial = hypothesis("bound", assumed, kind), linear(equal(1, 1))
    return linear(at_least(y_rate, 0), hypothesis("rises", at_least(y_rate, 0)), (bound, trivial))


def test_a_bound_of_what_never_grows_is_kept():
    falling = nonincreasing(FALLS, x)
    assert falling.relation == Relation(x, "nonincreasing")
    for bound in (greater(K, x), at_least(log(K), x)):
        known = nondecreasing(rising(bound), y, along=[falling])
        assert set(known.hypotheses) == {"falls", "rises", "bound"}
    growing = nondecreasing(hypothesis("grows", at_least(x_rate, 0)), x)
    assert nondecreasing(rising(greater(x, 2)), y, along=[growing])


@pytest.mark.parametrize(
    ("assumed", "kind"),
    [
        (greater(x, K), "open"),
        (greater(w, x), "open"),
        (greater(K, w), "open"),
        (greater(K, x), "pointwise"),
        (greater(delta(g), x), "open"),
    ],
)
def test_what_is_not_kept_by_what_never_grows(assumed, kind):
    falling = nonincreasing(FALLS, x)
    with pytest.raises(ProofError, match="hold at all times"):
        nondecreasing(rising(assumed, kind), y, along=[falling])


def test_what_never_grows():
    for wrong, reason in (
        (at_least(x_rate, 0), "0 >= x'"),
        (at_least(1, x_rate), "0 >= x'"),
        (at_least(0, y_rate), "that of the value"),
        (equal(0, x_rate), "0 >= x'"),
    ):
        with pytest.raises(ProofError, match=reason):
            nonincreasing(hypothesis("h", wrong), x)
    with pytest.raises(ProofError, match="hold at all times"):
        nonincreasing(hypothesis("h", at_least(0, x_rate), "pointwise"), x)


def driven(constants=("w",), rates=None):
    """D = x with x' >= w x."""
    moved = {"x": ((), x_rate)} if rates is None else rates
    size = define(D, x)
    D_dot = derivative(size, D_rate, moved, constants=list(constants))
    flow = hypothesis("flow", at_least(x_rate, w * x))
    rate = linear(at_least(D_rate, w * D), flow, D_dot, (-w, size))
    return rate, linear(greater(D, 0), hypothesis("positive", greater(x, 0)), size)


def test_a_positive_constant_in_a_comparison():
    rate, floor = driven()
    lasting = hypothesis("lasting", Relation(x, "global"))
    weight = hypothesis("weight", greater(w, 0))
    assert unbounded(rate, floor, D, D_rate, along=[lasting, weight]).relation == Relation(D, "->oo")
    for along, reason in (
        ([lasting], "phi is not recognised"),
        ([lasting, hypothesis("weight", at_least(w, 0))], "phi is not recognised"),
        ([lasting, hypothesis("weight", greater(w, 0), "pointwise")], "hold at all times"),
        ([lasting, reciprocal(weight)], "phi is not recognised"),
    ):
        with pytest.raises(ProofError, match=reason):
            unbounded(rate, floor, D, D_rate, along=along)
    for changes in ({"constants": ()}, {"constants": (), "rates": {"x": ((), x_rate), "w": ((), Sym("w'"))}}):
        with pytest.raises(ProofError, match="phi is not recognised"):
            unbounded(*driven(**changes), D, D_rate, along=[lasting, weight])


def sinking(kind="structural", assumed=None, factor=None):
    """x' >= -(w + 1/v) x with v = e^y."""
    v_is = define(Sym("v"), exp(y))
    positive = linear(greater(Sym("v"), 0), exp_positive(y), v_is)
    c = w + 1 / Sym("v") if factor is None else factor
    rate = hypothesis("slow", at_least(x_rate, -1 * x * c) if assumed is None else assumed, kind)
    return rate, c, v_is, positive


def test_what_falls_at_most_exponentially_stays_positive():
    rate, c, v_is, positive = sinking()
    known = stays_positive(rate, x, c, smooth=[v_is, positive])
    assert known.relation == Relation(x, "stays positive")
    for sign in (greater(x, 0), at_least(x, 0)):
        assert nondecreasing(rising(sign), y, along=[known])
    for other in (greater(x, 1), greater(0, x), greater(y, 0)):
        with pytest.raises(ProofError, match="hold at all times"):
            nondecreasing(rising(other), y, along=[known])


def test_every_premise_of_staying_positive_is_checked():
    rate, c, v_is, positive = sinking()
    with pytest.raises(ProofError, match="singular"):
        stays_positive(rate, x, c, smooth=[v_is])
    with pytest.raises(ProofError, match="x' \\+ c x >= 0"):
        stays_positive(rate, x, w, smooth=[v_is, positive])
    with pytest.raises(ProofError, match="x' \\+ c x >= 0"):
        stays_positive(sinking(assumed=equal(x_rate, -1 * x * c))[0], x, c, smooth=[v_is, positive])
    with pytest.raises(ProofError, match="hold at all times"):
        stays_positive(sinking(kind="pointwise")[0], x, c, smooth=[v_is, positive])
    with pytest.raises(ProofError, match="hold at all times"):
        stays_positive(sinking(kind="open")[0], x, c, smooth=[v_is, positive])
    with pytest.raises(ProofError, match="singular"):
        stays_positive(sinking(factor=log(y))[0], x, log(y))
    with pytest.raises(ProofError, match="singular"):
        stays_positive(sinking(factor=1 / x)[0], x, 1 / x)
    wrong = linear(at_least(x_rate, -1 * x), define(x_rate, -1 * x))
    with pytest.raises(ProofError, match="that of the value"):
        stays_positive(wrong, x, 1)
