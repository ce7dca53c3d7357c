"""Reliability figures: false variants of statements, enclosures against other integrations, collapse reached.

    python scripts/audit.py                     about ten minutes on two processors
    python scripts/audit.py --mutants 100 --flows 50

A false variant that is proved, or an enclosure that misses an independent solution, is a bug of the worst
kind; then the exit code is 1.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "quality"))

from samples import definitions_beside, failures, models

from ncverify.book.registry import load_book
from ncverify.book.verdict import Outcome
from ncverify.derive.kernel import ProofError
from ncverify.derive.printing import plain
from ncverify.evidence.containment import audit_containment
from ncverify.evidence.convergence import collapse_from, random_starts
from ncverify.evidence.mutants import mutations
from ncverify.evidence.tasks import Tasks
from ncverify.evidence.workbench import Settings, Workbench, proved_theorems
from ncverify.ledger.executors import open_executor
from ncverify.theory.balls import precision
from ncverify.theory.groups import AbelianGroup


def mutants(task: tuple[str, str, int]) -> tuple[int, int, list[str]]:
    """Variants tried, variants that are certainly false, and descriptions of false ones that were proved."""
    name, goal, at_most = task
    book = load_book()
    claim, theorems = book[name], proved_theorems(name, book)
    beside = definitions_beside(claim, theorems)
    tried, false, proved = 0, 0, []
    with precision(128):
        for what, variant in mutations(claim.goals[goal]):
            if false >= at_most:
                break
            tried += 1
            if not any(failures(m, variant, at_most=12)[1] for m in models(theorems[goal], (1, 2), beside)):
                continue
            false += 1
            bench = Workbench(claim, book, Settings(), goals={**claim.goals, goal: variant}, proofs_only=True)
            try:
                claim.check(bench)
                bench.conclude()
            except ProofError:
                continue
            proved.append(f"{name}, {goal}, {what}: {plain(variant)}")
    return tried, false, proved


def main() -> int:
    """Run both audits and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mutants", type=int, default=1000, help="false variants to reach")
    parser.add_argument("--flows", type=int, default=1000, help="random flows to enclose")
    parser.add_argument("--seed", type=int, default=2026, help="of the random flows")
    parser.add_argument("--starts", type=int, default=128, help="random starts whose collapse is certified")
    options = parser.parse_args()

    book = load_book()
    goals = [
        (claim.id, goal) for claim in book if claim.id != "abelian-diagonalization" for goal in claim.goals
    ]
    share = -(-options.mutants * 7 // (4 * len(goals)))  # some statements have few variants
    begin = perf_counter()
    with ProcessPoolExecutor(max_workers=2, mp_context=get_context("spawn")) as pool:
        found = list(pool.map(mutants, [(*item, share) for item in goals]))
    tried, false = sum(item[0] for item in found), sum(item[1] for item in found)
    wrong = [text for item in found for text in item[2]]
    print(
        f"false variants: {false} of {len(goals)} statements (of {tried} variants tried), {len(wrong)} "
        f"proved ({perf_counter() - begin:.0f} s)"
    )
    begin = perf_counter()
    audit = audit_containment(options.flows, options.seed)
    print(
        f"enclosures: {audit.flows} random flows, {audit.values} values, {len(audit.misses)} outside their "
        f"ball, widest radius {audit.widest:.1e} ({perf_counter() - begin:.0f} s)"
    )
    begin = perf_counter()
    group = AbelianGroup.walsh(3)
    with open_executor(2) as executor:
        collapse = collapse_from(
            group,
            random_starts(group, options.starts, 2026),  # the list of the claim convergence-certified
            ("1e500",),
            Fraction(1, 10**6),
            10,
            Tasks(executor),
        )
    print(f"collapse: {collapse.outcome}, {collapse.summary} ({perf_counter() - begin:.0f} s)")
    for text in (*wrong, *audit.misses):
        print(f"  {text}")
    good = collapse.outcome is Outcome.CERTIFIED and not wrong and not audit.misses
    return 0 if good and false >= options.mutants else 1


if __name__ == "__main__":
    sys.exit(main())
