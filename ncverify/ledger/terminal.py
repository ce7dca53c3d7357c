"""Results and claims as people read them in a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NoReturn

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from ncverify.book.claim import Claim, Registry
from ncverify.book.verdict import Outcome, Verdict
from ncverify.derive.kernel import Theorem
from ncverify.derive.printing import escaped, latex_derivation, plain
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
_OK, _DIFFERS = Text("ok", "green"), Text("DIFFERS", "bold red")
_GAP = "  "
_LEAST_ROOM = 16  # a last column of fewer characters says nothing


@dataclass(frozen=True)
class _Column:
    """One column; on a narrow terminal those that are not ``essential`` are left out, from the right."""

    header: str
    cells: Sequence[Text]
    essential: bool = True
    right: bool = False

    @property
    def width(self) -> int:
        return max(len(self.header), *(cell.cell_len for cell in self.cells))


def print_results(results: Results) -> None:
    """One row for each claim, with its verdict."""
    _print_table(
        _Column("claim", [Text(item.claim.id) for item in results]),
        _Column("paper", [_paper(item.claim) for item in results], essential=False),
        _Column("verdict", [Text(item.verdict.outcome, _STYLES[item.verdict.outcome]) for item in results]),
        _Column("expected", [Text(item.claim.expected) for item in results]),
        _Column("", [_OK if item.as_expected else _DIFFERS for item in results]),
        _Column("seconds", [Text(f"{item.seconds:.2f}") for item in results], essential=False, right=True),
        last=_Column("scope", [Text(item.claim.scope) for item in results], essential=False),
    )


def print_claims(claims: Sequence[Claim]) -> None:
    """One row for each claim, without its verdict."""
    _print_table(
        _Column("claim", [Text(claim.id) for claim in claims]),
        _Column("paper", [_paper(claim) for claim in claims]),
        _Column("expected", [Text(claim.expected) for claim in claims]),
        _Column("tags", [Text(", ".join(claim.tags)) for claim in claims], essential=False),
        last=_Column("title", [Text(claim.title) for claim in claims], essential=False),
    )


def _paper(claim: Claim) -> Text:
    return Text(f"{claim.paper}, {claim.kind}")


class _Console(Console):
    """A reader that has seen enough ends the command as it does elsewhere: Rich would exit with code 1."""

    def on_broken_pipe(self) -> NoReturn:
        raise BrokenPipeError


def _print_table(*columns: _Column, last: _Column) -> None:
    """Cut to the width of a terminal (or COLUMNS); whole lines everywhere else."""
    console = _Console(highlight=False, soft_wrap=True)
    bounded = console.is_terminal or "COLUMNS" in os.environ
    shown = list(columns)
    while bounded and _width(shown) > console.width and not all(column.essential for column in shown):
        shown.remove([column for column in shown if not column.essential][-1])
    room = console.width - _width(shown) - len(_GAP) if bounded else last.width
    if room >= min(_LEAST_ROOM, last.width):
        shown.append(last)
    widths = [min(column.width, room) if column is last else column.width for column in shown]

    def write(cells: Iterable[Text], style: str = "") -> None:
        line = Text(style=style)
        for column, cell, width in zip(shown, cells, widths, strict=True):
            fitted = cell.copy()
            fitted.truncate(width, overflow="ellipsis")
            fitted.align("right" if column.right else "left", width)
            line = line + (_GAP if line else "") + fitted
        line.rstrip()
        console.print(line)

    write([Text(column.header) for column in shown], "bold")
    write([Text("-" * width) for width in widths])
    for row in zip(*(column.cells for column in shown), strict=True):
        write(row)


def _width(columns: Sequence[_Column]) -> int:
    return sum(column.width for column in columns) + len(_GAP) * (len(columns) - 1)


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
        yield from (f"    {reason}" for reason in _reasons(item.verdict))
        yield f"    {witness_line(item.verdict)}"
    yield f"{results.summary()}"


def _reasons(verdict: Verdict) -> Iterator[str]:
    """What the evidence that refutes says."""
    for item in verdict.evidence:
        if item.outcome is Outcome.REFUTED and item.summary:
            yield item.summary


def witness_line(verdict: Verdict) -> str:
    """The counterexample, on one line."""
    return "witness: " + ", ".join(f"{key} = {value}" for key, value in (verdict.witness or {}).items())


def claim_lines(claim: Claim, registry: Registry, *, verdict: Verdict | None) -> Iterator[str]:
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
            yield f"  {name}: {plain(relation)}"
    if claim.hypotheses:
        yield ""
        yield "hypotheses:"
        for item in claim.hypotheses:
            unused = verdict is not None and needed(item.name, verdict) is False
            yield f"  {item.name}: {item.plain}{'   (not needed by the proof)' if unused else ''}"
            formula = _formula(item.name, verdict)
            if formula:
                yield f"    as the proof uses it: {formula}"
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


def tree_lines(claim: Claim, registry: Registry, depth: int = 0) -> Iterator[str]:
    """The claim and, indented below it, what it depends on."""
    yield f"{'  ' * depth}{claim.id}: {claim.title}"
    for name in claim.depends:
        yield from tree_lines(registry[name], registry, depth + 1)


def appendix_lines(claim: Claim, verdict: Verdict | None, theorems: Mapping[str, Theorem]) -> Iterator[str]:
    """Statement, verdict and derivation in LaTeX, for an appendix (needs amsmath and amssymb)."""
    yield f"% {claim.id}: {claim.title}"
    yield rf"\paragraph{{{escaped(claim.title)}.}} {escaped(claim.plain)}"
    if claim.latex:
        yield rf"\[ {claim.latex} \]"
    yield from _latex_verdict(claim, verdict)
    if claim.hypotheses:
        yield r"Hypotheses: \begin{itemize}"
        for item in claim.hypotheses:
            formula = f" (${item.latex}$)" if item.latex else ""
            yield rf"\item {escaped(item.plain)}{formula}"
        yield r"\end{itemize}"
    if theorems:
        yield r"Derivation: \begin{list}{}{}"
        yield from latex_derivation(theorems.values())
        yield r"\end{list}"


def _latex_verdict(claim: Claim, verdict: Verdict | None) -> Iterator[str]:
    """Whether the statement may be believed; nothing where it is proved."""
    if verdict is None:
        yield rf"\emph{{Not checked here; expected: {claim.expected}.}}"
    elif verdict.outcome is Outcome.REFUTED:
        yield r"\emph{False as stated.}"
        yield from (f"{escaped(reason)}." for reason in _reasons(verdict))
        yield f"Witness: {escaped(witness_line(verdict).removeprefix('witness: '))}."
    elif verdict.outcome is not Outcome.PROVED:
        yield rf"\emph{{Verdict: {verdict.outcome}.}}"
        if verdict.message:
            yield escaped(verdict.message)
    outcome = claim.expected if verdict is None else verdict.outcome
    if claim.corrected_by and outcome is Outcome.REFUTED:
        yield rf"True instead: \texttt{{{escaped(claim.corrected_by)}}}."


def verdict_lines(result: Result) -> Iterator[str]:
    """The verdict, with every piece of evidence and its derivation."""
    verdict = result.verdict
    mark = "as expected" if result.as_expected else f"expected {result.claim.expected}"
    yield f"verdict: {verdict.outcome} ({mark}, {result.seconds:.2f} s)"
    for key, value in (verdict.witness or {}).items():
        yield f"  {key} = {value}"
    for condition in verdict.conditions:
        yield f"  where {condition}"
    if verdict.message and all(item.summary != verdict.message for item in verdict.evidence):
        yield f"  {verdict.message}"
    for item in verdict.evidence:
        yield ""
        yield f"{'beside it' if item.beside else 'evidence'} ({item.route}): {item.outcome} for {item.scope}"
        if item.summary:
            yield f"  {item.summary}"
        yield from (f"    {line}" for line in item.lines)


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


def _formula(name: str, verdict: Verdict | None) -> str:
    """The relation that the proof assumes under this name."""
    for item in verdict.evidence if verdict is not None else ():
        used = item.details.get("hypotheses used", {})
        if name in used:
            return str(used[name])
    return ""
