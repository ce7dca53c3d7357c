"""The reduced regularised models of the second checker: derivatives, escape directions, the Morse identity.

f(W, H, b) = g(W H + b 1^T) + mu/2 (|W|^2 + |H|^2) + lambda_b/2 |b|^2 with W of K rows and r columns, H of K
columns (one sample a class), and g the mean cross-entropy or half the mean squared error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb
from typing import Any, Final

from flint import arb

from ncverify.replay.errors import Rejected
from ncverify.replay.expressions import rational
from ncverify.replay.inertia import negative_eigenvalues
from ncverify.replay.reading import members, whole

MAX_CLASSES: Final = 8
MAX_BITS: Final = 1 << 14

_PROBLEM: Final = ("classes", "width", "samples", "loss", "lambda_w", "lambda_h", "lambda_b")


@dataclass(frozen=True)
class Model:
    """The reduced problem: balls and exact numbers; ``penalty`` is lambda_b, None without bias."""

    classes: int
    width: int
    mu: Any
    mu_squared: Any
    penalty: Any
    loss: str = "ce"


def read_model(data: Any, loss: str) -> Model:
    """The reduced problem; ``loss``: the one that is meant."""
    members(data, _PROBLEM, "the problem")
    if data["loss"] != loss:
        raise Rejected(f"the loss is not {loss}")
    classes = whole(data["classes"], "classes", 2, MAX_CLASSES)
    samples = whole(data["samples"], "samples", 1, 1_000_000)
    weights = [rational(data[name], name) for name in ("lambda_w", "lambda_h")]
    penalty = None if data["lambda_b"] is None else rational(data["lambda_b"], "lambda_b")
    if min(weights) <= 0 or (penalty is not None and penalty < 0):
        raise Rejected("a decay is negative, or one of lambda_w and lambda_h is 0")
    squared = samples * weights[0] * weights[1]
    width = whole(data["width"], "width", 1, 1024)
    return Model(classes, width, arb(squared).sqrt(), squared, penalty, loss)


def escape_directions(model: Model, g: Any, w: Any, h: Any) -> int:
    """The number of singular values of G above mu; [W; H^T] spans the kernel of [[mu, G], [G^T, mu]]."""
    k = model.classes
    kernel = [*w, *([row[j] for row in h] for j in range(k))]
    bordered = [
        [
            sum((x * y for x, y in zip(u, v, strict=True)), model.mu if i == j else _entry(g, i, j, k))
            for j, v in enumerate(kernel)
        ]
        for i, u in enumerate(kernel)
    ]
    return negative_eigenvalues(bordered)


def _entry(g: Sequence[Sequence[Any]], i: int, j: int, k: int) -> Any:
    """The entry (i, j) of [[0, G], [G^T, 0]]."""
    if (i < k) == (j < k):
        return arb(0)
    return g[i][j - k] if i < k else g[j][i - k]


def matrices(k: int, rank: int, places: list[int], x: Sequence[Any]) -> tuple[Any, Any, list[Any]]:
    """(W, H, b) with the numbers x at these places among all entries, row by row, and 0 at the others."""
    entries = [arb(0)] * (2 * k * rank + k)
    for place, value in zip(places, x, strict=True):
        entries[place] = value
    n = k * rank
    w = [entries[i * rank : (i + 1) * rank] for i in range(k)]
    h = [entries[n + a * k : n + (a + 1) * k] for a in range(rank)]
    return w, h, entries[2 * n :]


def softmax(w: Any, h: Any, b: Any) -> list[list[Any]]:
    """The column-wise softmax of W H + b 1^T."""
    k, rank = len(w), len(h)
    z = [[sum((w[i][a] * h[a][j] for a in range(rank)), b[i]) for j in range(k)] for i in range(k)]
    return [
        [1 / sum(((z[m][j] - z[i][j]).exp() for m in range(k)), arb(0)) for j in range(k)] for i in range(k)
    ]


def slope(p: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """(P - I) / K, the gradient of the mean cross-entropy by the logits."""
    return [[(x - int(i == j)) / len(p) for j, x in enumerate(row)] for i, row in enumerate(p)]


def squared_slope(w: Any, h: Any, b: Any) -> list[list[Any]]:
    """(W H + b 1^T - I) / K, the gradient of half the mean squared error by the logits."""
    k, rank = len(w), len(h)
    return [
        [(sum((w[i][a] * h[a][j] for a in range(rank)), b[i]) - int(i == j)) / k for j in range(k)]
        for i in range(k)
    ]


def equations(model: Model, rank: int, places: list[int], x: Sequence[Any]) -> list[Any]:
    """The partial derivatives of f by the unknowns."""
    k = model.classes
    w, h, b = matrices(k, rank, places, x)
    g = slope(softmax(w, h, b))
    out = [
        sum((g[i][j] * h[a][j] for j in range(k)), model.mu * w[i][a]) for i in range(k) for a in range(rank)
    ]
    out += [
        sum((w[i][a] * g[i][j] for i in range(k)), model.mu * h[a][j]) for a in range(rank) for j in range(k)
    ]
    if model.penalty is not None:
        out += [sum(g[i], arb(model.penalty) * b[i]) for i in range(k)]
    return [out[place] for place in places]


def hessian(model: Model, rank: int, places: list[int], x: Sequence[Any]) -> list[list[Any]]:
    """The second partial derivatives of f by the unknowns."""
    k, n = model.classes, model.classes * rank
    w, h, b = matrices(k, rank, places, x)
    if model.loss == "mse":
        g = squared_slope(w, h, b)
        spread = [[[arb(int(i == m)) / k for m in range(k)] for i in range(k)]] * k
    else:
        p = softmax(w, h, b)
        g = slope(p)
        spread = [  # of sample j: (diag p - p p^T) / K
            [[(p[i][j] * (int(i == m) - p[m][j])) / k for m in range(k)] for i in range(k)] for j in range(k)
        ]
    pushed = [  # of sample j: spread W
        [[sum((s[i][m] * w[m][c] for m in range(k)), arb(0)) for c in range(rank)] for i in range(k)]
        for s in spread
    ]
    pulled = [  # of sample j: W^T spread W
        [[sum((w[i][a] * q[i][c] for i in range(k)), arb(0)) for c in range(rank)] for a in range(rank)]
        for q in pushed
    ]

    def entry(first: int, second: int) -> Any:
        """For places first <= second of (W, H, b)."""
        decay = arb(0)
        if first == second:
            decay = model.mu if first < 2 * n else arb(model.penalty)
        if second < n:
            (i, a), (m, c) = divmod(first, rank), divmod(second, rank)
            return sum((spread[j][i][m] * h[a][j] * h[c][j] for j in range(k)), decay)
        if second < 2 * n:
            c, j = divmod(second - n, k)
            if first < n:
                i, a = divmod(first, rank)
                return pushed[j][i][c] * h[a][j] + (g[i][j] if a == c else 0)
            a, sample = divmod(first - n, k)
            return pulled[j][a][c] + decay if sample == j else arb(0)
        m = second - 2 * n
        if first < n:
            i, a = divmod(first, rank)
            return sum((spread[j][i][m] * h[a][j] for j in range(k)), arb(0))
        if first < 2 * n:
            a, j = divmod(first - n, k)
            return pushed[j][m][a]
        return sum((spread[j][first - 2 * n][m] for j in range(k)), decay)

    size = len(places)
    rows: list[list[Any]] = [[None] * size for _ in range(size)]
    for u, first in enumerate(places):
        for v in range(u, size):
            rows[u][v] = rows[v][u] = entry(first, places[v])
    return rows


def check_euler(width: int, points: Sequence[tuple[int, int, int, int]]) -> None:
    """``points``: (rank, index in width rank, escapes, Euler characteristic of what the entry stands for)."""
    for d in range(1, width + 1):
        total = sum(
            (-1) ** active * _weight(escapes, d - rank) * number
            for rank, active, escapes, number in points
            if rank <= d
        )
        if total != 1:
            raise Rejected(f"the sum of width {d} is {total}, not 1")


def _weight(escapes: int, beyond: int) -> int:
    """E(c, k) = sum over j <= min(c, k) of (-1)^(j(j+1)/2) chi(Gr_j(R^c))."""
    return sum((-1) ** (j * (j + 1) // 2) * grassmannian(j, escapes) for j in range(min(escapes, beyond) + 1))


def grassmannian(j: int, n: int) -> int:
    """The Euler characteristic of the space of j-dimensional subspaces of R^n."""
    return 0 if n % 2 == 0 and j % 2 else comb(n // 2, j // 2)
