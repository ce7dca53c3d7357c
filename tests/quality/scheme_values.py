"""The symmetric association scheme of distances in a cycle, as values of the symbols of the scheme claims."""

from __future__ import annotations

from collections.abc import Callable, Collection
from fractions import Fraction
from typing import Any

from flint import arb, fmpq

from ncverify.theory.balls import to_arb

NAMES = frozenset({"partition", "disjoint", "diagonal", "closed", "symmetric-relations", "in-algebra"})


def relations(order: int) -> int:
    """How many distances there are in a cycle of this many vertices."""
    return order // 2 + 1


def scheme(order: int, hypotheses: Collection[str]) -> dict[str, Callable[..., Any]]:
    """Values of the relations A, projections Ep, eigenvalues ev, dual and of free functions on them."""

    def distance(i: int, j: int) -> int:
        return min((i - j) % order, (j - i) % order)

    def cosine(turns: int) -> arb:
        return arb.cos_pi_fmpq(fmpq(2 * turns, order))

    def weight(u: int) -> int:
        return 1 if 2 * u in (0, order) else 2

    def meeting(u: int, v: int, w: int) -> arb:
        return to_arb(sum(distance(i, 0) == u and distance(i, w) == v for i in range(order)))

    def alpha(e: int) -> arb:
        return to_arb(Fraction(e + 2, 3))

    return {
        "A": lambda u, i, j: to_arb(int(distance(i, j) == u)),
        "Ep": lambda e, i, j: weight(e) * cosine(e * (i - j)) / order,
        "ev": lambda u, e: weight(u) * cosine(e * u),
        "dual": lambda e, u: weight(e) * cosine(e * u) / order,
        "meeting": meeting,
        "fs": lambda u: to_arb(Fraction(3 - u * u, 2)),
        "zs": lambda u: to_arb(Fraction(u * u - 2 * u, 3)),
        "Fs": lambda i, j: to_arb(Fraction(3 - distance(i, j) ** 2, 2)),
        "alphas": alpha,
        "betas": lambda e: alpha(e) if "balanced" in hypotheses else alpha(e) - 1,
        "ss": lambda e: to_arb(Fraction(e * e + 2, 5) if e or "scheme-zero-mode" not in hypotheses else 0),
        "B": lambda r, i: to_arb((-1) ** i * int(r == i)),
        "mult": lambda e: to_arb(weight(e)),
    }
