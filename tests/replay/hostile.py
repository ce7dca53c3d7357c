"""Files made to break a reader: deep, long, huge, or code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ncverify.replay.reading import canonical

X = ["symbol", "x"]
ZERO = ["number", "0"]


def certificates() -> Iterator[tuple[str, bytes]]:
    """What it is, and the bytes of the file; each must be rejected."""
    yield "deep brackets", b"[" * 1_000_000
    yield "deep objects", b'{"a":' * 100_000 + b"1" + b"}" * 100_000
    yield "a number of a million digits", b'{"a":' + b"9" * 1_000_000 + b"}"
    yield "NaN", b'{"a":NaN}'
    yield "Infinity", b'{"a":-Infinity}'
    yield "a huge float", b'{"a":1e999999999}'
    yield "a huge list", b"[" + b"0," * 8_000_000 + b"0]"
    yield "a huge text", b'"' + b"x" * (1 << 26) + b'"'
    yield "code", b"__import__('os').system('touch /tmp/owned')"
    yield "not UTF-8", bytes(range(256))
    yield "nothing", b""
    yield "duplicate keys", b'{"format":"a","format":"b"}\n'
    for what, body in bodies():
        yield what, canonical(wrapped(body))


def wrapped(body: Any) -> dict[str, Any]:
    """A certificate with this evidence."""
    claim = {
        "id": "a", "paper": "user", "kind": "user", "title": "t", "plain": "p", "latex": "", "scope": "s",
        "source": {"paper": "user", "place": ""}, "hypotheses": [], "depends": [], "corrected_by": None,
        "tags": [], "expected": "proved", "goals": {},
    }  # fmt: skip
    evidence = [{"beside": False, "outcome": "proved", "body": body}]
    return {
        "format": "ncverify certificate", "schema": 1, "claim": claim, "dependencies": {},
        "verdict": "proved", "evidence": evidence, "informal": {},
    }  # fmt: skip


def identity(left: Any) -> dict[str, Any]:
    return {"kind": "identity", "pairs": [[left, ZERO]], "assume": [], "inside": {}}


def witness(left: Any, bits: int = 131_072) -> dict[str, Any]:
    return {"kind": "witness", "relation": [left, ">", ZERO], "assume": [], "at": {"x": "1/3"}, "bits": bits}


def chain(step: Any, length: int) -> Any:
    return ["let", [X, *(step(["ref", i]) for i in range(length))], ["ref", length]]


def bodies() -> Iterator[tuple[str, Any]]:
    """Bodies that are small to write and long to check."""
    names = [["symbol", f"x{i}"] for i in range(10)]
    wide = ["add", *(["pow", name, str(2 + i)] for i, name in enumerate(names)), ["number", "1"]]
    yield "a power of a long sum", identity(["pow", wide, "1000000"])
    yield "a product of long sums", identity(["mul", *[["pow", wide, str(k)] for k in range(2, 9)]])
    yield (
        "a sum of inverses of long sums",
        identity(["add", *[["pow", ["add", wide, ["number", str(k)]], "-1"] for k in range(60)]]),
    )
    yield "a number to a huge power", identity(["pow", ["pow", ["number", "3/7"], "1000000"], "1000000"])
    yield "iterated squaring", identity(chain(lambda u: ["add", ["mul", u, u], ["number", "1"]], 80))
    yield "a tower of exponentials", witness(chain(lambda u: ["exp", u], 100))
    yield "exponentials of exponentials", identity(chain(lambda u: ["exp", u], 100))
    yield "many operations at high precision", witness(chain(lambda u: ["sin", u], 100_000))
    yield "a huge exponent", witness(["pow", X, "9999999"])
    yield "a deep expression", witness(_nested(500))
    yield "a reference forward", witness(["let", [["ref", 1], X], ["ref", 0]])
    yield "a long rational", {**witness(X), "at": {"x": "1/" + "9" * 10**6}}
    yield "unknown precision", {**witness(X), "bits": 10**9}
    yield "a million boxes", {
        "kind": "cover", "box": {"x": ["0", "1"]}, "facts": [[X, ">", ["number", "-1"]]],
        "tree": [["split", "x"]] * 900_000, "bits": 64,
    }  # fmt: skip
    yield "a large system", {
        "kind": "zero", "unknowns": [f"u{i}" for i in range(400)],
        "equations": [["add", *(["symbol", f"u{j}"] for j in range(400))]] * 400,
        "center": ["0"] * 400, "radius": ["1"] * 400, "parameters": {}, "facts": [], "bits": 4096,
    }  # fmt: skip
    many = {"lhs": _sums(6), "kind": "=", "rhs": ["num", "0"], "conditions": []}
    model = {
        "kind": "countermodel",
        "assume": [],
        "definitions": {},
        "even": [],
        "values": {},
        "at": [],
        "bits": 64,
    }
    yield "a large group", {**model, "relation": many, "group": [2] * 10}
    yield "a group of 10^9 elements", {**model, "relation": many, "group": [1000] * 3}
    yield "lists of lists", _lists(100)
    yield "code as a kind", {"kind": "__import__('os').system('touch /tmp/owned')"}
    yield "code as a symbol", witness(["symbol", "__import__('os')"])
    yield "an empty derivation", {"kind": "derivation", "format": 1, "terms": [], "steps": [], "goals": {}}
    yield "a derivation of many terms", {
        "kind": "derivation", "format": 1, "steps": [], "goals": {},
        "terms": [["num", "1"], *(["add", i, i] for i in range(49_000))],
    }  # fmt: skip


def _nested(depth: int) -> Any:
    form: Any = X
    for _ in range(depth):
        form = ["exp", form]
    return form


def _sums(depth: int) -> Any:
    form: Any = ["num", "1"]
    for i in range(depth):
        form = ["sum", [f"g{i}", "G"], "all", form]
    return form


def _lists(depth: int) -> Any:
    body: Any = identity(ZERO)
    for _ in range(depth):
        body = {"kind": "list", "items": [body]}
    return body


def claims_files() -> Iterator[tuple[str, bytes]]:
    """Files of claims, each of which must be refused as unreadable."""
    yield "deep brackets", b"[" * 1_000_000
    yield "a number of a million digits", b'{"claims":' + b"9" * 1_000_000 + b"}"
    yield "NaN", b'{"claims":[{"id":"a","statement":{"lhs":NaN,"rhs":"0"},"expected":"proved"}]}'
    yield "a huge list", b'{"claims":[' + b"0," * 3_000_000 + b"0]}"
    yield (
        "a deep text",
        (
            b'{"claims":[{"id":"a","statement":{"lhs":"'
            + b"(" * 100_000
            + b'","rhs":"0"},"expected":"proved"}]}'
        ),
    )
    yield (
        "a tower of powers",
        (b'{"claims":[{"id":"a","statement":{"lhs":"9**9**9**9**9","rhs":"0"},"expected":"proved"}]}'),
    )
    yield (
        "code",
        (
            b'{"claims":[{"id":"a","statement":{"lhs":"__import__(\'os\').system(\'touch /tmp/owned\')",'
            b'"rhs":"0"},"expected":"proved"}]}'
        ),
    )
    yield (
        "attributes",
        (b'{"claims":[{"id":"a","statement":{"lhs":"x.__class__.__mro__","rhs":"0"},"expected":"proved"}]}'),
    )
    yield "not UTF-8", bytes(range(256))
    yield "nothing", b""
