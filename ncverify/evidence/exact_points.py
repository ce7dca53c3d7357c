"""Evidence from exact (rational) critical points of the squared-loss objective."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import cast

from ncverify.book.verdict import Evidence, Outcome
from ncverify.derive.normal_form import field_for, normalize_difference
from ncverify.errors import InputError
from ncverify.evidence import bodies
from ncverify.landscape.problem import Problem, gradient, hessian_form, value
from ncverify.theory.balls import enclose, to_decimal
from ncverify.theory.expr import Expr, number, substitute, symbol
from ncverify.theory.number_kinds import NumberKind

Rows = Sequence[Sequence[Fraction]]
_BITS = 256


class _Exact:
    """Exact expressions as numbers; the squared loss needs nothing but ``+ - *``."""

    def exact(self, q: int | Fraction) -> Expr:
        return number(q)


_KIND = cast(NumberKind, _Exact())


@dataclass(frozen=True)
class ExactPoint:
    """A rational point (W, H, b) and its value; a direction (U, V, 0) and the second derivative along it."""

    w: Rows
    h: Rows
    b: Sequence[Fraction] | None
    value: Fraction
    direction: tuple[Rows, Rows] | None = None
    curvature: Fraction = Fraction(0)


@dataclass
class _Named:
    """A point with a symbol for each entry, and the values of the symbols."""

    values: dict[str, Fraction]
    place: tuple[list[list[Expr]], list[list[Expr]], list[Expr] | None]

    @classmethod
    def of(cls, w: Rows, h: Rows, b: Sequence[Fraction] | None) -> _Named:
        values: dict[str, Fraction] = {}

        def named(letter: str, rows: Rows) -> list[list[Expr]]:
            table = []
            for row, entries in enumerate(rows):
                names = [f"{letter}{row}_{column}" for column in range(len(entries))]
                values.update(zip(names, entries, strict=True))
                table.append([symbol(name) for name in names])
            return table

        return cls(values, (named("w", w), named("h", h), None if b is None else named("b", [b])[0]))

    def slopes(self, problem: Problem) -> list[Expr]:
        """All entries of the gradient, in the symbols."""
        by_w, by_h, by_b = gradient(problem, *self.place, _KIND)
        return [entry for row in [*by_w, *by_h, by_b or []] for entry in row]

    def equal(self, left: Expr, right: Expr) -> bool:
        """Whether two expressions in the symbols have the same value, exactly."""
        sides = substitute(left, self.values), substitute(right, self.values)
        return normalize_difference(*sides, field_for(*sides)).element.is_zero()


def exact_critical_points(problem: Problem, points: Sequence[ExactPoint]) -> Evidence:
    """At each point the gradient is 0, f has the value, and the second derivative along the direction too."""
    _squared(problem)
    what = f"{len(points)} exact critical points, {problem.name}"
    parts, count = [], 0
    for number_of, point in enumerate(points, 1):
        named = _Named.of(point.w, point.h, point.b)
        pairs = [(slope, number(0)) for slope in named.slopes(problem)]
        pairs.append((value(problem, *named.place, _KIND), number(point.value)))
        if point.direction is not None:
            u, v = point.direction
            along = _numbers(u), _numbers(v), None if point.b is None else [number(0)] * len(point.b)
            form = hessian_form(problem, named.place, along, _KIND)
            pairs.append((form, number(point.curvature)))
        if not all(named.equal(left, right) for left, right in pairs):
            return Evidence(
                Outcome.UNDECIDED, "exact arithmetic", "nothing", f"{what}: point {number_of} is not as said"
            )
        count += len(pairs)
        parts.append(
            bodies.identity(pairs, [(symbol(name), "==", entry) for name, entry in named.values.items()])
        )
    return Evidence(
        Outcome.PROVED,
        "exact arithmetic",
        problem.name,
        f"{what}: {count} equations hold exactly",
        {"equations": count},
        body={"kind": "list", "items": parts},
    )


def full_rank_witness(problem: Problem, w: Rows, h: Rows, b: Sequence[Fraction] | None) -> Evidence:
    """Refute "det W = 0 at every critical point" (K = d = 2) by an exact critical point.

    Dyadic numbers only: then the balls of the gradient are exactly 0.
    """
    _squared(problem)
    if (problem.classes, problem.width) != (2, 2):
        raise InputError(f"{problem.name}: the determinant is written out for K = d = 2")
    named = _Named.of(w, h, b)
    slopes = named.slopes(problem)
    (first, second), (third, fourth) = named.place[0]
    determinant = first * fourth - second * third
    if not all(named.equal(slope, number(0)) for slope in slopes):
        return Evidence(Outcome.UNDECIDED, "witness", "nothing", "the point is not critical")
    if named.equal(determinant, number(0)):
        return Evidence(Outcome.UNDECIDED, "witness", "nothing", "the determinant is 0")
    return Evidence(
        Outcome.REFUTED,
        "witness",
        "one exact point",
        f"a critical point with det W != 0: {problem.name}",
        {
            "witness": {
                "problem": problem.name,
                **{name: str(entry) for name, entry in named.values.items()},
                "det W": str(to_decimal(enclose(determinant, named.values, _BITS))),
            },
            "bits": _BITS,
        },
        # an equation of the gradient is two inequalities: a ball that is exactly 0 meets both
        body=bodies.witness(
            (determinant, "==", 0),
            named.values,
            _BITS,
            [(slope, sign, 0) for slope in slopes for sign in (">=", "<=")],
        ),
    )


def _squared(problem: Problem) -> None:
    if problem.loss != "mse":
        raise InputError(f"{problem.name}: only the squared loss has rational critical points here")


def _numbers(rows: Rows) -> list[list[Expr]]:
    return [[number(entry) for entry in row] for row in rows]
