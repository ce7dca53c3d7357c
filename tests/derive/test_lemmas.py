"""Instances of lemmas and conditions that hold: what they give, and what they refuse."""

from fractions import Fraction as F

import pytest

from ncverify.derive.kernel import (
    ProofError,
    Relation,
    at_least,
    condition_holds,
    define,
    derivative,
    equal,
    exp_monotone,
    exp_positive,
    greater,
    hypothesis,
    instantiate,
    linear,
    maximum,
    maximum_nonzero,
    number_positive,
    one_of_sum,
    product,
    square,
    square_order,
)
from ncverify.derive.terms import Function, Index, Sym, Var, chi, delta, exp, index, total

K, w, x, y = (Sym(name) for name in ("K", "w", "x", "y"))
g, h = Var("g", "G"), Var("h", "G")
a = Var("a", "D")
here, there = Var("here", "G", fixed=True), Var("there", "G", fixed=True)
f, q = Function("f", ("G",)), Function("q", ("G",))
s, v, z = Function("s", ("D",)), Function("v", ("D",)), Function("z", ("G",))
classes = hypothesis("classes", at_least(K, 2))


def w_positive(kind="pointwise"):
    return hypothesis("w-positive", greater(w, 0), kind)


def lemma(kind="pointwise"):
    """w > 0 gives w w > 0."""
    return product(w_positive(kind), w_positive(kind))


def test_a_lemma_about_a_scalar_has_instances():
    known = instantiate(lemma(), {w: exp(x)}, {}, {"w-positive": exp_positive(x)})
    assert known.relation == greater(exp(x) * exp(x), 0)
    assert not known.hypotheses


def test_what_is_given_brings_its_hypotheses():
    given = hypothesis("x-positive", greater(x, 0), "pointwise")
    known = instantiate(lemma(), {w: x}, {}, {"w-positive": given})
    assert known.relation == greater(x * x, 0)
    assert set(known.hypotheses) == {"x-positive"}


def test_a_hypothesis_about_the_scalar_must_be_shown():
    with pytest.raises(ProofError, match="speaks of what is replaced"):
        instantiate(lemma(), {w: x}, {}, {})


def test_what_is_given_must_be_the_hypothesis():
    weaker = hypothesis("x", at_least(x, 0), "pointwise")
    with pytest.raises(ProofError, match="is not the hypothesis"):
        instantiate(lemma(), {w: x}, {}, {"w-positive": weaker})
    other = hypothesis("y", greater(y, 0), "pointwise")
    with pytest.raises(ProofError, match="is not the hypothesis"):
        instantiate(lemma(), {w: x}, {}, {"w-positive": other})


def test_a_hypothesis_for_all_times_is_not_discharged_at_one_state():
    given = hypothesis("x-positive", greater(x, 0), "pointwise")
    with pytest.raises(ProofError, match="is not the hypothesis"):
        instantiate(lemma("structural"), {w: x}, {}, {"w-positive": given})


def test_a_defined_scalar_is_not_arbitrary():
    w_is = define(w, x * x)
    known = linear(equal(w, x * x), w_is)
    with pytest.raises(ProofError, match="is defined"):
        instantiate(known, {w: y}, {}, {})  # y = x^2 is false
    with pytest.raises(ProofError, match="part of a definition"):
        instantiate(known, {x: y}, {}, {})  # w = y^2 is false


def test_a_scalar_with_a_rate_is_not_arbitrary():
    w_is = define(y, w * w)
    moves = derivative(w_is, Sym("y'"), {"w": ((), Sym("w'"))})
    with pytest.raises(ProofError, match="part of a definition"):
        instantiate(linear(equal(Sym("y'"), 2 * w * Sym("w'")), moves), {w: x}, {}, {})


def test_orders_functions_and_chosen_symbols_are_not_arbitrary():
    positive = linear(greater(K, 0), classes, number_positive(2))
    with pytest.raises(ProofError, match="not an arbitrary scalar"):
        instantiate(positive, {K: -1 * x * x}, {}, {})
    known = square(f(g))
    with pytest.raises(ProofError, match="not an arbitrary scalar"):
        instantiate(known, {Sym("f"): x}, {}, {})
    chosen = hypothesis("h", greater(Sym("top_norm_M_0"), 0), "pointwise")
    with pytest.raises(ProofError, match="not an arbitrary scalar"):
        instantiate(chosen, {Sym("top_norm_M_0"): x}, {}, {})


def test_the_value_is_a_real_number_without_free_indices():
    known = square(w)
    with pytest.raises(ProofError, match="free indices"):
        instantiate(known, {w: f(g)}, {}, {})
    with pytest.raises(ProofError, match="not shown to be real"):
        instantiate(known, {w: chi(Var("b", "D", fixed=True), here)}, {}, {})  # i^2 = -1 < 0


def test_values_that_meet_each_other_are_refused():
    known = hypothesis("xy", greater(x - y, 0), "pointwise")
    with pytest.raises(ProofError, match="occurs in a value"):
        instantiate(known, {x: y, y: x}, {}, {"xy": known})


def test_a_statement_about_all_times_has_no_instances():
    lasting = hypothesis("grows", Relation(w, "->oo"))
    with pytest.raises(ProofError, match="about all times"):
        instantiate(lasting, {w: x}, {}, {})


def test_a_fixed_index_is_replaced_only_with_what_is_known_of_it():
    assumed = hypothesis("here", at_least(f(here), f(g)), "pointwise")
    known = linear(at_least(f(here), f(h)), assumed.at({g: h}))
    with pytest.raises(ProofError, match="speaks of what is replaced"):
        instantiate(known, {}, {here: there}, {})  # f(there) need not be the largest value
    largest, top = maximum(f(g), g)
    moved = instantiate(known, {}, {here: top}, {"here": linear(at_least(f(top), f(g)), largest)})
    assert moved.relation == at_least(f(top), f(h))
    assert not moved.hypotheses


def test_chosen_and_free_indices_are_not_replaced():
    largest, top = maximum(f(g), g)
    with pytest.raises(ProofError, match="chosen index"):
        instantiate(largest, {}, {top: here}, {})
    with pytest.raises(ProofError, match="not an arbitrary index"):
        instantiate(square(f(g)), {}, {g: here}, {})
    with pytest.raises(ProofError, match="free indices"):
        instantiate(square(f(here)), {}, {here: g}, {})


def test_an_instance_may_not_break_a_condition():
    known = hypothesis("off", equal(f(here), 1).where(here), "pointwise")
    with pytest.raises(ProofError, match="excluded by a condition"):
        instantiate(known, {}, {here: Index("G")}, {"off": known})


def test_a_condition_that_holds_is_dropped():
    known = hypothesis("off", equal(f(here), 1).where(here), "pointwise")
    off = hypothesis("place", equal(delta(here), 0), "pointwise")
    assert condition_holds(known, off).relation == equal(f(here), 1)
    assert set(condition_holds(known, off).hypotheses) == {"off", "place"}


@pytest.mark.parametrize(
    ("shown", "reason"),
    [
        (equal(delta(there), 0), "has no condition"),
        (equal(delta(here), 1), "is needed"),
        (equal(2 * delta(here), 0), "is needed"),
        (equal(delta(here), 0).where(here), "without conditions"),
        (equal(delta(index(here).scale(2)), 0), "has no condition"),
    ],
)
def test_a_condition_is_dropped_only_if_it_holds(shown, reason):
    known = hypothesis("off", equal(f(here), 1).where(here), "pointwise")
    with pytest.raises(ProofError, match=reason):
        condition_holds(known, hypothesis("place", shown, "pointwise"))


def test_a_condition_on_a_free_index_stays():
    known = hypothesis("off", equal(f(g), 1).where(g))
    with pytest.raises(ProofError, match="fixed indices"):
        condition_holds(known, hypothesis("place", equal(delta(g), 0)))


def test_a_derivative_along_an_asymmetric_direction_is_not_taken_for_real():
    """Else (sum_a v_a chi_a(g))^2 >= 0 would follow; for Z_3 and v = (0, 1, -1) it is -3."""
    symmetric = hypothesis("symmetric", equal(s(-a), s(a)))
    z_is = define(z(g), total(a, s(a) * chi(a, g)), even=[symmetric])
    z_v = Function("z_v", ("G",))
    with pytest.raises(ProofError, match="not shown to be real"):
        derivative(z_is, z_v(g), {"s": ((a,), v(a))})
    even = hypothesis("v-symmetric", equal(v(-a), v(a)))
    assert "v-symmetric" in derivative(z_is, z_v(g), {"s": ((a,), v(a))}, even=[even]).hypotheses


def test_lemmas_work_together():
    """The largest value off 0 is at least the mean: sum f <= (K-1) max f."""
    largest, place, top = maximum_nonzero(f(g), g, classes)
    assert place.relation == equal(delta(top), 0)
    assert largest.relation == at_least(f(top) - f(g), 0).where(g)
    terms = one_of_sum(largest, g, nonzero=True).at({g: top})
    assert condition_holds(terms, place).relation.conditions == frozenset()
    known = square_order(
        w_positive(),
        linear(at_least(w * w, F(1, 4)), hypothesis("w-large", at_least(w * w, F(1, 4)), "pointwise")),
        F(1, 2),
    )
    assert known.relation == at_least(w, F(1, 2))
    assert exp_monotone(known).relation == at_least(exp(w), exp(F(1, 2)))
