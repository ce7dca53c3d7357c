"""The regularised unconstrained feature model: what is minimised, and its derivatives in every number type.

f(W, H, b) = g(W H + b 1^T) + lambda_w/2 |W|^2 + lambda_h/2 |H|^2 + lambda_b/2 |b|^2 with W of K rows and d
columns, H of d rows and N = nK columns (sample c has class c // n), and g the mean over the N samples of
the cross-entropy (``ce``), or of half the squared distance to the one-hot label (``mse``) (Shen and Gu,
"Geometric Analysis of Unconstrained Feature Models with d = K").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, TypeAlias, cast

from ncverify.errors import InputError
from ncverify.flows.exact import read_number
from ncverify.theory.number_kinds import Number, NumberKind

MAX_CLASSES, MAX_WIDTH, MAX_SAMPLES = 64, 1024, 1_000_000

Loss = Literal["ce", "mse"]
Matrix: TypeAlias = Sequence[Sequence[Number]]
Vector: TypeAlias = Sequence[Number]


@dataclass(frozen=True, init=False)
class Problem:
    """One instance of the model, with exact parameters.

    classes: K >= 2; width: d >= 1; samples: n >= 1 for each class; loss: ``"ce"`` or ``"mse"``; lambda_w,
    lambda_h: exact numbers > 0; lambda_b: ``None`` for a model without bias, 0 for a free bias, an exact
    number > 0 for a penalised one.  Exact numbers are int, Fraction or text such as ``"1/100"``.  Raises
    ``InputError``.
    """

    classes: int
    width: int
    samples: int
    loss: Loss
    lambda_w: Fraction
    lambda_h: Fraction
    lambda_b: Fraction | None

    def __init__(
        self,
        classes: int,
        width: int | None = None,
        samples: int = 1,
        *,
        loss: str = "ce",
        lambda_w: Any,
        lambda_h: Any,
        lambda_b: Any = None,
    ) -> None:
        _whole("classes", classes, 2, MAX_CLASSES, "a classifier needs two classes")
        width = classes if width is None else width
        _whole("width", width, 1, MAX_WIDTH, "features have at least one dimension")
        _whole("samples", samples, 1, MAX_SAMPLES, "each class has a sample")
        if loss not in ("ce", "mse"):
            raise InputError(f"loss {str(loss)[:40]!r} is unknown: use ce or mse")
        decays = {}
        for name, value in (("lambda_w", lambda_w), ("lambda_h", lambda_h)):
            decays[name] = read_number(value, name)
            if decays[name] <= 0:
                raise InputError(
                    f"{name} = {value} is not positive: without weight decay there are no minima"
                )
        penalty = None if lambda_b is None else read_number(lambda_b, "lambda_b")
        if penalty is not None and penalty < 0:
            raise InputError(f"lambda_b = {lambda_b} is negative: 0 leaves the bias free, None leaves it out")
        for name, item in {
            "classes": classes,
            "width": width,
            "samples": samples,
            "loss": cast(Loss, loss),
            **decays,
            "lambda_b": penalty,
        }.items():
            object.__setattr__(self, name, item)

    @property
    def total(self) -> int:
        """N = nK, the number of samples."""
        return self.classes * self.samples

    @property
    def mu_squared(self) -> Fraction:
        """n lambda_w lambda_h, the square of the threshold mu of the problem with one sample a class."""
        return self.samples * self.lambda_w * self.lambda_h

    @property
    def bias(self) -> str:
        """``none``, ``free`` or the penalty as text."""
        return "none" if self.lambda_b is None else "free" if self.lambda_b == 0 else str(self.lambda_b)

    @property
    def flat_bias(self) -> bool:
        """Whether b -> b + t 1 leaves the objective unchanged."""
        return self.loss == "ce" and self.lambda_b == 0

    @property
    def rank_bound(self) -> int:
        """The largest rank of W at a critical point that the proofs leave (K - 1 where 1^T W = 0)."""
        centred = self.loss == "ce" or self.lambda_b == 0
        return min(self.width, self.classes - 1 if centred else self.classes)

    @property
    def name(self) -> str:
        """``ce, K = 3, d = 3, n = 1, lambda = 1/100, 1/100, bias free``."""
        return (
            f"{self.loss}, K = {self.classes}, d = {self.width}, n = {self.samples}, "
            f"lambda = {self.lambda_w}, {self.lambda_h}, bias {self.bias}"
        )

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; exact numbers as text."""
        return {
            "classes": self.classes,
            "width": self.width,
            "samples": self.samples,
            "loss": self.loss,
            "lambda_w": str(self.lambda_w),
            "lambda_h": str(self.lambda_h),
            "lambda_b": None if self.lambda_b is None else str(self.lambda_b),
        }


def _whole(name: str, value: Any, low: int, high: int, why: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InputError(f"{name} = {str(value)[:40]} is out of range: {low} to {high} ({why})")


def value(problem: Problem, w: Matrix, h: Matrix, b: Vector | None, kind: NumberKind) -> Number:
    """f(W, H, b).  The numbers are of ``kind``; for doubles each may be an array, a batch of points.

    ``w``: K rows of d; ``h``: d rows of N; ``b``: K numbers, or None for a model without bias.
    """
    total = kind.exact(0)
    for c, column in enumerate(_columns(_logits(problem, w, h, b))):
        label = c // problem.samples
        if problem.loss == "ce":
            top = kind.shift(column)
            total += kind.log(sum((kind.exp(z - top) for z in column), kind.exact(0))) + top - column[label]
        else:
            off = [z - kind.exact(int(i == label)) for i, z in enumerate(column)]
            total += sum((x * x for x in off), kind.exact(0)) * kind.exact(Fraction(1, 2))
    penalties = [
        (problem.lambda_w, _flat(w)),
        (problem.lambda_h, _flat(h)),
        (problem.lambda_b or Fraction(0), b or ()),
    ]
    result = total * kind.exact(Fraction(1, problem.total))
    for strength, entries in penalties:
        result += sum((x * x for x in entries), kind.exact(0)) * kind.exact(strength / 2)
    return result


def gradient(
    problem: Problem, w: Matrix, h: Matrix, b: Vector | None, kind: NumberKind
) -> tuple[list[list[Number]], list[list[Number]], list[Number] | None]:
    """The partial derivatives of f by W, H and b (None without bias), in the shapes of the arguments."""
    slope, _ = _loss_gradient(problem, w, h, b, kind)
    by_w = [
        [x + problem_lambda * y for x, y in zip(row, old, strict=True)]
        for problem_lambda in [kind.exact(problem.lambda_w)]
        for row, old in zip(_product(slope, _columns(h)), w, strict=True)
    ]
    by_h = [
        [x + problem_lambda * y for x, y in zip(row, old, strict=True)]
        for problem_lambda in [kind.exact(problem.lambda_h)]
        for row, old in zip(_product(_columns(w), slope), h, strict=True)
    ]
    if b is None:
        return by_w, by_h, None
    strength = kind.exact(problem.lambda_b or Fraction(0))
    by_b = [sum(row[1:], row[0]) + strength * x for row, x in zip(slope, b, strict=True)]
    return by_w, by_h, by_b


def hessian_form(
    problem: Problem,
    point: tuple[Matrix, Matrix, Vector | None],
    direction: tuple[Matrix, Matrix, Vector | None],
    kind: NumberKind,
) -> Number:
    """The second derivative of t -> f(point + t direction) at t = 0.

    It is the form of g along U H + W V + c 1^T, plus 2 <grad g, U V>, plus the penalties of (U, V, c).
    """
    (w, h, b), (u, v, c) = point, direction
    slope, weights = _loss_gradient(problem, w, h, b, kind)
    moved = [
        [x + y for x, y in zip(p, q, strict=True)]
        for p, q in zip(_logits(problem, u, h, c), _product(w, v), strict=True)
    ]
    total = kind.exact(0)
    for column, weight in zip(_columns(moved), weights, strict=True):
        if problem.loss == "ce":
            mean = sum((p * x for p, x in zip(weight, column, strict=True)), kind.exact(0))
            total += sum((p * (x - mean) * (x - mean) for p, x in zip(weight, column, strict=True)), 0 * mean)
        else:
            total += sum((x * x for x in column), kind.exact(0))
    result = total * kind.exact(Fraction(1, problem.total))
    bent = sum(
        (s * z for p, q in zip(slope, _product(u, v), strict=True) for s, z in zip(p, q, strict=True)),
        kind.exact(0),
    )
    result += bent * kind.exact(2)
    for strength, entries in (
        (problem.lambda_w, _flat(u)),
        (problem.lambda_h, _flat(v)),
        (problem.lambda_b or Fraction(0), c or ()),
    ):
        result += sum((x * x for x in entries), kind.exact(0)) * kind.exact(strength)
    return result


def _loss_gradient(
    problem: Problem, w: Matrix, h: Matrix, b: Vector | None, kind: NumberKind
) -> tuple[list[list[Number]], list[list[Number]]]:
    """The gradient of g by the logits (K rows of N), and the softmax weights of each sample."""
    scale = kind.exact(Fraction(1, problem.total))
    slopes, weights = [], []
    for c, column in enumerate(_columns(_logits(problem, w, h, b))):
        if problem.loss == "ce":
            top = kind.shift(column)
            grown = [kind.exp(z - top) for z in column]
            total = sum(grown[1:], grown[0])
            column = [x / total for x in grown]
        weights.append(list(column))
        label = c // problem.samples
        slopes.append([(x - kind.exact(int(i == label))) * scale for i, x in enumerate(column)])
    return _columns(slopes), weights


def _logits(problem: Problem, w: Matrix, h: Matrix, b: Vector | None) -> list[list[Number]]:
    if len(w) != problem.classes or len(h) != problem.width or (b is None) != (problem.lambda_b is None):
        raise InputError(
            f"this point does not belong to {problem.name}: W has {len(w)} rows, H has {len(h)}, "
            f"{'no bias' if b is None else 'a bias'}"
        )
    if any(len(row) != problem.width for row in w) or any(len(row) != problem.total for row in h):
        raise InputError(
            f"this point does not belong to {problem.name}: W needs rows of {problem.width} numbers, H of "
            f"{problem.total}"
        )
    z = _product(w, h)
    return z if b is None else [[x + shift for x in row] for row, shift in zip(z, b, strict=True)]


def _product(left: Matrix, right: Matrix) -> list[list[Number]]:
    columns = _columns(right)
    return [
        [
            sum((x * y for x, y in zip(row[1:], column[1:], strict=True)), row[0] * column[0])
            for column in columns
        ]
        for row in left
    ]


def _columns(rows: Matrix) -> list[list[Number]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _flat(rows: Matrix) -> list[Number]:
    return [x for row in rows for x in row]
