"""Certified flows of every kind pass the second checker; no false or broken copy does."""

from __future__ import annotations

import json

import pytest
from flow_lies import FLOWS, flow_body, lies

from ncverify.replay.errors import Rejected
from ncverify.replay.flows import check_flow


@pytest.mark.parametrize("name", FLOWS)
def test_flows(name: str) -> None:
    body = json.loads(json.dumps(flow_body(name)))
    assert check_flow(body).outcome == "certified"
    found = []
    for what, wrong in lies(body):
        try:
            check_flow(wrong)
        except Rejected:
            continue
        found.append(what)
    assert not found
