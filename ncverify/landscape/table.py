"""A census as lines of text."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from ncverify.landscape.census import Census
from ncverify.landscape.points import CriticalSet
from ncverify.landscape.squared import Family
from ncverify.landscape.walsh import WalshPoint
from ncverify.theory.balls import to_decimal

_DIGITS = 18


_HEAD = ("rank", "index", "kind", "copies", "f", "smallest eigenvalue")


def lines(census: Census) -> list[str]:
    """The problem, one row for each critical point, and what is known about the list."""
    rows = [_HEAD, *(_row(point) for point in census.points)]
    return [census.problem.name, "", *_aligned(rows), "", *_known(census)]


def html(census: Census) -> str:
    """The same as HTML."""
    head = "".join(f"<th>{escape(name)}</th>" for name in _HEAD)
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in _row(point)) + "</tr>"
        for point in census.points
    )
    notes = "".join(f"<p>{escape(line)}</p>" for line in _known(census))
    return f"<p>{escape(census.problem.name)}</p><table><tr>{head}</tr>{rows}</table>{notes}"


def _known(census: Census) -> list[str]:
    """What is known about the list."""
    text, count = [], len(census.points)
    if census.complete:
        text.append(f"certified: {count} entries, and the list is complete")
    else:
        text.append(
            f"certified: {count} entries, each enclosed and classified; found from {census.starts} starts "
            "(other critical points are not excluded)"
        )
    if census.euler:
        wrong = [f"{width} (sum {total})" for width, total in census.euler.items() if total != 1]
        text.append(
            f"a point is missing: the Morse identity fails in width {', '.join(wrong)}"
            if wrong
            else f"Morse identity: holds in every width from 1 to {census.problem.width}"
        )
    for point in census.spurious:
        text.append(f"spurious local minimum: f = {to_decimal(point.value, _DIGITS).mid}")
    text += [f"not certified: {reason}" for reason in census.unresolved]
    return text


def walsh_lines(points: Sequence[WalshPoint]) -> list[str]:
    """One row for each orbit of supports."""
    head = ("characters", "supports", "index", "kind", "f", "support")
    rows = [head]
    for p in points:
        rows.append(
            (
                str(p.rank),
                str(p.orbit),
                "" if p.index is None else str(p.index),
                p.kind,
                "" if p.value is None else to_decimal(p.value, _DIGITS).mid,
                "{" + ", ".join(map(str, p.support)) + "}",
            )
        )
    total = sum(p.orbit for p in points)
    without = sum(p.orbit for p in points if not p.exists)
    found = f"{total - without} critical points" + (f", {without} supports without one" if without else "")
    return [*_aligned(rows), "", f"certified: {total} supports in {len(points)} orbits, {found}"]


def _row(point: CriticalSet) -> tuple[str, ...]:
    lowest = point.smallest_eigenvalue()
    if isinstance(point, Family) and point.dimension:
        copies = f"family, dimension {point.dimension}"
    else:
        copies = "1" if point.copies is None else str(point.copies)
    return (
        str(point.rank),
        str(point.index),
        point.kind,
        copies,
        to_decimal(point.value, _DIGITS).mid,
        "" if lowest is None else to_decimal(lowest, 12).mid,
    )


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
