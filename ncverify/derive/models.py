"""Concrete models of the all-K calculus: one group, exact values, and two kinds of numbers.

A statement of the all-K calculus is evaluated literally, sum by sum, in a chosen group: over the field
of exp-rational functions (``FieldNumbers``: the values are symbols, equality is decided exactly) or over
balls (``BallNumbers``: the values are rational numbers, inequality of the two sides is certain).  The
first gives instances that stand beside a proof, the second exact counterexamples, and both test the
kernel: no theorem may fail in any model of its hypotheses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import lcm
from typing import Any, Protocol

from flint import arb, fmpq

from ncverify.derive.constants import two_cos, two_cos_multiple
from ncverify.derive.exp_field import Element, ExpField
from ncverify.derive.kernel import Definition, Relation, Theorem
from ncverify.derive.terms import (
    ORDERS,
    Add,
    App,
    Char,
    Delta,
    Fn,
    Index,
    Mul,
    Num,
    Pow,
    Sum,
    Sym,
    Term,
    Var,
    free_variables,
    walk,
)
from ncverify.theory.balls import certainly_nonzero, certainly_positive, is_finite, to_arb
from ncverify.theory.groups import AbelianGroup


class Indeterminate(ArithmeticError):
    """The value cannot be determined with these numbers (a ball around 0 is divided by, say)."""


class Numbers(Protocol):
    """Real numbers of one kind; values support ``+ - *``."""

    def number(self, value: Fraction) -> Any:
        """An exact rational."""

    def cosine(self, turns: Fraction) -> Any:
        """cos(2 pi turns)."""

    def vanishes(self, value: Any) -> bool:
        """Whether the value is 0; raises ``Indeterminate`` if that is not certain."""

    def inverse(self, value: Any) -> Any:
        """1/x for x that does not vanish."""

    def function(self, name: str, value: Any) -> Any:
        """exp, log or sqrt."""


class FieldNumbers:
    """Elements of an exp-rational function field, for groups of a given exponent."""

    def __init__(self, symbols: Sequence[str], exponent: int) -> None:
        self._turn = lcm(exponent, 4)
        constants = [two_cos(self._turn, "c_")] if exponent > 2 else []
        self.field = ExpField(symbols, constants)

    def number(self, value: Fraction) -> Element:
        return self.field.number(value)

    def cosine(self, turns: Fraction) -> Element:
        if (turns * 2).denominator == 1:
            return self.field.number(1 if turns.denominator == 1 else -1)
        steps = turns * self._turn
        if steps.denominator != 1:
            raise Indeterminate(f"cos(2 pi {turns}) is outside the field")
        c = self.field.constant("c_")
        coefficients = two_cos_multiple(int(steps) % self._turn)
        return self.field.sum(c**power * count for power, count in enumerate(coefficients)) * Fraction(1, 2)

    def vanishes(self, value: Element) -> bool:
        return value.is_zero()

    def inverse(self, value: Element) -> Element:
        return self.field.number(1) / value

    def function(self, name: str, value: Element) -> Element:
        if name == "exp":
            return self.field.exp(value)
        raise Indeterminate(f"{name} is outside the field of exp-rational functions")


class BallNumbers:
    """Arb balls; use inside ``precision(bits)``."""

    def number(self, value: Fraction) -> arb:
        return to_arb(value)

    def cosine(self, turns: Fraction) -> arb:
        return arb.cos_pi_fmpq(fmpq(2 * turns.numerator, turns.denominator))

    def vanishes(self, value: arb) -> bool:
        if certainly_nonzero(value):
            return False
        if value.is_zero():
            return True
        raise Indeterminate("a ball around 0 may or may not be 0")

    def inverse(self, value: arb) -> arb:
        return 1 / value

    def function(self, name: str, value: arb) -> arb:
        if name == "exp":
            return value.exp()
        if name == "log" and certainly_positive(value):
            return value.log()
        if name == "sqrt" and (certainly_positive(value) or value.is_zero()):
            return value.sqrt()
        raise Indeterminate(f"{name} of a number that is not certainly positive")


@dataclass(frozen=True)
class Complex:
    """A complex number; ``im`` is None where it is exactly 0."""

    re: Any
    im: Any = None


class Model:
    """One group, sizes of the plain sorts, and the values of the primitive symbols.

    ``values[name]`` is a function of the indices (whole numbers; none for a scalar) that gives a number
    of the kind in use, or a ``Complex``; symbols without a value are computed from ``definitions``.
    """

    def __init__(
        self,
        group: AbelianGroup,
        numbers: Numbers,
        values: Mapping[str, Callable[..., Any]],
        definitions: Mapping[str, Definition],
        sizes: Mapping[str, int] | None = None,
    ) -> None:
        self.group = group
        self.numbers = numbers
        self._values = dict(values)
        self._definitions = dict(definitions)
        self._sizes = {"G": group.order, "D": group.order, **(sizes or {})}
        self._orders = {ORDERS[sort]: size for sort, size in self._sizes.items()}
        self._known: dict[tuple[str, tuple[int, ...]], Complex] = {}
        self._indices: dict[tuple[tuple[int, int], ...], int] = {}
        self._characters: dict[tuple[int, int], Complex] = {}
        self._sums: dict[tuple[int, tuple[int, ...]], Complex] = {}
        self._free: dict[int, tuple[Sum, tuple[Var, ...]]] = {}

    # -- evaluation ------------------------------------------------------------------------------

    def value(self, term: Term, at: Mapping[Var, int]) -> Complex:
        """The value of a term, its free variables standing for these indices."""
        n = self.numbers
        match term:
            case Num(number):
                return Complex(n.number(number))
            case Sym(name):
                if name in self._orders:
                    return Complex(n.number(Fraction(self._orders[name])))
                return self._symbol(name, ())
            case App(name, args):
                return self._symbol(name, tuple(self._index(arg, at) for arg in args))
            case Char(a, g):
                return self._character(self._index(a, at), self._index(g, at))
            case Delta(form):
                return Complex(n.number(Fraction(int(self._index(form, at) == 0))))
            case Sum(var, body, nonzero):
                first = 1 if nonzero else 0
                if var.sort not in self._sizes:
                    raise Indeterminate(f"the sort {var.sort} has no size in this model")
                place = (id(term), tuple(at[v] for v in self._free_in(term)))
                if place not in self._sums:
                    self._sums[place] = self._add(
                        [self.value(body, {**at, var: v}) for v in range(first, self._sizes[var.sort])]
                    )
                return self._sums[place]
            case Add(parts):
                return self._add([self.value(part, at) for part in parts])
            case Mul(parts):
                result = self.value(parts[0], at) if parts else Complex(n.number(Fraction(1)))
                for part in parts[1:]:
                    if isinstance(result.re, arb) and result.im is None and result.re.is_zero():
                        break  # operations are total: 0 times anything is 0
                    result = self._multiply(result, self.value(part, at))
                return result
            case Pow(base, exponent):
                return self._power(base, exponent, at)
            case Fn(name, arg):
                return Complex(n.function(name, self._real(self.value(arg, at))))
        raise TypeError(f"not a term: {term!r}")

    def _free_in(self, value: Sum) -> tuple[Var, ...]:
        """The free variables of this very sum; it is kept, so that its id stays its own."""
        if id(value) not in self._free:
            self._free[id(value)] = (value, tuple(sorted(free_variables(value))))
        return self._free[id(value)][1]

    def _symbol(self, name: str, args: tuple[int, ...]) -> Complex:
        key = (name, args)
        if key not in self._known:
            if name in self._values:
                given = self._values[name](*args)
                self._known[key] = given if isinstance(given, Complex) else Complex(given)
            elif name in self._definitions:
                definition = self._definitions[name]
                self._known[key] = self.value(definition.body, dict(zip(definition.args, args, strict=True)))
            else:
                raise Indeterminate(f"{name!r} has no value in this model")
        return self._known[key]

    def _index(self, form: Index, at: Mapping[Var, int]) -> int:
        if form.sort in ("G", "D"):
            key = tuple((at[var], count) for var, count in form.parts)
            if key not in self._indices:
                digits = [[digit * count for digit in self.group.digits(place)] for place, count in key]
                self._indices[key] = (
                    self.group.index([sum(column) for column in zip(*digits, strict=True)]) if key else 0
                )
            return self._indices[key]
        return sum(count * at[var] for var, count in form.parts) % self._sizes[form.sort]

    def _character(self, a: int, g: int) -> Complex:
        if (a, g) not in self._characters:
            turns = self.group.pairing(a, g)
            re = self.numbers.cosine(turns)
            real = (turns * 2).denominator == 1
            im = None if real else self.numbers.cosine((turns - Fraction(1, 4)) % 1)
            self._characters[a, g] = Complex(re, im)
        return self._characters[a, g]

    def _add(self, parts: Sequence[Complex]) -> Complex:
        zero = self.numbers.number(Fraction(0))
        imaginary = [part.im for part in parts if part.im is not None]
        return Complex(
            self._total([part.re for part in parts], zero),
            self._total(imaginary, zero) if imaginary else None,
        )

    def _total(self, parts: Sequence[Any], zero: Any) -> Any:
        if isinstance(self.numbers, FieldNumbers):
            return self.numbers.field.sum(parts)
        total = zero
        for part in parts:
            total = total + part
        return total

    def _multiply(self, x: Complex, y: Complex) -> Complex:
        if x.im is None and y.im is None:
            return Complex(x.re * y.re)
        if x.im is None:
            return Complex(x.re * y.re, x.re * y.im)
        if y.im is None:
            return Complex(x.re * y.re, x.im * y.re)
        return Complex(x.re * y.re - x.im * y.im, x.re * y.im + x.im * y.re)

    def _real(self, x: Complex) -> Any:
        """The real part of a number that the calculus shows to be real."""
        if x.im is not None:
            wrong = not x.im.is_zero() if isinstance(x.im, Element) else certainly_nonzero(x.im)
            if wrong:
                raise Indeterminate("a function of a complex number")
        return x.re

    def _power(self, base: Term, exponent: Fraction, at: Mapping[Var, int]) -> Complex:
        n = self.numbers
        x = self.value(base, at)
        while exponent.denominator % 2 == 0:
            x, exponent = Complex(n.function("sqrt", self._real(x))), exponent * 2
        if exponent.denominator != 1:
            raise Indeterminate(f"power {exponent}")
        if exponent < 0:
            value = self._real(x)
            x = Complex(n.number(Fraction(0)) if n.vanishes(value) else n.inverse(value))
        result = Complex(n.number(Fraction(1)))
        for _ in range(abs(int(exponent))):
            result = self._multiply(result, x)
        return result

    # -- relations -------------------------------------------------------------------------------

    def assignments(self, relation: Relation) -> Iterator[dict[Var, int]]:
        """All values of the free variables that meet the conditions."""
        used = free_variables(relation.lhs) | free_variables(relation.rhs)
        names = sorted(used | {var for form in relation.conditions for var, _ in form.parts})
        if any(var.sort not in self._sizes for var in names):
            raise Indeterminate("a sort has no size in this model")
        for combination in product(*(range(self._sizes[var.sort]) for var in names)):
            at = dict(zip(names, combination, strict=True))
            if all(self._index(form, at) != 0 for form in relation.conditions):
                yield at

    def fails(self, relation: Relation, at: Mapping[Var, int]) -> bool | None:
        """Whether the relation certainly fails (True), certainly holds (False), or neither is certain."""
        lhs, rhs = self.value(relation.lhs, at), self.value(relation.rhs, at)
        difference = self._add([lhs, self._multiply(Complex(self.numbers.number(Fraction(-1))), rhs)])
        parts = [part for part in (difference.re, difference.im) if part is not None]
        if isinstance(self.numbers, FieldNumbers):
            if relation.kind not in ("=", "!="):
                raise Indeterminate("inequalities are not decided over the field")
            equal = all(part.is_zero() for part in parts)
            return equal == (relation.kind == "!=")
        if not all(is_finite(part) for part in parts):
            return None
        apart = any(certainly_nonzero(part) for part in parts)
        same = all(part.is_zero() for part in parts)
        if relation.kind in ("=", "!="):
            answer = True if apart else (False if same else None)
            return answer if relation.kind == "=" or answer is None else not answer
        value = self._real(difference)
        if relation.kind == ">":
            return False if certainly_positive(value) else (True if bool(value <= 0) else None)
        if relation.kind == ">=":
            return False if bool(value >= 0) else (True if bool(value < 0) else None)
        raise Indeterminate(f"a statement of kind {relation.kind!r} is about all times")


def context(theorems: Sequence[Theorem]) -> dict[str, Definition]:
    """What defines the symbols of these theorems: their definitions, and hypotheses ``f(args) = body``."""
    found: dict[str, Definition] = {}
    for theorem in theorems:
        found |= theorem.definitions
    for theorem in theorems:
        for relation, _ in theorem.hypotheses.values():
            head = relation.lhs
            if relation.kind != "=" or relation.conditions or not isinstance(head, (App, Sym)):
                continue
            args = head.args if isinstance(head, App) else ()
            names = [arg.parts[0][0] for arg in args if len(arg.parts) == 1 and arg.parts[0][1] == 1]
            if len(names) == len(args) == len(set(names)) and head.name not in found:
                body = Definition(tuple(names), relation.rhs)
                if not free_variables(relation.rhs) <= set(names):
                    continue  # a hypothesis at one chosen place
                if head.name not in {node.name for node in _applications(relation.rhs)}:
                    found[head.name] = body
    return found


def _applications(term: Term) -> list[App | Sym]:
    return [node for node in walk(term) if isinstance(node, (App, Sym))]


def spectral_symbols(
    group: AbelianGroup, more: Sequence[str] = ()
) -> tuple[FieldNumbers, dict[str, Callable[..., Any]]]:
    """A model in which the spectrum is free: symbols for s, or for z where characters are not rational.

    For Z_2^m the s_a (a != 0) are symbols and s_0 = 0.  For other groups the logits z(g), g != 0, are,
    with z(-g) = z(g) and z(0) = -(sum of the others), and s is their transform; this is the same
    set of spectra, because the transform is a bijection.  ``more`` are further free symbols.
    """
    if group.is_walsh:
        names = [f"s{a}" for a in range(1, group.order)]
        numbers = FieldNumbers([*names, *more], group.exponent)
        field = numbers.field
        return numbers, {"s": lambda a: field.symbol(f"s{a}") if a else field.number(0)}
    classes = {member: min(orbit) for orbit in group.sign_classes for member in orbit}
    names = [f"z{orbit[0]}" for orbit in group.sign_classes if orbit[0]]
    numbers = FieldNumbers([*names, *more], group.exponent)
    field = numbers.field
    logits = [field.symbol(f"z{classes[g]}") if g else field.number(0) for g in range(group.order)]
    logits[0] = field.number(0) - field.sum(logits[1:])

    def s(a: int) -> Element:
        # s_a = sum_g z(g) chi_a(-g), real because z is even
        return field.sum(z * numbers.cosine(group.pairing(a, g)) for g, z in enumerate(logits))

    return numbers, {"s": s, "z": lambda g: logits[g]}
