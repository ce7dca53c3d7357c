"""The directives ``claims PAPER`` and ``expectations``: the book of claims, loaded and not checked."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective

from ncverify.book.registry import load_book

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sphinx.application import Sphinx

    from ncverify.book.claim import Claim


@cache
def _book() -> dict[str, Claim]:
    return {claim.id: claim for claim in load_book()}


class Claims(SphinxDirective):
    """The claims on one paper: a table, then each with statement, hypotheses and dependencies."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        claims = [claim for claim in _book().values() if claim.paper == self.arguments[0]]
        if not claims:
            raise self.error(f"the book has no claims on {self.arguments[0]}")
        rows = [
            (
                _link(claim.id),
                [nodes.Text(claim.title)],
                [nodes.Text(claim.expected)],
                [nodes.Text(claim.scope)],
            )
            for claim in claims
        ]
        return [_table(("claim", "says", "expected", "scope"), rows), *map(self._section, claims)]

    def _section(self, claim: Claim) -> nodes.section:
        labels = self.env.domains.standard_domain
        labels.note_hyperlink_target(_label(claim.id), self.env.docname, claim.id, claim.id)
        section = nodes.section(
            "", nodes.title("", claim.id), ids=[claim.id], names=[claim.id], classes=["claim"]
        )
        section += nodes.paragraph("", "", nodes.strong("", claim.title))
        section += nodes.paragraph("", claim.plain)
        section += nodes.math_block(claim.latex, claim.latex, nowrap=True, number=None, label=None)
        section += _fields(_about(claim))
        return section


class Expectations(SphinxDirective):
    """How many claims of which paper expect which verdict."""

    def run(self) -> list[nodes.Node]:
        count = Counter((claim.paper, str(claim.expected)) for claim in _book().values())
        papers = list(dict.fromkeys(paper for paper, _ in count))
        verdicts = [name for name in _order() if any(count[paper, name] for paper in papers)]
        rows = [
            ([_page(paper)], *([nodes.Text(str(count[paper, name] or ""))] for name in verdicts))
            for paper in papers
        ]
        totals = (str(sum(count[paper, name] for paper in papers)) for name in verdicts)
        rows.append(([nodes.Text("together")], *([nodes.Text(total)] for total in totals)))
        return [_table(("expected", *verdicts), rows)]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directives."""
    app.add_directive("claims", Claims)
    app.add_directive("expectations", Expectations)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _order() -> list[str]:
    from ncverify.book.verdict import Outcome

    return [str(outcome) for outcome in Outcome]


def _about(claim: Claim) -> Iterator[tuple[str, list[nodes.Node]]]:
    yield "expected", [nodes.Text(claim.expected)]
    yield "scope", [nodes.Text(claim.scope)]
    yield "source", [nodes.Text(f"{claim.source.paper}, {claim.source.place} ({claim.kind})")]
    if claim.hypotheses:
        yield "hypotheses", [_hypotheses(claim)]
    if claim.depends:
        yield "depends on", _links(claim.depends)
    if claim.corrected_by:
        yield "true instead", _link(claim.corrected_by)


def _hypotheses(claim: Claim) -> nodes.bullet_list:
    items = nodes.bullet_list()
    for hypothesis in claim.hypotheses:
        name = nodes.literal("", hypothesis.name)
        items += nodes.list_item("", nodes.paragraph("", "", name, nodes.Text(f" {hypothesis.plain}")))
    return items


def _fields(entries: Iterable[tuple[str, list[nodes.Node]]]) -> nodes.field_list:
    fields = nodes.field_list()
    for name, content in entries:
        body = content if isinstance(content[0], nodes.bullet_list) else [nodes.paragraph("", "", *content)]
        fields += nodes.field("", nodes.field_name("", name), nodes.field_body("", *body))
    return fields


def _links(ids: Iterable[str]) -> list[nodes.Node]:
    found: list[nodes.Node] = []
    for id_ in ids:
        found += [nodes.Text(", "), *_link(id_)] if found else _link(id_)
    return found


def _label(id_: str) -> str:
    return f"claim-{id_}"


def _link(id_: str) -> list[nodes.Node]:
    """To the section of a claim, perhaps on another page; Sphinx reports a target that is not there."""
    options = {
        "refdomain": "std",
        "reftype": "ref",
        "reftarget": _label(id_),
        "refexplicit": True,
        "refwarn": True,
    }
    return [addnodes.pending_xref("", nodes.literal("", id_), **options)]


def _page(paper: str) -> nodes.Node:
    options = {"refdomain": "std", "reftype": "doc", "reftarget": f"/book/{paper}", "refdoc": "book/index"}
    return addnodes.pending_xref("", nodes.inline("", paper), refexplicit=True, refwarn=True, **options)


def _table(heads: Iterable[str], rows: Iterable[Iterable[Iterable[nodes.Node]]]) -> nodes.table:
    names = list(heads)
    group = nodes.tgroup("", *(nodes.colspec(colwidth=1) for _ in names), cols=len(names))
    group += nodes.thead("", _row([[nodes.Text(name)] for name in names]))
    group += nodes.tbody("", *(_row(row) for row in rows))
    return nodes.table("", group, classes=["colwidths-auto", "claims"])


def _row(cells: Iterable[Iterable[nodes.Node]]) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", *cell)) for cell in cells))
