"""Certificates: each step is proved again from its JSON; every tampering is refused."""

import copy
import json
from random import Random
from typing import Any

import pytest
from flint import arb

from ncverify.errors import InputError
from ncverify.flows.certificate import recheck
from ncverify.flows.full import FullFlow
from ncverify.flows.reduced import ReducedFlow
from ncverify.flows.step import StepError


def _full() -> FullFlow:
    return FullFlow(
        [["1/2", "0"], ["-1/3", 1], [0, "1/5"]],
        [[1, 0, "1/7", 1], ["1/9", 1, -1, 0]],
        [0, 1, 2, 1],
        weight_decay="1/20",
    )


MAKERS = {
    "balanced": lambda: ReducedFlow("2,2,2").enclose("18,24,1,1,1,18,18", until="1e5", digits=20),
    "decay": lambda: ReducedFlow("5", weight_decay="1/10").enclose("1,2,2,1", until="3", digits=20),
    "unbalanced": lambda: ReducedFlow("2,2", imbalance="1,-2,0").enclose("1,0,0", until="3", digits=20),
    "deep": lambda: ReducedFlow("2,2", depth=3, loss="mean").enclose("1,2,1/3", until="3", digits=20),
    "full": lambda: _full().enclose(until="2", digits=20),
}


@pytest.fixture(scope="module", params=list(MAKERS))
def certificate(request: pytest.FixtureRequest) -> dict[str, Any]:
    return json.loads(json.dumps(MAKERS[request.param]().certificate))  # type: ignore[no-any-return]


def test_a_certificate_is_accepted(certificate: dict[str, Any]) -> None:
    assert recheck(certificate) == len(certificate["steps"]) > 1


def test_tampering_is_refused(certificate: dict[str, Any]) -> None:
    rng = Random(7)

    def halve(pair: list[int]) -> None:
        pair[1] -= 1

    def series(data: dict[str, Any]) -> None:
        step = rng.choice(data["steps"])
        rows = step["series"] if "series" in step else step[rng.choice(("w", "h", "forces", "inverses"))]
        row = rng.choice(rows)
        place = rng.randrange(min(6, len(row)))
        row[place] = str(int(row[place]) + rng.choice((-1, 1)) * (1 << (step["bits"] - 20)))

    def ball(data: dict[str, Any]) -> None:
        data["s"][-1][0]["mid"] = str(data["s"][-1][0]["mid"]).replace(".", ".1", 1)

    changes = [
        lambda data: halve(rng.choice(data["steps"])["radius"]),
        lambda data: rng.choice(data["steps"])["leaving"].update(radius=[1, -400]),
        lambda data: data["steps"][-1]["entering"].update(radius=[1, -400]),
        lambda data: rng.choice(data["steps"])["length"].__setitem__(0, rng.randrange(1, 4)),
        lambda data: data["start"].__setitem__(0, "2/7"),
        lambda data: data["steps"].pop(0),
        lambda data: data["steps"].pop(),
        lambda data: data.update(weight_decay="1/9"),
        lambda data: data.update(loss="sum" if data["loss"] == "mean" else "mean"),
        lambda data: data["t"].__setitem__(-1, "3/2"),
        ball,
        *[series] * 6,
    ]
    for number, change in enumerate(changes):
        broken = copy.deepcopy(certificate)
        change(broken)
        try:
            recheck(broken)
        except (StepError, InputError):
            continue
        pytest.fail(f"change {number} was accepted")


@pytest.mark.parametrize(
    "junk", [{}, {"flow": "reduced"}, {"flow": "full", "start": "x"}, {"start": 5, "flow": "full"}]
)
def test_junk_is_one_line(junk: dict[str, Any]) -> None:
    with pytest.raises(InputError) as refusal:
        recheck(junk)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("kind", list(MAKERS))
def test_the_constructor_refuses_half_the_radius(kind: str) -> None:
    """Each step proves its own radius, and cannot be built with half of it."""
    for segment in MAKERS[kind]().segments:
        step = segment.step
        again = type(step)(step.problem, step.curve, step.entering, step.tube.radius)
        assert again.tube.radius.overlaps(step.tube.radius)
        with pytest.raises(StepError, match="not certified"):
            type(step)(step.problem, step.curve, step.entering, (step.tube.radius / 2).mid())
        with pytest.raises(StepError):
            type(step)(step.problem, step.curve, step.entering, arb(0))


def test_a_wrong_curve_is_no_step() -> None:
    """A curve of another start, or with a shifted coefficient, has a defect that its radius cannot hold."""
    from dataclasses import replace

    step = MAKERS["balanced"]().segments[0].step
    row = list(step.curve.series[0])
    row[1] += 1 << (step.curve.bits // 2)
    curve = replace(step.curve, series=(tuple(row), *step.curve.series[1:]))
    with pytest.raises(StepError):
        type(step)(step.problem, curve, step.entering, step.tube.radius)
    with pytest.raises(StepError, match="no length"):
        type(step)(step.problem, replace(step.curve, length=(0, 0)), step.entering)
