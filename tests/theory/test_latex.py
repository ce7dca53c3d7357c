"""LaTeX in: what is read, what is refused, and that nothing runs."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ncverify.derive.decide import decide
from ncverify.errors import InputError
from ncverify.theory.expr import Expr, symbol
from ncverify.theory.latex import parse_latex, parse_latex_equation
from ncverify.theory.parser import parse


@pytest.mark.parametrize(
    ("formula", "plain"),
    [
        (r"x+1", "x+1"),
        (r"2x y - \frac{a}{b}", "2*x*y - a/b"),
        (r"\frac12 s_1^2", "s1**2/2"),
        (r"\dfrac{x}{2}+\tfrac 3 4", "x/2 + 3/4"),
        (r"e^{2x}\log(1+e^{-x})", "exp(2*x)*log(1+exp(-x))"),
        (r"\exp\left(\frac{2 s_a}{K}\right)", "exp(2*s_a/K)"),
        (r"2 s_a (1-\hat p_a)", "2*s_a*(1-phat_a)"),
        (r"\hat{p}_{a}", "phat_a"),
        (r"\bar{s}_{12} - \dot s", "sbar12 - sdot"),
        (r"\sqrt{x^2+1}", "sqrt(x**2+1)"),
        (r"x^{1/2}", "sqrt(x)"),
        (r"-x^2", "-(x**2)"),
        (r"2^{-3}x", "x/8"),
        (r"\ln x + \log(y)", "log(x) + log(y)"),
        (r"\lambda\mu\cdot 2 \times\alpha", "lambda_*mu*2*alpha"),
        (r"\mathrm{KL} - \left[x\,+\;y\right]", "KL - (x+y)"),
        (r"\cosh(x)^2-\sinh(x)^2", "cosh(x)**2 - sinh(x)**2"),
        (r"a/b \cdot c", "a/b*c"),
        (r"s_1(1-\hat p_1)", "s1*(1-phat1)"),
        (r"\sigma \cdot (x+1)", "sigma*(x+1)"),
        ("s i n", "s*i*n"),
        (r"\sin(x) + x_{exp}", "sin(x) + x_exp"),
        ("(x+1)^2(y+1)", "(x+1)**2*(y+1)"),
        (r"$x_{ab}$", "x_ab"),
        (r"\big( x \bigr)", "x"),
    ],
)
def test_the_subset(formula: str, plain: str) -> None:
    expected = parse(plain)
    found = parse_latex(formula)
    if "lambda_" in plain:  # "lambda" is a name in LaTeX, a keyword in Python
        assert found == symbol("lambda") * symbol("mu") * 2 * symbol("alpha")
    else:
        assert found == expected or decide(found, expected).outcome == "proved"
        assert found.free_symbols == expected.free_symbols


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("", "the formula is empty"),
        (r"\log x y", "behind .log x is ambiguous"),
        (r"\log x^2", "behind .log x is ambiguous"),
        (r"\cos x y", "behind .cos x is ambiguous"),
        (r"2\sigma(2x)-1", "could be a function"),
        ("f(x)", "could be a function"),
        ("sin^2(x) + cos^2(x)", r"sin could be a function: write \\sin, or s i n for a product"),
        ("2 exp(x)", "exp could be a function"),
        ("x + log x", "log could be a function"),
        ("ysqrt (x)", "sqrt could be a function"),
        ("arctan^{2}(x)", "arctan could be a function"),
        (r"\frac{d}{dx} e^{2x}", "derivatives are not read"),
        ("a/b c", "behind a/b is ambiguous"),
        ("x 2", "a number behind a factor is ambiguous"),
        ("e + 1", "e alone"),
        ("2e", "e alone"),
        (r"\pi r^2", "not available as a number"),
        ("x^y", "is not a whole number"),
        ("(x", "ends too early"),
        ("x)", "near"),
        (r"\foo x", r"the command .foo is outside the subset"),
        (r"\sum_i x_i", "outside the subset"),
        (r"\input{/etc/passwd}", "the command .input is outside the subset"),
        (r"\write18{ls}", "the command .write is outside the subset"),
        ("__import__('os')", "' is outside the subset"),
        (r"\sum_{i=1}^n x_i", "write the terms out"),
        (r"x \le y", "an equation has the sign ="),
        (r"\operatorname{softmax}(x)", "write the formula of the function"),
        (r"\sqrt[3]{x}", "of roots only"),
        (r"\log_2 x", "logarithm to base b"),
        (r"\log \log x", r"write .log\(x\)"),
        (r"\sin^{-1} x", "power -1 of a function is ambiguous"),
        (r"\log^2 x", "ambiguous"),
        (r"\sin^2 x y", r"ambiguous: write .sin\^2\(x\)"),
        (r"\log\frac{x}{y} z", "ambiguous"),
        ("x; y", "outside the subset"),
        ("s_{a,b}", "outside the subset"),
        # what prints as one thing and would be read as another
        ("{-x}^2", "cannot read the formula near"),
        ("{a+b}c", "cannot read the formula near"),
        ("a-{b-c}", "cannot read the formula near"),
        ("{x^2}^3", "braces do not show in print"),
        ("2{3}", "a number behind a factor is ambiguous"),
        (r"\sin{x+y}", "cannot read the formula near"),
        (r"\sin{x}^2", "a power behind .sin x is ambiguous"),
        (r"\sin{x}y", "a factor behind .sin x is ambiguous"),
        (r"\log x/2", "/ behind .log x is ambiguous"),
        (r"\log x \cdot y", "behind .log x is ambiguous"),
        (r"\mathrm{ln}(x)", "ln could be a function"),
        (r"\mathrm{tr} x", "tr could be a function"),
        (r"\frac{df}{dx}", "derivatives are not read"),
        (r"\mathrm{sbar} - \bar s", "two symbols of the formula have the name"),
        (r"\mathrm{s1} - s_1", "two symbols of the formula have the name"),
        (r"\mathrm{lambda} - \lambda", "two symbols of the formula have the name"),
        (r"\mathrm{KL}(x)", "KL could be a function"),
        ("{" * 61 + "x" + "}" * 61, "nested deeper than 60"),
        ("9" * 5000, "more than 4000 digits"),
        ("x" * 20_001, "too long"),
        ("x\x00", "outside the subset"),
    ],
)
def test_what_is_refused_and_why(formula: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        parse_latex(formula)
    assert "\n" not in str(caught.value)


def test_equations() -> None:
    left, right = parse_latex_equation(r"\dot s_1 = 2 s_1 (1-\hat p_1)")
    assert (str(left), str(right)) == ("sdot1", "2*s1*(1 - phat1)")
    with pytest.raises(InputError, match="has 2 signs ="):
        parse_latex_equation("a = b = c")


names = st.sampled_from(["x", "y", "s1", "mu"]).map(symbol)
expressions = st.recursive(
    names | st.integers(1, 9).map(lambda n: n + 0 * symbol("x")),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda pair: pair[0] + pair[1]),
        st.tuples(inner, inner).map(lambda pair: pair[0] * pair[1]),
        inner.map(lambda u: -u),
        st.tuples(inner, st.integers(2, 3)).map(lambda pair: pair[0] ** pair[1]),
        inner.map(lambda u: 1 / (u * u + 1)),
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(expressions)
def test_what_is_printed_is_read_again(expression: Expr) -> None:
    assert decide(parse_latex(expression.latex()), expression).outcome == "proved"


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=r"\{}()[]^_+-*/ .,=efracsqrtloghx12$", max_size=40))
def test_any_text_is_read_or_refused_in_one_line(text: str) -> None:
    with suppress(InputError):
        assert isinstance(parse_latex(text), Expr)


@pytest.mark.parametrize(
    ("formula", "meaning"),
    [
        (r"\sin^2 x + \cos^2 x", "sin(x)**2 + cos(x)**2"),
        (r"\sin^{12}(x+1) \cosh^2{x}", "sin(x + 1)**12*cosh(x)**2"),
        (r"\log\frac{x}{y}", "log(x/y)"),
        (r"\tanh^3\sqrt{x}", "tanh(sqrt(x))**3"),
    ],
)
def test_functions_as_they_are_written(formula: str, meaning: str) -> None:
    assert parse_latex(formula) == parse(meaning)


def test_a_sum_in_an_equation_is_named_before_its_signs_are_counted() -> None:
    with pytest.raises(InputError, match=r"the command .sum is outside the subset"):
        parse_latex_equation(r"\sum_{i=1}^{n} x_i = 1")
