"""What an experiment recorded: measures of collapse at increasing times."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ncverify.errors import InputError

Progress = Callable[[int, int], None]
"""Called with (done, all) now and then during long work."""

# What the figures of the layer-peeled paper show, panel by panel: (title, measures).
PANELS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "variation of norms",
        ("nc2.norm_variation", "nc2.norm_variation_classifier", "nc2.norm_variation_classifier_centered"),
    ),
    ("within-class variation", ("nc1.norm_ratio",)),
    ("cosines to -1/(K-1)", ("nc2.cosine", "nc2.cosine_classifier", "nc2.cosine_classifier_centered")),
    ("distance to self-duality", ("nc3.direction", "nc3.direction_centered")),
)
MEASURES = tuple(name for _, names in PANELS for name in names)


@dataclass(frozen=True, repr=False)
class Run:
    """Measures along one training run.

    log_times: natural logarithms of the time (epochs, or gradient-flow time), increasing; measures: values by
    name of ``nv.collapse``; extra: other recorded curves, such as the loss; about: what was run, plain JSON;
    stopped: why it ended early, or empty.
    """

    log_times: tuple[float, ...]
    measures: Mapping[str, tuple[float, ...]]
    extra: Mapping[str, tuple[float, ...]]
    about: Mapping[str, Any]
    stopped: str = field(default="")

    def slopes(self, tail: float = 0.5) -> dict[str, float]:
        """d log(measure) / d log(log t) by least squares over the last ``tail`` of the range of log log t.

        -1 means decay like 1/log t.  Empty where the run has fewer than 3 times with log t > 1 there.
        """
        if not 0 < tail <= 1:
            raise InputError(f"tail {tail} is out of range: a fraction up to 1")
        if not self.log_times:
            return {}
        x = np.log(np.maximum(np.asarray(self.log_times), 1.0))
        kept = x >= x[-1] - tail * (x[-1] - x[0])
        if kept.sum() < 3 or x[kept][-1] <= x[kept][0]:
            return {}
        out = {}
        for name, values in self.measures.items():
            y = np.asarray(values)[kept]
            if np.all(y > 0):
                out[name] = float(np.polyfit(x[kept], np.log(y), 1)[0])
        return out

    def table(self, rows: int = 8) -> str:
        """Measures at some of the times, and the slopes of the tail, as text."""
        if not self.log_times:
            return f"nothing was recorded; stopped: {self.stopped}"
        shown = sorted({int(i) for i in np.linspace(0, len(self.log_times) - 1, rows)})
        head = f"{'log t':<40}" + "".join(f"{self.log_times[i]:>11.4g}" for i in shown) + "    slope"
        slopes = self.slopes()
        lines = [head]
        for name, values in self.measures.items():
            slope = f"{slopes[name]:>9.3f}" if name in slopes else f"{'-':>9}"
            lines.append(f"{name:<40}" + "".join(f"{values[i]:>11.3g}" for i in shown) + slope)
        for name, values in self.extra.items():
            lines.append(f"{name:<40}" + "".join(f"{values[i]:>11.3g}" for i in shown))
        if self.stopped:
            lines.append(f"stopped: {self.stopped}")
        return "\n".join(lines)

    __str__ = __repr__ = table

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(self.table())}</pre>"

    def plot(self, path: str | Path | None = None) -> Any:
        """Four panels as in the paper, measures against log t, both axes logarithmic; see ``figure.plot``."""
        from ncverify.experiments.figure import plot

        return plot([self], path)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values (doubles)."""
        return {
            "about": dict(self.about),
            "log_t": list(self.log_times),
            "measures": {name: list(values) for name, values in self.measures.items()},
            "extra": {name: list(values) for name, values in self.extra.items()},
            "slopes": self.slopes(),
            "stopped": self.stopped,
        }

    def save(self, path: str | Path) -> None:
        """Write ``to_json`` to a file."""
        Path(path).write_text(json.dumps(self.to_json(), indent=1) + "\n")


@dataclass
class Recorder:
    """Collects what a run measures."""

    about: Mapping[str, Any]
    measured: Sequence[str] = MEASURES
    log_times: list[float] = field(default_factory=list)
    values: dict[str, list[float]] = field(default_factory=dict)
    extra: dict[str, list[float]] = field(default_factory=dict)

    def add(self, log_time: float, features: Any, labels: Any, classifier: Any, **extra: float) -> None:
        """Measure a state (features N x d, classifier K x d) at a time."""
        from ncverify.collapse import measure

        found = measure(features, labels, classifier, only=self.measured)
        self.log_times.append(log_time)
        for name in self.measured:
            self.values.setdefault(name, []).append(float(found[name]))
        for name, value in extra.items():
            self.extra.setdefault(name, []).append(value)

    def run(self, stopped: str = "") -> Run:
        """All that was recorded."""
        return Run(
            tuple(self.log_times),
            {name: tuple(values) for name, values in self.values.items()},
            {name: tuple(values) for name, values in self.extra.items()},
            self.about,
            stopped,
        )
