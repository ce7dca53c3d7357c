"""The kernel of the all-K calculus: theorems, and the only rules that make them.

A ``Theorem`` says that a relation between terms holds in every model (every finite abelian group of
every order K, every value of the symbols) in which its hypotheses hold.  Theorems can be built only by
the functions of this module, each of which checks what it is given; whatever a proof script does
wrong ends in ``ProofError``, never in a false theorem.  A theorem knows its hypotheses, definitions
and premises, so that a proof can be printed, and a hypothesis that a claim names but no step uses is
noticed.

Derivatives: a relation is understood at every point of an open set of states, so equations may be
differentiated along a flow; hypotheses of kind ``pointwise`` (true at one state only) forbid it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import InitVar, dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from ncverify.derive.sums import (
    COMPLEX,
    POSITIVE_SYMBOLS,
    Contraction,
    Facts,
    Normalizer,
    TooLarge,
    primitive,
)
from ncverify.derive.terms import (
    ORDERS,
    Add,
    App,
    Fn,
    Index,
    IndexLike,
    Mul,
    Num,
    Pow,
    Sum,
    Sym,
    Term,
    TermLike,
    Var,
    chi,
    children,
    exp,
    free_variables,
    index,
    log,
    replace_function,
    sqrt,
    substitute,
    symbols,
    term,
    walk,
)

ZERO = Num(Fraction(0))
# Names of indices that are chosen, not arbitrary, begin with this.
CHOSEN = "top"
# "->oo": tends to infinity as t -> oo; "keeps sign", "global": see the rules of these names.
KINDS = ("=", "!=", ">=", ">", "->oo", "keeps sign", "global")


class ProofError(Exception):
    """A step is not justified; nothing was proved by it."""


@dataclass(frozen=True)
class Relation:
    """``lhs kind rhs`` for all values of the free index variables with every condition nonzero."""

    lhs: Term
    kind: str
    rhs: Term = ZERO
    conditions: frozenset[Index] = frozenset()

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ProofError(f"unknown relation {self.kind!r}")
        object.__setattr__(self, "conditions", frozenset(self.conditions))
        _check_names(self.lhs, self.rhs, others=(v for form in self.conditions for v, _ in form.parts))

    @property
    def difference(self) -> Term:
        """lhs - rhs."""
        return self.lhs if self.rhs == ZERO else self.lhs - self.rhs

    def where(self, *nonzero: IndexLike) -> Relation:
        """The same relation, asked only where these indices are not 0."""
        return Relation(self.lhs, self.kind, self.rhs, self.conditions | {index(form) for form in nonzero})


def _check_names(*sides: Term, others: Iterable[Var] = ()) -> None:
    """Names that are not identifiers are those of the normal form."""
    names = set(others)
    for side in sides:
        names |= free_variables(side) | {node.var for node in walk(side) if isinstance(node, Sum)}
        for node in walk(side):
            if isinstance(node, App) and node.name in POSITIVE_SYMBOLS:
                raise ProofError(f"{node.name!r} is the order of a sort")
    for var in names:
        if not var.name.isidentifier():
            raise ProofError(f"index name {var.name!r} is not an identifier")


def equal(lhs: TermLike, rhs: TermLike) -> Relation:
    """lhs = rhs."""
    return Relation(term(lhs), "=", term(rhs))


def at_least(lhs: TermLike, rhs: TermLike) -> Relation:
    """lhs >= rhs."""
    return Relation(term(lhs), ">=", term(rhs))


def greater(lhs: TermLike, rhs: TermLike) -> Relation:
    """lhs > rhs."""
    return Relation(term(lhs), ">", term(rhs))


def different(lhs: TermLike, rhs: TermLike) -> Relation:
    """lhs != rhs."""
    return Relation(term(lhs), "!=", term(rhs))


@dataclass(frozen=True)
class Definition:
    """``name(args) := body``.

    A derivative also records along which rates it was taken and what it held constant: these symbols
    must be primitive, or the body would not be the derivative it is said to be.
    """

    args: tuple[Var, ...]
    body: Term
    primitive: frozenset[str] = frozenset()
    derivative_of: str = ""
    rates: tuple[tuple[str, tuple[Var, ...], Term], ...] = ()


_SEAL = object()


@dataclass(frozen=True, eq=False)
class Theorem:
    """A relation with its proof.  Made only by the rules of this module."""

    relation: Relation
    rule: str
    premises: tuple[Theorem, ...]
    hypotheses: Mapping[str, tuple[Relation, str]]
    definitions: Mapping[str, Definition]
    note: str
    details: Mapping[str, Any]
    prose: int
    signatures: Mapping[str, tuple[str, ...]]
    primitive: frozenset[str]
    seal: InitVar[object]

    def __post_init__(self, seal: object) -> None:
        if seal is not _SEAL:
            raise ProofError("theorems are made by the rules of the kernel only")

    def at(self, mapping: Mapping[Var, IndexLike]) -> Theorem:
        """The instance with indices in place of free variables."""
        return specialize(self, mapping)


def _theorem(
    relation: Relation,
    rule: str,
    premises: Iterable[Theorem] = (),
    *,
    note: str = "",
    details: Mapping[str, Any] | None = None,
    hypotheses: Mapping[str, tuple[Relation, str]] | None = None,
    definitions: Mapping[str, Definition] | None = None,
    prose: int = 0,
    primitive: frozenset[str] = frozenset(),
) -> Theorem:
    parents = tuple(premises)
    if any(type(parent) is not Theorem for parent in parents):
        raise ProofError("a premise is not a theorem")
    all_hypotheses: dict[str, tuple[Relation, str]] = {}
    all_definitions: dict[str, Definition] = {}
    for source in (*(p.hypotheses for p in parents), hypotheses or {}):
        for name, item in source.items():
            if all_hypotheses.setdefault(name, item) != item:
                raise ProofError(f"two different hypotheses are called {name!r}")
    for defined in (*(p.definitions for p in parents), definitions or {}):
        for name, definition in defined.items():
            if all_definitions.setdefault(name, definition) != definition:
                raise ProofError(f"{name!r} is defined twice")
    undefined = primitive.union(*(p.primitive for p in parents))
    _check_definitions(all_definitions, undefined)
    signatures: dict[str, tuple[str, ...]] = {}
    sides = (node for side in (relation.lhs, relation.rhs) for node in walk(side))
    own = ((n.name, n) for n in sides if isinstance(n, (App, Sym)))
    uses = ((name, tuple(x.sort for x in n.args) if isinstance(n, App) else ()) for name, n in own)
    for name, sorts in (*(pair for p in parents for pair in p.signatures.items()), *uses):
        if signatures.setdefault(name, sorts) != sorts:
            raise ProofError(f"{name!r} is used with arguments of sorts {signatures[name]} and {sorts}")
    return Theorem(
        relation,
        rule,
        parents,
        MappingProxyType(all_hypotheses),
        MappingProxyType(all_definitions),
        note,
        MappingProxyType(dict(details or {})),
        prose + sum(parent.prose for parent in parents),
        MappingProxyType(signatures),
        undefined,
        _SEAL,
    )


def _check_definitions(definitions: Mapping[str, Definition], primitive: frozenset[str]) -> None:
    done: set[str] = set()
    for name, definition in definitions.items():
        wrong = sorted(definition.primitive & definitions.keys())
        if wrong:
            raise ProofError(f"{name!r} is a derivative in which the defined symbol {wrong[0]!r} has a rate")
    for name in sorted(primitive & definitions.keys()):
        raise ProofError(f"{name!r} is defined, but a step took it for primitive")

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            raise ProofError(f"circular definition: {' -> '.join((*path, name))}")
        if name in definitions and name not in done:
            for used in sorted(symbols(definitions[name].body)):
                visit(used, (*path, name))
            done.add(name)

    for name in sorted(definitions):
        visit(name, ())


# -- leaves ------------------------------------------------------------------------------------


def hypothesis(name: str, relation: Relation, kind: str = "structural") -> Theorem:
    """Assume a relation.  ``kind``: ``structural`` (kept by the flow), ``open`` (true on an open set of
    states) or ``pointwise`` (true at the state considered; forbids differentiation)."""
    if kind not in ("structural", "open", "pointwise"):
        raise ProofError(f"unknown kind of hypothesis {kind!r}")
    if any(var.name.startswith(CHOSEN) for var in _free(relation)):
        raise ProofError("a hypothesis cannot speak of a chosen index")
    return _theorem(relation, "hypothesis", note=name, hypotheses={name: (relation, kind)})


def define(
    head: App | Sym, body: TermLike, *, even: Iterable[Theorem] = (), unfold: Iterable[Theorem] = ()
) -> Theorem:
    """Introduce a new real symbol by ``head = body``.

    The body must be shown to be real (symbols denote real numbers): it equals its own complex
    conjugate after unfolding ``unfold``, with the symmetries ``even``.
    """
    value = term(body)
    args = _bare_arguments(head)
    if head.name in symbols(value) or head.name in POSITIVE_SYMBOLS or head.name in COMPLEX:
        raise ProofError(f"{head.name!r} cannot be defined by this term")
    if not free_variables(value) <= set(args):
        raise ProofError(f"the definition of {head.name!r} has unbound indices")
    even, unfold = tuple(even), tuple(unfold)
    normalizer = Normalizer(_facts(even=even, unfold=unfold))
    if not normalizer.is_real(normalizer.poly(_unfold(value, unfold))):
        raise ProofError(f"the definition of {head.name!r} is not shown to be real")
    return _theorem(
        Relation(head, "=", value),
        "definition",
        (*even, *unfold),
        definitions={head.name: Definition(args, value)},
    )


def derivative(
    definition: Theorem,
    prime: App | Sym,
    rates: Mapping[str, tuple[tuple[Var, ...], Term]],
    *,
    along: Iterable[Theorem] = (),
    constants: Iterable[str] = (),
    regular: Iterable[Theorem] = (),
) -> Theorem:
    """Differentiate a definition ``f(args) := body`` along a direction; defines ``prime`` as the result.

    ``rates`` gives the rate of each primitive symbol that moves, ``along`` the derivatives already taken
    of defined symbols, ``constants`` names what does not move; every symbol of the body must be one of
    these.  Logarithms need an argument > 0 and reciprocals one != 0, from the theorems ``regular``.
    """
    relation = definition.relation
    along, regular = tuple(along), tuple(regular)
    if definition.rule != "definition" or not isinstance(relation.lhs, (App, Sym)):
        raise ProofError("only a definition can be differentiated")
    primitive = frozenset(rates) | frozenset(constants)
    all_rates = dict(rates)
    for known in along:
        head = known.relation.lhs
        if known.rule != "derivative" or not isinstance(head, (App, Sym)):
            raise ProofError("only derivatives can be used along the way")
        inner = known.definitions[head.name]
        moving = {name: (args, rate) for name, args, rate in inner.rates}
        if not inner.primitive <= primitive or any(
            moving.get(name) != rates.get(name) for name in inner.primitive
        ):
            raise ProofError("the derivatives used were taken along other rates")
        # the derivative of f(args) may have more arguments: those of the direction
        all_rates[inner.derivative_of] = (_bare_arguments(known.premises[0].relation.lhs), head)
    if set(rates) & set(constants):
        raise ProofError("a symbol both moves and is named constant")
    for args, rate in rates.values():
        _check_names(rate, others=args)
        plain = Normalizer(Facts())
        if not plain.is_real(plain.poly(rate)) or not isinstance(args, tuple):
            raise ProofError("a rate is not shown to be real")
    operator = _Derivation(all_rates, frozenset(constants) | POSITIVE_SYMBOLS, regular)
    body = operator.apply(relation.rhs, frozenset())
    args = _bare_arguments(prime)
    if not free_variables(body) <= set(args):
        raise ProofError(f"the derivative {prime.name!r} has unbound indices")
    if prime.name in symbols(body) or prime.name in POSITIVE_SYMBOLS or prime.name in COMPLEX:
        raise ProofError(f"{prime.name!r} cannot be defined by this term")
    return _theorem(
        Relation(prime, "=", body),
        "derivative",
        (definition, *along, *regular),
        note=f"of {relation.lhs.name}",
        definitions={
            prime.name: Definition(
                args,
                body,
                primitive,
                relation.lhs.name,
                tuple((name, *rates[name]) for name in sorted(rates)),
            )
        },
    )


@dataclass(frozen=True)
class _Derivation:
    rates: Mapping[str, tuple[tuple[Var, ...], Term]]
    constants: frozenset[str]
    regular: tuple[Theorem, ...]

    def apply(self, value: Term, nonzero: frozenset[Index]) -> Term:
        if symbols(value) <= self.constants:
            return ZERO
        match value:
            case Sym(name) | App(name, _):
                if name in self.rates:
                    args, rate = self.rates[name]
                    given = value.args if isinstance(value, App) else ()
                    return substitute(rate, dict(zip(args, given, strict=True)))
                raise ProofError(f"{name!r} has neither a rate nor is it named constant")
            case Add(parts):
                return _sum_of([self.apply(part, nonzero) for part in parts])
            case Mul(parts):
                changed = [(k, self.apply(part, nonzero)) for k, part in enumerate(parts)]
                return _sum_of(
                    [Mul((*parts[:k], rate, *parts[k + 1 :])) for k, rate in changed if rate != ZERO]
                )
            case Sum(var, body, only_nonzero):
                marks = {index(var), -index(var)} if only_nonzero else set()
                outer = frozenset(form for form in nonzero if all(v != var for v, _ in form.parts))
                inner = self.apply(body, outer | marks)
                if any(var in free_variables(rate) - set(args) for args, rate in self.rates.values()):
                    raise ProofError(f"the index {var.name!r} is used in a rate: rename the bound one")
                return ZERO if inner == ZERO else Sum(var, inner, only_nonzero)
            case Fn("exp", arg):
                return Mul((value, self.apply(arg, nonzero)))
            case Fn("log", arg):
                self._require(arg, ">", nonzero)
                return Mul((Pow(arg, Fraction(-1)), self.apply(arg, nonzero)))
            case Pow(base, exponent):
                if exponent.denominator != 1:
                    raise ProofError("fractional powers are not differentiated")
                if exponent < 0:
                    self._require(base, "!=", nonzero)
                return Mul((Num(exponent), Pow(base, exponent - 1), self.apply(base, nonzero)))
        raise ProofError("this term cannot be differentiated")

    def _require(self, value: Term, kind: str, nonzero: frozenset[Index]) -> None:
        allowed = (">",) if kind == ">" else (">", "!=")
        for known in self.regular:
            relation = known.relation
            if relation.kind not in allowed or relation.rhs != ZERO:
                continue
            mapping = _match_head(relation.lhs, value)
            if mapping is None:
                continue
            wanted = {form.substitute(mapping) for form in relation.conditions}
            if wanted <= nonzero:
                return
        raise ProofError(f"a derivative needs an argument {kind} 0")


def _sum_of(parts: list[Term]) -> Term:
    moving = [part for part in parts if part != ZERO]
    return Add(tuple(moving)) if len(moving) > 1 else (moving[0] if moving else ZERO)


def _match_head(pattern: Term, value: Term) -> dict[Var, Index] | None:
    """Indices that turn ``pattern`` into ``value``: equal terms, or one function at bare indices."""
    if pattern == value:
        return {}
    if isinstance(pattern, App) and isinstance(value, App) and pattern.name == value.name:
        try:
            return dict(zip(_bare_arguments(pattern), value.args, strict=True))
        except ProofError:
            return None
    return None


def _bare_arguments(head: Term) -> tuple[Var, ...]:
    """The argument variables of ``f(a, b)``; they must be distinct bare variables."""
    if isinstance(head, Sym):
        return ()
    if not isinstance(head, App):
        raise ProofError("only a symbol can stand here")
    names = []
    for arg in head.args:
        if len(arg.parts) != 1 or arg.parts[0][1] != 1 or arg.parts[0][0].fixed:
            raise ProofError(f"{head.name!r} must be applied to bare index variables here")
        names.append(arg.parts[0][0])
    if len(set(names)) != len(names):
        raise ProofError(f"{head.name!r} must be applied to distinct index variables here")
    return tuple(names)


# -- equations and linear combinations ---------------------------------------------------------


def linear(
    goal: Relation,
    *using: Theorem | tuple[TermLike | Theorem, Theorem],
    divide_by: Theorem | None = None,
    unfold: Iterable[Theorem] = (),
    contract: Iterable[Theorem] = (),
    even: Iterable[Theorem] = (),
    nonzero: Iterable[Theorem] = (),
) -> Theorem:
    """``goal`` as a combination of known relations, decided by the normal form.

    Shows c (L - R) = sum_i w_i (l_i - r_i) for the goal L ? R and the given l_i ? r_i, where c is 1 or
    the left side of ``divide_by`` (c > 0; c != 0 is enough for equations).  For equations the weights
    w_i are any terms; for inequalities those at inequalities must be positive numbers or theorems
    w_i >= 0.  ``unfold`` replaces symbols by equations for them (in the given order), ``contract`` are
    known sums, ``even`` symmetries, ``nonzero`` what may be cancelled.
    """
    unfold, contract, even, nonzero = tuple(unfold), tuple(contract), tuple(even), tuple(nonzero)
    items = [item if isinstance(item, tuple) else (1, item) for item in using]
    pieces, strict, premises = [], False, []
    for weight, known in items:
        relation = known.relation
        if not _implied(relation.conditions, goal.conditions):
            raise ProofError("a used relation needs a condition that the goal does not have")
        premises.append(known)
        if relation.kind not in ("=", "!=", ">=", ">"):
            raise ProofError("a statement about all times is not combined linearly")
        if relation.kind == "=":
            factor = weight.relation.lhs if isinstance(weight, Theorem) else term(weight)
            if isinstance(weight, Theorem):
                premises.append(weight)
        else:
            factor, positive = _weight(weight, goal, premises)
            if goal.kind not in (">=", ">", "!="):
                raise ProofError("an equation does not follow from an inequality")
            if goal.kind == "!=" and (len(items) > 1 or relation.kind not in (">", "!=") or not positive):
                raise ProofError("x != 0 follows only from a multiple of one relation > or !=")
            if relation.kind == "!=" and goal.kind != "!=":
                raise ProofError("an inequality does not follow from !=")
            strict = strict or (relation.kind == ">" and positive)
        pieces.append(Mul((factor, relation.difference)))
    if goal.kind == "!=" and all(known.relation.kind == "=" for _, known in items):
        raise ProofError("x != 0 needs a relation > or != to come from")
    if goal.kind == ">" and not strict:
        raise ProofError("a strict inequality needs a strict one to come from")
    if goal.kind not in ("=", "!=", ">=", ">"):
        raise ProofError("a statement about all times is not a linear consequence")
    scaled = goal.difference
    if divide_by is not None:
        divisor = divide_by.relation
        ok = (">",) if goal.kind in (">=", ">") else (">", "!=")
        if divisor.rhs != ZERO or divisor.kind not in ok:
            raise ProofError("the divisor must be known to be > 0 (or != 0 for an equation)")
        if not _implied(divisor.conditions, goal.conditions):
            raise ProofError("the divisor needs a condition that the goal does not have")
        scaled = Mul((divisor.lhs, scaled))
        premises.append(divide_by)
    rest = Add((scaled, *(Mul((Num(Fraction(-1)), piece)) for piece in pieces)))
    facts = _facts(even, contract, nonzero, unfold, goal.conditions)
    normalizer = Normalizer(facts)
    opened = _unfold(rest, unfold)
    try:
        left = normalizer.clear(normalizer.poly(opened))
    except TooLarge as error:
        raise ProofError(f"the normal form is too large: {error}") from error
    if left:
        raise ProofError(f"not an identity: {len(left)} monomials are left of the difference")
    return _theorem(
        goal,
        "normal form" if not items else "combination",
        (*premises, *unfold, *contract, *even, *nonzero),
        details={"largest normal form": normalizer.largest, "combined": len(items)},
    )


def _weight(weight: TermLike | Theorem, goal: Relation, premises: list[Theorem]) -> tuple[Term, bool]:
    """A factor that is >= 0, and whether it is > 0 (or != 0 where that is what is asked)."""
    if isinstance(weight, Theorem):
        relation = weight.relation
        if relation.rhs != ZERO or relation.kind not in (">=", ">"):
            raise ProofError("a weight of an inequality must be known to be >= 0")
        if not _implied(relation.conditions, goal.conditions):
            raise ProofError("a weight needs a condition that the goal does not have")
        premises.append(weight)
        return relation.lhs, relation.kind == ">"
    value = term(weight)
    if not isinstance(value, Num) or (value.value <= 0 and not (goal.kind == "!=" and value.value)):
        raise ProofError("a weight of an inequality must be a positive number or a theorem")
    return value, True


def _implied(needed: frozenset[Index], given: frozenset[Index]) -> bool:
    return all(form in given or -form in given for form in needed)


def _unfold(value: Term, equations: Iterable[Theorem]) -> Term:
    for known in equations:
        relation = known.relation
        if relation.kind != "=" or relation.conditions or not isinstance(relation.lhs, (App, Sym)):
            raise ProofError("only an unconditional equation for a symbol can be unfolded")
        args = _bare_arguments(relation.lhs)
        if not free_variables(relation.rhs) <= set(args):
            raise ProofError(f"the equation for {relation.lhs.name!r} has unbound indices")
        value = replace_function(value, relation.lhs.name, args, relation.rhs)
    return value


def _facts(
    even: Sequence[Theorem] = (),
    contract: Sequence[Theorem] = (),
    nonzero: Sequence[Theorem] = (),
    unfold: Sequence[Theorem] = (),
    conditions: frozenset[Index] = frozenset(),
) -> Facts:
    names = frozenset(_even_name(known) for known in even)
    nonzero_symbols, polys, values = set(), set(), set()
    functions: dict[str, bool] = {}
    for known in nonzero:
        relation = known.relation
        if relation.kind not in (">", "!=") or relation.rhs != ZERO:
            raise ProofError("what may be cancelled must be known to be > 0 or != 0")
        head = relation.lhs
        if isinstance(head, Sym) and not relation.conditions:
            nonzero_symbols.add(head.name)
        elif isinstance(head, App) and not relation.conditions and not any(arg.parts for arg in head.args):
            values.add(head)
        elif isinstance(head, App):
            args = _bare_arguments(head)
            if relation.conditions and relation.conditions != {index(args[0])}:
                raise ProofError("a function may be cancelled everywhere, or where its index is not 0")
            functions[head.name] = not relation.conditions or functions.get(head.name, False)
        elif not relation.conditions:
            plain = Normalizer(Facts(even=names))
            polys.add(primitive(plain.poly(_unfold(head, unfold)))[0])
        else:
            raise ProofError("a conditional denominator must be a function of its index")
    return Facts(
        names,
        tuple(_contraction(known) for known in contract),
        frozenset(nonzero_symbols),
        functions,
        frozenset(values),
        frozenset(polys),
        conditions,
    )


def _even_name(known: Theorem) -> str:
    relation = known.relation
    left, right = relation.lhs, relation.rhs
    if relation.kind == "=" and not relation.conditions and isinstance(left, App) and isinstance(right, App):
        forms = (left.args, right.args)
        for first, second in (forms, forms[::-1]):
            if left.name == right.name and len(first) == 1 and first[0] == -second[0]:
                part = first[0].parts
                if len(part) == 1 and part[0][1] == 1 and not part[0][0].fixed:
                    return left.name
    raise ProofError("a symmetry must be of the form f(-x) = f(x)")


def _contraction(known: Theorem) -> Contraction:
    relation = known.relation
    head = relation.lhs
    if relation.kind != "=" or relation.conditions or not isinstance(head, Sum) or head.nonzero:
        raise ProofError("a known sum must be an unconditional equation for a sum over all indices")
    factors = head.body.factors if isinstance(head.body, Mul) else (head.body,)
    pattern: list[App] = []
    slots: list[Var] = []
    for factor in factors:
        if not isinstance(factor, App):
            raise ProofError("a known sum must be one of a product of function values")
        args = _bare_arguments(factor)
        if args.count(head.var) != 1:
            raise ProofError("each factor of a known sum must have the bound index once")
        slots += [var for var in args if var != head.var]
        pattern.append(factor)
    if len(set(slots)) != len(slots) or not free_variables(relation.rhs) <= set(slots):
        raise ProofError("the free indices of a known sum must be distinct and cover its value")
    return Contraction(head.var, tuple(pattern), relation.rhs)


def specialize(known: Theorem, mapping: Mapping[Var, IndexLike]) -> Theorem:
    """The instance of a theorem at given indices."""
    images = {var: index(value) for var, value in mapping.items()}
    for var, image in images.items():
        if var.fixed or var.sort != image.sort:
            raise ProofError(f"the index {var.name!r} cannot be replaced by {image}")
    relation = known.relation
    conditions = frozenset(form.substitute(images) for form in relation.conditions)
    if any(not form.parts for form in conditions):
        raise ProofError("the instance is excluded by a condition of the theorem")
    moved = Relation(
        substitute(relation.lhs, images), relation.kind, substitute(relation.rhs, images), conditions
    )
    note = ", ".join(f"{var.name} := {image}" for var, image in images.items())
    return _theorem(moved, "instance", (known,), note=note)


def sum_over(known: Theorem, var: Var, *, nonzero: bool = False, several: Theorem | None = None) -> Theorem:
    """Sum both sides over ``var``: over all values, or over the nonzero ones (then var != 0 may be a
    condition of the theorem).

    A strict inequality stays strict over all values (no sort is empty); over the nonzero ones it does
    if ``several`` shows that the order is at least 2, and else becomes >=.
    """
    relation = known.relation
    if several is not None and several.relation != at_least(Sym(ORDERS[var.sort]), 2):
        raise ProofError(f"{ORDERS[var.sort]} >= 2 is needed for a nonzero index to exist")
    if relation.kind not in ("=", ">=", ">"):
        raise ProofError("only equations and inequalities are summed")
    if var.fixed:
        raise ProofError("a fixed index is not summed over")
    conditions = {form for form in relation.conditions if form not in (index(var), -index(var))}
    if any(var == part for form in conditions for part, _ in form.parts):
        raise ProofError(f"another condition mentions {var.name!r}")
    if len(conditions) != len(relation.conditions) and not nonzero:
        raise ProofError(f"the theorem holds for nonzero {var.name!r} only")
    kind = ">=" if relation.kind == ">" and nonzero and several is None else relation.kind
    right = ZERO if relation.rhs == ZERO else Sum(var, relation.rhs, nonzero)
    summed = Relation(Sum(var, relation.lhs, nonzero), kind, right, frozenset(conditions))
    premises = (known,) if several is None else (known, several)
    return _theorem(summed, "sum", premises, note=f"over {var.name}{' != 0' if nonzero else ''}")


# -- signs -------------------------------------------------------------------------------------


def _nonnegative(known: Theorem) -> bool:
    relation = known.relation
    if relation.kind not in (">=", ">") or relation.rhs != ZERO:
        raise ProofError("a relation of the form x >= 0 or x > 0 is needed here")
    return relation.kind == ">"


def product(first: Theorem, second: Theorem) -> Theorem:
    """x >= 0, y >= 0 give x y >= 0 (> 0 if both are)."""
    strict = _nonnegative(first) and _nonnegative(second)
    _nonnegative(second)
    conditions = first.relation.conditions | second.relation.conditions
    relation = Relation(first.relation.lhs * second.relation.lhs, ">" if strict else ">=", ZERO, conditions)
    return _theorem(relation, "product of nonnegatives", (first, second))


def reciprocal(known: Theorem) -> Theorem:
    """x > 0 gives 1/x > 0; x != 0 gives 1/x != 0."""
    relation = known.relation
    if relation.kind not in (">", "!=") or relation.rhs != ZERO:
        raise ProofError("a reciprocal needs x > 0 or x != 0")
    inverse = Relation(Pow(relation.lhs, Fraction(-1)), relation.kind, ZERO, relation.conditions)
    return _theorem(inverse, "reciprocal", (known,))


def _require_real(value: Term, even: Sequence[Theorem], unfold: Sequence[Theorem]) -> None:
    normalizer = Normalizer(_facts(even=even))
    if not normalizer.is_real(normalizer.poly(_unfold(value, unfold))):
        raise ProofError("the term is not shown to be real")


def square(value: TermLike, *, even: Iterable[Theorem] = (), unfold: Iterable[Theorem] = ()) -> Theorem:
    """x^2 >= 0 for a real term."""
    even, unfold = tuple(even), tuple(unfold)
    _require_real(term(value), even, unfold)
    return _theorem(at_least(term(value) * term(value), 0), "square", (*even, *unfold))


def exp_positive(value: TermLike) -> Theorem:
    """exp x > 0 for a real term."""
    _require_real(term(value), (), ())
    return _theorem(greater(exp(value), 0), "exp is positive")


def exp_increasing(left: TermLike, right: TermLike) -> Theorem:
    """(exp x - exp y)(x - y) >= 0 for real terms: exp is increasing."""
    x, y = term(left), term(right)
    _require_real(x, (), ())
    _require_real(y, (), ())
    return _theorem(at_least((exp(x) - exp(y)) * (x - y), 0), "exp is increasing")


def exp_injective(known: Theorem, left: TermLike, right: TermLike) -> Theorem:
    """(exp x - exp y)(x - y) = 0 gives x = y, for real terms."""
    x, y = term(left), term(right)
    _require_real(x, (), ())
    _require_real(y, (), ())
    expected = (exp(x) - exp(y)) * (x - y)
    relation = known.relation
    if relation.kind != "=" or not Normalizer(Facts()).is_zero(relation.difference - expected):
        raise ProofError("(exp x - exp y)(x - y) = 0 is needed for these x, y")
    return _theorem(Relation(x, "=", y, relation.conditions), "exp is injective", (known,))


def exp_tangent(value: TermLike) -> Theorem:
    """exp x >= 1 + x for a real term (the tangent at 0 of a convex function)."""
    x = term(value)
    _require_real(x, (), ())
    return _theorem(at_least(exp(x), 1 + x), "exp is above its tangent")


def log_tangent(known: Theorem) -> Theorem:
    """x > 0 gives log x <= x - 1 (the tangent at 1 of a concave function)."""
    if not _nonnegative(known):
        raise ProofError("log needs an argument > 0")
    x = known.relation.lhs
    relation = Relation(x - 1, ">=", log(x), known.relation.conditions)
    return _theorem(relation, "log is below its tangent", (known,))


def log_tangent_contact(known: Theorem, positive: Theorem) -> Theorem:
    """x > 0 and log x = x - 1 give x = 1 (a strictly concave function meets its tangent once)."""
    if not _nonnegative(positive):
        raise ProofError("log needs an argument > 0")
    x = positive.relation.lhs
    relation = known.relation
    if relation.kind != "=" or not Normalizer(Facts()).is_zero(relation.difference - (x - 1 - log(x))):
        raise ProofError("x - 1 - log x = 0 is needed for this x")
    conditions = relation.conditions | positive.relation.conditions
    return _theorem(Relation(x, "=", term(1), conditions), "log meets its tangent once", (known, positive))


def log_product(first: Theorem, second: Theorem) -> Theorem:
    """x > 0, y > 0 give log(x y) = log x + log y."""
    if not (_nonnegative(first) and _nonnegative(second)):
        raise ProofError("log needs arguments > 0")
    x, y = first.relation.lhs, second.relation.lhs
    conditions = first.relation.conditions | second.relation.conditions
    return _theorem(
        Relation(log(x * y), "=", log(x) + log(y), conditions), "log of a product", (first, second)
    )


def log_reciprocal(known: Theorem) -> Theorem:
    """x > 0 gives log(1/x) = -log x."""
    if not _nonnegative(known):
        raise ProofError("log needs an argument > 0")
    x = known.relation.lhs
    relation = Relation(log(Pow(x, Fraction(-1))), "=", -log(x), known.relation.conditions)
    return _theorem(relation, "log of a reciprocal", (known,))


def congruent_log(known: Theorem) -> Theorem:
    """x = y gives log x = log y."""
    relation = known.relation
    if relation.kind != "=":
        raise ProofError("an equation is needed")
    return _theorem(
        Relation(log(relation.lhs), "=", log(relation.rhs), relation.conditions), "apply log", (known,)
    )


def congruent_exp(known: Theorem) -> Theorem:
    """x = y gives exp x = exp y."""
    relation = known.relation
    if relation.kind != "=":
        raise ProofError("an equation is needed")
    return _theorem(
        Relation(exp(relation.lhs), "=", exp(relation.rhs), relation.conditions), "apply exp", (known,)
    )


def exp_monotone(known: Theorem) -> Theorem:
    """x >= y (or >) gives exp x >= exp y (or >), for real terms."""
    relation = known.relation
    if relation.kind not in (">=", ">"):
        raise ProofError("an inequality is needed")
    _require_real(relation.lhs, (), ())
    _require_real(relation.rhs, (), ())
    moved = Relation(exp(relation.lhs), relation.kind, exp(relation.rhs), relation.conditions)
    return _theorem(moved, "exp is increasing", (known,))


def character_real_part(a: IndexLike, g: IndexLike) -> Theorem:
    """1 - Re chi_a(g) >= 0: characters have modulus 1."""
    re = (chi(a, g) + chi(-index(a), g)) / 2
    return _theorem(at_least(1 - re, 0), "|chi| = 1")


def character_real_part_lower(a: IndexLike, g: IndexLike) -> Theorem:
    """1 + Re chi_a(g) >= 0: characters have modulus 1."""
    re = (chi(a, g) + chi(-index(a), g)) / 2
    return _theorem(at_least(1 + re, 0), "|chi| = 1")


def order_positive(name: str) -> Theorem:
    """The order of a sort is at least 1."""
    if name not in POSITIVE_SYMBOLS:
        raise ProofError(f"{name!r} is not the order of a sort")
    return _theorem(at_least(Sym(name), 1), "a sort is not empty")


def number_positive(value: int | Fraction) -> Theorem:
    """A positive rational number is > 0."""
    if Fraction(value) <= 0:
        raise ProofError(f"{value} is not > 0")
    return _theorem(greater(value, 0), "arithmetic")


def root(nonnegative: Theorem, equation: Theorem) -> Theorem:
    """x >= 0 and x^2 = y give x = sqrt y."""
    _nonnegative(nonnegative)
    x = nonnegative.relation.lhs
    relation = equation.relation
    if relation.kind != "=" or not Normalizer(Facts()).is_zero(relation.lhs - x * x):
        raise ProofError("x^2 = y is needed for this x")
    conditions = relation.conditions | nonnegative.relation.conditions
    return _theorem(Relation(x, "=", sqrt(relation.rhs), conditions), "square root", (nonnegative, equation))


def each_zero(vanishing: Theorem, nonnegative: Theorem) -> Theorem:
    """A sum of nonnegative terms that is 0 has every term 0.

    ``vanishing``: sum over v of x(v) = 0; ``nonnegative``: x(v) >= 0 for every v in the range.
    """
    relation = vanishing.relation
    _nonnegative(nonnegative)
    head = relation.lhs
    if relation.kind != "=" or relation.rhs != ZERO or not isinstance(head, Sum):
        raise ProofError("an equation (sum) = 0 is needed")
    body = nonnegative.relation
    own = {form for form in body.conditions if form in (index(head.var), -index(head.var))}
    if own and not head.nonzero:
        raise ProofError("the terms must be known to be >= 0 on the whole range")
    rest = body.conditions - own
    if not _implied(frozenset(rest), relation.conditions) or any(
        head.var == part for form in relation.conditions for part, _ in form.parts
    ):
        raise ProofError("the conditions do not fit")
    if not Normalizer(Facts()).is_zero(head.body - body.lhs):
        raise ProofError("the terms of the sum are not those known to be >= 0")
    conditions = relation.conditions | ({index(head.var)} if head.nonzero else frozenset())
    return _theorem(
        Relation(head.body, "=", ZERO, conditions), "each term of a vanishing sum", (vanishing, nonnegative)
    )


def factor_zero(vanishing: Theorem, positive: Theorem) -> Theorem:
    """x y = 0 and x > 0 (or x != 0) give y = 0; y is what multiplies x in the left side."""
    relation = vanishing.relation
    known = positive.relation
    if relation.kind != "=" or relation.rhs != ZERO or not isinstance(relation.lhs, Mul):
        raise ProofError("an equation (product) = 0 is needed")
    if known.kind not in (">", "!=") or known.rhs != ZERO or known.lhs not in relation.lhs.factors:
        raise ProofError("a factor known to be > 0 or != 0 is needed")
    left = list(relation.lhs.factors)
    left.remove(known.lhs)
    conditions = relation.conditions | known.conditions
    return _theorem(
        Relation(Mul(tuple(left)), "=", ZERO, conditions),
        "a factor that does not vanish",
        (vanishing, positive),
    )


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
    return _theorem(at_least(top - values, 0), "a finite family has a maximum", note=chosen.name), chosen


def _free(relation: Relation) -> set[Var]:
    used = {var for form in relation.conditions for var, _ in form.parts}
    return used | free_variables(relation.lhs) | free_variables(relation.rhs)


def generalize(known: Theorem, fixed: Var, var: Var) -> Theorem:
    """What holds for an arbitrary fixed index holds for all: replace it by a free variable.

    The index must be arbitrary: not chosen by ``maximum``, and in no hypothesis.
    """
    if not fixed.fixed or var.fixed or fixed.sort != var.sort or fixed.name.startswith(CHOSEN):
        raise ProofError(f"{fixed.name!r} is not an arbitrary index")
    for name, (assumed, _) in known.hypotheses.items():
        if fixed in _free(assumed):
            raise ProofError(f"{fixed.name!r} occurs in the hypothesis {name!r}")
    relation = known.relation
    used = _free(relation)
    if any(other.fixed and other != fixed for other in used) or var in used:
        raise ProofError("another fixed index, or the new variable, occurs in the statement")
    image = {fixed: index(var)}
    moved = Relation(
        substitute(relation.lhs, image),
        relation.kind,
        substitute(relation.rhs, image),
        frozenset(form.substitute(image) for form in relation.conditions),
    )
    return _theorem(moved, "generalisation", (known,), note=f"{fixed.name} is arbitrary")


# -- classical theorems and prose ----------------------------------------------------------------


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
    if prime != value.name + "'" or not _same_arguments(relation.lhs, value):
        raise ProofError("the rate must be that of the value")
    if not Normalizer(Facts()).is_zero(relation.rhs - value * term(factor)):
        raise ProofError("the rate is not the value times this factor")
    known = {name: item for part in (rate, *smooth) for name, item in part.definitions.items()}
    primitive = _smooth_symbols(term(factor), known, smooth)
    if prime in known:
        if known[prime].derivative_of != value.name or not _in_time(known[prime]):
            raise ProofError("the rate must be that of the value")
    else:
        primitive |= {value.name, prime}
    kept = Relation(value, "keeps sign", ZERO, relation.conditions)
    return _theorem(
        kept,
        "classical: linear equation",
        (rate, *smooth),
        note="x(t) = x(0) exp(integral)",
        primitive=frozenset(primitive),
    )


def _smooth_symbols(
    value: Term, definitions: Mapping[str, Definition], smooth: Sequence[Theorem]
) -> set[str]:
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
                    and _match_head(part.relation.lhs, base) is not None
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


def _in_time(definition: Definition) -> bool:
    """Whether a derivative was taken along the rates x' of its symbols, not along another direction."""
    return all(
        speed == (App(name + "'", tuple(map(index, args))) if args else Sym(name + "'"))
        for name, args, speed in definition.rates
    )


def _same_arguments(first: App | Sym, second: App | Sym) -> bool:
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
    if not all(_implied(part.relation.conditions, sign.relation.conditions) for part in (lower, upper)):
        raise ProofError("the bounds must hold for every component that moves")
    low, high = lower.relation, upper.relation
    if low.kind not in (">=", ">") or not Normalizer(Facts()).is_zero(low.difference - prime):
        raise ProofError("x' >= 0 is needed")
    if high.kind not in (">=", ">") or not Normalizer(Facts()).is_zero(
        high.difference - (Num(Fraction(bound)) * value - prime)
    ):
        raise ProofError("c x - x' >= 0 is needed")
    for known in (lower, upper):
        _require_lasting(known, [sign.relation])
    lasting = Relation(value, "global", ZERO, sign.relation.conditions)
    return _theorem(lasting, "classical: continuation", (sign, lower, upper))


def _require_lasting(known: Theorem, kept: Sequence[Relation]) -> None:
    """Every hypothesis holds at all times: it is structural, or a sign that is kept."""
    for name, (assumed, kind) in known.hypotheses.items():
        if kind == "structural":
            continue
        lasting = kind == "open" and any(
            assumed == greater(sign.lhs, 0).where(*assumed.conditions)
            and _implied(sign.conditions, assumed.conditions)
            for sign in kept
        )
        if not lasting:
            raise ProofError(f"the hypothesis {name!r} is not known to hold at all times")


def unbounded(
    rate: Theorem, floor: Theorem, variable: Sym, prime: Sym, *, along: Sequence[Theorem]
) -> Theorem:
    """x' >= phi(x) with phi continuous and > 0 on x > 0, and x > 0, give x -> oo as t -> oo.

    Classical (comparison): x increases; were it bounded by M, then x' >= min of phi over [x(0), M] > 0.
    ``rate``: prime >= phi; ``floor``: variable > 0; both must hold at all times, so ``along`` shows that
    the solution lasts for all t and that the open hypotheses (signs) are kept.  phi must be built from
    the variable, positive numbers and orders of sorts by sums, products, powers and exp, with positive
    coefficients outside exp: this makes it continuous and positive for x > 0.
    """
    relation, low = rate.relation, floor.relation
    if relation.kind not in (">=", ">") or relation.lhs != prime or relation.conditions:
        raise ProofError("an inequality x' >= phi(x) is needed")
    if low != greater(variable, 0):
        raise ProofError("x > 0 is needed")
    if rate.definitions.get(prime.name, Definition((), ZERO)).derivative_of != variable.name:
        raise ProofError(f"{prime.name!r} is not the derivative of {variable.name!r}")
    if not _positive_function(relation.rhs, variable):
        raise ProofError("phi is not recognised as continuous and positive on x > 0")
    kept = [part.relation for part in along if part.relation.kind == "keeps sign"]
    lasting = {
        part.relation.lhs.name
        for part in along
        if part.relation.kind == "global" and isinstance(part.relation.lhs, (App, Sym))
    }
    definition = rate.definitions[prime.name]
    if not _in_time(definition):
        raise ProofError(f"{prime.name!r} is not the rate of {variable.name!r} in time")
    if not {name for name, _, _ in definition.rates} <= lasting:
        raise ProofError("the solution must be known to last for all times")
    for known in (rate, floor, *along):
        _require_lasting(known, kept)
    return _theorem(
        Relation(variable, "->oo"), "classical: comparison", (rate, floor, *along), note="escape to infinity"
    )


def _positive_function(value: Term, variable: Sym) -> bool:
    match value:
        case Num(number):
            return number > 0
        case Sym(_):
            return value == variable or value.name in POSITIVE_SYMBOLS
        case Add(parts) | Mul(parts):
            return bool(parts) and all(_positive_function(part, variable) for part in parts)
        case Fn("exp", arg):
            return all(isinstance(node, (Num, Add, Mul, Pow, Sym)) for node in walk(arg)) and _continuous(
                arg, variable
            )
        case Pow(Sym(name), exponent):
            return name in POSITIVE_SYMBOLS or (name == variable.name and exponent > 0)
    return False


def _continuous(value: Term, variable: Sym) -> bool:
    """Polynomial in the variable with coefficients made of numbers and orders of sorts."""
    for node in walk(value):
        if isinstance(node, Sym) and node != variable and node.name not in POSITIVE_SYMBOLS:
            return False
        if isinstance(node, Pow) and variable in tuple(walk(node)) and node.exponent < 0:
            return False
    return True


def prose(relation: Relation, text: str, *premises: Theorem) -> Theorem:
    """A step a human must read: it makes every theorem that rests on it ``argued``."""
    return _theorem(relation, "prose", premises, note=text, prose=1)


def steps(final: Iterable[Theorem]) -> tuple[Theorem, ...]:
    """The theorems a proof consists of, premises first, each once."""
    seen: set[int] = set()
    order: list[Theorem] = []
    stack = [(known, False) for known in reversed(list(final))]
    while stack:
        known, done = stack.pop()
        if done:
            order.append(known)
            continue
        if id(known) in seen:
            continue
        seen.add(id(known))
        stack.append((known, True))
        stack.extend((premise, False) for premise in reversed(known.premises))
    return tuple(order)
