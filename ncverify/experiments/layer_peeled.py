"""The unconstrained layer-peeled model: gradient descent as in Figure 2, and its flow in log time.

Source: the layer-peeled paper (key ``ji``), section 4: K = 5, n = 10, d = 20, learning rate 5, 10^5 epochs.
Everything is in doubles: evidence of the kind ``tested``, no proof.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from ncverify.errors import InputError
from ncverify.experiments.run import Progress, Recorder, Run

Loss = Literal["mean", "sum"]
Array = Any

_POINTS = 60
_RUNAWAY = 1e8


def layer_peeled(
    classes: int = 5,
    per_class: int = 10,
    dimension: int = 20,
    *,
    step: float = 5.0,
    epochs: int = 100_000,
    loss: Loss = "mean",
    seed: int = 0,
    scale: float = 1.0,
    progress: Progress | None = None,
) -> Run:
    """Gradient descent on the cross-entropy of Z = W H, W (K x d) and H (d x nK) free.

    Starts: independent normal entries of standard deviation scale/sqrt(d).  Time is the number of epochs.
    Stops early, and says so, where the norm of W has grown by a factor 1e8.
    Cost: about 20 microseconds an epoch at the default sizes.
    """
    w, h, labels = _start(classes, per_class, dimension, seed, scale)
    if not step > 0 or epochs < 1:
        raise InputError(f"step {step} and epochs {epochs}: give a positive step and at least one epoch")
    samples = per_class * classes
    rate = step / samples if _is_mean(loss) else step
    target = np.eye(classes)[labels].T * rate
    record = Recorder(
        {
            "experiment": "gradient descent",
            "classes": classes,
            "per_class": per_class,
            "dimension": dimension,
            "step": step,
            "epochs": epochs,
            "loss": loss,
            "seed": seed,
            "scale": scale,
        }
    )
    due = set(np.unique(np.geomspace(1, epochs, _POINTS).round().astype(int)).tolist())
    limit = _RUNAWAY * float(np.linalg.norm(w))
    for epoch in range(1, epochs + 1):
        z = w @ h
        z -= z.max(axis=0)
        np.exp(z, out=z)
        z *= rate / z.sum(axis=0)
        pull = target - z
        ahead = pull @ h.T
        h += w.T @ pull
        w += ahead
        if epoch in due:
            norm = float(np.linalg.norm(w))
            if not norm <= limit:
                return record.run(f"diverged: the norm of W is {norm:.3g} at epoch {epoch}")
            record.add(float(np.log(epoch)), h.T, labels, w, **_state(w, h, labels))
            if progress is not None:
                progress(epoch, epochs)
    return record.run()


def layer_peeled_flow(
    classes: int = 5,
    per_class: int = 10,
    dimension: int = 20,
    *,
    until: float = 3000.0,
    loss: Loss = "mean",
    seed: int = 0,
    scale: float = 1.0,
    start: tuple[Array, Array] | None = None,
    progress: Progress | None = None,
) -> Run:
    """The gradient flow of the same model in the variable log t, from log t = -7 to ``until``.

    In log t the flow is not slow: margins grow like log t, and t (1 - p) stays of the size of margins.
    start: (W, H) instead of the random one.  Integrated by DOP853 with relative tolerance 1e-8; the constant
    of the motion W^T W - H H^T is recorded as ``drift`` (its relative change).  Cost: about a second.
    """
    from scipy.integrate import solve_ivp

    w, h, labels = _start(classes, per_class, dimension, seed, scale)
    if start is not None:
        w, h = (np.asarray(part, dtype=float) for part in start)
        if w.shape != (classes, dimension) or h.shape != (dimension, per_class * classes):
            raise InputError(
                f"start of shapes {w.shape}, {h.shape}: give {(classes, dimension)} and "
                f"{(dimension, per_class * classes)}"
            )
    if not 1 < until <= 1e6:
        raise InputError(f"until {until} is out of range: log t from 1 to 1e6")
    split = w.size
    divisor = per_class * classes if _is_mean(loss) else 1
    columns = np.arange(len(labels))

    def field(log_time: float, state: Array) -> Array:
        w, h = state[:split].reshape(w_shape), state[split:].reshape(h_shape)
        z = w @ h
        z -= z.max(axis=0)
        log_p = z - np.log(np.exp(z).sum(axis=0))
        log_p[labels, columns] = -np.inf
        pull = -np.exp(log_time + log_p) / divisor
        pull[labels, columns] = -pull.sum(axis=0)
        return np.concatenate([(pull @ h.T).ravel(), (w.T @ pull).ravel()])

    w_shape, h_shape = w.shape, h.shape
    conserved = w.T @ w - h @ h.T
    times = np.concatenate([np.linspace(-2, 1, 7), np.geomspace(1, until, _POINTS)[1:]])
    solution = solve_ivp(
        field,
        (-7.0, until),
        np.concatenate([w.ravel(), h.ravel()]),
        method="DOP853",
        rtol=1e-8,
        atol=1e-10,
        t_eval=times,
    )
    record = Recorder(
        {
            "experiment": "gradient flow",
            "classes": classes,
            "per_class": per_class,
            "dimension": dimension,
            "until": until,
            "loss": loss,
            "seed": None if start is not None else seed,
            "scale": scale,
        }
    )
    for done, (log_time, state) in enumerate(zip(solution.t, solution.y.T, strict=True), start=1):
        w, h = state[:split].reshape(w_shape), state[split:].reshape(h_shape)
        change = np.linalg.norm(w.T @ w - h @ h.T - conserved) / np.linalg.norm(conserved)
        record.add(float(log_time), h.T, labels, w, **_state(w, h, labels), drift=float(change))
        if progress is not None:
            progress(done, len(times))
    return record.run("" if solution.success else f"the integrator stopped: {solution.message}")


def _start(
    classes: int, per_class: int, dimension: int, seed: int, scale: float
) -> tuple[Array, Array, Array]:
    if classes < 2 or per_class < 1 or dimension < 1 or not scale > 0:
        raise InputError(
            f"classes {classes}, per_class {per_class}, dimension {dimension}, scale {scale}: give at least "
            "2 classes, one sample each, dimension 1, and a positive scale"
        )
    random = np.random.default_rng(seed)
    w = scale * random.normal(size=(classes, dimension)) / np.sqrt(dimension)
    h = scale * random.normal(size=(dimension, per_class * classes)) / np.sqrt(dimension)
    return w, h, np.repeat(np.arange(classes), per_class)


def _is_mean(loss: str) -> bool:
    if loss not in ("mean", "sum"):
        raise InputError(f"loss {loss!r}: use mean or sum")
    return loss == "mean"


def _loss(z: Array, labels: Array) -> float:
    """Cross-entropy per sample."""
    with np.errstate(invalid="ignore", over="ignore"):
        z = z - z.max(axis=0)
        return float(np.mean(np.log(np.exp(z).sum(axis=0)) - z[labels, np.arange(len(labels))]))


def _state(w: Array, h: Array, labels: Array) -> dict[str, float]:
    z = w @ h
    columns = np.arange(len(labels))
    own = z[labels, columns]
    z[labels, columns] = -np.inf
    z[labels, columns], margin = own, float(np.min(own - z.max(axis=0)))
    return {"loss": _loss(z, labels), "smallest margin": margin, "norm of W": float(np.linalg.norm(w))}
