"""A process that checks claims for another one.

It is a program of its own, not a fork: the parent's threads, open files and Arb precision stay behind,
and it runs the same from a script, a notebook and the command line.  Lines of JSON go in and out:
first {"files": [...], "digits": D, "seed": S}, then one claim id a line, each answered by
{"verdict": {...}, "seconds": S}.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import IO, NoReturn

from ncverify.evidence.workbench import Settings
from ncverify.ledger.run import check_one
from ncverify.ledger.selection import load


def main() -> NoReturn:
    """Serve until the parent closes the pipe or is gone."""
    orders, answers = _take_pipes()
    order = json.loads(orders.readline())
    registry, _ = load([Path(name) for name in order["files"]])
    settings = Settings(digits=order["digits"], seed=order["seed"])
    waiting: SimpleQueue[str] = SimpleQueue()
    Thread(target=_listen, args=(orders, waiting), daemon=True).start()
    while True:
        result = check_one(registry[json.loads(waiting.get())], registry, settings)
        answer = {"verdict": result.verdict.to_json(bodies=True), "seconds": result.seconds}
        try:
            answers.write(json.dumps(answer) + "\n")
            answers.flush()
        except BrokenPipeError:  # the parent is gone, and nobody reads what we would say
            os._exit(1)


def _listen(orders: IO[str], waiting: SimpleQueue[str]) -> NoReturn:
    """Pass claim ids on; end this process with its parent, be it in the middle of a long claim."""
    for line in orders:
        waiting.put(line)
    sys.stdout.flush()
    os._exit(0)


def _take_pipes() -> tuple[IO[str], IO[str]]:
    """Keep the pipes for orders and answers: what claims print goes to the standard error."""
    orders = os.fdopen(os.dup(0), encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return orders, answers
