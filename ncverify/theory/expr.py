"""Exact expressions: one import for building, differentiating, substituting, reading and writing them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from ncverify.theory.interchange import from_json, from_sympy, to_json
from ncverify.theory.nodes import (
    FUNCTIONS,
    MAX_DIGITS,
    MAX_EXPONENT,
    Add,
    Expr,
    Fn,
    Mul,
    Number,
    Operand,
    Pow,
    Symbol,
    add,
    as_expr,
    exp,
    log,
    mul,
    number,
    postorder,
    power,
    sqrt,
    symbol,
    symbols,
)

__all__ = [
    "FUNCTIONS", "MAX_DIGITS", "MAX_EXPONENT",
    "Add", "Expr", "Fn", "Mul", "Number", "Operand", "Pow", "Symbol",
    "add", "as_expr", "differentiate", "exp", "from_json", "from_sympy", "log", "mul", "number", "postorder",
    "power", "replace", "sqrt", "substitute", "symbol", "symbols", "to_json",
]  # fmt: skip

_ZERO = number(0)
_ONE = number(1)


def substitute(expr: Expr, mapping: Mapping[str, Operand]) -> Expr:
    """``expr`` with symbols replaced, all at once; linear in the number of distinct nodes."""
    return replace(expr, {Symbol(name): as_expr(value) for name, value in mapping.items()})


def replace(expr: Expr, mapping: Mapping[Expr, Expr]) -> Expr:
    """``expr`` with whole subexpressions replaced, all at once (not within what replaces them)."""
    done: dict[Expr, Expr] = {}
    for node in postorder(expr):
        if node in mapping:
            done[node] = mapping[node]
            continue
        match node:
            case Symbol() | Number():
                done[node] = node
            case Add() | Mul():
                args = tuple(done[arg] for arg in node.args)
                done[node] = node if args == node.args else type(node)(args)
            case Pow():
                base = done[node.base]
                done[node] = node if base is node.base else Pow(base, node.exponent)
            case Fn():
                done[node] = Fn(node.name, done[node.arg])
    return done[expr]


def differentiate(expr: Expr, rates: Mapping[str, Operand]) -> Expr:
    """The derivative of ``expr`` along a flow: the symbol s moves at rate ``rates[s]``, the others are still.

    With ``rates={"x": 1}`` this is the partial derivative in x.  The result shares the nodes of
    ``expr``; cost and size are linear in the number of distinct nodes and arguments.
    """
    speeds = {name: as_expr(value) for name, value in rates.items()}
    rate: dict[Expr, Expr] = {}
    for node in postorder(expr):
        match node:
            case Symbol():
                rate[node] = speeds.get(node.name, _ZERO)
            case Add():
                rate[node] = add(rate[arg] for arg in node.args if rate[arg] is not _ZERO)
            case Mul():
                rate[node] = _product_rule(node.args, [rate[arg] for arg in node.args])
            case Pow() if node.exponent != 0:
                outer = node.exponent * power(node.base, node.exponent - 1)
                rate[node] = _chain(outer, rate[node.base])
            case Fn():
                inner = rate[node.arg]
                rate[node] = _ZERO if inner is _ZERO else _chain(_outer_derivative(node), inner)
            case _:
                rate[node] = _ZERO
    return rate[expr]


def _chain(outer: Expr, inner: Expr) -> Expr:
    return _ZERO if inner is _ZERO else outer * inner


def _product_rule(factors: Sequence[Expr], rates: Sequence[Expr]) -> Expr:
    moving = [i for i, rate in enumerate(rates) if rate is not _ZERO]
    if not moving:
        return _ZERO
    still = [factor for factor, rate in zip(factors, rates, strict=True) if rate is _ZERO]
    # Prefix and suffix products are shared nodes, so n factors give O(n) nodes and not n^2 arguments.
    before = [_ONE]
    for i in moving[:-1]:
        before.append(mul(_without_one(before[-1], factors[i])))
    after = [_ONE]
    for i in reversed(moving[1:]):
        after.append(mul(_without_one(factors[i], after[-1])))
    terms = [
        mul(_without_one(left, rates[i], right))
        for i, left, right in zip(moving, before, reversed(after), strict=True)
    ]
    return mul([*still, add(terms)])


def _without_one(*factors: Expr) -> list[Expr]:
    return [factor for factor in factors if factor is not _ONE]


def _outer_derivative(node: Fn) -> Expr:
    u = node.arg
    match node.name:
        case "exp":
            return node
        case "log":
            return 1 / u
        case "sqrt":
            return Fraction(1, 2) / node
        case "sin":
            return Fn("cos", u)
        case "cos":
            return -Fn("sin", u)
        case "tan":
            return 1 + node**2
        case "asin":
            return 1 / sqrt(1 - u**2)
        case "acos":
            return -1 / sqrt(1 - u**2)
        case "atan":
            return 1 / (1 + u**2)
        case "sinh":
            return Fn("cosh", u)
        case "cosh":
            return Fn("sinh", u)
        case _:  # tanh
            return 1 - node**2
