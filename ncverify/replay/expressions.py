"""Expression trees of certificates, read into a table in which equal parts stand once.

The language is that of docs/certificates.md: rational numbers, real variables, sums, products, whole powers
and a list of functions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from flint import fmpq, fmpz

from ncverify.replay.errors import Rejected

FUNCTIONS: Final = (
    "exp", "log", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh",
    "ei",
)  # fmt: skip
EXTREMES: Final = ("max", "min")
RELATIONS: Final = ("==", "!=", "<", "<=", ">", ">=")

MAX_NODES: Final = 1_000_000
MAX_NUMBER: Final = 8_100  # characters of a rational number
MAX_EXPONENT: Final = 10**6
MAX_LEVELS: Final = 200
MAX_EVALUATIONS: Final = 100_000_000
"""Operations on balls of 64 bits for one body: some minutes.  One of 4096 bits counts as 65."""

_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]*)(/[1-9][0-9]*)?")
_WHOLE: Final = re.compile(r"-?(0|[1-9][0-9]{0,6})")
_SYMBOL: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


def rational(data: Any, where: str = "a number") -> Any:
    """An exact rational number (fmpq) from text in lowest terms."""
    if not isinstance(data, str) or len(data) > MAX_NUMBER or not _NUMBER.fullmatch(data):
        raise Rejected(f"{where} is not a rational number as text")
    above, _, below = data.partition("/")
    value = fmpq(_integer(above), _integer(below or "1"))
    if value.p != _integer(above) or value.q != _integer(below or "1") or below == "1" or data == "-0":
        raise Rejected(f"{where} = {data[:40]} is not in lowest terms")
    return value


def _integer(text: str) -> Any:
    if len(text) <= 4000:
        return fmpz(int(text))
    half = len(text) // 2  # Python refuses to read longer texts
    sign = -1 if text.startswith("-") else 1
    return _integer(text[:half]) * fmpz(10) ** (len(text) - half) + sign * _integer(text[half:])


@dataclass(frozen=True)
class Node:
    """``head`` and ``parts`` (numbers of earlier nodes); ``value``: a number, name or exponent."""

    head: str
    parts: tuple[int, ...] = ()
    value: Any = None


@dataclass
class Table:
    """All expressions of one body; ``nodes`` come before those that use them.

    ``extremes``: whether max and min are allowed.
    """

    extremes: bool = False
    nodes: list[Node] = field(default_factory=list)
    _places: dict[Any, int] = field(default_factory=dict)
    _work: int = 0
    _spent: int = 0

    def node(self, head: str, parts: tuple[int, ...] = (), value: Any = None) -> int:
        """The number of this node, new or known."""
        key = (head, parts, str(value) if head == "number" else value)
        if key not in self._places:
            if len(self.nodes) >= MAX_NODES:
                raise Rejected(f"more than {MAX_NODES} expression nodes")
            self._places[key] = len(self.nodes)
            self.nodes.append(Node(head, parts, value))
        return self._places[key]

    def spend(self, operations: int, bits: int) -> None:
        """Count operations on balls; ``Rejected`` beyond the limit."""
        self._spent += operations * (1 + (bits // 64) ** 2 // 64)
        if self._spent > MAX_EVALUATIONS:
            raise Rejected(f"more than {MAX_EVALUATIONS} operations on balls")

    def number(self, value: Any) -> int:
        """A rational constant."""
        return self.node("number", (), fmpq(value))

    def difference(self, left: int, right: int) -> int:
        """left - right."""
        return self.node("add", (left, self.node("mul", (self.number(-1), right))))

    def read(self, data: Any, given: Mapping[str, int] | None = None) -> int:
        """The number of the root of a tree; symbols in ``given`` are replaced by these nodes."""
        known: list[int] = []
        if isinstance(data, list) and data[:1] == ["let"]:
            if len(data) != 3 or not isinstance(data[1], list):
                raise Rejected("let needs a list of definitions and a body")
            for form in data[1]:
                known.append(self._read(form, known, given or {}))
            data = data[2]
        return self._read(data, known, given or {})

    def _read(self, root: Any, known: list[int], given: Mapping[str, int]) -> int:
        results: list[int] = []
        stack: list[tuple[Any, int, bool]] = [(root, 1, False)]
        while stack:
            form, level, ready = stack.pop()
            if ready:
                count = len(_parts(form, self.extremes))
                parts = tuple(results[len(results) - count :])
                del results[len(results) - count :]
                value = int(form[2]) if form[0] == "pow" else None
                results.append(self.node(form[0], parts, value))
                continue
            self._work += 1
            if self._work > MAX_NODES or level > MAX_LEVELS:
                raise Rejected("an expression is too large or nested too deep")
            if not isinstance(form, list) or not form or not isinstance(form[0], str):
                raise Rejected("an expression is not a list that starts with a head")
            leaf = self._leaf(form, known, given)
            if leaf is not None:
                results.append(leaf)
                continue
            stack.append((form, level, True))
            stack.extend((part, level + 1, False) for part in reversed(_parts(form, self.extremes)))
        return results[0]

    def _leaf(self, form: list[Any], known: list[int], given: Mapping[str, int]) -> int | None:
        if form[0] not in ("number", "symbol", "ref"):
            return None
        if len(form) != 2:
            raise Rejected(f"{form[0]} needs one entry")
        value = form[1]
        if form[0] == "number":
            return self.number(rational(value))
        if form[0] == "symbol":
            name = symbol(value)
            return given[name] if name in given else self.node("symbol", (), name)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < len(known):
            raise Rejected("ref does not name an earlier definition")
        return known[value]

    def below(self, roots: list[int]) -> list[int]:
        """The nodes that these roots need, in order."""
        needed = set(roots)
        for place in range(max(roots, default=-1), -1, -1):
            if place in needed:
                needed.update(self.nodes[place].parts)
        return sorted(needed)

    def symbols(self, roots: list[int]) -> list[str]:
        """The names of the variables, sorted."""
        return sorted(self.nodes[i].value for i in self.below(roots) if self.nodes[i].head == "symbol")

    def heads(self, roots: list[int]) -> set[str]:
        """The heads that occur."""
        return {self.nodes[i].head for i in self.below(roots)}


def symbol(data: Any) -> str:
    """The name of a variable."""
    if not isinstance(data, str) or not _SYMBOL.fullmatch(data):
        raise Rejected("the name of a symbol is not an identifier")
    return data


def _parts(form: list[Any], extremes: bool) -> list[Any]:
    head, rest = form[0], form[1:]
    if head in ("add", "mul") or (extremes and head in EXTREMES):
        if len(rest) < 2:
            raise Rejected(f"{head} needs at least two parts")
        return rest
    if head == "pow":
        if len(rest) != 2 or not isinstance(rest[1], str) or not _WHOLE.fullmatch(rest[1]):
            raise Rejected("pow needs a base and a whole exponent as text")
        if abs(int(rest[1])) > MAX_EXPONENT:
            raise Rejected(f"the exponent {rest[1]} is too large")
        return rest[:1]
    if head in FUNCTIONS:
        if len(rest) != 1:
            raise Rejected(f"{head} needs one argument")
        return rest
    raise Rejected(f"the head {head[:40]!r} is unknown")


@dataclass(frozen=True)
class Compared:
    """A relation between two expressions of a table."""

    left: int
    sign: str
    right: int


def read_relation(table: Table, data: Any, given: Mapping[str, int] | None = None) -> Compared:
    """[left, sign, right]."""
    if not isinstance(data, list) or len(data) != 3 or data[1] not in RELATIONS:
        raise Rejected("a relation is not [left, sign, right]")
    return Compared(table.read(data[0], given), data[1], table.read(data[2], given))


@dataclass(frozen=True)
class Assumed:
    """What is assumed: variables replaced by expressions (``given``), and other relations."""

    given: Mapping[str, int]
    others: tuple[Compared, ...]


def read_assumptions(table: Table, data: Any) -> Assumed:
    """Equations ``symbol == u`` are substituted in turn; an equation of another form is refused."""
    if not isinstance(data, list):
        raise Rejected("assume is not a list")
    given: dict[str, int] = {}
    later = []
    for entry in data:
        if not isinstance(entry, list) or len(entry) != 3 or entry[1] not in RELATIONS:
            raise Rejected("an assumption is not [left, sign, right]")
        if entry[1] != "==":
            later.append(entry)
            continue
        if not isinstance(entry[0], list) or len(entry[0]) != 2 or entry[0][0] != "symbol":
            raise Rejected("an assumed equation is not solved for a symbol")
        name, value = symbol(entry[0][1]), table.read(entry[2], given)
        if name in given or name in table.symbols([value]):
            raise Rejected(f"the assumed equations for {name} go in a circle")
        given = {key: substitute(table, old, {name: value}) for key, old in given.items()}
        given[name] = value
    return Assumed(given, tuple(read_relation(table, entry, given) for entry in later))


def substitute(table: Table, root: int, images: Mapping[str, int]) -> int:
    """The expression with variables replaced."""
    done: dict[int, int] = {}
    for place in table.below([root]):
        node = table.nodes[place]
        if node.head == "symbol" and node.value in images:
            done[place] = images[node.value]
        elif node.parts:
            done[place] = table.node(node.head, tuple(done[part] for part in node.parts), node.value)
        else:
            done[place] = place
    return done[root]
