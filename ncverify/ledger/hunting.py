"""What ``ncverify hunt`` does: a hunt on local processes or a cluster, with a line of progress."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from ncverify.book.verdict import Verdict
from ncverify.evidence.hunt import Progress, hunt
from ncverify.ledger.executors import check_jobs, open_executor, processors
from ncverify.theory.groups import AbelianGroup

_STARTS_WORTH_A_PROCESS = 1 << 23
_SECONDS_BETWEEN_LINES = 0.2


def hunt_anywhere(
    metric: str,
    group: AbelianGroup,
    *,
    flow: str,
    depth: int,
    imbalance: str | None,
    seed: int,
    samples: int,
    jobs: int | None,
    scheduler: str | None,
    journal: str | None,
) -> Verdict:
    """``hunt`` with ``jobs`` processes (default: as many as pay), or on the cluster of ``scheduler``."""
    with open_executor(_workers(jobs, samples), scheduler) as executor, progress(samples) as tell:
        return hunt(
            metric,
            group,
            flow=flow,
            depth=depth,
            imbalance=imbalance,
            seed=seed,
            samples=samples,
            executor=executor,
            journal=journal,
            progress=tell,
        )


@contextmanager
def progress(samples: int) -> Iterator[Progress | None]:
    """A line on the terminal that says how far the hunt is; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield None
        return
    last = 0.0

    def tell(screened: int, climbed: int, best: float) -> None:
        nonlocal last
        if monotonic() - last < _SECONDS_BETWEEN_LINES:
            return
        last = monotonic()
        text = f"screened {screened} of {samples} starts, climbed from {climbed}, largest pull {best:.2g}"
        print(f"\r{text}\x1b[K", end="", file=sys.stderr, flush=True)

    try:
        yield tell
    finally:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _workers(jobs: int | None, samples: int) -> int:
    if jobs is None:
        return max(1, min(processors(), samples // _STARTS_WORTH_A_PROCESS))
    return check_jobs(jobs)
