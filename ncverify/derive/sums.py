"""Normal forms of terms of the all-K calculus.

A term becomes a polynomial: a finite sum of ``coefficient * (sum over bound indices) of a product``
of characters, Kronecker deltas, function values and scalars.  The rewriting steps are those of
harmonic analysis on a finite abelian group, valid for every group at once:

* chi_a(g) chi_b(g) = chi_{a+b}(g), chi_a(g) chi_a(h) = chi_a(g+h);
* a bound index that occurs only in characters is summed: sum_g chi_a(g) = K [a = 0];
* a Kronecker delta eliminates a bound index; a sum over nonzero indices is the full sum minus the
  term at 0; an index that occurs nowhere gives the order of its sort;
* bound indices are named canonically, after a unimodular change of variables that turns arguments of
  function symbols into the variables (so that sum_j f(i-j) g(j) has one form);
* facts that the caller proves: symmetric functions, known sums such as sum_g p(g) = 1, and numbers
  that do not vanish (only these may be cancelled or multiplied through).

Two terms with the same normal form are equal in every model.  The converse is not claimed: where the
forms differ the answer is "not shown", never "false".  Cost: products are expanded, so it grows with
the product of the numbers of summands; statements of the book need at most a few hundred monomials.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations, permutations, product

from ncverify.derive.labelling import MAX_LABELLINGS, argument_forms, change_of_variables, unimodular_inverse
from ncverify.derive.monomials import (
    COMPLEX,
    MAX_MONOMIALS,
    ONE,
    POSITIVE_SYMBOLS,
    Base,
    Key,
    Monomial,
    Poly,
    ProofError,
    TooLarge,
    bilinear,
    freeze,
    level_of,
    occurs,
    order_key,
    primitive,
    variables_of,
)
from ncverify.derive.terms import (
    DUAL,
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
    index,
    make_index,
)
from ncverify.derive.terms import substitute as substitute_term


@dataclass(frozen=True)
class Contraction:
    """A known sum: sum over ``var`` of a product of function values equals ``value``.

    In ``pattern`` each factor has ``var`` itself as one argument; its other arguments are distinct
    free variables, which ``value`` may contain.
    """

    var: Var
    pattern: tuple[App, ...]
    value: Term


@dataclass(frozen=True)
class Facts:
    """What the normaliser may use, each backed by a theorem in the kernel.

    even: names of functions with f(-x) = f(x).
    contractions: known sums.
    nonzero_symbols, nonzero_functions: scalars and functions that do not vanish; a function may be
        known not to vanish only at nonzero indices (``True`` = everywhere).
    nonzero_values: single function values, such as z(0), that do not vanish.
    nonzero_polys: normal forms (up to a factor) that do not vanish.
    nonzero_indices: indices known to be different from 0 (the conditions of the statement).
    """

    even: frozenset[str] = frozenset()
    contractions: tuple[Contraction, ...] = ()
    nonzero_symbols: frozenset[str] = frozenset()
    nonzero_functions: Mapping[str, bool] = field(default_factory=dict)
    nonzero_values: frozenset[App] = frozenset()
    nonzero_polys: frozenset[Key] = frozenset()
    nonzero_indices: frozenset[Index] = frozenset()


class Normalizer:
    """Turns terms into polynomials under given facts.  Create one for each question."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._nonzero = {index for form in facts.nonzero_indices for index in (form, -form)}
        self._counter = 0
        self.largest = 0

    # -- terms to polynomials ------------------------------------------------------------------

    def poly(self, value: Term) -> Poly:
        """The normal form of a term."""
        result = self._poly(value)
        self.largest = max(self.largest, len(result))
        if len(result) > MAX_MONOMIALS:
            raise TooLarge(f"more than {MAX_MONOMIALS} monomials")
        return result

    def _poly(self, value: Term) -> Poly:
        match value:
            case Num(number):
                return {ONE: number} if number else {}
            case Sym(name):
                return {Monomial(factors=((("sym", name), Fraction(1)),)): Fraction(1)}
            case App(name, args):
                args = self._orient(name, args)
                return {Monomial(factors=((("app", name, args), Fraction(1)),)): Fraction(1)}
            case Char(a, g):
                return self._settle(Monomial(chars=bilinear(a, g)), Fraction(1))
            case Delta(at):
                return self._settle(Monomial(deltas=(at,)), Fraction(1))
            case Add(parts):
                return self._add(self.poly(part) for part in parts)
            case Mul(parts):
                result: Poly = {ONE: Fraction(1)}
                for part in parts:
                    result = self._multiply(result, self.poly(part))
                return result
            case Pow(base, exponent):
                return self._power(base, exponent)
            case Fn(name, arg):
                return self._function(name, self.poly(arg))
            case Sum(var, body, nonzero):
                return self._sum(var, body, nonzero)
        raise TypeError(f"not a term: {value!r}")

    def _add(self, polys: Iterable[Poly]) -> Poly:
        total: Poly = {}
        for poly in polys:
            for mono, coefficient in poly.items():
                held = total.get(mono)
                value = coefficient if held is None else held + coefficient
                if value:
                    total[mono] = value
                else:
                    del total[mono]
        return total

    def _multiply(self, left: Poly, right: Poly) -> Poly:
        if len(left) * len(right) > MAX_MONOMIALS:
            raise TooLarge(f"a product of {len(left)} by {len(right)} monomials")
        return self._add(
            self._settle(self._join(first, second), a * b)
            for first, a in left.items()
            for second, b in right.items()
        )

    def _power(self, base: Term, exponent: Fraction) -> Poly:
        if exponent.denominator != 1:
            if not (isinstance(base, Sym) and base.name in POSITIVE_SYMBOLS):
                raise ProofError("a fractional power of what is not the order of a sort")
            return {Monomial(factors=((("sym", base.name), exponent),)): Fraction(1)}
        if exponent < 0 and isinstance(base, Mul):
            return self.poly(Mul(tuple(Pow(part, exponent) for part in base.factors)))
        poly = self.poly(base)
        result: Poly = {ONE: Fraction(1)}
        for _ in range(abs(int(exponent))):
            result = self._multiply(result, poly if exponent > 0 else self._inverse(poly))
        return result

    def _inverse(self, poly: Poly) -> Poly:
        if not poly:
            return {}
        if len(poly) == 1:
            ((mono, coefficient),) = poly.items()
            if not mono.binders:
                inverted = Monomial(
                    chars=tuple((pair, -count) for pair, count in mono.chars),
                    deltas=mono.deltas,
                    factors=tuple(self._invert_factor(base, power) for base, power in mono.factors),
                )
                return self._settle(inverted, 1 / coefficient)
        key, content = primitive(poly)
        return {Monomial(factors=((("poly", key), Fraction(-1)),)): 1 / content}

    def _invert_factor(self, base: Base, power: Fraction) -> tuple[Base, Fraction]:
        if base[0] == "exp":
            return ("exp", freeze({mono: -value for mono, value in base[1]})), power
        return base, -power

    def _function(self, name: str, arg: Poly) -> Poly:
        if name == "exp":
            if not arg:
                return {ONE: Fraction(1)}
            return {Monomial(factors=((("exp", freeze(arg)), Fraction(1)),)): Fraction(1)}
        if name == "log" and arg == {ONE: Fraction(1)}:
            return {}
        if name == "log" and len(arg) == 1:
            ((mono, coefficient),) = arg.items()
            if coefficient == 1 and len(mono.factors) == 1 and mono.factors[0][0][0] == "exp":
                inner = dict(mono.factors[0][0][1])
                if not (mono.binders or mono.chars or mono.deltas) and self.is_real(inner):
                    return inner  # log exp x = x for real x
        return {Monomial(factors=(((name, freeze(arg)), Fraction(1)),)): Fraction(1)}

    def _sum(self, var: Var, body: Term, nonzero: bool) -> Poly:
        fresh = self._fresh(var.sort)
        renamed = _rename(body, var, fresh)
        if not nonzero:
            return self._add(self._bind(mono, value, fresh) for mono, value in self.poly(renamed).items())
        marks = {index(fresh), -index(fresh)}
        self._nonzero |= marks
        inner = self.poly(renamed)
        self._nonzero -= marks
        at_zero = {fresh: Index(var.sort)}
        pieces: list[Poly] = []
        for mono, value in inner.items():
            pieces.append(self._bind(mono, value, fresh))
            pieces.append(self._settle(self.substitute(mono, at_zero), -value))
        return self._add(pieces)

    def _bind(self, mono: Monomial, value: Fraction, var: Var) -> Poly:
        opened = self._freshen(mono)
        return self._settle(
            Monomial((*opened.binders, var), opened.chars, opened.deltas, opened.factors), value
        )

    # -- monomials -----------------------------------------------------------------------------

    def _fresh(self, sort: str) -> Var:
        self._counter += 1
        return Var(f"#{self._counter}", sort)

    def _freshen(self, mono: Monomial) -> Monomial:
        """Rename the bound variables to unused names, so that nothing is captured."""
        if not mono.binders:
            return mono
        names = {var: self._fresh(var.sort) for var in mono.binders}
        body = self.substitute(
            Monomial((), mono.chars, mono.deltas, mono.factors),
            {var: index(image) for var, image in names.items()},
        )
        return Monomial(tuple(names.values()), body.chars, body.deltas, body.factors)

    def _join(self, left: Monomial, right: Monomial) -> Monomial:
        return self._concat(self._freshen(left), self._freshen(right))

    def _concat(self, left: Monomial, right: Monomial) -> Monomial:
        chars = dict(left.chars)
        for pair, count in right.chars:
            chars[pair] = chars.get(pair, 0) + count
        return Monomial(
            left.binders + right.binders,
            tuple((pair, count) for pair, count in chars.items() if count),
            left.deltas + right.deltas,
            self._merge(left.factors + right.factors),
        )

    def _merge(self, factors: Iterable[tuple[Base, Fraction]]) -> tuple[tuple[Base, Fraction], ...]:
        powers: dict[tuple[Base, bool], Fraction] = {}
        exponent: Poly = {}
        for base, power in factors:
            if base[0] == "exp":
                exponent = self._add([exponent, {mono: value * power for mono, value in base[1]}])
                continue
            slot = (base, power < 0 and not self._never_zero(base))
            powers[slot] = powers.get(slot, Fraction(0)) + power
        merged = [(base, power) for (base, _), power in powers.items() if power]
        if exponent:
            merged.append((("exp", freeze(exponent)), Fraction(1)))
        return tuple(sorted(merged, key=order_key))

    def _never_zero(self, base: Base) -> bool:
        facts = self.facts
        if base[0] == "sym":
            return base[1] in POSITIVE_SYMBOLS or base[1] in facts.nonzero_symbols
        if base[0] == "app" and App(base[1], base[2]) in facts.nonzero_values:
            return True
        if base[0] == "app" and base[1] in facts.nonzero_functions:
            everywhere = facts.nonzero_functions[base[1]]
            return everywhere or (len(base[2]) == 1 and base[2][0] in self._nonzero)
        if base[0] == "poly":
            return base[1] in facts.nonzero_polys
        alone = Monomial(factors=((base, Fraction(1)),))
        return ((alone, Fraction(1)),) in facts.nonzero_polys

    def _orient(self, name: str, args: tuple[Index, ...]) -> tuple[Index, ...]:
        if name in self.facts.even and len(args) == 1:
            return (min(args[0], -args[0], key=order_key),)
        return args

    def substitute(self, mono: Monomial, mapping: Mapping[Var, Index]) -> Monomial:
        """Replace free variables of a monomial (its bound ones must not be among them)."""
        chars: dict[tuple[Var, Var], int] = {}
        for (a, g), count in mono.chars:
            left, right = mapping.get(a, index(a)), mapping.get(g, index(g))
            for pair, multiple in bilinear(left, right):
                chars[pair] = chars.get(pair, 0) + multiple * count
        return Monomial(
            mono.binders,
            tuple(sorted((pair, count) for pair, count in chars.items() if count)),
            tuple(form.substitute(mapping) for form in mono.deltas),
            self._merge((self._substitute_base(base, mapping), power) for base, power in mono.factors),
        )

    def _substitute_base(self, base: Base, mapping: Mapping[Var, Index]) -> Base:
        if base[0] == "sym":
            return base
        if base[0] == "app":
            return ("app", base[1], self._orient(base[1], tuple(arg.substitute(mapping) for arg in base[2])))
        if not any(var in mapping for var in variables_of(base)):
            return base
        moved = self._add(self._settle(self.substitute(mono, mapping), value) for mono, value in base[1])
        if base[0] == "poly":
            return ("poly", freeze(moved))
        return (base[0], freeze(moved))

    def _settle(self, mono: Monomial, value: Fraction) -> Poly:
        """Sum out, eliminate deltas, apply known sums; then name bound variables canonically."""
        if any("." in var.name for var in mono.binders):
            mono = self._freshen(mono)
        while True:
            step = self._resolve_deltas(mono)
            if step is None:
                return {}
            mono = step
            mono, changed = self._sum_out(mono)
            if changed:
                continue
            contracted = self._contract(mono)
            if contracted is None:
                return {self._canonical(mono): value}
            rest, known = contracted
            # ``known`` refers to the bound variables of ``rest``: these keep their names here
            return self._add(
                self._settle(self._concat(rest, self._freshen(extra)), value * factor)
                for extra, factor in known.items()
            )

    def _resolve_deltas(self, mono: Monomial) -> Monomial | None:
        deltas: set[Index] = set()
        for form in mono.deltas:
            form = min(form, -form, key=order_key)
            if form in self._nonzero:
                return None
            if form.parts:
                deltas.add(form)
        for form in sorted(deltas, key=order_key):
            bound = [var for var, count in form.parts if abs(count) == 1 and var in mono.binders]
            free = [var for var, count in form.parts if abs(count) == 1 and not var.fixed]
            if bound:
                var = bound[-1]
                rest = deltas - {form}
                binders = tuple(other for other in mono.binders if other != var)
            elif free and not any(v in mono.binders for v, _ in form.parts):
                var, rest, binders = free[-1], deltas, mono.binders
                if not occurs(var, mono, except_delta=form):
                    continue
            else:
                continue
            count = dict(form.parts)[var]
            solution = (index(var) - form) if count == 1 else (index(var) + form)
            body = self.substitute(
                Monomial((), mono.chars, tuple(sorted(rest - {form}, key=order_key)), mono.factors),
                {var: solution},
            )
            kept = body.deltas if bound else (*body.deltas, form)
            return self._resolve_deltas(Monomial(binders, body.chars, kept, body.factors))
        return Monomial(mono.binders, mono.chars, tuple(sorted(deltas, key=order_key)), mono.factors)

    def _sum_out(self, mono: Monomial) -> tuple[Monomial, bool]:
        used = {var for base, _ in mono.factors for var in variables_of(base)}
        used |= {var for form in mono.deltas for var, _ in form.parts}
        for var in mono.binders:
            if var in used:
                continue
            partner: dict[Var, int] = {}
            chars = []
            for (a, g), count in mono.chars:
                if var in (a, g):
                    other = g if var == a else a
                    partner[other] = partner.get(other, 0) + count
                else:
                    chars.append(((a, g), count))
            order: Base = ("sym", ORDERS[var.sort])
            deltas = mono.deltas
            if partner:
                deltas = (*deltas, make_index(DUAL[var.sort], partner))
            binders = tuple(other for other in mono.binders if other != var)
            factors = self._merge((*mono.factors, (order, Fraction(1))))
            return Monomial(binders, tuple(chars), deltas, factors), True
        return mono, False

    def _contract(self, mono: Monomial) -> tuple[Monomial, Poly] | None:
        for contraction in self.facts.contractions:
            for var in mono.binders:
                found = self._match(mono, var, contraction) if var.sort == contraction.var.sort else None
                if found is not None:
                    return found
        return None

    def _match(self, mono: Monomial, var: Var, known: Contraction) -> tuple[Monomial, Poly] | None:
        if any(var in pair for pair, _ in mono.chars):
            return None
        if any(var == part for form in mono.deltas for part, _ in form.parts):
            return None
        touched = [(base, power) for base, power in mono.factors if var in variables_of(base)]
        if any(base[0] != "app" or power.denominator != 1 or power < 1 for base, power in touched):
            return None
        copies = [base for base, power in touched for _ in range(int(power))]
        if len(copies) != len(known.pattern):
            return None
        for arrangement in permutations(copies):
            bindings = self._unify(arrangement, var, known)
            if bindings is None:
                continue
            value = self.poly(substitute_term(known.value, bindings))
            rest = tuple((base, power) for base, power in mono.factors if (base, power) not in touched)
            binders = tuple(other for other in mono.binders if other != var)
            return Monomial(binders, mono.chars, mono.deltas, rest), value
        return None

    def _unify(self, bases: Sequence[Base], var: Var, known: Contraction) -> dict[Var, Index] | None:
        shift: dict[Var, Index] | None = None
        bindings: dict[Var, Index] = {}
        for base, wanted in zip(bases, known.pattern, strict=True):
            if base[1] != wanted.name:
                return None
            for have, want in zip(base[2], wanted.args, strict=True):
                if want == index(known.var):
                    count = dict(have.parts).get(var, 0)
                    if shift is None:
                        if abs(count) != 1:
                            return None
                        # have = count*var + rest; with var := count*(var - rest) it becomes var
                        shift = {var: (index(var) - (have - index(var).scale(count))).scale(count)}
                    if have.substitute(shift) != index(var):
                        return None
                    continue
                if any(part == var for part, _ in have.parts):
                    return None
                slot = want.parts[0][0]
                if bindings.setdefault(slot, have) != have:
                    return None
        return bindings

    # -- canonical names -----------------------------------------------------------------------

    def _canonical(self, mono: Monomial) -> Monomial:
        tidy = Monomial(
            mono.binders,
            tuple(sorted(mono.chars)),
            tuple(sorted(mono.deltas, key=order_key)),
            tuple(sorted(mono.factors, key=order_key)),
        )
        if not mono.binders:
            return tidy
        level = 1 + max((level_of(base) for base, _ in mono.factors), default=0)
        by_sort: dict[str, list[Var]] = {}
        for var in mono.binders:
            by_sort.setdefault(var.sort, []).append(var)
        choices = [self._labellings(mono, sort, found, level) for sort, found in sorted(by_sort.items())]
        best: Monomial | None = None
        body = Monomial((), tidy.chars, tidy.deltas, tidy.factors)
        for combination in product(*choices):
            mapping = {var: image for part in combination for var, image in part.items()}
            moved = self.substitute(body, mapping)
            names = tuple(
                Var(f"{sort}{level}.{number}", sort)
                for sort, found in sorted(by_sort.items())
                for number in range(len(found))
            )
            deltas = tuple(sorted((min(f, -f, key=order_key) for f in moved.deltas), key=order_key))
            candidate = Monomial(names, moved.chars, deltas, moved.factors)
            if best is None or order_key(candidate) < order_key(best):
                best = candidate
        if best is None:
            raise TooLarge("no labelling of the bound indices")
        return best

    def _labellings(self, mono: Monomial, sort: str, bound: list[Var], level: int) -> list[dict[Var, Index]]:
        """Unimodular changes of the bound variables that make arguments of functions the variables."""
        names = [Var(f"{sort}{level}.{number}", sort) for number in range(len(bound))]
        forms = argument_forms(mono, sort, bound, self.facts.even)
        by_signature: dict[tuple[str, ...], list[tuple[tuple[Index, bool], ...]]] = {}
        for count, picked in enumerate(combinations(forms, len(bound))):
            if count > MAX_LABELLINGS:
                raise TooLarge("too many labellings of the bound indices")
            by_signature.setdefault(tuple(sorted(form[0] for form in picked)), []).append(
                tuple((form[1], form[2]) for form in picked)
            )
        for signature in sorted(by_signature):
            found: list[dict[Var, Index]] = []
            for chosen in by_signature[signature]:
                rows = [[dict(form.parts).get(var, 0) for var in bound] for form, _ in chosen]
                inverse = unimodular_inverse(rows)
                if inverse is None:
                    continue
                for arrangement in permutations(range(len(bound))):
                    for signs in product(*([1, -1] if both else [1] for _, both in chosen)):
                        found.append(change_of_variables(bound, chosen, inverse, names, arrangement, signs))
            if found:
                return found
        raise TooLarge("no labelling of the bound indices")

    def is_real(self, poly: Poly) -> bool:
        """Whether the polynomial is shown to be its own complex conjugate.

        Function symbols and scalars are real in every model, but for ``COMPLEX`` ones.
        """
        return self._flip(poly.items()) == self._add(
            self._settle(mono, value) for mono, value in poly.items()
        )

    def _flip(self, items: Iterable[tuple[Monomial, Fraction]]) -> Poly:
        return self._add(self._settle(self._conjugate(mono), value) for mono, value in items)

    def _conjugate(self, mono: Monomial) -> Monomial:
        return Monomial(
            mono.binders,
            tuple((pair, -count) for pair, count in mono.chars),
            mono.deltas,
            tuple((self._conjugate_base(base), power) for base, power in mono.factors),
        )

    def _conjugate_base(self, base: Base) -> Base:
        if base[0] == "sym":
            return base
        if base[0] == "app":
            if base[1] not in COMPLEX:
                return base
            return ("app", base[1], tuple(-arg if arg.sort == "D" else arg for arg in base[2]))
        return (base[0], freeze(self._flip(base[1])))

    # -- the decision --------------------------------------------------------------------------

    def clear(self, poly: Poly) -> Poly:
        """Multiply through by the denominators that are known not to vanish."""
        while True:
            base = self._clearable(poly)
            if base is None:
                return poly
            pieces: list[Poly] = []
            denominator: Poly = dict(base[1])
            for mono, value in poly.items():
                if any(other == base and power < 0 for other, power in mono.factors):
                    raised = ((other, power + (other == base)) for other, power in mono.factors)
                    left = tuple((other, power) for other, power in raised if power)
                    pieces.append({Monomial(mono.binders, mono.chars, mono.deltas, left): value})
                else:
                    pieces.append(self._multiply({mono: value}, denominator))
            poly = self._add(self._settle(mono, value) for piece in pieces for mono, value in piece.items())
            if len(poly) > MAX_MONOMIALS:
                raise TooLarge(f"more than {MAX_MONOMIALS} monomials")

    def _clearable(self, poly: Poly) -> Base | None:
        for mono in sorted(poly, key=order_key):
            for base, power in mono.factors:
                closed = base[0] == "poly" and not any(var in mono.binders for var in variables_of(base))
                if closed and power < 0 and self._never_zero(base):
                    return base
        return None

    def is_zero(self, value: Term) -> bool:
        """Whether the term is shown to be 0 in every model of the facts."""
        return not self.clear(self.poly(value))


def _rename(body: Term, var: Var, fresh: Var) -> Term:
    return substitute_term(body, {var: index(fresh)})
