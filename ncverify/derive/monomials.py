"""Monomials and polynomials of the all-K calculus: the data of its normal forms."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

from ncverify.derive.terms import ORDERS, Index, Var


class ProofError(Exception):
    """A step is not justified; nothing was proved by it."""


class TooLarge(ProofError):
    """The normal form exceeds its budget; the question stays undecided."""


MAX_MONOMIALS = 20_000


POSITIVE_SYMBOLS = frozenset(ORDERS.values())


# Functions of characters whose conjugate is the value at the opposite character: columns of a frame R.
COMPLEX = frozenset({"R"})


# A base of a factor: ("sym", name), ("app", name, args), ("exp", key), ("log"|"sqrt", key), ("poly", key)
Base = tuple[Any, ...]


Key = tuple[tuple["Monomial", Fraction], ...]  # a polynomial, frozen


@dataclass(frozen=True)
class Monomial:
    """A product under sums: bound variables, characters, deltas, powers of bases.

    ``factors`` pairs a base with an exponent.  A base that may vanish keeps its positive and negative
    powers apart (0 * 1/0 = 0 is not 1).
    """

    binders: tuple[Var, ...] = ()
    chars: tuple[tuple[tuple[Var, Var], int], ...] = ()
    deltas: tuple[Index, ...] = ()
    factors: tuple[tuple[Base, Fraction], ...] = ()


Poly = dict[Monomial, Fraction]


ONE = Monomial()


@lru_cache(maxsize=200_000)
def order_key(value: object) -> str:
    """A total, reproducible order on indices, bases and monomials."""
    if isinstance(value, Monomial):
        return "|".join(
            (
                ",".join(var.sort + var.name for var in value.binders),
                ";".join(f"{a.name}*{g.name}^{count}" for (a, g), count in value.chars),
                ";".join(map(str, value.deltas)),
                ";".join(f"{order_key(base)}^{exponent}" for base, exponent in value.factors),
            )
        )
    if isinstance(value, tuple):
        return "(" + ",".join(order_key(part) for part in value) + ")"
    return str(value)


def freeze(poly: Poly) -> Key:
    """A polynomial as a hashable value."""
    return tuple(sorted(poly.items(), key=lambda item: order_key(item[0])))


def primitive(poly: Poly) -> tuple[Key, Fraction]:
    """The polynomial divided by its leading coefficient, and that coefficient."""
    items = freeze(poly)
    lead: Fraction = items[0][1]
    return tuple((mono, value / lead) for mono, value in items), lead


@lru_cache(maxsize=200_000)
def variables_of(base: Base) -> frozenset[Var]:
    """The index variables that occur free in a base."""
    if base[0] == "sym":
        return frozenset()
    if base[0] == "app":
        return frozenset(var for arg in base[2] for var, _ in arg.parts)
    found: set[Var] = set()
    for mono, _ in base[1]:
        inner = {var for pair, _ in mono.chars for var in pair}
        inner |= {var for form in mono.deltas for var, _ in form.parts}
        inner |= {var for other, _ in mono.factors for var in variables_of(other)}
        found |= inner - set(mono.binders)
    return frozenset(found)


def occurs(var: Var, mono: Monomial, except_delta: Index) -> bool:
    if any(var in pair for pair, _ in mono.chars):
        return True
    if any(var == part for form in mono.deltas if form != except_delta for part, _ in form.parts):
        return True
    return any(var in variables_of(base) for base, _ in mono.factors)


def bilinear(a: Index, g: Index) -> tuple[tuple[tuple[Var, Var], int], ...]:
    return tuple(
        sorted(((left, right), count * multiple) for left, count in a.parts for right, multiple in g.parts)
    )


def level_of(base: Base) -> int:
    if base[0] in ("sym", "app"):
        return 0
    return 1 + max((level_of(inner) for mono, _ in base[1] for inner, _ in mono.factors), default=0)
