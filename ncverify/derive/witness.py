"""Searching rational points: simple ones first, then pseudo-random ones, in a fixed order.

The search is a heuristic; what it returns is proved by the balls of its test.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import islice, product
from typing import Final, TypeAlias

from ncverify.theory.expr import Expr, Number, postorder

Point: TypeAlias = dict[str, Fraction]
Bounds: TypeAlias = Mapping[str, tuple[Fraction | None, Fraction | None]]
Test: TypeAlias = Callable[[Mapping[str, Fraction], int], bool]

PRECISIONS: Final = (64, 256, 1024, 4096, 16384, 65536)
"""Working precisions in bits, tried in this order."""

MOST_BITS: Final = 1 << 17
"""For two numbers without variables, where there is one point only; the second checker goes as far."""

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


def pools(
    bounds: tuple[Fraction | None, Fraction | None], scales: Sequence[Fraction]
) -> tuple[list[Fraction], list[Fraction]]:
    """Values to try for one symbol, within its bounds: simple ones, and ones near numbers of interest."""
    lower, upper = bounds
    simple, special = list(simple_rationals()), []
    for v in [*scales, *(end for end in bounds if end is not None)]:
        for part in (Fraction(1), Fraction(2, 3), Fraction(1, 2), Fraction(1, 4), Fraction(2), Fraction(10)):
            special += [v * part, -v * part]
        special += [v + 1, v - 1, v + Fraction(1, 2), v - Fraction(1, 2), v + 10, v - 10, v * v]
    special += [Fraction(10**k) for k in (1, 2, 3)] + [Fraction(1, 10**k) for k in (1, 2, 3)]
    if lower is not None and upper is not None and lower < upper:
        special += [simplest_between(lower, upper)]
        special += [lower + (upper - lower) * Fraction(k, 8) for k in range(1, 8)]

    def inside(values: Iterable[Fraction]) -> list[Fraction]:
        found = (v for v in values if (lower is None or v > lower) and (upper is None or v < upper))
        return list(dict.fromkeys(found))

    return inside(simple), sorted(inside(special), key=simplicity)


def scales_in(exprs: Sequence[Expr]) -> list[Fraction]:
    """The numbers that occur in expressions and are not small: thresholds worth trying."""
    found = {abs(node.value) for node in postorder(*exprs) if isinstance(node, Number)}
    return sorted(v for v in found if v not in (0, 1, 2))[:20]


def candidates(
    symbols: Sequence[str], bounds: Bounds, scales: Sequence[Fraction], seed: int
) -> Iterator[Point]:
    """Points to try, simple ones first; without end unless there are no symbols or no values for one."""
    if not symbols:
        yield {}
        return
    simple, special = zip(*(pools(bounds.get(name, (None, None)), scales) for name in symbols), strict=True)
    if not all(a or b for a, b in zip(simple, special, strict=True)):
        return
    n = len(symbols)
    own = [a or b for a, b in zip(simple, special, strict=True)]

    def pick(values: Sequence[Sequence[Fraction]], indices: Sequence[int]) -> Point:
        return {name: v[i % len(v)] for name, v, i in zip(symbols, values, indices, strict=True)}

    for i in range(5):
        yield pick(own, [i] * n)
    for order in (1, -1):
        for shift in (1, 0):
            ranks = [Fraction(i + shift) for i in range(n)][::order]
            yield dict(zip(symbols, ranks, strict=True))
            yield dict(zip(symbols, (rank / (n + 1) for rank in ranks), strict=True))
            yield dict(zip(symbols, (-rank for rank in ranks), strict=True))
    for shift in range(4):
        yield pick(own, [i + shift for i in range(n)])
    depth = {1: 40, 2: 10, 3: 5, 4: 3}.get(n, 0)
    for indices in sorted(product(range(depth), repeat=n), key=lambda i: (sum(i), i)):
        yield pick(own, indices)
    far = [b or a for a, b in zip(simple, special, strict=True)]
    for i in range(min(60, max(map(len, far)))):
        yield pick(far, [i] * n)
    choose = random.Random(seed)
    while True:
        reach = choose.choice((4, 12, 200))
        mixed = [choose.choice(pair) for pair in zip(own, far, strict=True)]
        yield pick(mixed, [choose.randrange(reach) for _ in symbols])


def search(
    symbols: Sequence[str],
    bounds: Bounds,
    scales: Sequence[Fraction],
    test: Test,
    *,
    tries: int,
    seed: int,
    rank: Callable[[Mapping[str, Fraction]], int | None] = lambda point: 0,
) -> tuple[Point, int] | None:
    """The simplest point found that passes ``test(point, bits)``, and the precision that it took.

    All candidates are tried at the lowest precision, then some again at higher ones: those that
    ``rank`` gives 0, in the order of the search, then those it gives 1; never those it gives None.
    """
    again: dict[int, list[Point]] = {0: [], 1: []}
    for point in islice(candidates(symbols, bounds, scales, seed), tries):
        if test(point, PRECISIONS[0]):
            return _shrunk(point, symbols, test, PRECISIONS[0], tries), PRECISIONS[0]
        if len(again[0]) < _RETRIED and (place := rank(point)) is not None:
            again[place].append(point)
    retried = [*again[0], *again[1]][: min(_RETRIED, max(2, tries // 40))]
    for bits in PRECISIONS[1:] if symbols else (*PRECISIONS[1:], MOST_BITS):
        for point in retried:
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
