"""Reliability figures of the ledger: corrupted certificates, killed runs, hostile files.

    python scripts/audit_certificates.py                        some ten minutes on two processors
    python scripts/audit_certificates.py --corruptions 100 --kills 3

A certificate that was changed and is accepted for something else than it was, a killed run that loses or
damages a result, and a hostile file that is not refused in one line, are bugs; then the exit code is 1.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random
from time import perf_counter, sleep
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "replay"))

from corruptions import corruptions
from hostile import certificates as hostile_certificates
from hostile import claims_files as hostile_claims

from ncverify.ledger.run import check
from ncverify.replay.certificate import assertions, check_certificate
from ncverify.replay.errors import Rejected
from ncverify.replay.main import files_in, replay
from ncverify.replay.reading import digest, parse

LARGEST = 300_000  # bytes of a certificate that is corrupted: the audit is about rules, not about patience
QUICK = (
    "exponential-defect", "slowdown-logarithmic", "depth-lyapunov", "hadamard-orthogonal", "rescaled-time",
    "softmax-jacobian-diagonal", "unbalanced-lyapunov-distinct", "nonmonotone-cosine-k8", "log-norm-full",
    "log-norm-reduced",
)  # fmt: skip
MEMORY = 2 << 30
SECONDS = 120


def corrupted(store: Path, count: int, seed: int) -> list[str]:
    """Print the figures of corrupted certificates; what went wrong."""
    files = files_in(store)
    sound = {path: parse(path.read_bytes()) for path in files}
    book = {
        data["claim"]["id"]: {"claim": digest(data["claim"]), "asserts": assertions(data)}
        for data in sound.values()
    }
    rng, wrong = Random(seed), []
    begin, tried, named, valid = perf_counter(), 0, 0, 0
    small = [path for path in files if path.stat().st_size <= LARGEST]
    with tempfile.TemporaryDirectory() as folder:
        while tried < count:
            path = rng.choice(small)
            data = sound[path]
            for what, raw in islice(corruptions(data, list(sound.values()), rng), 19):
                tried += 1
                kept = Path(folder) / path.name
                kept.write_bytes(raw)
                if replay(kept).accepted is not None:
                    wrong.append(f"accepted under its old name: {data['claim']['id']}, {what}")
                named += 1
                try:
                    found = check_certificate(parse(raw), book)
                except Rejected:
                    continue
                if (found.id, found.verdict, found.statement) == (
                    data["claim"]["id"],
                    data["verdict"],
                    "book",
                ):
                    valid += 1
                else:
                    wrong.append(f"accepted for something else: {data['claim']['id']}, {what}")
    print(
        f"corrupted certificates: {named} of {named} rejected under their name; under a new name "
        f"{tried - valid - len(wrong)} of {tried} rejected, {valid} still valid for the same statement, "
        f"{len(wrong)} accepted for something else ({perf_counter() - begin:.0f} s)"
    )
    return wrong


def crashed(kills: int, seed: int) -> list[str]:
    """Print the figures of runs that are killed at random times and started again; what went wrong."""
    rng, wrong = Random(seed), []
    begin = perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        whole = check(*QUICK, store=Path(folder) / "whole")
        expected = {result.claim.id: str(result.verdict.outcome) for result in whole}
        done, rounds, finished = 0, 0, 0
        while done < kills:
            store = Path(folder) / f"run{rounds}"
            rounds += 1
            while True:
                process = start(store)
                goal = kept(store) + rng.randrange(4)  # kill soon after so many new results
                while kept(store) < goal and process.poll() is None:
                    sleep(0.002)
                sleep(rng.uniform(0, 0.5))
                if process.poll() is not None or done >= kills:
                    process.wait()  # of the last one nothing more is asked than to finish
                    break
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                done += 1
                names = (store / "certificates").glob("*.json") if store.is_dir() else ()
                for path in names:
                    if hashlib.sha256(path.read_bytes()).hexdigest() != path.stem:
                        wrong.append(f"half a certificate: {path.name}")
            finished += 1
            found = {result.claim.id: str(result.verdict.outcome) for result in check(*QUICK, store=store)}
            if found != expected or certificates(store) != certificates(Path(folder) / "whole"):
                wrong.append(f"another result after crashes: {found}")
    print(
        f"crashes: {done} runs killed with SIGKILL at random times, {finished} stores finished by later "
        f"runs, {len(wrong)} with a lost, half-written or different result ({perf_counter() - begin:.0f} s)"
    )
    return wrong


def kept(store: Path) -> int:
    """How many verdicts are stored."""
    folder = store / "verdicts"
    return sum(1 for _ in folder.glob("*.json")) if folder.is_dir() else 0


def start(store: Path) -> subprocess.Popen[bytes]:
    """A run of its own process group."""
    return subprocess.Popen(
        [sys.executable, "-m", "ncverify", "check", *QUICK, "--jobs", "2", "--store", str(store)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def certificates(store: Path) -> set[str]:
    """The names of the certificates, which are their hashes."""
    return {path.name for path in files_in(store)}


def limited() -> None:
    """In the child process: no more memory than this."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def hostile() -> list[str]:
    """Print the figures of hostile files; what went wrong."""
    wrong, longest, count = [], 0.0, 0
    begin = perf_counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for what, arguments, expected in attacks(folder):
            count += 1
            clock = perf_counter()
            try:
                done = subprocess.run(
                    [sys.executable, "-m", "ncverify", *arguments],
                    capture_output=True,
                    text=True,
                    errors="replace",
                    timeout=SECONDS,
                    preexec_fn=limited,
                    env={**os.environ, "XDG_CACHE_HOME": name},
                )
            except subprocess.TimeoutExpired:
                wrong.append(f"{what}: longer than {SECONDS} s")
                continue
            longest = max(longest, perf_counter() - clock)
            said = done.stderr if expected == 2 else done.stdout
            lines = said.strip().splitlines()
            if done.returncode != expected or "Traceback" in done.stderr or not 1 <= len(lines) <= 2:
                wrong.append(f"{what}: exit {done.returncode}, {said[-300:]!r}")
    print(
        f"hostile files: {count - len(wrong)} of {count} refused in one line, within {MEMORY >> 30} GiB; "
        f"longest {longest:.0f} s ({perf_counter() - begin:.0f} s)"
    )
    return wrong


def attacks(folder: Path) -> Iterator[tuple[str, list[str], int]]:
    """What it is, the command, and its exit code."""
    for what, raw in hostile_certificates():
        path = folder / f"{hashlib.sha256(raw).hexdigest()}.json"
        path.write_bytes(raw)
        yield f"certificate, {what}", ["replay", str(path)], 1
        path.unlink()
    for what, raw in hostile_claims():
        path = folder / "claims.json"
        path.write_bytes(raw)
        yield f"claims, {what}", ["check", str(path)], 2


def main() -> int:
    """Run all and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corruptions", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--store", type=Path, help="take the certificates from here; default: check the book")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        store: Any = options.store or Path(name)
        if options.store is None:
            check(jobs=2, store=store)
        wrong = corrupted(store, options.corruptions, options.seed)
    wrong += crashed(options.kills, options.seed)
    wrong += hostile()
    for text in wrong:
        print(f"  {text}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
