"""Write the table of the book into README.md, between its markers: `python scripts/readme_table.py`.

A test compares the two, so the table cannot go stale; that each verdict is the expected one is what
`ncverify check` is for.
"""

from __future__ import annotations

from pathlib import Path

from ncverify.book.registry import load_book

BEGIN, END = "<!-- book: begin -->", "<!-- book: end -->"
README = Path(__file__).resolve().parent.parent / "README.md"


def table() -> str:
    """The claims of the book, in Markdown."""
    lines = ["| claim | says | verdict | scope |", "|---|---|---|---|"]
    for claim in load_book():
        verdict = f"**{claim.expected}**"
        if claim.corrected_by:
            verdict += f", see `{claim.corrected_by}`"
        cells = [f"`{claim.id}`<br>{claim.paper}, {claim.kind}", claim.title, verdict, claim.scope]
        lines.append("| " + " | ".join(_escape(cell) for cell in cells) + " |")
    return "\n".join(lines)


def _escape(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*").replace("\\*\\*", "**").replace("_", "\\_")


def updated(text: str) -> str:
    """The README with the current table."""
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


if __name__ == "__main__":
    README.write_text(updated(README.read_text(encoding="utf-8")), encoding="utf-8")
