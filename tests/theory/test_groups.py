from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ncverify.errors import InputError
from ncverify.theory.groups import MAX_ORDER, AbelianGroup

ORDERS = st.lists(st.integers(2, 5), min_size=1, max_size=3).map(tuple)
exact = settings(derandomize=True, deadline=None, max_examples=40)


def test_walsh_characters_are_signs_by_popcount():
    group = AbelianGroup.walsh(4)
    for a in range(16):
        for g in range(16):
            assert group.pairing(a, g) == Fraction((a & g).bit_count() % 2, 2)


def test_cyclic_characters():
    group = AbelianGroup.cyclic(6)
    assert group.pairing(2, 5) == Fraction(10, 6) % 1
    assert group.sign_classes == ((0,), (1, 5), (2, 4), (3,))
    assert not group.is_walsh


@pytest.mark.parametrize(
    ("orders", "order", "exponent", "name", "walsh"),
    [
        ((2,), 2, 2, "Z_2", True),
        ((2, 2, 2), 8, 2, "Z_2^3", True),
        ((2, 4), 8, 4, "Z_2 x Z_4", False),
        ((4, 6), 24, 12, "Z_4 x Z_6", False),
    ],
)
def test_invariants(orders, order, exponent, name, walsh):
    group = AbelianGroup(orders)
    assert (group.order, group.exponent, group.name, group.is_walsh) == (order, exponent, name, walsh)


@exact
@given(ORDERS, st.data())
def test_group_laws(orders, data):
    group = AbelianGroup(orders)
    elements = st.integers(0, group.order - 1)
    g, h, k = (data.draw(elements) for _ in range(3))
    assert group.index(group.digits(g)) == g
    assert group.add(g, h) == group.add(h, g)
    assert group.add(group.add(g, h), k) == group.add(g, group.add(h, k))
    assert group.add(g, 0) == g
    assert group.add(g, group.neg(g)) == 0


@exact
@given(ORDERS, st.data())
def test_pairing_is_a_symmetric_bicharacter(orders, data):
    group = AbelianGroup(orders)
    elements = st.integers(0, group.order - 1)
    a, b, g = (data.draw(elements) for _ in range(3))
    assert group.pairing(a, g) == group.pairing(g, a)
    assert group.pairing(group.add(a, b), g) == (group.pairing(a, g) + group.pairing(b, g)) % 1
    assert (group.pairing(a, g) * group.exponent).denominator == 1


@exact
@given(ORDERS)
def test_characters_separate_elements(orders):
    group = AbelianGroup(orders)
    rows = {tuple(group.pairing(a, g) for g in range(group.order)) for a in range(group.order)}
    assert len(rows) == group.order


@exact
@given(ORDERS)
def test_sign_classes_partition(orders):
    group = AbelianGroup(orders)
    assert sorted(a for orbit in group.sign_classes for a in orbit) == list(range(group.order))
    assert group.sign_classes[0] == (0,)
    for orbit in group.sign_classes:
        assert {group.neg(a) for a in orbit} == set(orbit)


def test_spectrum_puts_zero_first_and_checks_symmetry():
    group = AbelianGroup.cyclic(4)
    assert group.spectrum([3, 5, 3], 0) == (0, 3, 5, 3)
    with pytest.raises(InputError, match=r"s\[1\]=3, s\[3\]=4"):
        group.spectrum([3, 5, 4], 0)
    with pytest.raises(InputError, match="wants 3 values"):
        group.spectrum([3, 5], 0)


@pytest.mark.parametrize(
    ("classes", "orders"), [(2, (2,)), (8, (2, 2, 2)), (10, (10,)), (3, (3,)), (1024, (2,) * 10)]
)
def test_from_classes(classes, orders):
    assert AbelianGroup.from_classes(classes).orders == orders


def test_parse():
    assert AbelianGroup.parse(" 2, 3 ,4").orders == (2, 3, 4)


@pytest.mark.parametrize("text", ["", "2,,2", "a", "-2", "2.0", "²", "1", "9" * 10, "__import__('os')"])
def test_parse_refuses(text):
    with pytest.raises(InputError):
        AbelianGroup.parse(text)


@pytest.mark.parametrize(
    "make",
    [
        lambda: AbelianGroup(()),
        lambda: AbelianGroup((1,)),
        lambda: AbelianGroup((True, 2)),
        lambda: AbelianGroup((2.0,)),
        lambda: AbelianGroup((MAX_ORDER + 1,)),
        lambda: AbelianGroup.walsh(0),
        lambda: AbelianGroup.from_classes(1),
        lambda: AbelianGroup.from_classes("4"),
        lambda: AbelianGroup.from_classes(4.0),
    ],
)
def test_bad_groups_are_refused(make):
    with pytest.raises(InputError):
        make()
