"""Certificates made wrong at random, in the ways in which a stranger or a bad disk would."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

from ncverify.replay.reading import canonical

Change = tuple[str, bytes]
"""What was done, and the bytes of the file."""


def corruptions(data: dict[str, Any], others: Sequence[dict[str, Any]], rng: Random) -> Iterator[Change]:
    """Endless corruptions of one certificate, in turn of every sort; ``others`` lend their parts."""
    raw = canonical(data)
    sorts = (
        digit, digit, dropped, dropped, swapped, doubled, renamed, verdict, outcome, body, step, hypothesis,
        flag, borrowed, number,
    )  # fmt: skip
    byte_sorts = (truncated, flipped, twice, spaced)
    while True:
        for sort in sorts:
            changed = copy.deepcopy(data)
            what = sort(changed, others, rng)
            if what and canonical(changed) != raw:
                yield what, canonical(changed)
        for byte_sort in byte_sorts:
            what, wrong = byte_sort(raw, rng)
            if wrong != raw:
                yield what, wrong


def checked_part(data: dict[str, Any]) -> dict[str, Any]:
    """Everything but what is for people only."""
    return {key: value for key, value in data.items() if key != "informal"}


def places(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every value below, with the way to it."""
    pairs = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in pairs:
        yield (*path, key), value
        yield from places(value, (*path, key))


def holder(data: Any, path: Sequence[Any]) -> Any:
    for key in path[:-1]:
        data = data[key]
    return data


def chosen(data: dict[str, Any], rng: Random, wanted: Any) -> tuple[tuple[Any, ...], Any] | None:
    found = [(path, value) for path, value in places(checked_part(data)) if wanted(value)]
    return rng.choice(found) if found else None


def digit(data: dict[str, Any], others: Any, rng: Random) -> str:
    picked = chosen(data, rng, lambda v: isinstance(v, str) and any(c.isdigit() for c in v))
    if picked is None:
        return ""
    path, value = picked
    place = rng.choice([i for i, c in enumerate(value) if c.isdigit()])
    new = rng.choice([c for c in "0123456789" if c != value[place]])
    holder(data, path)[path[-1]] = value[:place] + new + value[place + 1 :]
    return f"digit at {path}"


def number(data: dict[str, Any], others: Any, rng: Random) -> str:
    picked = chosen(data, rng, lambda v: type(v) is int)
    if picked is None:
        return ""
    path, value = picked
    holder(data, path)[path[-1]] = rng.choice([value + 1, value - 1, -value, 0, 10**8])
    return f"whole number at {path}"


def dropped(data: dict[str, Any], others: Any, rng: Random) -> str:
    picked = chosen(data, rng, lambda v: isinstance(v, (dict, list)) and len(v) > 0)
    if picked is None:
        return ""
    path, value = picked
    target = holder(data, path)[path[-1]]
    key = rng.choice(list(target)) if isinstance(value, dict) else rng.randrange(len(value))
    del target[key]
    return f"dropped {key} at {path}"


def swapped(data: dict[str, Any], others: Any, rng: Random) -> str:
    picked = chosen(data, rng, lambda v: isinstance(v, list) and len(v) > 1)
    if picked is None:
        return ""
    path, _ = picked
    target = holder(data, path)[path[-1]]
    i, j = rng.sample(range(len(target)), 2)
    target[i], target[j] = target[j], target[i]
    return f"swapped {i} and {j} at {path}"


def doubled(data: dict[str, Any], others: Any, rng: Random) -> str:
    picked = chosen(data, rng, lambda v: isinstance(v, list) and len(v) > 0)
    if picked is None:
        return ""
    path, _ = picked
    target = holder(data, path)[path[-1]]
    place = rng.randrange(len(target))
    target.insert(place, copy.deepcopy(target[place]))
    return f"doubled {place} at {path}"


def renamed(data: dict[str, Any], others: Any, rng: Random) -> str:
    picked = chosen(data, rng, lambda v: isinstance(v, dict) and len(v) > 0)
    if picked is None:
        return ""
    path, _ = picked
    target = holder(data, path)[path[-1]]
    key = rng.choice(list(target))
    target[f"{key}x"] = target.pop(key)
    return f"renamed {key} at {path}"


def verdict(data: dict[str, Any], others: Any, rng: Random) -> str:
    data["verdict"] = rng.choice(["proved", "argued", "certified", "tested", "refuted", "true", None])
    return "verdict"


def outcome(data: dict[str, Any], others: Any, rng: Random) -> str:
    piece = rng.choice(data["evidence"])
    piece["outcome"] = rng.choice(["proved", "argued", "certified", "tested", "refuted"])
    return "outcome"


def flag(data: dict[str, Any], others: Any, rng: Random) -> str:
    piece = rng.choice(data["evidence"])
    piece["beside"] = not piece["beside"]
    return "beside"


def body(data: dict[str, Any], others: Sequence[dict[str, Any]], rng: Random) -> str:
    """The evidence of another claim that has the same verdict."""
    same = [item for item in others if item["verdict"] == data["verdict"] and item["claim"] != data["claim"]]
    if not same:
        return ""
    other = rng.choice(same)
    data["evidence"] = copy.deepcopy(other["evidence"])
    return f"evidence of {other['claim']['id']}"


def step(data: dict[str, Any], others: Any, rng: Random) -> str:
    """A step of a derivation, of a cover or of a flow is missing."""
    lists = [
        value
        for path, value in places(data["evidence"])
        if path[-1] in ("steps", "tree", "items", "parts") and isinstance(value, list) and value
    ]
    if not lists:
        return ""
    target = rng.choice(lists)
    place = rng.randrange(len(target))
    del target[place]
    return f"step {place} dropped"


def hypothesis(data: dict[str, Any], others: Sequence[dict[str, Any]], rng: Random) -> str:
    names = data["claim"]["hypotheses"]
    strange = [item for other in others for item in other["claim"]["hypotheses"] if item not in names]
    if not strange:
        return ""
    if names and rng.random() < 0.5:
        names[rng.randrange(len(names))] = rng.choice(strange)
        return "hypothesis swapped"
    names.append(rng.choice(strange))
    return "hypothesis added"


def borrowed(data: dict[str, Any], others: Sequence[dict[str, Any]], rng: Random) -> str:
    """One field of the statement is that of another claim."""
    other = rng.choice(others)
    name = rng.choice([*data["claim"], "dependencies"])
    if name == "dependencies":
        data[name] = copy.deepcopy(other[name])
    else:
        data["claim"][name] = copy.deepcopy(other["claim"][name])
    return f"{name} of {other['claim']['id']}"


def truncated(raw: bytes, rng: Random) -> Change:
    return "truncated", raw[: rng.randrange(len(raw))]


def flipped(raw: bytes, rng: Random) -> Change:
    """One bit, outside the part for people."""
    end = raw.index(b'"informal":')
    place = rng.randrange(end)
    return f"bit at {place}", raw[:place] + bytes([raw[place] ^ (1 << rng.randrange(8))]) + raw[place + 1 :]


def twice(raw: bytes, rng: Random) -> Change:
    return "duplicate key", b'{"verdict":"proved",' + raw[1:]


def spaced(raw: bytes, rng: Random) -> Change:
    return "other spaces", json.dumps(json.loads(raw), indent=rng.randrange(1, 3)).encode() + b"\n"
