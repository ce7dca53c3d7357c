"""The journal of verdicts and certificates: one entry a claim, each written whole or not at all.

    STORE/verdicts/<claim>.json        {"key", "claim", "verdict", "seconds", "certificate", "hash"}
    STORE/certificates/<sha256>.json   what ``ncverify replay STORE`` checks

Files are written under a temporary name, flushed to the disk and renamed, so a process that is killed leaves
whole files only, and two runs at once leave the entry of the one that wrote last.  An entry that does not
carry its own hash, or whose certificate is missing or damaged, is noticed and computed again.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import platformdirs

from ncverify.book.claim import Claim
from ncverify.book.registry import book_directory
from ncverify.book.verdict import Verdict
from ncverify.errors import InputError
from ncverify.ledger import claims_json
from ncverify.ledger.keys import origin
from ncverify.ledger.results import Result
from ncverify.replay.main import FOLDER
from ncverify.replay.reading import canonical, digest

ENTRIES: Final = "verdicts"
_READER: Final = Path(claims_json.__file__).resolve()
"""Where the checks of all claims from JSON files are written."""
_ORPHANED: Final = 600.0
"""Seconds after which a certificate without an entry, or a temporary file, belongs to no running check."""


def default_store() -> Path:
    """The folder in which ``ncverify check`` keeps verdicts, in the user's cache."""
    return Path(platformdirs.user_cache_dir("ncverify", appauthor=False))


@dataclass
class Store:
    """A folder of verdicts and certificates.  ``notes`` says what was found damaged."""

    folder: Path
    notes: list[str] = field(default_factory=list)

    def open(self) -> None:
        """Make the folder; ``InputError`` if it cannot be made or written."""
        try:
            for part in (ENTRIES, FOLDER):
                (self.folder / part).mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=".", dir=self.folder)
            os.close(handle)
            os.unlink(name)
        except OSError as error:
            raise InputError(f"cannot keep verdicts in {self.folder}: {error.strerror}") from None

    def load(self, claim: Claim, key: str) -> Result | None:
        """The stored result, if it was computed from what ``key`` says."""
        entry = self._entry(self._place(claim))
        if entry is None or entry["key"] != key:
            return None
        name = entry["certificate"]
        if name is not None and not self._sound(name):
            self.notes.append(f"the stored certificate of {claim.id} is missing or damaged: checked again")
            return None
        return Result(claim, Verdict.from_json(entry["verdict"]), entry["seconds"])

    def save(self, result: Result, key: str, certificate: dict[str, Any] | None) -> None:
        """Keep a result, and its certificate if it has one, in place of those before."""
        place = self._place(result.claim)
        before = self._entry(place, quiet=True)
        name = None
        if certificate is not None:
            raw = canonical(certificate)
            name = hashlib.sha256(raw).hexdigest()
            write_atomically(self._certificate(name), raw)
        entry = {
            "key": key,
            "claim": result.claim.id,
            "certificate": name,
            "seconds": result.seconds,
            "verdict": result.verdict.to_json(),
        }
        write_atomically(place, _sealed(entry))
        if before is not None and before["certificate"] not in (None, name):
            self._certificate(before["certificate"]).unlink(missing_ok=True)

    def forget(self, claim: Claim) -> None:
        """Remove what is stored about a claim whose check failed."""
        place = self._place(claim)
        before = self._entry(place, quiet=True)
        place.unlink(missing_ok=True)
        if before is not None and before["certificate"] is not None:
            self._certificate(before["certificate"]).unlink(missing_ok=True)

    def tidy(self, book: Iterable[Claim] | None = None) -> None:
        """Remove what no entry names; with the whole book, also entries of claims it no longer has."""
        if book is not None:
            known = {self._place(claim) for claim in book}
            for place in (self.folder / ENTRIES).glob("*.json"):
                if place not in known and "." not in place.stem:
                    place.unlink(missing_ok=True)
        named = set()
        for place in (self.folder / ENTRIES).glob("*.json"):
            entry = self._entry(place, quiet=True)
            if entry is not None:
                named.add(entry["certificate"])
        now = time.time()
        for folder in (FOLDER, ENTRIES):
            for path in (self.folder / folder).iterdir():
                temporary = path.name.startswith(".")
                if (temporary or (folder == FOLDER and path.stem not in named)) and _age(path, now):
                    path.unlink(missing_ok=True)

    def certificate_of(self, claim: Claim) -> str | None:
        """The name (hash) of the certificate of a claim, if it has one."""
        entry = self._entry(self._place(claim), quiet=True)
        return None if entry is None else entry["certificate"]

    def bodies_of(self, claim: Claim) -> list[dict[str, Any]]:
        """The data of the evidence in the certificate of a claim; empty without one."""
        name = self.certificate_of(claim)
        if name is None or not self._sound(name):
            return []
        kept = json.loads(self._certificate(name).read_bytes())
        return [item["body"] for item in kept["evidence"] if item["body"] is not None]

    def certificates(self) -> int:
        """How many certificates there are."""
        return sum(1 for _ in (self.folder / FOLDER).glob("*.json"))

    def _place(self, claim: Claim) -> Path:
        """The entry of a claim; claims of other files than the book have a mark of the file in their name."""
        path = origin(claim).resolve()
        if path.is_relative_to(book_directory().resolve()):
            return self.folder / ENTRIES / f"{claim.id}.json"
        source = str(path) if path != _READER else claim.origin.split(",")[0]
        mark = hashlib.sha256(source.encode("utf-8", "surrogateescape")).hexdigest()[:12]
        return self.folder / ENTRIES / f"{claim.id}.{mark}.json"

    def _certificate(self, name: str) -> Path:
        return self.folder / FOLDER / f"{name}.json"

    def _sound(self, name: str) -> bool:
        try:
            return hashlib.sha256(self._certificate(name).read_bytes()).hexdigest() == name
        except OSError:
            return False

    def _entry(self, place: Path, *, quiet: bool = False) -> dict[str, Any] | None:
        try:
            raw = place.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            self.notes.append(f"cannot read {place}: {error.strerror}")
            return None
        try:
            entry: dict[str, Any] = json.loads(raw)
            seal = entry.pop("hash")
        except (ValueError, RecursionError, KeyError, AttributeError, TypeError):
            seal = None
        if seal is None or seal != digest(entry):
            if not quiet:
                self.notes.append(f"the stored verdict of {place.stem} is damaged: checked again")
            return None
        return entry


def _sealed(entry: dict[str, Any]) -> bytes:
    return canonical({**entry, "hash": digest(entry)})


def _age(path: Path, now: float) -> bool:
    try:
        return now - path.stat().st_mtime > _ORPHANED
    except OSError:  # another run was faster
        return False


def write_atomically(path: Path, raw: bytes) -> None:
    """The file is there with all its bytes, or as it was before; also after a power cut."""
    handle, name = tempfile.mkstemp(prefix=".", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as part:
            part.write(raw)
            part.flush()
            os.fsync(part.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    except OSError:  # some file systems do not flush folders
        pass
    finally:
        os.close(folder)
