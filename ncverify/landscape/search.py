"""Looking for critical points of the cross-entropy model in double precision, many starts at a time.

Everything here is heuristic: what is found is enclosed and classified elsewhere.  The model is the reduced
one of ``chart`` (one sample a class, equal decays mu, width r).  Least squares on the gradient stalls at
points that are not critical; here each start follows the eigenvectors of the Hessian, uphill along the
lowest j of them and downhill along the rest, and is then polished by Newton steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ncverify.landscape.symmetry import orders

Array = NDArray[Any]

_FOLLOW, _POLISH = 45, 35
_LONGEST_STEP = 0.7
_SOLVED = 1e-10
_FULL_RANK: Final = 1e-4
_SAME: Final = 1e-5


@dataclass(frozen=True)
class Model:
    """K classes, rank r, mu, lambda_b (None without bias)."""

    classes: int
    rank: int
    mu: float
    lambda_b: float | None

    @property
    def size(self) -> int:
        """The number of entries of (W, H, b)."""
        return 2 * self.classes * self.rank + (0 if self.lambda_b is None else self.classes)

    def split(self, x: Array) -> tuple[Array, Array, Array]:
        """(W, H, b) of a batch (B, size): (B, K, r), (B, r, K), (B, K)."""
        k, r, batch = self.classes, self.rank, len(x)
        b = np.zeros((batch, k)) if self.lambda_b is None else x[:, 2 * k * r :]
        return x[:, : k * r].reshape(batch, k, r), x[:, k * r : 2 * k * r].reshape(batch, r, k), b


@dataclass(frozen=True)
class Candidate:
    """An approximate critical point, with what doubles say about its index and symmetry."""

    w: Array
    h: Array
    b: Array | None
    value: float
    active: int
    escapes: int
    copies: int


def derivatives(model: Model, x: Array) -> tuple[Array, Array, Array, Array]:
    """(f, gradient, Hessian, G) of a batch: shapes (B,), (B, size), (B, size, size), (B, K, K)."""
    k, r, mu = model.classes, model.rank, model.mu
    w, h, b = model.split(x)
    z = w @ h + b[:, :, None]
    top = z.max(axis=1, keepdims=True)
    grown = np.exp(z - top)
    total = grown.sum(axis=1, keepdims=True)
    p = grown / total
    g = (p - np.eye(k)) / k
    loss = (np.log(total) + top)[:, 0].mean(axis=1) - np.trace(z, axis1=1, axis2=2) / k
    value = loss + mu / 2 * ((w**2).sum((1, 2)) + (h**2).sum((1, 2)))
    value = value + (model.lambda_b or 0) / 2 * (b**2).sum(axis=1)
    parts = [g @ h.transpose(0, 2, 1) + mu * w, w.transpose(0, 2, 1) @ g + mu * h]
    gradient = np.concatenate([part.reshape(len(x), -1) for part in parts], axis=1)
    if model.lambda_b is not None:
        gradient = np.concatenate([gradient, g.sum(axis=2) + model.lambda_b * b], axis=1)
    # Indices: samples j l, classes i m, features a c.
    spread = (np.einsum("bij,im->bjim", p, np.eye(k)) - np.einsum("bij,bmj->bjim", p, p)) / k
    pushed = np.einsum("blim,bmc->blic", spread, w)
    n = k * r
    hessian = np.zeros((len(x), model.size, model.size))
    hessian[:, :n, :n] = np.einsum("bjim,baj,bcj->biamc", spread, h, h, optimize=True).reshape(-1, n, n)
    cross = np.einsum("blic,bal->biacl", pushed, h) + np.einsum("bil,ac->biacl", g, np.eye(r))
    hessian[:, :n, n : 2 * n] = cross.reshape(-1, n, n)
    inner = np.einsum("bia,blic->blac", w, pushed)
    hessian[:, n : 2 * n, n : 2 * n] = np.einsum("blac,lm->balcm", inner, np.eye(k)).reshape(-1, n, n)
    if model.lambda_b is not None:
        hessian[:, :n, 2 * n :] = np.einsum("bjim,baj->biam", spread, h).reshape(-1, n, k)
        hessian[:, n : 2 * n, 2 * n :] = pushed.transpose(0, 3, 1, 2).reshape(-1, n, k)
        hessian[:, 2 * n :, 2 * n :] = spread.sum(axis=1)
    lower = np.tril_indices(model.size, -1)
    hessian[:, lower[0], lower[1]] = hessian[:, lower[1], lower[0]]
    decay = np.full(model.size, mu)
    decay[2 * n :] = model.lambda_b or 0
    hessian[:, range(model.size), range(model.size)] += decay
    return value, gradient, hessian, g


def starts(model: Model, batch: int, rng: np.random.Generator) -> Array:
    """Random points of the size that critical points have, a part of them with several zero rows in W."""
    k, r = model.classes, model.rank
    w = rng.standard_normal((batch, k, r))
    w *= rng.random((batch, k, 1)) < rng.uniform(0.2, 1, (batch, 1, 1))
    w -= w.mean(axis=1, keepdims=True)
    w /= np.sqrt((w**2).sum(axis=(1, 2), keepdims=True) / r) + 1e-9
    w *= np.sqrt(max(1.0, -np.log(model.mu)) * rng.uniform(0.1, 2.5, (batch, 1, 1)))
    parts = [w.reshape(batch, -1), w.transpose(0, 2, 1).reshape(batch, -1)]
    if model.lambda_b is not None:
        parts.append(np.zeros((batch, k)))
    x: Array = np.concatenate(parts, axis=1)
    return x + 0.05 * rng.standard_normal(x.shape)


def follow(model: Model, x: Array, uphill: Array) -> Array:
    """Where the starts x (B, size) end, each walking uphill along the lowest ``uphill`` eigenvectors."""
    x = x.copy()
    left = np.arange(len(x))
    for step in range(_FOLLOW + _POLISH):
        with np.errstate(over="ignore", invalid="ignore"):
            _, gradient, hessian, _ = derivatives(model, x[left])
        lost = ~np.isfinite(hessian).all(axis=(1, 2))
        x[left[lost]] = 0  # the origin, which has no rank and is not looked for
        moving = ~lost & (np.linalg.norm(gradient, axis=1) > _SOLVED / 100)
        left, gradient, hessian = left[moving], gradient[moving], hessian[moving]
        if not len(left):
            break
        values, vectors = np.linalg.eigh(hessian)
        along = np.einsum("bij,bi->bj", vectors, gradient)
        if step < _FOLLOW:
            signs = np.where(np.arange(model.size)[None, :] < uphill[left, None], -1.0, 1.0)
            divisor = signs * np.maximum(np.abs(values), 1e-3)
        else:
            divisor = np.where(np.abs(values) < 1e-7, np.inf, values)
        move = -along / divisor
        size = np.linalg.norm(move, axis=1, keepdims=True)
        move *= np.minimum(1, _LONGEST_STEP / np.maximum(size, 1e-300))
        x[left] += np.einsum("bij,bj->bi", vectors, move)
    return x


def rounds(model: Model, batch: int, seed: int, uphill: int | None = None) -> Iterator[list[Candidate]]:
    """Endless rounds of ``batch`` starts; each gives the points of full rank that were not found before.

    ``uphill``: the number of eigenvectors to climb, at random up to r (K - 1 - r) + 1 if left out.
    """
    rng = np.random.default_rng(seed)
    most = model.rank * (model.classes - 1 - model.rank) + 1
    seen: list[Array] = []
    while True:
        climbed = rng.integers(0, most + 1, batch) if uphill is None else np.full(batch, uphill)
        x = follow(model, starts(model, batch, rng), climbed)
        yield list(_new(model, x, seen))


def _new(model: Model, x: Array, seen: list[Array]) -> Iterator[Candidate]:
    value, gradient, hessian, g = derivatives(model, x)
    w, h, b = model.split(x)
    solved = np.linalg.norm(gradient, axis=1) < _SOLVED
    full = np.linalg.svd(w, compute_uv=False)[:, -1] > _FULL_RANK
    logits = w @ h + b[:, :, None]
    logits -= logits.mean(axis=1, keepdims=True)
    for i in np.flatnonzero(solved & full):
        mark = _invariants(value[i], logits[i])
        if any(np.allclose(mark, other, rtol=_SAME, atol=_SAME) for other in seen):
            continue
        seen.append(mark)
        images = logits[i][orders(model.classes)[:, :, None], orders(model.classes)[:, None, :]]
        kept = int((np.abs(images - logits[i]).max(axis=(1, 2)) < 1e-6).sum())
        yield Candidate(
            w[i],
            h[i],
            None if model.lambda_b is None else b[i],
            float(value[i]),
            int((np.linalg.eigvalsh(hessian[i]) < -1e-8).sum()),
            int((np.linalg.svd(g[i], compute_uv=False) > model.mu * (1 + 1e-6) + 1e-12).sum()),
            len(orders(model.classes)) // kept,
        )


def _invariants(value: float, z: Array) -> Array:
    """Numbers that do not change when the classes are permuted, of the size of the value."""
    size = max(float(np.abs(z).max()), 1e-300)
    z = z / size
    diagonal = np.diag(z)
    return np.array(
        [
            value,
            size,
            np.sum(z**2),
            np.sum(z**3),
            np.sum(z**4),
            np.sum(z @ z * z.T),
            diagonal.min(),
            diagonal.max(),
            np.sum(np.abs(z)),
            np.sum(z.sum(axis=1) ** 2),
        ]
    )
