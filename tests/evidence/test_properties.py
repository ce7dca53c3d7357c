import json
import os
import subprocess
import sys
from dataclasses import dataclass
from fractions import Fraction

import pytest

from ncverify.book.verdict import Outcome
from ncverify.errors import InputError
from ncverify.evidence import properties
from ncverify.theory.dynamics import Balanced, Unbalanced
from ncverify.theory.groups import AbelianGroup

ALL = [
    properties.family_invariance,
    properties.conserved_quantities,
    properties.lyapunov_decreases,
    properties.modes_increase,
    properties.squared_loss_solution,
]
Z5 = (AbelianGroup.cyclic(5),)
WALSH4 = (AbelianGroup.walsh(2),)


@dataclass(frozen=True)
class HalfSpeed:
    """Mutant: the factor 2 is missing."""

    true: Balanced | Unbalanced

    def state_size(self, group):
        return self.true.state_size(group)

    def spectrum(self, group, state):
        return self.true.spectrum(group, state)

    def field(self, group, state, kind):
        return [v / 2 for v in self.true.field(group, state, kind)]


@dataclass(frozen=True)
class PlusPhat(HalfSpeed):
    """Mutant: 1 + phat in place of 1 - phat, through 2 s (1 + phat) = 4 s - 2 s (1 - phat)."""

    def field(self, group, state, kind):
        # The other factor of s' : s itself in the balanced flow, (beta, alpha) in the unbalanced one.
        half = len(state) // 2
        partner = state if self.true.state_size(group) == group.order else [*state[half:], *state[:half]]
        factor = 4 if partner is state else 2
        true = self.true.field(group, state, kind)
        return [factor * x - v for x, v in zip(partner, true, strict=True)]


@dataclass(frozen=True)
class Backwards(HalfSpeed):
    """Mutant: time runs backwards."""

    def field(self, group, state, kind):
        return [-v for v in self.true.field(group, state, kind)]


@dataclass(frozen=True)
class Uncoupled(HalfSpeed):
    """Mutant: alpha' = (1 - phat) alpha, beta' = (1 - phat) beta."""

    def field(self, group, state, kind):
        true = self.true.field(group, state, kind)
        half = group.order
        ratio = [*state[half:], *state[:half]]
        return [
            v * x / r if i % half else v for i, (v, x, r) in enumerate(zip(true, state, ratio, strict=True))
        ]


@pytest.mark.parametrize("check", ALL, ids=lambda check: check.__name__)
def test_true_properties_are_tested(check):
    evidence = check(examples=4, digits=20, seed=1)
    assert evidence.outcome is Outcome.TESTED
    assert evidence.route == "simulation"
    assert evidence.details["examples_met"] == 4
    assert all(stratum["examples_met"] for stratum in evidence.details["strata"])
    json.dumps(evidence.to_json())


def test_family_invariance_on_a_group_with_complex_characters():
    evidence = properties.family_invariance(examples=2, digits=20, groups=Z5)
    assert evidence.outcome is Outcome.TESTED
    assert [s["kind"] for s in evidence.details["strata"]] == ["Z_5, alpha = beta", "Z_5, alpha != beta"]


@pytest.mark.parametrize("mutant", [HalfSpeed, PlusPhat, Backwards])
@pytest.mark.parametrize("slot", ["balanced", "unbalanced"])
def test_a_wrong_reduced_field_is_caught_by_the_full_flow(mutant, slot):
    true = Balanced() if slot == "balanced" else Unbalanced()
    evidence = properties.family_invariance(examples=2, digits=20, groups=WALSH4, **{slot: mutant(true)})
    assert evidence.outcome is Outcome.UNDECIDED
    case = evidence.details["falsifying"]["example"]
    assert {"group", "alpha", "beta", "frame", "time"} <= case.keys()
    assert all(Fraction(x) >= 0 for x in case["alpha"])
    assert float(evidence.details["falsifying"]["residual"]) > 1e-3


@pytest.mark.parametrize(
    ("check", "change"),
    [
        (properties.lyapunov_decreases, {"balanced": PlusPhat(Balanced())}),
        (properties.lyapunov_decreases, {"balanced": Backwards(Balanced())}),
        (properties.modes_increase, {"unbalanced": Backwards(Unbalanced())}),
        (properties.modes_increase, {"unbalanced": Unbalanced(decay=Fraction(2))}),
        (properties.conserved_quantities, {"unbalanced": Uncoupled(Unbalanced())}),
        (properties.conserved_quantities, {"decay": Fraction(1, 10)}),
        (properties.squared_loss_solution, {"balanced": Balanced()}),
        (properties.squared_loss_solution, {"balanced": HalfSpeed(Balanced(loss="squared"))}),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_wrong_variants_are_caught(check, change):
    evidence = check(examples=4, digits=20, **change)
    assert evidence.outcome is Outcome.UNDECIDED
    assert evidence.details["falsifying"]["example"]


@pytest.mark.parametrize(
    "check",
    [properties.lyapunov_decreases, properties.modes_increase, properties.family_invariance],
    ids=lambda check: check.__name__,
)
def test_a_group_on_which_every_start_is_collapsed_is_an_error(check):
    # K = 3, cyclic: s_1 = s_2 always, so no draw meets the hypotheses.
    evidence = check(examples=2, digits=20, groups=(AbelianGroup.cyclic(3),))
    assert evidence.outcome is Outcome.ERROR
    assert "met the hypotheses" in evidence.summary
    assert evidence.details["examples_met"] == 0


def test_too_few_examples_are_refused():
    with pytest.raises(InputError, match=r"ask for at least 4, one for each of: Z_2\^2, alpha = beta;"):
        properties.family_invariance(examples=3)


def test_the_seed_decides_the_evidence():
    def run(seed):
        return properties.lyapunov_decreases(examples=4, digits=20, seed=seed)

    assert run(3) == run(3)
    assert run(3).details["worst_residual"] != run(4).details["worst_residual"]


def test_the_evidence_does_not_depend_on_the_hash_seed():
    code = (
        "import json; from ncverify.evidence.properties import modes_increase as check;"
        "print(json.dumps(check(examples=4, digits=20, seed=3).to_json(), sort_keys=True))"
    )
    here = json.dumps(properties.modes_increase(examples=4, digits=20, seed=3).to_json(), sort_keys=True)
    for hash_seed in ("0", "12345"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        there = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
        )
        assert there.stdout.strip() == here
