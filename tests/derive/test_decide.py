"""Deciding identities: true ones are proved, false ones refuted with a witness that mpmath confirms."""

import json
import os
import random
import subprocess
import sys
from fractions import Fraction as F

import mpmath
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from ncverify.book.verdict import Outcome
from ncverify.derive.decide import decide
from ncverify.errors import InputError
from ncverify.theory.expr import (
    Add,
    Fn,
    Mul,
    Number,
    Pow,
    Symbol,
    exp,
    from_json,
    number,
    postorder,
    symbol,
    symbols,
)
from ncverify.theory.parser import parse

TRUE = [
    ("(x + y)**2", "x**2 + 2*x*y + y**2"),
    ("(x + y)**5 - (x - y)**5", "2*y*(5*x**4 + 10*x**2*y**2 + y**4)"),
    ("x**3 + y**3 + z**3 - 3*x*y*z", "(x + y + z)*(x**2 + y**2 + z**2 - x*y - y*z - z*x)"),
    ("(a**2 + b**2)*(x**2 + y**2)", "(a*x + b*y)**2 + (a*y - b*x)**2"),
    ("1/(x*(x + 1))", "1/x - 1/(x + 1)"),
    ("(x**2 - y**2)/(x - y)", "x + y"),
    ("1/(1/x + 1/y)", "x*y/(x + y)"),
    ("x/(1 + x/(1 + x/(1 + x)))", "x*(1 + 2*x)/(1 + 3*x + x**2)"),
    ("exp(x + y)", "exp(x)*exp(y)"),
    ("exp(x)**3*exp(-x/2)", "exp(5*x/2)"),
    ("exp((x + y)**2)", "exp(x**2)*exp(y**2)*exp(2*x*y)"),
    ("exp(2)*exp(x - 2)", "exp(x)"),
    ("1/(1 + exp(-x))", "exp(x)/(exp(x) + 1)"),
    ("exp(x)/(1 + exp(x))*(1 - exp(x)/(1 + exp(x)))", "1/(2 + exp(x) + exp(-x))"),
    ("cosh(x)**2 - sinh(x)**2", "1"),
    ("tanh(x/2)", "(exp(x) - 1)/(exp(x) + 1)"),
    ("sinh(x + y)", "sinh(x)*cosh(y) + cosh(x)*sinh(y)"),
    ("cosh(3*x)", "4*cosh(x)**3 - 3*cosh(x)"),
    ("tanh(x + y)", "(tanh(x) + tanh(y))/(1 + tanh(x)*tanh(y))"),
    ("(exp(x) - exp(y))*(x - y)", "exp((x + y)/2)*2*sinh((x - y)/2)*(x - y)"),
    ("(1 - exp(-x))*(1 + exp(-x))", "1 - exp(-2*x)"),
    ("2 + 2*exp(c) + 2*exp(-c)", "2*exp(-c)*(1 + exp(c) + exp(2*c))"),
    ("0.1 + 0.2", "0.3"),
    ("1e40 + 1", "10**40 + 1"),
    ("x**0 + 0*y", "1"),
    ("(x + 1)**200*(x + 1)**-199", "x + 1"),
    ("exp(x)**1000000", "exp(1000000*x)"),
    ("(a + b + c)**5000", "(c + b + a)**4999*(b + a + c)"),
]  # fmt: skip


@pytest.mark.parametrize(("left", "right"), TRUE)
def test_true_identities_are_proved(left, right):
    verdict = decide(left, right)
    assert verdict.outcome is Outcome.PROVED
    assert str(verdict).split()[0] == "proved"
    (evidence,) = verdict.evidence
    assert evidence.route == "normal form"
    assert from_json(evidence.details["lhs"]) is parse(left)
    assert from_json(evidence.details["rhs"]) is parse(right)
    json.dumps(verdict.to_json())


def _mpf(expr, point):
    """The value in mpmath, at its working precision."""
    done = {}
    for node in postorder(expr):
        args = [done[arg] for arg in node.args]
        if isinstance(node, Number):
            done[node] = mpmath.mpf(node.value.numerator) / node.value.denominator
        elif isinstance(node, Symbol):
            done[node] = mpmath.mpf(point[node.name].numerator) / point[node.name].denominator
        elif isinstance(node, Add):
            done[node] = mpmath.fsum(args)
        elif isinstance(node, Mul):
            done[node] = mpmath.fprod(args)
        elif isinstance(node, Pow):
            done[node] = args[0] ** node.exponent
        else:
            done[node] = getattr(mpmath, node.name)(args[0])
    return done[expr]


def _replace(expr, target, new):
    done = {}
    for node in postorder(expr):
        args = tuple(done[arg] for arg in node.args)
        if node is target:
            done[node] = new
        elif isinstance(node, (Add, Mul)):
            done[node] = type(node)(args)
        elif isinstance(node, Pow):
            done[node] = Pow(args[0], node.exponent)
        elif isinstance(node, Fn):
            done[node] = Fn(node.name, args[0])
        else:
            done[node] = node
    return done[expr]


def mutants(expr):
    """Expressions that differ from ``expr`` in one place: a sign, a factor, a term, an index, a function."""
    names = expr.free_symbols
    for node in postorder(expr):
        variants = [-node, 2 * node, node + F(1, 7)]
        if isinstance(node, (Add, Mul)) and len(node.args) > 2:
            variants += [type(node)(node.args[:i] + node.args[i + 1 :]) for i in range(len(node.args))]
        if isinstance(node, (Add, Mul)):
            variants += [
                type(node)((-node.args[0], *node.args[1:])),
                (Mul if isinstance(node, Add) else Add)(node.args),
            ]
        if isinstance(node, Pow):
            variants += [Pow(node.base, node.exponent + 1), Pow(node.base, -node.exponent)]
        if isinstance(node, Symbol):
            variants += [symbol(name) for name in names if name != node.name]
        if isinstance(node, Fn):
            variants += [Fn(name, node.arg) for name in ("exp", "sinh", "cosh", "tanh") if name != node.name]
        for variant in variants:
            yield _replace(expr, node, variant)


def _differs(left, right):
    """Numerically different at a random point, beyond any doubt: such a mutant is false."""
    names = sorted({*left.free_symbols, *right.free_symbols})
    choose = random.Random(5)
    for _ in range(4):
        point = {name: F(choose.randrange(1, 400), 173) for name in names}
        try:
            one, two = _mpf(left, point), _mpf(right, point)
        except (ZeroDivisionError, OverflowError):
            continue
        if abs(one - two) > mpmath.mpf(10) ** -20 * (1 + abs(one)):
            return True
    return False


def _confirmed(verdict, left, right):
    """The witness shows a difference in mpmath too, and the printed ball holds it."""
    details = verdict.evidence[0].details
    point = {name: F(value) for name, value in details["point"].items()}
    with mpmath.workdps(400):
        gap = _mpf(left, point) - _mpf(right, point)
        middle, radius = (mpmath.mpf(details["difference"][key]) for key in ("mid", "rad"))
        slack = abs(middle) * mpmath.mpf(10) ** -200
        return abs(middle) > radius and abs(gap - middle) <= radius + slack


# The identities whose mutants are cheap to evaluate; the last ones have astronomical powers.
@pytest.mark.parametrize(("left", "right"), TRUE[:-3])
def test_no_mutant_is_proved(left, right):
    left, right = parse(left), parse(right)
    tried = 0
    with mpmath.workdps(60):
        for mutant in dict.fromkeys(mutants(right)):
            if not _differs(left, mutant):
                continue
            tried += 1
            try:
                verdict = decide(left, mutant)
            except InputError as error:
                assert "nowhere" in str(error)  # noqa: PT017
                continue
            if verdict.outcome is Outcome.UNDECIDED:
                assert "outside the decidable class" in verdict.message
                continue
            assert verdict.outcome is Outcome.REFUTED, (left, mutant)
            assert _confirmed(verdict, left, mutant), (left, mutant)
    assert tried >= 2


def test_there_are_enough_mutants():
    with mpmath.workdps(60):
        pairs = [(parse(left), mutant) for left, right in TRUE[:-3] for mutant in mutants(parse(right))]
        assert sum(_differs(left, mutant) for left, mutant in pairs) >= 500


@pytest.mark.parametrize("digits", [1, 40, 300, 2000])
@pytest.mark.parametrize("base", ["x", "exp(x)*exp(y)", "1/(1 + x**2)", "exp(1)"])
def test_a_tiny_difference_is_refuted(base, digits):
    verdict = decide(base, f"{base} + 1/10**{digits}")
    assert verdict.outcome is Outcome.REFUTED
    difference = verdict.evidence[0].details["difference"]
    assert (
        F(difference["mid"]) - F(difference["rad"])
        <= -F(1, 10**digits)
        <= F(difference["mid"]) + F(difference["rad"])
    )
    assert F(difference["mid"]) + F(difference["rad"]) < 0


@pytest.mark.parametrize(
    ("left", "right", "witness"),
    [
        ("x", "y", {"x": "0", "y": "1", "lhs - rhs": "-1"}),
        ("2*x", "3*x", {"x": "1", "lhs - rhs": "-1"}),
        ("x*(x - 1)*(x + 1)", "0", {"x": "2", "lhs - rhs": "6"}),
        ("1/x", "x", {"x": "2", "lhs - rhs": "-1.5"}),
        ("3", "2", {"lhs - rhs": "1"}),
        ("a*b*c", "0", {"a": "1", "b": "1", "c": "1", "lhs - rhs": "1"}),
    ],
)
def test_witnesses_are_simple(left, right, witness):
    verdict = decide(left, right)
    assert verdict.outcome is Outcome.REFUTED
    assert dict(verdict.witness) == witness
    lines = str(verdict).splitlines()
    assert lines[0] == "refuted"
    assert lines[1 : len(witness) + 1] == [f"  {key}: {value}" for key, value in witness.items()]


@pytest.mark.parametrize(
    "text", ["1/(x-x)", "0*(1/(x-x))", "(x-x)**-1", "1/(exp(x)*exp(-x)-1)", "(1/(x-x))**0"]
)
@pytest.mark.parametrize("other", ["0", "1", "y"])
def test_nowhere_defined_is_wrong_input(text, other):
    for sides in ((text, other), (other, text), (text, text)):
        with pytest.raises(InputError, match="nowhere"):
            decide(*sides)


@pytest.mark.parametrize(
    ("left", "right", "named"),
    [
        ("log(x*y)", "log(x) + log(y)", "log(x*y)"),
        ("sin(x)**2 + cos(x)**2", "1", "sin(x)"),
        ("exp(2/x)", "exp(1/x)**2", "exp(2/x)"),
        ("sqrt(x)*sqrt(x)", "x", "sqrt(x)"),
        ("atan(1/2) + atan(1/3)", "atan(1)", "atan(1/2)"),
    ],
)
def test_outside_the_class_is_undecided_and_says_where(left, right, named):
    verdict = decide(left, right)
    assert verdict.outcome is Outcome.UNDECIDED
    assert named in verdict.message
    assert verdict.evidence == ()


@pytest.mark.parametrize(
    ("left", "right", "conditions"),
    [
        ("log(x) - log(x)", "0", ("x > 0",)),
        ("log(x) + log(x)", "2*log(x)", ("x > 0",)),
        ("exp(log(x))", "x", ("x > 0",)),
        ("log(exp(x - y))", "x - y", ()),
        ("exp(exp(x))", "exp(exp(x))", ()),
        ("sqrt(x)**2", "x", ("x >= 0",)),
        ("sqrt(x)**3/x", "sqrt(x)", ("x != 0", "x >= 0")),
        ("0*atan(x)", "0", ()),
        ("log((x+1)**2/(x+1))", "log(x+1)", ("x + 1 != 0",)),
        ("log(y + x)*exp(1/z)", "exp(1/z)*log(x + y)", ("z != 0",)),
        ("sin(log(1 + x))*2", "sin(log(x + 1)) + sin(log(1 + x))", ()),
        ("f1*log(x)", "log(x)*f1", ("x > 0",)),
        ("1/acos(x)", "acos(x)/acos(x)**2", ("acos(x) != 0", "(x)**2 <= 1")),
    ],
)
def test_functions_outside_the_class_are_unknowns(left, right, conditions):
    """Equal for all values of the unknowns, so equal; the conditions say where they are defined."""
    verdict = decide(left, right)
    assert verdict.outcome is Outcome.PROVED
    assert set(conditions) <= set(verdict.conditions)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("acos(7823207/7823209)", "0"),
        ("exp(1/x)", "1"),
        ("exp(x/(1 + y**2))", "1"),
        ("log(x)", "log(x) + 1"),
        ("log(x)", "log(y)"),
        ("sqrt(x**2)", "x"),
        ("log(x**2)", "2*log(x) + f1"),
        ("sin(x)", "cos(x)"),
    ],
)
def test_different_functions_outside_the_class_are_refuted(left, right):
    verdict = decide(left, right)
    assert verdict.outcome is Outcome.REFUTED
    assert _confirmed(verdict, parse(left), parse(right))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("exp(log(-1 - x**2))", "-1 - x**2"),
        ("sqrt(-1)**2", "-1"),
        ("asin(2)", "asin(2)"),
        ("1/log(1)", "1/log(1)"),
        ("log(x) + sqrt(-x)", "sqrt(-x) + log(x)"),
    ],
)
def test_nothing_is_proved_where_nothing_is_defined(left, right):
    verdict = decide(left, right)
    assert verdict.outcome is Outcome.UNDECIDED
    assert "no point at which both are defined was found" in verdict.message


def _pairs(pattern, n):
    """A sum or product over x0, ..., x_(n-1) taken two at a time."""
    return [pattern.format(u=f"x{2 * i}", v=f"x{2 * i + 1}") for i in range(n // 2)]


_FRACTIONS = "+".join(_pairs("1/({u} + {v})", 80))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("(a + b + c)**5000", "(a**2 + b**2 + c**2 + 2*a*b + 2*a*c + 2*b*c)**2500"),
        ("(x + 1)**20000", "(x**2 + 2*x + 1)**10000"),
        ("*".join(_pairs("({u} + 1)*({v} + 1)", 40)), "*".join(_pairs("({u}*{v} + {u} + {v} + 1)", 40))),
        (f"({_FRACTIONS})*(z + 1)", f"({_FRACTIONS})*z + ({_FRACTIONS})"),
        ("exp((x + y + z + a)**60)", "exp((a + x + y + z)**60)"),
        ("+".join(f"x{i}" for i in range(1500)), "+".join(f"x{i}" for i in reversed(range(1500)))),
    ],
    ids=["power", "one variable", "product", "denominators", "exponent", "variables"],
)  # fmt: skip
def test_a_spent_budget_is_undecided(left, right):
    verdict = decide(left, right)
    assert verdict.outcome is Outcome.UNDECIDED
    assert verdict.message.startswith("budget: ")


def test_a_false_identity_beyond_the_budget_is_still_refuted():
    verdict = decide("(a + b + c)**5000", "(a**2 + b**2 + c**2 + 2*a*b + 2*a*c + 3*b*c)**2500")
    assert verdict.outcome is Outcome.REFUTED


def test_conditions_are_the_factors_that_may_vanish():
    verdict = decide("1/(x*(x - y)*(1 + exp(x))*exp(y))*(x - y)", "exp(-y)/(x + x*exp(x))")
    assert verdict.outcome is Outcome.PROVED
    assert verdict.conditions == ("x != 0", "x - y != 0")
    assert decide("1/3*x", "x/3").conditions == ()


def test_kinds_of_input():
    t = sympy.Symbol("t")
    assert decide(sympy.cosh(t) ** 2 - sympy.sinh(t) ** 2, 1).outcome is Outcome.PROVED
    assert decide(exp(symbol("x")), "exp(x)").outcome is Outcome.PROVED
    assert decide(F(1, 3), "1/3").outcome is Outcome.PROVED
    assert decide(number(2), 2).outcome is Outcome.PROVED
    for bad in (0.5, True, None, float("nan"), 1j, [1], sympy.Eq(t, 1), sympy.Float(1)):
        with pytest.raises(InputError):
            decide(bad, "x")
        with pytest.raises(InputError):
            decide("x", bad)


# -- assumptions ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "right", "assume"),
    [
        ("x**2", "y**2 + 2*y + 1", ["x == y + 1"]),
        ("x", "1", ["x == y", "y == 1"]),
        ("a + b + c", "0", ["c == -a - b"]),
        ("p*q", "exp(u + v)", ["p == exp(u)", "q == exp(v)"]),
        ("x", "x", ["x > 0"]),
        ("x", "x", ["x > 10**40"]),
        ("x", "x", ["x > 1/10**300", "x < 2/10**300"]),
        ("x/x", "1", ["x != 0"]),
        ("a", "a", ["e < a", "a < d", "d < b", "b < c"]),
        ("a", "a", ["a**2 + b**2 < 1/100", "a + b > 1/10"]),
        ("a", "a", ["a + b > 1000"]),
        ("x", "x", ["x >= y"]),
        ("x", "x", ["log(x) > 3"]),
        ("x", "3", ["x == 3", "x >= 3", "x > 2"]),
        ("x", "x", [("x", ">", 3), (symbol("x"), "<", F(7, 2))]),
        ("x", "x", "x > 3"),
    ],
)
def test_proved_under_assumptions(left, right, assume):
    verdict = decide(left, right, assume)
    assert verdict.outcome is Outcome.PROVED
    assert len(verdict.conditions) >= (1 if isinstance(assume, str) else len(assume))


@pytest.mark.parametrize(
    "assume",
    [
        ["x > 0", "x < 0"],
        ["x >= 0", "x <= 0"],
        ["x**2 < 0"],
        ["x != x"],
        ["a < b", "b < c", "c < a"],
        ["y == 3", "y > 4"],
        ["y == log(-1)"],
        ["y == sqrt(-1 - z**2)"],
        ["log(x) > 0", "x < 1"],
    ],
)
def test_nothing_is_proved_from_contradictory_assumptions(assume):
    verdict = decide("x", "x", assume)
    assert verdict.outcome is Outcome.UNDECIDED
    assert "contradictory" in verdict.message
    assert decide("x", "x + 1", assume).outcome is Outcome.UNDECIDED


@pytest.mark.parametrize(
    ("left", "right", "assume", "check"),
    [
        ("x", "y", ["x > 1000"], lambda p: p["x"] > 1000),
        ("x", "y", ["x > y", "y > 5"], lambda p: p["x"] > p["y"] > 5),
        ("x + y", "0", ["x > 0", "y > 0", "x + y < 1/1000000"], lambda p: 0 < p["x"] + p["y"] < F(1, 10**6)),
        ("x", "x + 1/10**50", ["x > 10**40", "x < 10**40 + 1"], lambda p: 10**40 < p["x"] < 10**40 + 1),
        ("x", "2*x", ["y == log(x)"], lambda p: p["x"] > 0),
        ("x", "2*x", ["y == 1/x", "y < 0"], lambda p: p["x"] < 0),
        ("x**2", "x", ["x <= 1", "x >= 0"], lambda p: 0 < p["x"] < 1),
        ("x", "y", ["x != 1", "y != 0"], lambda p: p["x"] != 1 and p["y"] != 0),
    ],
)
def test_witnesses_satisfy_the_assumptions(left, right, assume, check):
    verdict = decide(left, right, assume)
    assert verdict.outcome is Outcome.REFUTED
    assert check({name: F(value) for name, value in verdict.evidence[0].details["point"].items()})
    assert len(verdict.conditions) == len(assume)


def test_the_witness_shows_eliminated_symbols():
    verdict = decide("x", "2", ["x == y", "y == 1"])
    assert dict(verdict.witness) == {"x": "1", "y": "1", "lhs - rhs": "-1"}


@pytest.mark.parametrize(
    "assume",
    [
        ["x + 1 == y"],
        ["1 == x"],
        ["x == x"],
        ["x == y", "y == x"],
        ["x == 1", "x == 2"],
        ["x = 1"],
        ["x"],
        [3],
        [("x", ">")],
        [("x", ">", 0.5)],
        [("x", "~", 1)],
        [("x", ">", None)],
        ["x > __import__('os')"],
        ["y == 1/(z - z)"],
        ["1/(z - z) > 0"],
        ["0 < x < 1"],
    ],
)
def test_bad_assumptions(assume):
    with pytest.raises(InputError) as caught:
        decide("x", "x", assume)
    assert "\n" not in str(caught.value)


def test_a_denominator_that_the_assumptions_kill():
    with pytest.raises(InputError, match="nowhere"):
        decide("(x**2 - y**2)/(x - y)", "x + y", ["x == y"])


# -- properties ----------------------------------------------------------------------------------

a, b, c = symbols("a b c")
leaves = st.sampled_from([a, b, c, number(2), number(F(-1, 3)), exp(a), exp(b / 2), exp(a * c)])
formulas = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda pair: pair[0] + pair[1]),
        st.tuples(inner, inner).map(lambda pair: pair[0] * pair[1]),
        st.tuples(inner, inner).map(lambda pair: pair[0] - pair[1]),
        st.tuples(inner, st.sampled_from([-2, -1, 2, 3])).map(lambda pair: Pow(pair[0], pair[1])),
    ),
    max_leaves=8,
)


@given(formulas, formulas)
@settings(max_examples=200, deadline=None, derandomize=True)
def test_verdicts_agree_with_numbers(left, right):
    try:
        verdict = decide(left, right)
    except InputError as error:
        assert "nowhere" in str(error)  # noqa: PT017
        return
    with mpmath.workdps(60):
        if verdict.outcome is Outcome.PROVED:
            assert not _differs(left, right)
        else:
            assert verdict.outcome is Outcome.REFUTED
            assert _confirmed(verdict, left, right)


@given(formulas, formulas)
@settings(max_examples=100, deadline=None, derandomize=True)
def test_rewritings_are_proved(u, v):
    try:
        pairs = [
            ((u + v) ** 2, u**2 + 2 * u * v + v**2),
            (u * (v + 1), u * v + u),
            ((u - v) * (u + v), u * u - v * v),
        ]
        outcomes = [decide(left, right).outcome for left, right in pairs]
    except InputError as error:
        assert "nowhere" in str(error)  # noqa: PT017
        return
    assert outcomes == [Outcome.PROVED] * 3


def test_the_answer_does_not_depend_on_the_hash_seed():
    program = (
        "import json\n"
        "from ncverify.derive.decide import decide\n"
        "questions = [\n"
        "    ('1/(x*(x-y)) + 1/(y*(y-x)) + exp(a+b)', 'exp(a)*exp(b) - 1/(x*y)', ()),\n"
        "    ('a*b*c*d*e', 'a*b*c*d*f', ('a > b', 'b != c')),\n"
        "    ('x + 1/10**40', 'x', ('x == y*z', 'y > 3')),\n"
        "    ('exp(1/z)', 'w', ()),\n"
        "]\n"
        "for left, right, assume in questions:\n"
        "    verdict = decide(left, right, assume)\n"
        "    print(verdict, json.dumps(verdict.to_json()))\n"
    )
    outputs = set()
    for seed in ("0", "1", "42", "4242"):
        run = subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        outputs.add(run.stdout)
    assert len(outputs) == 1
    (output,) = outputs
    assert [line for line in output.splitlines() if line.startswith(("proved", "refuted", "undecided"))]


def test_the_seed_changes_only_the_search():
    question = ("a*b - c*d", "a*b - c*d + (a - b)*(b - c)*(c - d)")
    assert {decide(*question, seed=seed).outcome for seed in range(5)} == {Outcome.REFUTED}


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('id')",
        "(" * 10**6,
        "9**9**9**9",
        "1" * 10**6,
        "nan",
        "lambda: 1",
        "x\0",
    ],
)
def test_hostile_text(text):
    for sides in ((text, "1"), ("1", text)):
        with pytest.raises(InputError) as caught:
            decide(*sides)
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 300


def test_numbers_of_very_different_size() -> None:
    shown = decide("exp(80000)", "exp(80000) + 1")
    assert shown.outcome is Outcome.REFUTED
    assert shown.witness["lhs - rhs"].startswith("-1.0000000000000000000")
    beyond = decide("exp(10**6)", "exp(10**6) + 1")
    assert beyond.outcome is Outcome.UNDECIDED
    assert "two different numbers" in beyond.message
