"""Induction over Kronecker blocks: statements about Sylvester's matrices for every K = 2^m.

A *family* has one matrix for every m: Phi, its transpose Phi', the matrices C(v) with entries
v(i xor j) and D(v) = diag(Phi v) of a vector v, and the identity.  One level up each is a 2 x 2 block
matrix in the level below (v = (v0, v1) by the top bit):

    Phi -> [[Phi, Phi], [Phi, -Phi]]      C(v) -> [[C(v0), C(v1)], [C(v1), C(v0)]]
    Phi' likewise                         D(v) -> [[D(v0)+D(v1), 0], [0, D(v0)-D(v1)]]

(the last because diag(Phi v) = diag(Phi v0 + Phi v1, Phi v0 - Phi v1)), and K -> 2K.  An equation
between such words holds for every m >= 0 if it holds at m = 0, where all of them are numbers, and if
its blocks one level up reduce to 0 by the equation itself and by equations proved before.  Words are
polynomials in noncommuting letters; reduction replaces the left word of an equation by its right side,
so a result of 0 is a proof whatever the order of the steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from types import MappingProxyType

from ncverify.derive.kernel import ProofError

Letter = tuple[str, str]  # name, vector ("" if none)
Word = tuple[Letter, ...]
# coefficient of K^power * word
Words = Mapping[tuple[int, Word], Fraction]

_FAMILIES = {"Phi": False, "Phi'": False, "C": True, "D": True}
MAX_STEPS = 10_000


@dataclass(frozen=True)
class Matrix:
    """A polynomial in the letters, with powers of K; ``+ - *`` are those of matrices."""

    words: Words

    def __post_init__(self) -> None:
        object.__setattr__(self, "words", MappingProxyType(dict(self.words)))

    def __add__(self, other: Matrix) -> Matrix:
        total = dict(self.words)
        for key, value in other.words.items():
            total[key] = total.get(key, Fraction(0)) + value
        return Matrix({key: value for key, value in total.items() if value})

    def __mul__(self, other: Matrix) -> Matrix:
        total: dict[tuple[int, Word], Fraction] = {}
        for (power, word), value in self.words.items():
            for (more, behind), factor in other.words.items():
                key = (power + more, word + behind)
                total[key] = total.get(key, Fraction(0)) + value * factor
        return Matrix({key: value for key, value in total.items() if value})

    def __neg__(self) -> Matrix:
        return Matrix({key: -value for key, value in self.words.items()})

    def __sub__(self, other: Matrix) -> Matrix:
        return self + -other

    def __str__(self) -> str:
        parts = []
        for (power, word), value in sorted(self.words.items()):
            text = "" if value == 1 else ("-" if value == -1 else f"{value} ")
            text += "" if power == 0 else ("K " if power == 1 else f"K^{power} ")
            text += " ".join(f"{name}({vector})" if vector else name for name, vector in word) or "I"
            parts.append(text)
        return " + ".join(parts).replace("+ -", "- ") or "0"


def letter(name: str, vector: str = "") -> Matrix:
    """``Phi``, ``Phi'``, ``C(v)`` or ``D(v)``."""
    if name not in _FAMILIES or _FAMILIES[name] != bool(vector):
        raise ProofError(f"unknown matrix family {name}({vector})")
    return Matrix({(0, ((name, vector),)): Fraction(1)})


def identity(coefficient: int | Fraction = 1, power: int = 0) -> Matrix:
    """coefficient * K^power * I."""
    return Matrix({(power, ()): Fraction(coefficient)})


@dataclass(frozen=True)
class Equation:
    """``lhs = rhs`` for every m and every vector; lhs must be one word with coefficient 1."""

    lhs: Matrix
    rhs: Matrix

    def __str__(self) -> str:
        return f"{self.lhs} = {self.rhs}"

    @property
    def word(self) -> Word:
        """The word on the left."""
        if len(self.lhs.words) != 1:
            raise ProofError(f"the left side of {self} must be one word")
        (((power, word), value),) = self.lhs.words.items()
        if power or value != 1 or not word:
            raise ProofError(f"the left side of {self} must be one word")
        return word


_SEAL = object()


@dataclass(frozen=True, eq=False)
class Induction:
    """An equation proved for every m from ``known`` ones, with its lines.  Made only by ``prove``."""

    equation: Equation
    known: tuple[Induction, ...]
    lines: tuple[str, ...]
    reductions: int
    seal: object = field(repr=False)

    def __post_init__(self) -> None:
        if self.seal is not _SEAL:
            raise ProofError("inductions are made by prove() only")


def prove(equation: Equation, known: Sequence[Induction] = ()) -> Induction:
    """Prove an equation for every m, from itself one level below and from equations proved before.

    Raises ``ProofError`` where the base or the step does not close.
    """
    base = _at_level_zero(equation.lhs) - _at_level_zero(equation.rhs)
    if base.words:
        raise ProofError(f"{equation} fails at m = 0, where it says {base} = 0")
    rules = [equation, *(item.equation for item in known)]
    lines = [f"m = 0 (all are numbers, Phi = 1, K = 1): {equation} holds"]
    difference = _sum(_blocks(equation.lhs), _scaled(_blocks(equation.rhs), Fraction(-1)))
    reductions = 0
    for row in range(2):
        for column in range(2):
            block = difference[row][column]
            rest, count = _reduce(block, rules)
            reductions += count
            if rest.words:
                raise ProofError(f"{equation}: block ({row}, {column}) one level up leaves {rest}")
            lines.append(f"m + 1, block ({row}, {column}): {block or '0'} reduces to 0 in {count} steps")
    return Induction(equation, tuple(known), tuple(lines), reductions, _SEAL)


Block = tuple[tuple[Matrix, Matrix], tuple[Matrix, Matrix]]
_NONE = Matrix({})


def _up(name: str, vector: str) -> Block:
    if name in ("Phi", "Phi'"):
        x = letter(name)
        return ((x, x), (x, -x))
    low, high = letter(name, vector + "0"), letter(name, vector + "1")
    if name == "C":
        return ((low, high), (high, low))
    return ((low + high, _NONE), (_NONE, low - high))


def _sum(x: Block, y: Block) -> Block:
    return ((x[0][0] + y[0][0], x[0][1] + y[0][1]), (x[1][0] + y[1][0], x[1][1] + y[1][1]))


def _scaled(x: Block, factor: Fraction, power: int = 0) -> Block:
    scale = identity(factor, power)
    return ((scale * x[0][0], scale * x[0][1]), (scale * x[1][0], scale * x[1][1]))


def _product(x: Block, y: Block) -> Block:
    def entry(row: int, column: int) -> Matrix:
        return x[row][0] * y[0][column] + x[row][1] * y[1][column]

    return ((entry(0, 0), entry(0, 1)), (entry(1, 0), entry(1, 1)))


def _blocks(matrix: Matrix) -> Block:
    total: Block = ((_NONE, _NONE), (_NONE, _NONE))
    for (power, word), value in matrix.words.items():
        block: Block = ((identity(), _NONE), (_NONE, identity()))
        for name, vector in word:
            block = _product(block, _up(name, vector))
        total = _sum(total, _scaled(block, value * Fraction(2) ** power, power))
    return total


def _at_level_zero(matrix: Matrix) -> Matrix:
    """All letters as commuting numbers: Phi = Phi' = K = 1, C(v) = D(v) = v."""
    total = Matrix({})
    for (_, word), value in matrix.words.items():
        numbers = tuple(sorted(("C", vector) for name, vector in word if name in ("C", "D")))
        total = total + Matrix({(0, numbers): value})
    return total


def _reduce(matrix: Matrix, rules: Iterable[Equation]) -> tuple[Matrix, int]:
    rules = list(rules)
    count = 0
    while True:
        found = next(
            (
                (key, position, rule, match)
                for key in sorted(matrix.words)
                for rule in rules
                for position in range(len(key[1]) - len(rule.word) + 1)
                if (match := _matches(rule.word, key[1][position : position + len(rule.word)])) is not None
            ),
            None,
        )
        if found is None:
            return matrix, count
        count += 1
        if count > MAX_STEPS:
            raise ProofError("the reduction does not end")
        key, position, rule, match = found
        power, word = key
        value = matrix.words[key]
        before, behind = word[:position], word[position + len(rule.word) :]
        image = Matrix(
            {
                (more, tuple((name, match.get(vector, vector)) for name, vector in inner)): factor
                for (more, inner), factor in rule.rhs.words.items()
            }
        )
        replaced = Matrix({(power, before): value}) * image * Matrix({(0, behind): Fraction(1)})
        matrix = matrix - Matrix({key: value}) + replaced


def _matches(pattern: Word, word: Word) -> dict[str, str] | None:
    """The vectors for which the rule's word is this word."""
    found: dict[str, str] = {}
    for (name, vector), (other, value) in zip(pattern, word, strict=True):
        if name != other or (vector and found.setdefault(vector, value) != value):
            return None
    return found
