"""``walsh-points``: critical points that are invariant under the translations of Z_2^m.

K = 2^m classes with one sample each, no bias, mu = sqrt(mu_squared).  For a set A of nonzero characters the
equations 1 - phat_a = K mu (a in A) in s_a, with p the softmax of z(g) = (1/K) sum s_a chi_a(g) and phat
its transform, are those of a stationary point of the strictly convex function -log p(0) + mu sum s: they
have at most one solution.  If it is positive, W = Phi diag(sqrt s)/sqrt K and H = W^T are a critical point
for equal decays; if one component is negative, no critical point of the family has the support A.

Checked for each support: the box holds a solution; its signs; for a critical point the value, the number of
singular values (1 - phat_a)/K above mu, and, where stated, the index: the whole Hessian matrix in width |A|
plus T T^T, with T the tangents of the rotations.  ``orbit``: the number of images of A under the
automorphisms of the group, counted one by one.  ``complete``: the orbits are different, and all 2^(K-1)
supports are in them.
"""

from __future__ import annotations

from typing import Any, Final

from flint import arb, arb_mat

from ncverify.replay.balls import Unclear, precision
from ncverify.replay.earned import Earned
from ncverify.replay.errors import Rejected
from ncverify.replay.expressions import rational
from ncverify.replay.features import MAX_BITS, Model, hessian
from ncverify.replay.inertia import negative_eigenvalues
from ncverify.replay.reading import items, members, whole

MAX_FACTORS: Final = 4

_POINT: Final = ("support", "orbit", "center", "radius", "exists", "index", "escapes", "value")


def check_walsh_points(body: Any) -> Earned:
    """Every support has, or has not, the critical point that is described: ``certified``."""
    members(
        body, ("kind", "factors", "mu_squared", "width", "points", "complete", "bits"), "the Walsh points"
    )
    bits = whole(body["bits"], "bits", 64, MAX_BITS)
    factors = whole(body["factors"], "factors", 1, MAX_FACTORS)
    classes = 1 << factors
    squared = rational(body["mu_squared"], "mu_squared")
    if not 0 < squared * classes * classes < 1:
        raise Rejected("K mu is not between 0 and 1")
    width = whole(body["width"], "width", classes - 1, 1024)
    listed = items(body["points"], "points", 1)
    if not isinstance(body["complete"], bool):
        raise Rejected("complete is not true or false")
    seen: set[int] = set()
    with precision(bits):
        model = Model(classes, width, arb(squared).sqrt(), squared, None)
        for number, item in enumerate(listed):
            name = f"point {number}"
            members(item, _POINT, name)
            support = [
                whole(a, f"the support of {name}", 1, classes - 1) for a in items(item["support"], "support")
            ]
            if support != sorted(set(support)):
                raise Rejected(f"the support of {name} is not in order")
            orbit = _orbit(factors, support)
            if body["complete"] and (len(orbit) != item["orbit"] or seen & orbit):
                raise Rejected(f"{name}: its orbit has {len(orbit)} members, or was there before")
            seen |= orbit
            try:
                _check(model, support, item, name)
            except Unclear as why:
                raise Rejected(f"{name}: the balls do not decide: {why}") from None
    if body["complete"] and len(seen) != 1 << (classes - 1):
        raise Rejected(f"{len(seen)} of {1 << (classes - 1)} supports are listed")
    shown = ("support", "orbit", "exists", "index", "escapes", "value")
    return Earned(
        "certified",
        f"{len(listed)} supports of Z_2^{factors}",
        {
            "kind": "walsh-points",
            **{key: body[key] for key in ("factors", "mu_squared", "width", "complete")},
            "points": [{key: item[key] for key in shown} for item in listed],
        },
    )


def _orbit(factors: int, support: list[int]) -> set[int]:
    """All images of the support, as bit masks, under the maps e_i -> e_i + e_j, which generate."""
    start = frozenset(support)
    found, new = {start}, [start]
    while new:
        item = new.pop()
        for i in range(factors):
            for j in range(factors):
                if i != j:
                    image = frozenset(a ^ (((a >> i) & 1) << j) for a in item)
                    if image not in found:
                        found.add(image)
                        new.append(image)
    return {sum(1 << a for a in item) >> 1 for item in found}


def _check(model: Model, support: list[int], item: Any, name: str) -> None:
    s = _solve(model, support, item, name)
    if not isinstance(item["exists"], bool):
        raise Rejected(f"{name}: exists is not true or false")
    if not item["exists"]:
        if not any(x < 0 for x in s) or not (item["index"] is item["escapes"] is item["value"] is None):
            raise Rejected(f"{name}: no component is certainly negative")
        return
    if not all(x > 0 for x in s):
        raise Rejected(f"{name}: a component is not certainly positive")
    k = model.classes
    p, hats = _weights(k, support, s)
    threshold = k * model.mu
    escapes = 0
    for a in range(1, k):
        if a not in support:
            gap = 1 - hats[a] - threshold
            if not (gap > 0 or gap < 0):
                raise Unclear("a singular value may be mu")
            escapes += bool(gap > 0)
    if whole(item["escapes"], f"escapes of {name}", 0, k) != escapes:
        raise Rejected(f"{name} has {escapes} escape directions")
    if item["index"] is not None:
        index = _active(model, support, s) + (model.width - len(support)) * escapes
        if whole(item["index"], f"the index of {name}", 0, 1 << 20) != index:
            raise Rejected(f"{name} has index {index}")
    value = -p[0].log() + model.mu * sum(s, arb(0))
    low, high = (rational(end, f"the value of {name}") for end in items(item["value"], "value", 2))
    if not (arb(low) <= value and value <= arb(high)):
        raise Rejected(f"the value of {name} is not certainly in the stated interval")


def _solve(model: Model, support: list[int], item: Any, name: str) -> list[Any]:
    """Balls around the solution of the equations, which the box is proved to hold."""
    center = [arb(rational(x, f"the center of {name}")) for x in items(item["center"], "center")]
    radius = arb(rational(item["radius"], f"the radius of {name}"))
    size = len(support)
    if len(center) != size or not radius > 0:
        raise Rejected(f"{name} needs {size} numbers and a positive radius")
    if not size:
        return []
    k = model.classes
    box = [x + arb(0, radius.upper()) for x in center]
    try:
        guess = arb_mat(_covariance(k, support, center)).mid().inv().mid()
    except ZeroDivisionError:
        raise Unclear("the Jacobian is singular") from None
    _, hats = _weights(k, support, center)
    step = (guess * arb_mat([[k * (1 - hats[a] - k * model.mu)] for a in support])).entries()
    unit = arb_mat([[int(i == j) for j in range(size)] for i in range(size)])
    rows = (unit - guess * arb_mat(_covariance(k, support, box))).tolist()
    move, rate = arb(0), arb(0)
    for x, row in zip(step, rows, strict=True):
        move = move.max(abs(x).upper())
        rate = rate.max(sum(map(abs, row), arb(0)).upper())
    if not (rate < 1 and move + rate * radius < radius):
        raise Rejected(f"{name}: the box does not certainly hold a stationary point")
    return [x + arb(0, (move / (1 - rate)).upper()) for x in center]


def _sign(a: int, g: int) -> int:
    return -1 if (a & g).bit_count() % 2 else 1


def _weights(k: int, support: list[int], s: list[Any]) -> tuple[list[Any], list[Any]]:
    """(p(g)), (phat_a)."""
    z = [sum((_sign(a, g) * x for a, x in zip(support, s, strict=True)), arb(0)) / k for g in range(k)]
    p = [1 / sum(((y - x).exp() for y in z), arb(0)) for x in z]
    return p, [sum((_sign(a, g) * x for g, x in enumerate(p)), arb(0)) for a in range(k)]


def _covariance(k: int, support: list[int], s: list[Any]) -> list[list[Any]]:
    _, hats = _weights(k, support, s)
    return [[hats[a ^ b] - hats[a] * hats[b] for b in support] for a in support]


def _active(model: Model, support: list[int], s: list[Any]) -> int:
    """The index in width |A|, from all second derivatives by W = H^T = Phi diag(sqrt s)/sqrt K."""
    k, r = model.classes, len(support)
    if not r:
        return 0
    scale = [(x / k).sqrt() for x in s]
    w = [[_sign(a, i) * root for a, root in zip(support, scale, strict=True)] for i in range(k)]
    h = [[w[i][a] for i in range(k)] for a in range(r)]
    point = [x for row in w for x in row] + [x for row in h for x in row]
    rows = hessian(model, r, list(range(2 * k * r)), point)
    for a in range(r):
        for c in range(a):
            # W A and -A H for A with A_(a,c) = 1 = -A_(c,a).
            tangent = [arb(0)] * (2 * k * r)
            for i in range(k):
                tangent[i * r + c], tangent[i * r + a] = w[i][a], -w[i][c]
                tangent[k * r + a * k + i], tangent[k * r + c * k + i] = -h[c][i], h[a][i]
            used = [n for n, x in enumerate(tangent) if not x.is_zero()]
            for m in used:
                for n in used:
                    rows[m][n] = rows[m][n] + tangent[m] * tangent[n]
    return negative_eigenvalues(rows)
