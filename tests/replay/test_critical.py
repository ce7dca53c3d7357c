"""The second program accepts critical points as certified, and rejects every change of them."""

import copy
import json
from dataclasses import replace
from fractions import Fraction

import pytest

from ncverify.landscape.bodies import families_body, points_body, walsh_body
from ncverify.landscape.census import critical_points
from ncverify.landscape.problem import Problem
from ncverify.landscape.walsh import walsh_critical_points
from ncverify.replay.critical import check_critical_points
from ncverify.replay.errors import Rejected
from ncverify.replay.families import check_critical_families
from ncverify.replay.kinds import check_body
from ncverify.replay.walsh import check_walsh_points
from ncverify.theory.balls import precision


@pytest.fixture(scope="module")
def points():
    problem = Problem(3, 3, 2, lambda_w="1/100", lambda_h="1/50", lambda_b="0")
    return problem, critical_points(problem, starts=80).points


@pytest.fixture(scope="module")
def body(points):
    return points_body(*points, below=[(1, 2)], euler=True)


@pytest.fixture(scope="module")
def walsh():
    return walsh_body(walsh_critical_points((2, 2), Fraction(1, 100)), complete=True)


@pytest.mark.parametrize("loss", ["ce", "mse"])
@pytest.mark.parametrize("decay", ["1/10", "1/3", "1/2"])
def test_a_census_carries_its_certificate(loss, decay):
    problem = Problem(3, 3, loss=loss, lambda_w=decay, lambda_h="3/20")
    assert check_body(critical_points(problem, starts=60).certificate()).outcome == "certified"


def shifted(text, by):
    return str(Fraction(text) + Fraction(by))


def test_what_is_certified_is_accepted(body, walsh):
    assert check_critical_points(json.loads(json.dumps(body))).outcome == "certified"
    assert check_walsh_points(json.loads(json.dumps(walsh))).outcome == "certified"


CORRUPTIONS = {
    "class": lambda b: b["problem"].update(classes=4),
    "width": lambda b: b["problem"].update(width=4),
    "samples": lambda b: b["problem"].update(samples=3),
    "loss": lambda b: b["problem"].update(loss="mse"),
    "decay": lambda b: b["problem"].update(lambda_w="1/99"),
    "negative decay": lambda b: b["problem"].update(lambda_w="-1/100", lambda_h="-1/50"),
    "no bias": lambda b: b["problem"].update(lambda_b=None),
    "penalised bias": lambda b: b["problem"].update(lambda_b="1/1000"),
    "rank": lambda b: b["points"][1].update(rank=2),
    "pivots": lambda b: b["points"][-1].update(pivots=b["points"][-1]["pivots"][::-1]),
    "a pivot twice": lambda b: b["points"][-1].update(pivots=[0, 0]),
    "center": lambda b: b["points"][1]["center"].__setitem__(
        0, shifted(b["points"][1]["center"][0], "1/1000")
    ),
    "center of another": lambda b: b["points"][1].update(center=b["points"][2]["center"]),
    "center as a number": lambda b: b["points"][1]["center"].__setitem__(0, 1),
    "fewer unknowns": lambda b: b["points"][1]["center"].pop(),
    "radius": lambda b: b["points"][1].update(radius="1"),
    "no radius": lambda b: b["points"][1].update(radius="0"),
    "index": lambda b: b["points"][1].update(index=b["points"][1]["index"] + 1),
    "index of the minimum": lambda b: b["points"][-1].update(index=1),
    "escapes": lambda b: b["points"][1].update(escapes=2),
    "escapes of zero": lambda b: b["points"][0].update(escapes=0),
    "copies": lambda b: b["points"][1].update(copies=6),
    "copies of zero": lambda b: b["points"][0].update(copies=2),
    "copies missing": lambda b: b["points"][1].update(copies=None),
    "value": lambda b: b["points"][1].update(value=["0", "1/10"]),
    "value reversed": lambda b: b["points"][1].update(value=b["points"][1]["value"][::-1]),
    "a point twice": lambda b: b["points"].append(copy.deepcopy(b["points"][1])),
    "a point missing": lambda b: b["points"].pop(1),
    "below reversed": lambda b: b.update(below=[[2, 1]]),
    "below itself": lambda b: b.update(below=[[1, 1]]),
    "below nothing": lambda b: b.update(below=[[0, 9]]),
    "complete": lambda b: b.update(complete=True),
    "euler as text": lambda b: b.update(euler="yes"),
    "bits": lambda b: b.update(bits=1 << 40),
    "few bits": lambda b: b.update(bits=64),
    "another field": lambda b: b.update(note="true"),
    "no points": lambda b: b.update(points=[]),
}


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_corruption_is_rejected(body, name):
    wrong = copy.deepcopy(body)
    CORRUPTIONS[name](wrong)
    assert wrong != body
    with pytest.raises(Rejected):
        check_critical_points(wrong)


WALSH = {
    "mu": lambda b: b.update(mu_squared="1/10001"),
    "large mu": lambda b: b.update(mu_squared="1"),
    "factors": lambda b: b.update(factors=3),
    "width": lambda b: b.update(width=5),
    "small width": lambda b: b.update(width=2),
    "center": lambda b: b["points"][2]["center"].__setitem__(0, "8"),
    "radius": lambda b: b["points"][2].update(radius="100"),
    "exists": lambda b: b["points"][2].update(exists=False),
    "index": lambda b: b["points"][2].update(index=3),
    "escapes": lambda b: b["points"][2].update(escapes=2),
    "value": lambda b: b["points"][2].update(value=["1/5", "2/5"]),
    "orbit": lambda b: b["points"][2].update(orbit=4),
    "support": lambda b: b["points"][1].update(support=[2, 1]),
    "unordered support": lambda b: b["points"][2].update(support=[2, 1]),
    "a point twice": lambda b: b["points"].append(copy.deepcopy(b["points"][1])),
    "a point missing": lambda b: b["points"].pop(1),
    "complete as text": lambda b: b.update(complete="yes"),
}


@pytest.mark.parametrize("name", WALSH)
def test_a_corrupt_symmetric_family_is_rejected(walsh, name):
    wrong = copy.deepcopy(walsh)
    WALSH[name](wrong)
    assert wrong != walsh
    with pytest.raises(Rejected):
        check_walsh_points(wrong)


def test_a_support_without_a_point_is_accepted_as_such_only():
    (point,) = walsh_critical_points((2,) * 4, Fraction(2769, 160_000), supports=[(1, 2, 3, 4, 5, 8, 9)])
    body = walsh_body([point], complete=False)
    assert check_walsh_points(body).outcome == "certified"
    body["points"][0].update(exists=True, value=["0", "9"], escapes=6)
    with pytest.raises(Rejected):
        check_walsh_points(body)


def test_completeness_is_found_again_and_not_believed():
    problem = Problem(3, 3, lambda_w="1/10", lambda_h="1/10")
    found = critical_points(problem, starts=80).points
    assert check_critical_points(points_body(problem, found, complete=True)).outcome == "certified"
    without = [point for point in found if point.rank != 2]
    with pytest.raises(Rejected, match="rank 2"):
        check_critical_points(points_body(problem, without, complete=True))


def test_the_same_point_twice_up_to_symmetry(points):
    problem, found = points
    point = found[1]
    zero = point.zero
    with precision(400):
        sign = replace(zero, center=tuple(-x if i < 6 else x for i, x in enumerate(zero.center)))
    with pytest.raises(Rejected, match="may be the same"):
        check_critical_points(points_body(problem, [point, replace(point, zero=sign, copies=None)]))


@pytest.fixture(scope="module")
def families():
    problem = Problem(3, 3, 2, loss="mse", lambda_w="1/100", lambda_h="1/70", lambda_b="1/10")
    return families_body(problem, critical_points(problem).points)


@pytest.mark.parametrize("bias", [None, 0, "1/10", "3"])
@pytest.mark.parametrize("samples", [1, 2])
def test_families_are_accepted(bias, samples):
    problem = Problem(4, 4, samples, loss="mse", lambda_w="1/100", lambda_h="1/70", lambda_b=bias)
    body = families_body(problem, critical_points(problem).points)
    assert check_critical_families(json.loads(json.dumps(body))).outcome == "certified"


FAMILIES = {
    "loss": lambda b: b["problem"].update(loss="ce"),
    "classes": lambda b: b["problem"].update(classes=4),
    "width": lambda b: b["problem"].update(width=4),
    "samples": lambda b: b["problem"].update(samples=1),
    "no bias": lambda b: b["problem"].update(lambda_b=None),
    "small penalty": lambda b: b["problem"].update(lambda_b="1/100"),
    "free bias": lambda b: b["problem"].update(lambda_b="0"),
    "large decay": lambda b: b["problem"].update(lambda_w="10"),
    "modes": lambda b: b["families"][1].update(modes=2),
    "mean": lambda b: b["families"][2].update(mean=False),
    "rank": lambda b: b["families"][1].update(rank=2),
    "index": lambda b: b["families"][1].update(index=3),
    "index with a mean mode": lambda b: b["families"][2].update(index=4),
    "escapes": lambda b: b["families"][1].update(escapes=1),
    "dimension": lambda b: b["families"][1].update(dimension=2),
    "value": lambda b: b["families"][1].update(value=["0", "1/10"]),
    "twice": lambda b: b["families"].append(copy.deepcopy(b["families"][1])),
    "missing": lambda b: b["families"].pop(),
    "another field": lambda b: b["families"][1].update(note=1),
    "euler as text": lambda b: b.update(euler="yes"),
    "bits": lambda b: b.update(bits=1),
}


@pytest.mark.parametrize("name", FAMILIES)
def test_a_corrupt_family_is_rejected(families, name):
    wrong = copy.deepcopy(families)
    FAMILIES[name](wrong)
    assert wrong != families
    with pytest.raises(Rejected):
        check_critical_families(wrong)
