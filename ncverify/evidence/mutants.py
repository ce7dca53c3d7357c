"""False variants of true statements, for testing the provers."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import ncverify.theory.expr as ex
from ncverify.derive.kernel import Relation
from ncverify.derive.terms import (
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
    children,
    free_variables,
    index,
    rebuild,
)


def mutations(relation: Relation) -> Iterator[tuple[str, Relation]]:
    """All single changes of a relation: sign, factor, K for K-1, dropped term, index, range, direction.

    Some variants are true again (a symmetry of the statement); whoever uses them must find out which.
    Yields a description and the variant, in a reproducible order.
    """
    for what, side in _changes(relation.lhs):
        yield f"left: {what}", Relation(side, relation.kind, relation.rhs, relation.conditions)
    for what, side in _changes(relation.rhs):
        yield f"right: {what}", Relation(relation.lhs, relation.kind, side, relation.conditions)
    if relation.kind in (">=", ">"):
        yield "direction reversed", Relation(relation.rhs, relation.kind, relation.lhs, relation.conditions)
    if relation.kind == ">=":
        yield "made strict", Relation(relation.lhs, ">", relation.rhs, relation.conditions)
    for form in sorted(relation.conditions):
        left = relation.conditions - {form}
        yield f"condition {form} != 0 dropped", Relation(relation.lhs, relation.kind, relation.rhs, left)


def expression_mutations(expr: ex.Expr) -> Iterator[ex.Expr]:
    """All single changes of an expression: a number, sign, exponent, function, dropped term or factor."""
    for node in ex.postorder(expr):
        for changed in _expression_changes(node):
            yield ex.replace(expr, {node: changed})


def _expression_changes(node: ex.Expr) -> Iterator[ex.Expr]:
    yield -node
    match node:
        case ex.Number(value=value):
            yield ex.number(value + 1)
            yield ex.number(2 * value)
        case ex.Add(args=parts) | ex.Mul(args=parts):
            for place in range(len(parts)):
                left = (*parts[:place], *parts[place + 1 :])
                yield left[0] if len(left) == 1 else type(node)(left)
        case ex.Pow(base=base, exponent=exponent):
            yield ex.power(base, exponent + 1)
            yield base
        case ex.Fn(arg=arg):
            yield arg


def _changes(term: Term) -> Iterator[tuple[str, Term]]:
    yield from _local(term)
    parts = children(term)
    for place, part in enumerate(parts):
        for what, changed in _changes(part):
            yield what, rebuild(term, (*parts[:place], changed, *parts[place + 1 :]))


def _local(term: Term) -> Iterator[tuple[str, Term]]:
    match term:
        case Num(number):
            for other in (-number, 2 * number, number + 1):
                if other != number:
                    yield f"{number} becomes {other}", Num(other)
        case Sym("K"):
            yield "K becomes K - 1", term - 1
            yield "K becomes 2 K", 2 * term
        case Sym(name):
            yield f"factor 2 at {name}", 2 * term
        case App(name, args):
            yield f"factor 2 at {name}", 2 * term
            yield f"sign of {name}", -term
            for place, arg in enumerate(args):
                for what, changed in _other_indices(arg):
                    yield f"index of {name}: {what}", App(name, (*args[:place], changed, *args[place + 1 :]))
        case Char(a, g):
            for what, changed in _other_indices(a):
                yield f"character: {what}", Char(changed, g)
            for what, changed in _other_indices(g):
                yield f"character: {what}", Char(a, changed)
        case Delta(form):
            for what, changed in _other_indices(form):
                yield f"delta: {what}", Delta(changed)
        case Add(parts) if len(parts) > 1:
            for place, part in enumerate(parts):
                yield f"summand {place + 1} dropped", Add(parts[:place] + parts[place + 1 :])
                yield (
                    f"sign of summand {place + 1}",
                    Add((*parts[:place], Mul((Num(Fraction(-1)), part)), *parts[place + 1 :])),
                )
        case Mul(parts) if len(parts) > 1:
            for place in range(len(parts)):
                yield f"factor {place + 1} dropped", Mul(parts[:place] + parts[place + 1 :])
        case Pow(base, exponent) if exponent.denominator == 1:
            for other in (exponent + 1, exponent - 1):
                yield f"power {exponent} becomes {other}", Pow(base, other)
        case Sum(var, body, nonzero):
            yield "range with or without 0", Sum(var, body, not nonzero)
            yield "sum dropped", body if var not in free_variables(body) else Sum(var, 2 * body, nonzero)
        case Fn(name, arg):
            yield f"argument of {name} negated", Fn(name, -arg)
            yield f"argument of {name} doubled", Fn(name, 2 * arg)


def _other_indices(form: Index) -> Iterator[tuple[str, Index]]:
    if not form.parts:
        return
    yield f"{form} becomes {-form}", -form
    yield f"{form} becomes 0", Index(form.sort)
    yield f"{form} doubled", form.scale(2)
    if len(form.parts) > 1:
        for var, count in form.parts:
            flipped = form - index(var).scale(2 * count)
            yield f"{form} becomes {flipped}", flipped
