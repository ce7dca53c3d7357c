"""Hunt for a start at which a metric moves away from collapse: screen, climb, round, certify, shrink."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, Executor
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final, TypeVar

from ncverify.book.verdict import Evidence, Outcome, Verdict, conclude
from ncverify.errors import InputError
from ncverify.evidence.certify import make_motion
from ncverify.evidence.climbing import climb
from ncverify.evidence.metrics import Metric, find_metric
from ncverify.evidence.motion import Motion
from ncverify.evidence.screening import TASK_STARTS, Candidate, Question, screen
from ncverify.evidence.shrinking import THRESHOLD, GridStart, Shrinker
from ncverify.theory.groups import AbelianGroup
from ncverify.theory.nodes import clip

SAMPLES: Final = 1 << 22
MAX_SAMPLES: Final = 1 << 40
MAX_IMBALANCE: Final = 10**6
_CLIMBS = 16  # a round
_LARGEST_ROUND = 1 << 26
_SHRUNK = 6

T = TypeVar("T")


def hunt(
    metric: str,
    group: AbelianGroup,
    *,
    flow: str = "balanced",
    depth: int = 2,
    imbalance: Sequence[object] | str | None = None,
    seed: int = 0,
    samples: int = SAMPLES,
    executor: Executor | None = None,
) -> Verdict:
    """Is "``metric`` never moves away from collapse" true?  Looks for an exact start that refutes it.

    ``metric``: a name (cosine, max-min, max-share, frobenius, loss, V, margin), or an expression in
    s1.., z0.., p0.., which is believed not to increase.  ``flow``: ``balanced`` with a ``depth``, or
    ``unbalanced`` with ``imbalance`` c_a (exact; one number stands for all of them), which the hunt
    chooses if it is not given.  ``samples``: random starts to screen at most.  ``executor``: where to
    screen and climb; by default here.

    ``refuted``: the witness is an exact start, and a ball that excludes 0 contains the derivative to the
    right.  ``undecided``: nothing was found, which proves nothing; the evidence says how hard it looked.
    The verdict is the same for every executor.  Raises ``InputError`` for input it cannot read.  Cost at
    K = 8: some 10^-7 s for each start of ``samples``, and 0.1 s for each climb.
    """
    motion = make_motion(group, flow, depth)
    chosen = find_metric(metric, group)
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 1 << 64:
        raise InputError(f"seed {seed!r} must be a whole number from 0 to 2^64 - 1")
    if isinstance(samples, bool) or not isinstance(samples, int) or not 1 <= samples <= MAX_SAMPLES:
        raise InputError(f"samples {samples!r} must be a whole number from 1 to 2^40")
    fixed: tuple[Fraction, ...] | None = None
    if imbalance is not None:
        if not motion.unbalanced:
            raise InputError("the balanced flow has no imbalance: use flow unbalanced")
        fixed = motion.imbalances(imbalance)
        for a, c in enumerate(fixed, 1):
            if abs(c) > MAX_IMBALANCE:
                raise InputError(
                    f"imbalance c[{a}] = {clip(c)} is too large to hunt: at most {MAX_IMBALANCE}"
                )
    doubles = None if fixed is None else tuple(float(c) for c in fixed)
    question = Question(metric, motion, seed, doubles)
    search = _Search(question, Shrinker(question, chosen, fixed), executor)
    found = search.run(samples)
    if found is None:
        return Verdict(Outcome.UNDECIDED, (_nothing(chosen, motion, search),))
    return conclude([_report(chosen, found, search)])


@dataclass
class _Search:
    """The state of one hunt."""

    question: Question
    shrinker: Shrinker
    executor: Executor | None
    screened: int = 0
    climbed: int = 0
    best: float = -1.0
    uncertified: int = 0
    _pool: list[Candidate] = field(default_factory=list)

    def run(self, samples: int) -> Evidence | None:
        """Rounds of screening, each as large as all before it (up to a limit), and climbs from the best."""
        tasks = 0
        while self.screened < samples:
            sizes = self._round(samples)
            done = self._map(_screen, [(self.question, tasks + i, size) for i, size in enumerate(sizes)])
            tasks += len(sizes)
            self.screened += sum(sizes)
            self._pool += [item for part in done for item in part]
            self._pool.sort(key=lambda item: (-item.pull, item.values))
            firsts, self._pool = self._pool[:_CLIMBS], self._pool[_CLIMBS : 16 * _CLIMBS]
            tops = self._map(
                _climb, [(self.question, item, self.climbed + i) for i, item in enumerate(firsts)]
            )
            self.climbed += len(tops)
            tops.sort(key=lambda item: (-item.pull, item.values))
            self.best = max([self.best, *(item.pull + 0.0 for item in tops)])  # no -0
            evidence = self._certify(tops)
            if evidence is not None:
                return evidence
        return None

    def _round(self, samples: int) -> list[int]:
        left = min(samples - self.screened, max(self.screened, 2 * TASK_STARTS), _LARGEST_ROUND)
        return [min(TASK_STARTS, left - first) for first in range(0, left, TASK_STARTS)]

    def _certify(self, tops: Sequence[Candidate]) -> Evidence | None:
        """The simplest certified witness from the best few climbs."""
        found: list[GridStart] = []
        for top in tops:
            if top.pull <= THRESHOLD or len(found) == _SHRUNK:
                break
            start = self.shrinker.certified(top)
            if start is None:
                self.uncertified += 1
            else:
                found.append(self.shrinker.shrink(start))
        if not found:
            return None
        return self.shrinker.refutes(min(found, key=lambda start: start.complexity))

    def _map(self, function: Callable[[Any], T], tasks: Sequence[Any]) -> list[T]:
        # The first round is over before worker processes would have started.
        if self.executor is None or self.screened == 0:
            return [function(task) for task in tasks]
        futures = []
        try:
            futures = [self.executor.submit(function, task) for task in tasks]
            return [future.result() for future in futures]
        except BrokenExecutor:
            self.executor = None  # a worker was killed: the same tasks give the same results here
            return [function(task) for task in tasks]
        finally:
            for future in futures:
                future.cancel()


def _screen(task: tuple[Question, int, int]) -> tuple[Candidate, ...]:
    return screen(*task)


def _climb(task: tuple[Question, Candidate, int]) -> Candidate:
    return climb(*task)


def _effort(search: _Search) -> dict[str, Any]:
    return {"screened": search.screened, "climbed": search.climbed, "seed": search.question.seed}


def _report(metric: Metric, found: Evidence, search: _Search) -> Evidence:
    statement = found.details["statement"]
    return Evidence(
        found.outcome,
        found.route,
        found.scope,
        f'"{statement}" is false: the ball of the derivative at this exact start excludes 0; '
        f"rate: d{metric.moving}/dt, relative rate: d{metric.moving}/d(log S), S = sum s "
        f"({found.details['bits']} bits; {search.screened} starts screened, {search.climbed} climbed)",
        {**found.details, **_effort(search)},
    )


def _nothing(metric: Metric, motion: Motion, search: _Search) -> Evidence:
    uncertain = f"; {search.uncertified} of them could not be certified" if search.uncertified else ""
    return Evidence(
        Outcome.UNDECIDED,
        "hunt",
        f"{motion.group.name}, {motion.name}",
        f'"{metric.statement}": no counterexample, none in {search.screened} starts screened and '
        f"{search.climbed} climbed; largest pull {search.best:.2g} (from -1, towards collapse, to 1, away; "
        f"up to {THRESHOLD:g} may be rounding)" + uncertain,
        {
            "statement": metric.statement,
            "largest pull": f"{search.best:.2g}",
            "uncertified": search.uncertified,
            **_effort(search),
        },
    )
