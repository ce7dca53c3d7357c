"""Reading typed expressions: exactness, and one clear line for everything else."""

import subprocess
import sys
from fractions import Fraction as F

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ncverify.errors import InputError
from ncverify.theory.expr import Fn, exp, number, symbols
from ncverify.theory.parser import MAX_LENGTH, parse, parse_rational, parse_relation

x, y = symbols("x y")


@pytest.mark.parametrize(
    ("text", "expr"),
    [
        ("x", x),
        ("0.25", number(F(1, 4))),
        ("1e-3", number(F(1, 1000))),
        ("0.1", number(F(1, 10))),
        (".5", number(F(1, 2))),
        ("5.", number(5)),
        ("2.50E+2", number(250)),
        ("10**40", number(10**40)),
        ("1e40", number(10**40)),
        ("-x**2", -(x**2)),
        ("(-x)**2", (-x) ** 2),
        ("x**-2", x**-2),
        ("x**(4/2)", x**2),
        ("x**-(1+1)", x**-2),
        ("2**3**2", number(512)),
        ("x**0", x**0),
        ("1/3*x", F(1, 3) * x),
        ("exp(-x)/(1+exp(x))", exp(-x) / (1 + exp(x))),
        ("+x - -y", x + y),
        ("tanh( x )\n + 1", Fn("tanh", x) + 1),
        ("x - y - 1", x - y - 1),
        ("x/y/2", x / y / 2),
        ("((((x))))", x),
    ],
)
def test_reads(text, expr):
    assert parse(text) is expr


HOSTILE = {
    "call": "__import__('os').system('id')",
    "brackets": "(" * 10**6 + "x" + ")" * 10**6,
    "some brackets": "(" * 20_000 + "x" + ")" * 20_000,
    "open brackets": "((x)",
    "closed brackets": "(x))+(",
    "tower": "9**9**9**9",
    "hidden power": "(2**1000)**(1000)",
    "hidden power 2": "((10**100)**10)**10*((10**100)**10)**10*10**10",
    "negative power": "(2**1000)**(-1000)",
    "sum in power": "2**(10**5+10**5)",
    "integer": "1" * 10**6,
    "long integer": "9" * 4001,
    "long decimal": "0." + "1" * 4001,
    "exponent": "1e999999999",
    "small exponent": "1e-99999999999999999999",
    "exponent digits": "1e" + "9" * 5000,
    "exponent of x": "x**1000001",
    "fraction exponent": "x**0.5",
    "root": "2**(1/2)",
    "symbol exponent": "x**y",
    "nan": "nan",
    "NaN": "NaN + 1",
    "inf": "-inf",
    "pi": "cos(pi)",
    "lambda": "lambda x: x",
    "keyword": "lambda",
    "comprehension": "[x for x in y]",
    "attribute": "x.real",
    "attribute of number": "(1).real",
    "subscript": "x[0]",
    "f-string": "f'{x}'",
    "string": "'x'",
    "walrus": "(x:=1)",
    "null": "x\0+1",
    "fullwidth": "ｘ+1",
    "greek": "α + 1",
    "unicode minus": "x − 1",
    "invisible": "x\u200b",
    "arabic digit": "١",
    "caret": "x^2",
    "hex": "0x10",
    "underscore": "1_000",
    "imaginary": "1j",
    "octal": "007",
    "two dots": "1.2.3",
    "glued": "2x",
    "glued exponent": "1e5x",
    "and": "x and y",
    "not": "not x",
    "if": "x if y else z",
    "compare": "x < 1",
    "none": "None",
    "true": "True",
    "ellipsis": "...",
    "tuple": "x, y",
    "empty tuple": "()",
    "star": "*x",
    "star call": "exp(*x)",
    "keyword call": "exp(x=1)",
    "two arguments": "exp(x, y)",
    "no argument": "exp()",
    "function as symbol": "exp + 1",
    "unknown function": "foo(x)",
    "eval": "eval(x)",
    "call a number": "2(x)",
    "call a call": "exp(x)(y)",
    "floor": "x // 2",
    "modulo": "x % 2",
    "matmul": "x @ y",
    "shift": "x << 2",
    "invert": "~x",
    "yield": "(yield x)",
    "await": "await x",
    "comment": "x # comment",
    "semicolon": "x; y",
    "backslash": "x \\\n + 1",
    "missing operand": "x +",
    "missing operator": "x y",
    "empty": "",
    "spaces": "  \n ",
    "division by zero": "x/0",
    "zero power": "0**-1",
    "long name": "a" * 65,
    "very long name": "x" * 90_000,
    "long sum": "+".join("x" * 45_000),
    "long product": "*".join("x" * 45_000),
    "long chain": "**".join("2" * 30_000),
    "signs": "-" * 90_000 + "x",
    "mixed signs": "+-" * 45_000 + "x",
    "signs in brackets": ("-" * 99 + "(") * 100 + "x" + ")" * 100,
    "calls": "exp(" * 15_000 + "x" + ")" * 15_000,
    "surrogate": "x\ud800",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_everything_else_is_one_line(name):
    with pytest.raises(InputError) as caught:
        parse(HOSTILE[name])
    message = str(caught.value)
    assert "\n" not in message
    assert message.isascii()
    assert 10 < len(message) < 300


@pytest.mark.parametrize("bad", [None, 1, 0.5, b"x", ["x"]])
def test_only_text_is_parsed(bad):
    with pytest.raises(InputError, match="not text"):
        parse(bad)


def test_caret_points_to_the_power_operator():
    with pytest.raises(InputError, match=r"write \*\*"):
        parse("x^2")


def test_hostile_text_in_a_fresh_process():
    """A crash of the interpreter (stack overflow) would not be an exception: look at the exit code."""
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from test_parser import HOSTILE, parse, InputError\n"
        "for text in HOSTILE.values():\n"
        "    try: parse(text)\n"
        "    except InputError: continue\n"
        "    sys.exit('accepted')\n"
        "print('done')\n"
    )
    here = __file__.rpartition("/")[0]
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, here], capture_output=True, text=True, timeout=120
    )
    assert run.returncode == 0, run.stderr[-2000:]
    assert run.stdout == "done\n"


@given(st.text(alphabet="xy012.e+-*/() ^expsin<=,'[]", max_size=40))
@settings(max_examples=500, deadline=None, derandomize=True)
def test_any_text_is_read_or_refused(text):
    try:
        expr = parse(text)
    except InputError as error:
        assert "\n" not in str(error)  # noqa: PT017
    else:
        assert parse(expr.plain()) is expr


@given(st.text(max_size=30))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_any_unicode_is_read_or_refused(text):
    try:
        parse(text)
    except InputError as error:
        assert str(error).isascii()  # noqa: PT017


@given(st.integers(0, 10**30), st.integers(0, 30))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_decimals_are_exact(digits, places):
    whole, fraction = divmod(digits, 10**places)
    text = f"{whole}.{fraction:0{places}d}" if places else f"{whole}."
    assert parse(text) is number(F(digits, 10**places))
    assert parse(f"{digits}e-{places}") is number(F(digits, 10**places))


def test_a_long_sum_within_the_limits():
    assert len(parse("+".join(f"x{i}" for i in range(200))).args) == 200
    assert MAX_LENGTH >= 10_000


def test_rationals():
    assert parse_rational("-3/4") == F(-3, 4)
    assert parse_rational("1e-30") == F(1, 10**30)
    for bad in ("x", "1/0", "sqrt(2)", "", "nan"):
        with pytest.raises(InputError):
            parse_rational(bad)


@pytest.mark.parametrize("relation", ["<=", ">=", "==", "!=", "<", ">"])
def test_relations(relation):
    assert parse_relation(f"x**2 {relation} y+1") == (x**2, relation, y + 1)


@pytest.mark.parametrize("bad", ["x", "x = 1", "x <> 1", "0 < x < 1", "x =< 1", "x < ", "< 1", "x === 1", 3])
def test_bad_relations(bad):
    with pytest.raises(InputError) as caught:
        parse_relation(bad)
    assert "\n" not in str(caught.value)
