"""``critical-families``: critical points of a regularised squared-error model, in Grassmannian families.

The model and its reductions are those of ``critical``, with half the mean squared error instead of the
cross-entropy; m = K mu, kappa = lambda_b / (1 + lambda_b).  A family holds the points with W H = (1 - m) P
+ t (1 - m/kappa) J/K, P the orthogonal projections of rank ``modes`` (onto subspaces orthogonal to 1 where
there is a bias), t = 1 iff ``mean``.  Rotations of the class space (that fix 1 where there is a bias) carry
its members into each other and leave f unchanged, so one is checked: 1. 1 - m > 0, kappa - m > 0 where they
are needed.  2. It is critical: with Pi the projection onto the range, exactly, as polynomials in m, K G Pi
= Pi K G = -m Pi for G = (W H + b 1^T - I)/K, and K (G 1 + lambda_b b) = 0.  3. The index: the number of
negative eigenvalues of M + T T^T, M the Hessian in width rank, T the tangents of all rotations, which lie
in its kernel; as this sum is regular they span the kernel, and the family is nondegenerate.  4.
``escapes``, the value, and the dimension.
"""

from __future__ import annotations

from typing import Any, Final

from flint import arb, fmpq, fmpq_mat

from ncverify.replay.balls import Unclear, precision
from ncverify.replay.earned import Earned
from ncverify.replay.errors import Rejected
from ncverify.replay.expressions import rational
from ncverify.replay.features import (
    MAX_BITS,
    Model,
    check_euler,
    escape_directions,
    grassmannian,
    hessian,
    read_model,
    squared_slope,
)
from ncverify.replay.inertia import negative_eigenvalues
from ncverify.replay.reading import items, members, whole

_FAMILY: Final = ("modes", "mean", "rank", "index", "escapes", "dimension", "value")


def check_critical_families(body: Any) -> Earned:
    """Every family exists and is as described: ``certified``."""
    members(body, ("kind", "problem", "families", "euler", "bits"), "the critical families")
    bits = whole(body["bits"], "bits", 64, MAX_BITS)
    listed = items(body["families"], "families", 1)
    found: list[tuple[int, int, int, int]] = []
    seen = set()
    with precision(bits):
        model = read_model(body["problem"], "mse")
        for number, item in enumerate(listed):
            name = f"family {number}"
            members(item, _FAMILY, name)
            try:
                found.append(_check(model, item, name))
            except Unclear as why:
                raise Rejected(f"{name}: the balls do not decide: {why}") from None
            seen.add((item["modes"], item["mean"]))
    if len(seen) < len(listed):
        raise Rejected("a family is listed twice")
    if not isinstance(body["euler"], bool):
        raise Rejected("euler is not true or false")
    if body["euler"]:
        check_euler(model.width, found)
    return Earned(
        "certified",
        f"{len(listed)} critical families",
        {
            "kind": "critical-families",
            "problem": body["problem"],
            "families": listed,
            "euler": body["euler"],
        },
    )


def _check(model: Model, item: Any, name: str) -> tuple[int, int, int, int]:
    k, bias = model.classes, model.penalty is not None
    places = k - bias
    modes = whole(item["modes"], f"modes of {name}", 0, places)
    if not isinstance(item["mean"], bool):
        raise Rejected(f"the mean of {name} is not true or false")
    mean = item["mean"]
    rank = modes + mean
    kappa = model.penalty / (1 + model.penalty) if bias else fmpq(1)
    if modes and not k * k * model.mu_squared < 1:
        raise Rejected(f"{name} needs K mu < 1")
    if mean and not (bias and kappa > 0 and k * k * model.mu_squared < kappa * kappa):
        raise Rejected(f"{name} needs K mu < lambda_b / (1 + lambda_b)")
    dimension = modes * (places - modes)
    for key, number, most in (("rank", rank, model.width), ("dimension", dimension, 1 << 20)):
        if whole(item[key], f"the {key} of {name}", 0, most) != number:
            raise Rejected(f"{name} has {key} {number}")
    basis = _basis(k, modes, bias)
    _check_critical(model, basis, mean, kappa, name)
    w, h, b = _member(model, basis, mean, kappa)
    g = squared_slope(w, h, b)
    active = _active(model, w, h, b)
    escapes = escape_directions(model, g, w, h)
    if whole(item["escapes"], f"escapes of {name}", 0, k) != escapes:
        raise Rejected(f"{name} has {escapes} escape directions")
    index = active + (model.width - rank) * escapes
    if whole(item["index"], f"the index of {name}", 0, 1 << 20) != index:
        raise Rejected(f"{name} has index {index}")
    value = sum((x * x for row in g for x in row), arb(0)) * k / 2
    value += model.mu / 2 * sum((x * x for row in (*w, *h) for x in row), arb(0))
    value += arb(model.penalty if bias else 0) / 2 * sum((x * x for x in b), arb(0))
    low, high = (rational(end, f"the value of {name}") for end in items(item["value"], "value", 2))
    if not (arb(low) <= value and value <= arb(high)):
        raise Rejected(f"the value of {name} is not certainly in the stated interval")
    return rank, active, escapes, grassmannian(modes, places)


def _basis(k: int, modes: int, bias: bool) -> list[list[int]]:
    """Orthogonal integer vectors (orthogonal to 1 with a bias): the range of P."""
    if not bias:
        return [[int(i == j) for i in range(k)] for j in range(modes)]
    return [[1] * (j + 1) + [-(j + 1)] + [0] * (k - j - 2) for j in range(modes)]


def _check_critical(model: Model, basis: list[list[int]], mean: bool, kappa: Any, name: str) -> None:
    """The equations, exactly: matrices are polynomials in m, of degree 0 and 1."""
    k = model.classes
    span = fmpq_mat(k, k)
    for vector in basis:
        norm = sum(x * x for x in vector)
        span += fmpq_mat(k, k, [fmpq(x * y, norm) for x in vector for y in vector])
    ones = fmpq_mat(k, k, [fmpq(1, k)] * (k * k))
    unit = fmpq_mat(k, k, [fmpq(int(i == j)) for i in range(k) for j in range(k)])
    zero = fmpq_mat(k, k)
    onto = span + ones if mean else span
    constant, linear = onto, -span - (ones / kappa if mean else zero)  # W H = constant + m linear
    # K (b 1^T) = (I - W H) J / (1 + lambda_b), from K (G 1 + lambda_b b) = 0.
    offsets = (zero, zero)
    if model.penalty is not None:
        offsets = (((unit - constant) * ones) / (1 + model.penalty), (-linear * ones) / (1 + model.penalty))
    slopes = (constant + offsets[0] - unit, linear + offsets[1])  # K G
    if model.penalty is not None:
        for part, shift in zip(slopes, offsets, strict=True):
            if part * ones + shift * model.penalty != zero:
                raise Rejected(f"{name}: the derivative by the bias is not 0")
    for first, second in ((slopes[0] * onto, slopes[1] * onto), (onto * slopes[0], onto * slopes[1])):
        if first != zero or second != -onto:
            raise Rejected(f"{name}: it is not a critical point")


def _member(model: Model, basis: list[list[int]], mean: bool, kappa: Any) -> tuple[Any, Any, list[Any]]:
    """Balls of (W, H = W^T, b)."""
    k = model.classes
    m = k * model.mu
    columns = []
    for vector in basis:
        scale = ((1 - m) / sum(x * x for x in vector)).sqrt()
        columns.append([scale * x for x in vector])
    if mean:
        columns.append([((1 - m / arb(kappa)) / k).sqrt()] * k)
    w = [[column[i] for column in columns] for i in range(k)]
    if model.penalty is None:
        return w, columns, [arb(0)] * k
    share = 1 / (k * (1 + arb(model.penalty)))
    # The rows of W H add up to 1 - m/kappa with the mean mode, to 0 without.
    return w, columns, [(m / arb(kappa) if mean else arb(1)) * share] * k


def _active(model: Model, w: Any, h: Any, b: list[Any]) -> int:
    k, r = model.classes, len(h)
    bias = model.penalty is not None
    size = 2 * k * r + (k if bias else 0)
    point = [x for row in w for x in row] + [x for row in h for x in row] + (b if bias else [])
    if not size:
        return 0
    rows = hessian(model, r, list(range(size)), point)
    tangents = []
    for a in range(r):
        for c in range(a):
            tangent = [arb(0)] * size
            for i in range(k):
                tangent[i * r + c], tangent[i * r + a] = w[i][a], -w[i][c]
                tangent[k * r + a * k + i], tangent[k * r + c * k + i] = -h[c][i], h[a][i]
            tangents.append(tangent)
    axes = _basis(k, k - bias, bias)
    for number, x in enumerate(axes):
        for y in axes[:number]:
            # A = x y^T - y x^T: (A W, -H A, 0), as b is a multiple of 1, or absent.
            along = [
                [sum((q * row[a] for q, row in zip(v, w, strict=True)), arb(0)) for a in range(r)]
                for v in (x, y)
            ]
            back = [[sum((p * q for p, q in zip(row, v, strict=True)), arb(0)) for v in (x, y)] for row in h]
            tangent = [x[i] * along[1][a] - y[i] * along[0][a] for i in range(k) for a in range(r)]
            tangent += [back[a][1] * x[i] - back[a][0] * y[i] for a in range(r) for i in range(k)]
            tangents.append(tangent + [arb(0)] * (size - len(tangent)))
    for tangent in tangents:
        used = [n for n, x in enumerate(tangent) if not x.is_zero()]
        for i in used:
            for j in used:
                rows[i][j] = rows[i][j] + tangent[i] * tangent[j]
    return negative_eigenvalues(rows)
