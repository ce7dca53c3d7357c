"""Rules about the largest of finitely many numbers, and one of the terms of a sum."""

from __future__ import annotations

from ncverify.derive.matching import bare_arguments
from ncverify.derive.monomials import COMPLEX, ProofError
from ncverify.derive.relations import CHOSEN, ZERO, Relation, at_least, equal
from ncverify.derive.terms import ORDERS, App, IndexLike, Sum, Sym, Var, delta, index, substitute
from ncverify.derive.theorems import Theorem, establish


def one_of_sum(known: Theorem, var: Var, *, nonzero: bool = False) -> Theorem:
    """A sum of nonnegative terms is at least each of them: x(v) >= 0 gives sum_v x(v) - x(v) >= 0.

    The sum runs over all v, or over the nonzero ones (then the theorem may need v != 0, and so does
    the result).
    """
    relation = known.relation
    if relation.kind not in (">=", ">") or relation.rhs != ZERO:
        raise ProofError("terms known to be >= 0 are needed")
    if var.fixed:
        raise ProofError("a fixed index is not summed over")
    own = {form for form in relation.conditions if form in (index(var), -index(var))}
    rest = relation.conditions - own
    if any(var == part for form in rest for part, _ in form.parts):
        raise ProofError(f"another condition mentions {var.name!r}")
    if own and not nonzero:
        raise ProofError(f"the theorem holds for nonzero {var.name!r} only")
    body = relation.lhs
    conditions = rest | ({index(var)} if nonzero else frozenset())
    return establish(
        Relation(Sum(var, body, nonzero) - body, ">=", ZERO, conditions),
        "one term of a nonnegative sum",
        (known,),
        arguments={"var": var, "nonzero": nonzero},
    )


def delta_at_most_one(at: IndexLike) -> Theorem:
    """1 - [i = 0] >= 0."""
    form = index(at)
    return establish(at_least(1 - delta(form), 0), "a Kronecker delta is at most 1", arguments={"at": form})


def maximum_nonzero(values: App, var: Var, several: Theorem) -> tuple[Theorem, Theorem, Var]:
    """A family f(v), v != 0, has a largest member f(m), m != 0, if the sort has at least two elements.

    ``several`` shows that.  Returns f(m) - f(v) >= 0 for v != 0, then [m = 0] = 0, and the fixed index m.
    """
    if bare_arguments(values) != (var,) or values.name in COMPLEX or "_" in values.name:
        raise ProofError("a real function of one index, with a plain name, is needed")
    if several.relation != at_least(Sym(ORDERS[var.sort]), 2):
        raise ProofError(f"{ORDERS[var.sort]} >= 2 is needed for a nonzero index to exist")
    # the name is determined by the family, so that one index is never the largest of two families
    chosen = Var(f"{CHOSEN}nonzero_{values.name}", var.sort, fixed=True)
    top = substitute(values, {var: index(chosen)})
    arguments = {"values": values, "var": var}
    largest = establish(
        at_least(top - values, 0).where(var),
        "a finite family has a maximum off 0",
        (several,),
        note=chosen.name,
        arguments=arguments,
    )
    place = establish(
        equal(delta(chosen), 0),
        "the place of the maximum off 0",
        (several,),
        note=chosen.name,
        arguments=arguments,
    )
    return largest, place, chosen
