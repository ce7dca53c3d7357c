"""``record`` and ``experiment``: what a simulation or a run in doubles says it did.

The replay does not integrate or train; it reads the record and checks that it says what it claims.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any, Final

from ncverify.replay.earned import Earned
from ncverify.replay.errors import Rejected
from ncverify.replay.reading import items, members, text, truth, whole

_DECIMAL: Final = re.compile(r"-?[0-9]{1,60}(\.[0-9]{1,60})?(e[+-]?[0-9]{1,4})?")


def decimal(data: Any, where: str) -> Fraction:
    """A decimal number as text."""
    written = text(data, where)
    if not _DECIMAL.fullmatch(written):
        raise Rejected(f"{where} is not a decimal number")
    return Fraction(written)


def check_record(body: Any) -> Earned:
    """The record is complete and meets its own tolerance: ``tested``."""
    members(
        body,
        ("kind", "statement", "strata", "digits", "seed", "tolerance", "strictly_negative"),
        "the record",
    )
    statement = text(body["statement"], "the statement of the record")
    digits = whole(body["digits"], "digits", 10, 10**5)
    whole(body["seed"], "the seed", 0, 10**9)
    tolerance = decimal(body["tolerance"], "the tolerance")
    if not 0 < tolerance <= Fraction(1, 10 ** (digits - 5)):
        raise Rejected(f"the tolerance is not 10^-{digits - 5} for {digits} digits")
    negative = truth(body["strictly_negative"], "strictly_negative")
    limit = -tolerance if negative else tolerance
    met, names = 0, []
    for stratum in items(body["strata"], "strata", 1):
        members(stratum, ("name", "drawn", "met", "worst"), "a stratum")
        names.append(text(stratum["name"], "the name of a stratum"))
        drawn = whole(stratum["drawn"], "drawn", 1, 10**9)
        met += whole(stratum["met"], "met", 1, drawn)
        if not decimal(stratum["worst"], "worst") < limit:
            raise Rejected(f"the worst residual of {names[-1][:60]} does not meet the tolerance")
    if len(set(names)) < len(names):
        raise Rejected("two strata have one name")
    return Earned(
        "tested",
        f"record only: {met} examples in {len(names)} strata at {digits} digits",
        {"kind": "record", "statement": statement, "strata": names, "strictly_negative": negative},
    )


def check_experiment(body: Any) -> Earned:
    """Every measured value is on the expected side of its bound: ``tested``."""
    members(body, ("kind", "statement", "measured", "seed"), "the experiment")
    statement = text(body["statement"], "the statement of the experiment")
    whole(body["seed"], "the seed", 0, 10**9)
    expected = []
    for row in items(body["measured"], "measured", 1):
        members(row, ("name", "value", "side", "bound"), "a measured value")
        name = text(row["name"], "the name of a measured value")
        value, bound = decimal(row["value"], "value"), decimal(row["bound"], "bound")
        side = row["side"]
        if side not in ("below", "above"):
            raise Rejected("a side is below or above")
        if not (value < bound if side == "below" else value > bound):
            raise Rejected(f"{name[:60]} is not {side} its bound")
        expected.append([name, side, row["bound"]])
    if len({name for name, _, _ in expected}) < len(expected):
        raise Rejected("two measured values have one name")
    return Earned(
        "tested",
        f"record only: {len(expected)} values measured in doubles",
        {"kind": "experiment", "statement": statement, "expected": expected},
    )
