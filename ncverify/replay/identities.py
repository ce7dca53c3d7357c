"""Identities, decided by polynomial arithmetic over Q (FLINT).

Every expression is a quotient of polynomials in *generators*: the variables, exponentials, and values of
other functions.  exp of u = sum q_m m (m a monomial over the denominator of u) is the product of the powers
X_m^(N q_m) of X_m = exp(m / N); sinh, cosh and tanh are written with exp.  sqrt(u) is a generator R, R^2 = u,
and log, sin, ... of an argument are one generator for each argument; exp(n log u) = u^n and log(exp u) = u.
If the numerator of left - right is the polynomial 0 (after R^2 = u), then left = right at every point at
which both sides are defined, because there no denominator vanishes and all of this is true of the numbers.
That equal functions always have equal numerators is not needed for this direction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from math import lcm
from typing import Any, Final

from flint import Ordering, fmpq, fmpq_mpoly_ctx

from ncverify.replay.errors import Rejected
from ncverify.replay.expressions import Node, Table

MAX_WORK: Final = 20_000_000
"""Products of terms in one body: some seconds."""
MAX_BITS: Final = 3_000_000
MAX_GENERATORS: Final = 3_000
_MAX_LEVELS: Final = 12
_MAX_COMMON: Final = 100_000

Key = tuple[Any, ...]


@dataclass(frozen=True)
class Quotient:
    """above / below, polynomials of one context without common factors (as far as they were looked for)."""

    above: Any
    below: Any


class Field:
    """Quotients in the generators of some expressions of a table."""

    def __init__(self, table: Table, roots: Sequence[int]) -> None:
        self.table = table
        self.order = table.below(list(roots))
        self._scales: dict[Key, int] = {}
        self._generators: dict[Key, int] = {
            ("symbol", name): i for i, name in enumerate(table.symbols(list(roots)))
        }
        self._squares: dict[int, Quotient] = {}
        self._logarithms: dict[int, Quotient] = {}
        self._work = 0
        for _ in range(_MAX_LEVELS):
            before = (len(self._generators), dict(self._scales))
            complete = self._run()
            if complete and before == (len(self._generators), self._scales):
                return
        raise Rejected("functions are nested too deep for an identity")

    # -- building -------------------------------------------------------------------------------

    def _run(self) -> bool:
        """Evaluate all nodes with the generators known so far; whether none was missing."""
        if len(self._generators) > MAX_GENERATORS:
            raise Rejected(f"more than {MAX_GENERATORS} generators in an identity")
        names = tuple(f"g{i}" for i in range(max(1, len(self._generators))))
        self.context = fmpq_mpoly_ctx.get(names, Ordering.degrevlex)
        self._gens = self.context.gens()
        self._one = self.context.constant(1)
        self._squares, self._logarithms = {}, {}
        self.value: dict[int, Quotient] = {}
        complete = True
        for place in self.order:
            node = self.table.nodes[place]
            if any(part not in self.value for part in node.parts):
                complete = False
                continue
            made = self._node(node)
            if made is None:
                complete = False
            else:
                self.value[place] = made
        return complete

    def _node(self, node: Node) -> Quotient | None:
        parts = [self.value[i] for i in node.parts]
        if node.head == "number":
            return self.constant(node.value)
        if node.head == "symbol":
            return self._generator(("symbol", node.value))
        if node.head == "add":
            return self.sum(parts)
        if node.head == "mul":
            return reduce(self.product, parts)
        if node.head == "pow":
            return self.power(parts[0], node.value)
        if node.head in ("exp", "sinh", "cosh", "tanh"):
            return self._exponential(node.head, parts[0])
        inner = self.table.nodes[node.parts[0]]
        if node.head == "log" and inner.head == "exp":
            return self.value[inner.parts[0]]
        key = (node.head, *self._key(parts[0]))
        made = self._generator(key)
        if made is not None and node.head == "sqrt":
            self._squares[self._generators[key]] = parts[0]
        if made is not None and node.head == "log":
            self._logarithms[self._generators[key]] = parts[0]
        return made

    def _key(self, x: Quotient) -> Key:
        return (_terms(x.above), _terms(x.below))

    def _generator(self, key: Key) -> Quotient | None:
        """The generator with this meaning; None if it is new, and not yet in the context."""
        place = self._generators.setdefault(key, len(self._generators))
        return Quotient(self._gens[place], self._one) if place < len(self._gens) else None

    def _exponential(self, head: str, x: Quotient) -> Quotient | None:
        up = self._exp(x)
        if up is None:
            return None
        down = self.inverse(up)
        if head == "exp":
            return up
        minus = self.product(self.constant(-1), down)
        if head == "tanh":
            return self.product(self.sum([up, minus]), self.inverse(self.sum([up, down])))
        return self.product(self.constant(fmpq(1, 2)), self.sum([up, minus if head == "sinh" else down]))

    def _exp(self, x: Quotient) -> Quotient | None:
        """The product of the powers of the generators of exp; None if one of them is new or too coarse."""
        lead = fmpq(x.below.leading_coefficient())
        below = _terms(x.below / lead)
        found = []
        ready = True
        for exponents, q in x.above.terms():
            key = ("exp", _sparse(exponents), below)
            scaled = fmpq(q) / lead
            alone = [i for i, e in enumerate(exponents) if e]
            if x.below.is_constant() and scaled.q == 1 and sum(map(int, exponents)) == 1:
                argument = self._logarithms.get(alone[0])
                if argument is not None:  # exp(n log u) = u^n where log u is defined
                    found.append(self.power(argument, int(scaled.p)))
                    continue
            scale = self._scales.get(key, 1)
            if scale % int(scaled.q):
                self._scales[key] = scale = lcm(scale, int(scaled.q))
                ready = False
            made = self._generator(key)
            if made is not None:
                found.append(self.power(made, int((scaled * scale).p)))
            ready = ready and made is not None
        return reduce(self.product, found, self.constant(1)) if ready else None

    # -- arithmetic -----------------------------------------------------------------------------

    def constant(self, value: Any) -> Quotient:
        """A rational number."""
        return Quotient(self.context.constant(fmpq(value)), self._one)

    def sum(self, parts: Sequence[Quotient]) -> Quotient:
        """Summands over one denominator are added first."""
        groups: dict[Any, list[Any]] = {}
        for part in parts:
            groups.setdefault(_terms(part.below), []).append(part)
        done = [Quotient(_total([part.above for part in group]), group[0].below) for group in groups.values()]
        while len(done) > 1:  # pairs of about the same size
            done = [
                self._plus(done[i], done[i + 1]) if i + 1 < len(done) else done[i]
                for i in range(0, len(done), 2)
            ]
        return self._reduced(done[0])

    def _plus(self, x: Quotient, y: Quotient) -> Quotient:
        common = self._common(x.below, y.below)
        left, right = x.below / common, y.below / common
        above = self._times(x.above, right) + self._times(y.above, left)
        return Quotient(above, self._times(x.below, right))

    def product(self, x: Quotient, y: Quotient) -> Quotient:
        """The product, in lowest terms if both are."""
        first, second = self._common(x.above, y.below), self._common(y.above, x.below)
        return Quotient(
            self._times(x.above / first, y.above / second), self._times(x.below / second, y.below / first)
        )

    def _common(self, above: Any, below: Any) -> Any:
        """A common factor, to keep things small; 1 where looking for it could take long."""
        if below.is_constant() or above.is_zero() or len(above) * len(below) > _MAX_COMMON:
            return self._one
        self._spend(10 * len(above) * len(below))
        return above.gcd(below)

    def _reduced(self, x: Quotient) -> Quotient:
        if x.above.is_zero():
            return Quotient(x.above, self._one)
        common = self._common(x.above, x.below)
        return Quotient(x.above / common, x.below / common)

    def inverse(self, x: Quotient) -> Quotient:
        """1/x; ``Rejected`` if x is 0."""
        if x.above.is_zero():
            raise Rejected("something is divided by an expression that is 0 everywhere")
        return Quotient(x.below, x.above)

    def power(self, x: Quotient, exponent: int) -> Quotient:
        """x^n by repeated multiplication, so that the size of each product is known before."""
        if exponent < 0:
            return self.power(self.inverse(x), -exponent)
        if len(x.above) <= 1 and len(x.below) <= 1 and x.above.total_degree() + x.below.total_degree() > 0:
            return self._monomial_power(x, exponent)
        result, base = self.constant(1), x
        while exponent:
            if exponent & 1:
                result = Quotient(
                    self._times(result.above, base.above), self._times(result.below, base.below)
                )
            exponent >>= 1
            if exponent:
                base = Quotient(self._times(base.above, base.above), self._times(base.below, base.below))
        return result

    def _monomial_power(self, x: Quotient, exponent: int) -> Quotient:
        self._spend(self._length((_bits(x.above) + _bits(x.below)) * exponent))
        return Quotient(x.above**exponent, x.below**exponent)

    def _times(self, x: Any, y: Any) -> Any:
        self._spend(len(x) * len(y) * (1 + self._length(_bits(x) + _bits(y)) // 100))
        return x * y

    def _length(self, bits: int) -> int:
        if bits > MAX_BITS:
            raise Rejected("a coefficient of an identity is too long")
        return bits

    def _spend(self, work: int) -> None:
        self._work += 1 + work
        if self._work > MAX_WORK:
            raise Rejected("an identity is too large to expand")

    # -- the decision ---------------------------------------------------------------------------

    def vanishes(self, x: Quotient) -> bool:
        """Whether the numerator is 0 after R^2 = u for every square root R."""
        above = x.above
        for place in sorted(self._squares, reverse=True):
            if not above.is_zero():
                above = self._without_squares(above, place)
        return bool(above.is_zero())

    def _without_squares(self, above: Any, place: int) -> Any:
        u = self._squares[place]
        highest = int(above.degrees()[place]) // 2
        halves: dict[int, dict[tuple[int, ...], Any]] = {}
        for exponents, q in above.terms():
            known = list(map(int, exponents))
            half, known[place] = divmod(known[place], 2)
            halves.setdefault(half, {})[tuple(known)] = q
        total = self.context.constant(0)
        for half, terms in halves.items():
            part = self.context.from_dict(terms)
            for _ in range(half):
                part = self._times(part, u.above)
            for _ in range(highest - half):
                part = self._times(part, u.below)
            total = total + part
        return total


def _bits(p: Any) -> int:
    """The length of the longest coefficient."""
    return max((int(q.p.bit_length()) + int(q.q.bit_length()) for q in map(fmpq, p.coeffs())), default=0)


def _terms(p: Any) -> Key:
    return tuple(sorted((_sparse(exponents), str(q)) for exponents, q in p.terms()))


def _sparse(exponents: Sequence[Any]) -> Key:
    return tuple((i, int(n)) for i, n in enumerate(exponents) if n)


def _total(parts: Sequence[Any]) -> Any:
    return reduce(lambda x, y: x + y, parts)


def equal_everywhere(table: Table, pairs: Sequence[tuple[int, int]]) -> list[bool]:
    """Which pairs of expressions are certainly equal wherever both are defined."""
    differences = [table.difference(left, right) for left, right in pairs]
    field = Field(table, differences)
    return [field.vanishes(field.value[place]) for place in differences]


def is_zero(table: Table, root: int) -> bool:
    """Whether an expression is certainly 0 wherever it is defined."""
    field = Field(table, [root])
    return field.vanishes(field.value[root])


def names(mapping: Mapping[str, Any]) -> str:
    """A list of names for messages."""
    return ", ".join(sorted(mapping))
