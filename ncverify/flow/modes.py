"""The variables of a reduced flow: s_a as a sum of exponentials of the same integral.

Balanced (MATH `reduced-ode`): s_a' = 2 s_a (1 - phat_a - decay), one variable e = s_a, y = sqrt(e).
Unbalanced: alpha' = (1 - phat) beta - decay alpha and the same with alpha, beta exchanged; then
e_+ = (alpha + beta)^2 and e_- = (alpha - beta)^2 have e_+-' = 2 e_+- (+-(1 - phat) - decay) and
s_a = alpha beta = (e_+ - e_-) / 4.  So every variable is e' = 2 e (sign (1 - phat_a) - decay).

The metric in which errors are carried is Euclidean in y_i = scale sqrt(e_i), counted once for each
character: (y_a) = (sqrt s_a) balanced, (alpha +- beta) / sqrt 2 (a rotation of (alpha, beta)) unbalanced.

*Logarithmic norm.*  Let C_ab = dphat_a/ds_b = (1/K) Cov_p(chi_a, chi_b), positive semidefinite.  The
field is the gradient of a function of s = s(y), plus -decay y, so its Jacobian is
(Hessian of s) . (1 - phat) - S^T C S - decay with S = ds/dy: the first term is diag(1 - phat_a) in y
balanced, diag(+-(1 - phat_a)) unbalanced (times the same normalisation as the field), the second is
negative semidefinite.  Hence mu <= max_a (1 - phat_a) - decay, over the modes that are not frozen at 0:
a mode with e_i = 0 stays 0 and is no variable.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from flint import arb

from ncverify.errors import InputError
from ncverify.flow.balls import rational


@dataclass(frozen=True)
class Variable:
    """One exponential variable: its mode (number of the nonzero sign class), sign, and s_a = sum weight e."""

    mode: int
    sign: int
    weight: Fraction
    metric: Fraction
    """(scale)^2: |dy|^2 counts metric |d sqrt e|^2."""
    size: int
    """Number of characters in the sign class."""


def balanced_variables(
    spectrum: Sequence[Fraction], sizes: Sequence[int], names: Sequence[str]
) -> tuple[tuple[Variable, ...], tuple[arb, ...]]:
    """Variables and their starting values (balls at the present precision) for s_a >= 0."""
    variables, values = [], []
    for mode, (s, size) in enumerate(zip(spectrum, sizes, strict=True)):
        if s < 0:
            raise InputError(f"{names[mode]} = {s} is negative: a balanced start needs s_a = alpha_a^2 >= 0")
        if s:
            variables.append(Variable(mode, 1, Fraction(1), Fraction(1), size))
            values.append(rational(s))
    return tuple(variables), tuple(values)


def unbalanced_variables(
    spectrum: Sequence[Fraction], imbalance: Sequence[Fraction], sizes: Sequence[int]
) -> tuple[tuple[Variable, ...], tuple[arb, ...]]:
    """Variables and their starting values for s_a = alpha beta and c_a = alpha^2 - beta^2.

    e_+- = sqrt(c^2 + 4 s^2) +- 2 s, since alpha^2 + beta^2 = sqrt(c^2 + 4 s^2).  The smaller one is
    c^2 / (the larger one): no cancellation, and exactly 0 where c = 0.
    """
    variables, values = [], []
    for mode, (s, c, size) in enumerate(zip(spectrum, imbalance, sizes, strict=True)):
        large = rational(c * c + 4 * s * s).sqrt() + 2 * rational(abs(s))
        for sign in (1, -1):
            same = s == 0 or (s > 0) == (sign > 0)
            if (s == 0 and c == 0) or (not same and c == 0):
                continue
            variables.append(Variable(mode, sign, Fraction(sign, 4), Fraction(1, 2), size))
            values.append(large if same else rational(c * c) / large)
    return tuple(variables), tuple(values)
