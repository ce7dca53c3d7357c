"""Checking the certificate of a trajectory again, from its JSON alone.

Every step is rebuilt from its exact integers, and its constructor proves the tube of exactly the claimed
radius.  Then the chain is checked: the first point is near the start, each point is near the end of the
curve before it, errors are handed over in full, times add up, and the states at the asked times lie in the
balls that the certificate shows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from flint import arb

from ncverify.errors import InputError
from ncverify.flows.balls import LOW, certainly_le, dyadic, precision, rational
from ncverify.flows.drive import Flow
from ncverify.flows.exact import read_number, read_time
from ncverify.flows.full import FullFlow
from ncverify.flows.full_step import FullCurve, FullProblem, FullStep
from ncverify.flows.reduced import ReducedFlow
from ncverify.flows.reduced_jets import step_class
from ncverify.flows.reduced_step import Curve
from ncverify.flows.step import Errors, StepError
from ncverify.flows.trajectory import Segment, state_at

_MAX_BITS = 1 << 20


class _Prepared(Flow, Protocol):
    """A flow at one precision that can also measure distances."""

    @property
    def problem(self) -> Any: ...

    @property
    def work(self) -> int: ...

    @property
    def values(self) -> tuple[arb, ...]: ...

    def no_errors(self) -> Errors:
        """Zero errors of the right shape."""

    def gap(self, values: Sequence[arb], exact: Sequence[arb], errors: Errors) -> Errors:
        """The errors ``errors`` plus those of replacing the balls ``values`` by the points ``exact``."""


def recheck(certificate: Mapping[str, Any]) -> int:
    """The number of steps, all checked again.  Raises ``StepError`` naming the first thing that fails.

    ``certificate``: what ``Trajectory.certificate`` gives, also after a round trip through JSON.
    ``InputError`` where it cannot be read.  Cost: that of the proofs in ``enclose`` without the series.
    """
    try:
        flow, places = _flow(certificate)
        bits = max((int(step["bits"]) for step in certificate["steps"]), default=256)
        if not 0 < bits <= _MAX_BITS:
            raise InputError(f"certificate asks for {bits} bits: at most {_MAX_BITS}")
        prepared = flow(bits)
        segments = _chain(prepared, certificate["steps"], bits)
        _check_states(certificate, segments, prepared, places)
    except (KeyError, TypeError, ValueError, AttributeError) as broken:
        if isinstance(broken, InputError):
            raise
        raise InputError(
            f"certificate cannot be read: {type(broken).__name__} {str(broken)[:80]}"
        ) from broken
    return len(segments)


def _flow(certificate: Mapping[str, Any]) -> tuple[Any, tuple[int, ...]]:
    start = certificate["start"]
    if certificate["flow"] == "full":
        k, d, labels = int(certificate["classes"]), int(certificate["dimension"]), certificate["labels"]
        rows_w = [start[i * d : (i + 1) * d] for i in range(k)]
        rows_h = [start[k * d + i * len(labels) : k * d + (i + 1) * len(labels)] for i in range(d)]
        full = FullFlow(
            rows_w, rows_h, labels, loss=certificate["loss"], weight_decay=certificate["weight_decay"]
        )
        return full.prepare, tuple(range(len(start)))
    reduced = ReducedFlow(
        certificate["group"],
        depth=certificate["depth"],
        imbalance=certificate.get("imbalance"),
        loss=certificate["loss"],
        weight_decay=certificate["weight_decay"],
    )
    return reduced.prepare(start), reduced.places


def _chain(flow: _Prepared, steps: Sequence[Mapping[str, Any]], bits: int) -> list[Segment]:
    segments: list[Segment] = []
    with precision(bits + 96):
        time = arb(0)
    before: Any = None
    for number, data in enumerate(steps):
        entering = _errors(data["entering"])
        step, point = _step(flow.problem, data, entering, number)
        if before is None:
            needed = flow.gap(flow.values, point, flow.no_errors())
        else:
            with before.scope():
                ends = before.ends()
            needed = flow.gap(ends, point, before.leaving)
        _require(_within(needed, entering), number, "the errors at its start are larger than it says")
        _require(_within(step.leaving, _errors(data["leaving"])), number, "its errors at the end are larger")
        with precision(bits + 96):
            after = time + flow.duration(step)
        for name, value in (("begin", time), ("end", after)):
            _require(_ball(data[name]).overlaps(value), number, f"its {name} is not the one computed")
        segments.append(flow.segment(step, time, after))
        before, time = step, after
    return segments


def _step(problem: Any, data: Mapping[str, Any], entering: Errors, number: int) -> tuple[Any, list[arb]]:
    length = (int(data["length"][0]), int(data["length"][1]))
    bits, claim = int(data["bits"]), dyadic(*map(int, data["radius"]))
    try:
        if isinstance(problem, FullProblem):
            base = data["base"]
            curve = FullCurve(
                bits,
                length,
                None if base is None else (int(base[0]), int(base[1])),
                _integers(data["w"]),
                _integers(data["h"]),
                _integers(data["forces"]),
                _integers(data["inverses"]),
                tuple(map(int, data["kappa"])),
                tuple(map(int, data["pace"])),
            )
            full = FullStep(problem, curve, entering, claim)
            return full, list(full.first())
        starts = tuple((int(m), int(e)) for m, e in data["starts"])
        plain = Curve(
            bits, length, int(data["base"]), starts, _integers(data["series"]), _integers(data["weights"])
        )
        step = step_class(problem)(problem, plain, entering, claim)
        return step, list(step.first())
    except StepError as refusal:
        raise StepError(f"step {number}: {refusal}") from refusal


def _check_states(
    certificate: Mapping[str, Any], segments: list[Segment], flow: _Prepared, places: tuple[int, ...]
) -> None:
    until = read_time(certificate["until"])
    with precision(flow.work + 96):
        if segments and not certainly_le(rational(until), segments[-1].end):
            raise StepError("the steps end before the certified time")
    for text, row in zip(certificate["t"], certificate["s"], strict=True):
        time = read_time(text)
        if time > until:
            raise StepError(f"time {text} is past the certified end")
        state = state_at(segments, flow.initial, time)
        for place, shown in zip(places, row, strict=True):
            mid, rad = read_number(shown["mid"], "mid"), read_number(shown["rad"], "rad")
            with precision(flow.work + 96):
                low, high = rational(mid - rad), rational(mid + rad)
                inside = low.lower() <= state[place].lower() and state[place].upper() <= high.upper()
            if not inside:
                raise StepError(f"the state at time {text} is not inside the balls shown")


def _integers(rows: Sequence[Sequence[Any]]) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(map(int, row)) for row in rows)


def _errors(data: Mapping[str, Any]) -> Errors:
    return Errors(
        dyadic(*map(int, data["radius"])), tuple(dyadic(int(m), int(e)) for m, e in data["relative"])
    )


def _within(small: Errors, large: Errors) -> bool:
    pairs = [(small.radius, large.radius), *zip(small.relative, large.relative, strict=True)]
    return all(certainly_le(x, y) for x, y in pairs)


def _ball(text: str) -> arb:
    with precision(LOW + 256):
        return arb(text)


def _require(fact: bool, number: int, what: str) -> None:
    if not fact:
        raise StepError(f"step {number}: {what}")
