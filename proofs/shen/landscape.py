"""Whole landscapes: censuses of small models, and a spurious minimum in small width.

The objective is f = g(WH + b 1^T) + (lambda_W |W|^2 + lambda_H |H|^2 + lambda_b |b|^2)/2 with the mean cross-entropy g, K
classes, n samples each, features of dimension d.
"""

from __future__ import annotations

from fractions import Fraction

from ncverify.book.registry import claim
from ncverify.evidence.landscapes import census as census_of
from ncverify.evidence.landscapes import spurious_minimum
from ncverify.evidence.workbench import Workbench
from ncverify.landscape.problem import Problem

from .model import PAPER

DECAY = Fraction(1, 100)
BIASES = (None, 0, Fraction(1, 10))


@claim(
    id="spurious-minimum-small-d",
    paper=PAPER,
    kind="extension",
    place="the hypothesis d = K",
    title="A spurious local minimum for K = 7, d = 4",
    plain="Cross-entropy with K = 7, d = 4, n = 1, lambda_W = lambda_H = 3/1000 and no bias has a local minimum, regular up to "
    "rotations, above another point of the same width. With a zero column appended (d = 5) it is a strict saddle. So "
    "d >= K - 1 cannot be dropped.",
    latex=r"f(W,H)>f(W',H'),\qquad \nabla^2 f(W,H)\succeq0,\quad \dim\ker=\tfrac{d(d-1)}2",
    scope="K = 7, d = 4, n = 1, lambda = 3/1000, no bias",
    expected="certified",
    tags=["landscape"],
)
def spurious_minimum_small_d(bench: Workbench) -> None:
    """Found by descent from random starts, enclosed by interval Newton in a chart without rotations."""
    problem = Problem(7, 4, lambda_w="3/1000", lambda_h="3/1000")
    bench.add(lambda: spurious_minimum(problem, digits=bench.settings.digits, seed=bench.settings.seed))


@claim(
    id="census",
    paper=PAPER,
    kind="extension",
    place="Theorem 1.1, small cases",
    title="Every critical point found is a global minimum or a strict saddle",
    plain="Cross-entropy and squared error, d = K, lambda = 1/100. K = 3, n = 1, 2, bias absent, free or penalised by 1/10, and "
    "cross-entropy for K = 4, n = 1, no bias: every "
    "critical point that random starts find is enclosed and classified; it is a global minimum (for the cross-entropy a simplex frame) or a "
    "strict saddle. The Morse identity, which a missing point would break, holds in every width. For K = 3, n = 1 without "
    "bias the list of the cross-entropy is complete. The squared error has its families in closed form.",
    latex=r"\sum_Z(-1)^{\mathrm{ind}_r}E(c,d-r)=1",
    scope="the critical points found for K = 3 and 4 at lambda = 1/100; complete for cross-entropy, K = 3, n = 1, no bias",
    expected="certified",
    tags=["landscape"],
)
def census(bench: Workbench) -> None:
    """Eigenvector following from random starts, interval Newton, certified inertia; bisection for completeness."""
    small = [
        Problem(3, 3, n, lambda_w=DECAY, lambda_h=DECAY, lambda_b=bias) for n in (1, 2) for bias in BIASES
    ]
    squared = [
        Problem(3, 3, n, loss="mse", lambda_w=DECAY, lambda_h=DECAY, lambda_b=bias)
        for n in (1, 2)
        for bias in BIASES
    ]
    models = [*small, Problem(4, 4, 1, lambda_w=DECAY, lambda_h=DECAY), *squared]
    bench.add(
        lambda: census_of(
            models, digits=min(bench.settings.digits, 60), seed=bench.settings.seed, complete=small[:1]
        )
    )
