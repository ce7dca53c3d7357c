"""No power of two is needed: the theory for every finite abelian group."""

from __future__ import annotations

from ncverify.book.registry import claim
from ncverify.evidence.instances import CYCLIC, instances
from ncverify.evidence.workbench import Workbench
from ncverify.theory.groups import AbelianGroup

from ..garrod.hadamard import diagonalization
from ..garrod.lyapunov import MIXED, lyapunov_derivative
from ..garrod.model import CLASSES, FLOW, POSITIVE, SYMMETRIC, ZERO_MODE, softmax, symmetric
from ..garrod.reduced import BALANCED, FAMILY, GRADIENT_FLOW, reduced_ode

PARTS = {
    "diagonalization": (diagonalization, ("diagonal", "softmax")),
    "reduced-ode": (reduced_ode, ("alpha", "beta", "conserved", "unbalanced", "balanced")),
    "lyapunov-derivative": (lyapunov_derivative, ("derivative", "decreasing")),
}


@claim(
    id="abelian-diagonalization",
    paper="beyond",
    kind="extension",
    place="generalises garrod from Z_2^m to every finite abelian group",
    title="The reduction and the Lyapunov function for every finite abelian group",
    plain="With the character table of any finite abelian group of order K in place of Sylvester's matrix, and real "
    "symmetric spectra s_{-a} = s_a: entrywise functions and the softmax stay diagonal, the singular vectors "
    "are frozen, the reduced equations hold with phat_a = sum_g p(g) chi_a(g), and V' <= 0. So K = 3, 5, 6, 7, "
    "10, 12, ... are covered.",
    latex=r"G\ \text{finite abelian},\ s_{-a}=s_a:\quad \dot s_a=2s_a(1-\hat p_a),\quad\dot V\le0",
    scope="every finite abelian group of order K >= 2, every real symmetric spectrum",
    hypotheses=[SYMMETRIC, *FAMILY, *GRADIENT_FLOW, BALANCED, FLOW, POSITIVE, ZERO_MODE, CLASSES],
    goals={f"{name}: {goal}": owner.goals[goal] for name, (owner, names) in PARTS.items() for goal in names},
    depends=["diagonalization", "reduced-ode", "lyapunov-derivative"],
    expected="proved",
    tags=["all-K", "abelian"],
)
def abelian_diagonalization(bench: Workbench) -> None:
    """The proofs use only the character relations, never that characters are +-1; cyclic instances beside."""
    from ncverify.evidence.properties import family_invariance  # it imports Hypothesis

    for name, (_, goals) in PARTS.items():
        for goal in goals:
            bench.show(f"{name}: {goal}", bench.use(name, goal))
    bench.beside(
        lambda: instances(
            [bench.use("lyapunov-derivative", "derivative"), *softmax(symmetric).definitions],
            {"lyapunov-derivative": bench.goal("lyapunov-derivative: derivative")},
            [*CYCLIC, MIXED, AbelianGroup((3, 3))],
        )
    )
    bench.beside(
        lambda: family_invariance(
            examples=4,
            digits=max(30, bench.settings.digits * 3 // 5),
            seed=bench.settings.seed,
            groups=[AbelianGroup.cyclic(5), AbelianGroup.cyclic(6)],
        )
    )
