"""Forged derivations, each with the reason for which the second checker must reject it.

All but the last groups are one false or unjustified step on top of hypotheses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from together import stated_together

from ncverify.derive import blocks
from ncverify.derive import kernel as k
from ncverify.derive.agreement import agree_where
from ncverify.derive.means import logarithmic_mean
from ncverify.derive.recording import Table, record, record_inductions
from ncverify.derive.relations import Relation, at_least, different, equal, greater
from ncverify.derive.terms import (
    Add,
    Function,
    Index,
    Mul,
    Num,
    Pow,
    Sym,
    Term,
    Var,
    chi,
    delta,
    exp,
    free_variables,
    index,
    log,
    sqrt,
    total,
    total_nonzero,
)

K, d = Sym("K"), Sym("d")
x, y, w, X, Y, u = map(Sym, "xywXYu")
x_rate, y_rate, X_rate, Y_rate, w_rate = (Sym(name + "'") for name in "xyXYw")
g, h, i, v = (Var(name, "G") for name in "ghiv")
a, b = Var("a", "D"), Var("b", "D")
r, q = Var("r", "F"), Var("q", "F")
c, c_2 = Var("c", "G", fixed=True), Var("c_2", "G", fixed=True)
top, top_d = Var("top_f_", "G", fixed=True), Var("top_s_", "D", fixed=True)
f, z = Function("f", ("G",)), Function("z", ("G",))
f2 = Function("m", ("G", "G"))
s, s_rate = Function("s", ("D",)), Function("s'", ("D",))
M, R = Function("M", ("F", "G")), Function("R", ("F", "D"))
MANY = Add(tuple(f2(g, index(h).scale(n)) for n in range(1, 150)))
EIGHT = tuple(Var(f"g_{n}", "G") for n in range(8))
f_1 = Function("f_1", ("G",))
G0, D0 = Index("G"), Index("D")
ZERO = Num(Fraction(0))
FIXED = Var("e", "D", fixed=True)
COMPLEX = total(a, Function("R", ("D",))(a) * s(a))
TWO_CLASSES = at_least(K, 2)


@dataclass(frozen=True)
class P:
    """A step, by its number, where a rule is given a premise."""

    step: int


@dataclass(frozen=True)
class Line:
    rule: str
    premises: Sequence[int]
    conclusion: Relation
    arguments: Mapping[str, Any] = field(default_factory=dict)


def written(*lines: Line) -> dict[str, Any]:
    """A derivation of the last line."""
    table = Table()
    steps = []
    for line in lines:
        premises = list(line.premises)

        def value(item: Any, premises: list[int] = premises) -> Any:
            if isinstance(item, P):
                if item.step not in premises:
                    premises.append(item.step)
                return {"premise": premises.index(item.step)}
            if isinstance(item, (list, tuple)):
                return [value(part) for part in item]
            if isinstance(item, dict):
                names = [(key.name if isinstance(key, Sym) else key, part) for key, part in item.items()]
                return {"map": [[table.value(key, {}), value(part)] for key, part in names]}
            return table.value(item, {})

        arguments = {name: value(item) for name, item in line.arguments.items()}
        steps.append(
            {
                "rule": line.rule,
                "premises": premises,
                "arguments": arguments,
                "conclusion": table.relation(line.conclusion),
            }
        )
    return {"format": 1, "terms": table.rows, "steps": steps, "goals": {"goal": len(steps) - 1}}


# -- lines -----------------------------------------------------------------------------------------------


def assume(relation: Relation, name: str = "h", kind: str = "structural") -> Line:
    return Line("hypothesis", [], relation, {"name": name, "kind": kind})


def combine(goal: Relation, *items: tuple[Any, int], **given: Any) -> Line:
    lists = {
        name: [P(step) for step in given.get(name, [])] for name in ("unfold", "contract", "even", "nonzero")
    }
    divisor = P(given["divide_by"]) if "divide_by" in given else None
    pairs = [
        [weight if isinstance(weight, (P, Term)) else Num(Fraction(weight)), P(n)] for weight, n in items
    ]
    return Line("combination", [], goal, {"items": pairs, "divide_by": divisor, **lists})


def define(head: Term, body: Term, even: Sequence[int] = (), unfold: Sequence[int] = ()) -> Line:
    lists = {"even": [P(n) for n in even], "unfold": [P(n) for n in unfold]}
    return Line("definition", [], Relation(head, "=", body), lists)


def differentiate(prime: Term, body: Term, rates: dict[str, Any], **given: Any) -> Line:
    lists = {name: [P(n) for n in given.get(name, [])] for name in ("along", "regular", "even")}
    constants = list(given.get("constants", []))
    arguments = {"prime": prime, "rates": rates, "constants": constants, **lists}
    return Line("derivative", [given.get("source", 0)], Relation(prime, "=", body), arguments)


def total_of(places: Sequence[Var], step: int = 1) -> Term:
    """The sum of n f(g_n), 1 <= n, in steps of ``step``."""
    return Add(tuple(f(var) * (1 + step * n) for n, var in enumerate(places)))


def rule(used: str, conclusion: Relation, /, *premises: int, **arguments: Any) -> Line:
    return Line(used, premises, conclusion, arguments)


SIMPLE: list[tuple[str, list[Line], str]] = [
    # hypotheses and definitions
    (
        "hypothesis with premise",
        [assume(equal(x, 0)), Line("hypothesis", [0], equal(y, 0), {"name": "k", "kind": "open"})],
        "premises",
    ),
    ("unknown kind", [assume(equal(x, 0), kind="true")], "kind"),
    ("chosen index in a hypothesis", [assume(equal(f(top), 0))], "chosen"),
    ("defined twice", [define(x, ZERO), define(x, Num(Fraction(1)))], "twice"),
    ("defined late", [assume(equal(x, 0)), define(x, Num(Fraction(1)))], "after"),
    ("circular", [define(x, x + 1)], "cannot"),
    ("an order defined", [define(K, Num(Fraction(2)))], "cannot"),
    ("a chosen symbol defined", [define(Sym("top_x"), Num(Fraction(2)))], "cannot"),
    ("unbound index", [define(x, f(g))], "unbound"),
    ("not real", [define(Function("t", ("D", "G"))(a, g), chi(a, g))], "real"),
    ("two arguments of one name", [define(f2(g, g), Num(Fraction(1)))], "distinct"),
    ("a fixed argument", [define(f(c), Num(Fraction(1)))], "distinct"),
    ("no symbol", [define(x * x, Num(Fraction(1)))], "symbol"),
    # instances and sums
    (
        "fixed index replaced",
        [assume(equal(f(c), 0)), rule("instance", equal(f(g), 0), 0, mapping={c: index(g)})],
        "cannot",
    ),
    (
        "index of another sort",
        [assume(equal(s(a), 0)), rule("instance", equal(s(a), 0), 0, mapping={b: index(g)})],
        "cannot",
    ),
    (
        "excluded instance",
        [
            assume(equal(f(g), 0).where(g)),
            rule("instance", Relation(f(G0), "=", ZERO, frozenset({G0})), 0, mapping={g: G0}),
        ],
        "excluded",
    ),
    (
        "instance of two",
        [assume(equal(f(g), 0)), rule("instance", equal(f(h), 0), 0, 0, mapping={g: index(h)})],
        "premises",
    ),
    (
        "sum over a fixed index",
        [assume(equal(f(c), 0)), rule("sum", equal(total(g, f(g)), 0), 0, var=c, nonzero=False)],
        "fixed",
    ),
    (
        "sum of inequations",
        [assume(different(f(g), 0)), rule("sum", different(total(g, f(g)), 0), 0, var=g, nonzero=False)],
        "summed",
    ),
    (
        "sum of limits",
        [
            assume(Relation(f(g), "->oo")),
            rule("sum", Relation(total(g, f(g)), "->oo"), 0, var=g, nonzero=False),
        ],
        "summed",
    ),
    (
        "sum over all of what holds off 0",
        [assume(equal(f(g), 0).where(g)), rule("sum", equal(total(g, f(g)), 0), 0, var=g, nonzero=False)],
        "condition",
    ),
    (
        "sum under another condition",
        [
            assume(equal(f(g), 0).where(g - h)),
            rule("sum", equal(total_nonzero(g, f(g)), 0).where(g - h), 0, var=g, nonzero=True),
        ],
        "condition",
    ),
    (
        "strict sum over nothing",
        [
            assume(greater(f(g), 0)),
            assume(at_least(d, 2), "k"),
            rule("sum", greater(total_nonzero(g, f(g)), 0), 0, 1, var=g, nonzero=True),
        ],
        "K >= 2",
    ),
    (
        "strict sum over nothing at all",
        [assume(greater(f(g), 0)), rule("sum", greater(total_nonzero(g, f(g)), 0), 0, var=g, nonzero=True)],
        "conclusion",
    ),
    # combinations
    ("combined limits", [assume(Relation(x, "->oo")), combine(Relation(x, "->oo"), (1, 0))], "all times"),
    ("an identity about all times", [combine(Relation(x - x, "->oo"))], "all times"),
    (
        "division by a negative",
        [
            assume(at_least(x * y, 0)),
            assume(different(y, 0), "k"),
            combine(at_least(x, 0), (1, 0), divide_by=1),
        ],
        "form x > 0",
    ),
    (
        "division by what may be 0",
        [assume(equal(x * y, 0)), assume(at_least(y, 0), "k"), combine(equal(x, 0), (1, 0), divide_by=1)],
        "form",
    ),
    (
        "division by what is not compared with 0",
        [
            assume(at_least(x * y, 0)),
            assume(greater(y, -1), "k"),
            combine(at_least(x, 0), (1, 0), divide_by=1),
        ],
        "form",
    ),
    (
        "division by what differs from 1",
        [assume(equal(x * y, 0)), assume(different(y, 1), "k"), combine(equal(x, 0), (1, 0), divide_by=1)],
        "form",
    ),
    (
        "division under a condition",
        [
            assume(equal(x * f(g), 0)),
            assume(different(f(g), 0).where(g), "k"),
            combine(equal(x, 0), (1, 0), divide_by=1),
        ],
        "condition",
    ),
    ("condition dropped", [assume(equal(f(g), 0).where(g)), combine(equal(f(g), 0), (1, 0))], "condition"),
    (
        "weight without its condition",
        [
            assume(at_least(x, 0)),
            assume(at_least(f(g), 0).where(g), "k"),
            combine(at_least(x * f(g), 0), (P(1), 0)),
        ],
        "condition",
    ),
    (
        "weight of unknown sign",
        [assume(at_least(x, 0)), assume(different(y, 0), "k"), combine(at_least(x * y, 0), (P(1), 0))],
        "form",
    ),
    (
        "weight above -1",
        [assume(at_least(x, 0)), assume(greater(y, -1), "k"), combine(at_least(x * y, 0), (P(1), 0))],
        "form",
    ),
    ("a term as a weight", [assume(at_least(x, 0)), combine(at_least(x * y, 0), (y, 0))], "number"),
    ("negative weight", [assume(at_least(x, 0)), combine(at_least(-1 * x, 0), (-1, 0))], "negative"),
    (
        "an inequality from an inequation",
        [assume(different(x, 0)), combine(at_least(x, 0), (1, 0))],
        "follow",
    ),
    ("an equation from an inequality", [assume(at_least(x, 0)), combine(equal(x, 0), (1, 0))], "follow"),
    ("an inequality from a limit", [assume(Relation(x, "->oo")), combine(at_least(x, 0), (1, 0))], "follow"),
    ("an inequation from >=", [assume(at_least(x, 0)), combine(different(x, 0), (1, 0))], "follow"),
    ("strict from weak", [assume(at_least(x, 0)), combine(greater(x, 0), (1, 0))], "strict"),
    ("strict with weight 0", [assume(greater(x, 0)), combine(greater(0 * x, 0), (0, 0))], "strict"),
    (
        "strict with weight >= 0",
        [assume(greater(x, 0)), assume(at_least(y, 0), "k"), combine(greater(x * y, 0), (P(1), 0))],
        "strict",
    ),
    ("inequation with weight 0", [assume(different(x, 0)), combine(different(0 * x, 0), (0, 0))], "multiple"),
    ("inequation from an equation", [assume(equal(x, 1)), combine(different(x, 1), (1, 0))], "multiple"),
    (
        "two inequations",
        [assume(different(x, 0)), assume(different(y, 0), "k"), combine(different(x + y, 0), (1, 0), (1, 1))],
        "multiple",
    ),
    (
        "strictness lost on the way",
        [assume(at_least(x, 0)), assume(greater(y, 0), "k"), combine(greater(x, 0), (1, 0), (0, 1))],
        "strict",
    ),
    ("wrong sum", [assume(equal(x, 1)), combine(equal(x, 2), (1, 0))], "difference"),
    ("unfolded inequality", [assume(at_least(x, 1)), combine(equal(x, 1), unfold=[0])], "equation"),
    (
        "unfolded under a condition",
        [assume(equal(f(g), 0).where(g)), combine(equal(f(h), 0), unfold=[0])],
        "equation",
    ),
    (
        "unfolded with an unbound index",
        [assume(equal(f(g), z(h))), combine(equal(f(g), z(h)), unfold=[0])],
        "unbound",
    ),
    ("unfolded at one index", [assume(equal(f(c), 0)), combine(equal(f(g), 0), unfold=[0])], "distinct"),
    ("unfolded at one element", [assume(equal(f(G0), 0)), combine(equal(f(g), 0), unfold=[0])], "distinct"),
    # facts
    ("cancelled though >= 0", [assume(at_least(x, 0)), combine(equal(x / x, 1), nonzero=[0])], "form"),
    ("cancelled though > -1", [assume(greater(x, -1)), combine(equal(x / x, 1), nonzero=[0])], "form"),
    (
        "cancelled under another condition",
        [assume(different(f(g), 0).where(h)), combine(equal(f(g) / f(g), 1), nonzero=[0])],
        "everywhere",
    ),
    (
        "cancelled sum under a condition",
        [assume(different(1 + f(g), 0).where(g)), combine(equal((1 + f(g)) / (1 + f(g)), 1), nonzero=[0])],
        "conditions",
    ),
    ("0 is not 0", [assume(different(x - x, 0)), combine(equal(x, x), nonzero=[0])], "malformed"),
    (
        "cancelled elsewhere",
        [assume(different(f(c), 0)), combine(equal(f(g) / f(g), 1), nonzero=[0])],
        "difference",
    ),
    (
        "cancelled off 0 only",
        [assume(different(f(g), 0).where(g)), combine(equal(f(g) / f(g), 1), nonzero=[0])],
        "difference",
    ),
    (
        "two indices cancelled at one",
        [
            assume(different(f2(g, h), 0).where(g)),
            combine(equal(f2(g, h) / f2(g, h), 1).where(g), nonzero=[0]),
        ],
        "difference",
    ),
    ("false symmetry", [assume(equal(f(-g), -f(g))), combine(equal(f(-g), f(g)), even=[0])], "symmetry"),
    (
        "symmetry under a condition",
        [assume(equal(f(-g), f(g)).where(g)), combine(equal(f(-g), f(g)), even=[0])],
        "equation",
    ),
    (
        "symmetry at one index",
        [assume(equal(f(-c), f(c))), combine(equal(f(-g), f(g)), even=[0])],
        "symmetry",
    ),
    (
        "symmetry of two functions",
        [assume(equal(f(-g), z(g))), combine(equal(f(-g), f(g)), even=[0])],
        "symmetry",
    ),
    (
        "symmetry of two places",
        [assume(equal(f2(-g, h), f2(g, h))), combine(equal(f2(-g, h), f2(g, h)), even=[0])],
        "symmetry",
    ),
    (
        "known sum over nonzero",
        [assume(equal(total_nonzero(g, f(g)), 1)), combine(equal(total(g, f(g)), 1), contract=[0])],
        "all values",
    ),
    ("no known sum", [assume(equal(f(g), 1)), combine(equal(f(g), 1), contract=[0])], "all values"),
    (
        "known sum of two places",
        [assume(equal(total(g, f2(g, h)), 0)), combine(equal(total(g, f2(g, g)), 0), contract=[0])],
        "difference",
    ),
    (
        "known sum with a free value",
        [assume(equal(total(g, f(g)), z(h))), combine(equal(total(g, f(g)), z(h)), contract=[0])],
        "cover",
    ),
    (
        "known sum at equal places",
        [
            assume(equal(total(g, f2(g, h) * f2(g, h)), 1)),
            combine(equal(total(g, f2(g, h) * f2(g, h)), 1), contract=[0]),
        ],
        "cover",
    ),
    (
        "known sum at a fixed place",
        [assume(equal(total(g, f2(g, c)), 1)), combine(equal(total(g, f2(g, h)), 1), contract=[0])],
        "distinct",
    ),
    (
        "known sum of another function",
        [assume(equal(total(g, z(g)), 1)), combine(equal(total(g, f(g)), 1), contract=[0])],
        "difference",
    ),
    (
        "known sum of a square",
        [assume(equal(total(g, f(g)), 1)), combine(equal(total(g, f(g) * f(g)), 1), contract=[0])],
        "difference",
    ),
    (
        "known sum of reciprocals",
        [assume(equal(total(g, f(g)), 1)), combine(equal(total(g, 1 / f(g)), 1), contract=[0])],
        "difference",
    ),
    (
        "known sum of doubles",
        [assume(equal(total(g, f(g)), 1)), combine(equal(total(g, f(index(g).scale(2))), 1), contract=[0])],
        "difference",
    ),
    (
        "known sum with a character",
        [
            assume(equal(total(g, f(g)), 1)),
            combine(equal(total(g, f(g) * chi(a, g)), chi(a, G0)), contract=[0]),
        ],
        "difference",
    ),
    (
        "known sum with a delta",
        [
            assume(equal(total(g, f(g)), 1)),
            combine(equal(total(g, f(g) * delta(index(g).scale(2))), delta(G0)), contract=[0]),
        ],
        "difference",
    ),
    (
        "known sum at two indices",
        [
            assume(equal(total(g, f2(g, h) * f2(g, i)), delta(h - i))),
            combine(equal(total(g, f2(g, h) * f2(g + v, i)), delta(h - i)), contract=[0]),
        ],
        "difference",
    ),
    (
        "a false symmetry for nothing",
        [assume(equal(f(-g), -f(g))), combine(equal(f(g), f(g)), even=[0])],
        "symmetry",
    ),
    (
        "a conditional denominator for nothing",
        [assume(different(1 + f(g), 0).where(g)), combine(equal(f(g), f(g)), nonzero=[0])],
        "conditions",
    ),
    (
        "cancelled under a condition on another index",
        [assume(different(f(g), 0).where(h)), combine(equal(f(g) / f(g), 1).where(g), nonzero=[0])],
        "everywhere",
    ),
    (
        "a flag that is a number",
        [
            rule(
                "|chi| = 1",
                at_least(1 - (chi(a, g) + chi(-index(a), g)) / 2, 0),
                a=index(a),
                g=index(g),
                above=1,
            )
        ],
        "true or false",
    ),
    (
        "known sum of a square over its root",
        [
            assume(equal(total(g, f(g) * f(g)), 1)),
            combine(equal(total(g, f(g) ** 2 * f(g) ** -1), 1), contract=[0]),
        ],
        "difference",
    ),
    ("too many names", [combine(equal(total(g, f(g)) ** 8, total(h, f(h)) ** 8))], "ways"),
    # the normal form
    ("fractional power", [combine(equal(Pow(x, Fraction(1, 2)) * Pow(x, Fraction(1, 2)), x))], "fractional"),
    (
        "fractional power of a function",
        [combine(equal(Pow(f(G0), Fraction(1, 2)) ** 2, f(G0)))],
        "fractional",
    ),
    ("too many monomials", [combine(equal(MANY**2, MANY**2))], "monomials"),
    (
        "unbound index in a character",
        [define(x, chi(a, g) + chi(-index(a), g))],
        "unbound",
    ),
]

NOW = "pointwise"
MOVES = {"x": ((), x_rate)}
X_IS, X_DOT = define(X, x), differentiate(X_rate, x_rate, MOVES)
ALWAYS = at_least(x_rate, 0)


def keeps(value: Term, *conditions: Any) -> Relation:
    return Relation(value, "keeps sign").where(*conditions)


def lasting(value: Term) -> Relation:
    return Relation(value, "global")


RULES: list[tuple[str, list[Line], str]] = [
    *[
        (
            f"complex logarithmic mean {one == x}",
            [
                rule(
                    "logarithmic mean",
                    at_least(
                        (exp(one) - exp(other)) * (one - other) * (exp(one) + exp(other)),
                        2 * (exp(one) - exp(other)) * (exp(one) - exp(other)),
                    ),
                    left=one,
                    right=other,
                )
            ],
            "real",
        )
        for one, other in ((x, COMPLEX), (COMPLEX, x))
    ],
    # signs
    (
        "product with an equation",
        [assume(equal(x, 0)), rule("product of nonnegatives", at_least(x * x, 0), 0, 0)],
        "form",
    ),
    (
        "product above -1",
        [assume(at_least(x, -1)), rule("product of nonnegatives", at_least(x * x, 0), 0, 0)],
        "form",
    ),
    (
        "product of three",
        [assume(at_least(x, 0)), rule("product of nonnegatives", at_least(x * x, 0), 0, 0, 0)],
        "premises",
    ),
    (
        "strict product",
        [assume(at_least(x, 0)), rule("product of nonnegatives", greater(x * x, 0), 0, 0)],
        "conclusion",
    ),
    (
        "product under dropped conditions",
        [assume(at_least(f(g), 0).where(g)), rule("product of nonnegatives", at_least(f(g) * f(g), 0), 0, 0)],
        "conclusion",
    ),
    ("reciprocal of >=", [assume(at_least(x, 0)), rule("reciprocal", at_least(1 / x * 1, 0), 0)], "form"),
    (
        "complex square",
        [rule("square", at_least(chi(a, g) * chi(a, g), 0), value=chi(a, g), even=[], unfold=[])],
        "real",
    ),
    ("complex exp", [rule("exp is positive", greater(exp(chi(a, g)), 0), value=chi(a, g))], "real"),
    (
        "complex tangent",
        [rule("exp is above its tangent", at_least(exp(chi(a, g)), 1 + chi(a, g)), value=chi(a, g))],
        "real",
    ),
    (
        "complex increase, left",
        [
            rule(
                "exp is increasing",
                at_least((exp(chi(a, g)) - exp(x)) * (chi(a, g) - x), 0),
                left=chi(a, g),
                right=x,
            )
        ],
        "real",
    ),
    (
        "complex increase, right",
        [
            rule(
                "exp is increasing",
                at_least((exp(x) - exp(chi(a, g))) * (x - chi(a, g)), 0),
                left=x,
                right=chi(a, g),
            )
        ],
        "real",
    ),
    (
        "injective from an inequality",
        [
            assume(at_least((exp(x) - exp(y)) * (x - y), 0)),
            rule("exp is injective", equal(x, y), 0, left=x, right=y),
        ],
        "equation",
    ),
    (
        "injective from something else",
        [assume(equal(x * y, 0)), rule("exp is injective", equal(x, y), 0, left=x, right=y)],
        "same",
    ),
    (
        "log at 0",
        [assume(at_least(x, 0)), rule("log is below its tangent", at_least(x - 1, log(x)), 0)],
        "form x > 0",
    ),
    (
        "log above -1",
        [assume(greater(x, -1)), rule("log is below its tangent", at_least(x - 1, log(x)), 0)],
        "form x > 0",
    ),
    (
        "contact of something else",
        [
            assume(equal(x, log(x))),
            assume(greater(x, 0), "k"),
            rule("log meets its tangent once", equal(x, 1), 0, 1),
        ],
        "same",
    ),
    (
        "contact at 0",
        [
            assume(equal(x - 1, log(x))),
            assume(at_least(x, 0), "k"),
            rule("log meets its tangent once", equal(x, 1), 0, 1),
        ],
        "form",
    ),
    (
        "log of a product at 0",
        [assume(at_least(x, 0)), rule("log of a product", equal(log(x * x), log(x) + log(x)), 0, 0)],
        "form",
    ),
    (
        "log of a reciprocal at 0",
        [assume(at_least(x, 0)), rule("log of a reciprocal", equal(log(1 / x), -log(x)), 0)],
        "form",
    ),
    (
        "log of an inequality",
        [assume(at_least(x, y)), rule("apply log", at_least(log(x), log(y)), 0)],
        "needed",
    ),
    (
        "exp of a limit",
        [assume(Relation(x, "->0")), rule("apply exp", Relation(exp(x), "->0", exp(ZERO)), 0)],
        "needed",
    ),
    (
        "complex exp of an inequality, left",
        [
            assume(at_least(chi(a, g), x)),
            rule("apply exp to an inequality", at_least(exp(chi(a, g)), exp(x)), 0),
        ],
        "real",
    ),
    (
        "complex exp of an inequality, right",
        [
            assume(at_least(x, chi(a, g))),
            rule("apply exp to an inequality", at_least(exp(x), exp(chi(a, g))), 0),
        ],
        "real",
    ),
    (
        "agreement of something else",
        [
            assume(equal(w * x, y)),
            rule(
                "equal where a factor does not vanish",
                equal(w * exp(x), w * exp(y)),
                0,
                factor=w,
                left=x,
                right=y,
                function="exp",
            ),
        ],
        "same",
    ),
    (
        "agreement of another function",
        [
            assume(equal(w * (x - y), 0)),
            rule(
                "equal where a factor does not vanish",
                equal(w * exp(x), w * exp(y)),
                0,
                factor=w,
                left=x,
                right=y,
                function="sin",
            ),
        ],
        "conclusion",
    ),
    ("an empty sort", [rule("a sort is not empty", at_least(x, 1), name="x")], "order"),
    ("0 is positive", [rule("arithmetic", greater(0, 0), value=Fraction(0))], "not > 0"),
    (
        "root of something else",
        [assume(at_least(x, 0)), assume(equal(x * y, w), "k"), rule("square root", equal(x, sqrt(w)), 0, 1)],
        "same",
    ),
    (
        "root of a negative",
        [assume(greater(x, -1)), assume(equal(x * x, w), "k"), rule("square root", equal(x, sqrt(w)), 0, 1)],
        "form",
    ),
    (
        "terms of a sum > 0",
        [
            assume(greater(total(g, f(g)), 0)),
            assume(at_least(f(g), 0), "k"),
            rule("each term of a vanishing sum", equal(f(g), 0), 0, 1, var=g),
        ],
        "needed",
    ),
    (
        "terms of a product",
        [
            assume(equal(x * f(g), 0)),
            assume(at_least(f(g), 0), "k"),
            rule("each term of a vanishing sum", equal(f(g), 0), 0, 1, var=g),
        ],
        "needed",
    ),
    (
        "terms of another sort",
        [
            assume(equal(total(g, f(g)), 0)),
            assume(at_least(f(g), 0), "k"),
            rule("each term of a vanishing sum", equal(f(g), 0), 0, 1, var=a),
        ],
        "new",
    ),
    (
        "terms at the free index",
        [
            assume(equal(total(g, f(g)), 0).where(h)),
            assume(at_least(f(h), 0).where(h), "k"),
            rule("each term of a vanishing sum", equal(f(h), 0).where(h), 0, 1, var=h),
        ],
        "new",
    ),
    (
        "terms known off 0",
        [
            assume(equal(total(g, f(g)), 0)),
            assume(at_least(f(g), 0).where(g), "k"),
            rule("each term of a vanishing sum", equal(f(g), 0), 0, 1, var=g),
        ],
        "range",
    ),
    (
        "other terms",
        [
            assume(equal(total(g, f(g)), 0)),
            assume(at_least(z(g), 0), "k"),
            rule("each term of a vanishing sum", equal(f(g), 0), 0, 1, var=g),
        ],
        "same",
    ),
    (
        "terms above -1",
        [
            assume(equal(total(g, f(g)), 0)),
            assume(at_least(f(g), -1), "k"),
            rule("each term of a vanishing sum", equal(f(g), 0), 0, 1, var=g),
        ],
        "form",
    ),
    (
        "a factor of a sum",
        [
            assume(equal(x + y, 0)),
            assume(greater(x, 0), "k"),
            rule("a factor that does not vanish", equal(Mul((y,)), 0), 0, 1),
        ],
        "needed",
    ),
    (
        "a factor of 1",
        [
            assume(equal(x * y, 1)),
            assume(greater(x, 0), "k"),
            rule("a factor that does not vanish", equal(Mul((y,)), 0), 0, 1),
        ],
        "needed",
    ),
    (
        "a factor of what is >= 0",
        [
            assume(at_least(x * y, 0)),
            assume(greater(x, 0), "k"),
            rule("a factor that does not vanish", equal(Mul((y,)), 0), 0, 1),
        ],
        "needed",
    ),
    (
        "a factor that may vanish",
        [
            assume(equal(x * y, 0)),
            assume(at_least(x, 0), "k"),
            rule("a factor that does not vanish", equal(Mul((y,)), 0), 0, 1),
        ],
        "form",
    ),
    (
        "another factor",
        [
            assume(equal(x * y, 0)),
            assume(greater(w, 0), "k"),
            rule("a factor that does not vanish", equal(Mul((y,)), 0), 0, 1),
        ],
        "factor",
    ),
    # inequalities
    ("one inequality twice", [assume(at_least(x, y)), rule("antisymmetry", equal(x, y), 0, 0)], "same"),
    (
        "equal or greater",
        [assume(greater(x, y)), assume(greater(y, x), "k"), rule("antisymmetry", equal(x, y), 0, 1)],
        "relations",
    ),
    (
        "less, then equal",
        [assume(at_least(x, y)), assume(greater(y, x), "k"), rule("antisymmetry", equal(x, y), 0, 1)],
        "relations",
    ),
    ("exp log at 0", [assume(at_least(x, 0)), rule("exp of a logarithm", equal(exp(log(x)), x), 0)], "form"),
    (
        "factor of a sum",
        [assume(different(x + y, 0)), rule("a factor of what does not vanish", different(x, 0), 0, factor=x)],
        "factor",
    ),
    (
        "no factor",
        [assume(different(x * y, 0)), rule("a factor of what does not vanish", different(w, 0), 0, factor=w)],
        "factor",
    ),
    (
        "factor of what may vanish",
        [assume(at_least(x * y, 0)), rule("a factor of what does not vanish", different(x, 0), 0, factor=x)],
        "form",
    ),
    (
        "square above 0",
        [assume(at_least(x * x, 0)), rule("a square that vanishes", equal(x, 0), 0, value=x)],
        "equation",
    ),
    (
        "complex root",
        [rule("a square root is not negative", at_least(sqrt(chi(a, g)), 0), value=chi(a, g))],
        "real",
    ),
    (
        "square of a root of 1",
        [assume(equal(x, 1)), rule("the square of a root", equal(sqrt(x) * sqrt(x), x), 0)],
        "form",
    ),
    (
        "parabola from 1/3",
        [
            assume(at_least(x, Num(Fraction(1, 3)))),
            rule("log is above a parabola", at_least(log(x), (x - 1) - (x - 1) * (x - 1)), 0),
        ],
        "1/2",
    ),
    (
        "parabola off 1/2",
        [
            assume(different(x, Num(Fraction(1, 2)))),
            rule("log is above a parabola", at_least(log(x), (x - 1) - (x - 1) * (x - 1)), 0),
        ],
        "1/2",
    ),
    (
        "complex order of squares",
        [
            assume(at_least(y, 0)),
            assume(at_least(y * y, chi(a, g) * chi(a, g)), "k"),
            rule("order of squares", at_least(y, chi(a, g)), 0, 1, smaller=chi(a, g)),
        ],
        "real",
    ),
    (
        "order of unequal squares",
        [
            assume(at_least(y, 0)),
            assume(different(y * y, x * x), "k"),
            rule("order of squares", at_least(y, x), 0, 1, smaller=x),
        ],
        "needed",
    ),
    (
        "order of other squares",
        [
            assume(at_least(y, 0)),
            assume(at_least(y, x * x), "k"),
            rule("order of squares", at_least(y, x), 0, 1, smaller=x),
        ],
        "same",
    ),
    (
        "order of squares of a negative",
        [
            assume(at_least(y, -1)),
            assume(at_least(y * y, x * x), "k"),
            rule("order of squares", at_least(y, x), 0, 1, smaller=x),
        ],
        "form",
    ),
    (
        "a sum over a fixed index",
        [
            assume(at_least(f(c), 0)),
            rule(
                "one term of a nonnegative sum", at_least(total(g, f(g)) - f(c), 0), 0, var=c, nonzero=False
            ),
        ],
        "fixed",
    ),
    (
        "one term of a sum of what is >= 0 off 0",
        [
            assume(at_least(f(g), 0).where(g)),
            rule(
                "one term of a nonnegative sum",
                at_least(total(g, f(g)) - f(g), 0).where(g),
                0,
                var=g,
                nonzero=False,
            ),
        ],
        "condition",
    ),
    (
        "one term above -1",
        [
            assume(at_least(f(g), -1)),
            rule(
                "one term of a nonnegative sum", at_least(total(g, f(g)) - f(g), 0), 0, var=g, nonzero=False
            ),
        ],
        "form",
    ),
    # choices
    (
        "largest of a complex family",
        [
            rule(
                "a finite family has a maximum",
                at_least(
                    R(Var("r", "F", fixed=True), Var("top_R_r_", "D", fixed=True))
                    - R(Var("r", "F", fixed=True), a),
                    0,
                ),
                values=R(Var("r", "F", fixed=True), a),
                var=a,
            )
        ],
        "real",
    ),
    (
        "largest of a product",
        [rule("a finite family has a maximum", at_least(x - x, 0), values=x * x, var=g)],
        "real",
    ),
    (
        "largest of free families",
        [
            rule(
                "a finite family has a maximum",
                at_least(f2(Var("top_m__h", "G", fixed=True), h) - f2(g, h), 0),
                values=f2(g, h),
                var=g,
            )
        ],
        "indices",
    ),
    (
        "largest of a sum of indices",
        [
            rule(
                "a finite family has a maximum",
                at_least(f(index(top) + h) - f(g + h), 0),
                values=f(g + h),
                var=g,
            )
        ],
        "indices",
    ),
    (
        "largest of a name with parts",
        [
            rule(
                "a finite family has a maximum",
                at_least(f2(Var("top_m__c_2", "G", fixed=True), c_2) - f2(g, c_2), 0),
                values=f2(g, c_2),
                var=g,
            )
        ],
        "indices",
    ),
    (
        "largest of a family with parts",
        [
            rule(
                "a finite family has a maximum",
                at_least(
                    Function("f_i", ("G",))(Var("top_f_i_", "G", fixed=True)) - Function("f_i", ("G",))(g), 0
                ),
                values=Function("f_i", ("G",))(g),
                var=g,
            )
        ],
        "plain",
    ),
    (
        "largest of one value",
        [rule("a finite family has a maximum", at_least(f(c) - f(c), 0), values=f(c), var=g)],
        "one variable",
    ),
    (
        "largest at a fixed index",
        [rule("a finite family has a maximum", at_least(f(top) - f(c), 0), values=f(c), var=c)],
        "one variable",
    ),
    (
        "largest off 0 of two indices",
        [
            assume(TWO_CLASSES),
            rule(
                "a finite family has a maximum off 0",
                at_least(f2(Var("topnonzero_m", "G", fixed=True), h) - f2(g, h), 0).where(g),
                0,
                values=f2(g, h),
                var=g,
            ),
        ],
        "one index",
    ),
    (
        "largest off 0 of a product",
        [
            assume(TWO_CLASSES),
            rule(
                "the place of the maximum off 0",
                equal(delta(Var("topnonzero_x", "G", fixed=True)), 0),
                0,
                values=x * x,
                var=g,
            ),
        ],
        "one index",
    ),
    (
        "largest off 0 of a complex family",
        [
            assume(TWO_CLASSES),
            rule(
                "the place of the maximum off 0",
                equal(delta(Var("topnonzero_R", "G", fixed=True)), 0),
                0,
                values=Function("R", ("G",))(g),
                var=g,
            ),
        ],
        "real",
    ),
    (
        "largest off 0 of nothing",
        [
            assume(at_least(K, 1)),
            rule(
                "the place of the maximum off 0",
                equal(delta(Var("topnonzero_f", "G", fixed=True)), 0),
                0,
                values=f(g),
                var=g,
            ),
        ],
        "K >= 2",
    ),
    (
        "a free index generalised",
        [assume(equal(x, x)), rule("generalisation", equal(x, x), 0, fixed=h, var=g)],
        "fixed",
    ),
    (
        "a chosen index generalised",
        [combine(equal(f(top), f(top))), rule("generalisation", equal(f(g), f(g)), 0, fixed=top, var=g)],
        "fixed",
    ),
    (
        "a fixed index for a fixed one",
        [combine(equal(f(c), f(c))), rule("generalisation", equal(f(c_2), f(c_2)), 0, fixed=c, var=c_2)],
        "free",
    ),
    (
        "generalised to another sort",
        [combine(equal(x, x)), rule("generalisation", equal(x, x), 0, fixed=c, var=a)],
        "free",
    ),
    (
        "generalised to an index of the statement",
        [
            combine(equal(f(c) - f(g), f(c) - f(g))),
            rule("generalisation", equal(f(g) - f(g), f(g) - f(g)), 0, fixed=c, var=g),
        ],
        "free",
    ),
    (
        "generalised beside a fixed index",
        [
            combine(equal(f(c) - f(c_2), f(c) - f(c_2))),
            rule("generalisation", equal(f(g) - f(c_2), f(g) - f(c_2)), 0, fixed=c, var=g),
        ],
        "another",
    ),
    (
        "generalised though assumed",
        [assume(equal(f(c), 0)), rule("generalisation", equal(f(g), 0), 0, fixed=c, var=g)],
        "hypothesis",
    ),
    # logic
    (
        "cases of one",
        [
            assume(greater(x, y), "p", NOW),
            assume(at_least(y, x), "q", NOW),
            combine(equal(w, w)),
            rule("dichotomy", equal(w, w), 2, 2, names=["p", "q"]),
        ],
        "each",
    ),
    (
        "cases of both",
        [
            assume(greater(x, y), "p", NOW),
            assume(at_least(y, x), "q", NOW),
            combine(at_least(w, w), (0, 0), (0, 1)),
            rule("dichotomy", at_least(w, w), 2, 2, names=["p", "q"]),
        ],
        "each",
    ),
    (
        "lasting cases",
        [
            assume(greater(x, y), "p"),
            assume(at_least(y, x), "q"),
            combine(at_least(w, w), (0, 0)),
            combine(at_least(w, w), (0, 1)),
            rule("dichotomy", at_least(w, w), 2, 3, names=["p", "q"]),
        ],
        "one state",
    ),
    (
        "cases with a gap",
        [
            assume(greater(x, y), "p", NOW),
            assume(at_least(y, x + 1), "q", NOW),
            combine(at_least(w, w), (0, 0)),
            combine(at_least(w, w), (0, 1)),
            rule("dichotomy", at_least(w, w), 2, 3, names=["p", "q"]),
        ],
        "x > y",
    ),
    (
        "cases of an index",
        [
            assume(greater(f(g), 0), "p", NOW),
            assume(at_least(0, f(g)), "q", NOW),
            combine(at_least(w, w), (0, 0)),
            combine(at_least(w, w), (0, 1)),
            rule("dichotomy", at_least(w, w), 2, 3, names=["p", "q"]),
        ],
        "indices",
    ),
    (
        "complex cases, left",
        [
            assume(greater(COMPLEX, y), "p", NOW),
            assume(at_least(y, COMPLEX), "q", NOW),
            combine(at_least(w, w), (0, 0)),
            combine(at_least(w, w), (0, 1)),
            rule("dichotomy", at_least(w, w), 2, 3, names=["p", "q"]),
        ],
        "real",
    ),
    (
        "complex cases, right",
        [
            assume(greater(y, COMPLEX), "p", NOW),
            assume(at_least(COMPLEX, y), "q", NOW),
            combine(at_least(w, w), (0, 0)),
            combine(at_least(w, w), (0, 1)),
            rule("dichotomy", at_least(w, w), 2, 3, names=["p", "q"]),
        ],
        "real",
    ),
    (
        "cases of a limit",
        [
            assume(greater(x, y), "p", NOW),
            assume(at_least(y, x), "q", NOW),
            Line("prose", [0], Relation(w, "->0"), {"text": "p"}),
            Line("prose", [1], Relation(w, "->0"), {"text": "q"}),
            rule("dichotomy", Relation(w, "->0"), 2, 3, names=["p", "q"]),
        ],
        "one state",
    ),
    (
        "cases with two ends",
        [
            assume(greater(x, y), "p", NOW),
            assume(at_least(y, x), "q", NOW),
            rule("dichotomy", greater(x, y), 0, 1, names=["p", "q"]),
        ],
        "same",
    ),
    (
        "a contradiction under a condition",
        [assume(greater(x, x).where(g)), rule("a contradiction", equal(y, 0), 0)],
        "conditions",
    ),
    ("no contradiction", [assume(at_least(x, x)), rule("a contradiction", equal(y, 0), 0)], "needed"),
    (
        "a contradiction of two things",
        [assume(greater(x, y)), rule("a contradiction", equal(y, 0), 0)],
        "same",
    ),
    (
        "a limit from a contradiction",
        [assume(greater(x, x)), rule("a contradiction", Relation(y, "->0"), 0)],
        "all times",
    ),
    (
        "at a fixed index and 0",
        [
            assume(equal(f(c), 0).where(c)),
            assume(equal(f(G0), 0), "k"),
            rule("zero or not", equal(f(c), 0), 0, 1, var=c),
        ],
        "free",
    ),
    (
        "a limit off 0 and at 0",
        [
            assume(Relation(f(g), "->0").where(g)),
            assume(Relation(f(G0), "->0"), "k"),
            rule("zero or not", Relation(f(g), "->0"), 0, 1, var=g),
        ],
        "one state",
    ),
    (
        "something else at 0",
        [
            assume(equal(f(g), 0).where(g)),
            assume(equal(f(G0), 1), "k"),
            rule("zero or not", equal(f(g), 0), 0, 1, var=g),
        ],
        "at 0",
    ),
    (
        "excluded at 0",
        [
            assume(equal(f(g), 0).where(g, index(g).scale(2))),
            assume(Relation(f(G0), "=", ZERO, frozenset({G0})), "k"),
            rule("zero or not", equal(f(g), 0).where(index(g).scale(2)), 0, 1, var=g),
        ],
        "excluded",
    ),
    (
        "a condition that may fail",
        [
            assume(equal(f(g), 0).where(g)),
            assume(equal(delta(g), 0), "k"),
            rule("condition holds", equal(f(g), 0), 0, 1),
        ],
        "free",
    ),
    (
        "no such condition",
        [
            assume(equal(f(c), 0)),
            assume(equal(delta(c), 0), "k"),
            rule("condition holds", equal(f(c), 0), 0, 1),
        ],
        "no such",
    ),
    (
        "a condition that is 1",
        [
            assume(equal(f(c), 0).where(c)),
            assume(equal(delta(c), 1), "k"),
            rule("condition holds", equal(f(c), 0), 0, 1),
        ],
        "needed",
    ),
    (
        "a condition without a delta",
        [
            assume(equal(f(c), 0).where(c)),
            assume(equal(f(c), 0), "k"),
            rule("condition holds", equal(f(c), 0), 0, 1),
        ],
        "needed",
    ),
    (
        "a lemma about all times",
        [
            Line("prose", [], Relation(y, "->0"), {"text": ""}),
            rule("instance of a lemma", Relation(x, "->0"), 0, scalars={y: x}, indices={}, given={}),
        ],
        "all times",
    ),
    (
        "a lemma about a chosen index",
        [
            combine(equal(f(top) * y, f(top) * y)),
            rule(
                "instance of a lemma", equal(f(top) * x, f(top) * x), 0, scalars={y: x}, indices={}, given={}
            ),
        ],
        "chosen",
    ),
    (
        "a lemma about K",
        [
            combine(equal(K, K)),
            rule("instance of a lemma", equal(x, x), 0, scalars={K: x}, indices={}, given={}),
        ],
        "scalar",
    ),
    (
        "a lemma about a chosen symbol",
        [
            combine(equal(Sym("top_x"), Sym("top_x"))),
            rule("instance of a lemma", equal(x, x), 0, scalars={Sym("top_x"): x}, indices={}, given={}),
        ],
        "scalar",
    ),
    (
        "a lemma about a function",
        [
            combine(equal(f(g), f(g))),
            rule("instance of a lemma", equal(f(g), f(g)), 0, scalars={Sym("f"): x}, indices={}, given={}),
        ],
        "scalar",
    ),
    (
        "a lemma about a defined symbol",
        [define(y, ZERO), rule("instance of a lemma", equal(x, 0), 0, scalars={y: x}, indices={}, given={})],
        "arbitrary",
    ),
    (
        "a lemma about a part of a definition",
        [
            define(y, w + 1),
            rule("instance of a lemma", equal(y, x + 1), 0, scalars={w: x}, indices={}, given={}),
        ],
        "arbitrary",
    ),
    (
        "a lemma at a free index",
        [
            combine(equal(total(g, y), K * y)),
            rule(
                "instance of a lemma",
                equal(total(g, f(h)), K * f(h)),
                0,
                scalars={y: f(h)},
                indices={},
                given={},
            ),
        ],
        "free",
    ),
    (
        "a lemma at a complex number",
        [
            combine(equal(y, y)),
            rule(
                "instance of a lemma",
                equal(chi(FIXED, c), chi(FIXED, c)),
                0,
                scalars={y: chi(FIXED, c)},
                indices={},
                given={},
            ),
        ],
        "real",
    ),
    (
        "a lemma about a free index",
        [
            combine(equal(f(g), f(g))),
            rule("instance of a lemma", equal(f(c), f(c)), 0, scalars={}, indices={g: index(c)}, given={}),
        ],
        "fixed",
    ),
    (
        "a lemma at another sort",
        [
            combine(equal(x, x)),
            rule("instance of a lemma", equal(x, x), 0, scalars={}, indices={c: Index("D")}, given={}),
        ],
        "sort",
    ),
    (
        "a lemma at a free place",
        [
            combine(equal(f(c), f(c))),
            rule("instance of a lemma", equal(f(g), f(g)), 0, scalars={}, indices={c: index(g)}, given={}),
        ],
        "free",
    ),
    (
        "a lemma with its hypothesis left",
        [
            assume(equal(y, 1), "h", NOW),
            rule("instance of a lemma", equal(x, 1), 0, scalars={y: x}, indices={}, given={}),
        ],
        "speaks",
    ),
    (
        "a lemma with a lasting hypothesis",
        [
            assume(equal(y, 1)),
            assume(equal(x, 1), "k"),
            rule("instance of a lemma", equal(x, 1), 0, scalars={y: x}, indices={}, given={"h": P(1)}),
        ],
        "given",
    ),
    (
        "a lemma with something else",
        [
            assume(equal(y, 1), "h", NOW),
            assume(equal(x, 2), "k"),
            rule("instance of a lemma", equal(x, 1), 0, scalars={y: x}, indices={}, given={"h": P(1)}),
        ],
        "given",
    ),
    (
        "a lemma where it does not hold",
        [
            combine(equal(f(c), f(c)).where(c)),
            rule(
                "instance of a lemma",
                Relation(f(G0), "=", f(G0), frozenset({G0})),
                0,
                scalars={},
                indices={c: G0},
                given={},
            ),
        ],
        "excluded",
    ),
    (
        "a lemma with one value in another",
        [
            combine(equal(x + y, x + y)),
            rule(
                "instance of a lemma",
                equal(y + y + y, y + y + y),
                0,
                scalars={x: y + y, y: y},
                indices={},
                given={},
            ),
        ],
        "occurs",
    ),
    # derivatives
    ("derivative of an equation", [assume(equal(X, x)), X_DOT], "definition"),
    ("constant and moving", [X_IS, differentiate(X_rate, x_rate, MOVES, constants=["x"])], "constant"),
    ("a symbol without a rate", [define(X, x * y), differentiate(X_rate, x_rate * y, MOVES)], "neither"),
    (
        "complex rates",
        [
            define(X, x + y),
            differentiate(X_rate, COMPLEX - COMPLEX, {"x": ((), COMPLEX), "y": ((), -COMPLEX)}),
        ],
        "real",
    ),
    (
        "a rate of another sort",
        [define(X, f(G0)), differentiate(X_rate, ZERO, {"f": ((a,), ZERO)})],
        "other indices",
    ),
    (
        "a rate at one index twice",
        [define(X, f2(G0, G0)), differentiate(X_rate, ZERO, {"m": ((g, g), ZERO)})],
        "distinct",
    ),
    (
        "a rate at a fixed index",
        [define(X, f(G0)), differentiate(X_rate, ZERO, {"f": ((c,), ZERO)})],
        "distinct",
    ),
    (
        "a direction of the definition",
        [
            define(Y, x),
            define(Function("t", ("D",))(b), s(b)),
            differentiate(Function("t'", ("D",))(b), Num(Fraction(1)), {"s": ((a,), delta(a - b))}, source=1),
        ],
        "direction",
    ),
    (
        "along what is no derivative",
        [define(X, x), define(Y, X), differentiate(Y_rate, x_rate, MOVES, along=[0], source=1)],
        "only derivatives",
    ),
    (
        "along an equation for a derivative",
        [
            define(X, x),
            define(Y, X),
            X_DOT,
            combine(equal(X_rate, x_rate), (1, 2)),
            differentiate(Y_rate, X_rate, MOVES, along=[3], source=1),
        ],
        "only derivatives",
    ),
    (
        "a fact of many indices about another sum",
        [
            define(Function("Y", ("G",) * 8)(*EIGHT), log(total_of(EIGHT))),
            assume(greater(total_of(EIGHT, 2), 0)),
            differentiate(
                Function("Y_1", ("G",) * 8)(*EIGHT),
                sum(f_1(var) for var in EIGHT) / total_of(EIGHT),
                {"f": ((g,), f_1(g))},
                regular=[1],
            ),
        ],
        "needs an argument > 0",
    ),
    (
        "along other rates",
        [
            define(Y, x),
            define(X, Y + x),
            differentiate(Y_rate, Num(Fraction(1)), {"x": ((), Num(Fraction(1)))}),
            differentiate(X_rate, Y_rate + 7, {"x": ((), Num(Fraction(7)))}, along=[2], source=1),
        ],
        "other rates",
    ),
    (
        "along rates of more",
        [
            define(Y, x * y),
            define(X, Y + x),
            differentiate(Y_rate, x_rate * y, MOVES, constants=["y"]),
            differentiate(X_rate, Y_rate + x_rate, MOVES, along=[2], source=1),
        ],
        "other rates",
    ),
    ("a wrong derivative", [X_IS, differentiate(X_rate, 2 * x_rate, MOVES)], "same"),
    ("a derivative defined twice", [X_IS, X_DOT, differentiate(X_rate, 1 * x_rate, MOVES)], "twice"),
    (
        "a complex derivative",
        [
            assume(equal(s(-a), s(a))),
            define(f(g), total(a, s(a) * chi(a, g)), even=[0]),
            differentiate(
                Function("f'", ("G",))(g), total(a, s_rate(a) * chi(a, g)), {"s": ((a,), s_rate(a))}, source=1
            ),
        ],
        "real",
    ),
    (
        "a derivative of a root",
        [define(X, sqrt(x)), differentiate(X_rate, ZERO, {"x": ((), ZERO)})],
        "differentiated",
    ),
    ("a derivative of a log", [define(X, log(x)), differentiate(X_rate, 1 / x * x_rate, MOVES)], "> 0"),
    (
        "a derivative of a log at 0",
        [
            define(X, log(x)),
            assume(different(x, 0)),
            differentiate(X_rate, 1 / x * x_rate, MOVES, regular=[1]),
        ],
        "> 0",
    ),
    (
        "a derivative of a log above -1",
        [
            define(X, log(x)),
            assume(greater(x, -1)),
            differentiate(X_rate, 1 / x * x_rate, MOVES, regular=[1]),
        ],
        "> 0",
    ),
    (
        "a derivative of a reciprocal",
        [define(X, 1 / x), differentiate(X_rate, -1 * Pow(x, Fraction(-2)) * x_rate, MOVES)],
        "not 0",
    ),
    (
        "a derivative of a log off 0",
        [
            define(X, total(g, log(f(g)))),
            assume(greater(f(g), 0).where(g)),
            differentiate(X_rate, total(g, 1 / f(g)), {"f": ((g,), Num(Fraction(1)))}, regular=[1]),
        ],
        "> 0",
    ),
    (
        "a derivative of the log of another",
        [define(X, log(x)), assume(greater(y, 0)), differentiate(X_rate, 1 / x * x_rate, MOVES, regular=[1])],
        "> 0",
    ),
    (
        "a defined symbol moves",
        [
            define(x, y),
            define(X, x),
            differentiate(X_rate, ZERO, {"x": ((), ZERO)}, source=1),
            combine(equal(X_rate, y - y), (1, 2), (0, 0)),
        ],
        "primitive",
    ),
    # statements about all times
    (
        "sign without an equation",
        [
            assume(at_least(x_rate, x)),
            rule("classical: linear equation", keeps(x), 0, value=x, factor=Num(Fraction(1)), smooth=[]),
        ],
        "equation",
    ),
    (
        "sign of another",
        [
            assume(equal(y_rate, x)),
            rule("classical: linear equation", keeps(x), 0, value=x, factor=Num(Fraction(1)), smooth=[]),
        ],
        "equation",
    ),
    (
        "sign now",
        [
            assume(equal(x_rate, x), "h", NOW),
            rule("classical: linear equation", keeps(x), 0, value=x, factor=Num(Fraction(1)), smooth=[]),
        ],
        "all times",
    ),
    (
        "sign with another factor",
        [
            assume(equal(x_rate, x)),
            rule("classical: linear equation", keeps(x), 0, value=x, factor=Num(Fraction(2)), smooth=[]),
        ],
        "same",
    ),
    (
        "sign with a pole",
        [
            assume(equal(x_rate, x * (1 / y))),
            rule("classical: linear equation", keeps(x), 0, value=x, factor=1 / y, smooth=[]),
        ],
        "denominator",
    ),
    (
        "sign with a log",
        [
            assume(equal(x_rate, x * log(y))),
            rule("classical: linear equation", keeps(x), 0, value=x, factor=log(y), smooth=[]),
        ],
        "singular",
    ),
    (
        "sign with a pole in a definition",
        [
            define(w, 1 / y),
            assume(equal(x_rate, x * w)),
            combine(equal(x_rate, x * w), (1, 1), (0, 0)),
            rule("classical: linear equation", keeps(x), 2, value=x, factor=w, smooth=[]),
        ],
        "denominator",
    ),
    (
        "sign with a denominator for now",
        [
            assume(equal(x_rate, x * (1 / y))),
            assume(greater(y, 0), "k", "open"),
            rule("classical: linear equation", keeps(x), 0, value=x, factor=1 / y, smooth=[P(1)]),
        ],
        "denominator",
    ),
    (
        "sign with another denominator",
        [
            assume(equal(x_rate, x * (1 / y))),
            assume(greater(w, 0), "k"),
            rule("classical: linear equation", keeps(x), 0, value=x, factor=1 / y, smooth=[P(1)]),
        ],
        "denominator",
    ),
    (
        "sign of a defined symbol",
        [
            define(x, y),
            assume(equal(x_rate, x), "k"),
            combine(equal(x_rate, x), (1, 1), (0, 0)),
            rule("classical: linear equation", keeps(x), 2, value=x, factor=Num(Fraction(1)), smooth=[]),
        ],
        "primitive",
    ),
    (
        "sign with a moving definition",
        [
            define(X, w),
            define(X_rate, X),
            combine(equal(X_rate, X), (1, 1), (0, 0)),
            rule("classical: linear equation", keeps(X), 2, value=X, factor=Num(Fraction(1)), smooth=[]),
        ],
        "rate",
    ),
    (
        "sign of a product",
        [
            assume(equal(x_rate, x)),
            rule(
                "classical: linear equation", keeps(x * x), 0, value=x * x, factor=Num(Fraction(1)), smooth=[]
            ),
        ],
        "malformed",
    ),
    (
        "lasting without a sign",
        [
            assume(at_least(x, 0)),
            assume(at_least(x_rate, 0), "k"),
            assume(at_least(x - x_rate, 0), "l"),
            rule("classical: continuation", lasting(x), 0, 1, 2, bound=Fraction(1)),
        ],
        "sign",
    ),
    (
        "lasting without a lower bound",
        [
            assume(keeps(x)),
            assume(equal(x_rate, 0), "k"),
            assume(at_least(x - x_rate, 0), "l"),
            rule("classical: continuation", lasting(x), 0, 1, 2, bound=Fraction(1)),
        ],
        "needed",
    ),
    (
        "lasting with bounds off 0",
        [
            assume(keeps(s(a))),
            assume(at_least(s_rate(a), 0).where(a), "k"),
            assume(at_least(s(a) - s_rate(a), 0), "l"),
            rule("classical: continuation", lasting(s(a)), 0, 1, 2, bound=Fraction(1)),
        ],
        "needed",
    ),
    (
        "lasting with another bound",
        [
            assume(keeps(x)),
            assume(ALWAYS, "k"),
            assume(at_least(2 * x - x_rate, 0), "l"),
            rule("classical: continuation", lasting(x), 0, 1, 2, bound=Fraction(1)),
        ],
        "same",
    ),
    (
        "lasting for now",
        [
            assume(keeps(x)),
            assume(ALWAYS, "k", NOW),
            assume(at_least(x - x_rate, 0), "l"),
            rule("classical: continuation", lasting(x), 0, 1, 2, bound=Fraction(1)),
        ],
        "all times",
    ),
    (
        "lasting with the sign of another",
        [
            assume(keeps(x)),
            assume(greater(y, 0), "p", "open"),
            assume(ALWAYS, "k"),
            combine(ALWAYS, (1, 2), (0, 1)),
            assume(at_least(x - x_rate, 0), "l"),
            rule("classical: continuation", lasting(x), 0, 3, 4, bound=Fraction(1)),
        ],
        "all times",
    ),
    (
        "never falling without >=",
        [
            assume(equal(x_rate, 0)),
            rule("classical: mean value theorem", Relation(x, "nondecreasing"), 0, value=x),
        ],
        "needed",
    ),
    (
        "never falling above -1",
        [
            assume(at_least(x_rate, -1)),
            rule("classical: mean value theorem", Relation(x, "nondecreasing"), 0, value=x),
        ],
        "needed",
    ),
    (
        "never falling of another",
        [
            assume(at_least(y_rate, 0)),
            rule("classical: mean value theorem", Relation(x, "nondecreasing"), 0, value=x),
        ],
        "rate",
    ),
    (
        "never falling for now",
        [
            assume(ALWAYS, "h", NOW),
            rule("classical: mean value theorem", Relation(x, "nondecreasing"), 0, value=x),
        ],
        "all times",
    ),
    (
        "never falling, by a name",
        [
            define(x, y),
            define(x_rate, ZERO),
            combine(ALWAYS, (1, 1), (0, 0)),
            rule("classical: mean value theorem", Relation(x, "nondecreasing"), 2, value=x),
        ],
        "rate",
    ),
    (
        "never falling, defined",
        [
            define(x, y),
            assume(ALWAYS, "k"),
            combine(ALWAYS, (1, 1), (0, 0)),
            rule("classical: mean value theorem", Relation(x, "nondecreasing"), 2, value=x),
        ],
        "primitive",
    ),
]


def unbounded(*changes: tuple[int, Line]) -> list[Line]:
    """x' = x drives X = x to infinity; each change replaces a line."""
    lines = [
        X_IS,
        X_DOT,
        assume(equal(x_rate, x), "flow"),
        assume(greater(x, 0), "positive", "open"),
        rule("classical: linear equation", keeps(x), 2, value=x, factor=Num(Fraction(1)), smooth=[]),
        combine(ALWAYS, (1, 2), (1, 3)),
        combine(at_least(1 * x - x_rate, 0), (-1, 2)),
        rule("classical: continuation", lasting(x), 4, 5, 6, bound=Fraction(1)),
        combine(at_least(X_rate, X), (1, 1), (1, 2), unfold=[0]),
        combine(greater(X, 0), (1, 3), unfold=[0]),
        rule(
            "classical: comparison", Relation(X, "->oo"), 8, 9, variable=X, prime=X_rate, along=[P(4), P(7)]
        ),
    ]
    for place, line in changes:
        lines[place] = line
    return lines


def comparison(
    phi: Term, premises: tuple[int, int] = (8, 9), variable: Sym = X, along: Sequence[int] = (4, 7)
) -> list[Line]:
    """The same with another lower bound for X', which is assumed."""
    end = rule(
        "classical: comparison",
        Relation(variable, "->oo"),
        *premises,
        variable=variable,
        prime=X_rate,
        along=[P(n) for n in along],
    )
    return (
        unbounded((8, combine(at_least(X_rate, phi), (1, 1), (1, 2), (0, 3))), (10, end))
        if phi is None
        else [
            *unbounded()[:8],
            assume(at_least(X_rate, phi), "floor"),
            unbounded()[9],
            combine(at_least(X_rate, phi), (1, 8), (0, 1)),
            rule(
                "classical: comparison",
                Relation(variable, "->oo"),
                10,
                9,
                variable=variable,
                prime=X_rate,
                along=[P(n) for n in along],
            ),
        ]
    )


COMPARISONS: list[tuple[str, list[Line], str]] = [
    (
        "escape of a product",
        unbounded(
            (
                10,
                rule(
                    "classical: comparison",
                    Relation(X * X, "->oo"),
                    8,
                    9,
                    variable=X * X,
                    prime=X_rate,
                    along=[P(4), P(7)],
                ),
            )
        ),
        "scalar",
    ),
    (
        "escape from above -1",
        unbounded(
            (9, combine(greater(X, -1), (1, 3), (1, 3), unfold=[0]))
            if False
            else (9, assume(greater(X, -1), "k"))
        ),
        "x > 0",
    ),
    (
        "escape by an equation",
        unbounded((8, combine(equal(X_rate, X), (1, 1), (1, 2), unfold=[0]))),
        "needed",
    ),
    ("escape of another", unbounded((8, combine(at_least(x_rate, X), (1, 2), unfold=[0]))), "needed"),
    (
        "escape at one index",
        unbounded((8, combine(at_least(X_rate, X).where(g), (1, 1), (1, 2), unfold=[0]))),
        "needed",
    ),
    ("escape by no derivative", unbounded((8, assume(at_least(X_rate, X), "k"))), "not the rate"),
    (
        "escape without time",
        unbounded(
            (
                10,
                rule(
                    "classical: comparison", Relation(X, "->oo"), 8, 9, variable=X, prime=X_rate, along=[P(4)]
                ),
            )
        ),
        "last",
    ),
    (
        "escape without signs",
        unbounded(
            (8, combine(at_least(X_rate, X), (1, 1), (1, 2), (0, 3), unfold=[0])),
            (
                10,
                rule(
                    "classical: comparison", Relation(X, "->oo"), 8, 9, variable=X, prime=X_rate, along=[P(7)]
                ),
            ),
        ),
        "all times",
    ),
    (
        "escape along another direction",
        [
            X_IS,
            differentiate(X_rate, x, {"x": ((), x)}),
            *unbounded()[2:8],
            combine(at_least(X_rate, X), (1, 1), unfold=[0]),
            *unbounded()[9:],
        ],
        "not the rate",
    ),
    *[
        (f"escape by {phi}", comparison(phi), "recognised")
        for phi in (
            X - 1,
            x,
            X * -2,
            1 / X,
            log(X),
            0 * X,
            exp(1 / X),
            exp(x),
            exp(log(X)),
            Add(()),
            x**2,
            exp(X ** Fraction(-1)),
            f(G0),
        )
    ],
]


def decaying(*changes: tuple[int, Line], w: Term = w) -> list[Line]:
    """X = x falls to 0 against Y = y -> oo."""
    rates = {"x": ((), x_rate), "y": ((), y_rate)}
    lines = [
        X_IS,
        define(Y, y),
        differentiate(X_rate, x_rate, rates, source=0, constants=[]),
        differentiate(Y_rate, y_rate, rates, source=1, constants=[]),
        assume(at_least(0, Y * X_rate + Y_rate), "drift"),
        assume(greater(w, 0), "level", NOW),
        assume(at_least(1, w), "small", NOW),
        assume(at_least(X, w * w), "above", NOW),
        assume(at_least(Y_rate, 0), "growing"),
        assume(at_least(0, x_rate), "falling"),
        assume(at_least(x, 0), "sign"),
        assume(Relation(Y, "->oo"), "escape"),
        combine(at_least(0, Y * X_rate + w * Y_rate), (1, 4), (P(8), 6), (0, 5), (0, 7)),
        combine(greater(w, 0), (1, 5), (0, 6)),
        combine(at_least(X, 0), (1, 10), unfold=[0]),
        combine(at_least(0, X_rate), (1, 9), (-1, 2), (0, 3)),
        rule(
            "classical: decay against an unbounded scale",
            Relation(X, "->0"),
            12,
            13,
            14,
            15,
            11,
            value=X,
            scale=Y,
            level=w,
        ),
    ]
    for place, line in changes:
        lines[place] = line
    return lines


def decay_end(**given: Any) -> Line:
    arguments = {"value": X, "scale": Y, "level": w, **given}
    return rule(
        "classical: decay against an unbounded scale",
        Relation(arguments["value"], "->0"),
        12,
        13,
        14,
        15,
        11,
        **arguments,
    )


DRIFT = at_least(0, Y * X_rate + w * Y_rate)
LATE = assume(at_least(Y, 3), "late", NOW)


def claimed(relation: Relation, *premises: int) -> Line:
    """A step that only says so."""
    return Line("prose", premises, relation, {"text": ""})


DECAYS: list[tuple[str, list[Line], str]] = [
    ("decay of a product", decaying((16, decay_end(level=w * w))), "scalar"),
    ("decay at its own level", decaying((16, decay_end(level=X))), "level"),
    ("decay at the level K", decaying(w=K), "arbitrary"),
    ("decay at a chosen level", decaying(w=Sym("top_w")), "arbitrary"),
    ("decay with a weight >= 0", decaying((13, combine(at_least(w, 0), (1, 5)))), "form"),
    (
        "decay with a moving weight",
        decaying(
            (12, claimed(at_least(0, Y * X_rate + u * Y_rate), 4)), (13, assume(greater(u, 0), "weight"))
        ),
        "the weight",
    ),
    (
        "decay with a weight at an index",
        decaying((13, combine(greater(w * (1 + delta(g) - delta(g)), 0), (1, 5)))),
        "the weight",
    ),
    ("decay by an equation", decaying((12, claimed(equal(0, Y * X_rate + w * Y_rate), 4))), "needed"),
    ("decay at one index", decaying((12, claimed(DRIFT.where(g), 4))), "needed"),
    (
        "decay of something else",
        decaying((12, claimed(at_least(0, Y * X_rate + 2 * w * Y_rate), 4))),
        "same",
    ),
    ("decay of what may be negative", decaying((14, assume(at_least(X, -1), "low"))), "x >= 0"),
    ("decay of what may rise", decaying((15, assume(at_least(1, X_rate), "rise"))), "needed"),
    ("decay against a bounded scale", decaying((11, assume(Relation(Y, "->0"), "escape"))), "needed"),
    (
        "decay along two flows",
        decaying(
            (3, differentiate(Y_rate, y_rate, {"y": ((), y_rate)}, source=1)), (12, claimed(DRIFT, 2, 3))
        ),
        "same flow",
    ),
    ("decay without a derivative", decaying((3, combine(equal(y, y)))), "derivative"),
    (
        "decay along another direction",
        decaying(
            (2, differentiate(X_rate, x, {"x": ((), x), "y": ((), y_rate)})),
            (3, differentiate(Y_rate, y_rate, {"x": ((), x), "y": ((), y_rate)}, source=1)),
            (15, assume(at_least(0, X_rate), "fall")),
            (12, claimed(DRIFT, 2, 3)),
        ),
        "derivative",
    ),
    (
        "decay with a level in a definition",
        [
            *decaying()[:12],
            define(u, w + 1),
            *decaying()[13:16],
            claimed(DRIFT, 2, 3, 12),
            replace(decay_end(), premises=[16, 13, 14, 15, 11]),
        ],
        "arbitrary",
    ),
    (
        "decay at a level assumed elsewhere",
        decaying((14, combine(at_least(X, 0), (1, 10), (0, 5), unfold=[0]))),
        "all times",
    ),
    ("decay with a structural level", decaying((5, assume(greater(w, 0), "level"))), "level is left"),
    (
        "decay with a level that is 1",
        decaying(
            (6, assume(equal(w, 1), "small", NOW)),
            (12, claimed(DRIFT, 2, 3, 6)),
            (13, claimed(greater(w, 0))),
        ),
        "all times",
    ),
    (
        "decay with a level below -1",
        decaying(
            (6, assume(at_least(-1, w), "small", NOW)),
            (12, claimed(DRIFT, 2, 3, 6)),
            (13, claimed(greater(w, 0))),
        ),
        "all times",
    ),
    (
        "decay with a level above 1",
        decaying(
            (6, assume(at_least(w, 1), "small", NOW)),
            (12, claimed(DRIFT, 2, 3, 6)),
            (13, claimed(greater(w, 0))),
        ),
        "all times",
    ),
    (
        "decay with a level at an index",
        decaying(
            (6, assume(at_least(1, w).where(g), "small", NOW)),
            (12, claimed(DRIFT, 2, 3, 6)),
            (13, claimed(greater(w, 0))),
        ),
        "all times",
    ),
    ("decay above a sum", decaying((7, assume(at_least(X, w + 1), "above", NOW))), "all times"),
    ("decay when late and more", decaying((7, assume(at_least(Y, x), "late", NOW))), "all times"),
    (
        "decay with a weight above the state",
        decaying((13, combine(greater(w, 0), (1, 5), (0, 7)))),
        "all times",
    ),
    (
        "decay with a late weight",
        decaying((7, LATE), (13, combine(greater(w, 0), (1, 5), (0, 7)))),
        "all times",
    ),
    (
        "squeezed by what does not vanish",
        [
            assume(Relation(x, "->oo")),
            assume(at_least(K * x, y * y), "k"),
            rule("classical: squeezed by a vanishing function", Relation(y, "->0"), 0, 1, value=y),
        ],
        "x -> 0",
    ),
    (
        "squeezed by a function",
        [
            assume(Relation(f(g), "->0")),
            assume(at_least(K * f(g), y * y), "k"),
            rule("classical: squeezed by a vanishing function", Relation(y, "->0"), 0, 1, value=y),
        ],
        "scalar",
    ),
    (
        "complex and squeezed",
        [
            assume(Relation(x, "->0")),
            assume(at_least(K * x, COMPLEX * COMPLEX), "k"),
            rule(
                "classical: squeezed by a vanishing function", Relation(COMPLEX, "->0"), 0, 1, value=COMPLEX
            ),
        ],
        "real",
    ),
    (
        "squeezed from below",
        [
            assume(Relation(x, "->0")),
            assume(different(K * x, y * y), "k"),
            rule("classical: squeezed by a vanishing function", Relation(y, "->0"), 0, 1, value=y),
        ],
        "needed",
    ),
    (
        "squeezed without a square",
        [
            assume(Relation(x, "->0")),
            assume(at_least(K * x, y), "k"),
            rule("classical: squeezed by a vanishing function", Relation(y, "->0"), 0, 1, value=y),
        ],
        "same",
    ),
    (
        "squeezed by a product",
        [
            assume(Relation(x, "->0")),
            assume(at_least(w * x, y * y), "k"),
            rule("classical: squeezed by a vanishing function", Relation(y, "->0"), 0, 1, value=y),
        ],
        "constant",
    ),
    (
        "squeezed now",
        [
            assume(Relation(x, "->0")),
            assume(at_least(K * x, y * y), "k", NOW),
            rule("classical: squeezed by a vanishing function", Relation(y, "->0"), 0, 1, value=y),
        ],
        "all times",
    ),
]

SIGMA = Sym("top_norm_M_0")
LEFT, RIGHT = Function("top_left_M_0", ("F",)), Function("top_right_M_0", ("G",))
VECTOR = Function("t", ("F",))
KERNEL = Function("top_kernel_M_0", ("G",))


def unit_in_kernel(*changes: tuple[int, Line], **given: Any) -> list[Line]:
    """t^T M = 0 and K >= d give M a unit vector in its kernel."""
    lines = [
        assume(equal(total(r, VECTOR(r) * M(r, g)), 0), "annihilates"),
        assume(greater(total(r, VECTOR(r) * VECTOR(r)), 0), "nonzero"),
        assume(at_least(K, d), "room"),
    ]
    for place, line in changes:
        lines[place] = line
    vectors = [{"nonzero": P(1), "vanishes": P(0), "vector": given.pop("vector", VECTOR(r))}]
    arguments = {
        "matrix": M(r, g),
        "row": r,
        "annihilators": vectors,
        "orthogonal": [],
        "room": P(2),
        "part": "unit",
        **given,
    }
    return [
        *lines,
        rule("classical: rank and kernel", equal(total(g, KERNEL(g) * KERNEL(g)), 1), **arguments),
    ]


LONG, WIDE = Function("M_0", ("F", "G")), Function("N", ("F", "G", "G"))
WIDE_KERNEL = Function("top_kernel_N_0", ("G", "G"))
MATRICES: list[tuple[str, list[Line], str]] = [
    (
        "two matrices with one norm",
        [
            rule(
                "classical: singular values",
                at_least(Sym("top_norm_M_0_1"), 0),
                matrix=LONG(r, g),
                rows=[g],
                part="nonnegative",
            )
        ],
        "plain",
    ),
    (
        "a known sum of seven",
        [
            assume(equal(total(g, Mul((f(g),) * 7)), 1)),
            combine(equal(total(g, Mul((f(g),) * 7)), 1), contract=[0]),
        ],
        "factors",
    ),
    (
        "a norm of a complex matrix",
        [
            rule(
                "classical: singular values",
                at_least(Sym("top_norm_R_0"), 0),
                matrix=R(r, a),
                rows=[r],
                part="nonnegative",
            )
        ],
        "real",
    ),
    (
        "a norm of a chosen matrix",
        [
            rule(
                "classical: singular values",
                at_least(Sym("top_norm_top_M_0"), 0),
                matrix=Function("top_M", ("F", "G"))(r, g),
                rows=[r],
                part="nonnegative",
            )
        ],
        "plain",
    ),
    (
        "a norm of a row",
        [
            rule(
                "classical: singular values",
                at_least(Sym("top_norm_M_0_1"), 0),
                matrix=M(r, g),
                rows=[r, g],
                part="nonnegative",
            )
        ],
        "rows",
    ),
    (
        "a norm without rows",
        [
            rule(
                "classical: singular values",
                at_least(Sym("top_norm_M"), 0),
                matrix=M(r, g),
                rows=[],
                part="nonnegative",
            )
        ],
        "rows",
    ),
    (
        "a norm with other rows",
        [
            rule(
                "classical: singular values",
                at_least(Sym("top_norm_M"), 0),
                matrix=M(r, g),
                rows=[q],
                part="nonnegative",
            )
        ],
        "rows",
    ),
    (
        "an unknown part",
        [rule("classical: singular values", at_least(SIGMA, 0), matrix=M(r, g), rows=[r], part="positive")],
        "no part",
    ),
    (
        "a norm with another vector",
        [
            rule(
                "classical: singular values",
                equal(total(g, LEFT(r) * M(r, g)), 1),
                matrix=M(r, g),
                rows=[r],
                part="unit left",
            )
        ],
        "conclusion",
    ),
    (
        "a bound with a complex vector",
        [
            rule(
                "classical: spectral norm",
                at_least(
                    SIGMA * SIGMA * total(r, COMPLEX * COMPLEX),
                    total(g, total(r, COMPLEX * M(r, g)) * total(r, COMPLEX * M(r, g))),
                ),
                matrix=M(r, g),
                rows=[r],
                vector=COMPLEX,
            )
        ],
        "real",
    ),
    (
        "a bound with a vector of columns",
        [
            rule(
                "classical: spectral norm",
                at_least(
                    SIGMA * SIGMA * total(r, M(r, g) * M(r, g)),
                    total(g, total(r, M(r, g) * M(r, g)) * total(r, M(r, g) * M(r, g))),
                ),
                matrix=M(r, g),
                rows=[r],
                vector=M(r, g),
            )
        ],
        "columns",
    ),
    (
        "a complex annihilator",
        unit_in_kernel(
            (0, assume(equal(total(r, COMPLEX * M(r, g)), 0), "annihilates")),
            (1, assume(greater(total(r, COMPLEX * COMPLEX), 0), "nonzero")),
            vector=COMPLEX,
        ),
        "real",
    ),
    (
        "a kernel with two columns",
        [
            assume(equal(total(r, VECTOR(r) * WIDE(r, g, h)), 0), "annihilates"),
            assume(greater(total(r, VECTOR(r) * VECTOR(r)), 0), "nonzero"),
            combine(at_least(d, d)),
            replace(
                unit_in_kernel(matrix=WIDE(r, g, h))[3],
                conclusion=equal(total(g, total(h, WIDE_KERNEL(g, h) * WIDE_KERNEL(g, h))), 1),
            ),
        ],
        "one column",
    ),
    (
        "an annihilator of columns",
        unit_in_kernel(
            (0, assume(equal(total(r, M(r, g) * M(r, g)), 0), "annihilates")),
            (1, assume(greater(total(r, M(r, g) * M(r, g)), 0), "nonzero")),
            vector=M(r, g),
        ),
        "over the rows",
    ),
    (
        "an annihilator that does not",
        unit_in_kernel((0, assume(at_least(total(r, VECTOR(r) * M(r, g)), 0), "annihilates"))),
        "needed",
    ),
    (
        "an annihilator off 0",
        unit_in_kernel((0, assume(equal(total(r, VECTOR(r) * M(r, g)), 0).where(g), "annihilates"))),
        "needed",
    ),
    (
        "an annihilator of something else",
        unit_in_kernel(
            (0, assume(equal(total(r, VECTOR(r) * Function("M", ("F", "G"))(-r, g)), 0), "annihilates"))
        ),
        "same",
    ),
    (
        "an annihilator that may be 0",
        unit_in_kernel((1, assume(at_least(total(r, VECTOR(r) * VECTOR(r)), 0), "nonzero"))),
        "needed",
    ),
    (
        "an annihilator of another length",
        unit_in_kernel((1, assume(greater(total(r, VECTOR(r)), 0), "nonzero"))),
        "same",
    ),
    ("a kernel without room", unit_in_kernel((2, assume(at_least(K + 1, d), "room"))), "same"),
    ("a kernel with equal room", unit_in_kernel((2, assume(equal(K, d), "room"))), "needed"),
    (
        "an annihilator used twice",
        unit_in_kernel(
            (2, assume(at_least(K, d - 1), "room")),
            annihilators=[{"nonzero": P(1), "vanishes": P(0), "vector": VECTOR(r)}] * 2,
        ),
        "orthogonal",
    ),
    (
        "annihilators that are not orthogonal",
        unit_in_kernel(
            (2, assume(at_least(K, d - 1), "room")),
            annihilators=[{"nonzero": P(1), "vanishes": P(0), "vector": VECTOR(r)}] * 2,
            orthogonal=[P(0)],
        ),
        "same",
    ),
    (
        "annihilators without names",
        unit_in_kernel(annihilators=[{"a": P(1), "b": P(0), "c": VECTOR(r)}]),
        "vector",
    ),
]


def raw(term: Any = None, index_: Any = None, conclusion: Any = None, **changes: Any) -> dict[str, Any]:
    """The hypothesis x = 0 as JSON, with a part replaced: a third term, which it is about, or more."""
    rows: list[Any] = [["num", "0"], ["sym", "x"]]
    if index_ is not None:
        term = ["delta", index_]
    rows += [term] if term is not None else []
    step = {
        "rule": changes.pop("rule", "hypothesis"),
        "premises": changes.pop("premises", []),
        "arguments": changes.pop("arguments", {"name": "h", "kind": "open"}),
        "conclusion": conclusion or [len(rows) - 1, "=", 0, []],
    }
    return {"format": 1, "terms": rows, "steps": [step], "goals": {"goal": 0}, **changes}


def _tower() -> dict[str, Any]:
    data = raw()
    data["terms"] += [["mul", n, n] for n in range(1, 40)]
    data["steps"][0]["conclusion"] = [len(data["terms"]) - 1, "=", 0, []]
    return data


def _ladder() -> dict[str, Any]:
    data = raw()
    data["terms"] += [["fn", "log", n] for n in range(1, 150)]
    data["steps"][0]["conclusion"] = [len(data["terms"]) - 1, "=", 0, []]
    return data


def _tagged_twice() -> dict[str, Any]:
    data = written(rule("exp is positive", greater(exp(x), 0), value=x))
    data["steps"][0]["arguments"]["value"]["index"] = 1
    return data


STEP = raw()["steps"][0]
RAW: list[tuple[str, Any, str]] = [
    (
        "a rejected term before the others",
        {**raw(), "terms": [["tan"], ["num", "0"], ["sym", "x"]]},
        "not a term",
    ),
    ("conditions that are no list", raw(conclusion=[1, "=", 0, {}]), "list"),
    ("a value with two tags", _tagged_twice(), "form"),
    (
        "a rejected step before the goal",
        {**raw(), "steps": [{**STEP, "rule": "magic"}, STEP]},
        "unknown rule",
    ),
    (
        "a derivative of nothing",
        raw(rule="classical: mean value theorem", arguments={"value": {"term": 1}}),
        "malformed",
    ),
    ("a map without keys", raw(rule="instance", arguments={"mapping": {"map": [[1]]}}), "list of 2"),
    ("no derivation", [], "fields"),
    ("another format", {**raw(), "format": 2}, "format"),
    ("another field", {**raw(), "more": 1}, "fields"),
    ("terms that are no list", {**raw(), "terms": {}}, "list"),
    ("no goals", {**raw(), "goals": {}}, "goals"),
    ("goals in a list", {**raw(), "goals": [0]}, "goals"),
    ("a goal that is no step", {**raw(), "goals": {"goal": 1}}, "whole number"),
    ("a goal before the first step", {**raw(), "goals": {"goal": -1}}, "whole number"),
    ("a goal that is true", {**raw(), "steps": [STEP] * 2, "goals": {"goal": True}}, "whole number"),
    ("a goal of a long name", {**raw(), "goals": {"g" * 2000: 0}}, "characters"),
    ("a step that is a list", {**raw(), "steps": [[]]}, "step"),
    ("a step with more", {**raw(), "steps": [{**STEP, "note": ""}]}, "step"),
    ("an unknown rule", raw(rule="magic"), "unknown rule"),
    ("a rule that is a list", raw(rule=["hypothesis"]), "text"),
    ("arguments in a list", raw(rule="reciprocal", arguments=[]), "given"),
    ("an argument more", raw(arguments={"name": "h", "kind": "open", "more": 1}), "given"),
    ("an argument less", raw(arguments={"name": "h"}), "given"),
    ("a premise ahead", raw(rule="prose", arguments={"text": ""}, premises=[0]), "premise"),
    (
        "two many steps",
        {**raw(), "steps": [{**STEP, "arguments": {"name": "h", "kind": "open"}}] * 20_001},
        "more than",
    ),
    (
        "two many terms",
        {**raw(), "terms": [["num", "0"], ["sym", "x"]] + [["num", "0"]] * 50_000},
        "more than",
    ),
    ("an unknown relation", raw(conclusion=[1, "<", 0, []]), "unknown relation"),
    ("a relation of three", raw(conclusion=[1, "=", 0]), "list of 4"),
    ("a huge term", _tower(), "nodes"),
    ("a deep term", _ladder(), "levels"),
    ("an unknown head", raw(["tan", 1]), "not a term"),
    ("a term ahead", raw(["fn", "exp", 2]), "number of a term"),
    ("a number with a point", raw(["num", "1.5"]), "rational"),
    ("a number that is one", raw(["num", 1]), "text"),
    ("a number over 0", raw(["num", "1/0"]), "rational"),
    ("a number not in lowest terms", raw(["num", "2/4"]), "lowest"),
    ("a number of many digits", raw(["num", "1" * 2000]), "characters"),
    ("a name with a space", raw(["sym", "x y"]), "name"),
    ("an order with an index", raw(["app", "n", ["G", ["g", 1]]]), "order"),
    ("one name for two", raw(["app", "x", ["G", ["g", 1]]]), "sorts"),
    ("a character turned around", raw(["chi", ["G", ["g", 1]], ["D", ["a", 1]]]), "character"),
    ("an unknown sort", raw(index_=["H", ["g", 1]]), "sort"),
    ("a sort that is a list", raw(index_=[["G"]]), "text"),
    ("an index without a sort", raw(index_=[]), "text"),
    ("a bad index name", raw(index_=["G", ["#1", 1]]), "name"),
    ("half an index", raw(index_=["G", ["g", 0.5]]), "whole"),
    ("a huge index", raw(index_=["G", ["g", 10**9]]), "whole"),
    ("a sum over a fixed index", raw(["sum", ["G", "!c"], "all", 1]), "free index"),
    ("a sum over some", raw(["sum", ["G", "g"], "some", 1]), "free index"),
    ("a sum over another sort", raw(["sum", ["H", "g"], "all", 1]), "unknown sort"),
    ("a huge power", raw(["pow", 1, "1000"]), "large"),
    ("a root of high order", raw(["pow", 1, "1/1000"]), "large"),
    ("an unknown function", raw(["fn", "sin", 1]), "function"),
    ("an argument without a tag", raw(rule="exp is positive", arguments={"value": 1}), "form"),
    (
        "an argument with two tags",
        raw(rule="exp is positive", arguments={"value": {"term": 1, "index": 1}}),
        "form",
    ),
]


HIGH, LOW = Var("p", "D", fixed=True), Var("q", "D", fixed=True)


def extremes(*changes: tuple[int, Line]) -> list[Line]:
    """max s / min s never grows, as s'(a) s(b) - s(a) s'(b) is never positive."""
    lines = [
        assume(at_least(0, s_rate(a) * s(b) - s(a) * s_rate(b)), "flow"),
        rule("instance", at_least(0, FALLS), 0, mapping={a: index(HIGH), b: index(LOW)}),
        assume(at_least(s(HIGH), s(a)).where(a), "most", NOW),
        assume(at_least(s(a), s(LOW)).where(a), "least", NOW),
        rule("instance", at_least(s(HIGH), s(LOW)).where(LOW), 2, mapping={a: index(LOW)}),
        rule("instance", at_least(s(HIGH), s(LOW)).where(HIGH), 3, mapping={a: index(HIGH)}),
        combine(at_least(0, FALLS).where(HIGH, LOW), (1, 1), (0, 4), (0, 5)),
        assume(greater(s(a), 0).where(a), "positive"),
        end_of_extremes(),
    ]
    for place, line in changes:
        lines[place] = line
    return lines


FALLS = s_rate(HIGH) * s(LOW) - s(HIGH) * s_rate(LOW)


def end_of_extremes(value: Term = s(a), places: Sequence[Var] = (HIGH, LOW)) -> Line:
    conclusion = Relation(value, "max/min falls").where(a)
    return rule("classical: Dini derivative of extremes", conclusion, 6, 7, value=value, places=list(places))


R_1, R_1_rate = Function("R", ("D",)), Function("R'", ("D",))
TOP_1, TOP_2 = Var("top_s_", "D", fixed=True), Var("top_t_", "D", fixed=True)
EXTREMES: list[tuple[str, list[Line], str]] = [
    (
        "extremes of a complex family",
        extremes(
            (6, claimed(at_least(0, R_1_rate(HIGH) * R_1(LOW) - R_1(HIGH) * R_1_rate(LOW)))),
            (7, assume(greater(R_1(a), 0), "positive")),
            (8, end_of_extremes(R_1(a))),
        ),
        "real",
    ),
    (
        "extremes at one place",
        extremes((6, claimed(at_least(0, 0))), (8, end_of_extremes(places=(HIGH, HIGH)))),
        "different",
    ),
    (
        "extremes at chosen places",
        extremes(
            (6, claimed(at_least(0, s_rate(TOP_1) * s(TOP_2) - s(TOP_1) * s_rate(TOP_2)))),
            (8, end_of_extremes(places=(TOP_1, TOP_2))),
        ),
        "arbitrary",
    ),
    (
        "extremes at free places",
        extremes(
            (6, claimed(at_least(0, s_rate(a) * s(b) - s(a) * s_rate(b)))),
            (8, end_of_extremes(places=(a, b))),
        ),
        "arbitrary",
    ),
    ("extremes that are equal", extremes((6, claimed(equal(0, FALLS)))), "needed"),
    ("extremes that rise", extremes((6, claimed(at_least(0, -1 * FALLS)))), "same"),
    (
        "extremes under another condition",
        extremes((6, claimed(at_least(0, FALLS).where(HIGH + index(LOW))))),
        "condition",
    ),
    ("extremes of what may vanish", extremes((7, assume(at_least(s(a), 0), "positive"))), "x_v > 0"),
    (
        "extremes at a given place",
        extremes((6, claimed(at_least(0, FALLS), 9 - 4)), (5, assume(equal(s(HIGH), 1), "given"))),
        "else",
    ),
    (
        "extremes for now",
        extremes((6, claimed(at_least(0, FALLS), 5)), (5, assume(equal(x, 1), "given", NOW))),
        "all times",
    ),
    ("extremes positive for now", extremes((7, assume(greater(s(a), 0), "positive", NOW))), "all times"),
    (
        "extremes of a defined family",
        extremes((0, define(s(a), Num(Fraction(1)))), (1, claimed(at_least(0, FALLS), 0))),
        "primitive",
    ),
    (
        "an instance of extremes",
        [
            assume(Relation(s(a), "max/min falls")),
            rule("instance", Relation(s(b), "max/min falls"), 0, mapping={a: index(b)}),
        ],
        "",
    ),
]


def settling(*changes: tuple[int, Line], w: Term = w) -> list[Line]:
    """X = x tends to 0, as X' <= -w Y' late enough wherever X >= w, and Y = y -> oo."""
    rates = {"x": ((), x_rate), "y": ((), y_rate)}
    lines = [
        X_IS,
        define(Y, y),
        differentiate(X_rate, x_rate, rates, source=0, constants=[]),
        differentiate(Y_rate, y_rate, rates, source=1, constants=[]),
        assume(greater(w, 0), "level", NOW),
        assume(at_least(X, w), "above", NOW),
        assume(at_least(Y, 3), "late", NOW),
        assume(at_least(2 * w, u), "close", NOW),
        assume(at_least(0, X_rate + X * Y_rate), "falls"),
        assume(at_least(Y_rate, 0), "growing"),
        assume(Relation(Y, "->oo"), "escape"),
        combine(SINKING, (1, 8), (P(9), 5), (0, 2), (0, 3), (0, 4), (0, 6), (0, 7)),
        combine(greater(w, 0), (1, 4)),
        assume(at_least(X, 0), "sign"),
        assume(Relation(u, "->0"), "vanishing"),
        combine(equal(1, 1)),
        combine(greater(2 * w, 0), (2, 4)),
        settled(),
    ]
    for place, line in changes:
        lines[place] = line
    return lines


SINKING = at_least(0, X_rate + w * Y_rate)


def settled(*premises: int, **given: Any) -> Line:
    arguments = {"value": X, "scale": Y, "level": w, **given}
    conclusion = Relation(arguments["value"], "->0")
    numbers = premises or (11, 12, 13, 9, 10, 14, 16)
    return rule("classical: decay below every level", conclusion, *numbers, **arguments)


def sinking(*used: int, relation: Relation = SINKING) -> Line:
    """The decay, by whatever rests on these steps."""
    return claimed(relation, 2, 3, *used)


SETTLING: list[tuple[str, list[Line], str]] = [
    ("settling of a product", settling((17, settled(value=X * Y))), "three different"),
    ("settling against a function", settling((17, settled(scale=f(g)))), "three different"),
    ("settling at a level that is a product", settling((17, settled(level=w * w))), "three different"),
    ("settling at its own level", settling((17, settled(level=X))), "three different"),
    ("settling at the level K", settling((17, settled(level=K))), "arbitrary"),
    (
        "settling above the level K only",
        settling(
            (5, assume(at_least(X, K), "above", NOW)),
            (11, sinking(5, relation=at_least(0, X_rate + K * Y_rate))),
            (12, claimed(greater(K, 0))),
            (17, settled(11, 12, 13, 9, 10, level=K)),
        ),
        "arbitrary",
    ),
    ("settling at a chosen level", settling((17, settled(level=Sym("top_w")))), "arbitrary"),
    ("settling with a weight >= 0", settling((12, combine(at_least(w, 0), (1, 4)))), "a weight > 0"),
    (
        "settling with a weight above 1",
        settling((12, claimed(greater(w, 1), 4)), (11, sinking())),
        "a weight > 0",
    ),
    (
        "settling with a moving weight",
        settling(
            (12, assume(greater(u, 0), "weight")), (11, sinking(relation=at_least(0, X_rate + u * Y_rate)))
        ),
        "a weight > 0",
    ),
    (
        "settling with a weight at an index",
        settling(
            (12, claimed(greater(w * (1 + delta(g)), 0), 4)),
            (11, sinking(relation=at_least(0, X_rate + w * (1 + delta(g)) * Y_rate))),
        ),
        "a weight > 0",
    ),
    (
        "settling by an equation",
        settling((11, sinking(relation=equal(0, X_rate + w * Y_rate)))),
        "between the rates",
    ),
    (
        "settling of something else",
        settling((11, sinking(relation=at_least(0, X_rate + 2 * w * Y_rate)))),
        "same",
    ),
    ("settling at one index", settling((11, sinking(relation=SINKING.where(g)))), "without conditions"),
    ("settling of what may be negative", settling((13, assume(at_least(X, -1), "sign"))), "x >= 0"),
    (
        "settling against what may fall",
        settling((9, assume(at_least(Y_rate, -1), "growing")), (11, sinking())),
        "y' >= 0",
    ),
    ("settling against a bounded scale", settling((10, assume(Relation(Y, "->0"), "escape"))), "y -> oo"),
    (
        "settling against a bounded scale, at all times",
        settling((10, assume(Relation(Y, "->0"), "escape")), (11, sinking(4, 5))),
        "y -> oo",
    ),
    ("settling against another scale", settling((10, assume(Relation(y, "->oo"), "escape"))), "y -> oo"),
    (
        "settling without a derivative",
        settling((3, combine(equal(y, y))), (11, claimed(SINKING, 2))),
        "derivative in time",
    ),
    ("settling without the derivatives", settling((11, claimed(SINKING))), "derivative in time"),
    (
        "settling along another direction",
        settling(
            (2, differentiate(X_rate, x, {"x": ((), x), "y": ((), y_rate)})),
            (3, differentiate(Y_rate, y_rate, {"x": ((), x), "y": ((), y_rate)}, source=1)),
            (11, sinking()),
        ),
        "derivative in time",
    ),
    (
        "settling along two flows",
        settling((3, differentiate(Y_rate, y_rate, {"y": ((), y_rate)}, source=1)), (11, sinking())),
        "same flow",
    ),
    (
        "settling with a level in a definition",
        [
            *settling()[:11],
            define(Sym("made"), w + 1),
            *settling()[12:17],
            sinking(11),
            settled(17, 12, 13, 9, 10, 14, 16),
        ],
        "arbitrary",
    ),
    (
        "settling with a level that moves",
        [
            *settling()[:17],
            assume(equal(w_rate, w), "moves"),
            rule("classical: linear equation", keeps(w), 17, value=w, factor=Num(Fraction(1)), smooth=[]),
            settled(11, 12, 13, 9, 10, 14, 16, 18),
        ],
        "arbitrary",
    ),
    ("settling with a structural level", settling((4, assume(greater(w, 0), "level"))), "level is left"),
    (
        "settling with a level that is large",
        settling(
            (4, assume(greater(w, 1), "level", NOW)),
            (12, claimed(greater(w, 0))),
            (16, claimed(greater(2 * w, 0))),
        ),
        "all times",
    ),
    (
        "settling above a sum",
        settling((5, assume(at_least(X, w + 1), "above", NOW)), (11, sinking(5))),
        "all times",
    ),
    ("settling above a level for ever", settling((5, assume(at_least(X, w), "above"))), "level is left"),
    ("settling early", settling((6, assume(at_least(3, Y), "late", NOW))), "all times"),
    ("settling strictly late", settling((6, assume(greater(Y, 3), "late", NOW))), "all times"),
    ("settling late and more", settling((6, assume(at_least(Y, y), "late", NOW))), "all times"),
    (
        "settling late at an index",
        settling((6, assume(at_least(Y, 3).where(g), "late", NOW)), (11, sinking(6))),
        "all times",
    ),
    (
        "settling late in a group",
        settling((6, assume(at_least(Y, delta(g)), "late", NOW)), (11, sinking(6))),
        "all times",
    ),
    ("settling openly late", settling((6, assume(at_least(Y, 3), "late", "open"))), "all times"),
    ("settling far from a limit", settling((7, assume(at_least(u, 2 * w), "close", NOW))), "all times"),
    ("settling close to a moving bound", settling((7, assume(at_least(y, u), "close", NOW))), "all times"),
    ("settling close to what is not positive", settling((17, settled(11, 12, 13, 9, 10, 14))), "all times"),
    ("settling close to what need not vanish", settling((17, settled(11, 12, 13, 9, 10, 16))), "all times"),
    ("settling with a late weight", settling((12, combine(greater(w, 0), (1, 4), (0, 6)))), "all times"),
    (
        "settling with a weight above the state",
        settling((12, combine(greater(w, 0), (1, 4), (0, 5)))),
        "all times",
    ),
    ("settling with a late sign", settling((13, assume(at_least(X, 0), "sign", NOW))), "all times"),
    (
        "settling with a late growth",
        settling((9, assume(at_least(Y_rate, 0), "growing", NOW)), (11, sinking())),
        "all times",
    ),
    ("settling with a late escape", settling((10, assume(Relation(Y, "->oo"), "escape", NOW))), "all times"),
    ("settling with a late limit", settling((14, assume(Relation(u, "->0"), "vanishing", NOW))), "all times"),
    ("settling with a late bound", settling((16, combine(greater(2 * w, 0), (2, 4), (0, 6)))), "all times"),
    ("settling with a sign at a level", settling((13, claimed(at_least(X, 0), 4))), "all times"),
]


def varying(*changes: tuple[int, Line], u: Term = u) -> list[Line]:
    """|X'| <= -Y' and Y >= 0, late enough."""
    rates = {"x": ((), x_rate), "y": ((), y_rate)}
    lines = [
        X_IS,
        define(Y, y),
        differentiate(X_rate, x_rate, rates, source=0, constants=[]),
        differentiate(Y_rate, y_rate, rates, source=1, constants=[]),
        assume(at_least(u, 3), "late", NOW),
        assume(at_least(1, w), "close", NOW),
        assume(Relation(u, "->oo"), "escape"),
        assume(Relation(w, "->0"), "vanishing"),
        rule("arithmetic", greater(1, 0), value=Fraction(1)),
        claimed(at_least(0, Y_rate + X_rate), 2, 3, 4, 5),
        claimed(at_least(0, Y_rate - X_rate), 2, 3, 4, 5),
        assume(at_least(Y, 0), "sign"),
        varied(),
    ]
    for place, line in changes:
        lines[place] = line
    return lines


def varied(*premises: int, **given: Any) -> Line:
    arguments = {"value": X, "control": Y, **given}
    conclusion = Relation(arguments["value"], "converges")
    numbers = premises or (9, 10, 11, 6, 7, 8)
    return rule("classical: bounded variation", conclusion, *numbers, **arguments)


VARIATIONS: list[tuple[str, list[Line], str]] = [
    ("variation of a product", varying((12, varied(value=X * X))), "symbol"),
    (
        "variation of a complex family",
        varying(
            (9, claimed(at_least(0, Y_rate + R_1_rate(a)), 2, 3)),
            (10, claimed(at_least(0, Y_rate - R_1_rate(a)), 2, 3)),
            (12, varied(value=R_1(a))),
        ),
        "real value",
    ),
    (
        "variation bounded by itself",
        varying(
            (9, claimed(at_least(0, X_rate + X_rate), 2, 3)),
            (10, claimed(at_least(0, X_rate - X_rate), 2, 3)),
            (11, assume(at_least(X, 0), "sign")),
            (12, varied(control=X)),
        ),
        "another scalar",
    ),
    ("variation bounded by a function", varying((12, varied(control=f(g)))), "another scalar"),
    ("variation at one index", varying((12, varied(value=f(c)))), "distinct bare"),
    ("variation from above", varying((9, claimed(at_least(0, Y_rate - X_rate), 2, 3))), "same"),
    ("variation from below", varying((10, claimed(at_least(0, Y_rate + X_rate), 2, 3))), "same"),
    ("variation the other way", varying((9, claimed(at_least(Y_rate + X_rate, 0), 2, 3))), "same"),
    ("variation by an equation", varying((9, claimed(equal(0, Y_rate + X_rate), 2, 3))), "between the rates"),
    ("variation with a bound that falls for ever", varying((11, assume(at_least(Y, X), "sign"))), "u >= 0"),
    (
        "variation without derivatives",
        varying((9, claimed(at_least(0, Y_rate + X_rate)))),
        "derivative in time",
    ),
    (
        "variation with one derivative",
        varying((10, claimed(at_least(0, Y_rate - X_rate), 3))),
        "derivative in time",
    ),
    (
        "variation along another direction",
        varying(
            (2, differentiate(X_rate, x, {"x": ((), x), "y": ((), y_rate)})),
            (3, differentiate(Y_rate, y_rate, {"x": ((), x), "y": ((), y_rate)}, source=1)),
        ),
        "derivative in time",
    ),
    (
        "variation along two flows",
        varying((3, differentiate(Y_rate, y_rate, {"y": ((), y_rate)}, source=1))),
        "same flow",
    ),
    ("variation that is not late", varying((4, assume(at_least(3, u), "late", NOW))), "all times"),
    ("variation late at a moving time", varying((4, assume(at_least(u, w), "late", NOW))), "all times"),
    ("variation for ever late", varying((12, varied(9, 10, 11, 7, 8))), "all times"),
    ("variation close to nothing", varying((12, varied(9, 10, 11, 6, 8))), "all times"),
    ("variation close to what is not positive", varying((12, varied(9, 10, 11, 6, 7))), "all times"),
    ("variation with a late bound", varying((11, claimed(at_least(Y, 0), 4))), "all times"),
    (
        "variation below, for now",
        varying(
            (8, assume(equal(x, 1), "now", NOW)),
            (10, claimed(at_least(0, Y_rate - X_rate), 2, 3, 8)),
            (12, varied(9, 10, 11, 6, 7)),
            (5, assume(at_least(u, 1), "close", NOW)),
        ),
        "all times",
    ),
    ("variation with a limit for now", varying((6, assume(Relation(u, "->oo"), "escape", NOW))), "all times"),
    (
        "what converges as a number",
        [assume(Relation(x, "converges")), combine(equal(x, 0), (1, 0))],
        "does not follow",
    ),
]


F_rate = Function("f'", ("G",))
FALLING = Relation(x, "nonincreasing")


def bounded(*changes: tuple[int, Line]) -> list[Line]:
    """x never grows, so it stays below K; and under that y never falls."""
    lines = [
        assume(at_least(0, x_rate), "falls"),
        rule("classical: mean value theorem", FALLING, 0, value=x),
        assume(greater(K, x), "bound", "open"),
        assume(at_least(y_rate, 0), "rises"),
        combine(at_least(y_rate, 0), (1, 3), (0, 2)),
        rule("classical: mean value theorem", Relation(y, "nondecreasing"), 4, 1, value=y),
    ]
    for place, line in changes:
        lines[place] = line
    return lines


def kept_by(said: Relation, assumed: Relation, kind: str = "open") -> list[Line]:
    lines = (1, assume(said, "said")), (2, assume(assumed, "bound", kind))
    return bounded(*lines, (4, claimed(at_least(y_rate, 0), 3, 2)))


BOUNDS: list[tuple[str, list[Line], str]] = [
    ("never growing by what rises", bounded((0, assume(at_least(x_rate, 0), "falls"))), "not what the rule"),
    ("never growing by an equation", bounded((0, assume(equal(0, x_rate), "falls"))), "is needed"),
    ("never growing by a bound", bounded((0, assume(at_least(1, x_rate), "falls"))), "is needed"),
    ("never growing by another", bounded((0, assume(at_least(0, y_rate), "falls"))), "the rate"),
    ("kept below by what falls", kept_by(FALLING, greater(x, K)), "all times"),
    ("kept above by what rises", kept_by(Relation(x, "nondecreasing"), greater(K, x)), "all times"),
    ("kept below a moving bound", kept_by(FALLING, greater(w, x)), "all times"),
    ("kept below at one index", kept_by(FALLING, greater(K, x).where(g)), "all times"),
    ("kept below a bound at an index", kept_by(FALLING, greater(delta(g), x)), "all times"),
    ("kept equal", kept_by(FALLING, equal(K, x)), "all times"),
    ("kept different", kept_by(FALLING, different(K, x)), "all times"),
    ("kept by another", kept_by(FALLING, greater(K, w)), "all times"),
    ("kept by what falls at an index", kept_by(FALLING.where(g), greater(K, x)), "all times"),
    ("kept by what lasts", kept_by(lasting(x), greater(K, x)), "all times"),
    ("kept for now", kept_by(FALLING, greater(K, x), NOW), "all times"),
]


def held(*changes: tuple[int, Line]) -> list[Line]:
    """x' >= w x with a constant w > 0 drives X = x to infinity."""
    lines = [
        X_IS,
        differentiate(X_rate, x_rate, MOVES, constants=["w"]),
        assume(at_least(x_rate, w * x), "flow"),
        assume(greater(x, 0), "positive"),
        assume(greater(w, 0), "weight"),
        assume(lasting(x), "lasts"),
        combine(at_least(X_rate, w * X), (1, 1), (1, 2), unfold=[0]),
        combine(greater(X, 0), (1, 3), unfold=[0]),
        to_infinity(4, 5),
    ]
    for place, line in changes:
        lines[place] = line
    return lines


def to_infinity(*along: int, rate: int = 6) -> Line:
    kept = [P(n) for n in along]
    conclusion = Relation(X, "->oo")
    return rule("classical: comparison", conclusion, rate, 7, variable=X, prime=X_rate, along=kept)


CONSTANTS: list[tuple[str, list[Line], str]] = [
    ("a constant that is not said to be positive", held((8, to_infinity(5))), "phi"),
    ("a constant that may be 0", held((4, assume(at_least(w, 0), "weight"))), "phi"),
    ("a constant that moves", held((1, X_DOT)), "phi"),
    ("a constant for now", held((4, assume(greater(w, 0), "weight", NOW))), "all times"),
    (
        "what moves as a constant",
        held(
            (1, differentiate(X_rate, x_rate, MOVES | {"w": ((), w_rate)})),
            (5, assume(lasting(x), "lasts")),
        ),
        "phi",
    ),
    (
        "a constant of another direction",
        [
            *held()[:8],
            define(Y, x),
            differentiate(Y_rate, u, {"x": ((), u)}, source=8, constants=["u", "y"]),
            claimed(at_least(X_rate, y * X), 6, 9),
            assume(greater(y, 0), "other"),
            to_infinity(4, 5, 11, rate=10),
        ],
        "phi",
    ),
]


def turning(*changes: tuple[int, Line]) -> list[Line]:
    """x' = y, y' = -x: X = x^2 + y^2 does not even grow."""
    rates = {"x": ((), x_rate), "y": ((), y_rate)}
    lines = [
        define(X, x * x + y * y),
        differentiate(X_rate, 2 * x * x_rate + 2 * y * y_rate, rates),
        assume(equal(x_rate, y), "flow-x"),
        assume(equal(y_rate, -x), "flow-y"),
        combine(equal(1, 1)),
        rule("square", at_least(x * x, 0), value=x, even=[], unfold=[]),
        rule("square", at_least(y * y, 0), value=y, even=[], unfold=[]),
        combine(at_least(X, X_rate), (1, 5), (1, 6), (1, 0), (-1, 1), (-2 * x, 2), (-2 * y, 3)),
        forever(),
    ]
    for place, line in changes:
        lines[place] = line
    return lines


def forever(*premises: int, flow: Sequence[int] = (2, 3), smooth: Sequence[int] = (), **given: Any) -> Line:
    arguments = {"value": x, "factor": Num(Fraction(1)), **given}
    lists = {"flow": [P(n) for n in flow], "smooth": [P(n) for n in smooth]}
    conclusion = lasting(arguments["value"])
    return rule("classical: bounded growth", conclusion, *(premises or (0, 7)), **arguments, **lists)


def pushed(field_of_x: Term, *more: Line, smooth: Sequence[int] = ()) -> list[Line]:
    """The same with another field, and a growth that is only claimed."""
    lines = turning((2, assume(equal(x_rate, field_of_x), "flow-x")), (7, claimed(at_least(X, X_rate), 1)))
    return [*lines[:8], *more, forever(smooth=smooth)]


MORE = {"x": ((), x_rate), "y": ((), y_rate), "w": ((), w_rate)}
K_rate = Sym("K'")
TURNS: list[tuple[str, list[Line], str]] = [
    (
        "growth of what is not defined so",
        turning(
            (0, define(X, x)),
            (1, differentiate(X_rate, x_rate, {"x": ((), x_rate), "y": ((), y_rate)})),
            (4, claimed(equal(X, x * x + y * y))),
            (7, claimed(at_least(X, X_rate), 1)),
            (8, forever(4, 7)),
        ),
        "definition",
    ),
    ("growth by a claim", turning((8, forever(4, 7))), "definition"),
    (
        "growth of a function",
        turning((0, define(f(g), x * x)), (1, combine(equal(1, 1))), (7, combine(equal(1, 1)))),
        "definition",
    ),
    (
        "growth at a moving pace",
        turning((7, claimed(at_least(w * X, X_rate), 1)), (8, forever(factor=w))),
        "numbers and orders",
    ),
    (
        "growth at an index",
        turning((7, claimed(at_least(delta(g) * X, X_rate), 1)), (8, forever(factor=delta(g)))),
        "numbers and orders",
    ),
    ("growth for now", turning((3, assume(equal(y_rate, -x), "flow-y", NOW))), "all times"),
    (
        "growth that is bounded for now",
        turning((4, assume(equal(w, 1), "now", NOW)), (7, claimed(at_least(X, X_rate), 1, 4))),
        "all times",
    ),
    (
        "a field that is smooth where a number is positive",
        pushed(y / x, assume(greater(x, 0), "positive"), smooth=[8]),
        "whatever is assumed",
    ),
    ("a field with a pole", pushed(y / x), "denominator"),
    ("a field with a corner", pushed(sqrt(x)), "singular"),
    ("a field with a parameter", pushed(y + w), "made of the components"),
    ("one family twice", turning((8, forever(flow=(2, 2)))), "each family"),
    ("another family", turning((8, forever(value=w))), "each family"),
    ("one family only", turning((8, forever(flow=(2,)))), "same"),
    (
        "the sum of some squares",
        turning(
            (0, define(X, x * x)),
            (1, differentiate(X_rate, 2 * x * x_rate, {"x": ((), x_rate), "y": ((), y_rate)})),
            (7, claimed(at_least(X, X_rate), 1)),
        ),
        "same",
    ),
    ("growth by an equation", turning((7, claimed(equal(X, X_rate), 1))), "is needed"),
    ("growth at one index only", turning((7, claimed(at_least(X, X_rate).where(g), 1))), "is needed"),
    ("growth faster", turning((7, claimed(at_least(2 * X, X_rate), 1))), "same"),
    ("growth without a rate", turning((7, claimed(at_least(X, X_rate)))), "rate of D"),
    (
        "growth never differentiated",
        turning((1, combine(equal(1, 1))), (7, claimed(at_least(X, X_rate)))),
        "rate of D",
    ),
    (
        "growth along another direction",
        turning(
            (1, differentiate(X_rate, 2 * x * y + 2 * y * y_rate, {"x": ((), y), "y": ((), y_rate)})),
            (7, claimed(at_least(X, X_rate), 1)),
        ),
        "rate of D",
    ),
    (
        "growth along more rates",
        turning(
            (1, differentiate(X_rate, 2 * x * x_rate + 2 * y * y_rate, MORE)),
            (7, claimed(at_least(X, X_rate), 1)),
        ),
        "other rates",
    ),
    (
        "a flow that is an inequality",
        turning((2, assume(at_least(x_rate, y), "flow-x")), (7, claimed(at_least(X, X_rate), 1))),
        "x' = F",
    ),
    (
        "a flow at an index",
        turning((2, assume(equal(x_rate, y).where(g), "flow-x")), (7, claimed(at_least(X, X_rate), 1))),
        "x' = F",
    ),
    (
        "a flow of something",
        turning((2, assume(equal(x, y), "flow-x")), (7, claimed(at_least(X, X_rate), 1))),
        "x' = F",
    ),
    (
        "a flow of one component",
        turning((4, assume(equal(F_rate(c), y), "flow-f")), (8, forever(flow=(2, 3, 4)))),
        "distinct bare",
    ),
    (
        "a flow of the order of a group",
        [
            define(X, K * K + y * y),
            differentiate(X_rate, 2 * y * y_rate, {"K": ((), K_rate), "y": ((), y_rate)}),
            assume(equal(K_rate, y), "flow-K"),
            assume(equal(y_rate, -K), "flow-y"),
            claimed(at_least(X, X_rate), 1),
            forever(0, 4, value=K),
        ],
        "real symbol",
    ),
    (
        "a flow that is defined",
        [
            define(x_rate, y),
            turning()[0],
            replace(turning()[1], premises=[1]),
            assume(equal(y_rate, -x), "flow-y"),
            claimed(at_least(X, X_rate), 1, 2),
            forever(1, 4, flow=(0, 3)),
        ],
        "primitive",
    ),
]


def sinking_slowly(*changes: tuple[int, Line]) -> list[Line]:
    """x' >= -c x with c = w + 1/exp(y): x stays positive, and y' >= 0 for that."""
    lines = [
        define(u, exp(y)),
        rule("exp is positive", greater(exp(y), 0), value=y),
        combine(greater(u, 0), (1, 1), (1, 0)),
        assume(at_least(x_rate, -1 * x * (w + 1 / u)), "slow"),
        assume(greater(x, 0), "positive", "open"),
        stays(),
        assume(at_least(y_rate, 0), "rises"),
        combine(at_least(y_rate, 0), (1, 6), (0, 4)),
        rule("classical: mean value theorem", Relation(y, "nondecreasing"), 7, 5, value=y),
    ]
    for place, line in changes:
        lines[place] = line
    return lines


def stays(*premises: int, smooth: Sequence[int] = (0, 2), along: Sequence[int] = (), **given: Any) -> Line:
    arguments = {"value": x, "factor": w + 1 / u, **given}
    lists = {"smooth": [P(n) for n in smooth], "along": [P(n) for n in along]}
    conclusion = Relation(arguments["value"], "stays positive")
    return rule("classical: linear inequality", conclusion, *(premises or (3,)), **arguments, **lists)


SLOW: list[tuple[str, list[Line], str]] = [
    (
        "positive by an equation",
        sinking_slowly((3, assume(equal(x_rate, -1 * x * (w + 1 / u)), "slow"))),
        "is needed",
    ),
    ("positive at another pace", sinking_slowly((5, stays(factor=w))), "same"),
    ("positive at a pace with a pole", sinking_slowly((5, stays(smooth=(0,)))), "denominator"),
    (
        "positive at a pace with a corner",
        sinking_slowly((3, assume(at_least(x_rate, -1 * x * sqrt(x)), "slow")), (5, stays(factor=sqrt(x)))),
        "singular",
    ),
    (
        "positive at a defined rate",
        [
            define(x_rate, -1 * x),
            combine(at_least(x_rate, -1 * x), (1, 0)),
            stays(1, smooth=(), factor=Num(Fraction(1))),
        ],
        "rate",
    ),
    (
        "positive at a rate of something defined",
        [
            define(x, y),
            assume(at_least(x_rate, -1 * x)),
            combine(at_least(x_rate, -1 * x), (1, 1), (0, 0)),
            stays(2, smooth=(), factor=Num(Fraction(1))),
        ],
        "primitive",
    ),
    (
        "positive with a pace that is defined",
        [
            define(w, sqrt(y)),
            define(X, x),
            differentiate(X_rate, x_rate, MOVES, source=1),
            claimed(at_least(X_rate, -1 * w * X), 0, 2),
            stays(3, smooth=(), value=X, factor=w),
        ],
        "singular",
    ),
    (
        "positive for now",
        sinking_slowly((3, assume(at_least(x_rate, -1 * x * (w + 1 / u)), "slow", NOW))),
        "all times",
    ),
    (
        "positive while it is",
        sinking_slowly(
            (3, assume(at_least(x_rate, -1 * x * (w + 1 / u)), "slow")),
            (4, assume(greater(x, 1), "positive", "open")),
        ),
        "all times",
    ),
    (
        "positive only if it is",
        [
            assume(greater(x, 0), "positive", "open"),
            assume(at_least(x_rate, -1 * x), "slow"),
            combine(at_least(x_rate, -1 * x), (1, 1), (0, 0)),
            stays(2, smooth=(), factor=Num(Fraction(1))),
        ],
        "all times",
    ),
]


GROUPS = (
    *(SIMPLE, RULES, COMPARISONS, DECAYS, MATRICES, EXTREMES, SETTLING, VARIATIONS),
    *(BOUNDS, CONSTANTS, TURNS, SLOW),
)


def forged_derivations() -> list[tuple[str, Any, str]]:
    """``(name, derivation, part of the reason)``."""
    along = k.derivative(k.define(Y, x * x), Sym("Y_1"), {"x": ((), w)})
    moving = {"along": along, "x": k.define(x, u * u), "rate": k.hypothesis("rises", greater(x_rate, 0))}
    direction = ("a direction of what another goal defines", record(moving), "defined for one goal")
    together = [(name, record(theorems), reason) for name, theorems, reason in stated_together()]
    steps = [(name, written(*lines), reason) for group in GROUPS for name, lines, reason in group]
    return [*steps, *RAW, *together, direction]


PHI, PHI_T = blocks.letter("Phi"), blocks.letter("Phi'")


def _block(*sides: Any, known: Sequence[int] = (), **changes: Any) -> dict[str, Any]:
    lines = [{"equation": [_matrix(left), _matrix(right)], "known": list(known)} for left, right in sides]
    return {"format": 1, "inductions": lines, "goals": [0], **changes}


def _matrix(value: Any) -> Any:
    return _written(value) if isinstance(value, blocks.Matrix) else value


def forged_inductions() -> list[tuple[str, Any, str]]:
    """``(name, inductions, part of the reason)``."""
    c_v, d_v, one = blocks.letter("C", "v"), blocks.letter("D", "v"), blocks.identity()
    true = _block((PHI * PHI, blocks.identity(1, 1)))
    rows = true["inductions"]
    return [
        ("no inductions", [], "fields"),
        ("another format", {**true, "format": 2}, "format"),
        ("no goals", {**true, "goals": []}, "goals"),
        ("a goal ahead", {**true, "goals": [1]}, "goal"),
        ("an induction that is a list", {**true, "inductions": [[]]}, "equation"),
        ("too many inductions", {**true, "inductions": rows * 201}, "more than"),
        ("itself as known", {**true, "inductions": [{**rows[0], "known": [0]}]}, "known"),
        ("wrong at m = 0", _block((PHI * PHI, blocks.identity(2, 1))), "m = 0"),
        ("C is D", _block((c_v, d_v)), "reduce"),
        ("Phi is I", _block((PHI, one)), "reduce"),
        ("no power of K", _block((PHI * PHI, one)), "reduce"),
        ("too much K", _block((PHI * PHI, blocks.identity(1, 2))), "reduce"),
        ("commuting", _block((PHI * d_v, d_v * PHI)), "reduce"),
        ("two vectors", _block((c_v * PHI, PHI * blocks.letter("D", "w"))), "m = 0"),
        ("C C is D D", _block((d_v * d_v, c_v * c_v)), "reduce"),
        (
            "a half for the whole",
            _block((c_v * blocks.letter("D", "v0"), blocks.letter("C", "v0") * d_v)),
            "",
        ),
        ("two words on the left", _block((PHI + PHI_T, blocks.identity(2))), "one word"),
        ("twice a word on the left", _block((PHI * PHI + PHI * PHI, blocks.identity(1, 1))), "one word"),
        ("nothing on the left", _block((one, one)), "one word"),
        ("K on the left", _block((blocks.identity(1, 1) * PHI * PHI, blocks.identity(1, 1))), "one word"),
        ("without end", _block((PHI, PHI * PHI)), ""),
        ("an unknown letter", _block(([["1", 0, [["E", ""], ["E", ""]]]], blocks.identity(1, 1))), "letter"),
        ("Phi of a vector", _block(([["1", 0, [["Phi", "v"]]]], one)), "letter"),
        ("C of nothing", _block(([["1", 0, [["C", ""]]]], one)), "letter"),
        ("a long word", _block(([["1", 0, [["Phi", ""]] * 14]], blocks.identity(1, 7))), "letters"),
        ("a high power", _block((PHI * PHI, [["1", 10**6, []]])), "power"),
        ("a power in words", _block((PHI * PHI, [["1", "1", []]])), "power"),
        ("many words", _block((PHI * PHI, [["1", 1, []], *([["0", 0, []]] * 100)])), "words"),
    ]


def _written(value: blocks.Matrix) -> list[Any]:
    return [
        [str(factor), power, [list(letter) for letter in word]]
        for (power, word), factor in sorted(value.words.items())
    ]


def small_inductions() -> dict[str, Any]:
    """True inductions that together use every line of their checker."""
    c_v, d_v = blocks.letter("C", "v"), blocks.letter("D", "v")
    square = blocks.prove(blocks.Equation(PHI * PHI, blocks.identity(1, 1)))
    transpose = blocks.prove(blocks.Equation(PHI_T, PHI))
    vectors = blocks.prove(blocks.Equation(c_v * PHI, PHI * d_v))
    both = blocks.prove(blocks.Equation(PHI_T * PHI, blocks.identity(1, 1)), [transpose, square])
    return {"blocks": record_inductions([square, transpose, vectors, both])}


MANY_PLACES = f(g) + f(h) + f(i) + f(v)  # more indices than the checker renames in turn


def logarithmic_rate(body: Term, positive: Term) -> Any:
    """A derivative that needs ``positive`` > 0, along f' = f_1."""
    rest = sorted(free_variables(body), key=str)
    value, slope = (
        Function(name, ("G",) * len(rest))(*rest) if rest else Sym(name) for name in ("y_1", "y_2")
    )
    fact = k.hypothesis("positive", greater(positive, 0))
    rates = {"f": ((g,), f_1(g))}
    return k.derivative(k.define(value, body), slope, rates, regular=[fact])


def small_derivations() -> dict[str, Any]:
    """True derivations that use what no claim of the book needs."""
    positive = k.hypothesis("positive", greater(x, 0))
    square_y = k.hypothesis("square", equal(x * x, y))
    proofs = {
        "logarithmic mean": logarithmic_mean(x, y),
        "tangent": k.exp_tangent(x),
        "agreement of exp": agree_where(k.hypothesis("agree", equal(w * (x - y), 0)), w, x, y, "exp"),
        "agreement of reciprocals": agree_where(
            k.hypothesis("agree", equal(w * (x - y), 0)), w, x, y, "reciprocal"
        ),
        "root": k.root(positive, square_y),
        "log of a product": k.log_product(positive, positive),
        "antisymmetry": k.antisymmetric(
            k.hypothesis("up", at_least(x, y)), k.hypothesis("down", at_least(y, x))
        ),
        "exp of a logarithm": k.exp_log(positive),
        "factor": k.nonzero_factor(k.hypothesis("product", different(x * y, 0)), x),
        "square": k.square_zero(k.hypothesis("square", equal(x * x, 0)), x),
        "roots": k.linear(equal(sqrt(x) * sqrt(x) * w, x * w), (w, k.root_square(positive)), (0, square_y)),
        "root of any number": k.root_nonnegative(x),
        "one term": k.one_of_sum(k.hypothesis("terms", at_least(f(g), 0).where(g)), g, nonzero=True),
        "delta": k.delta_at_most_one(g),
        "largest off 0": k.maximum_nonzero(f(g), g, k.hypothesis("classes", TWO_CLASSES))[0],
        "its place": k.maximum_nonzero(f(g), g, k.hypothesis("classes", TWO_CLASSES))[1],
        "exp of an equation": k.congruent_exp(square_y),
        "rate at another place": logarithmic_rate(log(f(g + h)), f(g)),
        "rate of many indices": logarithmic_rate(log(MANY_PLACES), MANY_PLACES),
        "rate below a sum": logarithmic_rate(
            total(g, log(total(h, f(g + h) * f(g - h)))), total(h, f(g + h) * f(g - h))
        ),
        "exp of an inequality": k.exp_monotone(k.hypothesis("more", at_least(x, y))),
    }
    steps = {
        "prose": [Line("prose", [], equal(x, 1), {"text": "obviously"})],
        "escape": unbounded(),
        "decay": decaying(),
        "extremes": extremes(),
        "one over 0": [combine(equal(1 / (x - x), 0))],
        "exp 0": [combine(equal(exp(x - x), 1))],
        "cancelled off 0": [
            assume(different(f(g), 0).where(g)),
            combine(equal(total_nonzero(g, f(g) / f(g)), K - 1), nonzero=[0]),
        ],
        "inequation": [assume(different(x, 0)), combine(different(-2 * x, 0), (-2, 0))],
        "escape by powers": comparison(
            Pow(K, Fraction(1, 2)) * X**2 + exp(X * K ** Fraction(-1)) + exp(X**2)
        ),
        "late decay": decaying((7, LATE)),
        "decay above the level": decaying((7, assume(at_least(X, w), "above", NOW))),
        "kernel": unit_in_kernel(),
        "one vector of a kernel": [
            *unit_in_kernel()[:3],
            replace(unit_in_kernel(part="kernel")[3], conclusion=equal(total(g, M(r, g) * KERNEL(g)), 0)),
        ],
        "norm": [
            rule("classical: singular values", relation, matrix=M(r, g), rows=[r], part=part)
            for part, relation in {
                "nonnegative": at_least(SIGMA, 0),
                "unit left": equal(total(r, LEFT(r) * LEFT(r)), 1),
                "unit right": equal(total(g, RIGHT(g) * RIGHT(g)), 1),
                "forward": equal(total(g, M(r, g) * RIGHT(g)), SIGMA * LEFT(r)),
                "backward": equal(total(r, M(r, g) * LEFT(r)), SIGMA * RIGHT(g)),
            }.items()
        ],
        "bound": [
            rule(
                "classical: spectral norm",
                at_least(
                    SIGMA * SIGMA * total(r, VECTOR(r) * VECTOR(r)),
                    total(g, total(r, VECTOR(r) * M(r, g)) * total(r, VECTOR(r) * M(r, g))),
                ),
                matrix=M(r, g),
                rows=[r],
                vector=VECTOR(r),
            )
        ],
        "cases": [
            assume(greater(x, y), "p", NOW),
            assume(at_least(y, x), "q", NOW),
            combine(at_least(w, w), (0, 0)),
            combine(at_least(w, w), (0, 1)),
            rule("dichotomy", at_least(w, w), 2, 3, names=["p", "q"]),
        ],
        "contradiction": [assume(greater(x, x)), rule("a contradiction", equal(y, 0), 0)],
        "everywhere": [
            assume(equal(f(g), 0).where(g)),
            assume(equal(f(G0), 0), "k"),
            rule("zero or not", equal(f(g), 0), 0, 1, var=g),
        ],
        "condition": [
            assume(equal(f(c), 0).where(c)),
            assume(equal(delta(c), 0), "k"),
            rule("condition holds", equal(f(c), 0), 0, 1),
        ],
        "lemma": [
            assume(equal(y, 1), "h", NOW),
            assume(equal(x * x, 1), "k"),
            combine(equal(f(c) * y, f(c)), (f(c), 0)),
            rule(
                "instance of a lemma",
                equal(f(c_2) * (x * x), f(c_2)),
                2,
                scalars={y: x * x},
                indices={c: index(c_2)},
                given={"h": P(1)},
            ),
        ],
        "squeezed": [
            assume(Relation(x, "->0")),
            assume(at_least(K * x, y * y), "k"),
            rule("classical: squeezed by a vanishing function", Relation(y, "->0"), 0, 1, value=y),
        ],
        "kept below": bounded(),
        "kept at most": kept_by(FALLING, at_least(K, x)),
        "kept above": kept_by(Relation(x, "nondecreasing"), greater(x, K)),
        "comparison with a constant": held(),
        "bounded growth": turning(),
        "bounded growth of a family": [
            define(X, total(g, f(g) * f(g))),
            differentiate(X_rate, total(g, 2 * f(g) * F_rate(g)), {"f": ((g,), F_rate(g))}),
            assume(equal(F_rate(g), f(g) / K), "flow"),
            claimed(at_least(K * X, X_rate), 1),
            forever(0, 3, flow=(2,), value=f(g), factor=K),
        ],
        "staying positive": sinking_slowly(),
        "staying nonnegative": sinking_slowly((4, assume(at_least(x, 0), "positive", "open"))),
        "settling": settling(),
        "settling above a square": settling((5, assume(at_least(X, w * w), "above", NOW)), (11, sinking(5))),
        "settling strictly": settling(
            (13, assume(greater(X, 0), "sign")),
            (9, assume(greater(Y_rate, 0), "growing")),
            (11, sinking(5, 6)),
        ),
        "variation": varying(),
        "variation with a positive bound": varying((11, assume(greater(Y, 0), "sign"))),
        "never falling": [
            assume(ALWAYS),
            rule("classical: mean value theorem", Relation(x, "nondecreasing"), 0, value=x),
        ],
        "parabola": [
            assume(at_least(x, Num(Fraction(1, 2)))),
            rule("log is above a parabola", at_least(log(x), (x - 1) - (x - 1) * (x - 1)), 0),
        ],
        "order of squares": [
            assume(at_least(y, 0)),
            assume(at_least(y * y, x * x), "k"),
            rule("order of squares", at_least(y, x), 0, 1, smaller=x),
        ],
        "sign with a denominator": [
            define(u, 1 / y + exp(w)),
            assume(equal(x_rate, x * (1 / y + exp(w)))),
            combine(equal(x_rate, x * u), (1, 1), unfold=[0]),
            assume(greater(y, 0), "k"),
            rule("classical: linear equation", keeps(x), 2, value=x, factor=u, smooth=[P(3)]),
        ],
    }
    derivations = {name: record({"goal": known}) for name, known in proofs.items()}
    return derivations | {name: written(*lines) for name, lines in steps.items()}
