"""Random flows contain independent integrations at twice the digits (``make audit`` runs many more)."""

import pytest
from flint import arb
from mpmath import mpf

from ncverify.evidence.containment import DIGITS, audit_containment, contains


@pytest.mark.parametrize("seed", [1, 2])
def test_two_hundred_random_flows(seed: int) -> None:
    result = audit_containment(100, seed)
    assert result.misses == ()
    assert result.flows == 100
    assert result.values > 300
    # The balls are as narrow as asked (values reach some hundreds), so containment means something.
    assert result.widest < 1000 * 10.0**-DIGITS


def test_the_audit_can_fail() -> None:
    assert contains(arb(1, 1e-20), mpf(1))
    assert not contains(arb(1, 1e-20), mpf(1) + mpf(2) ** -50)
    assert not contains(arb(0), mpf(2) ** -60)
