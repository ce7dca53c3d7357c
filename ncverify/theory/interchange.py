"""Expressions to and from other programs: a small JSON syntax tree, and sympy.

JSON: ``["number", "3/4"]``, ``["symbol", "x"]``, ``["add", u, v, ...]``, ``["mul", u, v, ...]``,
``["pow", u, "-2"]``, ``["exp", u]`` and the other whitelisted functions.  Parts that occur more than
once, or deep down, are written once: ``["let", [d0, d1, ...], body]``, where ``["ref", i]`` in the body
or in a later definition stands for d_i.  Reading runs no code and is bounded by the caps below.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Final

from ncverify.errors import InputError
from ncverify.theory.nodes import (
    FUNCTIONS,
    MAX_DIGITS,
    Add,
    Expr,
    Fn,
    Mul,
    Number,
    Pow,
    Symbol,
    clip,
    postorder,
    sqrt,
)

MAX_NODES: Final = 200_000
MAX_ARITY: Final = 20_000
MAX_DEPTH: Final = 100

_RATIONAL: Final = re.compile(r"-?[0-9]+(/[1-9][0-9]*)?")
_WHOLE: Final = re.compile(r"-?[0-9]{1,7}")


def to_json(expr: Expr) -> list[Any]:
    """The JSON syntax tree of ``expr`` (lists and strings).  Linear in the number of distinct nodes.

    Raises ``InputError`` where ``from_json`` would refuse the result for its size.
    """
    nodes = list(postorder(expr))
    uses = Counter(arg for node in nodes for arg in node.args)
    written: dict[Expr, list[Any]] = {}
    depth: dict[Expr, int] = {}
    definitions: list[Any] = []
    count = 0
    for node in nodes:
        if len(node.args) > MAX_ARITY:
            raise InputError(f"{node.head} of {len(node.args)} arguments is too long: at most {MAX_ARITY}")
        match node:
            case Number():
                form: list[Any] = ["number", str(node.value)]
            case Symbol():
                form = ["symbol", node.name]
            case Pow():
                form = ["pow", written[node.base], str(node.exponent)]
            case _:
                form = [node.head, *(written[arg] for arg in node.args)]
        count += 1 + len(node.args)
        depth[node] = 1 + max((depth[arg] for arg in node.args), default=0)
        if node is not expr and node.args and (uses[node] > 1 or depth[node] >= MAX_DEPTH - 2):
            definitions.append(form)
            form = ["ref", len(definitions) - 1]
            depth[node] = 1
        written[node] = form
    if count > MAX_NODES:
        raise InputError(f"the expression is too large to write: {count} nodes, at most {MAX_NODES}")
    return ["let", definitions, written[expr]] if definitions else written[expr]


def from_json(data: object) -> Expr:
    """The expression of a JSON syntax tree; exactly the one that ``to_json`` wrote.

    Raises ``InputError`` for unknown heads, wrong arity, numbers that are not exact strings, and for
    more than MAX_NODES nodes, MAX_ARITY arguments, MAX_DEPTH levels or MAX_DIGITS digits.
    """
    definitions: list[Expr] = []
    budget = [MAX_NODES]
    if isinstance(data, list) and data[:1] == ["let"]:
        if len(data) != 3 or not isinstance(data[1], list):
            raise InputError("expression: let needs a list of definitions and a body")
        for form in data[1]:
            definitions.append(_read(form, definitions, budget))
        data = data[2]
    return _read(data, definitions, budget)


def _read(root: object, definitions: list[Expr], budget: list[int]) -> Expr:
    results: list[Expr] = []
    stack: list[tuple[object, int, bool]] = [(root, 1, False)]
    while stack:
        form, depth, ready = stack.pop()
        if not ready:
            budget[0] -= 1
            if budget[0] < 0:
                raise InputError(f"expression is too large: more than {MAX_NODES} nodes")
            if depth > MAX_DEPTH:
                raise InputError(f"expression is nested deeper than {MAX_DEPTH} levels: use let")
            if not isinstance(form, list) or not form or not isinstance(form[0], str):
                raise InputError(f"expression: {_clip_form(form)} is not a list that starts with a head")
            head, rest = form[0], form[1:]
            leaf = _read_leaf(head, rest, definitions)
            if leaf is not None:
                results.append(leaf)
                continue
            children = _children(head, rest)
            stack.append((form, depth, True))
            stack.extend((child, depth + 1, False) for child in reversed(children))
        else:
            assert isinstance(form, list)  # only lists are pushed with ready=True
            head, arity = form[0], len(form) - 1 - (form[0] == "pow")
            args = tuple(results[len(results) - arity :])
            del results[len(results) - arity :]
            results.append(_build(head, args, form))
    return results[0]


def _read_leaf(head: str, rest: list[Any], definitions: list[Expr]) -> Expr | None:
    if head not in ("number", "symbol", "ref"):
        return None
    if len(rest) != 1:
        raise InputError(f"expression: {head} needs one entry, got {len(rest)}")
    value = rest[0]
    if head == "number":
        return Number(_rational(value))
    if head == "symbol":
        return Symbol(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < len(definitions):
        raise InputError(f"expression: ref {clip(value)} does not name an earlier definition")
    return definitions[value]


def _children(head: str, rest: list[Any]) -> list[Any]:
    if head in ("add", "mul"):
        if not 2 <= len(rest) <= MAX_ARITY:
            raise InputError(f"expression: {head} needs 2 to {MAX_ARITY} arguments, got {len(rest)}")
        return rest
    if head == "pow":
        if len(rest) != 2 or not isinstance(rest[1], str) or not _WHOLE.fullmatch(rest[1]):
            raise InputError("expression: pow needs a base and a whole exponent, a string of up to 7 digits")
        return rest[:1]
    if head in FUNCTIONS:
        if len(rest) != 1:
            raise InputError(f"expression: {head} needs one argument, got {len(rest)}")
        return rest
    known = ", ".join(("number", "symbol", "ref", "add", "mul", "pow", *FUNCTIONS))
    raise InputError(f"expression: head {clip(repr(head))} is unknown: use {known}")


def _build(head: str, args: tuple[Expr, ...], form: list[Any]) -> Expr:
    if head == "add":
        return Add(args)
    if head == "mul":
        return Mul(args)
    if head == "pow":
        return Pow(args[0], int(form[2]))
    return Fn(head, args[0])


def _rational(value: object) -> Fraction:
    if not isinstance(value, str) or len(value) > 2 * MAX_DIGITS + 2 or not _RATIONAL.fullmatch(value):
        raise InputError(f'expression: number {_clip_form(value)} must be a string such as "3" or "-1/2"')
    numerator, _, denominator = value.partition("/")
    if max(len(numerator), len(denominator)) > MAX_DIGITS + 1:
        raise InputError(f"expression: a number has more than {MAX_DIGITS} digits")
    return Fraction(int(numerator), int(denominator or "1"))


def _clip_form(form: object) -> str:
    # repr of a deeply nested list would recurse
    if isinstance(form, (list, tuple, dict)):
        return f"a {type(form).__name__} of {len(form)}"
    return clip(repr(form) if isinstance(form, str) else form)


def from_sympy(value: object) -> Expr:
    """The expression with the structure of a sympy expression.

    Numbers must be rational; powers need whole or half-whole exponents; functions must be
    whitelisted.  Two different sympy symbols of one name (different assumptions) would become the same
    variable and are refused.  Raises ``InputError`` naming the part that does not fit.
    """
    import sympy

    if not isinstance(value, sympy.Expr):
        raise InputError(f"{clip(repr(value))} of type {type(value).__name__} is not a sympy expression")
    names: dict[str, Any] = {}
    done: dict[Any, Expr] = {}
    for node in _sympy_postorder(value):
        if isinstance(node, sympy.Symbol) and names.setdefault(node.name, node) != node:
            raise InputError(f"two different sympy symbols are called {clip(node.name)}: rename one")
        done[node] = _convert(node, done)
    return done[value]


def _sympy_postorder(root: Any) -> Iterator[Any]:
    seen = set()
    stack = [(root, False)]
    while stack:
        node, ready = stack.pop()
        if ready:
            yield node
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            # The exponent of a power is read as a number by _convert, not as a subexpression.
            children = node.args[:1] if node.is_Pow else node.args
            stack.extend((child, False) for child in reversed(children))


def _convert(node: Any, done: dict[Any, Expr]) -> Expr:
    import sympy

    if node.is_Rational and node.is_finite:
        return Number(Fraction(int(node.p), int(node.q)))
    if node is sympy.E:
        return Fn("exp", Number(Fraction(1)))
    if isinstance(node, sympy.Symbol):
        # Dummies of one name differ, and this is about commuting real variables
        if type(node) is not sympy.Symbol or node.is_real is False or not node.is_commutative:
            raise InputError(f"sympy symbol {clip(node)} is not a real variable")
        return Symbol(node.name)
    if isinstance(node, (sympy.Add, sympy.Mul)):
        args = tuple(done[arg] for arg in node.args)
        return Add(args) if isinstance(node, sympy.Add) else Mul(args)
    if isinstance(node, sympy.Pow) and isinstance(node.exp, sympy.Rational) and int(node.exp.q) in (1, 2):
        base, exponent = done[node.base], int(node.exp.p)
        if int(node.exp.q) == 1:
            return Pow(base, exponent)
        return sqrt(base) ** exponent
    name = type(node).__name__
    if name in FUNCTIONS and getattr(sympy, name) is type(node) and len(node.args) == 1:
        return Fn(name, done[node.args[0]])
    raise InputError(
        f"sympy expression {clip(node)} is outside the supported class: rational numbers, symbols, + - * /, "
        f"whole and half-whole powers and {', '.join(FUNCTIONS)}"
    )
