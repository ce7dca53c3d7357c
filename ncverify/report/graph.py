"""Dependencies drawn as a layered graph in SVG: what a claim rests on, what rests on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

_CHARACTER, _HEIGHT, _ROW, _GAP, _MARGIN = 7.2, 24, 62, 16, 8
_WIDEST = 640
"""A layer that would be wider is broken into rows, in pixels."""


@dataclass(frozen=True)
class _Box:
    name: str
    x: float
    y: float
    width: float


def drawing(centre: str, depends: Mapping[str, Sequence[str]]) -> Markup:
    """The claim with all it depends on above it and what uses it directly below; boxes are links.

    ``depends``: for every claim the ids it depends on (acyclic).  Empty where it stands alone.
    """
    levels = _levels(centre, depends)
    users = sorted(name for name, below in depends.items() if centre in below)
    if not any(levels.values()) and not users:
        return Markup("")
    depth = max(levels.values(), default=0)
    rows = [[name for name in levels if levels[name] == level] for level in range(depth, -1, -1)]
    rows = [part for row in [*map(sorted, rows), users] for part in _broken(row)]
    widths = [sum(_width(name) for name in row) + _GAP * (len(row) - 1) for row in rows]
    total = max(widths) + 2 * _MARGIN
    boxes: dict[str, _Box] = {}
    for number, (row, width) in enumerate(zip(rows, widths, strict=True)):
        x = (total - width) / 2
        for name in row:
            boxes[name] = _Box(name, x, _MARGIN + number * _ROW, _width(name))
            x += _width(name) + _GAP
    edges = [
        (boxes[below], boxes[name])
        for name in boxes
        for below in depends.get(name, ())
        if below in boxes and (name in levels or below == centre)
    ]
    height = 2 * _MARGIN + (len(rows) - 1) * _ROW + _HEIGHT
    parts = [
        f'<svg viewBox="0 0 {total:.0f} {height:.0f}" width="{total:.0f}" role="img" '
        f'aria-label="dependencies of {escape(centre)}">'
    ]
    for upper, lower in edges:
        parts.append(
            f'<path d="M{upper.x + upper.width / 2:.1f} {upper.y + _HEIGHT:.1f} '
            f'L{lower.x + lower.width / 2:.1f} {lower.y:.1f}"/>'
        )
    for box in boxes.values():
        kind = ' class="centre"' if box.name == centre else ""
        parts.append(
            f'<a href="#{escape(box.name)}"{kind}><rect x="{box.x:.1f}" y="{box.y:.1f}" '
            f'width="{box.width:.1f}" height="{_HEIGHT}" rx="4"/>'
            f'<text x="{box.x + box.width / 2:.1f}" y="{box.y + 16:.1f}">{escape(box.name)}</text></a>'
        )
    return Markup("".join([*parts, "</svg>"]))


def _broken(names: Sequence[str]) -> list[list[str]]:
    """The names in rows that are not too wide."""
    rows: list[list[str]] = []
    room = 0.0
    for name in names:
        if not rows or room < _width(name):
            rows.append([])
            room = float(_WIDEST)
        rows[-1].append(name)
        room -= _width(name) + _GAP
    return rows


def _width(name: str) -> float:
    return len(name) * _CHARACTER + 16


def _levels(centre: str, depends: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """For the claim and all it rests on, the longest way up from the claim."""
    levels: dict[str, int] = {}

    def visit(name: str, level: int) -> None:
        if levels.get(name, -1) < level:
            levels[name] = level
            for below in depends.get(name, ()):
                visit(below, level + 1)

    visit(centre, 0)
    return levels
