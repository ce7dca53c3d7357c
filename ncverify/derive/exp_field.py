"""A field of exp-rational functions in which equality is decided exactly.

Elements are quotients of polynomials with rational coefficients in real variables x_1, ..., x_n,
real algebraic constants c, and exponentials of polynomials.

**Why a normal form of 0 is the only way to be 0.**  Write each exponent as a sum of q * c^k * m with
q rational, c^k from the power basis of Q(c), m a monomial in the variables.  Each c^k * m gets one
generator X = exp(c^k m / N), N a common denominator of the q that occur with it, and exponentials become
Laurent monomials in these generators.  The claim is that variables and generators together are
algebraically independent over Q(c):

* m != 1: the functions c^k m are linearly independent over Q modulo constants, because the monomials
  are linearly independent over R and the c^k over Q.  So their exponentials are algebraically
  independent over the field of rational functions with complex coefficients: J. Ax, On Schanuel's
  conjectures, Ann. of Math. 93 (1971) 252-268, Theorem 3; for exponentials alone this is the
  Ostrowski-Kolchin theorem, E. R. Kolchin, Amer. J. Math. 90 (1968) 1151-1164.
* m = 1: the numbers c^k are algebraic and linearly independent over Q, so the e^(c^k) are algebraically
  independent over the algebraic numbers (Lindemann-Weierstrass; for k = 0 alone: e is transcendental).

So the generators behave like variables over the field Q(c), and a nonzero polynomial in them is a
real-analytic function that is not identically zero: its zeros have no interior.  A quotient is the
zero function exactly when its numerator has no terms.  Nothing numerical enters.

**Representation.**  A nonzero element is  q * (Laurent monomial) * product of b_i^(e_i), where the b_i are
interned primitive polynomials without monomial factors and the e_i are whole numbers.  Products only
add exponents; sums take out what all terms share and expand the rest.  No greatest common divisor is
computed: the decision does not need it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm
from typing import Any, Final, TypeAlias

from ncverify.derive.constants import AlgebraicConstant
from ncverify.derive.polynomials import (
    MAX_GENERATORS,
    BudgetExceeded,
    Laurent,
    Monomial,
    Polynomials,
    rational,
    rescaled,
)
from ncverify.errors import InputError
from ncverify.theory.balls import enclose
from ncverify.theory.expr import Expr, add, exp, mul, number, symbol
from ncverify.theory.nodes import check_name, clip

__all__ = [
    "DEFAULT_BUDGET", "MAX_GENERATORS", "BudgetExceeded", "Element", "ExpField", "Facts", "NotPolynomial",
]  # fmt: skip

DEFAULT_BUDGET: Final = 10_000_000
"""Products of terms, weighted by their length: a few seconds and at most a few hundred MB."""

_DIRECT: Final = 20_000  # sums that cost less than this are brought over one denominator at once

Factors: TypeAlias = tuple[tuple[int, int], ...]
Scalar: TypeAlias = int | Fraction


class NotPolynomial(Exception):
    """An exponent is not a polynomial in the variables, so exp of it is outside the class."""


@dataclass(frozen=True)
class Facts:
    """Size of an element, for evidence.

    ``terms``: terms of the numerator's factors, added up (0 for the zero element); ``degree``: total
    degree of the numerator in variables and exponential generators; ``denominators``: the factors
    below the line, as text.
    """

    terms: int
    degree: int
    denominators: tuple[str, ...]


class Element:
    """An element of an ``ExpField``; immutable.  Supports + - * / and ** with a whole exponent.

    ``a == b`` is the exact decision, by subtraction; elements are therefore not hashable.
    """

    __slots__ = ("_coefficient", "_epoch", "_factors", "_monomial", "field")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, field: ExpField, coefficient: Any, monomial: Monomial, factors: Factors) -> None:
        self.field = field
        self._epoch = field._epoch
        self._coefficient = coefficient
        self._monomial = monomial
        self._factors = factors

    def is_zero(self) -> bool:
        """Whether this is the zero function: an exact decision (see the module)."""
        return not self._coefficient

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, (Element, int, Fraction)):
            return NotImplemented
        return (self - other).is_zero()

    def __add__(self, other: Element | Scalar) -> Element:
        return self.field.sum((self, other))

    __radd__ = __add__

    def __sub__(self, other: Element | Scalar) -> Element:
        return self.field.sum((self, -self.field.coerce(other)))

    def __rsub__(self, other: Element | Scalar) -> Element:
        return self.field.sum((other, -self))

    def __neg__(self) -> Element:
        return self.field.product((self, -1))

    def __mul__(self, other: Element | Scalar) -> Element:
        return self.field.product((self, other))

    __rmul__ = __mul__

    def __truediv__(self, other: Element | Scalar) -> Element:
        return self.field.product((self, self.field.coerce(other) ** -1))

    def __rtruediv__(self, other: Element | Scalar) -> Element:
        return self.field.product((other, self**-1))

    def __pow__(self, exponent: int) -> Element:
        return self.field.power(self, exponent)

    @property
    def facts(self) -> Facts:
        """Number of terms, degree and denominators."""
        return self.field._facts(self)

    def numerator_factors(self) -> tuple[Expr, ...]:
        """The factors above the line that may vanish somewhere, as expressions.

        Nonzero constants, exponentials and sums of exponentials with positive coefficients are left out.
        """
        return self.field._factor_exprs(self, 1, vanishing=True)

    def denominator_factors(self) -> tuple[Expr, ...]:
        """The factors below the line that may vanish somewhere (see ``numerator_factors``)."""
        return self.field._factor_exprs(self, -1, vanishing=True)

    def to_expr(self) -> Expr:
        """The element as an expression; algebraic constants appear as symbols of their name."""
        return self.field._to_expr(self)

    def enclose(self, point: Mapping[str, Scalar], bits: int) -> Any:
        """A ball around the value at an exact point of the variables (see ``balls.enclose``)."""
        known = {constant.name: constant.enclose(bits) for constant in self.field.constants}
        return enclose(self.to_expr(), {**point, **known}, bits)

    def __repr__(self) -> str:
        facts = self.facts
        return f"<Element: {facts.terms} terms, degree {facts.degree}>"


class ExpField:
    """The field Q(constants)(symbols, exponentials of polynomials), as a number type.

    ``symbols`` are the names of the variables.  ``constants`` are real algebraic numbers; with more
    than one, their degrees must be pairwise coprime: then the products of their powers are a basis over Q.
    Exponential generators are made on demand and refined when an exponent needs a finer lattice; to
    make many at once, ``declare_exponents``.  ``budget`` bounds the work, counted in products of terms;
    any operation may raise ``BudgetExceeded``.  Elements of different fields do not mix.
    """

    def __init__(
        self,
        symbols: Iterable[str],
        constants: Sequence[AlgebraicConstant] = (),
        *,
        budget: int = DEFAULT_BUDGET,
    ) -> None:
        self.symbols = tuple(check_name(name) for name in symbols)
        self.constants = tuple(constants)
        self._names = (*(constant.name for constant in self.constants), *self.symbols)
        self._position = {name: i for i, name in enumerate(self._names)}
        if len(self._position) != len(self._names):
            raise InputError(f"names of variables and constants must differ: {clip(', '.join(self._names))}")
        degrees = [constant.degree for constant in self.constants]
        if any(gcd(p, q) != 1 for i, p in enumerate(degrees) for q in degrees[:i]):
            raise InputError(
                f"constants of degrees {degrees} may be dependent: write them as polynomials in one constant"
            )
        self._plain = len(self._names)  # generators before the exponentials
        self._exponents: dict[Monomial, int] = {}  # monomial in constants and symbols -> its generator
        self._lattice: list[int] = []  # the N of each exponential generator
        self._epoch = 0  # elements of older epochs have other monomials, see _lift
        self._rescalings: list[list[tuple[int, int]]] = []
        self._polynomials = Polynomials(self.constants, self._plain, budget)

    # -- making elements ---------------------------------------------------------------------

    def number(self, value: Scalar) -> Element:
        """A rational number."""
        if isinstance(value, bool) or not isinstance(value, (int, Fraction)):
            raise InputError(f"{clip(repr(value))} of type {type(value).__name__} is not exact: use Fraction")
        return Element(self, rational(value.numerator, value.denominator), self._polynomials.unit, ())

    def symbol(self, name: str) -> Element:
        """The variable of this name."""
        if name not in self.symbols:
            raise InputError(f"symbol {clip(name)} is not in this field: {clip(', '.join(self.symbols))}")
        return Element(self, rational(1), self._generator(name), ())

    def constant(self, name: str) -> Element:
        """The algebraic constant of this name."""
        if self._position.get(name, self._plain) >= len(self.constants):
            raise InputError(f"constant {clip(name)} is not in this field")
        return self._from_terms({self._generator(name): rational(1)}, self._polynomials.unit, ())

    def coerce(self, value: Element | Scalar) -> Element:
        """``value`` as an element of this field."""
        if not isinstance(value, Element):
            return self.number(value)
        if value.field is not self:
            raise InputError("elements of two different fields cannot be combined")
        self._lift(value)
        return value

    def exp(self, exponent: Element | Scalar) -> Element:
        """e to the power of a polynomial in the variables with coefficients in Q(constants).

        Raises ``NotPolynomial`` for other exponents.
        """
        terms = self._exponent_terms(exponent)
        self._declare(terms)
        monomial = list(self._polynomials.unit)
        for key, q in terms:
            position = self._exponents[key]
            monomial[position] = int((q * self._lattice[position - self._plain]).numerator)
        return Element(self, rational(1), tuple(monomial), ())

    def is_polynomial(self, element: Element) -> bool:
        """Whether ``exp`` takes this element."""
        try:
            self._exponent_terms(element)
        except NotPolynomial:
            return False
        return True

    def declare_exponents(self, exponents: Iterable[Element]) -> None:
        """Make the generators for many exponents at once, which saves growing the ring for each."""
        self._declare([term for exponent in exponents for term in self._exponent_terms(exponent)])

    def _generator(self, name: str) -> Monomial:
        monomial = list(self._polynomials.unit)
        monomial[self._position[name]] = 1
        return tuple(monomial)

    # -- arithmetic --------------------------------------------------------------------------

    def sum(self, terms: Iterable[Element | Scalar]) -> Element:
        """The sum of any number of elements, over one common denominator."""
        groups: dict[Factors, Laurent] = {}
        # The whole sequence first: making a term may refine the lattice, which moves the others.
        for term in tuple(terms):
            element = self.coerce(term)
            self._polynomials.charge(1)
            if element._coefficient:
                group = groups.setdefault(element._factors, {})
                monomial = element._monomial
                group[monomial] = group.get(monomial, 0) + element._coefficient
        parts = []
        for factors, group in sorted(groups.items()):
            nonzero = {monomial: q for monomial, q in group.items() if q}
            if nonzero:
                parts.append((factors, nonzero))
        return self._combine(parts)

    def product(self, factors: Iterable[Element | Scalar]) -> Element:
        """The product of any number of elements; nothing is expanded."""
        polynomials = self._polynomials
        elements = [self.coerce(factor) for factor in tuple(factors)]
        if any(element.is_zero() for element in elements):
            return self.number(0)
        coefficient = rational(1)
        monomial = polynomials.unit
        powers: dict[int, int] = {}
        for element in elements:
            polynomials.charge(1)
            coefficient *= element._coefficient
            polynomials.check_bits(coefficient)
            if element._monomial != polynomials.unit:
                monomial = polynomials.ring.monomial_mul(monomial, element._monomial)
            for index, power in element._factors:
                powers[index] = powers.get(index, 0) + power
        return Element(self, coefficient, monomial, _sorted(powers))

    def power(self, element: Element, exponent: int) -> Element:
        """element^exponent; ``ZeroDivisionError`` for a negative power of the zero element."""
        if isinstance(exponent, bool) or not isinstance(exponent, int):
            raise InputError(f"exponent {clip(exponent)} must be a whole number")
        polynomials = self._polynomials
        self.coerce(element)
        if exponent == 0:
            return self.number(1)
        if element.is_zero():
            if exponent < 0:
                raise ZeroDivisionError("division by the zero function")
            return element
        polynomials.check_bits(element._coefficient, exponent)
        factors = []
        powers: dict[int, int] = {}
        for index, power in element._factors:
            if exponent < 0 and polynomials.is_constant(index):
                inverse = self._from_terms(polynomials.inverse(index), polynomials.unit, ())
                factors.append(self.power(inverse, power * -exponent))
            else:
                powers[index] = power * exponent
        monomial = tuple(k * exponent for k in element._monomial)
        factors.append(Element(self, element._coefficient**exponent, monomial, _sorted(powers)))
        return self.product(factors)

    def _combine(self, parts: list[tuple[Factors, Laurent]]) -> Element:
        """The sum of  Laurent polynomial * product of powers  over the parts."""
        if not parts:
            return self.number(0)
        polynomials = self._polynomials
        shared = dict(parts[0][0])
        for factors, _ in parts[1:]:
            own = dict(factors)
            for index in [*shared, *own]:
                shared[index] = min(shared.get(index, 0), own.get(index, 0))
        rests = []
        cost = 0
        for factors, laurent in parts:
            own = dict(factors)
            rest = [(i, own.get(i, 0) - power) for i, power in shared.items() if own.get(i, 0) != power]
            size = len(laurent)
            for index, power in rest:
                size *= polynomials.terms_bound(index, power)
            cost += size
            rests.append(rest)
        if len(parts) > 2 and cost > _DIRECT:
            half = len(parts) // 2
            sides = [self._combine(parts[:half]), self._combine(parts[half:])]
            return self._combine(
                [(side._factors, {side._monomial: side._coefficient}) for side in sides if not side.is_zero()]
            )
        lowest = tuple(map(min, zip(*(m for _, laurent in parts for m in laurent), strict=True)))
        shift = polynomials.ring.monomial_ldiv
        total: Laurent = {}
        for (_, laurent), rest in zip(parts, rests, strict=True):
            polynomials.charge(len(laurent))
            start = {shift(m, lowest): q for m, q in laurent.items()}
            polynomials.add_into(total, polynomials.expand(start, rest))
        return self._from_terms({m: q for m, q in total.items() if q}, lowest, tuple(shared.items()))

    def _from_terms(self, terms: Laurent, monomial: Monomial, factors: Iterable[tuple[int, int]]) -> Element:
        """(sum of terms) * monomial * factors."""
        polynomials = self._polynomials
        reduced = dict(polynomials.reduce(terms))
        if not reduced:
            return self.number(0)
        content, lowest, index = polynomials.primitive(reduced)
        powers = dict(factors)
        if index is not None:
            powers[index] = powers.get(index, 0) + 1
        return Element(self, content, polynomials.ring.monomial_mul(monomial, lowest), _sorted(powers))

    # -- exponentials ------------------------------------------------------------------------

    def _exponent_terms(self, value: Element | Scalar) -> list[tuple[Monomial, Any]]:
        """An exponent as a list of (monomial in constants and symbols, rational coefficient)."""
        exponent = self.coerce(value)
        if exponent.is_zero():
            return []
        if any(k < 0 for k in exponent._monomial) or any(power < 0 for _, power in exponent._factors):
            raise NotPolynomial("the exponent has a denominator")
        start = {exponent._monomial: exponent._coefficient}
        terms = self._polynomials.expand(start, exponent._factors)
        if any(any(m[self._plain :]) for m in terms):
            raise NotPolynomial("the exponent holds an exponential")
        return [(m[: self._plain], q) for m, q in sorted(terms.items())]

    def _declare(self, terms: Iterable[tuple[Monomial, Any]]) -> None:
        """Make or refine generators so that every term is a whole multiple of one."""
        wanted: dict[Monomial, int] = {}
        for key, q in terms:
            wanted[key] = lcm(wanted.get(key, 1), int(q.denominator))
        # Nothing is kept before the ring has been resized, which may raise.
        exponents, lattice, rescaling = dict(self._exponents), list(self._lattice), []
        for key, denominator in wanted.items():
            if key not in exponents:
                exponents[key] = self._plain + len(lattice)
                lattice.append(denominator)
                continue
            place = exponents[key] - self._plain
            if lattice[place] % denominator:
                finer = lcm(lattice[place], denominator)
                rescaling.append((exponents[key], finer // lattice[place]))
                lattice[place] = finer
        if rescaling or len(lattice) > len(self._lattice):
            self._polynomials.resize(self._plain + len(lattice), rescaling)
            self._exponents, self._lattice = exponents, lattice
            self._rescalings.append(rescaling)
            self._epoch += 1

    def _lift(self, element: Element) -> None:
        """Bring an element to the current generators and lattice; its value does not change."""
        if element._epoch != self._epoch:
            size = len(self._polynomials.unit)
            for rescaling in self._rescalings[element._epoch :]:
                element._monomial = rescaled(element._monomial, rescaling, size)
            element._epoch = self._epoch

    # -- facts and expressions ---------------------------------------------------------------

    @property
    def facts(self) -> dict[str, Any]:
        """Generators, their lattice and the largest polynomial met, as plain JSON values."""
        terms, degree = self._polynomials.largest
        return {
            "variables": list(self.symbols),
            "constants": [constant.name for constant in self.constants],
            "exponential_generators": len(self._lattice),
            "lattice_denominators": [clip(n) for n in sorted(set(self._lattice))[:20]],
            "largest_polynomial_terms": terms,
            "largest_polynomial_degree": degree,
            "term_products": self._polynomials.spent,
        }

    def _facts(self, element: Element) -> Facts:
        if element.is_zero():
            return Facts(0, 0, ())
        self._lift(element)
        above = [(index, power) for index, power in element._factors if power > 0]
        terms = sum(len(self._polynomials.bases[index]) for index, _ in above)
        degree = sum(power * self._polynomials.degree(index) for index, power in above)
        degree += sum(k for k in element._monomial if k > 0)
        below = tuple(repr(factor) for factor in self._factor_exprs(element, -1, vanishing=False))
        return Facts(terms or 1, degree, below)

    def _factor_exprs(self, element: Element, sign: int, *, vanishing: bool) -> tuple[Expr, ...]:
        """The factors above (sign = 1) or below (-1) the line; only those that may vanish, if asked."""
        if element.is_zero():
            return ()
        self._lift(element)
        parts = [symbol(name) for name in self.symbols if element._monomial[self._position[name]] * sign > 0]
        for index, power in element._factors:
            if power * sign > 0 and not (vanishing and self._never_zero(index)):
                parts.append(self._base_expr(index))
        return tuple(parts)

    def _never_zero(self, index: int) -> bool:
        """A nonzero number, or a sum of exponentials with positive coefficients."""
        base = self._polynomials.bases[index]
        positive = all(q > 0 and not any(m[: self._plain]) for m, q in base.items())
        return positive or self._polynomials.is_constant(index)

    def _to_expr(self, element: Element) -> Expr:
        if element.is_zero():
            return number(0)
        self._lift(element)
        head = self._term_expr(element._monomial, element._coefficient)
        parts = [self._base_expr(index) ** power for index, power in element._factors]
        return mul(parts) if parts and head is number(1) else mul([head, *parts])

    def _base_expr(self, index: int) -> Expr:
        terms = sorted(self._polynomials.bases[index].items(), reverse=True)
        return add(self._term_expr(monomial, q) for monomial, q in terms)

    def _term_expr(self, monomial: Monomial, coefficient: Any) -> Expr:
        factors = _power_product(self._names, monomial[: self._plain])
        exponent = [
            _scaled(Fraction(monomial[i], self._lattice[i - self._plain]), _power_product(self._names, key))
            for key, i in self._exponents.items()
            if i < len(monomial) and monomial[i]
        ]
        if exponent:
            factors.append(exp(add(exponent)))
        return _scaled(Fraction(int(coefficient.numerator), int(coefficient.denominator)), factors)


def _sorted(powers: Mapping[int, int]) -> Factors:
    return tuple(sorted((index, power) for index, power in powers.items() if power))


def _power_product(names: Sequence[str], exponents: Sequence[int]) -> list[Expr]:
    return [symbol(name) ** k for name, k in zip(names, exponents, strict=True) if k]


def _scaled(q: Fraction, factors: list[Expr]) -> Expr:
    """q times a product, without a factor 1."""
    if not factors:
        return number(q)
    if q == 1:
        return mul(factors)
    return -mul(factors) if q == -1 else mul([q, *factors])
