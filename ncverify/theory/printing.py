"""Plain text and LaTeX of an expression, built bottom-up over its distinct nodes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Final, Protocol

from ncverify.errors import InputError

if TYPE_CHECKING:  # nodes.py imports this module
    from ncverify.theory.nodes import Expr

MAX_TEXT: Final = 10**6

# How tightly the outermost operator of a text binds.
_SUM, _PRODUCT, _POWER, _ATOM = range(4)

_GREEK: Final = frozenset(
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi rho sigma tau upsilon phi chi psi "
    "omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega".split()
)
_LATEX_NAMES: Final = {"asin": r"\arcsin", "acos": r"\arccos", "atan": r"\arctan"}


class _Style(Protocol):
    """What differs between plain text and LaTeX."""

    product: str

    def number(self, value: Fraction) -> str: ...
    def symbol(self, name: str) -> str: ...
    def group(self, text: str) -> str: ...
    def power(self, base: str, exponent: int) -> str: ...
    def quotient(self, top: str, bottom: Sequence[tuple[str, int]], level: int) -> tuple[str, int]: ...
    def function(self, name: str, arg: str) -> str: ...


class _Plain:
    product = "*"

    def number(self, value: Fraction) -> str:
        return str(value)

    def symbol(self, name: str) -> str:
        return name

    def group(self, text: str) -> str:
        return f"({text})"

    def power(self, base: str, exponent: int) -> str:
        return f"{base}**{exponent}" if exponent >= 0 else f"{base}**({exponent})"

    def quotient(self, top: str, bottom: Sequence[tuple[str, int]], level: int) -> tuple[str, int]:
        parts = [text if have >= _POWER else self.group(text) for text, have in bottom]
        return "/".join([top, *parts]), _PRODUCT

    def function(self, name: str, arg: str) -> str:
        return f"{name}({arg})"


class _Latex:
    product = r" \cdot "

    def number(self, value: Fraction) -> str:
        if value.denominator == 1:
            return str(value)
        sign = "-" if value < 0 else ""
        return rf"{sign}\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"

    def symbol(self, name: str) -> str:
        found = re.fullmatch(r"([A-Za-z]+)_?([0-9]+|_[A-Za-z0-9]+)?", name)
        stem, index = (found[1], (found[2] or "").lstrip("_")) if found else (name, "")
        if found is None and name.strip("_").count("_") == 1:
            stem, index = name.strip("_").split("_")
        text = stem if len(stem) == 1 else rf"\{stem}" if stem in _GREEK else rf"\mathrm{{{_escape(stem)}}}"
        return rf"{text}_{{{_escape(index)}}}" if index else text

    def group(self, text: str) -> str:
        return rf"\left({text}\right)"

    def power(self, base: str, exponent: int) -> str:
        return rf"{{{base}}}^{{{exponent}}}"

    def quotient(self, top: str, bottom: Sequence[tuple[str, int]], level: int) -> tuple[str, int]:
        if len(bottom) == 1:
            below = bottom[0][0]
        else:
            below = self.product.join(text if have >= _PRODUCT else self.group(text) for text, have in bottom)
        return rf"\frac{{{top}}}{{{below}}}", _PRODUCT

    def function(self, name: str, arg: str) -> str:
        if name == "exp":
            return rf"e^{{{arg}}}"
        if name == "sqrt":
            return rf"\sqrt{{{arg}}}"
        return rf"{_LATEX_NAMES.get(name, chr(92) + name)}\left({arg}\right)"


def _escape(text: str) -> str:
    return text.replace("_", r"\_")


def plain_text(root: Expr, nodes: Iterable[Expr]) -> str:
    """Text in the syntax of ``parse``; ``nodes`` is the postorder of ``root``."""
    return _render(root, nodes, _Plain())


def latex_text(root: Expr, nodes: Iterable[Expr]) -> str:
    """LaTeX without dollar signs; ``nodes`` is the postorder of ``root``."""
    return _render(root, nodes, _Latex())


def shortened(root: Expr, nodes: Iterable[Expr], limit: int) -> str:
    """Plain text cut to ``limit`` characters, for messages; never fails."""
    try:
        text = plain_text(root, nodes)
    except InputError:
        return "(an expression too large to print)"
    return text if len(text) <= limit else text[: limit - 3] + "..."


def _render(root: Expr, nodes: Iterable[Expr], style: _Style) -> str:
    done: dict[Expr, tuple[str, int]] = {}
    for node in nodes:
        done[node] = _RENDER.get(node.head, _function)(node, done, style)
        if len(done[node][0]) > MAX_TEXT:
            raise InputError(f"the expression is too large to print: more than {MAX_TEXT} characters")
    return done[root][0]


def _at_least(text: tuple[str, int], level: int, style: _Style) -> str:
    return text[0] if text[1] >= level else style.group(text[0])


def _number(node: Expr, done: dict[Expr, tuple[str, int]], style: _Style) -> tuple[str, int]:
    value: Fraction = node.value  # type: ignore[attr-defined]
    # A negative number binds like a sum (it starts with an operator), a quotient like a product.
    return style.number(value), _SUM if value < 0 else _ATOM if value.denominator == 1 else _PRODUCT


def _symbol(node: Expr, done: dict[Expr, tuple[str, int]], style: _Style) -> tuple[str, int]:
    return style.symbol(node.name), _ATOM  # type: ignore[attr-defined]


def _add(node: Expr, done: dict[Expr, tuple[str, int]], style: _Style) -> tuple[str, int]:
    pieces: list[str] = []
    for position, arg in enumerate(node.args):
        text = _at_least(done[arg], _PRODUCT, style) if arg.head == "add" and position else done[arg][0]
        if not position:
            pieces.append(text)
        else:
            pieces.append(f" - {text[1:]}" if text.startswith("-") else f" + {text}")
    return "".join(pieces), _SUM


def _mul(node: Expr, done: dict[Expr, tuple[str, int]], style: _Style) -> tuple[str, int]:
    args = node.args
    sign = ""
    first = args[0]
    if first.head == "number" and first.value < 0:  # type: ignore[attr-defined]
        sign = "-"
        positive = -first.value  # type: ignore[attr-defined]
        level = _ATOM if positive.denominator == 1 else _PRODUCT
        start = [] if positive == 1 and not _inverted(args[1]) else [(style.number(positive), level)]
        args = args[1:]
    else:
        start = []
    text, level = "", _ATOM
    for item in [*start, *args]:
        if not isinstance(item, tuple) and _inverted(item):
            bottom = [_bottom(item, done, style)]
            text, level = style.quotient(text or style.number(Fraction(1)), bottom, level)
        else:
            # The first factor of a product may be a product; a later one would regroup it.
            piece = item if isinstance(item, tuple) else done[item]
            factor = _at_least(piece, _PRODUCT if not text else _POWER, style)
            text, level = (f"{text}{style.product}{factor}", _PRODUCT) if text else (factor, piece[1])
    return sign + text, _SUM if sign else _PRODUCT


def _inverted(node: Expr) -> bool:
    return node.head == "pow" and node.exponent < 0  # type: ignore[attr-defined, no-any-return]


def _bottom(node: Expr, done: dict[Expr, tuple[str, int]], style: _Style) -> tuple[str, int]:
    base: Expr = node.base  # type: ignore[attr-defined]
    exponent: int = -node.exponent  # type: ignore[attr-defined]
    if exponent == 1:
        return done[base]
    return style.power(_at_least(done[base], _ATOM, style), exponent), _POWER


def _pow(node: Expr, done: dict[Expr, tuple[str, int]], style: _Style) -> tuple[str, int]:
    if _inverted(node):
        return style.quotient(style.number(Fraction(1)), [_bottom(node, done, style)], _ATOM)
    base, exponent = node.base, node.exponent  # type: ignore[attr-defined]
    return style.power(_at_least(done[base], _ATOM, style), exponent), _POWER


def _function(node: Expr, done: dict[Expr, tuple[str, int]], style: _Style) -> tuple[str, int]:
    # In LaTeX e^{u} is itself a power: as the base of another one it needs a group.
    level = _POWER if node.head == "exp" and isinstance(style, _Latex) else _ATOM
    return style.function(node.head, done[node.args[0]][0]), level


_RENDER: Final[dict[str, Callable[[Expr, dict[Expr, tuple[str, int]], _Style], tuple[str, int]]]] = {
    "number": _number,
    "symbol": _symbol,
    "add": _add,
    "mul": _mul,
    "pow": _pow,
}
