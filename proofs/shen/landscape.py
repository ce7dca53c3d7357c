"""Whole landscapes: the symmetric family, censuses of small models, and a spurious minimum in small width.

The objective is f = g(WH + b 1^T) + (lambda_W |W|^2 + lambda_H |H|^2 + lambda_b |b|^2)/2 with the mean cross-entropy g, K
classes, n samples each, features of dimension d.
"""

from __future__ import annotations

from fractions import Fraction

from ncverify.book.registry import claim
from ncverify.evidence.landscapes import census as census_of
from ncverify.evidence.landscapes import spurious_minimum, walsh_family, walsh_support
from ncverify.evidence.workbench import Workbench
from ncverify.landscape.problem import Problem
from ncverify.theory.groups import AbelianGroup

from .model import PAPER

DECAY = Fraction(1, 100)
BIASES = (None, 0, Fraction(1, 10))

# chi_1 = chi_2 chi_3 = chi_4 chi_5 = chi_8 chi_9: three two-step paths with common ends, and the end character.
PATHS = (1, 2, 3, 4, 5, 8, 9)


@claim(
    id="walsh-critical-points",
    paper=PAPER,
    kind="extension",
    place="critical points with a symmetry",
    title="The critical points of the Walsh family, one for each set of characters, with exceptions from K = 16 on",
    plain="n = 1, no bias, tau = K mu < 1. A logit matrix z(i - j) on Z_2^m with spectrum s belongs to a critical point iff "
    "1 - phat_a = tau where s_a > 0. For each support there is at most one (-log p(0) + mu sum s is strictly convex). "
    "At lambda = 1/100 all 8 supports of K = 4 and all 128 of K = 8 have one; one is the global minimum, the others are "
    "strict saddles. For K = 16 three two-step paths with common ends and the end character have none at tau = 0.2769, "
    "and one at tau = 0.277.",
    latex=r"1-\hat p_a=\tau\ (a\in A),\quad s_a=0\ (a\notin A)",
    scope="K = 4 and 8 at lambda = 1/100, one support of K = 16 at two values of tau",
    expected="certified",
    tags=["landscape"],
)
def walsh_critical_points(bench: Workbench) -> None:
    """Interval Newton for each orbit of supports; the index from the blocks of the Hessian."""
    digits = bench.settings.digits
    for m in (2, 3):
        bench.add(lambda m=m: walsh_family(AbelianGroup.walsh(m), DECAY, digits=digits))
    group = AbelianGroup.walsh(4)
    bench.add(lambda: walsh_support(group, Fraction(2769, 160_000), PATHS, exists=False))
    bench.add(lambda: walsh_support(group, Fraction(2770, 160_000), PATHS, exists=True))


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
