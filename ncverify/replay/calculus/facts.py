"""What steps say in the form in which other rules use them: equations for symbols, symmetries, known sums."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from math import prod

from ncverify.replay.calculus.normal import Facts, KnownSum, Normal
from ncverify.replay.calculus.polynomials import Key, primitive
from ncverify.replay.calculus.terms import (
    ZERO,
    Index,
    Relation,
    Term,
    Var,
    bare,
    free,
    instance,
    replace,
    scaled,
    single,
    substitute,
    unsigned,
)
from ncverify.replay.calculus.theory import Step
from ncverify.replay.errors import Rejected

MAX_FACTORS = 6
MAX_RENAMED = 3  # variables of a fact that are matched with others
MAX_TRIED = 200


def arguments(head: Term) -> tuple[Var, ...]:
    """The arguments of a symbol that is applied to distinct arbitrary indices."""
    if head[0] not in ("app", "sym"):
        raise Rejected("a symbol is needed")
    found = tuple(bare(arg) for arg in head[2]) if head[0] == "app" else ()
    names = tuple(var for var in found if var is not None)
    if len(set(names)) < len(found):
        raise Rejected(f"{head[1]!r} must be applied to distinct bare indices")
    return names


def matched(pattern: Term, value: Term) -> Mapping[Var, Index] | None:
    """Indices that make ``value`` of ``pattern``, which holds for all values of its free variables.

    Tried are one function at arbitrary indices, and other variables in place of a few variables.
    """
    if pattern == value:
        return {}
    if pattern[0] == "app" and pattern[:2] == value[:2]:
        names = [bare(arg) for arg in pattern[2]]
        if None not in names and len(set(names)) == len(names):
            return dict(zip(arguments(pattern), value[2], strict=True))
    old = sorted(var for var in free(pattern) if not var[1].startswith("!"))
    new = [[var for var in sorted(free(value)) if var[0] == place[0]] for place in old]
    if len(old) > MAX_RENAMED or prod(map(len, new)) > MAX_TRIED:
        return None
    for chosen in product(*new):
        mapping = {place: single(var) for place, var in zip(old, chosen, strict=True)}
        if substitute(pattern, mapping) == value:
            return mapping
    return None


def equation(known: Relation) -> tuple[Term, Term]:
    """Both sides of an equation that holds without conditions."""
    if known.kind != "=" or known.conditions:
        raise Rejected("an equation without conditions is needed")
    return known.lhs, known.rhs


def implied(needed: Relation, given: Relation) -> None:
    """Every condition of a used relation must be one of the goal."""
    if not needed.conditions <= given.conditions:
        raise Rejected("a used relation needs a condition that the conclusion does not have")


def unfolded(value: Term, equations: Iterable[Step]) -> Term:
    """The term with symbols replaced by what equations say they are, one after the other."""
    for step in equations:
        head, body = equation(step.relation)
        args = arguments(head)
        if not free(body) <= set(args):
            raise Rejected(f"the equation for {head[1]!r} has unbound indices")
        value = replace(value, head[1], args, body)
    return value


def facts(
    even: Sequence[Step] = (),
    sums: Sequence[Step] = (),
    nonzero: Sequence[Step] = (),
    unfold: Sequence[Step] = (),
    apart: frozenset[Index] = frozenset(),
) -> Facts:
    """What these steps allow the normal form to use."""
    names = frozenset(_even(step.relation) for step in even)
    polys: set[Key] = set()
    functions: dict[str, bool] = {}
    for step in nonzero:
        known = not_zero(step.relation)
        if known.lhs[0] == "app" and all(map(bare, known.lhs[2])):
            args = arguments(known.lhs)
            if known.conditions - {unsigned(single(args[0]))}:
                raise Rejected("a function may be cancelled everywhere, or where its index is not 0")
            functions[known.lhs[1]] = functions.get(known.lhs[1], False) or not known.conditions
        elif known.conditions:
            raise Rejected("what may be cancelled only under conditions must be a function of its index")
        else:
            poly = Normal(Facts(even=names)).poly(unfolded(known.lhs, unfold))
            polys.add(primitive(poly)[0])
    return Facts(names, tuple(_sum(step.relation) for step in sums), apart, frozenset(polys), functions)


def not_zero(known: Relation) -> Relation:
    """A relation x > 0 or x != 0."""
    if known.kind not in (">", "!=") or known.rhs != ZERO:
        raise Rejected("a relation of the form x > 0 or x != 0 is needed")
    return known


def nonnegative(known: Relation) -> Relation:
    """A relation x >= 0 or x > 0."""
    if known.kind not in (">=", ">") or known.rhs != ZERO:
        raise Rejected("a relation of the form x >= 0 or x > 0 is needed")
    return known


def positive(known: Relation) -> Relation:
    """A relation x > 0."""
    if known.kind != ">" or known.rhs != ZERO:
        raise Rejected("a relation of the form x > 0 is needed")
    return known


def _even(known: Relation) -> str:
    left, right = equation(known)
    for x, y in ((left, right), (right, left)):
        if x[0] == "app" and len(x[2]) == 1 and bare(x[2][0]) and y == (*x[:2], (scaled(x[2][0], -1),)):
            return str(x[1])
    raise Rejected("a symmetry must be of the form f(-x) = f(x)")


def _sum(known: Relation) -> KnownSum:
    head, value = equation(known)
    if head[0] != "sum" or head[2]:
        raise Rejected("a known sum must be one over all values of an index")
    var = (head[1], "*")
    body = instance(head, single(var))
    factors = body[1] if body[0] == "mul" else (body,)
    if len(factors) > MAX_FACTORS:
        raise Rejected(f"a known sum has at most {MAX_FACTORS} factors")
    slots = [arg for factor in factors for arg in arguments(factor)]
    others = [slot for slot in slots if slot != var]
    if len(set(others)) < len(others) or not free(value) <= set(others):
        raise Rejected("the free indices of a known sum must be distinct and cover its value")
    return KnownSum(var, factors, value)


def require_real(value: Term, even: Sequence[Step] = (), unfold: Sequence[Step] = ()) -> None:
    """The term is its own complex conjugate."""
    if not Normal(facts(even)).is_real(unfolded(value, unfold)):
        raise Rejected("the term is not shown to be real")


def require_zero(value: Term) -> None:
    """The term is 0, whatever the symbols are."""
    if not Normal(Facts()).is_zero(value):
        raise Rejected("the terms are not the same")
