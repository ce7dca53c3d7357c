"""Reading exact numbers: floats never enter, and every refusal is one line that names the value."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from ncverify.errors import InputError
from ncverify.flows.exact import read_digits, read_matrix, read_number, read_numbers, read_time
from ncverify.flows.full import FullFlow
from ncverify.flows.reduced import ReducedFlow


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (3, Fraction(3)),
        ("1/3", Fraction(1, 3)),
        ("-7/2", Fraction(-7, 2)),
        (" 18 ", Fraction(18)),
        ("1e-30", Fraction(1, 10**30)),
        ("+.5E+1", Fraction(5)),
        ("2.", Fraction(2)),
        (Decimal("0.1"), Fraction(1, 10)),
        (Fraction(2, 7), Fraction(2, 7)),
        ("1e10000", Fraction(10**10000)),
    ],
)
def test_numbers(text: object, value: Fraction) -> None:
    assert read_number(text, "x") == value


@pytest.mark.parametrize(
    "bad",
    [
        *(0.1, float("nan"), float("inf"), True, np.float64(1), None, [1], Decimal("NaN"), 1 + 2j),
        *(
            "nan",
            "inf",
            "",
            "1e",
            "1/0",
            "1/-2",
            "0x10",
            "１",
            "1_0",
            "1e9999999",
            "--1",
            "1 2",
            "9" * 30_000,
        ),
    ],
)
def test_refused_numbers(bad: object) -> None:
    with pytest.raises(InputError) as refusal:
        read_number(bad, "start[2]")
    message = str(refusal.value)
    assert message.startswith("start[2]")
    assert "\n" not in message
    assert len(message) < 200


def test_lists_and_matrices() -> None:
    assert read_numbers("1, 2/3,4", "x") == (1, Fraction(2, 3), 4)
    assert read_matrix([[1, "1/2"], ["0", 3]], "W") == ((1, Fraction(1, 2)), (0, 3))
    for rows in ([[1], [1, 2]], [], "1,2", [[]]):
        with pytest.raises(InputError):
            read_matrix(rows, "W")


@pytest.mark.parametrize("bad", ["-1", -1, "-1e5", "soon", 0.5])
def test_times(bad: object) -> None:
    with pytest.raises(InputError):
        read_time(bad)


@pytest.mark.parametrize("bad", [0, -3, 10**9, 1.5, "50", True])
def test_digits(bad: object) -> None:
    with pytest.raises(InputError):
        read_digits(bad)


@pytest.mark.parametrize(
    ("group", "start", "options", "words"),
    [
        ((6,), "1,2,3,2,5", {}, "symmetric"),
        ("2,2,2", "1,2,3", {}, "wants 7 values"),
        ("2,2", "1,-2,3", {}, "negative"),
        ("2,2", "1,2,3", {"until": "-1"}, "negative"),
        ("2,2", "1,2,3", {"until": "later"}, "not a number"),
        ("2,2", "1,2,3", {"digits": 0}, "digits"),
        ("2,2", "1,2,3", {"until": "1", "times": ["2"]}, "past until"),
        ("2,2", [1, 2, float("nan")], {}, "not exact"),
        ("2,2", [1, 2, 0.5], {}, "not exact"),
        ("2,2", 5, {}, "list"),
    ],
)
def test_bad_reduced_input(group: object, start: object, options: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        ReducedFlow(group).enclose(start, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"depth": 0}, "depth"),
        ({"loss": "squared"}, "loss"),
        ({"weight_decay": "-1"}, "negative"),
        ({"weight_decay": 0.1}, "not exact"),
        ({"imbalance": "1,2"}, "wants 3 values"),
        ({"imbalance": "1,2,3", "depth": 3}, "depth"),
    ],
)
def test_bad_models(options: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        ReducedFlow("2,2", **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("w", "h", "labels", "words"),
    [
        ([[1], [2]], [[1, 2]], [0], "labels"),
        ([[1], [2]], [[1, 2]], [0, 2], "not a class"),
        ([[1, 2], [2, 1]], [[1, 2]], [0, 1], "dimension"),
        ([[1]], [[1]], [0], "2 classes"),
        ([[0.5], [2]], [[1, 2]], [0, 1], "not exact"),
    ],
)
def test_bad_full_input(w: object, h: object, labels: list[int], words: str) -> None:
    with pytest.raises(InputError, match=words):
        FullFlow(w, h, labels)
