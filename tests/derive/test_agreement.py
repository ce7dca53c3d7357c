"""Functions agree where a factor does not vanish, and nowhere else."""

from __future__ import annotations

import pytest

from ncverify.derive.agreement import agree_where
from ncverify.derive.kernel import ProofError, at_least, equal, hypothesis, linear
from ncverify.derive.terms import Function, Sym, Var, chi, exp, log, sqrt

c, x, y = Sym("c"), Sym("x"), Sym("y")
f, a, g = Function("f", ("D",)), Var("a", "D"), Var("g", "G")
known = hypothesis("agree", equal(c * (x - y), 0))


@pytest.mark.parametrize(
    ("name", "image"),
    [("exp", exp), ("log", log), ("sqrt", sqrt), ("reciprocal", lambda value: value**-1)],
)
def test_each_function(name, image):
    """The conclusion keeps the factor."""
    assert agree_where(known, c, x, y, name).relation == equal(c * image(x), c * image(y))


def test_the_equation_may_have_another_form_and_conditions():
    """c x = c y is the same equation; its conditions stay."""
    told = hypothesis("agree", equal(f(a) * x, f(a) * y).where(a))
    assert agree_where(told, f(a), x, y, "exp").relation == equal(f(a) * exp(x), f(a) * exp(y)).where(a)


@pytest.mark.parametrize(
    ("relation", "factor", "left", "right"),
    [
        (equal(c * (x - y), 0), 1, x, y),  # the factor may not be dropped
        (equal(c * (x - y), 0), x, c, y),
        (equal(c * (x - y), 0), 2 * c, x, y + 1),
        (equal(c * x, y), c, x, y),
        (at_least(c * (x - y), 0), c, x, y),
        (equal(c * (x**2 - y**2), 0), c, x, y),
    ],
)
def test_another_equation_is_not_enough(relation, factor, left, right):
    """The premise must be exactly c (x - y) = 0."""
    with pytest.raises(ProofError, match="needed for these"):
        agree_where(hypothesis("agree", relation), factor, left, right, "exp")


def test_what_it_refuses():
    """Complex arguments and unknown functions."""
    complex_ = hypothesis("agree", equal(c * (chi(a, g) - y), 0))
    with pytest.raises(ProofError, match="not shown to be real"):
        agree_where(complex_, c, chi(a, g), y, "log")
    with pytest.raises(ProofError, match="'sign' is not one of exp, log, sqrt, reciprocal"):
        agree_where(known, c, x, y, "sign")


def test_where_the_factor_vanishes_nothing_follows():
    """With c = 0 the premise holds for all x, y, and exp x = exp y does not follow."""
    with pytest.raises(ProofError, match="not an identity"):
        linear(equal(exp(x), exp(y)), (c**-1, agree_where(known, c, x, y, "exp")))
