"""Local worker processes that are killed, a Dask cluster that loses a worker, and a hunt that is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ncverify import AbelianGroup, check, hunt
from ncverify.errors import InputError
from ncverify.ledger.executors import LocalProcesses, check_jobs, open_executor

Command = Callable[..., subprocess.CompletedProcess[str]]

GROUP = AbelianGroup((2, 2, 2))
SAMPLES = 1 << 20


@pytest.fixture(scope="module")
def alone() -> object:
    return hunt("max-min", GROUP, samples=SAMPLES, seed=1)


def test_a_killed_local_worker_loses_nothing(alone: object, caplog: pytest.LogCaptureFixture) -> None:
    local = LocalProcesses(2)
    killed: list[int] = []

    def kill_one(screened: int, climbed: int, best: float) -> None:
        pool = local._pool
        if not killed and pool is not None and screened > SAMPLES // 4:
            killed.append(next(iter(pool._processes)))
            os.kill(killed[0], signal.SIGKILL)

    try:
        assert hunt("max-min", GROUP, samples=SAMPLES, seed=1, executor=local, progress=kill_one) == alone
    finally:
        local.shutdown(cancel_futures=True)
    assert killed
    assert not caplog.records  # not done here: the workers were replaced


def test_a_task_that_kills_its_workers_fails_at_last() -> None:
    local = LocalProcesses(1)
    try:
        with pytest.raises(Exception, match="terminated abruptly"):
            local.submit(os._exit, 1).result()
        assert local.submit(abs, -3).result() == 3
    finally:
        local.shutdown()
    with pytest.raises(RuntimeError, match="shut down"):
        local.submit(abs, 1)


ENDLESS = """
import os, sys, time
from ncverify.ledger.executors import LocalProcesses
local = LocalProcesses(1)
print(local.submit(os.getpid).result(), flush=True)
local.submit(time.sleep, 600).result()
"""


def test_a_worker_ends_with_a_killed_parent() -> None:
    process = subprocess.Popen([sys.executable, "-c", ENDLESS], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    worker = int(process.stdout.readline())
    assert Path(f"/proc/{worker}").exists()
    process.kill()
    process.wait()
    deadline = time.monotonic() + 60
    while Path(f"/proc/{worker}").exists():
        assert time.monotonic() < deadline, "the worker outlives its parent"
        time.sleep(0.05)


def test_one_process_needs_no_executor() -> None:
    with open_executor(1) as executor:
        assert executor is None
    with pytest.raises(InputError, match="1 to 256"):
        check_jobs(0)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A real scheduler and two worker processes on loopback."""
    pytest.importorskip("distributed")
    folder = tmp_path_factory.mktemp("cluster")
    file = folder / "scheduler.json"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
    dask = [sys.executable, "-m", "dask"]
    scheduler = subprocess.Popen(
        [
            *dask,
            "scheduler",
            "--host",
            "127.0.0.1",
            "--port",
            "0",
            "--no-dashboard",
            "--scheduler-file",
            file,
        ],
        **quiet,
    )
    processes = [scheduler]
    try:
        for _ in range(2):
            processes.append(
                subprocess.Popen(
                    [
                        *dask,
                        "worker",
                        "--scheduler-file",
                        file,
                        "--nthreads",
                        "1",
                        "--no-nanny",
                        "--no-dashboard",
                        "--host",
                        "127.0.0.1",
                        "--local-directory",
                        folder,
                    ],
                    **quiet,
                )
            )
        for _ in range(200):
            if file.exists() and file.read_text().strip().endswith("}"):
                break
            time.sleep(0.1)
        address = json.loads(file.read_text())["address"]
        from distributed import Client

        with Client(address, timeout=20, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=20)
        yield address, processes[1:]
    finally:
        for process in reversed(processes):
            process.kill()
            process.wait()


def test_a_cluster_checks_claims(cluster: tuple[str, list[subprocess.Popen[bytes]]]) -> None:
    names = ("collapse-orthogonal", "slowdown-logarithmic")
    with open_executor(1, cluster[0]) as executor:
        there = check(*names, executor=executor)
    here = check(*names)
    assert [item.verdict for item in there] == [item.verdict for item in here]
    assert there.as_expected


def test_a_killed_worker_of_a_cluster_loses_nothing(
    cluster: tuple[str, list[subprocess.Popen[bytes]]], alone: object
) -> None:
    address, workers = cluster
    asked: list[int] = []

    def kill_one(screened: int, climbed: int, best: float) -> None:
        if not asked and screened > SAMPLES // 4:
            asked.append(screened)
            workers[0].send_signal(signal.SIGKILL)

    with open_executor(1, address) as executor:
        found = hunt("max-min", GROUP, samples=SAMPLES, seed=1, executor=executor, progress=kill_one)
    assert found == alone
    assert asked
    assert asked[0] < SAMPLES
    workers[0].wait(10)
    assert workers[1].poll() is None


def test_a_killed_hunt_goes_on(ncverify: Command, tmp_path: Path) -> None:
    """kill -9 of the whole command; the same command then gives what an undisturbed one gives."""
    journal = tmp_path / "hunt.jsonl"
    arguments = ["hunt", "cosine", "--classes", "4", "--samples", "300000", "--jobs", "1", "--json", "-"]
    command = [sys.executable, "-m", "ncverify", *arguments, "--journal", str(journal)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    for _ in range(1000):
        if journal.exists() and journal.read_bytes().count(b"\n") > 3:
            break
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = journal.read_bytes().count(b"\n")
    assert kept > 3
    again = ncverify(*arguments, "--journal", str(journal))
    assert again.stdout == ncverify(*arguments).stdout
    assert json.loads(again.stdout)["verdict"] == "undecided"
    assert journal.read_bytes().count(b"\n") > kept


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("tcp://127.0.0.1:1", "no Dask scheduler answers at tcp://127.0.0.1:1: "),
        ("tcp://127.0.0.1:99999", "no Dask scheduler answers"),
        ("nonsense://x", "is no address"),
        ("127.0.0.1:port", "write it like tcp://host:8786"),
    ],
)
def test_an_address_without_scheduler_is_one_line(address: str, said: str) -> None:
    pytest.importorskip("distributed")
    with pytest.raises(InputError, match=said) as error, open_executor(1, address):
        pass
    assert "\n" not in str(error.value)
