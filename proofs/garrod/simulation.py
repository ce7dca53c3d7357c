"""High-precision simulations of the full network beside the theory: tested, never proved."""

from __future__ import annotations

from ncverify.book.registry import claim
from ncverify.evidence.workbench import Workbench
from ncverify.theory.groups import AbelianGroup

from .model import PAPER


@claim(
    id="full-flow-simulated",
    paper=PAPER,
    kind="extension",
    place="simulates what the abstract says of the full network",
    title="Simulated, the full flow follows the reduced one",
    plain="From random exact spectral starts (balanced or not, d >= K, random rational frames R) the flow of all "
    "entries of (W, H) stays in the spectral family and its singular values are those of the reduced flow; "
    "W^T W - H H^T and alpha^2 - beta^2 stay constant; V decreases and every s_a grows.",
    latex=r"\dot W=-\partial_WL,\ \dot H=-\partial_HL\quad\text{against}\quad\dot s_a=\sqrt{c_a^2+4s_a^2}(1-\hat p_a)",
    scope="random starts at the stated precision: K = 4 and 8 (conserved quantities also for any W, H with K = 3)",
    depends=["reduced-ode", "frozen-singular-vectors", "lyapunov-derivative", "growth"],
    expected="tested",
    tags=["simulation"],
)
def full_flow_simulated(bench: Workbench) -> None:
    """Independent integrations in arbitrary precision, compared to all digits."""
    from ncverify.evidence.properties import (  # it imports Hypothesis
        conserved_quantities,
        family_invariance,
        lyapunov_decreases,
        modes_increase,
    )

    digits, seed = bench.settings.digits, bench.settings.seed
    bench.add(lambda: family_invariance(examples=4, digits=digits, seed=seed))
    bench.add(
        lambda: family_invariance(
            examples=2, digits=max(30, digits * 3 // 5), seed=seed, groups=[AbelianGroup.walsh(3)]
        )
    )
    bench.add(lambda: conserved_quantities(examples=4, digits=digits, seed=seed))
    bench.add(lambda: lyapunov_decreases(examples=6, digits=digits, seed=seed))
    bench.add(lambda: modes_increase(examples=6, digits=digits, seed=seed))
