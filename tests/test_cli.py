"""The command line, as users run it: in a process of its own."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ncverify.book.registry import load_book
from ncverify.errors import InputError

Command = Callable[..., subprocess.CompletedProcess[str]]

IDENTITY = ("(exp(x)-exp(y))*(exp(x)+exp(y))", "exp(2*x)-exp(2*y)")
CODE = "__import__('os').system('id')"


def usage_error(done: subprocess.CompletedProcess[str]) -> str:
    """The one line of a run that was used wrongly."""
    assert done.returncode == 2, done
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("ncverify: ")
    assert len(done.stderr) < 500
    return done.stderr


@pytest.mark.parametrize(
    ("arguments", "first", "more"),
    [
        (IDENTITY, "proved", "normal form of the difference is 0"),
        ((IDENTITY[0], IDENTITY[1] + " + 1/10**40"), "refuted", "lhs - rhs: -1.0000000000000000000e-40"),
        (("acos(7823207/7823209)", "0"), "refuted", "lhs - rhs: 0.000"),
        (("log(x*y)", "log(x) + log(y)"), "undecided", "log(x*y)"),
        (("1/x", "x/x**2"), "proved", "where x != 0"),
        (("-x", "0 - x"), "proved", ""),
        (("-x", "-1*x"), "proved", ""),
        (("--x", "x"), "proved", ""),
        (("-1", "-1"), "proved", ""),
        (("--", "-x", "0-x"), "proved", ""),
        (("x", "y+1", "--assume", "x == y + 1"), "proved", "where x == y + 1"),
        (("x", "-x", "--assume", "-x > 0"), "refuted", "lhs - rhs: -"),
        (("x", "y", "--assume", "x > 0", "--assume", "y > x", "--seed", "7"), "refuted", ""),
        (("exp(x)", "x", "--assume", "x > 0", "--assume", "x < 0"), "undecided", ""),
    ],
)
def test_decide(ncverify: Command, arguments: tuple[str, ...], first: str, more: str) -> None:
    done = ncverify("decide", *arguments)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout.split()[0] == first
    assert more in done.stdout


@pytest.mark.parametrize(
    "text",
    [
        CODE,
        "().__class__",
        "(lambda: x)()",
        "[x for x in (1,)]",
        "x if x else y",
        "f'{x}'",
        "9**9**9**9",
        "2**x",
        "1e999999999",
        "7" * 20_000,
        "(" * 60_000 + "x" + ")" * 60_000,
        "-" * 100_000 + "x",
        "1" + "+1" * 60_000,
        "x.real",
        "x = 1",
        "1/(x-x)",
        "1/0",
        "nan",
        "inf",
        "1j",
        "True",
        "",
        "x y",
        "\udcff",
        "x\n\n+ * y",
        "exp(x, y)",
    ],
)
def test_what_cannot_be_read_runs_nothing(ncverify: Command, tmp_path: Path, text: str) -> None:
    line = usage_error(ncverify("decide", text, "0", cwd=tmp_path))
    assert "uid=" not in line
    assert not list(tmp_path.iterdir())


def test_the_right_side_is_read_with_the_same_care(ncverify: Command) -> None:
    usage_error(ncverify("decide", "0", CODE))
    assert ncverify("decide", "open", "exec").stdout.startswith("refuted")  # just names of variables


def test_nesting_beyond_what_an_argument_can_hold() -> None:
    # the operating system limits an argument to 128 KiB, so a million brackets go through Python
    import ncverify as nv

    for text in ("(" * 10**6 + "x" + ")" * 10**6, "(" * 10**6, "-" * 10**6 + "x", "exp(" * 10**6):
        with pytest.raises(InputError, match=r"too long|nested deeper"):
            nv.decide(text, "x")


@pytest.mark.parametrize("text", ["x = 1", "x", "x > 0 > y", CODE, "x == x + 1", "x > 1/(y-y)", ""])
def test_assumptions_that_cannot_be_read(ncverify: Command, text: str) -> None:
    usage_error(ncverify("decide", "x", "x", "--assume", text))


def test_decide_json(ncverify: Command) -> None:
    done = ncverify("decide", "1/x", "x/x**2", "--assume", "y > 0", "--json", "-")
    data = json.loads(done.stdout)
    assert (data["lhs"], data["rhs"], data["assume"]) == ("1/x", "x/x**2", ["y > 0"])
    assert data["verdict"] == "proved"
    assert data["conditions"] == ["x != 0", "y > 0"]
    assert data["evidence"][0]["route"] == "normal form"


@pytest.mark.parametrize(
    "arguments",
    [
        ("decide", "x", "x", "x"),
        ("decide", "x", "x", "--assum", "x > 0"),
        ("no-such-command",),
        ("check", "--no-such-option"),
        ("check", "--jobs", "many"),
        ("show",),
        ("--no-such-option",),
    ],
)
def test_wrong_use_exits_2(ncverify: Command, arguments: tuple[str, ...]) -> None:
    done = ncverify(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Error: " in done.stderr or done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("check", "lyapunov-derivate"), "did you mean lyapunov-derivative"),
        (("list", "garod"), "did you mean garrod"),
        (("show", "colapse-etf"), "did you mean collapse-etf"),
        (("check", "missing.py"), "there is no claims file"),
        (("check", "missing.json"), "there is no claims file"),
        (("check", "growth", "--jobs", "0"), "jobs 0 is out of range"),
        (("check", "growth", "--digits", "3"), "digits 3 is out of range"),
        (("list", "--json", "missing/list.json"), "cannot write missing/list.json"),
        (("show", "mine.py"), "name one of its claims, mine.py::ID"),
        (("flow", "--classes", "4.5", "--start", "1"), "'4.5'"),
        (("landscape", "--classes", "3", "--bias", "frree"), "bias 'frree': use none, free, or a number"),
    ],
)
def test_bad_input_is_one_line(
    ncverify: Command, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    assert message in usage_error(ncverify(*arguments, cwd=tmp_path))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.py", "x = 1\nx = (", "a.py, line 2: '(' was never closed"),
        ("a.py", "\n1 / 0", "a.py, line 2: ZeroDivisionError"),
        ("a.py", "exit(0)", "a.py, line 1: SystemExit"),
        ("a.json", '{"claims": [\n{"id": }]}', "a.json, line 2, column 8"),
        ("a.json", '{"claims": [{"id": "a"}]}', "a.json, claim 1 (a): a claim has one of statement, steps"),
        ("a.json", "", "a.json: the file is empty"),
        (
            "a.json",
            '{"claims": [{"id": "a", "conjecture": "cosin", "classes": 8, "expected": "refuted"}]}',
            "did you mean cosine?",
        ),
        ("a.json", "[" * 10**6, "a.json: brackets are nested too deep"),
    ],
)
def test_claims_files_that_do_not_parse(
    ncverify: Command, tmp_path: Path, name: str, text: str, message: str
) -> None:
    (tmp_path / name).write_text(text)
    assert message in usage_error(ncverify("check", name, cwd=tmp_path))


FILE = {
    "claims": [
        {"id": "square", "statement": {"lhs": "(x+1)**2", "rhs": "x**2 + 2*x + 1"}, "expected": "proved"},
        {"id": "wrong", "statement": {"lhs": "1/x", "rhs": "x/x**3"}, "expected": "refuted"},
    ]
}


def test_exit_codes_of_check(ncverify: Command, tmp_path: Path) -> None:
    (tmp_path / "good.json").write_text(json.dumps(FILE))
    good = ncverify("check", "good.json", cwd=tmp_path)
    assert good.returncode == 0, good.stderr
    assert good.stderr == ""
    assert good.stdout.splitlines()[-1] == "2 claims: 1 proved, 1 refuted; all as expected"
    assert "witness: x = " in good.stdout

    (tmp_path / "bad.json").write_text(json.dumps(FILE).replace('"refuted"', '"proved"'))
    bad = ncverify("check", "bad.json", cwd=tmp_path)
    assert bad.returncode == 1
    assert "wrong: refuted, expected proved" in bad.stdout
    assert bad.stdout.count("DIFFERS") == 1


def test_json_stands_alone_on_the_standard_output(ncverify: Command, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(FILE))
    (tmp_path / "b.py").write_text(
        "import ncverify as nv\nprint('loading')\n"
        "@nv.claim(id='b', title='t', plain='p', scope='s', expected='undecided', kind='conjecture')\n"
        "def b(bench):\n    print('checking')\n"
    )
    done = ncverify("check", "b.py", "a.json", "softmax-jacobian-diagonal", "--json", "-", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    assert [item["id"] for item in data] == ["softmax-jacobian-diagonal", "b", "square", "wrong"]
    assert done.stderr.split() == ["loading", "checking"]
    for item in data:
        assert set(item) >= {
            "id", "paper", "kind", "verdict", "expected", "scope", "seconds", "evidence",
            "statement", "hypotheses", "conditions", "witness", "message",
        }  # fmt: skip
        assert item["kind"] in ("published", "corrected", "extension", "conjecture", "user")
        assert isinstance(item["seconds"], float)


def test_json_to_a_file_beside_the_table(ncverify: Command, tmp_path: Path) -> None:
    done = ncverify("check", "hadamard-orthogonal", "--json", "out.json", cwd=tmp_path)
    assert "all as expected" in done.stdout
    assert json.loads((tmp_path / "out.json").read_text())[0]["verdict"] == "proved"
    assert [path.name for path in tmp_path.iterdir()] == ["out.json"]


QUICK = (
    "hadamard-orthogonal",
    "softmax-jacobian-diagonal",
    "softmax-jacobian-entries",
    "collapse-etf",
    "growth",
)


def test_verdicts_depend_neither_on_jobs_nor_on_hash_seeds(ncverify: Command) -> None:
    def verdicts(*options: str, seed: str) -> list[dict[str, object]]:
        done = ncverify("check", *QUICK, "--fresh", "--json", "-", *options, env={"PYTHONHASHSEED": seed})
        assert done.returncode == 0, done.stderr
        return [item | {"seconds": 0} for item in json.loads(done.stdout)]

    first = verdicts("--jobs", "1", seed="1")
    assert len(first) == len(QUICK)
    assert verdicts("--jobs", "2", seed="2") == first


@pytest.mark.parametrize("columns", [30, 60, 80, 100, 140])
def test_narrow_terminals_keep_what_matters(ncverify: Command, columns: int) -> None:
    done = ncverify(
        "check", "hadamard-orthogonal", "softmax-jacobian-diagonal", env={"COLUMNS": str(columns)}
    )
    table = done.stdout.partition("\n\n")[0].splitlines()
    assert table[2].split()[0] == "hadamard-orthogonal"
    for row, verdict in ((table[2], "proved"), (table[3], "refuted")):
        assert re.search(rf" {verdict} +{verdict} +ok\b", row)
    if columns >= 60:
        assert max(map(len, table)) <= columns


def test_list(ncverify: Command) -> None:
    done = ncverify("list", "--json", "-")
    assert {item["id"] for item in json.loads(done.stdout)} == {claim.id for claim in load_book()}
    table = ncverify("list", "erratum").stdout
    assert "softmax-jacobian-diagonal" in table
    assert "lyapunov-zero" not in table


def test_show(ncverify: Command) -> None:
    done = ncverify("show", "lyapunov-zero")
    assert done.returncode == 0, done.stderr
    claim = load_book()["lyapunov-zero"]
    assert claim.plain in done.stdout
    assert claim.latex in done.stdout
    for item in claim.hypotheses:
        assert f"  {item.name}: {item.plain}" in done.stdout
    assert "depends on:  lyapunov-derivative" in done.stdout
    assert "verdict: proved (as expected" in done.stdout
    assert "(1) " in done.stdout

    unchecked = ncverify("show", "lyapunov-derivative", "--no-check", "--latex").stdout
    assert "verdict:" not in unchecked
    assert r"\frac" in unchecked or r"\sum" in unchecked
    assert "used by:     lyapunov-zero" in ncverify("show", "lyapunov-derivative", "--no-check").stdout


def test_errata(ncverify: Command) -> None:
    done = ncverify("errata")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert all(len(line) <= 80 or " " not in line.strip() for line in lines)
    text = " ".join(done.stdout.split())
    book = load_book()
    for claim in book:
        refuted = claim.kind == "published" and claim.expected == "refuted"
        assert (f"{claim.id}: {claim.title} statement:" in text) == refuted
        if refuted:
            assert f"statement: {' '.join(claim.plain.split())}" in text
            assert f"true: {' '.join(book[claim.corrected_by].plain.split())}" in text
    headings = [line.split(":")[0] for line in lines if line.endswith("refuted") and "statement" in line]
    assert len(headings) == len(set(headings))
    data = json.loads(ncverify("errata", "--json", "-").stdout)
    assert data
    assert all(item["verdict"] == "refuted" and item["witness"] for item in data)


@pytest.mark.parametrize("command", ["check", "list", "show", "errata", "decide"])
def test_help_has_examples(ncverify: Command, command: str) -> None:
    done = ncverify(command, "--help")
    assert done.returncode == 0
    assert f"\n    ncverify {command}" in done.stdout


def test_help_and_version_load_nothing_heavy() -> None:
    code = (
        "import sys\nfrom ncverify import cli\n"
        "try:\n    cli.main()\nexcept SystemExit as end:\n    assert not end.code\n"
        "print([name for name in ('sympy', 'flint', 'numpy', 'mpmath', 'hypothesis') if name in sys.modules])"
    )
    for option in ("--help", "--version"):
        done = subprocess.run(
            [sys.executable, "-c", code, option], capture_output=True, text=True, check=True
        )
        assert done.stdout.splitlines()[-1] == "[]"


def test_a_reader_that_leaves_early_is_no_error() -> None:
    command = f"{sys.executable} -m ncverify show lyapunov-derivative --no-check | head -n 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("lyapunov-derivative: ")
    assert done.stderr == ""


def test_output_where_the_terminal_knows_ascii_only(ncverify: Command) -> None:
    done = ncverify("check", "hadamard-orthogonal", env={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0, done.stderr
    assert ncverify("show", "growth", "--no-check", env={"PYTHONIOENCODING": "ascii"}).returncode == 0


@pytest.mark.parametrize("arguments", [["list"], ["list", "--json", "-"]])
def test_a_reader_that_has_seen_enough(arguments: list[str]) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "ncverify", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
    assert said == b""
    assert process.returncode == 141
