"""Running claims: order, worker processes that die, and results as JSON and HTML."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import ncverify as nv
from ncverify.book.verdict import Outcome
from ncverify.errors import InputError
from ncverify.ledger.selection import Selection, gather

CLAIMS = """
import os
import ncverify as nv
from ncverify.evidence.exact import decided

def declare(name, left, right, expected, before=lambda: None):
    @nv.claim(id=name, title="t", plain=f"{left} = {right}", scope="all real x", expected=expected)
    def check(bench):
        before()
        bench.add(lambda: decided(nv.decide(left, right), "the identity"))
"""


def write(folder: Path, lines: str) -> str:
    path = folder / "mine.py"
    path.write_text(CLAIMS + lines)
    return str(path)


def outcomes(results: nv.Results) -> dict[str, str]:
    return {item.claim.id: str(item.verdict.outcome) for item in results}


MIXED = """
for n in range(6):
    declare(f"good-{n}", f"x**{n+1}*x", f"x**{n+2}", "proved")
    declare(f"wrong-{n}", f"x**{n+1}", f"x**{n+2}", "refuted")
print("claims may print")
"""


def test_results_do_not_depend_on_jobs(tmp_path: Path) -> None:
    path = write(tmp_path, MIXED)
    alone, shared = nv.check(path), nv.check(path, jobs=3)
    assert [item.claim.id for item in alone][:3] == ["good-0", "wrong-0", "good-1"]
    assert outcomes(alone) == outcomes(shared)
    assert [item.verdict for item in alone] == [item.verdict for item in shared]
    assert [item.to_json() | {"seconds": 0} for item in alone] == [
        item.to_json() | {"seconds": 0} for item in shared
    ]
    assert alone.as_expected
    assert shared.as_expected


def test_a_killed_worker_costs_its_own_claim_only(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """
declare("first", "x", "x", "proved")
declare("killed", "x", "x", "proved", lambda: os.kill(os.getpid(), 9))
for n in range(4):
    declare(f"later-{n}", "x", "x", "proved")
""",
    )
    results = nv.check(path, jobs=2)
    assert outcomes(results) == {
        "first": "proved",
        "killed": "error",
        **{f"later-{n}": "proved" for n in range(4)},
    }
    assert "ended 2 times" in results[1].verdict.message
    assert not results.as_expected


def test_a_worker_that_dies_once_is_forgiven(tmp_path: Path) -> None:
    flag = tmp_path / "died"
    path = write(
        tmp_path,
        f"""
def die_once():
    if not os.path.exists({str(flag)!r}):
        open({str(flag)!r}, "w").close()
        os._exit(3)
declare("shaky", "x", "x", "proved", die_once)
declare("steady", "x", "x", "proved")
""",
    )
    results = nv.check(path, jobs=2)
    assert flag.exists()
    assert outcomes(results) == {"shaky": "proved", "steady": "proved"}


def test_an_exception_in_a_check_is_an_error_never_a_result(tmp_path: Path) -> None:
    path = write(tmp_path, 'declare("broken", "x", "x", "proved", lambda: 1 / 0)')
    (result,) = nv.check(path)
    assert result.verdict.outcome is Outcome.ERROR
    place, _, said = result.verdict.message.partition(": ")
    line = int(place.removeprefix("mine.py:"))
    assert "1 / 0" in Path(path).read_text().splitlines()[line - 1]
    assert said == "ZeroDivisionError: division by zero"


def test_a_verdict_is_of_a_claim_object() -> None:
    with pytest.raises(InputError, match=r"nv.check\('lyapunov-zero'\)"):
        nv.verdict("lyapunov-zero")  # type: ignore[arg-type]


def test_evidence_that_is_not_plain_json_is_an_error(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """
from ncverify import Evidence, Outcome
@nv.claim(id="odd", title="t", plain="p", scope="s", expected="proved")
def odd(bench):
    bench.add(lambda: Evidence(Outcome.PROVED, "r", "s", "t", {"x": {1, 2}}))
""",
    )
    (result,) = nv.check(path)
    assert result.verdict.outcome is Outcome.ERROR


def test_claims_of_a_file_may_rest_on_the_book(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    text = """
import ncverify as nv
from ncverify.derive.kernel import linear
theorem = nv.load_book()["lyapunov-derivative"].goals["pairs"]
@nv.claim(id="again", title="t", plain="p", scope="s", expected="proved",
          goals={"pairs": theorem}, depends=DEPENDS,
          hypotheses=nv.load_book()["lyapunov-derivative"].hypotheses)
def again(bench):
    bench.show("pairs", bench.use("lyapunov-derivative", "pairs"))
"""
    path.write_text(text.replace("DEPENDS", '["lyapunov-derivative"]'))
    (result,) = nv.check(str(path))
    assert result.verdict.outcome is Outcome.PROVED
    path.write_text(text.replace("DEPENDS", "[]"))
    (result,) = nv.check(str(path))
    assert result.verdict.outcome is Outcome.UNDECIDED
    assert "without naming it as a dependency" in result.verdict.message
    path.write_text(text.replace("DEPENDS", '["no-such-claim"]'))
    with pytest.raises(InputError, match="refers to the unknown claim 'no-such-claim'"):
        nv.check(str(path))


def test_a_changed_file_is_checked_anew(tmp_path: Path) -> None:
    path = write(tmp_path, 'declare("mine", "x", "x", "proved")')
    assert nv.check(path).as_expected
    os.utime(write(tmp_path, 'declare("mine", "x", "x+1", "proved")'), (2e9, 2e9))
    assert outcomes(nv.check(path)) == {"mine": "refuted"}


def ready(selection: Selection) -> set[str]:
    return {claim.id for claim in selection.claims}


def test_selection_keeps_book_order_and_drops_doubles() -> None:
    chosen = [claim.id for claim in gather(["growth", "hadamard", "hadamard-orthogonal"]).claims]
    book = [claim.id for claim in nv.load_book()]
    assert chosen == [name for name in book if name in set(chosen)]
    assert {"growth", "hadamard-orthogonal"} < set(chosen)
    everything = gather()
    assert {claim.id for claim in (*everything.claims, *everything.left_out)} == set(book)
    assert [claim.id for claim in everything.claims] == [name for name in book if name in ready(everything)]


def test_a_file_of_the_book_selects_its_claims(root: Path) -> None:
    assert [claim.id for claim in gather([str(root / "proofs/garrod/growth.py")]).claims] == ["growth"]
    with pytest.raises(InputError, match="declares no claims"):
        gather([str(root / "proofs/garrod/model.py")])


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("missing.py", None, "there is no claims file"),
        ("notes/claims.txt", "", r"must end in \.py or \.json"),
        ("empty.py", "", "declares no claims: decorate a function with ncverify.claim"),
    ],
)
def test_files_that_are_no_claims(tmp_path: Path, name: str, text: str | None, message: str) -> None:
    path = tmp_path / name
    if text is not None:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    with pytest.raises(InputError, match=message):
        gather([str(path)])


def test_ids_of_the_book_are_taken(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="claim id 'growth' is used twice"):
        gather([write(tmp_path, 'declare("growth", "x", "x", "proved")')])


@pytest.mark.parametrize("jobs", [0, -1, 100_000])
def test_jobs_in_range(jobs: int) -> None:
    with pytest.raises(InputError, match=f"jobs {jobs} is out of range"):
        nv.check("hadamard-orthogonal", jobs=jobs)


def test_results_show_themselves() -> None:
    results = nv.check("hadamard-orthogonal", "softmax-jacobian-diagonal")
    assert repr(results).splitlines() == [
        "hadamard-orthogonal: proved",
        "softmax-jacobian-diagonal: refuted",
        "2 claims: 1 proved, 1 refuted; all as expected",
    ]
    html = results._repr_html_()
    assert html.count("<tr>") == 3
    assert "<b>refuted</b>" in html
    assert len(results[:1]) == 1


def test_unneeded_hypotheses_are_reported(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        """
import ncverify as nv
from ncverify.derive.kernel import equal, hypothesis, linear
from ncverify.derive.terms import Sym
x, y, z = Sym("x"), Sym("y"), Sym("z")
@nv.claim(id="mine", title="t", plain="p", scope="s", expected="proved", goals={"g": equal(x, z)},
          hypotheses=[nv.Hypothesis("first", "x = z"), nv.Hypothesis("second", "y = z")])
def mine(bench):
    bench.show("g", linear(bench.goal("g"), hypothesis("first", equal(x, z))))
"""
    )
    (result,) = nv.check(str(path))
    assert [(item["name"], item["needed"]) for item in result.to_json()["hypotheses"]] == [
        ("first", True),
        ("second", False),
    ]


TWO_SLOW_CLAIMS = """
import time
def wait():
    open({folder!r} + f"/pid-{{os.getpid()}}", "w").close()
    time.sleep(600)
for n in range(2):
    declare(f"slow-{{n}}", "x", "x", "proved", wait)
"""


def begin_two_slow_claims(folder: Path) -> subprocess.Popen[str]:
    """A run whose two workers have begun a claim each and left a file named by their number."""
    path = write(folder, TWO_SLOW_CLAIMS.format(folder=str(folder)))
    process = subprocess.Popen(
        [sys.executable, "-m", "ncverify", "check", path, "--jobs", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # where the tests run in the background of a shell, they and their children ignore Ctrl-C
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    deadline = time.monotonic() + 120
    while len(list(folder.glob("pid-*"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    return process


def alive(mark: Path) -> bool:
    try:
        os.kill(int(mark.name.removeprefix("pid-")), 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # the number belongs to somebody else by now
        return False
    return True


def test_interrupting_a_run_ends_its_workers(tmp_path: Path) -> None:
    process = begin_two_slow_claims(tmp_path)
    try:
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert out == ""
    assert err == "ncverify: interrupted\n"
    marks = list(tmp_path.glob("pid-*"))
    assert len(marks) == 2
    assert not any(map(alive, marks))


def test_killing_a_run_ends_its_workers(tmp_path: Path) -> None:
    process = begin_two_slow_claims(tmp_path)
    process.kill()
    process.wait()
    marks = list(tmp_path.glob("pid-*"))
    assert len(marks) == 2
    deadline = time.monotonic() + 60
    while any(map(alive, marks)):
        assert time.monotonic() < deadline, "a worker outlives its parent"
        time.sleep(0.05)


def test_a_script_needs_no_main_guard(tmp_path: Path) -> None:
    claims = write(tmp_path, MIXED)
    script = tmp_path / "script.py"
    script.write_text(f"import ncverify as nv\nprint(nv.check({claims!r}, jobs=2).summary())\n")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "12 claims: 6 proved, 6 refuted; all as expected"


def test_json_is_plain() -> None:
    data = nv.check("lyapunov-zero").to_json()
    assert json.loads(json.dumps(data, allow_nan=False)) == data
