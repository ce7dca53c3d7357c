"""Run the notebooks and store their outputs: ``python scripts/store_notebooks.py [NAME...]``.

What is stored is what a reader sees where no kernel runs: text, tables, formulas, and figures as SVG and PNG,
those with sliders for their defaults.  Widget views and state, which only a kernel can show, are left out.
"""

from __future__ import annotations

import sys
from pathlib import Path
from time import perf_counter

import jupytext
import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
WIDGET = "application/vnd.jupyter.widget-view+json"


def static(notebook: NotebookNode) -> NotebookNode:
    """The executed notebook without what changes from run to run or needs a kernel."""
    notebook.metadata.pop("widgets", None)
    notebook.metadata.pop("language_info", None)
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", ()):
            output.get("data", {}).pop(WIDGET, None)
    return notebook


def main(names: list[str]) -> None:
    """Every notebook whose name starts with one of ``names``; all of them without names."""
    for script in sorted(FOLDER.glob("*.py")):
        if names and not script.stem.startswith(tuple(names)):
            continue
        notebook = jupytext.read(script)
        start = perf_counter()
        folder = {"metadata": {"path": str(FOLDER)}}
        NotebookClient(notebook, timeout=120, coalesce_streams=True, resources=folder).execute()
        target = script.with_suffix(".ipynb")
        nbformat.write(static(notebook), target)
        print(
            f"{script.stem}: {perf_counter() - start:.0f} s, {target.stat().st_size // 1024} kB", flush=True
        )


if __name__ == "__main__":
    main(sys.argv[1:])
