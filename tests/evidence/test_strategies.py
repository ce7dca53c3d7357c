from fractions import Fraction

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from ncverify.derive.decide import decide
from ncverify.derive.kernel import at_least
from ncverify.derive.terms import Sym
from ncverify.errors import InputError
from ncverify.evidence import strategies
from ncverify.theory.balls import enclose
from ncverify.theory.groups import AbelianGroup
from ncverify.theory.parser import parse
from ncverify.theory.spectral import check_frame

quick = settings(derandomize=True, deadline=None, max_examples=60)
thorough = settings(
    derandomize=True,
    database=None,
    max_examples=4000,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
    deadline=None,
)


@quick
@given(strategies.groups(min_order=3, max_order=20))
def test_groups_respect_the_bounds(group):
    assert 3 <= group.order <= 20
    assert list(group.orders) == sorted(group.orders)


@pytest.mark.parametrize("orders", [(2,), (8,), (2, 4), (2, 2, 2), (11,), (2, 2, 3), (3, 4)])
def test_every_group_can_be_found(orders):
    assert find(strategies.groups(), lambda group: group.orders == orders, settings=thorough).orders == orders


@quick
@given(st.data(), strategies.groups())
def test_spectra_are_symmetric_positive_and_exact(data, group):
    spectrum = data.draw(
        strategies.spectra(group, min_value=Fraction(1, 3), max_value=Fraction(5), denominator=6)
    )
    assert group.spectrum(spectrum, Fraction(0))[1:] == spectrum
    for value in spectrum:
        assert isinstance(value, Fraction)
        assert Fraction(1, 3) <= value <= 5
        assert 6 % value.denominator == 0


@quick
@given(st.data(), strategies.groups(max_order=8), st.sampled_from([True, False, None]))
def test_starts(data, group, balanced):
    start = data.draw(strategies.starts(group, balanced=balanced))
    if balanced is not None:
        assert start.balanced is balanced
    for modes in (start.alpha, start.beta, start.spectrum):
        assert all(modes[a] == modes[group.neg(a)] for a in range(group.order))
        assert all(x > 0 for x in modes[1:])
        assert modes[0] >= 0
    assert start.spectrum[1] == start.alpha[1] * start.beta[1]


def test_starts_of_every_kind_can_be_found():
    group = AbelianGroup.walsh(2)
    for wanted in (
        lambda start: start.balanced and not start.collapsed,
        lambda start: not start.balanced and not start.collapsed,
        lambda start: start.collapsed,
        lambda start: start.alpha[0] > 0 and start.beta[0] == 0,
        lambda start: len(set(start.spectrum[1:])) == 3,
    ):
        assert wanted(find(strategies.starts(group), wanted, settings=thorough))


def test_start_properties():
    one, two = Fraction(1), Fraction(2)
    start = strategies.SpectralStart((one, two, one), (two, one, two))
    assert start.spectrum == (2, 2, 2)
    assert start.collapsed
    assert not start.balanced


@quick
@given(st.data(), st.integers(1, 6), st.integers(0, 3))
def test_frames_are_exactly_orthonormal(data, classes, extra):
    frame = data.draw(strategies.orthonormal_frames(classes + extra, classes))
    assert len(frame) == classes + extra
    check_frame(frame, classes)


def test_frames_without_zeros_can_be_found():
    # Not only signed permutations: no entry vanishes, and columns have no common modulus.
    frame = find(
        strategies.orthonormal_frames(4, 3),
        lambda rows: all(x for row in rows for x in row) and len({abs(row[0]) for row in rows}) > 1,
        settings=thorough,
    )
    check_frame(frame, 3)


@quick
@given(strategies.matrices(2, 3, bound=Fraction(1, 2)))
def test_matrices(matrix):
    assert len(matrix) == 2
    assert all(len(row) == 3 and all(abs(x) <= Fraction(1, 2) for x in row) for row in matrix)


@quick
@given(strategies.times(min_time=Fraction(1, 2), max_time=Fraction(3), denominator=4))
def test_times(t):
    assert Fraction(1, 2) <= t <= 3
    assert 4 % t.denominator == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: strategies.groups(max_order=1), "no group"),
        (lambda: strategies.spectra(AbelianGroup.walsh(1), min_value=Fraction(0)), "min_value 0"),
        (
            lambda: strategies.rationals(min_value=Fraction(1, 5), max_value=Fraction(2, 9), denominator=4),
            "no multiple",
        ),
        (lambda: strategies.orthonormal_frames(2, 3), "no 2 x 3 matrix"),
        (lambda: strategies.times(min_time=Fraction(-1)), "min_time -1"),
    ],
)
def test_wrong_input_is_refused(call, message):
    with pytest.raises(InputError, match=message):
        call()


@quick
@given(st.data())
def test_weights_are_what_a_full_flow_takes(data):
    w, h, labels = data.draw(strategies.weights(3, 2, per_class=2))
    assert (len(w), len(w[0]), len(h), len(h[0])) == (3, 2, 2, 6)
    assert labels == (0, 0, 1, 1, 2, 2)
    with pytest.raises(InputError, match="classes 1"):
        strategies.weights(1, 2)


@quick
@given(strategies.regions(["x", "y"]))
def test_regions_are_boxes(region):
    assert set(region) == {"x", "y"}
    assert all(low < high for low, high in region.values())


EXPRESSION = parse("(x+1)**2*exp(-y) + 3")


@quick
@given(strategies.mutants(EXPRESSION))
def test_no_mutant_of_an_expression_is_proved_equal_unless_it_is(mutant):
    verdict = decide(EXPRESSION, mutant)
    point = {"x": Fraction(2, 7), "y": Fraction(5, 3)}
    differ = not enclose(EXPRESSION, point, 128).overlaps(enclose(mutant, point, 128))
    assert (verdict.outcome == "refuted") is differ


@quick
@given(strategies.mutants(at_least(Sym("x"), Sym("y") + 1)))
def test_mutants_of_relations_are_other_relations(mutant):
    assert mutant != at_least(Sym("x"), Sym("y") + 1)


@quick
@given(st.from_type(AbelianGroup))
def test_hypothesis_knows_the_types(group):
    assert 2 <= group.order <= 12
