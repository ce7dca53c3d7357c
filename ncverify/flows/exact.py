"""Reading exact numbers and times: nothing that enters a rigorous flow has passed through a float."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from ncverify.errors import InputError

MAX_EXPONENT = 1_000_000
MAX_CHARACTERS = 20_000
MIN_DIGITS, MAX_DIGITS = 1, 10_000

_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE]([+-]?\d{1,9}))?", re.ASCII)
_RATIO = re.compile(r"([+-]?\d+)/(\d+)", re.ASCII)


def read_number(value: Any, name: str) -> Fraction:
    """The exact rational number that ``value`` stands for.

    Accepts int, Fraction, Decimal and text: ``"18"``, ``"-0.25"``, ``"1e-30"``, ``"1/3"``.  Raises
    ``InputError`` for floats, NaN, infinities and anything else; ``name`` says which input it is.
    """
    if isinstance(value, bool | float) or type(value).__module__ == "numpy":
        raise InputError(f'{name} = {value!r} is not exact: write it as text, e.g. "0.1" or "1/3"')
    if isinstance(value, int | Fraction):
        return Fraction(value)
    text = str(value).strip() if isinstance(value, str | Decimal) else None
    if text is None:
        raise InputError(
            f'{name} = {str(value)[:60]!r} is not a number: give an int, a Fraction or text like "1/3"'
        )
    if len(text) > MAX_CHARACTERS:
        raise InputError(f"{name} has {len(text)} characters: at most {MAX_CHARACTERS}")
    if match := _RATIO.fullmatch(text):
        if int(match[2]) == 0:
            raise InputError(f"{name} = {text[:60]} divides by zero: give a denominator of at least 1")
        return Fraction(int(match[1]), int(match[2]))
    match = _DECIMAL.fullmatch(text)
    if match is None:
        raise InputError(f"{name} = {text[:60]!r} is not a number: write it like 18, 0.25, 1e-30 or 1/3")
    if abs(int(match[3] or 0)) > MAX_EXPONENT:
        raise InputError(f"{name} = {text[:60]} is out of range: exponents go up to {MAX_EXPONENT}")
    return Fraction(text)


def read_numbers(values: Any, name: str) -> tuple[Fraction, ...]:
    """Several exact numbers: a sequence of them, or one text with commas."""
    if isinstance(values, str):
        values = values.split(",")
    if not isinstance(values, Sequence):
        raise InputError(
            f"{name} must be a list of numbers or text like 18,24,1/3, got {type(values).__name__}"
        )
    return tuple(read_number(value, f"{name}[{i}]") for i, value in enumerate(values))


def read_matrix(rows: Any, name: str) -> tuple[tuple[Fraction, ...], ...]:
    """An exact matrix from a list of rows, all of one length."""
    if isinstance(rows, str) or not isinstance(rows, Sequence) or not rows:
        raise InputError(f"{name} must be a list of rows of exact numbers")
    out = tuple(read_numbers(row, f"{name}[{i}]") for i, row in enumerate(rows))
    if not out[0] or any(len(row) != len(out[0]) for row in out):
        raise InputError(f"{name} has rows of lengths {[len(row) for row in out][:8]}: they must be equal")
    return out


def read_time(value: Any, name: str = "time") -> Fraction:
    """An exact time of at least 0, e.g. ``"1e10000"``."""
    time = read_number(value, name)
    if time < 0:
        raise InputError(f"{name} = {str(value)[:60]} is negative: flows start at time 0")
    return time


def read_digits(digits: Any) -> int:
    """The asked number of decimal digits."""
    if isinstance(digits, bool) or not isinstance(digits, int) or not MIN_DIGITS <= digits <= MAX_DIGITS:
        raise InputError(f"digits = {digits!r} is out of range: {MIN_DIGITS} to {MAX_DIGITS}")
    return digits
