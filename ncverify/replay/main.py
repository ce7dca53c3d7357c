"""``ncverify replay``: check certificates without the program that made them."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from ncverify.replay.certificate import Accepted, check_certificate
from ncverify.replay.errors import Rejected
from ncverify.replay.reading import Unreadable, read_certificate
from ncverify.replay.statements import book

OK, REJECTED, UNREADABLE, INTERRUPTED, BROKEN_PIPE = 0, 1, 2, 130, 141

FOLDER: Final = "certificates"
"""The subfolder of a store in which its certificates are."""

_HELP = """Check certificates again, with a second program that shares no code with the first.

Each file is accepted or rejected, with the reason. A folder stands for the certificates in it, or in its
subfolder "certificates" (a store of ncverify check); without argument, those of the default store.
Exit code 0: all accepted; 1: some rejected; 2: something cannot be read, or there is nothing to check."""


_OUTSIDE: Final = (
    "not a claim of the book: checked is the formal statement in the file (with --json: asserts), "
    "not whether its title and prose say the same"
)


@dataclass(frozen=True)
class Checked:
    """One file: what was accepted, or why it was rejected."""

    file: Path
    accepted: Accepted | None
    reason: str
    claim: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        found = {} if self.accepted is None else asdict(self.accepted)
        return {
            "file": str(self.file),
            "accepted": self.accepted is not None,
            "reason": self.reason or None,
            **found,
        }

    def place(self) -> tuple[bool, str, str]:
        """Where it is printed: by claim, what was rejected last."""
        name = self.claim if self.accepted is None else self.accepted.id
        return self.accepted is None, name, self.file.name

    def line(self) -> str:
        """One line for people."""
        if self.accepted is None:
            named = f" ({self.claim})" if self.claim else ""
            return f"rejected  {self.file.name[:12]}{named}  {self.reason}"
        it = self.accepted
        notes = []
        if it.beside:
            notes.append(f"{it.beside} beside it not replayed")
        if it.statement == "file":
            notes.append(_OUTSIDE)
        if it.verdict != it.expected:
            notes.append(f"expected was {it.expected}")
        shown = "; ".join(dict.fromkeys(it.verified))
        return f"accepted  {it.id}: {it.verdict} ({shown})" + "".join(f"; {note}" for note in notes)


def replay(file: Path) -> Checked:
    """Check one file.  Raises ``Unreadable``; whatever else goes wrong inside rejects the certificate."""
    claim = ""
    try:
        data = read_certificate(file)
        claim = _claimed(data)
        return Checked(file, check_certificate(data, book()), "")
    except Rejected as reason:
        return Checked(file, None, str(reason), claim)
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        MemoryError,
        RecursionError,
        TypeError,
        ValueError,
    ) as error:
        return Checked(file, None, f"it cannot be checked: {type(error).__name__}: {error}"[:200], claim)


def _claimed(data: Any) -> str:
    """The claim that a certificate says it is about, for messages."""
    about = data.get("claim") if isinstance(data, dict) else None
    name = about.get("id") if isinstance(about, dict) else None
    return name[:60] if isinstance(name, str) and name.isprintable() else ""


def files_in(place: Path) -> list[Path]:
    """The certificates a path stands for, in the order of their names."""
    if place.is_file():
        return [place]
    if not place.is_dir():
        raise Unreadable(f"there is no file or folder {str(place)!r}")
    inner = place / FOLDER
    folder = inner if inner.is_dir() else place
    found = sorted(path for path in folder.iterdir() if path.suffix == ".json" and path.is_file())
    if not found:
        raise Unreadable(f"there are no certificates in {folder}: ncverify check --store DIR writes some")
    return found


def main(arguments: Sequence[str]) -> int:
    """The command; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="ncverify replay", description=_HELP, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("paths", nargs="*", type=Path, metavar="DIR|FILE", help="default: the default store")
    parser.add_argument(
        "--json", metavar="FILE|-", help="write JSON to a file, or alone to the standard output"
    )
    options = parser.parse_args(arguments)
    try:
        places = options.paths or [default_store()]
        files = list(dict.fromkeys(path for place in places for path in files_in(place)))
        checked = []
        try:
            for result in _results(files):
                checked.append(result)
                _progress(f"checked {len(checked)} of {len(files)}")
        finally:  # an interrupt keeps what is checked
            _progress("")
            checked.sort(key=Checked.place)
            if options.json != "-":
                for result in checked:
                    print(result.line())
        code = _report(checked, options.json)
        sys.stdout.flush()
        return code
    except Unreadable as problem:
        print(f"ncverify: {problem}", file=sys.stderr)
        return UNREADABLE
    except KeyboardInterrupt:
        print("ncverify: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader has seen enough, as with "| head"
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE


def _progress(text: str) -> None:
    """A line on the error stream that the next one overwrites; nothing where that is not a terminal."""
    if sys.stderr.isatty():
        print(f"\r{text}\x1b[K", end="", file=sys.stderr, flush=True)


def _results(files: Sequence[Path]) -> Iterator[Checked]:
    return map(replay, files)


def _report(checked: Sequence[Checked], target: str | None) -> int:
    rejected = sum(item.accepted is None for item in checked)
    if target is not None:
        data = json.dumps([item.to_json() for item in checked], indent=1)
        if target == "-":
            print(data)
        else:
            try:
                Path(target).write_text(data + "\n", encoding="utf-8")
            except OSError as error:
                raise Unreadable(f"cannot write {target}: {error.strerror}") from None
    if target != "-":
        count = len(checked)
        print(f"{count} certificate{'s' * (count != 1)}: {count - rejected} accepted, {rejected} rejected")
    return REJECTED if rejected else OK


def default_store() -> Path:
    """Where ``ncverify check`` keeps verdicts and certificates; needs platformdirs."""
    try:
        import platformdirs
    except ImportError:
        raise Unreadable("say which certificates: ncverify replay DIR|FILE") from None
    return Path(platformdirs.user_cache_dir("ncverify", appauthor=False))
