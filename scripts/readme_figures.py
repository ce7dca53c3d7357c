"""The figures of the README: ``python scripts/readme_figures.py`` writes them into docs/figures.

layer_peeled.svg: the measures of collapse along the gradient flow of the layer-peeled model (claim
``ulpm-rates``).  transverse.svg: the deviation from the collapse ray along one certified trajectory, t = 1 to
10^100, beside the proved rate exp(-sbar/K) (claim ``transverse-rate``).
"""

from __future__ import annotations

from pathlib import Path

from flint import arb
from matplotlib.figure import Figure

from ncverify.experiments import layer_peeled_flow
from ncverify.flows.reduced import ReducedFlow
from ncverify.theory.balls import certainly_positive, precision
from ncverify.theory.groups import AbelianGroup

FIGURES = Path(__file__).parents[1] / "docs" / "figures"
TARGET = FIGURES / "transverse.svg"
START = "1,2,3,1/2,5/2,3/2,2"
EXPONENTS = range(0, 101, 2)


def main() -> None:
    """Enclose, check that every plotted deviation is certainly not 0, and draw."""
    layer_peeled_flow().plot(FIGURES / "layer_peeled.svg")
    group = AbelianGroup.walsh(3)
    times = [f"1e{n}" for n in EXPONENTS]
    trajectory = ReducedFlow(group).enclose(START, until=times[-1], times=times, digits=50)
    means, sizes = [], []
    with precision(400):
        for row in trajectory.s:
            mean = sum(row, arb(0)) / len(row)
            size = max((abs(x / mean - 1) for x in row), key=lambda x: float(x.mid()))
            if not certainly_positive(size):
                raise SystemExit("a deviation is not certainly positive: more digits are needed")
            means.append(float(mean.mid()))
            sizes.append(float((size.log() / arb(10).log()).mid()))
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    rate = [sizes[-1] - (mean - means[-1]) / group.order * 0.4342944819032518 for mean in means]
    left.plot(means, sizes, "ko", markersize=3, label="certified trajectory")
    left.plot(means, rate, "k--", linewidth=1, label="slope of exp(-s/K), K = 8 (proved)")
    left.set_xlabel("mean singular value s")
    left.set_ylabel("log10 of the largest |s_a/s - 1|")
    left.legend(fontsize=8)
    right.plot(EXPONENTS, sizes, "k-", linewidth=1)
    right.set_xlabel("log10 of time (gradient-flow time)")
    right.set_ylabel("log10 of the largest |s_a/s - 1|")
    for axes in (left, right):
        axes.grid(color="0.9")
    figure.suptitle(f"Deviations from collapse, Z_2^3, start ({START}), certified to t = 1e100")
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(TARGET, metadata={"Date": None})


if __name__ == "__main__":
    main()
