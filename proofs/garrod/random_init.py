"""Small random weights, beyond the spectral family: tested in doubles, never proved."""

from __future__ import annotations

from fractions import Fraction

from ncverify.book.registry import claim
from ncverify.evidence.random_starts import random_starts
from ncverify.evidence.workbench import Workbench
from ncverify.theory.groups import AbelianGroup

from .model import PAPER


@claim(
    id="random-init",
    paper=PAPER,
    kind="published",
    place="summary: standard random initialisation also converges to collapse",
    title="From small random weights the full flow goes to collapse, roughly as the reduced flow does",
    plain="With entries of W, H drawn from [-1/100, 1/100]: at t = 10^6 the cosine of Z = W H with I - 11^T/K is above "
    "0.999 for K = 4 and, still on the way, 0.8 for K = 8; V of the singular values has fallen to less than 1/100 and 1/2 "
    "of what it was when their mean passed 0.1; |Z - Z^T| < |Z|/10. Its singular values stay within a factor 4 of the "
    "reduced flow started from them: the reduced flow describes random starts in kind, not in number.",
    latex=r"W,H\sim\varepsilon:\quad \frac{WH}{\lVert WH\rVert}\to\frac{I-\frac1K\mathbf1\mathbf1^\top}{\sqrt{K-1}}",
    scope="in doubles: K = d = 4 (3 seeds), K = d = 8 (2 seeds), t <= 10^6",
    depends=["reduced-ode", "global-convergence"],
    expected="tested",
    tags=["simulation", "convergence"],
)
def random_init(bench: Workbench) -> None:
    """Both flows by SciPy; the reduced one starts from the singular values once they have grown."""
    seed = bench.settings.seed
    size = Fraction(1, 100)
    for m, count, cosine, divergence in ((2, 3, 0.999, 0.01), (3, 2, 0.8, 0.5)):
        seeds = range(seed, seed + count)
        bench.add(
            lambda m=m, seeds=seeds, cosine=cosine, divergence=divergence: random_starts(
                AbelianGroup.walsh(m),
                1 << m,
                size,
                "1e6",
                seeds,
                cosine=cosine,
                divergence=divergence,
                factor=4,
            )
        )
