"""Distances to collapse that can first grow: exact starts, certified by balls."""

from __future__ import annotations

from fractions import Fraction

from ncverify.book.registry import claim
from ncverify.evidence.certify import certify_rate
from ncverify.evidence.trends import cosine_falls
from ncverify.evidence.workbench import Workbench
from ncverify.theory.groups import AbelianGroup

from .model import PAPER

# 0, ..., 200, ever further apart
MOMENTS = [Fraction(n * n, 2) for n in range(21)]


def exact(*values: int) -> list[Fraction]:
    """The spectrum without its frozen mode."""
    return [Fraction(value) for value in values]


@claim(
    id="nonmonotone-cosine-k8",
    paper=PAPER,
    kind="published",
    place="summary: natural distances can increase at first for K >= 8; the exact starts are ours",
    title="For eight classes the distance to collapse can first grow",
    plain="At s = (18, 24, 1, 1, 1, 18, 18) and at s = (16, 12, 1, 12, 1, 12, 1), Z_2^3, the cosine between s and the "
    "all-ones vector (which measures the distance of Z/|Z| to collapse) decreases along the balanced flow; from the first "
    "start it decreases at every time from 0 to 200, by more than 0.007 in all (from 0.7774).",
    latex=r"\frac{d}{dt}\frac{\langle s,\mathbf 1\rangle}{\lVert s\rVert\sqrt{K-1}}<0",
    scope="two exact starts, K = 8 (Z_2^3); from the first of them for 0 <= t <= 200",
    depends=["reduced-ode", "growth"],
    expected="certified",
    tags=["monotone", "certified"],
)
def nonmonotone_cosine(bench: Workbench) -> None:
    """The sign of the derivative, in balls: at the starts, and in boxes that hold the enclosed flow."""
    first = exact(18, 24, 1, 1, 1, 18, 18)
    for start in (first, exact(16, 12, 1, 12, 1, 12, 1)):
        bench.add(lambda start=start: certify_rate("cosine", AbelianGroup.walsh(3), start))
    bench.add(lambda: cosine_falls(AbelianGroup.walsh(3), first, MOMENTS, Fraction(7, 1000), digits=20))


@claim(
    id="maxmin-nonmonotone-k16",
    paper="beyond",
    kind="extension",
    place="beside the non-monotone distances of garrod",
    title="For sixteen classes max s / min s can grow",
    plain="At s = (9, 9, 9, 9, 9, 1, 1, 9, 1, 1, 1, 1, 1, 1, 1) of Z_2^4, max s / min s increases along the balanced flow; so "
    "it does for the cyclic group of order 8 at (39, 19, 1, 39, 1, 19, 39).",
    latex=r"\frac{d}{dt}\,\frac{\max_a s_a}{\min_a s_a}>0",
    scope="two exact starts: K = 16 (Z_2^4), K = 8 (Z_8)",
    depends=["reduced-ode"],
    expected="certified",
    tags=["monotone", "certified"],
)
def maxmin_nonmonotone(bench: Workbench) -> None:
    """The sign of the derivative, in balls; ties between maxima are exact."""
    bench.add(
        lambda: certify_rate(
            "max-min", AbelianGroup.walsh(4), exact(9, 9, 9, 9, 9, 1, 1, 9, 1, 1, 1, 1, 1, 1, 1)
        )
    )
    bench.add(lambda: certify_rate("max-min", AbelianGroup.cyclic(8), exact(39, 19, 1, 39, 1, 19, 39)))


@claim(
    id="depth-lyapunov",
    paper="beyond",
    kind="extension",
    place="limits of lyapunov-general",
    title="At depth three V can increase",
    plain="For s_a' = 3 s_a^(4/3) (1 - phat_a), where rho(s)/s increases, V increases at s = (2, 2, 1), K = 4.",
    latex=r"\dot s_a=3s_a^{4/3}(1-\hat p_a),\quad \dot V>0\ \text{at}\ s=(2,2,1)",
    scope="one exact start, K = 4 (Z_2^2), depth 3",
    depends=["lyapunov-general"],
    expected="certified",
    tags=["lyapunov", "certified"],
)
def depth_lyapunov(bench: Workbench) -> None:
    """The sign of the derivative, in balls."""
    bench.add(lambda: certify_rate("V", AbelianGroup.walsh(2), exact(2, 2, 1), depth=3))


@claim(
    id="unbalanced-lyapunov-distinct",
    paper="beyond",
    kind="extension",
    place="limits of lyapunov-general",
    title="With distinct imbalances V can increase",
    plain="For s_a' = sqrt(c_a^2 + 4 s_a^2) (1 - phat_a) with c = (5, 1, 1), V increases at s = (2, 1, 1), K = 4.",
    latex=r"\dot s_a=\sqrt{c_a^2+4s_a^2}\,(1-\hat p_a),\quad \dot V>0",
    scope="one exact start, K = 4 (Z_2^2), distinct c_a",
    depends=["lyapunov-general"],
    expected="certified",
    tags=["lyapunov", "certified"],
)
def unbalanced_lyapunov(bench: Workbench) -> None:
    """The sign of the derivative, in balls."""
    bench.add(
        lambda: certify_rate(
            "V", AbelianGroup.walsh(2), exact(2, 1, 1), flow="unbalanced", imbalance=exact(5, 1, 1)
        )
    )
