"""The statements of the book, as hashes that come with the package."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Final

from ncverify.replay.certificate import Statements
from ncverify.replay.reading import Unreadable

FILE: Final = Path(__file__).with_name("statements.json")


@lru_cache(maxsize=1)
def book() -> Statements:
    """For each claim of the book the hashes of its statement and of what its evidence asserts."""
    try:
        statements: Statements = json.loads(FILE.read_text(encoding="utf-8"))
    except OSError as error:
        raise Unreadable(f"cannot read {FILE.name} of the package: {error.strerror}") from None
    return statements
