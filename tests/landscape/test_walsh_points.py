"""The symmetric family: orbits, known values, and agreement with the search."""

from fractions import Fraction

import pytest
from flint import arb

from ncverify.errors import InputError
from ncverify.landscape.walsh import orbits, walsh_critical_points
from ncverify.theory.balls import precision
from ncverify.theory.groups import AbelianGroup

DECAY = Fraction(1, 100)


@pytest.mark.parametrize(("m", "count"), [(1, 2), (2, 4), (3, 10), (4, 46)])
def test_orbits_of_supports(m, count):
    found = orbits(AbelianGroup.walsh(m))
    assert len(found) == count
    assert sum(size for _, size in found) == 2 ** (2**m - 1)


def test_four_classes_to_thirty_digits():
    points = walsh_critical_points((2, 2), DECAY)
    assert [(p.support, p.orbit, p.index, p.kind) for p in points] == [
        ((), 1, 12, "saddle"),
        ((1,), 3, 8, "saddle"),
        ((1, 2), 3, 2, "saddle"),
        ((1, 2, 3), 1, 0, "global minimum"),
    ]
    with precision(256):
        tiny = arb("1e-30")
        assert abs(points[3].spectrum[0] - arb(97).log()) < tiny
        assert abs(points[3].value - arb("0.16770053683981003058276293631588555281")) < tiny
        assert abs(points[2].spectrum[0] - arb("7.7836405962212532204214109737727189185")) < tiny
        assert abs(points[2].value - arb("0.19607822655946396122451882152384")) < tiny


def test_eight_classes():
    points = walsh_critical_points((2, 2, 2), DECAY)
    assert sum(p.orbit for p in points) == 128
    assert all(p.exists for p in points)
    assert [p.kind for p in points].count("global minimum") == 1
    assert {p.kind for p in points} == {"saddle", "global minimum"}


def test_a_support_without_a_point():
    group, paths = AbelianGroup.walsh(4), [(1, 2, 3, 4, 5, 8, 9)]
    below, above = (
        walsh_critical_points(group, Fraction(tau, 160_000), supports=paths)[0] for tau in (2769, 2770)
    )
    assert (below.exists, above.exists) == (False, True)
    assert below.kind == "none"
    assert below.index is None
    assert above.kind == "saddle"


def test_different_decays_have_the_same_points():
    first = walsh_critical_points((2, 2), DECAY)
    second = walsh_critical_points((2, 2), lambda_w="1/1000", lambda_h="1/10")
    assert [(p.support, p.index) for p in first] == [(p.support, p.index) for p in second]
    assert all(p.value.overlaps(q.value) for p, q in zip(first, second, strict=True))


@pytest.mark.parametrize(
    ("group", "arguments", "message"),
    [
        ((3,), {"lambda_": DECAY}, "no Walsh family"),
        ((2,) * 5, {"lambda_": DECAY}, "no Walsh family"),
        ((2, 2), {"lambda_": 0}, "not positive"),
        ((2, 2), {"lambda_": "1/4"}, "too large"),
        ((2, 2), {}, "give lambda_"),
        ((2, 2), {"lambda_": DECAY, "width": 2}, "too small"),
        ((2, 2), {"lambda_": DECAY, "supports": [(0, 1)]}, "characters from 1 to 3"),
    ],
)
def test_wrong_input_is_one_line(group, arguments, message):
    with pytest.raises(InputError, match=message):
        walsh_critical_points(group, **arguments)
