"""Branch and bound: cover a box with leaves that show a fact, or find an exact point where all facts fail."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from heapq import heappop, heappush
from itertools import product
from math import inf
from typing import Any, Final

import numpy as np

from ncverify.cover import forms
from ncverify.cover.forms import Fact, Leaf, centre, point
from ncverify.cover.intervals import Interval
from ncverify.cover.jets import Box, as_float
from ncverify.cover.numbers import Number, to_ball

BITS: Final = 64
_HOPELESS = 200  # boxes to look at for a witness where no cover exists: the goal has no value at a point
_POINT_BITS = (128, 1024)
_DEEPEST = 60  # halvings of one box; then it is left
_SIMPLE = 64  # largest denominator of a point at which f may touch 0
_CORNERS = 6  # variables up to which all corners of the box are tried


@dataclass(frozen=True)
class Cover:
    """A box split until a leaf shows one of the facts on each part.

    ``tree``: nodes in preorder (docs/certificates.md, "Covers"); ``inside``: an exact point at which every
    fact but the first certainly fails, so that the first is not vacuous.
    """

    tree: tuple[list[Any], ...]
    bits: int
    boxes: int
    leaves: dict[str, int]
    inside: tuple[Fraction, ...] | None


@dataclass(frozen=True)
class Witness:
    """An exact point at which every fact certainly fails, and what the first f is there."""

    point: tuple[Fraction, ...]
    value: Interval
    bits: int


@dataclass(frozen=True)
class Left:
    """What was not settled: the open boxes, the largest first.

    ``undefined``: a point that certainly lies in the region and at which the goal has no value, so that no
    cover exists; else None.
    """

    boxes: tuple[Box, ...]
    looked_at: int
    undefined: tuple[Fraction, ...] | None = None


@dataclass
class _Node:
    box: Box
    depth: int = 0
    leaf: Leaf | None = None
    split: list[Any] | None = None
    children: list[_Node] = field(default_factory=list)


class Search:
    """One search.  ``facts``: at every point of the box one of them is to hold; the first is the goal."""

    def __init__(self, facts: Sequence[Fact], box: Box, budget: int) -> None:
        self.goal, self.others = facts[0], tuple(facts[1:])
        self.budget = budget
        self._root = _Node(box)
        self._widths = [high - low for low, high in box]
        self._touching: set[tuple[int, Fraction]] = set()  # values of variables where f may touch 0
        self._inside: tuple[Fraction, ...] | None = None
        self._undefined: tuple[Fraction, ...] | None = None
        self._bits = BITS

    def run(self) -> Cover | Witness | Left:
        """Boxes with the smallest values of f come first: a witness is there if anywhere."""
        for probe in _probes(self._root.box):
            found = self._look(probe)
            if found is not None:
                return found
        heap: list[tuple[float, int, _Node]] = [(0.0, 0, self._root)]
        count, left = 0, []
        while heap:
            if count >= (self.budget if self._undefined is None else min(self.budget, _HOPELESS)):
                left += [node for _, _, node in heap]
                break
            _, _, node = heappop(heap)
            count += 1
            settled = self._settle(node)
            if isinstance(settled, Witness):
                return settled
            if settled:
                continue
            if node.depth >= _DEEPEST * len(node.box) or all(low == high for low, high in node.box):
                left.append(node)
                continue
            self._divide(node)
            for number, child in enumerate(node.children):
                heappush(heap, (self._least(child), 2 * count + number, child))
        if left:
            boxes = sorted((node.box for node in left), key=_volume, reverse=True)
            return Left(tuple(boxes), count, self._undefined)
        tree = tuple(_preorder(self._root))
        kinds: dict[str, int] = {}
        for item in tree:
            if item[0] not in ("split", "lower", "upper"):
                kinds[item[0]] = kinds.get(item[0], 0) + 1
        return Cover(tree, self._bits, sum(kinds.values()), kinds, self._inside)

    def _settle(self, node: _Node) -> bool | Witness:
        box, bits = node.box, BITS + 2 * node.depth
        found = self._look([x for x, _ in centre(box)])
        if found is not None:
            return found
        for number, fact in enumerate((self.goal, *self.others)):
            node.leaf = forms.direct(fact, box, bits, number)
            if node.leaf is not None:
                return self._done(bits)
        node.leaf = self._leaf(box, self.others, bits)
        if node.leaf is not None:
            return self._done(bits)
        return (
            self._by_monotonicity(node, bits) or self._by_convexity(node, bits) or self._outside(node, bits)
        )

    def _leaf(self, box: Box, others: Sequence[Fact], bits: int) -> Leaf | None:
        leaf = forms.signs(self.goal, box, bits, 0) or forms.taylor(self.goal, box, bits, 0)
        for axis, (low, high) in enumerate(box):
            for upper, end in ((False, low), (True, high)):
                if leaf is None and low < high and (axis, end) in self._touching:
                    leaf = forms.contact(self.goal, others, box, bits, axis, upper)
        return leaf

    def _outside(self, node: _Node, bits: int) -> bool:
        for number, fact in enumerate(self.others, 1):
            node.leaf = forms.taylor(fact, node.box, bits, number)
            if node.leaf is not None:
                return self._done(bits)
        return False

    def _by_monotonicity(self, node: _Node, bits: int) -> bool:
        """Go to the face on which f is least, if that settles the box."""
        slopes = forms.slopes(self.goal, node.box, bits)
        if slopes is None:
            return False
        box, steps = node.box, []
        for axis, slope in enumerate(slopes):
            low, high = box[axis]
            sign = 1 if slope >= 0 else -1 if slope <= 0 else 0
            if low < high and sign:
                box = (*box[:axis], (low, low) if sign > 0 else (high, high), *box[axis + 1 :])
                steps.append(["lower" if sign > 0 else "upper", self.goal.names[axis]])
        if not steps:
            return False
        # The face may lie outside the region: there the goal itself must hold.
        leaf = forms.direct(self.goal, box, bits, 0) or self._leaf(box, (), bits)
        if leaf is None:
            return False
        inner = node
        for step in steps:
            inner.split = step
            inner.children = [_Node(box)]
            inner = inner.children[0]
        inner.leaf = leaf
        return self._done(bits)

    def _by_convexity(self, node: _Node, bits: int) -> bool | Witness:
        points = self._lowest(node.box, bits)
        for candidate in points:
            found = self._look(candidate)
            if found is not None:
                return found
        node.leaf = forms.convex(self.goal, self.others, node.box, bits, points)
        return node.leaf is not None and self._done(bits)

    def _done(self, bits: int) -> bool:
        self._bits = max(self._bits, bits)
        return True

    def _lowest(self, box: Box, bits: int) -> list[tuple[Fraction, ...]]:
        """Where f may be least in the box: Newton's point, and a simple point near it."""
        middle = centre(box)
        slopes = forms.slopes(self.goal, middle, bits)
        hessian = forms.hessian_matrix(self.goal, middle, bits)
        if slopes is None or hessian is None:
            return []
        g = np.array([as_float(x) for x in slopes])
        h = np.array([[as_float(x) for x in row] for row in hessian])
        try:
            step = np.linalg.solve(h, -g)
        except np.linalg.LinAlgError:
            return []
        if not np.isfinite(step).all():
            return []
        newton, simple = [], []
        for (x, _), d, (low, high) in zip(middle, step.tolist(), box, strict=True):
            moved = min(max(x + Fraction(d), low), high)
            unit = Fraction(1, 1 << 40) * (high - low)
            newton.append(min(max(round(moved / unit) * unit, low), high) if unit else low)
            simple.append(min(max(moved.limit_denominator(_SIMPLE), low), high))
        for axis, x in enumerate(simple):
            if box[axis][0] < x < box[axis][1] and self._touches(simple):
                self._touching.add((axis, x))
        return [tuple(simple), tuple(newton)]

    def _touches(self, values: Sequence[Fraction]) -> bool:
        value = self.goal.over(point(values), BITS)
        return value is not None and all(map(forms.is_zero, value))

    def _look(self, values: Sequence[Fraction]) -> Witness | None:
        """A witness, if every fact fails at this point; notes points at which the goal is in question."""
        there = point(values)
        facts = (self.goal, *self.others)
        for bits in _POINT_BITS:
            found = [fact.over(there, bits) for fact in facts]
            goal = found[0]
            if goal is None:
                if bits == _POINT_BITS[-1] and all(
                    x is not None and f.fails_by(x[1]) for f, x in zip(self.others, found[1:], strict=True)
                ):
                    self._undefined = self._undefined or tuple(values)
                continue
            fails = [x is not None and f.fails_by(x[1]) for f, x in zip(facts, found, strict=True)]
            if all(fails[1:]):
                self._inside = self._inside or tuple(values)
            if all(map(forms.is_zero, goal)):
                self._touching |= set(enumerate(values))
            if all(fails):
                return Witness(tuple(values), goal, bits)
            if any(x is not None and f.shown_by(x[0]) for f, x in zip(facts, found, strict=True)):
                return None
        return None

    def _least(self, node: _Node) -> float:
        value = self.goal.over(node.box, BITS)
        return -inf if value is None else as_float(value[0])

    def _divide(self, node: _Node) -> None:
        axis = self._axis(node)
        low, high = node.box[axis]
        inner = [x for a, x in self._touching if a == axis and low < x < high]
        cut = min(inner) if inner else _simple_between(low, high)
        node.split = ["split", self.goal.names[axis], str(cut)]
        for part in ((low, cut), (cut, high)):
            box = (*node.box[:axis], part, *node.box[axis + 1 :])
            node.children.append(_Node(box, node.depth + 1))

    def _axis(self, node: _Node) -> int:
        """The variable that moves f most, or at every third level the widest one."""
        shares = [
            float((high - low) / width) if width else 0.0
            for (low, high), width in zip(node.box, self._widths, strict=True)
        ]
        weights = shares
        if node.depth % 3 and len(node.box) > 1:
            slopes = forms.slopes(self.goal, node.box, BITS)
            if slopes is not None:
                moves = [
                    abs(_farthest(slope)) * float(high - low)
                    for slope, (low, high) in zip(slopes, node.box, strict=True)
                ]
                weights = moves if any(moves) else shares
        return max(range(len(weights)), key=weights.__getitem__)


def _farthest(x: Number) -> float:
    """A bound for the absolute value, as a double."""
    return as_float(to_ball(x).abs_upper())


def _probes(box: Box) -> Iterator[Sequence[Fraction]]:
    """The middle, the middles of the faces, and the corners."""
    middle = [x for x, _ in centre(box)]
    yield middle
    for axis, ends in enumerate(box):
        for end in ends:
            yield [*middle[:axis], end, *middle[axis + 1 :]]
    if 1 < len(box) <= _CORNERS:
        yield from product(*box)


def _simple_between(low: Fraction, high: Fraction) -> Fraction:
    """A dyadic number with few digits near the middle."""
    width = high - low
    denominator = 1
    while denominator * width < 8:
        denominator *= 2
    return Fraction(round((low + high) / 2 * denominator), denominator)


def _volume(box: Box) -> Fraction:
    volume = Fraction(1)
    for low, high in box:
        volume *= high - low
    return volume


def _preorder(root: _Node) -> Iterator[list[Any]]:
    stack = [root]
    while stack:
        node = stack.pop()
        if node.leaf is not None:
            yield node.leaf
        else:
            yield node.split or []
            stack += reversed(node.children)
