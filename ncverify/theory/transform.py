"""The Fourier transform of a finite abelian group, for real even functions in any number type."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from math import prod

import numpy as np

from ncverify.errors import InputError
from ncverify.theory.groups import AbelianGroup
from ncverify.theory.hadamard import sylvester
from ncverify.theory.number_kinds import DOUBLE, FieldKind, Number, Vector

# Up to this order the plain sum over pairs costs about as much as the complex fast transform.
_DIRECT_ORDER = 64

# A pass over memory for every 5 binary digits: on arrays 2 to 3 times as fast as one for each digit.
_RADIX = 32


def transform(group: AbelianGroup, values: Vector, kind: FieldKind) -> Vector:
    """F(a) = sum_g f(g) chi_a(g) for a real function with f(g) = f(-g); F is real and even.

    ``values`` are the K numbers f(0), ..., f(K-1), or one array of doubles of shape (K, ...) whose
    further axes are a batch (then an array comes back).  f(g) = f(-g) is taken on trust: the
    imaginary part is dropped.  Applied twice it multiplies by K.  Cost: O(K sum of the prime factors
    of K) operations, K log2 K additions for Z_2^m (fast Walsh-Hadamard transform).
    """
    _check_length(group, values)
    if isinstance(values, np.ndarray):
        return _transform_array(group, values)
    re, im = list(values), None
    stride = 1
    for n in group.orders:
        if n == 2:
            _butterflies(re, stride)
            if im is not None:
                _butterflies(im, stride)
        else:
            im = [kind.exact(0)] * group.order if im is None else im
            _along_factor(re, im, n, stride, kind)
        stride *= n
    return re


def complements(group: AbelianGroup, weights: Vector, kind: FieldKind) -> Vector:
    """D(a) = sum_g w(g) (1 - Re chi_a(g)) for weights w(g) = w(-g) >= 0; w(0) does not matter.

    No cancellation, so D(a) has full relative accuracy, for Z_2^m of any size (2 K log2 K
    additions) and for the other groups up to order 64 (K^2/2 products).  Beyond that D = F(0) - F(a)
    with F the transform of w off 0: its error is relative to F(0).  Arguments as for ``transform``.
    """
    _check_length(group, weights)
    if group.is_walsh:
        return _walsh_complements(weights, kind)
    if group.order <= _DIRECT_ORDER:
        if isinstance(weights, np.ndarray):
            return np.tensordot(_complement_matrix(group), weights, 1)
        return _direct_complements(group, weights, kind)
    if isinstance(weights, np.ndarray):
        rest = weights.copy()
        rest[0] = 0
        image = _transform_array(group, rest)
        return image[0] - image
    full = transform(group, [kind.exact(0), *weights[1:]], kind)
    return [full[0] - value for value in full]


def _check_length(group: AbelianGroup, values: Vector) -> None:
    if len(values) != group.order:
        raise InputError(f"{group.name} wants {group.order} values (one for each element), got {len(values)}")


def _butterflies(x: list[Number], stride: int) -> None:
    for start in range(0, len(x), 2 * stride):
        for i in range(start, start + stride):
            x[i], x[i + stride] = x[i] + x[i + stride], x[i] - x[i + stride]


def _along_factor(re: list[Number], im: list[Number], n: int, stride: int, kind: FieldKind) -> None:
    turns = [Fraction(j, n) for j in range(n)]
    roots = [(kind.cos_turns(q), kind.cos_turns(q - Fraction(1, 4))) for q in turns]
    for start in range(0, len(re), n * stride):
        for i in range(start, start + stride):
            line = slice(i, i + n * stride, stride)
            re[line], im[line] = _dft(re[line], im[line], roots, 1)


def _dft(
    re: list[Number], im: list[Number], roots: list[tuple[Number, Number]], step: int
) -> tuple[list[Number], list[Number]]:
    """Mixed-radix decimation in time; ``roots[j]`` is exp(2 pi i j / n) and len(re) = n / step."""
    n = len(re)
    if n == 1:
        return re, im
    p = next(q for q in range(2, n + 1) if n % q == 0)
    parts = [_dft(re[r::p], im[r::p], roots, step * p) for r in range(p)]
    out_re, out_im = [], []
    for k in range(n):
        j = k % (n // p)
        x, y = parts[0][0][j], parts[0][1][j]
        for r in range(1, p):
            (c, s), u, v = roots[step * r * k % len(roots)], parts[r][0][j], parts[r][1][j]
            x, y = x + c * u - s * v, y + c * v + s * u
        out_re.append(x)
        out_im.append(y)
    return out_re, out_im


def _walsh_complements(weights: Vector, kind: FieldKind) -> Vector:
    # D = sum w (1 - chi) and C = sum w (1 + chi), joined over the two halves of each pair of blocks:
    # only sums of terms of one sign.
    if isinstance(weights, np.ndarray):
        return _walsh_complements_array(weights)
    size = len(weights)
    c = [w + w for w in weights]
    d = [kind.exact(0)] * size
    stride = 1
    while stride < size:
        for start in range(0, size, 2 * stride):
            for i in range(start, start + stride):
                j = i + stride
                d[i], d[j], c[i], c[j] = d[i] + d[j], d[i] + c[j], c[i] + c[j], c[i] + d[j]
        stride *= 2
    return d


def _direct_complements(group: AbelianGroup, weights: Vector, kind: FieldKind) -> list[Number]:
    out = [kind.exact(0)] * group.order
    for orbit in group.sign_classes[1:]:
        for elements in group.sign_classes[1:]:
            turns = group.pairing(orbit[0], elements[0])
            if turns:
                term = len(elements) * _one_minus_cos(turns, kind) * weights[elements[0]]
                out[orbit[0]] = out[orbit[0]] + term
        for a in orbit:
            out[a] = out[orbit[0]]
    return out


@lru_cache(maxsize=64)
def _complement_matrix(group: AbelianGroup) -> np.ndarray:
    rows = range(group.order)
    return np.array([[_one_minus_cos(group.pairing(a, g), DOUBLE) for g in rows] for a in rows])


def _one_minus_cos(turns: Fraction, kind: FieldKind) -> Number:
    # 1 - cos(2 pi q) = 2 sin(pi q)^2
    sine = kind.cos_turns(turns / 2 - Fraction(1, 4))
    return 2 * sine * sine


def _transform_array(group: AbelianGroup, values: np.ndarray) -> np.ndarray:
    batch = values.shape[1:]
    if not group.is_walsh:
        # Axes from the most significant factor down; an even function does not see the sign of i.
        grid = values.reshape(*reversed(group.orders), *batch)
        image = np.fft.fftn(grid, axes=tuple(range(len(group.orders))))
        return np.ascontiguousarray(image.real.reshape(values.shape))
    x = np.asarray(values, dtype=np.float64)
    for stride, signs in _radix_passes(group.order):
        x = _along_digit(signs, x, stride)
    return x


def _walsh_complements_array(weights: np.ndarray) -> np.ndarray:
    # As in ``_walsh_complements``, for _RADIX elements at a time: the matrices are 0 and 1.
    c = 2 * np.asarray(weights, dtype=np.float64)
    d = np.zeros_like(c)
    for stride, signs in _radix_passes(len(c)):
        same, opposite = (1 + signs) / 2, (1 - signs) / 2
        d, c = (
            _along_digit(same, d, stride) + _along_digit(opposite, c, stride),
            _along_digit(same, c, stride) + _along_digit(opposite, d, stride),
        )
    return d


def _radix_passes(order: int) -> Iterator[tuple[int, np.ndarray]]:
    """Strides 1, 32, 1024, ... of Z_2^m with the character table of the factor of up to 32 elements there."""
    stride = 1
    while stride < order:
        m = min(_RADIX, order // stride).bit_length() - 1
        yield stride, np.array(sylvester(m), dtype=np.float64)
        stride <<= m


def _along_digit(matrix: np.ndarray, x: np.ndarray, stride: int) -> np.ndarray:
    """Apply a symmetric matrix to the digit of the first axis that has this stride (by BLAS)."""
    r = len(matrix)
    below = stride * prod(x.shape[1:])
    image: np.ndarray
    if below == 1:
        image = x.reshape(-1, r) @ matrix
    else:
        image = np.matmul(matrix, x.reshape(-1, r, below))
    return image.reshape(x.shape)
