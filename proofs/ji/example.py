"""Example 3.1: four classes, one sample each, two opposite pairs: a KKT point that is no minimum."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from ncverify.book.registry import claim
from ncverify.evidence.identities import identities
from ncverify.evidence.points import fails_at
from ncverify.evidence.workbench import Workbench
from ncverify.theory.dynamics import Matrix, matmul, transpose
from ncverify.theory.expr import Expr, exp, number, substitute, symbol
from ncverify.theory.peeled import EXACT, all_margins, gradient, objective, stationarity

from .model import PAPER

C, c = symbol("C"), symbol("c")
PATTERN = ((1, -1, 0, 0), (-1, 1, 0, 0), (0, 0, 1, -1), (0, 0, -1, 1))
LABELS = (0, 1, 2, 3)
HALF = number(Fraction(1, 2))
# the multipliers (8): row k, column j, of the constraint <w_k - w_j, h_k> >= 1
MULTIPLIERS = [[HALF if i // 2 != j // 2 else number(0) for j in range(4)] for i in range(4)]
down = exp(-2 * c)
denominator = 2 + exp(-2 * c) + exp(2 * c)  # of the softmax, the same for every sample
SCOPE = "K = 4, n = 1, d = 4, every C"


def example(size: Expr) -> list[list[Expr]]:
    """W = H = C times the pattern of (7)."""
    return [[size * entry for entry in row] for row in PATTERN]


def family(size: Expr, alpha: Expr, beta: Expr) -> list[list[Expr]]:
    """W' = H' of (10)."""
    one = number(1)
    rows = [
        [one, alpha, beta, beta],
        [alpha, one, beta, beta],
        [beta, beta, one, alpha],
        [beta, beta, alpha, one],
    ]
    return [[size * entry for entry in row] for row in rows]


def flat(a: Matrix) -> list[Expr]:
    """The entries, row by row."""
    return [entry for row in a for entry in row]


def zeros(entries: Sequence[Expr]) -> list[tuple[Expr, Expr]]:
    """These are all 0."""
    return [(entry, number(0)) for entry in entries]


@claim(
    id="example-kkt",
    paper=PAPER,
    kind="published",
    place="Example 3.1, (7) and (8); the value of C and of the loss are not said there",
    title="Example 3.1 is a KKT point of (5) exactly at C = 1/sqrt 2, with objective 4 instead of 3",
    plain="At W = H = C M with the matrix M of (7) the margins are 4 C^2 (inside a pair) and 2 C^2 (else), stationarity holds for the multipliers (8) at "
    "every C, and the constraints with positive multipliers are active exactly for 2 C^2 = 1. The objective is then 8 C^2 = 4, while "
    "the optimum is 3. With c = C^2 every sample has T = 1 + sum exp(-margins) = (1 + e^{-2c})^2, so L = 8 log(1 + e^{-2c}).",
    latex=r"C^2=\tfrac12:\ \tfrac12(\|W\|^2+\|H\|^2)=4>3,\qquad L=8\log(1+e^{-2C^2})",
    scope=SCOPE,
    expected="proved",
    depends=["min-norm-optimum"],
    tags=["example"],
)
def example_kkt(bench: Workbench) -> None:
    """Every entry of the stationarity conditions, every margin, the objective and the loss."""
    point = example(C)
    margins = all_margins(point, point, LABELS)
    pairs = [
        (value, (4 if (j + (j >= own)) // 2 == own // 2 else 2) * C * C)
        for own, row in zip(LABELS, margins, strict=True)
        for j, value in enumerate(row)
    ]
    missing = stationarity(point, point, LABELS, MULTIPLIERS)
    pairs += zeros([*flat(missing[0]), *flat(missing[1])])
    pairs += [(objective(point, point), 8 * C * C)]
    relative = [1 + sum((exp(-value) for value in row[1:]), exp(-row[0])) for row in margins]
    pairs += [(value, (1 + exp(-2 * C * C)) ** 2) for value in relative]
    bench.add(lambda: identities(pairs, SCOPE, "margins, stationarity, objective and loss of Example 3.1"))


@claim(
    id="example-gradient",
    paper=PAPER,
    kind="corrected",
    place="Example 3.1, (9); the denominator printed there is 2 + 2 e^{-2c} + 2 e^{2c}",
    title="The gradient at Example 3.1 is -2/(1 + e^{2c}) times the point",
    plain="With c = C^2: dL/dW = dL/dH = -C (2 + 2 e^{-2c})/(2 + e^{-2c} + e^{2c}) M, that is -2/(1 + e^{2c}) times the point; so "
    "along gradient flow c' = 4 c/(1 + e^{2c}) (whose solution is (log c + Ei(2c))/4 = t + const, as Ei'(x) = e^x/x).",
    latex=r"\nabla L=-\frac{2}{1+e^{2c}}\,(W,H),\qquad\dot c=\frac{4c}{1+e^{2c}}",
    scope=SCOPE,
    expected="proved",
    tags=["example"],
)
def example_gradient(bench: Workbench) -> None:
    """The numerators: the denominator of the softmax times each entry."""
    point = example(C)
    at = {"c": C * C}
    z = matmul(point, point)
    total = substitute(denominator, at)
    columns = [(sum((exp(z[j][i]) for j in range(1, 4)), exp(z[0][i])), total) for i in range(4)]
    # (P - Y) times the denominator, then times H^T (from the right) or W^T (from the left)
    misses = [[exp(z[j][i]) - (total if i == j else 0) for i in range(4)] for j in range(4)]
    factor = substitute(2 + 2 * exp(-2 * c), at)
    wanted = [[-factor * entry for entry in row] for row in point]
    pairs = [*columns]
    pairs += list(zip(flat(matmul(misses, transpose(point))), flat(wanted), strict=True))
    pairs += list(zip(flat(matmul(transpose(point), misses)), flat(wanted), strict=True))
    pairs += [((2 + 2 * exp(-2 * c)) * (1 + exp(2 * c)), 2 * denominator)]
    bench.add(lambda: identities(pairs, SCOPE, "gradient of Example 3.1"))


@claim(
    id="example-gradient-printed",
    paper=PAPER,
    kind="published",
    place="Example 3.1, (9)",
    title="The gradient at Example 3.1 as printed",
    plain="dL/dW = -C (2 + 2 e^{-2c})/(2 + 2 e^{-2c} + 2 e^{2c}) M with c = C^2.",
    latex=r"\nabla_W\mathcal L=-C\frac{2+2e^{-2C^2}}{2+2e^{-2C^2}+2e^{2C^2}}M",
    scope=SCOPE,
    expected="refuted",
    corrected_by="example-gradient",
    tags=["example"],
)
def example_gradient_printed(bench: Workbench) -> None:
    """The entry (0, 0) at C = 1."""
    point = example(C)
    found = gradient(point, point, LABELS, EXACT)[0][0][0]
    square = C * C
    printed = -C * (2 + 2 * exp(-2 * square)) / (2 + 2 * exp(-2 * square) + 2 * exp(2 * square))
    bench.add(
        lambda: fails_at(
            (found, "==", printed), {"C": 1}, "the printed entry (0, 0) of the gradient", shown={"C": "1"}
        )
    )
