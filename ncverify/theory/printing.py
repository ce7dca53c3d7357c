"""Plain text and LaTeX of an expression, built bottom-up over its distinct nodes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import TYPE_CHECKING, Final, Protocol

from ncverify.errors import InputError

if TYPE_CHECKING:  # nodes.py imports this module
    from ncverify.theory.nodes import Expr

MAX_TEXT: Final = 10**6

# How tightly the outermost operator of a text binds.
_SUM, _PRODUCT, _POWER, _ATOM = range(4)

_GREEK: Final = frozenset((
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda",
    "mu", "nu", "xi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega", "Gamma", "Delta",
    "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega",
))  # fmt: skip
_LATEX_NAMES: Final = {"asin": r"\arcsin", "acos": r"\arccos", "atan": r"\arctan"}


class _Style(Protocol):
    """What differs between plain text and LaTeX."""

    def number(self, value: Fraction) -> str: ...
    def symbol(self, name: str) -> str: ...
    def group(self, text: str) -> str: ...
    def power(self, base: str, exponent: int) -> str: ...
    def product(self, left: str, right: str) -> str: ...
    def quotient(self, top: str, bottom: tuple[str, int]) -> str: ...
    def function(self, name: str, arg: str) -> str: ...


class _Plain:
    def number(self, value: Fraction) -> str:
        return str(value)

    def symbol(self, name: str) -> str:
        return name

    def group(self, text: str) -> str:
        return f"({text})"

    def power(self, base: str, exponent: int) -> str:
        return f"{base}**{exponent}" if exponent >= 0 else f"{base}**({exponent})"

    def product(self, left: str, right: str) -> str:
        return f"{left}*{right}"

    def quotient(self, top: str, bottom: tuple[str, int]) -> str:
        return f"{top}/{bottom[0] if bottom[1] >= _POWER else self.group(bottom[0])}"

    def function(self, name: str, arg: str) -> str:
        return f"{name}({arg})"


class _Latex:
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
        return rf"{base}^{{{exponent}}}"

    def product(self, left: str, right: str) -> str:
        return rf"{left} \cdot {right}" if right[0].isdigit() or left[-1].isdigit() else rf"{left} \, {right}"

    def quotient(self, top: str, bottom: tuple[str, int]) -> str:
        return rf"\frac{{{top}}}{{{bottom[0]}}}"

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
    sign, text = "", ""
    if args[0].head == "number" and args[0].value < 0:  # type: ignore[attr-defined]
        positive: Fraction = -args[0].value  # type: ignore[attr-defined]
        sign, args = "-", args[1:]
        if positive != 1 or _inverted(args[0]):
            text = style.number(positive)
    for arg in args:
        if _inverted(arg):
            text = style.quotient(text or "1", _bottom(arg, done, style))
        elif not text:
            # The first factor of a product may itself be one; a later one would be regrouped.
            text = _at_least(done[arg], _PRODUCT, style)
        else:
            text = style.product(text, _at_least(done[arg], _POWER, style))
    return sign + text, _SUM if sign else _PRODUCT


def _inverted(node: Expr) -> bool:
    return node.head == "pow" and node.exponent < 0  # type: ignore[attr-defined]


def _bottom(node: Expr, done: dict[Expr, tuple[str, int]], style: _Style) -> tuple[str, int]:
    base: Expr = node.base  # type: ignore[attr-defined]
    exponent: int = -node.exponent  # type: ignore[attr-defined]
    if exponent == 1:
        return done[base]
    return style.power(_at_least(done[base], _ATOM, style), exponent), _POWER


def _pow(node: Expr, done: dict[Expr, tuple[str, int]], style: _Style) -> tuple[str, int]:
    if _inverted(node):
        return style.quotient("1", _bottom(node, done, style)), _PRODUCT
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
