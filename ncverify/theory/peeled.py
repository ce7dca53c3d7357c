"""The unconstrained layer-peeled model for any K, d, n: loss, margins, problem (5), spheres.

``w`` is K x d, ``h`` is d x N (a column a sample), ``labels`` gives the class of each sample.  Every function
works for each number type of ``number_kinds`` (floats, mpmath, balls that enclose the value) and for
``EXACT``, exact expressions in symbols.  Sources: ji, equations (4), (5), (12), and ``proofs/ji``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from ncverify.errors import InputError
from ncverify.theory.dynamics import Matrix, column_residuals, full_field, matmul, transpose
from ncverify.theory.expr import Expr, as_expr, exp, log, number, sqrt
from ncverify.theory.number_kinds import FieldKind, Number, NumberKind
from ncverify.theory.observables import cross_entropy


class _Exact:
    """Exact expressions; nothing is compared, so ``shift`` and ``largest_first`` change nothing."""

    def exact(self, q: int | Fraction) -> Expr:
        return number(q)

    def exp(self, x: Number) -> Expr:
        return exp(x)

    def sqrt(self, x: Number) -> Expr:
        return sqrt(x)

    def log(self, x: Number) -> Expr:
        return log(x)

    def log1p(self, x: Number) -> Expr:
        return log(1 + as_expr(x))

    def power(self, x: Number, q: Fraction) -> Expr:
        if q.denominator != 1:
            raise InputError(f"the power {q} of an expression is not written: use sqrt")
        return as_expr(x) ** int(q)

    def cos_turns(self, q: Fraction) -> Expr:
        if (4 * q).denominator != 1:
            raise InputError(f"cos(2 pi {q}) is not a rational number")
        return number((1, 0, -1, 0)[int(4 * q) % 4])

    def shift(self, values: Sequence[Number]) -> Expr:
        return number(0)

    def maximum(self, values: Sequence[Number]) -> Expr:
        raise InputError("expressions are not compared: use all_margins instead of the smallest one")

    def largest_first(self, values: Sequence[Number]) -> list[Number]:
        return list(values)

    def same(self, x: Number, y: Number) -> bool:
        return bool(x == y)


EXACT: NumberKind = _Exact()


def loss(w: Matrix, h: Matrix, labels: Sequence[int], kind: NumberKind) -> Number:
    """The sum cross-entropy of the logits W H (ji, equation (4)).  Cost: K d N."""
    return cross_entropy(matmul(w, h), labels, kind)


def all_margins(w: Matrix, h: Matrix, labels: Sequence[int]) -> list[list[Number]]:
    """For each sample <w_k - w_j, h> for the other classes j, in order; k is its label.  Cost: K d N."""
    z = matmul(w, h)
    return [[z[own][i] - row[i] for j, row in enumerate(z) if j != own] for i, own in enumerate(labels)]


def gradient(w: Matrix, h: Matrix, labels: Sequence[int], kind: FieldKind) -> tuple[Matrix, Matrix]:
    """dL/dW and dL/dH of the sum loss.  Cost: 6 K d N."""
    down_w, down_h = full_field(w, h, labels, kind)
    return _scaled(down_w, -1), _scaled(down_h, -1)


def inner(x: tuple[Matrix, Matrix], y: tuple[Matrix, Matrix]) -> Number:
    """tr(X_W^T Y_W) + tr(X_H^T Y_H)."""
    terms = [
        a * b
        for left, right in zip(x, y, strict=True)
        for row, other in zip(left, right, strict=True)
        for a, b in zip(row, other, strict=True)
    ]
    return sum(terms[1:], terms[0])


def objective(w: Matrix, h: Matrix) -> Number:
    """(|W|^2 + |H|^2)/2, the objective of the minimum-norm separation problem (5)."""
    return inner((w, h), (w, h)) / 2


def stationarity(
    w: Matrix, h: Matrix, labels: Sequence[int], multipliers: Sequence[Sequence[Number]]
) -> tuple[Matrix, Matrix]:
    """(W, H) minus the sum of multipliers times the gradients of the margins: 0 at a KKT point of (5).

    ``multipliers[i][j]``: of the constraint <w_k - w_j, h_i> >= 1 for sample i of class k; entries with
    j = k are not used.  Raises ``InputError`` for other shapes.  Cost: K d N.
    """
    classes = len(w)
    if len(multipliers) != len(labels) or any(len(row) != classes for row in multipliers):
        raise InputError(f"multipliers must be {len(labels)} x {classes}: one for each sample and class")
    columns = transpose(h)
    force_w = [[entry - entry for entry in row] for row in w]
    force_h = [[entry - entry for entry in column] for column in columns]
    for i, own in enumerate(labels):
        for j in range(classes):
            if j == own:
                continue
            weight = multipliers[i][j]
            for r, feature in enumerate(columns[i]):
                force_w[own][r] = force_w[own][r] + weight * feature
                force_w[j][r] = force_w[j][r] - weight * feature
                force_h[i][r] = force_h[i][r] + weight * (w[own][r] - w[j][r])
    return _minus(w, force_w), _minus(h, transpose(force_h))


@dataclass(frozen=True)
class ApproximateKKT:
    """How far (W, H)/sqrt(q) is from a KKT point of (5), with the multipliers R P_j/|grad L|.

    ``gap``: eps^2 = 2 (1 - cosine)/gamma, ``slack``: delta = K/(2 e gamma q), ``gamma`` = q/R^2, ``cosine`` =
    <(W, H), -grad L>/(R |grad L|).  Source: claim ``approximate-kkt``.
    """

    gap: Number
    slack: Number
    gamma: Number
    cosine: Number


def approximate_kkt(
    w: Matrix, h: Matrix, labels: Sequence[int], kind: NumberKind, margin: Number
) -> ApproximateKKT:
    """The residuals of a separated point; ``margin`` is its smallest margin q > 0.

    1 - cosine is computed as |x/R + g/|g||^2/2, without cancellation.  Cost: 6 K d N.
    """
    slopes = gradient(w, h, labels, kind)
    size = kind.sqrt(inner((w, h), (w, h)))
    steepness = kind.sqrt(inner(slopes, slopes))
    differences = [
        [
            [x / size + g / steepness for x, g in zip(row, other, strict=True)]
            for row, other in zip(a, b, strict=True)
        ]
        for a, b in zip((w, h), slopes, strict=True)
    ]
    both = (differences[0], differences[1])
    short = inner(both, both) / 2
    gamma = margin / (size * size)
    return ApproximateKKT(
        2 * short / gamma, len(w) / (2 * kind.exp(kind.exact(1)) * gamma * margin), gamma, 1 - short
    )


def riemannian_gradient(
    w: Matrix, h: Matrix, labels: Sequence[int], kind: FieldKind
) -> tuple[Matrix, Matrix, Number]:
    """The part of grad L that is tangent to the sphere through (W, H) != 0, and mu = -<grad L, x>/R^2.

    A critical point of the sphere has dL/dW = -mu W and dL/dH = -mu H.  Cost: 6 K d N.
    """
    slopes = gradient(w, h, labels, kind)
    mu = -inner(slopes, (w, h)) / inner((w, h), (w, h))
    return _plus(slopes[0], w, mu), _plus(slopes[1], h, mu), mu


def hessian_form(
    w: Matrix,
    h: Matrix,
    labels: Sequence[int],
    direction: tuple[Matrix, Matrix],
    kind: FieldKind,
) -> Number:
    """The second derivative of L along (W + t X, H + t V): softmax variance of XH + WV, minus 2 <Y - P, XV>.

    On a sphere add mu |(X, V)|^2 (claim ``strict-saddle-sphere``).  Cost: 8 K d N.
    """
    x, v = direction
    gaps = column_residuals(matmul(w, h), labels, kind)
    change = _plus(matmul(x, h), matmul(w, v), 1)
    cross = matmul(x, v)
    total = kind.exact(0)
    for i, own in enumerate(labels):
        chances = [kind.exact(int(j == own)) - row[i] for j, row in enumerate(gaps)]
        mean = sum((p * row[i] for p, row in zip(chances, change, strict=True)), kind.exact(0))
        for j, p in enumerate(chances):
            away = change[j][i] - mean
            total = total + p * away * away - 2 * gaps[j][i] * cross[j][i]
    return total


def least_loss_on_sphere(classes: int, samples: int, size: Number, kind: NumberKind) -> Number:
    """n K log(1 + (K-1) exp(-R^2/(2 (K-1) sqrt n))) for R^2 = ``size``; attained for d >= K-1.

    Source: claim ``sphere-minimum``.
    """
    if classes < 2 or samples < 1:
        raise InputError(f"{classes} classes of {samples} samples: give K >= 2 and n >= 1")
    margin = size / (2 * (classes - 1) * kind.sqrt(kind.exact(samples)))
    return samples * classes * kind.log1p((classes - 1) * kind.exp(-margin))


def _scaled(a: Matrix, factor: int) -> Matrix:
    return [[factor * x for x in row] for row in a]


def _minus(a: Matrix, b: Matrix) -> Matrix:
    return [[x - y for x, y in zip(row, other, strict=True)] for row, other in zip(a, b, strict=True)]


def _plus(a: Matrix, b: Matrix, factor: Number) -> Matrix:
    return [
        [x + factor * y for x, y in zip(row, other, strict=True)] for row, other in zip(a, b, strict=True)
    ]
