"""Reading theorems: which symbol an equation is about, what a condition implies, which facts they state."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ncverify.derive.monomials import ProofError, primitive
from ncverify.derive.relations import ZERO
from ncverify.derive.sums import Contraction, Facts, Normalizer
from ncverify.derive.terms import (
    App,
    Index,
    Mul,
    Sum,
    Sym,
    Term,
    Var,
    free_variables,
    index,
    replace_function,
)
from ncverify.derive.theorems import Theorem


def bare_arguments(head: Term) -> tuple[Var, ...]:
    """The argument variables of ``f(a, b)``; they must be distinct bare variables."""
    if isinstance(head, Sym):
        return ()
    if not isinstance(head, App):
        raise ProofError("only a symbol can stand here")
    names = []
    for arg in head.args:
        if len(arg.parts) != 1 or arg.parts[0][1] != 1 or arg.parts[0][0].fixed:
            raise ProofError(f"{head.name!r} must be applied to bare index variables here")
        names.append(arg.parts[0][0])
    if len(set(names)) != len(names):
        raise ProofError(f"{head.name!r} must be applied to distinct index variables here")
    return tuple(names)


def match_head(pattern: Term, value: Term) -> dict[Var, Index] | None:
    """Indices that turn ``pattern`` into ``value``: equal terms, or one function at bare indices."""
    if pattern == value:
        return {}
    if isinstance(pattern, App) and isinstance(value, App) and pattern.name == value.name:
        try:
            return dict(zip(bare_arguments(pattern), value.args, strict=True))
        except ProofError:
            return None
    return None


def implied(needed: frozenset[Index], given: frozenset[Index]) -> bool:
    return all(form in given or -form in given for form in needed)


def unfolded(value: Term, equations: Iterable[Theorem]) -> Term:
    for known in equations:
        relation = known.relation
        if relation.kind != "=" or relation.conditions or not isinstance(relation.lhs, (App, Sym)):
            raise ProofError("only an unconditional equation for a symbol can be unfolded")
        args = bare_arguments(relation.lhs)
        if not free_variables(relation.rhs) <= set(args):
            raise ProofError(f"the equation for {relation.lhs.name!r} has unbound indices")
        value = replace_function(value, relation.lhs.name, args, relation.rhs)
    return value


def facts_of(
    even: Sequence[Theorem] = (),
    contract: Sequence[Theorem] = (),
    nonzero: Sequence[Theorem] = (),
    unfold: Sequence[Theorem] = (),
    conditions: frozenset[Index] = frozenset(),
) -> Facts:
    names = frozenset(_even_name(known) for known in even)
    nonzero_symbols, polys, values = set(), set(), set()
    functions: dict[str, bool] = {}
    for known in nonzero:
        relation = known.relation
        if relation.kind not in (">", "!=") or relation.rhs != ZERO:
            raise ProofError("what may be cancelled must be known to be > 0 or != 0")
        head = relation.lhs
        if isinstance(head, Sym) and not relation.conditions:
            nonzero_symbols.add(head.name)
        elif isinstance(head, App) and not relation.conditions and not any(arg.parts for arg in head.args):
            values.add(head)
        elif isinstance(head, App):
            args = bare_arguments(head)
            if relation.conditions and relation.conditions != {index(args[0])}:
                raise ProofError("a function may be cancelled everywhere, or where its index is not 0")
            functions[head.name] = not relation.conditions or functions.get(head.name, False)
        elif not relation.conditions:
            plain = Normalizer(Facts(even=names))
            polys.add(primitive(plain.poly(unfolded(head, unfold)))[0])
        else:
            raise ProofError("a conditional denominator must be a function of its index")
    return Facts(
        names,
        tuple(_contraction(known) for known in contract),
        frozenset(nonzero_symbols),
        functions,
        frozenset(values),
        frozenset(polys),
        conditions,
    )


def _even_name(known: Theorem) -> str:
    relation = known.relation
    left, right = relation.lhs, relation.rhs
    if relation.kind == "=" and not relation.conditions and isinstance(left, App) and isinstance(right, App):
        forms = (left.args, right.args)
        for first, second in (forms, forms[::-1]):
            if left.name == right.name and len(first) == 1 and first[0] == -second[0]:
                part = first[0].parts
                if len(part) == 1 and part[0][1] == 1 and not part[0][0].fixed:
                    return left.name
    raise ProofError("a symmetry must be of the form f(-x) = f(x)")


def _contraction(known: Theorem) -> Contraction:
    relation = known.relation
    head = relation.lhs
    if relation.kind != "=" or relation.conditions or not isinstance(head, Sum) or head.nonzero:
        raise ProofError("a known sum must be an unconditional equation for a sum over all indices")
    factors = head.body.factors if isinstance(head.body, Mul) else (head.body,)
    pattern: list[App] = []
    slots: list[Var] = []
    for factor in factors:
        if not isinstance(factor, App):
            raise ProofError("a known sum must be one of a product of function values")
        args = bare_arguments(factor)
        if args.count(head.var) != 1:
            raise ProofError("each factor of a known sum must have the bound index once")
        slots += [var for var in args if var != head.var]
        pattern.append(factor)
    if len(set(slots)) != len(slots) or not free_variables(relation.rhs) <= set(slots):
        raise ProofError("the free indices of a known sum must be distinct and cover its value")
    return Contraction(head.var, tuple(pattern), relation.rhs)


def require_real(value: Term, even: Sequence[Theorem], unfold: Sequence[Theorem]) -> None:
    normalizer = Normalizer(facts_of(even=even))
    if not normalizer.is_real(normalizer.poly(unfolded(value, unfold))):
        raise ProofError("the term is not shown to be real")
