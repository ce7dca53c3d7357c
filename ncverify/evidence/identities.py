"""Evidence from many identities at once, decided over one field."""

from __future__ import annotations

from collections.abc import Sequence

from ncverify.book.verdict import Evidence, Outcome
from ncverify.derive.normal_form import field_for, normalize_difference
from ncverify.errors import InputError
from ncverify.evidence import bodies
from ncverify.theory.expr import Expr


def identities(pairs: Sequence[tuple[Expr, Expr]], scope: str, what: str) -> Evidence:
    """Whether both sides of every pair are equal for all real values of the symbols (no denominators).

    ``proved`` if every difference has normal form 0, else ``undecided``.  Cost: one normal form a pair, in
    the field of all their exponentials.
    """
    if not pairs:
        raise InputError(f"{what}: no identity was given")
    field = field_for(*(side for pair in pairs for side in pair))
    wrong = 0
    for left, right in pairs:
        difference = normalize_difference(left, right, field)
        if difference.denominators:
            raise InputError(f"{what}: an identity has a denominator")
        wrong += not difference.element.is_zero()
    if wrong:
        return Evidence(
            Outcome.UNDECIDED, "normal form", "nothing", f"{what}: {wrong} of {len(pairs)} are not identities"
        )
    return Evidence(
        Outcome.PROVED,
        "normal form",
        scope,
        f"{what}: {len(pairs)} identities decided by normal forms in {len(field.symbols)} symbols",
        {"identities": len(pairs), "field": field.facts},
        body=bodies.identity(pairs),
    )
