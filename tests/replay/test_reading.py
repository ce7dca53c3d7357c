"""Bytes of a stranger: only canonical JSON of bounded size is read."""

from __future__ import annotations

import hashlib
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ncverify.replay.errors import Rejected
from ncverify.replay.reading import Unreadable, canonical, digest, parse, read_certificate

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9) + 1, 10**9 - 1) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_what_is_written_is_read_back(value: Any) -> None:
    assert parse(canonical(value)) == value


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b'{"a":1,"a":1}\n', "not canonical"),
        (b'{"b":1,"a":1}\n', "not canonical"),
        (b'{"a": 1}\n', "not canonical"),
        (b'{"a":1}', "not canonical"),
        (b'{"a":"\\u0041"}\n', "not canonical"),
        (b'{"a":1.5}\n', "not exact"),
        (b'{"a":1e5}\n', "not exact"),
        (b'{"a":NaN}\n', "not exact"),
        (b'{"a":-Infinity}\n', "not exact"),
        (b'{"a":1234567890}\n', "10 digits"),
        (b'{"a":-1234567890}\n', "11 digits"),
        (b'{"a":' + b"9" * 10**6 + b"}\n", "1000000 digits"),
        (b'{"a":01}\n', "not JSON"),
        (b'{"a":1', "not JSON"),
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 300_000 + b"]" * 300_000 + b"\n", "nested"),
        (b'{"a":' * 401 + b"1" + b"}" * 401 + b"\n", "nested"),
        (b"[" + b"1," * 4_000_001 + b"1]\n", "values"),
        (b"__import__('os').system('true')\n", "not JSON"),
    ],
    ids=lambda value: repr(value[:24]) if isinstance(value, bytes) else None,
)
def test_everything_else_is_refused(raw: bytes, message: str) -> None:
    with pytest.raises(Rejected, match=message):
        parse(raw)


def test_the_name_is_the_hash(tmp_path: Path) -> None:
    raw = canonical({"a": "1"})
    good = tmp_path / f"{hashlib.sha256(raw).hexdigest()}.json"
    good.write_bytes(raw)
    assert read_certificate(good) == {"a": "1"}
    good.write_bytes(raw.replace(b"1", b"2"))
    with pytest.raises(Rejected, match="bytes have another hash"):
        read_certificate(good)
    other = tmp_path / "mine.json"
    other.write_bytes(raw)
    with pytest.raises(Rejected, match="the name is no hash"):
        read_certificate(other)
    with pytest.raises(Unreadable, match="No such file"):
        read_certificate(tmp_path / "missing.json")


def test_a_large_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.json"
    with path.open("wb") as file:
        file.truncate(1 << 40)  # sparse
    begin = perf_counter()
    with pytest.raises(Rejected, match="larger than 64 MiB"):
        read_certificate(path)
    assert perf_counter() - begin < 60, "a terabyte would take longer"


def test_the_digest_does_not_depend_on_the_order_of_keys() -> None:
    assert digest({"a": 1, "b": [2]}) == digest({"b": [2], "a": 1}) != digest({"a": 1, "b": [3]})
