"""The directive ``notebooks``: title and opening words of each notebook, and the notebook to download."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import jupytext
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

if TYPE_CHECKING:
    from sphinx.application import Sphinx

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"


class Notebooks(SphinxDirective):
    """One section for each notebook."""

    def run(self) -> list[nodes.Node]:
        found: list[nodes.Node] = []
        for path in sorted(FOLDER.glob("*.ipynb")):
            self.env.note_dependency(str(path))
            text = jupytext.read(path).cells[0].source
            download = f"{{download}}`{path.name} </../notebooks/{path.name}>`"
            found += self.parse_text_to_nodes(f"#{text}\n\n{download}\n", allow_section_headings=True)
        return found


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("notebooks", Notebooks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
