"""Rules that choose an index, or let an arbitrary one vary."""

from __future__ import annotations

from ncverify.replay.calculus.lines import Arguments, Line, rule
from ncverify.replay.calculus.terms import (
    CHOSEN,
    COMPLEX,
    Relation,
    Term,
    Var,
    add,
    moved,
    neg,
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
