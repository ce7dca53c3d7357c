"""The language of the all-K calculus: sums over a finite abelian group and its characters.

An *index* is an integer combination of index variables of one sort.  The sorts are ``G`` (the
classes, elements of a finite abelian group of order K), ``D`` (its characters), and plain finite
sets such as ``F`` (features, order d).  A plain set carries no structure; writing indices of it as
differences is harmless because every finite set can be given a group structure.

Every term denotes a number in every *model*: a choice of the group, of the finite sets, and of
values for the function symbols and scalars.  As usual in proof assistants all operations are total:
1/0 = 0, log x = 0 for x <= 0, sqrt x = 0 for x < 0.  Rules that need x != 0 therefore ask for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ncverify.errors import InputError

DUAL = {"G": "D", "D": "G"}
ORDERS = {"G": "K", "D": "K", "F": "d", "N": "n"}

Scalar = int | Fraction


@dataclass(frozen=True, order=True)
class Var:
    """An index variable; ``fixed`` ones stand for one chosen index and are never generalised."""

    name: str
    sort: str
    fixed: bool = False

    def __neg__(self) -> Index:
        return -index(self)

    def __add__(self, other: IndexLike) -> Index:
        return index(self) + other

    def __sub__(self, other: IndexLike) -> Index:
        return index(self) - other


@dataclass(frozen=True, order=True)
class Index:
    """An integer combination of variables of one sort, e.g. i - j; the empty one is 0."""

    sort: str
    parts: tuple[tuple[Var, int], ...] = ()

    def __post_init__(self) -> None:
        if type(self.parts) is not tuple or any(type(count) is not int for _, count in self.parts):
            raise InputError(f"an index is a combination with whole coefficients, got {self.parts!r}")

    def __add__(self, other: IndexLike) -> Index:
        right = index(other)
        if right.sort != self.sort:
            raise InputError(f"index {self} of sort {self.sort} and {right} of sort {right.sort} do not add")
        total = dict(self.parts)
        for var, count in right.parts:
            total[var] = total.get(var, 0) + count
        return make_index(self.sort, total)

    def __neg__(self) -> Index:
        return Index(self.sort, tuple((var, -count) for var, count in self.parts))

    def __sub__(self, other: IndexLike) -> Index:
        return self + -index(other)

    def scale(self, factor: int) -> Index:
        """``factor`` times this index."""
        return make_index(self.sort, {var: count * factor for var, count in self.parts})

    def substitute(self, mapping: Mapping[Var, Index]) -> Index:
        """Replace variables, all at once."""
        if not any(var in mapping for var, _ in self.parts):
            return self
        total: dict[Var, int] = {}
        for var, count in self.parts:
            for inner, multiple in mapping.get(var, index(var)).parts:
                total[inner] = total.get(inner, 0) + multiple * count
        return make_index(self.sort, total)

    def __str__(self) -> str:
        text = ""
        for var, count in self.parts:
            sign = "-" if count < 0 else ("+" if text else "")
            text += sign + (str(abs(count)) if abs(count) != 1 else "") + var.name
        return text or "0"


IndexLike = Var | Index


def make_index(sort: str, total: Mapping[Var, int]) -> Index:
    """The index with these coefficients (zeros dropped)."""
    return Index(sort, tuple(sorted((var, count) for var, count in total.items() if count)))


def index(value: IndexLike) -> Index:
    """A variable as an index."""
    return value if isinstance(value, Index) else Index(value.sort, ((value, 1),))


def zero(sort: str) -> Index:
    """The neutral element of a sort."""
    return Index(sort)


class Term:
    """A term; see the subclasses.  ``+ - * /`` and integer powers build larger ones."""

    def __add__(self, other: TermLike) -> Term:
        return Add((self, term(other)))

    def __radd__(self, other: TermLike) -> Term:
        return Add((term(other), self))

    def __sub__(self, other: TermLike) -> Term:
        return Add((self, Mul((Num(Fraction(-1)), term(other)))))

    def __rsub__(self, other: TermLike) -> Term:
        return Add((term(other), Mul((Num(Fraction(-1)), self))))

    def __mul__(self, other: TermLike) -> Term:
        return Mul((self, term(other)))

    def __rmul__(self, other: TermLike) -> Term:
        return Mul((term(other), self))

    def __neg__(self) -> Term:
        return Mul((Num(Fraction(-1)), self))

    def __truediv__(self, other: TermLike) -> Term:
        return Mul((self, Pow(term(other), Fraction(-1))))

    def __rtruediv__(self, other: TermLike) -> Term:
        return Mul((term(other), Pow(self, Fraction(-1))))

    def __pow__(self, exponent: Scalar) -> Term:
        return Pow(self, Fraction(exponent))


TermLike = Term | int | Fraction


@dataclass(frozen=True)
class Num(Term):
    """An exact rational number."""

    value: Fraction

    def __post_init__(self) -> None:
        if type(self.value) is not Fraction:
            raise InputError(f"{self.value!r} is not a Fraction")


@dataclass(frozen=True)
class Sym(Term):
    """A scalar; ``K``, ``d``, ``n`` are the orders of the sorts."""

    name: str


@dataclass(frozen=True)
class App(Term):
    """A function symbol at indices, e.g. p(i - j)."""

    name: str
    args: tuple[Index, ...]


@dataclass(frozen=True)
class Char(Term):
    """The value chi_a(g) of a character."""

    a: Index
    g: Index


@dataclass(frozen=True)
class Delta(Term):
    """1 if the index is 0, else 0."""

    at: Index


@dataclass(frozen=True)
class Sum(Term):
    """The sum of ``body`` over all values of ``var`` (over the nonzero ones if ``nonzero``)."""

    var: Var
    body: Term
    nonzero: bool = False

    def __post_init__(self) -> None:
        if self.var.fixed:
            raise InputError(f"the fixed index {self.var.name} is not summed over")


@dataclass(frozen=True)
class Add(Term):
    """A sum of terms."""

    terms: tuple[Term, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "terms", tuple(self.terms))


@dataclass(frozen=True)
class Mul(Term):
    """A product of terms."""

    factors: tuple[Term, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "factors", tuple(self.factors))


@dataclass(frozen=True)
class Pow(Term):
    """A power; the exponent is an integer, or a fraction where the base is an order such as K."""

    base: Term
    exponent: Fraction


@dataclass(frozen=True)
class Fn(Term):
    """``exp``, ``log`` or ``sqrt`` of a term."""

    name: str
    arg: Term


def term(value: TermLike) -> Term:
    """A number as a term."""
    if isinstance(value, Term):
        return value
    if isinstance(value, bool) or not isinstance(value, (int, Fraction)):
        raise InputError(f"{value!r} is not exact: use an int or a Fraction")
    return Num(Fraction(value))


def exp(value: TermLike) -> Term:
    """exp of a term."""
    return Fn("exp", term(value))


def log(value: TermLike) -> Term:
    """Natural logarithm of a term."""
    return Fn("log", term(value))


def sqrt(value: TermLike) -> Term:
    """Nonnegative square root of a term."""
    return Fn("sqrt", term(value))


def chi(a: IndexLike, g: IndexLike) -> Term:
    """chi_a(g)."""
    left, right = index(a), index(g)
    if (left.sort, right.sort) != ("D", "G"):
        raise InputError(f"chi wants a character and a group element, got sorts {left.sort}, {right.sort}")
    return Char(left, right)


def delta(at: IndexLike) -> Term:
    """1 where the index is 0, else 0; ``delta(i - j)`` is the identity matrix."""
    return Delta(index(at))


def total(var: Var, body: TermLike) -> Term:
    """Sum over all values of ``var``."""
    return Sum(var, term(body))


def total_nonzero(var: Var, body: TermLike) -> Term:
    """Sum over all values of ``var`` but 0."""
    return Sum(var, term(body), nonzero=True)


@dataclass(frozen=True)
class Function:
    """A function symbol with the sorts of its arguments; call it to apply it."""

    name: str
    sorts: tuple[str, ...]

    def __call__(self, *args: IndexLike) -> App:
        indices = tuple(index(arg) for arg in args)
        if tuple(arg.sort for arg in indices) != self.sorts:
            raise InputError(
                f"{self.name} wants sorts {self.sorts}, got {tuple(arg.sort for arg in indices)}"
            )
        return App(self.name, indices)


def children(value: Term) -> tuple[Term, ...]:
    """The direct subterms."""
    match value:
        case Add(parts) | Mul(parts):
            return parts
        case Sum(_, body, _):
            return (body,)
        case Pow(base, _):
            return (base,)
        case Fn(_, arg):
            return (arg,)
        case _:
            return ()


def rebuild(value: Term, parts: tuple[Term, ...]) -> Term:
    """The same node over other subterms."""
    match value:
        case Add(_):
            return Add(parts)
        case Mul(_):
            return Mul(parts)
        case Sum(var, _, nonzero):
            return Sum(var, parts[0], nonzero)
        case Pow(_, exponent):
            return Pow(parts[0], exponent)
        case Fn(name, _):
            return Fn(name, parts[0])
        case _:
            return value


def transform(value: Term, step: Callable[[Term], Term]) -> Term:
    """Apply ``step`` to every node, leaves first."""
    return step(rebuild(value, tuple(transform(part, step) for part in children(value))))


def walk(value: Term) -> Iterator[Term]:
    """All subterms, the term itself first."""
    yield value
    for part in children(value):
        yield from walk(part)


def symbols(value: Term) -> set[str]:
    """Names of the scalars and function symbols that occur."""
    return {node.name for node in walk(value) if isinstance(node, (Sym, App))}


def free_variables(value: Term) -> set[Var]:
    """Index variables that occur free."""
    match value:
        case App(_, args):
            return {var for arg in args for var, _ in arg.parts}
        case Char(a, g):
            return {var for var, _ in (*a.parts, *g.parts)}
        case Delta(at):
            return {var for var, _ in at.parts}
        case Sum(var, body, _):
            return free_variables(body) - {var}
        case _:
            return {var for part in children(value) for var in free_variables(part)}


def substitute(value: Term, mapping: Mapping[Var, Index]) -> Term:
    """Replace free index variables; bound ones are renamed where a name would be captured."""
    if not mapping:
        return value
    match value:
        case App(name, args):
            return App(name, tuple(arg.substitute(mapping) for arg in args))
        case Char(a, g):
            return Char(a.substitute(mapping), g.substitute(mapping))
        case Delta(at):
            return Delta(at.substitute(mapping))
        case Sum(var, body, nonzero):
            inner = {key: image for key, image in mapping.items() if key != var}
            incoming = {used for image in inner.values() for used, _ in image.parts}
            if var in incoming:
                fresh = _fresh(var, incoming | free_variables(body))
                inner[var] = index(fresh)
                var = fresh
            return Sum(var, substitute(body, inner), nonzero)
        case _:
            return rebuild(value, tuple(substitute(part, mapping) for part in children(value)))


def _fresh(var: Var, taken: set[Var]) -> Var:
    number = 1
    while Var(f"{var.name}{number}", var.sort) in taken:
        number += 1
    return Var(f"{var.name}{number}", var.sort)


def replace_function(value: Term, name: str, args: tuple[Var, ...], body: Term) -> Term:
    """Replace every f(indices) by ``body`` at these indices (a scalar if ``args`` is empty)."""

    def step(node: Term) -> Term:
        if isinstance(node, App) and node.name == name:
            return substitute(body, dict(zip(args, node.args, strict=True)))
        if isinstance(node, Sym) and node.name == name and not args:
            return body
        return node

    # Bound variables of ``value`` must not capture free ones of ``body``; definitions are closed
    # (their free variables are the arguments), so only the arguments' images come in.
    return transform(value, step)


def to_json(value: Term) -> Any:
    """The term as plain JSON values (numbers as strings, one list per node, head first)."""
    match value:
        case Num(number):
            return ["num", str(number)]
        case Sym(name):
            return ["sym", name]
        case App(name, args):
            return ["app", name, *(index_json(arg) for arg in args)]
        case Char(a, g):
            return ["chi", index_json(a), index_json(g)]
        case Delta(at):
            return ["delta", index_json(at)]
        case Sum(var, body, nonzero):
            return ["sum", [var.name, var.sort], "nonzero" if nonzero else "all", to_json(body)]
        case Pow(base, exponent):
            return ["pow", to_json(base), str(exponent)]
        case Fn(name, arg):
            return ["fn", name, to_json(arg)]
        case Add(parts):
            return ["add", *(to_json(part) for part in parts)]
        case Mul(parts):
            return ["mul", *(to_json(part) for part in parts)]
    raise TypeError(f"not a term: {value!r}")


def index_json(value: Index) -> Any:
    """The index as plain JSON values."""
    return [value.sort, *([var.name, "fixed" if var.fixed else "free", count] for var, count in value.parts)]
