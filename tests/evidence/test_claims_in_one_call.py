"""Claims in one call: derivations, inequalities, conjectures, and what is said of the first bad step."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

import ncverify as nv
from ncverify.book.claim import Claim, Registry
from ncverify.book.registry import recording
from ncverify.book.verdict import Verdict
from ncverify.errors import InputError
from ncverify.evidence.workbench import Settings, check_claim

CUBE = [
    "(x+1)**3",
    "(x+1)*(x+1)**2",
    "(x+1)*(x**2+2*x+1)",
    "x**3+2*x**2+x+x**2+2*x+1",
    "x**3+3*x**2+3*x+1",
    "1+3*x+3*x**2+x**3",
    "1+3*x*(1+x)+x**3",
    "1+3*x*(x+1)+x*x**2",
    "x**3+1+3*x*(x+1)",
    "x**3+1+3*x+3*x**2",
]


def declared(make: Callable[..., Claim], *arguments: Any, **options: Any) -> tuple[Claim, Registry]:
    with recording(Registry()) as registry:
        return make("mine", *arguments, **options), registry


def verdict(make: Callable[..., Claim], *arguments: Any, **options: Any) -> Verdict:
    return check_claim(*declared(make, *arguments, **options), Settings())


def test_a_derivation_of_ten_steps() -> None:
    found = verdict(nv.derivation, CUBE)
    assert found.outcome == "proved"
    assert len(found.evidence) == 9


@pytest.mark.parametrize("wrong", range(1, 10))
def test_the_first_bad_step_is_named(wrong: int) -> None:
    steps = [
        *CUBE[:wrong],
        *(step.replace("3", "2", 1) if "3" in step else f"2*({step})" for step in CUBE[wrong:]),
    ]
    found = verdict(nv.derivation, steps)
    assert found.outcome == "refuted"
    assert found.witness is not None
    assert str(found.witness["at"]).startswith(f"step {wrong}: ")
    assert "x" in found.witness


def test_assumptions_are_dropped_in_turn() -> None:
    found = verdict(nv.derivation, ["(x**2-1)/(x-1)", "x+1"], assume=["x > 1"])
    assert found.outcome == "proved"
    assert "not needed: x > 1" in str(found)
    found = verdict(nv.derivation, ["x*y", "y**2"], assume=["x == y"])
    assert found.outcome == "proved"
    assert "needed: x == y (step 1); without it: x = " in str(found)


def test_a_derivation_arrives_at_its_statement() -> None:
    assert verdict(nv.derivation, ["2*x", "x+x"], proves="2*x = x + x").outcome == "proved"
    found = verdict(nv.derivation, ["2*x", "x+x"], proves="2*x = 3*x")
    assert found.outcome == "refuted"
    assert "ends with x + x, the statement with 3*x" in str(found)


def test_inequalities_arrive_at_theirs() -> None:
    steps = ["exp(x)", (">=", "1+x"), "x+1", (">", "x")]
    for statement in ("exp(x) > x", "exp(x) >= x"):
        assert verdict(nv.derivation, steps, on={"x": (-1, 1)}, proves=statement).outcome == "certified"
    for wrong, statement in (
        (["0*x", ("<=", "1+0*x")], "0 = 1"),
        (["0*x", ("<=", "1+0*x")], ("0", "1")),
        (["0*x", ("<=", "1+0*x")], "0 < 1"),
        (["0*x", ("<=", "1+0*x")], "0 >= 1"),
        (["0*x", ("<=", "1+0*x"), (">=", "0*x-5")], "0 <= -5"),
    ):
        with pytest.raises(InputError, match="do not prove"):
            declared(nv.derivation, wrong, on={"x": (-1, 1)}, proves=statement)


def test_steps_that_are_inequalities() -> None:
    found = verdict(nv.derivation, ["exp(x)", (">=", "1+x"), "x+1"], on={"x": (-1, 1)})
    assert found.outcome == "certified"
    found = verdict(nv.derivation, ["exp(x)", (">=", "1+x"), (">", "2*x")], on={"x": (-1, 1)})
    assert found.outcome == "refuted"
    assert str(found.witness["at"]).startswith("step 2: ")  # type: ignore[index]


def test_steps_in_latex() -> None:
    assert (
        verdict(nv.derivation, [r"\frac{e^x}{e^x+e^y}", r"\frac{1}{1+e^{y-x}}"], latex=True).outcome
        == "proved"
    )


def test_inequalities_and_their_conditions() -> None:
    found = verdict(nv.inequality, "x*y > 0", on={"x": (-1, 1), "y": (-1, 1)}, where=["x > 1/10", "y > 1/10"])
    assert found.outcome == "certified"
    assert "needed: x > 1/10; without it: x = " in str(found)
    found = verdict(nv.inequality, "x - x**3 <= 0", on={"x": (-2, 2)})
    assert found.outcome == "refuted"
    assert "x" in (found.witness or {})


def test_conjectures_are_hunted() -> None:
    assert verdict(nv.conjecture, "V", classes=4, depth=3).outcome == "refuted"
    found = verdict(nv.conjecture, "max-min", group="2,2", samples=20_000)
    assert found.outcome == "undecided"
    assert "20,000" in str(found) or "20000" in str(found)


def test_the_file_of_the_user_is_the_origin() -> None:
    claim, _ = declared(nv.derivation, CUBE)
    assert claim.file == __file__
    assert claim.origin.startswith("test_claims_in_one_call.py:")


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((["x"],), {}, "at least two steps"),
        (("x = y",), {}, "at least two steps"),
        ((["x", "y +"],), {}, "step 1: cannot read"),
        ((["x", ("~", "y")],), {}, "the sign '~'"),
        ((["x", ("<=", "y")],), {}, "needs the box it is on"),
        ((["lam*x", "lamda*x"],), {"symbols": "x, lam"}, "unknown symbol lamda: did you mean lam"),
        ((["x", "x"],), {"proves": "x"}, "is not an equation"),
    ],
)
def test_wrong_input_is_one_line(arguments: Any, options: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        declared(nv.derivation, *arguments, **options)


def test_a_conjecture_needs_one_group() -> None:
    with pytest.raises(InputError, match="either the number of classes or the group"):
        declared(nv.conjecture, "V")


def test_a_step_fails_only_where_all_steps_are_defined() -> None:
    steps = ["exp(log(x)) + 0*y", "x", "sqrt(x**2)"]  # x = sqrt(x^2) fails at -1, where log x is not defined
    assert verdict(nv.derivation, steps).outcome == "undecided"
    found = verdict(nv.derivation, ["exp(log(x))", "x", "x + 1"])
    assert found.outcome == "refuted"
    assert found.witness is not None
    assert float(found.witness["x"]) > 0


def test_a_step_of_inequality_fails_only_where_all_steps_are_defined() -> None:
    box = {"x": (-1, 1)}
    assert verdict(nv.derivation, ["exp(log(x))", "x", (">=", "0")], on=box).outcome == "undecided"
    assert verdict(nv.derivation, ["exp(log(x))", "x", (">=", "0")], on=box, assume=["x > 0"]).outcome == (
        "certified"
    )
    found = verdict(nv.derivation, ["exp(log(x))", "x", (">=", "1/2")], on=box)
    assert found.outcome == "refuted"
    assert found.witness is not None
    assert 0 < Fraction(found.witness["x"]) < 1


@pytest.mark.parametrize(
    ("steps", "options"),
    [
        (["sqrt(x)**2", "x", "sqrt(-1-x)**2 + 1 + 2*x"], {}),
        (["exp(log(x))", "x", (">=", "-10")], {"on": {"x": (-1, "-1/2")}}),
    ],
)
def test_steps_that_are_defined_nowhere_together_prove_nothing(steps: Any, options: Any) -> None:
    found = verdict(nv.derivation, steps, **options)
    assert found.outcome == "undecided"
    assert "no point that satisfies the assumptions strictly was found" in found.message
