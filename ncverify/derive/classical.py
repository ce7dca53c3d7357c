"""Classical theorems about differential equations, with the hypotheses a step must discharge, and prose.

* ``sign_preserved``: the linear equation x' = c(t) x has the solution x(0) exp(integral of c).
* ``global_solution``: a solution that stays in a compact set on bounded time intervals exists for ever.
* ``unbounded``: x' >= phi(x) > 0 with continuous phi leaves every bounded set (comparison).

All three are in P. Hartman, Ordinary Differential Equations, chapters II-IV.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from fractions import Fraction

from ncverify.derive.matching import bare_arguments, implied, match_head
from ncverify.derive.monomials import POSITIVE_SYMBOLS, ProofError
from ncverify.derive.relations import ZERO, Relation, at_least, free_in, greater
from ncverify.derive.sums import Facts, Normalizer
from ncverify.derive.terms import (
    Add,
    App,
    Fn,
    Index,
    Mul,
    Num,
    Pow,
    Sym,
    Term,
    TermLike,
    Var,
    children,
    index,
    substitute,
    symbols,
    term,
    walk,
)
from ncverify.derive.theorems import Definition, Theorem, establish, in_time, require_one_model, steps


def sign_preserved(
    rate: Theorem, value: App | Sym, factor: TermLike, *, smooth: Sequence[Theorem] = ()
) -> Theorem:
    """x' = x c, c smooth in the state: x(t) = x(0) exp(integral of c), so x keeps its sign (and its zeros).

    ``rate``: prime = right side, known at all times, with prime the rate of ``value``; the right side must
    equal value * factor.  The factor must be built by sums, products and exp from primitive symbols, and
    from symbols and denominators that ``smooth`` accounts for: definitions, and x > 0 for what is divided by.
    """
    relation = rate.relation
    if relation.kind != "=" or not isinstance(relation.lhs, (App, Sym)):
        raise ProofError("an equation for the rate is needed")
    if any(kind != "structural" for _, kind in rate.hypotheses.values()):
        raise ProofError("the rate must be known at all times")
    prime = relation.lhs.name
    if prime != value.name + "'" or not same_arguments(relation.lhs, value):
        raise ProofError("the rate must be that of the value")
    if not Normalizer(Facts()).is_zero(relation.rhs - value * term(factor)):
        raise ProofError("the rate is not the value times this factor")
    known = {name: item for part in (rate, *smooth) for name, item in part.definitions.items()}
    primitive = smooth_symbols(term(factor), known, smooth)
    if prime in known:
        if known[prime].derivative_of != value.name or not in_time(known[prime]):
            raise ProofError("the rate must be that of the value")
    else:
        primitive |= {value.name, prime}
    kept = Relation(value, "keeps sign", ZERO, relation.conditions)
    return establish(
        kept,
        "classical: linear equation",
        (rate, *smooth),
        note="x(t) = x(0) exp(integral)",
        primitive=frozenset(primitive),
        arguments={"value": value, "factor": term(factor), "smooth": tuple(smooth)},
    )


def smooth_symbols(value: Term, definitions: Mapping[str, Definition], smooth: Sequence[Theorem]) -> set[str]:
    """The primitive symbols a smooth term is made of; raises where it may be singular."""
    primitive: set[str] = set()
    done: set[str] = set()

    def visit(node: Term) -> None:
        match node:
            case Pow(base, exponent) if exponent < 0:
                if not symbols(base) <= POSITIVE_SYMBOLS and not any(
                    part.relation.kind == ">"
                    and part.relation.rhs == ZERO
                    and not part.relation.conditions
                    and match_head(part.relation.lhs, base) is not None
                    and all(kind == "structural" for _, kind in part.hypotheses.values())
                    for part in smooth
                ):
                    raise ProofError("the factor may be singular: a denominator is not known to be > 0")
            case Fn(name, _) if name != "exp":
                raise ProofError(f"the factor may be singular: {name}")
            case App(name, _) | Sym(name) if name not in done:
                done.add(name)
                if name in definitions:
                    visit(definitions[name].body)
                elif name not in POSITIVE_SYMBOLS:
                    primitive.add(name)
        for part in children(node):
            visit(part)

    visit(value)
    return primitive


def same_arguments(first: App | Sym, second: App | Sym) -> bool:
    left = first.args if isinstance(first, App) else ()
    right = second.args if isinstance(second, App) else ()
    return left == right


def global_solution(sign: Theorem, lower: Theorem, upper: Theorem, bound: int | Fraction) -> Theorem:
    """0 <= x' <= c x for every component: the solution exists for all t >= 0.

    Classical (continuation): on a bounded time interval x stays within [x(0), x(0) e^{ct}], where the
    field is smooth, so the solution can be continued.
    """
    value = sign.relation.lhs
    if sign.relation.kind != "keeps sign" or not isinstance(value, (App, Sym)):
        raise ProofError("the components must keep their sign")
    prime = App(value.name + "'", value.args) if isinstance(value, App) else Sym(value.name + "'")
    if not all(implied(part.relation.conditions, sign.relation.conditions) for part in (lower, upper)):
        raise ProofError("the bounds must hold for every component that moves")
    low, high = lower.relation, upper.relation
    if low.kind not in (">=", ">") or not Normalizer(Facts()).is_zero(low.difference - prime):
        raise ProofError("x' >= 0 is needed")
    if high.kind not in (">=", ">") or not Normalizer(Facts()).is_zero(
        high.difference - (Num(Fraction(bound)) * value - prime)
    ):
        raise ProofError("c x - x' >= 0 is needed")
    for known in (lower, upper):
        require_lasting(known, [sign.relation])
    lasting = Relation(value, "global", ZERO, sign.relation.conditions)
    return establish(
        lasting, "classical: continuation", (sign, lower, upper), arguments={"bound": Fraction(bound)}
    )


def kept(along: Iterable[Theorem]) -> list[Relation]:
    """What theorems say that lasts: signs, and bounds of what never grows or never falls."""
    lasting = ("keeps sign", "stays positive", "nondecreasing", "nonincreasing")
    return [part.relation for part in along if part.relation.kind in lasting]


def require_lasting(
    known: Theorem, kept: Sequence[Relation], *, apart_from: Collection[str] = frozenset()
) -> None:
    """Every hypothesis but ``apart_from`` lasts: it is structural, or open and kept.

    Kept are a sign (> 0 or >= 0), a number above a scalar that never grows, and one below a scalar that
    never falls.
    """
    for name, (assumed, kind) in known.hypotheses.items():
        if kind == "structural" or name in apart_from:
            continue
        if kind != "open" or not any(_keeps(said, assumed) for said in kept):
            raise ProofError(f"the hypothesis {name!r} is not known to hold at all times")


def _keeps(said: Relation, assumed: Relation) -> bool:
    if said.kind in ("keeps sign", "stays positive"):
        signs = [sided(said.lhs, 0).where(*assumed.conditions) for sided in (greater, at_least)]
        return assumed in signs and implied(said.conditions, assumed.conditions)
    x, bound = (assumed.rhs, assumed.lhs) if said.kind == "nonincreasing" else (assumed.lhs, assumed.rhs)
    plain = assumed.kind in (">=", ">") and not assumed.conditions and not free_in(assumed)
    return plain and x == said.lhs and not said.conditions and symbols(bound) <= POSITIVE_SYMBOLS


def unbounded(
    rate: Theorem, floor: Theorem, variable: Sym, prime: Sym, *, along: Sequence[Theorem]
) -> Theorem:
    """x' >= phi(x) with phi continuous and > 0 on x > 0, and x > 0, give x -> oo as t -> oo.

    Classical (comparison): x increases; were it bounded by M, then x' >= min of phi over [x(0), M] > 0.
    ``rate``: prime >= phi; ``floor``: variable > 0; both must hold at all times, so ``along`` shows that
    the solution lasts for all t and that the open hypotheses (signs) are kept.  All symbols of the proof that
    move must last, and all their components: where a component is known to last for nonzero indices only,
    ``along`` must say what number it is where the index is 0.  phi must be built from the variable,
    positive numbers, orders of sorts, and what derivatives held constant and ``along`` says is > 0, by sums,
    products, powers and exp, with positive coefficients outside exp: this makes it continuous and positive
    for x > 0.
    """
    relation, low = rate.relation, floor.relation
    if relation.kind not in (">=", ">") or relation.lhs != prime or relation.conditions:
        raise ProofError("an inequality x' >= phi(x) is needed")
    if low != greater(variable, 0):
        raise ProofError("x > 0 is needed")
    if rate.definitions.get(prime.name, Definition((), ZERO)).derivative_of != variable.name:
        raise ProofError(f"{prime.name!r} is not the derivative of {variable.name!r}")
    constants = _positive_constants((rate, floor, *along), along)
    if not _positive_function(relation.rhs, variable, constants):
        raise ProofError("phi is not recognised as continuous and positive on x > 0")
    lasting = _lasting(along)
    definition = rate.definitions[prime.name]
    if not in_time(definition):
        raise ProofError(f"{prime.name!r} is not the rate of {variable.name!r} in time")
    moving = {
        name
        for known in (rate, floor, *along)
        for name in known.signatures
        if name + "'" in known.signatures and name not in known.definitions
    }
    if not {name for name, _, _ in definition.rates} | moving <= lasting:
        raise ProofError("the solution must be known to last for all times")
    for known in (rate, floor, *along):
        require_lasting(known, kept(along))
    return establish(
        Relation(variable, "->oo"),
        "classical: comparison",
        (rate, floor, *along),
        note="escape to infinity",
        arguments={"variable": variable, "prime": prime, "along": tuple(along)},
    )


def require_together(theorems: Sequence[Theorem]) -> None:
    """What ``require_one_model`` asks; and if one theorem rests on a comparison, all that moves lasts."""
    require_one_model(theorems)
    known = steps(theorems)
    names = {name for theorem in theorems for name in theorem.signatures}
    defined = {name for theorem in theorems for name in theorem.definitions}
    moving = {name for name in names if name + "'" in names} - defined
    for step in known:
        if step.rule == "classical: comparison" and not moving <= (lasting := _lasting(step.premises[2:])):
            raise ProofError(f"{min(moving - lasting)!r} moves too, and is not known to last for all times")


def _lasting(along: Sequence[Theorem]) -> set[str]:
    """The functions all of whose components are known to last."""
    found = set()
    for part in along:
        head, conditions = part.relation.lhs, part.relation.conditions
        if part.relation.kind != "global" or not isinstance(head, (App, Sym)):
            continue
        args = bare_arguments(head)  # raises for one component: all of them must last
        apart = [var for var in args if {index(var), -index(var)} & conditions]
        if len(apart) == len(conditions) and all(_still_at_zero(head, var, along) for var in apart):
            found.add(head.name)
    return found


def _still_at_zero(head: App | Sym, var: Var, along: Sequence[Theorem]) -> bool:
    """Whether a theorem says that the function is a number wherever this argument is 0."""
    return any(
        known.relation.kind == "="
        and not known.relation.conditions
        and isinstance(known.relation.rhs, Num)
        and known.relation.lhs == substitute(head, {var: Index(var.sort)})
        for known in along
    )


def _positive_constants(premises: Sequence[Theorem], along: Sequence[Theorem]) -> frozenset[str]:
    """What derivatives in time held constant, and what is said to be > 0."""
    made = [item for part in premises for item in part.definitions.values()]
    fixed = {
        name
        for item in made
        if item.derivative_of and in_time(item)
        for name in item.primitive - {moving for moving, _, _ in item.rates}
    }
    return frozenset(name for name in fixed if any(p.relation == greater(Sym(name), 0) for p in along))


def _positive_function(value: Term, variable: Sym, constants: frozenset[str]) -> bool:
    numbers = POSITIVE_SYMBOLS | constants
    match value:
        case Num(number):
            return number > 0
        case Sym(name):
            return value == variable or name in numbers
        case Add(parts) | Mul(parts):
            return bool(parts) and all(_positive_function(part, variable, constants) for part in parts)
        case Fn("exp", arg):
            return all(isinstance(node, (Num, Add, Mul, Pow, Sym)) for node in walk(arg)) and _continuous(
                arg, variable, numbers
            )
        case Pow(Sym(name), exponent):
            return name in numbers or (name == variable.name and exponent > 0)
    return False


def _continuous(value: Term, variable: Sym, numbers: frozenset[str]) -> bool:
    """Polynomial in the variable with coefficients made of numbers, orders of sorts and constants > 0."""
    for node in walk(value):
        if isinstance(node, Sym) and node != variable and node.name not in numbers:
            return False
        if isinstance(node, Pow) and variable in tuple(walk(node)) and node.exponent < 0:
            return False
    return True


def prose(relation: Relation, text: str, *premises: Theorem) -> Theorem:
    """A step a human must read: it makes every theorem that rests on it ``argued``."""
    return establish(relation, "prose", premises, note=text, prose=1, arguments={"text": text})
