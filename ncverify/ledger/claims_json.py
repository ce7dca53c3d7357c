"""Claims files in JSON: claims as data, from people who are not trusted.

    {"claims": [
      {"id": "double", "statement": {"lhs": "exp(2*x)", "rhs": "exp(x)**2"}, "assume": ["x > 0"],
       "expected": "proved"},
      {"id": "chain", "steps": ["(x+1)**2", "x*x + 2*x + 1"], "expected": "proved"},
      {"id": "tangent", "inequality": "exp(x) >= 1 + x", "on": {"x": ["-1", "1"]}, "expected": "certified"},
      {"id": "hunted", "conjecture": "cosine", "classes": 8, "expected": "refuted"},
      {"id": "flow", "flow": "2*s*(1-phat)", "loss": "-log(p0)", "classes": 4, "expected": "proved"}]}

A claim may have a title, and has one of the five kinds of statement.  A side is text as
``ncverify decide`` reads it, or the JSON syntax tree of ``ncverify.theory.interchange``.
Reading runs no code; its cost is bounded by the caps below and those of the two readers.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NoReturn

from ncverify.book.claim import Claim, Kind, Registry, Source
from ncverify.book.verdict import Outcome
from ncverify.derive.assumptions import read_assumptions
from ncverify.derive.decide import decide
from ncverify.errors import InputError
from ncverify.evidence.exact import decided
from ncverify.evidence.loss_flows import MAX_CLASSES, flow
from ncverify.evidence.statements import SIGNS, conjecture, derivation, inequality
from ncverify.evidence.workbench import Workbench
from ncverify.theory.expr import Expr, from_json
from ncverify.theory.nodes import clip
from ncverify.theory.parser import parse
from ncverify.theory.printing import latex_chain

MAX_BYTES: Final = 4_000_000
MAX_CLAIMS: Final = 2_000
MAX_ASSUMPTIONS: Final = 100
MAX_STEPS: Final = 1_000
MAX_TEXT: Final = 2_000  # characters of an id or a title
MAX_INTEGER_DIGITS: Final = 9  # whole numbers only count definitions; those of expressions are text
MAX_SAMPLES: Final = 1 << 22
EXPECTED: Final = (Outcome.PROVED, Outcome.CERTIFIED, Outcome.REFUTED, Outcome.UNDECIDED)

_REQUIRED: Final = ("id", "expected")
_STATEMENTS: Final = {
    "statement": ("assume",),
    "steps": ("assume", "on"),
    "inequality": ("on", "where"),
    "conjecture": ("classes", "group", "depth", "samples"),
    "flow": ("loss", "classes", "group", "assume"),
}
"""The kinds of statement, and what may stand beside each."""


def load_json_claims(path: Path, registry: Registry) -> list[Claim]:
    """Register the claims of a JSON file; ``InputError`` names the file, and the claim or line."""
    data = _members(_read(path), ("claims",), ("claims",), str(path))["claims"]
    if not isinstance(data, list) or not data:
        raise InputError(f"{path}: claims must be a list with at least one claim")
    if len(data) > MAX_CLAIMS:
        raise InputError(f"{path}: {len(data)} claims are too many: at most {MAX_CLAIMS}, split the file")
    claims = []
    for number, item in enumerate(data, 1):
        name = item.get("id") if isinstance(item, dict) else None
        where = f"{path}, claim {number}" + (f" ({clip(name)})" if isinstance(name, str) else "")
        try:
            claim = _claim(item, where, f"{path.name}, claim {number}")
            registry.add(claim)
        except InputError as error:
            text = str(error)
            raise InputError(text if text.startswith(str(path)) else f"{where}: {text}") from None
        claims.append(claim)
    return claims


def _read(path: Path) -> Any:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"{path}: the file is larger than {MAX_BYTES} bytes: split it up")
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: byte {error.start + 1} is not UTF-8 text") from None
    except OSError as error:
        raise InputError(f"{path}: cannot read the file: {error.strerror}") from None
    if not text.strip():
        raise InputError(f'{path}: the file is empty: write {{"claims": [...]}}')
    try:
        return json.loads(
            text,
            object_pairs_hook=_unique,
            parse_int=_small_integer,
            parse_float=_no_number,
            parse_constant=_no_number,
        )
    except json.JSONDecodeError as error:
        raise InputError(f"{path}, line {error.lineno}, column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise InputError(f"{path}: brackets are nested too deep") from None
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(f"the key {clip(twice)!r} stands twice in one object")
    return found


def _small_integer(text: str) -> int:
    if len(text) > MAX_INTEGER_DIGITS:
        _no_number(text)
    return int(text)


def _no_number(text: str) -> NoReturn:
    raise InputError(f'the bare number {clip(text)} is not exact here: write it as text, such as "1/10"')


def _members(item: Any, required: Sequence[str], known: Sequence[str], where: str) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise InputError(f"{where}: an object with {', '.join(required)} is wanted, not {_kind(item)}")
    for name in item:
        if name not in known:
            raise InputError(f"{where}: the key {clip(name)!r} is unknown: use {', '.join(known)}")
    for name in required:
        if name not in item:
            raise InputError(f"{where}: the key {name!r} is missing")
    return item


def _kind(item: Any) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "null"}
    return names.get(type(item), "a number")


def _claim(item: Any, where: str, origin: str) -> Claim:
    if not isinstance(item, dict):
        raise InputError(f"{where}: an object is wanted, not {_kind(item)}")
    kinds = [name for name in _STATEMENTS if name in item]
    if len(kinds) != 1:
        raise InputError(f"{where}: a claim has one of {', '.join(_STATEMENTS)}")
    (kind,) = kinds
    required = (*_REQUIRED, kind)
    members = _members(item, required, (*required, "title", *_STATEMENTS[kind]), where)
    name = _text(members["id"], "id")
    outcome = members["expected"]
    if outcome not in EXPECTED:
        shown = repr(clip(outcome)) if isinstance(outcome, str) else _kind(outcome)
        raise InputError(f"expected must be {' or '.join(EXPECTED)}, not {shown}")
    common: dict[str, Any] = {"expected": outcome}
    if "title" in members:
        common["title"] = _text(members["title"], "title")
    if kind == "statement":
        return _identity(name, members, where, origin)
    made = _MAKERS[kind](name, members, common)
    return replace(made, source=Source("user", origin), origin=origin, file=__file__)


def _identity(name: str, members: dict[str, Any], where: str, origin: str) -> Claim:
    sides = _members(members["statement"], ("lhs", "rhs"), ("lhs", "rhs"), f"{where}, statement")
    lhs, rhs = _side(sides["lhs"], "lhs"), _side(sides["rhs"], "rhs")
    assume = _assumptions(members.get("assume", []))
    conditions = read_assumptions(assume).texts

    def check(bench: Workbench) -> None:
        verdict = decide(lhs, rhs, assume, seed=bench.settings.seed)
        bench.add(lambda: decided(verdict, "the identity"))

    return Claim(
        id=name,
        paper="user",
        kind=Kind.USER,
        title=_text(members.get("title", name), "title"),
        plain=f"{lhs!r} == {rhs!r}" + (f" where {', '.join(conditions)}" if conditions else ""),
        latex=latex_chain([("=", lhs), ("=", rhs)]),
        scope="all real values of the symbols where both sides are defined",
        source=Source("user", origin),
        expected=Outcome(members["expected"]),
        check=check,
        file=__file__,
        origin=origin,
    )


def _derivation(name: str, members: dict[str, Any], common: dict[str, Any]) -> Claim:
    steps = members["steps"]
    if not isinstance(steps, list) or len(steps) > MAX_STEPS:
        raise InputError(f"steps must be a list of at most {MAX_STEPS} expressions")
    return derivation(
        name,
        [_step(step) for step in steps],
        assume=_texts(members.get("assume", []), "assume"),
        on=_box(members["on"]) if "on" in members else None,
        **common,
    )


def _step(step: Any) -> Any:
    """A side, or a list of a sign such as "<=" and a side."""
    if isinstance(step, list) and len(step) == 2 and isinstance(step[0], str) and step[0] in SIGNS:
        return step[0], _side(step[1], "step")
    return _side(step, "step")


def _inequality(name: str, members: dict[str, Any], common: dict[str, Any]) -> Claim:
    return inequality(
        name,
        _text(members["inequality"], "inequality"),
        on=_box(members.get("on")),
        where=_texts(members.get("where", []), "where"),
        **common,
    )


def _conjecture(name: str, members: dict[str, Any], common: dict[str, Any]) -> Claim:
    return conjecture(
        name,
        _text(members["conjecture"], "conjecture"),
        **_group(members),
        depth=_whole(members.get("depth", 2), "depth", 64),
        samples=_whole(members.get("samples", 1 << 18), "samples", MAX_SAMPLES),
        **common,
    )


def _flow(name: str, members: dict[str, Any], common: dict[str, Any]) -> Claim:
    return flow(
        name,
        _side(members["flow"], "flow"),
        loss=_text(members.get("loss", "-log(p0)"), "loss"),
        assume=_texts(members.get("assume", []), "assume"),
        **_group(members),
        **common,
    )


_MAKERS: Final = {
    "steps": _derivation,
    "inequality": _inequality,
    "conjecture": _conjecture,
    "flow": _flow,
}


def _group(members: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "classes" in members:
        found["classes"] = _whole(members["classes"], "classes", MAX_CLASSES)
    if "group" in members:
        found["group"] = _text(members["group"], "group")
    return found


def _whole(value: Any, name: str, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise InputError(f"{name} must be a whole number from 1 to {most}")
    return value


def _texts(value: Any, name: str) -> list[str]:
    if not isinstance(value, list) or len(value) > MAX_ASSUMPTIONS:
        raise InputError(f"{name} must be a list of at most {MAX_ASSUMPTIONS} relations")
    return [_text(item, name) for item in value]


def _box(value: Any) -> dict[str, tuple[str, str]]:
    if not isinstance(value, dict):
        raise InputError('on gives each variable its ends, as in {"x": ["-1", "1"]}')
    box = {}
    for name, ends in value.items():
        if not isinstance(ends, list) or len(ends) != 2:
            raise InputError(f'on: {clip(name)} has two ends, as in {{"x": ["-1", "1"]}}')
        box[name] = (str(ends[0]), str(ends[1]))
    return box


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= MAX_TEXT:
        raise InputError(f"{name} must be text of 1 to {MAX_TEXT} characters")
    return value


def _side(value: Any, name: str) -> Expr:
    try:
        return parse(value) if isinstance(value, str) else from_json(value)
    except InputError as error:
        raise InputError(f"{name}: {error}") from None


def _assumptions(value: Any) -> list[Any]:
    if not isinstance(value, list) or len(value) > MAX_ASSUMPTIONS:
        raise InputError(f"assume must be a list of at most {MAX_ASSUMPTIONS} relations")
    return [_assumption(item) for item in value]


def _assumption(item: Any) -> Any:
    """Text, or [left, relation, right] with sides as in a statement."""
    if isinstance(item, list) and len(item) == 3:
        return (_side(item[0], "assume"), item[1], _side(item[2], "assume"))
    if not isinstance(item, str):
        raise InputError('assume: a relation is text such as "x > 0" or a list [left, relation, right]')
    return item
