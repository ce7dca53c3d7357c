"""The bench on which a claim is checked: goals in, theorems and evidence out."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from ncverify.book.claim import Claim, Registry
from ncverify.book.verdict import Evidence, Outcome, Verdict, conclude
from ncverify.derive.classical import require_together
from ncverify.derive.kernel import ProofError, Relation, Theorem, hypothesis, steps
from ncverify.derive.printing import derivation, plain
from ncverify.derive.recording import record
from ncverify.derive.theorems import held_constant
from ncverify.errors import InputError


@dataclass(frozen=True)
class Settings:
    """How much effort the evidence of a run may take.

    digits: working precision of simulations; seed: of everything that is drawn at random.
    """

    digits: int = 50
    seed: int = 0

    def __post_init__(self) -> None:
        if not 15 <= self.digits <= 1000:
            raise InputError(f"digits {self.digits} is out of range: 15 to 1000")


class Workbench:
    """What a proof script sees.

    ``proofs_only`` skips everything but the theorems (used where another claim needs one of them, and by
    the mutant tests, which also replace ``goals``).
    """

    def __init__(
        self,
        claim: Claim,
        registry: Registry,
        settings: Settings,
        *,
        goals: Mapping[str, Relation] | None = None,
        proofs_only: bool = False,
    ) -> None:
        self.claim = claim
        self.settings = settings
        self.evidence: list[Evidence] = []
        self.theorems: dict[str, Theorem] = {}
        self._registry = registry
        self._goals = dict(claim.goals if goals is None else goals)
        self._proofs_only = proofs_only

    def goal(self, name: str) -> Relation:
        """The formal statement of this name."""
        return self._goals[name]

    def show(self, name: str, theorem: Theorem) -> Theorem:
        """Hand in the proof of a goal; it must be exactly that relation."""
        if name not in self._goals:
            raise ProofError(
                f"the claim has no goal {name!r}; it has {', '.join(map(repr, self._goals)) or 'none'}"
            )
        if not isinstance(theorem, Theorem):
            raise ProofError(f"goal {name!r} needs a theorem, got {type(theorem).__name__}")
        if theorem.relation != self._goals[name]:
            raise ProofError(
                f"goal {name!r} is {plain(self._goals[name])}, the theorem says {plain(theorem.relation)}"
            )
        self.theorems[name] = theorem
        return theorem

    def use(self, claim_id: str, goal: str) -> Theorem:
        """A theorem of a claim this one depends on, proved anew in this process if need be."""
        return self._proved(claim_id)[goal]

    def assume(self, name: str, claim_id: str, goal: str) -> Theorem:
        """A hypothesis that is, word for word, what another claim proves (in its own model)."""
        return hypothesis(name, self._proved(claim_id)[goal].relation)

    def _proved(self, claim_id: str) -> Mapping[str, Theorem]:
        if claim_id not in self.claim.depends:
            raise ProofError(f"{self.claim.id!r} uses {claim_id!r} without naming it as a dependency")
        return proved_theorems(claim_id, self._registry)

    def add(self, make: Callable[[], Evidence]) -> None:
        """A main piece of evidence that is not a theorem: a witness, a search, a simulation."""
        if not self._proofs_only:
            self.evidence.append(make())

    def beside(self, make: Callable[[], Evidence]) -> None:
        """Evidence beside a proof, such as instances; it supports the verdict but does not limit it."""
        if not self._proofs_only:
            self.evidence.append(replace(make(), beside=True))

    def conclude(self) -> tuple[Evidence, ...]:
        """All evidence: one piece for the theorems, if there are goals, and what was added."""
        if not self._goals:
            return tuple(self.evidence)
        missing = [name for name in self._goals if name not in self.theorems]
        if missing:
            raise ProofError(f"goal {missing[0]!r} was not shown")
        for name, goal in self._goals.items():
            if type(self.theorems[name]) is not Theorem or self.theorems[name].relation != goal:
                raise ProofError(f"goal {name!r} was not shown")
        return (proof_evidence(self.claim, self.theorems), *self.evidence)


# By registry, not by its id(): ids are used again, and a stale theorem would belong to another book.
_theorems: WeakKeyDictionary[Registry, dict[str, Mapping[str, Theorem]]] = WeakKeyDictionary()


def proved_theorems(claim_id: str, registry: Registry) -> Mapping[str, Theorem]:
    """The theorems of a claim, by goal; cached for the process."""
    proved = _theorems.setdefault(registry, {})
    if claim_id not in proved:
        claim = registry[claim_id]
        bench = Workbench(claim, registry, Settings(), proofs_only=True)
        claim.check(bench)
        bench.conclude()
        proved[claim_id] = dict(bench.theorems)
    return proved[claim_id]


def proof_evidence(claim: Claim, theorems: Mapping[str, Theorem]) -> Evidence:
    """What the theorems earn: proved, or argued where prose is left.

    Raises ``ProofError`` where they rest on a hypothesis that the claim does not name, or do not hold
    together: where one takes for primitive, constant or lasting what another defines or moves.
    """
    if not theorems:
        raise ProofError("no theorem was handed in")
    assumed = _merged("hypotheses", [theorem.hypotheses for theorem in theorems.values()])
    _merged("definitions", [theorem.definitions for theorem in theorems.values()])
    require_together(tuple(theorems.values()))
    used = set(assumed)
    named = {item.name for item in claim.hypotheses}
    undeclared = sorted(used - named)
    if undeclared:
        raise ProofError(f"the proof uses the hypothesis {undeclared[0]!r}, which the claim does not name")
    spare = sorted(named - used)
    lines = derivation(theorems.values())
    prose = sum(theorem.rule == "prose" for theorem in steps(theorems.values()))
    rules: dict[str, int] = {}
    for step in steps(theorems.values()):
        rules[step.rule] = rules.get(step.rule, 0) + 1
    listed = ", ".join(f"{count} {rule}" for rule, count in sorted(rules.items()))
    summary = f"{len(theorems)} statements in {len(lines)} machine-checked steps ({listed})"
    if prose:
        summary += f"; {prose} steps are prose for a human to read"
    constant = held_constant(theorems.values())
    if constant:
        summary += f"; constant in time: {', '.join(constant)}"
    if spare:
        summary += f"; not needed: {', '.join(spare)}"
    return Evidence(
        Outcome.ARGUED if prose else Outcome.PROVED,
        "all-K proof",
        claim.scope,
        summary,
        {
            "steps": len(lines),
            "prose": prose,
            "rules": rules,
            "hypotheses used": {name: plain(assumed[name][0]) for name in sorted(used)},
            "hypotheses not needed": spare,
            "constant in time": list(constant),
            "largest normal form": max(
                (step.details.get("largest normal form", 0) for step in steps(theorems.values())), default=0
            ),
        },
        tuple(lines),
        body={"kind": "derivation", **record(theorems)},
    )


def _merged(kind: str, tables: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for table in tables:
        for name, item in table.items():
            if merged.setdefault(name, item) != item:
                raise ProofError(f"two different {kind} are called {name!r}")
    return merged


def check_claim(claim: Claim, registry: Registry, settings: Settings) -> Verdict:
    """Check one claim; whatever goes wrong inside ends in ``undecided`` or ``error``, never above."""
    bench = Workbench(claim, registry, settings)
    try:
        claim.check(bench)
        return conclude(bench.conclude())
    except ProofError as error:
        return Verdict(Outcome.UNDECIDED, tuple(bench.evidence), message=f"the proof does not close: {error}")
    except InputError as error:
        message = f"{_place(claim, error)}: {error}"
    except Exception as error:  # a bug in one check must not end the run, nor pass for a result
        message = f"{_place(claim, error)}: {type(error).__name__}: {error}"
    return Verdict(Outcome.ERROR, tuple(bench.evidence), message=message)


def _place(claim: Claim, error: Exception) -> str:
    """The line of the claim's file in which the error arose, else where the claim is declared."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == claim.file]
    return f"{Path(claim.file).name}:{lines[-1]}" if lines else claim.origin
