"""The style of all figures, and how they are written."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ncverify.errors import InputError
from ncverify.figures import BLACK, BLUE, GREEN, ORANGE, check_path, sheet
from ncverify.figures.sheet import STYLE

ROOT = Path(__file__).resolve().parents[2]


def draw(path: Path | str | None) -> object:
    with sheet(4, 3, path) as figure:
        for n in range(3):
            figure.gca().plot([0, 1], [n, n + 1])
    return figure


def test_a_figure_is_written_the_same_every_time(tmp_path: Path) -> None:
    for name in ("a.svg", "b.svg"):
        draw(tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert b"<dc:date>" not in (tmp_path / "a.svg").read_bytes()


@pytest.mark.parametrize(("suffix", "head"), [("png", b"\x89PNG"), ("pdf", b"%PDF"), ("SVG", b"<?xml")])
def test_formats(tmp_path: Path, suffix: str, head: bytes) -> None:
    draw(tmp_path / f"a.{suffix}")
    assert (tmp_path / f"a.{suffix}").read_bytes().startswith(head)


def test_curves_differ_in_colour_and_in_dashes() -> None:
    """Readable in black and white, and the named colours are those of the style."""
    import matplotlib

    with matplotlib.style.context(STYLE):
        properties = list(matplotlib.rcParams["axes.prop_cycle"])
    assert len({str(item["linestyle"]) for item in properties}) == len(properties) == 7
    assert ["#" + item["color"].lstrip("#") for item in properties[:4]] == [BLUE, ORANGE, GREEN, BLACK]


def test_the_style_of_the_user_is_left_alone() -> None:
    import matplotlib

    before = dict(matplotlib.rcParams)
    draw(None)
    assert dict(matplotlib.rcParams) == before


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a.bmp", r"plot file 'a.bmp' must end in \.svg, \.png or \.pdf"),
        ("a", r"must end in"),
        ("nowhere/a.svg", r"cannot write nowhere/a\.svg: its folder does not exist"),
    ],
)
def test_a_file_that_cannot_be_drawn_to(name: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        check_path(name)
    with pytest.raises(InputError, match=words), sheet(4, 3, name):
        pytest.fail("it must be refused before the drawing")


def test_without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(InputError, match=r"install the extra ncverify\[plot\]"), sheet(4, 3):
        pytest.fail("there is nothing to draw with")


def test_there_is_one_style() -> None:
    assert [
        path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.mplstyle") if ".venv" not in path.parts
    ] == ["ncverify/figures/style.mplstyle"]
