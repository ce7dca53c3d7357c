"""One term of a sum, the largest value off 0, squares and logarithms: what holds, and what is refused."""

from fractions import Fraction as F

import pytest

from ncverify.derive.kernel import (
    ProofError,
    at_least,
    delta_at_most_one,
    equal,
    greater,
    hypothesis,
    log_parabola,
    maximum,
    maximum_nonzero,
    one_of_sum,
    square,
    square_order,
)
from ncverify.derive.terms import Function, Sum, Sym, Var, chi, delta, index, log

K, x, y = Sym("K"), Sym("x"), Sym("y")
g, h = Var("g", "G"), Var("h", "G")
a, b = Var("a", "D"), Var("b", "D", fixed=True)
here = Var("here", "G", fixed=True)
f, m = Function("f", ("G",)), Function("m", ("G", "G"))
R = Function("R", ("F", "D"))
classes = hypothesis("classes", at_least(K, 2))


def assume(relation, kind="structural"):
    return hypothesis("h", relation, kind)


def test_a_sum_is_at_least_each_nonnegative_term():
    known = one_of_sum(square(f(g)), g)
    assert known.relation == at_least(Sum(g, f(g) * f(g)) - f(g) * f(g), 0)
    off = one_of_sum(assume(greater(f(g), 0).where(g)), g, nonzero=True)
    assert off.relation == at_least(Sum(g, f(g), nonzero=True) - f(g), 0).where(g)
    # sum over the nonzero ones of what is always >= 0 still needs g != 0: f(0) is not one of the terms
    assert one_of_sum(square(f(g)), g, nonzero=True).relation.conditions == {index(g)}


@pytest.mark.parametrize(
    ("known", "var", "nonzero", "reason"),
    [
        (assume(at_least(f(g), 0).where(g)), g, False, "for nonzero"),  # f(0) may be negative
        (assume(at_least(f(g), 0).where(g, h + g)), g, True, "another condition"),  # f(-h) may be negative
        (assume(at_least(f(g), 0).where(index(g).scale(2))), g, True, "another condition"),
        (assume(at_least(f(g), 1)), g, False, "are needed"),
        (assume(equal(f(g), 0)), g, False, "are needed"),
        (assume(at_least(f(here), 0)), here, False, "fixed index"),
    ],
)
def test_terms_that_may_be_negative_are_refused(known, var, nonzero, reason):
    with pytest.raises(ProofError, match=reason):
        one_of_sum(known, var, nonzero=nonzero)


def test_a_delta_is_at_most_one():
    assert delta_at_most_one(g - h).relation == at_least(1 - delta(g - h), 0)


def test_the_largest_value_off_zero_needs_two_indices():
    with pytest.raises(ProofError, match="K >= 2 is needed"):
        maximum_nonzero(f(g), g, assume(at_least(K, 1)))
    with pytest.raises(ProofError, match="K >= 2 is needed"):
        maximum_nonzero(f(g), g, assume(at_least(x, 2)))


@pytest.mark.parametrize("values", [m(g, h), f(-g), f(g + h), f(here)])
def test_the_family_is_one_function_of_one_free_index(values):
    with pytest.raises(ProofError):
        maximum_nonzero(values, g, classes)


def test_complex_families_and_compound_names_have_no_largest_member():
    with pytest.raises(ProofError):
        maximum_nonzero(R(Var("r", "F"), a), a, classes)
    with pytest.raises(ProofError, match="plain name"):
        maximum_nonzero(Function("f_g", ("G",))(g), g, classes)


def test_places_of_different_maxima_have_different_names():
    off, _, top = maximum_nonzero(f(g), g, classes)
    _, other = maximum(f(g), g)
    _, _, second = maximum_nonzero(Function("q", ("G",))(g), g, classes)
    assert len({top, other, second}) == 3
    assert set(off.hypotheses) == {"classes"}


def test_nobody_assumes_anything_of_the_place_of_a_maximum():
    _, _, top = maximum_nonzero(f(g), g, classes)
    with pytest.raises(ProofError, match="chosen index"):
        assume(equal(f(top), 0))


def test_squares_order_nonnegative_numbers():
    known = square_order(assume(at_least(x, 0)), hypothesis("s", at_least(x * x, y * y)), y)
    assert known.relation == at_least(x, y)


@pytest.mark.parametrize(
    ("nonnegative", "squares", "smaller", "reason"),
    [
        (at_least(x, -1), at_least(x * x, y * y), y, "y >= 0"),  # x = -1, y = 0
        (at_least(y, 0), at_least(x * x, y * y), y, "y\\^2 >= x\\^2"),  # x = -2, y = 1
        (at_least(x, 0), at_least(y * y, x * x), y, "y\\^2 >= x\\^2"),
        (at_least(x, 0), equal(x * x, y * y), y, "y\\^2 >= x\\^2"),
        (at_least(x, 0), at_least(x * x, chi(b, here) * chi(b, here)), chi(b, here), "not shown to be real"),
    ],
)
def test_squares_in_another_order_are_refused(nonnegative, squares, smaller, reason):
    with pytest.raises(ProofError, match=reason):
        square_order(assume(nonnegative), hypothesis("s", squares), smaller)


def test_the_parabola_is_below_log_from_one_half_on():
    known = log_parabola(assume(at_least(f(g), F(1, 2)).where(g)))
    assert known.relation == at_least(log(f(g)), (f(g) - 1) - (f(g) - 1) * (f(g) - 1)).where(g)


@pytest.mark.parametrize(
    "known",
    [
        at_least(x, F(1, 4)),  # log(1/4) = -1.386... < -21/16
        greater(x, 0),
        at_least(x - F(1, 2), 0),
        at_least(F(1, 2), x),
        equal(x, F(1, 2)),
    ],
)
def test_below_one_half_the_parabola_is_refused(known):
    with pytest.raises(ProofError, match="x >= 1/2"):
        log_parabola(assume(known))
