"""Write ncverify/replay/statements.json: hashes by which ``ncverify replay`` knows the claims of the book.

    python scripts/statements.py [--store DIR]    checks the book (what is stored is taken from there)

For each claim: ``claim``, the hash of its statement, and ``asserts``, the hash of what its evidence asserts
formally (null for a claim that is to stay open).  Claims that cannot be checked here, for lack of a package,
keep their entry or have none.  Run it after every change of a statement or its evidence.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from ncverify.book.registry import load_book
from ncverify.ledger.certificates import statement
from ncverify.ledger.run import check
from ncverify.ledger.store import Store, default_store
from ncverify.replay.certificate import assertions
from ncverify.replay.errors import Rejected
from ncverify.replay.main import FOLDER
from ncverify.replay.reading import digest, read_certificate
from ncverify.replay.statements import FILE


def main() -> int:
    """Write the file; 1 if some certificate is rejected or the whole book was not checked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--store", type=Path, default=default_store())
    options = parser.parse_args()
    results = check(jobs=None, store=options.store)
    store = Store(options.store)
    entries: dict[str, dict[str, str | None]] = {
        claim.id: {"claim": digest(statement(claim)), "asserts": None} for claim in load_book()
    }
    failed = 0
    for result in results:
        name, certificate = result.claim.id, store.certificate_of(result.claim)
        if certificate is not None:
            data = read_certificate(options.store / FOLDER / f"{certificate}.json")
            try:
                entries[name]["asserts"] = assertions(data)
            except Rejected as reason:
                failed += 1
                print(f"{name}: {reason}", file=sys.stderr)
    before = json.loads(FILE.read_text(encoding="utf-8")) if FILE.is_file() else {}
    checked = {result.claim.id for result in results}
    for name in [name for name in entries if name not in checked]:
        del entries[name]
        if name in before:
            entries[name] = before[name]
    lines = [f"{json.dumps(name)}: {json.dumps(entry)}" for name, entry in sorted(entries.items())]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    print(f"{FILE}: {len(entries)} claims, {failed} certificates rejected")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
