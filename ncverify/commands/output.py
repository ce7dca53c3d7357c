"""Options and output that commands share."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from ncverify.errors import InputError

Json = Annotated[
    str | None,
    typer.Option("--json", metavar="FILE|-", help="Write JSON to a file, or alone to the standard output."),
]
Seed = Annotated[int, typer.Option("--seed", metavar="S", help="Seed of everything drawn at random.")]


def write_json(data: Any, target: str) -> None:
    """To the standard output for ``-``, else to a file that is complete or not there."""
    text = json.dumps(data, indent=1)
    if target == "-":
        print(text)
        return
    path = Path(target)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        part.write_text(text + "\n", encoding="utf-8")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise InputError(f"cannot write {target}: {error.strerror}") from None
