"""``derivation`` and ``blocks``: what the calculus for every K, and induction over blocks, establish."""

from __future__ import annotations

from typing import Any

from ncverify.replay import calculus
from ncverify.replay.blocks import check_inductions
from ncverify.replay.earned import Earned
from ncverify.replay.errors import Rejected


def check_derivation(body: Any) -> Earned:
    """The goals follow from the hypotheses: ``proved``, or ``argued`` if a step is prose."""
    checked = calculus.check_derivation(_without_kind(body))
    constant = f", {', '.join(checked.constant)} constant in time" if checked.constant else ""
    return Earned(
        "argued" if checked.prose else "proved",
        f"{len(checked.goals)} statements from {len(checked.hypotheses)} hypotheses{constant}, "
        f"{checked.steps} steps",
        {
            "kind": "derivation",
            "goals": dict(checked.goals),
            "hypotheses": dict(checked.hypotheses),
            "definitions": dict(checked.definitions),
            **({"constant": list(checked.constant)} if checked.constant else {}),
        },
    )


def check_blocks(body: Any) -> Earned:
    """Equations between Kronecker blocks hold for every K = 2^m: ``proved``."""
    equations = check_inductions(_without_kind(body))
    return Earned(
        "proved",
        f"{len(equations)} equations by induction over blocks",
        {"kind": "blocks", "equations": equations},
    )


def _without_kind(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise Rejected("a body is an object")
    return {name: value for name, value in body.items() if name != "kind"}
