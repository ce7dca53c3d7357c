"""Taylor series of the reduced flows in rescaled time: fixed-point integers, approximations only.

Nothing here is a bound.  ``reduced_step.Step`` takes the integers as the *definition* of a polynomial
curve and bounds its defect in balls, so an error here costs accuracy and never soundness.

With e_i the exponential variables (``modes.py``), u_g = z_g - z_{g*} for the class g* != 0 of the largest
logit at the start of the step, l = u_0, and x in [0, 1] the time of the step, the system is polynomial:

    de_i/dx = e_i (sign_i Theta_a - decay Sigma),   dPhi_g/dx = Phi_g du_g/dx,   Phi_g = 2 h e^{u_g},
    Theta_a = sum_{g != 0} Phi_g (1 - chi_a(g)),   Sigma = 2 dt/dx = sum_g Phi_g = 2 h e^l + ...
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import arb

from ncverify.flow.balls import pair, precision, rational, to_fixed
from ncverify.flow.characters import CharacterSums
from ncverify.flow.march import GUARD
from ncverify.flow.modes import Variable
from ncverify.flow.online import online_product
from ncverify.flow.reduced_step import Curve, Problem, Step, combine
from ncverify.flow.step import Errors

Series = list[Any]
"""Coefficients c_0 .. c_N as integers in units of 2^-bits (type mpz or fmpz)."""


@dataclass(frozen=True)
class ReducedTrial:
    """Series for one step length: e_i(x)/e_i(0) for each variable, Phi_g(x) for each class."""

    problem: Problem
    starts: tuple[arb, ...]
    length: Fraction
    base: int
    bits: int
    order: int
    factors: list[Series]
    weights: list[Series]
    tail: int

    @classmethod
    def propose(
        cls, problem: Problem, starts: Sequence[arb], length: Fraction, work: int, order: int
    ) -> ReducedTrial:
        """The series up to x^order, with rounding errors well below 2^-work in every logit."""
        with precision(work + 4 * GUARD):
            size = max(0, *(to_fixed(s, 0).bit_length() for s in combine(problem, starts)))
        bits = work + GUARD + size + 8
        with precision(bits + GUARD):
            sums = CharacterSums(problem.group, bits)
            logits = [z / problem.group.order for z in sums.logits(combine(problem, starts))]
            base = max(range(1, len(logits)), key=lambda g: to_fixed(logits[g], bits))
            first = 0 if problem.decay else 1
            weights0 = [to_fixed(2 * rational(length) * (z - logits[base]).exp(), bits) for z in logits[first:]]
            scaled = [
                to_fixed(rational(v.weight) * e, bits) for v, e in zip(problem.variables, starts, strict=True)
            ]
        factors, weights, tail = _series(
            sums, problem.variables, scaled, weights0, base, order, problem.decay
        )
        return cls(problem, tuple(starts), length, base, bits, order, factors, weights, tail)

    def shortened(self, ratio: Fraction) -> ReducedTrial:
        """The series for the length times ratio < 1 (nothing is lost)."""
        p, q = ratio.numerator, ratio.denominator
        return ReducedTrial(
            self.problem,
            self.starts,
            self.length * ratio,
            self.base,
            self.bits,
            self.order,
            [[c * p**k // q**k for k, c in enumerate(f)] for f in self.factors],
            [[c * p ** (k + 1) // q ** (k + 1) for k, c in enumerate(w)] for w in self.weights],
            self.tail * p**self.order // q**self.order,
        )

    def certify(self, entering: Errors) -> Step:
        """The step, or ``StepError``."""
        curve = Curve(
            self.bits,
            (self.length.numerator, 1 - self.length.denominator.bit_length()),
            self.base,
            tuple(pair(e) for e in self.starts),
            tuple(tuple(map(int, f)) for f in self.factors),
            tuple(tuple(map(int, w)) for w in self.weights),
        )
        return Step(self.problem, curve, entering)


def _series(
    sums: CharacterSums,
    variables: Sequence[Variable],
    starts: Sequence[int],
    weights0: Sequence[int],
    base: int,
    order: int,
    decay: Fraction,
) -> tuple[list[Series], list[Series], int]:
    """Factors, weights, and the largest of the last coefficients (slopes of the logits included).

    ``starts``: the coefficient of e_i in s_a times e_i(0), in units of 2^-bits.  ``weights0``: Phi_g(0)
    for the nonzero classes (with ``decay``: for g = 0 too, in front).  ``base``: the number of the class
    g* in the list of all classes.  Cost: one online product for each variable and each class.
    """
    bits, classes = sums.bits, sums.group.order
    first = 0 if decay else 1
    products_e = [online_product(bits, order) for _ in variables]
    products_w = [online_product(bits, order) for _ in weights0]
    number = products_w[0].number
    starts = [number(s) for s in starts]
    factors: list[Series] = [[number(1 << bits)] for _ in variables]
    weights: list[Series] = [[number(w)] for w in weights0]
    up, down = decay.numerator, decay.denominator
    tail: list[Any] = []
    for k in range(order):
        top = [w[k] for w in weights]
        theta = sums.complements(top[1 - first :])
        sigma = 0
        if decay:
            sigma = (top[0] + sum(w * n for w, n in zip(top[1:], sums.sizes, strict=True))) * up // down
        slopes = [0] * len(sums.classes)
        steep = 0
        for i, v in enumerate(variables):
            c = products_e[i].push(factors[i][k], v.sign * theta[v.mode] - sigma)
            factors[i].append(c // (k + 1))
            slopes[v.mode] += (starts[i] * c) >> bits
        z = sums.logits(slopes)
        z_base = z[base]
        for w, product, z_g in zip(weights, products_w, z[first:], strict=True):
            slope = (z_g - z_base) // classes
            w.append(product.push(w[k], slope) // (k + 1))
            if k + 3 >= order:
                steep = max(steep, abs(slope))
        if k + 3 >= order:
            tail.append(max(steep // (k + 1), *(abs(f[k + 1]) for f in factors), *(abs(w[k + 1]) for w in weights)))
    return factors, weights, int(max(tail))
