"""Finite abelian groups and their characters.

The classes of a K-class problem are the elements of a finite abelian group G of order K, the
singular values are indexed by its characters.  Both are numbered 0 .. K-1 by mixed radix, least
significant factor first, so that for G = Z_2^m the character a and the element g pair to
(-1)^popcount(a & g).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import lcm, prod
from typing import TypeVar

from ncverify.errors import InputError

MAX_ORDER = 1 << 24

T = TypeVar("T")


@dataclass(frozen=True)
class AbelianGroup:
    """Z_{n_1} x ... x Z_{n_r}, of order K = n_1 ... n_r.

    ``orders`` are the n_j (each at least 2).  G is identified with its dual: character ``a`` and
    element ``g`` pair to exp(2 pi i pairing(a, g)).
    """

    orders: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.orders:
            raise InputError("group () is trivial: give at least one factor, e.g. 2,2,2")
        for n in self.orders:
            if isinstance(n, bool) or not isinstance(n, int) or n < 2:
                raise InputError(f"group factor {n!r} must be a whole number of at least 2")
        if self.order > MAX_ORDER:
            raise InputError(f"group of order {self.order} is too large: at most {MAX_ORDER}")

    @classmethod
    def walsh(cls, m: int) -> AbelianGroup:
        """Z_2^m, K = 2^m: the group of the Sylvester Hadamard matrix."""
        if m < 1:
            raise InputError(f"Z_2^{m} is trivial: m must be at least 1")
        return cls((2,) * m)

    @classmethod
    def cyclic(cls, n: int) -> AbelianGroup:
        """Z_n, K = n."""
        return cls((n,))

    @classmethod
    def from_classes(cls, classes: int) -> AbelianGroup:
        """The default group for K classes: Z_2^m if K = 2^m, else the cyclic group Z_K."""
        if isinstance(classes, bool) or not isinstance(classes, int):
            raise InputError(f"classes = {classes!r} is not a whole number: write it like 8")
        if classes < 2:
            raise InputError(f"K = {classes} classes make no problem: K must be at least 2")
        if classes & (classes - 1) == 0:
            return cls.walsh(classes.bit_length() - 1)
        return cls.cyclic(classes)

    @classmethod
    def parse(cls, text: str) -> AbelianGroup:
        """Read ``"2,2,2"``: the orders of the cyclic factors."""
        parts = [part.strip() for part in text.split(",")]
        if not all(part.isascii() and part.isdigit() and len(part) <= 9 for part in parts):
            raise InputError(f"group {text[:60]!r} must be whole numbers separated by commas, e.g. 2,2,2")
        return cls(tuple(int(part) for part in parts))

    @classmethod
    def read(cls, value: AbelianGroup | str | Sequence[int]) -> AbelianGroup:
        """A group as people give it: the object, the orders of its factors, or these as text."""
        if isinstance(value, cls):
            return value
        if isinstance(value, str):
            return cls.parse(value)
        if isinstance(value, (tuple, list)):
            return cls(tuple(value))
        raise InputError(
            f"group = {value!r} is not a group: use AbelianGroup.from_classes(8), or orders such as '2,2,2'"
        )

    @cached_property
    def order(self) -> int:
        """K, the number of elements."""
        return prod(self.orders)

    @cached_property
    def exponent(self) -> int:
        """The least e with e g = 0 for every g; all characters are e-th roots of unity."""
        return lcm(*self.orders)

    @property
    def is_walsh(self) -> bool:
        """Whether G = Z_2^m, i.e. all characters are real."""
        return self.exponent == 2

    @property
    def name(self) -> str:
        """``Z_2^3``, ``Z_6``, ``Z_2 x Z_4``."""
        if len(self.orders) > 1 and len(set(self.orders)) == 1:
            return f"Z_{self.orders[0]}^{len(self.orders)}"
        return " x ".join(f"Z_{n}" for n in self.orders)

    def digits(self, g: int) -> tuple[int, ...]:
        """Coordinates of element (or character) number ``g``."""
        out = []
        for n in self.orders:
            g, digit = divmod(g, n)
            out.append(digit)
        return tuple(out)

    def index(self, digits: Sequence[int]) -> int:
        """The number of the element with these coordinates (each taken modulo its factor)."""
        g = 0
        for digit, n in zip(reversed(digits), reversed(self.orders), strict=True):
            g = g * n + digit % n
        return g

    def add(self, g: int, h: int) -> int:
        """g + h."""
        return self.index([x + y for x, y in zip(self.digits(g), self.digits(h), strict=True)])

    def neg(self, g: int) -> int:
        """-g."""
        return self.index([-x for x in self.digits(g)])

    def pairing(self, a: int, g: int) -> Fraction:
        """The angle of chi_a(g) in turns, in [0, 1): chi_a(g) = exp(2 pi i pairing)."""
        terms = zip(self.digits(a), self.digits(g), self.orders, strict=True)
        return sum((Fraction(x * y, n) for x, y, n in terms), Fraction(0)) % 1

    @cached_property
    def sign_classes(self) -> tuple[tuple[int, ...], ...]:
        """The orbits {a, -a}, each sorted, in the order of their smallest member; the first is {0}."""
        return tuple(
            (a,) if self.neg(a) == a else (a, self.neg(a)) for a in range(self.order) if a <= self.neg(a)
        )

    def spectrum(self, values: Sequence[T], zero: T) -> tuple[T, ...]:
        """The full spectrum (s_0, s_1, ..., s_{K-1}) from the K-1 values of the nonzero characters.

        Raises ``InputError`` for a wrong number of values or where s_a != s_{-a} (then the logits
        would not be real).
        """
        if len(values) != self.order - 1:
            raise InputError(
                f"{self.name} wants {self.order - 1} values (one for each nonzero character), "
                f"got {len(values)}"
                + ("; leave out s_0, which does not move" if len(values) == self.order else "")
            )
        full = (zero, *values)
        for a, *rest in self.sign_classes:
            for b in rest:
                if full[a] != full[b]:
                    raise InputError(
                        f"group {self.orders} needs a symmetric spectrum, s[a] = s[-a]: "
                        f"s[{a}]={full[a]}, s[{b}]={full[b]}"
                    )
        return full
