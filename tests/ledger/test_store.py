"""The store: what is taken from it, what is computed again, and what damage does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ncverify.book.registry import load_book
from ncverify.errors import InputError
from ncverify.evidence.workbench import Settings
from ncverify.ledger import keys as keys_module
from ncverify.ledger.keys import Keys, sources_of
from ncverify.ledger.run import check, run
from ncverify.ledger.selection import Selection, gather
from ncverify.ledger.store import ENTRIES, Store, write_atomically
from ncverify.replay.main import FOLDER, main

FAST = ("exponential-defect", "slowdown-logarithmic", "depth-lyapunov")


def entries(store: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (store / ENTRIES).iterdir()}


def certificates(store: Path) -> set[str]:
    return {path.name for path in (store / FOLDER).iterdir()}


def test_a_second_run_takes_everything_from_the_store(tmp_path: Path) -> None:
    first = check(*FAST, store=tmp_path)
    before = entries(tmp_path)
    again = check(*FAST, store=tmp_path)
    assert [item.seconds for item in again] == [item.seconds for item in first], "times of the first run"
    assert entries(tmp_path) == before
    assert [item.to_json() for item in again] == [item.to_json() for item in first]
    assert len(certificates(tmp_path)) == len(FAST)
    assert main([str(tmp_path)]) == 0


def test_fresh_computes_again_and_finds_the_same_certificates(tmp_path: Path) -> None:
    check(*FAST, store=tmp_path)
    before, names = entries(tmp_path), certificates(tmp_path)
    check(*FAST, store=tmp_path, fresh=True)
    assert certificates(tmp_path) == names
    assert entries(tmp_path) != before, "the seconds differ"


def test_other_settings_are_other_computations(tmp_path: Path) -> None:
    book = load_book()
    claim = book["growth"]
    keys = {
        Keys(book, settings).key(claim) for settings in (Settings(), Settings(digits=30), Settings(seed=1))
    }
    assert len(keys) == 3
    assert Keys(book, Settings()).key(claim) in keys


@pytest.mark.parametrize("damage", [b"", b"{", b'{"hash":"0"}', b"[]", b"\xff", b"null"])
def test_a_damaged_entry_is_noticed(tmp_path: Path, damage: bytes) -> None:
    check("exponential-defect", store=tmp_path)
    (place,) = (tmp_path / ENTRIES).iterdir()
    good = place.read_bytes()
    place.write_bytes(damage or good[: len(good) // 2])
    store = Store(tmp_path)
    selection = gather(["exponential-defect"])
    run(selection, Settings(), jobs=1, store=store)
    assert store.notes == ["the stored verdict of exponential-defect is damaged: checked again"]
    assert main([str(tmp_path)]) == 0
    store = Store(tmp_path)
    run(selection, Settings(), jobs=1, store=store)
    assert store.notes == []


def test_an_entry_with_another_verdict_is_noticed(tmp_path: Path) -> None:
    check("exponential-defect", store=tmp_path)
    (place,) = (tmp_path / ENTRIES).iterdir()
    place.write_bytes(place.read_bytes().replace(b'"verdict":"proved"', b'"verdict":"refuted"'))
    store = Store(tmp_path)
    (result,) = run(gather(["exponential-defect"]), Settings(), jobs=1, store=store)
    assert result.as_expected
    assert len(store.notes) == 1


@pytest.mark.parametrize("missing", [True, False])
def test_a_damaged_certificate_is_noticed(tmp_path: Path, missing: bool) -> None:
    check("exponential-defect", store=tmp_path)
    (place,) = (tmp_path / FOLDER).iterdir()
    raw = place.read_bytes()
    if missing:
        place.unlink()
    else:
        place.write_bytes(raw.replace(b"proved", b"approved", 1))
    store = Store(tmp_path)
    run(gather(["exponential-defect"]), Settings(), jobs=1, store=store)
    assert "the stored certificate of exponential-defect is missing or damaged" in store.notes[0]
    assert place.read_bytes() == raw


MINE = """
from ncverify import claim
from ncverify.derive.decide import decide
from ncverify.evidence.exact import decided
from helper import RIGHT

@claim(id="mine", title="t", plain="p", scope="s", expected="proved")
def mine(bench):
    bench.add(lambda: decided(decide("exp(2*x)", RIGHT), "it"))
"""


def test_a_changed_file_of_ones_own_is_checked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.syspath_prepend(str(tmp_path))
    claims, helper, store = tmp_path / "mine.py", tmp_path / "helper.py", tmp_path / "store"
    claims.write_text(MINE)
    helper.write_text('RIGHT = "exp(x)**2"\n')
    assert set(sources_of(claims)) == {claims, helper}
    (first,) = check(str(claims), store=store)
    assert str(first.verdict.outcome) == "proved"
    assert main([str(store)]) == 0
    (again,) = check(str(claims), store=store)
    assert again.seconds == first.seconds
    for table in (keys_module._hash, keys_module.sources_of, keys_module._imports, keys_module._inside):
        table.cache_clear()
    sys.modules.pop("helper")
    helper.write_text('RIGHT = "exp(x)**3"\n')
    (other,) = check(str(claims), store=store)
    assert str(other.verdict.outcome) == "refuted", "what it imports has changed"
    assert len(certificates(store)) == 1, "the certificate of before is gone"


def test_a_change_below_invalidates_what_rests_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    book = load_book()
    before = {claim.id: Keys(book, Settings()).key(claim) for claim in book}
    real = keys_module._hash

    def changed(path: Path) -> str:
        return "changed" if path.name == "reduced.py" and path.parent.name == "garrod" else real(path)

    monkeypatch.setattr(keys_module, "_hash", changed)
    after = {claim.id: Keys(book, Settings()).key(claim) for claim in book}
    different = {name for name in before if before[name] != after[name]}
    assert {"reduced-ode", "growth", "slowdown-exact"} <= different
    assert "hadamard-orthogonal" not in different


def test_the_engine_is_part_of_every_key(monkeypatch: pytest.MonkeyPatch) -> None:
    book = load_book()
    claim = book["exponential-defect"]
    before = Keys(book, Settings()).key(claim)
    monkeypatch.setattr(keys_module, "engine", lambda: "another program")
    assert Keys(book, Settings()).key(claim) != before


def test_what_no_entry_names_is_removed_when_it_is_old(tmp_path: Path) -> None:
    check("exponential-defect", store=tmp_path)
    old, young = tmp_path / FOLDER / f"{'0' * 64}.json", tmp_path / FOLDER / f"{'1' * 64}.json"
    part = tmp_path / FOLDER / ".part"
    for path in (old, young, part):
        path.write_text("{}")
    for path in (old, part):
        os.utime(path, (0, 0))
    gone = tmp_path / ENTRIES / "no-longer-in-the-book.json"
    gone.write_text("{}")
    check("exponential-defect", store=tmp_path)
    assert (old.exists(), young.exists(), part.exists(), gone.exists()) == (False, True, False, False)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot keep verdicts in"):
        check("exponential-defect", store=tmp_path / "file")


def test_writing_is_all_or_nothing(tmp_path: Path) -> None:
    target = tmp_path / "x"
    write_atomically(target, b"one")
    with pytest.raises(TypeError):
        write_atomically(target, "text")  # type: ignore[arg-type]
    assert target.read_bytes() == b"one"
    assert list(tmp_path.iterdir()) == [target], "no temporary file is left"


def test_a_failed_check_is_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "wrong.py"
    path.write_text(
        "from ncverify import claim\n"
        "@claim(id='wrong', title='t', plain='p', scope='s', expected='proved')\n"
        "def wrong(bench):\n    raise ZeroDivisionError('no')\n"
    )
    store = tmp_path / "store"
    (result,) = check(str(path), store=store)
    assert str(result.verdict.outcome) == "error"
    assert entries(store) == {}
    assert certificates(store) == set()


def test_selections_keep_their_order(tmp_path: Path) -> None:
    book = gather(FAST)
    store = Store(tmp_path)
    run(Selection(book.claims[:1], book.registry), Settings(), jobs=1, store=store)
    found = run(book, Settings(), jobs=1, store=store)
    assert [item.claim.id for item in found] == [claim.id for claim in book.claims]
