"""The normal form: field axioms, the lattice, algebraic constants, and the Lyapunov identity."""

from fractions import Fraction as F

import pytest
import sympy
from flint import arb, fmpq
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ncverify.derive.normal_form import (
    AlgebraicConstant,
    BudgetExceeded,
    ExpField,
    NotPolynomial,
    OutsideClass,
    normalize,
    normalize_all,
    normalize_difference,
    two_cos,
    two_cos_multiple,
)
from ncverify.errors import InputError
from ncverify.theory import balls
from ncverify.theory.expr import add, differentiate, exp, log, number, symbol, symbols
from ncverify.theory.groups import AbelianGroup
from ncverify.theory.parser import parse

x, y = symbols("x y")
POINT = {"x": F(3, 7), "y": F(-5, 11)}

small = st.fractions(min_value=-3, max_value=3, max_denominator=4)


@st.composite
def elements(draw, depth=3):
    """(build, value): the same random formula as field elements and as balls."""
    if depth == 0 or draw(st.integers(0, 3)) == 0:
        q = draw(small)
        return draw(
            st.sampled_from(
                [
                    (lambda f: f.number(q), lambda p: balls.to_arb(q)),
                    (lambda f: f.symbol("x"), lambda p: balls.to_arb(p["x"])),
                    (lambda f: f.symbol("y"), lambda p: balls.to_arb(p["y"])),
                    (lambda f: f.constant("c"), lambda p: two_cos(7).enclose(400)),
                    (
                        lambda f: f.exp(q * f.symbol("x") * f.constant("c") + q * q * f.symbol("y") + 1),
                        lambda p: (
                            balls.to_arb(q * p["x"]) * two_cos(7).enclose(400)
                            + balls.to_arb(q * q * p["y"] + 1)
                        ).exp(),
                    ),
                ]
            )
        )
    a, va = draw(elements(depth=depth - 1))
    b, vb = draw(elements(depth=depth - 1))
    return draw(
        st.sampled_from(
            [
                (lambda f: a(f) + b(f), lambda p: va(p) + vb(p)),
                (lambda f: a(f) - b(f), lambda p: va(p) - vb(p)),
                (lambda f: a(f) * b(f), lambda p: va(p) * vb(p)),
                (lambda f: a(f) / b(f), lambda p: va(p) / vb(p)),
            ]
        )
    )


def _field():
    return ExpField(["x", "y"], [two_cos(7)])


@given(elements())
@settings(max_examples=150, deadline=None, derandomize=True)
def test_elements_have_the_value_of_their_formula(pair):
    build, value = pair
    try:
        element = build(_field())
    except ZeroDivisionError:
        assume(False)
    with balls.precision(400):
        expected = value(POINT)
        assume(balls.is_finite(expected))
        assert not balls.certainly_disjoint(element.enclose(POINT, 400), expected)
        if element.is_zero():
            assert expected.contains(0)
        else:
            # A nonzero function of this size has no zero at a point with these coordinates.
            assert balls.certainly_nonzero(expected)


@given(elements(depth=2), elements(depth=2), elements(depth=2))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_field_axioms(first, second, third):
    field = _field()
    try:
        a, b, c = (build(field) for build, _ in (first, second, third))
    except ZeroDivisionError:
        assume(False)
    assert a + b == b + a
    assert a * b == b * a
    assert (a + b) + c == a + (b + c)
    assert a * (b + c) == a * b + a * c
    assert a - a == 0
    assert a + 0 == a * 1 == a
    if not b.is_zero():
        assert a / b * b == a
        assert a.is_zero() or (a / b) ** -2 * a**2 == b**2
    assert (a == b) == (a - b).is_zero()


def test_exponentials():
    f = ExpField(["x", "y"])
    u, v = f.symbol("x"), f.symbol("y")
    assert f.exp(u + v) == f.exp(u) * f.exp(v)
    assert f.exp(u * F(1, 3)) ** 3 == f.exp(u)
    assert f.exp((u + v) ** 2) == f.exp(u * u) * f.exp(u * v) ** 2 * f.exp(v**2)
    assert f.exp(0) == 1
    assert f.exp(1) ** 2 == f.exp(2)
    assert f.exp(F(1, 2)) ** 2 == f.exp(1)
    assert f.exp(u) != f.exp(v)
    assert f.exp(1) != F(271828, 100000)
    assert f.exp(u * v) != f.exp(u) * f.exp(v)
    assert f.exp(-u) * f.exp(u) == 1


def test_the_lattice_refines_under_old_elements():
    f = ExpField(["x"])
    u = f.symbol("x")
    old = f.exp(u) + 1  # its polynomial is X + 1 on the lattice of integers
    product = old * (f.exp(u) - 1)
    sixth = f.exp(u / 6)  # now exp(x) is X^6
    fourth = f.exp(u / 4)  # and now X^12
    assert product == sixth**12 - 1
    assert old - 1 == fourth**4
    assert f.facts["lattice_denominators"] == ["12"]
    assert f.facts["exponential_generators"] == 1
    # a new term may refine the lattice while a sum is being read
    assert f.sum(f.exp(u / n) - f.exp(u / n) for n in (1, 5, 7, 9)).is_zero()
    assert f.product(f.exp(u / n) for n in (2, 11, 13)) == f.exp(u * (F(1, 2) + F(1, 11) + F(1, 13)))
    assert f.sum([f.exp(u), *(f.exp(u / n) for n in (17,)), -f.exp(u), -f.exp(u / 17)]) == 0


def test_a_refused_exponential_leaves_the_field_as_it_was():
    f = ExpField(["x", "y"])
    u, v = f.symbol("x"), f.symbol("y")
    old = f.exp(u) + f.exp(v)
    with pytest.raises(BudgetExceeded, match="1024"):
        f.exp(u / 6 + (u + v + 1) ** 50)
    assert f.facts["lattice_denominators"] == ["1"]
    assert old - f.exp(v) == f.exp(u / 6) ** 6
    assert old**2 == f.exp(2 * u) + 2 * f.exp(u + v) + f.exp(2 * v)


def test_not_polynomial():
    f = ExpField(["x"])
    u = f.symbol("x")
    for bad in (1 / u, f.exp(u), 1 / (1 + u), u * f.exp(u)):
        assert not f.is_polynomial(bad)
        with pytest.raises(NotPolynomial):
            f.exp(bad)
    assert f.is_polynomial((u**2 - 1) / 3)
    # a denominator that cancels is none
    assert f.exp((u * u + u) / u - 1) == f.exp(u)


def test_mixing_and_wrong_names():
    f, g = ExpField(["x"]), ExpField(["x"])
    with pytest.raises(InputError, match="different fields"):
        f.symbol("x") + g.symbol("x")
    with pytest.raises(InputError, match="not in this field"):
        f.symbol("y")
    with pytest.raises(InputError, match="not in this field"):
        f.constant("x")
    with pytest.raises(InputError, match="must differ"):
        ExpField(["x", "x"])
    for bad in (0.5, True, "1"):
        with pytest.raises(InputError):
            f.number(bad)
        with pytest.raises(InputError):
            f.symbol("x") + bad
    for bad in (0.5, True, F(1, 2)):
        with pytest.raises(InputError):
            f.symbol("x") ** bad
    with pytest.raises(ZeroDivisionError):
        1 / (f.symbol("x") - f.symbol("x"))
    with pytest.raises(TypeError):
        hash(f.symbol("x"))


# -- algebraic constants ------------------------------------------------------------------------


@pytest.mark.parametrize("n", range(1, 31))
def test_two_cos_is_a_root_of_its_minimal_polynomial(n):
    c = two_cos(n)
    t = sympy.Symbol("t")
    ours = sympy.Poly([sympy.Rational(str(q)) for q in reversed(c.minimal_polynomial)], t, domain="QQ")
    assert ours == sympy.Poly(sympy.minimal_polynomial(2 * sympy.cos(2 * sympy.pi / n), t), t, domain="QQ")
    for j in range(5):
        with balls.precision(200):
            value = sum((q * c.enclose(200) ** k for k, q in enumerate(two_cos_multiple(j))), arb(0))
            assert value.overlaps(2 * arb.cos_pi_fmpq(fmpq(2 * j, n)))
            assert value.rad() < arb(1) / 2**150


def test_constants_are_checked():
    def root2(bits):
        with balls.precision(bits):
            return arb(2).sqrt()

    AlgebraicConstant("r", (F(-2), F(0), F(1)), root2)
    with pytest.raises(InputError, match="reducible"):
        AlgebraicConstant("r", (F(0), F(-2), F(0), F(1)), root2)
    with pytest.raises(InputError, match="real roots"):
        AlgebraicConstant("r", (F(-3), F(0), F(1)), root2)
    with pytest.raises(InputError, match="real roots"):
        AlgebraicConstant("r", (F(-2), F(0), F(1)), lambda bits: arb(0, 2))
    with pytest.raises(InputError):
        AlgebraicConstant("exp", (F(-2), F(0), F(1)), root2)
    with pytest.raises(InputError, match="degree"):
        AlgebraicConstant("r", (F(1),), root2)
    # sqrt(2) twice would make r - s a zero divisor in disguise
    r, s = (AlgebraicConstant(name, (F(-2), F(0), F(1)), root2) for name in "rs")
    with pytest.raises(InputError, match="dependent"):
        ExpField(["x"], [r, s])


def test_arithmetic_with_constants():
    f = ExpField(["x"], [two_cos(5, "c"), two_cos(7, "d")])  # degrees 2 and 3
    c, d, u = f.constant("c"), f.constant("d"), f.symbol("x")
    assert c * c + c == 1
    assert d**3 + d**2 - 2 * d == 1
    assert (c + d) / (c + d) == 1
    assert 1 / c == c + 1
    assert (1 / (c * d - 1)) * (c * d - 1) == 1
    assert c * d != d * d
    assert (u * u - c * c) / (u - c) == u + c
    assert f.exp(u / c) == f.exp(u * c) * f.exp(u)
    assert f.exp(c * c) == f.exp(1) / f.exp(c)
    assert f.exp(c * u) != f.exp(u)
    assert f.exp(c) != f.exp(d)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 6])
def test_rational_constants_are_numbers(n):
    f = ExpField(["x"], [two_cos(n)])
    assert f.constant("c") == {1: 2, 2: -2, 3: -1, 4: 0, 6: 1}[n]


# -- expressions ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("cosh(x)**2 - sinh(x)**2", "1"),
        ("tanh(x)", "(exp(2*x) - 1)/(exp(2*x) + 1)"),
        ("tanh(x + y)", "(tanh(x) + tanh(y))/(1 + tanh(x)*tanh(y))"),
        ("cosh(2*x)", "2*cosh(x)**2 - 1"),
        ("exp(x*y)**3", "exp(3*x*y)"),
        ("1/(1 + exp(-x))", "exp(x)/(1 + exp(x))"),
        ("x**0", "1"),
    ],
)
def test_identities(left, right):
    one, two = normalize_all([parse(left), parse(right)]).elements
    assert one == two


@pytest.mark.parametrize(
    "text", ["log(x)", "sqrt(x)", "sin(x)", "exp(1/x)", "exp(exp(x))", "tanh(log(x))", "0*atan(x)"]
)
def test_outside_the_class(text):
    with pytest.raises(OutsideClass) as caught:
        normalize(parse(text))
    assert repr(caught.value.part) in text


@pytest.mark.parametrize(
    "text", ["1/(x-x)", "0*(1/(x-x))", "(x-x)**-1", "1/(exp(x)*exp(-x)-1)", "exp(1/(x-x))"]
)
def test_defined_nowhere(text):
    with pytest.raises(InputError, match="nowhere"):
        normalize(parse(text))


def test_differences_open_sums():
    terms = [1 / symbol(f"a{i}") / (1 + symbol(f"b{i}")) for i in range(60)]
    left, right = add(terms), 2 * add(reversed(terms)) - add(terms)
    field = ExpField(sorted({*left.free_symbols}), budget=200_000)  # 2^60 terms over one denominator
    result = normalize_difference(left, right, field)
    assert result.element.is_zero()
    assert len(result.denominators) >= 60
    with pytest.raises(BudgetExceeded):
        normalize(left, ExpField(field.symbols, budget=200_000))


def test_differences_of_shared_sums_stay_small():
    shared = x
    for _ in range(100):
        shared = shared + shared  # 2^100 x, as a tree 2^100 leaves
    field = ExpField(["x"])
    assert normalize_difference(shared, number(2**100) * x, field).element.is_zero()
    assert not normalize_difference(shared, number(2**100 + 1) * x, field).element.is_zero()


@pytest.mark.parametrize(
    "make",
    [
        lambda f: (f.symbol("x") + f.symbol("y") + 1) ** 3000 + 1,
        lambda f: f.sum(
            ((f.symbol("x") + i) * (f.symbol("y") + 1 / f.number(i + 1))) ** -40 for i in range(60)
        ),
        lambda f: f.exp((f.symbol("x") + f.symbol("y") + 1) ** 300),
        lambda f: f.number(3) ** (10**9),
        lambda f: ExpField([f"x{i}" for i in range(2000)]),
    ],
)
def test_work_is_bounded(make):
    field = ExpField(["x", "y"], budget=1_000_000)
    with pytest.raises(BudgetExceeded):
        make(field)
    assert field.facts["term_products"] <= 10**9


def test_products_are_not_expanded():
    f = ExpField(["x", "y"], budget=1000)
    big = (f.symbol("x") + f.symbol("y")) ** 100_000
    assert (big * (f.symbol("x") + 1)) / big == f.symbol("x") + 1
    assert big == big * f.number(1)


def test_facts():
    f = ExpField(["x", "y"])
    u, v = f.symbol("x"), f.symbol("y")
    element = (u + v) * f.exp(u) / (u - v) / 3
    assert element.facts.terms == 2
    assert element.facts.degree == 2
    assert element.facts.denominators == ("x - y",)
    assert repr(element.to_expr()) == "1/3*exp(x)*(x + y)/(x - y)"
    assert f.number(0).facts.terms == 0
    assert [repr(e) for e in (1 / (u * (f.exp(u) + 1) * (f.exp(u) - 1))).denominator_factors()] == [
        "x",
        "exp(x) - 1",
    ]


# -- the Lyapunov identity -----------------------------------------------------------------------


def _walsh_lyapunov(m):
    """Both sides of V' = -2 (1-p0)/z0 (E_q z - E_u z) on Z_2^m, as expressions in s_1, ..., s_{K-1}."""
    k = 1 << m
    s = [symbol(f"s{a}") for a in range(k)]

    def chi(a, g):
        return -1 if (a & g).bit_count() & 1 else 1

    z = [F(1, k) * add(chi(a, g) * s[a] for a in range(1, k)) for g in range(k)]
    weights = [exp(value) for value in z]
    total = add(weights)
    p = [weight / total for weight in weights]
    p_hat = [add(chi(a, g) * p[g] for g in range(k)) for a in range(k)]
    v = log(add(s[1:])) - F(1, k - 1) * add(log(s[a]) for a in range(1, k))
    left = differentiate(v, {f"s{a}": 2 * s[a] * (1 - p_hat[a]) for a in range(1, k)})
    mean_q = add(p[g] / (1 - p[0]) * z[g] for g in range(1, k))
    return left, -2 * (1 - p[0]) / z[0] * (mean_q - F(1, k - 1) * add(z[1:]))


@pytest.mark.parametrize("m", [1, 2, 3, 4, 5])
def test_lyapunov_identity_on_walsh_groups(m):
    left, right = _walsh_lyapunov(m)
    one, two = normalize_all([left, right]).elements
    assert one == two
    if m > 1:
        assert one != two * F(8, 7)


def test_lyapunov_identity_within_the_default_budget_at_64_classes():
    left, right = _walsh_lyapunov(6)
    one, two = normalize_all([left, right]).elements
    assert one == two


def _lyapunov_sides(group):
    """The same on any finite abelian group, with z(g) = z(-g) as variables and z(0) = -sum of the others."""
    k = group.order
    constant = two_cos(group.exponent)
    field = ExpField([f"z{orbit[0]}" for orbit in group.sign_classes[1:]], [constant])
    c = field.constant("c")

    def chi(a, g):  # the real part, which is what sums over g and -g see
        j = int(group.pairing(a, g) * group.exponent)
        return F(1, 2) * field.sum(q * c**i for i, q in enumerate(two_cos_multiple(j)))

    z = [field.symbol(f"z{min(g, group.neg(g))}") if g else field.number(0) for g in range(k)]
    z[0] = -field.sum(z)
    s = [field.sum(z[g] * chi(a, g) for g in range(k)) for a in range(k)]
    assert s[0] == 0
    weights = [field.exp(value) for value in z]
    total = field.sum(weights)
    p = [weight / total for weight in weights]
    rates = [2 * s[a] * (1 - field.sum(p[g] * chi(a, g) for g in range(k))) for a in range(k)]
    left = field.sum(rates) / field.sum(s) - F(1, k - 1) * field.sum(rates[a] / s[a] for a in range(1, k))
    mean_q = field.sum(p[g] / (1 - p[0]) * z[g] for g in range(1, k))
    return left, -2 * (1 - p[0]) / z[0] * (mean_q - F(1, k - 1) * field.sum(z[1:]))


@pytest.mark.parametrize("orders", [(3,), (5,), (7,), (10,), (12,), (2, 4), (3, 3), (2, 2, 3)])
def test_lyapunov_identity_on_abelian_groups(orders):
    left, right = _lyapunov_sides(AbelianGroup(orders))
    assert left == right
    if orders != (3,):  # at K = 3 both sides are 0
        assert not left.is_zero()
        assert left != right + right
