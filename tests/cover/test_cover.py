"""Inequalities on boxes: the true are covered, the false have a witness, the rest is not guessed."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from flint import arb
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ncverify.book.verdict import Outcome
from ncverify.cover import forms
from ncverify.cover.forms import Fact
from ncverify.cover.jets import Box, Jets, rational, span
from ncverify.cover.numbers import ONE, to_ball
from ncverify.cover.search import Cover, Search
from ncverify.cover.signs import Sign, visible_sign
from ncverify.errors import InputError
from ncverify.evidence.inequalities import prove_inequality
from ncverify.replay.kinds import check_body
from ncverify.theory.balls import Undefined, enclose, exact_interval, precision
from ncverify.theory.expr import differentiate
from ncverify.theory.parser import parse

ROOT = "sqrt(1-2*b**2)"
ESCAPE = (
    f"exp(-2)*(exp(2*b**2*(3+{ROOT})/(1+{ROOT}))-1) - 2*(1-exp(-4*b**3/(1+{ROOT})))"  # ji, eq. (11), C = 1
)

TRUE: list[tuple[str, dict[str, Any], list[str]]] = [
    (f"{ESCAPE} > 0", {"b": (0, "0.1405445")}, ["b > 0"]),
    (f"{ESCAPE} >= 0", {"b": (0, "0.1405445")}, []),
    (f"{ESCAPE} < 0", {"b": ("0.140545", "0.67394")}, []),
    ("exp(x) >= 1 + x", {"x": (-3, 3)}, []),
    ("exp(x) > 1 + x", {"x": (-3, 3)}, ["x < 0"]),
    ("log(1+x) <= x", {"x": ("-0.9", 10)}, []),
    ("sin(x) > 2*x/3", {"x": (0, "1.4")}, ["x > 0"]),
    ("cos(x) >= 1 - x**2/2", {"x": (-4, 4)}, []),
    ("x - x**3/6 <= sin(x)", {"x": (0, 6)}, []),
    ("tanh(x) <= x", {"x": (0, 5)}, []),
    ("(exp(x)-exp(y))*(x-y) >= 0", {"x": (-50, 50), "y": (-50, 50)}, []),
    ("(x**3-y**3)*(atan(x)-atan(y)) + exp(y) > 0", {"x": (-9, 9), "y": (-9, 9)}, []),
    ("(x - 1/3)**2 + (y-1/7)**2 + x**4 >= 1/81", {"x": (0, 1), "y": (0, 1)}, ["x >= 1/3"]),
    ("2*x**2 - 4*x/3 + 2/9 + 1e-12 > 0", {"x": (-1, 1)}, []),
    ("x**2 + x*y + y**2 >= 0", {"x": (-1, 1), "y": (-1, 1)}, []),
    ("x**2 - 2 <= 0", {"x": (1, "1.4142135623730950488")}, []),
    ("exp(x) + exp(y) >= 2*exp(x/2 + y/2) - 1/10", {"x": (0, 1), "y": (0, 1)}, []),
    ("x + y + z > 1", {"x": (0, 1), "y": (0, 1), "z": (0, 1)}, ["x > 1/2", "y >= 1/2"]),
    ("sqrt(x) <= (1+x)/2", {"x": ("1/10", 3)}, []),
]

FALSE: list[tuple[str, dict[str, Any], list[str]]] = [
    (f"{ESCAPE} > 0", {"b": (0, "0.1405445")}, []),
    (f"{ESCAPE} < 0", {"b": ("0.140544", "0.67394")}, []),
    (f"{ESCAPE} <= 0", {"b": (0, "0.67394")}, []),
    ("exp(x) > 1 + x", {"x": (-3, 3)}, []),
    ("cos(x) >= 1 - x**2/2 + x**4/24", {"x": (-4, 4)}, []),
    ("2*x**2 - 4*x/3 + 2/9 - 1e-12 > 0", {"x": (-1, 1)}, []),
    ("100*(y-x**2)**2 + (1-x)**2 > 1e-9", {"x": (-2, 2), "y": (-1, 3)}, []),
    ("x**2 + y**2 < 1", {"x": (-1, 1), "y": (-1, 1)}, ["x + y <= 1", "x >= 0", "y >= 0"]),
    ("x**2 - 2 <= 0", {"x": (1, "1.4142135623730950489")}, []),
    ("x >= y", {"x": (0, 1), "y": (0, 1)}, ["x <= y", "x < 3/4"]),
    ("(exp(x)-exp(y))*(x-y) > 0", {"x": (-1, 1), "y": (-1, 1)}, []),
]


@pytest.mark.parametrize(("statement", "box", "where"), TRUE)
def test_true_inequalities_are_covered(statement: str, box: dict[str, Any], where: list[str]) -> None:
    verdict = prove_inequality(statement, box, where=where, budget=3000)
    assert verdict.outcome is Outcome.CERTIFIED, verdict
    body = verdict.evidence[0].body
    assert body is not None
    assert body["kind"] == "cover"
    assert len(body["facts"]) == 1 + len(where)


@pytest.mark.parametrize(("statement", "box", "where"), FALSE)
def test_false_inequalities_have_an_exact_witness(
    statement: str, box: dict[str, Any], where: list[str]
) -> None:
    verdict = prove_inequality(statement, box, where=where, budget=3000)
    assert verdict.outcome is Outcome.REFUTED, verdict
    assert verdict.witness is not None
    for name, (low, high) in box.items():
        assert Fraction(low) <= Fraction(verdict.witness[name]) <= Fraction(high)


def test_what_is_left_is_listed() -> None:
    # Equality at x = log 2, which is no rational number.
    verdict = prove_inequality("(exp(x) - 2)**2 + x*(exp(x)-2)**2 - (exp(x)-2)**2*x > 0", {"x": (0, 1)})
    assert verdict.outcome is Outcome.UNDECIDED
    left = verdict.evidence[0].details["left"]
    assert all(Fraction(box["x"][0]) < Fraction("0.6932") for box in left)
    assert all(Fraction(box["x"][1]) > Fraction("0.6931") for box in left)
    spent = prove_inequality("x*y <= (x**2+y**2)/2", {"x": (-1, 1), "y": (-1, 1)}, budget=50)
    assert spent.outcome is Outcome.UNDECIDED
    assert spent.evidence[0].details["looked at"] == 50


def test_an_empty_region_proves_nothing() -> None:
    verdict = prove_inequality("x > 5", {"x": (0, 1)}, where=["x > 2"])
    assert verdict.outcome is Outcome.UNDECIDED
    assert "empty" in verdict.message


@pytest.mark.parametrize(
    "statement", ["1/x**2 > 0", "log(x) < 1", "sqrt(x) >= 0", "x/x >= 1", "sin(x)/x <= 1"]
)
def test_what_is_undefined_somewhere_is_not_true(statement: str) -> None:
    assert prove_inequality(statement, {"x": (-1, 1)}, budget=300).outcome is Outcome.UNDECIDED


@pytest.mark.parametrize(
    ("statement", "options", "said"),
    [
        ("x > y", {"box": {"x": (0, 1)}}, "variable y has no range"),
        ("x > 0", {"box": {"x": (0.5, 1)}}, "not exact"),
        ("x > 0", {"box": {"x": (1, 0)}}, "above"),
        ("x == 0", {"box": {"x": (0, 1)}}, "use >, >=, < or <="),
        ("x > 0", {"box": {"x": "01"}}, "two ends"),
        ("x > 0", {"box": {}}, "1 to 12 variables"),
        ("x > 0", {"box": {"x": (0, 1)}, "budget": 0}, "budget 0"),
        ("__import__('os') > 0", {"box": {"x": (0, 1)}}, "not allowed"),
    ],
)
def test_wrong_input_is_one_line(statement: str, options: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said) as error:
        prove_inequality(statement, **options)
    assert "\n" not in str(error.value)


# The operation underneath.

SAMPLES = [
    "exp(x*y)*sin(x+y)", "1/(2+x*y) + x**3*y", "sqrt(3+x)*log(4+y)", "tanh(x)*cosh(y)-sinh(x*y)",
    "atan(x)+asin(x/3)*acos(y/3)", "tan(x/2)/(3+cos(y))", "(x+5)**-2*y**0",
]  # fmt: skip


@pytest.mark.parametrize("text", SAMPLES)
def test_coefficients_contain_the_derivatives(text: str) -> None:
    """Along (1, 2): against symbolic derivatives at many points of the box."""
    expr = parse(text)
    names, direction = ("x", "y"), [rational(Fraction(1)), rational(Fraction(2))]
    box = ((Fraction(-1, 4), Fraction(1, 2)), (Fraction(0), Fraction(1, 3)))
    found = Jets(expr, names).series(box, direction, 5, 128)
    derivative, factorial = expr, 1
    for k in range(5):
        for i in range(5):
            for j in range(3):
                point = {
                    "x": box[0][0] + (box[0][1] - box[0][0]) * Fraction(i, 4),
                    "y": box[1][0] + (box[1][1] - box[1][0]) * Fraction(j, 2),
                }
                with precision(128):
                    value = enclose(derivative, point, 128) / factorial
                low, high = exact_interval(value)
                first, last = exact_interval(to_ball(found[k]))
                assert first <= low <= high <= last, (k, point)
        derivative = differentiate(derivative, {"x": 1, "y": 2})
        factorial *= k + 1


@pytest.mark.parametrize(
    "text", ["1/x", "log(x)", "sqrt(x)", "sin(x)/x", "x/x", "tan(2*x)", "asin(x)", "x**-3"]
)
def test_no_coefficients_where_an_expression_is_not_smooth(text: str) -> None:
    """On [-2, 2], and at exactly 0, where power series of quotients could be continued."""
    jets = Jets(parse(text), ["x"])
    with pytest.raises(Undefined):
        jets.series(((Fraction(-2), Fraction(2)),), [ONE], 3, 64)
    if text not in ("tan(2*x)", "asin(x)"):
        with pytest.raises(Undefined):
            jets.series(((Fraction(0), Fraction(0)),), [ONE], 3, 64)


EXACT_ZEROS = [
    ("exp(x) - 1 - x - x**2/2", 0, 3), ("sin(x) - x + x**3/6", 0, 5), ("log(x) - x + 1", 1, 2),
    ("exp(-3)*(sqrt(4+x) - 2)", 0, 1), ("tanh(x) - x + x**3/3", 0, 5), ("atan(x) - x", 0, 3),
    ("asin(x) - sinh(x)", 0, 5), ("(x-1/3)**4 + x**4 - 1/81 - 4*(x-1/3)/27", "1/3", 2), ("tan(x) - x", 0, 3),
    ("cos(x) - 1/cosh(x)", 0, 4), ("1/(1+x) - 1 + x", 0, 2),
]  # fmt: skip


@pytest.mark.parametrize(("text", "at", "order"), EXACT_ZEROS)
def test_coefficients_that_vanish_are_exactly_zero(text: str, at: Any, order: int) -> None:
    found = Jets(parse(text), ["x"]).series(((Fraction(at), Fraction(at)),), [ONE], order + 1, 64)
    assert [bool(x == 0) for x in found[:order]] == [True] * order
    assert found[order] > 0 or found[order] < 0


@given(
    low=st.fractions(-3, 3, max_denominator=30),
    width=st.fractions(0, 2, max_denominator=30),
    at=st.fractions(0, 1, max_denominator=7),
)
@settings(max_examples=100)
@example(low=Fraction(0), width=Fraction(1), at=Fraction(0))
def test_spans_contain_their_interval(low: Fraction, width: Fraction, at: Fraction) -> None:
    first, last = exact_interval(to_ball(span(low, low + width)))
    assert first <= low + at * width <= last or width == 0


@pytest.mark.parametrize(
    ("text", "ends", "low", "high"),
    [
        ("sqrt(x)", (0, "1/4"), 0, "1/2"),
        ("x**2 - 2*x", (0, 1), -2, 1),
        ("x*x*x", (-2, 1), -8, 1),
        ("x*y*x*y", (-1, 1), 0, 1),
        ("(x-1/3)**-2", (1, 2), "9/25", "9/4"),
        ("cosh(x)", (-1, 0), 1, None),
        ("acos(x)", (-1, 1), 0, None),
        ("exp(x)", (-30, 0), None, 1),
        ("sin(x)", (-30, 0), -1, 1),
    ],
)
def test_intervals_have_exact_ends(text: str, ends: Any, low: Any, high: Any) -> None:
    expr = parse(text)
    box = tuple((Fraction(ends[0]), Fraction(ends[1])) for _ in expr.free_symbols)
    first, last = Jets(expr, expr.free_symbols).value(box, 64)
    assert low is None or first == rational(Fraction(low)) or abs(first - rational(Fraction(low))) < 1e-15
    assert high is None or last == rational(Fraction(high)) or abs(last - rational(Fraction(high))) < 1e-15


TERMS = ["1", "x", "y", "x*y", "x**2", "y**2", "x**3", "exp(x)", "exp(-y)", "sin(x+y)", "(x-y)**2", "cos(x)"]


@given(
    coefficients=st.lists(st.integers(-3, 3), min_size=len(TERMS), max_size=len(TERMS)),
    ends=st.tuples(st.integers(-2, 0), st.integers(1, 3), st.integers(-2, 0), st.integers(1, 3)),
    strict=st.booleans(),
)
@settings(max_examples=40, deadline=None)
def test_no_point_contradicts_a_cover(
    coefficients: list[int], ends: tuple[int, int, int, int], strict: bool
) -> None:
    """A grid of exact points in every region that was covered."""
    text = " + ".join(f"({c})*{term}" for c, term in zip(coefficients, TERMS, strict=True))
    box = {"x": ends[:2], "y": ends[2:]}
    sign = ">" if strict else ">="
    verdict = prove_inequality(f"{text} {sign} 0", box, where=["x + y < 2"], budget=60)
    if verdict.outcome is not Outcome.CERTIFIED:
        return
    expr = parse(text)
    for i in range(7):
        for j in range(7):
            x = ends[0] + Fraction((ends[1] - ends[0]) * i, 6)
            y = ends[2] + Fraction((ends[3] - ends[2]) * j, 6)
            if x + y < 2:
                value = enclose(expr, {"x": x, "y": y}, 128)
                assert not Fact(expr, strict, ("x", "y")).fails_by(value.upper()), (x, y)


# Forms that must not be misled.


def fact(text: str, *, strict: bool = True, names: tuple[str, ...] = ("x",)) -> Fact:
    return Fact(parse(text), strict, names)


UNIT: Box = ((Fraction(0), Fraction(1)),)


def test_contact_needs_the_face_outside_the_region() -> None:
    f = fact("exp(x) - 1 - x")
    assert forms.contact(f, [], UNIT, 64, 0, False) is None
    assert forms.contact(f, [fact("-x", strict=False)], UNIT, 64, 0, False) is not None
    assert forms.contact(f, [fact("1/2-x", strict=False)], UNIT, 64, 0, False) is not None
    assert forms.contact(f, [fact("x-1", strict=False)], UNIT, 64, 0, False) is None
    assert forms.contact(fact("exp(x) - 1 - x", strict=False), [], UNIT, 64, 0, False) is not None


def test_contact_sees_negative_lower_coefficients() -> None:
    tiny = "exp(x) - 1 - x - x/10**30"
    assert forms.contact(fact(tiny, strict=False), [], UNIT, 64, 0, False) is None
    assert forms.contact(fact("x**2 - 1e-40", strict=False), [], UNIT, 64, 0, False) is None
    # From above: x - 1 < 0 inside.
    assert forms.contact(fact("x - 1", strict=False), [], UNIT, 64, 0, True) is None
    assert forms.contact(fact("1 - x", strict=False), [], UNIT, 64, 0, True) is not None


def test_convexity_needs_the_minimum_excluded() -> None:
    box = ((Fraction(-1), Fraction(1)),) * 2
    origin = [(Fraction(0), Fraction(0))]
    f = fact("x**2 + y**2 + x*y", names=("x", "y"))
    assert forms.convex(f, [], box, 64, origin) is None
    off = fact("x**2 + y**2 - 1e-9", names=("x", "y"), strict=False)
    assert forms.convex(off, [], box, 64, origin) is None
    outside = fact("1e-9 - x", strict=False, names=("x", "y"))
    assert forms.convex(f, [outside], box, 64, origin) is not None
    # The minimum of this one is 0 and not at the origin, which is excluded.
    moved = fact("(x-1e-30)**2 + y**2", names=("x", "y"))
    assert forms.convex(moved, [outside], box, 64, origin) is None
    saddle = fact("x**2 - y**2 + 2", names=("x", "y"))
    assert forms.convex(saddle, [], box, 64, origin) is None


def test_definite_matrices() -> None:
    def matrix(*rows: list[int]) -> list[list[arb]]:
        return [[arb(x) for x in row] for row in rows]

    assert forms.is_definite(matrix([2, 1], [1, 2]), Fraction(1, 2), 64)
    assert not forms.is_definite(matrix([2, 1], [1, 2]), Fraction(1), 64)
    assert not forms.is_definite(matrix([1, 2], [2, 1]), Fraction(1, 100), 64)
    with precision(64):
        wide = [[arb(2), arb(0, 3)], [arb(0, 3), arb(2)]]
    assert not forms.is_definite(wide, Fraction(1, 100), 64)


def sign_of(text: str, low: int = -5, high: int = 5) -> Sign:
    expr = parse(text)
    names = expr.free_symbols
    box = tuple((Fraction(low), Fraction(high)) for _ in names)
    return visible_sign(expr, Jets(expr, names).parts(box, 64))


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("(x-y)**2", Sign.AT_LEAST_ZERO),
        ("(x-y)**2 + 1", Sign.POSITIVE),
        ("-(x-y)**2", Sign.AT_MOST_ZERO),
        ("(x-y)*(y-x)", Sign.AT_MOST_ZERO),
        ("(x-y)*(exp(x)-exp(y))*(x-y)**2", Sign.AT_LEAST_ZERO),
        ("(x**3-y**3)*(x-y)", Sign.AT_LEAST_ZERO),
        ("(x**2-y**2)*(x-y)", Sign.UNKNOWN),
        ("(cosh(x)-cosh(y))*(x-y)", Sign.UNKNOWN),
        ("(x-y)*(x-z)", Sign.UNKNOWN),
        ("(x-y)*(x+y)", Sign.UNKNOWN),
        ("(x-y)*(x-y)*(x-y)", Sign.UNKNOWN),
        ("(x-y)*exp(x)*(x-y)", Sign.AT_LEAST_ZERO),
        ("(x-2*y)*(x-y)", Sign.UNKNOWN),
        ("(x-1)*(exp(x)-exp(1))", Sign.AT_LEAST_ZERO),
        ("x*x", Sign.AT_LEAST_ZERO),
        ("exp(x) - 1", Sign.UNKNOWN),
        ("sqrt((x-y)**2)*exp(y)", Sign.AT_LEAST_ZERO),
        ("atan(x)*x**2", Sign.UNKNOWN),
        ("sinh((x-y)**4)", Sign.AT_LEAST_ZERO),
    ],
)
def test_visible_signs(text: str, sign: Sign) -> None:
    assert sign_of(text) is sign


def test_a_cover_is_a_partition_of_the_box() -> None:
    f = fact("x**2 + y**2 - x*y + 1/100", names=("x", "y"))
    box = ((Fraction(-1), Fraction(1)), (Fraction(-1), Fraction(2)))
    found = Search([f], box, 1000).run()
    assert isinstance(found, Cover)
    parts, stack = [], [box]
    for node in found.tree:
        here = stack.pop()
        if node[0] == "split":
            axis, cut = ("x", "y").index(node[1]), Fraction(node[2])
            low, high = here[axis]
            assert low < cut < high
            for ends in ((cut, high), (low, cut)):
                stack.append((*here[:axis], ends, *here[axis + 1 :]))
        elif node[0] in ("lower", "upper"):
            stack.append(here)
        else:
            parts.append(here)
    assert not stack
    assert sum((b[0][1] - b[0][0]) * (b[1][1] - b[1][0]) for b in parts) == 6


def test_a_box_of_one_point_cannot_be_halved():
    assert prove_inequality("x/x - 1 <= 0", {"x": (0, 0)}).outcome == "undecided"
    assert prove_inequality("x - 1 <= 0", {"x": (1, 1)}).outcome == "certified"
    assert prove_inequality("1/x + y >= 0", {"x": (0, 0), "y": (0, 0)}).outcome == "undecided"


def test_a_witness_replays_where_a_variable_is_not_used():
    found = prove_inequality("x > 0", {"x": (-1, 1), "y": (0, 1)})
    assert found.outcome == "refuted"
    assert check_body(found.evidence[0].body).outcome == "refuted"


def test_faces_replay_where_a_variable_occurs_twice():
    found = prove_inequality("1/(2 - y + (y + y)) > 997/3000", {"x": (0, 1), "y": (0, 1)})
    assert found.outcome == "certified"
    assert check_body(found.evidence[0].body).outcome == "certified"


def test_an_empty_region_is_named_as_it_was_given():
    found = prove_inequality("exp(x) < 0", {"x": (0, 1)}, where=["x > 2"])
    assert found.outcome == "undecided"
    assert "(0 <= x <= 1, x > 2)" in found.message
