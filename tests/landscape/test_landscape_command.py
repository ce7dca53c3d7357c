"""``ncverify landscape`` as a real process, and its figure."""

import json
import subprocess
import sys
from fractions import Fraction

import pytest
import typer

from ncverify.commands.landscape import undecided_is_one_line
from ncverify.errors import InputError
from ncverify.landscape.census import critical_points
from ncverify.landscape.inertia import Undecided
from ncverify.landscape.problem import Problem


def run(*args, cwd=None):
    return subprocess.run(
        [sys.executable, "-m", "ncverify", "landscape", *args],
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=120,
    )


def interval(entry):
    mid, rad = Fraction(entry["mid"]), Fraction(entry["rad"])
    return mid - rad, mid + rad


def test_table_and_figure(tmp_path):
    done = run("--classes", "3", "--starts", "80", "--plot", "l.svg", "--saddle", "0", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "global minimum" in done.stdout
    assert "Morse identity: holds in every width from 1 to 3" in done.stdout
    assert (tmp_path / "l.svg").read_text().lstrip().startswith("<?xml")


def test_json_of_several_models():
    done = run("--classes", "3", "--loss", "ce,mse", "--bias", "none,1/10", "--starts", "80", "--json", "-")
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    assert [(item["problem"]["loss"], item["problem"]["lambda_b"]) for item in data] == [
        ("ce", None),
        ("ce", "1/10"),
        ("mse", None),
        ("mse", "1/10"),
    ]
    for item in data:
        assert item["unresolved"] == []
        assert set(item["euler"].values()) == {1}
        lows, highs = zip(*(interval(point["value"]) for point in item["points"]), strict=True)
        assert all(high - low < Fraction(1, 10**30) for low, high in zip(lows, highs, strict=True))


def test_a_spurious_minimum_in_small_width():
    done = run(
        "--classes", "7", "--width", "4", "--lambda", "3/1000", "--minima", "--starts", "24", "--seed", "1"
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "spurious local minimum: f = 0.134022752167630275" in done.stdout


def test_what_is_not_decided_is_one_line(capsys):
    with pytest.raises(typer.Exit) as left, undecided_is_one_line():
        raise Undecided("a critical point may be missing")
    assert left.value.exit_code == 1
    assert capsys.readouterr().err == "ncverify: undecided: a critical point may be missing\n"


def test_symmetric_family():
    done = run("--classes", "4", "--walsh", "--json", "-")
    assert done.returncode == 0, done.stderr
    (family,) = json.loads(done.stdout)
    assert [point["index"] for point in family["points"]] == [12, 8, 2, 0]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--lambda", "0"],
        ["--lambda", "nan"],
        ["--width", "0"],
        ["--classes", "1"],
        ["--classes", "3;4"],
        ["--bias", "-1"],
        ["--loss", "hinge"],
        ["--classes", "9"],
        ["--classes", "6", "--walsh"],
        ["--plot", "a.txt"],
        ["--classes", "3,4", "--plot", "a.svg"],
    ],
)
def test_impossible_input_is_one_line(arguments):
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("ncverify: ")
    assert done.stderr.count("\n") == 1


def test_figures_of_families_and_of_wrong_rows(tmp_path):
    census = critical_points(Problem(3, 3, loss="mse", lambda_w="1/100", lambda_h="1/100", lambda_b="1/10"))
    for row, point in enumerate(census.points):
        if point.escapes:
            census.plot(tmp_path / "m.png", row)
        else:
            with pytest.raises(InputError, match="global minimum"):
                census.plot(tmp_path / "m.png", row)
    with pytest.raises(InputError, match="rows 0 to"):
        census.plot(None, len(census.points))
    with pytest.raises(InputError, match="must end in"):
        census.plot("figure.bmp")


def test_escape_directions_go_down():
    for bias in (None, 0, "1/10", "3"):
        for loss in ("ce", "mse"):
            problem = Problem(3, 3, loss=loss, lambda_w="1/100", lambda_h="1/100", lambda_b=bias)
            for point in critical_points(problem, starts=40).points:
                if point.escapes:
                    import numpy as np

                    t = np.array([0.0, 1e-3])
                    start, after = point.along_escape(t)
                    curvature = 2 * (float(problem.mu_squared) ** 0.5 - float(point.slope_norm().mid()))
                    assert (after - start) / 5e-7 == pytest.approx(curvature, rel=1e-3)
