"""Which claims a run is about: names from the book, and files of claims."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ncverify.book.claim import Claim, Registry
from ncverify.book.registry import book_directory, load_book, load_claims_file
from ncverify.book.selectors import find, select
from ncverify.errors import InputError
from ncverify.ledger.claims_json import load_json_claims


@dataclass(frozen=True)
class Selection:
    """The chosen claims in book order, and the registry (book and files) in which they live.

    ``files`` are the claims files that were read, so that a worker process can read them too.  ``left_out``
    are claims that were meant but need modules that are not installed.
    """

    claims: tuple[Claim, ...]
    registry: Registry
    files: tuple[Path, ...] = ()
    left_out: tuple[Claim, ...] = ()


def is_file(word: str) -> bool:
    """Whether a selector is meant as a file; ids, papers and tags have neither dots nor slashes."""
    return word.endswith((".py", ".json")) or "/" in word


def load(files: Sequence[Path]) -> tuple[Registry, list[Claim]]:
    """The book with the claims of the files added, and those claims."""
    book = load_book()
    if not files:
        return book, []
    registry = Registry()
    for claim in book:
        registry.add(claim)
    added: list[Claim] = []
    for path in files:
        if not path.is_file():
            raise InputError(f"there is no claims file {str(path)!r}: give the path of a .py or .json file")
        if path.suffix == ".json":
            found = load_json_claims(path, registry)
        elif path.suffix == ".py":
            found = load_claims_file(path, registry)
        else:
            raise InputError(f"{path} is not a claims file: its name must end in .py or .json")
        if not found:
            raise InputError(f"{path} declares no claims: decorate a function with ncverify.claim")
        added += found
    registry.closed()
    return registry, added


def gather(selectors: Sequence[str] = ()) -> Selection:
    """Resolve selectors: claim ids, paper keys, tags, or files; none means the whole book.

    Raises ``InputError`` for an unknown name, with the nearest ones, and for a file that cannot be read.
    """
    paths = dict.fromkeys(Path(word).resolve() for word in selectors if is_file(word))
    book = book_directory().resolve()
    files = tuple(path for path in paths if not path.is_relative_to(book))
    registry, added = load(files)
    names = [word for word in selectors if not is_file(word)]
    chosen = {claim.id for claim in added}
    for path in paths.keys() - set(files):
        chosen |= {claim.id for claim in _declared_in(path, registry)}
    chosen |= {claim.id for word in names for claim in select(registry, word)}
    if not selectors:
        chosen = {claim.id for claim in registry}
    meant = [claim for claim in registry if claim.id in chosen]
    for claim in meant:
        if claim.missing and claim.id in names:
            raise InputError(
                f"{claim.id} needs {' and '.join(claim.missing)}: pip install 'ncverify[{extra(claim)}]'"
            )
    ready = tuple(claim for claim in meant if not claim.missing)
    return Selection(ready, registry, files, tuple(claim for claim in meant if claim.missing))


def extra(claim: Claim) -> str:
    """The extra of the package that has what is missing."""
    return {"distributed": "cluster", "matplotlib": "plot"}.get(claim.missing[0], "train")


def _declared_in(path: Path, registry: Registry) -> list[Claim]:
    """The claims of a file of the book, which is loaded already."""
    found = [claim for claim in registry if Path(claim.file).resolve() == path]
    if not found:
        raise InputError(f"{path} is inside the book and declares no claims")
    return found


def find_claim(name: str) -> tuple[Claim, Registry]:
    """One claim of the book by its id, or of a claims file by ``FILE::ID``."""
    file, separator, inner = name.rpartition("::")
    if not separator and is_file(name):
        raise InputError(f"{name[:100]} is a file: name one of its claims, {name[:100]}::ID")
    registry, _ = load((Path(file).resolve(),) if separator else ())
    return find(registry, inner), registry
