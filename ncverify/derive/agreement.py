"""The rule for functions of numbers that agree where a factor does not vanish."""

from __future__ import annotations

from fractions import Fraction

from ncverify.derive.matching import require_real
from ncverify.derive.monomials import ProofError
from ncverify.derive.relations import Relation
from ncverify.derive.sums import Facts, Normalizer
from ncverify.derive.terms import Fn, Pow, Term, TermLike, term
from ncverify.derive.theorems import Theorem, establish

_FUNCTIONS = ("exp", "log", "sqrt", "reciprocal")


def agree_where(known: Theorem, factor: TermLike, left: TermLike, right: TermLike, function: str) -> Theorem:
    """c (x - y) = 0 gives c f(x) = c f(y): where c is not 0, x = y.

    ``function``: exp, log, sqrt or reciprocal, all of them total (1/0 = 0); ``known`` must be the equation
    for these c, x, y up to normal form; x and y must be shown to be real.
    """
    c, x, y = term(factor), term(left), term(right)
    if function not in _FUNCTIONS:
        raise ProofError(f"{function!r} is not one of {', '.join(_FUNCTIONS)}")
    require_real(x, (), ())
    require_real(y, (), ())
    relation = known.relation
    if relation.kind != "=" or not Normalizer(Facts()).is_zero(relation.difference - c * (x - y)):
        raise ProofError("c (x - y) = 0 is needed for these c, x, y")

    def image(value: Term) -> Term:
        return Pow(value, Fraction(-1)) if function == "reciprocal" else Fn(function, value)

    return establish(
        Relation(c * image(x), "=", c * image(y), relation.conditions),
        "equal where a factor does not vanish",
        (known,),
        note=function,
        arguments={"factor": c, "left": x, "right": y, "function": function},
    )
