"""Rules about the order of the reals: squares, roots, exp against log, one term of a sum."""

from __future__ import annotations

from fractions import Fraction

from ncverify.replay.calculus.facts import nonnegative, not_zero, positive, require_real, require_zero
from ncverify.replay.calculus.lines import Arguments, Line, rule
from ncverify.replay.calculus.signs import require_equation
from ncverify.replay.calculus.terms import (
    ONE,
    ZERO,
    Index,
    Relation,
    Term,
    Var,
    add,
    bind,
    fn,
    mul,
    neg,
    num,
    relation,
    single,
    unsigned,
)
from ncverify.replay.errors import Rejected


@rule("antisymmetry")
def antisymmetric(line: Line) -> Relation:
    """x >= y and y >= x give x = y."""
    first, second = line.given(2)
    if first.kind != ">=" or second.kind != ">=":
        raise Rejected("two relations >= are needed")
    require_zero(add(first.difference, second.difference))
    return relation(first.lhs, "=", first.rhs, first.conditions | second.conditions)


@rule("exp of a logarithm")
def exp_log(line: Line) -> Relation:
    """x > 0 gives exp log x = x, for a real term."""
    (x,) = map(positive, line.given(1))
    require_real(x.lhs)
    return relation(fn("exp", fn("log", x.lhs)), "=", x.lhs, x.conditions)


@rule("a factor of what does not vanish", factor=Arguments.term)
def nonzero_factor(line: Line, factor: Term) -> Relation:
    """x y > 0 or x y != 0 gives x != 0."""
    (known,) = map(not_zero, line.given(1))
    if known.lhs[0] != "mul" or factor not in known.lhs[1]:
        raise Rejected("a factor of the product is needed")
    return relation(factor, "!=", ZERO, known.conditions)


@rule("a square that vanishes", value=Arguments.term)
def square_zero(line: Line, value: Term) -> Relation:
    """x x = 0 gives x = 0."""
    (known,) = line.given(1)
    require_equation(known, mul(value, value))
    return relation(value, "=", ZERO, known.conditions)


@rule("a square root is not negative", value=Arguments.term)
def root_nonnegative(line: Line, value: Term) -> Relation:
    """sqrt y >= 0 for a real term (sqrt y = 0 for y < 0)."""
    require_real(value)
    return relation(fn("sqrt", value), ">=")


@rule("the square of a root")
def root_square(line: Line) -> Relation:
    """y >= 0 gives sqrt(y) sqrt(y) = y."""
    (y,) = map(nonnegative, line.given(1))
    return relation(mul(fn("sqrt", y.lhs), fn("sqrt", y.lhs)), "=", y.lhs, y.conditions)


@rule("log is above a parabola")
def log_parabola(line: Line) -> Relation:
    """x >= 1/2 gives log x >= (x - 1) - (x - 1)^2, whose difference is least at 1, where it is 0."""
    (x,) = line.given(1)
    if x.kind not in (">=", ">") or x.rhs != num(Fraction(1, 2)):
        raise Rejected("x >= 1/2 is needed")
    above = add(x.lhs, neg(ONE))
    return relation(fn("log", x.lhs), ">=", add(above, neg(mul(above, above))), x.conditions)


@rule("order of squares", smaller=Arguments.term)
def square_order(line: Line, smaller: Term) -> Relation:
    """y >= 0 and y y >= x x give y >= x, for a real x."""
    y, squares = line.given(2)
    require_real(smaller)
    if squares.kind not in (">=", ">"):
        raise Rejected("y y >= x x is needed")
    require_zero(add(squares.difference, neg(mul(y.lhs, y.lhs)), mul(smaller, smaller)))
    return relation(nonnegative(y).lhs, ">=", smaller, y.conditions | squares.conditions)


@rule("logarithmic mean", left=Arguments.term, right=Arguments.term)
def logarithmic_mean(line: Line, left: Term, right: Term) -> Relation:
    """(exp x - exp y)(x - y)(exp x + exp y) >= 2 (exp x - exp y)^2, as exp is convex."""
    require_real(left)
    require_real(right)
    x, y = fn("exp", left), fn("exp", right)
    rise = add(x, neg(y))
    above = mul(mul(rise, add(left, neg(right))), add(x, y))
    return relation(above, ">=", mul(mul(num(2), rise), rise))


@rule("one term of a nonnegative sum", var=Arguments.variable, nonzero=Arguments.flag)
def one_of_sum(line: Line, var: Var, nonzero: bool) -> Relation:
    """x(v) >= 0 gives sum_v x(v) - x(v) >= 0, over all v or, where v != 0, over the nonzero ones."""
    (known,) = map(nonnegative, line.given(1))
    own = {unsigned(single(var))} if nonzero else set()
    if var[1].startswith("!"):
        raise Rejected("a fixed index is not summed over")
    if any(var == part for form in known.conditions - own for part, _ in form[1]):
        raise Rejected(f"a condition on {var[1]!r} is left")
    total = bind(var, nonzero, known.lhs)
    return relation(add(total, neg(known.lhs)), ">=", ZERO, known.conditions | own)


@rule("a Kronecker delta is at most 1", at=Arguments.index)
def delta_at_most_one(line: Line, at: Index) -> Relation:
    """1 - [i = 0] >= 0."""
    return relation(add(ONE, neg(("delta", at))), ">=")
