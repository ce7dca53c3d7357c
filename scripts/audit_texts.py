"""Statements as text, read, changed and evaluated without ncverify: by Python's parser and mpmath."""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from random import Random
from typing import Any

from mpmath import mp, mpf

SMALL = mpf(10) ** -20
POINTS = 8
FUNCTIONS = ("exp", "log", "sqrt", "sin", "cos", "sinh", "cosh", "tanh")


class NoValue(Exception):
    """Not defined, not real, or too large at this point."""


def tree(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def variants(text: str) -> Iterator[str]:
    """All single changes of an expression: number, sign, operation, name, function, dropped operand."""
    whole = tree(text)
    names = sorted({node.id for node in values(whole) if isinstance(node, ast.Name)})
    for number, node in enumerate(values(whole)):
        for changed in _changes(node, names):
            yield ast.unparse(_replaced(whole, number, changed))


def values(whole: ast.expr) -> list[ast.expr]:
    """All subexpressions, without the names of functions."""
    called = {id(node.func) for node in ast.walk(whole) if isinstance(node, ast.Call)}
    return [node for node in ast.walk(whole) if isinstance(node, ast.expr) and id(node) not in called]


def _changes(node: ast.expr, names: Sequence[str]) -> Iterator[ast.expr]:
    yield ast.UnaryOp(ast.USub(), node)
    match node:
        case ast.Constant(value=int(value)):
            yield ast.Constant(value + 1)
            yield ast.Constant(2 * value)
            yield ast.Constant(0)
        case ast.Name(id=name):
            yield from (ast.Name(other) for other in names if other != name)
            yield ast.BinOp(ast.Constant(2), ast.Mult(), node)
        case ast.BinOp(left=left, op=op, right=right):
            yield left
            yield right
            if not isinstance(op, ast.Pow):
                yield ast.BinOp(right, op, left)
                for other in (ast.Add, ast.Sub, ast.Mult, ast.Div):
                    if not isinstance(op, other):
                        yield ast.BinOp(left, other(), right)
        case ast.Call(func=ast.Name(id=name), args=[inner]):
            yield inner
            yield ast.Call(ast.Name("cosh" if name == "sinh" else "sinh"), [inner], [])
            yield ast.Call(ast.Name(name), [ast.UnaryOp(ast.USub(), inner)], [])


def _replaced(whole: ast.expr, number: int, changed: ast.expr) -> ast.expr:
    twin = copy.deepcopy(whole)
    target = values(twin)[number]

    class Change(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> Any:
            return copy.deepcopy(changed) if node is target else self.generic_visit(node)

    return ast.fix_missing_locations(Change().visit(twin))


def value(node: ast.expr, at: Mapping[str, mpf]) -> mpf:
    """Its value at a point, in 50 digits."""
    match node:
        case ast.Constant(value=int(number)):
            return mpf(number)
        case ast.Name(id=name):
            return at[name]
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -value(inner, at)
        case ast.Call(func=ast.Name(id=name), args=[inner]) if name in FUNCTIONS:
            found = getattr(mp, name)(_bounded(value(inner, at)))
        case ast.BinOp(left=left, op=op, right=right):
            x, y = value(left, at), value(right, at)
            if isinstance(op, ast.Div) and y == 0:
                raise NoValue
            match op:
                case ast.Add():
                    found = x + y
                case ast.Sub():
                    found = x - y
                case ast.Mult():
                    found = x * y
                case ast.Div():
                    found = x / y
                case ast.Pow() if x != 0 or y > 0:
                    found = x**y
                case _:
                    raise NoValue
        case _:
            raise NoValue
    return _bounded(found)


def _bounded(found: Any) -> mpf:
    if not isinstance(found, mpf) or not mp.isfinite(found) or abs(found) > 10**12:
        raise NoValue
    return found


def latex(node: ast.expr) -> str:
    """LaTeX with all brackets, fractions as fractions, products by juxtaposition."""
    match node:
        case ast.Constant(value=int(number)):
            return str(number)
        case ast.Name(id=name):
            return name
        case ast.UnaryOp(operand=inner):
            return rf"\left(-{latex(inner)}\right)"
        case ast.Call(func=ast.Name(id="sqrt"), args=[inner]):
            return rf"\sqrt{{{latex(inner)}}}"
        case ast.Call(func=ast.Name(id=name), args=[inner]):
            return rf"\{name}\left({latex(inner)}\right)"
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return rf"\frac{{{latex(left)}}}{{{latex(right)}}}"
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return rf"{{\left({latex(left)}\right)}}^{{{latex(right)}}}"
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return rf"\left({latex(left)}\right) \left({latex(right)}\right)"
        case ast.BinOp(left=left, op=op, right=right):
            sign = "+" if isinstance(op, ast.Add) else "-"
            return rf"\left({latex(left)} {sign} {latex(right)}\right)"
    raise NoValue


def points(texts: Iterable[str], assume: Sequence[str], rng: Random) -> Iterator[dict[str, mpf]]:
    """Positive points that satisfy the assumptions."""
    texts = [*texts, *(side for item in assume for side in sides(item)[::2])]
    names = sorted({node.id for text in texts for node in values(tree(text)) if isinstance(node, ast.Name)})
    found = 0
    for _ in range(20 * POINTS):
        at = {name: mpf(rng.randrange(1, 400)) / 128 for name in names}
        try:
            for left, sign, right in map(sides, assume):
                if sign == "==":
                    at[left] = value(tree(right), at)
            kept = all(
                holds(left, sign, right, at) for left, sign, right in map(sides, assume) if sign != "=="
            )
        except NoValue:
            continue
        if kept:
            found += 1
            yield at
        if found == POINTS:
            return


def sides(relation: str) -> tuple[str, str, str]:
    left, sign, right = re.split("(>=|<=|==|>|<)", relation)
    return left.strip(), sign, right.strip()


def holds(left: str, sign: str, right: str, at: Mapping[str, mpf]) -> bool:
    difference = value(tree(left), at) - value(tree(right), at)
    if sign in ("<", "<="):
        difference, sign = -difference, sign.replace("<", ">")
    return difference > SMALL if sign == ">" else difference > -SMALL


def unequal(left: str, right: str, assume: Sequence[str], rng: Random) -> bool:
    """Whether they certainly differ at some point that satisfies the assumptions."""
    for at in points((left, right), assume, rng):
        try:
            x, y = value(tree(left), at), value(tree(right), at)
        except NoValue:
            continue
        if abs(x - y) > SMALL * (1 + abs(x) + abs(y)):
            return True
    return False
