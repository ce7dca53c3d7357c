"""From expressions to normal forms: which expressions are in the decidable class, and their elements.

The class: rational numbers, variables, ``+ - * /``, whole powers, exp (and sinh, cosh, tanh, written with
exp) of polynomials.  On it, two expressions are equal as functions exactly when the difference of
their normal forms is zero; the argument is in ``ncverify.derive.exp_field``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from ncverify.derive.constants import AlgebraicConstant, two_cos, two_cos_multiple
from ncverify.derive.exp_field import (
    DEFAULT_BUDGET,
    BudgetExceeded,
    Element,
    ExpField,
    Facts,
    NotPolynomial,
)
from ncverify.errors import InputError
from ncverify.theory.expr import Add, Expr, Fn, Mul, Number, Pow, Symbol, postorder
from ncverify.theory.nodes import clip

__all__ = [
    "DEFAULT_BUDGET", "AlgebraicConstant", "BudgetExceeded", "Difference", "Element", "ExpField", "Facts",
    "NormalForms", "NotPolynomial", "OutsideClass", "field_for", "normalize", "normalize_all",
    "normalize_difference", "two_cos", "two_cos_multiple",
]  # fmt: skip

_EXPONENTIALS: Final = ("exp", "sinh", "cosh", "tanh")


class OutsideClass(Exception):
    """``part`` is a subexpression that the normal form does not cover; the text says why."""

    def __init__(self, part: Expr, reason: str) -> None:
        super().__init__(f"{clip(repr(part), 120)} is outside the decidable class: {reason}")
        self.part = part


@dataclass(frozen=True)
class NormalForms:
    """Normal forms of several expressions over one field.

    ``denominators`` are the elements that the expressions divide by: where none of them is zero,
    every expression is defined.
    """

    field: ExpField
    elements: tuple[Element, ...]
    denominators: tuple[Element, ...]


def field_for(
    *exprs: Expr, constants: Sequence[AlgebraicConstant] = (), budget: int = DEFAULT_BUDGET
) -> ExpField:
    """The field over the symbols of the expressions, sorted by name; constants are not variables."""
    names = {node.name for node in postorder(*exprs) if isinstance(node, Symbol)}
    return ExpField(sorted(names - {constant.name for constant in constants}), constants, budget=budget)


def normalize(expr: Expr, field: ExpField | None = None) -> Element:
    """The normal form of one expression; see ``normalize_all``."""
    return normalize_all([expr], field).elements[0]


def normalize_all(exprs: Sequence[Expr], field: ExpField | None = None) -> NormalForms:
    """Normal forms over ``field`` (by default ``field_for`` the expressions); shared parts are done once.

    Symbols named like a constant of the field are that constant.  Raises ``OutsideClass`` for
    functions that the class does not hold, ``InputError`` for division by a function that is zero
    everywhere, and ``BudgetExceeded``.
    """
    work = _Normalizer(field_for(*exprs) if field is None else field)
    # First everything that exponents are made of, so that all generators are made at once.
    transcendental: set[Expr] = set()  # nodes with a function at or below them
    inner = []
    for node in postorder(*exprs):
        if any(arg in transcendental for arg in node.args) or isinstance(node, Fn):
            transcendental.add(node)
        if isinstance(node, Fn) and node.name in _EXPONENTIALS and node.arg not in transcendental:
            inner.append(node.arg)
    work.run(inner)
    polynomial = [work.done[arg] for arg in inner if work.field.is_polynomial(work.done[arg])]
    work.field.declare_exponents(polynomial)
    work.run(exprs)
    return NormalForms(work.field, tuple(work.done[expr] for expr in exprs), tuple(work.denominators))


@dataclass(frozen=True)
class Difference:
    """The normal form of lhs - rhs: ``element``, from ``summands`` terms over one denominator."""

    element: Element
    summands: int
    denominators: tuple[Element, ...]


def normalize_difference(lhs: Expr, rhs: Expr, field: ExpField) -> Difference:
    """lhs - rhs over ``field``, without the detour of a common denominator for each side.

    Sums are opened first, so that terms which both sides share cancel before anything is expanded.
    Raises like ``normalize_all``.
    """
    combination = _linear_combination(lhs, rhs)
    forms = normalize_all(list(combination), field)
    # A term whose coefficient cancelled was normalized too: it must be defined somewhere.
    terms = [q * element for q, element in zip(combination.values(), forms.elements, strict=True)]
    return Difference(field.sum(terms), len(terms), forms.denominators)


def _linear_combination(lhs: Expr, rhs: Expr) -> dict[Expr, Fraction]:
    """lhs - rhs as rational coefficients of expressions that are not sums; linear in the shared nodes."""
    coefficients: dict[Expr, Fraction] = {}
    for root, sign in ((lhs, 1), (rhs, -1)):
        coefficients[root] = coefficients.get(root, Fraction(0)) + sign
    leaves: dict[Expr, Fraction] = {}
    for node in reversed(list(postorder(lhs, rhs))):
        if node not in coefficients:
            continue
        q = coefficients.pop(node)
        rest = [arg for arg in node.args if not isinstance(arg, Number)]
        if isinstance(node, Mul) and len(rest) == 1:
            for arg in node.args:
                q *= arg.value if isinstance(arg, Number) else 1
        if isinstance(node, Add) or (isinstance(node, Mul) and len(rest) == 1):
            for arg in node.args if isinstance(node, Add) else rest:
                coefficients[arg] = coefficients.get(arg, Fraction(0)) + q
        else:
            leaves[node] = q
    return dict(reversed(leaves.items()))


class _Normalizer:
    def __init__(self, field: ExpField) -> None:
        self.field = field
        self.done: dict[Expr, Element] = {}
        self.denominators: list[Element] = []
        self._constants = {constant.name for constant in field.constants}

    def run(self, exprs: Sequence[Expr]) -> None:
        for node in postorder(*exprs):
            if node not in self.done:
                self.done[node] = self._element(node)

    def _element(self, node: Expr) -> Element:
        field, done = self.field, self.done
        match node:
            case Number():
                return field.number(node.value)
            case Symbol():
                known = node.name in self._constants
                return field.constant(node.name) if known else field.symbol(node.name)
            case Add():
                return field.sum(done[arg] for arg in node.args)
            case Mul():
                return field.product(done[arg] for arg in node.args)
            case Pow():
                return self._power(node)
            case Fn() if node.name in _EXPONENTIALS:
                return self._exponential(node)
        raise OutsideClass(node, f"{node.head} has no normal form here")

    def _power(self, node: Pow) -> Element:
        base = self.done[node.base]
        if node.exponent < 0:
            if base.is_zero():
                whole, part = clip(repr(node), 80), clip(repr(node.base), 80)
                raise InputError(f"{whole} is defined nowhere: {part} is zero everywhere")
            self.denominators.append(base)
        return base**node.exponent

    def _exponential(self, node: Fn) -> Element:
        try:
            up = self.field.exp(self.done[node.arg])
        except NotPolynomial:
            raise OutsideClass(node, "its argument is not a polynomial in the variables") from None
        if node.name == "exp":
            return up
        down = up**-1
        half = Fraction(1, 2)
        if node.name == "sinh":
            return (up - down) * half
        if node.name == "cosh":
            return (up + down) * half
        return (up - down) / (up + down)
