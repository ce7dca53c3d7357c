"""Taylor coefficients of a flow, one order at a time, for any field written with a ``FieldKind``.

The field is evaluated once, on ``Series``: every operation adds a node to a tape.  The tape then
computes coefficient n of every node from coefficients 0..n of the nodes before it, by the classical
recurrences (products, quotients, exp and powers: Moore 1966; Jorba and Zou 2005).  Coefficients are
fixed-point integers (GMP's: 1.6 times as fast here as Python's), i.e. numbers times 2^-bits; rounding
is not bounded here.  Products with a common factor are computed together (``bundles``), with the same result.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import islice
from operator import itemgetter, mul

from gmpy2 import mpz
from mpmath import mp, mpf

from ncverify.evidence.bundles import Bundle, Row
from ncverify.theory.number_kinds import FieldKind, Vector

_WORTH_PACKING = 3  # products with a common factor

Field = Callable[[Vector, FieldKind], Vector]
"""A vector field: the state and the kind of its numbers give the derivative."""


class Tape:
    """The ``FieldKind`` of fixed-point power series with ``bits`` bits after the point."""

    def __init__(self, bits: int) -> None:
        self.bits = bits
        self.nodes: list[Series] = []

    def variable(self, value: mpz) -> Series:
        """A series of which so far only the constant coefficient, ``value`` / 2^bits, is known."""
        return Series(self, value)

    def exact(self, q: int | Fraction) -> Constant:
        return Constant(self, fixed(q, self.bits))

    def exp(self, x: Series) -> Series:
        return _Exp(x)

    def power(self, x: Series, q: Fraction) -> Series:
        return _Power(x, q)

    def cos_turns(self, q: Fraction) -> Constant:
        with mp.workprec(self.bits + 10):
            return Constant(self, fixed(mp.cospi(2 * mpf(q.numerator) / q.denominator), self.bits))

    def shift(self, values: Sequence[Series]) -> Constant:
        return Constant(self, max(x.c[0] for x in values))

    def steps(self, wanted: Sequence[Series]) -> list[Callable[[int], None]]:
        """What computes coefficient n of the wanted nodes, one by one; the variables must have theirs."""
        needed: dict[int, Series] = {}
        waiting = list(wanted)
        while waiting:
            node = waiting.pop()
            if id(node) not in needed:
                needed[id(node)] = node
                waiting.extend(node.inputs)
        nodes = [node for node in self.nodes if id(node) in needed]
        multiplied = [node for node in nodes if isinstance(node, _Product)]
        lefts = Counter((node.depth, id(node.x)) for node in multiplied)
        rights = Counter((node.depth, id(node.y)) for node in multiplied)
        groups: dict[tuple[int, int, bool], list[tuple[Series, Series, Series]]] = {}
        found: list[tuple[int, Callable[[int], None]]] = []
        for node in multiplied:
            left = lefts[node.depth, id(node.x)] >= rights[node.depth, id(node.y)]
            common, other = (node.x, node.y) if left else (node.y, node.x)
            groups.setdefault((node.depth, id(common), left), []).append((common, other, node))
        rows: dict[tuple[int, ...], Row] = {}
        for (depth, _, _), group in groups.items():
            if len(group) < _WORTH_PACKING:
                found.extend((depth, node.advance) for _, _, node in group)
                continue
            row = rows.setdefault(
                tuple(id(other) for _, other, _ in group), Row([other.c for _, other, _ in group])
            )
            bundle = Bundle(self.bits, group[0][0].c, row, [node.c for _, _, node in group])
            found.append((depth, bundle.advance))
        found.extend((node.depth, node.advance) for node in nodes if not isinstance(node, _Product))
        # every node is deeper than those it is made of
        return [advance for _, advance in sorted(found, key=itemgetter(0))]


class Series:
    """A power series known so far to the coefficients in ``c`` (integers, times 2^-bits).

    ``depth``: how many operations, one upon the other, it is made by.
    """

    __slots__ = ("c", "depth", "tape")

    def __init__(self, tape: Tape, first: mpz, depth: int = 0) -> None:
        self.tape = tape
        self.c = [first]
        self.depth = depth

    @property
    def inputs(self) -> tuple[Series, ...]:
        """The nodes that this one is made of."""
        return ()

    def advance(self, n: int) -> None:
        raise NotImplementedError("the coefficients of a variable come from the flow")

    def __add__(self, other: Series) -> Series:
        if isinstance(other, Constant) and not other.c[0]:
            return self
        return _Sum(self, other)

    def __sub__(self, other: Series) -> Series:
        return _Difference(self, other)

    def __neg__(self) -> Series:
        return _Multiple(self, -1)

    def __mul__(self, other: Series | int) -> Series:
        if isinstance(other, int):
            return _Multiple(self, other)
        if isinstance(other, Constant):
            return _Scaled(self, other)
        return _Product(self, other)

    __rmul__ = __mul__

    def __truediv__(self, other: Series | int) -> Series:
        return _Fraction(self, other) if isinstance(other, int) else _Quotient(self, other)


class Constant(Series):
    """A number: all further coefficients are zero."""

    __slots__ = ()

    def __init__(self, tape: Tape, value: mpz) -> None:
        super().__init__(tape, value)
        tape.nodes.append(self)

    def advance(self, n: int) -> None:
        self.c.append(mpz(0))

    def __add__(self, other: Series) -> Series:
        if isinstance(other, Constant):
            return Constant(self.tape, self.c[0] + other.c[0])
        return other + self

    def __mul__(self, other: Series | int) -> Series:
        if isinstance(other, int):
            return Constant(self.tape, self.c[0] * other)
        if isinstance(other, Constant):
            return Constant(self.tape, self.c[0] * other.c[0] >> self.tape.bits)
        return _Scaled(other, self)

    __rmul__ = __mul__

    def __truediv__(self, other: Series | int) -> Series:
        return self if not self.c[0] else super().__truediv__(other)


class _Unary(Series):
    __slots__ = ("x",)

    def __init__(self, x: Series, first: mpz) -> None:
        super().__init__(x.tape, first, x.depth + 1)
        self.x = x
        self.tape.nodes.append(self)

    @property
    def inputs(self) -> tuple[Series, ...]:
        return (self.x,)


class _Binary(Series):
    __slots__ = ("x", "y")

    def __init__(self, x: Series, y: Series, first: mpz) -> None:
        super().__init__(x.tape, first, max(x.depth, y.depth) + 1)
        self.x, self.y = x, y
        self.tape.nodes.append(self)

    @property
    def inputs(self) -> tuple[Series, ...]:
        return self.x, self.y


class _Sum(Series):
    """A sum of two or more: a sum that is added to is not computed for that."""

    __slots__ = ("parts",)

    def __init__(self, x: Series, y: Series) -> None:
        parts = (*x.inputs, y) if isinstance(x, _Sum) else (x, y)
        super().__init__(x.tape, x.c[0] + y.c[0], 1 + max(part.depth for part in parts))
        self.parts = parts
        self.tape.nodes.append(self)

    @property
    def inputs(self) -> tuple[Series, ...]:
        return self.parts

    def advance(self, n: int) -> None:
        self.c.append(sum([part.c[n] for part in self.parts]))


class _Difference(_Binary):
    __slots__ = ()

    def __init__(self, x: Series, y: Series) -> None:
        super().__init__(x, y, x.c[0] - y.c[0])

    def advance(self, n: int) -> None:
        self.c.append(self.x.c[n] - self.y.c[n])


class _Multiple(_Unary):
    __slots__ = ("factor",)

    def __init__(self, x: Series, factor: int) -> None:
        super().__init__(x, x.c[0] * factor)
        self.factor = factor

    def advance(self, n: int) -> None:
        self.c.append(self.x.c[n] * self.factor)


class _Fraction(_Unary):
    __slots__ = ("divisor",)

    def __init__(self, x: Series, divisor: int) -> None:
        super().__init__(x, x.c[0] // divisor)
        self.divisor = divisor

    def advance(self, n: int) -> None:
        self.c.append(self.x.c[n] // self.divisor)


class _Scaled(_Unary):
    __slots__ = ("factor",)

    def __init__(self, x: Series, factor: Constant) -> None:
        super().__init__(x, x.c[0] * factor.c[0] >> x.tape.bits)
        self.factor = factor.c[0]

    def advance(self, n: int) -> None:
        self.c.append(self.x.c[n] * self.factor >> self.tape.bits)


class _Product(_Binary):
    __slots__ = ()

    def __init__(self, x: Series, y: Series) -> None:
        super().__init__(x, y, x.c[0] * y.c[0] >> x.tape.bits)

    def advance(self, n: int) -> None:
        self.c.append(sum(map(mul, self.x.c, reversed(self.y.c))) >> self.tape.bits)


class _Quotient(_Binary):
    __slots__ = ()

    def __init__(self, x: Series, y: Series) -> None:
        super().__init__(x, y, (x.c[0] << x.tape.bits) // y.c[0])

    def advance(self, n: int) -> None:
        # q y = x:  q_n y_0 = x_n - sum_{k=1}^n y_k q_{n-k}
        known = sum(map(mul, islice(self.y.c, 1, None), reversed(self.c)))
        self.c.append(((self.x.c[n] << self.tape.bits) - known) // self.y.c[0])


class _Exp(_Unary):
    __slots__ = ("slope",)

    def __init__(self, x: Series) -> None:
        bits = x.tape.bits
        with mp.workprec(bits + abs(x.c[0] >> bits).bit_length() + 10):
            super().__init__(x, fixed(mp.exp(mp.ldexp(mpf(x.c[0]), -bits)), bits))
        self.slope: list[mpz] = []

    def advance(self, n: int) -> None:
        # e' = x' e:  n e_n = sum_{k=1}^n k x_k e_{n-k}
        self.slope.append(n * self.x.c[n])
        self.c.append((sum(map(mul, self.slope, reversed(self.c))) >> self.tape.bits) // n)


class _Power(_Unary):
    __slots__ = ("exponent",)

    def __init__(self, x: Series, exponent: Fraction) -> None:
        bits = x.tape.bits
        with mp.workprec(2 * bits):
            value = mp.power(mp.ldexp(mpf(x.c[0]), -bits), mpf(exponent.numerator) / exponent.denominator)
            super().__init__(x, fixed(value, bits))
        self.exponent = exponent

    def advance(self, n: int) -> None:
        # x p' = q x' p:  n x_0 p_n = sum_{k=1}^n (q k - (n - k)) x_k p_{n-k}
        num, den = self.exponent.numerator, self.exponent.denominator
        x, p = self.x.c, self.c
        total = sum((num * k - den * (n - k)) * x[k] * p[n - k] for k in range(1, n + 1))
        self.c.append(total // (den * n * x[0]))


def fixed(value: int | Fraction | mpf, bits: int) -> mpz:
    """floor(value 2^bits), exactly."""
    if isinstance(value, mpf):
        sign, man, exp, _ = value._mpf_
        whole, shift = mpz(-man if sign else man), int(exp) + bits
        return whole << shift if shift >= 0 else whole >> -shift
    return (mpz(value.numerator) << bits) // value.denominator


def taylor(field: Field, state: Sequence[mpz], step: Fraction, bits: int, order: int) -> list[list[mpz]]:
    """Coefficients c_0, ..., c_order of every component of x(t + step tau) in powers of tau.

    ``state``: fixed-point integers; ``step``: the unit of tau.  Cost: order^2 / 2 integer products for
    each product, quotient or exp in the field.
    """
    tape = Tape(bits)
    variables = [tape.variable(value) for value in state]
    slopes = field(variables, tape)
    steps = tape.steps(slopes)
    for n in range(order):
        if n:
            for advance in steps:
                advance(n)
        for x, slope in zip(variables, slopes, strict=True):
            x.c.append(slope.c[n] * step.numerator // (step.denominator * (n + 1)))
    return [x.c for x in variables]
