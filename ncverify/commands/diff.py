"""``ncverify diff``: what changed between two runs, or two bundles of certificates."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ncverify.errors import InputError
from ncverify.ledger.store import ENTRIES

_MAX_BYTES = 1 << 28
_SHOWN = ("verdict", "scope", "expected", "statement", "witness", "evidence", "certified data")
_WIDTH = 100

Run = Mapping[str, Mapping[str, Any]]
"""For each claim id what is compared, by name: what both runs have."""


def read_run(source: str) -> Run:
    """The file of ``check --json``, or a folder with certificates (a store)."""
    path = Path(source)
    if path.is_dir():
        return dict(_certificates(path))
    data = _load(path)
    if isinstance(data, dict) and "claim" in data:
        return dict([_certificate(data, path)])
    if not isinstance(data, list) or not all(isinstance(item, dict) and "id" in item for item in data):
        raise InputError(f"{path} is neither a list of verdicts (check --json) nor a certificate")
    return {str(item["id"]): _compared(item, item) for item in data}


def _certificates(folder: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each certificate, with the verdict that is stored for it; then stored verdicts without one."""
    found = [path for path in sorted(folder.rglob("*.json")) if len(path.stem) == 64]
    entries = [_entry(_load(path), path) for path in sorted(folder.rglob(f"{ENTRIES}/*.json"))]
    if not found and not entries:
        raise InputError(f"{folder} holds no certificates: give a store of check, or a file of check --json")
    witnesses = {name: verdict["witness"] for _, name, verdict in entries if name}
    for path in found:
        claim, compared = _certificate(_load(path), path)
        known = {"witness": witnesses[path.stem]} if path.stem in witnesses else {}
        yield claim, {**compared, **known}
    for claim, name, verdict in entries:
        if not name:
            yield claim, _compared({key: verdict[key] for key in ("verdict", "witness")}, verdict)


def _entry(data: Any, path: Path) -> tuple[str, str | None, Mapping[str, Any]]:
    """Claim, name of its certificate, and verdict."""
    try:
        verdict = {key: data["verdict"][key] for key in ("verdict", "witness", "evidence")}
        return str(data["claim"]), data["certificate"], verdict
    except (KeyError, TypeError):
        raise InputError(f"{path} is not a stored verdict") from None


def _certificate(data: Any, path: Path) -> tuple[str, Mapping[str, Any]]:
    try:
        claim = data["claim"]
        shown = {key: claim[key] for key in ("scope", "expected")}
        shown["verdict"] = data["verdict"]
        shown["statement"] = {"plain": claim["plain"], "latex": claim["latex"]}
        shown["certified data"] = [item["body"] for item in data["evidence"]]
        return str(claim["id"]), _compared(shown, data.get("informal", {}))
    except (KeyError, TypeError, AttributeError):
        raise InputError(f"{path} is not a certificate") from None


def _compared(item: Mapping[str, Any], evidence: Mapping[str, Any]) -> Mapping[str, Any]:
    """What this form of a run says; a certificate alone has no witness, a file of check no certified data."""
    shown = {name: item[name] for name in _SHOWN if name in item and name != "evidence"}
    if "evidence" in evidence:
        pieces = [piece for piece in evidence["evidence"] if isinstance(piece, dict)]
        shown["evidence"] = [{name: piece.get(name) for name in ("outcome", "summary")} for piece in pieces]
    return shown


def _load(path: Path) -> Any:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise InputError(f"{path} is larger than {_MAX_BYTES >> 20} MiB")
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise InputError(f"{path} is not JSON") from None


def differences(first: Run, second: Run) -> list[dict[str, Any]]:
    """For each claim that differs its id and, by name, what it was and is; None where it is missing."""
    out: list[dict[str, Any]] = []
    for name in dict.fromkeys([*first, *second]):
        before, after = first.get(name), second.get(name)
        if before is None or after is None:
            out.append({"id": name, "changed": {"claim": [before is not None, after is not None]}})
            continue
        both = [key for key in _SHOWN if key in before and key in after]
        changed = {key: [before[key], after[key]] for key in both if before[key] != after[key]}
        if changed:
            out.append({"id": name, "changed": changed})
    return out


def lines(found: list[dict[str, Any]], count: int) -> Iterator[str]:
    """The differences for people."""
    for item in found:
        changed = item["changed"]
        if "claim" in changed:
            yield f"{item['id']}: only in the {'first' if changed['claim'][0] else 'second'}"
            continue
        for key, (before, after) in changed.items():
            if key in ("evidence", "certified data"):
                yield f"{item['id']}: {key} changed ({len(before)} and {len(after)} pieces)"
            else:
                yield f"{item['id']}: {key} {' -> '.join(_short(before, after))}"
    compared = f"{count} claim{'s' * (count != 1)} compared"
    differ = f"{len(found)} differ{'s' * (len(found) == 1)}"
    yield f"{compared}: {differ if found else 'no difference'}"


def _short(before: Any, after: Any) -> list[str]:
    """Both as text; of long ones the part from a little before the first difference on."""
    texts = [x if isinstance(x, str) else json.dumps(x, ensure_ascii=False) for x in (before, after)]
    if max(map(len, texts)) <= _WIDTH:
        return texts
    pairs = enumerate(zip(*texts, strict=False))
    same = next((place for place, (a, b) in pairs if a != b), min(map(len, texts)))
    begin = max(0, same - _WIDTH // 4)
    return [
        ("..." if begin else "") + x[begin : begin + _WIDTH] + ("..." if len(x) > begin + _WIDTH else "")
        for x in texts
    ]
