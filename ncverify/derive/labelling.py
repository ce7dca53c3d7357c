"""Canonical names for bound indices: unimodular changes of variables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from ncverify.derive.monomials import Base, Monomial, order_key
from ncverify.derive.terms import Index, Var, index, make_index

MAX_LABELLINGS = 20_000


def argument_forms(
    mono: Monomial, sort: str, bound: Sequence[Var], even: frozenset[str]
) -> list[tuple[str, Index, bool]]:
    """Candidates for new variables: (signature, form, whether the sign is free)."""
    found: dict[Index, tuple[str, bool]] = {}

    def offer(signature: str, form: Index, both: bool) -> None:
        if form.sort == sort and any(var in bound for var, _ in form.parts):
            keep = found.get(form)
            if keep is None or signature < keep[0]:
                found[form] = (signature, both)

    def visit(factors: Iterable[tuple[Base, Fraction]], depth: int) -> None:
        for base, power in factors:
            if base[0] == "app":
                for place, arg in enumerate(base[2]):
                    offer(f"{depth}{base[1]}/{place}^{power}", arg, base[1] in even)
            elif base[0] != "sym":
                for inner, _ in base[1]:
                    bare = [(other, power) for other, power in inner.factors]
                    visit(bare, depth + 1)

    visit(mono.factors, 0)
    for var in bound:
        offer("~", index(var), True)
    names = set(bound)
    # forms inside nested polynomials may contain variables bound there: they cannot be used
    usable = [
        (signature, form, both)
        for form, (signature, both) in found.items()
        if all(var in names or "." not in var.name for var, _ in form.parts)
    ]
    return sorted(usable, key=lambda item: (item[0], order_key(item[1])))


def change_of_variables(
    bound: Sequence[Var],
    chosen: Sequence[tuple[Index, bool]],
    inverse: Sequence[Sequence[int]],
    names: Sequence[Var],
    arrangement: Sequence[int],
    signs: Sequence[int],
) -> dict[Var, Index]:
    """Old variables in terms of the new: new_k = sign * form_k, i.e. old = M^-1 (sign new - rest)."""
    targets = []
    for number, (form, _) in enumerate(chosen):
        rest = make_index(form.sort, {var: count for var, count in form.parts if var not in bound})
        targets.append(index(names[arrangement[number]]).scale(signs[number]) - rest)
    images = {}
    for row, var in enumerate(bound):
        image = Index(var.sort)
        for column, target in enumerate(targets):
            image = image + target.scale(inverse[row][column])
        images[var] = image
    return images


def unimodular_inverse(rows: list[list[int]]) -> list[list[int]] | None:
    """The integer inverse of a matrix of determinant +-1, else None."""
    size = len(rows)
    work = [
        [Fraction(x) for x in row] + [Fraction(int(i == j)) for j in range(size)]
        for i, row in enumerate(rows)
    ]
    for column in range(size):
        pivot = next((r for r in range(column, size) if work[r][column]), None)
        if pivot is None:
            return None
        work[column], work[pivot] = work[pivot], work[column]
        lead = work[column][column]
        work[column] = [x / lead for x in work[column]]
        for other in range(size):
            if other != column and work[other][column]:
                factor = work[other][column]
                work[other] = [x - factor * y for x, y in zip(work[other], work[column], strict=True)]
    inverse = [row[size:] for row in work]
    if any(x.denominator != 1 for row in inverse for x in row):
        return None
    return [[int(x) for x in row] for row in inverse]
