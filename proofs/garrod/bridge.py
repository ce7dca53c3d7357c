"""The reduced and the full flow, enclosed from the same exact start."""

from __future__ import annotations

from fractions import Fraction

from ncverify.book.registry import claim
from ncverify.evidence.enclosures import reduced_full_bridge
from ncverify.evidence.workbench import Workbench

from .model import PAPER
from .reduced import reflection


@claim(
    id="reduced-full-bridge",
    paper=PAPER,
    kind="extension",
    place="checks the reduction along one trajectory",
    title="The enclosed full flow is the enclosed reduced flow",
    plain="From one exact start with K = 4, d = 5 and a rational frame R, rigorous enclosures of all 40 entries of (W, H) "
    "and of the singular values agree: Phi^T W H Phi/K - diag(s) is 0 to all digits, off the diagonal too.",
    latex=r"\tfrac1K\Phi^{\top}W(t)H(t)\Phi=\mathrm{diag}(s(t))",
    scope="one exact start, at the stated times",
    depends=["reduced-ode", "log-norm-full", "log-norm-reduced"],
    expected="certified",
    tags=["integration", "certified"],
)
def reduced_full(bench: Workbench) -> None:
    """Two rigorous integrations that share only the start."""
    spectrum = [Fraction(1), Fraction(1, 2), Fraction(5, 3)]
    digits = min(bench.settings.digits, 40)
    bench.add(lambda: reduced_full_bridge(2, spectrum, reflection(5, 4), ["1/10", "1", "10"], digits))
