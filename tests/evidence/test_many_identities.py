"""Many identities at once: proved if all hold, undecided otherwise."""

import json

import pytest

from ncverify.book.verdict import Outcome
from ncverify.errors import InputError
from ncverify.evidence.identities import identities
from ncverify.replay.kinds import check_body
from ncverify.theory.parser import parse


def pair(left, right):
    return parse(left), parse(right)


def test_identities_that_hold_are_proved_and_replayed():
    found = identities([pair("exp(x+y)", "exp(x)*exp(y)"), pair("(x+1)**2", "x**2+2*x+1")], "all x, y", "two")
    assert found.outcome is Outcome.PROVED
    assert check_body(json.loads(json.dumps(found.body))).outcome == "proved"


def test_one_that_does_not_hold_spoils_them():
    found = identities([pair("exp(x+y)", "exp(x)*exp(y)"), pair("exp(x)", "1+x")], "all x, y", "two")
    assert found.outcome is Outcome.UNDECIDED
    assert "1 of 2" in found.summary


def test_denominators_and_nothing_are_refused():
    with pytest.raises(InputError, match="denominator"):
        identities([pair("x/x", "1")], "x", "one")
    with pytest.raises(InputError, match="no identity"):
        identities([], "x", "none")
