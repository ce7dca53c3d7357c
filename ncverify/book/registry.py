"""Writing claims into a registry, and finding the book."""

from __future__ import annotations

import importlib.util
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from ncverify.book.claim import Claim, Hypothesis, Kind, Registry, Source
from ncverify.book.verdict import Outcome
from ncverify.errors import InputError

BOOK_PACKAGE = "ncverify_book"
_active: list[Registry] = []


@contextmanager
def recording(registry: Registry) -> Iterator[Registry]:
    """Claims declared inside go into ``registry``."""
    _active.append(registry)
    try:
        yield registry
    finally:
        _active.pop()


def claim(
    *,
    id: str,
    title: str,
    plain: str,
    scope: str,
    expected: str,
    latex: str = "",
    paper: str = "user",
    kind: str = "user",
    place: str = "",
    hypotheses: Sequence[Hypothesis] = (),
    goals: Mapping[str, Any] | None = None,
    depends: Sequence[str] = (),
    tags: Sequence[str] = (),
    corrected_by: str = "",
    modules: Sequence[str] = (),
    at: tuple[str, int] | None = None,
) -> Callable[[Callable[[Any], None]], Claim]:
    """Declare a claim; the decorated function is its proof script (or search).

    The function gets a workbench: ``goal(name)`` is the formal statement, ``show(name, theorem)`` hands
    in its proof, ``use(claim, goal)`` a theorem of another claim, ``add`` other evidence.  ``at``: file and
    line of the declaration, where that is not where the function stands.
    """

    def declare(check: Callable[[Any], None]) -> Claim:
        file, line = at or (check.__code__.co_filename, check.__code__.co_firstlineno)
        made = Claim(
            id=id,
            paper=paper,
            kind=Kind(kind),
            title=title,
            plain=plain,
            latex=latex,
            scope=scope,
            source=Source(paper, place),
            expected=Outcome(expected),
            check=check,
            hypotheses=tuple(hypotheses),
            goals=dict(goals or {}),
            depends=tuple(depends),
            tags=tuple(tags),
            corrected_by=corrected_by,
            modules=tuple(modules),
            file=file,
            origin=f"{Path(file).name}:{line}",
        )
        if _active:
            _active[-1].add(made)
        return made

    return declare


def caller(depth: int = 2) -> tuple[str, int]:
    """File and line ``depth`` calls above: where a function that declares claims was called."""
    frame = sys._getframe(depth)
    return frame.f_code.co_filename, frame.f_lineno


def book_directory() -> Path:
    """Where the book of claims is: inside an installed package, or ``proofs/`` of a checkout."""
    package = Path(__file__).resolve().parent.parent
    for place in (package / "proofs", package.parent / "proofs"):
        if (place / "__init__.py").is_file():
            return place
    raise InputError(f"the book of claims is missing beside {package}: install ncverify again")


@lru_cache(maxsize=1)
def load_book() -> Registry:
    """Import every file of the book; cost: about a second, once per process."""
    root = book_directory()
    registry = Registry()
    with recording(registry):
        _import(BOOK_PACKAGE, root / "__init__.py", package=True)
        for path in sorted(root.rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            if parts[-1] == "__init__":
                continue
            importlib.import_module(".".join((BOOK_PACKAGE, *parts)))
    registry.closed()
    return registry


def _import(name: str, path: Path, *, package: bool = False) -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        name, path, submodule_search_locations=[str(path.parent)] if package else None
    )
    if spec is None or spec.loader is None:
        raise InputError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def load_claims_file(path: Path, registry: Registry) -> list[Claim]:
    """Run a ``.py`` file of claims (it is code, and is trusted as such) and register what it declares."""
    before = {item.id for item in registry}
    with recording(registry):
        try:
            _import(f"ncverify_user_{path.stem}", path)
        except InputError as error:
            raise InputError(f"{path}{_line(error, path)}: {error}") from error
        except SyntaxError as error:
            raise InputError(f"{error.filename or path}, line {error.lineno}: {error.msg}") from error
        except (Exception, SystemExit) as error:  # whatever the user's code raises, said in one line
            said = " ".join(str(error).split())
            raise InputError(f"{path}{_line(error, path)}: {type(error).__name__}: {said}") from error
    return [item for item in registry if item.id not in before]


def _line(error: BaseException, path: Path) -> str:
    """The line of the file in which the error arose, as ", line 3"."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == str(path)]
    return f", line {lines[-1]}" if lines else ""
