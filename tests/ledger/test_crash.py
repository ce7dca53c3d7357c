"""Real processes, killed at any time: what is there is whole, and the next run goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from time import sleep

import pytest

from ncverify.ledger.store import ENTRIES
from ncverify.replay.main import main

CLAIMS = (
    "exponential-defect",
    "slowdown-logarithmic",
    "depth-lyapunov",
    "hadamard-orthogonal",
    "rescaled-time",
)


def start(store: Path, *more: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "ncverify", "check", *CLAIMS, "--jobs", "1", "--store", str(store), *more],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def kill(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def kept(store: Path) -> int:
    folder = store / ENTRIES
    return sum(1 for _ in folder.glob("*.json")) if folder.is_dir() else 0


@pytest.mark.parametrize("after", [1, 3])
def test_a_killed_run_goes_on_where_it_was(tmp_path: Path, after: int) -> None:
    process = start(tmp_path)
    while kept(tmp_path) < after and process.poll() is None:
        sleep(0.005)
    kill(process)
    done = {path.name: path.read_bytes() for path in (tmp_path / ENTRIES).glob("*.json")}
    assert len(done) >= after
    if (tmp_path / "certificates").is_dir():
        assert main([str(tmp_path)]) == 0, "every certificate with its right name is whole"
    assert start(tmp_path).wait() == 0
    assert kept(tmp_path) == len(CLAIMS)
    for name, raw in done.items():
        assert (tmp_path / ENTRIES / name).read_bytes() == raw, "nothing that was done is done again"
    assert main([str(tmp_path)]) == 0


def test_two_runs_at_once_do_no_harm(tmp_path: Path) -> None:
    runs = [start(tmp_path, "--fresh"), start(tmp_path, "--fresh")]
    assert [run.wait() for run in runs] == [0, 0]
    assert kept(tmp_path) == len(CLAIMS)
    assert main([str(tmp_path)]) == 0
