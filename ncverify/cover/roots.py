"""Zeros of small systems: Krawczyk's operator shows that a box holds exactly one, bisection finds all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import numpy as np
from flint import arb, arb_mat

from ncverify.cover.forms import centre, point
from ncverify.cover.jets import Box, Jets, span
from ncverify.cover.numbers import ONE, ZERO, to_ball
from ncverify.theory.balls import Undefined, certainly_nonzero, exact_interval, precision, to_arb
from ncverify.theory.expr import Expr

BITS: Final = 256
_NEWTON_STEPS = 60
_WIDEST = Fraction(1, 1 << 8)  # radius of the box about an approximate root, relative to max(1, |root|)
_DEEPEST = 200


@dataclass(frozen=True)
class Root:
    """The only common zero in the box ``center`` +- ``radius`` (exact, by unknown).

    ``values``: balls that contain it, much smaller than the box.  The Jacobian matrix is nonsingular all
    over the box.
    """

    center: Mapping[str, Fraction]
    radius: Mapping[str, Fraction]
    values: Mapping[str, arb]
    bits: int


@dataclass(frozen=True)
class Roots:
    """All common zeros in a box: ``found``, each alone in its box, and possibly more in ``left``."""

    found: tuple[Root, ...]
    left: tuple[Box, ...]
    looked_at: int

    @property
    def complete(self) -> bool:
        """There are no other zeros in the box."""
        return not self.left


class System:
    """As many equations f_i = 0 as unknowns; every ``Expr`` f_i is to vanish."""

    def __init__(self, equations: Sequence[Expr], names: Sequence[str]) -> None:
        self.names = tuple(names)
        self._jets = [Jets(equation, names) for equation in equations]

    def values(self, box: Box, bits: int) -> list[arb]:
        """All f_i over a box; raises ``Undefined``."""
        zero = [ZERO] * len(self.names)
        return [to_ball(jets.series(box, zero, 1, bits)[0]) for jets in self._jets]

    def jacobian(self, box: Box, bits: int) -> list[list[arb]]:
        """Rows i, columns j: the derivative of f_i in unknown j over a box; raises ``Undefined``."""
        columns = []
        for j in range(len(self.names)):
            direction = [ONE if i == j else ZERO for i in range(len(self.names))]
            columns.append([to_ball(jets.series(box, direction, 2, bits)[1]) for jets in self._jets])
        return [list(row) for row in zip(*columns, strict=True)]

    def contract(self, box: Box, bits: int) -> list[arb] | None:
        """Krawczyk's operator K(X) = c - Y f(c) + (1 - Y f'(X)) (X - c), where it lies inside the box X.

        Then X holds exactly one common zero, and it lies in K(X).  None otherwise.
        """
        middle = [x for x, _ in centre(box)]
        try:
            at = self.values(point(middle), bits)
            jacobian = self.jacobian(box, bits)
        except Undefined:
            return None
        inverse = _inverse([[float(x.mid()) for x in row] for row in jacobian])
        if inverse is None:
            return None
        size = len(box)
        with precision(bits):
            image = []
            for i in range(size):
                value = to_arb(middle[i])
                for j in range(size):
                    value -= inverse[i][j] * at[j]
                for j in range(size):
                    entry = arb(1 if i == j else 0)
                    for k in range(size):
                        entry -= inverse[i][k] * jacobian[k][j]
                    low, high = box[j]
                    value += entry * span(low - middle[j], high - middle[j])
                image.append(value)
        for value, (low, high) in zip(image, box, strict=True):
            first, last = exact_interval(value)
            if not (low < first and last < high):
                return None
        return image


def _inverse(matrix: Sequence[Sequence[float]]) -> list[list[arb]] | None:
    """An approximate inverse: exact numbers, any choice is right."""
    try:
        inverse = np.linalg.inv(np.array(matrix))
    except np.linalg.LinAlgError:
        return None
    if not np.isfinite(inverse).all():
        return None
    return [[to_arb(Fraction(x)) for x in row] for row in inverse.tolist()]


def enclose_root(
    equations: Sequence[Expr], near: Mapping[str, Fraction | int], *, bits: int = BITS
) -> Root | None:
    """The zero that Newton's method finds from ``near``, enclosed to almost ``bits`` bits.

    None where the method fails, or Krawczyk's operator does not contract (a multiple or singular zero).
    The box in which the zero is the only one is as large as that allows, up to 2^-8 of the value.  Cost: n
    series and n^3 products for each of some ten boxes.
    """
    names = tuple(near)
    system = System(equations, names)
    found = _newton(system, [Fraction(x) for x in near.values()], bits)
    if found is None:
        return None
    scale = [max(Fraction(1), abs(x)) for x in found]
    radius = _WIDEST
    while radius > Fraction(1, 1 << (bits - 8)):
        root = _alone(
            system, tuple((x - radius * s, x + radius * s) for x, s in zip(found, scale, strict=True)), bits
        )
        if root is not None:
            return root
        radius /= 64
    return None


def enclose_roots(
    equations: Sequence[Expr], box: Mapping[str, tuple[Fraction, Fraction]], *, budget: int, bits: int = BITS
) -> Roots:
    """All common zeros in a box, by bisection: each box holds none, or one, or is halved.

    A zero on the boundary of the box, or a multiple one, ends in ``left``.  ``budget``: boxes at most.
    """
    names = tuple(box)
    system = System(equations, names)
    stack: list[tuple[Box, int]] = [(tuple(box.values()), 0)]
    found: list[Root] = []
    left: list[Box] = []
    count = 0
    while stack:
        part, depth = stack.pop()
        if count >= budget or depth > _DEEPEST:
            left.append(part)
            continue
        count += 1
        work = 64 + 2 * depth
        try:
            if any(certainly_nonzero(x) for x in system.values(part, work)):
                continue
            if _excluded(system, part, work):
                continue
        except Undefined:
            pass
        root = _alone(system, part, max(work, bits))
        if root is not None:
            found.append(root)
            continue
        axis = max(range(len(part)), key=lambda i: part[i][1] - part[i][0])
        low, high = part[axis]
        # Not the middle: simple zeros lie there.
        cut = low + (high - low) * Fraction(31, 64)
        stack += [((*part[:axis], half, *part[axis + 1 :]), depth + 1) for half in ((cut, high), (low, cut))]
    return Roots(tuple(found), tuple(left), count)


def _excluded(system: System, box: Box, bits: int) -> bool:
    """Some f_i has no zero in the box by its mean-value form."""
    middle = centre(box)
    at = system.values(middle, bits)
    jacobian = system.jacobian(box, bits)
    with precision(bits):
        steps = [span(low - c, high - c) for (low, high), (c, _) in zip(box, middle, strict=True)]
        for value, row in zip(at, jacobian, strict=True):
            total = value
            for slope, step in zip(row, steps, strict=True):
                total += slope * step
            if certainly_nonzero(total):
                return True
    return False


def _alone(system: System, box: Box, bits: int) -> Root | None:
    image = system.contract(box, bits)
    if image is None:
        return None
    middle = [x for x, _ in centre(box)]
    values = image
    for _ in range(12):  # inside, the same operator converges quadratically
        smaller = tuple(exact_interval(x) for x in values)
        if any(low == high for low, high in smaller):
            break
        again = system.contract(smaller, bits)
        if again is None:
            break
        values = again
    return Root(
        dict(zip(system.names, middle, strict=True)),
        {name: (high - low) / 2 for name, (low, high) in zip(system.names, box, strict=True)},
        dict(zip(system.names, values, strict=True)),
        bits,
    )


def _newton(system: System, start: list[Fraction], bits: int) -> list[Fraction] | None:
    """An approximate zero as exact dyadic numbers."""
    at = start
    grid = Fraction(1, 1 << (bits - 16))
    for _ in range(_NEWTON_STEPS):
        there = point(at)
        try:
            value, jacobian = system.values(there, bits), system.jacobian(there, bits)
        except Undefined:
            return None
        step = _solve(jacobian, value, bits)
        if step is None:
            return None
        at = [round((x - d) / grid) * grid for x, d in zip(at, step, strict=True)]
        if max(map(abs, step)) <= 4 * grid:
            return at
    return None


def _solve(matrix: Sequence[Sequence[arb]], right: Sequence[arb], bits: int) -> list[Fraction] | None:
    with precision(bits):
        try:
            solution: Any = arb_mat([list(row) for row in matrix]).solve(
                arb_mat([[x] for x in right]), nonstop=False
            )
        except (ZeroDivisionError, ValueError):
            return None
        middles = [solution[i, 0].mid() for i in range(len(right))]
    try:
        return [exact_interval(x)[0] for x in middles]
    except Undefined:
        return None
