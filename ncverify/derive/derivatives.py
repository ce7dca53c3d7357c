"""Differentiating definitions along a flow or another direction.

A relation is understood at every point of an open set of states, so definitions may be differentiated;
hypotheses of kind ``pointwise`` hold at one state only and play no part here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from ncverify.derive.matching import bare_arguments, match_head, require_real
from ncverify.derive.monomials import COMPLEX, POSITIVE_SYMBOLS, ProofError
from ncverify.derive.relations import ZERO, Relation, check_names
from ncverify.derive.sums import Facts, Normalizer
from ncverify.derive.terms import (
    Add,
    App,
    Fn,
    Index,
    Mul,
    Num,
    Pow,
    Sum,
    Sym,
    Term,
    Var,
    free_variables,
    index,
    substitute,
    symbols,
)
from ncverify.derive.theorems import Definition, Theorem, establish


def derivative(
    definition: Theorem,
    prime: App | Sym,
    rates: Mapping[str, tuple[tuple[Var, ...], Term]],
    *,
    along: Iterable[Theorem] = (),
    constants: Iterable[str] = (),
    regular: Iterable[Theorem] = (),
    even: Iterable[Theorem] = (),
) -> Theorem:
    """Differentiate a definition ``f(args) := body`` along a direction; defines ``prime`` as the result.

    ``rates`` gives the rate of each primitive symbol that moves, ``along`` the derivatives already taken
    of defined symbols, ``constants`` names what does not move; every symbol of the body must be one of
    these.  What a derivative in time holds constant is an assumption (``theorems.held_constant``).
    Logarithms need an argument > 0 and reciprocals one != 0, from the theorems ``regular``.  The result
    must be shown to be real (symbols denote real numbers), with the symmetries ``even``: a real sum over
    characters has a real derivative only along rates that keep the symmetry of the state.
    """
    relation = definition.relation
    along, constants, regular = tuple(along), tuple(constants), tuple(regular)
    symmetries = tuple(even)
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
        all_rates[inner.derivative_of] = (bare_arguments(known.premises[0].relation.lhs), head)
    if set(rates) & set(constants):
        raise ProofError("a symbol both moves and is named constant")
    taken = set(bare_arguments(relation.lhs))
    for name, (args, rate) in rates.items():
        if not isinstance(args, tuple) or len(set(args)) < len(args) or any(var.fixed for var in args):
            raise ProofError(f"the rate of {name!r} must have distinct free indices")
        check_names(rate, others=args)
        if (free_variables(rate) - set(args)) & taken:
            raise ProofError("an index of the definition is used for the direction: rename it")
        plain = Normalizer(Facts())
        if not plain.is_real(plain.poly(rate)):
            raise ProofError("a rate is not shown to be real")
    operator = _Derivation(all_rates, frozenset(constants) | POSITIVE_SYMBOLS, regular)
    body = operator.apply(relation.rhs, frozenset())
    args = bare_arguments(prime)
    if not free_variables(body) <= set(args):
        raise ProofError(f"the derivative {prime.name!r} has unbound indices")
    if prime.name in symbols(body) or prime.name in POSITIVE_SYMBOLS or prime.name in COMPLEX:
        raise ProofError(f"{prime.name!r} cannot be defined by this term")
    require_real(body, symmetries, ())
    return establish(
        Relation(prime, "=", body),
        "derivative",
        (definition, *along, *regular, *symmetries),
        note=_note(relation.lhs.name, rates, constants),
        definitions={
            prime.name: Definition(
                args,
                body,
                primitive,
                relation.lhs.name,
                tuple((name, *rates[name]) for name in sorted(rates)),
            )
        },
        arguments={
            "prime": prime,
            "rates": {name: rates[name] for name in sorted(rates)},
            "along": along,
            "constants": tuple(sorted(constants)),
            "regular": regular,
            "even": symmetries,
        },
    )


def _note(name: str, rates: Mapping[str, tuple[tuple[Var, ...], Term]], constants: tuple[str, ...]) -> str:
    """Of what, and what was taken to move and to stand still."""
    moving = sorted(symbol for symbol, (_, rate) in rates.items() if rate != ZERO)
    still = sorted({*rates, *constants} - set(moving))
    parts = [
        f"{what}: {', '.join(names)}" for what, names in (("moving", moving), ("constant", still)) if names
    ]
    return "; ".join([f"of {name}", *parts])


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
                    if [var.sort for var in args] != [at.sort for at in given]:
                        raise ProofError(f"the rate of {name!r} has other indices than {name!r}")
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
            mapping = match_head(relation.lhs, value)
            if mapping is None:
                continue
            wanted = {form.substitute(mapping) for form in relation.conditions}
            if wanted <= nonzero:
                return
        raise ProofError(f"a derivative needs an argument {kind} 0")


def _sum_of(parts: list[Term]) -> Term:
    moving = [part for part in parts if part != ZERO]
    return Add(tuple(moving)) if len(moving) > 1 else (moving[0] if moving else ZERO)
