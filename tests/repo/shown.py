"""What documents show: commands with their output, files that they are run on, and Python sessions."""

from __future__ import annotations

import doctest
import re
from dataclasses import dataclass

_FENCE = re.compile(r"^```(?P<kind>[^\n]*)\n(?P<body>.*?)^```$", re.DOTALL | re.MULTILINE)
_CAPTION = re.compile(r":caption: (\S+)\n+(.*)", re.DOTALL)


@dataclass(frozen=True)
class Shell:
    """A command line and what it prints; ``...`` stands for any text."""

    line: str
    output: str


@dataclass(frozen=True)
class File:
    """A block with a caption: a file of that name."""

    name: str
    text: str


@dataclass(frozen=True)
class Session:
    """A session of the Python prompt."""

    text: str


def blocks(text: str) -> list[tuple[str, str]]:
    """The fenced blocks of a document, each as (what stands behind the fence, content)."""
    return [(found["kind"], found["body"]) for found in _FENCE.finditer(text)]


def steps(text: str) -> list[Shell | File | Session]:
    """What a page shows that can be run, in its order."""
    found: list[Shell | File | Session] = []
    for kind, body in blocks(text):
        if kind == "console":
            found += commands(body)
        elif kind.startswith("{code-block}") and (captioned := _CAPTION.match(body)):
            found.append(File(captioned[1], captioned[2]))
        elif kind == "python":
            found.append(Session(body))
    return found


def commands(block: str) -> list[Shell]:
    """The commands of a block, each behind ``$``."""
    parts = re.split(r"^\$ ", block, flags=re.MULTILINE)
    assert not parts[0].strip(), f"text before the first command: {parts[0]!r}"
    return [Shell(part.partition("\n")[0], part.partition("\n")[2]) for part in parts[1:]]


def agree(shown: str, printed: str) -> bool:
    """Whether a command printed what the document shows, up to its seconds."""
    return doctest.OutputChecker().check_output(
        _without_seconds(shown), _without_seconds(printed), doctest.ELLIPSIS
    )


def failures(session: str, name: str, names: dict[str, object]) -> int:
    """How many examples of a session go wrong (they are printed); ``names`` go on from block to block."""
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    example = doctest.DocTestParser().get_doctest(session, names, name, name, 0)
    runner.run(example, clear_globs=False)
    names.update(example.globs)
    return runner.summarize(verbose=False).failed


def _without_seconds(text: str) -> str:
    return re.sub(r"\b\d+\.\d\d(?=  | ?s\b)", "0.00", text)
