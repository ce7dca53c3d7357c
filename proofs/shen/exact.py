"""Exact examples for the squared loss: rational critical points of every rank, and two that exceed rank K - 1."""

from __future__ import annotations

from fractions import Fraction

from ncverify.book.registry import claim
from ncverify.evidence.exact_points import ExactPoint, full_rank_witness
from ncverify.evidence.workbench import Workbench
from ncverify.landscape.problem import Problem

from .model import PAPER

HALF, SIZE = Fraction(1, 2), 4
DECAY = Fraction(7, 64)


def walsh_vector(a: int) -> list[Fraction]:
    """The unit vector (+-1/2) of the character a of Z_2^2."""
    return [HALF * (-1) ** (a & g).bit_count() for g in range(SIZE)]


def walsh_points() -> list[ExactPoint]:
    """K = 4, lambda_W = lambda_H = 7/64, free bias: W = H^T = (3/4) sum_{a in S} phi_a e_a^T, b = 1/4, |S| = 0..3,
    with unit vectors phi_a.

    For |S| < 3 the direction of ``negative-curvature`` has second derivative 2 (7/64 - 1/4).
    """
    points = []
    for rank, value in enumerate(
        (Fraction(3, 8), Fraction(687, 2048), Fraction(303, 1024), Fraction(525, 2048))
    ):
        used = range(1, rank + 1)
        w = [
            [Fraction(3, 4) * walsh_vector(a)[k] if a in used else Fraction(0) for a in range(SIZE)]
            for k in range(SIZE)
        ]
        h = [list(column) for column in zip(*w, strict=True)]
        direction = None
        if rank < 3:
            u = walsh_vector(rank + 1)  # Gm u = -u/4, so the right singular vector is -u
            direction = (
                [[u[k] if f == 0 else Fraction(0) for f in range(SIZE)] for k in range(SIZE)],
                [[u[c] if f == 0 else Fraction(0) for c in range(SIZE)] for f in range(SIZE)],
            )
        points.append(
            ExactPoint(w, h, [Fraction(1, 4)] * SIZE, value, direction, 2 * (DECAY - Fraction(1, 4)))
        )
    return points


WALSH = Problem(SIZE, loss="mse", lambda_w=DECAY, lambda_h=DECAY, lambda_b=0)


@claim(
    id="mse-rank-no-bias",
    paper=PAPER,
    kind="published",
    place="'rank(W) = rank(H) <= K-1', read for the squared loss without bias",
    title="Squared loss without bias: rank W <= K - 1",
    plain="Without bias every critical point of the squared-loss objective has rank W <= K - 1.",
    latex=r"\mathrm{rank}\,W\le K-1\quad(f^M,\ \text{no bias})",
    scope="all K, d, n",
    expected="refuted",
    corrected_by="mse-rank",
    tags=["landscape", "squared loss"],
)
def mse_rank_no_bias(bench: Workbench) -> None:
    """K = d = 2, n = 1, lambda = 3/8: W = H = I/2 is critical (the threshold is mse-rank-threshold)."""
    w = [[HALF, Fraction(0)], [Fraction(0), HALF]]
    problem = Problem(2, loss="mse", lambda_w=Fraction(3, 8), lambda_h=Fraction(3, 8))
    bench.add(lambda: full_rank_witness(problem, w, w, None))


@claim(
    id="mse-rank-penalised",
    paper=PAPER,
    kind="published",
    place="'rank(W) = rank(H) <= K-1', read for the squared loss with a penalised bias",
    title="Squared loss with a penalised bias: rank W <= K - 1",
    plain="With lambda_b > 0 every critical point of the squared-loss objective has rank W <= K - 1.",
    latex=r"\mathrm{rank}\,W\le K-1\quad(f^M,\ \lambda_b>0)",
    scope="all K, d, n",
    expected="refuted",
    corrected_by="mse-rank",
    tags=["landscape", "squared loss"],
)
def mse_rank_penalised(bench: Workbench) -> None:
    """K = d = 2, n = 1, lambda = 3/8, lambda_b = 4: W = H = [[3, -1], [-1, 3]]/8, b = 3/32."""
    w = [[Fraction(3, 8), Fraction(-1, 8)], [Fraction(-1, 8), Fraction(3, 8)]]
    problem = Problem(2, loss="mse", lambda_w=Fraction(3, 8), lambda_h=Fraction(3, 8), lambda_b=4)
    bench.add(lambda: full_rank_witness(problem, w, w, [Fraction(3, 32)] * 2))
