"""False variants of the book's statements, offered to the claims' own proof scripts.

A variant is one change of a goal: a sign, a factor, a dropped term, an index, a range, a direction, a
condition (``ncverify.evidence.mutants``).  It counts when a random model of the hypotheses certainly violates
it (``tests/quality/samples.py``, in balls).  Each declared hypothesis is also dropped in turn.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "quality"))

from samples import definitions_beside, failures, models

from ncverify.book.claim import Claim, Registry
from ncverify.book.registry import load_book
from ncverify.derive.kernel import ProofError, Relation
from ncverify.derive.printing import plain
from ncverify.evidence.mutants import mutations
from ncverify.evidence.workbench import Settings, Workbench, proof_evidence, proved_theorems
from ncverify.theory.balls import precision

Progress = Callable[[Iterable[Any], int | None, str], Iterable[Any]]
REPEATED = "abelian-diagonalization"  # repeats goals of others, whose variants are tried there
PER_GOAL = 12  # variants looked at, at most, for each false one that is wanted


@dataclass
class Counts:
    """What was tried for some claims; ``wrong`` describes the bugs."""

    goals: int = 0
    tried: int = 0
    false: int = 0
    hypotheses: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, other: Counts) -> None:
        self.goals += other.goals
        self.tried += other.tried
        self.false += other.false
        self.hypotheses += other.hypotheses
        self.wrong += other.wrong


def claims_with_goals() -> list[str]:
    """Those whose variants are tried."""
    return [claim.id for claim in load_book() if claim.goals and claim.id != REPEATED]


def variants(name: str, share: int) -> Counts:
    """``share`` false variants of each goal of a claim (fewer where there are fewer), in a random order."""
    book = load_book()
    claim, theorems = book[name], proved_theorems(name, book)
    beside = definitions_beside(claim, theorems)
    counts = Counts(goals=len(claim.goals))
    with precision(128):
        for goal, relation in claim.goals.items():
            candidates = list(models(theorems[goal], (1, 2), beside))
            items = [item for item in mutations(relation) if item[1] != relation]
            Random(f"{name}/{goal}").shuffle(items)
            false = 0
            for what, variant in items[: share * PER_GOAL]:
                if false == share:
                    break
                counts.tried += 1
                if not any(failures(model, variant, at_most=12)[1] for model in candidates):
                    continue
                false += 1
                if _proves(claim, book, goal, variant):
                    counts.wrong.append(f"proved: {name}, {goal}, {what}: {plain(variant)}")
            counts.false += false
    for item in claim.hypotheses:
        counts.hypotheses += 1
        fewer = replace(claim, hypotheses=tuple(other for other in claim.hypotheses if other != item))
        try:
            proof_evidence(fewer, theorems)
        except ProofError:
            continue
        counts.wrong.append(f"proved without the hypothesis {item.name}: {name}")
    return counts


def _proves(claim: Claim, book: Registry, goal: str, variant: Relation) -> bool:
    """Whether the claim's own proof script proves the variant in place of its goal."""
    goals = {**claim.goals, goal: variant}
    bench = Workbench(claim, book, Settings(), goals=goals, proofs_only=True)
    try:
        claim.check(bench)
        bench.conclude()
    except ProofError:
        return False
    return True


def audit(wanted: int, jobs: int, progress: Progress) -> list[str]:
    """About ``wanted`` false variants, spread over all goals; prints the figures, returns what went wrong."""
    begin, names, book = perf_counter(), claims_with_goals(), load_book()
    share = -(-wanted // sum(len(book[name].goals) for name in names))
    total = Counts()
    with ProcessPoolExecutor(max_workers=jobs, mp_context=get_context("spawn")) as pool:
        futures = [pool.submit(variants, name, share) for name in names]
        done = (future.result() for future in as_completed(futures))
        for counts in progress(done, len(names), "false variants"):
            total.add(counts)
    print(
        f"false variants: {total.false} certainly false ones (of {total.tried} variants of {total.goals} "
        f"statements of {len(names)} claims), {sum('without' not in text for text in total.wrong)} proved; "
        f"{total.hypotheses} hypotheses dropped one by one, "
        f"{sum('without' in text for text in total.wrong)} times still proved "
        f"({perf_counter() - begin:.0f} s)"
    )
    return total.wrong
