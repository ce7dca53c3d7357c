"""Starts on the spectral family and how they move: in balls to certify, in batches of doubles to look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt
from flint import arb

from ncverify.errors import InputError
from ncverify.flows.exact import read_numbers
from ncverify.theory.balls import to_arb
from ncverify.theory.dynamics import ARB, Balanced, deficits, logits
from ncverify.theory.groups import AbelianGroup
from ncverify.theory.nodes import MAX_BITS, MAX_DIGITS, clip

Doubles = npt.NDArray[np.float64]

MAX_ORDER = 1024
MAX_DEPTH = 1000


@dataclass(frozen=True)
class Start:
    """An exact start: s_a > 0 for a != 0, and if unbalanced c_a = alpha_a^2 - beta_a^2 as well."""

    s: tuple[Fraction, ...]
    c: tuple[Fraction, ...] | None = None

    @property
    def values(self) -> tuple[Fraction, ...]:
        """s, then c if there is one."""
        return self.s if self.c is None else self.s + self.c


@dataclass(frozen=True)
class Motion:
    """A reduced flow: s_a' = L s_a^(2-2/L) (1 - phat_a), or s_a' = sqrt(c_a^2 + 4 s_a^2) (1 - phat_a).

    ``unbalanced`` means the second one (two layers, c_a conserved).  Source: garrod, reduced flow, and the
    claims ``reduced-ode`` and ``depth-lyapunov``.
    """

    group: AbelianGroup
    depth: int = 2
    unbalanced: bool = False

    def __post_init__(self) -> None:
        Balanced(self.depth)  # refuses what is no depth
        if self.depth > MAX_DEPTH:
            raise InputError(f"depth {self.depth} is too large: at most {MAX_DEPTH}")
        if self.unbalanced and self.depth != 2:
            raise InputError(f"the unbalanced flow has depth 2, not {self.depth}: leave the depth out")
        if self.group.order > MAX_ORDER:
            raise InputError(f"{self.group.name} has order {self.group.order}: at most {MAX_ORDER} here")

    @property
    def name(self) -> str:
        """How the flow is called in reports."""
        return "unbalanced" if self.unbalanced else f"balanced, depth {self.depth}"

    def start(self, s: Sequence[object] | str, c: Sequence[object] | str | None = None) -> Start:
        """Read an exact start; raises ``InputError`` for floats, s_a <= 0 or s_a != s_{-a}."""
        values = self.group.spectrum(_read(s, "start"), Fraction(0))[1:]
        for a, value in enumerate(values, 1):
            if value <= 0:
                raise InputError(f"start s[{a}] = {clip(value)} must be positive")
        if (c is not None) != self.unbalanced:
            wanted = "wants" if self.unbalanced else "has no"
            raise InputError(f"the {self.name} flow {wanted} imbalances c_a = alpha_a^2 - beta_a^2")
        if c is None:
            return Start(values)
        return Start(values, self.imbalances(c))

    def imbalances(self, c: Sequence[object] | str) -> tuple[Fraction, ...]:
        """Read c_a for the nonzero characters; one number stands for all of them."""
        read = _read(c, "imbalance")
        read = read * (self.group.order - 1) if len(read) == 1 else read
        return self.group.spectrum(read, Fraction(0))[1:]


def _read(values: Sequence[object] | str, name: str) -> tuple[Fraction, ...]:
    numbers = read_numbers(values, name)
    for i, x in enumerate(numbers):
        if max(abs(x.numerator), x.denominator).bit_length() > MAX_BITS:
            raise InputError(f"{name}[{i}] has more than {MAX_DIGITS} digits: use a smaller number")
    return numbers


class Moving:
    """An exact start and its velocity in balls; made and used within one ``precision`` block."""

    def __init__(self, motion: Motion, start: Start) -> None:
        self.group = motion.group
        self.s = start.s
        self.spectrum = [arb(0), *map(to_arb, start.s)]
        self.rates: list[arb]
        if start.c is None:
            self.rates = Balanced(motion.depth).field(self.group, self.spectrum, ARB)[1:]
        else:
            speeds = [to_arb(c * c + 4 * s * s).sqrt() for s, c in zip(start.s, start.c, strict=True)]
            self.rates = [v * d for v, d in zip(speeds, self.short, strict=True)]

    @cached_property
    def growth(self) -> arb:
        """S'/S with S = sum s_a."""
        total = arb(0)
        for rate in self.rates:
            total += rate
        return total / to_arb(sum(self.s, Fraction(0)))

    @cached_property
    def short(self) -> list[arb]:
        """1 - phat_a for a != 0."""
        short: list[arb] = deficits(self.group, self.spectrum, ARB)[1:]
        return short

    @cached_property
    def z(self) -> list[arb]:
        """The logits z(g), all g."""
        z: list[arb] = logits(self.group, self.spectrum, ARB)
        return z

    @cached_property
    def z_rates(self) -> list[arb]:
        """z(g)', all g."""
        rates: list[arb] = logits(self.group, [arb(0), *self.rates], ARB)
        return rates

    @cached_property
    def gaps(self) -> list[arb]:
        """z(0) - z(g), all g."""
        return [self.z[0] - value for value in self.z]

    @cached_property
    def p(self) -> list[arb]:
        """The softmax p(g), all g."""
        weights = [(-gap).exp() for gap in self.gaps]
        total = sum(weights[1:], weights[0])
        return [weight / total for weight in weights]

    @cached_property
    def p_rates(self) -> list[arb]:
        """p(g)' = p(g) (z(g)' - sum_h p(h) z(h)'), all g."""
        mean = sum((p * v for p, v in zip(self.p, self.z_rates, strict=True)), arb(0))
        return [p * (v - mean) for p, v in zip(self.p, self.z_rates, strict=True)]


class Batch:
    """Many starts in doubles: ``s`` and ``c`` of shape (K-1, n); nothing here proves anything.

    ``growth`` is s_a'/s_a.  Cost: two fast Walsh transforms and K exponentials a start (other groups: two
    products with a (K-1) x (K-1) matrix).
    """

    def __init__(self, motion: Motion, s: Doubles, c: Doubles | None) -> None:
        self.group = motion.group
        self.s = s
        if self.group.is_walsh:
            self._walsh()
        else:
            self._general()
        if c is not None:
            self.growth = np.sqrt((c / s) ** 2 + 4) * self.short
        elif motion.depth == 2:
            self.growth = 2 * self.short
        else:
            self.growth = motion.depth * s ** (1 - 2 / motion.depth) * self.short

    def _walsh(self) -> None:
        # Butterflies rather than a product by BLAS, whose rounding may depend on the number of threads.
        z = np.empty((self.group.order, self.s.shape[1]))
        z[0] = 0
        z[1:] = self.s
        walsh_in_place(z)
        z /= self.group.order
        self.gaps = z[0] - z[1:]
        weights = np.exp(-self.gaps, out=z[1:])
        self.rest = weights.sum(axis=0)  # sum of e^(-gap) over g != 0
        self._weights = weights.copy()
        z[0] = 0
        walsh_in_place(z)
        # Its error is relative to the largest entry, which is enough to look for starts.
        self.short = (z[0] - z[1:]) / (1 + self.rest)

    def _general(self) -> None:
        table = _complement_table(self.group)
        # einsum: no BLAS, as above
        self.gaps = np.einsum("ga,an->gn", table, self.s) / self.group.order
        self._weights = np.exp(-self.gaps)
        self.rest = self._weights.sum(axis=0)
        self.short = np.einsum("ag,gn->an", table, self._weights) / (1 + self.rest)

    @property
    def rates(self) -> Doubles:
        """s_a'."""
        rates: Doubles = self.growth * self.s
        return rates

    def z_and_rates(self) -> tuple[Doubles, Doubles]:
        """z(g) and z(g)' for all g, two arrays of shape (K, n)."""
        return self._logits(self.s), self._logits(self.rates)

    def p(self) -> Doubles:
        """p(g) for all g, shape (K, n)."""
        p = np.concatenate([np.ones((1, self.s.shape[1])), self._weights])
        p /= 1 + self.rest
        return p

    def gap_rates(self) -> Doubles:
        """(z(0) - z(g))' for g != 0."""
        z = self._logits(self.rates)
        rates: Doubles = z[0] - z[1:]
        return rates

    def _logits(self, values: Doubles) -> Doubles:
        if self.group.is_walsh:
            z = np.empty((self.group.order, values.shape[1]))
            z[0], z[1:] = 0, values
            walsh_in_place(z)
            z /= self.group.order
            return z
        table = 1 - _complement_table(self.group)
        rest = np.einsum("ga,an->gn", table, values)
        z = np.concatenate([values.sum(axis=0)[None], rest])
        z /= self.group.order
        return z


def walsh_in_place(x: Doubles) -> None:
    """The Walsh-Hadamard transform along the first axis of a contiguous array of shape (2^m, n)."""
    if not x.flags.c_contiguous:
        raise ValueError("the views below would be copies")
    size = len(x)
    stride = 1
    while stride < size:
        pairs = x.reshape(size // (2 * stride), 2, -1)
        even, odd = pairs[:, 0], pairs[:, 1]
        even += odd
        odd *= -2
        odd += even
        stride *= 2


@lru_cache(maxsize=8)
def _complement_table(group: AbelianGroup) -> Doubles:
    """1 - Re chi_a(g) for a, g != 0."""
    indices = range(1, group.order)
    turns = [[float(group.pairing(a, g)) for g in indices] for a in indices]
    table: Doubles = 2 * np.sin(np.pi * np.array(turns)) ** 2
    return table
