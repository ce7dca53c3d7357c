"""``ncverify hunt`` as users run it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable

import pytest

Command = Callable[..., subprocess.CompletedProcess[str]]


def test_prints_refuted_and_the_witness(ncverify: Command) -> None:
    done = ncverify("hunt", "cosine", "--classes", "8", "--seed", "11")
    assert done.returncode == 0
    assert done.stderr == ""
    first, start, *_ = done.stdout.splitlines()
    assert first == "refuted"
    assert start.startswith("  s: ")


def test_the_output_does_not_depend_on_jobs(ncverify: Command) -> None:
    arguments = ("hunt", "max-min", "--group", "2,2,2", "--samples", "300000", "--json", "-")
    one, two = (ncverify(*arguments, "--jobs", jobs) for jobs in ("1", "2"))
    assert one.returncode == two.returncode == 0
    assert one.stdout == two.stdout
    data = json.loads(one.stdout)
    assert data["verdict"] == "undecided"
    assert data["group"] == [2, 2, 2]
    assert data["evidence"][0]["details"]["screened"] == 300000


def test_flow_depth_and_imbalance_are_options(ncverify: Command) -> None:
    deep = ncverify("hunt", "V", "--classes", "4", "--depth", "3", "--samples", "20000")
    assert deep.stdout.startswith("refuted\n")
    assert "balanced, depth 3" in deep.stdout
    skew = ncverify("hunt", "V", "--classes", "4", "--flow", "unbalanced", "--imbalance", "1,5,9")
    assert "  c: 1, 5, 9\n" in skew.stdout
    even = ncverify(
        "hunt", "V", "--classes", "4", "--flow", "unbalanced", "--imbalance", "1", "--samples", "20000"
    )
    assert even.stdout.startswith("undecided\n")
    signed = ncverify("hunt", "-s1", "--classes", "4", "--samples", "1000")
    assert signed.stdout.startswith("undecided\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("maxmin", "--classes", "8"), "did you mean max-min"),
        (("__import__('os').system('id')", "--classes", "8"), "not allowed"),
        (("s9", "--classes", "8"), "s1..s7"),
        (("V",), "--classes K or --group"),
        (("V", "--group", "2,x"), "2,x"),
        (("V", "--classes", "8", "--flow", "x"), "balanced or unbalanced"),
        (("V", "--classes", "8", "--jobs", "0"), "jobs 0"),
        (("V", "--classes", "8", "--samples", "0"), "samples 0"),
        (("V", "--classes", "8", "--seed", "-1"), "seed -1"),
    ],
)
def test_wrong_use_is_one_line(ncverify: Command, arguments: tuple[str, ...], said: str) -> None:
    done = ncverify("hunt", *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert said in done.stderr
