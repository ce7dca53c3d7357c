"""Taylor series of the reduced flows in rescaled time: fixed-point integers, approximations only.

Nothing here is a bound.  A step (``step.py``) takes the integers as the *definition* of a piecewise
polynomial curve and bounds its defect in balls, so an error here costs accuracy and never soundness.

With e_i the exponential variables of a model (``modes.py``), u_g = z_g - z_{g*}, and x in [0, 1] the
time of the step, the system is polynomial (MATH: dt = Q e^l dtau, tau = h x):

    de_i/dx = e_i (sign_i Theta_a - decay Sigma),   dPhi_g/dx = Phi_g du_g/dx,
    Phi_g = 2 h e^{u_g},   Theta_a = sum_{g != 0} Phi_g (1 - chi_a(g)),   Sigma = 2 dt/dx = sum_g Phi_g.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ncverify.flow.characters import CharacterSums
from ncverify.flow.modes import Variable
from ncverify.flow.online import online_product

Series = list[Any]
"""Coefficients c_0 .. c_N as integers in units of 2^-bits (type mpz or fmpz)."""


@dataclass(frozen=True)
class Jets:
    """``factors``: e_i(x) / e_i(0) for each variable; ``weights``: Phi_g for each class (see ``compute``).

    ``tail``: the largest coefficient among the last ones, logits included, in units of 2^-bits.
    """

    bits: int
    factors: list[Series]
    weights: list[Series]
    tail: int

    def scaled(self, ratio: Fraction) -> Jets:
        """The series for the step h * ratio (ratio < 1: nothing is lost)."""
        p, q = ratio.numerator, ratio.denominator
        return Jets(
            self.bits,
            [[c * p**k // q**k for k, c in enumerate(f)] for f in self.factors],
            [[c * p ** (k + 1) // q ** (k + 1) for k, c in enumerate(f)] for f in self.weights],
            self.tail * p ** len(self.factors[0]) // q ** len(self.factors[0]) if self.factors else 0,
        )


def compute(
    sums: CharacterSums,
    variables: Sequence[Variable],
    starts: Sequence[int],
    weights0: Sequence[int],
    base: int,
    order: int,
    decay: Fraction,
) -> Jets:
    """The series up to x^order.

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
    return Jets(bits, factors, weights, int(max(tail)))
