"""Rules that choose an index, or let an arbitrary one vary."""

from __future__ import annotations

from ncverify.replay.calculus.facts import arguments
from ncverify.replay.calculus.lines import Arguments, Line, rule
from ncverify.replay.calculus.terms import (
    CHOSEN,
    COMPLEX,
    ORDERS,
    ZERO,
    Relation,
    Term,
    Var,
    add,
    moved,
    neg,
    num,
    relation,
    single,
    substitute,
)
from ncverify.replay.errors import Rejected


@rule("a finite family has a maximum", values=Arguments.term, var=Arguments.variable)
def maximum(line: Line, values: Term, var: Var) -> Relation:
    """f(m) - f(v) >= 0 for a fixed index m that is named after the family, so that it belongs to no other.

    The other indices of the family are fixed.
    """
    if values[0] != "app" or values[1] in COMPLEX or "_" in values[1]:
        raise Rejected("a real function with a plain name is needed")
    names = []
    for arg in values[2]:
        own = arg[1][0][0] if arg[1] else var
        if arg != single(own) or (own != var and (own[1][0] != "!" or "_" in own[1])):
            raise Rejected("the indices of the family must be the variable and plain fixed ones")
        names.append("" if own == var else own[1][1:])
    if names.count("") != 1 or var[1].startswith("!"):
        raise Rejected("the family must have one variable index")
    top = (var[0], "_".join((CHOSEN, values[1], *names)))
    return relation(add(substitute(values, {var: single(top)}), neg(values)), ">=")


@rule("a finite family has a maximum off 0", values=Arguments.term, var=Arguments.variable)
def maximum_nonzero(line: Line, values: Term, var: Var) -> Relation:
    """f(m) - f(v) >= 0 where v != 0, for a fixed index m named after f; a premise says that some v != 0."""
    top = substitute(values, {var: single(_top_off_zero(line, values, var))})
    return relation(add(top, neg(values)), ">=", ZERO, [single(var)])


@rule("the place of the maximum off 0", values=Arguments.term, var=Arguments.variable)
def place_nonzero(line: Line, values: Term, var: Var) -> Relation:
    """[m = 0] = 0 for the place m of the maximum off 0."""
    return relation(("delta", single(_top_off_zero(line, values, var))), "=", ZERO)


def _top_off_zero(line: Line, values: Term, var: Var) -> Var:
    (several,) = line.given(1)
    if values[0] != "app" or arguments(values) != (var,):
        raise Rejected("a function of one index is needed")
    if values[1] in COMPLEX or "_" in values[1]:
        raise Rejected("a real function with a plain name is needed")
    if several != relation(("sym", ORDERS[var[0]]), ">=", num(2)):
        raise Rejected(f"{ORDERS[var[0]]} >= 2 is needed for a nonzero index to exist")
    return var[0], f"{CHOSEN}nonzero_{values[1]}"


@rule("generalisation", fixed=Arguments.variable, var=Arguments.variable)
def generalize(line: Line, fixed: Var, var: Var) -> Relation:
    """What holds for an arbitrary fixed index, of which no hypothesis speaks, holds for all."""
    (known,) = line.given(1)
    if not fixed[1].startswith("!") or fixed[1].startswith(CHOSEN):
        raise Rejected(f"{fixed[1]!r} is not an arbitrary fixed index")
    if var[1].startswith("!") or var[0] != fixed[0] or var in known.free:
        raise Rejected(f"{var[1]!r} is not a new free index")
    if any(fixed in line.theory.hypotheses[name][0].free for name in line.hypotheses):
        raise Rejected(f"a hypothesis speaks of {fixed[1]!r}")
    if any(other[1].startswith("!") and other != fixed for other in known.free):
        raise Rejected("another fixed index occurs in the statement")
    return moved(known, {fixed: single(var)})
