"""Hypothesis strategies for the objects of the theory: groups, spectra, starts, frames, times.

All numbers are exact (``Fraction``), so that a failing example can be written down and used again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ncverify.derive.kernel import Relation
from ncverify.errors import InputError
from ncverify.evidence.mutants import expression_mutations, mutations
from ncverify.theory.expr import Expr
from ncverify.theory.groups import AbelianGroup

RationalRows = tuple[tuple[Fraction, ...], ...]


@dataclass(frozen=True)
class SpectralStart:
    """Singular values of W and H on the spectral family, all K modes, symmetric under a -> -a."""

    alpha: tuple[Fraction, ...]
    beta: tuple[Fraction, ...]

    @property
    def spectrum(self) -> tuple[Fraction, ...]:
        """s_a = alpha_a beta_a."""
        return tuple(a * b for a, b in zip(self.alpha, self.beta, strict=True))

    @property
    def balanced(self) -> bool:
        """Whether alpha = beta."""
        return self.alpha == self.beta

    @property
    def collapsed(self) -> bool:
        """Whether all s_a with a != 0 are equal: then the flow stays on the collapse ray."""
        return len(set(self.spectrum[1:])) == 1


def groups(*, min_order: int = 2, max_order: int = 12) -> SearchStrategy[AbelianGroup]:
    """Products of cyclic groups, factors in increasing order; shrinks to the smallest group.

    Isomorphic groups with different factors (Z_6, Z_2 x Z_3) both occur.
    """
    found = [
        AbelianGroup(orders) for n in range(min_order, max_order + 1) if n >= 2 for orders in _factorings(n)
    ]
    if not found:
        raise InputError(f"no group has an order from {min_order} to {max_order}: allow at least order 2")
    return st.sampled_from(found)


def rationals(*, min_value: Fraction, max_value: Fraction, denominator: int = 12) -> SearchStrategy[Fraction]:
    """Multiples of 1/``denominator`` in [min_value, max_value]; shrinks towards 0."""
    first, last = ceil(min_value * denominator), floor(max_value * denominator)
    if first > last:
        raise InputError(
            f"no multiple of 1/{denominator} from {min_value} to {max_value}: widen it or raise denominator"
        )
    return st.integers(first, last).map(lambda numerator: Fraction(numerator, denominator))


def spectra(
    group: AbelianGroup,
    *,
    min_value: Fraction = Fraction(1, 6),
    max_value: Fraction = Fraction(2),
    denominator: int = 12,
) -> SearchStrategy[tuple[Fraction, ...]]:
    """(s_1, ..., s_{K-1}), what flows start from: values in [min_value, max_value] with s_a = s_{-a}."""
    values = _positive(min_value, max_value, denominator)
    orbits = group.sign_classes[1:]
    drawn = st.lists(values, min_size=len(orbits), max_size=len(orbits))
    return drawn.map(lambda chosen: _spread(group, [Fraction(0), *chosen])[1:])


def starts(
    group: AbelianGroup,
    *,
    balanced: bool | None = None,
    min_value: Fraction = Fraction(1, 4),
    max_value: Fraction = Fraction(3, 2),
    denominator: int = 12,
) -> SearchStrategy[SpectralStart]:
    """Pairs (alpha, beta), with alpha = beta, without, or (``balanced=None``) both kinds.

    Values of the modes a != 0 lie in [min_value, max_value]; alpha_0 and beta_0 may be 0 too.
    """
    values = _positive(min_value, max_value, denominator)
    orbits = group.sign_classes[1:]
    modes = st.tuples(
        st.just(Fraction(0)) | values, st.lists(values, min_size=len(orbits), max_size=len(orbits))
    ).map(lambda drawn: _spread(group, [drawn[0], *drawn[1]]))
    equal = modes.map(lambda alpha: SpectralStart(alpha, alpha))
    distinct = st.builds(SpectralStart, modes, modes).filter(lambda start: not start.balanced)
    if balanced is None:
        return equal | distinct
    return equal if balanced else distinct


def orthonormal_frames(
    d: int, classes: int, *, max_reflections: int = 3, max_entry: int = 2
) -> SearchStrategy[RationalRows]:
    """Rational d x ``classes`` matrices with exactly orthonormal columns.

    They are the first columns of a product of Householder reflections I - 2 v v^T / (v^T v) with
    integer v, ``|v_i| <= max_entry``; shrinks to the identity.
    """
    if not 1 <= classes <= d:
        raise InputError(f"no {d} x {classes} matrix has orthonormal columns: d must be at least {classes}")
    entries = st.integers(-max_entry, max_entry)
    vectors = st.lists(entries, min_size=d, max_size=d).filter(any)
    reflections = st.lists(vectors, max_size=max_reflections)
    return reflections.map(lambda chosen: tuple(row[:classes] for row in _reflect(d, chosen)))


def matrices(
    rows: int, columns: int, *, bound: Fraction = Fraction(1), denominator: int = 12
) -> SearchStrategy[RationalRows]:
    """Rational matrices with entries in [-bound, bound]."""
    entries = rationals(min_value=-bound, max_value=bound, denominator=denominator)
    row = st.lists(entries, min_size=columns, max_size=columns).map(tuple)
    return st.lists(row, min_size=rows, max_size=rows).map(tuple)


def times(
    *, min_time: Fraction = Fraction(0), max_time: Fraction = Fraction(1), denominator: int = 8
) -> SearchStrategy[Fraction]:
    """Times in [min_time, max_time] of the gradient flow (of the sum loss)."""
    if min_time < 0:
        raise InputError(f"min_time {min_time} must be at least 0: flows start at t = 0")
    return rationals(min_value=min_time, max_value=max_time, denominator=denominator)


def weights(
    classes: int, dimension: int, *, per_class: int = 1, bound: Fraction = Fraction(1), denominator: int = 12
) -> SearchStrategy[tuple[RationalRows, RationalRows, tuple[int, ...]]]:
    """(W, H, labels): W is K x d, H is d x nK with the samples class by class, as ``FullFlow`` takes them."""
    if classes < 2 or dimension < 1 or per_class < 1:
        raise InputError(
            f"classes {classes}, dimension {dimension}, per_class {per_class}: at least 2, 1 and 1"
        )
    labels = tuple(k for k in range(classes) for _ in range(per_class))
    return st.tuples(
        matrices(classes, dimension, bound=bound, denominator=denominator),
        matrices(dimension, classes * per_class, bound=bound, denominator=denominator),
        st.just(labels),
    )


def regions(
    names: Sequence[str], *, bound: Fraction = Fraction(4), denominator: int = 12
) -> SearchStrategy[dict[str, tuple[Fraction, Fraction]]]:
    """Boxes for ``prove_inequality``: for every variable exact ends, the lower below the upper."""
    ends = rationals(min_value=-bound, max_value=bound, denominator=denominator)
    pair = st.tuples(ends, ends).filter(lambda found: found[0] < found[1])
    return st.fixed_dictionaries(dict.fromkeys(names, pair))


def mutants(statement: Relation | Expr) -> SearchStrategy[Relation | Expr]:
    """Single changes of a statement of the calculus, or of an expression: a sign, factor, term or function.

    Some are equal to the original again; whoever uses them must find out which.
    """
    found: list[Relation | Expr]
    if isinstance(statement, Expr):
        found = list(dict.fromkeys(expression_mutations(statement)))
    else:
        found = [changed for _, changed in mutations(statement)]
    if not found:
        raise InputError(f"{statement!r} has nothing to change")
    return st.sampled_from(found)


def _positive(min_value: Fraction, max_value: Fraction, denominator: int) -> SearchStrategy[Fraction]:
    if min_value <= 0:
        raise InputError(f"min_value {min_value} must be positive")
    return rationals(min_value=min_value, max_value=max_value, denominator=denominator)


def _factorings(n: int, least: int = 2) -> Iterator[tuple[int, ...]]:
    """n as an increasing product of factors >= least, all ways."""
    if n >= least:
        yield (n,)
    for first in range(least, n // least + 1):
        if n % first == 0:
            yield from ((first, *rest) for rest in _factorings(n // first, first))


def _spread(group: AbelianGroup, per_class: list[Fraction]) -> tuple[Fraction, ...]:
    full = [Fraction(0)] * group.order
    for value, members in zip(per_class, group.sign_classes, strict=True):
        for a in members:
            full[a] = value
    return tuple(full)


def _reflect(d: int, vectors: list[list[int]]) -> RationalRows:
    rows = [[Fraction(int(i == j)) for j in range(d)] for i in range(d)]
    for v in vectors:
        scale = Fraction(2, sum(x * x for x in v))
        for row in rows:
            along = scale * sum((x * y for x, y in zip(row, v, strict=True)), Fraction(0))
            row[:] = [x - along * y for x, y in zip(row, v, strict=True)]
    return tuple(tuple(row) for row in rows)
