"""Experiments of published papers, run again: training the layer-peeled model, and a real network.

run = nv.experiments.layer_peeled(seed=0)          # gradient descent, Figure 2
run = nv.experiments.layer_peeled_flow(until=3000)  # the same flow, to log t = 3000
run.slopes(); run.table(); run.plot("figure.svg")
"""

from __future__ import annotations

from ncverify.experiments.layer_peeled import layer_peeled, layer_peeled_flow
from ncverify.experiments.run import Run
from ncverify.experiments.training import train

__all__ = ["Run", "layer_peeled", "layer_peeled_flow", "train"]
