"""Hunt for a start at which a metric moves away from collapse: screen, climb, round, certify, shrink."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, TypeAlias

from ncverify.book.verdict import Evidence, Outcome, Verdict, conclude
from ncverify.errors import InputError
from ncverify.evidence.certify import make_motion
from ncverify.evidence.climbing import climb
from ncverify.evidence.metrics import Metric, find_metric
from ncverify.evidence.motion import Motion
from ncverify.evidence.screening import TASK_STARTS, Candidate, Question, screen
from ncverify.evidence.shrinking import THRESHOLD, GridStart, Shrinker
from ncverify.evidence.tasks import TaskJournal, Tasks
from ncverify.theory.groups import AbelianGroup
from ncverify.theory.nodes import clip

SAMPLES: Final = 1 << 22
MAX_SAMPLES: Final = 1 << 40
MAX_IMBALANCE: Final = 10**6
_CLIMBS = 16  # a round
_LARGEST_ROUND = 1 << 26
_SHRUNK = 6

Progress: TypeAlias = Callable[[int, int, float], None]
"""Called with the starts screened, the starts climbed from, and the largest pull so far."""


def hunt(
    metric: str,
    group: AbelianGroup | str | Sequence[int],
    *,
    flow: str = "balanced",
    depth: int = 2,
    imbalance: Sequence[object] | str | None = None,
    seed: int = 0,
    samples: int = SAMPLES,
    executor: Executor | None = None,
    journal: str | Path | None = None,
    progress: Progress | None = None,
) -> Verdict:
    """Is "``metric`` never moves away from collapse" true?  Looks for an exact start that refutes it.

    ``metric``: a name (cosine, max-min, max-share, frobenius, loss, V, margin), or an expression in
    s1.., z0.., p0.., which is believed not to increase.  ``flow``: ``balanced`` with a ``depth``, or
    ``unbalanced`` with ``imbalance`` c_a (exact; one number stands for all of them), which the hunt
    chooses if it is not given.  ``samples``: random starts to screen at most.  ``executor``: any one, to
    screen and climb on; by default here.  ``journal``: a file that keeps what is done, so that the same
    hunt, and one with more ``samples``, goes on where it was stopped.

    ``refuted``: the witness is an exact start, and a ball that excludes 0 contains the derivative to the
    right.  ``undecided``: nothing was found, which proves nothing; the evidence says how hard it looked.
    The verdict is the same for every executor and journal: what workers send back only says where to
    look, and is certified here.  Raises ``InputError`` for input it cannot read.  Cost at
    K = 8: some 10^-7 s for each start of ``samples``, and 0.1 s for each climb.
    """
    group = AbelianGroup.read(group)
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
    kept = None if journal is None else TaskJournal(Path(journal), _subject(question))
    search = _Search(question, Shrinker(question, chosen, fixed), Tasks(executor, kept), progress)
    try:
        found = search.run(samples)
    finally:
        if kept is not None:
            kept.close()
    if found is None:
        return Verdict(Outcome.UNDECIDED, (_nothing(chosen, motion, search),))
    return conclude([_report(chosen, found, search)])


@dataclass
class _Search:
    """The state of one hunt."""

    question: Question
    shrinker: Shrinker
    tasks: Tasks
    progress: Progress | None = None
    screened: int = 0
    climbed: int = 0
    best: float = -1.0
    uncertified: int = 0
    _pool: list[Candidate] = field(default_factory=list)

    def run(self, samples: int) -> Evidence | None:
        """Rounds of screening, each as large as all before it (up to a limit), and climbs from the best."""
        number = 0
        while self.screened < samples:
            sizes = self._round(samples)
            screens = {
                f"screen {number + i} {size}": (self.question, number + i, size)
                for i, size in enumerate(sizes)
            }
            # The first round is over before worker processes would have started.
            results = self.tasks.map(_screen, screens, here=number == 0)
            number += len(sizes)
            for size, found in zip(sizes, results, strict=True):
                self.screened += size
                self._pool += map(_candidate, found)
                self._tell()
            self._pool.sort(key=lambda item: (-item.pull, item.values))
            firsts, self._pool = self._pool[:_CLIMBS], self._pool[_CLIMBS : 16 * _CLIMBS]
            climbs = {
                f"climb {self.climbed + i} {item.pull!r}": (self.question, item, self.climbed + i)
                for i, item in enumerate(firsts)
            }
            tops = []
            for top in self.tasks.map(_climb, climbs, here=number == len(sizes)):
                tops.append(_candidate(top))
                self.climbed += 1
                self.best = max(self.best, tops[-1].pull + 0.0)  # no -0
                self._tell()
            tops.sort(key=lambda item: (-item.pull, item.values))
            evidence = self._certify(tops)
            if evidence is not None:
                return evidence
        return None

    def _tell(self) -> None:
        if self.progress is not None:
            self.progress(self.screened, self.climbed, self.best)

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


def _screen(question: Question, number: int, size: int) -> list[Any]:
    return [[item.pull, list(item.values)] for item in screen(question, number, size)]


def _climb(question: Question, first: Candidate, number: int) -> list[Any]:
    top = climb(question, first, number)
    return [top.pull, list(top.values)]


def _candidate(data: Any) -> Candidate:
    pull, values = data
    return Candidate(float(pull), tuple(map(float, values)))


def _subject(question: Question) -> dict[str, Any]:
    """What the tasks of a hunt depend on; the number of samples only says how many there are."""
    motion = question.motion
    return {
        "hunt": question.metric,
        "group": list(motion.group.orders),
        "flow": motion.name,
        "imbalance": None if question.imbalance is None else list(question.imbalance),
        "seed": question.seed,
    }


def _effort(search: _Search) -> dict[str, Any]:
    return {"screened": search.screened, "climbed": search.climbed, "seed": search.question.seed}


def _report(metric: Metric, found: Evidence, search: _Search) -> Evidence:
    statement = found.details["statement"]
    summary = (
        f'"{statement}" is false: the ball of the derivative at this exact start excludes 0; '
        f"rate: d{metric.moving}/dt, relative rate: d{metric.moving}/d(log S), S = sum s "
        f"({found.details['bits']} bits; {search.screened} starts screened, {search.climbed} climbed)"
    )
    return replace(found, summary=summary, details={**found.details, **_effort(search)})


def _nothing(metric: Metric, motion: Motion, search: _Search) -> Evidence:
    uncertain = f"; {search.uncertified} of them could not be certified" if search.uncertified else ""
    return Evidence(
        Outcome.UNDECIDED,
        "hunt",
        f"{motion.group.name}, {motion.name}",
        f'"{metric.statement}": no counterexample found in {search.screened} starts screened and '
        f"{search.climbed} climbed, which is no proof; largest pull {search.best:.2g} "
        f"(from -1, towards collapse, to 1, away; up to {THRESHOLD:g} may be rounding)" + uncertain,
        {
            "statement": metric.statement,
            "largest pull": f"{search.best:.2g}",
            "uncertified": search.uncertified,
            **_effort(search),
        },
    )
