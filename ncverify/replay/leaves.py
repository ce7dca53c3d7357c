"""Leaves of covers that look closer: Taylor forms, contact at a face, convex minima, visible signs.

Each names a fact f > 0 or f >= 0 (``<`` and ``<=``: of -f) and must show it on all of a box.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flint import fmpq

from ncverify.replay.balls import Unclear
from ncverify.replay.errors import Rejected
from ncverify.replay.expansions import ONE, ZERO, Number, Range, ball, expand, ranges, times
from ncverify.replay.expressions import Compared, Table, rational
from ncverify.replay.facts import Fact

FORMS: Final = ("series", "contact", "convex", "signs")
MAX_ORDER: Final = 32
_HALVINGS: Final = 4

Sides = Mapping[str, tuple[Any, Any]]

_RISING: Final = ("exp", "log", "sqrt", "sinh", "tanh", "atan", "asin")
_ODD: Final = ("sinh", "tanh", "atan", "asin")


@dataclass(frozen=True)
class _Goal:
    """f > 0 (``strict``) or f >= 0."""

    root: int
    strict: bool

    def shown(self, x: Number) -> bool:
        """Every number that is at least x will do."""
        return bool(x > 0) if self.strict else bool(x >= 0)


class Leaves:
    """The leaves of one cover; used at its working precision."""

    def __init__(self, table: Table, facts: Sequence[Fact]) -> None:
        self.table = table
        self.goals = [self._goal(fact) for fact in facts]

    def _goal(self, fact: Fact) -> _Goal | None:
        if not isinstance(fact, Compared) or fact.sign not in (">", ">=", "<", "<="):
            return None
        small_right = fact.sign in (">", ">=")
        left, right = (fact.left, fact.right) if small_right else (fact.right, fact.left)
        node = self.table.nodes[right]
        bare = node.head == "number" and node.value == 0
        return _Goal(left if bare else self.table.difference(left, right), fact.sign in ("<", ">"))

    def holds(self, leaf: Sequence[Any], box: Sides, *, only_first: bool) -> bool:
        """Whether the leaf shows its fact on the box; raises ``Rejected`` for one that cannot be read."""
        number = leaf[-1]
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < len(self.goals):
            raise Rejected("a leaf does not name one of the facts")
        goal = self.goals[number]
        if goal is None:
            raise Rejected("a leaf names a fact that is no inequality")
        if only_first and number:
            return False
        others = [] if only_first else [g for i, g in enumerate(self.goals) if i != number]
        try:
            match [leaf[0], len(leaf)]:
                case ["series", 3]:
                    return self._by_series(goal, box, _order(leaf[1]), _HALVINGS)
                case ["contact", 6]:
                    return self._by_contact(goal, others, box, leaf)
                case ["convex", 4]:
                    return self._convex(goal, others, box, leaf[1], rational(leaf[2]))
                case ["signs", 2]:
                    return self._signs(goal, box)
        except Unclear:
            return False
        raise Rejected("a leaf has not the parts of its form")

    def _by_series(self, goal: _Goal, box: Sides, order: int, halvings: int) -> bool:
        """The form on the box, or on parts of it: enclosures here may be a little wider than the prover's."""
        try:
            if self._series(goal, box, order):
                return True
        except Unclear:
            pass
        if not halvings:
            return False
        widest = max(box, key=lambda name: box[name][1] - box[name][0])
        low, high = box[widest]
        cut = fmpq(low + high) / 2
        return all(
            self._by_series(goal, {**box, widest: part}, order, halvings - 1)
            for part in ((low, cut), (cut, high))
        )

    def _by_contact(
        self, goal: _Goal, others: Sequence[_Goal | None], box: Sides, leaf: Sequence[Any]
    ) -> bool:
        """At the face, or at the half next to it, with the series form on the other half."""
        if self._contact(goal, others, box, leaf):
            return True
        name = leaf[1]
        low, high = box[name]
        cut = fmpq(low + high) / 2
        near, far = (low, cut), (cut, high)
        if leaf[2] == "upper":
            near, far = far, near
        return self._contact(goal, others, {**box, name: near}, leaf) and self._by_series(
            goal, {**box, name: far}, _order(leaf[4]), _HALVINGS
        )

    def _series(self, goal: _Goal, box: Sides, order: int) -> bool:
        if goal.shown(ranges(self.table, goal.root, box)[goal.root][0]):
            return True
        if order == 0:
            return False
        middle = {name: fmpq(low + high) / 2 for name, (low, high) in box.items()}
        steps = {name: ball(low - middle[name], high - middle[name]) for name, (low, high) in box.items()}
        if len(box) == 1:
            return goal.shown(self._along_a_line(goal.root, box, middle, order))
        near = expand(self.table, goal.root, middle, steps, order)
        total = near[0] + expand(self.table, goal.root, _balls(box), steps, order + 1)[order]
        for name, step in steps.items():
            total = total + times(expand(self.table, goal.root, middle, _unit(box, name), 2)[1], step)
        return goal.shown(sum(near[2:], total))

    def _along_a_line(self, root: int, box: Sides, middle: Mapping[str, Number], order: int) -> Number:
        ((name, (low, high)),) = box.items()
        half, along = fmpq(high - low) / 2, {name: ONE}
        coefficients = expand(self.table, root, middle, along, order)
        coefficients.append(expand(self.table, root, _balls(box), along, order + 1)[order])
        total = coefficients[0]
        for k, coefficient in enumerate(coefficients[1:], 1):
            power = half**k
            total = total + times(coefficient, ball(-power, power) if k % 2 else ball(ZERO, power))
        return total

    def _contact(self, goal: _Goal, others: Sequence[_Goal | None], box: Sides, leaf: Sequence[Any]) -> bool:
        name, side, multiplicity, order = leaf[1], leaf[2], _order(leaf[3]), _order(leaf[4])
        if not isinstance(name, str) or name not in box or side not in ("lower", "upper") or not order:
            raise Rejected("a contact names no face")
        if multiplicity > order:
            raise Rejected("a contact of an order that its series does not reach")
        low, high = box[name]
        end, inwards = (low, ONE) if side == "lower" else (high, -ONE)
        face = {**box, name: (end, end)}
        direction = {other: inwards if other == name else ZERO for other in box}
        try:
            near = expand(self.table, goal.root, _balls(face), direction, order)
            rest = expand(self.table, goal.root, _balls(box), direction, order + 1)[order]
        except Unclear:
            return False
        lowest = ranges(self.table, goal.root, face)[goal.root][0]
        if multiplicity and not (lowest >= 0 and all(bool(x >= 0) for x in near[1:multiplicity])):
            return False
        if goal.strict and not lowest > 0 and not self._elsewhere(others, face):
            return False
        u, value = ball(fmpq(0), high - low), rest
        for coefficient in reversed(near[multiplicity:]):
            value = times(value, u) + coefficient
        return bool(value > 0)

    def _elsewhere(self, others: Sequence[_Goal | None], box: Sides) -> bool:
        """One of the other facts holds on all of the box."""
        return any(self._directly(other, box) for other in others if other is not None)

    def _directly(self, goal: _Goal, box: Sides) -> bool:
        try:
            return goal.shown(ranges(self.table, goal.root, box)[goal.root][0])
        except Unclear:
            return False

    def _convex(self, goal: _Goal, others: Sequence[_Goal | None], box: Sides, at: Any, m: Any) -> bool:
        if not isinstance(at, dict) or set(at) != set(box) or m <= 0:
            raise Rejected("a convex leaf needs a point of the box and a positive bound")
        point = {name: rational(value) for name, value in at.items()}
        if not all(low <= point[name] <= high for name, (low, high) in box.items()):
            raise Rejected("the point of a convex leaf is outside its box")
        if not self._more_convex(goal.root, box, m):
            return False
        value = expand(self.table, goal.root, point, dict.fromkeys(box, ZERO), 1)[0]
        slopes = [expand(self.table, goal.root, point, _unit(box, name), 2)[1] for name in box]
        square = sum((times(d, d) for d in slopes), ZERO)
        if goal.shown(value - square / (2 * m)):
            return True
        still = all(bool(d >= 0) and bool(d <= 0) for d in slopes)
        return still and bool(value >= 0) and self._elsewhere(others, {n: (x, x) for n, x in point.items()})

    def _more_convex(self, root: int, box: Sides, m: Any) -> bool:
        """The Hessian matrix minus m is positive definite all over the box (by elimination)."""
        names = list(box)
        size = len(names)
        second: dict[tuple[int, int], Number] = {}
        for i in range(size):
            for j in range(i + 1):
                along = {**_unit(box, names[i]), names[j]: ONE}
                second[i, j] = expand(self.table, root, _balls(box), along, 3)[2]
        rows = [
            [
                2 * second[i, i] - m if i == j else second[max(i, j), min(i, j)] - second[i, i] - second[j, j]
                for j in range(size)
            ]
            for i in range(size)
        ]
        for k in range(size):
            if not rows[k][k] > 0:
                return False
            for i in range(k + 1, size):
                factor = rows[i][k] / rows[k][k]
                for j in range(k + 1, size):
                    rows[i][j] = rows[i][j] - times(factor, rows[k][j])
        return True

    def _signs(self, goal: _Goal, box: Sides) -> bool:
        sign = _visible(self.table, goal.root, ranges(self.table, goal.root, box))
        return sign == 2 if goal.strict else sign >= 1


def _order(data: Any) -> int:
    if isinstance(data, bool) or not isinstance(data, int) or not 0 <= data <= MAX_ORDER:
        raise Rejected(f"an order is not a whole number from 0 to {MAX_ORDER}")
    return data


def _balls(box: Sides) -> dict[str, Number]:
    return {name: ball(low, high) for name, (low, high) in box.items()}


def _unit(box: Sides, axis: str) -> dict[str, Number]:
    return {name: ONE if name == axis else ZERO for name in box}


# Visible signs: 2 positive, 1 nonnegative, 0 unknown, -1 and -2 the opposite.


def _visible(table: Table, root: int, known: Mapping[int, Range]) -> int:
    signs: dict[int, int] = {}
    for place in table.below([root]):
        low, high = known[place]
        from_range = 2 if low > 0 else -2 if high < 0 else 1 if low >= 0 else -1 if high <= 0 else 0
        from_form = _from_form(table, place, signs)
        signs[place] = from_range if abs(from_range) >= abs(from_form) else from_form
    return signs[root]


def _from_form(table: Table, place: int, signs: Mapping[int, int]) -> int:
    node = table.nodes[place]
    parts = [signs[i] for i in node.parts]
    if node.head == "add":
        if min(parts) >= 0 and all(parts):
            return max(parts)
        return min(parts) if max(parts) <= 0 and all(parts) else 0
    if node.head == "mul":
        return _of_product(table, node.parts, signs)
    if node.head == "pow":
        if node.value % 2 == 0:
            return 2 if node.value <= 0 or abs(parts[0]) == 2 else 1
        return parts[0]
    if node.head in ("exp", "cosh"):
        return 2
    if node.head == "sqrt":
        return 1
    return parts[0] if node.head in _ODD else 0


def _of_product(table: Table, factors: Sequence[int], signs: Mapping[int, int]) -> int:
    found = [signs[i] for i in factors if signs[i]]
    unknown = [i for i in factors if not signs[i]]
    while unknown:
        first = _difference(table, unknown.pop())
        partner = next((i for i in unknown if first and _pairs(first, _difference(table, i))), None)
        if first is None or partner is None:
            return 0
        found.append(_pairs(first, _difference(table, partner)))
        unknown.remove(partner)
    sign = 2 if all(abs(x) == 2 for x in found) else 1
    return -sign if sum(x < 0 for x in found) % 2 else sign


def _pairs(first: tuple[int, int], second: tuple[int, int] | None) -> int:
    """The sign of the product of two differences of the same two things; 0 if they are others."""
    if second is None:
        return 0
    return 1 if first == second else -1 if first == (second[1], second[0]) else 0


def _difference(table: Table, place: int) -> tuple[int, int] | None:
    """(u, v) such that this sum of two has everywhere the sign of u - v, rising functions taken off."""
    node = table.nodes[place]
    if node.head != "add" or len(node.parts) != 2:
        return None
    (a, u), (b, v) = (_signed(table, i) for i in node.parts)
    if a == b:
        return None
    if a < 0:
        u, v = v, u
    while True:
        left, right = table.nodes[u], table.nodes[v]
        same = left.head == right.head and left.value == right.value
        if same and (left.head in _RISING or (left.head == "pow" and left.value > 0 and left.value % 2 == 1)):
            u, v = left.parts[0], right.parts[0]
        else:
            return u, v


def _signed(table: Table, place: int) -> tuple[int, int]:
    """(1, u) or (-1, u) for u and -u."""
    node = table.nodes[place]
    if node.head == "number" and node.value < 0:
        return -1, table.number(-node.value)
    if node.head == "mul":
        first = table.nodes[node.parts[0]]
        if first.head == "number" and first.value == -1:
            rest = node.parts[1:]
            return -1, rest[0] if len(rest) == 1 else table.node("mul", rest)
    return 1, place
