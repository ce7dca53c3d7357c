"""The checker of each kind of body."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from ncverify.replay.algebra import check_identity, check_nonnegative
from ncverify.replay.covers import check_cover
from ncverify.replay.critical import check_critical_points
from ncverify.replay.derivations import check_blocks, check_derivation
from ncverify.replay.earned import Earned, weakest
from ncverify.replay.errors import Rejected
from ncverify.replay.families import check_critical_families
from ncverify.replay.flows import check_flow
from ncverify.replay.models import check_countermodel
from ncverify.replay.points import check_point, check_rate, check_witness
from ncverify.replay.reading import items, members
from ncverify.replay.records import check_experiment, check_record
from ncverify.replay.walsh import check_walsh_points
from ncverify.replay.zeros import check_zero

MAX_LISTS: Final = 3


def check_body(body: Any, depth: int = 0) -> Earned:
    """What a body earns; ``Rejected`` if its data does not show it."""
    if not isinstance(body, dict) or not isinstance(body.get("kind"), str):
        raise Rejected("a body is not an object with a kind")
    kind = body["kind"]
    if kind == "list":
        return _check_list(body, depth)
    if kind not in CHECKERS:
        raise Rejected(f"the kind {kind[:40]!r} of evidence is unknown")
    return CHECKERS[kind](body)


def _check_list(body: Mapping[str, Any], depth: int) -> Earned:
    members(body, ("kind", "items"), "the list")
    if depth >= MAX_LISTS:
        raise Rejected(f"lists in lists, deeper than {MAX_LISTS}")
    found = [check_body(item, depth + 1) for item in items(body["items"], "items", 1)]
    shown = ", ".join(dict.fromkeys(item.summary for item in found))
    return Earned(
        weakest([item.outcome for item in found]),
        f"{len(found)} items: {shown}",
        {"kind": "list", "items": [item.asserts for item in found]},
    )


CHECKERS: Final[Mapping[str, Callable[[Any], Earned]]] = {
    "blocks": check_blocks,
    "countermodel": check_countermodel,
    "cover": check_cover,
    "critical-families": check_critical_families,
    "critical-points": check_critical_points,
    "derivation": check_derivation,
    "experiment": check_experiment,
    "flow": check_flow,
    "identity": check_identity,
    "nonnegative": check_nonnegative,
    "point": check_point,
    "rate": check_rate,
    "record": check_record,
    "walsh-points": check_walsh_points,
    "witness": check_witness,
    "zero": check_zero,
}
