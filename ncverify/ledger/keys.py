"""When a stored verdict is still good: the hash of everything it was computed from.

That is the claim's own source file with all book files it imports, the same of the claims it depends on, the
engine (every file of the package that takes part in verdicts), the versions of the tools, and the settings.
"""

from __future__ import annotations

import ast
import hashlib
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
    try:
        tree = ast.parse(path.read_bytes())
    except SyntaxError:  # it is no Python file, or was changed since it ran
        return ()
    places = (
        place
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for place in _places(node, path, root)
    )
    return tuple(place for place in dict.fromkeys(places) if place.is_file())


def _places(node: ast.Import | ast.ImportFrom, path: Path, root: Path) -> Iterator[Path]:
    if isinstance(node, ast.Import):
        for item in node.names:
            yield from _module(root, item.name.split("."))
        return
    parts = node.module.split(".") if node.module else []
    base = root if node.level == 0 else path.parents[node.level - 1]
    for item in node.names:
        yield from _module(base, [*parts, item.name])
    yield from _module(base, parts)


def _module(base: Path, parts: list[str]) -> Iterator[Path]:
    """The files that may be the module, with the packages around it."""
    for end in range(len(parts) + 1):
        place = base.joinpath(*parts[:end])
        yield place / "__init__.py"
        if end:
            yield place.with_suffix(".py")
