"""Theorems of the all-K calculus, and how they are recorded.

A ``Theorem`` says that a relation between terms holds in every model (every finite abelian group of
every order K, every value of the symbols) in which its hypotheses hold.  Theorems are made by
``establish`` only, and only the modules of rules call it (``rules``, ``derivatives``, ``signs``, ``choices``,
``classical``; a repository test keeps it so), after checking what they are given: whatever a proof script
does wrong ends in ``ProofError``, never in a false theorem.  A theorem knows its hypotheses, definitions
and premises, so that a proof can be printed, and a hypothesis that a claim names but no step uses is
noticed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import InitVar, dataclass, replace
from types import MappingProxyType
from typing import Any

from ncverify.derive.monomials import ProofError
from ncverify.derive.relations import AT_ONE_STATE, CHOSEN, ZERO, Relation, free_in
from ncverify.derive.terms import App, IndexLike, Sym, Term, Var, index, substitute, symbols, walk


@dataclass(frozen=True)
class Definition:
    """``name(args) := body``.

    A derivative also records along which rates it was taken and what it held constant: these symbols
    must be primitive, or the body would not be the derivative it is said to be.
    """

    args: tuple[Var, ...]
    body: Term
    primitive: frozenset[str] = frozenset()
    derivative_of: str = ""
    rates: tuple[tuple[str, tuple[Var, ...], Term], ...] = ()


_SEAL = object()


@dataclass(frozen=True, eq=False)
class Theorem:
    """A relation with its proof.  Made only by the rules of this module.

    ``arguments`` is what the rule was given besides its premises, so that another program can apply it
    again: terms, relations, indices, exact numbers, names, premises (by reference), tuples and mappings.
    """

    relation: Relation
    rule: str
    premises: tuple[Theorem, ...]
    hypotheses: Mapping[str, tuple[Relation, str]]
    definitions: Mapping[str, Definition]
    note: str
    details: Mapping[str, Any]
    prose: int
    signatures: Mapping[str, tuple[str, ...]]
    primitive: frozenset[str]
    arguments: Mapping[str, Any]
    seal: InitVar[object]

    def __post_init__(self, seal: object) -> None:
        if seal is not _SEAL:
            raise ProofError("theorems are made by the rules of the kernel only")

    def at(self, mapping: Mapping[Var, IndexLike]) -> Theorem:
        """The instance with indices in place of free variables."""
        return specialize(self, mapping)

    def __repr__(self) -> str:
        from ncverify.derive.printing import plain

        return f"{plain(self.relation)}   [{self.rule}]"

    def _repr_html_(self) -> str:
        from ncverify.derive.printing import derivation_html

        return derivation_html([self])


def establish(
    relation: Relation,
    rule: str,
    premises: Iterable[Theorem] = (),
    *,
    note: str = "",
    details: Mapping[str, Any] | None = None,
    hypotheses: Mapping[str, tuple[Relation, str]] | None = None,
    definitions: Mapping[str, Definition] | None = None,
    prose: int = 0,
    primitive: frozenset[str] = frozenset(),
    arguments: Mapping[str, Any] | None = None,
    discharged: Mapping[int, Iterable[str]] | None = None,
) -> Theorem:
    """``discharged``: by the number of a premise, hypotheses of that premise which the rule removes."""
    parents = tuple(premises)
    removed = {number: frozenset(names) for number, names in (discharged or {}).items()}
    if any(type(parent) is not Theorem for parent in parents):
        raise ProofError("a premise is not a theorem")
    all_hypotheses: dict[str, tuple[Relation, str]] = {}
    all_definitions: dict[str, Definition] = {}
    kept = [
        {name: item for name, item in p.hypotheses.items() if name not in removed.get(number, ())}
        for number, p in enumerate(parents)
    ]
    for source in (*kept, hypotheses or {}):
        for name, item in source.items():
            if all_hypotheses.setdefault(name, item) != item:
                raise ProofError(f"two different hypotheses are called {name!r}")
    if removed:
        _check_definitions_last(
            {name for p in parents for name in p.hypotheses} - all_hypotheses.keys(), parents
        )
    if relation.kind not in AT_ONE_STATE and any(var.name.startswith(CHOSEN) for var in free_in(relation)):
        raise ProofError("a chosen index may change with time: nothing is said of it at all times")
    for defined in (*(p.definitions for p in parents), definitions or {}):
        for name, definition in defined.items():
            if all_definitions.setdefault(name, definition) != definition:
                raise ProofError(f"{name!r} is defined twice")
    undefined = primitive.union(*(p.primitive for p in parents))
    still = (name for definition in all_definitions.values() for name in definition.primitive)
    for name in (*all_definitions, *undefined, *still):
        if name.startswith(f"{CHOSEN}_"):
            raise ProofError(f"{name!r} stands for a chosen value: it is neither defined nor differentiated")
    _check_definitions(all_definitions, undefined)
    signatures: dict[str, tuple[str, ...]] = {}
    sides = (node for side in (relation.lhs, relation.rhs) for node in walk(side))
    own = ((n.name, n) for n in sides if isinstance(n, (App, Sym)))
    uses = ((name, tuple(x.sort for x in n.args) if isinstance(n, App) else ()) for name, n in own)
    for name, sorts in (*(pair for p in parents for pair in p.signatures.items()), *uses):
        if signatures.setdefault(name, sorts) != sorts:
            raise ProofError(f"{name!r} is used with arguments of sorts {signatures[name]} and {sorts}")
    _check_constants(all_definitions, signatures.keys())
    return Theorem(
        relation,
        rule,
        parents,
        MappingProxyType(all_hypotheses),
        MappingProxyType(all_definitions),
        note,
        MappingProxyType(dict(details or {})),
        prose + sum(parent.prose for parent in parents),
        MappingProxyType(signatures),
        undefined,
        MappingProxyType(dict(arguments or {})),
        _SEAL,
    )


def in_time(definition: Definition) -> bool:
    """Whether a derivative was taken along the rates x' of its symbols, not along another direction."""
    return all(
        speed == (App(name + "'", tuple(map(index, args))) if args else Sym(name + "'"))
        for name, args, speed in definition.rates
    )


def constants_in_time(definition: Definition) -> frozenset[str]:
    """The symbols that a derivative in time holds constant, with rate 0 or none: that is an assumption."""
    moving = tuple(rate for rate in definition.rates if rate[2] != ZERO)
    if not definition.derivative_of or not in_time(replace(definition, rates=moving)):
        return frozenset()
    return definition.primitive - {name for name, _, _ in moving}


def held_constant(theorems: Iterable[Theorem]) -> tuple[str, ...]:
    """What these theorems take for constant in time."""
    made = [definition for theorem in theorems for definition in theorem.definitions.values()]
    return tuple(sorted(frozenset().union(*map(constants_in_time, made))))


def _check_constants(definitions: Mapping[str, Definition], used: Collection[str]) -> None:
    """What a derivative in time holds constant has no rate anywhere in the proof."""
    for name, definition in definitions.items():
        if definition.derivative_of and any(constant + "'" in used for constant in definition.primitive):
            wrong = sorted(constant for constant in constants_in_time(definition) if constant + "'" in used)
            if wrong:
                raise ProofError(f"{name!r} takes {wrong[0]!r} for constant, but it has a rate")


def require_one_model(theorems: Iterable[Theorem]) -> None:
    """Theorems that are stated together speak of the same symbols: what one defines, none takes for another.

    Each may take for primitive, or hold constant, only what no other defines or moves.  An exception is a
    symbol x that a derivative in time moves along x': it may be defined, x' being its rate in all of them.
    """
    known = tuple(theorems)
    definitions = {name: item for theorem in known for name, item in theorem.definitions.items()}
    for name in sorted(frozenset().union(*(theorem.primitive for theorem in known)) & definitions.keys()):
        raise ProofError(f"{name!r} is defined, but another theorem takes it for primitive")
    for name, item in definitions.items():
        moving = {rate[0] for rate in item.rates}
        wrong = item.primitive & definitions.keys()
        if item.derivative_of and in_time(item):
            wrong -= {x for x in moving if _is_rate(definitions.get(x + "'"), x)}
        if wrong:
            raise ProofError(
                f"{name!r} is a derivative in which {min(wrong)!r} is primitive, but it is defined"
            )
    _check_constants(definitions, frozenset().union(*(theorem.signatures for theorem in known)))


def _is_rate(definition: Definition | None, name: str) -> bool:
    return definition is None or (definition.derivative_of == name and in_time(definition))


def _check_definitions_last(dropped: set[str], parents: Iterable[Theorem]) -> None:
    """No definition rests on a dropped hypothesis, or it would be taken for real or regular without it."""
    for step in steps(parents):
        used = sorted(dropped & step.hypotheses.keys())
        if used and step.rule in ("definition", "derivative"):
            raise ProofError(f"a definition rests on the hypothesis {used[0]!r}, so it stays")


def _check_definitions(definitions: Mapping[str, Definition], primitive: frozenset[str]) -> None:
    done: set[str] = set()
    for name, definition in definitions.items():
        wrong = sorted(definition.primitive & definitions.keys())
        if wrong:
            raise ProofError(f"{name!r} is a derivative in which the defined symbol {wrong[0]!r} has a rate")
    for name in sorted(primitive & definitions.keys()):
        raise ProofError(f"{name!r} is defined, but a step took it for primitive")

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            raise ProofError(f"circular definition: {' -> '.join((*path, name))}")
        if name in definitions and name not in done:
            for used in sorted(symbols(definitions[name].body)):
                visit(used, (*path, name))
            done.add(name)

    for name in sorted(definitions):
        visit(name, ())


def steps(final: Iterable[Theorem]) -> tuple[Theorem, ...]:
    """The theorems a proof consists of, premises first, each once."""
    seen: set[int] = set()
    order: list[Theorem] = []
    stack = [(known, False) for known in reversed(list(final))]
    while stack:
        known, done = stack.pop()
        if done:
            order.append(known)
            continue
        if id(known) in seen:
            continue
        seen.add(id(known))
        stack.append((known, True))
        stack.extend((premise, False) for premise in reversed(known.premises))
    return tuple(order)


def specialize(known: Theorem, mapping: Mapping[Var, IndexLike]) -> Theorem:
    """The instance of a theorem at given indices."""
    images = {var: index(value) for var, value in mapping.items()}
    for var, image in images.items():
        if var.fixed or var.sort != image.sort:
            raise ProofError(f"the index {var.name!r} cannot be replaced by {image}")
    relation = known.relation
    if relation.kind == "max/min falls":
        raise ProofError("a statement about a whole family has no instances")
    conditions = frozenset(form.substitute(images) for form in relation.conditions)
    if any(not form.parts for form in conditions):
        raise ProofError("the instance is excluded by a condition of the theorem")
    moved = Relation(
        substitute(relation.lhs, images), relation.kind, substitute(relation.rhs, images), conditions
    )
    note = ", ".join(f"{var.name} := {image}" for var, image in images.items())
    return establish(moved, "instance", (known,), note=note, arguments={"mapping": images})
