"""From a start in doubles to the simplest exact start that still certifies the violation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import permutations, product
from math import gcd
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ncverify.book.verdict import Evidence
from ncverify.evidence.certify import refutation
from ncverify.evidence.metrics import Metric
from ncverify.evidence.motion import Start
from ncverify.evidence.screening import Candidate, Question, expand, pulls
from ncverify.theory.groups import AbelianGroup

THRESHOLD: Final = 1e-6
"""A pull above this is worth a certificate; below it may be rounding noise."""

_DENOMINATORS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 20, 50, 100, 1000, 10**4, 10**6)
_FACTORS = (1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4, 4 / 5, 9 / 10)
_ROUNDS = 400
_FEW = 4  # levels up to which two of them are moved at once
_MOST_AUTOMORPHISMS = 20160  # the order of GL_4(2)


@dataclass(frozen=True)
class GridStart:
    """An exact start in free coordinates (s, then c): whole numbers over one denominator, in lowest terms."""

    denominator: int
    numerators: tuple[int, ...]

    @classmethod
    def reduced(cls, denominator: int, numerators: Sequence[int]) -> GridStart:
        """numerators/denominator in lowest terms."""
        common = gcd(denominator, *numerators)
        return cls(denominator // common, tuple(n // common for n in numerators))

    @property
    def values(self) -> tuple[Fraction, ...]:
        """The numbers."""
        return tuple(Fraction(n, self.denominator) for n in self.numerators)

    @property
    def complexity(self) -> tuple[Any, ...]:
        """What makes a start simple, first things first.

        The common denominator, how many different values, the size of the whole numbers, their order.
        """
        numbers = self.numerators
        return (self.denominator, len(set(numbers)), sum(numbers), tuple(-n for n in numbers))


@dataclass(frozen=True)
class Shrinker:
    """Rounds, certifies and shrinks starts of one question.

    ``imbalance``: the exact c_a for the nonzero characters if they are fixed.
    """

    question: Question
    metric: Metric
    imbalance: tuple[Fraction, ...] | None

    def certified(self, found: Candidate) -> GridStart | None:
        """The roundest start near ``found`` that certifies a violation, if one does."""
        rounded = list(dict.fromkeys(self._round(found.values, q) for q in _DENOMINATORS))
        return self._first(rounded)

    def refutes(self, start: GridStart) -> Evidence | None:
        """Evidence of the violation at this start."""
        return refutation(self.metric, self.question.motion, self.start(start.values))

    def start(self, values: Sequence[Fraction]) -> Start:
        """The exact start with these free coordinates."""
        group, modes = self.question.motion.group, self._modes
        s = tuple(expand(group, values[:modes]))
        if not self.question.motion.unbalanced:
            return Start(s)
        return Start(s, self.imbalance or tuple(expand(group, values[modes:])))

    def shrink(self, start: GridStart) -> GridStart:
        """A simpler start that certifies, by steps each of which certifies; then the canonical image."""
        best = start
        for _ in range(_ROUNDS):
            size = best.complexity
            simpler = {other: other.complexity for other in self._neighbours(best)}
            other = self._first(sorted((x for x in simpler if simpler[x] < size), key=simpler.__getitem__))
            if other is None:
                break
            best = other
        image = self.canonical(best)
        return image if self.refutes(image) is not None else best

    def canonical(self, start: GridStart) -> GridStart:
        """The lexicographically largest image under automorphisms of the group."""
        if not self.metric.symmetric or self.imbalance is not None:
            return start
        table, modes = _automorphisms(self.question.motion.group), self._modes
        numbers = sorted(set(start.numerators))
        ranks = np.array([numbers.index(n) for n in start.numerators])
        parts = [ranks[first : first + modes][table] for first in range(0, len(ranks), modes)]
        images = np.concatenate(parts, axis=1)
        best = images[np.lexsort(images.T[::-1])[-1]]
        return GridStart(start.denominator, tuple(numbers[i] for i in best))

    @property
    def _modes(self) -> int:
        return len(self.question.motion.group.sign_classes) - 1

    def _first(self, starts: Sequence[GridStart]) -> GridStart | None:
        """The first that certifies; doubles say which are worth trying."""
        if not starts:
            return None
        columns = np.array([start.numerators for start in starts], dtype=np.float64).T
        columns = columns / np.array([start.denominator for start in starts], dtype=np.float64)
        likely = pulls(self.question, np.ascontiguousarray(columns)) > THRESHOLD
        for start, worth in zip(starts, likely.tolist(), strict=True):
            if worth and self.refutes(start) is not None:
                return start
        return None

    def _round(self, values: Sequence[float], denominator: int) -> GridStart:
        """The nearest start with this denominator and s > 0, c >= 0."""
        modes = self._modes
        return GridStart.reduced(
            denominator,
            [max(round(x * denominator), 1 if i < modes else 0) for i, x in enumerate(values)],
        )

    def _neighbours(self, start: GridStart) -> Iterator[GridStart]:
        """Starts that differ by one move: coarser or smaller, a value moved, one or two levels moved."""
        q, numbers, modes = start.denominator, start.numerators, self._modes
        yield GridStart(1, numbers)
        doubles = [n / q for n in numbers]
        yield from (self._round(doubles, other) for other in _DENOMINATORS if other < q)
        yield from (self._round([x * factor for x in doubles], q) for factor in _FACTORS)
        for first in range(0, len(numbers), modes):
            part = numbers[first : first + modes]
            for moved in _moves(part, lowest=0 if first else 1):
                yield GridStart.reduced(q, (*numbers[:first], *moved, *numbers[first + modes :]))


def _moves(part: tuple[int, ...], *, lowest: int) -> Iterator[tuple[int, ...]]:
    levels = sorted(set(part))
    targets = {n: _targets(n, levels, lowest) for n in levels}
    for i, n in enumerate(part):
        for new in targets[n]:
            yield (*part[:i], new, *part[i + 1 :])
    for old in levels:
        for new in targets[old]:
            yield tuple(new if n == old else n for n in part)
    if len(levels) > _FEW:
        return
    for old, other in permutations(levels, 2):
        for down, up in product((1, 2, 3), (-2, -1, 1, 2)):
            image = {old: old - down, other: other + up}
            if min(image.values()) >= lowest:
                yield tuple(image.get(n, n) for n in part)


def _targets(n: int, levels: Sequence[int], lowest: int) -> list[int]:
    """Where one number may go."""
    wanted = {n - 1, n + 1, n - 2, n // 2, 3 * n // 4, lowest, *levels}
    return sorted(x for x in wanted if x >= lowest and x != n)


@lru_cache(maxsize=8)
def _automorphisms(group: AbelianGroup) -> npt.NDArray[np.intp]:
    """Rows i -> image of pair number i under automorphisms of the group (acting on characters).

    All of GL_m(2) for Z_2^m with m <= 4; else multiplication of each coordinate by a unit, and only the
    identity where these are too many.
    """
    place = {a: i for i, orbit in enumerate(group.sign_classes[1:]) for a in orbit}
    pairs = [orbit[0] for orbit in group.sign_classes[1:]]
    return np.array([[place[image(a)] for a in pairs] for image in _maps(group)], dtype=np.intp)


def _maps(group: AbelianGroup) -> Iterator[Callable[[int], int]]:
    m = len(group.orders)
    if group.is_walsh and m <= 4:
        for basis in permutations(range(1, group.order), m):
            images = [0]
            for b in basis:  # images[a] = sum of basis vectors over the bits of a
                images += [x ^ b for x in images]
            if len(set(images)) == group.order:
                yield images.__getitem__
        return
    units = [[u for u in range(1, n) if gcd(u, n) == 1] for n in group.orders]
    count = 1
    for choices in units:
        count *= len(choices)
    if count > _MOST_AUTOMORPHISMS:
        yield lambda a: a
        return
    for factors in product(*units):

        def scaled(a: int, factors: tuple[int, ...] = factors) -> int:
            return group.index([x * u for x, u in zip(group.digits(a), factors, strict=True)])

        yield scaled
