"""``derivation`` and ``blocks``: what the calculus for every K, and induction over blocks, establish."""

from __future__ import annotations

from typing import Any

from ncverify.replay.earned import Earned
from ncverify.replay.errors import Rejected


def check_derivation(body: Any) -> Earned:
    """The goals follow from the hypotheses: ``proved``, or ``argued`` if a step is prose."""
    raise Rejected("derivations are not replayed yet")


def check_blocks(body: Any) -> Earned:
    """Equations between Kronecker blocks hold for every K = 2^m: ``proved``."""
    raise Rejected("inductions over blocks are not replayed yet")
