"""``flow``: enclosed trajectories, step by step, and facts about the enclosed states."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any, Final

from flint import arb, fmpq

from ncverify.replay.balls import Unclear, precision
from ncverify.replay.earned import Earned
from ncverify.replay.errors import Rejected
from ncverify.replay.expressions import Table, rational
from ncverify.replay.facts import holds, read_facts, roots
from ncverify.replay.flow_bounds import Errors
from ncverify.replay.flow_full import Full, FullStep, read_full
from ncverify.replay.flow_reduced import MAX_BITS, Reduced, ReducedStep, read_reduced
from ncverify.replay.reading import items, members, text

REDUCED: Final = (
    "flow", "group", "depth", "imbalance", "loss", "weight_decay", "start", "t", "s", "steps",
)  # fmt: skip
FULL: Final = (
    "flow", "classes", "dimension", "labels", "loss", "weight_decay", "start", "t", "s", "steps",
)  # fmt: skip
MAX_STEPS: Final = 20_000

_CLOSE: Final = fmpq(1, 10**10)

_TIME: Final = re.compile(r"(0|[1-9][0-9]{0,400})((/[1-9][0-9]{0,400})|(e[1-9][0-9]{0,5}))?")
_DECIMAL: Final = re.compile(r"-?[0-9]{1,5000}(\.[0-9]{1,5000})?(e[+-]?[0-9]{1,6})?")

Flow = Reduced | Full
Step = ReducedStep | FullStep


def check_flow(body: Any) -> Earned:
    """The solutions lie in the shown balls, and all facts hold for them: ``certified``."""
    members(body, ("kind", "trajectories", "facts"), "the flow")
    table = Table()
    facts = read_facts(table, body["facts"], at_least=0)
    used = set(table.symbols([place for fact in facts for place in roots(fact)]))
    env: dict[str, Any] = {}
    asserted, count, bits = [], 0, 64
    for number, data in enumerate(items(body["trajectories"], "trajectories", 1)):
        shown, steps, work = check_trajectory(data)
        count, bits = count + steps, max(bits, work)
        for time, row in enumerate(shown):
            env |= {f"f{number}_x{i}_t{time}": ball for i, ball in enumerate(row)}
        asserted.append({name: value for name, value in data.items() if name not in ("s", "steps")})
    if not used <= set(env):
        raise Rejected(f"there is no component {sorted(used - set(env))[0][:40]}")
    with precision(4 * bits):
        for number, fact in enumerate(facts, 1):
            try:
                sure = holds(table, fact, env)
            except Unclear:
                sure = False
            if not sure:
                raise Rejected(f"fact {number} does not certainly hold in the enclosures")
    return Earned(
        "certified",
        f"{count} steps of {len(asserted)} flows, {len(facts)} facts",
        {"kind": "flow", "trajectories": asserted, "facts": _without_tolerances(body["facts"])},
    )


def _without_tolerances(facts: Any) -> Any:
    """Facts as asserted: how small a small bound is depends on the digits that were asked for."""
    return [_closeness(fact) for fact in facts]


def _closeness(fact: Any) -> Any:
    bound = fact[2] if len(fact) == 3 and fact[0] not in ("any", "definite") else None
    if isinstance(bound, list) and bound[:1] == ["number"] and 0 < abs(rational(bound[1])) <= _CLOSE:
        return [fact[0], fact[1], "a small number"]
    return fact


def check_trajectory(data: Any) -> tuple[list[list[Any]], int, int]:
    """The shown balls at the shown times, the number of steps, and the precision."""
    if not isinstance(data, dict) or data.get("flow") not in ("reduced", "full"):
        raise Rejected("a trajectory is of a reduced or a full flow")
    members(data, REDUCED if data["flow"] == "reduced" else FULL, "a trajectory")
    steps = items(data["steps"], "steps")
    if len(steps) > MAX_STEPS:
        raise Rejected(f"more than {MAX_STEPS} steps")
    proposed = [step.get("bits") if isinstance(step, dict) else None for step in steps]
    if not all(type(bits) is int and 16 <= bits <= MAX_BITS for bits in proposed):
        raise Rejected(f"the bits of a step are not a whole number from 16 to {MAX_BITS}")
    work = max([64, *(bits for bits in proposed if bits is not None)])
    with precision(work + 64):
        flow: Flow = read_reduced(data) if data["flow"] == "reduced" else read_full(data)
        chain = _chain(flow, steps)
        shown = _shown(flow, chain, data)
    return shown, len(steps), work


def _chain(flow: Flow, steps: list[Any]) -> list[tuple[Any, Any, Step]]:
    """(begin, end, step) in physical time; each step begins where the one before ended."""
    chain: list[tuple[Any, Any, Step]] = []
    begin = arb(0)
    ends, errors = flow.start(), Errors(arb(0))
    for number, data in enumerate(steps):
        try:
            step = flow.step(data, ends, errors)
        except Rejected as reason:
            raise Rejected(f"step {number}: {reason}") from None
        end = begin + flow.scale * step.clock.duration()
        chain.append((begin, end, step))
        begin, ends, errors = end, step.ends(), step.leaving
    return chain


def _shown(flow: Flow, chain: list[tuple[Any, Any, Step]], data: Any) -> list[list[Any]]:
    times = [read_time(value) for value in items(data["t"], "t", 1)]
    rows = items(data["s"], "s")
    if len(rows) != len(times):
        raise Rejected("there is not one state for each shown time")
    found = []
    for time, row in zip(times, rows, strict=True):
        balls = [_ball(entry) for entry in items(row, "a state")]
        if len(balls) != flow.components:
            raise Rejected("a state does not have the components of its flow")
        if not all(
            _inside(inner, outer) for inner, outer in zip(_state(flow, chain, time), balls, strict=True)
        ):
            raise Rejected(f"the state at time {time} is not certainly inside the balls shown"[:200])
        found.append([_hull(ball) for ball in balls])
    return found


def _state(flow: Flow, chain: list[tuple[Any, Any, Step]], time: Any) -> list[Any]:
    if time == 0 or (flow.resting and not chain):
        return flow.initial()
    moment = arb(time)
    for begin, end, step in chain:
        if bool(moment <= end):
            try:
                return step.state(step.clock.locate((moment - begin) / flow.scale))
            except Unclear:
                break
    raise Rejected("a shown time is not certainly inside a step")


def read_time(data: Any) -> Any:
    """An exact time: "3", "1/2", "1e100"."""
    written = text(data, "a time")
    if not _TIME.fullmatch(written):
        raise Rejected("a time is not an exact number >= 0")
    if "e" in written:
        head, _, power = written.partition("e")
        return fmpq(int(head)) * fmpq(10) ** int(power)
    value = Fraction(written)
    return fmpq(value.numerator, value.denominator)


def _ball(data: Any) -> tuple[Any, Any]:
    members(data, ("mid", "rad"), "a ball")
    ends = []
    for name in ("mid", "rad"):
        if not isinstance(data[name], str) or not _DECIMAL.fullmatch(data[name]):
            raise Rejected("a ball is not two decimal numbers")
        value = _decimal(data[name])
        ends.append(value)
    if ends[1] < 0:
        raise Rejected("a radius is negative")
    return ends[0] - ends[1], ends[0] + ends[1]


def _decimal(written: str) -> Any:
    head, _, power = written.partition("e")
    whole_part, _, fraction = head.partition(".")
    digits = whole_part + fraction
    exponent = (int(power) if power else 0) - len(fraction)
    if abs(exponent) > 10**5 or len(digits) > 4200:
        raise Rejected("a decimal number is too long")
    value = fmpq(int(digits))
    return value * fmpq(10) ** exponent


def _inside(inner: Any, outer: tuple[Any, Any]) -> bool:
    low, high = outer
    return bool(inner >= arb(low)) and bool(inner <= arb(high)) if low < high else bool(inner == arb(low))


def _hull(ends: tuple[Any, Any]) -> Any:
    low, high = ends
    return arb(low) if low == high else arb(low).union(arb(high))
