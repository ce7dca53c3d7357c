"""A small convolutional network, trained without weight decay into the terminal phase.

After Figure 3 of the layer-peeled paper (key ``ji``), which trains VGG-13 on FashionMNIST.  The last-layer
features of the training set are measured.  Evidence of the kind ``tested``, never a proof.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from ncverify.errors import InputError
from ncverify.experiments.images import load_images
from ncverify.experiments.run import MEASURES, Progress, Recorder, Run

_POINTS = 40
_FORMAT = 1


def train(
    source: str = "digits",
    *,
    epochs: int = 400,
    step: float = 0.05,
    momentum: float = 0.9,
    batch: int = 64,
    dimension: int = 32,
    seed: int = 0,
    limit: int | None = None,
    checkpoint: str | Path | None = None,
    progress: Progress | None = None,
) -> Run:
    """Train a small convolutional network by stochastic gradient descent with cross-entropy.

    Two convolutions with batch normalisation, then three linear layers, the last without bias.
    source: ``digits``, or a folder of IDX files (``images.load_images``); dimension: that of the last-layer
    features.  checkpoint: a file that is written about once every 2 % of the work and continued from if it
    exists and was made with the same settings.  Measures are taken at about 40 epochs, equally spaced in log.
    Deterministic given ``seed`` on one machine.  Raises ``InputError`` without torch (extra
    ``ncverify[train]``).  Cost: digits, about 0.2 s an epoch.
    """
    torch = _torch()
    if epochs < 1 or not step > 0 or batch < 1 or dimension < 1 or not 0 <= momentum < 1:
        raise InputError(
            f"epochs {epochs}, step {step}, batch {batch}, dimension {dimension}, momentum {momentum}: give "
            "positive numbers, and a momentum below 1"
        )
    images, labels = load_images(source, limit)
    classes = int(labels.max()) + 1
    about = {
        "experiment": "network",
        "source": source if source == "digits" else "IDX files",
        "images": len(images),
        "side": int(images.shape[1]),
        "epochs": epochs,
        "step": step,
        "momentum": momentum,
        "batch": batch,
        "dimension": dimension,
        "seed": seed,
    }
    torch.manual_seed(seed)
    torch.set_num_threads(1)  # the network is so small that threads only wait for each other
    x = torch.tensor(images[:, None], dtype=torch.float32)
    y = torch.tensor(labels)
    body, head = _network(torch, int(images.shape[1]), dimension, classes)
    optimiser = torch.optim.SGD([*body.parameters(), *head.parameters()], lr=step, momentum=momentum)
    shuffle = torch.Generator().manual_seed(seed)
    record = Recorder(about)
    first = 1
    parts = {"body": body, "head": head, "optimiser": optimiser}
    if checkpoint is not None and Path(checkpoint).exists():
        first = _resume(torch, Path(checkpoint), parts, shuffle, record)
    due = set(np.unique(np.geomspace(1, epochs, _POINTS).round().astype(int)).tolist())
    every = max(1, epochs // 50)
    for epoch in range(first, epochs + 1):
        for chosen in torch.randperm(len(x), generator=shuffle).split(batch):
            optimiser.zero_grad()
            loss = torch.nn.functional.cross_entropy(head(body(x[chosen])), y[chosen])
            loss.backward()
            optimiser.step()
        if epoch in due:
            body.train(False)
            with torch.no_grad():
                features = torch.cat([body(part) for part in x.split(1024)])
                scores = head(features)
                value = float(torch.nn.functional.cross_entropy(scores, y))
                error = float((scores.argmax(1) != y).double().mean())
            body.train(True)
            if not np.isfinite(value):
                return record.run(f"diverged at epoch {epoch}: take a step smaller than {step}")
            record.add(
                float(np.log(epoch)), features, y, head.weight, **{"loss": value, "training error": error}
            )
        if checkpoint is not None and (epoch % every == 0 or epoch == epochs):
            _save(torch, Path(checkpoint), parts, shuffle, record, epoch)
        if progress is not None:
            progress(epoch, epochs)
    return record.run()


def _torch() -> Any:
    try:
        import torch
    except ImportError:
        raise InputError("training needs torch: install the extra ncverify[train]") from None
    return torch


def _network(torch: Any, side: int, dimension: int, classes: int) -> tuple[Any, Any]:
    nn = torch.nn
    small = side // 2 // (2 if side >= 16 else 1)
    body = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        *([nn.MaxPool2d(2)] if side >= 16 else []),
        nn.Flatten(),
        nn.Linear(32 * small * small, 64),
        nn.ReLU(),
        nn.Linear(64, dimension),
        nn.ReLU(),
    )
    return body, nn.Linear(dimension, classes, bias=False)


def _save(torch: Any, path: Path, parts: dict[str, Any], shuffle: Any, record: Recorder, epoch: int) -> None:
    state = {
        "format": _FORMAT,
        "about": dict(record.about),
        "epoch": epoch,
        "shuffle": shuffle.get_state(),
        "log_times": record.log_times,
        "values": record.values,
        "extra": record.extra,
        **{name: part.state_dict() for name, part in parts.items()},
    }
    unfinished = path.with_name(path.name + ".part")
    try:
        torch.save(state, unfinished)
        os.replace(unfinished, path)
    except (OSError, RuntimeError) as error:
        raise InputError(f"cannot write the checkpoint {path}: {error}") from None


def _resume(torch: Any, path: Path, parts: dict[str, Any], shuffle: Any, record: Recorder) -> int:
    """Continue from a checkpoint; only tensors and plain values are read from it."""
    try:
        state = torch.load(path, weights_only=True)
        same = state["format"] == _FORMAT and state["about"] == dict(record.about)
    except Exception as error:
        raise InputError(f"{path} is not a checkpoint: {str(error).splitlines()[0][:100]}") from None
    if not same:
        raise InputError(f"{path} was made with other settings: {state['about']}; name another file")
    for name, part in parts.items():
        part.load_state_dict(state[name])
    shuffle.set_state(state["shuffle"])
    record.log_times[:] = state["log_times"]
    record.values.update({name: list(state["values"][name]) for name in MEASURES if name in state["values"]})
    record.extra.update({name: list(values) for name, values in state["extra"].items()})
    return int(state["epoch"]) + 1
