"""Links of included documents: they are relative to the checkout, the pages of the site are not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from sphinx.application import Sphinx

_PAGES = {
    "](docs/": "](/",
    "](notebooks/": "](/notebooks/",
    "](CONTRIBUTING.md": "](/contributing.md",
    "](SECURITY.md": "](/trust.md",
    "](CHANGELOG.md": "](/changelog.md",
}


def setup(app: Sphinx) -> dict[str, Any]:
    """Rewrite what is included."""
    app.connect("include-read", _rewrite)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _rewrite(app: Sphinx, path: Path, parent: str, content: list[str]) -> None:
    for link, page in _PAGES.items():
        content[0] = content[0].replace(link, page)
