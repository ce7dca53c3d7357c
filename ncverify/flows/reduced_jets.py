"""Taylor series of the reduced flows in rescaled time: fixed-point integers, approximations only.

Nothing here is a bound.  ``reduced_step.Step`` takes the integers as the *definition* of a polynomial
curve and bounds its defect in balls, so an error here costs accuracy and never soundness.

With e_i the exponential variables (``modes.py``), u_g = z_g - z_{g*} for the loud class g* of the largest
logit at the start of the step, l = u_0, and x in [0, 1] the time of the step, the system is polynomial:

    de_i/dx = e_i (sign_i Theta_a - decay Sigma),   dPhi_g/dx = Phi_g du_g/dx,   Phi_g = 2 h e^{u_g},
    Theta_a = sum_{g loud} Phi_g (1 - chi_a(g)),   Sigma = 2 dt/dx = sum_g Phi_g.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Protocol

from flint import arb

from ncverify.flows.balls import pair, precision, rational, to_fixed
from ncverify.flows.characters import CharacterSums
from ncverify.flows.exponential_step import ExponentialStep
from ncverify.flows.march import GUARD
from ncverify.flows.modes import ExponentialModes, PowerModes
from ncverify.flows.online import PlainProduct, online_product
from ncverify.flows.power_step import PowerStep
from ncverify.flows.reduced_step import Curve, Problem, ReducedStep
from ncverify.flows.step import Errors

_MAX_SWING = 1024
"""No step changes the margin l by much more: its clock would need too many pieces."""

Series = list[Any]
"""Coefficients c_0 .. c_N as integers in units of 2^-bits (type mpz or fmpz)."""


class _Variables(Protocol):
    """The series of the variables of a model, order by order."""

    series: list[Series]

    def push(self, k: int, theta: Sequence[Any], sigma: Any | None) -> list[Any]:
        """Takes the x^k coefficients of Theta_a and decay Sigma (None: no decay).

        Returns those of ds_a/dx.
        """


class _Exponential:
    """de_i/dx = e_i (sign Theta_a - decay Sigma), in units of e_i(0)."""

    def __init__(self, modes: ExponentialModes, starts: Sequence[arb], bits: int, order: int) -> None:
        self.variables, self.bits = modes.variables, bits
        self.products = [online_product(bits, order) for _ in starts]
        number = self.products[0].number
        self.series: list[Series] = [[number(1 << bits)] for _ in starts]
        self.starts = [
            number(to_fixed(rational(v.weight) * e, bits))
            for v, e in zip(self.variables, starts, strict=True)
        ]

    def push(self, k: int, theta: Sequence[Any], sigma: Any | None) -> list[Any]:
        slopes = [0] * len(theta)
        for v, product, series, start in zip(
            self.variables, self.products, self.series, self.starts, strict=True
        ):
            rate = v.sign * theta[v.mode]
            c = product.push(series[k], rate if sigma is None else rate - sigma)
            series.append(c // (k + 1))
            slopes[v.mode] += (start * c) >> self.bits
        return slopes


class _Power:
    """dalpha/dx = (alpha^{L-1} Theta - alpha decay Sigma) / 2, ds/dx = L alpha^{L-1} dalpha/dx."""

    def __init__(self, modes: PowerModes, starts: Sequence[arb], bits: int, order: int) -> None:
        self.modes, self.bits = modes, bits

        def products() -> list[PlainProduct]:
            return [online_product(bits, order) for _ in starts]

        self.powers = [products() for _ in range(modes.depth - 2)]
        self.pushes, self.drags, self.chains = products(), products(), products()
        number = self.pushes[0].number
        self.one = number(1) << bits
        self.series: list[Series] = [[number(to_fixed(alpha, bits))] for alpha in starts]

    def push(self, k: int, theta: Sequence[Any], sigma: Any | None) -> list[Any]:
        slopes = [0] * len(theta)
        depth = self.modes.depth
        for i, (mode, series) in enumerate(zip(self.modes.active, self.series, strict=True)):
            alpha = series[k]
            power = alpha if depth > 1 else (self.one if k == 0 else 0 * self.one)
            for products in self.powers:
                power = products[i].push(alpha, power)
            rate = self.pushes[i].push(power, theta[mode])
            if sigma is not None:
                rate -= self.drags[i].push(alpha, sigma)
            rate = rate >> 1
            series.append(rate // (k + 1))
            slopes[mode] = depth * self.chains[i].push(power, rate)
        return slopes


@dataclass(frozen=True)
class ReducedTrial:
    """Series for one step length: the variables (exponential ones over their start), Phi_g for each class."""

    problem: Problem
    starts: tuple[arb, ...]
    length: Fraction
    base: int
    bits: int
    order: int
    series: list[Series]
    weights: list[Series]
    tail: int

    @classmethod
    def propose(
        cls, problem: Problem, starts: Sequence[arb], length: Fraction, work: int, order: int
    ) -> ReducedTrial:
        """The series up to x^order, with rounding errors well below 2^-work in every logit."""
        classes = len(problem.group.sign_classes) - 1
        with precision(work + 4 * GUARD):
            spectrum = problem.modes.spectrum(starts, classes)
            size = max(0, *(to_fixed(abs(s), 0).bit_length() for s in spectrum))
        bits = work + GUARD + size + 8
        with precision(bits + GUARD):
            sums = CharacterSums(problem.group, bits)
            logits = [z / problem.group.order for z in sums.logits(problem.modes.spectrum(starts, classes))]
            places = [i + 1 for i in problem.loud]
            base = max(places, key=lambda g: to_fixed(logits[g], bits))
            if problem.decay:
                places = [0, *places]
            scale = 2 * rational(length)
            weights0 = [to_fixed(scale * (logits[g] - logits[base]).exp(), bits) for g in places]
            variables: _Variables
            if isinstance(problem.modes, PowerModes):
                variables = _Power(problem.modes, starts, bits, order)
            elif isinstance(problem.modes, ExponentialModes):
                variables = _Exponential(problem.modes, starts, bits, order)
            else:
                raise TypeError(f"no series for {type(problem.modes).__name__}")
        weights, tail = _run(problem, sums, variables, weights0, base, order, work)
        return cls(problem, tuple(starts), length, base, bits, order, variables.series, weights, tail)

    def shortened(self, ratio: Fraction) -> ReducedTrial:
        """The series for the length times ratio < 1 (nothing is lost)."""
        p, q = ratio.numerator, ratio.denominator
        return replace(
            self,
            length=self.length * ratio,
            series=[[c * p**k // q**k for k, c in enumerate(f)] for f in self.series],
            weights=[[c * p ** (k + 1) // q ** (k + 1) for k, c in enumerate(w)] for w in self.weights],
            tail=self.tail * p**self.order // q**self.order,
        )

    def certify(self, entering: Errors) -> ReducedStep:
        """The step, or ``StepError``."""
        curve = Curve(
            self.bits,
            (self.length.numerator, 1 - self.length.denominator.bit_length()),
            self.base,
            tuple(pair(e) for e in self.starts),
            tuple(tuple(map(int, f)) for f in self.series),
            tuple(tuple(map(int, w)) for w in self.weights),
        )
        return step_class(self.problem)(self.problem, curve, entering)


def step_class(problem: Problem) -> type[ReducedStep]:
    """The proof that fits the modes."""
    return PowerStep if isinstance(problem.modes, PowerModes) else ExponentialStep


def _run(
    problem: Problem,
    sums: CharacterSums,
    variables: _Variables,
    weights0: Sequence[int],
    base: int,
    order: int,
    work: int,
) -> tuple[list[Series], int]:
    """Fills the series up to x^order; the weights, and the largest of the last coefficients.

    ``weights0``: Phi_g(0) for the loud classes (with decay: for g = 0 too, in front).  ``base``: the
    number of the class g* in the list of all classes.  The slopes of the logits count in the tail.  Cost:
    one online product for each class and each variable, and two character sums an order.
    """
    bits, classes, decay = sums.bits, sums.group.order, problem.decay
    places = [0] * bool(decay) + [i + 1 for i in problem.loud]
    sizes = [sums.sizes[i] for i in problem.loud]
    products = [online_product(bits, order) for _ in weights0]
    weights: list[Series] = [[products[0].number(w)] for w in weights0]
    up, down = decay.numerator, decay.denominator
    tail: list[Any] = []
    swing = 0 * weights[0][0]
    for k in range(order):
        top = [w[k] for w in weights]
        theta = sums.complements(problem.spread(top[1:] if decay else top, 0 * top[0]))
        sigma = None
        if decay:
            total = problem.silent_count * top[0] + sum(w * n for w, n in zip(top[1:], sizes, strict=True))
            sigma = total * up // down
        z = sums.logits(variables.push(k, theta, sigma))
        z_base = z[base]
        swing += (z[0] - z_base) // (classes * (k + 1))
        slopes = [(z[g] - z_base) // classes for g in places]
        for w, product, slope in zip(weights, products, slopes, strict=True):
            w.append(product.push(w[k], slope) // (k + 1))
        if k + 3 >= order:
            tail += [abs(slope) // (k + 1) for slope in slopes]
            tail += [abs(c[k + 1]) for c in (*variables.series, *weights)]
    swing = abs(swing) >> bits
    if swing > _MAX_SWING:
        # On a ray where the series end early only this limits the length: ask for 1/ratio of it.
        tail.append((swing << bits - work) * (swing // _MAX_SWING) ** order)
    return weights, int(max(tail))
