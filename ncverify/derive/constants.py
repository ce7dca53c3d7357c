"""Real algebraic numbers that may appear as coefficients in a normal form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from flint import arb, fmpq

from ncverify.errors import InputError
from ncverify.theory.balls import exact_interval, precision
from ncverify.theory.nodes import check_name, clip


@dataclass(frozen=True)
class AlgebraicConstant:
    """A real number: the only root of ``minimal_polynomial`` inside ``enclose(64)``.

    ``minimal_polynomial`` holds rational coefficients, constant term first; it must be irreducible
    over Q (decided by exact factorisation).  ``enclose(bits)`` returns a ball around the number.  Raises
    ``InputError`` if the polynomial is reducible or the ball does not isolate one root.
    """

    name: str
    minimal_polynomial: tuple[Fraction, ...]
    enclose: Callable[[int], Any]

    def __post_init__(self) -> None:
        check_name(self.name)
        coefficients = self.minimal_polynomial
        if len(coefficients) < 2 or coefficients[-1] == 0:
            raise InputError(f"constant {self.name}: its minimal polynomial must have degree at least 1")
        import sympy

        x = sympy.Symbol("x")
        rational = [sympy.Rational(c.numerator, c.denominator) for c in reversed(coefficients)]
        polynomial = sympy.Poly(rational, x, domain="QQ")
        if not polynomial.is_irreducible:
            raise InputError(f"constant {self.name}: {clip(polynomial.as_expr())} is reducible over Q")
        lower, upper = exact_interval(self.enclose(64))
        inside = polynomial.count_roots(sympy.Rational(str(lower)), sympy.Rational(str(upper)))
        if inside != 1:
            raise InputError(f"constant {self.name}: its ball holds {inside} real roots, it must isolate one")

    @property
    def degree(self) -> int:
        """The dimension of Q(constant) over Q."""
        return len(self.minimal_polynomial) - 1

    @cached_property
    def top_power(self) -> tuple[Fraction, ...]:
        """c^degree as a rational combination of 1, c, ..., c^(degree-1)."""
        *rest, lead = self.minimal_polynomial
        return tuple(-c / lead for c in rest)


def two_cos(n: int, name: str = "c") -> AlgebraicConstant:
    """2 cos(2 pi / n): it generates the real subfield of the n-th cyclotomic field, of degree phi(n)/2.

    Every 2 cos(2 pi j / n) is the polynomial ``two_cos_multiple(j)`` in it, so it is the one constant that
    the characters of a group of exponent n need.  Its minimal polynomial psi comes from the cyclotomic
    polynomial: Phi_n(x) = x^d psi(x + 1/x), d = phi(n)/2 (n > 2); it is irreducible because Phi_n is.
    """
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise InputError(f"2 cos(2 pi / {n!r}) needs a whole number n >= 1")

    def ball(bits: int) -> Any:
        with precision(bits):
            return 2 * arb.cos_pi_fmpq(fmpq(2, n))

    if n <= 2:
        return AlgebraicConstant(name, (Fraction(-2 if n == 1 else 2), Fraction(1)), ball)
    import sympy

    cyclotomic = [int(a) for a in sympy.Poly(sympy.cyclotomic_poly(n, sympy.Symbol("x"))).all_coeffs()]
    d = (len(cyclotomic) - 1) // 2
    psi = [Fraction(0)] * (d + 1)
    for j in range(d + 1):
        for i, coefficient in enumerate(two_cos_multiple(j)):
            # two_cos_multiple(0) is 2 = x^0 + x^-0, which occurs once
            psi[i] += Fraction(cyclotomic[d + j] * coefficient, 1 if j else 2)
    return AlgebraicConstant(name, tuple(psi), ball)


def two_cos_multiple(j: int) -> tuple[int, ...]:
    """Coefficients, constant term first, of C_j with C_j(2 cos t) = 2 cos(j t): C_0 = 2, C_1 = c."""
    before, now = [2], [0, 1]
    for _ in range(abs(j)):
        following = [0, *now]
        for i, coefficient in enumerate(before):
            following[i] -= coefficient
        before, now = now, following
    return tuple(before)
