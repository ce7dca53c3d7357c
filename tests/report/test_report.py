"""The report in a real browser, and what it is made from."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from ncverify.errors import InputError
from ncverify.ledger.run import check
from ncverify.report.graph import drawing
from ncverify.report.mathematics import formula
from ncverify.report.page import render, write

ABOUT = {"ncverify": "0", "python": "3"}
CHROMIUM = shutil.which("chromium")
CLAIMS = (
    "lyapunov-zero",
    "lyapunov-derivative",
    "reduced-ode",
    "softmax-jacobian-diagonal",
    "collapse-orthogonal",
)


@pytest.fixture(scope="module")
def items() -> list[dict[str, object]]:
    return [{**item.to_json(), "certificate": "0" * 64} for item in check(*CLAIMS)]


class Reader(HTMLParser):
    """Ids, links, tags and the depth of what is open."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append(tag)
        if found.get("id"):
            self.ids.append(str(found["id"]))
        if tag == "a":
            self.links.append(str(found["href"]))
        self.sources += [str(found[name]) for name in ("src", "data", "srcset") if name in found]


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    return reader


def test_it_is_complete_in_itself(items: list[dict[str, object]]) -> None:
    page = render(items, ABOUT)
    reader = read(page)
    assert not {"script", "link", "img", "iframe", "object"} & set(reader.tags)
    assert not reader.sources
    assert "http://" not in page.replace("http://www.w3.org/1998/Math/MathML", "")
    assert "https://" not in page
    assert len(set(reader.ids)) == len(reader.ids)
    inner = [link[1:] for link in reader.links if link.startswith("#")]
    assert len(inner) == len(reader.links)
    assert set(CLAIMS) <= set(reader.ids)
    missing = {link for link in inner if link not in reader.ids}
    assert missing <= {str(name) for item in items for name in item["depends"]}  # type: ignore[attr-defined]


def test_what_a_claim_shows(items: list[dict[str, object]]) -> None:
    page = render(items, ABOUT)
    section = page.split('id="softmax-jacobian-diagonal"')[1].split("</section>")[0]
    assert ">refuted<" in section
    assert "witness" in section
    assert "softmax-jacobian-entries" in section
    assert "0" * 64 in section
    proof = page.split('id="lyapunov-derivative"')[1].split("</section>")[0]
    assert proof.count("<math") > 5
    assert "machine-checked steps" in proof
    assert "<svg" in proof
    assert 'id="errata"' in page


def test_nothing_in_it_is_markup(items: list[dict[str, object]]) -> None:
    hostile = "<script>alert(1)</script>"
    changed = [{**items[0], "title": hostile, "message": hostile, "witness": {hostile: hostile}}]
    assert "<script" not in render(changed, {"ncverify": hostile})


def test_formulas() -> None:
    assert formula(r"\frac{a}{b}").startswith("<math")
    assert 'display="inline"' in formula("x", "inline")
    assert "<mfrac>" in formula(r"\frac{a}{b}")
    assert "<script" not in formula(r"\text{<script>}")
    assert "<script" not in formula(r"\mathrm{<script>alert(1)</script>}")
    assert "<math" in formula(r"a < b \leq c")


def test_the_graph_is_layered() -> None:
    svg = drawing("c", {"a": (), "b": ("a",), "c": ("b", "a"), "d": ("c",)})
    heights = {name: float(y) for y, name in re.findall(r'<text x="[\d.]+" y="([\d.]+)">(\w)</text>', svg)}
    assert heights["a"] < heights["b"] < heights["c"] < heights["d"]
    assert svg.count("<path") == 4
    assert drawing("alone", {"alone": ()}) == ""


def test_a_folder_that_cannot_be_written(items: list[dict[str, object]], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write"):
        write(items, ABOUT, str(tmp_path / "file"))


def test_the_command(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ncverify", "report", "out", "growth", "--store", "store"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "out" / "index.html").read_text()
    (name,) = [path.stem for path in (tmp_path / "store" / "certificates").iterdir()]
    assert name in page


def chromium(*arguments: str, profile: Path) -> subprocess.CompletedProcess[str]:
    assert CHROMIUM is not None
    return subprocess.run(
        [
            CHROMIUM,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--enable-logging=stderr",
            f"--user-data-dir={profile}",
            *arguments,
        ],
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium")
@pytest.mark.parametrize("width", [1200, 390])
def test_in_a_browser(items: list[dict[str, object]], tmp_path: Path, width: int) -> None:
    """Sections render, the console is silent, formulas have a size, nothing is wider than the screen."""
    probe = (
        "<script>window.onload=()=>{const q=s=>[...document.querySelectorAll(s)];"
        "q('details').forEach(d=>d.open=true);"
        "const box=e=>e.getBoundingClientRect();"
        "document.title=JSON.stringify({sections:q('section.claim').filter(e=>box(e).height>50).length,"
        "formulas:q('math').length,flat:q('math').filter(e=>box(e).height<5||box(e).width<3).length,"
        "svg:q('svg').filter(e=>box(e).height>10).length,"
        "wide:document.documentElement.scrollWidth-document.documentElement.clientWidth,"
        "reachable:q('a[href],input,summary').filter(e=>e.tabIndex<0).length})}</script>"
    )
    path = tmp_path / "page.html"
    path.write_text(render(items, ABOUT).replace("</body>", probe + "</body>"))
    done = chromium(
        f"--window-size={width},900",
        "--virtual-time-budget=5000",
        "--dump-dom",
        path.as_uri(),
        profile=tmp_path / "p",
    )
    assert "CONSOLE" not in done.stderr
    title = re.search(r"<title>(.*?)</title>", done.stdout)
    assert title is not None, done.stderr
    numbers = dict(re.findall(r'"(\w+)":(-?\d+)', title[1].replace("&quot;", '"')))
    assert int(numbers["sections"]) == len(CLAIMS)
    assert int(numbers["formulas"]) > 30
    assert int(numbers["flat"]) == 0
    assert int(numbers["svg"]) >= 3
    assert int(numbers["wide"]) <= 0
    assert int(numbers["reachable"]) == 0


@pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium")
def test_the_filter_works_without_scripts(items: list[dict[str, object]], tmp_path: Path) -> None:
    """With the radio button of "refuted" checked the style sheet alone hides the other rows."""
    page = render(items, ABOUT)
    page = page.replace('id="only-all" checked', 'id="only-all"').replace(
        'id="only-refuted"', 'id="only-refuted" checked'
    )
    probe = (
        "<script>window.onload=()=>{document.title='shown '+"
        "[...document.querySelectorAll('tr[data-verdict]')].filter(e=>e.offsetParent!==null).length}</script>"
    )
    path = tmp_path / "page.html"
    path.write_text(page.replace("</body>", probe + "</body>"))
    done = chromium("--virtual-time-budget=3000", "--dump-dom", path.as_uri(), profile=tmp_path / "p")
    assert "<title>shown 2</title>" in done.stdout
