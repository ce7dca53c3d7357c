"""Inequalities on boxes and regions: certified by a cover, refuted by an exact point, or left in part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from ncverify.book.verdict import Evidence, Outcome, Verdict, conclude
from ncverify.cover.forms import Fact
from ncverify.cover.intervals import Interval
from ncverify.cover.numbers import to_ball
from ncverify.cover.search import Cover, Left, Search, Witness
from ncverify.errors import InputError
from ncverify.evidence import bodies
from ncverify.evidence.unsettled import contact, undefined_part
from ncverify.flows.exact import read_number
from ncverify.theory.balls import to_decimal
from ncverify.theory.expr import Expr, Number, Symbol, as_expr
from ncverify.theory.nodes import clip
from ncverify.theory.parser import parse, parse_relation

BUDGET: Final = 5_000
MAX_BUDGET: Final = 10**7
MAX_VARIABLES: Final = 12
_SHOWN = 20

Side = str | Expr | int | Fraction
Inequality = str | tuple[Side, str, Side]
Ends = tuple[Any, Any] | Sequence[Any]

# What holds where a condition fails.
_NEGATED = {">": "<=", ">=": "<", "<": ">=", "<=": ">"}


def prove_inequality(
    statement: Inequality,
    box: Mapping[str, Ends],
    *,
    where: Sequence[Inequality] | str = (),
    budget: int = BUDGET,
) -> Verdict:
    """Is ``statement`` true at every point of ``box`` that satisfies all of ``where``?

    ``statement``: text such as ``"exp(x) > 1 + x"``, or (left, relation, right), with ``>``, ``>=``, ``<`` or
    ``<=``.  ``box``: exact ends for every variable, ``{"x": (0, "1/3")}``.  ``where``: further conditions,
    such as ``["x > 0", "x + y <= 1"]``.  ``budget``: boxes to look at, at most.

    ``certified``: a cover of the box whose every part shows the statement, or lies outside the region.
    ``refuted``: an exact point of the region, with a ball that excludes the statement.  ``undecided``: the
    budget is spent (the evidence lists what is left), or no point of the region was found.  Where the
    statement is not defined it is not true.  Inequalities may be tight, on the boundary or at a rational
    point inside.  Cost: some 5 ms for a box and 30 parts of the expression.
    """
    goal = read_inequality(statement)
    conditions = [read_inequality(item) for item in ([where] if isinstance(where, str) else where)]
    given = read_box(box)
    names = tuple(given)
    _check_names([goal, *conditions], names)
    region = _tightened(given, conditions)
    if isinstance(budget, bool) or not isinstance(budget, int) or not 1 <= budget <= MAX_BUDGET:
        raise InputError(f"budget {budget!r} must be a whole number of boxes from 1 to {MAX_BUDGET}")
    relations = [_larger(*goal), *(_larger(*_negation(*condition)) for condition in conditions)]
    facts = [Fact(left - right, relation == ">", names) for left, relation, right in relations]
    found = Search(facts, tuple(region.values()), budget).run()
    said = _text(goal)
    scope = _scope(region, conditions)
    match found:
        case Witness():
            point = dict(zip(names, found.point, strict=True))
            used = {
                name
                for left, _, right in (goal, *conditions)
                for x in (left, right)
                for name in x.free_symbols
            }
            at = {name: value for name, value in point.items() if name in used}
            body = bodies.witness(relations[0], at, found.bits, [_larger(*item) for item in conditions])
            return conclude([_refuted(said, scope, point, found, body)])
        case Left():
            return conclude([_left(said, goal, names, found)])
    if found.inside is None:
        return Verdict(
            Outcome.UNDECIDED,
            (),
            message=f"no point of the region was found ({_scope(given, conditions)}): "
            "an empty region would prove nothing",
        )
    return conclude([_certified(said, scope, region, relations, found)])


def _certified(
    said: str,
    scope: str,
    region: Mapping[str, tuple[Fraction, Fraction]],
    relations: Sequence[Any],
    found: Cover,
) -> Evidence:
    shown = ", ".join(f"{count} {_KINDS[kind]}" for kind, count in sorted(found.leaves.items()))
    boxes = "one box" if found.boxes == 1 else f"{found.boxes} boxes"
    return Evidence(
        Outcome.CERTIFIED,
        "cover",
        scope,
        f"{said} on a cover of {boxes} ({shown}; {found.bits} bits)",
        {
            "statement": said,
            "box": {name: [str(low), str(high)] for name, (low, high) in region.items()},
            "boxes": found.boxes,
            "forms": dict(sorted(found.leaves.items())),
            "bits": found.bits,
        },
        body=bodies.cover(region, map(bodies.relation, relations), found.tree, found.bits),
    )


_KINDS = {
    "series": "by Taylor forms",
    "contact": "at contact points",
    "convex": "by convexity",
    "signs": "by visible signs",
}


def _refuted(
    said: str, scope: str, point: Mapping[str, Fraction], found: Witness, body: bodies.Body
) -> Evidence:
    shown = {name: str(x) for name, x in point.items()}
    value = _shown(found.value)
    return Evidence(
        Outcome.REFUTED,
        "witness",
        scope,
        f"{said} fails at this exact point",
        {"witness": {**shown, "left - right": value}, "bits": found.bits, "statement": said},
        body=body,
    )


def _shown(value: Interval) -> str:
    low, high = map(to_ball, value)
    return str(to_decimal(low.union(high), 12))


def _left(said: str, goal: tuple[Expr, str, Expr], names: Sequence[str], found: Left) -> Evidence:
    shown = [
        {name: [str(low), str(high)] for name, (low, high) in zip(names, box, strict=True)}
        for box in found.boxes[:_SHOWN]
    ]
    hull = ", ".join(
        f"{name} in [{_short(min(box[i][0] for box in found.boxes))}, "
        f"{_short(max(box[i][1] for box in found.boxes))}]"
        for i, name in enumerate(names)
    )
    left, _, right = goal
    if found.undefined is not None:
        point = dict(zip(names, found.undefined, strict=True))
        where = ", ".join(f"{name} = {_short(x)}" for name, x in point.items())
        summary = f"{said} is not defined at {where} of the region: {undefined_part(left - right, point)}"
    else:
        help_ = contact(left, right, names, found.boxes) or "raise the budget, or leave this part out"
        open_ = "1 box is" if len(found.boxes) == 1 else f"{len(found.boxes)} boxes are"
        summary = f"{said}: {open_} left of {found.looked_at} looked at, all within {hull}; {help_}"
    return Evidence(
        Outcome.UNDECIDED,
        "cover",
        "nothing",
        summary,
        {"statement": said, "left": shown, "boxes left": len(found.boxes), "looked at": found.looked_at},
    )


def read_inequality(item: Inequality) -> tuple[Expr, str, Expr]:
    """Left side, sign and right side; ``InputError`` for what is no inequality."""
    if isinstance(item, str):
        left, relation, right = parse_relation(item)
    elif isinstance(item, tuple) and len(item) == 3:
        left, relation, right = _side(item[0]), item[1], _side(item[2])
    else:
        raise InputError(f"{clip(repr(item))} is not an inequality: write 'x > 0', or (left, '>', right)")
    if relation not in _NEGATED:
        raise InputError(f"relation {clip(repr(relation))} is not an inequality: use >, >=, < or <=")
    return left, relation, right


def _side(value: Side) -> Expr:
    return parse(value) if isinstance(value, str) else as_expr(value)


def read_box(box: Mapping[str, Ends]) -> dict[str, tuple[Fraction, Fraction]]:
    """Exact ends by variable; ``InputError`` for what is no box."""
    if not isinstance(box, Mapping) or not 1 <= len(box) <= MAX_VARIABLES:
        raise InputError(f'a box gives 1 to {MAX_VARIABLES} variables their ends, as in {{"x": (0, "1/3")}}')
    region = {}
    for name, ends in box.items():
        if isinstance(ends, str) or not isinstance(ends, Sequence) or len(ends) != 2:
            raise InputError(f"box of {clip(name)}: give two ends, such as (0, '1/3')")
        low, high = (read_number(end, f"end of {clip(name)}") for end in ends)
        if low > high:
            raise InputError(f"box of {clip(name)}: the lower end {clip(low)} is above {clip(high)}")
        region[str(name)] = (low, high)
    return region


def _tightened(
    region: Mapping[str, tuple[Fraction, Fraction]], conditions: Sequence[tuple[Expr, str, Expr]]
) -> dict[str, tuple[Fraction, Fraction]]:
    """The box without what simple conditions such as x > 1/2 exclude (their closed half-spaces)."""
    ends = dict(region)
    for left, relation, right in conditions:
        large, _, small = _larger(left, relation, right)
        if isinstance(large, Symbol) and isinstance(small, Number):
            low, high = ends[large.name]
            ends[large.name] = (min(max(low, small.value), high), high)
        if isinstance(large, Number) and isinstance(small, Symbol):
            low, high = ends[small.name]
            ends[small.name] = (low, max(min(high, large.value), low))
    return ends


def _check_names(relations: Sequence[tuple[Expr, str, Expr]], names: Sequence[str]) -> None:
    for left, _, right in relations:
        for name in (*left.free_symbols, *right.free_symbols):
            if name not in names:
                raise InputError(f"variable {name} has no range: add it to the box of {', '.join(names)}")


def _larger(left: Expr, relation: str, right: Expr) -> tuple[Expr, str, Expr]:
    """The same inequality with > or >=."""
    if relation in (">", ">="):
        return left, relation, right
    return right, relation.replace("<", ">"), left


def _negation(left: Expr, relation: str, right: Expr) -> tuple[Expr, str, Expr]:
    return left, _NEGATED[relation], right


def _text(relation: tuple[Expr, str, Expr]) -> str:
    left, sign, right = relation
    return f"{left!r} {sign} {right!r}"


def _scope(
    region: Mapping[str, tuple[Fraction, Fraction]], conditions: Sequence[tuple[Expr, str, Expr]]
) -> str:
    parts = [f"{_short(low)} <= {name} <= {_short(high)}" for name, (low, high) in region.items()]
    return ", ".join([*parts, *map(_text, conditions)])


def _short(x: Fraction) -> str:
    """The exact number if that is short, else a decimal."""
    text = str(x)
    return text if len(text) <= 24 else f"{float(x):.12g}"
