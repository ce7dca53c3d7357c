"""Side conditions that a person states with a question: ``x == y + 1``, ``x > 0``, ``x != y``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias

from ncverify.derive.normal_form import BudgetExceeded, OutsideClass, normalize
from ncverify.errors import InputError
from ncverify.theory.balls import (
    Undefined,
    certainly_nonnegative,
    certainly_nonzero,
    certainly_positive,
    enclose_all,
)
from ncverify.theory.expr import Expr, Number, Symbol, as_expr, from_sympy, substitute, to_json
from ncverify.theory.nodes import clip
from ncverify.theory.parser import RELATIONS, parse, parse_relation

if TYPE_CHECKING:
    import sympy

Side: TypeAlias = "str | Expr | int | Fraction | sympy.Expr"
Relation: TypeAlias = tuple[Expr, str, Expr]
Assumption: TypeAlias = "str | tuple[Side, str, Side]"


def read(value: Any) -> Expr:
    """An expression from text, an Expr, int, Fraction or sympy expression; ``InputError`` for the rest."""
    if isinstance(value, str):
        return parse(value)
    import sympy

    if isinstance(value, sympy.Basic):
        return from_sympy(value)
    return as_expr(value)


@dataclass(frozen=True)
class Assumptions:
    """What is assumed, sorted by use.

    ``values``: eliminated symbols and the expressions that replace them (free of eliminated symbols).
    ``positive`` / ``nonzero``: expressions that are > 0 / != 0 on the interior of the region; a weak
    inequality is taken strictly, since an identity of analytic functions needs only the interior.
    ``trivial``: differences that are 0 wherever they are defined, from weak inequalities such as x <= x.
    ``bounds``: simple bounds (lower, upper) of single symbols, to guide the search for points.
    ``relations``: everything as it was given.
    """

    values: Mapping[str, Expr]
    positive: tuple[Expr, ...]
    nonzero: tuple[Expr, ...]
    trivial: tuple[Expr, ...]
    bounds: Mapping[str, tuple[Fraction | None, Fraction | None]]
    relations: tuple[Relation, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """The assumptions as they are printed."""
        return tuple(map(_text, self.relations))

    @property
    def exprs(self) -> tuple[Expr, ...]:
        """Every expression that must be defined for the assumptions to hold."""
        return (*self.positive, *self.nonzero, *self.trivial, *self.values.values())

    def to_json(self) -> list[Any]:
        """The relations as plain JSON values."""
        return [[to_json(left), relation, to_json(right)] for left, relation, right in self.relations]

    def apply(self, expr: Expr) -> Expr:
        """``expr`` with the eliminated symbols replaced."""
        return substitute(expr, self.values) if self.values else expr

    def certainly_inside(self, point: Mapping[str, Fraction], bits: int) -> bool:
        """Every expression is defined at the point, and every inequality certainly holds strictly."""
        try:
            balls = enclose_all(self.exprs, point, bits)
        except Undefined:
            return False
        split = len(self.positive)
        others = balls[split : split + len(self.nonzero)]
        return all(map(certainly_positive, balls[:split])) and all(map(certainly_nonzero, others))

    def certainly_outside(self, point: Mapping[str, Fraction], bits: int) -> bool:
        """Some inequality certainly fails at the point, or holds with equality only."""
        try:
            balls = enclose_all(self.positive, point, bits)
        except Undefined:
            return False
        return any(certainly_nonnegative(-ball) for ball in balls)


def read_assumptions(items: Sequence[Assumption] | str) -> Assumptions:
    """Read a sequence of assumptions (one string is one assumption).

    Equations must be solved for a symbol, ``symbol == expression``, and may not go in circles.
    Raises ``InputError`` otherwise, and for expressions that are defined nowhere.
    """
    relations = tuple(_read_one(item) for item in ([items] if isinstance(items, str) else items))
    values: dict[str, Expr] = {}
    for left, relation, right in relations:
        if relation != "==":
            continue
        value = substitute(right, values)
        name = left.name if isinstance(left, Symbol) else ""
        if not name or name in values or name in value.free_symbols:
            raise InputError(
                f"cannot use the equation {clip(_text((left, relation, right)))}: write it as symbol == "
                "expression, with a symbol that is not on the right and not given by an earlier equation"
            )
        values = {key: substitute(old, {name: value}) for key, old in values.items()}
        values[name] = value
    positive: list[Expr] = []
    nonzero: list[Expr] = []
    trivial: list[Expr] = []
    bounds: dict[str, tuple[Fraction | None, Fraction | None]] = {}
    for left, relation, right in relations:
        small, large = (substitute(side, values) for side in (left, right))
        if relation in (">", ">="):
            small, large = large, small
        if relation == "!=":
            nonzero.append(small - large)
        elif relation in ("<=", ">=") and _is_zero(large - small):
            trivial.append(large - small)
        elif relation != "==":
            positive.append(large - small)
            _tighten(bounds, small, large)
    for expr in (*values.values(), *nonzero, *positive):
        _is_zero(expr)  # raises if the expression is defined nowhere
    return Assumptions(values, tuple(positive), tuple(nonzero), tuple(trivial), bounds, relations)


def _is_zero(expr: Expr) -> bool:
    """Whether the expression is certainly 0 everywhere."""
    try:
        return normalize(expr).is_zero()
    except (OutsideClass, BudgetExceeded):
        return False


def _text(relation: Relation) -> str:
    return f"{relation[0]!r} {relation[1]} {relation[2]!r}"


def _read_one(item: Any) -> Relation:
    if isinstance(item, str):
        return parse_relation(item)
    if isinstance(item, (tuple, list)) and len(item) == 3 and isinstance(item[1], str):
        if item[1] not in RELATIONS:
            raise InputError(f"relation {clip(item[1])!r} is unknown: use one of {' '.join(RELATIONS)}")
        return read(item[0]), item[1], read(item[2])
    raise InputError(f"assumption {clip(repr(item))} must be text such as 'x > 0' or (left, relation, right)")


def _tighten(bounds: dict[str, tuple[Fraction | None, Fraction | None]], small: Expr, large: Expr) -> None:
    if isinstance(small, Number) and isinstance(large, Symbol):
        lower, upper = bounds.get(large.name, (None, None))
        bounds[large.name] = (small.value if lower is None else max(lower, small.value), upper)
    if isinstance(small, Symbol) and isinstance(large, Number):
        lower, upper = bounds.get(small.name, (None, None))
        bounds[small.name] = (lower, large.value if upper is None else min(upper, large.value))
