"""``measure``: all variants at once, and why two of them differ."""

from __future__ import annotations

import html
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from math import isfinite, nan
from typing import Any, Literal

import numpy as np
from flint import arb

from ncverify.collapse.classes import Classes, squares
from ncverify.collapse.numbers import BALL, DOUBLE, EXACT, Number, Undefined
from ncverify.collapse.reading import read_classes
from ncverify.collapse.variants import VARIANTS, Variant
from ncverify.errors import InputError
from ncverify.theory.balls import is_finite, precision, to_decimal

_KINDS = {"double": DOUBLE, "ball": BALL, "exact": EXACT}


@dataclass(frozen=True, repr=False)
class Metric:
    """One variant and its value; ``value`` is None where it is undefined, and ``note`` says why."""

    variant: Variant
    value: Number | None
    note: str = ""

    def __float__(self) -> float:
        if self.value is None:
            return nan
        return float(self.value.mid()) if isinstance(self.value, arb) else float(self.value)

    def __str__(self) -> str:
        return f"undefined: {self.note}" if self.value is None else _text(self.value)

    def __repr__(self) -> str:
        return f"{self.variant.name} = {self}: {self.variant.formula}"


@dataclass(frozen=True, repr=False)
class Measurement(Mapping[str, Metric]):
    """The measures of one state of a network, by name."""

    classes: Classes
    metrics: Mapping[str, Metric]
    bits: int

    def __getitem__(self, name: str) -> Metric:
        if name not in self.metrics:
            known = ", ".join(self.metrics)
            raise InputError(f"there is no measure {name!r} here; there are {known}")
        return self.metrics[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.metrics)

    def __len__(self) -> int:
        return len(self.metrics)

    def to_json(self) -> dict[str, dict[str, str]]:
        """Values as text (doubles with all their digits), with formula and source."""
        return {
            name: {
                "value": repr(m.value) if isinstance(m.value, float) else str(m),
                "formula": m.variant.formula,
                "source": m.variant.source,
                "rank rule": m.variant.rank_rule,
            }
            for name, m in self.items()
        }

    def __str__(self) -> str:
        width = max(map(len, self))
        return "\n".join(f"{name:<{width}}  {metric}" for name, metric in self.items())

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th style="text-align:left">{name}</th><td>{html.escape(str(m))}</td>'
            f'<td style="text-align:left">{html.escape(m.variant.formula)}</td>'
            f'<td style="text-align:left">{html.escape(m.variant.source)}</td></tr>'
            for name, m in self.items()
        )
        return f"<table><tr><th></th><th>value</th><th>formula</th><th>source</th></tr>{rows}</table>"

    def explain(self, a: str, b: str | None = None) -> str:
        """Why the measures ``a`` and ``b`` differ on this input: their choices, changed one at a time.

        With one name: its value, formula, source, and the measures of the same family to compare it with.
        """
        if b is None:
            return "\n".join(self._about(a))
        first, second = self[a], self[b]
        lines = [f"{name} = {m}: {m.variant.formula}" for name, m in ((a, first), (b, second))]
        if first.variant.family is second.variant.family:
            lines += self._path(first.variant, second.variant)
        else:
            lines.append(
                f"they are different quantities: {first.variant.family.name} and {second.variant.family.name}"
            )
            if {first.variant.family.name, second.variant.family.name} == {"trace ratio", "pseudoinverse"}:
                lines += self._inverse_or_trace()
        return "\n".join(lines)

    def _about(self, name: str) -> Iterator[str]:
        metric = self[name]
        yield repr(metric)
        yield f"source: {metric.variant.source}; {metric.variant.rank_rule}"
        others = [x for x, m in self.items() if m.variant.family is metric.variant.family and x != name]
        if others:
            yield f"compare with {', '.join(others)}: explain({name!r}, {others[0]!r})"

    def _path(self, start: Variant, end: Variant) -> list[str]:
        choices, lines = dict(start.choices), []
        before = self.metrics[start.name]
        for key in end.choices:
            if choices[key] == end.choices[key]:
                continue
            old, choices[key] = choices[key], end.choices[key]
            now = _evaluate(Variant("", start.family, dict(choices), "", ""), self.classes, self.bits)
            same = "no change here" if str(now) == str(before) else f"{before} -> {now}"
            lines.append(
                f"{_CHOICES[key]}: {_shown(old)} -> {_shown(choices[key])}: {same}{self._reason(key)}"
            )
            before = now
        return lines or ["they are the same"]

    def _reason(self, key: str) -> str:
        sizes = self.classes.sizes
        if key in ("within", "between", "centre") and len(set(sizes)) == 1:
            return f" (all classes have {sizes[0]} samples)"
        if key in ("within", "between"):
            return f" (classes of {min(sizes)} to {max(sizes)} samples)"
        if key == "ddof":
            return f" (a factor sqrt(K/(K-1)) for K = {self.classes.count})"
        if key == "centre_classifier" or key == "centre":
            rows = self.classes.classifier
            if key == "centre_classifier" and rows is not None:
                with precision(self.bits):
                    mean = rows.sum(axis=0) / self.classes.count
                    ratio = _float((mean * mean).sum()) * self.classes.count / _float((rows * rows).sum())
                return f" (the mean row holds {ratio:.3g} of the squared norm of the classifier)"
        return ""

    def _inverse_or_trace(self) -> list[str]:
        """Where the within-class variance lies beside the directions of the class means."""
        c = self.classes
        means = np.vectorize(_float)(c.centred_means("samples")).astype(float)
        residuals = np.vectorize(_float)(c.residuals).astype(float)
        factor = means / np.sqrt(c.count)
        _, sigma, directions = np.linalg.svd(factor, full_matrices=False)
        rank = max(1, min(c.count - 1, int(np.sum(sigma > 1e-12 * sigma[0]))))
        inside = (residuals @ directions[:rank].T) ** 2
        total = float(np.sum(squares(residuals)))
        share = float(inside.sum()) / total if total else 0.0
        spread = float((sigma[0] / sigma[rank - 1]) ** 2)
        return [
            f"Sigma_B has rank {rank}; its eigenvalues differ by a factor {spread:.3g}: the trace weighs all "
            "directions alike, the inverse weighs each by 1/eigenvalue",
            f"{share:.3g} of the within-class variance lies in the span of the class means: only that "
            "enters the pseudoinverse, all of it the trace",
        ]


_CHOICES = {
    "within": "Sigma_W averages over",
    "between": "Sigma_B averages over",
    "centre": "the centre is the mean over",
    "under": "divided by the variance",
    "divided": "divided by K",
    "ddof": "standard deviation with 1/(K - ddof), ddof",
    "of": "measured on the",
    "worst": "worst pair instead of the average",
    "centre_classifier": "classifier centred",
    "squared": "squared",
    "left": "left factor",
    "right": "right factor",
    "bias": "with the bias",
    "complement": "one minus it",
}


def _shown(choice: Any) -> str:
    return {True: "yes", False: "no"}.get(choice, str(choice)) if isinstance(choice, bool) else str(choice)


def _float(value: Any) -> float:
    return float(value.mid()) if isinstance(value, arb) else float(value)


def measure(
    features: Any,
    labels: Any,
    classifier: Any = None,
    bias: Any = None,
    *,
    numbers: Literal["double", "ball", "exact"] = "double",
    digits: int = 50,
    only: Collection[str] | None = None,
) -> Measurement:
    """All measures of neural collapse of N samples in K classes.

    features (N x d, a sample a row), labels (N whole numbers 0 .. K-1), classifier (K x d) and bias (K):
    NumPy arrays, torch tensors, lists, or anything with ``__array__``.  Without a classifier only what
    needs none is measured.  ``numbers``: "double"; "ball": enclosures for exactly the numbers given, with
    about ``digits`` digits; "exact": fractions and SymPy radicals.  ``only``: names of what to measure.
    Raises ``InputError`` for shapes that do not fit, empty classes, a single class, values that are not
    finite.  Cost: O(N d K) and an SVD of K x d.
    """
    if numbers not in _KINDS:
        raise InputError(f"numbers {numbers!r}: use double, ball or exact")
    if not 5 <= digits <= 1000:
        raise InputError(f"digits {digits} is out of range: 5 to 1000")
    unknown = sorted(set(only or ()) - set(VARIANTS))
    if unknown:
        raise InputError(f"there is no measure {unknown[0]!r}; there are {', '.join(VARIANTS)}")
    bits = round(digits * 3.33) + 32
    with precision(bits):
        classes = read_classes(features, labels, classifier, bias, _KINDS[numbers])
        metrics = {
            name: _evaluate(variant, classes, bits)
            for name, variant in VARIANTS.items()
            if (only is None or name in only)
            and (classes.classifier is not None or not variant.needs_classifier)
        }
    return Measurement(classes, metrics, bits)


def _evaluate(variant: Variant, classes: Classes, bits: int) -> Metric:
    try:
        with precision(bits), np.errstate(all="ignore"):
            value = variant.family.compute(classes, **variant.choices)
    except Undefined as error:
        return Metric(variant, None, str(error))
    if isinstance(value, arb) and not is_finite(value):
        return Metric(variant, None, "not determined at this precision")
    if isinstance(value, float) and not isfinite(value):
        return Metric(variant, None, 'entries of too different sizes for doubles: use numbers="exact"')
    return Metric(variant, float(value) if isinstance(value, np.floating) else value)


def _text(value: Number) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(to_decimal(value, 20)) if isinstance(value, arb) else str(value)
