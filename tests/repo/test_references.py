"""Every paper a claim names is in the bibliography."""

import re
from pathlib import Path

from ncverify.book.registry import load_book

BIBLIOGRAPHY = Path(__file__).parents[2] / "proofs" / "references.bib"


def test_papers_are_in_the_bibliography():
    known = set(re.findall(r"^@\w+\{(\w+),", BIBLIOGRAPHY.read_text(encoding="utf-8"), re.M))
    named = {claim.paper for claim in load_book()} - {"beyond"}
    assert named <= known
    assert named
