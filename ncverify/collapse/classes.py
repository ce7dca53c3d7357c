"""What is measured: features by class, with the centrings that published codes use."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Literal

import numpy as np

from ncverify.collapse.numbers import Array, Number, Numbers

Over = Literal["samples", "classes"]
"""What a mean runs over: all samples, or the class means (the same if every class has as many samples)."""


@dataclass(frozen=True)
class Classes:
    """Features (N x d), labels (N), classifier (K x d, or None) and bias (K, or None) of one number type."""

    numbers: Numbers
    features: Array
    labels: Array
    count: int
    classifier: Array | None
    bias: Array | None

    @cached_property
    def sizes(self) -> list[int]:
        """Samples per class."""
        return [int(size) for size in np.bincount(self.labels, minlength=self.count)]

    @cached_property
    def means(self) -> Array:
        """Class means, K x d."""
        rows = [self.features[self.labels == k].sum(axis=0) / size for k, size in enumerate(self.sizes)]
        return np.stack(rows)

    @cached_property
    def residuals(self) -> Array:
        """Features minus the mean of their class, N x d."""
        return self.features - self.means[self.labels]

    def weights(self, over: Over) -> Array:
        """What each class counts: n_k/N over samples, 1/K over classes."""
        sizes = self.sizes if over == "samples" else [1] * self.count
        return self.numbers.array([Fraction(size, sum(sizes)) for size in sizes])

    def shares(self, over: Over) -> Array:
        """What each sample counts: 1/N over samples, 1/(K n_k) over classes."""
        sizes = self.sizes
        each = [
            Fraction(1, len(self.labels)) if over == "samples" else Fraction(1, self.count * size)
            for size in sizes
        ]
        return self.numbers.array([each[label] for label in self.labels])

    def centre(self, over: Over) -> Array:
        """The global mean of the features."""
        return (self.means * self.weights(over)[:, None]).sum(axis=0)

    def centred_means(self, over: Over) -> Array:
        """Class means minus the global mean, K x d."""
        return self.means - self.centre(over)

    def within_trace(self, over: Over) -> Number:
        """tr Sigma_W."""
        return (squares(self.residuals) * self.shares(over)).sum()

    def between_trace(self, over: Over, centre: Over) -> Number:
        """tr Sigma_B."""
        return (squares(self.centred_means(centre)) * self.weights(over)).sum()


def squares(rows: Array) -> Array:
    """Squared lengths of the rows."""
    return (rows * rows).sum(axis=1)


def pairs(count: int) -> tuple[Array, Array]:
    """The index pairs k < l."""
    first, second = np.triu_indices(count, 1)
    return first, second
