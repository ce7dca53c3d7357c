"""Rules for signs: products, exp and log, characters, roots, vanishing sums and products."""

from __future__ import annotations

from fractions import Fraction

from ncverify.replay.calculus.facts import nonnegative, not_zero, positive, require_real, require_zero
from ncverify.replay.calculus.lines import Arguments, Line, rule
from ncverify.replay.calculus.terms import (
    ONE,
    POSITIVE,
    ZERO,
    Index,
    Relation,
    Term,
    Var,
    add,
    fn,
    instance,
    inverse,
    mul,
    neg,
    num,
    relation,
    scaled,
    single,
    unsigned,
)
from ncverify.replay.calculus.theory import Step
from ncverify.replay.errors import Rejected


@rule("product of nonnegatives")
def product(line: Line) -> Relation:
    """x >= 0 and y >= 0 give x y >= 0, and > 0 if both are."""
    x, y = map(nonnegative, line.given(2))
    kind = ">" if x.kind == y.kind == ">" else ">="
    return relation(mul(x.lhs, y.lhs), kind, ZERO, x.conditions | y.conditions)


@rule("reciprocal")
def reciprocal(line: Line) -> Relation:
    """x > 0 gives 1/x > 0; x != 0 gives 1/x != 0."""
    (x,) = map(not_zero, line.given(1))
    return x._replace(lhs=inverse(x.lhs))


@rule("square", value=Arguments.term, even=Arguments.steps, unfold=Arguments.steps)
def square(line: Line, value: Term, even: tuple[Step, ...], unfold: tuple[Step, ...]) -> Relation:
    """x x >= 0 for a real term."""
    require_real(value, even, unfold)
    return relation(mul(value, value), ">=")


@rule("exp is positive", value=Arguments.term)
def exp_positive(line: Line, value: Term) -> Relation:
    """exp x > 0 for a real term."""
    require_real(value)
    return relation(fn("exp", value), ">")


def _spread(x: Term, y: Term) -> Term:
    """(exp x - exp y)(x - y) of real terms."""
    require_real(x)
    require_real(y)
    return mul(add(fn("exp", x), neg(fn("exp", y))), add(x, neg(y)))


@rule("exp is increasing", left=Arguments.term, right=Arguments.term)
def exp_increasing(line: Line, left: Term, right: Term) -> Relation:
    """(exp x - exp y)(x - y) >= 0 for real terms."""
    return relation(_spread(left, right), ">=")


@rule("exp is injective", left=Arguments.term, right=Arguments.term)
def exp_injective(line: Line, left: Term, right: Term) -> Relation:
    """(exp x - exp y)(x - y) = 0 gives x = y, for real terms."""
    (known,) = line.given(1)
    require_equation(known, _spread(left, right))
    return relation(left, "=", right, known.conditions)


def require_equation(known: Relation, expected: Term) -> None:
    """The relation is an equation that says that a term is 0, whatever the symbols are."""
    if known.kind != "=":
        raise Rejected("an equation is needed")
    require_zero(add(known.difference, neg(expected)))


@rule("exp is above its tangent", value=Arguments.term)
def exp_tangent(line: Line, value: Term) -> Relation:
    """exp x >= 1 + x for a real term."""
    require_real(value)
    return relation(fn("exp", value), ">=", add(ONE, value))


@rule("log is below its tangent")
def log_tangent(line: Line) -> Relation:
    """x > 0 gives x - 1 >= log x."""
    (x,) = map(positive, line.given(1))
    return relation(add(x.lhs, neg(ONE)), ">=", fn("log", x.lhs), x.conditions)


@rule("log meets its tangent once")
def log_tangent_contact(line: Line) -> Relation:
    """x - 1 = log x and x > 0 give x = 1."""
    known, x = line.given(2)
    require_equation(known, add(x.lhs, neg(ONE), neg(fn("log", positive(x).lhs))))
    return relation(x.lhs, "=", ONE, known.conditions | x.conditions)


@rule("log of a product")
def log_product(line: Line) -> Relation:
    """x > 0 and y > 0 give log(x y) = log x + log y."""
    x, y = map(positive, line.given(2))
    logs = add(fn("log", x.lhs), fn("log", y.lhs))
    return relation(fn("log", mul(x.lhs, y.lhs)), "=", logs, x.conditions | y.conditions)


@rule("log of a reciprocal")
def log_reciprocal(line: Line) -> Relation:
    """x > 0 gives log(1/x) = -log x."""
    (x,) = map(positive, line.given(1))
    return relation(fn("log", inverse(x.lhs)), "=", neg(fn("log", x.lhs)), x.conditions)


@rule("apply log")
def congruent_log(line: Line) -> Relation:
    """x = y gives log x = log y."""
    return _applied("log", line, ("=",))


@rule("apply exp")
def congruent_exp(line: Line) -> Relation:
    """x = y gives exp x = exp y."""
    return _applied("exp", line, ("=",))


@rule("apply exp to an inequality")
def exp_monotone(line: Line) -> Relation:
    """x >= y (or >) gives exp x >= exp y (or >), for real terms."""
    (known,) = line.given(1)
    require_real(known.lhs)
    require_real(known.rhs)
    return _applied("exp", line, (">=", ">"))


def _applied(name: str, line: Line, kinds: tuple[str, ...]) -> Relation:
    (known,) = line.given(1)
    if known.kind not in kinds:
        raise Rejected(f"a relation {' or '.join(kinds)} is needed")
    return known._replace(lhs=fn(name, known.lhs), rhs=fn(name, known.rhs))


@rule(
    "equal where a factor does not vanish",
    factor=Arguments.term,
    left=Arguments.term,
    right=Arguments.term,
    function=Arguments.name,
)
def agree_where(line: Line, factor: Term, left: Term, right: Term, function: str) -> Relation:
    """c (x - y) = 0 gives c f(x) = c f(y) for exp, log, sqrt or the reciprocal."""
    (known,) = line.given(1)
    require_equation(known, mul(factor, add(left, neg(right))))
    x, y = (inverse(z) if function == "reciprocal" else fn(function, z) for z in (left, right))
    return relation(mul(factor, x), "=", mul(factor, y), known.conditions)


@rule("|chi| = 1", a=Arguments.index, g=Arguments.index, above=Arguments.flag)
def character_real_part(line: Line, a: Index, g: Index, above: bool) -> Relation:
    """1 - Re chi_a(g) >= 0, or 1 + Re chi_a(g) >= 0: characters have modulus 1."""
    re = mul(add(("chi", a, g), ("chi", scaled(a, -1), g)), inverse(num(2)))
    return relation(add(ONE, neg(re) if above else re), ">=")


@rule("a sort is not empty", name=Arguments.name)
def order_positive(line: Line, name: str) -> Relation:
    """The order of a sort is at least 1."""
    if name not in POSITIVE:
        raise Rejected(f"{name!r} is not the order of a sort")
    return relation(("sym", name), ">=", ONE)


@rule("arithmetic", value=Arguments.number)
def number_positive(line: Line, value: Fraction) -> Relation:
    """A positive number is > 0."""
    if value <= 0:
        raise Rejected(f"{value} is not > 0")
    return relation(num(value), ">")


@rule("square root")
def root(line: Line) -> Relation:
    """x >= 0 and x x = y give x = sqrt y."""
    x, known = line.given(2)
    require_equation(known._replace(rhs=ZERO), mul(nonnegative(x).lhs, x.lhs))
    return relation(x.lhs, "=", fn("sqrt", known.rhs), x.conditions | known.conditions)


@rule("each term of a vanishing sum", var=Arguments.variable)
def each_zero(line: Line, var: Var) -> Relation:
    """A sum of terms >= 0 that is 0 has every term 0: sum_v x(v) = 0 and x(v) >= 0 for all these v."""
    vanishing, term = line.given(2)
    if vanishing.kind != "=" or vanishing.rhs != ZERO or vanishing.lhs[0] != "sum":
        raise Rejected("an equation (sum) = 0 is needed")
    if var in vanishing.free or var[0] != vanishing.lhs[1]:
        raise Rejected("the index of the terms must be a new one")
    own = {unsigned(single(var))} if vanishing.lhs[2] else set()
    if not nonnegative(term).conditions <= vanishing.conditions | own:
        raise Rejected("the terms must be known to be >= 0 on the whole range")
    body = instance(vanishing.lhs, single(var))
    require_zero(add(body, neg(term.lhs)))
    return relation(body, "=", ZERO, vanishing.conditions | own)


@rule("a factor that does not vanish")
def factor_zero(line: Line) -> Relation:
    """x y = 0 and x > 0 (or x != 0) give y = 0; y is the product without this factor."""
    vanishing, known = line.given(2)
    if vanishing.kind != "=" or vanishing.rhs != ZERO or vanishing.lhs[0] != "mul":
        raise Rejected("an equation (product) = 0 is needed")
    left = list(vanishing.lhs[1])
    if not_zero(known).lhs not in left:
        raise Rejected("a factor known to be > 0 or != 0 is needed")
    left.remove(known.lhs)
    return relation(mul(*left), "=", ZERO, vanishing.conditions | known.conditions)
