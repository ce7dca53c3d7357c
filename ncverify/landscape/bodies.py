"""Critical points as certificate bodies: what ``ncverify.replay`` needs to find them again.

The formats are ``critical-points``, ``critical-families`` and ``walsh-points`` of docs/certificates.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from flint import arb

from ncverify.landscape.points import CriticalPoint
from ncverify.landscape.problem import Problem
from ncverify.landscape.squared import Family
from ncverify.landscape.walsh import WalshPoint
from ncverify.theory.balls import exact_interval

_DECIMALS = 40


def points_body(
    problem: Problem,
    points: Sequence[CriticalPoint],
    *,
    below: Sequence[tuple[int, int]] = (),
    euler: bool = False,
    complete: bool = False,
) -> dict[str, Any]:
    """The body ``critical-points`` (docs/certificates.md) of points of one problem.

    ``below``: pairs (i, j) with a certainly lower value of i; ``euler``: the Morse identity holds in every
    width.
    """
    return {
        "kind": "critical-points",
        "problem": problem.to_json(),
        "points": [_point(point) for point in points],
        "below": [list(pair) for pair in below],
        "euler": euler,
        "complete": complete,
        "bits": max(point.bits for point in points) + 64,
    }


def families_body(problem: Problem, families: Sequence[Family]) -> dict[str, Any]:
    """The body ``critical-families`` (docs/certificates.md) of a squared-error problem."""
    return {
        "kind": "critical-families",
        "problem": problem.to_json(),
        "families": [
            {
                "modes": family.modes,
                "mean": family.mean,
                "rank": family.rank,
                "index": family.index,
                "escapes": family.escapes,
                "dimension": family.dimension,
                "value": _interval(family.value),
            }
            for family in families
        ],
        "euler": True,
        "bits": max(family.bits for family in families) + 64,
    }


def walsh_body(points: Sequence[WalshPoint], *, complete: bool) -> dict[str, Any]:
    """The body ``walsh-points``; indices for K <= 8 (the second program uses the whole Hessian)."""
    first = points[0]
    return {
        "kind": "walsh-points",
        "factors": len(first.group.orders),
        "mu_squared": str(first.mu_squared),
        "width": first.width,
        "complete": complete,
        "bits": first.bits + 64,
        "points": [
            {
                "support": list(point.support),
                "orbit": point.orbit,
                "center": [_exact(x) for x in point.center],
                "radius": _exact(point.radius),
                "exists": point.exists,
                "index": point.index if point.group.order <= 8 else None,
                "escapes": point.escapes,
                "value": None if point.value is None else _interval(point.value),
            }
            for point in points
        ],
    }


def _point(point: CriticalPoint) -> dict[str, Any]:
    zero = point.zero
    return {
        "rank": point.rank,
        "pivots": [] if zero is None else list(zero.chart.pivots),
        "center": [] if zero is None else [_exact(x) for x in zero.center],
        "radius": "1" if zero is None else _exact(zero.radius),
        "index": point.index,
        "escapes": point.escapes,
        "copies": point.copies,
        "value": _interval(point.value),
    }


def _exact(x: arb) -> str:
    return str(exact_interval(x)[0])


def _interval(value: arb) -> list[str]:
    low, high = exact_interval(value)
    scale = 10**_DECIMALS
    return [str(Fraction(low * scale // 1 - 1, scale)), str(Fraction(-(-high * scale // 1) + 1, scale))]
