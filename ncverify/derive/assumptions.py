"""Side conditions that a person states with a question: ``x == y + 1``, ``x > 0``, ``x != y``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

import sympy

from ncverify.errors import InputError
from ncverify.theory.balls import Undefined, certainly_nonzero, certainly_positive, enclose_all
from ncverify.theory.expr import Expr, Number, Symbol, as_expr, from_sympy, substitute
from ncverify.theory.nodes import clip
from ncverify.theory.parser import RELATIONS, parse, parse_relation

Side: TypeAlias = "str | Expr | int | Fraction | sympy.Expr"
Assumption: TypeAlias = "str | tuple[Side, str, Side]"


def read(value: Any) -> Expr:
    """An expression from text, an Expr, int, Fraction or sympy expression; ``InputError`` for the rest."""
    if isinstance(value, str):
        return parse(value)
    if isinstance(value, sympy.Basic):
        return from_sympy(value)
    return as_expr(value)


@dataclass(frozen=True)
class Assumptions:
    """What is assumed, sorted by use.

    ``values``: eliminated symbols and the expressions that replace them (free of eliminated symbols).
    ``positive`` / ``nonzero``: expressions that are > 0 / != 0 on the interior of the region; a weak
    inequality is taken strictly, since an identity of analytic functions needs only the interior.
    ``bounds``: simple bounds (lower, upper) of single symbols, to guide the search for points.
    ``texts``: the assumptions as they are printed.
    """

    values: Mapping[str, Expr]
    positive: tuple[Expr, ...]
    nonzero: tuple[Expr, ...]
    bounds: Mapping[str, tuple[Fraction | None, Fraction | None]]
    texts: tuple[str, ...]

    @property
    def has_region(self) -> bool:
        """Whether there is anything but equations."""
        return bool(self.positive or self.nonzero)

    def apply(self, expr: Expr) -> Expr:
        """``expr`` with the eliminated symbols replaced."""
        return substitute(expr, self.values) if self.values else expr

    def certainly_inside(self, point: Mapping[str, Fraction], bits: int) -> bool:
        """The point certainly satisfies every strict inequality."""
        try:
            balls = enclose_all([*self.positive, *self.nonzero], point, bits)
        except Undefined:
            return False
        split = len(self.positive)
        return all(map(certainly_positive, balls[:split])) and all(map(certainly_nonzero, balls[split:]))


def read_assumptions(items: Sequence[Assumption] | str) -> Assumptions:
    """Read a sequence of assumptions (one string is one assumption).

    Equations must be solved for a symbol, ``symbol == expression``, and may not go in circles.
    Raises ``InputError`` otherwise.
    """
    relations = [_read_one(item) for item in ([items] if isinstance(items, str) else items)]
    texts = tuple(f"{left!r} {relation} {right!r}" for left, relation, right in relations)
    values: dict[str, Expr] = {}
    for (left, relation, right), text in zip(relations, texts, strict=True):
        if relation != "==":
            continue
        value = substitute(right, values)
        name = left.name if isinstance(left, Symbol) else ""
        if not name or name in values or name in value.free_symbols:
            raise InputError(
                f"cannot use the equation {clip(text)}: write it as symbol == expression, with a symbol that "
                "does not occur on the right or in an earlier equation's left side"
            )
        values = {key: substitute(old, {name: value}) for key, old in values.items()}
        values[name] = value
    positive: list[Expr] = []
    nonzero: list[Expr] = []
    bounds: dict[str, tuple[Fraction | None, Fraction | None]] = {}
    for left, relation, right in relations:
        small, large = (substitute(side, values) for side in (left, right))
        if relation in (">", ">="):
            small, large = large, small
        if relation == "!=":
            nonzero.append(small - large)
        elif relation != "==":
            positive.append(large - small)
            _tighten(bounds, small, large)
    return Assumptions(values, tuple(positive), tuple(nonzero), bounds, texts)


def _read_one(item: Any) -> tuple[Expr, str, Expr]:
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
