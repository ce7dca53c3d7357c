"""Corrupted certificates, killed runs, hostile files (parts of ``audit.py``).

A certificate that was changed and is accepted for something else than it was, a killed run that loses or
damages a result, and a hostile file that is not refused in one line, are bugs.
"""

from __future__ import annotations

import hashlib
import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from random import Random
from time import perf_counter, sleep
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "replay"))

from corruptions import corruptions
from flow_lies import FLOWS, flow_body, lies
from hostile import certificates as hostile_certificates
from hostile import claims_files as hostile_claims

from ncverify.ledger.run import check
from ncverify.replay.certificate import assertions, check_certificate
from ncverify.replay.errors import Rejected
from ncverify.replay.kinds import check_body
from ncverify.replay.main import files_in, replay
from ncverify.replay.reading import digest, parse

LARGEST = 300_000  # bytes of a certificate that is corrupted: the audit is about rules, not about patience
QUICK = (
    "exponential-defect", "slowdown-logarithmic", "depth-lyapunov", "hadamard-orthogonal", "rescaled-time",
    "softmax-jacobian-diagonal", "unbalanced-lyapunov-distinct", "nonmonotone-cosine-k8", "log-norm-full",
    "log-norm-reduced",
)  # fmt: skip
SORTS = 19  # each sort of corruption once, those of digits and parts twice
MEMORY = 2 << 30
SECONDS = 120


Progress = Callable[[Iterable[Any], int | None, str], Iterable[Any]]
USER_CLAIMS = """
import ncverify as nv

nv.derivation("audit-chain", ["(x + 1)**3", "(x + 1)*(x**2 + 2*x + 1)", "x**3 + 3*x**2 + 3*x + 1"])
nv.derivation("audit-assumed", ["(x**2 - 1)/(x - 1)", "x + 1"], assume=["x > 1"])
nv.derivation("audit-bounded", ["1 + x", ("<=", "exp(x)"), ("<", "exp(x) + 1")], on={"x": (0, 1)},
              expected="certified")
nv.derivation("audit-wrong", ["(x + y)**2", "x**2 + y**2"], expected="refuted")
nv.inequality("audit-tangent", "exp(x) >= 1 + x", on={"x": (-1, 1)})
nv.inequality("audit-region", "x*y <= 1/3", on={"x": (0, 1), "y": (0, 1)}, where=["x + y <= 1"])
nv.inequality("audit-false", "sin(x) >= x", on={"x": (0, 1)}, expected="refuted")
nv.flow("audit-flow", "2*s*(1 - phat)", classes=4)
nv.flow("audit-flow-wrong", "2*s*(1 + phat)", classes=4, expected="refuted")
"""


def make_store(store: Path, jobs: int) -> None:
    """Certificates of the whole book, and of claims as a user makes them."""
    claims = store / "claims.py"
    store.mkdir(parents=True, exist_ok=True)
    claims.write_text(USER_CLAIMS)
    check(jobs=jobs, store=store)
    check(str(claims), store=store)


class Statements(Mapping[str, Any]):
    """What the sound certificates state, each replayed when it is first asked for."""

    def __init__(self, sound: Iterable[Any]) -> None:
        self._data = {data["claim"]["id"]: data for data in sound}
        self._known: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._known:
            data = self._data[name]
            self._known[name] = {"claim": digest(data["claim"]), "asserts": assertions(data)}
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)


def kinds_of(data: Any) -> set[str]:
    """The kinds of evidence in a certificate."""

    def inside(body: Any) -> Iterator[str]:
        if isinstance(body, dict) and isinstance(body.get("kind"), str):
            yield body["kind"]
            if body["kind"] == "list":
                for item in body["items"]:
                    yield from inside(item)

    return {kind for piece in data["evidence"] for kind in inside(piece["body"])} - {"list"}


def corrupted(store: Path, count: int, seed: int, progress: Progress) -> list[str]:
    """Print the figures of corrupted certificates, of all kinds of evidence in turn; what went wrong."""
    begin, tried, valid, rng = perf_counter(), 0, 0, Random(seed)
    under_name: list[str] = []
    other: list[str] = []
    small = [path for path in files_in(store) if path.stat().st_size <= LARGEST]
    sound = {path: parse(path.read_bytes()) for path in files_in(store)}
    book = Statements(sound.values())
    by_kind: dict[str, list[Path]] = {}
    for path in small:
        for kind in kinds_of(sound[path]) | ({"user"} if sound[path]["claim"]["kind"] == "user" else set()):
            by_kind.setdefault(kind, []).append(path)
    rounds = -(-count // SORTS)
    with tempfile.TemporaryDirectory() as folder:
        for number in progress(range(rounds), rounds, "corrupted certificates"):
            kind = sorted(by_kind)[number % len(by_kind)]
            path = rng.choice(by_kind[kind])
            data = sound[path]
            name = data["claim"]["id"]
            for what, raw in islice(corruptions(data, list(sound.values()), rng), SORTS):
                tried += 1
                kept = Path(folder) / path.name
                kept.write_bytes(raw)
                if replay(kept).accepted is not None:
                    under_name.append(f"accepted under its old name: {name}, {what}")
                try:
                    found = check_certificate(parse(raw), book)
                except Rejected:
                    continue
                if (found.id, found.verdict, found.statement) == (name, data["verdict"], "book"):
                    valid += 1
                else:
                    other.append(f"accepted for something else: {name}, {what}")
    print(
        f"corrupted certificates: {tried - len(under_name)} of {tried} rejected under their name; under a "
        f"new name {tried - valid - len(other)} of {tried} rejected, {valid} still valid for the same "
        f"statement, {len(other)} accepted for something else; all kinds of evidence in turn: "
        f"{', '.join(sorted(by_kind))} ({perf_counter() - begin:.0f} s)"
    )
    return under_name + other


def lying_flows(progress: Progress) -> list[str]:
    """Print the figures of false and broken copies of certified flows of every kind; what went wrong."""
    begin, wrong, tried = perf_counter(), [], 0
    for name in progress(FLOWS, len(FLOWS), "false copies of flows"):
        body = flow_body(name)
        check_body(body)
        for what, copied in lies(body):
            tried += 1
            try:
                check_body(copied)
            except Rejected:
                continue
            wrong.append(f"accepted: {name} flow, {what}")
    print(
        f"false copies of {len(FLOWS)} kinds of certified flows (another start, parameter, loss, time, ball, "
        f"step or coefficient): {tried - len(wrong)} of {tried} rejected ({perf_counter() - begin:.0f} s)"
    )
    return wrong


def crashed(kills: int, seed: int, progress: Progress) -> list[str]:
    """Print the figures of runs that are killed at random times and started again; what went wrong."""
    begin, wrong = perf_counter(), []
    finished: list[Path] = []
    with tempfile.TemporaryDirectory() as folder:
        for problem in progress(_crashes(Path(folder), kills, Random(seed), finished), kills, "crashes"):
            wrong += problem
    print(
        f"crashes: {kills} runs killed with SIGKILL at random times, {len(finished)} stores finished by "
        f"later runs, {len(wrong)} with a lost, half-written or different result "
        f"({perf_counter() - begin:.0f} s)"
    )
    return wrong


def _crashes(folder: Path, kills: int, rng: Random, finished: list[Path]) -> Iterator[list[str]]:
    """What went wrong at each kill; and, at the last of each store, in what later runs made of it."""
    whole = check(*QUICK, store=folder / "whole")
    expected = {result.claim.id: str(result.verdict.outcome) for result in whole}
    done = 0
    while done < kills:
        store = folder / f"run{len(finished)}"
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
            halves = [
                path.name for path in names if hashlib.sha256(path.read_bytes()).hexdigest() != path.stem
            ]
            yield [f"half a certificate: {name}" for name in halves]
        finished.append(store)
        found = {result.claim.id: str(result.verdict.outcome) for result in check(*QUICK, store=store)}
        if found != expected or certificates(store) != certificates(folder / "whole"):
            yield [f"another result after crashes: {found}"]


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


def hostile(progress: Progress) -> list[str]:
    """Print the figures of hostile files; what went wrong."""
    wrong, longest, count = [], 0.0, 0
    begin = perf_counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for what, arguments, expected in progress(attacks(folder), None, "hostile files"):
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
