"""``ncverify flow`` as a real process."""

import json
import subprocess
import sys
from fractions import Fraction

import pytest


def run(*args, cwd=None):
    return subprocess.run(
        [sys.executable, "-m", "ncverify", "flow", *args],
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=120,
    )


def ball(entry):
    mid, rad = Fraction(entry["mid"]), Fraction(entry["rad"])
    return mid - rad, mid + rad


def test_json_is_alone_on_the_output_and_encloses():
    done = run("--classes", "4", "--start", "1,1,1", "--times", "1,1e30", "--until", "1e30", "--json", "-")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    data = json.loads(done.stdout)
    assert data["certified"] is True
    assert data["t"] == ["1", "1e30"]
    for row in data["s"]:
        # the collapse ray stays on the ray
        assert len({(entry["mid"], entry["rad"]) for entry in row}) >= 1
        lows, highs = zip(*map(ball, row), strict=True)
        assert max(lows) <= min(highs)
    first, last = (ball(row[0]) for row in data["s"])
    assert 1 < first[0] < first[1] < last[0]
    assert all(high - low < Fraction(1, 10**47) for low, high in map(ball, data["s"][0]))


def test_full_network_and_reduced_flow_agree(tmp_path):
    times = ["--times", "1,5", "--until", "5", "--digits", "25", "--json", "-"]
    full = json.loads(run("--classes", "2", "--start", "1/2", "--full", *times).stdout)
    reduced = json.loads(run("--classes", "2", "--start", "1/4", *times).stdout)
    for entries, s in zip(full["s"], reduced["s"], strict=True):
        # W = H = Phi diag(0, alpha) Phi / 2, so W_00 = alpha / 2 and s_1 = alpha^2
        low, high = (2 * x for x in ball(entries[0]))
        assert low * low <= ball(s[0])[1]
        assert ball(s[0])[0] <= high * high


def test_start_from_a_file(tmp_path):
    data = {"W": [["1/3", "0"], ["1", "-1"]], "H": [["1", "0", "1/7"], ["0", "2", "1"]], "labels": [0, 1, 1]}
    (tmp_path / "start.json").write_text(json.dumps(data))
    done = run(
        "--full", "--start", "start.json", "--until", "2", "--digits", "20", "--json", "-", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["names"][:2] == ["W[0,0]", "W[0,1]"]


def test_weight_decay_reaches_the_full_network():
    common = ["--classes", "2", "--start", "1/2", "--full", "--until", "1", "--times", "1", "--json", "-"]
    plain = json.loads(run(*common).stdout)
    decayed = json.loads(run(*common, "--weight-decay", "1/10").stdout)
    assert decayed["weight_decay"] == "1/10"
    assert ball(decayed["s"][0][0])[1] < ball(plain["s"][0][0])[0]


def test_times_with_thousands_of_digits():
    done = run("--classes", "2", "--start", "1", "--until", "1e5000", "--digits", "15", "--json", "-")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["t"][-1] == "1e5000"


def test_plot_and_table(tmp_path):
    done = run("--group", "5", "--start", "1,2,2,1", "--until", "10", "--plot", "f.svg", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "certified up to t = 10" in done.stdout
    assert (tmp_path / "f.svg").read_text().lstrip().startswith("<?xml")


@pytest.mark.parametrize(
    ("args", "names"),
    [
        (["--classes", "4", "--start", "1,2"], ["3 values", "got 2"]),
        (["--classes", "4", "--start", "1,2,nan"], ["nan"]),
        (["--classes", "4", "--start", "1,2,3", "--until", "-1"], ["-1"]),
        (["--classes", "4", "--start", "1,2,3", "--until", "soon"], ["soon"]),
        (["--classes", "4", "--start", "1,2,3", "--digits", "0"], ["0"]),
        (["--classes", "4", "--start", "1,2,3", "--digits", "10000000"], ["10000000"]),
        (["--group", "6", "--start", "1,2,3,4,5"], ["s[1]=1", "s[5]=5"]),
        (["--group", "6,x", "--start", "1"], ["6,x"]),
        (["--start", "1,2"], ["--classes", "--group"]),
        (["--classes", "4", "--group", "2,2", "--start", "1,2,3"], ["--classes", "--group"]),
        (["--classes", "6", "--start", "1,1,1,1,1", "--full"], ["irrational", "FILE"]),
        (["--full", "--start", "missing.json"], ["missing.json"]),
        (["--classes", "4", "--start", "1,2,3", "--plot", "f.bmp"], [".svg"]),
        (["--classes", "4", "--start", "1,2,3", "--depth", "0"], ["depth"]),
        (["--classes", "4", "--start", "1,2,3", "--depth", "3", "--full"], ["--depth 3"]),
        (["--full", "--start", "w.json", "--weight-decay", "1"], ["weight_decay", "w.json"]),
        (["--full", "--start", "w.json", "--classes", "4"], ["w.json", "--classes"]),
        (["--classes", "4", "--start", "0,0,0", "--plot", "f.svg"], ["nothing moves"]),
        (["--classes", "4", "--start", "1,2,3", "--plot", "nowhere/f.svg"], ["nowhere/f.svg"]),
        (["--classes", "4", "--start", "1,2,3", "--weight-decay", "-1"], ["-1"]),
    ],
)
def test_bad_input_is_one_clear_line(args, names, tmp_path):
    done = run(*args, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1
    for name in names:
        assert name in done.stderr


@pytest.mark.parametrize(
    "text",
    [
        "{",
        '{"W": 1}',
        '{"W": [[0.5]], "H": [["1"]], "labels": [0]}',
        '{"W": [["1"]], "H": [["1"]], "labels": [0], "x": 1}',
    ],
)
def test_bad_files_are_one_clear_line(text, tmp_path):
    (tmp_path / "s.json").write_text(text)
    done = run("--full", "--start", "s.json", cwd=tmp_path)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1


def test_times_come_in_increasing_order():
    done = run("--classes", "4", "--start", "1,2,3", "--times", "5,1,5,1/2", "--until", "5", "--json", "-")
    assert json.loads(done.stdout)["t"] == ["1/2", "1", "5"]


@pytest.mark.parametrize("start", ["1e50,1e50,1e49", "1e40,1,1", "1e99,1,1"])
def test_huge_starts_are_enclosed(start: str) -> None:
    done = run("--classes", "4", "--start", start, "--until", "10", "--digits", "12", "--json", "-")
    first, last = json.loads(done.stdout)["s"][0], json.loads(done.stdout)["s"][-1]
    assert first[0]["mid"].replace("+", "") == last[0]["mid"].replace("+", "")  # it hardly moves


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--start", "1e101,1,1"), "starts up to 1e100"),
        (("--start", "1e6,1e6,1", "--full"), "at most 20000"),
        (("--start", "1,1,1", "--imbalance", "1,2"), "--imbalance 1,2 has 2 values: give 1, or 3 values"),
        (("--start", "1,1,1", "--imbalance", "1", "--full"), "without --full"),
        (("--start", "1,1,1", "--imbalance", "1", "--depth", "3"), "depth = 2"),
    ],
)
def test_starts_that_are_refused(arguments: tuple[str, ...], said: str) -> None:
    done = run("--classes", "4", *arguments)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert said in done.stderr


def test_equal_imbalances_may_be_one_number() -> None:
    common = ("--classes", "4", "--start", "2,1,1", "--until", "3", "--json", "-")
    one, three = run(*common, "--imbalance", "5"), run(*common, "--imbalance", "5,5,5")
    assert one.stdout == three.stdout
    assert json.loads(one.stdout)["imbalance"] == ["5", "5", "5"]
