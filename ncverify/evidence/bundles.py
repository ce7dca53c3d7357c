"""Products of one power series with several others, by multiplying long integers."""

from __future__ import annotations

from collections.abc import Sequence
from operator import mul

from gmpy2 import mpz

_SPARE = 64


class Row:
    """Power series side by side: one integer for each order, in which coefficients are ``slot`` bits apart.

    ``series``: lists of fixed-point integers, which grow.
    """

    def __init__(self, series: Sequence[list[mpz]]) -> None:
        self.series = series
        self.packed: list[mpz] = []
        self.slot = 0
        self.bias = mpz(0)
        self._bits = 0  # of the largest coefficient

    def reach(self, n: int, bits: int) -> None:
        """Pack up to order n, so wide that n + 1 products with numbers of so many ``bits`` can be added."""
        new = range(len(self.packed), n + 1)
        for k in new:
            self._bits = max(self._bits, *(y[k].bit_length() for y in self.series))
        # |sum| < (n + 1) 2^(bits + self._bits) <= 2^(slot - 1)
        needed = bits + self._bits + (n + 1).bit_length() + 1
        if needed > self.slot:
            self.slot, self.packed, new = needed + _SPARE, [], range(n + 1)
            half = mpz(1) << (self.slot - 1)
            self.bias = sum((half << (place * self.slot) for place in range(len(self.series))), mpz(0))
        for k in new:
            whole = mpz(0)
            for y in reversed(self.series):
                whole = (whole << self.slot) + y[k]
            self.packed.append(whole)


class Bundle:
    """The products of ``x`` with each series of a row.

    One multiplication by a coefficient of ``x`` serves all of them.  What is appended to ``products`` is what
    each product alone gives: floor(2^-bits sum_{j+k=n} x_j y_k), exactly.
    """

    def __init__(self, bits: int, x: list[mpz], row: Row, products: Sequence[list[mpz]]) -> None:
        self.bits, self.x, self.row, self.products = bits, x, row, products
        self._largest = x[0].bit_length()

    def advance(self, n: int) -> None:
        """Compute coefficient n of every product; ``x`` and the series of the row have theirs."""
        row, bits = self.row, self.bits
        self._largest = max(self._largest, self.x[n].bit_length())
        row.reach(n, self._largest)
        slot = row.slot
        half = mpz(1) << (slot - 1)
        digit = (half << 1) - 1
        total = sum(map(mul, self.x, reversed(row.packed))) + row.bias  # no digit is negative
        for product in self.products:
            product.append(((total & digit) - half) >> bits)
            total >>= slot
