"""The mean of exp over an interval is at most that of its ends."""

from __future__ import annotations

from fractions import Fraction
from math import exp

import pytest

from ncverify.derive.kernel import ProofError
from ncverify.derive.means import logarithmic_mean
from ncverify.derive.models import BallNumbers, Model
from ncverify.derive.terms import Sym, Var, chi
from ncverify.theory.balls import precision, to_arb
from ncverify.theory.groups import AbelianGroup

x, y = Sym("x"), Sym("y")


@pytest.mark.parametrize("left", [Fraction(-7), Fraction(-1, 3), Fraction(1, 1000), Fraction(9, 2)])
@pytest.mark.parametrize("right", [Fraction(-5, 2), Fraction(0), Fraction(1), Fraction(11)])
def test_it_holds(left, right):
    """In balls at exact points on both sides of the diagonal."""
    with precision(128):
        values = {"x": lambda: to_arb(left), "y": lambda: to_arb(right)}
        model = Model(AbelianGroup.cyclic(2), BallNumbers(), values, {})
        assert model.fails(logarithmic_mean(x, y).relation, {}) is False


def test_the_constant_is_sharp():
    """With 2 replaced by anything larger it fails near the diagonal."""
    rise = exp(0.01) - 1
    assert rise * 0.01 * (exp(0.01) + 1) < 2.001 * rise**2


def test_complex_terms_are_refused():
    """A character is not real."""
    with pytest.raises(ProofError, match="not shown to be real"):
        logarithmic_mean(chi(Var("a", "D"), Var("g", "G")), x)
