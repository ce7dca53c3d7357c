"""Products of power series whose coefficients arrive one by one (fixed-point integers)."""

from __future__ import annotations

from operator import mul
from typing import Any

from flint import fmpz, fmpz_poly
from gmpy2 import mpz

BLOCK = 32
RELAXED_FROM = 128
"""From this order on the block scheme beats the plain recurrence (measured, see benchmarks)."""

Integer = Any


class PlainProduct:
    """c_k = floor(2^-bits sum_{i+j=k} a_i b_j), given a_0, b_0, a_1, b_1, ... in turn.  Cost N^2/2."""

    number: Any = mpz

    def __init__(self, bits: int) -> None:
        self.bits = bits
        self.a: list[Integer] = []
        self.b: list[Integer] = []

    def push(self, a: Integer, b: Integer) -> Integer:
        """Takes a_k and b_k, returns c_k."""
        self.a.append(a)
        self.b.append(b)
        return sum(map(mul, self.a, reversed(self.b))) >> self.bits


class BlockProduct(PlainProduct):
    """The same numbers by divide and conquer: cost M(N) log(N / BLOCK) + N BLOCK.

    When order ``mid`` is reached, the segment [l, r) of which it is the midpoint gets the terms
    a_i b_j with i or j in [l, mid) at once, as products of integer polynomials (Kronecker
    substitution in FLINT).  Each pair (i, j) is met once: in the smallest segment that separates
    max(i, j) from i + j, or in the plain loop where they share a block.
    """

    number: Any = fmpz

    def __init__(self, bits: int) -> None:
        super().__init__(bits)
        self.early: dict[int, Integer] = {}
        self.heads: dict[int, tuple[Any, Any]] = {}

    def push(self, a: Integer, b: Integer) -> Integer:
        """Takes a_k and b_k, returns c_k."""
        k = len(self.a)
        if k and k % BLOCK == 0:
            self._segment(k)
        self.a.append(a)
        self.b.append(b)
        left = k - k % BLOCK
        if left == 0:
            total = sum(map(mul, self.a, reversed(self.b)))
        else:
            total = sum(map(mul, self.a[left:], reversed(self.b[: k - left + 1])))
            total += sum(map(mul, self.b[left:], reversed(self.a[: k - left + 1])))
            total += self.early.pop(k, 0)
        return total >> self.bits

    def _segment(self, mid: int) -> None:
        half = mid & -mid
        left = mid - half
        if left == 0:
            product = fmpz_poly(self.a) * fmpz_poly(self.b)
            start = 0
        else:
            if half not in self.heads:
                self.heads[half] = (fmpz_poly(self.a[: 2 * half]), fmpz_poly(self.b[: 2 * half]))
            head_a, head_b = self.heads[half]
            product = fmpz_poly(self.a[left:]) * head_b + fmpz_poly(self.b[left:]) * head_a
            start = left
        early = self.early
        for k, c in enumerate(product.coeffs()[mid - start : mid - start + half], mid):
            early[k] = early[k] + c if k in early else c


def online_product(bits: int, order: int) -> PlainProduct:
    """The faster of the two for series of this order."""
    return BlockProduct(bits) if order >= RELAXED_FROM else PlainProduct(bits)
