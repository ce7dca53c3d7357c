"""The variables of a reduced flow: s_a as a sum of exponentials of the same integral.

Balanced (claim `reduced-ode`): s_a' = 2 s_a (1 - phat_a - decay), one variable e = s_a, y = sqrt(e).
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
from typing import Protocol

from flint import arb

from ncverify.errors import InputError
from ncverify.flows.balls import rational


class Modes(Protocol):
    """The variables of a reduced flow."""

    @property
    def moving(self) -> frozenset[int]:
        """The numbers of the sign classes whose singular value is not frozen at 0."""

    def spectrum(self, values: Sequence[arb], classes: int) -> tuple[arb, ...]:
        """s_a for each of the nonzero sign classes, from the values of the variables."""

    def distances(self, values: Sequence[arb], exact: Sequence[arb]) -> tuple[arb, list[arb]]:
        """Balls around the squared distance in the metric, and the relative distances, of two points."""


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


@dataclass(frozen=True)
class ExponentialModes:
    """Balanced and unbalanced flows of depth 2."""

    variables: tuple[Variable, ...]

    @property
    def moving(self) -> frozenset[int]:
        """The modes with a variable."""
        return frozenset(v.mode for v in self.variables)

    def spectrum(self, values: Sequence[arb], classes: int) -> tuple[arb, ...]:
        """s_a = sum weight e."""
        out = [arb(0)] * classes
        for v, e in zip(self.variables, values, strict=True):
            out[v.mode] = out[v.mode] + rational(v.weight) * e
        return tuple(out)

    def distances(self, values: Sequence[arb], exact: Sequence[arb]) -> tuple[arb, list[arb]]:
        """In y = scale sqrt e, each character counted; |log(e / e0)|."""
        total, relative = arb(0), []
        for v, e, e0 in zip(self.variables, values, exact, strict=True):
            d = (e.sqrt() - e0.sqrt()).abs_upper()
            total += v.size * rational(v.metric) * (d * d)
            relative.append((e / e0 - 1).log1p().abs_upper())
        return total, relative


@dataclass(frozen=True)
class PowerModes:
    """The balanced flow of ``depth`` L (see ``power_step.py``): one variable alpha_a for each active mode.

    ``active``: numbers of the nonzero sign classes that move, ``sizes``: of these classes.
    """

    depth: int
    active: tuple[int, ...]
    sizes: tuple[int, ...]

    @property
    def moving(self) -> frozenset[int]:
        """The active modes."""
        return frozenset(self.active)

    def spectrum(self, values: Sequence[arb], classes: int) -> tuple[arb, ...]:
        """s_a = alpha_a^L."""
        out = [arb(0)] * classes
        for mode, alpha in zip(self.active, values, strict=True):
            s = arb(1)
            for _ in range(self.depth):
                s = s * alpha
            out[mode] = s
        return tuple(out)

    def distances(self, values: Sequence[arb], exact: Sequence[arb]) -> tuple[arb, list[arb]]:
        """In alpha, each character counted; no relative distances."""
        total = arb(0)
        for size, a, a0 in zip(self.sizes, values, exact, strict=True):
            d = (a - a0).abs_upper()
            total += size * (d * d)
        return total, []


def power_modes(
    depth: int, spectrum: Sequence[Fraction], sizes: Sequence[int], names: Sequence[str]
) -> tuple[PowerModes, tuple[arb, ...]]:
    """Modes and their starting values alpha_a = s_a^{1/L} (balls).

    For L >= 2 a mode at 0 stays there (it is left out) and s_a < 0 has no alpha; for L = 1 every mode moves.
    """
    active = []
    for mode, s in enumerate(spectrum):
        if depth > 1 and s < 0:
            raise InputError(
                f"{names[mode]} = {s} is negative: a balanced start needs s_a = alpha_a^{depth} >= 0"
            )
        if depth == 1 or s:
            active.append(mode)
    values = tuple(
        rational(spectrum[mode]).root(depth) if depth > 1 else rational(spectrum[mode]) for mode in active
    )
    return PowerModes(depth, tuple(active), tuple(sizes[mode] for mode in active)), values


def balanced_modes(
    spectrum: Sequence[Fraction], sizes: Sequence[int], names: Sequence[str]
) -> tuple[ExponentialModes, tuple[arb, ...]]:
    """Variables and their starting values (balls at the present precision) for s_a >= 0."""
    variables, values = [], []
    for mode, (s, size) in enumerate(zip(spectrum, sizes, strict=True)):
        if s < 0:
            raise InputError(f"{names[mode]} = {s} is negative: a balanced start needs s_a = alpha_a^2 >= 0")
        if s:
            variables.append(Variable(mode, 1, Fraction(1), Fraction(1), size))
            values.append(rational(s))
    return ExponentialModes(tuple(variables)), tuple(values)


def unbalanced_modes(
    spectrum: Sequence[Fraction], imbalance: Sequence[Fraction], sizes: Sequence[int]
) -> tuple[ExponentialModes, tuple[arb, ...]]:
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
    return ExponentialModes(tuple(variables)), tuple(values)
