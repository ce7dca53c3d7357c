"""Type annotations name the module in which a class stands; the reference has it under its public name."""

from __future__ import annotations

from pydoc import locate
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.addnodes import pending_xref
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment


def setup(app: Sphinx) -> dict[str, Any]:
    """Resolve ``ncverify.book.verdict.Verdict`` as ``ncverify.Verdict``, and names of packages likewise."""
    app.connect("missing-reference", _resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _resolve(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, content: nodes.TextElement
) -> nodes.Element | None:
    if node.get("refdomain") != "py":
        return None
    name = node["reftarget"].rpartition(".")[2]
    documented = {item.rpartition(".")[2]: item for item in env.domains["py"].data["objects"]}
    if name not in documented or not _same(node["reftarget"], documented[name]):
        return None
    domain = env.domains["py"]
    return domain.resolve_xref(
        env, node["refdoc"], app.builder, node["reftype"], documented[name], node, content
    )


def _same(target: str, documented: str) -> bool:
    """Whether both dotted names are of one object."""
    found = locate(target)
    return found is not None and found is locate(documented)
