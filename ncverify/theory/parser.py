"""Reading expressions that people type.

Python's own grammar (``ast``, mode "eval") gives the structure; only a whitelist of nodes becomes an
expression, and nothing is ever evaluated as code.  Decimals are read from their source text, so 0.1
is 1/10.  The text is checked for its characters, length and nesting before ``ast`` sees it, because
its parser may run out of stack on hostile text.
"""

from __future__ import annotations

import ast
import re
from fractions import Fraction
from typing import Final

from ncverify.errors import InputError
from ncverify.theory.nodes import FUNCTIONS, MAX_DIGITS, Expr, Fn, Number, Symbol, clip

MAX_LENGTH: Final = 100_000
MAX_NESTING: Final = 100

RELATIONS: Final = ("<=", ">=", "==", "!=", "<", ">")

_TOKEN: Final = re.compile(
    r"(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)(?![A-Za-z0-9_.])"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<op>\*\*|[-+*/(),])|(?P<space>[ \t\r\n]+)"
)
_DECIMAL: Final = re.compile(r"([0-9]*)\.?([0-9]*)(?:[eE]([+-]?[0-9]+))?")
_OPENING: Final = ("", "(", ",", "+", "-", "*", "/", "**")  # a sign after one of these is not a sum
_NOT_A_SYMBOL: Final = frozenset(("pi", "nan", "inf", "infinity"))
_READ_AS_NUMBERS: Final = {
    "E": "write exp(1), or name the variable differently",
    "I": "complex numbers are not available; name the variable differently",
}
_OPERATORS: Final = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow)
_RELATION: Final = re.compile(r"<=|>=|==|!=|<>|<|>|=")


def parse(text: str) -> Expr:
    """The expression that ``text`` spells.

    Names are real variables; numbers are whole or decimal (``0.25``, ``1e-3``, exact); ``+ - * / **``,
    brackets and calls of the functions in ``FUNCTIONS``.  Exponents are whole numbers.  Cost is linear in the
    length.  Raises ``InputError`` with one line for everything else.
    """
    if not isinstance(text, str):
        raise InputError(f"{clip(repr(text))} of type {type(text).__name__} is not text")
    _check(text)
    source = re.sub(r"[\t\r\n]", " ", text).strip()
    try:
        tree = ast.parse(source, mode="eval")
    except SyntaxError as error:
        where = f" near character {error.offset}" if error.offset else ""
        raise InputError(f"cannot read {clip(source)!r}{where}: check operators and brackets") from None
    except (RecursionError, MemoryError):
        raise InputError(f"cannot read {clip(source)!r}: it is too long or too deep, split it up") from None
    return _convert(tree.body, source)


def parse_rational(text: str) -> Fraction:
    """The exact value of a whole number, decimal or quotient such as ``"-3/4"`` or ``"1e-30"``."""
    value = parse(text)
    if not isinstance(value, Number):
        raise InputError(f"{clip(text)!r} is not a rational number: write e.g. 3, 0.25, 1e-30 or -3/4")
    return value.value


def parse_relation(text: str) -> tuple[Expr, str, Expr]:
    """Left side, relation (one of ``RELATIONS``) and right side of text such as ``"x**2 < y + 1"``."""
    if not isinstance(text, str):
        raise InputError(f"{clip(repr(text))} of type {type(text).__name__} is not text")
    found = _RELATION.findall(text[: MAX_LENGTH + 1])
    if len(found) != 1 or found[0] not in RELATIONS:
        hint = {("=",): "write == for equality", ("<>",): "write != for different"}.get(
            tuple(found), f"it needs exactly one of {' '.join(RELATIONS)}"
        )
        raise InputError(f"cannot read the relation {clip(text)!r}: {hint}")
    left, right = text.split(found[0])
    return parse(left), found[0], parse(right)


def _check(text: str) -> None:
    """Characters, length, nesting and digits, before Python's parser sees the text."""
    if len(text) > MAX_LENGTH:
        raise InputError(f"expression of {len(text)} characters is too long: at most {MAX_LENGTH}")
    position = depth = chain = 0
    previous = ""
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None:
            raise InputError(_unreadable(text, position))
        position = token.end()
        word = token.group()
        if token["space"]:
            continue
        if token["number"] and sum(map(str.isdigit, word)) > MAX_DIGITS:
            raise InputError(f"number {clip(word)} has more than {MAX_DIGITS} digits: use smaller numbers")
        depth += (word == "(") - (word == ")")
        # Signs and powers nest to the right without brackets.
        if word == "**" or (word in "+-" and (previous in _OPENING)):
            chain += 1
        elif token["op"]:
            chain = 0
        previous = word
        if depth > MAX_NESTING or chain > MAX_NESTING:
            raise InputError(f"{clip(text)!r} is nested deeper than {MAX_NESTING} levels: split it up")
        if depth < 0:
            raise InputError(f"expression {clip(text)!r} closes a bracket that is not open")
    if depth:
        raise InputError(f"expression {clip(text)!r} has {depth} bracket(s) left open")
    if not previous:
        raise InputError("the expression is empty: write e.g. x + 1")


def _unreadable(text: str, position: int) -> str:
    character = text[position]
    if character == "^":
        return f"^ is not a power in {clip(text)!r}: write **"
    if character.isdigit() or character == ".":
        return _not_a_number(text[position : position + 20])
    if character in "<>=!":
        return f"{clip(text)!r} is a relation: an expression is wanted here"
    shown = character if character.isprintable() and character.isascii() else f"U+{ord(character):04X}"
    return f"character {shown!r} at position {position + 1} is not allowed in an expression"


def _not_a_number(literal: str) -> str:
    return f"cannot read the number {clip(literal)!r}: write e.g. 3, 0.25, 1e-30 or 3/4"


def _convert(root: ast.expr, source: str) -> Expr:
    """Whitelisted syntax to an expression, with a stack of its own."""
    results: list[Expr] = []
    stack: list[tuple[ast.expr, bool]] = [(root, False)]
    while stack:
        node, ready = stack.pop()
        match node:
            case ast.Constant(value=int() | float()) if not isinstance(node.value, bool):
                results.append(Number(_decimal(source[node.col_offset : node.end_col_offset])))
            case ast.Name():
                results.append(_variable(node.id))
            case ast.BinOp(left=left, op=op, right=right) if isinstance(op, _OPERATORS):
                if not ready:
                    stack += [(node, True), (right, False), (left, False)]
                    continue
                second = results.pop()
                results.append(_binary(node.op, results.pop(), second))
            case ast.UnaryOp(op=ast.UAdd() | ast.USub(), operand=operand):
                if not ready:
                    stack += [(node, True), (operand, False)]
                elif isinstance(node.op, ast.USub):
                    results.append(-results.pop())
            case ast.Call(func=ast.Name(id=name), args=[operand], keywords=[]) if name in FUNCTIONS:
                if not ready:
                    stack += [(node, True), (operand, False)]
                else:
                    results.append(Fn(name, results.pop()))
            case _:
                raise InputError(_not_allowed(node, source))
    return results[0]


def _binary(op: ast.operator, left: Expr, right: Expr) -> Expr:
    match op:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
        case ast.Div():
            return left / right
        case _:
            if not isinstance(right, Number) or right.value.denominator != 1:
                raise InputError(
                    f"exponent {clip(repr(right))!r} is not a whole number: "
                    "write sqrt(u) for roots, exp(u*log(v)) for other powers"
                )
            return left ** int(right.value)


def _variable(name: str) -> Expr:
    if name.lower() in _NOT_A_SYMBOL:
        raise InputError(f"{name} is not available as a number: name the variable differently")
    if name in _READ_AS_NUMBERS:
        raise InputError(f"{name} could be read as a number: {_READ_AS_NUMBERS[name]}")
    return Symbol(name)


def _decimal(literal: str) -> Fraction:
    """The exact value of a decimal literal, as spelled."""
    found = _DECIMAL.fullmatch(literal)
    if found is None:
        raise InputError(_not_a_number(literal))
    whole, fraction, exponent = found.groups()
    shift = int(exponent or 0) - len(fraction)
    if abs(shift) > MAX_DIGITS:
        raise InputError(f"number {clip(literal)} has more than {MAX_DIGITS} digits: use smaller numbers")
    digits = int(whole + fraction)
    return Fraction(digits * 10**shift) if shift >= 0 else Fraction(digits, 10**-shift)


def _not_allowed(node: ast.expr, source: str) -> str:
    piece = clip(source[node.col_offset : node.end_col_offset])
    if isinstance(node, ast.Call):
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name in FUNCTIONS:
            return f"{piece!r}: {name} takes exactly one argument"
        if not name:
            return f"{piece!r} calls something that is not a function: write * for a product"
        return f"function {clip(name)!r} in {piece!r} is unknown: use one of {', '.join(FUNCTIONS)}"
    kind = type(node).__name__
    return f"{piece!r} ({kind}) is not allowed: use names, numbers, + - * / **, brackets and functions"
