"""Measures of collapse: exact values, the formulas of public codes, number types, and what is refused."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from flint import arb
from sympy import Rational, sqrt

import ncverify as nv
from ncverify.collapse import VARIANTS, measure
from ncverify.errors import InputError

F = Fraction


def simplex(count: int, samples: int, scale: Fraction = F(3)) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Exact collapse: features, labels, classifier."""
    frame = np.array([[F(int(i == j)) - F(1, count) for j in range(count)] for i in range(count)])
    return np.repeat(frame, samples, axis=0), np.repeat(np.arange(count), samples), frame * scale


# Three classes of two samples: means (2, 0), (0, 2), (-2, 0), centre (0, 2/3).
BY_HAND = (
    [[1, 0], [3, 0], [0, 2], [0, 2], [-1, -1], [-3, 1]],
    [0, 0, 1, 1, 2, 2],
    [[1, 0], [0, 1], [-1, -1]],
)


@pytest.mark.parametrize("count", [2, 3, 5, 8])
@pytest.mark.parametrize("numbers", ["double", "ball", "exact"])
def test_every_measure_vanishes_at_collapse(count: int, numbers: str) -> None:
    features, labels, classifier = simplex(count, 3)
    if numbers == "double":
        features, classifier = features.astype(float), classifier.astype(float)
    measured = nv.collapse.measure(features, labels, classifier, numbers=numbers)
    assert set(measured) == set(VARIANTS)
    for name, metric in measured.items():
        wanted = 1 if "agreement" in name else 0
        if numbers == "exact":
            assert metric.value == wanted, name
        elif numbers == "ball":
            assert (metric.value - wanted).contains(0), name
            assert abs(metric.value - wanted).abs_upper() < arb("1e-45"), name
        else:
            assert abs(metric.value - wanted) < 1e-14, name


def test_values_by_hand() -> None:
    m = nv.collapse.measure(*BY_HAND, numbers="exact")
    assert m["nc1.trace_ratio"].value == F(9, 32)  # 1 over (40 + 16 + 40)/27
    assert m["nc1.total_ratio"].value == F(9, 41)
    assert m["nc1.cdnv"].value == F(3, 32)  # (1/8 + 3/16 ... ) = (1/16 + 3/32 + 1/8)/3
    assert m["nc1.pinv"].value == F(5, 24)
    assert m["nc2.cosine"].value == Rational(13, 30) - sqrt(10) / 15
    assert m["nc2.coherence"].value == F(3, 10)  # cos of the first and last centred means is -4/5
    assert m["nc4.agreement"].value == 1


def test_values_by_hand_in_all_number_types() -> None:
    exact = nv.collapse.measure(*BY_HAND, numbers="exact")
    double = nv.collapse.measure(*BY_HAND)
    ball = nv.collapse.measure(*BY_HAND, numbers="ball", digits=30)
    for name in VARIANTS:
        assert float(double[name]) == pytest.approx(float(exact[name]), abs=1e-14), name
        assert float(ball[name]) == pytest.approx(float(exact[name]), abs=1e-14), name
        assert ball[name].value.rad() < arb("1e-28"), name


def random_state(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    count, dimension = int(rng.integers(2, 7)), int(rng.integers(1, 9))
    labels = np.concatenate([np.arange(count), rng.integers(0, count, size=4 * count)])
    features = rng.normal(size=(len(labels), dimension)) + 2 * rng.normal(size=(count, dimension))[labels]
    return features, labels, rng.normal(size=(count, dimension)), rng.normal(size=count)


@pytest.mark.parametrize("seed", range(8))
def test_the_formulas_of_public_codes(seed: int) -> None:
    """Each measure once more as codes write it: by loops and covariance matrices."""
    x, y, w, b = random_state(seed)
    n, count = len(x), len(w)
    mu = np.array([x[y == k].mean(0) for k in range(count)])
    centre = x.mean(0)
    m = mu - centre
    inside = sum(np.outer(x[i] - mu[y[i]], x[i] - mu[y[i]]) for i in range(n)) / n
    between = sum(np.outer(v, v) for v in m) / count
    weighted = sum(np.sum(y == k) * np.outer(m[k], m[k]) for k in range(count)) / n
    norms, rows = np.linalg.norm(m, axis=1), np.linalg.norm(w, axis=1)
    pairs = [(k, j) for k in range(count) for j in range(k)]

    def off(vectors: np.ndarray) -> list[float]:
        units = vectors / np.linalg.norm(vectors, axis=1)[:, None]
        return [abs(float(units[k] @ units[j]) + 1 / (count - 1)) for k, j in pairs]

    def to_frame(gram: np.ndarray) -> float:
        frame = (np.eye(count) - 1 / count) / np.sqrt(count - 1)
        return float(np.linalg.norm(gram / np.linalg.norm(gram) - frame))

    variance = [np.mean(np.sum((x[y == k] - mu[k]) ** 2, axis=1)) for k in range(count)]
    nearest = [int(np.argmin(np.linalg.norm(mu - row, axis=1))) for row in x]
    duality = np.linalg.norm(w / np.linalg.norm(w) - m / np.linalg.norm(m))
    wanted = {
        "nc1.trace_ratio": np.trace(inside) / np.trace(weighted),
        "nc1.pinv": np.trace(inside @ np.linalg.pinv(between, rcond=1e-10)) / count,
        "nc1.pinv_samples": np.trace(inside @ np.linalg.pinv(weighted, rcond=1e-10)) / count,
        "nc1.norm_ratio": np.mean(np.linalg.norm(x - mu[y], axis=1))
        / np.mean(np.linalg.norm(x - centre, axis=1)),
        "nc1.cdnv": np.mean(
            [(variance[k] + variance[j]) / (2 * np.sum((mu[k] - mu[j]) ** 2)) for k, j in pairs]
        ),
        "nc2.norm_variation": norms.std() / norms.mean(),
        "nc2.norm_variation_unbiased": norms.std(ddof=1) / norms.mean(),
        "nc2.norm_variation_classifier": rows.std() / rows.mean(),
        "nc2.cosine": np.mean(off(m)),
        "nc2.coherence": np.max(off(m)),
        "nc2.cosine_uncentered": np.mean(off(mu)),
        "nc2.cosine_classifier": np.mean(off(w)),
        "nc2.gram_classifier": to_frame(w @ w.T),
        "nc3.uncentered": duality,
        "nc3.squared": duality**2,
        "nc3.gram": to_frame(w @ mu.T),
        "nc3.direction": np.mean([np.linalg.norm(m[k] / norms[k] - w[k] / rows[k]) for k in range(count)]),
        "nc4.agreement": np.mean(np.argmax(x @ w.T + b, axis=1) == nearest),
    }
    measured = nv.collapse.measure(x, y, w, b)
    balls = nv.collapse.measure(x, y, w, b, numbers="ball")
    for name, value in wanted.items():
        assert float(measured[name]) == pytest.approx(value, rel=1e-9, abs=1e-12), name
        if balls[name].value is not None:
            assert float(balls[name]) == pytest.approx(value, rel=1e-9, abs=1e-12), name


def test_the_pseudoinverse_measure_is_never_negative() -> None:
    """In float32, inverting Sigma_B near collapse gives negative values."""
    rng = np.random.default_rng(1)
    count, dimension = 10, 64
    labels = np.repeat(np.arange(count), 20)
    means = 1e3 + rng.normal(size=(count, dimension)) * np.geomspace(1, 1e-3, dimension)
    features = (means[labels] + 1e-4 * rng.normal(size=(200, dimension))).astype(np.float32)
    assert nv.collapse.measure(features, labels)["nc1.pinv"].value > 0
    ball = nv.collapse.measure(features, labels, numbers="ball")["nc1.pinv"]
    assert float(nv.collapse.measure(features, labels)["nc1.pinv"]) == pytest.approx(float(ball), rel=1e-6)


def test_balls_enclose_at_two_precisions() -> None:
    x, y, w, b = random_state(11)
    coarse = nv.collapse.measure(x, y, w, b, numbers="ball", digits=15)
    fine = nv.collapse.measure(x, y, w, b, numbers="ball", digits=60)
    assert all(coarse[name].value.overlaps(fine[name].value) for name in fine)


def test_dependent_means_have_their_own_rank() -> None:
    features = [[1, 0], [3, 0], [1, 1], [3, 1], [1, 2], [3, 2]]
    labels = [0, 0, 1, 1, 2, 2]  # means on a line: rank 1 < K - 1
    exact = nv.collapse.measure(features, labels, numbers="exact")["nc1.pinv"]
    assert exact.value == 0  # the variance is across the line
    assert nv.collapse.measure(features, labels)["nc1.pinv"].value == pytest.approx(0, abs=1e-14)
    ball = nv.collapse.measure(features, labels, numbers="ball")["nc1.pinv"]
    assert ball.value is None
    assert "rank K - 1" in ball.note


def test_explain_names_what_differs() -> None:
    x, y, w, b = random_state(3)
    m = nv.collapse.measure(x, y, w, b)
    text = m.explain("nc2.norm_variation", "nc2.norm_variation_unbiased")
    assert "ddof: 0 -> 1" in text
    assert "sqrt(K/(K-1))" in text
    assert "classifier centred: no -> yes" in m.explain("nc3.uncentered", "nc3.centered")
    assert "the same" in m.explain("nc1.pinv", "nc1.pinv")
    text = m.explain("nc1.pinv", "nc1.trace_ratio")
    assert "different quantities" in text
    assert "span of the class means" in text
    features, labels, classifier = simplex(3, 2)
    balanced = nv.collapse.measure(features.astype(float), labels, classifier.astype(float))
    assert "all classes have 2 samples" in balanced.explain("nc1.pinv", "nc1.pinv_samples")


def test_without_a_classifier_only_features_are_measured() -> None:
    measured = nv.collapse.measure(BY_HAND[0], BY_HAND[1])
    assert "nc1.pinv" in measured
    assert not [name for name in measured if name.startswith(("nc3", "nc4")) or "classifier" in name]


def test_undefined_is_said_and_not_raised() -> None:
    measured = nv.collapse.measure([[1, 0], [1, 0], [1, 0]], [0, 1, 2], [[1, 0], [0, 0], [0, 1]])
    assert str(measured["nc1.trace_ratio"]).startswith("undefined: ")
    assert "classifier is 0" in str(measured["nc2.cosine_classifier"])
    assert np.isnan(float(measured["nc1.pinv"]))


@pytest.mark.parametrize(
    ("features", "labels", "classifier", "bias", "message"),
    [
        ([[1, 2], [3, 4]], [0, 0], None, None, "a single class"),
        ([[1, 2], [3, 4]], [0, 2], None, None, "class 1 of 3 has no samples"),
        ([[1, 2], [3, 4]], [0, 1], [[1, 2, 3], [1, 2, 3]], None, "2 dimensions do not fit a classifier of 3"),
        ([[1, 2], [3, 4]], [0, 1, 1], None, None, "3 labels do not fit 2 features"),
        ([[1, 2], [3, float("nan")]], [0, 1], None, None, r"features\[1, 1\] is nan"),
        ([[1, 2], [3, 4]], [0, 5], [[1, 2], [3, 4]], None, "label 5 has no row"),
        ([[1, 2], [3, 4]], [0, -1], None, None, "label -1 is negative"),
        ([[1, 2], [3, 4]], [0.0, 1.0], None, None, "give 2 whole numbers"),
        ([1, 2], [0, 1], None, None, "is not a matrix"),
        ([[1, 2], [3]], [0, 1], None, None, "features is not an array"),
        ([[1, 2], [3, 4]], [0, 1], [[1, 2], [3, 4]], [1, 2, 3], "bias of shape"),
        ([["1", "x"], ["3", "4"]], [0, 1], None, None, "is not a number"),
        ([[1j, 2], [3, 4]], [0, 1], None, None, "give real numbers"),
    ],
)
def test_what_does_not_fit_is_one_line(
    features: object, labels: object, classifier: object, bias: object, message: str
) -> None:
    with pytest.raises(InputError, match=message) as caught:
        nv.collapse.measure(features, labels, classifier, bias)
    assert "\n" not in str(caught.value)


def test_wrong_options_are_named() -> None:
    with pytest.raises(InputError, match="numbers 'float'"):
        nv.collapse.measure(*BY_HAND, numbers="float")
    with pytest.raises(InputError, match="digits 3"):
        nv.collapse.measure(*BY_HAND, numbers="ball", digits=3)
    with pytest.raises(InputError, match="there is no measure"):
        nv.collapse.measure(*BY_HAND)["nc5"]


def test_torch_like_tensors_are_read() -> None:
    class Tensor:
        """What of torch.Tensor is used: a tensor that needs a gradient refuses ``__array__``."""

        def __init__(self, values: np.ndarray, attached: bool = True) -> None:
            self.values, self.attached = values, attached

        def detach(self) -> Tensor:
            return Tensor(self.values, attached=False)

        def cpu(self) -> Tensor:
            return self

        def double(self) -> Tensor:
            return Tensor(self.values.astype(float), attached=False)

        def is_floating_point(self) -> bool:
            return self.values.dtype.kind == "f"

        def numpy(self) -> np.ndarray:
            assert not self.attached
            return self.values

    x, y, w, b = random_state(5)
    tensors = [Tensor(array) for array in (x, y, w, b)]
    assert str(nv.collapse.measure(*tensors)) == str(nv.collapse.measure(x, y, w, b))


def test_it_shows_itself() -> None:
    m = nv.collapse.measure(*BY_HAND)
    assert "nc1.pinv" in repr(m)
    assert "<table>" in m._repr_html_()
    name = next(iter(m))
    assert repr(m[name]) == f"{name} = {m[name]}: {m[name].variant.formula}"
    assert m.to_json()["nc1.trace_ratio"]["value"] == repr(m["nc1.trace_ratio"].value)


@pytest.mark.parametrize("features", [1e200, 1e-200, 2.0**1000])
@pytest.mark.parametrize("classifier", [1.0, 1e150, 1e-250])
def test_measures_do_not_depend_on_the_scale_of_doubles(features: float, classifier: float) -> None:
    rng = np.random.default_rng(0)
    x, w, labels = rng.normal(size=(12, 3)), rng.normal(size=(3, 3)), np.arange(12) % 3
    with np.errstate(all="raise"):
        plain = measure(x, labels, w)
        scaled = measure(x * features, labels, w * classifier)
    for name, metric in plain.items():
        assert float(scaled[name]) == pytest.approx(float(metric), rel=1e-9), name


def test_a_bias_is_scaled_with_the_product() -> None:
    rng = np.random.default_rng(1)
    x, w, bias, labels = (
        rng.normal(size=(40, 3)),
        rng.normal(size=(4, 3)),
        9 * rng.normal(size=4),
        np.arange(40) % 4,
    )
    plain = measure(x, labels, w, bias)["nc4.agreement"]
    assert float(plain) != float(measure(x, labels, w)["nc4.agreement"])
    scaled = measure(np.ldexp(x, 500), labels, np.ldexp(w, 400), np.ldexp(bias, 900))["nc4.agreement"]
    assert float(scaled) == float(plain)
    deciding = measure(np.ldexp(x, -900), labels, np.ldexp(w, -900), bias)["nc4.agreement"]
    assert float(deciding) == float(measure(0 * x + x, labels, 0 * w, bias)["nc4.agreement"])


def test_one_measure_is_explained() -> None:
    m = measure([[1, 0], [3, 0], [0, 2], [0, 4]], [0, 0, 1, 1])
    said = m.explain("nc1.pinv")
    assert said.startswith(f"nc1.pinv = {m['nc1.pinv']}: (1/K) tr")
    assert "Papyan" in said
    assert "explain('nc1.pinv', 'nc1.pinv_samples')" in said


def test_one_hot_labels_are_named() -> None:
    with pytest.raises(InputError, match=r"one-hot: give class numbers, such as labels.argmax\(1\)"):
        measure([[1, 0], [0, 1]], [[1, 0], [0, 1]])


def test_long_doubles_are_read_exactly():
    third = np.longdouble(1) / 3
    shown = measure(np.array([[third], [0], [1]]), [0, 1, 0], numbers="exact")["nc1.trace_ratio"].value
    exact = Fraction(*map(int, third.as_integer_ratio()))
    mean = (exact + 1) / 2
    within = ((exact - mean) ** 2 + (1 - mean) ** 2) / 3
    assert shown == within / (Fraction(2, 9) * mean**2)
