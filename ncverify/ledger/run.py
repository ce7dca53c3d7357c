"""Running claims: in this process, or in worker processes that may die without harm to the rest."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path
from time import perf_counter

from ncverify.book.claim import Claim, Registry
from ncverify.book.registry import load_book
from ncverify.book.verdict import Outcome, Verdict
from ncverify.errors import InputError
from ncverify.evidence.workbench import Settings, check_claim
from ncverify.ledger.executors import check_jobs, processors
from ncverify.ledger.journal import Journal
from ncverify.ledger.pool import check_in_processes
from ncverify.ledger.results import Result, Results
from ncverify.ledger.selection import Selection, gather
from ncverify.ledger.store import Store

# Starting a worker costs about a second (it imports sympy and the book), as much as a few claims do.
CLAIMS_WORTH_A_PROCESS = 4

Done = Callable[[Claim], None]


def check(
    *selectors: str,
    jobs: int | None = 1,
    digits: int = 50,
    seed: int = 0,
    store: str | Path | None = None,
    fresh: bool = False,
    executor: Executor | None = None,
) -> Results:
    """Check claims: ids, paper keys, tags or claims files; without any, the whole book.

    ``jobs`` worker processes share the work (None: as many as pay); verdicts do not depend on it.
    ``digits`` is the working precision of simulations, ``seed`` that of everything drawn at random.
    ``store``: a folder in which verdicts and certificates are kept, and found again when nothing they were
    computed from has changed (``fresh``: compute all the same).  ``executor``: any one, instead of ``jobs``;
    its workers need the same version of this package.
    Raises ``InputError`` for selectors that name nothing and files that cannot be read.
    """
    for selector in selectors:
        if not isinstance(selector, str):
            raise InputError(f"selector {selector!r} is not text: give ids, papers, tags or files one by one")
    kept = None if store is None else Store(Path(store))
    settings = Settings(digits=digits, seed=seed)
    return run(gather(selectors), settings, jobs=jobs, store=kept, fresh=fresh, executor=executor)


def run(
    selection: Selection,
    settings: Settings,
    *,
    jobs: int | None = None,
    done: Done = lambda claim: None,
    store: Store | None = None,
    fresh: bool = False,
    executor: Executor | None = None,
) -> Results:
    """Check the selected claims; results come in book order.  ``done`` is called after each claim.

    With a store each result is kept as soon as it is there, and good ones are taken from it unless all are
    to be computed afresh; the results then have no bodies, which are in the certificates.
    """
    journal = None if store is None else Journal(store, selection, settings)
    results = {} if journal is None or fresh else journal.found()
    for result in results.values():
        done(result.claim)

    def keep(result: Result) -> Result:
        kept = result if journal is None else journal.keep(result)
        done(result.claim)
        return kept

    claims = [claim for claim in selection.claims if claim.id not in results]
    workers = _workers(jobs, len(claims))
    if executor is not None:
        from ncverify.ledger.remote import check_on  # it imports this module

        computed = [keep(result) for result in check_on(executor, claims, selection, settings)]
    elif workers > 1:
        computed = check_in_processes(claims, selection.files, settings, workers, keep)
    else:
        computed = [keep(check_one(claim, selection.registry, settings)) for claim in claims]
    results |= {result.claim.id: result for result in computed}
    return Results([results[claim.id] for claim in selection.claims])


def verdict(claim: Claim, *, digits: int = 50, seed: int = 0) -> Verdict:
    """The verdict on one claim object, such as ``ncverify.derivation`` and its sisters return.

    Claims of the book that it depends on are proved anew in this process if need be.
    """
    if not isinstance(claim, Claim):
        raise InputError(
            f"{claim!r} is not a claim object: nv.check({claim!r}) takes ids, papers, tags and files"
        )
    registry = load_book() if claim.depends else Registry()
    return check_one(claim, registry, Settings(digits=digits, seed=seed)).verdict


def check_one(claim: Claim, registry: Registry, settings: Settings) -> Result:
    """Check one claim in this process.

    The verdict is read back from its JSON form, so that it is the same object whichever process made it.
    """
    start = perf_counter()
    verdict = check_claim(claim, registry, settings)
    try:
        verdict = Verdict.from_json(json.loads(json.dumps(verdict.to_json(bodies=True), allow_nan=False)))
    except (TypeError, ValueError) as error:
        verdict = Verdict(Outcome.ERROR, (), message=f"the evidence is not plain JSON: {error}")
    return Result(claim, verdict, perf_counter() - start)


def _workers(jobs: int | None, claims: int) -> int:
    if jobs is None:
        return max(1, min(processors(), claims // CLAIMS_WORTH_A_PROCESS))
    return max(1, min(check_jobs(jobs), claims))
