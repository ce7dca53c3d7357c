"""Checking inductions over Kronecker blocks: equations between Sylvester's matrices for every K = 2^m.

A word is a product of the matrices Phi, its transpose Phi', C(v) with entries v(i xor j), and
D(v) = diag(Phi v); a matrix is a sum of coefficients times K^n times words.  By the top bit, with halves
v0, v1 of the vector v, and K twice as large,

    Phi, Phi' -> [[Phi, Phi], [Phi, -Phi]]      C(v) -> [[C(v0), C(v1)], [C(v1), C(v0)]]
    D(v) -> [[D(v0) + D(v1), 0], [0, D(v0) - D(v1)]].

An equation between a word and a matrix holds for all m and all vectors if it holds for m = 0, where all
letters are commuting numbers (Phi = K = 1, C(v) = D(v) = v), and if the blocks of both sides one level up
become equal when the equation itself, or one shown before, is used on their words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ncverify.replay.calculus.reading import items, number, text, whole
from ncverify.replay.errors import Rejected

Letter = tuple[str, str]
Word = tuple[Letter, ...]
Matrix = Mapping[tuple[int, Word], Fraction]

FORMAT = 1
MAX_INDUCTIONS = 200
MAX_LETTERS = 12
MAX_WORDS = 100
MAX_POWER = 20
MAX_REDUCTIONS = 1_000


@dataclass(frozen=True)
class Equation:
    """``word = value`` for every m and all vectors."""

    word: Word
    value: Matrix


def check_inductions(data: Mapping[str, Any]) -> list[Any]:
    """The equations of the goals, as they are written; raises ``Rejected``.

    ``data`` is what ``ncverify.derive.recording.record_inductions`` wrote, or came from a stranger.
    """
    fields = ["format", "goals", "inductions"]
    if not isinstance(data, dict) or sorted(data) != fields or data["format"] != FORMAT:
        raise Rejected(f"inductions have the fields {', '.join(fields)}, and format {FORMAT}")
    rows = items(data["inductions"], "the inductions")
    if len(rows) > MAX_INDUCTIONS:
        raise Rejected(f"more than {MAX_INDUCTIONS} inductions")
    shown: list[Equation] = []
    for place, row in enumerate(rows):
        if not isinstance(row, dict) or sorted(row) != ["equation", "known"]:
            raise Rejected("an induction has an equation and known ones")
        known = [shown[whole(k, "a known equation", place)] for k in items(row["known"], "known equations")]
        try:
            equation = _equation(row["equation"])
            _prove(equation, known)
        except Rejected as error:
            raise Rejected(f"induction {place}: {error}") from None
        shown.append(equation)
    goals = [whole(goal, "a goal", len(shown)) for goal in items(data["goals"], "the goals")]
    if not goals:
        raise Rejected("there are no goals")
    return [rows[goal]["equation"] for goal in goals]


def _equation(value: Any) -> Equation:
    left, right = (_matrix(side) for side in items(value, "an equation", 2))
    if len(left) != 1:
        raise Rejected("the left side must be one word")
    (((power, word), factor),) = left.items()
    if power != 0 or factor != 1 or not word:
        raise Rejected("the left side must be one word")
    return Equation(word, right)


def _matrix(value: Any) -> Matrix:
    """``[[coefficient, power of K, [[letter, vector], ...]], ...]``."""
    rows = items(value, "a matrix")
    if len(rows) > MAX_WORDS:
        raise Rejected(f"more than {MAX_WORDS} words")
    total: list[tuple[int, Word, Fraction]] = []
    for row in rows:
        factor, power, letters = items(row, "a word with its coefficient", 3)
        if type(power) is not int or abs(power) > MAX_POWER:
            raise Rejected(f"the power of K must be at most {MAX_POWER}")
        word = tuple(map(_letter, items(letters, "a word")))
        if len(word) > MAX_LETTERS:
            raise Rejected(f"a word has at most {MAX_LETTERS} letters")
        total.append((power, word, number(factor)))
    return _sum(total)


def _letter(value: Any) -> Letter:
    name, vector = (text(part, "a letter") for part in items(value, "a letter with its vector", 2))
    if name not in ("Phi", "Phi'", "C", "D") or (name in ("C", "D")) != bool(vector):
        raise Rejected("a letter is Phi, Phi', C(v) or D(v)")
    return name, vector


def _sum(parts: Sequence[tuple[int, Word, Fraction]]) -> Matrix:
    total: dict[tuple[int, Word], Fraction] = {}
    for power, word, factor in parts:
        total[power, word] = total.get((power, word), Fraction(0)) + factor
    return {key: factor for key, factor in total.items() if factor}


def _prove(equation: Equation, known: Sequence[Equation]) -> None:
    both: Matrix = _sum(
        [(0, equation.word, Fraction(1)), *((n, w, -f) for (n, w), f in equation.value.items())]
    )
    numbers = [
        (0, tuple(sorted(("", vector) for _, vector in word if vector)), factor)
        for (_, word), factor in both.items()
    ]
    if _sum(numbers):
        raise Rejected("the equation fails at m = 0")
    for row in (0, 1):
        for column in (0, 1):
            block = [
                (power, inner, factor * sign * Fraction(2) ** power)
                for (power, word), factor in both.items()
                for inner, sign in _block(word, row, column)
            ]
            if _reduced(_sum(block), [equation, *known]):
                raise Rejected(f"block ({row}, {column}) one level up does not reduce to 0")


def _block(word: Word, row: int, column: int) -> list[tuple[Word, int]]:
    """One block of a word, as words with signs."""
    if not word:
        return [((), 1)] if row == column else []
    (name, vector), rest = word[0], word[1:]
    return [
        ((letter, *tail), sign * more)
        for middle in (0, 1)
        for letter, sign in _entry(name, vector, row, middle)
        for tail, more in _block(rest, middle, column)
    ]


def _entry(name: str, vector: str, row: int, column: int) -> list[tuple[Letter, int]]:
    """One block of a letter."""
    if name == "C":
        return [((name, vector + str(row ^ column)), 1)]
    if name == "D":
        return [((name, vector + "0"), 1), ((name, vector + "1"), 1 - 2 * row)] if row == column else []
    return [((name, ""), 1 - 2 * (row & column))]


def _reduced(matrix: Matrix, equations: Sequence[Equation]) -> Matrix:
    """Words are replaced until no equation fits; whatever the order, the value stays the same."""
    for _ in range(MAX_REDUCTIONS):
        found = next(filter(None, (_replaced(key, equations) for key in sorted(matrix))), None)
        if found is None:
            return matrix
        key, instead = found
        factor = matrix[key]
        matrix = _sum(
            [
                *((power, word, value) for (power, word), value in matrix.items() if (power, word) != key),
                *((power, word, value * factor) for power, word, value in instead),
            ]
        )
    raise Rejected("the reduction does not end")


Found = tuple[tuple[int, Word], list[tuple[int, Word, Fraction]]]


def _replaced(key: tuple[int, Word], equations: Sequence[Equation]) -> Found | None:
    power, word = key
    for equation in equations:
        for start in range(len(word) - len(equation.word) + 1):
            end = start + len(equation.word)
            vectors = _matched(equation.word, word[start:end])
            if vectors is not None:
                return key, [
                    (power + more, (*word[:start], *_renamed(inner, vectors), *word[end:]), factor)
                    for (more, inner), factor in equation.value.items()
                ]
    return None


def _matched(pattern: Word, word: Word) -> dict[str, str] | None:
    """The vectors for which the pattern is this word."""
    vectors: dict[str, str] = {"": ""}
    for (name, vector), (other, value) in zip(pattern, word, strict=True):
        if name != other or vectors.setdefault(vector, value) != value:
            return None
    return vectors


def _renamed(word: Word, vectors: Mapping[str, str]) -> Word:
    return tuple((name, vectors.get(vector, vector)) for name, vector in word)
