"""What ``ncverify hunt`` does: a hunt on local worker processes."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

from ncverify.book.verdict import Verdict
from ncverify.errors import InputError
from ncverify.evidence.hunt import hunt
from ncverify.ledger.run import MAX_JOBS, processors
from ncverify.theory.groups import AbelianGroup

_STARTS_WORTH_A_PROCESS = 1 << 23


def hunt_locally(
    metric: str,
    group: AbelianGroup,
    *,
    flow: str,
    depth: int,
    imbalance: str | None,
    seed: int,
    samples: int,
    jobs: int | None,
) -> Verdict:
    """``hunt`` with ``jobs`` processes (default: as many as pay); the verdict does not depend on them."""
    with local_executor(_workers(jobs, samples)) as executor:
        return hunt(
            metric,
            group,
            flow=flow,
            depth=depth,
            imbalance=imbalance,
            seed=seed,
            samples=samples,
            executor=executor,
        )


@contextmanager
def local_executor(workers: int) -> Iterator[Executor | None]:
    """A pool of worker processes, which start when the first task comes; None for one process."""
    if workers == 1:
        yield None
        return
    pool = ProcessPoolExecutor(
        workers,
        mp_context=get_context("spawn"),
        initializer=signal.signal,  # Ctrl-C is for the parent
        initargs=(signal.SIGINT, signal.SIG_IGN),
    )
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _workers(jobs: int | None, samples: int) -> int:
    if jobs is None:
        return max(1, min(processors(), samples // _STARTS_WORTH_A_PROCESS))
    if not 1 <= jobs <= MAX_JOBS:
        raise InputError(f"jobs {jobs} is out of range: 1 to {MAX_JOBS}")
    return jobs
