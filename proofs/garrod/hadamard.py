"""Hadamard matrices and what they diagonalise."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from ncverify.book.registry import claim
from ncverify.book.verdict import Evidence, Outcome
from ncverify.derive.blocks import Equation, identity, letter, prove
from ncverify.derive.kernel import equal, linear
from ncverify.derive.terms import Function, chi, delta, total
from ncverify.evidence.exact import by_induction, nonzero_number, verified_exactly
from ncverify.evidence.instances import CYCLIC, WALSH, counterexample, instances
from ncverify.evidence.workbench import Workbench
from ncverify.theory.expr import Expr, add, exp, mul, number
from ncverify.theory.groups import AbelianGroup
from ncverify.theory.hadamard import negate_row, paley, permute_columns, permute_rows, sylvester

from .model import PAPER, SYMMETRIC, K, a, b, g, h, i, j, p, phat, s, softmax, symmetric, z

f = Function("f", ("G",))
Matrix = tuple[tuple[int, ...], ...]

Phi, Phi_T, C, D = letter("Phi"), letter("Phi'"), letter("C", "v"), letter("D", "v")
ORTHOGONAL = Equation(Phi * Phi_T, identity(1, 1))
SQUARE = Equation(Phi * Phi, identity(1, 1))
EIGENVECTORS = Equation(C * Phi, Phi * D)


@claim(
    id="hadamard-orthogonal",
    paper=PAPER,
    kind="published",
    place="the Sylvester construction that Hadamard initialisation uses",
    title="Sylvester's matrices are Hadamard matrices",
    plain="Phi_0 = [1] and Phi_{m+1} = [[Phi_m, Phi_m], [Phi_m, -Phi_m]] satisfy Phi Phi^T = K I and Phi^T = Phi, "
    "K = 2^m; entry (a, g) is (-1)^popcount(a & g).",
    latex=r"\Phi_{m+1}=\begin{pmatrix}\Phi_m&\Phi_m\\ \Phi_m&-\Phi_m\end{pmatrix}\ \Rightarrow\ "
    r"\Phi_m\Phi_m^{\top}=2^m I",
    scope="every K = 2^m",
    expected="proved",
    tags=["hadamard", "all-K"],
)
def hadamard_orthogonal(bench: Workbench) -> None:
    """Induction over the blocks; the entries for K <= 32 are compared with the characters of Z_2^m."""
    bench.add(
        lambda: by_induction([prove(ORTHOGONAL), prove(Equation(Phi_T, Phi)), prove(SQUARE)], "every K = 2^m")
    )
    bench.beside(entries_are_characters)


def entries_are_characters() -> Evidence:
    """Compare Sylvester's entries with the characters of Z_2^m, m <= 5."""
    holds, count = True, 0
    for group in WALSH:
        matrix = sylvester(len(group.orders))
        for row in range(group.order):
            for column in range(group.order):
                sign = 1 if group.pairing(row, column) == 0 else -1
                holds = holds and matrix[row][column] == sign == (-1) ** (row & column).bit_count()
                count += 1
    return verified_exactly(holds, "K = 2, 4, 8, 16, 32", "entries equal (-1)^popcount(a & g)", count)


@claim(
    id="diagonalization",
    paper=PAPER,
    kind="published",
    place="title and abstract: Hadamard initialisation diagonalises the softmax operator",
    title="Entrywise functions and the softmax stay diagonal in the Hadamard basis",
    plain="If Z = Phi diag(s) Phi*/K then Z_ij = z(i-j); for every entrywise f, f(Z) = Phi diag(fhat) Phi*/K with "
    "fhat_a = sum_g f(z(g)) chi_a(-g); all column sums of f(Z) are equal, so the column softmax is diagonal "
    "in the same basis too.",
    latex=r"f\bigl(\tfrac1K\Phi\,\mathrm{diag}(s)\,\Phi^*\bigr)=\tfrac1K\Phi\,\mathrm{diag}(\hat f)\,\Phi^*,\qquad "
    r"\mathrm{softmax}(Z)=\tfrac1K\Phi\,\mathrm{diag}(\hat p)\,\Phi^*",
    scope="every K = 2^m (Sylvester's matrix) and every finite abelian group (its character table)",
    hypotheses=[SYMMETRIC],
    goals={
        "entries": equal(total(a, total(b, chi(a, i) * s(a) * delta(a - b) * chi(b, -j))) / K, z(i - j)),
        "diagonal": equal(
            total(i, total(j, chi(a, -i) * f(i - j) * chi(b, j))),
            K * delta(a - b) * total(g, f(g) * chi(a, -g)),
        ),
        "back": equal(f(i - j), total(a, chi(a, i) * total(g, f(g) * chi(a, -g)) * chi(a, -j)) / K),
        "column sums": equal(total(i, f(i - j)), total(g, f(g))),
        "softmax": equal(total(i, total(j, chi(a, -i) * p(i - j) * chi(b, j))), K * delta(a - b) * phat(a)),
    },
    depends=["hadamard-orthogonal"],
    expected="proved",
    tags=["hadamard", "all-K"],
)
def diagonalization(bench: Workbench) -> None:
    """Z_ij depends on i - j only, so does f(Z_ij); characters diagonalise every such matrix."""
    base = softmax(symmetric)
    bench.show("entries", linear(bench.goal("entries"), unfold=[base.z_is]))
    for name in ("diagonal", "back", "column sums"):
        bench.show(name, linear(bench.goal(name)))
    bench.show("softmax", linear(bench.goal("softmax"), unfold=[base.phat_is], even=[base.p_even]))
    # The same for Z_2^m without characters: C(v) Phi = Phi D(v) by induction, and f(C(v)) = C(f(v)) entrywise.
    bench.add(lambda: by_induction([prove(EIGENVECTORS), prove(SQUARE)], "every K = 2^m"))
    goals = dict(bench.claim.goals)
    bench.beside(
        lambda: instances(
            base.definitions,
            {name: goals[name] for name in ("entries", "diagonal")},
            [*WALSH[:3], *CYCLIC[:3]],
            free=["f"],
        )
    )
    bench.beside(
        lambda: instances(
            base.definitions, {"entries": goals["entries"]}, [*WALSH[3:], *CYCLIC[3:]], at_most=8
        )
    )


def entrywise_off_diagonal(
    matrix: Matrix, spectrum: list[int], apply: Callable[[Fraction], Expr]
) -> dict[tuple[int, int], Expr]:
    """Entries (a, b), a < b, of M^T F(M diag(spectrum) M^T / K) M as expressions without symbols."""
    size = len(matrix)
    logits = [
        [
            Fraction(sum(s_a * matrix[r][a_] * matrix[c][a_] for a_, s_a in enumerate(spectrum)), size)
            for c in range(size)
        ]
        for r in range(size)
    ]
    image = [[apply(value) for value in row] for row in logits]
    return {
        (x, y): add(
            [
                mul([number(matrix[r][x] * matrix[c][y]), image[r][c]])
                for r in range(size)
                for c in range(size)
            ]
        )
        for x in range(size)
        for y in range(x + 1, size)
    }


def squared(value: Fraction) -> Expr:
    """The entrywise function z -> z^2."""
    return number(value * value)


def exponential(value: Fraction) -> Expr:
    """The entrywise function z -> exp z."""
    return exp(number(value))


def with_constant_column(matrix: Matrix) -> Matrix:
    """Rows negated so that column 0 is constant (else F = exp leaves the basis already at Z = 0)."""
    for row, entries in enumerate(matrix):
        if entries[0] < 0:
            matrix = negate_row(matrix, row)
    return matrix


ANY_HADAMARD = (
    ("Paley order 12, column 0 constant", with_constant_column(paley(11)), [0, 1, 1] + [0] * 9),
    ("Sylvester order 8 with row 0 negated", negate_row(sylvester(3), 0), [0, 1, 1, 0, 0, 0, 0, 0]),
)
"""Hadamard matrices whose basis the entrywise image leaves, each with a spectrum that shows it."""


@claim(
    id="diagonalization-any-hadamard",
    paper=PAPER,
    kind="published",
    place="'Hadamard matrices diagonalise the softmax', read for every Hadamard matrix",
    title="Every Hadamard matrix diagonalises the softmax",
    plain="For every Hadamard matrix M and every spectrum, M^T F(M diag(s) M^T/K) M is diagonal for entrywise F. "
    "(True for Sylvester's matrices with rows permuted, columns permuted or columns negated, because "
    "P F(Z) P^T = F(P Z P^T) and signs of columns cancel; false for others.)",
    latex=r"M M^{\top}=KI\ \Rightarrow\ M^{\top}F\bigl(\tfrac1K M\,\mathrm{diag}(s)M^{\top}\bigr)M\ \text{diagonal}",
    scope="Paley's matrix of order 12; Sylvester's of order 8 with one row negated",
    corrected_by="diagonalization",
    expected="refuted",
    tags=["hadamard", "erratum"],
)
def diagonalization_any_hadamard(bench: Workbench) -> None:
    """Entries off the diagonal, exactly for z^2 and by a ball for exp."""
    for name, matrix, spectrum in ANY_HADAMARD:
        for label, apply in (("z^2", squared), ("exp", exponential)):
            bench.add(
                lambda n=name, m=matrix, v=spectrum, lab=label, f_=apply: off_diagonal(n, m, v, lab, f_)
            )
    bench.beside(sylvester_variants)


def off_diagonal(
    name: str, matrix: Matrix, spectrum: list[int], label: str, apply: Callable[[Fraction], Expr]
) -> Evidence:
    """The first entry off the diagonal that does not vanish, as a refutation."""
    entries = entrywise_off_diagonal(matrix, spectrum, apply)
    found = [
        nonzero_number(
            value,
            "one exact matrix and spectrum",
            f"{name}: entry off the diagonal for F = {label}",
            {"matrix": name, "F": label, "spectrum": str(spectrum), "entry": f"({x}, {y})"},
        )
        for (x, y), value in entries.items()
    ]
    return next((item for item in found if item.outcome is Outcome.REFUTED), found[0])


def sylvester_variants() -> Evidence:
    """Row and column permutations and column signs of Sylvester's order 8 stay diagonal for z^2, z^3."""
    base = sylvester(3)
    order = (3, 0, 7, 5, 1, 6, 2, 4)
    flipped = tuple(tuple(-x if c in (1, 4, 6) else x for c, x in enumerate(row)) for row in base)
    spectrum = [0, 3, 1, 4, 1, 5, 9, 2]
    holds, count = True, 0
    for matrix in (permute_rows(base, order), permute_columns(base, order), flipped):
        for power in (2, 3):
            values = entrywise_off_diagonal(matrix, spectrum, lambda v, n=power: number(v**n))
            holds = holds and all(value == number(0) for value in values.values())
            count += len(values)
    return verified_exactly(
        holds, "Sylvester order 8, permuted or with column signs", "off-diagonal zeros", count
    )


JACOBIAN = total(g, total(h, chi(a, -g) * (delta(g - h) * p(g) - p(g) * p(h)) * chi(b, h)))


@claim(
    id="softmax-jacobian-diagonal",
    paper=PAPER,
    kind="published",
    place="summary, 'First Experiments' 1: verify by computing the Jacobian of the softmax",
    title="The Jacobian of the softmax is diagonal in the Hadamard basis",
    plain="Phi* (diag(p) - p p^T) Phi is diagonal.",
    latex=r"\Phi^*(\mathrm{diag}(p)-pp^{\top})\Phi\ \text{diagonal}",
    scope="refuted at one exact spectrum; the true entries are softmax-jacobian-entries",
    goals={},
    depends=["softmax-jacobian-entries"],
    corrected_by="softmax-jacobian-entries",
    expected="refuted",
    tags=["hadamard", "erratum"],
)
def softmax_jacobian_diagonal(bench: Workbench) -> None:
    """An entry off the diagonal at an exact spectrum."""
    printed = equal(JACOBIAN, 0).where(a - b)
    bench.add(
        lambda: counterexample(
            printed,
            softmax(symmetric).definitions,
            [AbelianGroup.walsh(2), AbelianGroup.cyclic(3)],
            seed=bench.settings.seed,
        )
    )


@claim(
    id="softmax-jacobian-entries",
    paper=PAPER,
    kind="corrected",
    place="corrects 'First Experiments' 1",
    title="The Jacobian of the softmax in the Hadamard basis",
    plain="Entry (a, b) of Phi* (diag(p) - p p^T) Phi is phat_{a-b} - phat_a phat_b (for Z_2^m, a - b = a + b). What "
    "is diagonal is the image of the operator Z -> softmax(Z), not its derivative.",
    latex=r"\bigl(\Phi^*(\mathrm{diag}(p)-pp^{\top})\Phi\bigr)_{ab}=\hat p_{a-b}-\hat p_a\hat p_b",
    scope="every finite abelian group, every real symmetric spectrum",
    hypotheses=[SYMMETRIC],
    goals={"entries": equal(JACOBIAN, phat(a - b) - phat(a) * phat(b))},
    expected="proved",
    tags=["hadamard", "all-K"],
)
def softmax_jacobian_entries(bench: Workbench) -> None:
    """Multiply out; products of characters are characters."""
    base = softmax(symmetric)
    bench.show("entries", linear(bench.goal("entries"), unfold=[base.phat_is], even=[base.p_even]))
    bench.beside(lambda: instances(base.definitions, bench.claim.goals, [*WALSH[:3], *CYCLIC[:2]], at_most=9))
