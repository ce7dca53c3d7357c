"""``critical-points``: critical points of a regularised cross-entropy model, located and classified.

f(W, H, b) = mean cross-entropy of W H + b 1^T, plus lambda_w/2 |W|^2 + lambda_h/2 |H|^2 + lambda_b/2 |b|^2,
with K classes of n samples and features of dimension ``width``.  With mu = sqrt(n lambda_w lambda_h) its
critical points are those of one sample a class and equal decays mu; one of rank r has, up to a rotation,
zero columns beyond the first r of W, and is a critical point for width r.  In that problem the remaining
symmetries are fixed: W is lower triangular in the rows ``pivots`` with a nonzero diagonal, and b_K = 0 for
a free bias.  The unknowns that are fixed are left out, and so are the partial derivatives by them, which
vanish with the others because f is invariant.

Each point is checked as follows.  1. The remaining equations have exactly one zero within ``radius`` of
``center`` (|C F(m)| + |1 - C J(X)| r < r).  2. The index in width r is the number of negative eigenvalues
of their Jacobian. 3. ``escapes`` singular values of G = (P - I)/K exceed mu, r are mu, and the others are
smaller: the matrix [[mu, G], [G^T, mu]] + T T^T with T = [W; H^T] in the kernel of the first has that many
negative eigenvalues.  The index in the given width is the sum of the first and (width - r) times the
second.  4. The value.  5. ``copies``, if stated: how many different products W H permutations of the
classes make of it.  6. No two points agree up to permutations and rotations.  7. ``below``: pairs (i, j)
with f_i < f_j.  8. ``euler``: in every width d up to the given one the sum of (-1)^(index in width r)
E(escapes, d - r) copies over the points of rank r <= d is 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations
from math import factorial
from typing import Any, Final

from flint import arb, arb_mat

from ncverify.replay.balls import Unclear, precision
from ncverify.replay.earned import Earned
from ncverify.replay.errors import Rejected
from ncverify.replay.expressions import rational
from ncverify.replay.features import (
    MAX_BITS,
    MAX_CLASSES,
    Model,
    check_euler,
    equations,
    escape_directions,
    hessian,
    matrices,
    read_model,
    slope,
    softmax,
)
from ncverify.replay.inertia import negative_eigenvalues
from ncverify.replay.rank_one import check_rank_one
from ncverify.replay.reading import items, members, whole

MAX_POINTS: Final = 500
MAX_PERMUTED: Final = 7

_POINT: Final = ("rank", "pivots", "center", "radius", "index", "escapes", "copies", "value")


@dataclass(frozen=True)
class _Point:
    rank: int
    pivots: list[int]
    places: list[int]  # of the unknowns among all entries of (W, H, b)
    center: list[Any]
    radius: Any
    w: list[list[Any]]
    h: list[list[Any]]
    b: list[Any]
    active: int
    escapes: int
    value: Any

    @cached_property
    def marks(self) -> tuple[list[list[Any]], list[Any]]:
        """W H, and K b_i - sum b: they do not depend on the chart."""
        k, total = len(self.b), sum(self.b, arb(0))
        z = [
            [sum((self.w[i][a] * self.h[a][j] for a in range(self.rank)), arb(0)) for j in range(k)]
            for i in range(k)
        ]
        return z, [k * x - total for x in self.b]


def check_critical_points(body: Any) -> Earned:
    """Every point exists and is as described: ``certified``."""
    members(body, ("kind", "problem", "points", "below", "euler", "complete", "bits"), "the critical points")
    bits = whole(body["bits"], "bits", 64, MAX_BITS)
    listed = items(body["points"], "points", 1)
    if len(listed) > MAX_POINTS:
        raise Rejected(f"more than {MAX_POINTS} points")
    with precision(bits):
        try:
            model = read_model(body["problem"], "ce")
            points = [_check_point(model, item, f"point {i}") for i, item in enumerate(listed)]
            copies = [_check_copies(model, point, item) for point, item in zip(points, listed, strict=True)]
            for j, second in enumerate(points):
                for i, first in enumerate(points[:j]):
                    if not _different(first, second):
                        raise Rejected(f"points {i} and {j} may be the same up to symmetry")
            for entry in items(body["below"], "below"):
                pair = [whole(n, "below", 0, len(points) - 1) for n in items(entry, "below", 2)]
                if len(pair) != 2 or not points[pair[0]].value < points[pair[1]].value:
                    raise Rejected(f"the values of the points {pair} are not certainly in this order")
        except Unclear as why:
            raise Rejected(f"the balls do not decide: {why}") from None
    for flag in ("euler", "complete"):
        if not isinstance(body[flag], bool):
            raise Rejected(f"{flag} is not true or false")
    if body["euler"]:
        _check_euler(model.width, points, copies)
    if body["complete"]:
        _check_complete(model, points, bits)
    shown = ("rank", "index", "escapes", "copies", "value")
    return Earned(
        "certified",
        f"{len(points)} critical points",
        {
            "kind": "critical-points",
            "problem": body["problem"],
            "points": [{name: item[name] for name in shown} for item in listed],
            "below": body["below"],
            "euler": body["euler"],
            "complete": body["complete"],
        },
    )


def _check_point(model: Model, item: Any, name: str) -> _Point:
    members(item, _POINT, name)
    rank = whole(item["rank"], f"the rank of {name}", 0, min(model.classes - 1, model.width))
    point = _locate(model, item, rank, name) if rank else _origin(model, item, name)
    index = whole(item["index"], f"the index of {name}", 0, 1 << 20)
    if whole(item["escapes"], f"escapes of {name}", 0, 1 << 20) != point.escapes:
        raise Rejected(f"{name} has {point.escapes} escape directions")
    if index != point.active + (model.width - rank) * point.escapes:
        raise Rejected(f"{name} has index {point.active + (model.width - rank) * point.escapes}")
    low, high = (rational(end, f"the value of {name}") for end in items(item["value"], "value", 2))
    if not (arb(low) <= point.value and point.value <= arb(high)):
        raise Rejected(f"the value of {name} is not certainly in the stated interval")
    return point


def _origin(model: Model, item: Any, name: str) -> _Point:
    """W = H = 0, b = 0: P is uniform, and G has the singular values 1/K, K - 1 times, and 0."""
    if items(item["center"], "center") or items(item["pivots"], "pivots"):
        raise Rejected(f"{name} has rank 0 and no unknowns")
    k = model.classes
    if k * k * model.mu_squared == 1:
        raise Rejected(f"{name} is degenerate")
    escapes = k - 1 if k * k * model.mu_squared < 1 else 0
    return _Point(0, [], [], [], arb(1), [[]] * k, [], [arb(0)] * k, 0, escapes, arb(k).log())


def _locate(model: Model, item: Any, rank: int, name: str) -> _Point:
    k = model.classes
    pivots = [whole(p, f"a pivot of {name}", 0, k - 1) for p in items(item["pivots"], "pivots", 1)]
    if len(pivots) != rank or len(set(pivots)) != rank:
        raise Rejected(f"{name} needs {rank} different pivots")
    fixed = {p * rank + j for i, p in enumerate(pivots) for j in range(i + 1, rank)}
    total = 2 * k * rank + (0 if model.penalty is None else k)
    if model.penalty == 0:
        fixed.add(total - 1)
    places = [place for place in range(total) if place not in fixed]
    center = [arb(rational(x, f"the center of {name}")) for x in items(item["center"], "center", 1)]
    size, radius = len(places), arb(rational(item["radius"], f"the radius of {name}"))
    if len(center) != size or not radius > 0:
        raise Rejected(f"{name} needs {size} numbers and a positive radius")
    box = [x + arb(0, radius.upper()) for x in center]
    middle = arb_mat(hessian(model, rank, places, center)).mid()
    try:
        guess = middle.inv().mid()
    except ZeroDivisionError:
        raise Unclear(f"the Jacobian of {name} is singular") from None
    step = _largest((guess * arb_mat([[x] for x in equations(model, rank, places, center)])).entries())
    unit = arb_mat([[int(i == j) for j in range(size)] for i in range(size)])
    rest = unit - guess * arb_mat(hessian(model, rank, places, box))
    rate = _largest([sum(map(abs, row), arb(0)) for row in rest.tolist()])
    if not (rate < 1 and step + rate * radius < radius):
        raise Rejected(f"{name}: the box does not certainly hold exactly one critical point")
    near = [x + arb(0, (step / (1 - rate)).upper()) for x in center]
    w, h, b = matrices(k, rank, places, near)
    for i, p in enumerate(pivots):
        if not (w[p][i] > 0 or w[p][i] < 0):
            raise Rejected(f"{name}: the diagonal of its pivot rows may vanish")
    weights = softmax(w, h, b)
    g = slope(weights)
    active = negative_eigenvalues(hessian(model, rank, places, near))
    escapes = escape_directions(model, g, w, h)
    squares = sum((x * x for row in (*w, *h) for x in row), arb(0)) * model.mu
    squares += sum((x * x for x in b), arb(0)) * arb(model.penalty or 0)
    value = squares / 2 - sum((weights[i][i].log() for i in range(k)), arb(0)) / k
    return _Point(rank, pivots, places, center, radius, w, h, b, active, escapes, value)


def _largest(values: Sequence[Any]) -> Any:
    top = arb(0)
    for x in values:
        top = top.max(abs(x).upper())
    return top


def _check_copies(model: Model, point: _Point, item: Any) -> int | None:
    if item["copies"] is None:
        return None
    k = model.classes
    stated = whole(item["copies"], "copies", 1, factorial(MAX_CLASSES))
    if k > MAX_PERMUTED:
        raise Rejected(f"copies of {k} classes are too many to count")
    kept = 0
    for order in permutations(range(k)):
        if _apart(point, point, order):
            continue
        if point.rank and not _same(model, point, order):
            raise Rejected("an image of a point may or may not be the point itself")
        kept += 1
    if kept * stated != factorial(k):
        raise Rejected(f"a point has {factorial(k) // kept} copies, not {stated}")
    return stated


def _apart(first: _Point, second: _Point, order: Sequence[int]) -> bool:
    """Whether the image of the first point certainly differs from the second one, as (W H, b)."""
    (z, b), (y, c) = first.marks, second.marks
    k = range(len(order))
    return any(not b[order[i]].overlaps(c[i]) for i in k) or any(
        not z[order[i]][order[j]].overlaps(y[i][j]) for i in k for j in k
    )


def _different(first: _Point, second: _Point) -> bool:
    if first.rank != second.rank or not first.value.overlaps(second.value):
        return True
    return all(_apart(first, second, order) for order in permutations(range(len(first.b))))


def _same(model: Model, point: _Point, order: Sequence[int]) -> bool:
    """Whether the image of the point is the point itself: turned into its chart it lies in its box."""
    rank = point.rank
    w = arb_mat([point.w[i] for i in order])
    h = arb_mat([[row[i] for i in order] for row in point.h])
    b = [point.b[i] for i in order]
    if model.penalty == 0:
        b = [x - b[-1] for x in b]
    rows = [w.tolist()[p] for p in point.pivots]
    gram = (arb_mat(rows) * arb_mat(rows).transpose()).tolist()
    lower = [[arb(0)] * rank for _ in range(rank)]
    for i in range(rank):
        for j in range(i + 1):
            left = gram[i][j] - sum((lower[i][m] * lower[j][m] for m in range(j)), arb(0))
            if i == j and not left > 0:
                return False
            lower[i][j] = left.sqrt() if i == j else left / lower[j][j]
        if not point.w[point.pivots[i]][i] > 0:  # the turned image has a positive diagonal
            return False
    try:
        turn = arb_mat(rows).solve(arb_mat(lower))
        moved = [*(w * turn).entries(), *turn.solve(h).entries(), *b]
    except ZeroDivisionError:
        return False
    return all(
        bool(abs(moved[place] - x) < point.radius)
        for place, x in zip(point.places, point.center, strict=True)
    )


def _check_euler(width: int, points: Sequence[_Point], copies: Sequence[int | None]) -> None:
    if any(number is None for number in copies):
        raise Rejected("euler needs the copies of every point")
    check_euler(
        width,
        [(p.rank, p.active, p.escapes, number or 0) for p, number in zip(points, copies, strict=True)],
    )


def _check_complete(model: Model, points: Sequence[_Point], bits: int) -> None:
    ranks = [point.rank for point in points]
    if model.classes != 3 or model.penalty is not None or model.width < 2 or 9 * model.mu_squared >= 1:
        raise Rejected("completeness is for three classes without bias, K mu < 1 and width at least 2")
    if ranks.count(0) != 1 or ranks.count(2) != 1:
        raise Rejected("the list does not hold one point of rank 0 and one of rank 2")

    def jacobian(x: Sequence[Any]) -> list[list[Any]]:
        return hessian(model, 1, list(range(6)), x)

    zeros = [(point.center, point.radius, jacobian) for point in points if point.rank == 1]
    with precision(bits):
        check_rank_one(model.mu, zeros)
