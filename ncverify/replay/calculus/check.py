"""Checking a derivation, step by step."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ncverify.replay.calculus import (  # noqa: F401, each registers its rules
    basic,
    choices,
    classical,
    continuation,
    derivatives,
    eventual,
    inequalities,
    limits,
    logic,
    matrices,
    signs,
)
from ncverify.replay.calculus.classical import in_time, moving
from ncverify.replay.calculus.lines import RULES, Arguments, Line
from ncverify.replay.calculus.reading import Terms, items, text, whole
from ncverify.replay.calculus.terms import CHOSEN, POSITIVE, TIMELESS, ZERO, symbols, walk
from ncverify.replay.calculus.theory import Definition, Step, Theory, is_chosen
from ncverify.replay.calculus.writing import written_definition, written_relation
from ncverify.replay.errors import Rejected

FORMAT = 1
MAX_STEPS = 20_000


@dataclass(frozen=True)
class Checked:
    """What a derivation proves, as canonical JSON (see ``writing``).

    goals: the relations by name; hypotheses: what they rest on, ``{name: [relation, kind]}``; definitions: of
    the symbols that were introduced; constant: the symbols that derivatives in time hold constant; steps:
    their number; prose: of those that only a human can check.
    """

    goals: Mapping[str, Any]
    hypotheses: Mapping[str, Any]
    definitions: Mapping[str, Any]
    constant: tuple[str, ...]
    steps: int
    prose: int


def check_derivation(data: Mapping[str, Any]) -> Checked:
    """Check every step of a derivation; raises ``Rejected`` at the first that does not hold.

    ``data`` is what ``ncverify.derive.recording.record`` wrote, or came from a stranger.
    """
    try:
        return check_steps(data)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise Rejected(f"a malformed derivation: {error}") from None


def check_steps(data: Mapping[str, Any]) -> Checked:
    """The same for a derivation in which every rule has premises and arguments that fit it."""
    fields = ["format", "goals", "steps", "terms"]
    if not isinstance(data, dict) or sorted(data) != fields or data["format"] != FORMAT:
        raise Rejected(f"a derivation has the fields {', '.join(fields)}, and format {FORMAT}")
    terms = Terms(data["terms"])
    theory = Theory(terms.signatures)
    if len(items(data["steps"], "the steps")) > MAX_STEPS:
        raise Rejected(f"more than {MAX_STEPS} steps")
    for number, row in enumerate(data["steps"]):
        try:
            theory.steps.append(_checked(row, terms, theory))
        except Rejected as error:
            raise Rejected(f"step {number}: {error}") from None
    if not isinstance(data["goals"], dict) or not data["goals"]:
        raise Rejected("a derivation has goals")
    goals = {
        text(name, "a goal"): theory.steps[whole(step, "the step of a goal", len(theory.steps))]
        for name, step in sorted(data["goals"].items())
    }
    assumed = sorted(frozenset().union(*(step.hypotheses for step in goals.values())))
    defined = sorted(frozenset().union(*(step.defined for step in goals.values())))
    constant = frozenset().union(*(_constants(theory.definitions[name]) for name in defined))
    if wrong := sorted(name for name in constant if name + "'" in theory.signatures):
        raise Rejected(f"a derivative takes {wrong[0]!r} for constant, but it has a rate")
    _hold_together(goals.values(), theory)
    return Checked(
        {name: written_relation(step.relation) for name, step in goals.items()},
        {
            name: [written_relation(theory.hypotheses[name][0]), theory.hypotheses[name][1]]
            for name in assumed
        },
        {name: written_definition(theory.definitions[name]) for name in defined},
        tuple(sorted(constant)),
        len(theory.steps),
        theory.prose,
    )


def _hold_together(goals: Collection[Step], theory: Theory) -> None:
    """What one goal defines or moves, no other takes for primitive, for constant or for all that moves.

    A symbol x that moves along x' in a derivative may be defined, if that is smooth and x' is its rate.
    """
    defined = frozenset().union(*(step.defined for step in goals))
    wrong = defined & frozenset().union(*(step.primitive for step in goals))
    wrong -= {name for name in wrong if name + "'" in theory.used and _moves(name, defined, theory)}
    for made in (theory.definitions[name] for name in sorted(defined)):
        if made.derivative_of:
            moved = {name for name, _, _ in made.rates} if in_time(made, made.derivative_of) else set()
            wrong |= {name for name in made.primitive & defined if name not in moved}
    if wrong:
        raise Rejected(f"{min(wrong)!r} is defined for one goal, and primitive for another")
    if any(not moving(theory) <= lasting for lasting in theory.compared):
        raise Rejected("the solution must be known to last for all times, with all that moves")


def _moves(name: str, defined: frozenset[str], theory: Theory) -> bool:
    """Whether a defined symbol is smooth, and its rate, where that is defined, the derivative in time."""
    rate = name + "'"
    return _smooth(name, defined, theory) and (rate not in defined or in_time(theory.definitions[rate], name))


def _smooth(name: str, defined: frozenset[str], theory: Theory) -> bool:
    body = theory.definitions[name].body
    singular = any(
        (node[0] == "pow" and node[2] < 0 and not symbols(node[1]) <= POSITIVE)
        or (node[0] == "fn" and node[1] != "exp")
        for node in walk(body)
    )
    return not singular and all(_smooth(part, defined, theory) for part in symbols(body) & defined)


def _checked(row: Any, terms: Terms, theory: Theory) -> Step:
    if not isinstance(row, dict) or sorted(row) != ["arguments", "conclusion", "premises", "rule"]:
        raise Rejected("a step has a rule, premises, arguments and a conclusion")
    name = text(row["rule"], "the rule")
    rule = RULES.get(name)
    if rule is None:
        raise Rejected(f"unknown rule {name!r}")
    premises = tuple(
        theory.steps[whole(premise, "a premise", len(theory.steps))]
        for premise in items(row["premises"], "the premises")
    )
    given = row["arguments"]
    if not isinstance(given, dict) or given.keys() != rule.readers.keys():
        raise Rejected(f"the rule {name!r} is given {', '.join(sorted(rule.readers)) or 'nothing'}")
    read = Arguments(terms, premises)
    values = {argument: reader(read, given[argument]) for argument, reader in rule.readers.items()}
    conclusion = terms.relation(row["conclusion"])
    hypotheses = frozenset(name for premise in premises for name in premise.hypotheses)
    defined = frozenset(name for premise in premises for name in premise.defined)
    primitive = frozenset(name for premise in premises for name in premise.primitive)
    line = Line(premises, conclusion, theory, hypotheses, defined, primitive)
    if rule.apply(line, **values) != conclusion:
        raise Rejected(f"the conclusion is not what the rule {name!r} gives")
    if wrong := sorted(name for name in line.primitive if name in line.defined or is_chosen(name)):
        raise Rejected(f"{wrong[0]!r} is taken for primitive, but it is not")
    if conclusion.kind not in TIMELESS and any(var[1].startswith(CHOSEN) for var in conclusion.free):
        raise Rejected("nothing is said at all times of a chosen index, which may change")
    founded = frozenset(name for premise in premises for name in premise.founded)
    if founded & (hypotheses - line.hypotheses):
        raise Rejected("a hypothesis is dropped on which a definition rests")
    if name in ("definition", "derivative"):
        founded |= line.hypotheses
    theory.used |= conclusion.symbols
    return Step(name, conclusion, premises, line.hypotheses, line.defined, line.primitive, founded)


def _constants(made: Definition) -> frozenset[str]:
    """What a derivative in time holds constant, with rate 0 or none: that it is, is assumed."""
    rates = tuple(rate for rate in made.rates if rate[2] != ZERO)
    if not made.derivative_of or not in_time(replace(made, rates=rates), made.derivative_of):
        return frozenset()
    return made.primitive - {name for name, _, _ in rates}
