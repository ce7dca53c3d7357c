"""Choosing claims by name: an id, the key of a paper, or a tag."""

from __future__ import annotations

from difflib import get_close_matches

from ncverify.book.claim import Claim, Registry
from ncverify.errors import InputError

_SHOWN = 60


def select(registry: Registry, word: str) -> list[Claim]:
    """The claims that ``word`` names, in book order.

    An id comes before a paper and a paper before a tag.  Raises ``InputError`` with the nearest names.
    """
    if word in registry:
        return [registry[word]]
    chosen = [claim for claim in registry if claim.paper == word]
    chosen = chosen or [claim for claim in registry if word in claim.tags]
    if not chosen:
        raise InputError(f"no claim, paper or tag is called {_clip(word)!r}{_nearest(registry, word)}")
    return chosen


def find(registry: Registry, name: str) -> Claim:
    """The claim with this id; ``InputError`` with the nearest ids otherwise."""
    if name not in registry:
        near = _near(name, [claim.id for claim in registry])
        raise InputError(f"no claim is called {_clip(name)!r}{near}")
    return registry[name]


def _nearest(registry: Registry, word: str) -> str:
    names = [name for claim in registry for name in (claim.id, claim.paper, *claim.tags)]
    return _near(word, list(dict.fromkeys(names)))


def _near(word: str, names: list[str]) -> str:
    close = get_close_matches(word[:_SHOWN], names, n=3, cutoff=0.5)
    # a part of an id is not close to it by letters, but it is what people remember
    close += [name for name in names if word in name and name not in close][: 3 - len(close)] if word else []
    return f": did you mean {' or '.join(close)}?" if close else ": see ncverify list"


def _clip(word: str) -> str:
    return word if len(word) <= _SHOWN else f"{word[:_SHOWN]}..."
