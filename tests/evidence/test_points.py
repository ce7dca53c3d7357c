"""Evidence from exact points: it must be able to fail, and never says more than the balls do."""

from __future__ import annotations

from fractions import Fraction as F

import pytest

from ncverify.book.verdict import Outcome
from ncverify.errors import InputError
from ncverify.evidence.points import fails_at, holds_at
from ncverify.evidence.residuals import residuals_fall
from ncverify.theory.expr import exp, number, symbol

x = symbol("x")


@pytest.mark.parametrize(
    ("relation", "outcome"),
    [
        ((exp(x), "<=", 2 * x), Outcome.REFUTED),
        ((exp(x), "==", 3 * x), Outcome.REFUTED),
        ((x * x, "<", x), Outcome.REFUTED),
        ((x, ">", exp(x)), Outcome.REFUTED),
        ((exp(x), ">=", 2 * x), Outcome.UNDECIDED),
        ((exp(x), "<", 3 * x), Outcome.UNDECIDED),
        ((exp(x) * exp(-x), "==", number(1)), Outcome.UNDECIDED),
    ],
)
def test_a_relation_is_refuted_only_where_it_fails(relation, outcome):
    found = fails_at(relation, {"x": 1}, "at x = 1")
    assert found.outcome is outcome
    assert (found.body is not None) == (outcome is Outcome.REFUTED)


def test_an_unknown_relation_is_refused():
    with pytest.raises(InputError, match="is unknown"):
        fails_at((x, "!=", number(1)), {"x": 1}, "nothing")


def test_facts_hold_strictly_or_are_not_certified():
    assert holds_at([(exp(x), 2 * x)], {"x": F(1)}, "above").outcome is Outcome.CERTIFIED
    assert holds_at([(exp(x), 3 * x)], {"x": F(1)}, "above").outcome is Outcome.UNDECIDED
    assert holds_at([(x, x)], {"x": F(1)}, "not strict").outcome is Outcome.UNDECIDED
    with pytest.raises(InputError, match="no fact"):
        holds_at([], {"x": 1}, "nothing")


def test_residuals_that_do_not_fall_are_not_certified():
    w = [[F(3), F(0)], [F(-1), F(2)], [F(-1), F(-2)]]
    h = [[F(2), F(-1), F(-1)], [F(0), F(2), F(-3, 2)]]
    good = residuals_fall(w, h, (0, 1, 2), ("1", "10"), 15, cosine=F(1, 2))
    assert good.outcome is Outcome.CERTIFIED
    bad = residuals_fall(w, h, (0, 1, 2), ("1", "10"), 15, cosine=F(999, 1000))
    assert bad.outcome is Outcome.UNDECIDED
    assert "angle" in bad.summary
