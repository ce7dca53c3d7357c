"""Tasks end with every result, whatever happens to workers and to the process that asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ncverify import AbelianGroup, hunt
from ncverify.errors import InputError
from ncverify.evidence.tasks import TaskJournal, Tasks

SUBJECT = {"squares": 1}
TASKS = {f"square {i}": (i,) for i in range(10)}
SQUARES = [i * i for i in range(10)]


def square(x: int) -> int:
    return x * x


class Losing(Executor):
    """Every third task is lost, every fifth breaks the executor."""

    def __init__(self, kind: type[Exception]) -> None:
        self.kind = kind
        self.count = 0

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.count += 1
        if self.count % 3 == 0:
            future.set_exception(self.kind("lost"))
        else:
            future.set_result(function(*arguments))
        return future


@pytest.mark.parametrize("kind", [RuntimeError, BrokenExecutor, ConnectionError, TimeoutError])
def test_lost_tasks_are_done_here(kind: type[Exception], caplog: pytest.LogCaptureFixture) -> None:
    assert list(Tasks(Losing(kind)).map(square, TASKS)) == SQUARES
    assert len(caplog.records) == 1
    assert "done here" in caplog.text


def test_results_come_in_order_from_threads() -> None:
    with ThreadPoolExecutor(3) as threads:
        assert list(Tasks(threads).map(square, TASKS)) == SQUARES


def test_errors_of_the_function_are_not_lost() -> None:
    def wrong(x: int) -> int:
        raise InputError(f"{x} is wrong")

    def broken(x: int) -> int:
        raise ZeroDivisionError

    with ThreadPoolExecutor(1) as threads:
        with pytest.raises(InputError, match="0 is wrong"):
            list(Tasks(threads).map(wrong, TASKS))
        with pytest.raises(ZeroDivisionError):
            list(Tasks(threads).map(broken, TASKS))


def test_a_journal_is_continued(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    calls: list[int] = []

    def counted(x: int) -> int:
        calls.append(x)
        return x * x

    journal = TaskJournal(path, SUBJECT)
    half = dict(list(TASKS.items())[:5])
    assert list(Tasks(journal=journal).map(counted, half)) == SQUARES[:5]
    journal.close()
    with path.open("a") as file:  # killed while it wrote
        file.write('["square 5", 2')
    journal = TaskJournal(path, SUBJECT)
    assert list(Tasks(journal=journal).map(counted, TASKS)) == SQUARES
    journal.close()
    assert calls == list(range(10))
    assert len(path.read_text().splitlines()) == 11


@pytest.mark.parametrize(
    "text", ["no json\n", '{"subject": {"squares": 2}}\n', "[1, 2]\n", '{"subject": {"squares": 1}}\n3\n']
)
def test_other_files_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "journal"
    path.write_text(text)
    with pytest.raises(InputError, match="journal"):
        TaskJournal(path, SUBJECT)
    assert path.read_text() == text
    with pytest.raises(InputError, match="cannot keep a journal"):
        TaskJournal(tmp_path / "missing" / "journal", SUBJECT)


def test_a_hunt_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    path = tmp_path / "hunt.jsonl"
    group = AbelianGroup((2, 2, 2))
    alone = hunt("max-min", group, samples=300_000, seed=4)

    class Stop(Exception):
        pass

    def stop(screened: int, climbed: int, best: float) -> None:
        if climbed >= 5:
            raise Stop

    with pytest.raises(Stop):
        hunt("max-min", group, samples=300_000, seed=4, journal=path, progress=stop)
    kept = path.read_bytes()
    assert len(kept.splitlines()) > 5
    seen: list[tuple[int, int]] = []
    again = hunt(
        "max-min", group, samples=300_000, seed=4, journal=path,
        progress=lambda screened, climbed, best: seen.append((screened, climbed)),
    )  # fmt: skip
    assert again == alone
    assert path.read_bytes().startswith(kept)
    assert seen[-1][0] == 300_000
    names = [json.loads(line)[0] for line in path.read_text().splitlines()[1:]]
    assert len(names) == len(set(names))
    with pytest.raises(InputError, match="another question"):
        hunt("max-min", group, samples=1000, seed=5, journal=path)
