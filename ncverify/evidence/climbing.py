"""From a promising start uphill: a random search over logarithms of s, which may also make values equal."""

from __future__ import annotations

from typing import Final

import numpy as np

from ncverify.evidence.motion import Doubles
from ncverify.evidence.screening import LARGEST, SMALLEST, Candidate, Question, pulls

GENERATIONS: Final = 150
_OFFSPRING = 128


def climb(question: Question, first: Candidate, number: int) -> Candidate:
    """The best start found near ``first``; deterministic given the seed of the question and ``number``.

    Cost: 150 batches of 128 starts.
    """
    rng = np.random.Generator(np.random.SFC64(np.random.SeedSequence([question.seed, 1, number])))
    best = np.array(first.values)
    best_pull = first.pull
    modes = len(question.motion.group.sign_classes) - 1
    for _ in range(GENERATIONS):
        offspring = _mutate(rng, best, modes)
        pull = pulls(question, offspring)
        at = int(np.argmax(pull))
        if pull[at] > best_pull:
            best, best_pull = offspring[:, at].copy(), float(pull[at])
    return Candidate(best_pull, tuple(best.tolist()))


def _mutate(rng: np.random.Generator, parent: Doubles, modes: int) -> Doubles:
    """A quarter each: all values move, one moves, one becomes equal to another, all move together."""
    size, part = len(parent), _OFFSPRING // 4
    columns = np.arange(part)
    steps = np.exp(rng.uniform(-7, 0.5, _OFFSPRING)) * np.where(rng.random(_OFFSPRING) < 0.5, 1, -1)
    offspring = np.repeat(parent[:, None], _OFFSPRING, axis=1)
    offspring[:, :part] *= np.exp(rng.normal(0, 1, (size, part)) * steps[:part])
    offspring[rng.integers(0, size, part), part + columns] *= np.exp(steps[part : 2 * part])
    # Equal values: within s, or within c.
    target = rng.integers(0, size, part)
    low = np.where(target < modes, 0, modes)
    source = low + (rng.random(part) * np.where(target < modes, modes, size - modes)).astype(int)
    offspring[target, 2 * part + columns] = parent[source]
    offspring[:modes, 3 * part :] *= np.exp(steps[3 * part :])
    np.clip(offspring[:modes], SMALLEST, LARGEST, out=offspring[:modes])
    np.clip(offspring[modes:], 0, LARGEST, out=offspring[modes:])
    return offspring
