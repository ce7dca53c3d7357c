"""Results and claims as people read them in a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from ncverify.book.claim import Claim, Registry
from ncverify.book.verdict import Outcome, Verdict
from ncverify.derive.printing import latex, plain
from ncverify.ledger.results import Result, Results, needed
from ncverify.ledger.run import Done

_STYLES = {
    Outcome.PROVED: "green",
    Outcome.CERTIFIED: "green",
    Outcome.ARGUED: "yellow",
    Outcome.TESTED: "cyan",
    Outcome.REFUTED: "magenta",
    Outcome.UNDECIDED: "yellow",
    Outcome.ERROR: "red",
}
_WIDE = 10_000


def print_table(table: Table) -> None:
    """Cut to the width of a terminal; whole lines everywhere else."""
    console = Console(highlight=False)
    if console.is_terminal:
        console.print(table)
        return
    console = Console(highlight=False, width=None if "COLUMNS" in os.environ else _WIDE)
    with console.capture() as text:
        console.print(table)
    print("\n".join(line.rstrip() for line in text.get().strip("\n").splitlines()))


def results_table(results: Results) -> Table:
    """One row for each claim."""
    table = _table("claim", "paper", "verdict", "expected", "")
    table.add_column("seconds", justify="right", no_wrap=True)
    table.add_column("scope", no_wrap=True, overflow="ellipsis", ratio=1)
    for item in results:
        claim, outcome = item.claim, item.verdict.outcome
        mark = Text("ok", "green") if item.as_expected else Text("DIFFERS", "bold red")
        table.add_row(
            Text(claim.id),
            Text(f"{claim.paper}, {claim.kind}"),
            Text(outcome, _STYLES[outcome]),
            Text(claim.expected),
            mark,
            Text(f"{item.seconds:.2f}"),
            Text(claim.scope),
        )
    return table


def claims_table(claims: Sequence[Claim]) -> Table:
    """One row for each claim, without its verdict."""
    table = _table("claim", "paper", "expected", "tags")
    table.add_column("title", no_wrap=True, overflow="ellipsis", ratio=1)
    for claim in claims:
        table.add_row(
            Text(claim.id),
            Text(f"{claim.paper}, {claim.kind}"),
            Text(claim.expected),
            Text(", ".join(claim.tags)),
            Text(claim.title),
        )
    return table


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        table.add_column(name, no_wrap=True)
    return table


def notes(results: Results) -> Iterator[str]:
    """What differs and why, what was refuted, and the summary line."""
    for item in results:
        if not item.as_expected:
            yield f"{item.claim.id}: {item.verdict.outcome}, expected {item.claim.expected}"
            if item.verdict.message:
                yield f"  {item.verdict.message}"
    refuted = [item for item in results if item.verdict.outcome is Outcome.REFUTED]
    if refuted:
        yield "refuted:"
    for item in refuted:
        true = f" (true instead: {item.claim.corrected_by})" if item.claim.corrected_by else ""
        yield f"  {item.claim.id}: {item.claim.title}{true}"
        yield f"    {witness_line(item.verdict)}"
    yield f"{results.summary()}"


def witness_line(verdict: Verdict) -> str:
    """The counterexample, on one line."""
    return "witness: " + ", ".join(f"{key} = {value}" for key, value in (verdict.witness or {}).items())


def claim_lines(
    claim: Claim, registry: Registry, *, in_latex: bool, verdict: Verdict | None
) -> Iterator[str]:
    """Everything that is known of a claim before its proof."""
    yield f"{claim.id}: {claim.title}"
    yield ""
    yield f"  {claim.plain}"
    if claim.latex:
        yield f"  LaTeX: {claim.latex}"
    if claim.goals:
        yield ""
        yield "formally:"
        for name, relation in claim.goals.items():
            yield f"  {name}: {latex(relation) if in_latex else plain(relation)}"
    if claim.hypotheses:
        yield ""
        yield "hypotheses:"
        for item in claim.hypotheses:
            unused = verdict is not None and needed(item.name, verdict) is False
            text = item.latex if in_latex and item.latex else item.plain
            yield f"  {item.name}: {text}{'   (not needed by the proof)' if unused else ''}"
    yield ""
    yield f"scope:       {claim.scope}"
    place = f", {claim.source.place}" if claim.source.place else ""
    yield f"source:      {claim.source.paper}{place}"
    yield f"kind:        {claim.kind}"
    yield f"declared in: {claim.origin}"
    yield f"expected:    {claim.expected}"
    users = [other.id for other in registry if claim.id in other.depends]
    corrects = [other.id for other in registry if other.corrected_by == claim.id]
    links = {
        "depends on": claim.depends,
        "used by": users,
        "corrected by": [claim.corrected_by] if claim.corrected_by else [],
        "corrects": corrects,
        "tags": claim.tags,
    }
    for label, names in links.items():
        if names:
            yield f"{label + ':':12} {', '.join(names)}"


def verdict_lines(result: Result) -> Iterator[str]:
    """The verdict, with every piece of evidence and its derivation."""
    verdict = result.verdict
    mark = "as expected" if result.as_expected else f"expected {result.claim.expected}"
    yield f"verdict: {verdict.outcome} ({mark}, {result.seconds:.2f} s)"
    for key, value in (verdict.witness or {}).items():
        yield f"  {key} = {value}"
    for condition in verdict.conditions:
        yield f"  where {condition}"
    if verdict.message:
        yield f"  {verdict.message}"
    for item in verdict.evidence:
        yield ""
        yield f"{'beside it' if item.beside else 'evidence'} ({item.route}): {item.outcome} for {item.scope}"
        if item.summary:
            yield f"  {item.summary}"
        yield from (f"    {line}" for line in item.lines)


def errata_lines(results: Results, registry: Registry) -> Iterator[str]:
    """For each refuted statement: what is printed, the witness, and what is true instead."""
    refuted = [item for item in results if item.verdict.outcome is Outcome.REFUTED]
    for item in refuted:
        claim = item.claim
        yield f"{claim.id}: {claim.title}"
        yield f"  where:     {claim.source.paper}, {claim.source.place}"
        yield f"  statement: {claim.plain}"
        yield f"  refuted:   {witness_line(item.verdict)}"
        if claim.corrected_by:
            true = registry[claim.corrected_by]
            yield f"  true:      {true.plain} ({true.id}, for {true.scope})"
        yield ""
    for item in results:
        if not item.as_expected:
            yield f"{item.claim.id}: {item.verdict.outcome}, expected {item.claim.expected}"
    yield f"{len(refuted)} statements refuted"


@contextmanager
def progress(total: int) -> Iterator[Done]:
    """A bar on the standard error if that is a terminal; silence otherwise."""
    if not sys.stderr.isatty():
        yield lambda claim: None
        return
    columns = (
        TextColumn("checked {task.fields[last]}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total, last="")
        yield lambda claim: bar.update(task, advance=1, last=claim.id)
