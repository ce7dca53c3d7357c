"""The report in a real browser, and what it is made from."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from ncverify.book.registry import load_book
from ncverify.book.verdict import Outcome
from ncverify.errors import InputError
from ncverify.ledger.run import check
from ncverify.report.curves import flow_curves
from ncverify.report.graph import drawing
from ncverify.report.mathematics import formula, pieces
from ncverify.report.page import render, write

ABOUT = {"ncverify": "0", "python": "3"}
CHROMIUM = shutil.which("chromium")
CLAIMS = (
    "lyapunov-zero",
    "lyapunov-derivative",
    "reduced-ode",
    "softmax-jacobian-diagonal",
    "collapse-orthogonal",
    "growth",
)


@pytest.fixture(scope="module")
def items() -> list[dict[str, object]]:
    results = check(*CLAIMS)
    return [
        {
            **item.to_json(),
            "certificate": "0" * 64,
            "bodies": [e.body for e in item.verdict.evidence if e.body],
        }
        for item in results
    ]


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
    for styled, character in (
        (r"\mathbb R", "ℝ"),
        (r"\mathbb E", "𝔼"),
        (r"\mathcal L", "ℒ"),
        (r"\mathbf 1", "𝟏"),
    ):
        assert f">{character}<" in formula(styled)


@pytest.mark.parametrize(
    ("latex", "cut"),
    [
        (r"a = b \le c", [["a", "{}=b", r"{}\le c"]]),
        (r"a=b,\qquad c>0", [["a", "{}=b,"], ["c", "{}>0"]]),
        (r"\sum_{a=0} f(x = y)", [[r"\sum_{a=0}f(x = y)"]]),
        (
            r"\begin{pmatrix}a=b\quad c\end{pmatrix}\{x=y",
            [[r"\begin{pmatrix}a=b\quad c\end{pmatrix}\{x", "{}=y"]],
        ),
        (r"\alpha x = \text{a word}", [[r"\alpha x", r"{}=\text{a word}"]]),
        (r"=x\quad", [["=x"]]),
        ("a-b=-c+d_-", [["a", "{}-b", "{}=-c", "{}+d_-"]]),
        ("-a,-b", [["-a,-b"]]),
        ("", []),
    ],
)
def test_where_a_formula_may_break(latex: str, cut: list[list[str]]) -> None:
    assert pieces(latex) == cut


def essence(latex: str) -> str:
    """Without spaces and empty groups."""
    return re.sub(r"\\q?quad(?![A-Za-z])|\{\}|\s", "", latex)


def test_every_formula_of_the_book_may_break(book_formulas: list[str]) -> None:
    """Each piece is mathematics of its own, and nothing is lost."""
    for latex in book_formulas:
        parts = [piece for statement in pieces(latex) for piece in statement]
        assert essence("".join(parts)) == essence(latex)
        assert [piece for piece in parts if not formula(piece).startswith("<math")] == []


def test_every_formula_of_the_book_is_understood() -> None:
    """No command is left over, as where a tab stands for \\t or a letter belongs to the command before it."""
    for claim in load_book():
        for latex in filter(None, (claim.latex, *(item.latex for item in claim.hypotheses))):
            assert latex.isprintable(), claim.id
            rendered = formula(latex)
            assert rendered.startswith("<math"), claim.id
            assert "\\" not in re.sub(r'alttext="[^"]*"', "", rendered), claim.id


@pytest.fixture(scope="module")
def book_formulas() -> list[str]:
    return [claim.latex for claim in load_book() if claim.latex]


FLOW = {
    "flow": "reduced",
    "group": [4],
    "depth": 2,
    "start": ["1", "2", "1"],
    "t": ["0", "1/10", "1", "1e100"],
    "s": [
        [{"mid": str(value), "rad": "1e-9"} for value in row]
        for row in ((1, 2, 1), (2, 3, 2), (4, 5, 4), (9, 14, 9))
    ],
}


def test_a_trajectory_is_drawn_from_its_certificate() -> None:
    ((caption, svg),) = flow_curves([{"kind": "flow", "trajectories": [FLOW]}, {"kind": "proof"}])
    assert caption == "Z_4, depth 2, s(0) = (1, 2, 1), enclosed to t = 1e100"
    assert svg.count("<polyline") == 3
    assert svg.count("<circle") == 12
    assert ">1e100<" in svg
    assert ">s1 s3<" in svg
    heights = [float(y) for y in re.findall(r"<circle cx=\"[\d.]+\" cy=\"([\d.]+)\"", svg)][4:8]
    assert heights == sorted(heights, reverse=True)


@pytest.mark.parametrize("change", [{"flow": "full"}, {"t": ["0", "0", "1", "2"]}, {"start": ["1"] * 8}])
def test_what_is_not_drawn(change: dict[str, object]) -> None:
    assert flow_curves([{"kind": "flow", "trajectories": [{**FLOW, **change}]}]) == []


def test_only_what_is_known_holds_for_its_scope(items: list[dict[str, object]]) -> None:
    spans = {}
    for outcome in Outcome:
        page = render([{**items[0], "verdict": str(outcome)}], ABOUT)
        ((label, scope),) = re.findall(r"<dt>(\w+ for)</dt><dd>([^<]*)</dd>", page)
        assert html.unescape(scope) == items[0]["scope"]
        spans[outcome] = label
    known = {Outcome.PROVED, Outcome.CERTIFIED, Outcome.ARGUED}
    assert {outcome for outcome, label in spans.items() if label == "holds for"} == known
    assert spans[Outcome.TESTED] == "tested for"
    assert spans[Outcome.REFUTED] == "stated for"
    assert spans[Outcome.UNDECIDED] == spans[Outcome.ERROR] == "asked for"


def test_what_was_not_checked_is_named(items: list[dict[str, object]]) -> None:
    assert "Not checked here: real-training (needs torch)." in render(
        items, ABOUT, ["real-training (needs torch)"]
    )


def test_a_wide_layer_is_broken_into_rows() -> None:
    users = {f"a-rather-long-name-{n:02}": ("centre",) for n in range(20)}
    svg = drawing("centre", {"centre": (), **users})
    width = re.search(r'viewBox="0 0 (\d+) ', svg)
    assert width is not None
    assert int(width[1]) < 700
    assert svg.count("<rect") == 21


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


def probed(page: str, folder: Path, expression: str, width: int) -> str:
    """What a script finds in the page, shown in a frame of that width (a window is at least 500 wide)."""
    probe = f"<script>window.onload=()=>parent.postMessage(JSON.stringify({expression}),'*')</script>"
    (folder / "page.html").write_text(page.replace("</body>", probe + "</body>"))
    outer = folder / "outer.html"
    outer.write_text(
        f"<title>-</title><script>onmessage=m=>document.title=m.data</script>"
        f'<iframe src="page.html" style="border:0;width:{width}px;height:900px"></iframe>'
    )
    done = chromium(
        "--allow-file-access-from-files",
        "--window-size=1300,900",
        "--virtual-time-budget=5000",
        "--dump-dom",
        outer.as_uri(),
        profile=folder / "p",
    )
    assert "CONSOLE" not in done.stderr
    title = re.search(r"<title>(.*?)</title>", done.stdout)
    assert title is not None, done.stderr
    return html.unescape(title[1])


FINDINGS = """(()=>{const q=s=>[...document.querySelectorAll(s)], box=e=>e.getBoundingClientRect();
const rows=()=>q('tr[data-verdict]').filter(e=>e.offsetParent!==null).length;
const filtered=id=>{document.getElementById(id).checked=true;return rows()};
q('details').forEach(d=>d.open=true);
return {width:innerWidth, sections:q('section.claim').filter(e=>box(e).height>50).length,
formulas:q('math').length, flat:q('math').filter(e=>box(e).height<5||box(e).width<3).length,
svg:q('svg').filter(e=>box(e).height>10).length,
wide:document.documentElement.scrollWidth-document.documentElement.clientWidth,
cut:q('td,th,p,dd,pre,figure').filter(e=>box(e).right>innerWidth+1).length,
sliding:q('.math').filter(e=>e.scrollWidth>e.clientWidth+1).length,
tallest:Math.max(...q('tr').map(e=>box(e).height)),
reachable:q('a[href],input,summary').filter(e=>e.tabIndex<0).length,
shown:[rows(), filtered('only-refuted'), filtered('of-garrod'),
filtered('only-all'), filtered('of-ji')]}})()"""


@pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium")
@pytest.mark.parametrize("width", [1200, 390])
def test_in_a_browser(items: list[dict[str, object]], tmp_path: Path, width: int) -> None:
    """Sections render, the console is silent, formulas have a size, nothing is cut off; filters filter.

    The script that looks only checks radio buttons: the style sheet hides the rows.
    """
    other = {**items[0], "id": "in-another-paper", "paper": "ji", "verdict": "refuted"}
    found = json.loads(probed(render([*items, other], ABOUT), tmp_path, FINDINGS, width))
    assert found["width"] == width
    assert found["sections"] == len(CLAIMS) + 1
    assert found["formulas"] > 30
    assert found["flat"] == 0
    assert found["svg"] >= 4
    assert found["wide"] <= 0
    assert found["cut"] == 0
    assert found["sliding"] == 0
    assert found["tallest"] < 300
    assert found["reachable"] == 0
    assert found["shown"] == [7, 3, 2, 6, 1]


@pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium")
def test_what_is_folded_is_printed(items: list[dict[str, object]], tmp_path: Path) -> None:
    """A closed derivation takes room on paper: with it there are more pages."""
    pages = []
    for folded in (
        render(items, ABOUT),
        re.sub(r"<details>.*?</details>", "", render(items, ABOUT), flags=re.DOTALL),
    ):
        (tmp_path / "page.html").write_text(folded)
        target = tmp_path / "page.pdf"
        chromium(f"--print-to-pdf={target}", (tmp_path / "page.html").as_uri(), profile=tmp_path / "p")
        pages.append(target.read_bytes().count(b"/Type /Page\n"))
    assert pages[0] > pages[1] > 0
