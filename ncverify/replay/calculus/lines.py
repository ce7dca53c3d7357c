"""The lines of a derivation: a rule, its premises, what it was given, and its conclusion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ncverify.replay.calculus import reading
from ncverify.replay.calculus.reading import Terms, items
from ncverify.replay.calculus.terms import Index, Relation, Term, Var
from ncverify.replay.calculus.theory import Step, Theory
from ncverify.replay.errors import Rejected


@dataclass
class Line:
    """One line, read but not yet checked.

    ``hypotheses``, ``defined`` and ``primitive`` are at first those of the premises; a rule changes them.
    """

    premises: tuple[Step, ...]
    conclusion: Relation
    theory: Theory
    hypotheses: frozenset[str]
    defined: frozenset[str]
    primitive: frozenset[str]

    def given(self, *counts: int) -> list[Relation]:
        """The relations of the premises, which must be as many as one of ``counts``."""
        if len(self.premises) not in counts:
            raise Rejected(f"the rule does not have {len(self.premises)} premises")
        return [premise.relation for premise in self.premises]


class Arguments:
    """Reads what a rule was given, each value in the form in which it was recorded."""

    def __init__(self, terms: Terms, premises: tuple[Step, ...]) -> None:
        self.terms = terms
        self.premises = premises

    def tagged(self, value: Any, tag: str) -> Any:
        if type(value) is not dict or list(value) != [tag]:
            raise Rejected(f"an argument of the form {{{tag!r}: ...}} is needed")
        return value[tag]

    def term(self, value: Any) -> Term:
        return self.terms.term(self.tagged(value, "term"))

    def index(self, value: Any) -> Index:
        return reading.index(self.tagged(value, "index"))

    def variable(self, value: Any) -> Var:
        return reading.variable(self.tagged(value, "var"))

    def variables(self, value: Any) -> tuple[Var, ...]:
        return tuple(map(self.variable, items(value, "a list of index variables")))

    def number(self, value: Any) -> Fraction:
        return reading.number(self.tagged(value, "number"))

    def flag(self, value: Any) -> bool:
        if type(value) is not bool:
            raise Rejected("true or false is needed")
        return bool(value)

    def name(self, value: Any) -> str:
        return reading.text(value, "a name")

    def names(self, value: Any) -> tuple[str, ...]:
        return tuple(map(reading.symbol, items(value, "a list of symbols")))

    def two_names(self, value: Any) -> tuple[str, str]:
        first, second = items(value, "two names", 2)
        return self.name(first), self.name(second)

    def step(self, value: Any) -> Step:
        return self.premises[reading.whole(self.tagged(value, "premise"), "a premise", len(self.premises))]

    def step_or_none(self, value: Any) -> Step | None:
        return None if value is None else self.step(value)

    def steps(self, value: Any) -> tuple[Step, ...]:
        return tuple(map(self.step, items(value, "a list of premises")))

    def term_or_step(self, value: Any) -> Term | Step:
        return self.step(value) if type(value) is dict and "premise" in value else self.term(value)

    def weighted(self, value: Any) -> list[tuple[Term | Step, Step]]:
        """``[[weight, premise], ...]``; a weight is a term or a premise."""
        pairs = [items(row, "a weight and a premise", 2) for row in items(value, "a list of pairs")]
        return [(self.term_or_step(weight), self.step(known)) for weight, known in pairs]

    def pairs(self, value: Any) -> list[list[Any]]:
        """``{"map": [[key, value], ...]}``."""
        return [items(row, "a key and a value", 2) for row in items(self.tagged(value, "map"), "a mapping")]

    def indices(self, value: Any) -> dict[Var, Index]:
        return {self.variable(var): self.index(image) for var, image in self.pairs(value)}

    def scalars(self, value: Any) -> dict[str, Term]:
        return {reading.symbol(name): self.term(image) for name, image in self.pairs(value)}

    def named_steps(self, value: Any) -> dict[str, Step]:
        return {self.name(name): self.step(known) for name, known in self.pairs(value)}

    def annihilators(self, value: Any) -> list[tuple[Term, Step, Step]]:
        """Vectors, each with a step that says what it annihilates, and one that it is not 0."""
        found = []
        for row in items(value, "a list of vectors"):
            nonzero, vanishes, vector = self.pairs(row)
            if [nonzero[0], vanishes[0], vector[0]] != ["nonzero", "vanishes", "vector"]:
                raise Rejected("a vector comes with the steps vanishes and nonzero")
            found.append((self.term(vector[1]), self.step(vanishes[1]), self.step(nonzero[1])))
        return found

    def rates(self, value: Any) -> dict[str, tuple[tuple[Var, ...], Term]]:
        """The arguments and the rate of each symbol."""
        rows = [(name, *items(pair, "arguments and a rate", 2)) for name, pair in self.pairs(value)]
        return {reading.symbol(name): (self.variables(args), self.term(rate)) for name, args, rate in rows}


# How an argument is read, by method of ``Arguments``.
Reader = Callable[[Arguments, Any], Any]


@dataclass(frozen=True)
class Rule:
    """A rule: what it is given, and the function that returns the only conclusion it allows."""

    readers: dict[str, Reader]
    apply: Callable[..., Relation]


RULES: dict[str, Rule] = {}


def rule(*names: str, **readers: Reader) -> Callable[[Callable[..., Relation]], Callable[..., Relation]]:
    """Register a rule under the names it has in derivations."""

    def register(apply: Callable[..., Relation]) -> Callable[..., Relation]:
        for name in names:
            RULES[name] = Rule(readers, apply)
        return apply

    return register
