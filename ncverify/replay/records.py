"""``record``: what a simulation says it did.  The replay does not integrate; it reads the record."""

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
