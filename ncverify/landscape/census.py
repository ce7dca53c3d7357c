"""All critical points that a search finds, each enclosed and classified; counted once up to symmetry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from math import sqrt
from pathlib import Path
from typing import Any, Final

from ncverify.errors import InputError
from ncverify.landscape.complete import rank_one_boxes
from ncverify.landscape.euler import euler_sum
from ncverify.landscape.inertia import Undecided
from ncverify.landscape.points import CriticalPoint, CriticalSet, collapse, locate, origin
from ncverify.landscape.problem import Problem
from ncverify.landscape.search import Candidate, Model, rounds
from ncverify.landscape.squared import Family, families
from ncverify.landscape.symmetry import copies, same_orbit
from ncverify.theory.balls import certainly_lt

Progress = Callable[[str], None]

MAX_SEARCHED_CLASSES: Final = 7
MIN_DIGITS, MAX_DIGITS = 15, 1000
_ROUNDS: Final = 40


@dataclass(frozen=True)
class Census:
    """What was found.

    points: critical points up to rotations and permutations of the classes, by rank and value, all
    certified; unresolved: for each approximate point that could not be certified, why (it is not in
    ``points``); complete: whether the list is proved to hold all critical points; euler: for each width the
    sum of ``euler``, which must be 1 where no point is missing; starts: random starts followed.
    """

    problem: Problem
    points: tuple[CriticalSet, ...]
    unresolved: tuple[str, ...]
    complete: bool
    euler: dict[int, int]
    starts: int

    @property
    def balanced(self) -> bool:
        """Whether the identity holds in every width: no point is known to be missing."""
        return all(total == 1 for total in self.euler.values())

    @property
    def spurious(self) -> tuple[CriticalSet, ...]:
        """The local minima of the given width above which another listed point is certainly lower."""
        return tuple(
            point
            for point in self.points
            if point.kind == "local minimum"
            and any(certainly_lt(other.value, point.value) for other in self.points)
        )

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "problem": self.problem.to_json(),
            "points": [point.to_json() for point in self.points],
            "unresolved": list(self.unresolved),
            "complete": self.complete,
            "euler": {str(width): total for width, total in self.euler.items()},
            "starts": self.starts,
        }

    def certificate(self) -> dict[str, Any]:
        """The body (docs/certificates.md) that ``ncverify.replay.kinds.check_body`` checks again.

        It states every listed point, and the Morse identity and completeness where they are known.
        """
        from ncverify.landscape.bodies import families_body, points_body

        families = [point for point in self.points if isinstance(point, Family)]
        if families:
            return families_body(self.problem, families)
        points = [point for point in self.points if isinstance(point, CriticalPoint)]
        euler = bool(self.euler) and self.balanced
        complete = self.complete and self.problem.classes == 3 and any(point.rank for point in points)
        return points_body(self.problem, points, euler=euler, complete=complete)

    def plot(self, path: str | Path | None = None, saddle: int | None = None) -> Any:
        """Index against loss, and the escape from row ``saddle`` of the list (see ``figure.plot``)."""
        from ncverify.landscape.figure import plot

        return plot(self, path, saddle)

    def __str__(self) -> str:
        from ncverify.landscape.table import lines

        return "\n".join(lines(self))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from ncverify.landscape.table import html

        return html(self)


def critical_points(
    problem: Problem,
    *,
    digits: int = 40,
    starts: int = 200,
    seed: int = 0,
    ranks: Sequence[int] | None = None,
    complete: bool = False,
    progress: Progress | None = None,
) -> Census:
    """Find, enclose, classify and count the critical points of ``problem`` up to its symmetries.

    Squared error: all of them, by ``squared``.  Cross-entropy of rank K - 1: the collapsed minimum.  Below,
    for each rank r, rounds of ``starts`` random starts in width r, until the identity of ``euler`` holds in
    width r and a round finds nothing new (at most 40 rounds); every point is then certified to about
    ``digits`` digits.  ``ranks``: only these, besides 0. ``complete``: prove that the list is complete
    (cross-entropy, K = 3, no bias; 4 s), or ``Undecided``. Raises ``InputError``; K is at most 7 for the
    cross-entropy.  Below lambda = 1e-5 the starts, in doubles, miss points; the identity then says so.
    Cost: 0.3 s at K = 3, 1 s at K = 4, 5 s at K = 5, on one core; threads of the linear algebra slow it
    down (set OPENBLAS_NUM_THREADS=1, as the command does).
    """
    if not isinstance(problem, Problem):
        raise InputError(
            f"{problem!r} is not a problem: use nv.landscape.Problem(3, lambda_w='1/100', lambda_h='1/100')"
        )
    _whole("digits", digits, MIN_DIGITS, MAX_DIGITS)
    _whole("starts", starts, 1, 1_000_000)
    _whole("seed", seed, 0, 1 << 62)
    if (
        complete
        and problem.loss == "ce"
        and (problem.classes != 3 or problem.lambda_b is not None or ranks is not None)
    ):
        raise InputError(
            f"complete: {problem.name} is out of reach; the list is proved complete for mse, and for ce with "
            "K = 3, no bias, all ranks"
        )
    report = progress or (lambda text: None)
    bits = int(digits * 3.33) + 64
    if problem.loss == "mse":
        found = families(problem, bits)
        return Census(problem, tuple(found), (), True, _euler(found, problem.width), 0)
    if problem.classes > MAX_SEARCHED_CLASSES:
        raise InputError(
            f"classes = {problem.classes} is too large for a search: at most {MAX_SEARCHED_CLASSES} for ce "
            "(mse: closed form; the symmetric points of K = 8, 16: walsh_critical_points)"
        )
    points: list[CriticalPoint] = [origin(problem, bits)]
    unresolved: list[str] = []
    followed = 0
    wanted = range(1, problem.rank_bound + 1) if ranks is None else sorted(set(ranks))
    if wanted and not 1 <= min(wanted) <= max(wanted) <= problem.rank_bound:
        raise InputError(f"ranks {list(wanted)} are out of range: 1 to {problem.rank_bound}")
    alone = points[0].escapes == 0
    if alone:
        wanted = range(0)  # K mu >= 1: f is minimal at 0 and at no other critical point (claim ce-minimum)
    for rank in wanted:
        if rank == problem.classes - 1:  # of this rank there is only the global minimum (claim ce-minimum)
            points.append(collapse(problem, bits))
            continue
        known = [(p.rank, p.active, p.escapes, p.copies or 0) for p in points]
        candidates, count = _search(problem, rank, known, starts, seed, report)
        followed += count
        unresolved += _certify(problem, candidates, bits, points, report)
    points.sort(key=lambda point: (point.rank, float(point.value.mid())))
    if complete and not alone:
        report("proving that no point of rank 1 is missing")
        rank_one_boxes(problem, points)
    full = alone or len(wanted) == problem.rank_bound
    sums = _euler(points, problem.width) if full else {}
    # Of ranks 0 and K - 1 there is one point each (claims ce-minimum and no-spurious-minimum).
    by_claims = alone or (full and all(rank == problem.classes - 1 for rank in wanted))
    return Census(problem, tuple(points), tuple(unresolved), complete or by_claims, sums, followed)


def local_minima(
    problem: Problem, *, digits: int = 40, starts: int = 60, seed: int = 0, progress: Progress | None = None
) -> Census:
    """The minima of full rank d to which descent from random starts leads, for the cross-entropy with d < K.

    Each is enclosed and classified; ``Census.spurious`` are those above another.  Raises ``InputError``.
    Cost: 2 s at K = 7, d = 4.
    """
    _whole("digits", digits, MIN_DIGITS, MAX_DIGITS)
    _whole("starts", starts, 1, 1_000_000)
    _whole("seed", seed, 0, 1 << 62)
    if problem.loss != "ce" or not problem.width < problem.classes <= MAX_SEARCHED_CLASSES:
        raise InputError(
            f"{problem.name}: minima are looked for with ce, K <= {MAX_SEARCHED_CLASSES} and width < K"
        )
    report = progress or (lambda text: None)
    bits = int(digits * 3.33) + 64
    report(f"descending from {starts} starts")
    (found,) = islice(rounds(_model(problem, problem.width), starts, seed, uphill=0), 1)
    points: list[CriticalPoint] = []
    unresolved = _certify(problem, [item for item in found if item.active == 0], bits, points, report)
    points.sort(key=lambda point: float(point.value.mid()))
    return Census(problem, tuple(points), tuple(unresolved), False, {}, starts)


def _certify(
    problem: Problem,
    candidates: Sequence[Candidate],
    bits: int,
    points: list[CriticalPoint],
    report: Progress,
) -> list[str]:
    """Add the certified candidates to ``points``, each once; why the others could not be certified."""
    unresolved = []
    for number, item in enumerate(candidates, 1):
        report(f"rank {item.w.shape[1]}: certifying {number} of {len(candidates)}")
        try:
            point = locate(problem, item.w, item.h, item.b, bits)
            if not any(same_orbit(point, other) for other in points):
                points.append(replace(point, copies=copies(point)))
        except Undecided as reason:
            unresolved.append(f"rank {item.w.shape[1]}, value {item.value:.10f}: {reason}")
    return unresolved


def _model(problem: Problem, rank: int) -> Model:
    penalty = None if problem.lambda_b is None else float(problem.lambda_b)
    return Model(problem.classes, rank, sqrt(problem.mu_squared), penalty)


def _search(
    problem: Problem,
    rank: int,
    known: list[tuple[int, int, int, int]],
    starts: int,
    seed: int,
    report: Progress,
) -> tuple[list[Candidate], int]:
    model = _model(problem, rank)
    found: list[Candidate] = []
    for number, new in enumerate(islice(rounds(model, starts, seed + rank), _ROUNDS), 1):
        found += new
        here = [(rank, item.active, item.escapes, item.copies) for item in found]
        report(f"rank {rank}: {len(found)} points from {number * starts} starts")
        if not new and euler_sum([*known, *here], rank) == 1:
            break
    return found, number * starts


def _euler(points: Sequence[CriticalSet], width: int) -> dict[int, int]:
    counted = [
        (p.rank, p.active, p.escapes, p.euler_characteristic if isinstance(p, Family) else p.copies or 0)
        for p in points
    ]
    return {d: euler_sum(counted, d) for d in range(1, width + 1)}


def _whole(name: str, value: Any, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InputError(f"{name} = {str(value)[:40]} is out of range: {low} to {high}")
