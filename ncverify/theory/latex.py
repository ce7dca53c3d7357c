r"""Reading a documented subset of LaTeX, with a grammar of its own; nothing is evaluated as code.

Numbers ``2``, ``0.5``; symbols ``x``, ``\lambda``, ``s_1`` (named s1), ``s_{ab}`` (s_ab), ``\hat p_a``
(phat_a), ``\dot s``, ``\bar s``, ``\tilde x``, ``\mathrm{KL}``; ``+ - / \cdot \times *`` and products by
juxtaposition; ``\frac`` (``\tfrac``, ``\dfrac``), ``\sqrt``, powers with whole exponents, ``e^{...}``,
``\exp``, ``\log``, ``\ln``, ``\sin``, ``\cos``, ``\tan``, their inverses ``\arcsin`` and so on, ``\sinh``,
``\cosh``, ``\tanh``, ``\sin^2 x`` for (sin x)^2; brackets ``( ) [ ]``, braces around one factor (they do
not show in print), with ``\left``, ``\right``, ``\big`` and the like; spaces ``\, \; \! ~ \quad``.  Anything
else is refused by name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken, VisitError

from ncverify.errors import InputError
from ncverify.theory.latex_subset import GREEK, check_subset
from ncverify.theory.nodes import MAX_DIGITS, Expr, Fn, Number, Pow, Symbol, clip

MAX_LENGTH: Final = 20_000
MAX_NESTING: Final = 60

_GRAMMAR: Final = r"""
?start: sum
sum: SIGN? term (SIGN term)*
term: factor (TIMES factor | SLASH factor | factor)*
?factor: atom | power
power: atom "^" exponent
?exponent: "{" sum "}" | DIGIT -> digit | symbol
?atom: NUMBER -> number
     | symbol
     | "(" sum ")" -> group
     | "[" sum "]" -> group
     | "{" factor "}" -> braces
     | solid
     | FUNCTION "(" sum ")" -> call
     | FUNCTION "{" factor "}" -> open_call
     | FUNCTION (symbol | number | solid) -> open_call
     | FUNCTION "^" whole "(" sum ")" -> call_to
     | FUNCTION "^" whole "{" factor "}" -> open_call_to
     | FUNCTION "^" whole (symbol | solid) -> open_call_to
?solid: FRAC piece piece -> frac
      | DIGITS -> digits
      | SQRT piece -> root
whole: DIGIT | "{" SIGN? NUMBER "}"
number: NUMBER
?piece: "{" sum "}" | DIGIT -> digit
symbol: ACCENT? LETTER subscript?
      | ACCENT "{" LETTER subscript? "}" subscript?
subscript: "_" DIGIT | "_" LETTER | "_{" NAME "}"
SIGN: "+" | "-"
TIMES.3: /\*|\\(cdot|times)(?![A-Za-z])/
SLASH: "/"
DIGITS.4: /\\[td]?frac *[0-9] *[0-9]/
FRAC.3: /\\[td]?frac(?![A-Za-z])/
SQRT.3: /\\sqrt(?![A-Za-z])/
FUNCTION.3: /\\(exp|log|ln|sinh|cosh|tanh|sin|cos|tan|arcsin|arccos|arctan)(?![A-Za-z])/
ACCENT.2: /\\(hat|widehat|bar|overline|dot|tilde)(?![A-Za-z])/
LETTER: /\\mathrm\{[A-Za-z][A-Za-z0-9]*\}|\\[A-Za-z]+|[A-Za-z]/
NAME: /[A-Za-z0-9]+/
NUMBER: /[0-9]+(\.[0-9]+)?/
DIGIT: /[0-9]/
%ignore /\s+/
"""

_NOTHING: Final = re.compile(
    r"\\(left|right|bigl|bigr|Bigl|Bigr|biggl|biggr|big|Big|bigg|Bigg|quad|qquad|displaystyle)(?![A-Za-z])"
    r"|\\[,;:! ]|~|\$|\\limits(?![A-Za-z])"
)
_FUNCTION_NAMES: Final = frozenset(("f", "g", "F", "G", "sigma", "phi", "varphi", "psi", "Phi", "Psi"))
_OPERATORS: Final = frozenset(
    ("ln", "lg", "tr", "Tr", "det", "diag", "max", "min", "rank", "sgn", "sign", "erf", "softmax", "relu")
)
_FUNCTIONS: Final = {"ln": "log", "arcsin": "asin", "arccos": "acos", "arctan": "atan"}
_FUNCTION_COMMANDS: Final = frozenset(
    ("exp", "log", "ln", "sinh", "cosh", "tanh", "sin", "cos", "tan", "arcsin", "arccos", "arctan")
)
_SPELLED: Final = (*sorted(_FUNCTION_COMMANDS), "sqrt")
_LETTERS: Final = re.compile(
    r"(?<![\\A-Za-z])(?<!_\{)(?<!\\mathrm\{)([A-Za-z]{2,})(\s*(?:\^\s*(?:\{[^{}]*\}|\S)\s*)?\()?"
)
"""Letters without a backslash, and the bracket behind them, with a power in between."""
_RAISED: Final = frozenset(("sin", "cos", "tan", "sinh", "cosh", "tanh"))
"""Functions of which f^2 x means (f(x))^2 to everybody."""
_ACCENTS: Final = {"widehat": "hat", "overline": "bar"}


def parse_latex(text: str) -> Expr:
    """The expression that a formula in LaTeX spells.  Raises ``InputError`` with one line."""
    return _parsed(text, _Reader())


def _parsed(text: str, reader: _Reader) -> Expr:
    source = _prepared(text)
    if not source.strip():
        raise InputError("the formula is empty: write e.g. x + 1")
    try:
        found: Expr = reader.transform(_parser().parse(source))
    except VisitError as error:
        if isinstance(error.orig_exc, InputError):
            raise error.orig_exc from None
        raise
    except UnexpectedInput as error:
        raise InputError(_complaint(error, source)) from None
    if "e" in found.free_symbols:
        raise InputError("e alone could be the number: write e^{...} or \\exp, or rename the variable")
    return found


def parse_latex_equation(text: str) -> tuple[Expr, Expr]:
    """Both sides of ``left = right``."""
    _prepared(text)
    sides = text.split("=")
    if len(sides) != 2:
        raise InputError(f"{clip(text)!r} has {len(sides) - 1} signs =: an equation has one")
    reader = _Reader()
    return _parsed(sides[0], reader), _parsed(sides[1], reader)


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", maybe_placeholders=False)


def _prepared(text: str) -> str:
    if len(text) > MAX_LENGTH:
        raise InputError(f"formula of {len(text)} characters is too long: at most {MAX_LENGTH}")
    depth = deepest = 0
    for character in text:
        depth += (character in "({[") - (character in ")}]")
        deepest = max(deepest, depth)
    if deepest > MAX_NESTING:
        raise InputError(f"{clip(text)!r} is nested deeper than {MAX_NESTING} levels: split it up")
    long_number = re.search(rf"[0-9]{{{MAX_DIGITS + 1},}}", text)
    if long_number:
        raise InputError(
            f"number {clip(long_number[0])} has more than {MAX_DIGITS} digits: use smaller numbers"
        )
    source = re.sub(r"_\s*\{\s*", "_{", _NOTHING.sub(" ", text))
    check_subset(source)
    _check_letters(source)
    return source


def _check_letters(source: str) -> None:
    """Refuse letters that spell a function, such as sin^2(x)."""
    for found in _LETTERS.finditer(source):
        letters, behind = found.groups()
        names = [name for name in _SPELLED if letters == name or (behind and letters.endswith(name))]
        if names:
            name = max(names, key=len)
            raise InputError(f"{name} could be a function: write \\{name}, or {' '.join(name)} for a product")


def _complaint(error: UnexpectedInput, source: str) -> str:
    position = error.pos_in_stream
    ended = isinstance(error, UnexpectedToken) and error.token.type == "$END"
    if position is None or position >= len(source.rstrip()) or ended:
        return f"the formula {clip(source)!r} ends too early: a bracket or an operand is missing"
    near = clip(source[position : position + 20])
    if isinstance(error, UnexpectedCharacters):
        return f"cannot read {near!r} in the formula: it is outside the subset of LaTeX that is read"
    return f"cannot read the formula near {near!r}: check operators and brackets"


@dataclass(frozen=True)
class _Part:
    """A factor, and how it was written: a function without brackets, a numeral, in brackets, in braces
    (which do not show in print), a word such as \\mathrm{KL}."""

    value: Expr
    bare: str = ""
    numeral: bool = False
    group: bool = False
    braces: bool = False
    upright: bool = False


def _part(found: Any) -> _Part:
    return found if isinstance(found, _Part) else _Part(found)


@v_args(inline=True)
class _Reader(Transformer[Token, Any]):
    """Reads one formula or equation, in which a name is written in one way."""

    def __init__(self) -> None:
        super().__init__()
        self.spelled: dict[str, tuple[str, ...]] = {}

    def sum(self, *parts: Any) -> Expr:
        total: Expr | None = None
        negative = False
        for part in parts:
            if isinstance(part, Token):
                negative = part == "-"
                continue
            signed = -part if negative else part
            total = signed if total is None else total + signed
            negative = False
        assert total is not None
        return total

    def term(self, *parts: Any) -> Expr:
        result: Expr | None = None
        joined: str | None = None
        before = _Part(Number(Fraction(1)))
        slashed = False
        for found in parts:
            if isinstance(found, Token):
                joined = str(found)
                continue
            part = _part(found)
            if result is None:
                result = part.value
            elif joined is not None and before.bare:
                name = before.bare
                raise InputError(f"{joined} behind {name} x is ambiguous: write {name}(x) with brackets")
            elif joined is None:
                _check_juxtaposed(before, part, slashed=slashed)
                result = result * part.value
            elif joined == "/":
                result, slashed = result / part.value, True
            else:
                result, slashed = result * part.value, False
            before, joined = part, None
        assert result is not None
        return result

    def power(self, found: Any, exponent: Any) -> Any:
        base, exponent = _part(found), _part(exponent).value
        if base.bare:
            name = base.bare
            raise InputError(f"a power behind {name} x is ambiguous: write {name}(x)^2 or {name}(x^2)")
        if base.braces and isinstance(base.value, Pow):
            raise InputError("braces do not show in print: write (x^2)^3, with brackets")
        if isinstance(base.value, Symbol) and base.value.name == "e":
            return Fn("exp", exponent)
        if isinstance(exponent, Number) and exponent.value.denominator == 1:
            return base.value ** int(exponent.value)
        if isinstance(exponent, Number) and exponent.value == Fraction(1, 2):
            return Fn("sqrt", base.value)
        raise InputError(
            f"exponent {clip(repr(exponent))} is not a whole number: write \\sqrt or e^{{u \\log v}}"
        )

    def number(self, token: Token) -> Any:
        return _Part(Number(Fraction(str(token))), numeral=True)

    def digit(self, token: Token) -> Expr:
        return Number(Fraction(str(token)))

    def group(self, value: Expr) -> Any:
        return _Part(value, group=True)

    def braces(self, found: Any) -> Any:
        return replace(_part(found), braces=True)

    def frac(self, _: Token, over: Expr, under: Expr) -> Expr:
        if "d" in over.free_symbols and "d" in under.free_symbols:
            raise InputError("derivatives are not read: differentiate first, and write the result")
        return over / under

    def digits(self, token: Token) -> Expr:
        over, under = re.findall("[0-9]", str(token))
        return Number(Fraction(int(over))) / int(under)

    def root(self, _: Token, value: Expr) -> Expr:
        return Fn("sqrt", value)

    def call(self, name: Token, value: Expr) -> Expr:
        plain = str(name)[1:]
        return Fn(_FUNCTIONS.get(plain, plain), value)

    def open_call(self, name: Token, value: Any) -> Any:
        return _Part(self.call(name, _part(value).value), bare=str(name))

    def whole(self, *parts: Token) -> int:
        text = "".join(map(str, parts))
        if not text.isdigit() or int(text) < 1:
            raise InputError(
                f"power {clip(text)} of a function is ambiguous: write \\frac{{1}}{{\\sin(x)}} or \\arcsin(x)"
            )
        return int(text)

    def call_to(self, name: Token, power: int, value: Expr) -> Expr:
        if str(name)[1:] not in _RAISED:
            raise InputError(f"{name}^{power} is ambiguous: write ({name}(x))^{power}, or the power inside")
        return self.call(name, value) ** power

    def open_call_to(self, name: Token, power: int, value: Any) -> Any:
        return _Part(self.call_to(name, power, _part(value).value), bare=f"{name}^{power}")

    def subscript(self, token: Token) -> str:
        name = str(token)
        return name if name.isdigit() else f"_{_plain_letter(name)}"

    def symbol(self, *parts: Any) -> Any:
        accent = letter = raw = subscript = ""
        for part in parts:
            if isinstance(part, Token) and part.type == "ACCENT":
                accent = _ACCENTS.get(str(part)[1:], str(part)[1:])
            elif isinstance(part, Token):
                letter, raw = _plain_letter(str(part)), str(part)
            else:
                subscript += part
        upright = len(letter) > 1 and letter not in GREEK
        name, spelling = letter + accent + subscript, (raw, accent, subscript)
        if self.spelled.setdefault(name, spelling) != spelling:
            raise InputError(f"two symbols of the formula have the name {clip(name)}: rename one of them")
        return _Part(Symbol(name), upright=upright)


def _check_juxtaposed(before: _Part, part: _Part, *, slashed: bool) -> None:
    """Refuse what people read in two ways."""
    if before.bare:
        name = before.bare
        raise InputError(f"a factor behind {name} x is ambiguous: write {name}(x) with brackets")
    if slashed:
        raise InputError(r"a factor behind a/b is ambiguous: write \frac{a}{b}, or a \cdot")
    if part.numeral:
        raise InputError(r"a number behind a factor is ambiguous: put it in front, or write \cdot")
    if before.upright and (part.group or repr(before.value) in _OPERATORS):
        word = repr(before.value)
        raise InputError(f"{word} could be a function: write {word} \\cdot x, or its formula")
    if part.group and isinstance(before.value, Symbol) and before.value.name in _FUNCTION_NAMES:
        name = before.value.name
        raise InputError(f"{name}(...) could be a function: write {name} \\cdot (...), or its formula")


def _plain_letter(token: str) -> str:
    if token.startswith(r"\mathrm{"):
        return token[8:-1]
    if token.startswith("\\"):
        name = token[1:]
        if name == "pi":
            raise InputError(r"\pi is not available as a number: name the variable differently")
        if name in _FUNCTION_COMMANDS:
            raise InputError(f"\\{name} stands where a variable or a bracket is expected: write \\{name}(x)")
        if name not in GREEK:
            raise InputError(f"the command \\{clip(name)} is outside the subset of LaTeX that is read")
        return name
    return token
