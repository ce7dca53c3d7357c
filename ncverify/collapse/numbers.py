"""Arrays of the three number types in which collapse is measured.

``DOUBLE``: NumPy arrays of doubles.  ``BALL``: object arrays of Arb balls at the precision of ``flint.ctx``,
whose results enclose the value for exactly the numbers given.  ``EXACT``: object arrays of fractions; square
roots become SymPy radicals, whose signs are decided.  Formulas are written once, with the arithmetic of NumPy
and what a number type supplies here.
"""

from __future__ import annotations

from fractions import Fraction
from functools import reduce
from typing import Any, Protocol

import numpy as np
from flint import arb
from sympy import Expr, Rational, Symbol, minimal_polynomial
from sympy import sqrt as radical

from ncverify.theory.balls import (
    certainly_disjoint,
    certainly_lt,
    certainly_nonzero,
    certainly_positive,
    is_finite,
    precision,
    to_arb,
)

Array = Any
"""A NumPy array of doubles, or of objects that are numbers of one kind."""

Number = Any
"""A double, an Arb ball, a fraction or a SymPy radical."""


class Undefined(ArithmeticError):
    """The quantity does not exist for this input, or is not determined at this precision."""


class Numbers(Protocol):
    """What the formulas need of a number type beyond NumPy's ``+ - * / @``."""

    def array(self, values: Array) -> Array:
        """Doubles, integers or fractions as an array of this kind, exactly."""

    def sqrt(self, values: Array) -> Array:
        """Square roots, entry by entry."""

    def absolute(self, values: Array) -> Array:
        """Absolute values, entry by entry."""

    def largest(self, values: Array) -> Number:
        """The largest of a vector."""

    def divide(self, over: Array, under: Array, what: str) -> Array:
        """Quotients; ``Undefined`` (naming ``what`` vanishes) where a divisor is not known to be nonzero."""

    def pseudoinverse_trace(self, within: Array, shares: Array, means: Array, weights: Array) -> Number:
        """tr(Sigma_W Sigma_B^+) with Sigma_W = X^T diag(shares) X and Sigma_B = M^T diag(weights) M.

        X: ``within`` (N x d); M: ``means`` (K x d), of which positive multiples sum to 0.
        """

    def agreement(self, scores: Array, distances: Array) -> Number:
        """The fraction of rows in which the largest score and the smallest distance are in one place."""


class _Double:
    def array(self, values: Array) -> Array:
        return np.asarray(values, dtype=np.float64)

    def sqrt(self, values: Array) -> Array:
        return np.sqrt(values)

    def absolute(self, values: Array) -> Array:
        return np.abs(values)

    def largest(self, values: Array) -> Number:
        return float(np.max(values))

    def divide(self, over: Array, under: Array, what: str) -> Array:
        if np.any(np.asarray(under) == 0):
            raise Undefined(f"{what} is 0")
        return over / under

    def pseudoinverse_trace(self, within: Array, shares: Array, means: Array, weights: Array) -> Number:
        # |diag(1/sigma) U^T X^T|^2 by singular values: a sum of squares, so never negative.  Forming
        # Sigma_B and inverting it would square the condition number.
        factor = np.sqrt(weights)[:, None] * means
        _, sigma, directions = np.linalg.svd(factor, full_matrices=False)
        rank = numerical_rank(sigma, factor.shape)
        if rank == 0:
            raise Undefined("the covariance of the class means is 0")
        return float(np.sum(shares[:, None] * (within @ directions[:rank].T / sigma[:rank]) ** 2))

    def agreement(self, scores: Array, distances: Array) -> Number:
        return float(np.mean(np.argmax(scores, axis=1) == np.argmin(distances, axis=1)))


def numerical_rank(sigma: Array, shape: tuple[int, ...]) -> int:
    """How many singular values of the K centred class means count: at most K - 1 (they sum to 0), and those
    above max(shape) eps times the largest."""
    kept = int(np.sum(sigma > max(shape) * np.finfo(float).eps * sigma[0]))
    return min(kept, shape[0] - 1)


def _objects(values: Array) -> Array:
    out = np.empty(np.shape(values), dtype=object)
    out[...] = values
    return out


class _Ball:
    def array(self, values: Array) -> Array:
        return np.frompyfunc(lambda x: to_arb(as_fraction(x)), 1, 1)(_objects(values))

    def sqrt(self, values: Array) -> Array:
        return np.frompyfunc(_root, 1, 1)(values)

    def absolute(self, values: Array) -> Array:
        return np.frompyfunc(abs, 1, 1)(values)

    def largest(self, values: Array) -> Number:
        return reduce(lambda x, y: x.max(y), values)

    def divide(self, over: Array, under: Array, what: str) -> Array:
        if not all(certainly_nonzero(x) for x in np.ravel(_objects(under))):
            raise Undefined(f"{what} is not known to be nonzero at this precision")
        return over / under

    def pseudoinverse_trace(self, within: Array, shares: Array, means: Array, weights: Array) -> Number:
        # Balls can show that K - 1 of the means are independent, never that they are not.
        return _trace(within, shares, means, weights, list(range(len(means) - 1)), _solve_balls)

    def agreement(self, scores: Array, distances: Array) -> Number:
        sure = open_ = 0
        for score, distance in zip(scores, distances, strict=True):
            tops = [k for k, x in enumerate(score) if not any(certainly_lt(x, y) for y in score)]
            lows = [k for k, x in enumerate(distance) if not any(certainly_lt(y, x) for y in distance)]
            if len(tops) == len(lows) == 1:
                sure += tops == lows
            elif set(tops) & set(lows):
                open_ += 1
        count = len(scores)
        return to_arb(Fraction(sure, count)).union(to_arb(Fraction(sure + open_, count)))


class _Exact:
    def array(self, values: Array) -> Array:
        return np.frompyfunc(as_fraction, 1, 1)(_objects(values))

    def sqrt(self, values: Array) -> Array:
        return np.frompyfunc(_radical, 1, 1)(values)

    def absolute(self, values: Array) -> Array:
        return np.frompyfunc(lambda x: -x if sign(x) < 0 else x, 1, 1)(values)

    def largest(self, values: Array) -> Number:
        return reduce(lambda x, y: y if sign(y - x) > 0 else x, values)

    def divide(self, over: Array, under: Array, what: str) -> Array:
        if any(sign(x) == 0 for x in np.ravel(_objects(under))):
            raise Undefined(f"{what} is 0")
        return over / under

    def pseudoinverse_trace(self, within: Array, shares: Array, means: Array, weights: Array) -> Number:
        basis = _independent_rows(means)
        if not basis:
            raise Undefined("the covariance of the class means is 0")
        return _trace(within, shares, means, weights, basis, _solve_fractions)

    def agreement(self, scores: Array, distances: Array) -> Number:
        return Fraction(int(np.sum(np.argmax(scores, axis=1) == np.argmin(distances, axis=1))), len(scores))


DOUBLE: Numbers = _Double()
BALL: Numbers = _Ball()
EXACT: Numbers = _Exact()


def _root(x: arb) -> arb:
    """The root of a number in x that is >= 0, as sums of squares are: what x holds below 0 is no value."""
    return x.sqrt() if certainly_positive(x) else arb(0).union(arb(x.abs_upper()).sqrt())


def as_fraction(value: Any) -> Fraction:
    """An integer, a fraction or the rational number that a double is."""
    if isinstance(value, Fraction):
        return value
    plain = value.item() if hasattr(value, "item") else value
    return Fraction(*map(int, plain.as_integer_ratio()))  # long doubles have no other way


def sign(value: Fraction | Expr) -> int:
    """The sign of a fraction or of a SymPy radical, decided: by balls, and 0 by the minimal polynomial."""
    if not isinstance(value, Expr):
        return (value > 0) - (value < 0)
    for bits in (64, 256, 1024):
        with precision(bits):
            ball = _ball_of(value)
        if is_finite(ball) and certainly_disjoint(ball, arb(0)):
            return 1 if certainly_positive(ball) else -1
    x = Symbol("x")
    if minimal_polynomial(value, x) == x:
        return 0
    raise Undefined(f"the sign of {value} is not determined at 1024 bits")


def _ball_of(value: Expr) -> arb:
    if isinstance(value, Rational):
        return to_arb(Fraction(int(value.p), int(value.q)))
    parts = [_ball_of(part) for part in value.args]
    if value.is_Add:
        return sum(parts, arb(0))
    if value.is_Mul:
        return reduce(lambda x, y: x * y, parts, arb(1))
    power = value.args[1] if value.is_Pow else None
    if isinstance(power, Rational) and abs(int(power.q)) <= 2:
        root = parts[0].sqrt() if power.q == 2 else parts[0]
        raised = reduce(lambda x, y: x * y, [root] * abs(int(power.p)), arb(1))
        return raised if power.p > 0 else 1 / raised
    raise Undefined(f"{value} is not a radical expression")


def _radical(value: Fraction | Expr) -> Fraction | Expr:
    root = radical(Rational(value.numerator, value.denominator) if isinstance(value, Fraction) else value)
    return Fraction(int(root.p), int(root.q)) if isinstance(root, Rational) else root


def _trace(
    within: Array, shares: Array, means: Array, weights: Array, basis: list[int], solve: Any
) -> Number:
    """The trace by a full-rank factorisation: M^T = B R with the columns of B independent rows of M.

    Sigma_B = B G B^T with G = R diag(weights) R^T, so Sigma_B^+ = C^T G^-1 C with C = (B^T B)^-1 B^T.
    """
    base = means[basis]
    gram = base @ base.T
    coordinates = solve(gram, base @ means.T)
    inner = (coordinates * weights) @ coordinates.T
    projected = solve(gram, base @ within.T)
    return ((projected * solve(inner, projected)).sum(axis=0) * shares).sum()


def _solve_balls(matrix: Array, right: Array) -> Array:
    return _eliminate(
        matrix,
        right,
        lambda column: max(column, key=lambda x: float(abs(x.mid()))),
        certainly_nonzero,
    )


def _solve_fractions(matrix: Array, right: Array) -> Array:
    return _eliminate(matrix, right, lambda column: next((x for x in column if x), Fraction(0)), bool)


def _eliminate(matrix: Array, right: Array, choose: Any, nonzero: Any) -> Array:
    """The solution of a square system by Gauss-Jordan elimination; right: several columns."""
    work = np.concatenate([matrix, right], axis=1)
    size = len(matrix)
    for step in range(size):
        pivot = choose(list(work[step:, step]))
        if not nonzero(pivot):
            raise Undefined("the class means are not known to have rank K - 1")
        row = step + next(i for i, x in enumerate(work[step:, step]) if x is pivot)
        work[[step, row]] = work[[row, step]]
        work[step] = work[step] / work[step, step]
        for other in range(size):
            if other != step:
                work[other] = work[other] - work[other, step] * work[step]
    return work[:, size:]


def _independent_rows(rows: Array) -> list[int]:
    """Indices of rows that form a basis of their span (fractions)."""
    kept: list[int] = []
    reduced: list[tuple[int, Array]] = []
    for number, row in enumerate(rows):
        left = row.copy()
        for place, other in reduced:
            left = left - left[place] * other
        pivots = [j for j, x in enumerate(left) if x]
        if pivots:
            reduced.append((pivots[0], left / left[pivots[0]]))
            kept.append(number)
    return kept
