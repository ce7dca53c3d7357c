"""Rules that choose an index, or let an arbitrary one vary."""

from __future__ import annotations

from ncverify.derive.monomials import COMPLEX, ProofError
from ncverify.derive.relations import CHOSEN, Relation, at_least, free_in
from ncverify.derive.terms import App, Var, index, substitute
from ncverify.derive.theorems import Theorem, establish


def maximum(values: App, var: Var) -> tuple[Theorem, Var]:
    """A family over a finite nonempty set has a largest member: f(v) <= f(m) for a new fixed index m.

    Returns the theorem f(m) - f(v) >= 0 and the index m.
    """
    args = [arg.parts for arg in values.args]
    if any(len(parts) != 1 or parts[0][1] != 1 for parts in args):
        raise ProofError("the indices of the family must be bare variables")
    others = [parts[0][0] for parts in args if parts[0][0] != var]
    if len(others) != len(args) - 1 or not all(other.fixed and "_" not in other.name for other in others):
        raise ProofError("the other indices of the family must be fixed, with plain names")
    if "_" in values.name:
        raise ProofError("the family must have a plain name")
    # the name is determined by the family, so that one index is never the largest of two families
    places = ("" if parts[0][0] == var else parts[0][0].name for parts in args)
    chosen = Var("_".join((CHOSEN, values.name, *places)), var.sort, fixed=True)
    top = substitute(values, {var: index(chosen)})
    if not isinstance(top, App) or values.name in COMPLEX:
        raise ProofError("a real function is needed")
    arguments = {"values": values, "var": var}
    theorem = establish(
        at_least(top - values, 0), "a finite family has a maximum", note=chosen.name, arguments=arguments
    )
    return theorem, chosen


def generalize(known: Theorem, fixed: Var, var: Var) -> Theorem:
    """What holds for an arbitrary fixed index holds for all: replace it by a free variable.

    The index must be arbitrary: not chosen by ``maximum``, and in no hypothesis.
    """
    if not fixed.fixed or var.fixed or fixed.sort != var.sort or fixed.name.startswith(CHOSEN):
        raise ProofError(f"{fixed.name!r} is not an arbitrary index")
    for name, (assumed, _) in known.hypotheses.items():
        if fixed in free_in(assumed):
            raise ProofError(f"{fixed.name!r} occurs in the hypothesis {name!r}")
    relation = known.relation
    used = free_in(relation)
    if any(other.fixed and other != fixed for other in used) or var in used:
        raise ProofError("another fixed index, or the new variable, occurs in the statement")
    image = {fixed: index(var)}
    moved = Relation(
        substitute(relation.lhs, image),
        relation.kind,
        substitute(relation.rhs, image),
        frozenset(form.substitute(image) for form in relation.conditions),
    )
    return establish(
        moved,
        "generalisation",
        (known,),
        note=f"{fixed.name} is arbitrary",
        arguments={"fixed": fixed, "var": var},
    )
