"""Reliability figures: what was tried to get a wrong result, and how often it succeeded.

    python scripts/audit.py                       all parts
    python scripts/audit.py variants routes       some
    make audit PARTS="variants routes"

part         what is tried                                                   one processor
variants     false variants of the book's statements, given to their proofs  5 minutes
routes       false statements by decide, LaTeX, JSON, nv.derivation,
             nv.inequality, nv.flow                                          5 minutes
enclosures   random flows against independent integrations                   4 minutes
collapse     collapse certified from random starts                           1 minute
corruptions  certificates changed at random (checks the book first)          8 minutes
crashes      runs killed at random times, and resumed                        3 minutes
hostile      files made to break a reader                                    3 minutes
lines        the second checker without each of its lines                    5 minutes

A false statement that is proved, an enclosure that misses an independent solution, a changed certificate that
passes for something else, a lost result, and a line that nothing needs are bugs; then the exit code is 1.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path
from time import perf_counter
from typing import Any

import audit_certificates
import audit_routes
import audit_variants
import replay_lines
from rich.console import Console
from rich.progress import Progress, track

from ncverify.book.verdict import Outcome
from ncverify.evidence.containment import audit_containment
from ncverify.evidence.convergence import collapse_from, random_starts
from ncverify.evidence.tasks import Tasks
from ncverify.ledger.executors import open_executor
from ncverify.theory.groups import AbelianGroup


def progress(items: Iterable[Any], total: int | None, what: str) -> Iterable[Any]:
    """The items, with a bar on the standard error if that is a terminal."""
    console = Console(stderr=True)
    return track(items, what, total, console=console, transient=True, disable=not console.is_terminal)


def variants(options: argparse.Namespace) -> list[str]:
    return audit_variants.audit(options.variants, options.jobs, progress)


def routes(options: argparse.Namespace) -> list[str]:
    return audit_routes.audit(options.seed, progress)


def enclosures(options: argparse.Namespace) -> list[str]:
    begin = perf_counter()
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("random flows", total=options.flows)
        audit = audit_containment(options.flows, options.seed, lambda done: bar.update(task, completed=done))
    print(
        f"enclosures: {audit.flows} random flows, {audit.values} values, {len(audit.misses)} outside their "
        f"ball, widest radius {audit.widest:.1e} ({perf_counter() - begin:.0f} s)"
    )
    return list(audit.misses)


def collapse(options: argparse.Namespace) -> list[str]:
    begin, group = perf_counter(), AbelianGroup.walsh(3)
    with open_executor(options.jobs) as executor:
        starts = random_starts(group, options.starts, 2026)  # the list of the claim convergence-certified
        found = collapse_from(group, starts, ("1e500",), Fraction(1, 10**6), 10, Tasks(executor))
    print(f"collapse: {found.outcome}, {found.summary} ({perf_counter() - begin:.0f} s)")
    return [] if found.outcome is Outcome.CERTIFIED else [f"collapse: {found.outcome}"]


def corruptions(options: argparse.Namespace) -> list[str]:
    with tempfile.TemporaryDirectory() as name:
        store = options.store or Path(name)
        if options.store is None:
            audit_certificates.make_store(store, options.jobs)
        wrong = audit_certificates.corrupted(store, options.corruptions, options.seed, progress)
    return wrong + audit_certificates.lying_flows(progress)


def crashes(options: argparse.Namespace) -> list[str]:
    return audit_certificates.crashed(options.kills, options.seed, progress)


def hostile(options: argparse.Namespace) -> list[str]:
    return audit_certificates.hostile(progress)


def lines(options: argparse.Namespace) -> list[str]:
    return replay_lines.audit((), progress)


PARTS: dict[str, Callable[[argparse.Namespace], list[str]]] = {
    part.__name__: part
    for part in (variants, routes, enclosures, collapse, corruptions, crashes, hostile, lines)
}


def main() -> int:
    """Run the parts and print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help="default: all")
    parser.add_argument("--variants", type=int, default=1200, help="to look for, over all statements")
    parser.add_argument("--flows", type=int, default=1000, help="random flows to enclose")
    parser.add_argument("--starts", type=int, default=128, help="random starts whose collapse is certified")
    parser.add_argument("--corruptions", type=int, default=1000, help="certificates to change")
    parser.add_argument("--kills", type=int, default=20, help="runs to kill")
    parser.add_argument("--seed", type=int, default=2026, help="of everything drawn at random")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes at once")
    parser.add_argument("--store", type=Path, help="certificates to change (ncverify check --store)")
    options = parser.parse_args()
    if unknown := [part for part in options.parts if part not in PARTS]:
        parser.error(f"there is no part {unknown[0]!r}: use {', '.join(PARTS)}")
    wrong = []
    for part in options.parts or PARTS:
        wrong += PARTS[part](options)
        sys.stdout.flush()
    for text in wrong:
        print(f"  {text}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
