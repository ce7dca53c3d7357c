"""What may or may not move away from collapse: metrics of a spectrum and their rates along a flow.

A rate in balls is exact mathematics rounded outwards: maxima and minima are taken over the exact set of
maximisers, so at a tie the rate is the derivative to the right.  The ``pull`` in doubles only guides the
search.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np
from flint import arb

from ncverify.errors import InputError
from ncverify.evidence.expression_metric import ExpressionRate
from ncverify.evidence.motion import Batch, Doubles, Moving
from ncverify.theory.balls import certainly_lt, to_arb
from ncverify.theory.dynamics import ARB
from ncverify.theory.groups import AbelianGroup
from ncverify.theory.observables import cosine_to_collapse, lyapunov
from ncverify.theory.parser import parse
from ncverify.theory.transform import transform

_TINY = np.finfo(np.float64).tiny
_NOISE = 1e-6  # directions shorter than this, relative to what they are a difference of, are rounding noise


@dataclass(frozen=True)
class Metric:
    """A quantity and the direction in which it is believed to move.

    ``away``: +1 if growth is away from collapse, -1 if decrease is.  ``rate``: the derivative to the right
    (of the logarithm if ``relative``) in balls; it raises ``Undefined`` or is not finite where there is
    none.  ``pull``: for a batch, a number in [-1, 1] whose sign is that of away * rate, up to rounding.
    ``symmetric``: automorphisms of the group do not change it.
    """

    name: str
    meaning: str
    away: int
    rate: Callable[[Moving], arb]
    pull: Callable[[Batch], Doubles]
    relative: bool = True
    symmetric: bool = True

    @property
    def moving(self) -> str:
        """What is differentiated."""
        return "(log metric)" if self.relative else "(metric)"

    @property
    def statement(self) -> str:
        """The belief that is put to the test."""
        return f"{self.meaning} never {'increases' if self.away > 0 else 'decreases'}"


def find_metric(text: str, group: AbelianGroup) -> Metric:
    """The metric of this name, or of this expression in s1.., z0.., p0.. (which is not to increase).

    Raises ``InputError`` with the nearest names for anything else.
    """
    if not isinstance(text, str):
        raise InputError(
            f"a metric is text, not {type(text).__name__}: {', '.join(METRICS)} or an expression"
        )
    name = text.strip()
    by_folded = {key.casefold(): key for key in METRICS}
    if name.casefold() in by_folded:
        return METRICS[by_folded[name.casefold()]]
    near = [by_folded[key] for key in difflib.get_close_matches(name.casefold(), by_folded, 3, 0.6)]
    advice = f"did you mean {' or '.join(near)}?" if near else f"use {', '.join(METRICS)}"
    if re.fullmatch(r"[A-Za-z][A-Za-z_-]*", name):
        raise InputError(
            f"metric {name[:60]!r} is unknown: {advice} Or type an expression in s1, z0, p0, ..."
        )
    return _typed(name, group)


@lru_cache(maxsize=32)
def _typed(text: str, group: AbelianGroup) -> Metric:
    rate = ExpressionRate(parse(text), group)
    shown = rate.expr.plain()
    shown = shown if len(shown) <= 200 else shown[:197] + "..."
    return Metric(shown, shown, +1, rate.ball, rate.pull, relative=False, symmetric=False)


# Rates in balls.


def _sum(terms: Sequence[arb]) -> arb:
    total = arb(0)
    for term in terms:
        total += term
    return total


def _maximum(values: Sequence[arb]) -> arb:
    largest: arb = ARB.maximum(values)
    return largest


def _combine(coefficients: Sequence[Fraction], rates: Sequence[arb]) -> arb:
    return _sum([to_arb(q) * r for q, r in zip(coefficients, rates, strict=True)])


def _cosine_rate(at: Moving) -> arb:
    total, squares = sum(at.s, Fraction(0)), sum((s * s for s in at.s), Fraction(0))
    return _combine([1 / total - s / squares for s in at.s], at.rates)


def _frobenius_rate(at: Moving) -> arb:
    # |Z/|Z| - Z*/|Z*||^2 = 2 - 2 cosine, since <Z, Z*> = S and |Z|^2 = sum s_a^2 for Z* = I - 11^T/K.
    cosine = cosine_to_collapse(at.spectrum, ARB)
    rate: arb = -cosine * _cosine_rate(at) / (2 * (1 - cosine))
    return rate


def _lyapunov_rate(at: Moving) -> arb:
    total, count = sum(at.s, Fraction(0)), len(at.s)
    slope = _combine([1 / total - 1 / (count * s) for s in at.s], at.rates)
    rate: arb = slope / lyapunov(at.spectrum, ARB)
    return rate


def _loss_rate(at: Moving) -> arb:
    # L = K log(sum_g e^{z(g) - z(0)}) and dL/ds_a = -(1 - phat_a).
    rest = _sum([(-gap).exp() for gap in at.gaps[1:]])
    slope = _sum([d * r for d, r in zip(at.short, at.rates, strict=True)])
    return -slope / (at.group.order * rest.log1p())


def _largest(at: Moving, extreme: Fraction) -> list[arb]:
    return [r / to_arb(s) for s, r in zip(at.s, at.rates, strict=True) if s == extreme]


def _max_rate(at: Moving) -> arb:
    return _maximum(_largest(at, max(at.s)))


def _max_min_rate(at: Moving) -> arb:
    lowest = _largest(at, min(at.s))
    return _max_rate(at) + _maximum([-x for x in lowest])


def _max_share_rate(at: Moving) -> arb:
    return _max_rate(at) - _sum(at.rates) / to_arb(sum(at.s, Fraction(0)))


def _margin_rate(at: Moving) -> arb:
    """The relative rate of the smallest gap: a ball around the rates of all gaps that may be the smallest."""
    slopes = [at.z_rates[0] - rate for rate in at.z_rates]
    smallest = _smallest_gaps(at)
    rates = [slopes[g] / at.gaps[g] for g in smallest]
    if at.group.is_walsh:  # the minimisers are known exactly
        return -_maximum([-x for x in rates])
    hull = rates[0]
    for rate in rates[1:]:
        hull = hull.union(rate)
    return hull


def _smallest_gaps(at: Moving) -> list[int]:
    """One g of each pair {g, -g} that attains the smallest gap (Z_2^m), or may attain it (else)."""
    orbits = [orbit[0] for orbit in at.group.sign_classes[1:]]
    if at.group.is_walsh:
        exact = transform(at.group, [Fraction(0), *at.s], ARB)  # sums of fractions
        largest = max(exact[1:])
        return [g for g in orbits if exact[g] == largest]
    return [g for g in orbits if not any(certainly_lt(at.gaps[h], at.gaps[g]) for h in orbits if h != g)]


# Pulls in doubles: the correlation of the gradient of the metric with the growth, in logarithms of s.


def _correlation(gradient: Doubles, growth: Doubles, *, centred: bool) -> Doubles:
    if centred:  # a metric that does not depend on the scale of s does not see the mean growth
        mean = growth.mean(axis=0)
        floor = _NOISE * mean
        growth = growth - mean
    else:
        floor = np.zeros(growth.shape[1:])
    dot = np.einsum("an,an->n", gradient, growth)
    lengths = np.sqrt(np.einsum("an,an->n", gradient, gradient)) + _NOISE
    pull: Doubles = dot / (lengths * (np.sqrt(np.einsum("an,an->n", growth, growth)) + floor))
    return pull


def _cosine_pull(at: Batch) -> Doubles:
    total, squares = at.s.sum(axis=0), np.einsum("an,an->n", at.s, at.s)
    return -_correlation(at.s / total - at.s * at.s / squares, at.growth, centred=True)


def _lyapunov_pull(at: Batch) -> Doubles:
    gradient = at.s / at.s.sum(axis=0)
    gradient -= 1 / len(at.s)
    return _correlation(gradient, at.growth, centred=True)


def _loss_pull(at: Batch) -> Doubles:
    # Where the loss is below the smallest double, so are all 1 - phat.
    return -_correlation(at.short * at.s / np.maximum(at.rest, _TINY), at.growth, centred=False)


def _max_min_pull(at: Batch) -> Doubles:
    top, bottom = _growth_at(at, at.s.max(axis=0)), -_growth_at(at, at.s.min(axis=0), -1)
    pull: Doubles = (top - bottom) / (np.sqrt(2) * _spread(at.growth))
    return pull


def _max_share_pull(at: Batch) -> Doubles:
    largest, total = at.s.max(axis=0), at.s.sum(axis=0)
    shares = at.s / total
    length = np.sqrt(np.abs(1 - 2 * largest / total + np.einsum("an,an->n", shares, shares))) + _NOISE
    rate = _growth_at(at, largest) - np.einsum("an,an->n", shares, at.growth)
    pull: Doubles = rate / (length * _spread(at.growth))
    return pull


def _growth_at(at: Batch, extreme: Doubles, sign: int = 1) -> Doubles:
    """max of sign * growth over the modes that attain the extreme value."""
    largest: Doubles = np.where(at.s == extreme, sign * at.growth, -np.inf).max(axis=0)
    return largest


def _spread(growth: Doubles) -> Doubles:
    mean = growth.mean(axis=0)
    off = growth - mean
    spread: Doubles = np.sqrt(np.einsum("an,an->n", off, off)) + _NOISE * mean
    return spread


def _margin_pull(at: Batch) -> Doubles:
    rates = at.gap_rates()
    smallest = np.where(at.gaps == at.gaps.min(axis=0), rates, np.inf).min(axis=0)
    pull: Doubles = -smallest / np.abs(rates).max(axis=0)
    return pull


METRICS = {
    metric.name: metric
    for metric in (
        Metric("cosine", "the cosine between s and the all-ones vector", -1, _cosine_rate, _cosine_pull),
        Metric("max-min", "max s / min s", +1, _max_min_rate, _max_min_pull),
        Metric("max-share", "max s / S", +1, _max_share_rate, _max_share_pull),
        Metric(
            "frobenius",
            "the Frobenius distance of Z/|Z| to collapse",
            +1,
            _frobenius_rate,
            _cosine_pull,
        ),
        Metric("loss", "the loss L", +1, _loss_rate, _loss_pull),
        Metric("V", "the relative entropy V = KL(uniform || s/S)", +1, _lyapunov_rate, _lyapunov_pull),
        Metric("margin", "the margin min_g z(0) - z(g)", -1, _margin_rate, _margin_pull),
    )
}
"""The metrics that have a name."""
