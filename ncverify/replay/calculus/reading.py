"""Reading derivations: JSON values into terms, relations and arguments of rules.

Everything is refused that is not exactly of the written form (``docs/certificates.md``), and everything
so large that checking it could take long.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from ncverify.replay.calculus.terms import (
    KINDS,
    ORDERS,
    POSITIVE,
    Index,
    Relation,
    Term,
    Var,
    bind,
    combination,
    relation,
)
from ncverify.replay.errors import Rejected

MAX_TERMS = 50_000
MAX_SIZE = 20_000
MAX_DEPTH = 100
MAX_DIGITS = 1_000
MAX_EXPONENT = 64
MAX_COUNT = 1_000

_INDEX_NAME = re.compile(r"!?[A-Za-z][A-Za-z0-9_]{0,63}")
_SYMBOL = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}'{0,3}")
_RATIONAL = re.compile(r"-?[0-9]+(/[0-9]+)?")
_DUAL = ("D", "G")


def items(value: Any, what: str, length: int | None = None) -> list[Any]:
    """A list, of this length if one is given."""
    if type(value) is not list or (length is not None and len(value) != length):
        raise Rejected(f"{what} must be a list{'' if length is None else f' of {length}'}: {value!r:.80}")
    return list(value)


def text(value: Any, what: str) -> str:
    if type(value) is not str or len(value) > MAX_DIGITS:
        raise Rejected(f"{what} must be text of at most {MAX_DIGITS} characters: {value!r:.80}")
    return str(value)


def whole(value: Any, what: str, limit: int) -> int:
    """A whole number from 0 to ``limit`` - 1."""
    if type(value) is not int or not 0 <= value < limit:
        raise Rejected(f"{what} must be a whole number from 0 to {limit - 1}: {value!r:.80}")
    return int(value)


def number(value: Any) -> Fraction:
    """An exact number, written in lowest terms."""
    written = text(value, "a number")
    if not _RATIONAL.fullmatch(written) or written.endswith("/0"):
        raise Rejected(f"not a rational number: {value!r:.80}")
    read = Fraction(written)
    if str(read) != written:
        raise Rejected(f"not in lowest terms: {value!r:.80}")
    return read


def symbol(value: Any) -> str:
    """The name of a scalar or function."""
    if not _SYMBOL.fullmatch(text(value, "a symbol")):
        raise Rejected(f"not a name: {value!r:.80}")
    return str(value)


def variable(value: Any) -> Var:
    """``[sort, name]``."""
    sort, name = items(value, "an index variable", 2)
    if text(sort, "a sort") not in ORDERS:
        raise Rejected(f"unknown sort: {sort!r:.80}")
    if not _INDEX_NAME.fullmatch(text(name, "an index name")):
        raise Rejected(f"not the name of an index: {name!r:.80}")
    return sort, name


def index(value: Any) -> Index:
    """``[sort, [name, count], ...]``."""
    sort, *parts = items(value, "an index") or [None]
    if text(sort, "a sort") not in ORDERS:
        raise Rejected(f"unknown sort: {sort!r:.80}")
    read = []
    for part in parts:
        name, count = items(part, "a part of an index", 2)
        if type(count) is not int or abs(count) > MAX_COUNT:
            raise Rejected(f"an index is a combination with small whole coefficients: {value!r:.80}")
        read.append((variable([sort, name]), count))
    return combination(sort, read)


class Terms:
    """The table of terms.  A name has one signature: the sorts of its arguments."""

    def __init__(self, rows: Any) -> None:
        self._terms: list[Term] = []
        self._sizes: list[tuple[int, int]] = []
        self.signatures: dict[str, tuple[str, ...]] = {}
        if len(items(rows, "the table of terms")) > MAX_TERMS:
            raise Rejected(f"more than {MAX_TERMS} terms")
        for place, row in enumerate(rows):
            try:
                self._terms.append(self._read(items(row, "a term")))
            except Rejected as error:
                raise Rejected(f"term {place}: {error}") from None

    def term(self, value: Any) -> Term:
        """The term of this number."""
        return self._terms[whole(value, "the number of a term", len(self._terms))]

    def relation(self, value: Any) -> Relation:
        """``[term, kind, term, [index, ...]]``."""
        lhs, kind, rhs, conditions = items(value, "a relation", 4)
        if kind not in KINDS:
            raise Rejected(f"unknown relation: {kind!r:.80}")
        return relation(self.term(lhs), kind, self.term(rhs), map(index, items(conditions, "the conditions")))

    def _read(self, row: list[Any]) -> Term:
        head, rest = row[:1], row[1:]
        value: Term
        parts: list[Any] = []
        match head, len(rest):
            case ["num"], 1:
                value = ("num", number(rest[0]))
            case ["sym"], 1:
                value = ("sym", self._signed(symbol(rest[0]), ()))
            case ["app"], count if count > 1:
                args = tuple(map(index, rest[1:]))
                value = ("app", self._signed(symbol(rest[0]), tuple(arg[0] for arg in args)), args)
            case ["chi"], 2:
                a, g = map(index, rest)
                if (a[0], g[0]) != _DUAL:
                    raise Rejected("a character takes a character and a group element")
                value = ("chi", a, g)
            case ["delta"], 1:
                value = ("delta", index(rest[0]))
            case ["sum"], 3:
                var, parts = variable(rest[0]), rest[2:]
                if var[1].startswith("!") or rest[1] not in ("all", "nonzero"):
                    raise Rejected(f"a sum is over all or the nonzero values of a free index: {row!r:.80}")
                value = bind(var, rest[1] == "nonzero", self.term(rest[2]))
            case ["add" | "mul"], _:
                parts, value = rest, (row[0], tuple(map(self.term, rest)))
            case ["pow"], 2:
                parts, exponent = rest[:1], number(rest[1])
                if abs(exponent.numerator) > MAX_EXPONENT or exponent.denominator > MAX_EXPONENT:
                    raise Rejected(f"the exponent {exponent} is too large")
                value = ("pow", self.term(rest[0]), exponent)
            case ["fn"], 2:
                parts = rest[1:]
                if rest[0] not in ("exp", "log", "sqrt"):
                    raise Rejected(f"unknown function: {rest[0]!r:.80}")
                value = ("fn", rest[0], self.term(rest[1]))
            case _:
                raise Rejected(f"not a term: {row!r:.80}")
        self._measure(parts)
        return value

    def _signed(self, name: str, sorts: tuple[str, ...]) -> str:
        if self.signatures.setdefault(name, sorts) != sorts:
            raise Rejected(f"{name!r} is used with arguments of sorts {self.signatures[name]} and {sorts}")
        if name in POSITIVE and sorts:
            raise Rejected(f"{name!r} is the order of a sort")
        return name

    def _measure(self, parts: list[Any]) -> None:
        """Note nodes and depth of a new term; a short table can stand for a huge one."""
        below = [self._sizes[part] for part in parts]
        size = 1 + sum(nodes for nodes, _ in below)
        depth = 1 + max((levels for _, levels in below), default=0)
        if size > MAX_SIZE or depth > MAX_DEPTH:
            raise Rejected(f"more than {MAX_SIZE} nodes or {MAX_DEPTH} levels")
        self._sizes.append((size, depth))
