"""Cases and contradictions, squares and roots: what they conclude, and that they cannot be misused."""

import pytest

from ncverify.derive.kernel import (
    ProofError,
    absurd,
    at_least,
    dichotomy,
    different,
    equal,
    everywhere,
    greater,
    hypothesis,
    linear,
    maximum,
    root_nonnegative,
    root_square,
    square_zero,
)
from ncverify.derive.terms import Function, Sym, Var, chi, delta, exp, sqrt, zero

x, y, z = Sym("x"), Sym("y"), Sym("z")
h, k = Var("h", "G"), Var("k", "G")
f = Function("f", ("G",))
goal = greater(z, 0)


def test_two_complementary_cases_need_neither():
    gap = greater(x, y)
    one = linear(at_least(x, y), hypothesis("larger", gap, "pointwise"))
    contradiction = hypothesis("no", greater(x, y))
    other = absurd(
        linear(greater(0, 0), contradiction, hypothesis("smaller", at_least(y, x), "pointwise")),
        at_least(x, y),
    )
    shown = dichotomy(one, other, ("larger", "smaller"))
    assert shown.relation == at_least(x, y)
    assert set(shown.hypotheses) == {"no"}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (greater(x, y), at_least(x, y)),
        (greater(x, y), greater(y, x)),
        (at_least(x, y), at_least(y, x)),
        (greater(x, y), at_least(z, x)),
        (greater(f(k), y), at_least(y, f(k))),
        (greater(x, y).where(k), at_least(y, x).where(k)),
    ],
)
def test_other_pairs_are_not_cases(first, second):
    one, other = hypothesis("a", first, "pointwise"), hypothesis("b", second, "pointwise")
    lhs, rhs = linear(first, one), linear(second, other)
    contradiction = hypothesis("no", greater(0, 0))
    end = greater(z, 0)
    with pytest.raises(ProofError):
        dichotomy(
            absurd(contradiction, end) if lhs.relation == end else lhs,
            rhs,
            ("a", "b"),
        )


def test_a_case_must_not_use_the_other_one():
    one = hypothesis("a", greater(x, y), "pointwise")
    other = hypothesis("b", at_least(y, x), "pointwise")
    both = absurd(linear(greater(0, 0), one, other), goal)
    with pytest.raises(ProofError, match="other case"):
        dichotomy(both, both, ("a", "b"))


def test_both_cases_say_the_same():
    one = linear(greater(2 * x, 2 * y), (2, hypothesis("a", greater(x, y), "pointwise")))
    other = hypothesis("b", at_least(y, x), "pointwise")
    with pytest.raises(ProofError, match="say the same"):
        dichotomy(one, other, ("a", "b"))


def test_only_contradictions_are_absurd():
    assert absurd(hypothesis("a", greater(x + 1, 1 + x)), equal(x, y)).relation == equal(x, y)
    assert absurd(hypothesis("a", different(x, x)), goal)
    for relation in (
        at_least(x, x),
        equal(x, x),
        greater(x, y),
        greater(f(k), f(h)),
        greater(f(k), f(k)).where(k),
    ):
        with pytest.raises(ProofError):
            absurd(hypothesis("a", relation), goal)


def test_what_holds_at_zero_and_elsewhere():
    claim = equal(exp(x * delta(h)), 1 + delta(h) * (exp(x) - 1))
    origin = delta(zero("G"))
    at_zero = linear(equal(exp(x * origin), 1 + origin * (exp(x) - 1)))
    off = linear(claim.where(h))
    assert everywhere(off, at_zero, h).relation == claim
    for wrong in (off, linear(equal(1, 1))):
        with pytest.raises(ProofError):
            everywhere(off, wrong, h)
    with pytest.raises(ProofError):
        everywhere(at_zero, at_zero, h)
    with pytest.raises(ProofError):
        everywhere(off, at_zero, k)
    # a condition on another combination of indices is not removed
    apart = hypothesis("apart", equal(f(h), f(k)).where(h - k))
    same = hypothesis("same", equal(f(zero("G")), f(k)))
    with pytest.raises(ProofError):
        everywhere(apart, same, h)
    both = hypothesis("both", equal(f(h), 0).where(h, h - k))
    there = hypothesis("there", equal(f(zero("G")), 0).where(-k))
    assert everywhere(both, there, h).relation == equal(f(h), 0).where(h - k)


def test_squares_that_vanish():
    assert square_zero(hypothesis("a", equal(f(k) * f(k), 0)), f(k)).relation == equal(f(k), 0)
    assert square_zero(hypothesis("a", equal(f(k) ** 2, 0).where(k)), f(k)).relation == equal(f(k), 0).where(
        k
    )
    a = Var("a", "D")
    for relation, value in [
        (equal(x * y, 0), x),
        (equal(x * x, 1), x),
        (at_least(x * x, 0), x),
        (equal(chi(a, h) * chi(a, h), 0), chi(a, h)),
    ]:
        with pytest.raises(ProofError):
            square_zero(hypothesis("a", relation), value)


def test_square_roots():
    assert root_nonnegative(x).relation == at_least(sqrt(x), 0)
    assert root_square(hypothesis("a", at_least(x, 0))).relation == equal(sqrt(x) * sqrt(x), x)
    for relation in (at_least(x, -1), equal(x, 0), at_least(0, x)):
        with pytest.raises(ProofError):
            root_square(hypothesis("a", relation))


def test_the_index_of_a_maximum_is_no_free_index():
    _, chosen = maximum(f(k), k)
    with pytest.raises(ProofError):
        everywhere(hypothesis("a", equal(f(h), 0).where(h)), hypothesis("b", equal(f(zero("G")), 0)), chosen)
