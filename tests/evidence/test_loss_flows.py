"""A user's reduced flow against the gradient flow of a stated loss."""

from __future__ import annotations

from typing import Any

import pytest

import ncverify as nv
from ncverify.book.registry import recording
from ncverify.book.verdict import Verdict
from ncverify.errors import InputError
from ncverify.evidence.workbench import Settings, check_claim

eps, T = nv.symbol("eps"), nv.symbol("T")


def verdict(rhs: str, **options: Any) -> Verdict:
    with recording(nv.Registry()) as registry:
        return check_claim(nv.flow("mine", rhs, **options), registry, Settings())


def smoothed(z: list[Any], p: list[Any]) -> Any:
    return -(1 - eps) * nv.log(p[0]) - eps / len(p) * sum(nv.log(q) for q in p)


def tempered(z: list[Any], p: list[Any]) -> Any:
    return nv.log(sum(nv.exp((x - z[0]) / T) for x in z))


def squared(z: list[Any], p: list[Any]) -> Any:
    return ((z[0] - 1) ** 2 + sum(x**2 for x in z[1:])) / 2


@pytest.mark.parametrize(
    "where", [{"classes": 2}, {"classes": 4}, {"classes": 8}, {"group": "6"}, {"group": "2,4"}]
)
@pytest.mark.parametrize(
    ("loss", "true", "false"),
    [
        ("-log(p0)", "2*s*(1-phat)", "2*s*(1+phat)"),
        (smoothed, "2*s*(1-eps-phat)", "2*s*(1-phat)"),
        (squared, "2*s*(1-s)", "2*s*(1-s/K)"),
        ("-(1-p0)**2*log(p0)", None, "2*s*(1-p0)**2*(1-phat)"),
        ("2*z0 - z0", "-2*s", "2*s"),
    ],
)
def test_losses_that_keep_the_family(loss: Any, true: str | None, false: str, where: dict[str, Any]) -> None:
    if true is not None:
        assert verdict(true, loss=loss, **where).outcome == "proved"
    found = verdict(false, loss=loss, **where)
    assert found.outcome == "refuted"
    assert str(found.witness["at"]).startswith("mode ")  # type: ignore[index]


@pytest.mark.parametrize(
    ("loss", "shown"),
    [
        ("-(1-p0)**2 * log(p0)", "Loss: -(1-p0)**2 * log(p0), in the logits z and their softmax p"),
        (lambda z, p: -(1 - eps) * nv.log(p[0]) + z[0] / T, "Loss: -(1 - eps)*log(p0) + z0/T, in"),
        (lambda z, p, y: -nv.log(p[0]) * (y + 1), "Loss: for class 0, -log(p0), in"),
        ("+".join(["p0"] * 1000), "p0+p0..., in"),
    ],
)
def test_the_loss_is_in_the_statement(loss: Any, shown: str) -> None:
    for plain in ("", "My flow"):
        with recording(nv.Registry()):
            declared = nv.flow("mine", "0*s", classes=2, loss=loss, plain=plain)
        assert shown in declared.plain
        assert declared.plain.startswith(plain or "ds_a/dt = 0")
        assert len(declared.plain) < 700


def test_assumptions_are_hypotheses() -> None:
    with recording(nv.Registry()):
        declared = nv.flow("mine", "0*s", classes=2, assume=["s1 == 0"])
    assert [item.plain for item in declared.hypotheses] == ["s1 == 0"]
    assert declared.scope.endswith(", under the assumptions")


def test_a_derived_flow_with_a_parameter() -> None:
    """Temperature: the softmax at T has no name in the language, but at T = 1 it is phat."""
    assert verdict("2*s*(1-phat)", loss=tempered, classes=4, assume=["T == 1"]).outcome == "proved"
    assert verdict("2*s*(1-phat)", loss=tempered, classes=4).outcome == "refuted"


def test_a_loss_that_breaks_the_family() -> None:
    """Logit adjustment with unequal priors: the gradient at the family leaves it."""
    tau = nv.symbols("tau0 tau1 tau2 tau3")

    def adjusted(z: list[Any], p: list[Any], y: int) -> Any:
        weights = [nv.exp(z[g] + tau[y ^ g]) for g in range(4)]
        return nv.log(sum(weights) / weights[0])

    found = verdict("2*s*(1-phat)", loss=adjusted, classes=4)
    assert found.outcome == "refuted"
    assert str(found.witness["at"]).startswith("the family is invariant")  # type: ignore[index]
    equal = [f"tau{k} == tau0" for k in (1, 2, 3)]
    assert verdict("2*s*(1-phat)", loss=adjusted, classes=4, assume=equal).outcome == "proved"


def test_an_asymmetric_loss_breaks_the_family_of_a_cyclic_group() -> None:
    found = verdict("0*s", loss="z1", group="3")
    assert found.outcome == "refuted"
    assert "-1" in str(found.witness["at"])  # type: ignore[index]
    assert verdict("-2*s", loss="z1 - z2 + z0", classes=4).outcome == "refuted"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "either the number of classes or the group"),
        ({"classes": 5}, "irrational characters"),
        ({"classes": 64}, "at most 32"),
        ({"classes": 4, "loss": "log(p0"}, "left open"),
        ({"classes": 4, "loss": lambda z: z[0]}, "function of .z, p."),
        ({"classes": 4, "loss": lambda z, p: p[4]}, "4 entries, numbers 0 to 3"),
        ({"classes": "4"}, "not a whole number"),
    ],
)
def test_wrong_input_is_one_line(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        verdict("s", **options)


@pytest.mark.parametrize(
    "loss",
    [
        "-s1*log(p0)",  # s1 is the state: the gradient of s1 would be missing
        "-s*log(p0)",
        "-log(p0) + phat",
        "-log(p4)",
        lambda z, p: -nv.symbol("s1") * nv.log(p[0]),
        lambda z, p: -nv.symbol("K") * nv.log(p[0]),
    ],
)
def test_a_loss_does_not_speak_of_the_spectrum(loss: Any) -> None:
    with pytest.raises(InputError, match="the loss speaks of"):
        verdict("2*s*s1*(1-phat)", loss=loss, classes=4)


@pytest.mark.parametrize("loss", ["log(-1)", "0*log(-exp(z0))", "0*sqrt(-1-z0**2)", "0*asin(2+z0**2)"])
def test_a_loss_that_is_defined_nowhere_has_no_flow(loss: str) -> None:
    assert verdict("0", loss=loss, classes=2).outcome in ("undecided", "error")


def test_where_the_loss_is_defined_is_a_condition() -> None:
    assert verdict("0", loss="log(z0) - log(z0)", classes=2).conditions[0] == "s1*(1/2) > 0"
    assert verdict("2*s*(1-phat)", classes=4).conditions == ()


@pytest.mark.parametrize("name", ["s", "phat", "K", "z0", "p0", "s3", "sbar", "s0"])
def test_assumptions_speak_of_the_family(name: str) -> None:
    with pytest.raises(InputError, match=f"an assumption speaks of {name}: the family is described by s1"):
        verdict("2*s*(1-phat)", classes=3 if name == "s3" else 2, assume=[f"{name} > 0"])


def test_a_flow_is_compared_where_its_loss_is_defined() -> None:
    loss = "log(z1-z0)"  # needs s < 0
    assert verdict("-4", loss=loss, classes=2).outcome == "proved"
    assert verdict("-4 + sqrt(s**2) + s", loss=loss, classes=2).outcome == "undecided"
    found = verdict("-3", loss=loss, classes=2)
    assert found.outcome == "refuted"
    assert found.witness is not None
    assert float(found.witness["s1"]) < 0
