"""Nodes of the expression tree: immutable, shared, built only from a whitelist of heads.

Equal expressions are one object (hash-consing), so ``==`` is ``is``, shared parts cost nothing, and
every traversal visits each distinct node once, with a stack of its own: depth is not limited by
Python's recursion limit.  Nothing here evaluates or simplifies beyond arithmetic of two numbers and
the neutral elements; in particular ``0 * u`` stays, because u may be undefined.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any, Final, NoReturn, TypeAlias
from weakref import WeakValueDictionary

from ncverify.errors import InputError
from ncverify.theory.printing import latex_text, plain_text, shortened

FUNCTIONS: Final = (
    "exp", "log", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh",
)  # fmt: skip
"""The whitelisted unary functions."""

MAX_DIGITS: Final = 4000
"""Decimal digits of a numerator or denominator (Python prints integers of up to 4300)."""
MAX_BITS: Final = MAX_DIGITS * 3322 // 1000
MAX_EXPONENT: Final = 10**6
"""Absolute value of an exponent."""

_FLAT_ARITY: Final = 256  # operators flatten sums up to this length, so that long loops stay linear
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")

Operand: TypeAlias = "Expr | int | Fraction"


class Expr:
    """An exact expression over the reals: a node of a shared, immutable tree.

    Build with ``number``, ``symbol``, operators (``+ - * /`` and ``**`` with a whole exponent; int and
    Fraction mix in, floats are refused by ``InputError``) and the functions of this package.  ``==``
    compares structure, never value: ask ``ncverify.decide`` whether two expressions are equal.
    """

    __slots__ = ("__weakref__",)

    @property
    def head(self) -> str:
        """``number``, ``symbol``, ``add``, ``mul``, ``pow`` or the name of a function."""
        raise NotImplementedError

    @property
    def args(self) -> tuple[Expr, ...]:
        """The children."""
        return ()

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError("expressions are immutable")

    def __copy__(self) -> Expr:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Expr:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        from ncverify.theory.interchange import from_json, to_json  # it imports this module

        return (from_json, (to_json(self),))

    def __add__(self, other: Operand) -> Expr:
        return _sum(self, as_expr(other))

    def __radd__(self, other: Operand) -> Expr:
        return _sum(as_expr(other), self)

    def __sub__(self, other: Operand) -> Expr:
        return _sum(self, -as_expr(other))

    def __rsub__(self, other: Operand) -> Expr:
        return _sum(as_expr(other), -self)

    def __mul__(self, other: Operand) -> Expr:
        return _product(self, as_expr(other))

    def __rmul__(self, other: Operand) -> Expr:
        return _product(as_expr(other), self)

    def __truediv__(self, other: Operand) -> Expr:
        return _product(self, as_expr(other) ** -1)

    def __rtruediv__(self, other: Operand) -> Expr:
        return _product(as_expr(other), self**-1)

    def __neg__(self) -> Expr:
        if isinstance(self, Number):
            return Number(-self.value)
        if isinstance(self, Mul) and isinstance(self.args[0], Number):
            factor = -self.args[0].value
            rest = self.args[1:]
            if factor != 1:
                return Mul((Number(factor), *rest))
            return rest[0] if len(rest) == 1 else Mul(rest)
        return Mul((Number(Fraction(-1)), self))

    def __pos__(self) -> Expr:
        return self

    def __pow__(self, exponent: int) -> Expr:
        return power(self, exponent)

    def __float__(self) -> float:
        raise TypeError(
            f"{clip(repr(self))} is an exact expression, not a float: for functions use nv.exp, nv.log, "
            "nv.sqrt, or text such as 'sin(x)'"
        )

    # NumPy calls these for np.log(x) and its sisters.
    def exp(self) -> NoReturn:
        """Refused: NumPy has no exact functions."""
        raise TypeError("np.exp does not take exact expressions: use nv.exp")

    def log(self) -> NoReturn:
        """Refused: NumPy has no exact functions."""
        raise TypeError("np.log does not take exact expressions: use nv.log")

    def sqrt(self) -> NoReturn:
        """Refused: NumPy has no exact functions."""
        raise TypeError("np.sqrt does not take exact expressions: use nv.sqrt")

    def _no_relation(self, _: object) -> NoReturn:
        raise TypeError(f"relations are written as text, such as '{clip(repr(self))} > 0'")

    __lt__ = __le__ = __gt__ = __ge__ = _no_relation

    @property
    def free_symbols(self) -> tuple[str, ...]:
        """The names of the symbols, sorted."""
        return tuple(sorted(node.name for node in postorder(self) if isinstance(node, Symbol)))

    def plain(self) -> str:
        """Text that ``parse`` reads back.  Raises ``InputError`` if it would exceed 10^6 characters."""
        return plain_text(self)

    def latex(self) -> str:
        """LaTeX source, without dollar signs.  Raises ``InputError`` if it would exceed 10^6 characters."""
        return latex_text(self)

    def __str__(self) -> str:
        return self.plain()

    def __repr__(self) -> str:
        return shortened(self, 200)

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"


_TABLE: WeakValueDictionary[tuple[Any, ...], Expr] = WeakValueDictionary()


class Number(Expr):
    """A rational number."""

    __slots__ = ("value",)
    value: Fraction

    def __new__(cls, value: Fraction) -> Number:
        key = (cls, value)
        found = _TABLE.get(key)
        if found is None:
            if max(abs(value.numerator), value.denominator).bit_length() > MAX_BITS:
                raise InputError(f"a number has more than {MAX_DIGITS} digits: use smaller numbers")
            found = object.__new__(cls)
            object.__setattr__(found, "value", value)
            _TABLE[key] = found
        return found  # type: ignore[return-value]

    @property
    def head(self) -> str:
        return "number"


class Symbol(Expr):
    """A real variable."""

    __slots__ = ("name",)
    name: str

    def __new__(cls, name: str) -> Symbol:
        key = (cls, name)
        found = _TABLE.get(key) if isinstance(name, str) else None
        if found is None:
            check_name(name)
            found = object.__new__(cls)
            object.__setattr__(found, "name", name)
            _TABLE[key] = found
        return found  # type: ignore[return-value]

    @property
    def head(self) -> str:
        return "symbol"


class _Nary(Expr):
    __slots__ = ("_args",)
    _args: tuple[Expr, ...]

    def __new__(cls, args: tuple[Expr, ...]) -> _Nary:
        key = (cls, args)
        found = _TABLE.get(key)
        if found is None:
            if len(args) < 2:
                raise InputError(f"{cls.__name__} needs at least two arguments, got {len(args)}")
            found = object.__new__(cls)
            object.__setattr__(found, "_args", args)
            _TABLE[key] = found
        return found  # type: ignore[return-value]

    @property
    def args(self) -> tuple[Expr, ...]:
        return self._args


class Add(_Nary):
    """A sum of two or more expressions, in the order given."""

    __slots__ = ()

    @property
    def head(self) -> str:
        return "add"


class Mul(_Nary):
    """A product of two or more expressions, in the order given."""

    __slots__ = ()

    @property
    def head(self) -> str:
        return "mul"


class Pow(Expr):
    """A power with a whole exponent; u**0 is 1 wherever u is defined."""

    __slots__ = ("base", "exponent")
    base: Expr
    exponent: int

    def __new__(cls, base: Expr, exponent: int) -> Pow:
        key = (cls, base, exponent)
        found = _TABLE.get(key)
        if found is None:
            if abs(exponent) > MAX_EXPONENT:
                raise InputError(f"exponent {clip(exponent)} is too large: at most {MAX_EXPONENT}")
            found = object.__new__(cls)
            object.__setattr__(found, "base", base)
            object.__setattr__(found, "exponent", exponent)
            _TABLE[key] = found
        return found  # type: ignore[return-value]

    @property
    def head(self) -> str:
        return "pow"

    @property
    def args(self) -> tuple[Expr, ...]:
        return (self.base,)


class Fn(Expr):
    """A whitelisted unary function of an expression."""

    __slots__ = ("arg", "name")
    name: str
    arg: Expr

    def __new__(cls, name: str, arg: Expr) -> Fn:
        key = (cls, name, arg)
        found = _TABLE.get(key)
        if found is None:
            if name not in FUNCTIONS:
                raise InputError(f"function {clip(name)!r} is unknown: use one of {', '.join(FUNCTIONS)}")
            found = object.__new__(cls)
            object.__setattr__(found, "name", name)
            object.__setattr__(found, "arg", arg)
            _TABLE[key] = found
        return found  # type: ignore[return-value]

    @property
    def head(self) -> str:
        return self.name

    @property
    def args(self) -> tuple[Expr, ...]:
        return (self.arg,)


def clip(value: object, limit: int = 60) -> str:
    """ASCII text of a value for an error message, on one line and cut to ``limit`` characters."""
    if isinstance(value, (int, Fraction)) and abs(value.numerator).bit_length() > 4 * limit:
        # Python refuses to print integers of more than 4300 digits.
        return f"of about 10^{abs(value.numerator).bit_length() * 1233 // 4096}"
    text = " ".join(str(value)[: 4 * limit].split()).encode("ascii", "backslashreplace").decode()
    return text if len(text) <= limit else text[: limit - 3] + "..."


def check_name(name: object) -> str:
    """``name`` if it can name a symbol, else ``InputError``."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InputError(
            f"symbol name {clip(name)!r} is not allowed: use up to 64 ASCII letters, digits and underscores"
        )
    if name in FUNCTIONS:
        raise InputError(f"{name} is a function: write {name}(...), or rename the symbol")
    return name


def as_expr(value: object) -> Expr:
    """An expression from an Expr, int or Fraction; ``InputError`` for anything else, floats included."""
    if isinstance(value, Expr):
        return value
    if isinstance(value, (int, Fraction)) and not isinstance(value, bool):
        return Number(Fraction(value))
    if isinstance(value, float):
        raise InputError(f"{value!r} is a float, not exact: use Fraction or a decimal string such as '0.1'")
    raise InputError(f"{clip(repr(value))} of type {type(value).__name__} is not an exact expression")


def power(base: Expr, exponent: int) -> Expr:
    """base**exponent for a whole exponent; the power of a number is computed, within ``MAX_DIGITS``."""
    if isinstance(exponent, bool) or not isinstance(exponent, int):
        raise InputError(f"exponent {clip(exponent)} must be a whole number: use sqrt(...) for roots")
    if abs(exponent) > MAX_EXPONENT:
        raise InputError(f"exponent {clip(exponent)} is too large: at most {MAX_EXPONENT}")
    if exponent == 1:
        return base
    if isinstance(base, Number):
        value = base.value
        if value == 0 and exponent < 0:
            raise InputError("division by zero: 0 has no negative power")
        bits = max(abs(value.numerator), value.denominator).bit_length() - 1
        if bits * abs(exponent) > MAX_BITS:
            raise InputError(f"a power of a number has more than {MAX_DIGITS} digits: use smaller numbers")
        return Number(value**exponent)
    if isinstance(base, Pow) and base.exponent > 0 and exponent != 0:
        return Pow(base.base, base.exponent * exponent)
    return Pow(base, exponent)


def _sum(left: Expr, right: Expr) -> Expr:
    if isinstance(left, Number):
        if isinstance(right, Number):
            return Number(left.value + right.value)
        if left.value == 0:
            return right
    if isinstance(right, Number) and right.value == 0:
        return left
    if isinstance(left, Add) and len(left.args) < _FLAT_ARITY:
        return Add((*left.args, right))
    return Add((left, right))


def _product(left: Expr, right: Expr) -> Expr:
    if isinstance(left, Number):
        if isinstance(right, Number):
            return Number(left.value * right.value)
        if left.value == 1:
            return right
    if isinstance(right, Number) and right.value == 1:
        return left
    if isinstance(left, Mul) and len(left.args) < _FLAT_ARITY:
        return Mul((*left.args, right))
    return Mul((left, right))


def number(value: int | Fraction) -> Expr:
    """The rational number ``value``."""
    if not isinstance(value, (int, Fraction)):
        as_expr(value)  # raises with the reason
        raise InputError(f"{clip(value)} is not a number")
    return as_expr(value)


def symbol(name: str) -> Expr:
    """The real variable ``name``."""
    return Symbol(name)


def symbols(names: str | Iterable[str]) -> tuple[Expr, ...]:
    """Variables from ``"x y z"`` or a sequence of names."""
    return tuple(Symbol(name) for name in (names.split() if isinstance(names, str) else names))


def add(terms: Iterable[Operand]) -> Expr:
    """The sum of any number of expressions as one node; 0 for none.  Linear cost."""
    parts = tuple(as_expr(term) for term in terms)
    return Add(parts) if len(parts) > 1 else parts[0] if parts else Number(Fraction(0))


def mul(factors: Iterable[Operand]) -> Expr:
    """The product of any number of expressions as one node; 1 for none.  Linear cost."""
    parts = tuple(as_expr(factor) for factor in factors)
    return Mul(parts) if len(parts) > 1 else parts[0] if parts else Number(Fraction(1))


def exp(arg: Operand) -> Expr:
    """e to the power ``arg``."""
    return Fn("exp", as_expr(arg))


def log(arg: Operand) -> Expr:
    """The natural logarithm, defined for arg > 0."""
    return Fn("log", as_expr(arg))


def sqrt(arg: Operand) -> Expr:
    """The nonnegative square root, defined for arg >= 0."""
    return Fn("sqrt", as_expr(arg))


def postorder(*roots: Expr) -> Iterator[Expr]:
    """Every distinct node below the roots once, children before parents, in a fixed order."""
    seen: set[Expr] = set()
    for root in roots:
        stack: list[tuple[Expr, bool]] = [(root, False)]
        while stack:
            node, ready = stack.pop()
            if ready:
                yield node
            elif node not in seen:
                seen.add(node)
                stack.append((node, True))
                stack.extend((child, False) for child in reversed(node.args) if child not in seen)
