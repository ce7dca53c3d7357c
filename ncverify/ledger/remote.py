"""Checking claims on any executor, such as the workers of a cluster.

A worker must have the same claims and the same program: it compares the key of every claim with its own, and
what it refuses, or loses, is checked here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any, Final

from ncverify.book.claim import Claim, Registry
from ncverify.book.verdict import Verdict
from ncverify.evidence.tasks import Tasks
from ncverify.evidence.workbench import Settings
from ncverify.ledger.keys import Keys
from ncverify.ledger.results import Result
from ncverify.ledger.run import check_one
from ncverify.ledger.selection import Selection, load


class Differs(RuntimeError):
    """A worker has other claims, or another program."""


_ONE_AT_A_TIME: Final = Lock()
"""The precision of balls belongs to the process: threads of one worker take turns."""


def check_on(
    executor: Executor, claims: Sequence[Claim], selection: Selection, settings: Settings
) -> Iterator[Result]:
    """The results in the order of ``claims``, each as soon as it and all before it are there."""
    keys = Keys(selection.registry, settings, selection.files)
    files = tuple(map(str, selection.files))
    tasks = {claim.id: (claim.id, keys.key(claim), files, settings.digits, settings.seed) for claim in claims}
    answers = Tasks(executor).map(check_elsewhere, tasks)
    for claim, answer in zip(claims, answers, strict=True):
        yield Result(claim, Verdict.from_json(answer["verdict"]), answer["seconds"])


def check_elsewhere(
    claim_id: str, key: str, files: tuple[str, ...], digits: int, seed: int
) -> dict[str, Any]:
    """Check one claim in a worker: its verdict and the seconds.

    Raises ``Differs`` where this process has other claims or another program than the one that asks.
    """
    registry = _registry(files)
    settings = Settings(digits=digits, seed=seed)
    paths = [Path(name) for name in files]
    if claim_id not in registry or Keys(registry, settings, paths).key(registry[claim_id]) != key:
        raise Differs(f"claim {claim_id!r} is not the same here: install the same version on all workers")
    with _ONE_AT_A_TIME:
        result = check_one(registry[claim_id], registry, settings)
    return {"verdict": result.verdict.to_json(bodies=True), "seconds": result.seconds}


@lru_cache(maxsize=4)
def _registry(files: tuple[str, ...]) -> Registry:
    return load([Path(name) for name in files])[0]
