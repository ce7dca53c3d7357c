"""Gronwall's inequality: solutions that last for all times, and what stays positive."""

from __future__ import annotations

from collections.abc import Sequence

from ncverify.derive.classical import kept, require_lasting, smooth_symbols
from ncverify.derive.matching import bare_arguments
from ncverify.derive.monomials import COMPLEX, POSITIVE_SYMBOLS, ProofError
from ncverify.derive.relations import ZERO, Relation, free_in
from ncverify.derive.sums import Facts, Normalizer
from ncverify.derive.terms import Add, App, Sum, Sym, Term, TermLike, symbols, term
from ncverify.derive.theorems import Theorem, establish, in_time


def bounded_growth(
    size: Theorem,
    growth: Theorem,
    flow: Sequence[Theorem],
    value: App | Sym,
    factor: TermLike,
    *,
    smooth: Sequence[Theorem] = (),
) -> Theorem:
    """D' <= c D for D = the sum of the squares of all components: the solution exists for all t >= 0.

    ``size``: the definition of D; ``growth``: c D - D' >= 0 with c = ``factor`` made of numbers and orders
    of sorts; ``flow``: x' = F for each family x of components, where F is smooth at every state: built by
    sums, products and exp from the components, and from definitions and denominators that ``smooth``
    accounts for without any hypothesis; ``value``: the family that the result speaks of.

    Classical (continuation; P. Hartman, Ordinary Differential Equations, II.3): on a bounded time interval
    D stays below D(0) e^{ct}, so the solution stays in a compact set, near which the field is smooth.
    """
    head, c = size.relation.lhs, term(factor)
    if size.rule != "definition" or not isinstance(head, Sym):
        raise ProofError("the definition of a scalar is needed")
    if not symbols(c) <= POSITIVE_SYMBOLS or free_in(Relation(c, "=")):
        raise ProofError("the factor must be made of numbers and orders")
    for known in (growth, *flow):
        if any(kind != "structural" for _, kind in known.hypotheses.values()):
            raise ProofError("the growth and the flow must be known at all times")
    if any(known.hypotheses for known in smooth):
        raise ProofError("the field must be smooth at every state, whatever is assumed")
    families = [_family(known) for known in flow]
    names = {family.name for family in families}
    if len(names) < len(families) or value not in families:
        raise ProofError("each family moves by one equation, and the result is about one of them")
    definitions = {name: item for part in (*flow, *smooth) for name, item in part.definitions.items()}
    for known in flow:
        if not smooth_symbols(known.relation.rhs, definitions, smooth) <= names:
            raise ProofError("the field must be made of the components")
    squares = Add(tuple(_sum_of_squares(family) for family in families))
    if not Normalizer(Facts()).is_zero(size.relation.rhs - squares):
        raise ProofError("D must be the sum of the squares of all components")
    prime = Sym(head.name + "'")
    relation = growth.relation
    wanted = c * head - prime
    if (
        relation.kind not in (">=", ">")
        or relation.conditions
        or not Normalizer(Facts()).is_zero(relation.difference - wanted)
    ):
        raise ProofError("c D - D' >= 0 is needed")
    definition = growth.definitions.get(prime.name)
    if (
        definition is None
        or definition.derivative_of != head.name
        or not in_time(definition)
        or {name for name, _, _ in definition.rates} != names
    ):
        raise ProofError("D' must be the derivative of D in time, along the flow")
    return establish(
        Relation(value, "global"),
        "classical: bounded growth",
        (size, growth, *flow, *smooth),
        primitive=frozenset(names | {name + "'" for name in names}),
        arguments={"value": value, "factor": c, "flow": tuple(flow), "smooth": tuple(smooth)},
    )


def _family(known: Theorem) -> App | Sym:
    """The components x of which an equation x' = F says how they move."""
    relation = known.relation
    prime = relation.lhs
    if relation.kind != "=" or relation.conditions or not isinstance(prime, (App, Sym)):
        raise ProofError("an equation x' = F for all components is needed")
    bare_arguments(prime)
    name = prime.name.removesuffix("'")
    if name == prime.name or name in COMPLEX or name in POSITIVE_SYMBOLS:
        raise ProofError("an equation for a rate is needed")
    return App(name, prime.args) if isinstance(prime, App) else Sym(name)


def _sum_of_squares(family: App | Sym) -> Term:
    squares: Term = family * family
    for var in reversed(bare_arguments(family)):
        squares = Sum(var, squares)
    return squares


def stays_positive(
    rate: Theorem,
    value: App | Sym,
    factor: TermLike,
    *,
    smooth: Sequence[Theorem] = (),
    along: Sequence[Theorem] = (),
) -> Theorem:
    """x' + c x >= 0, c smooth in the state: x exp(integral of c) never falls, so x > 0 (or >= 0) lasts.

    ``rate``: x' + c x >= 0 with c = ``factor``, and x' the rate of ``value``; the factor must be built by
    sums, products and exp from primitive symbols, and from symbols and denominators that ``smooth`` accounts
    for: definitions, and x > 0 for what is divided by.  ``along`` shows that open hypotheses are kept.
    """
    c, relation = term(factor), rate.relation
    prime = App(value.name + "'", value.args) if isinstance(value, App) else Sym(value.name + "'")
    if relation.kind not in (">=", ">") or not Normalizer(Facts()).is_zero(
        relation.difference - (prime + c * value)
    ):
        raise ProofError("x' + c x >= 0 is needed")
    known = {name: item for part in (rate, *smooth) for name, item in part.definitions.items()}
    primitive = smooth_symbols(c, known, smooth)
    if prime.name in known:
        if known[prime.name].derivative_of != value.name or not in_time(known[prime.name]):
            raise ProofError("the rate must be that of the value")
    else:
        primitive |= {value.name, prime.name}
    for part in (rate, *smooth, *along):
        require_lasting(part, kept(along))
    return establish(
        Relation(value, "stays positive", ZERO, relation.conditions),
        "classical: linear inequality",
        (rate, *smooth, *along),
        primitive=frozenset(primitive),
        arguments={"value": value, "factor": c, "smooth": tuple(smooth), "along": tuple(along)},
    )
