"""The notebooks become pages: copied to docs/notebooks, where git ignores them, with their stored outputs."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config


def setup(app: Sphinx) -> dict[str, Any]:
    """Copy before Sphinx looks for pages."""
    app.connect("config-inited", _copy)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _copy(app: Sphinx, config: Config) -> None:
    target = Path(app.srcdir, "notebooks")
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    for notebook in Path(app.srcdir).parent.joinpath("notebooks").glob("*.ipynb"):
        shutil.copy(notebook, target)
