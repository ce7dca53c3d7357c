"""What Jupyter shows of each kind of object, without print or display options."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

import ncverify as nv
from ncverify.derive.kernel import Relation, Theorem
from ncverify.evidence.workbench import proved_theorems
from ncverify.report.mathematics import formula


class Checked(HTMLParser):
    """Tags that are opened are closed, in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.seen.append(tag)
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def results() -> nv.Results:
    return nv.check("nc4", "nc4-printed")


@pytest.fixture(scope="module")
def theorem() -> Theorem:
    return proved_theorems("lyapunov-zero", nv.load_book())["nonnegative"]


def well_formed(text: str, *words: str) -> None:
    found = Checked(text)
    assert found.open == []
    assert found.seen
    assert "script" not in found.seen
    assert [word for word in words if word not in text] == []


def test_a_result(results: nv.Results) -> None:
    result = results[0]
    well_formed(result._repr_html_(), result.claim.id, "$\\displaystyle", f"<b>{result.verdict.outcome}</b>")


def test_results_and_verdicts(results: nv.Results) -> None:
    well_formed(results._repr_html_(), "all as expected")
    for result in results:
        well_formed(result.verdict._repr_html_(), str(result.verdict.outcome))


def test_claims() -> None:
    """Every claim of the book shows as mathematics, or as its sentence."""
    for claim in nv.load_book():
        shown = claim._repr_latex_()
        assert shown == (f"$\\displaystyle {claim.latex}$" if claim.latex else claim.plain)


def test_expressions() -> None:
    shown = nv.exp(nv.symbol("x") / 2)._repr_latex_()
    assert formula(shown.strip("$").removeprefix("\\displaystyle ")).startswith("<math")


def test_relations(theorem: Theorem) -> None:
    assert isinstance(theorem.relation, Relation)
    shown = theorem.relation._repr_latex_()
    assert shown.startswith("$\\displaystyle ")
    assert "\\geq" in shown


def test_a_theorem_comes_with_its_derivation(theorem: Theorem) -> None:
    well_formed(theorem._repr_html_(), "<details>", "$\\displaystyle", theorem.rule, "(1)")
    assert repr(theorem).endswith(f"[{theorem.rule}]")
    assert "\n" not in repr(theorem)


def test_a_trajectory() -> None:
    flow = nv.ReducedFlow(nv.AbelianGroup.cyclic(3))
    times = [f"1e{n}" for n in range(30)]
    found = flow.enclose("1,1", until=times[-1], times=times, digits=20)
    shown = found._repr_html_()
    well_formed(shown, "<td>1</td>", "<td>1e29</td>", "18 times not shown", "certified to t = 1e29, ")
    assert shown.count("<tr>") == 13
    few = flow.enclose("1,1", until=1, times=[0, 1], digits=20)._repr_html_()
    well_formed(few, "1.00000000000")
    assert "not shown" not in few


def test_a_hunt() -> None:
    found = nv.hunt("cosine", nv.AbelianGroup.walsh(2), samples=64)
    well_formed(found._repr_html_(), "<b>undecided</b>")


def test_measures_of_collapse() -> None:
    found = nv.collapse.measure([[1, 0], [0, 1]], [0, 1], [[1, 0], [0, 1]])
    well_formed(found._repr_html_(), "nc1.trace_ratio")


def test_a_census() -> None:
    problem = nv.landscape.Problem(classes=2, width=2, lambda_w="1/100", lambda_h="1/100")
    census = nv.landscape.critical_points(problem, starts=20)
    well_formed(census._repr_html_(), problem.name, "global minimum", "Morse identity")
    assert census._repr_html_().count("<tr>") == len(census.points) + 1
