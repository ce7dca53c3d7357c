"""Evidence from exact (rational) critical points of the squared-loss objective."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import cast

from ncverify.book.verdict import Evidence, Outcome
from ncverify.errors import InputError
from ncverify.evidence import bodies
from ncverify.evidence.identities import identities
from ncverify.landscape.problem import Problem, gradient, hessian_form, value
from ncverify.theory.balls import certainly_nonzero, enclose, to_decimal
from ncverify.theory.expr import Expr, number, symbol
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


def exact_critical_points(problem: Problem, points: Sequence[ExactPoint]) -> Evidence:
    """At each point the gradient is 0, f has the value, and the second derivative along the direction too."""
    _squared(problem)
    pairs: list[tuple[Expr, Expr]] = []
    for point in points:
        place = _numbers(point.w), _numbers(point.h), _row(point.b)
        by_w, by_h, by_b = gradient(problem, *place, _KIND)
        pairs += [(entry, number(0)) for row in [*by_w, *by_h, by_b or []] for entry in row]
        pairs.append((value(problem, *place, _KIND), number(point.value)))
        if point.direction is not None:
            u, v = point.direction
            along = _numbers(u), _numbers(v), None if point.b is None else [number(0)] * len(point.b)
            form = hessian_form(problem, place, along, _KIND)
            pairs.append((form, number(point.curvature)))
    return identities(pairs, problem.name, f"{len(points)} exact critical points, {problem.name}")


def full_rank_witness(problem: Problem, w: Rows, h: Rows, b: Sequence[Fraction] | None) -> Evidence:
    """Refute "det W = 0 at every critical point" (K = d = 2) by an exact critical point.

    Dyadic numbers only: then the balls of the gradient are exactly 0.
    """
    _squared(problem)
    if (problem.classes, problem.width) != (2, 2):
        raise InputError(f"{problem.name}: the determinant is written out for K = d = 2")
    names: dict[str, Fraction] = {}

    def named(letter: str, rows: Rows) -> list[list[Expr]]:
        table = []
        for row, entries in enumerate(rows):
            line = []
            for column, entry in enumerate(entries):
                names[f"{letter}{row}{column}"] = entry
                line.append(symbol(f"{letter}{row}{column}"))
            table.append(line)
        return table

    place = named("w", w), named("h", h), None if b is None else named("b", [b])[0]
    by_w, by_h, by_b = gradient(problem, *place, _KIND)
    slopes = [entry for row in [*by_w, *by_h, by_b or []] for entry in row]
    (a, c), (d, e) = place[0]
    determinant = a * e - c * d
    if not all(enclose(slope, names, _BITS).is_zero() for slope in slopes):
        return Evidence(Outcome.UNDECIDED, "witness", "nothing", "the point is not certainly critical")
    ball = enclose(determinant, names, _BITS)
    if not certainly_nonzero(ball):
        return Evidence(Outcome.UNDECIDED, "witness", "nothing", "the determinant may be 0")
    return Evidence(
        Outcome.REFUTED,
        "witness",
        "one exact point",
        f"a critical point with det W != 0: {problem.name}",
        {
            "witness": {
                "problem": problem.name,
                **{name: str(entry) for name, entry in names.items()},
                "det W": str(to_decimal(ball)),
            },
            "bits": _BITS,
        },
        # an equation of the gradient is two inequalities: a ball that is exactly 0 meets both
        body=bodies.witness(
            (determinant, "==", 0),
            names,
            _BITS,
            [(slope, sign, 0) for slope in slopes for sign in (">=", "<=")],
        ),
    )


def _squared(problem: Problem) -> None:
    if problem.loss != "mse":
        raise InputError(f"{problem.name}: only the squared loss has rational critical points here")


def _numbers(rows: Rows) -> list[list[Expr]]:
    return [[number(entry) for entry in row] for row in rows]


def _row(entries: Sequence[Fraction] | None) -> list[Expr] | None:
    return None if entries is None else [number(entry) for entry in entries]
