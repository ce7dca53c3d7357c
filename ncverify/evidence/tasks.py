"""Many independent tasks on any executor: what is done is kept in a journal, what is lost is done again."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from pathlib import Path
from typing import Any, TypeAlias

from ncverify.errors import InputError

Task: TypeAlias = tuple[Any, ...]

_LOG = logging.getLogger("ncverify")


class _Other(Exception):
    """A journal belongs to another question."""


class TaskJournal:
    """Results of tasks by name, in a file of JSON lines that starts with what they belong to.

    A line is written and flushed as soon as a result is there; half a line, left by a process that was
    killed, is dropped.  Raises ``InputError`` for a file that belongs to something else.
    """

    def __init__(self, path: Path, subject: Mapping[str, Any]) -> None:
        try:
            subjects, results = self._read(path)
            if subjects and subjects != [{"subject": dict(subject)}]:
                raise _Other
            self.results: dict[str, Any] = dict(results)
            self._file = path.open("a", encoding="utf-8")
            if not subjects:
                self._write({"subject": dict(subject)})
        except OSError as error:
            raise InputError(f"cannot keep a journal in {path}: {error.strerror}") from None
        except _Other:
            raise InputError(f"{path} is the journal of another question: choose another file") from None
        except (ValueError, TypeError):
            raise InputError(f"{path} is not a journal of tasks: choose another file") from None

    def add(self, name: str, result: Any) -> None:
        """Keep the result of a task: plain JSON values."""
        self.results[name] = result
        self._write([name, result])

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _write(self, line: Any) -> None:
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()

    @staticmethod
    def _read(path: Path) -> tuple[list[Any], list[Any]]:
        """The first line, if there is one, and the others; what follows the last whole line is cut off."""
        data = path.read_bytes() if path.exists() else b""
        whole = data.rfind(b"\n") + 1
        lines = [json.loads(line) for line in data[:whole].decode("utf-8").splitlines()]
        if whole < len(data):
            if not lines:
                raise ValueError("no whole line")
            os.truncate(path, whole)
        return lines[:1], lines[1:]


class Tasks:
    """Runs functions on any ``concurrent.futures.Executor``, or in this process without one.

    A task that an executor loses (its worker was killed, its scheduler went away) is done here, so every
    result is there in the end.  Functions and arguments must be picklable, results plain JSON values.
    """

    def __init__(self, executor: Executor | None = None, journal: TaskJournal | None = None) -> None:
        self._executor = executor
        self._journal = journal
        self._warned = False

    def map(
        self, function: Callable[..., Any], tasks: Mapping[str, Task], *, here: bool = False
    ) -> Iterator[Any]:
        """The result of each task, in their order; ``here``: without the executor."""
        known = {} if self._journal is None else self._journal.results
        futures: dict[str, Future[Any]] = {}
        try:
            if not here:
                futures = self._submit(function, {k: task for k, task in tasks.items() if k not in known})
            for name, task in tasks.items():
                if name in known:
                    yield known[name]
                    continue
                result = self._result(futures.get(name), function, task)
                if self._journal is not None:
                    self._journal.add(name, result)
                yield result
        finally:
            for future in futures.values():
                future.cancel()

    def _submit(self, function: Callable[..., Any], tasks: Mapping[str, Task]) -> dict[str, Future[Any]]:
        futures: dict[str, Future[Any]] = {}
        try:
            for name, task in tasks.items():
                if self._executor is not None:
                    futures[name] = self._executor.submit(function, *task)
        except BrokenExecutor:
            self._executor = None
        return futures

    def _result(self, future: Future[Any] | None, function: Callable[..., Any], task: Task) -> Any:
        if future is not None:
            try:
                return future.result()
            except BrokenExecutor as error:
                self._executor = None
                self._warn(error)
            except InputError:
                raise
            except (Exception, CancelledError) as error:  # an error of the function itself comes again below
                self._warn(error)
        return function(*task)

    def _warn(self, error: BaseException) -> None:
        """Once: work that is done here may be slow."""
        if not self._warned:
            said = " ".join(str(error).split())[:200]
            _LOG.warning(
                "a worker did not answer (%s: %s); its tasks are done here", type(error).__name__, said
            )
        self._warned = True
