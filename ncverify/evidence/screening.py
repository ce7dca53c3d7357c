"""Random starts by the million, in doubles: where a metric may move away from collapse.

Everything is drawn from ``SeedSequence([seed, task])``, so results do not depend on how tasks are spread over
processes.  Nothing here proves anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeVar

import numpy as np

from ncverify.evidence.metrics import find_metric
from ncverify.evidence.motion import Batch, Doubles, Motion
from ncverify.theory.groups import AbelianGroup

T = TypeVar("T")

TASK_STARTS: Final = 1 << 16
SMALLEST, LARGEST = 1e-2, 400.0
_CELLS = 1 << 15  # numbers of one array of a batch: it stays in the second-level cache
_KEPT = 4


@dataclass(frozen=True)
class Question:
    """What is hunted: plain data, so that it can be sent to any worker.

    ``imbalance``: fixed c_a (doubles of them) for all K-1 nonzero characters, or None where the hunt may
    choose (or there are none).
    """

    metric: str
    motion: Motion
    seed: int
    imbalance: tuple[float, ...] | None = None

    @property
    def chooses_imbalance(self) -> bool:
        """Whether c_a is part of the start."""
        return self.motion.unbalanced and self.imbalance is None

    @property
    def size(self) -> int:
        """Free coordinates of a start: one for each pair {a, -a}, and again for c_a."""
        modes = len(self.motion.group.sign_classes) - 1
        return 2 * modes if self.chooses_imbalance else modes


@dataclass(frozen=True)
class Candidate:
    """A start in free coordinates (s, then c), and its pull."""

    pull: float
    values: tuple[float, ...]


def pulls(question: Question, values: Doubles) -> Doubles:
    """The pull at each column of ``values``, shape (question.size, n)."""
    group = question.motion.group
    modes = len(group.sign_classes) - 1
    places = _places(group)
    s = values[:modes] if group.is_walsh else values[:modes][places]
    c: Doubles | None = None
    if question.chooses_imbalance:
        c = values[modes:][places]
    elif question.imbalance is not None:
        c = np.array(question.imbalance)[:, None]
    with np.errstate(all="ignore"):  # huge and tiny values: what is not finite is no candidate
        pull: Doubles = find_metric(question.metric, group).pull(Batch(question.motion, s, c))
    return np.where(np.isfinite(pull), pull, -1.0)


def screen(question: Question, task: int, count: int) -> tuple[Candidate, ...]:
    """The best few of ``count`` random starts, at most one from each batch, best first."""
    rng = np.random.Generator(np.random.SFC64(np.random.SeedSequence([question.seed, 0, task])))
    width = max(64, _CELLS // question.motion.group.order)
    best: list[Candidate] = []
    for number, first in enumerate(range(0, count, width)):
        n = min(width, count - first)
        values = _draw(question, rng, number, n)
        pull = pulls(question, values)
        at = int(np.argmax(pull))
        best.append(Candidate(float(pull[at]), tuple(values[:, at].tolist())))
    best.sort(key=lambda item: -item.pull)
    return tuple(best[:_KEPT])


def _draw(question: Question, rng: np.random.Generator, number: int, n: int) -> Doubles:
    """One batch; the distribution changes from batch to batch."""
    modes = len(question.motion.group.sign_classes) - 1
    s = _SPECTRA[number % len(_SPECTRA)](rng, modes, n)
    if not question.chooses_imbalance:
        return s
    c = s * np.exp(rng.uniform(-4, 4, (1, n)) + rng.uniform(-2, 2, (modes, n)))
    c *= rng.random((modes, n)) < rng.choice([0.3, 0.7, 1.0])
    np.clip(c, 0, LARGEST, out=c)
    return np.concatenate([s, c])


def _log_uniform(rng: np.random.Generator, modes: int, n: int) -> Doubles:
    """All different: log s uniform on an interval of random place and length."""
    width = rng.uniform(0.1, 5, n)
    s = rng.random((modes, n))
    s -= 0.5
    s *= width
    s += rng.uniform(-1, 4, n)
    np.exp(s, out=s)
    return np.clip(s, SMALLEST, LARGEST, out=s)


def _few_values(rng: np.random.Generator, modes: int, n: int) -> Doubles:
    """Two to four levels, each mode at one of them."""
    count = int(rng.integers(2, 5))
    levels = np.exp(rng.uniform(-1, 4.5, (count, n)))
    return np.take_along_axis(levels, rng.integers(0, count, (modes, n)), axis=0)


def _sparse(rng: np.random.Generator, modes: int, n: int) -> Doubles:
    """Some large modes, the rest small, with some noise on both."""
    low = np.exp(rng.uniform(-3, 1, n))
    high = low + np.exp(rng.uniform(0, 4.5, n))
    large = rng.random((modes, n)) < rng.uniform(0.1, 0.9, n)
    s: Doubles = np.where(large, high, low) * np.exp(rng.normal(0, rng.choice([0.02, 0.2]), (modes, n)))
    return np.clip(s, SMALLEST, LARGEST, out=s)


_SPECTRA: Final = (_log_uniform, _few_values, _sparse)


@lru_cache(maxsize=8)
def _places(group: AbelianGroup) -> Sequence[int]:
    """For each nonzero character the number of its pair {a, -a}."""
    place = {a: i for i, orbit in enumerate(group.sign_classes[1:]) for a in orbit}
    return [place[a] for a in range(1, group.order)]


def expand(group: AbelianGroup, values: Sequence[T]) -> list[T]:
    """One value for each pair {a, -a} to one for each nonzero character."""
    return [values[i] for i in _places(group)]
