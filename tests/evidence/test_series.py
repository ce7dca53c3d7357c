from fractions import Fraction

import pytest
from mpmath import mp, mpf

from ncverify.evidence.series import Tape, fixed, taylor

BITS = 200


def coefficients(field, start, order=12, step=Fraction(1)):
    found = taylor(field, [fixed(x, BITS) for x in start], step, BITS, order)
    with mp.workprec(BITS + 50):
        return [[mp.ldexp(mpf(int(c)), -BITS) for c in series] for series in found]


def assert_close(series, expected, digits=50):
    with mp.workprec(BITS + 50):
        for n, c in enumerate(series):
            assert abs(c - expected(n)) < mpf(10) ** -digits, n


def test_product_gives_the_logistic_pole():
    # x' = x^2, x(0) = 1: x = 1/(1 - t), all coefficients 1.
    (series,) = coefficients(lambda x, kind: [x[0] * x[0]], [1])
    assert_close(series, lambda n: 1)


def test_exp_gives_the_logarithm():
    # x' = e^-x, x(0) = 0: x = log(1 + t).
    (series,) = coefficients(lambda x, kind: [kind.exp(-x[0])], [0])
    assert_close(series, lambda n: mpf((-1) ** (n + 1)) / n if n else 0)


def test_quotient_gives_the_square_root():
    # x' = 1/(2x), x(0) = 1: x = sqrt(1 + t).
    (series,) = coefficients(lambda x, kind: [kind.exact(1) / (2 * x[0])], [1])
    assert_close(series, lambda n: mp.binomial(mpf(1) / 2, n))


@pytest.mark.parametrize("q", [Fraction(4, 3), Fraction(-1, 2), Fraction(3), Fraction(0)])
def test_power(q):
    # x' = x^q, x(0) = 1: x = (1 + (1 - q) t)^(1/(1-q)).
    (series,) = coefficients(lambda x, kind: [kind.power(x[0], q)], [1])
    with mp.workprec(BITS + 50):
        r = 1 - mpf(q.numerator) / q.denominator
        assert_close(series, lambda n: mp.binomial(1 / r, n) * r**n)


def test_sums_constants_and_steps():
    # x' = y + 1/3, y' = -x, in units of 1/2: second-order coefficients by hand.
    def field(v, kind):
        return [v[1] + kind.exact(Fraction(1, 3)), kind.exact(2) - v[0] - kind.exact(2)]

    x, y = coefficients(field, [Fraction(1, 2), Fraction(1)], order=2, step=Fraction(1, 2))
    assert_close(x, lambda n: [mpf(1) / 2, mpf(2) / 3, -mpf(1) / 16][n])
    assert_close(y, lambda n: [mpf(1), -mpf(1) / 4, -mpf(1) / 6][n])


def test_constants_fold():
    tape = Tape(BITS)
    third, zero = tape.exact(Fraction(1, 3)), tape.exact(0)
    x = tape.variable(fixed(2, BITS))
    assert (zero + x) is x
    assert (x + zero) is x
    assert (zero / x).c[0] == 0
    assert abs((third * 6).c[0] - fixed(2, BITS)) < 10
    assert abs((third * third).c[0] - fixed(Fraction(1, 9), BITS)) < 10
    assert abs((x * third).c[0] - (third * x).c[0]) == 0


@pytest.mark.parametrize("q", [Fraction(1, 5), Fraction(-3, 8), Fraction(7, 4)])
def test_cosine(q):
    value = Tape(BITS).cos_turns(q).c[0]
    with mp.workprec(BITS + 20):
        exact = mp.cos(2 * mp.pi * q.numerator / q.denominator)
        assert abs(mp.ldexp(mpf(int(value)), -BITS) - exact) < mp.ldexp(1, -BITS + 4)


@pytest.mark.parametrize("value", [3, -3, Fraction(22, 7), Fraction(-22, 7)])
def test_fixed_is_the_floor(value):
    assert fixed(value, 10) == (Fraction(value) * 1024).__floor__()
    exact = mpf(7) / 8
    assert fixed(exact, 2) == 3
    assert fixed(-exact, 2) == -4
    assert fixed(exact, 5) == 28


def test_products_with_a_common_factor_are_computed_together_and_come_out_the_same():
    # x_i' = x_i (x_1 + ... + x_5) with bundles, and one product at a time.
    start = [fixed(Fraction(i - 3, 7), BITS) for i in range(5)]

    def field(x, kind):
        return [sum((x[i] * x[j] for j in range(1, 5)), x[i] * x[0]) for i in range(5)]

    class Single(Tape):
        def steps(self, wanted):
            return [node.advance for node in self.nodes]

    together = taylor(field, start, Fraction(1, 4), BITS, 20)
    tape = Single(BITS)
    variables = [tape.variable(value) for value in start]
    slopes = field(variables, tape)
    for n in range(20):
        if n:
            for advance in tape.steps(slopes):
                advance(n)
        for x, slope in zip(variables, slopes, strict=True):
            x.c.append(slope.c[n] // (4 * (n + 1)))
    assert together == [x.c for x in variables]
