"""Basic rules: hypotheses, definitions, instances, combinations, sums, prose."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from ncverify.replay.calculus.facts import (
    arguments,
    facts,
    implied,
    nonnegative,
    not_zero,
    positive,
    require_real,
    unfolded,
)
from ncverify.replay.calculus.lines import Arguments, Line, rule
from ncverify.replay.calculus.normal import Normal
from ncverify.replay.calculus.terms import (
    CHOSEN,
    ORDERS,
    TIMELESS,
    ZERO,
    Index,
    Relation,
    Term,
    Var,
    add,
    bind,
    moved,
    mul,
    neg,
    num,
    relation,
    single,
    unsigned,
)
from ncverify.replay.calculus.theory import Definition, Step
from ncverify.replay.errors import Rejected

HYPOTHESES = ("structural", "open", "pointwise")


@rule("hypothesis", name=Arguments.name, kind=Arguments.name)
def hypothesis(line: Line, name: str, kind: str) -> Relation:
    """Assume a relation: ``structural`` (kept by the flow), ``open`` (on an open set), ``pointwise``."""
    line.given(0)
    if kind not in HYPOTHESES:
        raise Rejected(f"unknown kind of hypothesis {kind!r}")
    if any(var[1].startswith(CHOSEN) for var in line.conclusion.free):
        raise Rejected("a hypothesis cannot speak of a chosen index")
    line.theory.assume(name, line.conclusion, kind)
    line.hypotheses = frozenset([name])
    return line.conclusion


@rule("definition", even=Arguments.steps, unfold=Arguments.steps)
def definition(line: Line, even: tuple[Step, ...], unfold: tuple[Step, ...]) -> Relation:
    """A new real symbol: head = body."""
    head, body = line.conclusion.lhs, line.conclusion.rhs
    line.theory.define(head, Definition(arguments(head), body))
    line.defined |= {head[1]}
    require_real(body, even, unfold)
    return relation(head, "=", body)


@rule("instance", mapping=Arguments.indices)
def specialize(line: Line, mapping: Mapping[Var, Index]) -> Relation:
    """The premise with indices in place of free variables; no condition may become 0 != 0."""
    for var, image in mapping.items():
        if var[1].startswith("!") or var[0] != image[0]:
            raise Rejected(f"the index {var[1]!r} cannot be replaced so")
    (known,) = line.given(1)
    if known.kind == "max/min falls":
        raise Rejected("a statement about a whole family has no instances")
    result = moved(known, mapping)
    if any(not form[1] for form in result.conditions):
        raise Rejected("the instance is excluded by a condition")
    return result


@rule("prose", text=Arguments.name)
def prose(line: Line, text: str) -> Relation:
    """A step that a human must read."""
    line.theory.prose += 1
    return line.conclusion


@rule("sum", var=Arguments.variable, nonzero=Arguments.flag)
def sum_over(line: Line, var: Var, nonzero: bool) -> Relation:
    """Both sides summed over an index.

    Over the nonzero values var != 0 may be a condition of the premise; a strict inequality stays strict
    only if a second premise says that there is a nonzero value.
    """
    known, *several = line.given(1, 2)
    if var[1].startswith("!"):
        raise Rejected("a fixed index is not summed over")
    if known.kind not in ("=", ">=", ">"):
        raise Rejected("only equations and inequalities are summed")
    own = {unsigned(single(var))}
    conditions = known.conditions - own if nonzero else known.conditions
    if any(var == part for form in conditions for part, _ in form[1]):
        raise Rejected(f"a condition on {var[1]!r} is left")
    if several and several[0] != relation(("sym", ORDERS[var[0]]), ">=", num(2)):
        raise Rejected(f"{ORDERS[var[0]]} >= 2 is needed for a nonzero index to exist")
    weak = known.kind == ">" and nonzero and not several
    right = ZERO if known.rhs == ZERO else bind(var, nonzero, known.rhs)
    return relation(bind(var, nonzero, known.lhs), ">=" if weak else known.kind, right, conditions)


@rule(
    "normal form",
    "combination",
    items=Arguments.weighted,
    divide_by=Arguments.step_or_none,
    unfold=Arguments.steps,
    contract=Arguments.steps,
    even=Arguments.steps,
    nonzero=Arguments.steps,
)
def linear(
    line: Line,
    items: list[tuple[Term | Step, Step]],
    divide_by: Step | None,
    unfold: tuple[Step, ...],
    contract: tuple[Step, ...],
    even: tuple[Step, ...],
    nonzero: tuple[Step, ...],
) -> Relation:
    """c (L - R) = sum of w (l - r) over relations l ? r, where c is 1 or the left side of ``divide_by``.

    Equations have any weights w, terms or left sides of premises.  An inequality comes from equations and
    from inequalities with weights >= 0, a strict one if a strict one has a weight > 0; x != y comes from
    one relation != or > with a weight that is not 0.
    """
    goal = line.conclusion
    if goal.kind not in TIMELESS:
        raise Rejected("a statement about all times is not a combination")
    rest = goal.difference
    if divide_by is not None:
        known = (not_zero if goal.kind in ("=", "!=") else positive)(divide_by.relation)
        implied(known, goal)
        rest = mul(known.lhs, rest)
    strict = False
    for weight, step in items:
        known = step.relation
        implied(known, goal)
        if known.kind != "=":
            strict = _strict(weight, known, goal) or strict
        factor = weight.relation.lhs if isinstance(weight, Step) else weight
        rest = add(rest, neg(mul(factor, known.difference)))
    if goal.kind == ">" and not strict:
        raise Rejected("a strict inequality needs a strict one to come from")
    if goal.kind == "!=" and (not strict or len(items) > 1):
        raise Rejected("x != 0 follows only from a multiple of one relation > or !=")
    given = facts(even, contract, nonzero, unfold, goal.conditions)
    if not Normal(given).is_zero(unfolded(rest, unfold)):
        raise Rejected("the difference is not shown to be 0")
    return goal


def _strict(weight: Term | Step, known: Relation, goal: Relation) -> bool:
    """Whether a relation with this weight makes the combination > 0 (or != 0), not only >= 0."""
    if isinstance(weight, Step):
        implied(weight.relation, goal)
        sign = Fraction(nonnegative(weight.relation).kind == ">")
    elif weight[0] == "num":
        sign = weight[1]
    else:
        raise Rejected("the weight of an inequality must be a number or a premise")
    if goal.kind == "!=" and known.kind in ("!=", ">"):
        return sign != 0
    if goal.kind not in (">=", ">") or known.kind not in (">=", ">"):
        raise Rejected(f"{goal.kind} does not follow from {known.kind}")
    if sign < 0:
        raise Rejected("the weight of an inequality must not be negative")
    return known.kind == ">" and sign > 0
