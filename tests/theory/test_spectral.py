from fractions import Fraction

import pytest
from flint import arb
from mpmath import mp, mpf

from ncverify.errors import InputError
from ncverify.theory.balls import certainly_contains
from ncverify.theory.dynamics import ARB, DOUBLE, MPF, logits, matmul, transpose
from ncverify.theory.groups import AbelianGroup
from ncverify.theory.hadamard import sylvester
from ncverify.theory.spectral import check_frame, fourier_basis, hadamard_start, spectrum_of

GROUPS = [AbelianGroup(orders) for orders in [(2,), (2, 2, 2), (3,), (5,), (2, 4), (3, 3)]]
by_name = pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)


def identity(d, columns):
    return [[int(i == j) for j in range(columns)] for i in range(d)]


def symmetric(group, first):
    return [MPF.exact(first + min(a, group.neg(a))) / 3 for a in range(group.order)]


@by_name
def test_basis_is_orthonormal(group):
    with mp.workdps(30):
        basis = fourier_basis(group, MPF)
        for i, row in enumerate(matmul(transpose(basis), basis)):
            assert all(abs(x - (i == j)) < mpf(10) ** -28 for j, x in enumerate(row))


def test_walsh_basis_is_the_sylvester_matrix():
    basis = fourier_basis(AbelianGroup.walsh(2), DOUBLE)
    assert [[2 * x for x in row] for row in basis] == [list(row) for row in sylvester(2)]


@by_name
@pytest.mark.parametrize("extra", [0, 2])
def test_start_has_the_logits_of_its_spectrum_and_reads_back(group, extra):
    with mp.workdps(30):
        alpha, beta = symmetric(group, 1), symmetric(group, 2)
        frame = identity(group.order + extra, group.order)
        w, h = hadamard_start(group, alpha, beta, frame, MPF)
        assert (len(w), len(w[0]), len(h), len(h[0])) == (group.order, len(frame), len(frame), group.order)
        z = logits(group, [a * b for a, b in zip(alpha, beta, strict=True)], MPF)
        for i, row in enumerate(matmul(w, h)):
            for j, x in enumerate(row):
                assert abs(x - z[group.add(i, group.neg(j))]) < mpf(10) ** -27
        reading = spectrum_of(group, w, h, frame, MPF)
        assert max(abs(x - y) for x, y in zip(reading.alpha, alpha, strict=True)) < mpf(10) ** -27
        assert max(abs(x - y) for x, y in zip(reading.beta, beta, strict=True)) < mpf(10) ** -27
        assert reading.residual < mpf(10) ** -27


@pytest.mark.parametrize("which", ["w", "h"])
@pytest.mark.parametrize("column", [0, 5])
def test_a_state_off_the_family_has_a_residual(which, column):
    # Column 5 of W (row 5 of H) lies outside the range of the frame.
    group = AbelianGroup.cyclic(5)
    with mp.workdps(30):
        frame = identity(6, 5)
        w, h = hadamard_start(group, symmetric(group, 1), symmetric(group, 1), frame, MPF)
        if which == "w":
            w[2][column] += mpf("1e-9")
        else:
            h[column][2] += mpf("1e-9")
        assert mpf("1e-10") < spectrum_of(group, w, h, frame, MPF).residual < mpf("2e-9")


def test_an_asymmetric_diagonal_is_off_the_family():
    group = AbelianGroup.cyclic(3)
    with mp.workdps(30):
        basis = fourier_basis(group, MPF)
        w = [[x * s for x, s in zip(row, (1, 2, 3), strict=True)] for row in basis]
        reading = spectrum_of(group, w, transpose(w), identity(3, 3), MPF)
        assert abs(reading.residual - 1) < mpf(10) ** -28


def test_ball_start_contains_the_exact_start():
    # K = 4: B has entries 1/2, so W is exact.
    group = AbelianGroup.walsh(2)
    w, _ = hadamard_start(group, [arb(x) for x in (0, 1, 2, 3)], [arb(1)] * 4, identity(4, 4), ARB)
    signs = sylvester(2)
    for i in range(4):
        for a in range(4):
            assert certainly_contains(w[i][a], Fraction(signs[i][a] * a, 2))


def test_frames_are_checked_exactly():
    check_frame([[Fraction(3, 5)], [Fraction(4, 5)]], 1)
    with pytest.raises(InputError, match="inner product 24/25"):
        check_frame([[Fraction(3, 5), Fraction(4, 5)], [Fraction(4, 5), Fraction(3, 5)]], 2)
    with pytest.raises(InputError, match="exact"):
        check_frame([[0.6], [0.8]], 1)
    with pytest.raises(InputError, match="2 columns"):
        check_frame([[1], [0]], 2)
    with pytest.raises(InputError, match="orthonormal"):
        check_frame([[1, 0, 0], [0, 1, 0]], 3)


@pytest.mark.parametrize(
    ("alpha", "message"),
    [([1.0, 2.0], "alpha has 2 values"), ([0.0, 1.0, 2.0], r"alpha\[1\]=1.0, alpha\[2\]=2.0")],
)
def test_bad_spectra_are_refused(alpha, message):
    with pytest.raises(InputError, match=message):
        hadamard_start(AbelianGroup.cyclic(3), alpha, [1.0] * 3, identity(3, 3), DOUBLE)


def test_balls_that_differ_are_not_symmetric():
    wide, narrow = arb(1, 0.5), arb(1, 0.25)
    group, ones = AbelianGroup.cyclic(3), [arb(1)] * 3
    with pytest.raises(InputError, match="symmetric"):
        hadamard_start(group, [arb(0), wide, narrow], ones, identity(3, 3), ARB)
    hadamard_start(group, [arb(0), wide, arb(1, 0.5)], ones, identity(3, 3), ARB)
