"""Rules for signs: products, exp and log, characters, roots, vanishing sums."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from ncverify.derive.matching import implied, require_real
from ncverify.derive.monomials import POSITIVE_SYMBOLS, ProofError
from ncverify.derive.relations import ZERO, Relation, at_least, greater
from ncverify.derive.sums import Facts, Normalizer
from ncverify.derive.terms import IndexLike, Mul, Pow, Sum, Sym, TermLike, chi, exp, index, log, sqrt, term
from ncverify.derive.theorems import Theorem, establish


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
    return establish(relation, "product of nonnegatives", (first, second))


def reciprocal(known: Theorem) -> Theorem:
    """x > 0 gives 1/x > 0; x != 0 gives 1/x != 0."""
    relation = known.relation
    if relation.kind not in (">", "!=") or relation.rhs != ZERO:
        raise ProofError("a reciprocal needs x > 0 or x != 0")
    inverse = Relation(Pow(relation.lhs, Fraction(-1)), relation.kind, ZERO, relation.conditions)
    return establish(inverse, "reciprocal", (known,))


def square(value: TermLike, *, even: Iterable[Theorem] = (), unfold: Iterable[Theorem] = ()) -> Theorem:
    """x^2 >= 0 for a real term."""
    even, unfold = tuple(even), tuple(unfold)
    require_real(term(value), even, unfold)
    return establish(
        at_least(term(value) * term(value), 0),
        "square",
        (*even, *unfold),
        arguments={"value": term(value), "even": even, "unfold": unfold},
    )


def exp_positive(value: TermLike) -> Theorem:
    """exp x > 0 for a real term."""
    require_real(term(value), (), ())
    return establish(greater(exp(value), 0), "exp is positive", arguments={"value": term(value)})


def exp_increasing(left: TermLike, right: TermLike) -> Theorem:
    """(exp x - exp y)(x - y) >= 0 for real terms: exp is increasing."""
    x, y = term(left), term(right)
    require_real(x, (), ())
    require_real(y, (), ())
    return establish(
        at_least((exp(x) - exp(y)) * (x - y), 0), "exp is increasing", arguments={"left": x, "right": y}
    )


def exp_injective(known: Theorem, left: TermLike, right: TermLike) -> Theorem:
    """(exp x - exp y)(x - y) = 0 gives x = y, for real terms."""
    x, y = term(left), term(right)
    require_real(x, (), ())
    require_real(y, (), ())
    expected = (exp(x) - exp(y)) * (x - y)
    relation = known.relation
    if relation.kind != "=" or not Normalizer(Facts()).is_zero(relation.difference - expected):
        raise ProofError("(exp x - exp y)(x - y) = 0 is needed for these x, y")
    return establish(
        Relation(x, "=", y, relation.conditions),
        "exp is injective",
        (known,),
        arguments={"left": x, "right": y},
    )


def exp_tangent(value: TermLike) -> Theorem:
    """exp x >= 1 + x for a real term (the tangent at 0 of a convex function)."""
    x = term(value)
    require_real(x, (), ())
    return establish(at_least(exp(x), 1 + x), "exp is above its tangent", arguments={"value": x})


def log_tangent(known: Theorem) -> Theorem:
    """x > 0 gives log x <= x - 1 (the tangent at 1 of a concave function)."""
    if not _nonnegative(known):
        raise ProofError("log needs an argument > 0")
    x = known.relation.lhs
    relation = Relation(x - 1, ">=", log(x), known.relation.conditions)
    return establish(relation, "log is below its tangent", (known,))


def log_tangent_contact(known: Theorem, positive: Theorem) -> Theorem:
    """x > 0 and log x = x - 1 give x = 1 (a strictly concave function meets its tangent once)."""
    if not _nonnegative(positive):
        raise ProofError("log needs an argument > 0")
    x = positive.relation.lhs
    relation = known.relation
    if relation.kind != "=" or not Normalizer(Facts()).is_zero(relation.difference - (x - 1 - log(x))):
        raise ProofError("x - 1 - log x = 0 is needed for this x")
    conditions = relation.conditions | positive.relation.conditions
    return establish(Relation(x, "=", term(1), conditions), "log meets its tangent once", (known, positive))


def log_product(first: Theorem, second: Theorem) -> Theorem:
    """x > 0, y > 0 give log(x y) = log x + log y."""
    if not (_nonnegative(first) and _nonnegative(second)):
        raise ProofError("log needs arguments > 0")
    x, y = first.relation.lhs, second.relation.lhs
    conditions = first.relation.conditions | second.relation.conditions
    return establish(
        Relation(log(x * y), "=", log(x) + log(y), conditions), "log of a product", (first, second)
    )


def log_reciprocal(known: Theorem) -> Theorem:
    """x > 0 gives log(1/x) = -log x."""
    if not _nonnegative(known):
        raise ProofError("log needs an argument > 0")
    x = known.relation.lhs
    relation = Relation(log(Pow(x, Fraction(-1))), "=", -log(x), known.relation.conditions)
    return establish(relation, "log of a reciprocal", (known,))


def congruent_log(known: Theorem) -> Theorem:
    """x = y gives log x = log y."""
    relation = known.relation
    if relation.kind != "=":
        raise ProofError("an equation is needed")
    return establish(
        Relation(log(relation.lhs), "=", log(relation.rhs), relation.conditions), "apply log", (known,)
    )


def congruent_exp(known: Theorem) -> Theorem:
    """x = y gives exp x = exp y."""
    relation = known.relation
    if relation.kind != "=":
        raise ProofError("an equation is needed")
    return establish(
        Relation(exp(relation.lhs), "=", exp(relation.rhs), relation.conditions), "apply exp", (known,)
    )


def exp_monotone(known: Theorem) -> Theorem:
    """x >= y (or >) gives exp x >= exp y (or >), for real terms."""
    relation = known.relation
    if relation.kind not in (">=", ">"):
        raise ProofError("an inequality is needed")
    require_real(relation.lhs, (), ())
    require_real(relation.rhs, (), ())
    moved = Relation(exp(relation.lhs), relation.kind, exp(relation.rhs), relation.conditions)
    return establish(moved, "apply exp to an inequality", (known,))


def character_real_part(a: IndexLike, g: IndexLike) -> Theorem:
    """1 - Re chi_a(g) >= 0: characters have modulus 1."""
    re = (chi(a, g) + chi(-index(a), g)) / 2
    return establish(
        at_least(1 - re, 0), "|chi| = 1", arguments={"a": index(a), "g": index(g), "above": True}
    )


def character_real_part_lower(a: IndexLike, g: IndexLike) -> Theorem:
    """1 + Re chi_a(g) >= 0: characters have modulus 1."""
    re = (chi(a, g) + chi(-index(a), g)) / 2
    return establish(
        at_least(1 + re, 0), "|chi| = 1", arguments={"a": index(a), "g": index(g), "above": False}
    )


def order_positive(name: str) -> Theorem:
    """The order of a sort is at least 1."""
    if name not in POSITIVE_SYMBOLS:
        raise ProofError(f"{name!r} is not the order of a sort")
    return establish(at_least(Sym(name), 1), "a sort is not empty", arguments={"name": name})


def number_positive(value: int | Fraction) -> Theorem:
    """A positive rational number is > 0."""
    if Fraction(value) <= 0:
        raise ProofError(f"{value} is not > 0")
    return establish(greater(value, 0), "arithmetic", arguments={"value": Fraction(value)})


def root(nonnegative: Theorem, equation: Theorem) -> Theorem:
    """x >= 0 and x^2 = y give x = sqrt y."""
    _nonnegative(nonnegative)
    x = nonnegative.relation.lhs
    relation = equation.relation
    if relation.kind != "=" or not Normalizer(Facts()).is_zero(relation.lhs - x * x):
        raise ProofError("x^2 = y is needed for this x")
    conditions = relation.conditions | nonnegative.relation.conditions
    return establish(Relation(x, "=", sqrt(relation.rhs), conditions), "square root", (nonnegative, equation))


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
    if not implied(frozenset(rest), relation.conditions) or any(
        head.var == part for form in relation.conditions for part, _ in form.parts
    ):
        raise ProofError("the conditions do not fit")
    if not Normalizer(Facts()).is_zero(head.body - body.lhs):
        raise ProofError("the terms of the sum are not those known to be >= 0")
    conditions = relation.conditions | ({index(head.var)} if head.nonzero else frozenset())
    return establish(
        Relation(head.body, "=", ZERO, conditions),
        "each term of a vanishing sum",
        (vanishing, nonnegative),
        arguments={"var": head.var},
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
    return establish(
        Relation(Mul(tuple(left)), "=", ZERO, conditions),
        "a factor that does not vanish",
        (vanishing, positive),
    )
