"""Reading features, labels and classifiers: NumPy arrays, torch tensors, lists, exact numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from ncverify.collapse.classes import Classes
from ncverify.collapse.numbers import DOUBLE, Array, Numbers
from ncverify.errors import InputError
from ncverify.flows.exact import read_number

_ORDINARY, _LARGEST = 120, 900
"""Binary exponents: entries up to 2^120 have fourth powers; a bias beyond 2^900 decides alone."""


def read_classes(features: Any, labels: Any, classifier: Any, bias: Any, numbers: Numbers) -> Classes:
    """Everything checked and in one number type.  Raises ``InputError`` naming what does not fit."""
    x = _matrix(features, "features", "N x d, a sample a row", numbers)
    y = _labels(labels, len(x))
    w = None if classifier is None else _matrix(classifier, "classifier", "K x d, a class a row", numbers)
    count = int(y.max()) + 1 if w is None else len(w)
    if count < 2:
        raise InputError("there is a single class: collapse is measured between at least 2")
    if w is not None and w.shape[1] != x.shape[1]:
        raise InputError(
            f"features of {x.shape[1]} dimensions do not fit a classifier of {w.shape[1]}: "
            "give N x d features, a sample a row, and a K x d classifier"
        )
    if y.max() >= count:
        raise InputError(f"label {y.max()} has no row in a classifier of {count} classes")
    empty = np.flatnonzero(np.bincount(y, minlength=count) == 0)
    if len(empty):
        raise InputError(
            f"class {empty[0]} of {count} has no samples: leave it out and number the classes anew"
        )
    b = None if bias is None else _array(bias, "bias", numbers)
    if b is not None and w is None:
        raise InputError("a bias needs a classifier")
    if b is not None and b.shape != (count,):
        raise InputError(f"bias of shape {b.shape} does not fit {count} classes: give {count} numbers")
    if numbers is DOUBLE:
        x, w, b = _moderate(x, w, b)
    return Classes(numbers, x, y, count, w, b)


def _moderate(x: Array, w: Array | None, b: Array | None) -> tuple[Array, Array | None, Array | None]:
    """Doubles whose squares and products neither overflow nor vanish, where the largest entries are extreme.

    No measure changes when the features, the classifier, or both with the bias are multiplied by positive
    numbers; powers of two are exact.
    """
    down = -_excess(x)
    right = 0 if w is None else -_excess(w)
    moved = np.ldexp(x, down), None if w is None else np.ldexp(w, right)
    if b is None or not (down or right):
        return *moved, b
    top = int(np.frexp(np.max(np.abs(b)))[1])
    return *moved, np.ldexp(b, min(down + right, _LARGEST - top))


def _excess(values: Array) -> int:
    """The binary exponent of the largest entry if that is extreme, else 0."""
    exponent = int(np.frexp(np.max(np.abs(values)))[1])
    return exponent if abs(exponent) > _ORDINARY else 0


def _plain(values: Any) -> Any:
    """Torch tensors on the host, in doubles (NumPy does not know all their types)."""
    if hasattr(values, "detach"):
        values = values.detach().cpu()
        return values.double().numpy() if values.is_floating_point() else values.numpy()
    return values


def _array(values: Any, name: str, numbers: Numbers) -> Array:
    try:
        array = np.asarray(_plain(values))
    except ValueError as error:
        raise InputError(f"{name} is not an array: {str(error).splitlines()[0]}") from None
    if array.dtype.kind in "OUS":  # fractions, or exact numbers as text
        exact = np.frompyfunc(lambda value: read_number(value, name), 1, 1)(array.astype(object))
        return numbers.array(np.asarray(exact, dtype=object))
    if array.dtype.kind not in "iuf":
        raise InputError(f"{name} holds {array.dtype}: give real numbers")
    if array.dtype.kind == "f" and not np.all(np.isfinite(array)):
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise InputError(f"{name}{list(place)} is {array[place]}: give finite numbers")
    return numbers.array(array if numbers is DOUBLE else array.astype(object))


def _matrix(values: Any, name: str, shape: str, numbers: Numbers) -> Array:
    array = _array(values, name, numbers)
    if array.ndim != 2 or 0 in array.shape:
        raise InputError(f"{name} of shape {array.shape} is not a matrix: give {shape}")
    return array


def _labels(labels: Any, samples: int) -> Array:
    array = np.asarray(_plain(labels))
    if array.ndim == 2 and array.shape[1] > 1 and _is_one_hot(array):
        raise InputError(
            f"labels of shape {array.shape} are one-hot: give class numbers, such as labels.argmax(1)"
        )
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise InputError(
            f"labels of shape {array.shape} and type {array.dtype}: give {samples} whole numbers from 0"
        )
    if len(array) != samples:
        raise InputError(f"{len(array)} labels do not fit {samples} features: give one for each row")
    if array.min() < 0:
        raise InputError(f"label {array.min()} is negative: classes are numbered from 0")
    return array.astype(np.int64)


def _is_one_hot(array: Array) -> bool:
    return bool(
        array.dtype.kind in "biuf" and np.all(np.isin(array, (0, 1))) and np.all(array.sum(axis=1) == 1)
    )
