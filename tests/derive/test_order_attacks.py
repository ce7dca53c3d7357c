"""What the rules of order refuse, and what they say."""

import pytest

from ncverify.derive.kernel import (
    ProofError,
    antisymmetric,
    at_least,
    different,
    equal,
    exp_log,
    greater,
    hypothesis,
    nonzero_factor,
)
from ncverify.derive.terms import Function, Sym, Var, exp, log

x, y, z = Sym("x"), Sym("y"), Sym("z")
f, R, v, w = Function("f", ("G",)), Function("R", ("F", "D")), Var("v", "G"), Var("w", "G")


def test_antisymmetry_needs_the_turned_relation():
    upper = hypothesis("upper", at_least(x, y))
    assert antisymmetric(upper, hypothesis("lower", at_least(2 * y, y + x))).relation == equal(x, y)
    for wrong in (at_least(x, y), at_least(y, z), at_least(2 * y, 2 * x + 1), greater(y, x), equal(y, x)):
        with pytest.raises(ProofError, match=r"two relations|turned around"):
            antisymmetric(upper, hypothesis("wrong", wrong))


def test_antisymmetry_keeps_conditions_and_indices():
    upper = hypothesis("upper", at_least(f(v), 0).where(v))
    lower = hypothesis("lower", at_least(0, f(v)))
    assert antisymmetric(upper, lower).relation == equal(f(v), 0).where(v)
    with pytest.raises(ProofError, match="turned around"):
        antisymmetric(upper, hypothesis("another", at_least(0, f(w))))


def test_exp_log_needs_a_positive_real_argument():
    assert exp_log(hypothesis("positive", greater(x, 0))).relation == equal(exp(log(x)), x)
    for wrong in (at_least(x, 0), greater(x, -1), equal(x, 1), greater(0, x)):
        with pytest.raises(ProofError, match="x > 0"):
            exp_log(hypothesis("wrong", wrong))
    kept = exp_log(hypothesis("positive", greater(f(v), 0).where(v)))
    assert kept.relation.conditions == {v - Var("nothing", "G") + Var("nothing", "G")}
    complex_value = R(Var("r", "F"), Var("a", "D"))
    with pytest.raises(ProofError, match="real"):
        exp_log(hypothesis("complex", greater(complex_value, 0)))


def test_a_factor_does_not_vanish_where_the_product_does_not():
    assert nonzero_factor(hypothesis("p", greater(x * y, 0)), y).relation == different(y, 0)
    kept = nonzero_factor(hypothesis("p", different(f(v) * y, 0).where(v)), f(v))
    assert kept.relation == different(f(v), 0).where(v)
    for wrong in (greater(x + y, 0), at_least(x * y, 0), greater(x * y, -1), equal(x * y, 1)):
        with pytest.raises(ProofError, match="a product known"):
            nonzero_factor(hypothesis("wrong", wrong), y)
    for other in (z, x + y, 2 * y, 0):
        with pytest.raises(ProofError, match="not a factor"):
            nonzero_factor(hypothesis("p", greater(x * y, 0)), other)
