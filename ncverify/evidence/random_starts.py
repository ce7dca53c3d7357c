"""The full flow from small random weights in doubles, beside the reduced flow of the same singular values."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np
import numpy.typing as npt

from ncverify.book.verdict import Evidence
from ncverify.errors import InputError
from ncverify.evidence.experiments import Expectation, measured
from ncverify.flows.full import FullFlow
from ncverify.flows.reduced import ReducedFlow
from ncverify.theory.groups import AbelianGroup

Doubles = npt.NDArray[np.float64]

_POINTS: Final = 400
_ALIGNED: Final = 0.1  # mean singular value from which the reduced flow is started


@dataclass(frozen=True)
class RandomRun:
    """What was seen along one run.

    cosine: of Z = W H with collapse (I - 11^T/K) at the end; divergence: V of its K-1 largest singular
    values at the end, relative to that at the start of the comparison; asymmetry: |Z - Z^T|/|Z| at the end;
    factor: the largest quotient between a singular value and that of the reduced flow, at any time;
    end_factor: the same at the last time.
    """

    cosine: float
    divergence: float
    asymmetry: float
    factor: float
    end_factor: float


def run_from_random(group: AbelianGroup, dimension: int, scale: Fraction, until: str, seed: int) -> RandomRun:
    """One run: entries of W (K x d), H (d x K) uniform on 201 equally spaced numbers in [-scale, scale].

    The reduced flow starts when the mean of the K-1 largest singular values of Z passes 0.1, from these
    (in any order: for K = 4 and K = 8 the modes that matter are equivalent only in part).
    """
    size = group.order
    draw = random.Random(f"{seed}/{group.orders}/{dimension}")

    def matrix(rows: int, columns: int) -> list[list[Fraction]]:
        return [[scale * draw.randint(-100, 100) / 100 for _ in range(columns)] for _ in range(rows)]

    flow = FullFlow(matrix(size, dimension), matrix(dimension, size), list(range(size)))
    found = flow.approximate(until=until, points=_POINTS)
    split = size * dimension
    logits = found.s[:, :split].reshape(-1, size, dimension) @ found.s[:, split:].reshape(-1, dimension, size)
    modes = np.linalg.svd(logits, compute_uv=False)[:, : size - 1]
    grown = modes.mean(axis=1) > _ALIGNED
    if not grown.any():
        raise InputError(f"until {until} is too early: the logits are still small")
    first = int(np.argmax(grown))
    start = [Fraction(float(x)).limit_denominator(10**12) for x in modes[first]]
    reduced = ReducedFlow(group).approximate(start, until=until, points=_POINTS)
    passed = found.t[first:] - found.t[first]
    beside = np.stack([np.interp(passed, reduced.t, mode) for mode in reduced.s.T], axis=1)
    beside = np.sort(beside, axis=1)[:, ::-1]
    quotient = np.exp(np.abs(np.log(beside / modes[first:])).max(axis=1))
    last = logits[-1]
    collapse = np.eye(size) - 1 / size
    return RandomRun(
        cosine=float((last * collapse).sum() / np.linalg.norm(last) / np.linalg.norm(collapse)),
        divergence=_divergence(modes[-1]) / _divergence(modes[first]),
        asymmetry=float(np.linalg.norm(last - last.T) / np.linalg.norm(last)),
        factor=float(quotient.max()),
        end_factor=float(quotient[-1]),
    )


def _divergence(modes: Doubles) -> float:
    """V = log of the mean minus the mean of the logs."""
    return float(np.log(modes.mean()) - np.log(modes).mean())


def random_starts(
    group: AbelianGroup,
    dimension: int,
    scale: Fraction,
    until: str,
    seeds: Sequence[int],
    *,
    cosine: float,
    divergence: float,
    factor: float,
) -> Evidence:
    """Every run ends with a cosine above, a relative divergence below these, and stays within ``factor``."""
    runs = [run_from_random(group, dimension, scale, until, seed) for seed in seeds]
    expectations = []
    for seed, run in zip(seeds, runs, strict=True):
        name = f"seed {seed}"
        expectations += [
            Expectation(f"{name}: cosine with collapse at the end", run.cosine, "above", cosine),
            Expectation(f"{name}: V at the end over V at the start", run.divergence, "below", divergence),
            Expectation(f"{name}: asymmetry of Z at the end", run.asymmetry, "below", 0.1),
            Expectation(f"{name}: largest quotient to the reduced flow", run.factor, "below", factor),
            Expectation(f"{name}: quotient to the reduced flow at the end", run.end_factor, "below", factor),
        ]
    what = f"K = {group.order}, d = {dimension}, {len(seeds)} random starts of size {scale}, t <= {until}"
    worst = max(run.factor for run in runs)
    return measured(
        f"{what}: cosines {min(run.cosine for run in runs):.5f} and above, V falls to at most "
        f"{max(run.divergence for run in runs):.2g} of its start, singular values within a factor {worst:.3g}"
        f" of the reduced flow of {group.name}",
        what,
        expectations,
        seed=seeds[0],
    )
