"""The layer-peeled experiments: what is recorded, divergence, conserved quantities, slopes."""

from __future__ import annotations

import json
import subprocess
import sys
from math import exp
from pathlib import Path

import numpy as np
import pytest

import ncverify as nv
from ncverify.errors import InputError
from ncverify.experiments.run import MEASURES, Run


def test_gradient_descent_collapses_slowly() -> None:
    run = nv.experiments.layer_peeled(epochs=3000)
    assert set(run.measures) == set(MEASURES)
    assert not run.stopped
    assert all(values[-1] < values[0] for values in run.measures.values())
    assert run.extra["loss"][-1] < 1e-3
    assert run.extra["smallest margin"][-1] > 5
    assert run == nv.experiments.layer_peeled(epochs=3000)


def test_the_sum_loss_diverges_at_the_printed_step() -> None:
    run = nv.experiments.layer_peeled(epochs=1000, loss="sum")
    assert run.stopped.startswith("diverged")
    assert run.extra["loss"][-1] > 1e6
    assert "diverged" in run.table()


def test_a_small_step_descends_the_flow() -> None:
    """Gradient descent with a small step against the flow at the same time."""
    descent = nv.experiments.layer_peeled(3, 2, 4, step=0.01, epochs=2000)
    flow = nv.experiments.layer_peeled_flow(3, 2, 4, until=np.log(20.0))
    assert flow.log_times[-1] == pytest.approx(np.log(20.0))
    for name in ("nc2.cosine", "nc1.norm_ratio"):
        assert descent.measures[name][-1] == pytest.approx(flow.measures[name][-1], rel=0.02)
    assert descent.extra["loss"][-1] == pytest.approx(flow.extra["loss"][-1], rel=0.01)


def test_slopes_in_log_time() -> None:
    """-1 for measures that are centred, -1/2 for within-class variation and what keeps the mean row."""
    run = nv.experiments.layer_peeled_flow(until=3000)
    slopes = run.slopes(tail=0.2)
    for name in (
        "nc2.norm_variation",
        "nc2.cosine",
        "nc2.cosine_classifier_centered",
        "nc3.direction_centered",
    ):
        assert slopes[name] == pytest.approx(-1, abs=0.02), name
    for name in ("nc1.norm_ratio", "nc2.cosine_classifier", "nc2.norm_variation_classifier", "nc3.direction"):
        assert slopes[name] == pytest.approx(-0.5, abs=0.02), name
    assert max(run.extra["drift"]) < 1e-8


def test_a_centred_start_has_no_slow_classifier() -> None:
    """With 1^T W = 0, which the flow keeps, the classifier is as fast as the class means."""
    rng = np.random.default_rng(3)
    w = rng.normal(size=(4, 6))
    start = (w - w.mean(axis=0), rng.normal(size=(6, 8)))
    slopes = nv.experiments.layer_peeled_flow(4, 2, 6, until=2000, start=start).slopes(tail=0.2)
    assert slopes["nc3.direction"] < -0.9
    assert slopes["nc2.cosine_classifier"] < -0.9


def test_slopes_of_known_decay() -> None:
    times = tuple(np.geomspace(2, 1000, 20))
    run = Run(times, {"a": tuple(5 / t for t in times), "b": tuple(t**-0.5 for t in times)}, {}, {})
    assert run.slopes() == pytest.approx({"a": -1, "b": -0.5})
    assert Run((), {}, {}, {}, "at once").slopes() == {}
    assert "at once" in Run((), {}, {}, {}, "at once").table()
    with pytest.raises(InputError, match="tail 2"):
        run.slopes(tail=2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"classes": 1}, "classes 1"),
        ({"step": 0.0}, "step 0.0"),
        ({"loss": "hinge"}, "loss 'hinge'"),
        ({"epochs": 0}, "epochs 0"),
    ],
)
def test_wrong_input_is_named(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        nv.experiments.layer_peeled(**arguments)  # type: ignore[arg-type]


def test_wrong_times_and_starts_are_named() -> None:
    with pytest.raises(InputError, match="until 0"):
        nv.experiments.layer_peeled_flow(until=0)
    with pytest.raises(InputError, match="start of shapes"):
        nv.experiments.layer_peeled_flow(start=(np.zeros((2, 2)), np.zeros((2, 2))))


def test_the_command(tmp_path: Path) -> None:
    figure, data = tmp_path / "figure.svg", tmp_path / "runs.json"
    command = [sys.executable, "-m", "ncverify", "experiment", "ulpm", "--epochs", "200", "--starts", "2"]
    done = subprocess.run(
        [*command, "--plot", str(figure), "--json", str(data)], capture_output=True, text=True, check=True
    )
    assert "nc1.norm_ratio" in done.stdout
    assert done.stderr == ""
    assert "slope -1" in figure.read_text()
    runs = json.loads(data.read_text())
    assert [run["about"]["seed"] for run in runs] == [0, 1]
    assert exp(runs[0]["log_t"][-1]) == pytest.approx(200)
    wrong = subprocess.run([*command, "--plot", "figure.txt"], capture_output=True, text=True)
    assert wrong.returncode == 2
    assert wrong.stderr == "ncverify: plot file 'figure.txt' must end in .svg, .png or .pdf\n"
