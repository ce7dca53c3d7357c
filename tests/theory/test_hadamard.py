import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ncverify.errors import InputError
from ncverify.theory.groups import AbelianGroup
from ncverify.theory.hadamard import (
    is_hadamard,
    negate_column,
    negate_row,
    paley,
    permute_columns,
    permute_rows,
    sylvester,
)


def test_small_sylvester_matrices():
    assert sylvester(0) == ((1,),)
    assert sylvester(1) == ((1, 1), (1, -1))
    assert sylvester(2) == ((1, 1, 1, 1), (1, -1, 1, -1), (1, 1, -1, -1), (1, -1, -1, 1))


@pytest.mark.parametrize("m", range(6))
def test_sylvester_is_hadamard_and_symmetric(m):
    matrix = sylvester(m)
    assert is_hadamard(matrix)
    assert matrix == tuple(zip(*matrix, strict=True))


def test_sylvester_block_step():
    half, full = sylvester(2), sylvester(3)
    upper = tuple(row + row for row in half)
    lower = tuple(row + tuple(-x for x in row) for row in half)
    assert full == upper + lower


def test_sylvester_is_the_character_table():
    group = AbelianGroup.walsh(3)
    table = tuple(tuple(1 - int(4 * group.pairing(a, g)) for g in range(8)) for a in range(8))
    assert sylvester(3) == table


@pytest.mark.parametrize("q", [3, 7, 11, 19, 23, 31])
def test_paley_is_hadamard(q):
    matrix = paley(q)
    assert len(matrix) == q + 1
    assert is_hadamard(matrix)


def test_paley_order_12_is_not_symmetric_in_its_row_products():
    # Rows of a Sylvester matrix are closed under the entrywise product; those of order 12 are not.
    rows = set(paley(11))
    product = tuple(x * y * z for x, y, z in zip(*(paley(11)[i] for i in (1, 2, 3)), strict=True))
    assert product not in rows
    assert tuple(-x for x in product) not in rows


@pytest.mark.parametrize("q", [1, 2, 5, 9, 13, 15, 27, -11, True, 11.0, "11", 4099])
def test_paley_refuses(q):
    with pytest.raises(InputError, match="prime"):
        paley(q)


@pytest.mark.parametrize("m", [-1, 13, True, 1.0])
def test_sylvester_refuses(m):
    with pytest.raises(InputError, match="whole number"):
        sylvester(m)


@pytest.mark.parametrize(
    "matrix",
    [
        (),
        ((1, 1),),
        ((1, 1), (1,)),
        ((1, 1), (1, 1)),
        ((1, 0), (0, 1)),
        ((2, 2), (2, -2)),
        ((1, 1, 1), (1, -1, 1), (1, 1, -1)),
    ],
)
def test_not_hadamard(matrix):
    assert not is_hadamard(matrix)


@settings(derandomize=True, deadline=None, max_examples=25)
@given(st.permutations(range(12)), st.permutations(range(12)), st.integers(0, 11), st.integers(0, 11))
def test_equivalences_keep_hadamard(rows, columns, i, j):
    matrix = paley(11)
    moved = permute_columns(permute_rows(matrix, rows), columns)
    assert moved[2][3] == matrix[rows[2]][columns[3]]
    changed = negate_column(negate_row(moved, i), j)
    assert is_hadamard(changed)
    assert changed[i][j] == moved[i][j]
    assert changed[i][(j + 1) % 12] == -moved[i][(j + 1) % 12]


def test_one_changed_entry_is_seen():
    matrix = [list(row) for row in paley(11)]
    matrix[4][5] *= -1
    assert not is_hadamard(matrix)


def test_bad_equivalences_are_refused():
    with pytest.raises(InputError, match="not a permutation"):
        permute_rows(sylvester(1), (0, 0))
    with pytest.raises(InputError, match="not a permutation"):
        permute_columns(sylvester(1), (0, 1, 2))
    with pytest.raises(InputError, match="no row or column 2"):
        negate_row(sylvester(1), 2)
    with pytest.raises(InputError, match="no row or column -1"):
        negate_column(sylvester(1), -1)
