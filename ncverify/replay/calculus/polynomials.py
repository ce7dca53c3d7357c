"""Polynomials whose monomials are sums over indices.

A monomial is a product under sums: bound indices, values of characters, Kronecker deltas, and powers of
atoms.  An atom is ``("sym", name)``, ``("app", name, (index, ...))``, ``("exp" | "log" | "sqrt", key)``
or ``("sum", key)``, a polynomial to a negative power; a key is a polynomial as a sorted tuple.  Names that
begin with ``#`` or ``*`` are bound; no name in a derivation does.  All of it is compared as plain tuples.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

from ncverify.replay.calculus.terms import Index, Var

Atom = tuple[Any, ...]
# Whole numbers are kept as int, which is many times faster; / is never used between two of them.
Number = int | Fraction
Factor = tuple[Atom, Number]

MAX_MONOMIALS = 20_000


class Monomial(NamedTuple):
    """The sum over ``bound`` of characters chi_a(g)^n, deltas and powers of atoms."""

    bound: tuple[Var, ...] = ()
    chars: tuple[tuple[Var, Var, int], ...] = ()
    deltas: tuple[Index, ...] = ()
    factors: tuple[Factor, ...] = ()


Poly = Mapping[Monomial, Number]
Key = tuple[tuple[Monomial, Number], ...]

ONE: Poly = {Monomial(): 1}


def total(parts: Iterable[tuple[Poly, Number]]) -> Poly:
    """The sum of multiples of polynomials."""
    result: dict[Monomial, Number] = {}
    for poly, factor in parts:
        for mono, value in poly.items():
            result[mono] = result.get(mono, 0) + value * factor
    return {mono: value for mono, value in result.items() if value}


def simple(value: Number) -> Number:
    """The same number, as an int if it is whole."""
    return value.numerator if value.denominator == 1 else value


def frozen(poly: Poly) -> Key:
    return tuple(sorted(poly.items()))


def primitive(poly: Poly) -> tuple[Key, Number]:
    """A polynomial that is not 0, divided by its first coefficient, and that coefficient."""
    lead = frozen(poly)[0][1]
    return frozen({mono: simple(value / Fraction(lead)) for mono, value in poly.items()}), lead


def atom_poly(atom: Atom) -> Poly:
    """The polynomial that an atom stands for."""
    return dict(atom[1]) if atom[0] == "sum" else {Monomial(factors=((atom, 1),)): 1}


@lru_cache(maxsize=100_000)
def variables(atom: Atom) -> frozenset[Var]:
    """The index variables that are free in an atom."""
    match atom:
        case ("sym", _):
            return frozenset()
        case ("app", _, args):
            return frozenset(var for arg in args for var, _ in arg[1])
    return frozenset().union(*(occurring(mono) - set(mono.bound) for mono, _ in atom[1]))


def occurring(mono: Monomial) -> frozenset[Var]:
    """The variables of a monomial, bound or not."""
    inside = (variables(atom) for atom, _ in mono.factors)
    return frozenset().union(in_chars(mono), in_deltas(mono), *inside)


def in_chars(mono: Monomial) -> set[Var]:
    return {var for a, g, _ in mono.chars for var in (a, g)}


def in_deltas(mono: Monomial) -> set[Var]:
    return {var for form in mono.deltas for var, _ in form[1]}


@lru_cache(maxsize=100_000)
def depth(atom: Atom) -> int:
    """How deep polynomials are nested in an atom."""
    if atom[0] in ("sym", "app"):
        return 0
    return 1 + max((depth(inner) for mono, _ in atom[1] for inner, _ in mono.factors), default=0)


def characters(pairs: Iterable[tuple[Index, Index, int]]) -> tuple[tuple[Var, Var, int], ...]:
    """A product of chi_a(g)^n, multiplied out: chi is additive in both arguments."""
    counts: dict[tuple[Var, Var], int] = {}
    for a, g, power in pairs:
        for left, count in a[1]:
            for right, more in g[1]:
                counts[left, right] = counts.get((left, right), 0) + count * more * power
    return tuple(sorted((left, right, count) for (left, right), count in counts.items() if count))
