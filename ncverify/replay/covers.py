"""``cover``: a box cut into boxes, on each of which one of some facts is seen to hold.

A tree of cuts covers its box by construction.  Leaves: ``direct`` is the natural interval extension,
``mean`` the mean-value form f(c) + f'(box) (box - c) as well, ``taylor`` adds the second order.  ``lower``
and ``upper`` pass to a face: where left - right increases in x over the whole box, its values are at least
those on the lower face.  Further forms of leaves: ``ncverify.replay.leaves``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from flint import arb, fmpq

from ncverify.replay.balls import Unclear, certainly, gradients, precision, read_bits, square, values
from ncverify.replay.earned import Earned
from ncverify.replay.errors import Rejected
from ncverify.replay.expansions import ONE, ZERO, expand
from ncverify.replay.expressions import Compared, Table, rational, symbol
from ncverify.replay.facts import AnyOf, Fact, holds, read_facts, roots
from ncverify.replay.hessians import second_order
from ncverify.replay.leaves import FORMS, Leaves
from ncverify.replay.reading import items, members

MAX_BOXES: Final = 1_000_000
MAX_CUTS: Final = 2_000

Sides = Mapping[str, tuple[Any, Any]]


def ball(low: Any, high: Any) -> Any:
    """A ball that contains the interval of two exact numbers."""
    return arb(low) if low == high else arb(low).union(arb(high))


def read_box(data: Any, where: str = "the box") -> dict[str, tuple[Any, Any]]:
    """Two exact numbers, low <= high, for each variable."""
    if not isinstance(data, dict):
        raise Rejected(f"{where} is not an object")
    sides = {}
    for name, ends in data.items():
        if not isinstance(ends, list) or len(ends) != 2:
            raise Rejected(f"{where} needs two ends for {name[:60]}")
        low, high = (rational(end, f"an end of {name[:60]}") for end in ends)
        if low > high:
            raise Rejected(f"{where} is empty in {name[:60]}")
        sides[symbol(name)] = (low, high)
    return sides


@dataclass
class _Cover:
    table: Table
    facts: list[Fact]
    bits: int

    def leaf(self, box: Sides, form: str, *, only_first: bool) -> bool:
        """Whether one of the facts (or the first) certainly holds in the box, by forms up to this one."""
        facts = self.facts[:1] if only_first else self.facts
        flat = [part for fact in facts for part in (fact.facts if isinstance(fact, AnyOf) else [fact])]
        return any(self._seen(fact, box, form) for fact in flat)

    def _seen(self, fact: Fact, box: Sides, form: str) -> bool:
        env = {name: ball(*ends) for name, ends in box.items()}
        try:
            if holds(self.table, fact, env):
                return True
        except Unclear:
            return False
        if form == "direct" or not isinstance(fact, Compared):
            return False
        try:
            if self._by_mean_value(fact, box, env):
                return True
            return form == "taylor" and self._by_taylor(fact, box, env)
        except Unclear:
            return False

    def _by_mean_value(self, fact: Compared, box: Sides, env: Mapping[str, Any]) -> bool:
        root = self.table.difference(fact.left, fact.right)
        names = [name for name, (low, high) in box.items() if low != high]
        value, slope = gradients(self.table, [root], env, names)
        centre = {name: arb((low + high) / 2) for name, (low, high) in box.items()}
        around = values(self.table, [root], centre)[root]
        for d, name in zip(slope[root], names, strict=True):
            around = around + d * (env[name] - centre[name])
        found = _both(value[root], around)
        if certainly(fact.sign, found, arb(0)):
            return True
        # Where the difference is monotone in a variable, its extreme values are on a face.
        return self._by_corners(fact.sign, root, dict(zip(names, slope[root], strict=True)), box)

    def _by_corners(self, sign: str, root: int, slopes: Mapping[str, Any], box: Sides) -> bool:
        if sign not in ("<", "<=", ">", ">="):
            return False
        want_low = sign in (">", ">=")
        face = dict(box)
        for name, slope in slopes.items():
            low, high = box[name]
            if bool(slope >= 0):
                face[name] = (low, low) if want_low else (high, high)
            elif bool(slope <= 0):
                face[name] = (high, high) if want_low else (low, low)
        if face == dict(box):
            return False
        env = {name: ball(*ends) for name, ends in face.items()}
        return certainly(sign, values(self.table, [root], env)[root], arb(0))

    def _by_taylor(self, fact: Compared, box: Sides, env: Mapping[str, Any]) -> bool:
        root = self.table.difference(fact.left, fact.right)
        names = [name for name, (low, high) in box.items() if low != high]
        centre = {name: arb((low + high) / 2) for name, (low, high) in box.items()}
        value, slope = gradients(self.table, [root], centre, names)
        curve = second_order(self.table, root, env, names)
        around = value[root]
        steps = [env[name] - centre[name] for name in names]
        for i, d in enumerate(steps):
            around = around + slope[root][i] * d + curve[i][i] * square(d) / 2
            for j in range(i):
                around = around + curve[i][j] * d * steps[j]
        return certainly(fact.sign, around, arb(0))

    def _rates(self, root: int, box: Sides, env: Mapping[str, Any], name: str) -> Iterator[Any]:
        """The derivative in a variable over the box, backwards and forwards (which keeps sums together)."""
        with suppress(Unclear):
            yield gradients(self.table, [root], env, [name])[1][root][0]
        with suppress(Unclear):
            yield expand(self.table, root, env, {key: ONE if key == name else ZERO for key in box}, 2)[1]

    def monotone(self, box: Sides, name: str, *, increasing: bool) -> None:
        """``Rejected`` unless left - right of the first fact is monotone in the variable on the box."""
        fact = self.facts[0]
        if not isinstance(fact, Compared) or fact.sign not in (">", ">="):
            raise Rejected("faces are for a relation u > v or u >= v")
        env = {key: ball(*ends) for key, ends in box.items()}
        root = self.table.difference(fact.left, fact.right)
        if not any(_one_sign(rate, increasing) for rate in self._rates(root, box, env, name)):
            raise Rejected(f"the difference is not certainly monotone in {name}")


def _one_sign(rate: Any, increasing: bool) -> bool:
    return bool(rate >= 0) if increasing else bool(rate <= 0)


def _both(x: Any, y: Any) -> Any:
    return x.intersection(y) if x.overlaps(y) else y


def check_cover(body: Any) -> Earned:
    """At every point of the box one of the facts holds: ``certified``."""
    members(body, ("kind", "box", "facts", "tree", "bits"), "the cover")
    table = Table()
    facts = read_facts(table, body["facts"])
    box = read_box(body["box"])
    used = table.symbols([place for fact in facts for place in roots(fact)])
    if not set(used) <= set(box):
        raise Rejected(f"the box has no ends for {sorted(set(used) - set(box))[0]}")
    tree = items(body["tree"], "the tree", 1)
    if len(tree) > MAX_BOXES:
        raise Rejected(f"more than {MAX_BOXES} boxes")
    cover = _Cover(table, facts, read_bits(body["bits"]))
    with precision(cover.bits):
        leaves = _walk(cover, box, tree)
    return Earned(
        "certified",
        f"{leaves} boxes",
        {"kind": "cover", "box": body["box"], "facts": body["facts"]},
    )


def _walk(cover: _Cover, box: Sides, tree: list[Any]) -> int:
    closer = Leaves(cover.table, cover.facts)
    waiting = [(box, False)]  # on a face the first fact itself must hold
    leaves = 0
    for number, node in enumerate(tree):
        if not waiting:
            raise Rejected("the tree goes on behind its end")
        if not isinstance(node, list) or not node or not isinstance(node[0], str):
            raise Rejected(f"node {number} of the tree is not a list that starts with a text")
        here, face = waiting.pop()
        if node[0] in FORMS:
            if not closer.holds(node, here, only_first=face):
                raise Rejected(f"node {number} of the tree does not show its fact in {_show(here)}")
            leaves += 1
            continue
        if not all(isinstance(part, str) for part in node):
            raise Rejected(f"node {number} of the tree is not a list of texts")
        if node[0] in ("direct", "mean", "taylor") and len(node) == 1:
            if not cover.leaf(here, node[0], only_first=face):
                raise Rejected(f"node {number} of the tree: no fact certainly holds in {_show(here)}")
            leaves += 1
            continue
        if len(node) < 2 or node[1] not in here:
            raise Rejected(f"node {number} of the tree is unknown")
        name = node[1]
        low, high = here[name]
        if node[0] == "split" and len(node) <= 3:
            middle = rational(node[2]) if len(node) == 3 else fmpq(low + high) / 2
            if not low < middle < high:
                raise Rejected(f"node {number} of the tree does not cut its box")
            waiting += [({**here, name: (middle, high)}, face), ({**here, name: (low, middle)}, face)]
            if len(waiting) > MAX_CUTS:
                raise Rejected(f"boxes are cut more than {MAX_CUTS} times")
        elif node[0] in ("lower", "upper") and len(node) == 2:
            cover.monotone(here, name, increasing=node[0] == "lower")
            end = low if node[0] == "lower" else high
            waiting.append(({**here, name: (end, end)}, True))
        else:
            raise Rejected(f"node {number} of the tree is unknown")
    if waiting:
        raise Rejected("the tree ends before the box is covered")
    return leaves


def _show(box: Sides) -> str:
    ends = (f"{name} in [{low}, {high}]" for name, (low, high) in list(box.items())[:4])
    return ", ".join(ends)[:200]
