"""From a start in doubles to the simplest exact start that still certifies the violation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import permutations, product
from math import gcd, lcm
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
_ROUNDS = 400
_MOST_AUTOMORPHISMS = 20160  # the order of GL_4(2)

Values = tuple[Fraction, ...]


@dataclass(frozen=True)
class Shrinker:
    """Rounds, certifies and shrinks starts of one question.

    ``imbalance``: the exact c_a for the nonzero characters if they are fixed.
    """

    question: Question
    metric: Metric
    imbalance: Values | None

    def certified(self, found: Candidate) -> Values | None:
        """The roundest start near ``found`` that certifies a violation, if one does."""
        rounded = list(dict.fromkeys(self._rounded(found.values)))
        for values, pull in zip(rounded, self._pulls(rounded), strict=True):
            if pull > THRESHOLD and self.refutes(values) is not None:
                return values
        return None

    def refutes(self, values: Values) -> Evidence | None:
        """Evidence of the violation at this start in free coordinates."""
        return refutation(self.metric, self.question.motion, self.start(values))

    def start(self, values: Values) -> Start:
        """The exact start with these free coordinates."""
        group, modes = self.question.motion.group, self._modes
        s: Any = tuple(expand(group, values[:modes]))
        if not self.question.motion.unbalanced:
            return Start(s)
        c: Any = self.imbalance if self.imbalance is not None else tuple(expand(group, values[modes:]))
        return Start(s, c)

    def shrink(self, values: Values) -> Values:
        """A simpler start that certifies, by steps each of which certifies; then the canonical image."""
        best = values
        for _ in range(_ROUNDS):
            size = complexity(best)
            simpler = {other: complexity(other) for other in self._neighbours(best)}
            ordered = sorted((other for other in simpler if simpler[other] < size), key=lambda v: simpler[v])
            for other, pull in zip(ordered, self._pulls(ordered), strict=True):
                if pull > THRESHOLD and self.refutes(other) is not None:
                    best = other
                    break
            else:
                break
        image = self.canonical(best)
        return image if self.refutes(image) is not None else best

    def canonical(self, values: Values) -> Values:
        """The lexicographically largest image under automorphisms of the group."""
        if not self.metric.symmetric or self.imbalance is not None:
            return values
        group, modes = self.question.motion.group, self._modes
        table = _automorphisms(group)
        unique = sorted(set(values))
        ranks = np.array([unique.index(v) for v in values])
        images = ranks[:modes][table]
        if len(values) > modes:
            images = np.concatenate([images, ranks[modes:][table]], axis=1)
        best = images[np.lexsort(images.T[::-1])[-1]]
        return tuple(unique[i] for i in best)

    @property
    def _modes(self) -> int:
        return len(self.question.motion.group.sign_classes) - 1

    def _pulls(self, starts: Sequence[Values]) -> list[float]:
        if not starts:
            return []
        columns = np.array([[float(x) for x in values] for values in starts]).T
        out: list[float] = pulls(self.question, np.ascontiguousarray(columns)).tolist()
        return out

    def _rounded(self, values: Sequence[float]) -> Iterator[Values]:
        for q in _DENOMINATORS:
            yield tuple(
                Fraction(max(round(x * q), 1 if i < self._modes else 0), q) for i, x in enumerate(values)
            )

    def _neighbours(self, values: Values) -> Iterator[Values]:
        """Starts that differ by one move: coarser, a value moved, a level moved, two levels moved."""
        modes = self._modes
        for q in _DENOMINATORS:
            yield tuple(Fraction(max(round(x * q), 1 if i < modes else 0), q) for i, x in enumerate(values))
        unit = Fraction(1, lcm(*(x.denominator for x in values)))
        for factor in (Fraction(n, d) for n, d in ((1, 4), (1, 3), (1, 2), (2, 3), (3, 4), (4, 5), (9, 10))):
            yield self._on_grid([x * factor for x in values], unit)
        for part in ([*range(modes)], [*range(modes, len(values))]):
            levels = sorted({values[i] for i in part})
            for i in part:
                for new in self._targets(values[i], levels, unit, positive=i < modes):
                    yield (*values[:i], new, *values[i + 1 :])
            moves = {x: [*self._targets(x, levels, unit, positive=part[0] < modes)] for x in levels}
            for old, targets in moves.items():
                for new in targets:
                    yield tuple(new if i in part and x == old else x for i, x in enumerate(values))
            if len(levels) <= 4:
                yield from _two_levels(values, part, levels, unit, positive=bool(part) and part[0] < modes)

    def _on_grid(self, values: Sequence[Fraction], unit: Fraction) -> Values:
        return tuple(max(round(x / unit), 1 if i < self._modes else 0) * unit for i, x in enumerate(values))

    @staticmethod
    def _targets(
        value: Fraction, levels: Sequence[Fraction], unit: Fraction, *, positive: bool
    ) -> Iterable[Fraction]:
        lowest = unit if positive else Fraction(0)
        steps = {value - unit, value + unit, value - 2 * unit, lowest}
        steps |= {unit * round(value * factor / unit) for factor in (Fraction(1, 2), Fraction(3, 4))}
        return sorted(x for x in {*steps, *levels} if x >= lowest and x != value)


def _two_levels(
    values: Values, part: Sequence[int], levels: Sequence[Fraction], unit: Fraction, *, positive: bool
) -> Iterator[Values]:
    lowest = unit if positive else Fraction(0)
    for old, other in permutations(levels, 2):
        for down, up in product((1, 2, 3), (-2, -1, 1, 2)):
            new = {old: old - down * unit, other: other + up * unit}
            if min(new.values()) >= lowest:
                yield tuple(new.get(x, x) if i in part else x for i, x in enumerate(values))


def complexity(values: Values) -> tuple[Any, ...]:
    """What makes a start simple, first things first.

    The common denominator, the number of different values, the size of the integers, the order.
    """
    denominator = lcm(*(x.denominator for x in values))
    numerators = [int(x * denominator) for x in values]
    return (denominator, len(set(values)), sum(numerators), tuple(-x for x in numerators))


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
