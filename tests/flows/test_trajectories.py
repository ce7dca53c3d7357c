"""Trajectories: accuracy, dense output, interrupts, printing, figures, doubles."""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from flint import arb

from ncverify.errors import InputError
from ncverify.flows.full import FullFlow
from ncverify.flows.reduced import ReducedFlow
from ncverify.flows.trajectory import time_text
from ncverify.theory.balls import certainly_contains, exact_interval, precision
from ncverify.theory.groups import AbelianGroup

WITNESS = "18,24,1,1,1,18,18"


def small_full_flow() -> FullFlow:
    return FullFlow([["1/2", "0"], ["-1/3", 1], [0, "1/5"]], [[1, 0, "1/7"], ["1/9", 1, -1]], [0, 1, 2])


@pytest.mark.parametrize("digits", [15, 40, 120])
def test_asked_accuracy_is_met(digits: int) -> None:
    found = ReducedFlow("2,2,2").enclose("1/3,1/7,1/5,1/2,1,2,1/9", until="10", digits=digits)
    assert found.complete
    for row in found.s:
        for x in row:
            with precision(64):
                assert x.rad() <= x.abs_upper() * arb(10) ** -digits


@pytest.mark.parametrize("start", ["1e-30,1000,1,1e-5,3,0,2", "1e-300,0,1e3,1/3,7,7,1/1000"])
def test_wild_starts_keep_relative_accuracy(start: str) -> None:
    a = ReducedFlow("2,2,2").enclose(start, until="1e4", digits=20, times=["1", "1e4"])
    b = ReducedFlow("2,2,2").enclose(start, until="1e4", digits=30, times=["1", "1e4"])
    for row, finer, index in zip(a.s, b.s, (0, 1), strict=True):
        assert index in (0, 1)
        for x, y, text in zip(row, finer, start.split(","), strict=True):
            assert x.overlaps(y)
            if text == "0":
                assert x.is_exact()
                assert x.is_zero()
            else:
                assert x.rel_accuracy_bits() >= 66


def test_two_precisions_overlap_and_dense_output_agrees() -> None:
    times = ["1/7", "1", "1e5", "1e20"]
    coarse = ReducedFlow("6").enclose("1,2,3,2,1", until="1e20", digits=15, times=times)
    fine = ReducedFlow("6").enclose("1,2,3,2,1", until="1e25", digits=40)
    for t, row in zip(times, coarse.s, strict=True):
        for x, y in zip(row, fine.at(t), strict=True):
            assert x.overlaps(y)
            assert y.rad() < x.rad()
    # s[1] and s[5] are one number for Z_6.
    assert fine.at("3")[0].overlaps(fine.at("3")[4])


def test_growth_along_a_flow() -> None:
    """Every s_a > 0 increases (claim growth), certified between the asked times."""
    found = ReducedFlow("2,2,2").enclose(WITNESS, until="1e6", digits=20)
    for before, after in zip(found.s, found.s[1:], strict=False):
        assert all(x < y for x, y in zip(before, after, strict=True))


def test_the_end_and_the_start() -> None:
    found = ReducedFlow("2,2").enclose("1/3,2,5", until="2", digits=20)
    assert found.t == (0, 1, 2)
    assert certainly_contains(found.s[0][0], Fraction(1, 3))
    assert found.s[0][1].is_exact()
    with pytest.raises(InputError, match="past the certified end"):
        found.at("3")
    still = ReducedFlow("2,2").enclose("0,0,0", until="1e30", digits=20)
    assert all(x.is_zero() for x in still.s[-1])
    now = ReducedFlow("2,2").enclose("1,2,3", until=0, digits=20)
    assert now.t == (0,)
    assert [int(x.unique_fmpz()) for x in now.s[0]] == [1, 2, 3]


def test_an_interrupt_keeps_what_is_certified() -> None:
    def stop(_: str, steps: int) -> None:
        if steps == 3:
            raise KeyboardInterrupt

    found = ReducedFlow("2,2,2").enclose(WITNESS, until="1e100", digits=20, progress=stop)
    assert not found.complete
    assert len(found.segments) == 3
    assert 0 < found.until < 10**100
    assert all(t <= found.until for t in found.t)
    assert json.loads(json.dumps(found.to_json()))["complete"] is False
    whole = ReducedFlow("2,2,2").enclose(WITNESS, until="1e100", digits=30)
    for x, y in zip(found.at(found.until), whole.at(found.until), strict=True):
        assert x.overlaps(y)


def test_an_interrupt_before_the_first_step() -> None:
    def stop(_: str, steps: int) -> None:
        raise KeyboardInterrupt

    found = ReducedFlow("2,2").enclose("1,2,3", until="5", digits=20, times=["5"], progress=stop)
    assert not found.complete
    assert found.t == ()


@pytest.mark.parametrize("flow", ["reduced", "full"])
def test_printed_numbers_enclose(flow: str) -> None:
    found = (
        ReducedFlow("2,2").enclose("1/3,2,1e-9", until="1e7", digits=18)
        if flow == "reduced"
        else small_full_flow().enclose(until="5", digits=18)
    )
    data = json.loads(json.dumps(found.to_json()))
    assert data["certified"] is True
    assert len(data["t"]) == len(data["s"]) == len(found.s)
    for row, printed in zip(found.s, data["s"], strict=True):
        for x, ball in zip(row, printed, strict=True):
            low, high = exact_interval(x)
            mid, rad = Fraction(ball["mid"]), Fraction(ball["rad"])
            assert mid - rad <= low <= high <= mid + rad


def test_a_trajectory_is_shown_as_a_short_table() -> None:
    flow = ReducedFlow(AbelianGroup.cyclic(3))
    shown = str(flow.enclose("1,1", until="1e10000", times=[1, "1e10000"], digits=20)).splitlines()
    assert shown[0].split() == ["t", "s[1]", "s[2]"]
    assert shown[1].split()[0] == "1"
    assert shown[2].split()[0] == "1e10000"
    assert shown[3].startswith("certified to t = 1e10000, ")
    assert len(shown) == 4


@pytest.mark.parametrize(
    ("time", "text"),
    [(10**100, "1e100"), (1000, "1000"), (Fraction(1, 3), "1/3"), (12 * 10**9, "12e9"), (0, "0")],
)
def test_times_are_printed_exactly(time: int | Fraction, text: str) -> None:
    assert time_text(Fraction(time)) == text
    assert Fraction(text) == time


@pytest.mark.parametrize("name", ["flow.svg", "flow.png"])
def test_figures(tmp_path: Path, name: str) -> None:
    found = ReducedFlow("2,2,2").enclose(WITNESS, until="1e60", digits=15)
    figure = found.plot(tmp_path / name, points=12)
    assert (tmp_path / name).stat().st_size > 5000
    assert "sum loss (nats)" in figure.axes[2].get_ylabel()
    # The loss is about 1/t: no cancellation at 1e-60.
    loss = figure.axes[2].lines[0].get_ydata()
    assert -62 < loss[-1] < -58
    with pytest.raises(InputError, match="must end in"):
        found.plot(tmp_path / "flow.gif")
    with pytest.raises(InputError, match="no figure"):
        ReducedFlow("2,2").enclose("1,2,3", until=0).plot()


def test_figure_of_the_full_flow(tmp_path: Path) -> None:
    figure = small_full_flow().enclose(until="50", digits=15).plot(tmp_path / "full.svg", points=8)
    assert figure.axes[1].get_ylabel() == "smallest margin (logit units)"
    assert (tmp_path / "full.svg").read_text().startswith("<?xml")


@pytest.mark.parametrize(
    ("options", "start"),
    [
        ({}, "1,2,1/3"),
        ({"imbalance": "1,-2,3"}, "1,-1/2,0"),
        ({"depth": 3}, "1,2,1/3"),
        ({"weight_decay": "1/5"}, "1,2,3"),
    ],
)
def test_approximations_are_labelled_and_close(options: dict[str, object], start: str) -> None:
    flow = ReducedFlow("2,2", **options)  # type: ignore[arg-type]
    rough = flow.approximate(start, until="3", points=4)
    assert rough.certified is False
    assert rough.to_json()["certified"] is False
    exact = flow.enclose(start, until="3", digits=15, times=["3"])
    assert np.allclose(rough.s[-1], [float(x.mid()) for x in exact.s[-1]], atol=1e-7)
    assert rough.t[0] == 0
    assert rough.t[-1] == 3


def test_full_approximation() -> None:
    rough = small_full_flow().approximate(until="3", points=3)
    exact = small_full_flow().enclose(until="3", digits=15, times=["3"])
    assert np.allclose(rough.s[-1], exact.to_numpy()[1][-1], atol=1e-7)
    with pytest.raises(InputError, match="doubles end"):
        small_full_flow().approximate(until="1e400")


def test_bits_without_end_are_refused_at_once() -> None:
    # Depth 3 with weight decay rests at its limit, where the bound of the logarithmic norm is positive.
    flow = ReducedFlow("2", depth=3, weight_decay="1/2")
    with pytest.raises(ArithmeticError, match=r"up to 1e9 would need about \d+ more bits.*until = 10"):
        flow.enclose("2", until="1e9", digits=3)
