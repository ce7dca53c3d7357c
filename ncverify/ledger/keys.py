"""When a stored verdict is still good: the hash of everything it was computed from.

That is the claim's own source file with all book files it imports, the same of the claims it depends on, the
engine (every file of the package that takes part in verdicts), the versions of the tools, and the settings.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Final

from ncverify.book.claim import Claim, Registry
from ncverify.book.registry import book_directory
from ncverify.evidence.workbench import Settings
from ncverify.ledger.certificates import statement, tools
from ncverify.replay.reading import digest

# What shows results, or checks them again, has no part in them.
_ASIDE: Final = ("cli.py", "__main__.py", "replay", "commands", "ledger", "proofs", "pytest_plugin.py")
# Faster than parsing: a run in which nothing has changed reads every file of the book.
_IMPORT: Final = re.compile(
    r"^[ \t]*(?:from[ \t]+(?P<dots>\.*)(?P<module>[\w.]*)[ \t]+import[ \t]+(?P<names>\([^)]*\)|[^\n#]*)"
    r"|import[ \t]+(?P<plain>[^\n#]+))",
    re.MULTILINE,
)
_INSIDE: Final = ("ledger/certificates.py", "ledger/claims_json.py", "ledger/run.py")


class Keys:
    """The keys of the claims of one registry under some settings; each file is read once."""

    def __init__(self, registry: Registry, settings: Settings, files: Iterable[Path] = ()) -> None:
        self._registry = registry
        self._common = {
            "engine": engine(),
            "tools": tools(),
            "digits": str(settings.digits),
            "seed": str(settings.seed),
        }
        # A claim from a JSON file is made by code of the package: its data is in the file.
        self._files = sorted(_hash(path) for path in files if path.suffix == ".json")
        self._known: dict[str, str] = {}

    def key(self, claim: Claim) -> str:
        """The key of a claim: equal keys, equal verdicts."""
        if claim.id not in self._known:
            below = [self.key(self._registry[name]) for name in claim.depends]
            sources = {str(path): _hash(path) for path in sources_of(origin(claim))}
            self._known[claim.id] = digest(
                {
                    **self._common,
                    "claim": statement(claim),
                    "sources": sources,
                    "files": self._files if claim.paper == "user" else [],
                    "below": below,
                }
            )
        return self._known[claim.id]


def origin(claim: Claim) -> Path:
    """The file in which the claim is declared."""
    return Path(claim.file or claim.check.__code__.co_filename)


def engine() -> str:
    """The hash of the package's files that take part in verdicts."""
    package = Path(__file__).resolve().parents[1]
    return _engine(package)


@lru_cache(maxsize=1)
def _engine(package: Path) -> str:
    names = sorted(path.relative_to(package).as_posix() for path in package.rglob("*.py"))
    used = [name for name in names if name in _INSIDE or name.split("/")[0] not in _ASIDE]
    return digest({name: _hash(package / name) for name in used})


@lru_cache(maxsize=4096)
def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@lru_cache(maxsize=4096)
def sources_of(path: Path) -> tuple[Path, ...]:
    """A source file and the files beside or below it that it imports, directly or not."""
    root = book_directory() if path.resolve().is_relative_to(book_directory().resolve()) else path.parent
    found: dict[Path, None] = {}
    waiting = [path]
    while waiting:
        here = waiting.pop()
        if here not in found:
            found[here] = None
            waiting.extend(_imports(here, root))
    return tuple(sorted(found))


@lru_cache(maxsize=4096)
def _imports(path: Path, root: Path) -> tuple[Path, ...]:
    source = path.read_text(encoding="utf-8", errors="replace")
    places = (place for found in _IMPORT.finditer(source) for place in _places(found, path, root))
    return tuple(dict.fromkeys(places))


def _places(found: re.Match[str], path: Path, root: Path) -> Iterator[Path]:
    """The files that an import means; what only looks like one does no harm."""
    dots, plain = found["dots"], found["plain"]
    if plain is not None:
        for item in plain.split(","):
            yield from _module(root, item.split()[0].split(".") if item.split() else [])
        return
    base = path.parents[len(dots) - 1] if dots else root
    parts = found["module"].split(".") if found["module"] else []
    yield from _module(base, parts)
    if parts and _inside(base.joinpath(*parts)) is None:
        return
    for item in found["names"].strip("()").split(","):
        if item.split():
            yield from _module(base, [*parts, item.split()[0]])


def _module(base: Path, parts: list[str]) -> Iterator[Path]:
    """The files of the module and of the packages around it, as far as they are there."""
    for end in range(len(parts) + 1):
        inside = _inside(base)
        if inside is None:
            return
        if "__init__.py" in inside:
            yield base / "__init__.py"
        if end < len(parts):
            if f"{parts[end]}.py" in inside:
                yield base / f"{parts[end]}.py"
            if parts[end] not in inside:
                return
            base = base / parts[end]


@lru_cache(maxsize=4096)
def _inside(folder: Path) -> frozenset[str] | None:
    return frozenset(os.listdir(folder)) if folder.is_dir() else None
