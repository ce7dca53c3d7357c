"""Where work is done: in this process, in local processes that may be killed, or on a Dask cluster."""

from __future__ import annotations

import os
import re
import signal
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, InvalidStateError, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from importlib import import_module
from multiprocessing import get_context, parent_process
from threading import Lock, Thread
from typing import Any, Final, NoReturn

from ncverify.errors import InputError
from ncverify.theory.nodes import clip

MAX_JOBS: Final = 256
_ADDRESS: Final = re.compile(r"(?:tcp|tls)://([A-Za-z0-9_.-]+|\[[0-9a-fA-F:.]+\]):([0-9]{1,5})")
_ATTEMPTS: Final = 5
_TIMEOUT: Final = 15  # seconds to reach a scheduler


def processors() -> int:
    """How many processors this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on this system
        return os.cpu_count() or 1


def check_jobs(jobs: int) -> int:
    """``jobs``, if it is a possible number of processes."""
    if isinstance(jobs, bool) or not isinstance(jobs, int) or not 1 <= jobs <= MAX_JOBS:
        raise InputError(f"jobs {jobs!r} is out of range: 1 to {MAX_JOBS}")
    return jobs


@contextmanager
def open_executor(workers: int, scheduler: str | None = None) -> Iterator[Executor | None]:
    """The executor at the address of a Dask scheduler, else of local processes; None for one process."""
    if scheduler is not None:
        with dask_executor(scheduler) as cluster:
            yield cluster
        return
    if workers == 1:
        yield None
        return
    local = LocalProcesses(workers)
    try:
        yield local
    finally:
        local.shutdown(cancel_futures=True)


class LocalProcesses(Executor):
    """Worker processes, started with the first task; if one is killed, all are replaced.

    Tasks that were lost are repeated; one that was lost 5 times fails with ``BrokenExecutor``.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._lock = Lock()
        self._pool: ProcessPoolExecutor | None = None
        self._closed = False

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        """Schedule a call."""
        outer: Future[Any] = Future()
        self._send(outer, function, arguments, named, 1)
        return outer

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the workers."""
        with self._lock:
            self._closed = True
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=wait, cancel_futures=cancel_futures)

    def _send(self, outer: Future[Any], function: Any, arguments: Any, named: Any, attempt: int) -> None:
        def done(inner: Future[Any]) -> None:
            if outer.cancelled():
                return
            error = None if inner.cancelled() else inner.exception()
            with suppress(InvalidStateError):  # cancelled meanwhile
                if inner.cancelled():
                    outer.cancel()
                elif isinstance(error, BrokenExecutor) and attempt < _ATTEMPTS and not self._closed:
                    self._drop(pool)
                    self._send(outer, function, arguments, named, attempt + 1)
                elif error is not None:
                    outer.set_exception(error)
                else:
                    outer.set_result(inner.result())

        pool = self._current()
        try:
            inner = pool.submit(function, *arguments, **named)
        except BrokenExecutor as error:
            self._drop(pool)
            if attempt < _ATTEMPTS:
                self._send(outer, function, arguments, named, attempt + 1)
            else:
                outer.set_exception(error)
            return
        inner.add_done_callback(done)

    def _current(self) -> ProcessPoolExecutor:
        with self._lock:
            if self._closed:
                raise RuntimeError("the executor was shut down")
            if self._pool is None:
                self._pool = ProcessPoolExecutor(
                    self._workers,
                    mp_context=get_context("spawn"),
                    initializer=_follow_parent,
                )
            return self._pool

    def _drop(self, broken: ProcessPoolExecutor) -> None:
        with self._lock:
            if self._pool is broken:
                self._pool = None
        broken.shutdown(wait=False)


def _follow_parent() -> None:
    """In a worker: Ctrl-C is for the parent; when the parent is gone, however it ended, so is the worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with, args=(parent_process(),), daemon=True).start()


def _end_with(parent: Any) -> NoReturn:
    parent.join()
    os._exit(1)


@contextmanager
def dask_executor(address: str) -> Iterator[Executor]:
    """The workers of the Dask scheduler at ``address``, such as ``tcp://host:8786``.

    They need the same version of this package.  Raises ``InputError`` if Dask is missing or the scheduler
    does not answer.  Dask itself repeats the tasks of workers that die.
    """
    found = _ADDRESS.fullmatch(address)
    if found is None:
        raise InputError(f"scheduler {clip(address)!r} is no address: write it like tcp://host:8786")
    try:
        distributed: Any = import_module("distributed")
    except ImportError:
        raise InputError("--scheduler needs Dask: pip install 'ncverify[cluster]'") from None
    try:  # a client that finds nobody says so in many lines
        socket.create_connection((found[1].strip("[]"), int(found[2])), timeout=_TIMEOUT).close()
        client = distributed.Client(address, timeout=_TIMEOUT, set_as_default=False)
    except (OSError, OverflowError) as error:
        raise InputError(f"no Dask scheduler answers at {clip(address)}: {clip(error)}") from None
    try:
        yield client.get_executor(pure=False)
    finally:
        client.close(timeout=_TIMEOUT)
