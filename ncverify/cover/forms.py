"""How a sign is seen on one box: the leaves of a cover.

Each function returns a leaf (plain JSON, see docs/certificates.md, "Covers") if its form shows the fact
certainly, else None.  A fact is f > 0 (``strict``) or f >= 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from ncverify.cover.intervals import Interval
from ncverify.cover.jets import Box, Jets, Series, as_float, rational, span
from ncverify.cover.numbers import ONE, ZERO, Number, add, divide, multiply
from ncverify.cover.signs import Sign, visible_sign
from ncverify.theory.balls import Undefined, precision
from ncverify.theory.expr import Expr

Leaf = list[Any]

_ORDERS = (2, 4, 8)
_CONTACT_ORDER = 6
_BITS_OF_M = 20


@dataclass(frozen=True)
class Fact:
    """f > 0 (``strict``) or f >= 0, in named variables."""

    expr: Expr
    strict: bool
    names: tuple[str, ...]

    @cached_property
    def jets(self) -> Jets:
        """f, ready to be enclosed."""
        return Jets(self.expr, self.names)

    def shown_by(self, lowest: Number) -> bool:
        """Every number that is at least ``lowest`` satisfies the fact."""
        return bool(lowest > 0 if self.strict else lowest >= 0)

    def fails_by(self, highest: Number) -> bool:
        """No number that is at most ``highest`` satisfies the fact."""
        return bool(highest <= 0 if self.strict else highest < 0)

    def over(self, box: Box, bits: int) -> Interval | None:
        """f over a box; None where it may not be defined."""
        try:
            return self.jets.value(box, bits)
        except Undefined:
            return None

    def series(self, base: Box, direction: Sequence[Number], length: int, bits: int) -> Series | None:
        """The coefficients of f(base + t direction); None where one may not exist."""
        try:
            return self.jets.series(base, direction, length, bits)
        except Undefined:
            return None


def centre(box: Box) -> Box:
    """The middle, as a box."""
    return point([(low + high) / 2 for low, high in box])


def point(values: Sequence[Fraction]) -> Box:
    """The box of one point."""
    return tuple((x, x) for x in values)


def is_zero(x: Number) -> bool:
    """It is the number 0."""
    return bool(x >= 0) and bool(x <= 0)


def direct(fact: Fact, box: Box, bits: int, number: int) -> Leaf | None:
    """By evaluation over the box."""
    value = fact.over(box, bits)
    return ["series", 0, number] if value is not None and fact.shown_by(value[0]) else None


def taylor(fact: Fact, box: Box, bits: int, number: int) -> Leaf | None:
    """By Taylor forms about the middle, of growing order."""
    form = _taylor_in_one if len(box) == 1 else _taylor_in_many
    for order in _ORDERS:
        lowest = form(fact, box, bits, order)
        if lowest is None:
            return None
        if fact.shown_by(lowest):
            return ["series", order, number]
    return None


def _taylor_in_one(fact: Fact, box: Box, bits: int, order: int) -> Number | None:
    middle = centre(box)
    rest = fact.series(box, [ONE], order + 1, bits)
    near = None if rest is None else fact.series(middle, [ONE], order, bits)
    if rest is None or near is None:
        return None
    half = (box[0][1] - box[0][0]) / 2
    with precision(bits):
        value: Number = ZERO
        for k, coefficient in enumerate([*near, rest[order]]):
            # An even power of the distance from the middle is not negative.
            reach = span(-(half**k) if k % 2 else Fraction(k == 0), half**k)
            value = add(value, multiply(coefficient, reach))
    return value


def _taylor_in_many(fact: Fact, box: Box, bits: int, order: int) -> Number | None:
    middle = centre(box)
    with precision(bits):
        steps = [span(low - c, high - c) for (low, high), (c, _) in zip(box, middle, strict=True)]
    rest = fact.series(box, steps, order + 1, bits)
    near = None if rest is None else fact.series(middle, steps, order, bits)
    linear = None if near is None else slopes(fact, middle, bits)
    if rest is None or near is None or linear is None:
        return None
    with precision(bits):
        value = add(near[0], rest[order])
        # Partial derivatives at the middle are known well; along a box of directions they would not be.
        for slope, step in zip(linear, steps, strict=True):
            value = add(value, multiply(slope, step))
        for coefficient in near[2:]:
            value = add(value, coefficient)
    return value


def contact(fact: Fact, others: Sequence[Fact], box: Box, bits: int, axis: int, upper: bool) -> Leaf | None:
    """By the Taylor series at a face on which f may vanish."""
    low, high = box[axis]
    face = (*box[:axis], (high, high) if upper else (low, low), *box[axis + 1 :])
    inwards = [ZERO] * len(box)
    inwards[axis] = -ONE if upper else ONE
    rest = fact.series(box, inwards, _CONTACT_ORDER + 1, bits)
    near = None if rest is None else fact.series(face, inwards, _CONTACT_ORDER, bits)
    on_face = None if near is None else fact.over(face, bits)
    if rest is None or near is None or on_face is None:
        return None
    if fact.strict and not on_face[0] > 0 and not elsewhere(others, face, bits):
        return None
    at_least_zero = [bool(on_face[0] >= 0), *(bool(x >= 0) for x in near[1:])]
    with precision(bits):
        u = span(Fraction(0), high - low)
        for order in range(1, _CONTACT_ORDER + 1):
            for multiplicity in range(order + 1):
                if not all(at_least_zero[:multiplicity]):
                    break
                value = rest[order]
                for coefficient in reversed(near[multiplicity:order]):
                    value = add(multiply(value, u), coefficient)
                if value > 0:
                    side = "upper" if upper else "lower"
                    return ["contact", fact.names[axis], side, multiplicity, order, 0]
    return None


def elsewhere(others: Sequence[Fact], box: Box, bits: int) -> bool:
    """One of the other facts holds on all of the box."""
    return any(direct(other, box, bits, 0) is not None for other in others)


def signs(fact: Fact, box: Box, bits: int, number: int) -> Leaf | None:
    """By the form of the expression."""
    try:
        parts = fact.jets.parts(box, bits)
    except Undefined:
        return None
    wanted = Sign.POSITIVE if fact.strict else Sign.AT_LEAST_ZERO
    return ["signs", number] if visible_sign(fact.expr, parts) >= wanted else None


def convex(
    fact: Fact, others: Sequence[Fact], box: Box, bits: int, points: Sequence[Sequence[Fraction]]
) -> Leaf | None:
    """By f(x) >= f(q) + grad f(q) (x - q) + m/2 |x - q|^2 >= f(q) - |grad f(q)|^2/(2m)."""
    hessian = hessian_matrix(fact, box, bits)
    if hessian is None:
        return None
    least = float(np.linalg.eigvalsh(np.array([[as_float(x) for x in row] for row in hessian]))[0])
    m = next((m for part in (0.5, 0.1) if is_definite(hessian, m := _short(part * least), bits)), None)
    if m is None:
        return None
    for q in points:
        there = point(q)
        at, partial = fact.series(there, [ZERO] * len(q), 1, bits), slopes(fact, there, bits)
        if at is None or partial is None:
            continue
        with precision(bits):
            square: Number = ZERO
            for slope in partial:
                square = add(square, multiply(slope, slope))
            value = add(at[0], -divide(square, 2 * rational(m)))
        # If f(q) = 0 and grad f(q) = 0, then f > 0 everywhere else.
        least_at_q = bool(at[0] >= 0) and all(map(is_zero, partial))
        if fact.shown_by(value) or (least_at_q and elsewhere(others, there, bits)):
            return ["convex", dict(zip(fact.names, map(str, q), strict=True)), str(m), 0]
    return None


def slopes(fact: Fact, box: Box, bits: int) -> list[Number] | None:
    """The partial derivatives over a box; None where one may not exist."""
    found = []
    for i in range(len(box)):
        series = fact.series(box, _unit(i, i, len(box)), 2, bits)
        if series is None:
            return None
        found.append(series[1])
    return found


def hessian_matrix(fact: Fact, box: Box, bits: int) -> list[list[Number]] | None:
    """The second derivatives over a box, from second coefficients along e_i and e_i + e_j."""
    size = len(box)
    matrix: list[list[Number]] = [[ZERO] * size for _ in range(size)]
    for i in range(size):
        for j in range(i, -1, -1):
            series = fact.series(box, _unit(i, j, size), 3, bits)
            if series is None:
                return None
            matrix[i][j] = series[2]
    with precision(bits):
        for i in range(size):
            for j in range(i):
                matrix[i][j] = matrix[j][i] = matrix[i][j] - matrix[i][i] - matrix[j][j]
        for i in range(size):
            matrix[i][i] = 2 * matrix[i][i]
    return matrix


def is_definite(matrix: Sequence[Sequence[Number]], m: Fraction, bits: int) -> bool:
    """m > 0, and the symmetric matrix minus m is certainly positive definite: all its pivots are positive."""
    if m <= 0:
        return False
    with precision(bits):
        rows = [[x - rational(m) if i == j else x for j, x in enumerate(row)] for i, row in enumerate(matrix)]
        for k in range(len(rows)):
            if not rows[k][k] > 0:
                return False
            for i in range(k + 1, len(rows)):
                factor = divide(rows[i][k], rows[k][k])
                for j in range(k + 1, len(rows)):
                    rows[i][j] = rows[i][j] - multiply(factor, rows[k][j])
    return True


def _unit(i: int, j: int, size: int) -> list[Number]:
    """e_i, or e_i + e_j."""
    return [ONE if k in (i, j) else ZERO for k in range(size)]


def _short(x: float) -> Fraction:
    """A short rational number near a double."""
    mantissa, exponent = np.frexp(x)
    return Fraction(round(float(mantissa) * (1 << _BITS_OF_M))) * Fraction(2) ** (int(exponent) - _BITS_OF_M)
