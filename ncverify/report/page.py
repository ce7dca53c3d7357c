"""The HTML page: a template filled from the plain JSON of results."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ncverify.errors import InputError
from ncverify.report.curves import flow_curves
from ncverify.report.graph import drawing
from ncverify.report.mathematics import formula, pieces

Item = Mapping[str, Any]
"""One result as ``check --json`` writes it, with ``certificate``: its SHA-256, or None, and ``bodies``: those
of the evidence in that certificate.
"""

_ORDER = ("proved", "certified", "tested", "refuted", "argued", "undecided", "error")
_SPANS = {
    **dict.fromkeys(("proved", "certified", "argued"), "holds for"),
    "tested": "tested for",
    "refuted": "stated for",
    **dict.fromkeys(("undecided", "error"), "asked for"),
}
"""What a verdict says about the scope of its claim; one counterexample refutes what is stated for all."""
_PAPERS = {
    "garrod": "Diagonalizing the softmax",
    "beyond": "Beyond the papers",
    "ji": "The layer-peeled model",
    "shen": "Strict saddles at d = K",
    "user": "Own claims",
}


def render(items: Sequence[Item], about: Mapping[str, str], left_out: Sequence[str] = ()) -> str:
    """The whole page.  ``about``: environment, by name, for the last section; ``left_out``: not checked."""
    depends = {item["id"]: tuple(item["depends"]) for item in items}
    known = set(depends)
    papers = list(dict.fromkeys(item["paper"] for item in items))
    counts = Counter(item["verdict"] for item in items)
    return (
        _environment()
        .get_template("report.html")
        .render(
            items=items,
            papers=[
                (key, _PAPERS.get(key, key), [item for item in items if item["paper"] == key])
                for key in papers
            ],
            outcomes=[(name, counts[name]) for name in _ORDER if counts[name]],
            errata=[item for item in items if item["kind"] == "published" and item["verdict"] == "refuted"],
            differing=[item["id"] for item in items if not item["as_expected"]],
            graphs={name: drawing(name, depends) for name in depends},
            users={name: [user for user in depends if name in depends[user]] for name in depends},
            known=known,
            spans=_SPANS,
            about=about,
            left_out=left_out,
        )
    )


def write(items: Sequence[Item], about: Mapping[str, str], folder: str, left_out: Sequence[str] = ()) -> Path:
    """Write ``index.html`` into a folder, whole or not at all; ``InputError`` if that fails."""
    target = Path(folder) / "index.html"
    part = target.with_name(f".index.{os.getpid()}.html")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(render(items, about, left_out), encoding="utf-8")
        part.replace(target)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise InputError(f"cannot write {target}: {error.strerror}") from None
    return target


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["formula"] = formula
    environment.filters["pieces"] = pieces
    environment.filters["flow_curves"] = flow_curves
    return environment
