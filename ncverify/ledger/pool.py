"""Worker processes: each claim goes to a free one; a worker that dies costs one retry of one claim."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Lock, Thread
from typing import Any

from ncverify.book.claim import Claim
from ncverify.book.verdict import Outcome, Verdict
from ncverify.evidence.workbench import Settings
from ncverify.ledger.results import Result

ATTEMPTS = 2

# The worker finds its modules where we found ours, from whatever folder and script.
_BOOT = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from ncverify.ledger.worker import main; main()"
)


def check_in_processes(
    claims: Sequence[Claim],
    files: Sequence[Path],
    settings: Settings,
    workers: int,
    done: Callable[[Result], Result],
) -> list[Result]:
    """Check claims in ``workers`` processes; the results come in the order of ``claims``.

    A claim whose worker dies is tried once more in a fresh one, then it gets the verdict ``error``.
    ``done`` gets each result as soon as it is there, one at a time, in this thread while the workers go on,
    and returns what is kept of it.
    """
    order = {"files": [str(path) for path in files], "digits": settings.digits, "seed": settings.seed}
    run = _Run(claims, json.dumps(order))
    threads = [Thread(target=run.serve, daemon=True) for _ in range(workers)]
    try:
        for thread in threads:
            thread.start()
        results: dict[str, Result] = {}
        for _ in claims:
            found = run.found.get()
            if isinstance(found, BaseException):
                raise found
            results[found.claim.id] = done(found)
        for thread in threads:
            thread.join()
    finally:  # also after Ctrl-C
        run.stop()
    return [results[claim.id] for claim in claims]


class _Run:
    """The tasks of one run, and the threads that feed one worker process each."""

    def __init__(self, claims: Sequence[Claim], order: str) -> None:
        self.found: SimpleQueue[Result | BaseException] = SimpleQueue()
        self._waiting = deque(claims)
        self._order = order
        self._lock = Lock()
        self._stopped = Event()
        self._processes: list[subprocess.Popen[str]] = []

    def serve(self) -> None:
        """Feed one worker until nothing waits."""
        try:
            self._serve()
        except BaseException as error:  # a thread that dies in silence would lose claims
            self.found.put(error)
            self.stop()

    def stop(self) -> None:
        """End all workers."""
        with self._lock:
            self._stopped.set()
            for process in self._processes:
                process.kill()
                process.wait()
            self._processes.clear()

    def _serve(self) -> None:
        process: subprocess.Popen[str] | None = None
        while (claim := self._next()) is not None:
            for attempt in range(1, ATTEMPTS + 1):
                process = process or self._start()
                answer = None if process is None else _ask(process, claim.id)
                if self._stopped.is_set():
                    return
                if answer is not None:
                    result = Result(claim, Verdict.from_json(answer["verdict"]), answer["seconds"])
                    break
                code = self._bury(process)
                process = None
                if attempt == ATTEMPTS:
                    message = (
                        f"the worker process ended {ATTEMPTS} times during this check (exit code {code})"
                    )
                    result = Result(claim, Verdict(Outcome.ERROR, (), message=message), 0.0)
            self.found.put(result)
        if process is not None and process.stdin is not None:
            process.stdin.close()
            process.wait()

    def _next(self) -> Claim | None:
        with self._lock:
            return self._waiting.popleft() if self._waiting and not self._stopped.is_set() else None

    def _start(self) -> subprocess.Popen[str] | None:
        with self._lock:
            if self._stopped.is_set():
                return None
            process = subprocess.Popen(
                [sys.executable, "-c", _BOOT, json.dumps(sys.path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                start_new_session=True,  # Ctrl-C reaches the parent only, which ends its workers
            )
            self._processes.append(process)
        _tell(process, self._order)
        return process

    def _bury(self, process: subprocess.Popen[str] | None) -> int | None:
        if process is None:
            return None
        process.kill()
        code = process.wait()
        with self._lock:
            if process in self._processes:
                self._processes.remove(process)
        return code


def _tell(process: subprocess.Popen[str], line: str) -> bool:
    assert process.stdin is not None  # opened as a pipe
    try:
        process.stdin.write(line + "\n")
        process.stdin.flush()
    except (BrokenPipeError, ValueError):
        return False
    return True


def _ask(process: subprocess.Popen[str], claim_id: str) -> dict[str, Any] | None:
    """The answer about one claim; None if the worker died before it was complete."""
    assert process.stdout is not None  # opened as a pipe
    if not _tell(process, json.dumps(claim_id)):
        return None
    line = process.stdout.readline()
    if not line.endswith("\n"):
        return None
    answer: dict[str, Any] = json.loads(line)
    return answer
