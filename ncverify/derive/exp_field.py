"""A field of exp-rational functions in which equality is decided exactly.

Elements are quotients of polynomials with rational coefficients in real variables x_1, ..., x_n,
real algebraic constants c, and exponentials of polynomials.

**Why a normal form of 0 is the only way to be 0.**  Write each exponent as a sum of q * c^k * m with
q rational, c^k from the power basis of Q(c), m a monomial in the variables.  Each c^k * m gets one
generator X = exp(c^k m / N), N a common denominator of the q that occur with it, and exponentials become
Laurent monomials in these generators.  The claim is that variables and generators together are
algebraically independent over Q(c):

* m != 1: the functions c^k m are linearly independent over Q modulo constants, because the monomials
  are linearly independent over R and the c^k over Q.  By Ax's theorem (J. Ax, On Schanuel's
  conjectures, Ann. of Math. 93 (1971) 252-268, Theorem 3; for exponentials alone the Ostrowski-Kolchin
  theorem, E. R. Kolchin, Amer. J. Math. 90 (1968) 1151-1164) their exponentials are algebraically independent
  over the field of rational functions with *complex* coefficients.
* m = 1: the numbers c^k are algebraic and linearly independent over Q, so e^(c^k) are algebraically
  independent over the algebraic numbers (Lindemann-Weierstrass); for c = 1 this is the transcendence of e.

So the ring is a polynomial ring over the field Q(c), every nonzero polynomial in it is a real-analytic
function that is not identically zero, and a quotient is the zero function exactly when its numerator
has no terms.  Nothing numerical enters.

**Representation.**  A nonzero element is  q * (Laurent monomial) * product of b_i^(e_i), where the b_i are
interned primitive polynomials without monomial factors and e_i are whole numbers.  Products only
add exponents; sums take out what all terms share and expand the rest.  No greatest common divisor is
computed: it is not needed for the decision.  Work is counted in advance and bounded by a budget.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm
from typing import Any, Final, TypeAlias

from sympy import QQ
from sympy.polys.matrices import DomainMatrix
from sympy.polys.orderings import lex
from sympy.polys.rings import PolyRing

from ncverify.derive.constants import AlgebraicConstant
from ncverify.errors import InputError
from ncverify.theory.balls import enclose
from ncverify.theory.expr import Expr, Number, add, exp, mul, number, symbol
from ncverify.theory.nodes import check_name, clip

DEFAULT_BUDGET: Final = 10_000_000
"""Products of terms, weighted by their length: a few seconds."""
MAX_GENERATORS: Final = 1024
"""Variables, constants and exponentials of monomials, together."""

_DIRECT: Final = 20_000  # sums that cost less than this are brought over one denominator at once
_BLOCK: Final = 50_000  # term products done at once
_MANY: Final = 10**15
_MAX_BYTES: Final = 150 << 20  # of one polynomial, and of all stored ones
_COEFFICIENT_BITS: Final = 1 << 24

Monomial: TypeAlias = tuple[int, ...]
Laurent: TypeAlias = dict[Monomial, Any]
Factors: TypeAlias = tuple[tuple[int, int], ...]


class BudgetExceeded(Exception):
    """The normal form would need more work than the budget allows."""


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

    def __add__(self, other: Element | int | Fraction) -> Element:
        return self.field.sum((self, other))

    __radd__ = __add__

    def __sub__(self, other: Element | int | Fraction) -> Element:
        return self.field.sum((self, -self.field.coerce(other)))

    def __rsub__(self, other: Element | int | Fraction) -> Element:
        return self.field.sum((other, -self))

    def __neg__(self) -> Element:
        self.field._lift(self)
        return Element(self.field, -self._coefficient, self._monomial, self._factors)

    def __mul__(self, other: Element | int | Fraction) -> Element:
        return self.field.product((self, other))

    __rmul__ = __mul__

    def __truediv__(self, other: Element | int | Fraction) -> Element:
        return self.field.product((self, self.field.coerce(other) ** -1))

    def __rtruediv__(self, other: Element | int | Fraction) -> Element:
        return self.field.product((other, self**-1))

    def __pow__(self, exponent: int) -> Element:
        return self.field._power(self, exponent)

    @property
    def facts(self) -> Facts:
        """Number of terms, degree and denominators."""
        return self.field._facts(self)

    def denominator_factors(self) -> tuple[Expr, ...]:
        """The factors below the line that can vanish somewhere, as expressions.

        Constants, exponentials and sums of exponentials with positive coefficients are left out.
        """
        return self.field._factor_exprs(self, -1, vanishing=True)

    def numerator_factors(self) -> tuple[Expr, ...]:
        """The factors above the line that can vanish somewhere, as expressions (see above)."""
        return self.field._factor_exprs(self, 1, vanishing=True)

    def to_expr(self) -> Expr:
        """The element as an expression; algebraic constants appear as symbols of their name."""
        return self.field._to_expr(self)

    def enclose(self, point: Mapping[str, int | Fraction], bits: int) -> Any:
        """A ball around the value at an exact point (variables only; constants are known)."""
        return self.field._enclose(self, point, bits)

    def __repr__(self) -> str:
        facts = self.facts
        return f"<Element: {facts.terms} terms, degree {facts.degree}>"


class ExpField:
    """The field Q(constants)(symbols, exponentials of polynomials), as a number type.

    ``symbols`` are the names of the variables.  ``constants`` are real algebraic numbers; with more
    than one, their degrees must be pairwise coprime, which makes the power products a basis over Q.
    Exponential generators are made on demand and refined when an exponent needs a finer lattice.
    ``budget`` bounds the work; ``BudgetExceeded`` says that it is spent.
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
        names = [constant.name for constant in self.constants] + list(self.symbols)
        if len(set(names)) != len(names):
            raise InputError(f"names of variables and constants must differ: {clip(', '.join(names))}")
        if len(names) > MAX_GENERATORS:
            raise BudgetExceeded(f"{len(names)} variables, more than {MAX_GENERATORS}")
        degrees = [constant.degree for constant in self.constants]
        if any(gcd(p, q) != 1 for i, p in enumerate(degrees) for q in degrees[:i]):
            raise InputError(
                f"constants of degrees {degrees} may be dependent: write them as polynomials in one constant"
            )
        self.budget = budget
        self.spent = 0
        self._position = {name: i for i, name in enumerate(names)}
        self._base_count = len(names)  # generators before the exponentials
        self._exponents: dict[Monomial, int] = {}  # monomial in constants and symbols -> its generator
        self._lattice: list[int] = []  # the N of each exponential generator
        self._epoch = 0
        self._rescalings: list[list[tuple[int, int]]] = []  # per epoch: (generator, factor)
        self._ring = self._make_ring()
        self._bases: list[Any] = []
        self._bits: list[int] = []  # of their largest coefficients
        self._degrees: list[Monomial] = []  # in each generator
        self._stored = 0  # terms of all bases
        self._index: dict[Any, int] = {}
        self._largest = (0, 0)

    # -- making elements ---------------------------------------------------------------------

    def number(self, value: int | Fraction) -> Element:
        """A rational number."""
        if isinstance(value, bool) or not isinstance(value, (int, Fraction)):
            raise InputError(f"{clip(repr(value))} of type {type(value).__name__} is not exact: use Fraction")
        if isinstance(value, int):
            return Element(self, QQ(value), self._unit, ())
        return Element(self, QQ(value.numerator, value.denominator), self._unit, ())

    def symbol(self, name: str) -> Element:
        """The variable of this name."""
        if name not in self.symbols:
            raise InputError(f"symbol {clip(name)} is not in this field: {clip(', '.join(self.symbols))}")
        monomial = list(self._unit)
        monomial[self._position[name]] = 1
        return Element(self, QQ(1), tuple(monomial), ())

    def constant(self, name: str) -> Element:
        """The algebraic constant of this name."""
        position = self._position.get(name, self._base_count)
        if position >= len(self.constants):
            raise InputError(f"constant {clip(name)} is not in this field")
        monomial = list(self._unit)
        monomial[position] = 1
        return self._from_polynomial({tuple(monomial): QQ(1)}, self._unit, ())

    def coerce(self, value: Element | int | Fraction) -> Element:
        """``value`` as an element of this field."""
        if isinstance(value, Element):
            if value.field is not self:
                raise InputError("elements of two different fields cannot be combined")
            self._lift(value)
            return value
        return self.number(value)

    def exp(self, exponent: Element | int | Fraction) -> Element:
        """e to the power of a polynomial in the variables with coefficients in Q(constants).

        Raises ``NotPolynomial`` for other exponents.
        """
        terms = self._exponent_terms(self.coerce(exponent))
        self._declare(terms)
        monomial = list(self._unit)
        for key, q in terms:
            position = self._exponents[key]
            steps = q * self._lattice[position - self._base_count]
            monomial[position] = int(steps.numerator)
        return Element(self, QQ(1), tuple(monomial), ())

    def declare_exponents(self, exponents: Iterable[Element]) -> None:
        """Make the generators for many exponents at once, which saves rebuilding the ring for each."""
        self._declare([term for exponent in exponents for term in self._exponent_terms(exponent)])

    def is_polynomial(self, element: Element) -> bool:
        """Whether ``exp`` takes this element."""
        try:
            self._exponent_terms(self.coerce(element))
        except NotPolynomial:
            return False
        return True

    # -- arithmetic --------------------------------------------------------------------------

    def sum(self, terms: Iterable[Element | int | Fraction]) -> Element:
        """The sum of any number of elements, over one common denominator."""
        groups: dict[Factors, Laurent] = {}
        for term in terms:
            element = self.coerce(term)
            self._charge(1, 0)
            if element._coefficient:
                group = groups.setdefault(element._factors, {})
                monomial = element._monomial
                group[monomial] = group.get(monomial, 0) + element._coefficient
        parts = []
        for factors, group in sorted(groups.items()):
            group = {monomial: q for monomial, q in group.items() if q}
            if group:
                parts.append((factors, group))
        return self._combine(parts)

    def product(self, factors: Iterable[Element | int | Fraction]) -> Element:
        """The product of any number of elements; nothing is expanded."""
        coefficient = QQ(1)
        monomial = self._unit
        powers: dict[int, int] = {}
        for factor in factors:
            element = self.coerce(factor)
            self._charge(1, 0)
            if not element._coefficient:
                coefficient = element._coefficient
                break
            coefficient *= element._coefficient
            if element._monomial != self._unit:
                monomial = self._ring.monomial_mul(monomial, element._monomial)
            for index, power in element._factors:
                powers[index] = powers.get(index, 0) + power
        if not coefficient:
            return self.number(0)
        self._check_bits(coefficient, 1)
        return Element(self, coefficient, monomial, _sorted_factors(powers))

    def _power(self, element: Element, exponent: int) -> Element:
        if isinstance(exponent, bool) or not isinstance(exponent, int):
            raise InputError(f"exponent {clip(exponent)} must be a whole number")
        self._lift(element)
        if exponent == 0:
            return self.number(1)
        if element.is_zero():
            if exponent < 0:
                raise ZeroDivisionError("division by the zero function")
            return element
        self._check_bits(element._coefficient, exponent)
        monomial = tuple(k * exponent for k in element._monomial)
        result = Element(self, element._coefficient**exponent, monomial, ())
        powers: dict[int, int] = {}
        for index, power in element._factors:
            base = self._bases[index]
            if exponent < 0 and self._is_constant(base):
                inverse = self._from_polynomial(dict(self._invert(base)), self._unit, ())
                result = self.product((result, self._power(inverse, power * -exponent)))
            else:
                powers[index] = power * exponent
        return self.product((result, Element(self, QQ(1), self._unit, _sorted_factors(powers))))

    def _combine(self, parts: list[tuple[Factors, Laurent]]) -> Element:
        """The sum of  Laurent polynomial * product of powers  over the parts."""
        if not parts:
            return self.number(0)
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
                size *= self._terms_bound(index, power)
            cost += size
            rests.append(rest)
        if len(parts) > 2 and cost > _DIRECT:
            half = len(parts) // 2
            sides = [self._combine(parts[:half]), self._combine(parts[half:])]
            return self._combine(
                [(side._factors, {side._monomial: side._coefficient}) for side in sides if not side.is_zero()]
            )
        lowest = tuple(map(min, zip(*(m for _, laurent in parts for m in laurent), strict=True)))
        total: Laurent = {}
        for (_, laurent), rest in zip(parts, rests, strict=True):
            self._charge(len(laurent), 0)
            ldiv = self._ring.monomial_ldiv
            _add_into(total, self._expand({ldiv(m, lowest): q for m, q in laurent.items()}, rest))
            self._check_size(len(total), 0)
        polynomial = {monomial: q for monomial, q in total.items() if q}
        return self._from_polynomial(polynomial, lowest, tuple(shared.items()))

    def _expand(self, start: Laurent, factors: Sequence[tuple[int, int]]) -> Mapping[Monomial, Any]:
        """start * product of base^power, expanded; the powers are positive."""
        if not factors:
            return start
        result = self._ring.from_dict(start)
        bits = max(_height(q) for q in start.values())
        for index, power in sorted(factors, key=lambda item: self._terms_bound(*item)):
            factor = self._expanded_power(index, power)
            bits += self._bits[index] * power
            result = self._times(result, factor, bits)
        return result  # type: ignore[no-any-return]

    def _times(self, left: Any, right: Any, bits: int) -> Any:
        """left * right, in blocks, so that the size of the result is known while it grows."""
        self._charge(len(left) * len(right), bits)
        if len(left) * len(right) <= _BLOCK:
            result = left * right
            return self._ring.from_dict(self._reduce(result)) if self.constants else result
        if len(left) < len(right):
            left, right = right, left
        total: Laurent = {}
        terms = list(left.items())
        step = max(1, _BLOCK // len(right))
        for start in range(0, len(terms), step):
            block = self._ring.from_dict(dict(terms[start : start + step])) * right
            _add_into(total, self._reduce(block) if self.constants else block)
            self._check_size(len(total), bits)
        return self._ring.from_dict({monomial: q for monomial, q in total.items() if q})

    def _expanded_power(self, index: int, power: int) -> Any:
        """base^power by the cheapest of three ways: multinomials, one factor at a time, squaring."""
        base = self._bases[index]
        if power == 1:
            return base
        size, bits = len(base), self._bits[index] + len(base).bit_length()
        multinomial = _multinomials(size, power) if size <= 5 and not self.constants else _MANY
        stepwise = power * size * self._terms_bound(index, power) // 2
        squaring = self._terms_bound(index, (power + 1) // 2) ** 2
        if multinomial <= min(stepwise, squaring):
            self._check_size(self._terms_bound(index, power), bits * power)
            self._charge(2 * multinomial, bits * power)
            return base**power
        if stepwise <= squaring:
            result = base
            for k in range(2, power + 1):
                result = self._times(result, base, bits * k)
            return result
        half = self._expanded_power(index, power // 2)
        square = self._times(half, half, bits * power)
        return self._times(square, base, bits * power) if power % 2 else square

    def _terms_bound(self, index: int, power: int) -> int:
        """A bound of the number of terms of base^power: multinomials, and the box of its degrees."""
        base = self._bases[index]
        if power == 1:
            return len(base)
        box = 1
        for degree in self._degrees[index]:
            box *= degree * power + 1
            if box > _MANY:
                return min(_MANY, _multinomials(len(base), power))
        return min(box, _multinomials(len(base), power))

    def _from_polynomial(self, terms: Laurent, monomial: Monomial, factors: Factors) -> Element:
        """monomial * factors * polynomial, with the polynomial made primitive and interned."""
        if self.constants:
            terms = self._reduce(terms)
        if not terms:
            return self.number(0)
        free = len(self.constants)  # powers of constants stay inside the polynomial
        lowest = tuple(map(min, zip(*terms, strict=True)))
        lowest = (0,) * free + lowest[free:]
        content = _content(terms.values())
        if len(terms) == 1:
            (only,) = terms
            if not any(only[:free]):
                return Element(self, terms[only], self._ring.monomial_mul(monomial, only), factors)
        if terms[max(terms)] < 0:
            content = -content
        ldiv = self._ring.monomial_ldiv
        primitive = self._ring.from_dict({ldiv(m, lowest): q / content for m, q in terms.items()})
        self._charge(len(primitive), 0)
        self._largest = max(self._largest, (len(primitive), max(map(sum, primitive))))
        powers = dict(factors)
        index = self._intern(primitive)
        powers[index] = powers.get(index, 0) + 1
        self._check_bits(content, 1)
        return Element(self, content, self._ring.monomial_mul(monomial, lowest), _sorted_factors(powers))

    def _intern(self, primitive: Any) -> int:
        index = self._index.get(primitive)
        if index is None:
            index = self._index[primitive] = len(self._bases)
            self._bases.append(primitive)
            self._bits.append(max(_height(q) for q in primitive.values()))
            self._degrees.append(tuple(map(max, zip(*primitive, strict=True))))
            self._stored += len(primitive)
            self._check_size(self._stored, 0)
        return index

    # -- algebraic constants -----------------------------------------------------------------

    def _reduce(self, terms: Mapping[Monomial, Any]) -> Laurent:
        """Powers of each constant brought below its degree."""
        for position, constant in enumerate(self.constants):
            degree = constant.degree
            high = max((m[position] for m in terms), default=0)
            if high < degree:
                continue
            powers = _power_table(constant, high)
            reduced: Laurent = {}
            for monomial, q in terms.items():
                if monomial[position] < degree:
                    reduced[monomial] = reduced.get(monomial, 0) + q
                    continue
                self._charge(degree, 0)
                for k, factor in enumerate(powers[monomial[position]]):
                    if factor:
                        target = (*monomial[:position], k, *monomial[position + 1 :])
                        reduced[target] = reduced.get(target, 0) + q * factor
            terms = {monomial: q for monomial, q in reduced.items() if q}
        return dict(terms)

    def _is_constant(self, base: Any) -> bool:
        free = len(self.constants)
        return not any(any(m[free:]) for m in base)

    def _invert(self, base: Any) -> Laurent:
        """1/base for a nonzero number base in Q(constants): solves base * y = 1 in the power basis."""
        basis: list[Monomial] = [()]
        for constant in self.constants:
            basis = [(*m, k) for m in basis for k in range(constant.degree)]
        tail = (0,) * (len(self._unit) - len(self.constants))
        basis = [(*m, *tail) for m in basis]
        self._charge(len(basis) ** 3, 0)
        columns = [self._reduce(base.mul_monom(m)) for m in basis]
        matrix = DomainMatrix(
            [[column.get(m, QQ(0)) for column in columns] for m in basis], (len(basis), len(basis)), QQ
        )
        one = DomainMatrix([[QQ(int(not any(m)))] for m in basis], (len(basis), 1), QQ)
        solution = matrix.lu_solve(one).to_list_flat()
        return {m: q for m, q in zip(basis, solution, strict=True) if q}

    # -- exponentials ------------------------------------------------------------------------

    def _exponent_terms(self, exponent: Element) -> list[tuple[Monomial, Any]]:
        """The exponent as a list of (monomial in constants and symbols, rational coefficient)."""
        if exponent.is_zero():
            return []
        self._lift(exponent)
        negative = any(k < 0 for k in exponent._monomial) or any(power < 0 for _, power in exponent._factors)
        terms = {} if negative else self._expand({exponent._monomial: exponent._coefficient}, exponent._factors)
        if negative or any(any(m[self._base_count :]) for m in terms):
            raise NotPolynomial("the exponent is not a polynomial in the variables")
        if self.constants:
            terms = self._reduce(terms)
        return [(m[: self._base_count], q) for m, q in sorted(terms.items())]

    def _declare(self, terms: Iterable[tuple[Monomial, Any]]) -> None:
        fresh: dict[Monomial, int] = {}
        for key, q in terms:
            fresh[key] = lcm(fresh.get(key, 1), int(q.denominator))
        rescalings = []
        grown = False
        for key, denominator in fresh.items():
            position = self._exponents.get(key)
            if position is None:
                self._exponents[key] = self._base_count + len(self._lattice)
                self._lattice.append(denominator)
                grown = True
                continue
            old = self._lattice[position - self._base_count]
            if old % denominator:
                new = lcm(old, denominator)
                rescalings.append((position, new // old))
                self._lattice[position - self._base_count] = new
        if self._base_count + len(self._lattice) > MAX_GENERATORS:
            raise BudgetExceeded(f"more than {MAX_GENERATORS} variables and exponentials of monomials")
        if grown or rescalings:
            self._advance(rescalings)

    def _advance(self, rescalings: list[tuple[int, int]]) -> None:
        """A new ring, and all known polynomials moved to it; elements follow when next used."""
        self._ring = self._make_ring()
        self._epoch += 1
        self._rescalings.append(rescalings)
        self._charge(sum(len(base) for base in self._bases), 0)
        pad = len(self._unit)
        self._bases = [
            self._ring.from_dict({_rescaled(m, rescalings, pad): q for m, q in base.items()})
            for base in self._bases
        ]
        self._degrees = [_rescaled(degrees, rescalings, pad) for degrees in self._degrees]
        self._index = {base: i for i, base in enumerate(self._bases)}

    def _lift(self, element: Element) -> None:
        if element._epoch != self._epoch:
            monomial = element._monomial
            for rescalings in self._rescalings[element._epoch :]:
                monomial = _rescaled(monomial, rescalings, len(monomial))
            element._monomial = _rescaled(monomial, [], len(self._unit))
            element._epoch = self._epoch

    def _make_ring(self) -> Any:
        size = self._base_count + len(self._lattice)
        self._unit = (0,) * size
        return PolyRing([f"g{i}" for i in range(size)], QQ, lex)

    # -- budget ------------------------------------------------------------------------------

    def _charge(self, products: int, bits: int) -> None:
        """Count work before it is done: products of terms, each as long as its monomial and coefficient."""
        self.spent += products * (1 + len(self._unit) // 8) * (1 + bits // 1024)
        if self.spent > self.budget:
            raise BudgetExceeded(f"the normal form needs more than the budget of {self.budget} term products")

    def _check_size(self, terms: int, bits: int) -> None:
        if terms * (256 + 8 * len(self._unit) + bits // 8) > _MAX_BYTES:
            raise BudgetExceeded(f"a polynomial of the normal form would exceed {_MAX_BYTES >> 20} MB")

    def _check_bits(self, coefficient: Any, exponent: int) -> None:
        if _height(coefficient) * abs(exponent) > _COEFFICIENT_BITS:
            raise BudgetExceeded(f"a coefficient would exceed the budget of {_COEFFICIENT_BITS} bits")

    # -- facts -------------------------------------------------------------------------------

    @property
    def facts(self) -> dict[str, Any]:
        """Generators, their lattice and the largest polynomial met, as plain JSON values."""
        lattice = sorted(set(self._lattice))
        return {
            "variables": list(self.symbols),
            "constants": [constant.name for constant in self.constants],
            "exponential_generators": len(self._lattice),
            "lattice_denominators": [clip(n) for n in lattice[:20]],
            "largest_polynomial_terms": self._largest[0],
            "largest_polynomial_degree": self._largest[1],
            "term_products": self.spent,
        }

    def _facts(self, element: Element) -> Facts:
        if element.is_zero():
            return Facts(0, 0, ())
        self._lift(element)
        terms = sum(len(self._bases[i]) for i, power in element._factors if power > 0)
        degree = sum(k for k in element._monomial if k > 0)
        degree += sum(power * max(map(sum, self._bases[i])) for i, power in element._factors if power > 0)
        below = [repr(factor) for factor in self._factor_exprs(element, -1, vanishing=False)]
        return Facts(terms or 1, degree, tuple(below))

    def _factor_exprs(self, element: Element, sign: int, *, vanishing: bool) -> tuple[Expr, ...]:
        """The factors above (sign = 1) or below (-1) the line; only those that may vanish, if asked."""
        if element.is_zero():
            return ()
        self._lift(element)
        parts = [symbol(s) for s in self.symbols if element._monomial[self._position[s]] * sign > 0]
        for index, power in element._factors:
            if power * sign > 0 and not (vanishing and self._never_zero(self._bases[index])):
                parts.append(self._base_expr(index))
        return tuple(parts)

    def _never_zero(self, base: Any) -> bool:
        """A nonzero number, or a sum of exponentials with positive coefficients."""
        positive = all(q > 0 and not any(m[: self._base_count]) for m, q in base.items())
        return positive or self._is_constant(base)

    def _base_expr(self, index: int) -> Expr:
        return add(self._term_expr(m, q) for m, q in sorted(self._bases[index].items(), reverse=True))

    def _term_expr(self, monomial: Monomial, coefficient: Any) -> Expr:
        names = [*(constant.name for constant in self.constants), *self.symbols]
        factors = [symbol(name) ** k for name, k in zip(names, monomial, strict=False) if k]
        exponent = [
            mul([Fraction(monomial[i], self._lattice[i - self._base_count]), self._key_expr(key)])
            if any(key)
            else number(Fraction(monomial[i], self._lattice[i - self._base_count]))
            for key, i in self._exponents.items()
            if i < len(monomial) and monomial[i]
        ]
        if exponent:
            factors.append(exp(add(_tidy(part) for part in exponent)))
        value = Fraction(int(coefficient.numerator), int(coefficient.denominator))
        if not factors:
            return number(value)
        product = mul(factors)
        return product if value == 1 else -product if value == -1 else value * product

    def _key_expr(self, key: Monomial) -> Expr:
        names = [*(constant.name for constant in self.constants), *self.symbols]
        return mul(symbol(name) ** k for name, k in zip(names, key, strict=True) if k)

    def _to_expr(self, element: Element) -> Expr:
        if element.is_zero():
            return number(0)
        self._lift(element)
        head = self._term_expr(element._monomial, element._coefficient)
        return mul([head, *(self._base_expr(i) ** power for i, power in element._factors)])

    def _enclose(self, element: Element, point: Mapping[str, int | Fraction], bits: int) -> Any:
        known = {constant.name: constant.enclose(bits) for constant in self.constants}
        return enclose(self._to_expr(element), {**point, **known}, bits)


def _tidy(expr: Expr) -> Expr:
    first = expr.args[0] if expr.head == "mul" else expr
    if expr.head == "mul" and isinstance(first, Number) and first.value in (1, -1):
        rest = mul(expr.args[1:])
        return rest if first.value == 1 else -rest
    return expr


def _rescaled(monomial: Monomial, rescalings: Iterable[tuple[int, int]], size: int) -> Monomial:
    exponents = [*monomial, *(0,) * (size - len(monomial))]
    for position, factor in rescalings:
        if position < len(monomial):
            exponents[position] *= factor
    return tuple(exponents)


def _add_into(total: Laurent, terms: Mapping[Monomial, Any]) -> None:
    for monomial, q in terms.items():
        total[monomial] = total.get(monomial, 0) + q


def _multinomials(terms: int, power: int) -> int:
    """The number of terms of (t_1 + ... + t_terms)^power, or _MANY if that is less."""
    count = 1
    for k in range(1, min(terms, power + 1)):
        # comb(power + terms - 1, k) along the shorter side grows in every step
        count = count * (power + terms - k) // k
        if count > _MANY:
            return _MANY
    return count


def _sorted_factors(powers: Mapping[int, int]) -> Factors:
    return tuple(sorted((index, power) for index, power in powers.items() if power))


def _height(q: Any) -> int:
    """Bits of the larger of numerator and denominator."""
    return max(int(q.numerator).bit_length(), int(q.denominator).bit_length()) - 1


def _content(coefficients: Iterable[Any]) -> Any:
    """The positive rational c such that all coefficients / c are whole and coprime."""
    numerator, denominator = 0, 1
    for q in coefficients:
        numerator = gcd(numerator, int(q.numerator))
        denominator = lcm(denominator, int(q.denominator))
    return QQ(numerator, denominator)


def _power_table(constant: AlgebraicConstant, high: int) -> list[tuple[Any, ...]]:
    """c^0, ..., c^high in the basis 1, c, ..., c^(degree-1)."""
    degree = constant.degree
    top = [QQ(q.numerator, q.denominator) for q in constant.top_power]
    row = [QQ(1)] + [QQ(0)] * (degree - 1)
    table = [tuple(row)]
    for _ in range(high):
        last = row[-1]
        row = [QQ(0), *row[:-1]]
        row = [q + last * t for q, t in zip(row, top, strict=True)]
        table.append(tuple(row))
    return table
