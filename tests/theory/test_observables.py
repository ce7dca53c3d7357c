from fractions import Fraction

import numpy as np
import pytest
from flint import arb
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf

from ncverify.errors import InputError
from ncverify.theory.balls import certainly_contains
from ncverify.theory.dynamics import ARB, DOUBLE, MPF
from ncverify.theory.observables import cosine_to_collapse, cross_entropy, lyapunov, margins


def test_loss_of_known_logits():
    with mp.workdps(30):
        z = [[mpf(2), mpf(0)], [mpf(0), mpf(0)], [mpf(-1), mpf(0)]]
        expected = mp.log(1 + mp.exp(-2) + mp.exp(-3)) + mp.log(3)
        assert abs(cross_entropy(z, [0, 2], MPF) - expected) < mpf(10) ** -28
        assert abs(cross_entropy(z, [0, 2], MPF, mean=True) - expected / 2) < mpf(10) ** -28


@pytest.mark.parametrize("label", [0, 1])
@pytest.mark.parametrize("gap", [1e-3, 40.0, 700.0])
def test_loss_is_accurate_for_tiny_and_huge_values(label, gap):
    # Right label: log(1 + e^-gap), down to 1e-304.  Wrong label: gap + the same.
    with mp.workdps(400):
        expected = mp.log1p(mp.exp(-mpf(gap))) + (mpf(gap) if label else 0)
    for z in ([[gap], [0.0]], np.array([[gap], [0.0]])):
        assert float(cross_entropy(z, [label], DOUBLE) / expected) == pytest.approx(1, rel=1e-14)


def test_loss_of_balls_contains():
    z = [[arb(1, 0.5)], [arb(0)]]
    loss = cross_entropy(z, [0], ARB)
    for x in (0.5, 1.0, 1.5):
        assert certainly_contains(loss, Fraction(float(np.log1p(np.exp(-x)))))


def test_margins():
    z = [[3.0, 1.0, 0.0], [1.0, 1.0, 5.0], [2.0, -1.0, 4.0]]
    assert margins(z, [0, 0, 2], DOUBLE) == [1.0, 0.0, -1.0]
    assert certainly_contains(margins([[arb(3)], [arb(1, 0.5)], [arb(1)]], [0], ARB)[0], Fraction(3, 2))


@settings(derandomize=True, deadline=None, max_examples=50)
@given(st.lists(st.fractions(Fraction(1, 50), 50), min_size=1, max_size=7))
def test_lyapunov_is_the_relative_entropy(values):
    with mp.workdps(40):
        s = [mpf(99)] + [MPF.exact(x) for x in values]
        total, n = sum(s[1:]), len(values)
        entropy = mp.fsum(mp.log(total / (n * x)) / n for x in s[1:])
        assert abs(lyapunov(s, MPF) - entropy) < mpf(10) ** -37
        assert lyapunov(s, MPF) > -(mpf(10) ** -37)
        if len(set(values)) > 1:
            assert lyapunov(s, MPF) > 0
            assert cosine_to_collapse(s, MPF) < 1


def test_collapse_is_the_zero_of_lyapunov():
    assert lyapunov([0.0, 2.5, 2.5, 2.5], DOUBLE) == 0
    assert cosine_to_collapse([7.0, 2.0, 2.0, 2.0, 2.0], DOUBLE) == pytest.approx(1, rel=1e-15)
    assert certainly_contains(lyapunov([arb(0), arb(3), arb(3)], ARB), 0)


def test_known_values():
    assert cosine_to_collapse([0.0, 3.0, 4.0], DOUBLE) == pytest.approx(7 / (5 * np.sqrt(2)), rel=1e-15)
    assert lyapunov([0.0, 1.0, 4.0], DOUBLE) == pytest.approx(
        np.log(5) - np.log(4) / 2 - np.log(2), rel=1e-14
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: lyapunov([1.0], DOUBLE), "no nonzero mode"),
        (lambda: cross_entropy([[1.0], [2.0]], [2], DOUBLE), "label 2 is not a class"),
        (lambda: cross_entropy([[1.0], [2.0]], [0, 1], DOUBLE), "2 x 1 with 2 labels"),
        (lambda: margins([[1.0]], [0], DOUBLE), "K >= 2"),
    ],
)
def test_wrong_input_is_refused(call, message):
    with pytest.raises(InputError, match=message):
        call()
