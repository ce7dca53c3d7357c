"""The second decision procedure: it knows true identities, and never accepts a false one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ncverify.derive.decide import decide
from ncverify.replay.errors import Rejected
from ncverify.replay.expressions import Table
from ncverify.replay.identities import equal_everywhere
from ncverify.theory.expr import Expr, exp, number, symbol, to_json
from ncverify.theory.parser import parse


def equal(lhs: Expr, rhs: Expr) -> bool:
    table = Table()
    (answer,) = equal_everywhere(table, [(table.read(to_json(lhs)), table.read(to_json(rhs)))])
    return answer


@pytest.mark.parametrize(
    ("lhs", "rhs"),
    [
        ("exp(2*x) - exp(2*y)", "(exp(x) - exp(y))*(exp(x) + exp(y))"),
        ("tanh(x/2)", "(exp(x) - 1)/(exp(x) + 1)"),
        ("cosh(x)**2 - sinh(x)**2", "1"),
        ("exp(x + y/3)**3", "exp(3*x)*exp(y)"),
        ("exp(exp(x) + exp(y/2))", "exp(exp(x))*exp(exp(y/2))"),
        ("exp(x*y - y*x)", "1"),
        ("exp(1/3)**3", "exp(1)"),
        ("exp(x/(1 + y))**2", "exp(2*x/(y + 1))"),
        ("(x**2 - 1)/(x - 1)", "x + 1"),
        ("1/(1/x + 1/y)", "x*y/(x + y)"),
        ("sqrt(x)**4", "x**2"),
        ("1/(1 + 1/sqrt(2))", "2 - sqrt(2)"),
        ("(1 + sqrt(x))*(1 - sqrt(x))", "1 - x"),
        ("log(x*x)*sin(y)", "sin(y)*log(x**2)"),
        ("(x + y)**7 - (x - y)**7", "2*y**7 + 42*x**2*y**5 + 70*x**4*y**3 + 14*x**6*y"),
    ],
)
def test_identities(lhs: str, rhs: str) -> None:
    assert equal(parse(lhs), parse(rhs))


@pytest.mark.parametrize(
    ("lhs", "rhs"),
    [
        ("exp(2*x)", "exp(x)**2 + 1"),
        ("exp(x)", "exp(-x)"),
        ("exp(x/2)", "exp(x/3)"),
        ("tanh(x)", "(exp(x) - 1)/(exp(x) + 1)"),
        ("sqrt(x)", "-sqrt(x)"),
        ("sqrt(x**2)", "x"),
        ("log(x**2)", "2*log(x)"),
        ("exp(1)", "27182818284590452353602874713527/10000000000000000000000000000000"),
        ("x", "x + 1/1000000000000000000000000"),
        ("1/x - 1/x", "1"),
    ],
)
def test_false_or_not_everywhere_true(lhs: str, rhs: str) -> None:
    assert not equal(parse(lhs), parse(rhs))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("(x + y + z + w + 1)**1000", "too large"),
        ("(x + 1)**1000000", "too large"),
        ("exp(exp(exp(exp(exp(exp(exp(exp(exp(exp(exp(exp(exp(x)))))))))))))", "too deep"),
        ("1/(x - x)", "0 everywhere"),
        ("x/(exp(x)*exp(-x) - 1)", "0 everywhere"),
    ],
)
def test_what_it_refuses(text: str, message: str) -> None:
    with pytest.raises(Rejected, match=message):
        equal(parse(text), number(0))


SMALL = st.integers(-3, 3).map(number)
LEAVES = SMALL | st.sampled_from([symbol("x"), symbol("y")])
TREES = st.recursive(
    LEAVES,
    lambda inner: (
        st.tuples(inner, inner).map(lambda p: p[0] + p[1])
        | st.tuples(inner, inner).map(lambda p: p[0] * p[1])
        | st.tuples(inner, st.integers(0, 3)).map(lambda p: p[0] ** p[1])
        | LEAVES.map(exp)
    ),
    max_leaves=8,
)


@settings(max_examples=60)
@given(TREES, TREES)
def test_it_agrees_with_the_prover(u: Expr, v: Expr) -> None:
    pairs = [(u, v), ((u + v) * (u - v), u * u - v * v), (u * v, v * u + v - v)]
    for lhs, rhs in pairs:
        assert equal(lhs, rhs) == (decide(lhs, rhs).outcome == "proved")


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("exp(log(x))", "x", True),
        ("exp(2*log(x) + y)", "x**2*exp(y)", True),
        ("exp(-log(x/(1 + y)))", "(1 + y)/x", True),
        ("log(exp(x + y))", "x + y", True),
        ("exp(log(x)/2)**2", "x", False),
        ("exp(log(x)*y)", "x", False),
        ("log(exp(x))", "2*x", False),
    ],
)
def test_logarithms_and_exponentials_cancel(left: str, right: str, same: bool) -> None:
    assert equal(parse(left), parse(right)) is same
