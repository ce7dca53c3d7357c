"""The rule that differentiates a definition along a direction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ncverify.replay.calculus.facts import arguments, matched, require_real, require_zero
from ncverify.replay.calculus.lines import Arguments, Line, rule
from ncverify.replay.calculus.terms import (
    POSITIVE,
    ZERO,
    Index,
    Relation,
    Term,
    Var,
    add,
    bind,
    free,
    instance,
    inverse,
    moved,
    mul,
    neg,
    num,
    relation,
    single,
    substitute,
    symbols,
    unsigned,
)
from ncverify.replay.calculus.theory import Definition, Step
from ncverify.replay.errors import Rejected

Rates = dict[str, tuple[tuple[Var, ...], Term]]


@rule(
    "derivative",
    prime=Arguments.term,
    rates=Arguments.rates,
    along=Arguments.steps,
    constants=Arguments.names,
    regular=Arguments.steps,
    even=Arguments.steps,
)
def derivative(
    line: Line,
    prime: Term,
    rates: Rates,
    along: tuple[Step, ...],
    constants: tuple[str, ...],
    regular: tuple[Step, ...],
    even: tuple[Step, ...],
) -> Relation:
    """prime := the derivative of a definition along the rates of primitive symbols; it must be real.

    ``along``: derivatives already taken, along the same rates; ``constants``: what does not move;
    ``regular``: arguments of logarithms are > 0, denominators are != 0; ``even``: symmetries that show the
    result to be real.
    """
    source = line.premises[0]
    if source.rule != "definition":
        raise Rejected("only a definition can be differentiated")
    head = source.relation.lhs
    primitive = frozenset(rates) | frozenset(constants)
    if len(primitive) < len(rates) + len(constants):
        raise Rejected("a symbol both moves and is constant")
    line.primitive |= primitive
    moving = dict(rates)
    for name, (args, speed) in rates.items():
        _require_direction(line, name, args, speed, arguments(head))
    for step in along:
        inner = _derivative(line, step)
        if not inner.primitive <= primitive or inner.rates != _listed(rates, inner.primitive):
            raise Rejected("a derivative was taken along other rates")
        moving[inner.derivative_of] = (line.theory.definitions[inner.derivative_of].args, step.relation.lhs)
    operator = _Operator(moving, POSITIVE | set(constants), regular)
    body = line.conclusion.rhs
    require_zero(add(body, neg(operator.rate(source.relation.rhs, frozenset(), 0))))
    require_real(body, even)
    made = Definition(arguments(prime), body, primitive, head[1], _listed(rates, primitive))
    line.theory.define(prime, made)
    line.defined |= {prime[1]}
    return relation(prime, "=", body)


def _require_direction(
    line: Line, name: str, args: tuple[Var, ...], speed: Term, taken: tuple[Var, ...]
) -> None:
    """A rate is real, fits the symbol, and its direction does not depend on the indices of the definition."""
    require_real(speed)
    if line.theory.signatures.setdefault(name, tuple(var[0] for var in args)) != tuple(v[0] for v in args):
        raise Rejected(f"the rate of {name!r} has other indices than {name!r}")
    if len(set(args)) < len(args) or any(var[1].startswith("!") for var in args):
        raise Rejected(f"the rate of {name!r} must have distinct free indices")
    if (free(speed) - set(args)) & set(taken):
        raise Rejected("an index of the definition is used for the direction")


def _listed(rates: Rates, names: frozenset[str]) -> tuple[tuple[str, tuple[Var, ...], Term], ...]:
    return tuple((name, *rates[name]) for name in sorted(names) if name in rates)


def _derivative(line: Line, step: Step) -> Definition:
    if step.rule != "derivative":
        raise Rejected("only derivatives can be used along the way")
    return line.theory.definitions[step.relation.lhs[1]]


@dataclass(frozen=True)
class _Operator:
    """Differentiation: the rates of symbols by name, the constants, and what may be divided by."""

    rates: Mapping[str, tuple[tuple[Var, ...], Term]]
    constants: frozenset[str]
    regular: tuple[Step, ...]

    def rate(self, value: Term, apart: frozenset[Index], level: int) -> Term:
        """The derivative of a term, where the indices ``apart`` are not 0."""
        if symbols(value) <= self.constants:
            return ZERO
        match value:
            case ("sym" | "app", name, *args):
                if name not in self.rates:
                    raise Rejected(f"{name!r} has neither a rate nor is it constant")
                names, speed = self.rates[name]
                return substitute(speed, dict(zip(names, args[0] if args else (), strict=True)))
            case ("add", parts):
                return add(*(self.rate(part, apart, level) for part in parts))
            case ("mul", parts):
                changed = (
                    mul(*parts[:k], self.rate(part, apart, level), *parts[k + 1 :])
                    for k, part in enumerate(parts)
                )
                return add(*changed)
            case ("sum", sort, nonzero, _):
                var = (sort, f"#{level}")
                inside = apart | ({unsigned(single(var))} if nonzero else set())
                return bind(var, nonzero, self.rate(instance(value, single(var)), inside, level + 1))
            case ("fn", "exp", arg):
                return mul(value, self.rate(arg, apart, level))
            case ("fn", "log", arg):
                self._require(arg, apart, strictly=True)
                return mul(inverse(arg), self.rate(arg, apart, level))
            case ("pow", base, exponent) if exponent.denominator == 1:
                if exponent < 0:
                    self._require(base, apart, strictly=False)
                return mul(num(exponent), ("pow", base, exponent - 1), self.rate(base, apart, level))
        raise Rejected("this term cannot be differentiated")

    def _require(self, value: Term, apart: frozenset[Index], strictly: bool) -> None:
        for step in self.regular:
            known = step.relation
            found = matched(known.lhs, value)
            fits = found is not None and moved(known, found).conditions <= apart
            if fits and known.rhs == ZERO and known.kind in ((">",) if strictly else (">", "!=")):
                return
        raise Rejected("a logarithm needs an argument > 0, a denominator one that is not 0")
