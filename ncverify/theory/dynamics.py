"""The gradient flows, each vector field defined once for every number type.

Time is gradient-flow time of the *sum* loss unless a function says otherwise.  A spectrum is the full
list (s_0, ..., s_{K-1}) indexed by the characters of the group, with s_a = s_{-a}; s_0 does not matter
for the cross-entropy.  "Numbers" are those of the ``NumberKind`` passed last: floats or arrays of
doubles, mpmath floats, or balls (then every result encloses the exact value).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, Protocol

import numpy as np

from ncverify.errors import InputError
from ncverify.theory.groups import AbelianGroup
from ncverify.theory.number_kinds import ARB, DOUBLE, MPF, FieldKind, Number, NumberKind, Vector
from ncverify.theory.transform import complements, transform

__all__ = [
    "ARB",
    "DOUBLE",
    "MPF",
    "Balanced",
    "FieldKind",
    "Loss",
    "Matrix",
    "NumberKind",
    "ReducedModel",
    "Unbalanced",
    "Vector",
    "column_residuals",
    "complements",
    "deficits",
    "full_field",
    "logits",
    "matmul",
    "reduced_field",
    "softmax",
    "transform",
    "transpose",
]

Matrix = Any
"""A matrix as rows of numbers, or an array of doubles of shape (..., rows, columns)."""

Loss = Literal["sum", "mean", "squared"]
"""Cross-entropy summed or averaged over the samples, or the squared loss ||Z - Y||^2 / 2."""


def logits(group: AbelianGroup, spectrum: Vector, kind: FieldKind) -> Vector:
    """z(g) = (1/K) sum_a s_a chi_a(g): the logit matrix is Z_ij = z(i - j).

    ``spectrum``: K numbers (or an array of doubles, shape (K, ...)).  Cost as ``transform``.
    """
    values = transform(group, spectrum, kind)
    if isinstance(values, np.ndarray):
        return values / group.order
    return [value / group.order for value in values]


def softmax(z: Vector, kind: FieldKind) -> Vector:
    """e^{z(g)} / sum_h e^{z(h)}, shifted by the largest logit: no overflow, relative accuracy kept."""
    weights, total = _weights(z, kind)
    if isinstance(weights, np.ndarray):
        return weights / total
    return [weight / total for weight in weights]


def _weights(z: Vector, kind: FieldKind) -> tuple[Vector, Number]:
    top = kind.shift(z)
    if isinstance(z, np.ndarray):
        weights = np.exp(z - top)
        return weights, weights.sum(axis=0)
    terms = [kind.exp(value - top) for value in z]
    return terms, sum(terms[1:], terms[0])


def deficits(group: AbelianGroup, spectrum: Vector, kind: FieldKind, *, loss: Loss = "sum") -> Vector:
    """The factor by which each mode is short of its target: 1 - phat_a, the force of every flow here.

    Cross-entropy: 1 - phat_a = sum_g p(g) (1 - Re chi_a(g)) with p the softmax of the logits, without
    cancellation (see ``complements``); 0 for a = 0.  Mean loss: divided by K.  Squared loss: 1 - s_a.
    Returns K numbers, or an array for an array.
    """
    if loss == "squared":
        one = kind.exact(1)
        return 1.0 - spectrum if isinstance(spectrum, np.ndarray) else [one - s for s in spectrum]
    weights, total = _weights(logits(group, spectrum, kind), kind)
    short = complements(group, weights, kind)
    if loss == "mean":
        total = total * group.order
    return short / total if isinstance(short, np.ndarray) else [value / total for value in short]


class ReducedModel(Protocol):
    """A flow on the spectral family: what its state is, and how it moves."""

    def state_size(self, group: AbelianGroup) -> int:
        """How many numbers a state has."""

    def spectrum(self, group: AbelianGroup, state: Vector) -> Vector:
        """The K singular values s_a of Z that belong to a state."""

    def field(self, group: AbelianGroup, state: Vector, kind: FieldKind) -> Vector:
        """The time derivative of the state."""


@dataclass(frozen=True)
class Balanced:
    """``depth`` layers with equal singular values, each with weight decay ``decay``; state s, K numbers.

    s_a' = L s_a^{2 - 2/L} (1 - phat_a) - L decay s_a.  The case L = 2 is the paper's
    s_a' = 2 s_a (1 - phat_a - decay) (garrod, reduced flow).  L >= 3 needs s_a > 0 unless 2/L is whole;
    with ``decay`` the penalty is (decay/2) ||.||^2 on each layer.
    """

    depth: int = 2
    decay: Fraction = Fraction(0)
    loss: Loss = "sum"

    def __post_init__(self) -> None:
        if isinstance(self.depth, bool) or not isinstance(self.depth, int) or self.depth < 1:
            raise InputError(f"depth {self.depth!r} must be a whole number of at least 1")
        _check_decay(self.decay)

    def state_size(self, group: AbelianGroup) -> int:
        return group.order

    def spectrum(self, group: AbelianGroup, state: Vector) -> Vector:
        return state

    def field(self, group: AbelianGroup, state: Vector, kind: FieldKind) -> Vector:
        short = deficits(group, state, kind, loss=self.loss)
        rate = kind.exact(self.decay)
        if isinstance(state, np.ndarray):
            return self.depth * (self._speed(state, kind) * short - rate * state)
        out = []
        for a, (s, c) in enumerate(zip(state, short, strict=True)):
            # s_0 may be 0, where a fractional power has no ball; the cross-entropy does not push it.
            push = c if a == 0 and self.loss != "squared" else self._speed(s, kind) * c
            out.append(self.depth * (push - rate * s if self.decay else push))
        return out

    def _speed(self, s: Number, kind: FieldKind) -> Number:
        return s if self.depth == 2 else kind.power(s, 2 - Fraction(2, self.depth))


@dataclass(frozen=True)
class Unbalanced:
    """Two layers with singular values alpha_a and beta_a; state (alpha, beta), 2K numbers.

    alpha_a' = (1 - phat_a) beta_a - decay alpha_a, beta_a' = (1 - phat_a) alpha_a - decay beta_a, with
    s_a = alpha_a beta_a (garrod, reduced flow).  Without decay alpha_a^2 - beta_a^2 is conserved.
    """

    decay: Fraction = Fraction(0)
    loss: Loss = "sum"

    def __post_init__(self) -> None:
        _check_decay(self.decay)

    def state_size(self, group: AbelianGroup) -> int:
        return 2 * group.order

    def spectrum(self, group: AbelianGroup, state: Vector) -> Vector:
        alpha, beta = state[: group.order], state[group.order :]
        if isinstance(alpha, np.ndarray):
            return alpha * beta
        return [a * b for a, b in zip(alpha, beta, strict=True)]

    def field(self, group: AbelianGroup, state: Vector, kind: FieldKind) -> Vector:
        short = deficits(group, self.spectrum(group, state), kind, loss=self.loss)
        alpha, beta = state[: group.order], state[group.order :]
        rate = kind.exact(self.decay)
        if isinstance(state, np.ndarray):
            return np.concatenate([short * beta, short * alpha]) - rate * state
        out = [c * b for c, b in zip(short, beta, strict=True)]
        out += [c * a for c, a in zip(short, alpha, strict=True)]
        return [v - rate * x for v, x in zip(out, state, strict=True)] if self.decay else out


def reduced_field(
    group: AbelianGroup, state: Vector, kind: FieldKind, *, model: ReducedModel | None = None
) -> Vector:
    """The time derivative of a state on the spectral family; ``model`` defaults to ``Balanced()``.

    ``state`` holds ``model.state_size(group)`` numbers, or is an array of doubles whose further axes are
    a batch.  Cost: two transforms, K exponentials.  Raises ``InputError`` for a state of wrong size.
    """
    model = Balanced() if model is None else model
    if len(state) != model.state_size(group):
        size, name = model.state_size(group), type(model).__name__
        raise InputError(f"{name} flow on {group.name} wants {size} numbers, got {len(state)}")
    return model.field(group, state, kind)


def full_field(
    w: Matrix,
    h: Matrix,
    labels: Sequence[int],
    kind: FieldKind,
    *,
    loss: Loss = "sum",
    decay: Fraction = Fraction(0),
) -> tuple[Matrix, Matrix]:
    """The gradient flow of the features and the classifier (ji, eq. 3, with the sign that descends).

    ``w``: K x d, ``h``: d x N (a column a sample), ``labels``: the class of each sample, in 0..K-1.
    W' = (Y - P) H^T - decay W and H' = W^T (Y - P) - decay H, with P the softmax of each column of
    Z = W H.  Mean loss: Y - P divided by N (not the decay); squared loss: Y - Z.  Arrays of doubles of
    shapes (..., K, d) and (..., d, N) give arrays.  Cost: three products, 6 K d N operations.
    """
    _check_decay(decay)
    _check_shapes(w, h, labels)
    gap = column_residuals(matmul(w, h), labels, kind, loss=loss)
    rate = kind.exact(decay)
    dw, dh = matmul(gap, transpose(h)), matmul(transpose(w), gap)
    if not decay:
        return dw, dh
    return _minus(dw, w, rate), _minus(dh, h, rate)


def column_residuals(z: Matrix, labels: Sequence[int], kind: FieldKind, *, loss: Loss = "sum") -> Matrix:
    """Y - P (K x N), the negative gradient in the logits ``z``; squared loss: Y - Z.

    The label's entry is the sum of the other probabilities of its column: no cancellation.
    """
    samples = range(len(labels))
    if isinstance(z, np.ndarray):
        rows = np.asarray(labels)
        if loss == "squared":
            gap = -z
            gap[..., rows, samples] += 1.0
            return gap
        gap = -np.exp(z - z.max(axis=-2, keepdims=True))
        total = -gap.sum(axis=-2)
        gap[..., rows, samples] = 0.0
        gap[..., rows, samples] = -gap.sum(axis=-2)
        return gap / (total if loss != "mean" else total * len(labels))[..., None, :]
    columns = []
    for i, label in enumerate(labels):
        column = [row[i] for row in z]
        if loss == "squared":
            gaps = [-value for value in column]
            gaps[label] = kind.exact(1) + gaps[label]
        else:
            weights, total = _weights(column, kind)
            total = total * len(labels) if loss == "mean" else total
            gaps = [-weight / total for weight in weights]
            others = [weight for j, weight in enumerate(weights) if j != label]
            gaps[label] = sum(others[1:], others[0]) / total
        columns.append(gaps)
    return transpose(columns)


def matmul(a: Matrix, b: Matrix) -> Matrix:
    """The product of two matrices given as rows (or of two arrays, batched as NumPy does)."""
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return a @ b
    columns = transpose(b)
    return [[_dot(row, column) for column in columns] for row in a]


def transpose(a: Matrix) -> Matrix:
    """The transpose (of the last two axes of an array)."""
    if isinstance(a, np.ndarray):
        return np.swapaxes(a, -1, -2)
    return [list(column) for column in zip(*a, strict=True)]


def _dot(x: Sequence[Number], y: Sequence[Number]) -> Number:
    terms = [u * v for u, v in zip(x, y, strict=True)]
    return sum(terms[1:], terms[0])


def _minus(a: Matrix, b: Matrix, rate: Number) -> Matrix:
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return a - rate * b
    return [[x - rate * y for x, y in zip(u, v, strict=True)] for u, v in zip(a, b, strict=True)]


def _check_decay(decay: Fraction) -> None:
    if not isinstance(decay, Fraction) or decay < 0:
        raise InputError(f"decay {decay!r} must be a Fraction of at least 0, e.g. Fraction(1, 100)")


def _check_shapes(w: Matrix, h: Matrix, labels: Sequence[int]) -> None:
    if isinstance(w, np.ndarray) and isinstance(h, np.ndarray):
        (classes, d), (e, samples) = w.shape[-2:], h.shape[-2:]
    else:
        (classes, d), (e, samples) = (len(w), len(w[0])), (len(h), len(h[0]))
    if d != e:
        raise InputError(f"W has {d} columns and H has {e} rows: both must be the feature dimension d")
    if len(labels) != samples:
        raise InputError(f"{len(labels)} labels for {samples} samples: give one label for each column of H")
    for label in labels:
        if not 0 <= label < classes:
            raise InputError(f"label {label} is not a class: labels run from 0 to {classes - 1}")
