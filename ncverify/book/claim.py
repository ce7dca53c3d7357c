"""Claims: a statement as data, with its hypotheses, source and dependencies, and how it is checked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from ncverify.book.verdict import Outcome
from ncverify.errors import InputError

if TYPE_CHECKING:
    from ncverify.derive.kernel import Relation

_IDENTIFIER = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class Kind(StrEnum):
    """Where a claim stands: printed in a paper, our correction of it, or beyond it."""

    PUBLISHED = "published"
    CORRECTED = "corrected"
    EXTENSION = "extension"
    CONJECTURE = "conjecture"
    USER = "user"

    @classmethod
    def _missing_(cls, value: object) -> Kind:
        raise InputError(f"{str(value)[:60]!r} is no kind of claim: there are {', '.join(cls)}")


@dataclass(frozen=True)
class Source:
    """Where a statement is made: the key of the paper in the bibliography, and the place in it."""

    paper: str
    place: str


@dataclass(frozen=True)
class Hypothesis:
    """One assumption.  ``name`` is the one by which the proof refers to it."""

    name: str
    plain: str
    latex: str = ""


@dataclass(frozen=True, repr=False)
class Claim:
    """One statement of the book.

    ``goals`` are the formal parts of the statement, each a relation of the all-K calculus; ``check`` is
    the proof script or search, called with a workbench that knows the goals (see
    ``ncverify.evidence.workbench``).  A claim may have no goals, when it is about exact examples.
    ``corrected_by`` names the claim that says what is true instead of a refuted one.  ``modules`` are what
    the check imports beyond a plain installation; without them the claim is left out of a run.  ``file`` is
    where the claim is declared, ``origin`` its name and line.
    """

    id: str
    paper: str
    kind: Kind
    title: str
    plain: str
    latex: str
    scope: str
    source: Source
    expected: Outcome
    check: Callable[[Any], None]
    hypotheses: tuple[Hypothesis, ...] = ()
    goals: Mapping[str, Relation] = field(default_factory=dict)
    depends: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    corrected_by: str = ""
    modules: tuple[str, ...] = ()
    file: str = ""
    origin: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.id, str) or not _IDENTIFIER.fullmatch(self.id):
            raise InputError(f"claim id {self.id!r} must be lower-case words joined by hyphens")
        if not (self.plain.strip() and self.scope.strip() and self.title.strip()):
            raise InputError(f"claim {self.id!r} needs a title, a statement and a scope")
        if self.expected in (Outcome.ERROR, Outcome.UNDECIDED) and self.kind is not Kind.CONJECTURE:
            raise InputError(f"claim {self.id!r} cannot expect the verdict {self.expected}")

    @property
    def missing(self) -> tuple[str, ...]:
        """Those of ``modules`` that are not installed."""
        return tuple(name for name in self.modules if find_spec(name) is None)

    def __repr__(self) -> str:
        return f"Claim({self.id!r}, {self.paper}, {self.kind}, expected {self.expected}): {self.title}"

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex}$" if self.latex else self.plain


class Registry:
    """The claims of a book, in the order of their files.

    ``closed()`` checks what no single claim can: every dependency exists, none is circular.
    """

    def __init__(self) -> None:
        self._claims: dict[str, Claim] = {}

    def add(self, claim: Claim) -> None:
        """Register a claim; its id must be new."""
        if claim.id in self._claims:
            raise InputError(
                f"claim id {claim.id!r} is used twice ({self._claims[claim.id].origin}, {claim.origin})"
            )
        self._claims[claim.id] = claim

    def __iter__(self) -> Iterator[Claim]:
        return iter(self._claims.values())

    def __len__(self) -> int:
        return len(self._claims)

    def __contains__(self, name: object) -> bool:
        return name in self._claims

    def __getitem__(self, name: str) -> Claim:
        return self._claims[name]

    def closed(self) -> None:
        """Raise ``InputError`` for an unknown or circular dependency or correction."""
        for claim in self._claims.values():
            for name in (*claim.depends, *filter(None, [claim.corrected_by])):
                if name not in self._claims:
                    raise InputError(f"claim {claim.id!r} refers to the unknown claim {name!r}")
        done: set[str] = set()

        def visit(name: str, path: tuple[str, ...]) -> None:
            if name in path:
                raise InputError(f"circular dependencies: {' -> '.join((*path, name))}")
            if name not in done:
                for needed in self._claims[name].depends:
                    visit(needed, (*path, name))
                done.add(name)

        for name in self._claims:
            visit(name, ())
