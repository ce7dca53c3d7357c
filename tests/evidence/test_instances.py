"""Witnesses of the calculus satisfy the definitions and hypotheses of the theorems they are made for."""

import pytest

from ncverify.book.verdict import Outcome
from ncverify.derive.kernel import at_least, define, equal, greater, hypothesis
from ncverify.derive.terms import Function, Index, Sym, Var, chi, total
from ncverify.errors import InputError
from ncverify.evidence.instances import counterexample, instances
from ncverify.replay.kinds import check_body
from ncverify.theory.groups import AbelianGroup

a, g = Var("a", "D"), Var("g", "G")
s, z = Function("s", ("D",)), Function("z", ("G",))
GROUPS = [AbelianGroup.walsh(1), AbelianGroup.cyclic(3)]
even = hypothesis("even", equal(s(a), s(-a)))
definition = define(z(g), total(a, s(a) * chi(a, g)) / Sym("K"), even=[even])


def test_a_witness_meets_what_is_assumed():
    positive = hypothesis("positive", greater(s(a), 0).where(a))
    frozen = hypothesis("frozen", equal(s(Index("D")), 0))
    false = equal(z(g), 0)
    found = counterexample(false, [definition, positive, frozen], GROUPS)
    assert found.outcome == Outcome.REFUTED
    assert len(found.body["assume"]) == 2
    assert check_body(found.body).outcome == "refuted"
    # all of s = 0, or s < 0: what is tried is no model
    for assumed in (equal(s(a), 0).where(a), at_least(-s(a), 0).where(a)):
        found = counterexample(false, [definition, frozen, hypothesis("h", assumed)], GROUPS)
        assert found.outcome == Outcome.UNDECIDED


def test_what_is_defined_has_no_other_value():
    with pytest.raises(InputError, match="defined by these theorems"):
        counterexample(equal(z(g), 0), [definition, hypothesis("s", equal(s(a), 1))], GROUPS)
    twice = define(z(g), 2 * total(a, s(a) * chi(a, g)) / Sym("K"), even=[even])
    goal = {"zero": equal(total(g, z(g)), s(Index("D")))}
    assert instances([definition], goal, [AbelianGroup.cyclic(3)]).outcome == Outcome.PROVED
    with pytest.raises(InputError, match="'z' is defined otherwise"):
        instances([twice], goal, [AbelianGroup.cyclic(3)])


def test_a_spectrum_that_is_not_symmetric_is_no_witness():
    found = counterexample(equal(z(g), 0), [definition], GROUPS[1:], spectra=lambda group: [(0, 1, 2)])
    assert found.outcome == Outcome.UNDECIDED


def test_a_second_equation_with_the_same_body_is_an_assumption():
    # f(a) = s_a defines f; f(2a) = s_a then says that s is constant along doubling
    f = Function("f", ("D",))
    first, second = hypothesis("first", equal(f(a), s(a))), hypothesis("second", equal(f(a + a), s(a)))
    false = equal(s(a), s(a + a))
    group = [AbelianGroup.cyclic(5)]
    assert counterexample(false, [first], group).outcome == Outcome.REFUTED
    assert counterexample(false, [first, second], group).outcome == Outcome.UNDECIDED
