"""Functions outside the decidable class, taken as unknowns.

log, sqrt, sin, ... and exp of what is not a polynomial get a name each; two of them share the name if
they are the same function of arguments whose normal forms agree.  What is equal for all values of the
names is equal for the functions, so a normal form of 0 still proves; one that is not 0 says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ncverify.derive.normal_form import (
    Difference,
    OutsideClass,
    field_for,
    normalize_all,
    normalize_difference,
)
from ncverify.theory.expr import Expr, Fn, Pow, Symbol, postorder, power, replace, substitute

MAX_NAMES: Final = 40

_DOMAIN: Final = {
    "log": "{} > 0",
    "sqrt": "{} >= 0",
    "asin": "({})**2 <= 1",
    "acos": "({})**2 <= 1",
    "tan": "cos({}) != 0",
}


@dataclass(frozen=True)
class Named:
    """The normal form of left - right, with the functions that have names in it."""

    difference: Difference
    functions: dict[str, Fn]
    first: OutsideClass | None

    def spelled(self, expr: Expr) -> Expr:
        """The expression with functions in place of their names."""
        while any(name in self.functions for name in expr.free_symbols):
            expr = substitute(expr, self.functions)
        return expr

    @property
    def domain(self) -> tuple[str, ...]:
        """Where the functions and their arguments are defined, as text."""
        texts = []
        for node in self.functions.values():
            below = normalize_all([node.arg]).denominators
            factors = [factor for element in below for factor in element.numerator_factors()]
            texts += [f"{self.spelled(factor)!r} != 0" for factor in factors]
            if node.name in _DOMAIN:
                texts.append(_DOMAIN[node.name].format(repr(self.spelled(node.arg))))
        return tuple(texts)


def named_difference(left: Expr, right: Expr) -> Named:
    """The normal form of left - right over the variables and the functions outside the class.

    Raises ``OutsideClass`` for more than ``MAX_NAMES`` functions, else like ``normalize_difference``.
    """
    functions: dict[str, Fn] = {}
    taken = {*left.free_symbols, *right.free_symbols}
    first: OutsideClass | None = None
    while True:
        try:
            return Named(normalize_difference(left, right, field_for(left, right)), functions, first)
        except OutsideClass as outside:
            node, first = outside.part, first or outside
            if not isinstance(node, Fn) or len(functions) == MAX_NAMES:
                raise first from None
        if node.name == "log" and isinstance(node.arg, Fn) and node.arg.name == "exp":
            mapping: dict[Expr, Expr] = {node: node.arg.arg}
            left, right = replace(left, mapping), replace(right, mapping)
            continue
        name = next((name for name, known in functions.items() if _same(known, node)), None)
        if name is None:
            name = next(f"f{i}" for i in range(1, MAX_NAMES + 2 + len(taken)) if f"f{i}" not in taken)
            taken.add(name)
            functions[name] = node
        mapping = {node: Symbol(name)}
        if node.name == "log":
            mapping[Fn("exp", node)] = node.arg
        if node.name == "sqrt":  # whole powers of roots are those of the argument, times a root if odd
            for part in {*_powers(left, node), *_powers(right, node)}:
                half = power(node.arg, part.exponent // 2)
                mapping[part] = half * Symbol(name) if part.exponent % 2 else half
        left, right = replace(left, mapping), replace(right, mapping)


def _powers(expr: Expr, node: Fn) -> set[Pow]:
    return {part for part in postorder(expr) if isinstance(part, Pow) and part.base == node}


def _same(known: Fn, node: Fn) -> bool:
    if known.name != node.name:
        return False
    field = field_for(known.arg, node.arg)
    return normalize_difference(known.arg, node.arg, field).element.is_zero()
