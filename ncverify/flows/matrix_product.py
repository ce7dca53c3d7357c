"""Products of two series of integer matrices whose coefficients arrive one by one (fixed-point integers).

Matrices are cut into limbs of so few bits that sums of products of limbs are exact in doubles: then a few
products of double matrices (BLAS) are an exact convolution, the same on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

_EXACT = 53
"""Bits of an integer that a double holds exactly."""

_SERIAL = 1 << 18
"""Multiplications in one call of BLAS: for larger ones OpenBLAS starts threads, which wait for each other."""

_SPARE = 6
"""Bits by which what is left out of a product stays below a unit of the result."""


class LimbFormat:
    """How the k-th coefficients (integers in units of 2^-bits) are cut: x 2^{decay k} into signed limbs.

    ``terms``: bound of the number of products of entries that are added up.  If the k-th coefficients fall
    about like 2^{-decay k}, then only as many limbs are multiplied as reach the last digits of the result;
    otherwise products cost more and are as accurate.
    """

    def __init__(self, bits: int, decay: int, terms: int) -> None:
        self.bits, self.decay = bits, decay
        self.spread = terms.bit_length()
        self.size = (_EXACT - 1 - self.spread) // 2
        self._weights = 2.0 ** np.arange(self.size)

    def cut(self, entries: Sequence[Any], k: int, rows: int) -> np.ndarray:
        """Limbs of a k-th coefficient (entries row by row), highest first: shape (limbs, rows, columns)."""
        numbers = [abs(int(x)) << self.decay * k for x in entries]
        count = max(1, -(-max(x.bit_length() for x in numbers) // self.size))
        width = -(-count * self.size // 8)
        data = np.frombuffer(b"".join([x.to_bytes(width, "little") for x in numbers]), np.uint8)
        digits = np.unpackbits(data.reshape(-1, width), axis=1, bitorder="little")
        limbs = digits[:, : count * self.size].reshape(-1, count, self.size) @ self._weights
        signs = np.array([-1.0 if x < 0 else 1.0 for x in entries])
        signed: np.ndarray = (limbs.T[::-1] * signs).reshape(count, rows, -1)
        return signed


class MatrixProduct:
    """C_k = sum_{i+j=k} A_i B_j 2^-bits, given A_0, B_0, A_1, B_1, ... in turn, k <= ``order``; about +-1.

    A: rows x inner, B: inner x columns.  Cost of C_k: (k + 1) rows inner columns (limbs)^2 / 2
    multiplications of doubles.
    """

    def __init__(self, form: LimbFormat, rows: int, inner: int, columns: int, order: int) -> None:
        self.form, self.rows, self.inner, self.columns = form, rows, inner, columns
        self.terms = order + 1
        self.count = 0
        # Rows of ``left``: limb by limb from the top; columns: A_0, A_1, ...  ``right``: ..., B_1, B_0 below.
        self.left = np.zeros((0, self.terms * inner))
        self.right = np.zeros((self.terms * inner, 0))

    def push(self, a: np.ndarray, b: np.ndarray) -> list[int]:
        """Takes the limbs of A_k and B_k, returns C_k row by row."""
        k, inner, rows, columns = self.count, self.inner, self.rows, self.columns
        self.count += 1
        more = len(a) - len(self.left) // rows
        if more > 0:
            self.left = np.concatenate([np.zeros((more * rows, self.terms * inner)), self.left])
        self.left[-len(a) * rows :, k * inner : (k + 1) * inner] = a.reshape(-1, inner)
        more = len(b) - self.right.shape[1] // columns
        if more > 0:
            self.right = np.concatenate([np.zeros((self.terms * inner, more * columns)), self.right], axis=1)
        place = (self.terms - 1 - k) * inner
        self.right[place : place + inner, -len(b) * columns :] = b.transpose(1, 0, 2).reshape(inner, -1)
        return self._product(self.left[:, : (k + 1) * inner], self.right[place:], k)

    def _product(self, left: np.ndarray, right: np.ndarray, k: int) -> list[int]:
        rows, columns, form = self.rows, self.columns, self.form
        many_a, many_b = len(left) // rows, right.shape[1] // columns
        # Limb number s of the product weighs 2^{size (many_a + many_b - 2 - s)}; the lowest are left out.
        unit = form.bits + form.decay * k
        lowest = max(0, (unit - form.spread - _SPARE) // form.size - 1)
        # Each product of two limbs fits into 53 bits, the sum of those of one weight into 64.
        sums = np.zeros((max(1, many_a + many_b - 1 - lowest), rows, columns), np.int64)
        for p in range(min(many_a, len(sums))):
            width = min(many_b, len(sums) - p)
            part = _serial_product(left[p * rows : (p + 1) * rows], right[:, : width * columns])
            sums[p : p + width] += part.reshape(rows, width, columns).transpose(1, 0, 2).astype(np.int64)
        out = [0] * (rows * columns)
        for limbs in sums.reshape(len(sums), -1).tolist():
            out = [(x << form.size) + y for x, y in zip(out, limbs, strict=True)]
        last = form.size * (many_a + many_b - 1 - len(sums)) - unit
        return [x << last for x in out] if last >= 0 else [x >> -last for x in out]


def _serial_product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    part = max(1, _SERIAL // (a.shape[0] * b.shape[1]))
    out: np.ndarray = a[:, :part] @ b[:part]
    for j in range(part, a.shape[1], part):
        out += a[:, j : j + part] @ b[j : j + part]
    return out
