"""Certified trajectories in SVG, from what a certificate holds: the enclosed values at the shown times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import log10
from typing import Any

from markupsafe import Markup, escape

_WIDTH, _HEIGHT = 460, 210
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 76, 12, 44
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#000000", "#CC79A7", "#56B4E9", "#E69F00")
_MODES = len(_COLOURS)
_TIMES = 3
_LABEL, _LINE = 40, 12
"""Room for a label, across and down."""


def flow_curves(bodies: Sequence[Mapping[str, Any]]) -> list[tuple[str, Markup]]:
    """(caption, drawing) for each trajectory of singular values with at least three positive times.

    ``bodies``: those of the evidence (docs/certificates.md); other kinds are passed over.
    """
    drawn = []
    for body in bodies:
        for flow in body["trajectories"] if body.get("kind") == "flow" else ():
            later = sum(Fraction(t) > 0 for t in flow["t"])
            if flow["flow"] == "reduced" and len(flow["start"]) <= _MODES and later >= _TIMES:
                drawn.append((_caption(flow), _drawing(flow)))
    return drawn


def _caption(flow: Mapping[str, Any]) -> str:
    group = " x ".join(f"Z_{order}" for order in flow["group"])
    start = ", ".join(flow["start"])
    return f"{group}, depth {flow['depth']}, s(0) = ({start}), enclosed to t = {flow['t'][-1]}"


def _drawing(flow: Mapping[str, Any]) -> Markup:
    """Dots at (log10 t, middle of the ball), joined by straight lines; time 0 stands at the left edge."""
    times = [Fraction(t) for t in flow["t"]]
    rows = [[float(ball["mid"]) for ball in row] for t, row in zip(times, flow["s"], strict=True) if t]
    places = [_log10(t) for t in times if t]
    edge = places[0] - 0.12 * (places[-1] - places[0])
    values = [[float(Fraction(s)) for s in flow["start"]], *rows]
    top = max(max(row) for row in values) * 1.05
    places = [edge, *places]

    def x(place: float) -> float:
        return _LEFT + (place - edge) / (places[-1] - edge) * (_WIDTH - _LEFT - _RIGHT)

    def y(value: float) -> float:
        return _HEIGHT - _BOTTOM - value / top * (_HEIGHT - _TOP - _BOTTOM)

    name = f"singular values against the logarithm of time, {_caption(flow)}"
    parts = [
        f'<svg class="curves" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" role="img" '
        f'aria-label="{escape(name)}"><path d="M{_LEFT} {_TOP} V{_HEIGHT - _BOTTOM} H{_WIDTH - _RIGHT}"/>'
    ]
    taken = -_WIDTH
    for place, label in reversed(
        [*zip(places, ["0", *(_power(place) for place in places[1:])], strict=True)]
    ):
        if abs(x(place) - taken) > _LABEL:
            taken = round(x(place))
            parts.append(f'<text x="{taken}" y="{_HEIGHT - _BOTTOM + 16}">{label}</text>')
    for value in (0.0, top / 2.1, top / 1.05):
        parts.append(f'<text class="end" x="{_LEFT - 6}" y="{y(value) + 4:.1f}">{value:.3g}</text>')
    for mode, colour in zip(range(len(values[0])), _COLOURS, strict=False):
        spots = [f"{x(place):.1f},{y(row[mode]):.1f}" for place, row in zip(places, values, strict=True)]
        parts.append(f'<polyline points="{" ".join(spots)}" style="stroke:{colour}"/>')
        for spot in spots:
            across, down = spot.split(",")
            parts.append(f'<circle cx="{across}" cy="{down}" r="3" style="fill:{colour}"/>')
    for height, modes in _together([y(value) for value in values[-1]]):
        names = f"{len(modes)} modes" if len(modes) > 3 else " ".join(f"s{mode + 1}" for mode in modes)
        parts.append(f'<text class="name" x="{_WIDTH - _RIGHT + 8}" y="{height + 4:.1f}">{names}</text>')
    parts.append(
        f'<text x="{(_LEFT + _WIDTH - _RIGHT) / 2:.0f}" y="{_HEIGHT - 6}">gradient-flow time t</text>'
    )
    parts.append(f'<text transform="translate(14 {_HEIGHT / 2 - 16:.0f}) rotate(-90)">s (logit units)</text>')
    return Markup("".join([*parts, "</svg>"]))


def _together(heights: Sequence[float]) -> list[tuple[float, list[int]]]:
    """Modes whose curves end (nearly) at the same height, in pixels, share a label."""
    groups: list[tuple[float, list[int]]] = []
    for mode, height in enumerate(heights):
        near = next((modes for place, modes in groups if abs(place - height) < _LINE), None)
        if near is None:
            groups.append((height, [mode]))
        else:
            near.append(mode)
    return groups


def _log10(t: Fraction) -> float:
    """For times far beyond the doubles."""
    return log10(t.numerator) - log10(t.denominator)


def _power(place: float) -> str:
    whole = round(place)
    if abs(place - whole) > 1e-9:
        return f"{10**place:.3g}"
    return f"{10.0**whole:g}" if -3 < whole < 3 else f"1e{whole}"
