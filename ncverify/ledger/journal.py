"""What one run takes from a store, and adds to it."""

from __future__ import annotations

from dataclasses import replace

from ncverify.book.registry import load_book
from ncverify.book.verdict import Outcome, Verdict
from ncverify.evidence.workbench import Settings
from ncverify.ledger.certificates import UNCERTIFIED, certificate
from ncverify.ledger.keys import Keys
from ncverify.ledger.results import Result
from ncverify.ledger.selection import Selection
from ncverify.ledger.store import Store


class Journal:
    """A store as seen by one run: which results are still good, and the new ones, one after the other."""

    def __init__(self, store: Store, selection: Selection, settings: Settings) -> None:
        store.open()
        store.tidy(load_book())
        self._store = store
        self._selection = selection
        self._settings = settings
        self._keys = Keys(selection.registry, settings, selection.files)

    def found(self) -> dict[str, Result]:
        """The stored results of selected claims that were computed from exactly what there is now."""
        loaded = (self._store.load(claim, self._keys.key(claim)) for claim in self._selection.claims)
        return {result.claim.id: result for result in loaded if result is not None}

    def keep(self, result: Result) -> Result:
        """Write a result down; returned without the bodies, which are in its certificate."""
        claim, verdict = result.claim, result.verdict
        if verdict.outcome is Outcome.ERROR:  # it may be the machine's fault: try again next time
            self._store.forget(claim)
            return result
        data = None
        if verdict.outcome not in UNCERTIFIED:
            data = certificate(claim, verdict, self._selection.registry, self._settings)
        self._store.save(result, self._keys.key(claim), data)
        return replace(result, verdict=Verdict.from_json(verdict.to_json()))
