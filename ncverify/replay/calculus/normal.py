"""The normal form: a decision that two terms are equal for every group and every value of the symbols.

A term is multiplied out into monomials.  In each of them a delta eliminates an index, an index that
occurs in characters only is summed out (sum_g chi_a(g) = K [a = 0]; one that occurs nowhere gives the
order of its sort), known sums are inserted, and bound indices get names that do not depend on how the
monomial was written.  Equal forms mean equal terms.  Different forms mean nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import count, islice, permutations

from ncverify.replay.calculus.polynomials import (
    MAX_MONOMIALS,
    ONE,
    Atom,
    Factor,
    Key,
    Monomial,
    Number,
    Poly,
    atom_poly,
    characters,
    depth,
    frozen,
    in_chars,
    in_deltas,
    occurring,
    primitive,
    simple,
    total,
    variables,
)
from ncverify.replay.calculus.terms import (
    COMPLEX,
    ORDERS,
    POSITIVE,
    Index,
    Term,
    Var,
    combination,
    plus,
    put,
    scaled,
    single,
    substitute,
    unsigned,
)
from ncverify.replay.errors import Rejected

MAX_LABELLINGS = 2_000
_DUAL = {"G": "D", "D": "G"}


@dataclass(frozen=True)
class KnownSum:
    """The sum over ``var`` of the product of these function values is ``value``."""

    var: Var
    factors: tuple[Term, ...]
    value: Term


@dataclass(frozen=True)
class Facts:
    """What was proved about symbols.

    even: functions with f(-x) = f(x); sums: known sums; apart: indices that are not 0;
    nonzero: polynomials that are not 0, up to a factor;
    nonzero_functions: functions that are nowhere 0 (True), or not 0 at indices that are not 0 (False).
    """

    even: frozenset[str] = frozenset()
    sums: tuple[KnownSum, ...] = ()
    apart: frozenset[Index] = frozenset()
    nonzero: frozenset[Key] = frozenset()
    nonzero_functions: Mapping[str, bool] = field(default_factory=dict)


class Normal:
    """Normal forms of terms under given facts."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._apart = facts.apart
        self._numbers = count()

    def poly(self, value: Term, around: tuple[Var, ...] = ()) -> Poly:
        """The normal form of a term, inside sums over the indices ``around``, innermost first."""

        def at(form: Index) -> Index:
            return put(form, lambda var: single(around[var[2]] if len(var) == 3 else var))

        match value:
            case ("num", number):
                return total([(ONE, simple(number))])
            case ("sym", _):
                return atom_poly(value)
            case ("app", name, args):
                return atom_poly(self._app(name, map(at, args)))
            case ("chi", a, g):
                return self._settled(Monomial(chars=characters([(at(a), at(g), 1)])))
            case ("delta", form):
                return self._settled(Monomial(deltas=(at(form),)))
            case ("add", parts):
                return total((self.poly(part, around), 1) for part in parts)
            case ("mul", parts):
                return self._product(self.poly(part, around) for part in parts)
            case ("pow", ("mul", parts), exponent) if exponent < 0:
                return self.poly(("mul", tuple(("pow", part, exponent) for part in parts)), around)
            case ("pow", base, exponent):
                return self._power(base, exponent, around)
            case ("fn", name, arg):
                return self._function(name, self.poly(arg, around))
        _, sort, nonzero, body = value
        return self._sum(sort, nonzero, body, around)

    def is_zero(self, value: Term) -> bool:
        """Whether the term is shown to be 0, after multiplying by denominators that are not 0."""
        poly = self.poly(value)
        while (divisor := self._divisor(poly)) is not None:
            poly = total((self._times(mono, divisor), value) for mono, value in poly.items())
        return not poly

    def is_real(self, value: Term) -> bool:
        """Whether the term is shown to be its own complex conjugate."""
        poly = self.poly(value)
        return self._conjugate(poly) == poly

    def _divisor(self, poly: Poly) -> Atom | None:
        """A denominator without bound indices that is known not to be 0."""
        for mono in sorted(poly):
            for atom, power in mono.factors:
                closed = atom[0] == "sum" and variables(atom).isdisjoint(mono.bound)
                if closed and power < 0 and self._never_zero(atom):
                    return atom
        return None

    def _times(self, mono: Monomial, divisor: Atom) -> Poly:
        """The monomial times what it may have as a denominator."""
        if not any(atom == divisor and power < 0 for atom, power in mono.factors):
            return self._product([{mono: 1}, atom_poly(divisor)])
        opened = self._opened(mono)
        factors = self._merged((*opened.factors, (divisor, 1)))
        return self._settled(opened._replace(factors=factors))

    def _conjugate(self, poly: Poly) -> Poly:
        return total((self._settled(self._conjugated(self._opened(m))), v) for m, v in poly.items())

    def _conjugated(self, mono: Monomial) -> Monomial:
        chars = tuple((a, g, -power) for a, g, power in mono.chars)
        factors = self._merged((self._conjugated_atom(atom), power) for atom, power in mono.factors)
        return mono._replace(chars=chars, factors=factors)

    def _conjugated_atom(self, atom: Atom) -> Atom:
        if atom[0] == "app":
            turned = atom[1] in COMPLEX
            return self._app(atom[1], (scaled(x, -1) if turned and x[0] == "D" else x for x in atom[2]))
        return atom if atom[0] == "sym" else (atom[0], frozen(self._conjugate(dict(atom[1]))))

    # -- from terms ------------------------------------------------------------------------------------

    def _app(self, name: str, args: Iterable[Index]) -> Atom:
        return ("app", name, tuple(unsigned(arg) if name in self.facts.even else arg for arg in args))

    def _power(self, base: Term, exponent: Fraction, around: tuple[Var, ...]) -> Poly:
        if exponent.denominator > 1:
            if base[0] != "sym" or base[1] not in POSITIVE:
                raise Rejected("a fractional power of what is not the order of a sort")
            return {Monomial(factors=((base, exponent),)): 1}
        poly = self.poly(base, around)
        return self._product([poly if exponent > 0 else self._inverse(poly)] * abs(exponent.numerator))

    def _inverse(self, poly: Poly) -> Poly:
        if len(poly) == 1:
            ((mono, value),) = poly.items()
            if not mono.bound:
                chars = tuple((a, g, -power) for a, g, power in mono.chars)
                factors = tuple((atom, -power) for atom, power in mono.factors)
                return total(
                    [(self._settled(Monomial((), chars, mono.deltas, factors)), simple(1 / Fraction(value)))]
                )
        if not poly:
            return poly
        key, lead = primitive(poly)
        return {Monomial(factors=((("sum", key), -1),)): simple(1 / Fraction(lead))}

    def _function(self, name: str, arg: Poly) -> Poly:
        if name == "exp":
            return {Monomial(factors=self._merged([(("exp", frozen(arg)), 1)])): 1}
        if name == "log" and arg == ONE:
            return {}
        match (name, *frozen(arg)):
            case ("log", (((), (), (), ((("exp", key), 1),)), 1)) if self._conjugate(dict(key)) == dict(key):
                return dict(key)  # log exp x = x for real x
        return atom_poly((name, frozen(arg)))

    def _sum(self, sort: str, nonzero: bool, body: Term, around: tuple[Var, ...]) -> Poly:
        # the body is normalised for an index that is marked as nonzero; then another one takes its place
        marked, var = self._fresh(sort), self._fresh(sort)
        self._apart |= {unsigned(single(marked))} if nonzero else set()
        poly = self.poly(body, (marked, *around))
        inner = [(self._moved(self._opened(m), {marked: single(var)}), value) for m, value in poly.items()]
        everywhere = ((self._settled(mono._replace(bound=(*mono.bound, var))), v) for mono, v in inner)
        at_zero = ((self._settled(self._moved(mono, {var: (sort, ())})), -v) for mono, v in inner if nonzero)
        return total([*everywhere, *at_zero])

    # -- products --------------------------------------------------------------------------------------

    def _fresh(self, sort: str) -> Var:
        return sort, f"#{next(self._numbers)}"

    def _opened(self, mono: Monomial) -> Monomial:
        """The monomial with unused names for its bound indices."""
        names = {var: single(self._fresh(var[0])) for var in mono.bound}
        bound = tuple(var for form in names.values() for var, _ in form[1])
        return self._moved(mono, names)._replace(bound=bound) if names else mono

    def _product(self, polys: Iterable[Poly]) -> Poly:
        result = ONE
        for poly in polys:
            if len(result) * len(poly) > MAX_MONOMIALS:
                raise Rejected(f"a product has more than {MAX_MONOMIALS} monomials")
            pairs = ((left, right) for left in result.items() for right in poly.items())
            result = total((self._settled(self._joined(x, y)), a * b) for (x, a), (y, b) in pairs)
        return result

    def _joined(self, left: Monomial, right: Monomial) -> Monomial:
        return self._beside(self._opened(left), self._opened(right))

    def _beside(self, x: Monomial, y: Monomial) -> Monomial:
        """The product of monomials that have no bound index in common."""
        chars = ((single(a), single(g), power) for a, g, power in (*x.chars, *y.chars))
        return Monomial(
            x.bound + y.bound, characters(chars), x.deltas + y.deltas, self._merged(x.factors + y.factors)
        )

    def _merged(self, factors: Iterable[Factor]) -> tuple[Factor, ...]:
        """Equal atoms together.  x^2 and 1/x stay apart unless x is not 0, as 0 * 1/0 = 0."""
        powers: dict[tuple[Atom, bool], Number] = {}
        exponents: list[tuple[Poly, Number]] = []
        for atom, power in factors:
            if atom[0] == "exp":
                exponents.append((dict(atom[1]), power))
            else:
                place = (atom, power < 0 and not self._never_zero(atom))
                powers[place] = powers.get(place, 0) + power
        merged = [(atom, power) for (atom, _), power in powers.items() if power]
        if exponent := total(exponents):
            merged.append((("exp", frozen(exponent)), 1))
        return tuple(sorted(merged))

    def _never_zero(self, atom: Atom) -> bool:
        if atom[0] == "sym" and atom[1] in POSITIVE:
            return True
        if atom[0] == "app" and atom[1] in self.facts.nonzero_functions:
            apart = len(atom[2]) == 1 and unsigned(atom[2][0]) in self._apart
            return apart or self.facts.nonzero_functions[atom[1]]
        return frozen(atom_poly(atom)) in self.facts.nonzero

    def _moved(self, mono: Monomial, mapping: Mapping[Var, Index]) -> Monomial:
        """The monomial with indices in place of variables that are not bound in it."""

        def image(var: Var) -> Index:
            return mapping.get(var, single(var))

        return Monomial(
            mono.bound,
            characters((image(a), image(g), power) for a, g, power in mono.chars),
            tuple(put(form, image) for form in mono.deltas),
            self._merged((self._moved_atom(atom, mapping), power) for atom, power in mono.factors),
        )

    def _moved_atom(self, atom: Atom, mapping: Mapping[Var, Index]) -> Atom:
        if variables(atom).isdisjoint(mapping):
            return atom
        if atom[0] == "app":
            return self._app(
                atom[1], (put(arg, lambda var: mapping.get(var, single(var))) for arg in atom[2])
            )
        inside = ((self._settled(self._moved(self._opened(mono), mapping)), v) for mono, v in atom[1])
        return (atom[0], frozen(total(inside)))

    # -- one monomial ----------------------------------------------------------------------------------

    def _settled(self, mono: Monomial) -> Poly:
        """The normal form of a monomial whose bound indices have unused names."""
        forms = {unsigned(form) for form in mono.deltas if form[1]}
        if not forms.isdisjoint(self._apart):
            return {}
        mono = mono._replace(deltas=tuple(sorted(forms)))
        for form in mono.deltas:
            solved = self._solved(mono, form)
            if solved is not None:
                return self._settled(solved)
        silent = set(mono.bound) - in_deltas(mono) - {v for atom, _ in mono.factors for v in variables(atom)}
        for var in sorted(silent):
            return self._settled(self._summed(mono, var))
        for known in self.facts.sums:
            for var in mono.bound:
                inserted = self._inserted(mono, var, known)
                if inserted is not None:
                    return inserted
        return {self._canonical(mono): 1}

    def _solved(self, mono: Monomial, form: Index) -> Monomial | None:
        """Use the delta of this form to eliminate an index; None if it eliminates none."""
        bound = [var for var, power in form[1] if var in mono.bound and abs(power) == 1]
        others = mono._replace(deltas=tuple(other for other in mono.deltas if other != form))
        if bound:
            var = bound[-1]
            rest = others._replace(bound=tuple(other for other in mono.bound if other != var))
            return self._moved(rest, {var: _solution(form, var)})
        named = [var for var, power in form[1] if abs(power) == 1]
        if not named or any(var in mono.bound for var, _ in form[1]):
            return None
        if named[-1] not in occurring(others):
            return None
        moved = self._moved(others, {named[-1]: _solution(form, named[-1])})
        return moved._replace(deltas=(*moved.deltas, form))

    def _summed(self, mono: Monomial, var: Var) -> Monomial:
        """Sum over an index that occurs in characters only."""
        partners = [(g if var == a else a, power) for a, g, power in mono.chars if var in (a, g)]
        delta = (combination(_DUAL[var[0]], partners),) if partners else ()
        return Monomial(
            tuple(other for other in mono.bound if other != var),
            tuple((a, g, power) for a, g, power in mono.chars if var not in (a, g)),
            mono.deltas + delta,
            self._merged((*mono.factors, (("sym", ORDERS[var[0]]), 1))),
        )

    def _inserted(self, mono: Monomial, var: Var, known: KnownSum) -> Poly | None:
        """The monomial with its sum over ``var`` replaced by a known value; None if it is not that sum."""
        if var[0] != known.var[0] or var in in_chars(mono) or var in in_deltas(mono):
            return None
        touched = [factor for factor in mono.factors if var in variables(factor[0])]
        if any(atom[0] != "app" or power.denominator > 1 or power < 0 for atom, power in touched):
            return None
        copies = [atom for atom, power in touched for _ in range(power.numerator)]
        if len(copies) != len(known.factors):
            return None
        matches = (_matched(arranged, var, known) for arranged in permutations(copies))
        found = next((match for match in matches if match is not None), None)
        if found is None:
            return None
        rest = mono._replace(
            bound=tuple(other for other in mono.bound if other != var),
            factors=tuple(factor for factor in mono.factors if factor not in touched),
        )
        value = self.poly(substitute(known.value, found))
        return total((self._settled(self._beside(rest, self._opened(m))), v) for m, v in value.items())

    # -- names of bound indices ------------------------------------------------------------------------

    def _canonical(self, mono: Monomial) -> Monomial:
        """The first of all ways to write the monomial with arguments of functions as its bound indices."""
        level = 1 + max((depth(atom) for atom, _ in mono.factors), default=0)
        ways = list(islice(self._labelled(mono, mono.bound, level), MAX_LABELLINGS))
        if len(ways) == MAX_LABELLINGS:
            raise Rejected("too many ways to name the bound indices")
        return min(ways)

    def _labelled(self, mono: Monomial, waiting: tuple[Var, ...], level: int) -> Iterator[Monomial]:
        if not waiting:
            yield mono._replace(
                bound=tuple(sorted(mono.bound)), deltas=tuple(sorted(map(unsigned, mono.deltas)))
            )
        for form in self._candidates(mono, waiting):
            var = next(v for v, power in form[1] if v in waiting and abs(power) == 1)
            name = (var[0], f"*{level}.{len(mono.bound) - len(waiting)}")
            value = _solution(plus(form, scaled(single(name), -1)), var)
            others = tuple(other for other in waiting if other != var)
            named = self._moved(mono, {var: value})
            bound = tuple(name if other == var else other for other in mono.bound)
            yield from self._labelled(named._replace(bound=bound), others, level)

    def _candidates(self, mono: Monomial, waiting: tuple[Var, ...]) -> set[Index]:
        """Forms that may become the next bound index: the first arguments in a fixed order of places."""
        found: dict[str, set[Index]] = {}
        for place, form, even in _arguments(mono.factors, "", self.facts.even):
            usable = all(var[1][0] != "*" or var in mono.bound for var, _ in form[1])
            if usable and any(var in waiting and abs(power) == 1 for var, power in form[1]):
                found.setdefault(place, set()).update([form, scaled(form, -1)] if even else [form])
        plain = {scaled(single(var), sign) for var in waiting for sign in (1, -1)}
        return found[min(found)] if found else plain


def _solution(form: Index, var: Var) -> Index:
    """The value of ``var`` at which a form is 0, in which it has the coefficient 1 or -1."""
    power = dict(form[1])[var]
    return plus(single(var), scaled(form, -power))


def _matched(atoms: tuple[Atom, ...], var: Var, known: KnownSum) -> dict[Var, Index] | None:
    """Values of the free indices of a known sum for which its factors are these; the index summed over may be
    ``var`` up to sign and shift."""
    values: dict[Var, Index] = {}
    for atom, (_, name, wanted) in zip(atoms, known.factors, strict=True):
        if atom[1] != name:
            return None
        for form, want in zip(atom[2], wanted, strict=True):
            slot = want[1][0][0]
            if values.setdefault(slot, form) != form:
                return None
            if abs(dict(form[1]).get(var, 0)) != (1 if slot == known.var else 0):
                return None
    return values


def _arguments(
    factors: Iterable[Factor], path: str, even: frozenset[str]
) -> Iterator[tuple[str, Index, bool]]:
    """Arguments of functions: their place, which no choice of names changes, and whether f(-x) = f(x)."""
    for atom, power in factors:
        if atom[0] == "app":
            for place, arg in enumerate(atom[2]):
                yield f"{path}:{atom[1]}:{place}:{power}", arg, atom[1] in even
        elif atom[0] != "sym":
            for mono, _ in atom[1]:
                yield from _arguments(mono.factors, f"{path}~{atom[0]}", even)
