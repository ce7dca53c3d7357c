"""Critical points are found, certified, counted once, and have the values known for them."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from flint import arb

import ncverify as nv
from ncverify.errors import InputError
from ncverify.landscape.census import critical_points, local_minima
from ncverify.landscape.chart import Chart
from ncverify.landscape.complete import rank_one_boxes
from ncverify.landscape.euler import euler_sum, grassmannian, orbit_weight
from ncverify.landscape.inertia import Undecided, negative_eigenvalues
from ncverify.landscape.newton import enclose, refine
from ncverify.landscape.points import chart_near, collapse, locate
from ncverify.landscape.problem import Problem, gradient
from ncverify.landscape.search import Model, derivatives, follow
from ncverify.landscape.symmetry import copies, same_orbit
from ncverify.theory.balls import precision, to_arb
from ncverify.theory.number_kinds import ARB


@pytest.fixture(scope="module")
def four():
    return critical_points(Problem(4, 4, lambda_w="1/100", lambda_h="1/100"))


def known(point, text):
    """The ball of the value has 30 digits in common with the text."""
    with precision(256):
        assert abs(point.value - arb(text)) < arb("1e-30")


def test_the_landscape_of_four_classes(four):
    assert not four.unresolved
    assert four.euler == {1: 1, 2: 1, 3: 1, 4: 1}
    assert not four.spurious
    counts = [(p.rank, p.index, p.escapes, p.copies) for p in four.points]
    assert counts == [
        (0, 12, 3, 1),
        (1, 6, 2, 12), (1, 7, 2, 12), (1, 7, 2, 12), (1, 8, 2, 6), (1, 8, 2, 3), (1, 8, 2, 4),
        (2, 2, 1, 3), (2, 3, 1, 12), (2, 4, 1, 6), (2, 4, 1, 4),
        (3, 0, 0, 1),
    ] or counts == [
        (0, 12, 3, 1),
        (1, 6, 2, 12), (1, 7, 2, 12), (1, 7, 2, 12), (1, 8, 2, 3), (1, 8, 2, 6), (1, 8, 2, 4),
        (2, 2, 1, 3), (2, 3, 1, 12), (2, 4, 1, 6), (2, 4, 1, 4),
        (3, 0, 0, 1),
    ]  # fmt: skip


def test_values_known_to_thirty_digits(four):
    known(four.points[-1], "0.16770053683981003058276293631588555281")
    known(four.points[7], "0.19607822655946396122451882152384")
    with precision(256):
        assert abs(four.points[7].gradient_norm() - to_arb(Fraction(49, 2500))) < arb("1e-30")
        mode = four.points[-1].reduced()[0]
        gram = mode * mode.transpose()  # alpha (I - J/4), alpha = log 97 = s
        assert abs(gram[0, 0] - arb(97).log() * 3 / 4) < arb("1e-30")


def test_points_that_agree_in_value_are_told_apart(four):
    first, second = (p for p in four.points if p.index == 8 and p.copies in (3, 6))
    assert first.value.overlaps(second.value)
    assert first.gradient_norm().overlaps(second.gradient_norm())
    assert not same_orbit(first, second)


def test_permuted_and_rotated_points_are_the_same(four):
    rng = np.random.default_rng(0)
    point = four.points[8]
    w, h, _ = point.reduced()
    w = np.array([[float(x.mid()) for x in row] for row in w.tolist()])
    h = np.array([[float(x.mid()) for x in row] for row in h.tolist()])
    turn = np.linalg.qr(rng.standard_normal((2, 2)))[0]
    for order in ([1, 0, 2, 3], [3, 1, 0, 2]):
        other = locate(four.problem, w[order] @ turn, turn.T @ h[:, order], None, 200)
        assert same_orbit(point, other)
        assert copies(other) == point.copies


@pytest.mark.parametrize("bias", [None, 0, "1/10"])
@pytest.mark.parametrize("samples", [1, 2])
def test_gradients_of_the_problem_as_given_vanish(bias, samples):
    problem = Problem(3, 4, samples, lambda_w="1/50", lambda_h="1/200", lambda_b=bias)
    census = critical_points(problem, starts=80)
    assert census.balanced
    assert not census.unresolved
    for point in census.points:
        with precision(point.bits):
            parts = gradient(problem, *point.weights(), ARB)
            flat = [x for part in parts[:2] for row in part for x in row] + list(parts[2] or [])
            assert all(x.contains(0) and x.rad() < 1e-30 for x in flat)


@pytest.mark.parametrize("bias", [None, 0.0, 0.1])
def test_index_and_kernel_agree_with_eigenvalues_in_doubles(bias):
    exact = None if bias is None else Fraction(str(bias))
    census = critical_points(Problem(3, 3, lambda_w="1/100", lambda_h="1/100", lambda_b=exact), starts=80)
    model = Model(3, 3, 0.01, bias)
    for point in census.points:
        w, h, b = point.reduced()
        rows = [*w.tolist(), *h.transpose().tolist()] if point.rank else [[]] * 6
        full = np.array([[float(x.mid()) for x in row] + [0.0] * (3 - point.rank) for row in rows])
        parts = [full[:3].ravel(), full[3:].T.ravel()]
        if bias is not None:
            parts.append(np.array([float(x.mid()) for x in b]))
        eigenvalues = np.linalg.eigvalsh(derivatives(model, np.concatenate(parts)[None])[2][0])
        assert (eigenvalues < -1e-8).sum() == point.index
        turns = 3 - (3 - point.rank) * (2 - point.rank) // 2
        assert (abs(eigenvalues) < 1e-8).sum() == turns + (bias == 0)
        lowest = point.smallest_eigenvalue()
        if lowest is not None:
            assert eigenvalues[0] == pytest.approx(float(lowest.mid()), abs=1e-9)


def test_three_classes_are_complete():
    problem = Problem(3, 3, lambda_w="1/10", lambda_h="1/10")
    census = critical_points(problem, starts=80, complete=True)
    assert census.complete
    kept = [p for p in census.points if p.rank != 1 or p.copies != 3]
    assert len(kept) < len(census.points)
    with pytest.raises(Undecided, match="may be missing"):
        rank_one_boxes(problem, kept, most_boxes=3000)


def test_two_classes_are_complete():
    census = critical_points(Problem(2, 2, lambda_w="1/100", lambda_h="1/100"))
    assert census.complete
    assert [(p.rank, p.index) for p in census.points] == [(0, 2), (1, 0)]


def test_a_part_of_the_ranks_is_not_complete():
    problem = Problem(3, 3, lambda_w="1/100", lambda_h="1/100")
    for ranks in ([], [2]):
        census = critical_points(problem, ranks=ranks)
        assert not census.complete
        assert census.euler == {}


def test_no_saddle_where_decay_wins():
    census = critical_points(Problem(3, 3, lambda_w="1/3", lambda_h="1/3"))
    (point,) = census.points
    assert (point.rank, point.index, point.kind, census.complete) == (0, 0, "global minimum", True)


def test_the_identity_notices_a_missing_point(four):
    rows = [(p.rank, p.active, p.escapes, p.copies) for p in four.points]
    assert [euler_sum(rows, d) for d in range(1, 5)] == [1] * 4
    for skipped in range(7, 11):  # of rank 2
        assert euler_sum(rows[:skipped] + rows[skipped + 1 :], 2) != 1


def test_euler_characteristics():
    assert [grassmannian(1, n) for n in range(1, 6)] == [1, 0, 1, 0, 1]  # real projective spaces
    assert grassmannian(2, 4) == 2
    # A sphere of (k x c) matrices over O(k): RP^{c-1} for k = 1, a disc for k >= c, S^4 for (3, 2).
    assert [1 - orbit_weight(c, 1) for c in range(1, 5)] == [1, 0, 1, 0]
    assert [1 - orbit_weight(c, c + 1) for c in range(1, 5)] == [1] * 4
    assert 1 - orbit_weight(3, 2) == 2


def test_starts_that_overflow_are_dropped():
    model = Model(3, 1, 0.01, None)
    ends = follow(model, np.full((2, 6), [[1e200], [0.1]]), np.array([0, 0]))
    assert np.isfinite(ends).all()
    assert not ends[0].any()


def test_what_is_not_a_zero_is_not_enclosed():
    problem = Problem(3, 1, lambda_w="1/100", lambda_h="1/100")
    chart, start = chart_near(problem, np.array([[1.0], [0.5], [-1.5]]), np.array([[0.3, 2.0, -1.0]]), None)
    with precision(200), pytest.raises(Undecided):
        enclose(chart, start, 200)


def test_the_box_excludes_a_critical_point_of_another_decay():
    point = collapse(Problem(3, 2, lambda_w="1/100", lambda_h="1/100"), 200)
    chart = point.zero.chart
    other = replace(chart, mu_squared=Fraction(1, 9000))
    with pytest.raises(Undecided):
        enclose(other, list(point.zero.center), 200)
    moved = refine(other, list(point.zero.center), 200)
    assert not point.zero.certainly_is(moved)


def test_the_chart_drops_rotations_and_the_flat_bias():
    assert Chart(4, 3, Fraction(1, 100), None, (2, 0, 1)).size == 2 * 12 - 3
    assert Chart(4, 3, Fraction(1, 100), Fraction(0), (2, 0, 1)).size == 2 * 12 - 3 + 3
    assert Chart(4, 3, Fraction(1, 100), Fraction(1), (2, 0, 1)).size == 2 * 12 - 3 + 4


def test_inertia_is_certain_or_refused():
    from flint import arb_mat

    assert negative_eigenvalues(arb_mat([[1, 2], [2, 1]])) == 1
    assert negative_eigenvalues(arb_mat([[-3, 1], [1, -3]])) == 2
    with pytest.raises(Undecided):
        negative_eigenvalues(arb_mat([[1, 1], [1, 1]]))
    with pytest.raises(Undecided):
        negative_eigenvalues(arb_mat([[arb(0, 1), 0], [0, 1]]))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"digits": 5}, "digits = 5"),
        ({"starts": 0}, "starts = 0"),
        ({"seed": -1}, "seed = -1"),
        ({"ranks": [3]}, "ranks"),
    ],
)
def test_wrong_arguments_are_one_line(arguments, message):
    problem = Problem(3, 3, lambda_w="1/100", lambda_h="1/100")
    with pytest.raises(InputError, match=message):
        nv.landscape.critical_points(problem, **arguments)


def test_too_many_classes_for_a_search():
    with pytest.raises(InputError, match="too large for a search"):
        critical_points(Problem(9, 9, lambda_w="1/100", lambda_h="1/100"))
    with pytest.raises(InputError, match="out of reach"):
        critical_points(Problem(4, 4, lambda_w="1/100", lambda_h="1/100"), complete=True)
    with pytest.raises(InputError, match="width < K"):
        local_minima(Problem(3, 3, lambda_w="1/100", lambda_h="1/100"))
