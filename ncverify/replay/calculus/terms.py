"""The language of derivations: terms in which bound indices have no names.

==============  =================================================================================
variable        ``(sort, name)``; a name that begins with ``!`` is a fixed index, chosen once;
                inside a sum ``(sort, "", k)`` is the index of the k-th sum around it (0 = innermost)
index           ``(sort, ((variable, count), ...))``: an integer combination, sorted, no count 0
term            ``("num", q)``, ``("sym", name)``, ``("app", name, (index, ...))``,
                ``("chi", a, g)``, ``("delta", index)``, ``("sum", sort, nonzero, body)``,
                ``("add", (term, ...))``, ``("mul", (term, ...))``, ``("pow", term, q)``,
                ``("fn", "exp" | "log" | "sqrt", term)``
==============  =================================================================================

Terms that differ only in the names of bound indices are therefore equal, and nothing is ever captured.
The sorts are ``G`` (a finite abelian group of order K), ``D`` (its characters), ``F`` and ``N`` (finite
nonempty sets of orders d and n, on which differences mean those of any group on them).  Every operation
is total: 1/0 = 0, and log x = 0 for x <= 0, sqrt x = 0 for x < 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

Var = tuple[Any, ...]
Index = tuple[str, tuple[tuple[Var, int], ...]]
Term = tuple[Any, ...]

ORDERS = {"G": "K", "D": "K", "F": "d", "N": "n"}
POSITIVE = frozenset(ORDERS.values())
# Complex functions of characters: the conjugate is the value at the opposite character.  All others are real.
COMPLEX = frozenset({"R"})
# Names of indices that a rule chose, and of symbols that it chose.
CHOSEN = "!top"
CHOSEN_SYMBOL = "top_"


def num(value: int | Fraction) -> Term:
    return ("num", Fraction(value))


ZERO, ONE = num(0), num(1)


def add(*parts: Term) -> Term:
    return ("add", parts)


def mul(*parts: Term) -> Term:
    return ("mul", parts)


def neg(value: Term) -> Term:
    return mul(num(-1), value)


def inverse(value: Term) -> Term:
    return ("pow", value, Fraction(-1))


def fn(name: str, value: Term) -> Term:
    return ("fn", name, value)


# -- indices -------------------------------------------------------------------------------------------


def combination(sort: str, parts: Iterable[tuple[Var, int]]) -> Index:
    """The index that is the sum of these multiples of variables."""
    total: dict[Var, int] = {}
    for var, count in parts:
        total[var] = total.get(var, 0) + count
    return sort, tuple(sorted((var, count) for var, count in total.items() if count))


def single(var: Var) -> Index:
    return var[0], ((var, 1),)


def scaled(at: Index, factor: int) -> Index:
    return at[0], tuple((var, count * factor) for var, count in at[1])


def plus(left: Index, right: Index) -> Index:
    return combination(left[0], (*left[1], *right[1]))


def unsigned(at: Index) -> Index:
    """The index or its negative, whichever comes first: a condition ``at != 0`` is the same for both."""
    return min(at, scaled(at, -1))


def put(at: Index, image: Callable[[Var], Index]) -> Index:
    """Replace every variable of an index."""
    return combination(at[0], ((v, n * count) for var, count in at[1] for v, n in image(var)[1]))


def bare(at: Index) -> Var | None:
    """The variable v if the index is just an arbitrary variable v, else None."""
    return at[1][0][0] if len(at[1]) == 1 and at[1][0][1] == 1 and at[1][0][0][1][:1] != "!" else None


# -- terms ---------------------------------------------------------------------------------------------


def children(value: Term) -> tuple[Term, ...]:
    match value:
        case ("add" | "mul", parts):
            return tuple(parts)
        case ("pow", base, _):
            return (base,)
        case ("sum", _, _, body):
            return (body,)
        case ("fn", _, arg):
            return (arg,)
    return ()


def walk(value: Term) -> Iterator[Term]:
    """All subterms, the term itself first."""
    yield value
    for part in children(value):
        yield from walk(part)


def rebuild(value: Term, step: Callable[[Term, int], Term], depth: int) -> Term:
    """The same node over other subterms; ``depth`` counts the sums around a subterm."""
    match value:
        case ("add" | "mul", parts):
            return (value[0], tuple(step(part, depth) for part in parts))
        case ("pow", base, exponent):
            return ("pow", step(base, depth), exponent)
        case ("sum", sort, nonzero, body):
            return ("sum", sort, nonzero, step(body, depth + 1))
        case ("fn", name, arg):
            return ("fn", name, step(arg, depth))
    return value


def indices(value: Term) -> tuple[Index, ...]:
    """The indices at a leaf."""
    match value:
        case ("app", _, args):
            return tuple(args)
        case ("chi", a, g):
            return (a, g)
        case ("delta", at):
            return (at,)
    return ()


def change_indices(value: Term, change: Callable[[Index, int], Index], depth: int = 0) -> Term:
    """Replace every index of a term; ``change`` is told how many sums are around it."""
    match value:
        case ("app", name, args):
            return ("app", name, tuple(change(arg, depth) for arg in args))
        case ("chi", a, g):
            return ("chi", change(a, depth), change(g, depth))
        case ("delta", at):
            return ("delta", change(at, depth))
    return rebuild(value, lambda part, inner: change_indices(part, change, inner), depth)


def substitute(value: Term, mapping: Mapping[Var, Index]) -> Term:
    """Put indices in place of free variables."""

    def change(at: Index, depth: int) -> Index:
        return put(at, lambda var: _lifted(mapping[var], depth) if var in mapping else single(var))

    return change_indices(value, change)


def _lifted(at: Index, depth: int) -> Index:
    """The same index inside ``depth`` more sums."""
    return put(at, lambda var: single((var[0], "", var[2] + depth)) if len(var) == 3 else single(var))


def bind(var: Var, nonzero: bool, body: Term) -> Term:
    """The sum of ``body`` over ``var``."""

    def change(at: Index, depth: int) -> Index:
        return put(at, lambda own: single((var[0], "", depth) if own == var else own))

    return ("sum", var[0], nonzero, change_indices(body, change))


def instance(total: Term, at: Index) -> Term:
    """The body of a sum at one value of its index."""

    def change(here: Index, depth: int) -> Index:
        return put(here, lambda var: at if var == (at[0], "", depth) else single(var))

    return change_indices(total[3], change)


def replace(value: Term, name: str, args: tuple[Var, ...], body: Term, depth: int = 0) -> Term:
    """Replace every ``name(indices)`` by ``body`` at these indices."""
    match value:
        case ("app", own, given) if own == name:
            return substitute(body, dict(zip(args, given, strict=True)))
        case ("sym", own) if own == name:
            return body
    return rebuild(value, lambda part, inner: replace(part, name, args, body, inner), depth)


def free(value: Term) -> frozenset[Var]:
    """The free variables of a term."""
    return frozenset(var for node in walk(value) for at in indices(node) for var, _ in at[1] if len(var) == 2)


def symbols(value: Term) -> frozenset[str]:
    """The names of scalars and functions in a term."""
    return frozenset(node[1] for node in walk(value) if node[0] in ("sym", "app"))


# -- relations -----------------------------------------------------------------------------------------

# Those after ">" are about all times: x tends to infinity or 0 or some limit, keeps its sign, exists, never
# decreases or increases.
TIMELESS = ("=", "!=", ">=", ">")
MONOTONE = ("nondecreasing", "nonincreasing")
SIGNED = ("keeps sign", "stays positive")
KINDS = (*TIMELESS, "->oo", *SIGNED, "global", "->0", "converges", *MONOTONE, "max/min falls")


class Relation(NamedTuple):
    """``lhs kind rhs`` for all values of the free variables at which no condition is 0."""

    lhs: Term
    kind: str
    rhs: Term
    conditions: frozenset[Index]

    @property
    def difference(self) -> Term:
        return add(self.lhs, neg(self.rhs))

    @property
    def free(self) -> frozenset[Var]:
        return free(self.lhs) | free(self.rhs) | {var for at in self.conditions for var, _ in at[1]}

    @property
    def symbols(self) -> frozenset[str]:
        return symbols(self.lhs) | symbols(self.rhs)


def relation(lhs: Term, kind: str, rhs: Term = ZERO, conditions: Iterable[Index] = ()) -> Relation:
    return Relation(lhs, kind, rhs, frozenset(map(unsigned, conditions)))


def moved(known: Relation, mapping: Mapping[Var, Index]) -> Relation:
    """The relation with indices in place of free variables."""

    def image(var: Var) -> Index:
        return mapping.get(var, single(var))

    return relation(
        substitute(known.lhs, mapping),
        known.kind,
        substitute(known.rhs, mapping),
        (put(at, image) for at in known.conditions),
    )
