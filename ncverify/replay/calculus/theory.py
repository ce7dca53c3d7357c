"""What a derivation has established so far: steps, hypotheses, definitions, and which names were used."""

from __future__ import annotations

from dataclasses import dataclass, field

from ncverify.replay.calculus.terms import (
    CHOSEN_SYMBOL,
    COMPLEX,
    POSITIVE,
    Relation,
    Term,
    Var,
    free,
    symbols,
)
from ncverify.replay.errors import Rejected


@dataclass(frozen=True)
class Step:
    """A relation that holds in every model of its hypotheses and definitions (their names).

    ``primitive``: the symbols that it took for independent of all others; ``founded``: the hypotheses on
    which its definitions rest.
    """

    rule: str
    relation: Relation
    premises: tuple[Step, ...]
    hypotheses: frozenset[str]
    defined: frozenset[str]
    primitive: frozenset[str]
    founded: frozenset[str]


@dataclass(frozen=True)
class Definition:
    """``name(args) := body``; for a derivative also of what it is one, and along which rates.

    ``primitive``: the symbols that the derivative took for primitive; ``rates``: the rate of each that moves.
    """

    args: tuple[Var, ...]
    body: Term
    primitive: frozenset[str] = frozenset()
    derivative_of: str = ""
    rates: tuple[tuple[str, tuple[Var, ...], Term], ...] = ()


@dataclass
class Theory:
    """The state of a check.  ``compared``: for each comparison what was known to last."""

    signatures: dict[str, tuple[str, ...]]
    steps: list[Step] = field(default_factory=list)
    hypotheses: dict[str, tuple[Relation, str]] = field(default_factory=dict)
    definitions: dict[str, Definition] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    compared: list[set[str]] = field(default_factory=list)
    prose: int = 0

    def assume(self, name: str, assumed: Relation, kind: str) -> None:
        """Note a hypothesis; a name means one hypothesis."""
        if self.hypotheses.setdefault(name, (assumed, kind)) != (assumed, kind):
            raise Rejected(f"two different hypotheses are called {name!r}")

    def define(self, head: Term, definition: Definition) -> None:
        """Define a new symbol: no step has spoken of it, so that every model can be extended by it."""
        name = head[1]
        if not free(definition.body) <= set(definition.args):
            raise Rejected(f"the definition of {name!r} has unbound indices")
        if name in symbols(definition.body) | POSITIVE | COMPLEX or is_chosen(name):
            raise Rejected(f"{name!r} cannot be defined by this term")
        if name in self.used and name not in self.definitions:
            raise Rejected(f"{name!r} is defined after it was used")
        if self.definitions.setdefault(name, definition) != definition:
            raise Rejected(f"{name!r} is defined twice")

    def bodies(self, names: frozenset[str]) -> list[Term]:
        """The bodies of definitions, and the rates of derivatives."""
        found = [self.definitions[name] for name in sorted(names)]
        return [body for made in found for body in (made.body, *(rate for _, _, rate in made.rates))]

    def kinds(self, step: Step) -> set[str]:
        """The kinds of the hypotheses that a step rests on."""
        return {self.hypotheses[name][1] for name in step.hypotheses}


def is_chosen(name: str) -> bool:
    """Whether a symbol stands for a value that a rule chose: it is neither defined nor differentiated."""
    return name.startswith(CHOSEN_SYMBOL)
