"""Claims and the registry: what cannot be declared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ncverify.book.claim import Claim, Kind, Registry, Source
from ncverify.book.registry import claim, load_book, load_claims_file, recording
from ncverify.book.selectors import find, select
from ncverify.book.verdict import Outcome
from ncverify.errors import InputError


def make(name: str, **changes: Any) -> Claim:
    values: dict[str, Any] = {
        "id": name,
        "paper": "here",
        "kind": Kind.USER,
        "title": "t",
        "plain": "p",
        "latex": "",
        "scope": "s",
        "source": Source("here", ""),
        "expected": Outcome.PROVED,
        "check": lambda bench: None,
    }
    return Claim(**(values | changes))


def registry(*claims: Claim) -> Registry:
    made = Registry()
    for item in claims:
        made.add(item)
    return made


@pytest.mark.parametrize("name", ["", "Upper", "two words", "a--b", "-a", "a-", "ä", "a_b", "a.py", "a/b"])
def test_ids_are_plain(name: str) -> None:
    with pytest.raises(InputError, match="lower-case words joined by hyphens"):
        make(name)


@pytest.mark.parametrize("field", ["title", "plain", "scope"])
def test_nothing_may_be_blank(field: str) -> None:
    with pytest.raises(InputError, match="'a' needs a title, a statement and a scope"):
        make("a", **{field: " "})


@pytest.mark.parametrize("outcome", [Outcome.UNDECIDED, Outcome.ERROR])
def test_failure_is_never_expected(outcome: Outcome) -> None:
    with pytest.raises(InputError, match=f"'a' cannot expect the verdict {outcome}"):
        make("a", expected=outcome)


def test_an_open_conjecture_may_expect_to_stay_open() -> None:
    assert make("a", kind=Kind.CONJECTURE, expected=Outcome.UNDECIDED).expected is Outcome.UNDECIDED


def test_ids_are_unique() -> None:
    with pytest.raises(InputError, match=r"'a' is used twice \(one.py:1, two.py:2\)"):
        registry(make("a", origin="one.py:1"), make("a", origin="two.py:2"))


def test_dependencies_exist_and_do_not_go_in_circles() -> None:
    with pytest.raises(InputError, match="'a' refers to the unknown claim 'b'"):
        registry(make("a", depends=("b",))).closed()
    with pytest.raises(InputError, match="'a' refers to the unknown claim 'c'"):
        registry(make("a", corrected_by="c")).closed()
    with pytest.raises(InputError, match="circular dependencies: a -> b -> a"):
        registry(make("a", depends=("b",)), make("b", depends=("a",))).closed()
    with pytest.raises(InputError, match="circular dependencies: a -> a"):
        registry(make("a", depends=("a",))).closed()
    registry(make("a", depends=("b",)), make("b", corrected_by="a")).closed()


def test_the_decorator_registers_where_it_stands() -> None:
    with recording(Registry()) as found:

        @claim(id="here", title="t", plain="p", scope="s", expected="tested")
        def here(bench: object) -> None: ...

    assert [item.id for item in found] == ["here"]
    assert here.origin.startswith("test_claims.py:")
    assert here.kind is Kind.USER


def test_the_book_is_complete() -> None:
    book = load_book()
    book.closed()
    for item in book:
        assert item.latex, item.id
        assert item.source.place, item.id
        assert item.check.__doc__, item.id
        if item.expected is Outcome.REFUTED and item.kind is Kind.PUBLISHED:
            assert item.corrected_by, f"{item.id} is refuted: say what is true"
            assert book[item.corrected_by].expected is Outcome.PROVED


def test_select_by_id_paper_and_tag() -> None:
    found = registry(
        make("one", tags=("odd",)), make("two", paper="there"), make("three", tags=("odd", "there", "two"))
    )
    assert [item.id for item in select(found, "one")] == ["one"]
    assert [item.id for item in select(found, "two")] == ["two"]
    assert [item.id for item in select(found, "there")] == ["two"]
    assert [item.id for item in select(found, "odd")] == ["one", "three"]


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("lyapunov-derivate", "did you mean lyapunov-derivative"),
        ("garod", "did you mean garrod"),
        ("jacobian", "softmax-jacobian"),
        ("qqqqqqq", "see ncverify list"),
        ("", "see ncverify list"),
    ],
)
def test_unknown_selectors_name_the_nearest(word: str, hint: str) -> None:
    with pytest.raises(InputError, match=hint):
        select(load_book(), word)


def test_find_wants_an_id() -> None:
    with pytest.raises(InputError, match="no claim is called 'garrod'"):
        find(load_book(), "garrod")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = (", r"mine\.py, line 1: '\(' was never closed"),
        ("\n\nimport nothing_of_this_name", r"mine\.py, line 3: ModuleNotFoundError"),
        ("x = 1\nx / 0", r"mine\.py, line 2: ZeroDivisionError"),
        ("raise SystemExit(0)", r"mine\.py, line 1: SystemExit"),
        ("raise ValueError('one\\ntwo')", r"mine\.py, line 1: ValueError: one two$"),
        (
            "from ncverify import claim\n"
            "claim(id='A', title='t', plain='p', scope='s', expected='proved')(lambda bench: 0)",
            r"mine\.py, line 2: claim id 'A' must be lower-case",
        ),
        (
            "import ncverify as nv\n\nnv.derivation('a', ['x', 'x^2'])",
            r"mine\.py, line 3: step 1: \^ is not a power",
        ),
        (
            "import ncverify as nv\nnv.derivation('a', ['x', 'x'], expected='true')",
            r"mine\.py, line 2: 'true' is no verdict: did you mean proved\?",
        ),
    ],
)
def test_a_claims_file_that_fails_is_named_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "mine.py"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        load_claims_file(path, Registry())
