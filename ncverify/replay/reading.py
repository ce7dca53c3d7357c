"""Reading certificates: bytes of a stranger in, plain JSON values of bounded size out."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NoReturn

from ncverify.replay.errors import Rejected

MAX_BYTES: Final = 1 << 26
MAX_VALUES: Final = 4_000_000
MAX_DEPTH: Final = 400
MAX_WHOLE_DIGITS: Final = 9

_NAME: Final = re.compile(r"[0-9a-f]{64}")


class Unreadable(Exception):
    """A file or folder that cannot be read at all; the message is one line."""


def canonical(data: Any) -> bytes:
    """The one way in which a value is written: UTF-8, sorted keys, no spaces, a final newline."""
    text = json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8", "surrogatepass") + b"\n"


def digest(data: Any) -> str:
    """The SHA-256 of the canonical bytes, in hexadecimal digits."""
    return hashlib.sha256(canonical(data)).hexdigest()


def read_certificate(path: Path) -> Any:
    """The value in a certificate file, whose name must be the hash of its bytes.

    Raises ``Unreadable`` if the file system does not give the bytes, ``Rejected`` for anything that is not
    canonical JSON within the limits of this module.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise Rejected(f"the file is larger than {MAX_BYTES >> 20} MiB")
        raw = path.read_bytes()
    except OSError as error:
        raise Unreadable(f"cannot read {path}: {error.strerror}") from None
    if len(raw) > MAX_BYTES:  # it grew since
        raise Rejected(f"the file is larger than {MAX_BYTES >> 20} MiB")
    if path.stem != hashlib.sha256(raw).hexdigest():
        named = "its bytes have another hash" if _NAME.fullmatch(path.stem) else "the name is no hash"
        raise Rejected(f"the file is not named by the SHA-256 of its bytes: {named}")
    return parse(raw)


def parse(raw: bytes) -> Any:
    """The value of canonical JSON; ``Rejected`` for other bytes, floats and what exceeds the limits."""
    if sum(map(raw.count, (b",", b"[", b"{"))) > MAX_VALUES:
        raise Rejected(f"more than {MAX_VALUES} values")
    try:
        data = json.loads(
            raw.decode("utf-8"),
            parse_int=_whole,
            parse_float=_no_float,
            parse_constant=_no_float,
        )
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise Rejected(f"it is not JSON: {error}") from None
    except RecursionError:
        raise Rejected("it is nested too deep") from None
    _shallow(data)
    try:
        written = canonical(data)
    except (RecursionError, UnicodeEncodeError):
        raise Rejected("it cannot be written again") from None
    if written != raw:
        raise Rejected("it is not canonical JSON (order of keys, duplicate keys, spaces or escapes)")
    return data


def _whole(text: str) -> int:
    if len(text) > MAX_WHOLE_DIGITS + text.startswith("-"):
        raise Rejected(f"a whole number of {len(text)} digits: long numbers are text")
    return int(text)


def _no_float(text: str) -> NoReturn:
    raise Rejected(f"the number {text[:40]} is not exact")


def _shallow(data: Any) -> None:
    level, depth = [data], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise Rejected(f"it is nested deeper than {MAX_DEPTH} levels")
        level = [
            part
            for value in level
            if isinstance(value, (dict, list))
            for part in (value.values() if isinstance(value, dict) else value)
        ]


# What checkers ask of the values they read.


def members(data: Any, names: tuple[str, ...], where: str) -> Mapping[str, Any]:
    """An object with exactly these keys."""
    if not isinstance(data, dict):
        raise Rejected(f"{where} is not an object")
    missing, extra = sorted(set(names) - data.keys()), sorted(data.keys() - set(names))
    if missing or extra:
        wrong = f"lacks {missing[0]!r}" if missing else f"has the unknown field {extra[0][:40]!r}"
        raise Rejected(f"{where} {wrong}")
    return data


def items(data: Any, where: str, at_least: int = 0) -> list[Any]:
    """A list."""
    if not isinstance(data, list) or len(data) < at_least:
        raise Rejected(f"{where} is not a list" + (f" of at least {at_least}" if at_least else ""))
    return data


def exactly(data: Any, count: int, where: str) -> list[Any]:
    """A list of this length."""
    if not isinstance(data, list) or len(data) != count:
        raise Rejected(f"{where} is not a list of {count}")
    return data


def text(data: Any, where: str) -> str:
    """A string."""
    if not isinstance(data, str):
        raise Rejected(f"{where} is not text")
    return data


def whole(data: Any, where: str, least: int, most: int) -> int:
    """A whole number (not text) within bounds."""
    if isinstance(data, bool) or not isinstance(data, int) or not least <= data <= most:
        raise Rejected(f"{where} is not a whole number from {least} to {most}")
    return data


def truth(data: Any, where: str) -> bool:
    """true or false."""
    if not isinstance(data, bool):
        raise Rejected(f"{where} is not true or false")
    return data
