"""Plain text and LaTeX of an expression, written from left to right in one pass.

The cost is linear in the text, which may be much longer than the expression (shared parts are written
each time they occur), so every text has a limit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from ncverify.errors import InputError

if TYPE_CHECKING:  # nodes.py imports this module
    from ncverify.theory.nodes import Expr

MAX_TEXT: Final = 10**6
_LONG: Final = 200  # characters of a side that is written as a formula

# How tightly the outermost operator of a text binds.
_SUM, _PRODUCT, _POWER, _ATOM = range(4)

_GREEK: Final = frozenset((
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu",
    "nu", "xi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega", "Gamma", "Delta", "Theta",
    "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega",
))  # fmt: skip
_LATEX_NAMES: Final = {"asin": r"\arcsin", "acos": r"\arccos", "atan": r"\arctan"}

# What an expression is written as: text, subexpressions, and subexpressions without their minus sign.
_Piece: TypeAlias = "str | Expr | tuple[Expr]"
_Pieces: TypeAlias = "list[_Piece]"


class _Style(Protocol):
    """What differs between plain text and LaTeX."""

    brackets: tuple[str, str]

    def number(self, value: Fraction) -> str: ...
    def symbol(self, name: str) -> str: ...
    def function(self, node: Expr) -> _Pieces: ...
    def level(self, node: Expr) -> int: ...
    def power(self, base: _Pieces, exponent: int) -> _Pieces: ...
    def times(self, right: Expr) -> str: ...
    def quotient(self, top: _Pieces, bottom: _Pieces, *, tight: bool) -> _Pieces: ...


class _Plain:
    brackets = ("(", ")")

    def number(self, value: Fraction) -> str:
        return str(value)

    def symbol(self, name: str) -> str:
        return name

    def function(self, node: Expr) -> _Pieces:
        return [f"{node.head}(", node.args[0], ")"]

    def level(self, node: Expr) -> int:
        return _level(node)

    def power(self, base: _Pieces, exponent: int) -> _Pieces:
        return [*base, f"**{exponent}"]

    def times(self, right: Expr) -> str:
        return "*"

    def quotient(self, top: _Pieces, bottom: _Pieces, *, tight: bool) -> _Pieces:
        return [*top, "/", *(bottom if tight else ["(", *bottom, ")"])]


class _Latex:
    brackets = (r"\left(", r"\right)")

    def number(self, value: Fraction) -> str:
        if value.denominator == 1:
            return str(value)
        sign = "-" if value < 0 else ""
        return rf"{sign}\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"

    def symbol(self, name: str) -> str:
        found = re.fullmatch(r"([A-Za-z]+)_?([0-9]*)|([A-Za-z]+)_([A-Za-z0-9]+)", name)
        stem, index = (found[1] or found[3], found[2] or found[4]) if found else (name, "")
        if len(stem) > 1:
            stem = rf"\{stem}" if stem in _GREEK else rf"\mathrm{{{stem}}}".replace("_", r"\_")
        return f"{stem}_{{{index}}}" if index else stem

    def function(self, node: Expr) -> _Pieces:
        if node.head == "exp":
            return ["e^{", node.args[0], "}"]
        if node.head == "sqrt":
            return [r"\sqrt{", node.args[0], "}"]
        return [_LATEX_NAMES.get(node.head, "\\" + node.head), r"\left(", node.args[0], r"\right)"]

    def level(self, node: Expr) -> int:
        # Fractions bind by their bar, e^{u} is itself a power: they need brackets only as the base of one.
        level = _level(node)
        if node.head == "exp" or (level == _PRODUCT and node.head != "mul"):
            return _POWER
        return level

    def power(self, base: _Pieces, exponent: int) -> _Pieces:
        return [*base, f"^{{{exponent}}}"]

    def times(self, right: Expr) -> str:
        return r" \cdot " if right.head == "number" else r" \, "

    def quotient(self, top: _Pieces, bottom: _Pieces, *, tight: bool) -> _Pieces:
        return [r"\frac{", *top, "}{", *bottom, "}"]


def plain_text(root: Expr) -> str:
    """Text in the syntax of ``parse``."""
    return _whole(root, _Plain())


def latex_text(root: Expr) -> str:
    """LaTeX without dollar signs."""
    return _whole(root, _Latex())


def shortened(root: Expr, limit: int) -> str:
    """Plain text cut to ``limit`` characters, for messages; cost is linear in ``limit``."""
    text = "".join(_cut(_write(root, _Plain()), limit + 1))
    return text if len(text) <= limit else text[: limit - 3] + "..."


def latex_chain(chain: Sequence[tuple[str, Expr]]) -> str:
    """LaTeX of a = b <= c from ("=", a), ("=", b), ("<=", c): each side with the sign in front of it.

    Nothing where a side is long: its LaTeX may be much longer than what it was read from.
    """
    if any(shortened(side, _LONG).endswith("...") for _, side in chain):
        return ""
    signs = {"<=": r"\le", ">=": r"\ge", "==": "="}
    return " ".join(
        text for sign, side in chain for text in (signs.get(sign, sign), latex_text(side))
    ).removeprefix("= ")


def _whole(root: Expr, style: _Style) -> str:
    text = "".join(_cut(_write(root, style), MAX_TEXT + 1))
    if len(text) > MAX_TEXT:
        raise InputError(f"the expression is too large to print: more than {MAX_TEXT} characters")
    return text


def _cut(parts: Iterator[str], limit: int) -> Iterator[str]:
    length = 0
    for part in parts:
        yield part
        length += len(part)
        if length >= limit:
            return


def _write(root: Expr, style: _Style) -> Iterator[str]:
    stack: _Pieces = [root]
    while stack:
        piece = stack.pop()
        if isinstance(piece, str):
            yield piece
        elif isinstance(piece, tuple):
            stack.extend(reversed(_pieces(piece[0], style, signed=False)))
        else:
            stack.extend(reversed(_pieces(piece, style, signed=True)))


def _pieces(node: Expr, style: _Style, *, signed: bool) -> _Pieces:
    match node.head:
        case "number":
            value: Fraction = node.value  # type: ignore[attr-defined]
            return [style.number(value if signed else abs(value))]
        case "symbol":
            return [style.symbol(node.name)]  # type: ignore[attr-defined]
        case "add":
            return _add(node, style)
        case "mul":
            return _mul(node, style, signed=signed)
        case "pow" if _inverted(node):
            return _divided(["1"], node, style)
        case "pow":
            exponent: int = node.exponent  # type: ignore[attr-defined]
            return style.power(_at_least(node.args[0], _ATOM, style), exponent)
        case _:
            return style.function(node)


def _level(node: Expr) -> int:
    match node.head:
        case "number":
            # A negative number starts with an operator, like a sum; 2/3 is a quotient.
            value: Fraction = node.value  # type: ignore[attr-defined]
            return _SUM if value < 0 else _ATOM if value.denominator == 1 else _PRODUCT
        case "add":
            return _SUM
        case "mul":
            return _SUM if _negative(node) else _PRODUCT
        case "pow":
            return _PRODUCT if _inverted(node) else _POWER
        case _:
            return _ATOM


def _negative(node: Expr) -> bool:
    """Whether the text starts with a minus sign that belongs to the whole of a number or product."""
    first = node.args[0] if node.head == "mul" else node
    return first.head == "number" and first.value < 0  # type: ignore[attr-defined]


def _inverted(node: Expr) -> bool:
    return node.head == "pow" and node.exponent < 0  # type: ignore[attr-defined]


def _at_least(node: Expr, level: int, style: _Style) -> _Pieces:
    if style.level(node) >= level:
        return [node]
    return [style.brackets[0], node, style.brackets[1]]


def _add(node: Expr, style: _Style) -> _Pieces:
    pieces: _Pieces = [node.args[0]]
    for arg in node.args[1:]:
        if _negative(arg):
            pieces += [" - ", (arg,)]
        else:
            pieces += [" + ", *_at_least(arg, _PRODUCT, style)]
    return pieces


def _mul(node: Expr, style: _Style, *, signed: bool) -> _Pieces:
    args = node.args
    pieces: _Pieces = []
    if _negative(node):
        if args[0].value != -1:  # type: ignore[attr-defined]
            pieces = [(args[0],)]
        args = args[1:]
    for arg in args:
        if _inverted(arg):
            pieces = _divided(pieces or ["1"], arg, style)
        elif not pieces:
            # The first factor of a product may itself be one; a later one would be regrouped.
            pieces = _at_least(arg, _PRODUCT, style)
        else:
            pieces += [style.times(arg), *_at_least(arg, _POWER, style)]
    return ["-", *pieces] if signed and _negative(node) else pieces


def _divided(top: _Pieces, power: Expr, style: _Style) -> _Pieces:
    """top / base**k, where ``power`` is base**-k."""
    base, exponent = power.args[0], -power.exponent  # type: ignore[attr-defined]
    if exponent == 1:
        return style.quotient(top, [base], tight=style.level(base) >= _POWER)
    return style.quotient(top, style.power(_at_least(base, _ATOM, style), exponent), tight=True)
