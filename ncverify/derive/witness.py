"""Searching rational points: simple ones first, then pseudo-random ones, in a fixed order.

The search is a heuristic; what it returns is proved by the balls of its test.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import islice, product
from typing import Final, TypeAlias

from ncverify.theory.expr import Expr, Number, postorder

Point: TypeAlias = dict[str, Fraction]
Bounds: TypeAlias = Mapping[str, tuple[Fraction | None, Fraction | None]]
Test: TypeAlias = Callable[[Mapping[str, Fraction], int], bool]

PRECISIONS: Final = (64, 256, 1024, 4096, 16384, 65536)
"""Working precisions in bits, tried in this order."""

_RETRIED: Final = 12  # points that are tried again at each higher precision


def simple_rationals() -> tuple[Fraction, ...]:
    """0, 1, -1, 2, -2, 1/2, -1/2, ...: rationals of small height, simplest first."""
    found = {Fraction(sign * p, q) for p in range(10) for q in range(1, 8) for sign in (1, -1) if p + q <= 12}
    return tuple(sorted(found, key=simplicity))


def simplicity(x: Fraction) -> tuple[int, int, bool]:
    """A key that sorts rationals from simple to complicated."""
    size = abs(x.numerator) + x.denominator
    return (size, x.denominator, x < 0)


def simplest_between(lower: Fraction, upper: Fraction) -> Fraction:
    """The rational of smallest denominator strictly between two rationals (Stern-Brocot)."""
    whole = lower.numerator // lower.denominator
    if whole + 1 < upper:
        return Fraction(0) if lower < 0 < upper else Fraction(whole + 1 if lower >= 0 else _last_below(upper))
    rest_low, rest_high = lower - whole, upper - whole
    if rest_low == 0:
        # between 0 and rest_high <= 1: 1/n with the least n such that 1/n < rest_high
        return whole + Fraction(1, rest_high.denominator // rest_high.numerator + 1)
    return whole + 1 / simplest_between(1 / rest_high, 1 / rest_low)


def _last_below(upper: Fraction) -> int:
    return -((-upper.numerator) // upper.denominator) - 1


def pool(bounds: tuple[Fraction | None, Fraction | None], scales: Sequence[Fraction]) -> list[Fraction]:
    """Values to try for one symbol, within its bounds, simplest first; ``scales`` are numbers of interest."""
    lower, upper = bounds
    values = set(simple_rationals())
    for v in scales:
        values.update((v, -v, 2 * v, v / 2, v + 1, v - 1))
    if lower is not None and upper is not None and lower < upper:
        width = upper - lower
        values.add(simplest_between(lower, upper))
        values.update(lower + width * Fraction(k, 8) for k in range(1, 8))
    for end in (lower, upper):
        if end is not None:
            values.update(end + step for step in map(Fraction, (1, -1, 2, -2, 10, -10)))
            values.update((end + Fraction(1, 2), end - Fraction(1, 2), 2 * end, end / 2))
    inside = (v for v in values if (lower is None or v > lower) and (upper is None or v < upper))
    return sorted(inside, key=simplicity)


def scales_in(exprs: Sequence[Expr]) -> list[Fraction]:
    """The numbers that occur in expressions and are not small: thresholds worth trying."""
    found = {abs(node.value) for node in postorder(*exprs) if isinstance(node, Number)}
    return sorted(v for v in found if v not in (0, 1, 2))[:20]


def candidates(
    symbols: Sequence[str], bounds: Bounds, scales: Sequence[Fraction], seed: int
) -> Iterator[Point]:
    """Points to try, without end unless there are no symbols."""
    if not symbols:
        yield {}
        return
    pools = [pool(bounds.get(name, (None, None)), scales) for name in symbols]
    if not all(pools):
        return
    n = len(symbols)

    def pick(indices: Sequence[int]) -> Point:
        return {name: own[i % len(own)] for name, own, i in zip(symbols, pools, indices, strict=True)}

    for i in range(5):
        yield pick([i] * n)
    for order in (1, -1):
        for shift in (1, 0):
            ranks = [Fraction(i + shift) for i in range(n)][::order]
            yield dict(zip(symbols, ranks, strict=True))
            yield dict(zip(symbols, (rank / (n + 1) for rank in ranks), strict=True))
            yield dict(zip(symbols, (-rank for rank in ranks), strict=True))
    for shift in range(4):
        yield pick([i + shift for i in range(n)])
    depth = {1: 400, 2: 14, 3: 6, 4: 4}.get(n, 0)
    yield from map(pick, sorted(product(range(depth), repeat=n), key=lambda i: (sum(i), i)))
    choose = random.Random(seed)
    while True:
        reach = choose.choice((4, 12, 60))
        yield pick([choose.randrange(reach) for _ in symbols])


def search(
    symbols: Sequence[str],
    bounds: Bounds,
    scales: Sequence[Fraction],
    test: Test,
    *,
    tries: int,
    seed: int,
    retry: Callable[[Mapping[str, Fraction]], bool] = lambda point: True,
) -> tuple[Point, int] | None:
    """The simplest point found that passes ``test(point, bits)``, and the precision that it took.

    All candidates are tried at the lowest precision; the first few that ``retry`` accepts are tried
    again at higher ones.
    """
    again: list[Point] = []
    for point in islice(candidates(symbols, bounds, scales, seed), tries):
        if test(point, PRECISIONS[0]):
            return _shrunk(point, symbols, test, PRECISIONS[0], tries), PRECISIONS[0]
        if len(again) < _RETRIED and retry(point):
            again.append(point)
    for bits in PRECISIONS[1:]:
        for point in again:
            if test(point, bits):
                return _shrunk(point, symbols, test, bits, tries // 4), bits
    return None


def _shrunk(point: Point, symbols: Sequence[str], test: Test, bits: int, tries: int) -> Point:
    """A simpler passing point: one coordinate at a time is replaced by a simpler value that still passes."""
    left = tries
    for name in symbols:
        for value in simple_rationals():
            if left <= 0 or simplicity(value) >= simplicity(point[name]):
                break
            left -= 1
            simpler = {**point, name: value}
            if test(simpler, bits):
                point = simpler
                break
    return point
