"""The figures of the README: ``python scripts/readme_figures.py`` writes them into docs/figures.

layer_peeled.svg: the measures of collapse along the gradient flow of the layer-peeled model (claim
``ulpm-rates``).  landscape.svg: the critical points for four classes.  transverse.svg: the deviation from the
collapse ray along one certified trajectory, t = 1 to 10^100, beside the proved rate exp(-sbar/K) (claim
``transverse-rate``).  The fourth, flow_costs.svg, is drawn by benchmarks/flow_bench.py.
"""

from __future__ import annotations

from pathlib import Path

from flint import arb

from ncverify.experiments import layer_peeled_flow
from ncverify.figures import BLACK, BLUE, sheet
from ncverify.flows.reduced import ReducedFlow
from ncverify.landscape import Problem, critical_points
from ncverify.theory.balls import certainly_positive, precision
from ncverify.theory.groups import AbelianGroup

FIGURES = Path(__file__).parents[1] / "docs" / "figures"
START = "1,2,3,1/2,5/2,3/2,2"
EXPONENTS = range(0, 101, 2)


def main() -> None:
    """Enclose, check that every plotted deviation is certainly not 0, and draw."""
    layer_peeled_flow().plot(FIGURES / "layer_peeled.svg")
    problem = Problem(classes=4, width=4, lambda_w="1/100", lambda_h="1/100")
    critical_points(problem).plot(FIGURES / "landscape.svg")
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
    with sheet(9, 3.6, FIGURES / "transverse.svg") as figure:
        left, right = figure.subplots(1, 2)
        rate = [sizes[-1] - (mean - means[-1]) / group.order * 0.4342944819032518 for mean in means]
        left.plot(means, sizes, "o", color=BLUE, markersize=3, label="certified trajectory")
        left.plot(
            means, rate, "--", color=BLACK, linewidth=1, label=r"slope of $e^{-\bar s/K}$, $K=8$ (proved)"
        )
        left.set_xlabel(r"mean singular value $\bar s$ (logit units)")
        left.legend()
        right.plot(EXPONENTS, sizes, "-", color=BLUE)
        right.set_xlabel(r"$\log_{10}t$ ($t$: gradient-flow time)")
        for axes in (left, right):
            axes.set_ylabel(r"$\log_{10}\max_a|s_a/\bar s-1|$")
        figure.suptitle(f"Deviations from collapse, $Z_2^3$, start ({START}), certified to $t=10^{{100}}$")


if __name__ == "__main__":
    main()
