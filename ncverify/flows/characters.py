"""Character sums over the sign classes {a, -a}, for integers, balls and polynomials alike.

Spectra and logits are real and even, so one number for each sign class is enough.  A "class vector"
has one entry for each nonzero sign class of ``AbelianGroup.sign_classes`` (for Z_2^m: K-1 entries).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from operator import add, mul, sub
from typing import Any

from gmpy2 import mpz

from ncverify.flows.balls import precision, to_fixed
from ncverify.theory.groups import AbelianGroup
from ncverify.theory.number_kinds import ARB

Value = Any
"""An integer (fixed point), a ball, or a polynomial with ball coefficients."""


class CharacterSums:
    """z_g = sum_a v_a chi_a(g) and its complement, for class vectors of ``Value``.

    Z_2^m: fast Walsh-Hadamard transform, K log2 K additions, exact for integers.  Other groups: the
    plain sum over pairs of sign classes.  ``bits``: scale of the integer cosines (integers only;
    these sums are approximations, balls and polynomials give enclosures).
    """

    def __init__(self, group: AbelianGroup, bits: int = 0) -> None:
        self.group = group
        self.bits = bits
        self.classes = group.sign_classes[1:]
        self._walsh = group.is_walsh
        self.sizes = tuple(len(orbit) for orbit in self.classes)

    def logits(self, values: Sequence[Value]) -> list[Value]:
        """sum over all nonzero a of v_a chi_a(g) for g = 0, then for each nonzero sign class."""
        if self._walsh:
            return walsh([0 * values[0], *values])
        weighted = [v * size for v, size in zip(values, self.sizes, strict=True)]
        total = _total(weighted)
        return [total, *self._products(weighted)]

    def complements(self, values: Sequence[Value]) -> list[Value]:
        """sum over all nonzero g of f_g (1 - chi_a(g)) for each nonzero sign class a."""
        image = self.logits(values)
        return [image[0] - v for v in image[1:]]

    def _products(self, weighted: Sequence[Value]) -> list[Value]:
        if isinstance(weighted[0], int | type(mpz())):
            return [sum(map(mul, row, weighted)) >> self.bits for row in self._fixed]
        # Balls are cached for each precision by the number kind.
        out = []
        for a in self.classes:
            terms = [ARB.cos_turns(self.group.pairing(a[0], g[0])) for g in self.classes]
            out.append(_total([v * c for v, c in zip(weighted, terms, strict=True)]))
        return out

    @cached_property
    def _fixed(self) -> list[list[Any]]:
        with precision(self.bits + 16):
            cosines = [
                [ARB.cos_turns(self.group.pairing(a[0], g[0])) for g in self.classes] for a in self.classes
            ]
        return [[mpz(to_fixed(c, self.bits)) for c in row] for row in cosines]


def walsh(x: list[Value]) -> list[Value]:
    """The Walsh-Hadamard transform, K log2 K additions.

    Each stage splits off the lowest index bit and puts its image on top; after log2 K stages every bit
    is back in its place.
    """
    for _ in range(len(x).bit_length() - 1):
        even, odd = x[::2], x[1::2]
        x = [*map(add, even, odd), *map(sub, even, odd)]
    return x


def _total(values: Sequence[Value]) -> Value:
    return sum(values[1:], values[0])
