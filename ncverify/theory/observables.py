"""What is measured along a flow: loss, margins, the Lyapunov function, the cosine to collapse."""

from __future__ import annotations

from collections.abc import Sequence

from ncverify.errors import InputError
from ncverify.theory.dynamics import Matrix
from ncverify.theory.number_kinds import Number, NumberKind


def cross_entropy(z: Matrix, labels: Sequence[int], kind: NumberKind, *, mean: bool = False) -> Number:
    """-sum_i log P_{label_i, i} with P the softmax of each column of ``z`` (K x N); mean: divided by N.

    Accurate for any size of the logits, also where the loss is tiny.  Cost: K N.
    """
    _check_labels(z, labels)
    losses = []
    for i, label in enumerate(labels):
        own = z[label][i]
        top, *others = kind.largest_first([row[i] for row in z])
        rest = [kind.exp(value - top) for value in others]
        losses.append((top - own) + kind.log1p(sum(rest[1:], rest[0])))
    total = sum(losses[1:], losses[0])
    return total / len(labels) if mean else total


def margins(z: Matrix, labels: Sequence[int], kind: NumberKind) -> list[Number]:
    """For each sample the logit of its label minus the largest other logit of its column."""
    _check_labels(z, labels)
    out = []
    for i, label in enumerate(labels):
        others = [row[i] for j, row in enumerate(z) if j != label]
        out.append(z[label][i] - kind.maximum(others))
    return out


def lyapunov(spectrum: Sequence[Number], kind: NumberKind) -> Number:
    """V = log S - (1/(K-1)) sum_{a != 0} log s_a - log(K-1), the relative entropy KL(uniform || s/S).

    ``spectrum`` holds s_0, ..., s_{K-1}; s_0 is not used, the others must be positive.  V >= 0, and
    V = 0 exactly at collapse (all s_a equal).  Source: claim ``lyapunov-derivative``.
    """
    values = _nonzero_modes(spectrum)
    mean = sum(values[1:], values[0]) / len(values)
    terms = [kind.log(s / mean) for s in values]
    return -sum(terms[1:], terms[0]) / len(values)


def cosine_to_collapse(spectrum: Sequence[Number], kind: NumberKind) -> Number:
    """The cosine of the angle between (s_a)_{a != 0} and the all-ones vector; 1 exactly at collapse."""
    values = _nonzero_modes(spectrum)
    squares = [s * s for s in values]
    norm = kind.sqrt(sum(squares[1:], squares[0]) * len(values))
    return sum(values[1:], values[0]) / norm


def _nonzero_modes(spectrum: Sequence[Number]) -> list[Number]:
    if len(spectrum) < 2:
        raise InputError(f"a spectrum of {len(spectrum)} values has no nonzero mode: give s_0, ..., s_(K-1)")
    return list(spectrum[1:])


def _check_labels(z: Matrix, labels: Sequence[int]) -> None:
    if not len(labels) or len(z) < 2 or len(z[0]) != len(labels):
        shape = f"{len(z)} x {len(z[0]) if len(z) else 0}"
        raise InputError(
            f"logits of shape {shape} with {len(labels)} labels: give a K x N matrix, K >= 2, N labels"
        )
    for label in labels:
        if not 0 <= label < len(z):
            raise InputError(f"label {label} is not a class: labels run from 0 to {len(z) - 1}")
