"""The line of progress of a flow."""

from ncverify.ledger.trajectories import Pace


def test_many_steps_to_come_are_said_only_where_steps_do_not_grow():
    growing = Pace("1e9")
    assert "more at this pace" not in [growing.step(str(2.0**n), n) for n in range(1, 25)][-1]
    steady = Pace("1e9")
    said = [steady.step(str(10.0 * n), n) for n in range(1, 25)]
    assert "more at this pace" not in said[0]
    assert said[-1] == "certified to t = 240.0 of 1e9, 24 steps, about 1e+08 more at this pace"


def test_a_repeated_run_says_so():
    pace = Pace("1e10000")  # more than a double holds
    pace.step("1.0", 1)
    pace.step("2.0", 2)
    assert pace.step("0.5", 1) == "certified to t = 0.5 of 1e10000, 1 step (attempt 2, with more bits)"
