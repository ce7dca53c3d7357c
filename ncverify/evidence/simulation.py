"""Runs a property on random examples and says, as ``Evidence``, what came out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import SearchStrategy
from mpmath import mp, mpf

from ncverify.book.verdict import Evidence, Outcome
from ncverify.errors import InputError
from ncverify.evidence.reference import NoAgreement

ROUTE = "simulation"

Case = TypeVar("Case")

Strata: TypeAlias = Sequence[tuple[str, SearchStrategy[Case]]]
"""Named kinds of examples; each gets its share of the examples."""


@dataclass(frozen=True)
class Budget:
    """How many examples that meet the hypotheses, to how many digits, from which seed."""

    examples: int
    digits: int
    seed: int

    def __post_init__(self) -> None:
        wanted = (("examples", self.examples, 1), ("digits", self.digits, 10), ("seed", self.seed, 0))
        for name, value, least in wanted:
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise InputError(f"{name} {value!r} must be a whole number of at least {least}")


@dataclass
class _Tally:
    """What happened in one stratum: Hypothesis calls back, and the first bad example ends the work."""

    name: str
    asked: int
    draws: int = 0
    met: int = 0
    worst: mpf | None = None
    failing: Mapping[str, Any] | None = None
    broken: str = ""

    @property
    def done(self) -> bool:
        return self.failing is not None or bool(self.broken) or self.met == self.asked


def simulate(
    statement: str,
    residual: Callable[[Case], mpf],
    strata: Strata[Case],
    budget: Budget,
    hypotheses: tuple[str, ...] = (),
    *,
    strictly_negative: bool = False,
) -> Evidence:
    """Evaluate ``residual`` (at digits + 15 working digits) on random cases of every stratum.

    A case meets the property when its residual is below 10^-(digits-5), or below -10^-(digits-5) if it
    must be ``strictly_negative``; ``residual`` calls ``hypothesis.assume`` for the ``hypotheses``.
    Outcome: ``tested`` if all cases meet it; ``undecided`` with the falsifying case, as drawn, if one
    does not; ``error`` if in some stratum no draw met the hypotheses, or a reference solution failed.
    Cases have ``to_json`` (or are tuples of such).  Raises ``InputError`` for fewer examples than strata.
    """
    if budget.examples < len(strata):
        kinds = "; ".join(name for name, _ in strata)
        raise InputError(
            f"examples {budget.examples}: ask for at least {len(strata)}, one for each of: {kinds}"
        )
    share, more = divmod(budget.examples, len(strata))
    tallies = []
    for i, (name, cases) in enumerate(strata):
        tally = _Tally(name, share + (i < more))
        _examine(residual, cases, tally, budget, budget.seed * len(strata) + i, strictly_negative)
        tallies.append(tally)
        if tally.failing is not None or tally.broken or not tally.met:
            break
    return _evidence(statement, tallies, budget, hypotheses, strictly_negative)


def _examine(
    residual: Callable[[Case], mpf],
    cases: SearchStrategy[Case],
    tally: _Tally,
    budget: Budget,
    seed: int,
    strictly_negative: bool,
) -> None:
    tolerance = mpf(10) ** (5 - budget.digits)
    limit = -tolerance if strictly_negative else tolerance

    # No shrinking and no replay: each example costs an integration, and it is exact as drawn.
    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=tally.asked,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
    )
    @hypothesis.given(cases)
    def examine(case: Case) -> None:
        if tally.done:
            return
        tally.draws += 1
        with mp.workdps(budget.digits + 15):
            try:
                value = residual(case)
            except NoAgreement as problem:
                tally.broken = f"{problem} ({_show(case)})"
                return
        tally.met += 1
        tally.worst = value if tally.worst is None else max(tally.worst, value)
        # Written so that nan fails too.
        if not value < limit:
            tally.failing = {"example": _show(case), "residual": mp.nstr(value, 10)}

    try:
        examine()
    except Unsatisfiable:
        # Hypothesis gave up: no draw met the hypotheses, and the tally says so.
        return


def _evidence(
    statement: str,
    tallies: Sequence[_Tally],
    budget: Budget,
    hypotheses: tuple[str, ...],
    strictly_negative: bool,
) -> Evidence:
    last = tallies[-1]
    met, draws = sum(tally.met for tally in tallies), sum(tally.draws for tally in tallies)
    known = [tally.worst for tally in tallies if tally.worst is not None]
    details: dict[str, Any] = {
        "statement": statement,
        "examples_asked": budget.examples,
        "examples_met": met,
        "draws": draws,
        "strata": [{"kind": t.name, "examples_met": t.met, "draws": t.draws} for t in tallies],
        "hypotheses": list(hypotheses),
        "digits": budget.digits,
        "tolerance": f"1e-{budget.digits - 5}",
        "seed": budget.seed,
        "worst_residual": mp.nstr(max(known), 5) if known else None,
        "hypothesis_version": hypothesis.__version__,
    }
    if last.broken:
        outcome, summary = Outcome.ERROR, f"{statement}: {last.broken}"
    elif not last.met:
        needs = "; ".join(hypotheses)
        outcome = Outcome.ERROR
        summary = f"{statement}: none of {last.draws} draws of {last.name} met the hypotheses ({needs})"
    elif last.failing is not None:
        outcome = Outcome.UNDECIDED
        details["falsifying"] = {"kind": last.name, **last.failing}
        summary = (
            f"{statement}: not so in a simulation, residual {last.failing['residual']} in example {met} "
            f"({last.name}, seed {budget.seed}); this proves nothing, see the falsifying example"
        )
    else:
        outcome = Outcome.TESTED
        summary = (
            f"{statement}: {met} examples ({draws} draws), {budget.digits} digits, seed {budget.seed}, "
            f"worst residual {details['worst_residual']}"
        )
    return Evidence(
        outcome,
        ROUTE,
        f"{met} examples: " + "; ".join(t.name for t in tallies),
        summary,
        details,
        body=_record(statement, tallies, budget, strictly_negative) if outcome is Outcome.TESTED else None,
    )


def _record(
    statement: str, tallies: Sequence[_Tally], budget: Budget, strictly_negative: bool
) -> dict[str, Any]:
    """What the certificate keeps of a simulation (docs/certificates.md, ``record``)."""
    return {
        "kind": "record",
        "statement": statement,
        "strata": [
            {"name": tally.name, "drawn": tally.draws, "met": tally.met, "worst": mp.nstr(tally.worst, 5)}
            for tally in tallies
        ],
        "digits": budget.digits,
        "seed": budget.seed,
        "tolerance": f"1e-{budget.digits - 5}",
        "strictly_negative": strictly_negative,
    }


def _show(case: Any) -> Any:
    return [_show(part) for part in case] if isinstance(case, tuple) else case.to_json()
