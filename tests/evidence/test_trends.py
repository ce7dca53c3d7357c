"""Bounds and trends along enclosed flows: certified where true, undecided where a bound is too sharp."""

from __future__ import annotations

import json
from fractions import Fraction as F

import pytest

from ncverify.book.verdict import Outcome
from ncverify.errors import InputError
from ncverify.evidence import trends
from ncverify.evidence.trends import Quantities, bound_along_flow, cosine_falls
from ncverify.replay.errors import Rejected
from ncverify.replay.kinds import check_body
from ncverify.theory.balls import certainly_lt, enclose, precision, to_arb
from ncverify.theory.dynamics import ARB, deficits
from ncverify.theory.groups import AbelianGroup

CUBE = AbelianGroup.walsh(3)
FIRST = [F(x) for x in (18, 24, 1, 1, 1, 18, 18)]
MOMENTS = [F(n * n, 2) for n in range(21)]


def close(x, y):
    return certainly_lt(abs(x - y), to_arb(F(1, 10**20)))


@pytest.mark.parametrize(
    ("group", "s"),
    [
        (CUBE, FIRST),
        (AbelianGroup.cyclic(6), [F(1, 5), F(7, 5), F(12, 5), F(7, 5), F(1, 5)]),
        (AbelianGroup.cyclic(5), [F(1), F(2), F(2), F(1)]),
    ],
)
def test_quantities_are_those_of_the_theory(group, s):
    known = Quantities.of(group)
    at = {f"s{a}": value for a, value in enumerate(s, 1)}
    with precision(256):
        short = deficits(group, [to_arb(0), *map(to_arb, s)], ARB)[1:]
        weight = enclose(known.weight, at, 256)
        for found, wanted in zip(known.short, short, strict=True):
            assert close(enclose(found, at, 256), wanted * weight)
        speed = [2 * to_arb(x) * d for x, d in zip(s, short, strict=True)]
        size, pace = to_arb(sum(s)), sum(speed, to_arb(0))
        assert close(2 * enclose(known.pull, at, 256), pace * weight)
        # V' = S'/S - mean of s_a'/s_a, and dV/dlog S = V' S/S'
        mean = sum((v / to_arb(x) for v, x in zip(speed, s, strict=True)), to_arb(0)) / len(s)
        assert close(enclose(known.decay, at, 256), 1 - mean * size / pace)
        # (S/sqrt T)' is S' T - S T'/2 over T^(3/2), with T = sum of s_a^2
        squares = to_arb(sum(x * x for x in s))
        half = sum((to_arb(x) * v for x, v in zip(s, speed, strict=True)), to_arb(0))
        assert close(2 * enclose(known.cosine_rate, at, 256), (pace * squares - size * half) * weight)


def test_the_bounds_hold_along_a_flow_and_are_replayed():
    found = bound_along_flow(CUBE, FIRST, ["0", "10"], 20)
    assert found.outcome is Outcome.CERTIFIED
    assert found.beside
    assert check_body(json.loads(json.dumps(found.body))).outcome == "certified"


def test_a_bound_that_is_too_sharp_is_not_certified(monkeypatch):
    monkeypatch.setattr(Quantities, "decay", property(lambda self: self.divergence))
    assert bound_along_flow(CUBE, FIRST, ["0", "10"], 20).outcome is Outcome.UNDECIDED


def test_the_cosine_falls_for_a_while():
    found = cosine_falls(CUBE, FIRST, MOMENTS, F(7, 1000), 20)
    assert found.outcome is Outcome.CERTIFIED
    assert not found.beside
    body = json.loads(json.dumps(found.body))
    assert check_body(body).outcome == "certified"
    *_, last = body["items"]
    last["facts"][0][1] = ">"
    with pytest.raises(Rejected):
        check_body(body)


def test_more_than_it_falls_is_not_certified():
    assert cosine_falls(CUBE, FIRST, MOMENTS, F(8, 1000), 20).outcome is Outcome.UNDECIDED


def test_where_it_grows_again_it_does_not_fall():
    later = [*MOMENTS, F(300), F(500), F(1000), F(2000)]
    found = cosine_falls(CUBE, FIRST, later, F(7, 1000), 20)
    assert found.outcome is Outcome.UNDECIDED
    assert "not certainly negative" in found.summary


def test_boxes_that_are_too_wide_are_not_certified():
    assert cosine_falls(CUBE, FIRST, [F(0), F(200)], F(7, 1000), 20).outcome is Outcome.UNDECIDED


@pytest.mark.parametrize("times", [[F(0)], [F(1), F(2)]])
def test_times_begin_with_zero(times):
    with pytest.raises(InputError, match="times must begin with 0"):
        cosine_falls(CUBE, FIRST, times, F(7, 1000), 20)


def test_ends_are_rounded_outwards():
    low, high = trends._rounded((F(1, 3), F(2, 3)))
    assert low < F(1, 3)
    assert high > F(2, 3)
    assert high - low < F(1, 3) + F(1, 10**8)
