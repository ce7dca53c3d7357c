"""The hunter finds what is there, certifies it, and does not find what is not."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction
from multiprocessing import get_context
from typing import Any

import numpy as np
import pytest
from mpmath import exp, log, mpf, sqrt, workdps

from ncverify import AbelianGroup, hunt
from ncverify.book.verdict import Outcome, Verdict
from ncverify.errors import InputError
from ncverify.evidence import metrics
from ncverify.evidence.certify import enclose_rate
from ncverify.evidence.climbing import climb
from ncverify.evidence.metrics import METRICS, Metric
from ncverify.evidence.motion import Batch, Doubles, Motion, Start
from ncverify.evidence.screening import Candidate, Question, pulls, screen
from ncverify.evidence.shrinking import THRESHOLD, GridStart, Shrinker, _automorphisms
from ncverify.theory.balls import exact_interval

SMALL = 1 << 17

FOUND = [
    ("cosine", 8, {}),
    ("max-min", 16, {}),
    ("V", 4, {"depth": 3}),
    ("V", 4, {"flow": "unbalanced"}),
    ("V", 8, {"flow": "unbalanced", "imbalance": "1,2,3,4,5,6,7"}),
    ("frobenius", 8, {}),
    ("max-share", 8, {}),
]
NOT_FOUND = [
    ("max-min", 8, {}),
    ("cosine", 4, {}),
    ("V", 8, {}),
    ("V", 6, {}),
    ("V", 8, {"flow": "unbalanced", "imbalance": "3"}),
    ("loss", 8, {}),
    ("margin", 8, {}),
    ("V", 2, {}),
]


def values(text: str) -> list[Any]:
    return [mpf(Fraction(x).numerator) / Fraction(x).denominator for x in text.split(", ")]


def recheck(verdict: Verdict, name: str, depth: int) -> Any:
    """d(log metric)/dt at a witness in Z_2^m, from the definitions, at 60 digits."""
    assert verdict.witness is not None
    s = values(verdict.witness["s"])
    K = len(s) + 1
    sign = [[(-1) ** (a & g).bit_count() for g in range(K)] for a in range(K)]
    z = [sum(x * sign[a][g] for a, x in enumerate(s, 1)) / K for g in range(K)]
    total = sum(exp(x) for x in z)
    short = [1 - sum(exp(z[g]) * sign[a][g] for g in range(K)) / total for a in range(1, K)]
    if "c" in verdict.witness:
        speed = [sqrt(c * c + 4 * x * x) for c, x in zip(values(verdict.witness["c"]), s, strict=True)]
    else:
        speed = [depth * x ** (2 - mpf(2) / depth) for x in s]
    step = mpf(10) ** -25
    later = [x + step * v * d for x, v, d in zip(s, speed, short, strict=True)]
    measure: Callable[[list[Any]], Any] = {
        "cosine": lambda s: log(sum(s)) - log(sum(x * x for x in s)) / 2,
        "frobenius": lambda s: log(1 - sum(s) / sqrt(len(s) * sum(x * x for x in s))) / 2,
        "max-min": lambda s: log(max(s)) - log(min(s)),
        "max-share": lambda s: log(max(s)) - log(sum(s)),
        "V": lambda s: log(log(sum(s) / len(s)) - sum(log(x) for x in s) / len(s)),
    }[name]
    return (measure(later) - measure(s)) / step


@pytest.mark.parametrize(("name", "classes", "options"), FOUND)
@pytest.mark.parametrize("seed", [0, 20])
def test_finds_a_certified_violation(name: str, classes: int, options: dict[str, Any], seed: int) -> None:
    verdict = hunt(name, AbelianGroup.from_classes(classes), seed=seed, samples=1 << 20, **options)
    assert verdict.outcome is Outcome.REFUTED
    assert str(verdict).startswith("refuted\n")
    assert verdict.witness is not None
    with workdps(60):
        rate = recheck(verdict, name, options.get("depth", 2))
        mid, radius = (mpf(part) for part in verdict.witness["rate"].split(" +/- "))
        assert abs(rate - mid) <= radius + mpf(10) ** -20
        assert METRICS[name].away * rate > 0
    json.dumps(verdict.to_json())


@pytest.mark.parametrize(("name", "classes", "options"), NOT_FOUND)
def test_says_how_hard_it_looked(name: str, classes: int, options: dict[str, Any]) -> None:
    verdict = hunt(name, AbelianGroup.from_classes(classes), samples=SMALL, **options)
    assert verdict.outcome is Outcome.UNDECIDED
    details = verdict.evidence[0].details
    assert details["screened"] == SMALL
    assert details["climbed"] > 0
    assert details["uncertified"] == 0
    assert float(details["largest pull"]) <= THRESHOLD
    assert f"no counterexample found in {SMALL} starts" in str(verdict)


def flipped(metric: Metric) -> Metric:
    return replace(metric, away=-metric.away, pull=lambda batch: -metric.pull(batch))


@pytest.mark.parametrize("name", ["cosine", "max-min", "V", "loss", "margin"])
def test_a_metric_with_the_wrong_sign_is_refuted(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    group = AbelianGroup((2, 2))
    assert hunt(name, group, samples=1 << 14).outcome is Outcome.UNDECIDED
    monkeypatch.setitem(metrics.METRICS, name, flipped(METRICS[name]))
    assert hunt(name, group, samples=1 << 14).outcome is Outcome.REFUTED


@pytest.mark.parametrize("name", ["cosine", "max-min", "V"])
def test_a_wrong_pull_cannot_make_a_witness(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The doubles say that everything moves away; the balls disagree."""
    original = METRICS[name]
    monkeypatch.setitem(metrics.METRICS, name, replace(original, pull=lambda batch: -original.pull(batch)))
    verdict = hunt(name, AbelianGroup((2, 2)), samples=1 << 14)
    assert verdict.outcome is Outcome.UNDECIDED
    assert verdict.evidence[0].details["uncertified"] > 0
    assert "could not be certified" in str(verdict)


def test_expressions_are_hunted() -> None:
    group = AbelianGroup((2, 2, 2))
    assert hunt("s1/s2", group, samples=1 << 15).outcome is Outcome.REFUTED
    # exp(z(0) - z(1)) only grows: its inverse never does.
    assert hunt("exp(z1 - z0)", group, samples=1 << 15).outcome is Outcome.UNDECIDED
    assert hunt("-p0", group, samples=1 << 15).outcome is Outcome.UNDECIDED
    assert hunt("p0", group, samples=1 << 15).outcome is Outcome.REFUTED
    assert hunt("log(s1 - 1000)", group, samples=1 << 15).outcome is Outcome.UNDECIDED


class Backwards(Executor):
    """Runs tasks in the opposite order, when the last result is wanted."""

    def __init__(self) -> None:
        self.tasks: list[tuple[Future[Any], Callable[..., Any], tuple[Any, ...]]] = []
        self.ran = 0

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        outer = self

        class Lazy(Future[Any]):
            def result(self, timeout: float | None = None) -> Any:
                while outer.tasks:
                    future, work, values = outer.tasks.pop()
                    outer.ran += 1
                    future.set_result(work(*values))
                return super().result(timeout)

        future = Lazy()
        self.tasks.append((future, function, arguments))
        return future


def test_the_verdict_does_not_depend_on_the_executor() -> None:
    group = AbelianGroup((2, 2, 2))
    samples = 3 * SMALL
    alone = hunt("max-min", group, samples=samples, seed=5)
    backwards = Backwards()
    assert hunt("max-min", group, samples=samples, seed=5, executor=backwards) == alone
    assert backwards.ran > 0
    with ThreadPoolExecutor(3) as threads:
        assert hunt("max-min", group, samples=samples, seed=5, executor=threads) == alone
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:
        assert hunt("max-min", group, samples=samples, seed=5, executor=processes) == alone
    assert hunt("max-min", group, samples=samples, seed=6).evidence != alone.evidence


def test_a_broken_pool_costs_no_work() -> None:
    class Broken(Executor):
        asked = 0

        def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
            Broken.asked += 1
            raise BrokenExecutor("a worker was killed")

    group = AbelianGroup((2, 2))
    samples = 2 * SMALL
    assert hunt("V", group, samples=samples, executor=Broken()) == hunt("V", group, samples=samples)
    assert Broken.asked == 1


def test_every_start_is_counted() -> None:
    for samples in (1, 100, SMALL + 1, 2 * SMALL + 12345):
        verdict = hunt("loss", AbelianGroup((2, 2)), samples=samples)
        assert verdict.evidence[0].details["screened"] == samples


def test_screening_and_climbing_repeat_and_improve() -> None:
    question = Question("cosine", Motion(AbelianGroup((2, 2, 2))), 3)
    found = screen(question, 1, 5000)
    assert found == screen(question, 1, 5000)
    assert found != screen(question, 2, 5000)
    assert [item.pull for item in found] == sorted((item.pull for item in found), reverse=True)
    top = climb(question, found[0], 0)
    assert top == climb(question, found[0], 0)
    assert top.pull > found[0].pull
    again = pulls(question, np.array(top.values)[:, None])
    assert again[0] == pytest.approx(top.pull, abs=1e-9)


def test_automorphisms_are_all_of_gl() -> None:
    assert [len(_automorphisms(AbelianGroup.walsh(m))) for m in (1, 2, 3, 4)] == [1, 6, 168, 20160]
    table = _automorphisms(AbelianGroup.walsh(3))
    assert len({tuple(row) for row in table.tolist()}) == 168
    assert len(_automorphisms(AbelianGroup((7,)))) == 6
    assert len(_automorphisms(AbelianGroup.walsh(5))) == 1


@pytest.mark.parametrize("group", [AbelianGroup.walsh(3), AbelianGroup((7,)), AbelianGroup((2, 4))])
def test_automorphisms_do_not_change_rates(group: AbelianGroup) -> None:
    rng = np.random.default_rng(1)
    table = _automorphisms(group)
    shrinker = Shrinker(Question("V", Motion(group), 0), METRICS["V"], None)
    numbers = [Fraction(int(x)) for x in rng.integers(1, 30, table.shape[1])]
    for row in table[rng.integers(0, len(table), 10)]:
        image = tuple(numbers[i] for i in row)
        for name in METRICS:
            ends = []
            for start in (tuple(numbers), image):
                found = enclose_rate(METRICS[name], Motion(group), shrinker.start(start))
                assert found is not None
                ends.append(exact_interval(found.rate))
            assert max(low for low, _ in ends) <= min(high for _, high in ends), name


def test_the_known_witness_is_rounded_shrunk_and_made_canonical() -> None:
    group = AbelianGroup.walsh(3)
    shrinker = Shrinker(Question("cosine", Motion(group), 0), METRICS["cosine"], None)
    near = Candidate(0.1, (18.01, 23.98, 1.02, 0.97, 1.0, 18.03, 17.99))
    start = shrinker.certified(near)
    assert start == GridStart(1, (18, 24, 1, 1, 1, 18, 18))
    best = shrinker.shrink(start)
    assert best.complexity < start.complexity
    assert shrinker.refutes(best) is not None
    assert shrinker.canonical(best) == best
    assert best.numerators[0] == max(best.numerators)


def test_starts_that_do_not_violate_are_not_certified() -> None:
    shrinker = Shrinker(Question("cosine", Motion(AbelianGroup((2, 2))), 0), METRICS["cosine"], None)
    assert shrinker.certified(Candidate(1.0, (1.0, 2.0, 3.0))) is None
    assert shrinker.refutes(GridStart(1, (1, 2, 3))) is None


def test_pulls_that_are_not_finite_are_no_candidates() -> None:
    question = Question("log(s1 - s2)", Motion(AbelianGroup((2, 2))), 0)
    assert pulls(question, np.array([[1.0], [2.0], [3.0]]))[0] == -1
    metric = METRICS["V"]

    def pull(batch: Batch) -> Doubles:
        return metric.pull(batch)

    assert pull(Batch(Motion(AbelianGroup((2, 2))), np.ones((3, 1)), None))[0] == pytest.approx(0, abs=1e-6)


def test_equal_imbalances_and_balanced_agree() -> None:
    group = AbelianGroup((2, 2, 2))
    s = tuple(map(Fraction, (1, 2, 3, 4, 5, 6, 7)))
    zero = tuple([Fraction(0)] * 7)
    for name in METRICS:
        one = enclose_rate(METRICS[name], Motion(group), Start(s))
        other = enclose_rate(METRICS[name], Motion(group, unbalanced=True), Start(s, zero))
        assert one is not None
        assert other is not None
        assert one.rate.overlaps(other.rate)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"seed": -1}, "seed -1"),
        ({"seed": 1.5}, "seed 1.5"),
        ({"samples": 0}, "samples 0"),
        ({"samples": True}, "samples True"),
        ({"imbalance": "1"}, "no imbalance"),
        ({"imbalance": "1e400", "flow": "unbalanced"}, "too large"),
        ({"imbalance": "1,2", "flow": "unbalanced"}, "wants 3 values"),
        ({"imbalance": "x", "flow": "unbalanced"}, "not a number"),
        ({"flow": "up"}, "balanced or unbalanced"),
        ({"flow": "unbalanced", "depth": 3}, "depth 2"),
    ],
)
def test_wrong_input_is_one_line(options: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said) as error:
        hunt("V", AbelianGroup((2, 2)), **options)
    assert "\n" not in str(error.value)


def test_groups_that_are_too_large_are_refused() -> None:
    with pytest.raises(InputError, match="at most 1024"):
        hunt("V", AbelianGroup.walsh(11))


def test_a_group_may_be_text_and_a_number_is_none():
    assert hunt("cosine", "2,2", samples=64).outcome == hunt("cosine", (2, 2), samples=64).outcome
    with pytest.raises(InputError, match=r"AbelianGroup.from_classes\(8\)"):
        hunt("cosine", 8)
