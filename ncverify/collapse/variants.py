"""The measures of neural collapse, by name: formula with choices, source, and how ranks are decided.

Published codes agree on the ideas NC1 to NC4 and differ in what they average, centre, square and invert.
A *family* is one formula; its *choices* are what codes differ in; a *variant* has its choices made.
Notation: x_i features, mu_k class means, n_k samples in class k, mu_G the global mean, m_k = mu_k - mu_G,
w_k rows of the classifier.  All measures but nc4.agreement are 0 at collapse.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from ncverify.collapse.classes import Classes, pairs, squares
from ncverify.collapse.numbers import Array, Number

PAPYAN = "Papyan, Han, Donoho, PNAS 117 (2020)"
ZHU = "Zhu et al., NeurIPS 2021 (arXiv 2105.02375)"
JI = "Ji et al., arXiv 2110.02796, section 4"
GALANTI = "Galanti, Gyorgy, Hutter, ICLR 2022 (arXiv 2112.15121)"

Formula = Callable[..., Number]


@dataclass(frozen=True)
class Family:
    """A formula with choices; ``compute(classes, **choices)`` evaluates it."""

    name: str
    compute: Formula


@dataclass(frozen=True)
class Variant:
    """A measure as a published code computes it."""

    name: str
    family: Family
    choices: Mapping[str, Any]
    formula: str
    source: str
    rank_rule: str = "no rank is decided"

    @property
    def needs_classifier(self) -> bool:
        """Whether it compares with the classifier."""
        return "classifier" in self.choices.values() or self.family in (DUALITY, DIRECTIONS, AGREEMENT)


def _trace_ratio(c: Classes, *, within: Any, between: Any, centre: Any, under: str) -> Number:
    inside, outside = c.within_trace(within), c.between_trace(between, centre)
    return c.numbers.divide(
        inside, outside if under == "between" else inside + outside, f"the {under} variance"
    )


def _pseudoinverse(c: Classes, *, within: Any, between: Any, centre: Any, divided: bool) -> Number:
    value = c.numbers.pseudoinverse_trace(
        c.residuals, c.shares(within), c.centred_means(centre), c.weights(between)
    )
    return value / c.count if divided else value


def _norm_ratio(c: Classes, *, centre: Any) -> Number:
    inside = c.numbers.sqrt(squares(c.residuals)).sum()
    outside = c.numbers.sqrt(squares(c.features - c.centre(centre))).sum()
    return c.numbers.divide(inside, outside, "every feature minus the global mean")


def _distance_normalized(c: Classes) -> Number:
    spread = squares(c.residuals)
    variances = c.numbers.array([0] * c.count)
    for k, size in enumerate(c.sizes):
        variances[k] = spread[c.labels == k].sum() / size
    first, second = pairs(c.count)
    distances = squares(c.means[first] - c.means[second])
    ratios = c.numbers.divide(variances[first] + variances[second], distances, "a distance of class means")
    return ratios.sum() / (2 * len(first))


def _rows(c: Classes, of: str, centre: Any) -> Array:
    """What is compared between classes: means or classifier rows, centred or not."""
    if of == "means":
        return c.centred_means(centre) if centre else c.means
    assert c.classifier is not None  # needs_classifier
    rows = c.classifier
    return rows - rows.sum(axis=0) / c.count if centre else rows


def _norm_variation(c: Classes, *, of: str, centre: Any, ddof: int) -> Number:
    norms = c.numbers.sqrt(squares(_rows(c, of, centre)))
    mean = norms.sum() / c.count
    deviation = c.numbers.sqrt(np.asarray([((norms - mean) * (norms - mean)).sum() / (c.count - ddof)]))[0]
    return c.numbers.divide(deviation, mean, f"every one of the {of}")


def _cosines(c: Classes, of: str, centre: Any) -> Array:
    rows = _rows(c, of, centre)
    first, second = pairs(c.count)
    lengths = squares(rows)
    norms = c.numbers.sqrt(lengths[first] * lengths[second])
    return c.numbers.divide((rows[first] * rows[second]).sum(axis=1), norms, f"one of the {of}")


def _cosine(c: Classes, *, of: str, centre: Any, worst: bool) -> Number:
    off = c.numbers.absolute(_cosines(c, of, centre) + _exact(c, Fraction(1, c.count - 1)))
    return c.numbers.largest(off) if worst else off.sum() / len(off)


def _angle_variation(c: Classes, *, of: str, centre: Any) -> Number:
    cosines = _cosines(c, of, centre)
    off = cosines - cosines.sum() / len(cosines)
    return c.numbers.sqrt(np.asarray([(off * off).sum() / len(off)]))[0]


def _gram(c: Classes, *, left: str, right: str, centre: Any) -> Number:
    """|G/|G| - (I - J/K)/sqrt(K-1)| with G = A B^T."""
    return _to_frame(c, _rows(c, left, centre) @ _rows(c, right, centre).T)


def _to_frame(c: Classes, gram: Array) -> Number:
    frame = c.numbers.array(
        [[Fraction(int(k == j)) - Fraction(1, c.count) for j in range(c.count)] for k in range(c.count)]
    )
    root = c.numbers.sqrt(c.numbers.array([c.count - 1]))[0]
    return _frobenius(c, _unit(c, gram, "the product of the two") - frame / root, squared=False)


def _unit(c: Classes, matrix: Array, what: str) -> Array:
    return c.numbers.divide(matrix, _frobenius(c, matrix, squared=False), what)


def _frobenius(c: Classes, matrix: Array, *, squared: bool) -> Number:
    value = (matrix * matrix).sum()
    return value if squared else c.numbers.sqrt(np.asarray([value]))[0]


def _duality(c: Classes, *, centre_classifier: bool, centre: Any, squared: bool) -> Number:
    classifier = _unit(c, _rows(c, "classifier", centre_classifier), "the classifier")
    means = _unit(c, c.centred_means(centre), "every centred class mean")
    return _frobenius(c, classifier - means, squared=squared)


def _directions(c: Classes, *, centre_classifier: bool, centre: Any) -> Number:
    def units(rows: Array, what: str) -> Array:
        return c.numbers.divide(rows, c.numbers.sqrt(squares(rows))[:, None], what)

    gap = units(c.centred_means(centre), "a centred class mean") - units(
        _rows(c, "classifier", centre_classifier), "a row of the classifier"
    )
    return c.numbers.sqrt(squares(gap)).sum() / c.count


def _agreement(c: Classes, *, bias: bool, complement: bool) -> Number:
    scores = c.features @ _rows(c, "classifier", False).T
    if bias and c.bias is not None:
        scores = scores + c.bias
    distances = np.stack([squares(c.features - mean) for mean in c.means], axis=1)
    value = c.numbers.agreement(scores, distances)
    return 1 - value if complement else value


def _exact(c: Classes, value: Fraction) -> Number:
    return c.numbers.array([value])[0]


TRACE = Family("trace ratio", _trace_ratio)
PSEUDOINVERSE = Family("pseudoinverse", _pseudoinverse)
NORM_RATIO = Family("ratio of mean norms", _norm_ratio)
CDNV = Family("distance-normalised variance", _distance_normalized)
NORMS = Family("variation of norms", _norm_variation)
COSINE = Family("cosines to -1/(K-1)", _cosine)
ANGLES = Family("variation of cosines", _angle_variation)
GRAM = Family("Gram matrix to the frame", _gram)
DUALITY = Family("distance of normalised matrices", _duality)
DIRECTIONS = Family("distance of directions", _directions)
AGREEMENT = Family("nearest class mean", _agreement)

_SAMPLES = {"within": "samples", "between": "samples", "centre": "samples"}
_CLASSES = {"within": "classes", "between": "classes", "centre": "classes"}
_MEANS = {"of": "means", "centre": "samples"}
_CLASSIFIER = {"of": "classifier", "centre": False}
_CENTRED = {"of": "classifier", "centre": True}
_RANK = (
    "rank of Sigma_B: at most K-1; in doubles singular values of the centred means above max(K, d) eps times "
    "the largest; with balls K-1, or undefined; exact in fractions"
)


def _variants() -> tuple[Variant, ...]:
    mixed = {"within": "samples", "between": "classes", "centre": "samples"}
    return (
        Variant(
            "nc1.trace_ratio",
            TRACE,
            {**_SAMPLES, "under": "between"},
            "tr Sigma_W / tr Sigma_B: avg over samples of |x_i - mu|^2, over that of |m_k|^2",
            "analysis of variance; used where K is large",
        ),
        Variant(
            "nc1.trace_ratio_classes",
            TRACE,
            {**_CLASSES, "under": "between"},
            "tr Sigma_W / tr Sigma_B with every class counted 1/K",
            "class-balanced form of the same",
        ),
        Variant(
            "nc1.total_ratio",
            TRACE,
            {**_SAMPLES, "under": "total"},
            "tr Sigma_W / (tr Sigma_W + tr Sigma_B)",
            "fraction of variance that is within classes",
        ),
        Variant(
            "nc1.pinv",
            PSEUDOINVERSE,
            {**mixed, "divided": True},
            "(1/K) tr(Sigma_W Sigma_B^+), Sigma_W over samples, Sigma_B = (1/K) sum_k m_k m_k^T",
            f"{PAPYAN}; {ZHU}, with m_k from the mean of all samples",
            _RANK,
        ),
        Variant(
            "nc1.pinv_samples",
            PSEUDOINVERSE,
            {**_SAMPLES, "divided": True},
            "(1/K) tr(Sigma_W Sigma_B^+), both over samples",
            f"{PAPYAN}, for classes of unequal size",
            _RANK,
        ),
        Variant(
            "nc1.pinv_unscaled",
            PSEUDOINVERSE,
            {**mixed, "divided": False},
            "tr(Sigma_W Sigma_B^+)",
            "codes that leave out 1/K",
            _RANK,
        ),
        Variant(
            "nc1.norm_ratio",
            NORM_RATIO,
            {"centre": "samples"},
            "avg |x_i - mu| / avg |x_i - mu_G|",
            JI,
        ),
        Variant(
            "nc1.cdnv",
            CDNV,
            {},
            "avg over k < l of (Var_k + Var_l) / (2 |mu_k - mu_l|^2)",
            GALANTI,
        ),
        Variant(
            "nc2.norm_variation",
            NORMS,
            {**_MEANS, "ddof": 0},
            "std |m_k| / avg |m_k|, std with 1/K",
            f"{PAPYAN}; {JI}",
        ),
        Variant(
            "nc2.norm_variation_unbiased",
            NORMS,
            {**_MEANS, "ddof": 1},
            "std |m_k| / avg |m_k|, std with 1/(K-1)",
            "codes on torch.std, whose default is 1/(K-1)",
        ),
        Variant(
            "nc2.norm_variation_classifier",
            NORMS,
            {**_CLASSIFIER, "ddof": 0},
            "std |w_k| / avg |w_k|, std with 1/K",
            f"{PAPYAN}; {JI}",
        ),
        Variant(
            "nc2.norm_variation_classifier_centered",
            NORMS,
            {**_CENTRED, "ddof": 0},
            "std |w_k - w| / avg |w_k - w|, w the mean row, std with 1/K",
            "classifiers centred first",
        ),
        Variant(
            "nc2.cosine",
            COSINE,
            {**_MEANS, "worst": False},
            "avg over k < l of |cos(m_k, m_l) + 1/(K-1)|",
            f"{PAPYAN}; {JI}",
        ),
        Variant(
            "nc2.coherence",
            COSINE,
            {**_MEANS, "worst": True},
            "max over k < l of |cos(m_k, m_l) + 1/(K-1)|",
            "worst pair of the same",
        ),
        Variant(
            "nc2.cosine_uncentered",
            COSINE,
            {"of": "means", "centre": False, "worst": False},
            "avg over k < l of |cos(mu_k, mu_l) + 1/(K-1)|",
            "codes that forget the global mean (features after ReLU are not centred)",
        ),
        Variant(
            "nc2.cosine_classifier",
            COSINE,
            {**_CLASSIFIER, "worst": False},
            "avg over k < l of |cos(w_k, w_l) + 1/(K-1)|",
            f"{PAPYAN}; {JI}",
        ),
        Variant(
            "nc2.cosine_classifier_centered",
            COSINE,
            {**_CENTRED, "worst": False},
            "avg over k < l of |cos(w_k - w, w_l - w) + 1/(K-1)|, w the mean row",
            "classifiers centred first",
        ),
        Variant(
            "nc2.angle_variation",
            ANGLES,
            _MEANS,
            "std over k < l of cos(m_k, m_l)",
            PAPYAN,
        ),
        Variant(
            "nc2.angle_variation_classifier",
            ANGLES,
            _CLASSIFIER,
            "std over k < l of cos(w_k, w_l)",
            PAPYAN,
        ),
        Variant(
            "nc2.gram_classifier",
            GRAM,
            {"left": "classifier", "right": "classifier", "centre": False},
            "|G/|G| - (I - J/K)/sqrt(K-1)|, G = W W^T, Frobenius norms",
            ZHU,
        ),
        Variant(
            "nc2.gram_means",
            GRAM,
            {"left": "means", "right": "means", "centre": "samples"},
            "|G/|G| - (I - J/K)/sqrt(K-1)|, G = M M^T",
            "the same for class means",
        ),
        Variant(
            "nc3.uncentered",
            DUALITY,
            {"centre_classifier": False, "centre": "samples", "squared": False},
            "|W/|W| - M/|M||, M the centred class means, W as it is",
            PAPYAN,
        ),
        Variant(
            "nc3.centered",
            DUALITY,
            {"centre_classifier": True, "centre": "samples", "squared": False},
            "|W/|W| - M/|M||, both centred",
            "invariant under w_k -> w_k + a, as the softmax is",
        ),
        Variant(
            "nc3.squared",
            DUALITY,
            {"centre_classifier": False, "centre": "samples", "squared": True},
            "|W/|W| - M/|M||^2",
            "codes that print the squared norm",
        ),
        Variant(
            "nc3.gram",
            GRAM,
            {"left": "classifier", "right": "means", "centre": False},
            "|G/|G| - (I - J/K)/sqrt(K-1)|, G = W (mu_1, ..., mu_K), nothing centred",
            f"{ZHU}, without centring",
        ),
        Variant(
            "nc3.gram_centered",
            GRAM,
            {"left": "classifier", "right": "means", "centre": "samples"},
            "|G/|G| - (I - J/K)/sqrt(K-1)|, G = W (m_1, ..., m_K), both centred",
            ZHU,
        ),
        Variant(
            "nc3.direction",
            DIRECTIONS,
            {"centre_classifier": False, "centre": "samples"},
            "avg |m_k/|m_k| - w_k/|w_k||",
            JI,
        ),
        Variant(
            "nc3.direction_centered",
            DIRECTIONS,
            {"centre_classifier": True, "centre": "samples"},
            "avg |m_k/|m_k| - (w_k - w)/|w_k - w||",
            f"{JI}, in its words (the formula has w_k)",
        ),
        Variant(
            "nc4.agreement",
            AGREEMENT,
            {"bias": True, "complement": False},
            "fraction of samples with argmax_k (w_k x + b_k) = argmin_k |x - mu_k| (first index where tied)",
            PAPYAN,
        ),
        Variant(
            "nc4.mismatch",
            AGREEMENT,
            {"bias": True, "complement": True},
            "1 - nc4.agreement",
            PAPYAN,
        ),
        Variant(
            "nc4.agreement_without_bias",
            AGREEMENT,
            {"bias": False, "complement": False},
            "the same without b",
            "codes whose last layer is read without its bias",
        ),
    )


VARIANTS: Mapping[str, Variant] = {variant.name: variant for variant in _variants()}
