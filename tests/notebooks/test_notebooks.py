"""The notebooks: both files of a pair agree, and a fresh kernel runs them to the results they describe."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import jupytext
import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
SCRIPTS = sorted(FOLDER.glob("*.py"))
SECONDS = 60
"""A cell that takes longer than this is stopped, and the test fails."""

FIRST = "01_diagonalising_the_softmax"

PRINTED = {
    "02_flows_to_astronomical_times": [
        "certified to t = 1e+100: True",
        "largest relative radius below 1e-50: True",
        "V falls from each time to the next, certified: True",
        "the exact formula contains every asked time: True",
        # the proved rate, claim transverse-rate
        "slope of log|delta| against sbar, t = 1e90 to 1e100: -0.125000 (-1/K = -0.125)",
    ],
    "03_the_lyapunov_function": [
        "the formula, typed for K = 4: proved",
        "with the factor 1 in place of 2: refuted",
        "V never increases, depth 3: refuted",
        "V never increases, unbalanced: refuted",
        "depth 3, s(0)=(2,2,1): V rises at first, certified: True",
        "depth 2, s(0)=(2,2,1): V rises at first, certified: False; largest at t = 0",
    ],
    "04_hunting_a_counterexample": [
        "the cosine never decreases, K = 8: refuted",
        "the cosine never decreases, K = 4: undecided",
        "the cosine falls at every t in [0, 200]",
        "certified growth from t = 0 to 700: [38.979219",
        "Q (phat_1 - phat_2), K = 4: proved",
        "18 trajectories inside end within 1e-3 of collapse, 6 on the edges at their midpoints",
    ],
    "05_errata_of_the_layer_peeled_paper": [
        "12 claims: 12 refuted; all as expected",
        "corrected coefficient = 2/(1 + e^(2c)): proved",
        "printed coefficient = 2/(1 + e^(2c)): refuted",
        "nc1.trace_ratio              9/32",
        "the constant of the motion keeps 8 digits: True",
        "nc2.norm_variation                     slope against log t:  -0.99",
        "nc1.norm_ratio                         slope against log t:  -0.49",
    ],
    "06_landscapes": [
        "Morse identity: holds in every width from 1 to 3",
        "Morse identity: holds in every width from 1 to 4",
        "K = 3 and K = 4: [1, 1] global minimum each, [4, 11] saddles up to symmetry, nothing else",
        "mu - sigma < 0, certified: True",
        "of 4 orbits of supports, 4 have a point of the census with their rank, index and value",
        "K = 4: certified\n   12 critical points",
    ],
    "07_your_own_derivation": [
        "flow of label smoothing, K = 8: proved",
        "flow without eps: refuted - mode 1",
        "refuted at step 2: x*(1 - 2/(exp(x) + 1)) = x - x/(exp(x) + 1)",
        "needed: x >= 0; without it: x = -2",
        "not needed: y <= 1",
        "accepted - angle",
        "with another verdict: rejected (it says certified, but its evidence earns proved)",
    ],
}
"""What each notebook says it finds."""


SLIDERS = {
    "02_flows_to_astronomical_times": 2,
    "03_the_lyapunov_function": 1,
    "04_hunting_a_counterexample": 1,
}
WIDGET = "application/vnd.jupyter.widget-view+json"


def kinds(cell: NotebookNode) -> list[tuple[str, ...]]:
    """What a cell shows, by type; views of widgets, which are not stored, aside."""
    return [
        (item.output_type, *sorted(set(item.get("data", {})) - {WIDGET})) for item in cell.get("outputs", ())
    ]


def without_digits(texts: list[str]) -> list[str]:
    return [re.sub(r"[-+]?\d+", "0", text) for text in texts]


def cells(notebook: NotebookNode) -> list[tuple[str, str]]:
    return [(cell.cell_type, cell.source) for cell in notebook.cells]


def without_version(notebook: NotebookNode) -> dict[str, object]:
    """Kernel and pairing; which version of jupytext wrote a file is of no interest."""
    header = notebook.metadata
    return {"kernelspec": header.kernelspec, "formats": header.jupytext.formats}


@cache
def executed(script: Path) -> NotebookNode:
    notebook = jupytext.read(script)
    folder = {"metadata": {"path": str(script.parent)}}
    NotebookClient(notebook, timeout=SECONDS, coalesce_streams=True, resources=folder).execute()
    return notebook


def items(notebook: NotebookNode) -> list[NotebookNode]:
    return [item for cell in notebook.cells for item in cell.get("outputs", ())]


def printed(notebook: NotebookNode, stream: str = "stdout") -> list[str]:
    return [item.text for item in items(notebook) if item.output_type == "stream" and item.name == stream]


def displayed(notebook: NotebookNode, mime: str) -> list[str]:
    return [item.data[mime] for item in items(notebook) if mime in item.get("data", {})]


def test_every_notebook_is_a_pair() -> None:
    assert [script.stem for script in SCRIPTS] == [FIRST, *PRINTED]
    assert [script.stem for script in SCRIPTS] == sorted(path.stem for path in FOLDER.glob("*.ipynb"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_both_files_of_a_pair_agree(script: Path) -> None:
    """After a change: ``python scripts/store_notebooks.py``."""
    text = jupytext.read(script)
    stored = nbformat.read(script.with_suffix(".ipynb"), as_version=4)
    nbformat.validate(stored)
    assert cells(text) == cells(stored)
    assert without_version(text) == without_version(stored)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_the_stored_outputs_are_those_of_a_run(script: Path) -> None:
    """After a change: ``python scripts/store_notebooks.py``.  Digits may differ from machine to machine."""
    stored = nbformat.read(script.with_suffix(".ipynb"), as_version=4)
    run = executed(script)
    assert [kinds(cell) for cell in stored.cells] == [kinds(cell) for cell in run.cells]
    assert without_digits(printed(stored)) == without_digits(printed(run))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_stored_notebook_needs_no_kernel(script: Path) -> None:
    """Every figure has a picture that any reader shows (PNG: also where the file is not trusted); small."""
    stored = nbformat.read(script.with_suffix(".ipynb"), as_version=4)
    figures = [item.data for item in items(stored) if "image/svg+xml" in item.get("data", {})]
    assert figures
    assert all("image/png" in data for data in figures)
    assert not displayed(stored, WIDGET)
    assert "widgets" not in stored.metadata
    assert script.with_suffix(".ipynb").stat().st_size < 1_000_000


@pytest.mark.parametrize(("stem", "count"), SLIDERS.items())
def test_sliders_come_with_their_figure(stem: str, count: int) -> None:
    notebook = executed(FOLDER / f"{stem}.py")
    views = [item.data for item in items(notebook) if WIDGET in item.get("data", {})]
    assert len(views) == count
    assert all("image/svg+xml" in data and "image/png" in data for data in views)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_fresh_kernel_runs_it(script: Path) -> None:
    """``execute`` raises for a cell that fails; warnings on stderr count as failures too."""
    notebook = executed(script)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert printed(notebook, "stderr") == []


@pytest.mark.parametrize("stem", PRINTED)
def test_a_notebook_finds_what_it_says(stem: str) -> None:
    notebook = executed(FOLDER / f"{stem}.py")
    text = "".join(printed(notebook))
    assert [line for line in PRINTED[stem] if line not in text] == []
    assert displayed(notebook, "image/svg+xml")
    assert not any("differ from what is expected" in table for table in displayed(notebook, "text/html"))


@pytest.fixture(scope="module")
def first() -> NotebookNode:
    return executed(FOLDER / f"{FIRST}.py")


@pytest.mark.parametrize(
    "line",
    [
        "Walsh, Z_2^3     largest entry off the diagonal: below 1e-12 (rounding)",
        "cyclic, Z_{12}   largest entry off the diagonal: below 1e-12 (rounding)",
        # tanh(1)^2/9 = 0.0644473
        "Paley, order 12  largest entry off the diagonal: 0.064447",
        "entry (3, 4) = -tanh(t)^2/9 for every t: proved",
        "entry (3, 4) = 0 at t = 1: refuted",
        "a verdict has no truth value",
        "singular values of the two flows agree within 1e-20: True",
        "the full flow stays within 1e-20 of the spectral family: True",
        "V decreases at every step: True",
        "formula and difference quotient of V agree within 1e-15: True",
    ],
)
def test_first_notebook_prints(first: NotebookNode, line: str) -> None:
    assert line in "".join(printed(first))


def test_first_notebook_prints_a_whole_derivation(first: NotebookNode) -> None:
    """Lines (1), (2), ..., of which the last is that the softmax is diagonal."""
    (proof,) = [text for text in printed(first) if "machine-checked steps" in text]
    numbered = [line for line in proof.splitlines() if line.startswith("(")]
    assert [line.split()[0] for line in numbered] == [f"({n})" for n in range(1, len(numbered) + 1)]
    assert "[hypothesis (symmetric)]" in proof
    assert "phat(a)" in numbered[-1]


def test_first_notebook_shows_verdicts_and_claims(first: NotebookNode) -> None:
    tables = displayed(first, "text/html")
    words = ("proved", "refuted", "undecided")
    shown = [word for table in tables for word in words if f"<b>{word}</b>" in table]
    # Section 1; the four claims (their table holds both words); the Jacobian; V'; the four typed identities.
    assert shown == [
        "proved", "proved", "refuted", "refuted", "proved", "proved", "refuted", "refuted", "undecided"
    ]  # fmt: skip
    assert any("all as expected" in table for table in tables)
    assert any("lhs - rhs" in table and "e-40 +/- " in table for table in tables)
    formulas = displayed(first, "text/latex")
    assert len(formulas) == 2
    assert r"\mathrm{softmax}(Z)" in formulas[0]
    assert r"\dot V" in formulas[1]


def test_first_notebook_draws_three_figures(first: NotebookNode) -> None:
    figures = displayed(first, "image/svg+xml")
    assert len(figures) == 3
    assert all("</svg>" in figure for figure in figures)
