"""Evidence that a system of equations has exactly one zero in a small box."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ncverify.book.verdict import Evidence, Outcome
from ncverify.cover.roots import BITS, Root, enclose_root
from ncverify.errors import InputError
from ncverify.evidence import bodies
from ncverify.flows.exact import read_number
from ncverify.theory.balls import exact_interval, to_decimal
from ncverify.theory.expr import Expr
from ncverify.theory.parser import parse

_DIGITS = 30


def find_root(
    equations: Sequence[str | Expr] | str | Expr, near: Mapping[str, Any], *, bits: int = BITS
) -> Root | None:
    """The zero near an exact point, enclosed with existence and uniqueness; None if that fails.

    ``equations``: expressions (or text) that are to vanish, as many as unknowns.  ``near``: an exact
    starting value for each unknown, ``{"x": "3/2"}``.  Raises ``InputError`` for other sizes.
    """
    system = _read(equations)
    start = {name: read_number(value, name) for name, value in near.items()}
    if len(system) != len(start):
        raise InputError(f"{len(system)} equations for {len(start)} unknowns: give as many of each")
    for expr in system:
        for name in expr.free_symbols:
            if name not in start:
                raise InputError(f"unknown {name} has no starting value: add it to near")
    return enclose_root(system, start, bits=bits)


def root_certified(
    equations: Sequence[str | Expr] | str | Expr,
    near: Mapping[str, Any],
    inside: Mapping[str, tuple[Any, Any]],
    *,
    what: str,
    scope: str,
    bits: int = BITS,
) -> Evidence:
    """Evidence for "there is exactly one zero near this point, and it lies in the intervals ``inside``".

    ``inside``: exact ends for some or all unknowns, which the enclosure must not leave; the uniqueness holds
    in a box that contains them.
    """
    root = find_root(equations, near, bits=bits)
    if root is None:
        return Evidence(Outcome.UNDECIDED, "zero", "nothing", f"{what}: no zero could be enclosed")
    for name, (first, last) in inside.items():
        low, high = exact_interval(root.values[name])
        if not read_number(first, name) <= low <= high <= read_number(last, name):
            return Evidence(
                Outcome.UNDECIDED, "zero", "nothing", f"{what}: {name} = {to_decimal(root.values[name])}"
            )
        for end in (read_number(first, name), read_number(last, name)):
            if abs(end - root.center[name]) > root.radius[name]:
                return Evidence(
                    Outcome.UNDECIDED, "zero", "nothing", f"{what}: {name} may have other zeros in there"
                )
    shown = {name: str(to_decimal(x, _DIGITS)) for name, x in root.values.items()}
    text = ", ".join(f"{name} = {value}" for name, value in shown.items())
    facts = []
    for name, (first, last) in inside.items():
        symbol = parse(name)
        facts.append(bodies.relation((symbol, ">=", read_number(first, name))))
        facts.append(bodies.relation((symbol, "<=", read_number(last, name))))
    return Evidence(
        Outcome.CERTIFIED,
        "zero",
        scope,
        f"{what}: {text} (Krawczyk; the only zero in a box of radius "
        f"{min(map(float, root.radius.values())):.2g}; {root.bits} bits)",
        {"zero": shown, "bits": root.bits},
        body=bodies.zero(_read(equations), root.center, root.radius, root.bits, facts),
    )


def _read(equations: Sequence[str | Expr] | str | Expr) -> list[Expr]:
    items = [equations] if isinstance(equations, (str, Expr)) else list(equations)
    return [parse(item) if isinstance(item, str) else item for item in items]
