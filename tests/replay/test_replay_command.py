"""``ncverify replay`` as a program: exit codes, output, and what it does without."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ncverify.ledger.run import check
from ncverify.replay.certificate import Accepted, check_certificate
from ncverify.replay.main import Checked, files_in, main, replay
from ncverify.replay.reading import Unreadable, canonical, read_certificate

CLAIMS = ("exponential-defect", "hadamard-orthogonal", "slowdown-logarithmic", "depth-lyapunov", "growth")

# Only the standard library, python-flint and the replay package can be imported.
BLOCKED = """
import sys
OWN = ("ncverify", "ncverify.__main__", "ncverify.errors")
class Blocker:
    def find_spec(self, name, path=None, target=None):
        top = name.split(".")[0]
        inside = name in OWN or name.startswith("ncverify.replay")
        if inside or top in sys.stdlib_module_names or top in ("flint", "_cython_0_29"):
            return None
        raise ImportError(f"{name} is not there")
sys.meta_path.insert(0, Blocker())
sys.argv = ["ncverify", "replay", *sys.argv[1:]]
from ncverify.__main__ import main
try:
    main()
finally:
    mine = [m for m in sys.modules if m.startswith("ncverify") and m not in OWN]
    wrong = [m for m in mine if not m.startswith("ncverify.replay")]
    strange = ("sympy", "mpmath", "gmpy2", "numpy", "scipy", "typer", "rich", "hypothesis", "platformdirs")
    wrong += [m for m in sys.modules if m.split(".")[0] in strange]
    print("imported", wrong)
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("store")
    assert check(*CLAIMS, store=folder).as_expected
    return folder


def blocked(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable,
            "-I",
            "-c",
            f"import sys; sys.path[:] = {sys.path!r}\n{BLOCKED}",
            *map(str, arguments),
        ],
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_it_needs_nothing_but_flint_and_itself(store: Path) -> None:
    done = blocked(store)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{len(CLAIMS)} certificates: {len(CLAIMS)} accepted, 0 rejected" in done.stdout
    assert "imported []" in done.stdout


def test_without_its_store_it_says_what_to_give() -> None:
    done = blocked()
    assert done.returncode == 2
    assert done.stderr == "ncverify: say which certificates: ncverify replay DIR|FILE\n"


def test_it_says_what_was_verified(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(store)]) == 0
    printed = capsys.readouterr().out
    assert "accepted  growth: proved (" in printed
    assert "accepted  slowdown-logarithmic: refuted (the relation fails at the witness)" in printed


def test_outside_the_book_it_says_that_prose_was_not_checked(store: Path) -> None:
    for file in files_in(store):
        said = Checked(file, check_certificate(read_certificate(file), {}), "")
        assert "; not a claim of the book: checked is the formal statement in the file" in said.line()
        assert "not whether its title and prose say the same" in said.line()
        assert said.to_json()["asserts"][0]["kind"]


def test_json(store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(store), "--json", "-"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert sorted(item["id"] for item in found) == sorted(CLAIMS)
    assert all(item["accepted"] and item["reason"] is None for item in found)
    assert main([str(store), "--json", str(tmp_path / "out.json")]) == 0
    assert json.loads((tmp_path / "out.json").read_text()) == found


def test_one_rejection_is_exit_1(store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, other = files_in(store)[:2]
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    (bundle / good.name).write_bytes(good.read_bytes())
    raw = other.read_bytes()
    (bundle / other.name).write_bytes(raw.replace(b'"verdict":"', b'"verdict":"x', 1))
    assert main([str(bundle)]) == 1
    printed = capsys.readouterr().out
    assert f"rejected  {other.name[:12]}  the file is not named by the SHA-256 of its bytes" in printed
    assert printed.endswith("2 certificates: 1 accepted, 1 rejected\n")


def test_a_file_or_a_folder_that_is_not_there_is_exit_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "nothing")]) == 2
    assert "there is no file or folder" in capsys.readouterr().err
    assert main([str(tmp_path)]) == 2
    assert "there are no certificates in" in capsys.readouterr().err
    with pytest.raises(Unreadable):
        files_in(tmp_path / "nothing")


@pytest.mark.parametrize("data", [{}, [], "text", 1, None, {"format": "ncverify certificate", "schema": 1}])
def test_other_json_is_rejected(tmp_path: Path, data: object) -> None:
    import hashlib

    raw = canonical(data)
    path = tmp_path / f"{hashlib.sha256(raw).hexdigest()}.json"
    path.write_bytes(raw)
    assert replay(path).accepted is None
    assert "certificate" in replay(path).reason


def test_the_program_starts_without_the_provers(store: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "ncverify", "replay", str(files_in(store)[0])],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0
    assert "sympy" not in done.stderr
    assert "typer" not in done.stderr


def test_lines_come_by_claim_and_rejections_last() -> None:
    def checked(name: str, file: str, *, good: bool) -> Checked:
        found = Accepted(name, "proved", "proved", (), "book", 0) if good else None
        return Checked(Path(file), found, "" if good else "no", name)

    items = [
        checked("b", "1.json", good=True),
        checked("a", "2.json", good=False),
        checked("a", "3.json", good=True),
    ]
    assert [item.file.name for item in sorted(items, key=Checked.place)] == ["3.json", "1.json", "2.json"]
