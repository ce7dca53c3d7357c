"""The closed form of the squared error agrees with derivatives of the objective."""

from fractions import Fraction

import numpy as np
import pytest

from ncverify.landscape.census import critical_points
from ncverify.landscape.problem import Problem, gradient, hessian_form, value
from ncverify.theory.number_kinds import DOUBLE

CASES = [(k, n, bias) for k in (3, 4) for n in (1, 2) for bias in (None, 0, "1/10", "2")]


def member(family, width):
    """Doubles (W, H, b) of one member in the given problem."""
    p = family.problem
    k, m = p.classes, p.classes * float(p.mu_squared) ** 0.5
    kappa = 1.0 if p.lambda_b is None else float(p.lambda_b / (1 + p.lambda_b))
    frame = np.eye(k) if p.lambda_b is None else np.linalg.qr(np.eye(k) - 1 / k)[0]
    columns = [(1 - m) ** 0.5 * frame[:, i] for i in range(family.modes)]
    if family.mean:
        columns.append((1 - m / kappa) ** 0.5 * np.full(k, k**-0.5))
    w = np.zeros((k, width))
    for i, column in enumerate(columns):
        w[:, i] = column
    z = w @ w.T
    scale = (p.samples * float(p.lambda_h / p.lambda_w)) ** 0.25
    b = None
    if p.lambda_b is not None:
        b = (1 - z.sum(axis=1)) / (k * (1 + float(p.lambda_b)))
    return w * scale, np.repeat(w.T / scale, p.samples, axis=1), b


@pytest.mark.parametrize(("k", "n", "bias"), CASES)
def test_families(k, n, bias):
    problem = Problem(k, k, n, loss="mse", lambda_w="1/40", lambda_h="1/60", lambda_b=bias)
    census = critical_points(problem)
    assert census.complete
    assert census.balanced
    for family in census.points:
        w, h, b = member(family, k)
        shapes = [w.shape, h.shape] + ([] if b is None else [b.shape])
        point = (w.tolist(), h.tolist(), None if b is None else b.tolist())
        assert float(value(problem, *point, DOUBLE)) == pytest.approx(float(family.value.mid()), abs=1e-12)
        flat = np.concatenate(
            [np.ravel(part) for part in gradient(problem, *point, DOUBLE) if part is not None]
        )
        assert abs(flat).max() < 1e-12
        eigenvalues = np.linalg.eigvalsh(hessian(problem, point, shapes))
        assert (eigenvalues < -1e-9).sum() == family.index
        turns = k * (k - 1) // 2 - (k - family.rank) * (k - family.rank - 1) // 2
        assert (abs(eigenvalues) < 1e-9).sum() == turns + family.dimension
        lowest = family.smallest_eigenvalue()
        if lowest is not None:
            assert eigenvalues[0] == pytest.approx(float(lowest.mid()), abs=1e-9)


def hessian(problem, point, shapes):
    sizes = [int(np.prod(shape)) for shape in shapes]
    total = sum(sizes)

    def direction(entries):
        """A batch of directions: entry (i, j) of each block is an array over the batch."""
        blocks, start = [], 0
        for shape, size in zip(shapes, sizes, strict=True):
            block = entries[:, start : start + size].T
            blocks.append(
                [list(row) for row in block.reshape(*shape, -1)] if len(shape) == 2 else list(block)
            )
            start += size
        return (*blocks, *([None] * (3 - len(blocks))))

    unit = np.eye(total)
    pairs = [(i, j) for i in range(total) for j in range(i, total)]
    batch = np.array([unit[i] + unit[j] for i, j in pairs])
    forms = np.broadcast_to(hessian_form(problem, point, direction(batch), DOUBLE), len(pairs))
    matrix = np.zeros((total, total))
    for (i, j), form in zip(pairs, forms, strict=True):
        matrix[i, j] = form
    diagonal = np.diag(matrix) / 4
    full = (matrix - diagonal[:, None] - diagonal[None, :]) / 2
    full = np.triu(full, 1)
    return full + full.T + np.diag(diagonal)


@pytest.mark.parametrize(
    ("rank", "expected"), [(0, "3/8"), (1, "687/2048"), (2, "303/1024"), (3, "525/2048")]
)
def test_exact_levels(rank, expected):
    problem = Problem(4, 4, loss="mse", lambda_w="7/64", lambda_h="7/64", lambda_b=0)
    family = critical_points(problem).points[rank]
    assert family.rank == rank
    assert abs(float(family.value.mid()) - float(Fraction(expected))) < 1e-15
    if rank < 3:
        assert float(family.smallest_eigenvalue().mid()) == pytest.approx(-9 / 64, abs=1e-15)
    else:
        assert family.kind == "global minimum"


def test_threshold_of_the_mean_mode():
    """lambda_b / (1 + lambda_b) > K mu, decided exactly: at 1/9 it is 1/10 = K mu."""
    for penalty, rank in [("1/9", 4), ("1000001/9000000", 5), ("999999/9000000", 4)]:
        problem = Problem(5, 5, loss="mse", lambda_w="1/50", lambda_h="1/50", lambda_b=penalty)
        assert max(family.rank for family in critical_points(problem).points) == rank
