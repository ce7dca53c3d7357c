"""Expanded polynomials over Q and Q(c) under a budget: the arithmetic below ``ExpField``.

Monomials are tuples of exponents, first those of the algebraic constants (kept below their degrees),
then variables, then exponential generators.  A ``Laurent`` is a dict from monomials to nonzero rationals;
exponents may be negative there, but not in polynomials of the sympy ring.  Importing sympy takes a third of a
second, so that it waits for the first ring.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import gcd, lcm
from typing import Any, Final, TypeAlias

from ncverify.derive.constants import AlgebraicConstant

MAX_GENERATORS: Final = 1024
"""Constants, variables and exponentials of monomials, together."""

_BLOCK: Final = 50_000  # term products done at once
_MANY: Final = 10**15
_MAX_BYTES: Final = 150 << 20  # of one polynomial, and of all interned ones
_MAX_BITS: Final = 1 << 24  # of a coefficient

Monomial: TypeAlias = tuple[int, ...]
Laurent: TypeAlias = dict[Monomial, Any]
Powers: TypeAlias = Sequence[tuple[int, int]]
Rescaling: TypeAlias = Sequence[tuple[int, int]]


class BudgetExceeded(Exception):
    """The normal form would need more work or memory than the budget allows."""


class Polynomials:
    """A ring that can grow, and the interned polynomials ("bases") that elements are products of.

    Work is counted before it is done, in products of terms weighted by their length; ``spent`` is the
    count so far.  Every method may raise ``BudgetExceeded``.
    """

    def __init__(self, constants: Sequence[AlgebraicConstant], size: int, budget: int) -> None:
        self.constants = tuple(constants)
        self.budget = budget
        self.spent = 0
        self.bases: list[Any] = []
        self.unit: Monomial = ()
        self.largest = (0, 0)  # terms and degree
        self._free = len(self.constants)
        self._bits: list[int] = []  # of the largest coefficient of each base
        self._degrees: list[Monomial] = []  # of each base in each generator
        self._stored = 0  # terms of all bases
        self._index: dict[Any, int] = {}
        self.resize(size, ())

    def resize(self, size: int, rescaling: Rescaling) -> None:
        """A ring of ``size`` generators; each (position, factor) multiplies the exponents there."""
        if size > MAX_GENERATORS:
            raise BudgetExceeded(f"more than {MAX_GENERATORS} variables and exponentials of monomials")
        from sympy import QQ
        from sympy.polys.orderings import lex
        from sympy.polys.rings import PolyRing

        self.charge(self._stored)
        self.ring = PolyRing([f"g{i}" for i in range(size)], QQ, lex)
        self.unit = (0,) * size
        self.bases = [
            self.ring.from_dict({rescaled(m, rescaling, size): q for m, q in base.items()})
            for base in self.bases
        ]
        self._degrees = [rescaled(degrees, rescaling, size) for degrees in self._degrees]
        self._index = {base: i for i, base in enumerate(self.bases)}

    # -- budget ------------------------------------------------------------------------------

    def charge(self, products: int, bits: int = 0) -> None:
        """Count products of terms whose coefficients have this many bits."""
        self.spent += products * (1 + len(self.unit) // 8) * (1 + bits // 1024)
        if self.spent > self.budget:
            raise BudgetExceeded(f"the normal form needs more than {self.budget} products of terms")

    def check_bits(self, coefficient: Any, exponent: int = 1) -> None:
        """Refuse coefficient^exponent if it would be a huge number."""
        if _height(coefficient) * abs(exponent) > _MAX_BITS:
            raise BudgetExceeded(f"a coefficient of the normal form has more than {_MAX_BITS} bits")

    def _check_size(self, terms: int, bits: int = 0) -> None:
        if terms * (256 + 8 * len(self.unit) + bits // 8) > _MAX_BYTES:
            raise BudgetExceeded(f"a polynomial of the normal form needs more than {_MAX_BYTES >> 20} MB")

    # -- bases -------------------------------------------------------------------------------

    def primitive(self, terms: Laurent) -> tuple[Any, Monomial, int | None]:
        """Nonzero reduced terms as content * monomial * base: (content, monomial, index of the base).

        The base has whole coprime coefficients, a positive leading one, and no factor that is a variable
        or an exponential; the index is None where the base is 1.
        """
        lowest = tuple(map(min, zip(*terms, strict=True)))
        lowest = (0,) * self._free + lowest[self._free :]
        content = _content(terms.values())
        if terms[max(terms)] < 0:
            content = -content
        self.check_bits(content)
        if len(terms) == 1 and not any(next(iter(terms))[: self._free]):
            return content, lowest, None
        ldiv = self.ring.monomial_ldiv
        self.charge(len(terms))
        base = self.ring.from_dict({ldiv(m, lowest): q / content for m, q in terms.items()})
        self.largest = max(self.largest, (len(base), _degree(base)))
        return content, lowest, self._intern(base)

    def _intern(self, base: Any) -> int:
        index = self._index.get(base)
        if index is None:
            index = self._index[base] = len(self.bases)
            self.bases.append(base)
            self._bits.append(max(_height(q) for q in base.values()))
            self._degrees.append(tuple(map(max, zip(*base, strict=True))))
            self._stored += len(base)
            self._check_size(self._stored)
        return index

    def degree(self, index: int) -> int:
        """Total degree of a base."""
        return _degree(self.bases[index])

    def is_constant(self, index: int) -> bool:
        """Whether a base is a number of Q(constants)."""
        return not any(self._degrees[index][self._free :])

    def terms_bound(self, index: int, power: int) -> int:
        """A bound of the number of terms of base^power: multinomials, and the box of its degrees."""
        base = self.bases[index]
        if power == 1:
            return len(base)
        box = 1
        for degree in self._degrees[index]:
            box *= degree * power + 1
            if box > _MANY:
                break
        return min(box, _multinomials(len(base), power))

    # -- expanding ---------------------------------------------------------------------------

    def expand(self, start: Laurent, powers: Powers) -> Mapping[Monomial, Any]:
        """start * product of base^power, expanded and reduced; ``start`` has no negative exponents."""
        if not powers:
            return start
        result = self.ring.from_dict(start)
        bits = max(_height(q) for q in start.values())
        for index, power in sorted(powers, key=lambda item: self.terms_bound(*item)):
            bits += self._bits[index] * power
            result = self._times(result, self._power(index, power), bits)
        return result  # type: ignore[no-any-return]

    def add_into(self, total: Laurent, terms: Mapping[Monomial, Any]) -> None:
        """total += terms, in place; zero coefficients may stay."""
        for monomial, q in terms.items():
            total[monomial] = total.get(monomial, 0) + q
        self._check_size(len(total))

    def _times(self, left: Any, right: Any, bits: int) -> Any:
        """left * right, in blocks, so that the size of the result is known while it grows."""
        self.charge(len(left) * len(right), bits)
        if len(left) * len(right) <= _BLOCK:
            product = left * right
            return self.ring.from_dict(self.reduce(product)) if self.constants else product
        if len(left) < len(right):
            left, right = right, left
        total: Laurent = {}
        terms = list(left.items())
        step = max(1, _BLOCK // len(right))
        for start in range(0, len(terms), step):
            block = self.reduce(self.ring.from_dict(dict(terms[start : start + step])) * right)
            self.add_into(total, block)
            self._check_size(len(total), bits)
        return self.ring.from_dict({monomial: q for monomial, q in total.items() if q})

    def _power(self, index: int, power: int) -> Any:
        """base^power by the cheapest of three ways: multinomials, one factor at a time, squaring."""
        base = self.bases[index]
        if power == 1:
            return base
        size, bits = len(base), self._bits[index] + len(base).bit_length()
        # sympy expands powers of up to five terms by multinomial coefficients
        multinomial = _multinomials(size, power) if size <= 5 and not self.constants else _MANY
        stepwise = power * size * self.terms_bound(index, power) // 2
        squaring = self.terms_bound(index, (power + 1) // 2) ** 2
        if multinomial <= min(stepwise, squaring):
            self._check_size(self.terms_bound(index, power), bits * power)
            self.charge(2 * multinomial, bits * power)
            return base**power
        if stepwise <= squaring:
            result = base
            for k in range(2, power + 1):
                result = self._times(result, base, bits * k)
            return result
        half = self._power(index, power // 2)
        square = self._times(half, half, bits * power)
        return self._times(square, base, bits * power) if power % 2 else square

    # -- algebraic constants -----------------------------------------------------------------

    def reduce(self, terms: Mapping[Monomial, Any]) -> Mapping[Monomial, Any]:
        """Powers of each constant brought below its degree."""
        for position, constant in enumerate(self.constants):
            degree = constant.degree
            high = max((m[position] for m in terms), default=0)
            if high < degree:
                continue
            table = _power_table(constant, high)
            reduced: Laurent = {}
            self.charge(degree * len(terms))
            for monomial, q in terms.items():
                for k, factor in enumerate(table[monomial[position]]):
                    if factor:
                        target = (*monomial[:position], k, *monomial[position + 1 :])
                        reduced[target] = reduced.get(target, 0) + q * factor
            terms = {monomial: q for monomial, q in reduced.items() if q}
        return terms

    def inverse(self, index: int) -> Laurent:
        """1/base for a base in Q(constants): solves base * y = 1 in the power basis."""
        from sympy import QQ
        from sympy.polys.matrices import DomainMatrix

        basis: list[Monomial] = [()]
        for constant in self.constants:
            basis = [(*m, k) for m in basis for k in range(constant.degree)]
        basis = [(*m, *self.unit[self._free :]) for m in basis]
        size = len(basis)
        self.charge(size**3)
        columns = [self.reduce(self.bases[index].mul_monom(m)) for m in basis]
        rows = [[column.get(m, QQ(0)) for column in columns] for m in basis]
        one = [[QQ(int(not any(m)))] for m in basis]
        solution = DomainMatrix(rows, (size, size), QQ).lu_solve(DomainMatrix(one, (size, 1), QQ))
        return {m: q for m, q in zip(basis, solution.to_list_flat(), strict=True) if q}


def rational(numerator: int, denominator: int = 1) -> Any:
    """A coefficient of a polynomial."""
    from sympy import QQ

    return QQ(numerator, denominator)


def rescaled(monomial: Monomial, rescaling: Rescaling, size: int) -> Monomial:
    """A monomial of an older, smaller ring in one of ``size`` generators and finer lattices."""
    exponents = [*monomial, *(0,) * (size - len(monomial))]
    for position, factor in rescaling:
        exponents[position] *= factor
    return tuple(exponents)


def _degree(terms: Iterable[Monomial]) -> int:
    return max(map(sum, terms))


def _multinomials(terms: int, power: int) -> int:
    """The number of monomials of (t_1 + ... + t_terms)^power, cut off at _MANY."""
    count = 1
    for k in range(1, min(terms, power + 1)):
        count = count * (power + terms - k) // k
        if count > _MANY:
            return _MANY
    return count


def _height(q: Any) -> int:
    """log2 of the larger of |numerator| and denominator, rounded down."""
    return max(int(q.numerator).bit_length(), int(q.denominator).bit_length()) - 1


def _content(coefficients: Iterable[Any]) -> Any:
    """The positive rational c such that all coefficients / c are whole and coprime."""
    numerator, denominator = 0, 1
    for q in coefficients:
        numerator = gcd(numerator, int(q.numerator))
        denominator = lcm(denominator, int(q.denominator))
    return rational(numerator, denominator)


def _power_table(constant: AlgebraicConstant, high: int) -> list[tuple[Any, ...]]:
    """c^0, ..., c^high in the basis 1, c, ..., c^(degree-1)."""
    top = [rational(q.numerator, q.denominator) for q in constant.top_power]
    row = [rational(1), *(rational(0) for _ in top[1:])]
    table = [tuple(row)]
    for _ in range(high):
        carry = row[-1]
        row = [q + carry * t for q, t in zip([rational(0), *row[:-1]], top, strict=True)]
        table.append(tuple(row))
    return table
