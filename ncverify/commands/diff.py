"""``ncverify diff``: what changed between two runs, or two bundles of certificates."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ncverify.errors import InputError

_MAX_BYTES = 1 << 28
_SHOWN = ("verdict", "scope", "expected", "statement", "witness", "evidence")

Run = Mapping[str, Mapping[str, Any]]
"""For each claim id what is compared, by name."""


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
    return {str(item["id"]): _compared(item, item.get("evidence", [])) for item in data}


def _certificates(folder: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    found = [path for path in sorted(folder.rglob("*.json")) if len(path.stem) == 64]
    if not found:
        raise InputError(f"{folder} holds no certificates: give a store of check, or a file of check --json")
    for path in found:
        yield _certificate(_load(path), path)


def _certificate(data: Any, path: Path) -> tuple[str, Mapping[str, Any]]:
    try:
        claim = data["claim"]
        shown = {**claim, "verdict": data["verdict"], "statement": {"plain": claim["plain"]}}
        return str(claim["id"]), _compared(shown, data["evidence"])
    except (KeyError, TypeError):
        raise InputError(f"{path} is not a certificate") from None


def _compared(item: Mapping[str, Any], evidence: Any) -> Mapping[str, Any]:
    pieces = [
        {
            "outcome": piece.get("outcome"),
            "summary": piece.get("summary") or (piece.get("body") or {}).get("kind"),
        }
        for piece in evidence
        if isinstance(piece, dict)
    ]
    return {name: item.get(name) for name in _SHOWN if name != "evidence"} | {"evidence": pieces}


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
        changed = {key: [before[key], after[key]] for key in _SHOWN if before[key] != after[key]}
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
            if key == "evidence":
                yield f"{item['id']}: evidence changed ({len(before)} and {len(after)} pieces)"
            else:
                yield f"{item['id']}: {key} {_short(before)} -> {_short(after)}"
    yield (
        f"{count} claims compared: {len(found)} differ"
        if found
        else f"{count} claims compared: no difference"
    )


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 100 else text[:97] + "..."
