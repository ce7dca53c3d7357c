"""Property tests of the flows as evidence: random exact starts, high-precision solutions.

A property that holds on all its examples earns ``tested``, never more.  A failing example is not a
refutation either, because the solutions carry no rigorous bound: it gives ``undecided`` and is reported
in full.  A test in which no draw met the hypotheses is an ``error``.

Every property is a function of ``examples``, ``digits`` and ``seed`` and is deterministic in them (for
one version of Hypothesis).  The examples are shared out among the strata (each group, alpha = beta and
not), so ``examples`` is at least their number.  The tolerance is 10^-(digits-5).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st
from mpmath import mp, mpf

from ncverify.book.verdict import Evidence
from ncverify.evidence import strategies
from ncverify.evidence.reference import integrate_full, integrate_reduced
from ncverify.evidence.simulation import Budget, Strata, simulate
from ncverify.evidence.strategies import RationalRows, SpectralStart
from ncverify.theory.dynamics import Balanced, Loss, ReducedModel, Unbalanced, matmul, transpose
from ncverify.theory.groups import AbelianGroup
from ncverify.theory.number_kinds import MPF, Vector
from ncverify.theory.observables import lyapunov
from ncverify.theory.spectral import hadamard_start, spectrum_of

DEFAULT_GROUPS = (AbelianGroup.walsh(2), AbelianGroup.cyclic(4))

_NOT_COLLAPSED = "the s_a with a != 0 are not all equal"
_GRID = 6


@dataclass(frozen=True)
class SpectralCase:
    """One drawn example: a start on the spectral family and a time."""

    group: AbelianGroup
    start: SpectralStart
    frame: RationalRows
    time: Fraction

    def to_json(self) -> dict[str, Any]:
        return {
            "group": list(self.group.orders),
            "alpha": [str(x) for x in self.start.alpha],
            "beta": [str(x) for x in self.start.beta],
            "frame": [[str(x) for x in row] for row in self.frame],
            "time": str(self.time),
        }


@dataclass(frozen=True)
class FullCase:
    """One drawn example: any W and H, with labels, and a time."""

    w: RationalRows
    h: RationalRows
    labels: tuple[int, ...]
    time: Fraction

    def to_json(self) -> dict[str, Any]:
        return {
            "W": [[str(x) for x in row] for row in self.w],
            "H": [[str(x) for x in row] for row in self.h],
            "labels": list(self.labels),
            "time": str(self.time),
        }


def family_invariance(
    *,
    examples: int = 4,
    digits: int = 50,
    seed: int = 0,
    groups: Sequence[AbelianGroup] = DEFAULT_GROUPS,
    extra_dimensions: int = 2,
    balanced: ReducedModel = Balanced(),
    unbalanced: ReducedModel = Unbalanced(),
) -> Evidence:
    """The full flow from a spectral start stays in the family and follows the reduced flow.

    Starts: alpha = beta or not, d from K to K + ``extra_dimensions``, random rational frames R.  Residual:
    the distance from the family, |alpha beta - s| against ``balanced``, |alpha|, |beta| against
    ``unbalanced``.  Supports claims ``frozen-singular-vectors`` and ``reduced-ode``.
    """

    def residual(case: SpectralCase) -> mpf:
        assume(not case.start.collapsed)
        group, start = case.group, case.start
        alpha, beta, off_family = _full_solution(case, digits, "sum")
        pair = integrate_reduced(group, (*start.alpha, *start.beta), [case.time], digits, model=unbalanced)
        gaps = [off_family, _distance((*alpha, *beta), pair.states[0])]
        if start.balanced:
            single = integrate_reduced(group, start.spectrum, [case.time], digits, model=balanced)
            gaps.append(_distance([a * b for a, b in zip(alpha, beta, strict=True)], single.states[0]))
        return max(gaps)

    return simulate(
        "full flow from spectral starts stays in the family and follows the reduced flow",
        residual,
        _strata(groups, extra_dimensions, (True, False)),
        Budget(examples, digits, seed),
        (_NOT_COLLAPSED,),
    )


def conserved_quantities(
    *,
    examples: int = 4,
    digits: int = 50,
    seed: int = 0,
    decay: Fraction = Fraction(0),
    groups: Sequence[AbelianGroup] = DEFAULT_GROUPS,
    unbalanced: ReducedModel = Unbalanced(),
) -> Evidence:
    """W^T W - H H^T along the full flow and alpha_a^2 - beta_a^2 along the reduced flow are constant.

    Full flow: K = 3, d = 2, 3, one or two samples a class, any rational W and H (no Hadamard structure);
    with ``decay`` > 0 the quantity shrinks and the test must fail.  Supports claim ``conserved``.
    """

    def residual(case: tuple[FullCase, SpectralCase]) -> mpf:
        full, reduced = case
        assume(any(any(row) for row in (*full.w, *full.h)) and not reduced.start.collapsed)
        solution = integrate_full(full.w, full.h, full.labels, [0, full.time], digits, decay=decay)
        first, last = (_imbalance(w, h) for w, h in zip(solution.w, solution.h, strict=True))
        group, start = reduced.group, reduced.start
        pair = integrate_reduced(
            group, (*start.alpha, *start.beta), [0, reduced.time], digits, model=unbalanced
        )
        before, after = (_differences(state) for state in pair.states)
        return max(_distance(last, first), _distance(after, before))

    return simulate(
        "W^T W - H H^T and alpha^2 - beta^2 are conserved",
        residual,
        [
            (f"any W, H with K = 3; {name}", st.tuples(_full_cases(), cases))
            for name, cases in _strata(groups, 0, (False,))
        ],
        Budget(examples, digits, seed),
        ("W and H are not both zero", f"alpha != beta, {_NOT_COLLAPSED}"),
    )


def lyapunov_decreases(
    *,
    examples: int = 4,
    digits: int = 50,
    seed: int = 0,
    groups: Sequence[AbelianGroup] = DEFAULT_GROUPS,
    balanced: ReducedModel = Balanced(),
) -> Evidence:
    """V decreases between the times of a grid along the balanced reduced flow, off the collapse ray.

    Residual: the largest change of V from one time to the next, which must be below -10^-(digits-5).
    Supports claim ``lyapunov-derivative``.
    """

    def residual(case: SpectralCase) -> mpf:
        assume(not case.start.collapsed)
        solution = integrate_reduced(
            case.group, case.start.spectrum, _grid(case.time), digits, model=balanced
        )
        values = [lyapunov(state, MPF) for state in solution.states]
        return max(after - before for before, after in pairwise(values))

    return simulate(
        "V decreases along the balanced reduced flow",
        residual,
        _strata(groups, 0, (True,)),
        Budget(examples, digits, seed),
        ("s_a > 0 for a != 0", _NOT_COLLAPSED),
        strictly_negative=True,
    )


def modes_increase(
    *,
    examples: int = 4,
    digits: int = 50,
    seed: int = 0,
    groups: Sequence[AbelianGroup] = DEFAULT_GROUPS,
    unbalanced: ReducedModel = Unbalanced(),
) -> Evidence:
    """Every s_a with a != 0 increases between the times of a grid, alpha = beta or not.

    Residual: the largest of s_a(before) - s_a(after), which must be below -10^-(digits-5).  Supports claim
    ``growth``.
    """

    def residual(case: SpectralCase) -> mpf:
        assume(not case.start.collapsed)
        start = (*case.start.alpha, *case.start.beta)
        solution = integrate_reduced(case.group, start, _grid(case.time), digits, model=unbalanced)
        spectra = [unbalanced.spectrum(case.group, state)[1:] for state in solution.states]
        steps = pairwise(spectra)
        return max(x - y for before, after in steps for x, y in zip(before, after, strict=True))

    return simulate(
        "every mode increases along the reduced flow",
        residual,
        _strata(groups, 0, (True, False)),
        Budget(examples, digits, seed),
        ("s_a > 0 for a != 0", _NOT_COLLAPSED),
        strictly_negative=True,
    )


def squared_loss_solution(
    *,
    examples: int = 4,
    digits: int = 50,
    seed: int = 0,
    groups: Sequence[AbelianGroup] = DEFAULT_GROUPS,
    balanced: ReducedModel = Balanced(loss="squared"),
) -> Evidence:
    """Under the squared loss s_a(t) = s_a(0) e^{2t} / (1 + s_a(0) (e^{2t} - 1)), full and reduced flow.

    Balanced starts, all modes.  Supports claim ``mse-contrast``.
    """

    def residual(case: SpectralCase) -> mpf:
        assume(not case.start.collapsed)
        alpha, beta, off_family = _full_solution(case, digits, "squared")
        growth = mp.exp(2 * MPF.exact(case.time))
        exact = [MPF.exact(s) * growth / (1 + MPF.exact(s) * (growth - 1)) for s in case.start.spectrum]
        reduced = integrate_reduced(case.group, case.start.spectrum, [case.time], digits, model=balanced)
        full = [a * b for a, b in zip(alpha, beta, strict=True)]
        return max(off_family, _distance(full, exact), _distance(reduced.states[0], exact))

    return simulate(
        "the squared loss has the closed-form solution",
        residual,
        _strata(groups, 1, (True,)),
        Budget(examples, digits, seed),
        (_NOT_COLLAPSED,),
    )


def _strata(groups: Sequence[AbelianGroup], extra: int, kinds: Sequence[bool]) -> Strata[SpectralCase]:
    """One stratum for each group and for each of the kinds balanced (True) and unbalanced (False)."""
    return [
        (
            f"{group.name}, alpha {'=' if balanced else '!='} beta",
            _spectral_cases(group, extra, balanced=balanced),
        )
        for group in groups
        for balanced in kinds
    ]


@st.composite
def _spectral_cases(draw: st.DrawFn, group: AbelianGroup, extra: int, *, balanced: bool) -> SpectralCase:
    start = draw(strategies.starts(group, balanced=balanced))
    d = group.order + draw(st.integers(0, extra))
    frame = draw(strategies.orthonormal_frames(d, group.order))
    return SpectralCase(group, start, frame, draw(_case_times()))


@st.composite
def _full_cases(draw: st.DrawFn) -> FullCase:
    d, samples = draw(st.integers(2, 3)), draw(st.integers(1, 2))
    w, h = draw(strategies.matrices(3, d)), draw(strategies.matrices(d, 3 * samples))
    labels = tuple(k for k in range(3) for _ in range(samples))
    return FullCase(w, h, labels, draw(_case_times()))


def _case_times() -> st.SearchStrategy[Fraction]:
    return strategies.times(min_time=Fraction(1, 2), max_time=Fraction(1))


def _full_solution(case: SpectralCase, digits: int, loss: Loss) -> tuple[Vector, Vector, mpf]:
    group, start = case.group, case.start
    alpha, beta = ([MPF.exact(x) for x in values] for values in (start.alpha, start.beta))
    w, h = hadamard_start(group, alpha, beta, case.frame, MPF)
    solution = integrate_full(w, h, range(group.order), [case.time], digits, loss=loss)
    reading = spectrum_of(group, solution.w[0], solution.h[0], case.frame, MPF)
    return reading.alpha, reading.beta, reading.residual


def _distance(x: Vector, y: Vector) -> mpf:
    return max(abs(u - v) for u, v in zip(x, y, strict=True))


def _imbalance(w: Sequence[Sequence[mpf]], h: Sequence[Sequence[mpf]]) -> list[mpf]:
    left, right = matmul(transpose(w), w), matmul(h, transpose(h))
    return [x - y for u, v in zip(left, right, strict=True) for x, y in zip(u, v, strict=True)]


def _differences(state: Sequence[mpf]) -> list[mpf]:
    half = len(state) // 2
    return [a * a - b * b for a, b in zip(state[:half], state[half:], strict=True)]


def _grid(end: Fraction) -> list[Fraction]:
    return [end * i / _GRID for i in range(_GRID + 1)]
