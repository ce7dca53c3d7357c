"""Derivations as plain JSON, for a checker that shares no code with the calculus.

``record`` writes every step that some theorems rest on: its rule, its premises (numbers of earlier steps),
what the rule was given, and its conclusion.  Terms are kept in one table in which an entry refers to
earlier ones by number, so that a term is written once however often it occurs.

====================  =======================================================================
index                 ``[sort, [name, count], ...]``; the name of a chosen index begins with ``!``
term                  a number of the table, whose entries are ``["num", "1/2"]``, ``["sym", name]``,
                      ``["app", name, index, ...]``, ``["chi", index, index]``, ``["delta", index]``,
                      ``["sum", [sort, name], "all" or "nonzero", term]``, ``["add", term, ...]``,
                      ``["mul", term, ...]``, ``["pow", term, "-1"]``, ``["fn", "exp", term]``
relation              ``[term, kind, term, [condition index, ...]]``
argument              ``{"term": n}``, ``{"relation": ...}``, ``{"index": ...}``, ``{"var": [sort, name]}``,
                      ``{"number": "1/2"}``, ``{"premise": k}`` (the k-th premise of this step), a list, a
                      mapping ``{"map": [[key, value], ...]}`` (a symbol as a key is its name), a string,
                      truth value, whole number or null
====================  =======================================================================
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from ncverify.derive.blocks import Induction, Matrix
from ncverify.derive.monomials import ProofError
from ncverify.derive.relations import Relation
from ncverify.derive.terms import (
    Add,
    App,
    Char,
    Delta,
    Fn,
    Index,
    Mul,
    Num,
    Pow,
    Sum,
    Sym,
    Term,
    Var,
    symbols,
)
from ncverify.derive.theorems import Theorem, steps

FORMAT = 1


def record(theorems: Mapping[str, Theorem]) -> dict[str, Any]:
    """The derivation of these theorems, by name, as plain JSON; the same on every run."""
    table = Table()
    numbers: dict[int, int] = {}
    written: dict[str, int] = {}
    lines: list[dict[str, Any]] = []
    for theorem in _definitions_first(steps(theorems.values())):
        premises = [numbers[id(premise)] for premise in theorem.premises]
        places = {id(premise): place for place, premise in reversed(list(enumerate(theorem.premises)))}
        line = {
            "rule": theorem.rule,
            "premises": premises,
            "arguments": {
                name: table.value(value, places) for name, value in sorted(theorem.arguments.items())
            },
            "conclusion": table.relation(theorem.relation),
        }
        number = written.setdefault(repr(line), len(lines))
        if number == len(lines):
            lines.append(line)
        numbers[id(theorem)] = number
    goals = {name: numbers[id(theorem)] for name, theorem in theorems.items()}
    return {"format": FORMAT, "terms": table.rows, "steps": lines, "goals": goals}


def _definitions_first(order: Sequence[Theorem]) -> list[Theorem]:
    """The same steps in an order in which a symbol is defined before a step speaks of it."""
    makers: dict[str, list[Theorem]] = {}
    for theorem in order:
        if theorem.rule in ("definition", "derivative") and isinstance(theorem.relation.lhs, (App, Sym)):
            makers.setdefault(theorem.relation.lhs.name, []).append(theorem)
    result: list[Theorem] = []
    state: dict[int, bool] = {}  # False while the steps before it are being written

    def needed(theorem: Theorem) -> Iterable[Theorem]:
        own = symbols(theorem.relation.lhs) | symbols(theorem.relation.rhs)
        heads = [maker for name in sorted(own) for maker in makers.get(name, ())[:1]]
        return [*theorem.premises, *(maker for maker in heads if maker is not theorem)]

    stack = [(theorem, False) for theorem in reversed(order)]
    while stack:
        theorem, ready = stack.pop()
        if ready:
            state[id(theorem)] = True
            result.append(theorem)
        elif id(theorem) not in state:
            state[id(theorem)] = False
            stack.append((theorem, True))
            stack.extend((before, False) for before in reversed(list(needed(theorem))))
        elif not state[id(theorem)]:
            raise ProofError(f"the definitions of {sorted(makers)} rest on statements about themselves")
    return result


class Table:
    """The terms of a derivation, each written once."""

    def __init__(self) -> None:
        self.rows: list[Any] = []
        self._numbers: dict[str, int] = {}

    def term(self, value: Term) -> int:
        row = self._row(value)
        number = self._numbers.setdefault(repr(row), len(self.rows))
        if number == len(self.rows):
            self.rows.append(row)
        return number

    def _row(self, value: Term) -> list[Any]:
        match value:
            case Num(number):
                return ["num", str(number)]
            case Sym(name):
                return ["sym", name]
            case App(name, args):
                return ["app", name, *map(_index, args)]
            case Char(a, g):
                return ["chi", _index(a), _index(g)]
            case Delta(at):
                return ["delta", _index(at)]
            case Sum(var, body, nonzero):
                return ["sum", _var(var), "nonzero" if nonzero else "all", self.term(body)]
            case Add(parts):
                return ["add", *map(self.term, parts)]
            case Mul(parts):
                return ["mul", *map(self.term, parts)]
            case Pow(base, exponent):
                return ["pow", self.term(base), str(exponent)]
            case Fn(name, arg):
                return ["fn", name, self.term(arg)]
        raise TypeError(f"not a term: {value!r}")

    def relation(self, value: Relation) -> list[Any]:
        conditions = sorted(map(_index, value.conditions))
        return [self.term(value.lhs), value.kind, self.term(value.rhs), conditions]

    def value(self, value: object, places: Mapping[int, int]) -> Any:
        match value:
            case None | bool() | int() | str():
                return value
            case Fraction():
                return {"number": str(value)}
            case Theorem():
                return {"premise": places[id(value)]}
            case Term():
                return {"term": self.term(value)}
            case Relation():
                return {"relation": self.relation(value)}
            case Index():
                return {"index": _index(value)}
            case Var():
                return {"var": _var(value)}
            case tuple() | list():
                return [self.value(part, places) for part in value]
            case Mapping():
                keys = {key.name if isinstance(key, Sym) else key: part for key, part in value.items()}
                rows = [[self.value(key, places), self.value(part, places)] for key, part in keys.items()]
                return {"map": sorted(rows, key=lambda row: repr(row[0]))}
        raise TypeError(f"cannot be recorded: {value!r}")


def _name(var: Var) -> str:
    return "!" + var.name if var.fixed else var.name


def _var(var: Var) -> list[str]:
    return [var.sort, _name(var)]


def _index(value: Index) -> list[Any]:
    return [value.sort, *([_name(var), count] for var, count in value.parts)]


def formal(value: Relation) -> list[Any]:
    """A relation as the second checker prints it: terms in place, bound indices called ``#0``, ``#1``, ...
    by the number of sums around them, conditions up to sign."""
    conditions = sorted(min(_parts(form), _parts(-form)) for form in value.conditions)
    forms = [[sort, *([name, count] for name, count in parts)] for sort, parts in conditions]
    return [_tree(value.lhs, {}, 0), value.kind, _tree(value.rhs, {}, 0), forms]


def _parts(value: Index) -> tuple[str, list[tuple[str, int]]]:
    return value.sort, sorted((_name(var), count) for var, count in value.parts)


def _tree(value: Term, names: Mapping[Var, str], depth: int) -> list[Any]:
    def index(at: Index) -> list[Any]:
        parts = sorted((names.get(var, _name(var)), count) for var, count in at.parts)
        return [at.sort, *([name, count] for name, count in parts)]

    def inside(*parts: Term) -> list[Any]:
        return [_tree(part, names, depth) for part in parts]

    match value:
        case Num(number):
            return ["num", str(number)]
        case Sym(name):
            return ["sym", name]
        case App(name, args):
            return ["app", name, *map(index, args)]
        case Char(a, g):
            return ["chi", index(a), index(g)]
        case Delta(at):
            return ["delta", index(at)]
        case Sum(var, body, nonzero):
            bound, which = f"#{depth}", "nonzero" if nonzero else "all"
            return ["sum", [var.sort, bound], which, _tree(body, {**names, var: bound}, depth + 1)]
        case Add(parts):
            return ["add", *inside(*parts)]
        case Mul(parts):
            return ["mul", *inside(*parts)]
        case Pow(base, exponent):
            return ["pow", *inside(base), str(exponent)]
        case Fn(name, arg):
            return ["fn", name, *inside(arg)]
    raise TypeError(f"not a term: {value!r}")


def record_inductions(inductions: Sequence[Induction]) -> dict[str, Any]:
    """Inductions over Kronecker blocks as plain JSON; the goals are the given ones, in order."""
    numbers: dict[int, int] = {}
    lines: list[dict[str, Any]] = []

    def write(item: Induction) -> int:
        if id(item) not in numbers:
            known = [write(other) for other in item.known]
            sides = [_matrix(item.equation.lhs), _matrix(item.equation.rhs)]
            numbers[id(item)] = len(lines)
            lines.append({"equation": sides, "known": known})
        return numbers[id(item)]

    goals = [write(item) for item in inductions]
    return {"format": FORMAT, "inductions": lines, "goals": goals}


def _matrix(value: Matrix) -> list[Any]:
    """``[coefficient, power of K, [[letter, vector], ...]]`` for each word."""
    return [
        [str(factor), power, [list(letter) for letter in word]]
        for (power, word), factor in sorted(value.words.items())
    ]
