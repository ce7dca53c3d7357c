"""Each kind of body: what it earns, and the changes that it must not survive."""

from __future__ import annotations

import json
from copy import deepcopy
from fractions import Fraction
from typing import Any

import pytest

from ncverify.derive.kernel import Definition, at_least, equal, greater
from ncverify.derive.terms import Function, Index, Sym, Var, chi, total_nonzero
from ncverify.evidence import bodies
from ncverify.replay.errors import Rejected
from ncverify.replay.expressions import Table
from ncverify.replay.kinds import check_body
from ncverify.theory.expr import Expr, number, sqrt, symbol, to_json
from ncverify.theory.parser import parse

x, y = symbol("x"), symbol("y")


def e(text: str) -> Expr:
    return parse(text)


def earned(body: Any) -> str:
    return check_body(json.loads(json.dumps(body))).outcome


def rejected(body: Any, message: str = "") -> None:
    with pytest.raises(Rejected, match=message):
        check_body(json.loads(json.dumps(body)))


def but(body: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**deepcopy(body), **changes}


def test_identity() -> None:
    body = bodies.identity([(e("exp(2*x)"), e("exp(x)**2")), (e("1/x"), e("x**(-1)"))])
    assert earned(body) == "proved"
    rejected(bodies.identity([(e("exp(2*x)"), e("exp(x)"))]), "identity 1 are not equal")
    rejected(but(body, pairs=[]), "pairs")
    rejected(but(body, more=1), "unknown field")


def test_identity_under_assumptions() -> None:
    body = bodies.identity(
        [(e("x*z"), e("(y + 1)*z"))], [(x, "==", y + 1), (symbol("z"), ">", y)], {"y": 0, "z": 1}
    )
    assert earned(body) == "proved"
    rejected(but(body, inside={"y": "1", "z": "1"}), "no point inside")
    rejected(but(body, inside={}), "no point inside")
    rejected(but(body, assume=[]), "not equal")
    contradictory = bodies.identity([(x, x)], [(x, ">", 1), (x, "<", 0)], {"x": 2})
    rejected(contradictory, "no point inside")


@pytest.mark.parametrize(
    "nowhere", ["sqrt(-1 - x**2)", "1/(exp(1/(1+x) + x/(1+x)) - exp(1))", "log(-exp(x))"]
)
def test_an_identity_that_is_defined_nowhere_says_nothing(nowhere: str) -> None:
    rejected(bodies.identity([(e(nowhere), e(nowhere))]), "no point inside|0 everywhere")


def test_nonnegative() -> None:
    body = bodies.nonnegative((x * x + y * y, ">=", 2 * x * y), [[(x - y) ** 2]])
    assert earned(body) == "proved"
    rejected(bodies.nonnegative((x * x + y * y, ">", 2 * x * y), [[(x - y) ** 2]]), "visibly positive")
    rejected(bodies.nonnegative((x * x, ">=", x), [[x * x], [-x]]), "not visibly nonnegative")
    rejected(bodies.nonnegative((x * x + 1, ">=", 2 * x), [[(x + 1) ** 2]]), "not the sum of the parts")
    assert earned(bodies.nonnegative((x * x + 1, ">", 0), [[x**2], [number(1)]])) == "proved"
    # u > v >= 0 gives u^2 > v^2 through (u - v) u + (u - v) v
    assumed = [(x, ">", y), (y, ">=", 0), (x, ">", 0)]
    assert earned(bodies.nonnegative((x * x, ">", y * y), [[0, 2], [0, 1]], assumed)) == "proved"
    rejected(bodies.nonnegative((x * x, ">", y * y), [[0, 2], [0, 3]], assumed), "no assumption 3")


def test_parts_that_are_undefined_somewhere_prove_nothing_there() -> None:
    # 0 >= 0 - 0 would be "shown" off 0 only
    body = bodies.nonnegative((x, ">=", x), [[(1 / x) ** 2, number(0)]])
    rejected(body, "may be undefined")


def test_witness() -> None:
    body = bodies.witness((e("exp(x)"), "<=", e("1 + x")), {"x": 1}, 64)
    assert earned(body) == "refuted"
    rejected(but(body, at={"x": "0"}), "not certainly fail")
    rejected(but(body, at={}), "value to each variable")
    rejected(but(body, at={"x": "1", "y": "1"}), "value to each variable")
    rejected(but(body, at={"x": "2/2"}), "lowest terms")
    rejected(but(body, at={"x": 1}), "not a rational number")
    outside = bodies.witness((x, ">", 0), {"x": -1}, 64, [(x, ">", -1)])
    rejected(outside, "not certainly fail")
    undefined = bodies.witness((e("log(x)"), ">", 0), {"x": -1}, 64)
    rejected(undefined, "not certainly fail")


def test_an_equation_among_the_assumptions_is_inserted() -> None:
    body = bodies.witness((x, ">", 2), {"y": 0}, 64, [(x, "==", y + 1)])
    assert earned(body) == "refuted"
    rejected(but(body, at={"x": "1"}), "value to each variable")
    circle = bodies.witness((x, ">", 2), {"y": 0}, 64, [(x, "==", y + 1), (y, "==", x)])
    rejected(circle, "circle")


def test_point() -> None:
    facts = [
        bodies.relation((e("exp(x)"), ">", 2)),
        bodies.definite([[2, x], [x, 2]], positive=True),
        bodies.any_of([bodies.relation((x, "<", 0)), bodies.relation((x, ">", 0))]),
    ]
    body = bodies.point(facts, {"x": 1}, 64)
    assert earned(body) == "certified"
    rejected(but(body, at={"x": "2"}), "fact 2")
    rejected(but(body, at={"x": "-1"}), "fact 1")
    rejected(
        bodies.point([bodies.definite([[1, x], [y, 1]], positive=True)], {"x": 0, "y": 0}, 64), "symmetric"
    )
    rejected(bodies.point([bodies.definite([[1, 1], [1, 1]], positive=True)], {}, 64), "fact 1")
    rejected(bodies.point([bodies.definite([[1, 0], [0, -1]], positive=False)], {}, 64), "fact 1")


def test_equality_of_balls_is_not_equality_of_numbers() -> None:
    close = bodies.point([bodies.relation((e("sqrt(2)**2"), "==", 2))], {}, 64)
    rejected(close, "fact 1")


def rate(quantity: Any, sign: str = "+", **at: Any) -> dict[str, Any]:
    """Along x' = y, y' = -x."""
    point = {"x": 1, "y": 1, **at}
    return bodies.rate(quantity, {"x": y, "y": -x}, point, grows=sign == "+", bits=64)


def test_rate() -> None:
    assert earned(rate(to_json(x))) == "certified"
    assert earned(rate(to_json(y), "-")) == "certified"
    rejected(rate(to_json(y)), "stated sign")
    rejected(rate(to_json(x * x + y * y)), "stated sign")
    falls = bodies.rate(to_json(x), {"x": y, "y": -x}, {"x": 1, "y": 1}, grows=True, claimed=False, bits=64)
    assert earned(falls) == "refuted"


def test_the_rate_of_a_maximum_is_that_of_the_operands_that_attain_it() -> None:
    both = ["max", to_json(x), to_json(y)]
    assert earned(rate(both)) == "certified"  # at a tie to the right: the larger rate
    assert earned(rate(["min", to_json(x), to_json(y)], "-")) == "certified"
    assert earned(rate(both, "-", y=2)) == "certified"
    roots = ["max", to_json(sqrt(x + 1)), to_json(sqrt(y + 1))]
    rejected(rate(roots), "stated sign")  # not rational, and no ball tells which is larger


def test_a_witness_on_the_border_is_seen_exactly() -> None:
    third = {"x": Fraction(1, 3)}
    square_of = (x - Fraction(1, 3)) ** 2
    assert earned(bodies.witness((square_of, ">", 0), third, 64)) == "refuted"
    assert earned(bodies.witness((x, ">", 1), third, 64, [(square_of, "<=", 0)])) == "refuted"
    rejected(bodies.witness((square_of, ">=", 0), third, 64), "not certainly fail")
    rejected(bodies.witness((x, ">", 1), third, 64, [(square_of, "<", 0)]), "not certainly fail")


def definitions() -> tuple[Any, dict[str, Definition]]:
    """z(g) = sum_a s_a chi_a(g) / K, and the false statement that it is 0 for g != 0."""
    a, g = Var("a", "D"), Var("g", "G")
    s, z = Function("s", ("D",)), Function("z", ("G",))
    body = total_nonzero(a, s(a) * chi(a, g)) / Sym("K")
    return equal(z(g), 0).where(g), {"z": Definition((g,), body)}


def countermodel(group: tuple[int, ...], spectrum: list[int], element: int) -> dict[str, Any]:
    relation, defined = definitions()
    values = {"s": [Fraction(v) for v in spectrum]}
    return bodies.countermodel(relation, defined, group, values, {Var("g", "G"): element}, 64)


def test_countermodel() -> None:
    assert earned(countermodel((2, 2), [0, 1, 1, 1], 1)) == "refuted"
    assert earned(countermodel((3,), [0, 1, 1], 1)) == "refuted"
    rejected(countermodel((2, 2), [0, 1, 1, 1], 0), "does not speak of")
    rejected(countermodel((2, 2), [0, 0, 0, 0], 1), "not certainly fail")
    rejected(countermodel((3,), [0, 1, 2], 1), "not even")
    rejected(but(countermodel((2, 2), [0, 1, 1, 1], 1), definitions={}), "neither a value nor")


def test_a_countermodel_meets_definitions_and_assumptions() -> None:
    a = Var("a", "D")
    s, z = Function("s", ("D",)), Function("z", ("G",))
    false, defined = definitions()
    value = {"s": [Fraction(v) for v in (0, 1, 1)]}

    def model(*assume: Any) -> dict[str, Any]:
        return bodies.countermodel(false, defined, (3,), value, {Var("g", "G"): 1}, 64, assume)

    assert earned(model(greater(s(a), 0).where(a), equal(s(Index("D")), 0), at_least(s(a), 0))) == "refuted"
    for wrong in (greater(s(a), 0), at_least(s(a), 1), equal(s(a), 1), greater(z(Var("g", "G")), 0)):
        rejected(model(wrong), "not certainly fail")
    # z = 1 everywhere is not the z that is defined
    both = model()
    both["values"]["z"] = ["1", "1", "1"]
    rejected(both, "z has both a value and a definition")


def test_a_circular_definition_is_refused() -> None:
    body = countermodel((2, 2), [0, 1, 1, 1], 1)
    body["definitions"]["z"]["body"] = body["relation"]["lhs"]
    rejected(body, "circle")


SQUARE = {"x": (Fraction(-1), Fraction(1)), "y": (Fraction(-1), Fraction(1))}


def test_cover() -> None:
    body = bodies.cover(SQUARE, [bodies.relation((e("x*y + 2"), ">", 0))], [["direct"]], 64)
    assert earned(body) == "certified"
    tight = [bodies.relation((e("x*x - x*y + y*y + 1/10"), ">", 0))]
    rejected(bodies.cover(SQUARE, tight, [["direct"]], 64), "node 0")
    split: list[list[str]] = []

    def cut(depth: int) -> None:
        if depth == 0:
            split.append(["mean"])
            return
        split.append(["split", "xy"[depth % 2]])
        cut(depth - 1)
        cut(depth - 1)

    cut(8)
    assert earned(bodies.cover(SQUARE, tight, split, 64)) == "certified"
    rejected(bodies.cover(SQUARE, tight, split[:-1], 64), "ends before")
    rejected(bodies.cover(SQUARE, tight, [*split, ["mean"]], 64), "behind its end")
    rejected(but(body, box={"x": ["-1", "1"]}), "no ends for y")
    rejected(but(body, box={**body["box"], "y": ["1", "-1"]}), "empty")
    rejected(bodies.cover(SQUARE, tight, [["split", "x", "2"], *split], 64), "does not cut")


def test_cover_by_alternatives_and_faces() -> None:
    alternatives = [bodies.relation((x, ">", Fraction(-1, 4))), bodies.relation((x, "<", Fraction(1, 4)))]
    tree = [["split", "x"], ["direct"], ["direct"]]
    assert earned(bodies.cover({"x": (-1, 1)}, alternatives, tree, 64)) == "certified"
    rejected(bodies.cover({"x": (-1, 1)}, alternatives[:1], tree, 64), "node 1")
    # exp(x) - 1 - x/2 >= 0 on [0, 1] is tight at 0: it increases, and on the face it is exactly 0
    fact = [bodies.relation((e("exp(x)"), ">=", 1 + x / 2))]
    assert earned(bodies.cover({"x": (0, 1)}, fact, [["lower", "x"], ["direct"]], 64)) == "certified"
    rejected(bodies.cover({"x": (0, 1)}, fact, [["upper", "x"], ["direct"]], 64), "monotone")


def test_taylor_leaves() -> None:
    fact = [bodies.relation((e("1 - cos(x)"), "<=", x * x / 2 + Fraction(1, 100)))]
    box = {"x": (Fraction(-1, 8), Fraction(1, 8))}
    assert earned(bodies.cover(box, fact, [["taylor"]], 64)) == "certified"
    rejected(bodies.cover(box, fact, [["direct"]], 64), "node 0")


def zero(center: str = "1.41421356", radius: str = "1/1000") -> dict[str, Any]:
    return bodies.zero(
        [x * x - 2, x - y],
        {"x": Fraction(center), "y": Fraction(center)},
        {"x": Fraction(radius), "y": Fraction(radius)},
        64,
        [bodies.relation((x + y, ">", Fraction(28, 10)))],
    )


def test_zero() -> None:
    assert earned(zero()) == "certified"
    rejected(zero("1.5"), "mapped into itself")
    rejected(zero(radius="3"), "mapped into itself")
    rejected(but(zero(), radius=["0", "1"]), "not positive")
    rejected(but(zero(), facts=[bodies.relation((x, ">", 2))]), "fact does not hold")
    rejected(but(zero(), equations=zero()["equations"][:1]), "as many equations")
    double = bodies.zero([(x - 1) ** 2], {"x": Fraction(1)}, {"x": Fraction(1, 10)}, 64)
    rejected(double, "mapped into itself")


def record(**changes: Any) -> dict[str, Any]:
    body = {
        "kind": "record", "statement": "it holds", "digits": 50, "seed": 0, "tolerance": "1e-45",
        "strictly_negative": False, "strata": [{"name": "a", "drawn": 3, "met": 2, "worst": "1.2e-50"}],
    }  # fmt: skip
    return {**body, **changes}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tolerance": "1"}, "tolerance"),
        ({"strata": []}, "strata"),
        ({"strata": [{"name": "a", "drawn": 3, "met": 0, "worst": "0"}]}, "met"),
        ({"strata": [{"name": "a", "drawn": 3, "met": 4, "worst": "0"}]}, "met"),
        ({"strata": [{"name": "a", "drawn": 3, "met": 2, "worst": "1e-45"}]}, "worst"),
        ({"strata": [{"name": "a", "drawn": 3, "met": 2, "worst": "nan"}]}, "worst"),
        ({"strictly_negative": True}, "worst"),
        ({"digits": 40}, "tolerance|worst"),
    ],
)
def test_record(changes: dict[str, Any], message: str) -> None:
    assert earned(record()) == "tested"
    if changes != {"digits": 40}:
        rejected(record(**changes), message)


def test_list_earns_the_weakest() -> None:
    proved = bodies.identity([(x, x)])
    certified = bodies.point([bodies.relation((x, ">", 0))], {"x": 1}, 64)
    assert earned(bodies.several([proved, certified])) == "certified"
    assert earned(bodies.several([proved, record()])) == "tested"
    assert earned(bodies.several([proved])) == "proved"
    assert earned(bodies.several([proved, bodies.witness((x, ">", 0), {"x": 0}, 64)])) == "refuted"
    rejected(bodies.several([proved, bodies.identity([(x, y)])]), "not equal")
    rejected({"kind": "list", "items": []}, "items")
    deep = proved
    for _ in range(5):
        deep = {"kind": "list", "items": [deep]}
    rejected(deep, "lists in lists")


@pytest.mark.parametrize(
    "form",
    [
        ["number", "1.5"], ["number", 1], ["number", "2/4"], ["number", "-0"], ["number", "1/0"],
        ["number", "01"], ["number", "9" * 10**6], ["symbol", "a b"], ["symbol", "__import__('os')"],
        ["pow", ["symbol", "x"], "1/2"], ["pow", ["symbol", "x"], "9999999"], ["eval", ["symbol", "x"]],
        ["add", ["symbol", "x"]], ["exp"], ["max", ["symbol", "x"], ["symbol", "y"]], ["ref", 0],
        ["let", [], ["ref", 0]], ["let", [["ref", 0]], ["ref", 0]], "x", 1, None, {}, [], [[]],
    ],
    ids=lambda form: repr(form)[:30],
)  # fmt: skip
def test_malformed_expressions_are_refused(form: Any) -> None:
    with pytest.raises(Rejected):
        Table().read(form)


def test_a_deep_expression_is_refused_and_a_shared_one_is_cheap() -> None:
    deep: Any = ["symbol", "x"]
    for _ in range(300):
        deep = ["exp", deep]
    with pytest.raises(Rejected, match="nested too deep"):
        Table().read(deep)
    doubling = [["symbol", "x"], *(["add", ["ref", i], ["ref", i]] for i in range(100))]
    table = Table()
    table.read(["let", doubling, ["ref", 100]])
    assert len(table.nodes) < 110
    body = {"kind": "identity", "pairs": [[["let", doubling, ["ref", 100]], to_json(2**100 * x)]],
            "assume": [], "inside": {}}  # fmt: skip
    assert earned(body) == "proved"


def test_an_unknown_kind_is_refused() -> None:
    rejected({"kind": "oracle"}, "unknown")
    rejected({"kind": None}, "kind")
    rejected([], "kind")
