"""All critical points of the squared-error model, in closed form: Grassmannian families.

Reduced to one sample a class and equal decays mu, and with m = K mu, the bias eliminated (f is a convex
quadratic function of it, so indices stay): f = |(Z - I) D^(1/2)|^2 / (2K) + mu/2 (|W|^2 + |H|^2), D = I +
(kappa - 1) e e^T, e = 1/sqrt(K), kappa = lambda_b / (1 + lambda_b) for a bias and 1 without (D = I).

*Claim: the products Z = W H at critical points are (1 - m) P + t (1 - m/kappa) e e^T*, P any orthogonal
projection of rank j (orthogonal to e where there is a bias), j > 0 only if m < 1, and t in {0, 1}, t = 1
only with lambda_b > 0 and kappa > m.  *Proof.*  Balanced means W^T W = H H^T, diagonal with entries s_i > 0
after a rotation.  The equation of H, columnwise, W^T W H D + m H = W^T D, splits into h_i = C w_i/(s_i + m)
+ e a_i/(s_i + m/kappa) with C = I - e e^T and a_i = <e, w_i>.  Put into H H^T = W^T W = W^T C W + a a^T,
its (i, j) entry is a_i a_j [1/((s_i + m/kappa)(s_j + m/kappa)) - 1/((s_i + m)(s_j + m))] = 0; for kappa < 1
the bracket is negative, so at most one a_i is not 0.  The equation of W, D H^T - W H D H^T = m W, has for
such an i the parts 1/(s_i + m) - q = m along C w_i and kappa/(s_i + m/kappa) - q = m along e, which exclude
each other: w_i is orthogonal to e, and s_i + m = 1, or a multiple of e, and s_i + m/kappa = 1.  (kappa = 0:
the equation of H kills the part along e.)  The equation of W then makes the w_i orthogonal and Z as
claimed.

*Index in width r = rank:* 0, but K - 1 - j where t = 1: turning the mean column into a direction q outside
P has the form kappa u^2 + (1 + m - m/kappa) v^2 - 2 u v, of determinant (kappa - 1)(1 + m) < 0.  All other
blocks are positive, but for the rotations and the turns of P (u - v)^2.  *Escapes:* the unused directions
have singular values 1/K of G, the unused mean kappa/K.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb
from numpy.typing import NDArray

from ncverify.landscape.euler import grassmannian
from ncverify.landscape.points import CriticalSet
from ncverify.landscape.problem import Problem
from ncverify.theory.balls import precision, to_arb


@dataclass(frozen=True)
class Family(CriticalSet):
    """All critical points with ``modes`` = rank P and ``mean`` = t.  Its members form a Grassmannian."""

    modes: int
    mean: bool

    @property
    def places(self) -> int:
        """The dimension of the space in which P lies: K, or K - 1 with a bias."""
        return self.problem.classes - (self.problem.lambda_b is not None)

    @property
    def euler_characteristic(self) -> int:
        """Of the family, as a manifold of products W H."""
        return grassmannian(self.modes, self.places)

    def slope_norm(self) -> arb:
        k = self.problem.classes
        with precision(self.bits):
            if self.modes < self.places:
                return arb(1) / k
            largest = to_arb(self.problem.mu_squared).sqrt() if self.rank else arb(0)
            if self.problem.lambda_b and not self.mean:
                largest = largest.max(to_arb(_kappa(self.problem)) / k)
            return largest

    def escape(self) -> tuple[NDArray[Any], NDArray[Any]] | None:
        return (-_unused(self), _unused(self)) if self.escapes else None

    def along_escape(self, t: NDArray[Any]) -> NDArray[Any]:
        # Z grows by t^2 q q^T in a direction q in which Z - I was -1.
        weight = float(_kappa(self.problem)) if self.modes == self.places else 1.0
        k, mu = self.problem.classes, float(self.problem.mu_squared) ** 0.5
        values: NDArray[Any] = float(self.value.mid()) + weight * ((1 - t**2) ** 2 - 1) / (2 * k) + mu * t**2
        return values


def _unused(family: Family) -> NDArray[Any]:
    """A unit vector orthogonal to the range of one member, and to the mean where another is left."""
    k = family.problem.classes
    if family.modes == family.places:
        return np.full(k, k**-0.5)
    if family.problem.lambda_b is None:
        return np.eye(k)[:, family.modes]
    vector = np.zeros(k)
    vector[: family.modes + 1] = 1
    vector[family.modes + 1] = -(family.modes + 1)
    return vector / np.linalg.norm(vector)


def families(problem: Problem, bits: int) -> list[Family]:
    """All critical points of a squared-error problem, lowest rank first: the list is complete.

    Conditions such as K mu < 1 are decided exactly.  At equality the family is not listed (it would be of
    lower rank), and the others are degenerate there.
    """
    k, squared = problem.classes, problem.mu_squared
    bias = problem.lambda_b is not None
    kappa = _kappa(problem)
    has_modes = k * k * squared < 1
    has_mean = bias and kappa > 0 and k * k * squared < kappa * kappa
    places = k - bias
    found = []
    for mean in (False, True)[: 1 + has_mean]:
        for modes in range(places + 1 if has_modes else 1):
            rank = modes + mean
            if rank > problem.width:
                continue
            escapes = (places - modes if has_modes else 0) + (has_mean and not mean)
            active = places - modes if mean else 0
            with precision(bits):
                m = k * to_arb(squared).sqrt()
                value = to_arb(Fraction(k - 1 + kappa, 2 * k) if bias else Fraction(1, 2))
                value -= modes * (1 - m) * (1 - m) / (2 * k)
                if mean:
                    value -= (to_arb(kappa) - m) * (to_arb(kappa) - m) / (2 * k * to_arb(kappa))
            dimension = modes * (places - modes)
            found.append(Family(problem, rank, active, escapes, value, dimension, None, bits, modes, mean))
    return sorted(found, key=lambda item: (item.rank, item.mean))


def _kappa(problem: Problem) -> Fraction:
    if problem.lambda_b is None:
        return Fraction(1)
    return problem.lambda_b / (1 + problem.lambda_b)
