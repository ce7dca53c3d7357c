"""Certified flows of every kind, and false or broken copies of them that the second checker must reject."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from ncverify.evidence import bodies
from ncverify.flows.full import FullFlow
from ncverify.flows.reduced import ReducedFlow
from ncverify.theory.groups import AbelianGroup

TIME = Fraction(1, 2)
SQUARE, CIRCLE = AbelianGroup((2, 2)), AbelianGroup((4,))
W = [["1", "1/2"], ["-1/3", "1"], ["0", "-1"]]
H = [["1/2", "0", "-1"], ["1/4", "1", "1/5"]]
FLOWS: dict[str, Callable[[], Any]] = {
    "balanced": lambda: ReducedFlow(SQUARE),
    "cyclic": lambda: ReducedFlow(CIRCLE),
    "decay": lambda: ReducedFlow(SQUARE, weight_decay="1/10"),
    "mean": lambda: ReducedFlow(SQUARE, loss="mean"),
    "unbalanced": lambda: ReducedFlow(SQUARE, imbalance=["1", "1/2", "0"]),
    "linear": lambda: ReducedFlow(SQUARE, depth=1),
    "deep": lambda: ReducedFlow(SQUARE, depth=3),
    "deep with decay": lambda: ReducedFlow(SQUARE, depth=3, weight_decay="1/10"),
    "full": lambda: FullFlow(W, H, [0, 1, 2]),
    "full with decay": lambda: FullFlow(W, H, [0, 1, 2], weight_decay="1/10", loss="mean"),
}
STARTS = {"cyclic": ["1", "2", "1"], "unbalanced": ["1", "-1/2", "1/3"]}


def flow_body(name: str) -> dict[str, Any]:
    """The body of a short trajectory."""
    flow = FLOWS[name]()
    begin = () if isinstance(flow, FullFlow) else (STARTS.get(name, ["1", "2", "1/2"]),)
    found = flow.enclose(*begin, until=TIME, digits=12, times=[0, TIME])
    return bodies.flow([found.certificate], [])


def lies(body: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What was changed, and the body: a false statement about the flow, or steps that do not show it."""
    for what, change in _changes(body["trajectories"][0]):
        wrong = copy.deepcopy(body)
        change(wrong["trajectories"][0])
        yield what, wrong


def _changes(data: dict[str, Any]) -> Iterator[tuple[str, Callable[[dict[str, Any]], Any]]]:
    for place in range(len(data["start"])):
        yield f"start {place}", lambda item, place=place: _moved(item["start"], place, data)
    yield "decay", lambda item: item.update(weight_decay=_more(item["weight_decay"]))
    yield "loss", lambda item: item.update(loss="sum" if item["loss"] == "mean" else "mean")
    yield "time", lambda item: item["t"].__setitem__(1, "51/100")
    yield "time behind the end", lambda item: item["t"].__setitem__(1, "50")
    yield "time 0", lambda item: item["t"].__setitem__(1, "0")
    if data["flow"] == "reduced":
        depth = data["depth"]
        yield "depth", lambda item: item.update(depth={1: 3, 2: 3, 3: 4}[depth])
        if data["imbalance"] is not None:
            for place in range(len(data["imbalance"])):
                yield f"imbalance {place}", lambda item, place=place: _moved(item["imbalance"], place, data)
            yield "balanced", lambda item: item.update(imbalance=None)
        elif depth == 2:
            yield "unbalanced", lambda item: item.update(imbalance=["1"] * len(item["start"]))
        yield "group", lambda item: item.update(group=[2, 2] if item["group"] == [4] else [4])
    else:
        yield "labels", lambda item: item["labels"].reverse()
        yield "one label", lambda item: item["labels"].__setitem__(0, 1)
    for row in range(2):
        for place in range(len(data["s"][row])):
            yield f"ball {row} {place}", lambda item, r=row, p=place: _shifted(item["s"][r][p])
            yield f"sign {row} {place}", lambda item, r=row, p=place: _negated(item["s"][r][p])
    yield "no steps", lambda item: item["steps"].clear()
    yield "first step dropped", lambda item: item["steps"].pop(0)
    yield "last step dropped", lambda item: item["steps"].pop()
    yield "a step twice", lambda item: item["steps"].insert(0, copy.deepcopy(item["steps"][0]))
    last = len(data["steps"]) - 1
    for number in {0, last}:
        for name in ("series", "weights", "w", "h", "forces", "inverses"):
            for place in range(len(data["steps"][number].get(name, ()))):
                for degree in (0, 1, 2):
                    yield (
                        f"step {number}, {name} {place}, coefficient {degree}",
                        lambda item, n=number, m=name, p=place, k=degree: _bent(item["steps"][n], m, p, k),
                    )
        for place in range(len(data["steps"][number].get("starts", ()))):
            yield (
                f"step {number}, start {place}",
                lambda item, n=number, p=place: _stretched(item["steps"][n]["starts"][p]),
            )
        for name in ("kappa", "pace"):
            if data["steps"][number].get(name):
                yield (
                    f"step {number}, {name}",
                    lambda item, n=number, m=name: _bent(item["steps"][n], m, None, 0),
                )
        yield f"step {number}, length", lambda item, n=number: _stretched(item["steps"][n]["length"])

    for name in ("series", "weights", "w", "h", "forces", "inverses"):
        for place in range(len(data["steps"][0].get(name, ()))):
            yield (
                f"balls of any width, and a coarse curve: {name} {place}",
                lambda item, m=name, p=place: _coarse(item, m, p),
            )


def _coarse(item: dict[str, Any], name: str, place: int) -> None:
    """The curve is so far from a solution that nothing is known of where the solution goes."""
    for ball in item["s"][1]:
        ball.update(rad="1000000")
    _bent(item["steps"][0], name, place, 1, share=2)


def _moved(numbers: list[str], place: int, data: dict[str, Any]) -> None:
    """Another number, the same for the opposite character."""
    value = str(Fraction(numbers[place]) + Fraction(1, 1000))
    for other in range(len(numbers)):
        opposite = data.get("group") == [4] and {place, other} == {0, 2}
        if other == place or opposite:
            numbers[other] = value


def _more(decay: str) -> str:
    return str(Fraction(decay) + Fraction(1, 50))


def _shifted(ball: dict[str, str]) -> None:
    """A disjoint ball of the same width (by 10^-6, if it is wider than that)."""
    ball.update(mid=_decimal(Fraction(ball["mid"]) + max(3 * Fraction(ball["rad"]), Fraction(1, 10**6))))


def _negated(ball: dict[str, str]) -> None:
    """The ball of -s; where that contains 0, another one."""
    value = Fraction(ball["mid"])
    ball.update(mid=_decimal(-value if abs(value) > Fraction(ball["rad"]) else value + 1))


def _decimal(value: Fraction) -> str:
    scaled = value * 10**60
    return f"{scaled.numerator // scaled.denominator}e-60"


def _bent(step: dict[str, Any], name: str, place: int | None, degree: int, share: int = 8) -> None:
    """A coefficient that is 2^-share larger."""
    row = step[name] if place is None else step[name][place]
    if degree >= len(row):
        row += ["0"] * (degree + 1 - len(row))
    row[degree] = str(int(row[degree]) + (1 << (step["bits"] - share)))


def _stretched(pair: list[Any]) -> None:
    """A number m 2^e, 1/256 larger."""
    pair[:] = [str(int(pair[0]) * 257), pair[1] - 8]
