"""The spectral ("Hadamard") initialisation, and reading a state (W, H) back in its basis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from ncverify.errors import InputError
from ncverify.theory.dynamics import Matrix, matmul, transpose
from ncverify.theory.groups import AbelianGroup
from ncverify.theory.number_kinds import Number, NumberKind

RationalMatrix = Sequence[Sequence[int | Fraction]]


def fourier_basis(group: AbelianGroup, kind: NumberKind) -> list[list[Number]]:
    """The real orthonormal Fourier basis of R^K, one column for each character (K x K, rows first).

    Column a is chi_a / sqrt K where chi_a is real.  A pair a < -a of complex characters gives the
    columns sqrt(2/K) cos(2 pi <a, g>) in place a and sqrt(2/K) sin(2 pi <a, g>) in place -a: they span
    the same plane, so B diag(s) B^T is the same matrix for every s with s_a = s_{-a}.  Cost: K^2.
    """
    order = group.order
    single, double = (kind.sqrt(kind.exact(Fraction(c, order))) for c in (1, 2))
    basis: list[list[Number]] = [[None] * order for _ in range(order)]
    for a, *mirror in group.sign_classes:
        for g in range(order):
            turns = group.pairing(a, g)
            basis[g][a] = (double if mirror else single) * kind.cos_turns(turns)
            for b in mirror:
                basis[g][b] = double * kind.cos_turns(turns - Fraction(1, 4))
    return basis


def hadamard_start(
    group: AbelianGroup,
    alpha: Sequence[Number],
    beta: Sequence[Number],
    frame: RationalMatrix,
    kind: NumberKind,
) -> tuple[list[list[Number]], list[list[Number]]]:
    """W = B diag(alpha) R^T (K x d) and H = R diag(beta) B^T (d x K), one sample a class.

    B is ``fourier_basis`` (Phi / sqrt K for Z_2^m: garrod, spectral initialisation) and R = ``frame`` an
    exact rational d x K matrix with orthonormal columns.  ``alpha``, ``beta``: K numbers of the kind,
    with alpha_a = alpha_{-a}, beta_a = beta_{-a} as the same number.  Then Z = W H has the logits of the
    spectrum s_a = alpha_a beta_a.  Raises ``InputError`` for wrong sizes, an asymmetric spectrum or a
    frame that is not orthonormal (checked exactly).  Cost: K^2 d.
    """
    for name, values in (("alpha", alpha), ("beta", beta)):
        _check_spectrum(group, name, values, kind)
    check_frame(frame, group.order)
    basis = fourier_basis(group, kind)
    columns = transpose([[kind.exact(x) for x in row] for row in frame])
    scaled_a = [[x * a for x in column] for column, a in zip(columns, alpha, strict=True)]
    scaled_b = [[x * b for x in column] for column, b in zip(columns, beta, strict=True)]
    return matmul(basis, scaled_a), transpose(matmul(basis, scaled_b))


@dataclass(frozen=True)
class SpectralReading:
    """A state in the spectral basis: its diagonal, and how far the state is from the family.

    ``residual`` is the largest modulus of an entry of W - B diag(alpha) R^T and of
    H - R diag(beta) B^T, and of alpha_a - alpha_{-a} and beta_a - beta_{-a}.
    """

    alpha: tuple[Number, ...]
    beta: tuple[Number, ...]
    residual: Number


def spectrum_of(
    group: AbelianGroup, w: Matrix, h: Matrix, frame: RationalMatrix, kind: NumberKind
) -> SpectralReading:
    """alpha = diag(B^T W R), beta = diag(R^T H B), and the distance from the family.

    ``w``: K x d, ``h``: d x K, ``frame``: d x K as in ``hadamard_start``.  Cost: K^2 d.
    """
    check_frame(frame, group.order)
    basis = fourier_basis(group, kind)
    r = [[kind.exact(x) for x in row] for row in frame]
    wr, hr = transpose(matmul(w, r)), transpose(matmul(transpose(h), r))
    columns = transpose(basis)
    alpha = [_dot(x, y) for x, y in zip(columns, wr, strict=True)]
    beta = [_dot(x, y) for x, y in zip(columns, hr, strict=True)]
    r_columns = transpose(r)
    gaps = []
    for state, diagonal in ((w, alpha), (transpose(h), beta)):
        scaled = [[x * a for x in column] for column, a in zip(r_columns, diagonal, strict=True)]
        ideal = matmul(basis, scaled)
        gaps += [abs(x - y) for u, v in zip(state, ideal, strict=True) for x, y in zip(u, v, strict=True)]
        gaps += [abs(diagonal[a] - diagonal[group.neg(a)]) for a in range(group.order) if a < group.neg(a)]
    return SpectralReading(tuple(alpha), tuple(beta), kind.maximum(gaps))


def check_frame(frame: RationalMatrix, classes: int) -> None:
    """Raise ``InputError`` unless ``frame`` is exactly rational, d x ``classes``, with R^T R = I."""
    if not frame or any(len(row) != classes for row in frame):
        raise InputError(f"the frame must have {classes} columns in every row, one for each character")
    if any(not isinstance(x, int | Fraction) for row in frame for x in row):
        raise InputError("the frame must be exact: give its entries as int or Fraction")
    for a in range(classes):
        for b in range(a + 1):
            product = sum((Fraction(row[a]) * row[b] for row in frame), Fraction(0))
            if product != (a == b):
                raise InputError(
                    f"frame columns {b} and {a} have inner product {product}: they must be orthonormal"
                )


def _check_spectrum(group: AbelianGroup, name: str, values: Sequence[Number], kind: NumberKind) -> None:
    if len(values) != group.order:
        raise InputError(
            f"{name} has {len(values)} values: {group.name} wants {group.order}, {name}_0 included"
        )
    for a, *mirror in group.sign_classes:
        for b in mirror:
            if not kind.same(values[a], values[b]):
                raise InputError(
                    f"group {group.orders} needs a symmetric spectrum: "
                    f"{name}[{a}]={values[a]}, {name}[{b}]={values[b]}"
                )


def _dot(x: Sequence[Number], y: Sequence[Number]) -> Number:
    terms = [u * v for u, v in zip(x, y, strict=True)]
    return sum(terms[1:], terms[0])
