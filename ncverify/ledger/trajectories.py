"""What ``ncverify flow`` does: read a start, enclose the flow, show the enclosures."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from shutil import get_terminal_size
from time import monotonic

from ncverify.errors import InputError
from ncverify.flows.drive import Progress
from ncverify.flows.exact import read_numbers
from ncverify.flows.full import FullFlow
from ncverify.flows.reduced import ReducedFlow
from ncverify.flows.trajectory import Trajectory, rounded_down, time_text
from ncverify.theory.groups import AbelianGroup

_COLUMNS = 6
_SECONDS_BETWEEN_LINES = 0.1
_WINDOW, _MANY = 8, 500
_MAX_FILE = 1 << 22


def read_group(classes: int | None, group: str | None) -> AbelianGroup:
    """The group from ``--classes`` or ``--group``; exactly one must be given."""
    if (classes is None) == (group is None):
        raise InputError("say which group: either --classes K or --group 2,2,2")
    return AbelianGroup.from_classes(classes) if classes is not None else AbelianGroup.parse(str(group))


def spectral_network(group: AbelianGroup, values: str, weight_decay: str) -> FullFlow:
    """W = Phi diag(alpha) Phi^T/K = H: the full network at a balanced spectral start, exactly.

    ``values``: alpha_a for a != 0, so that s_a = alpha_a^2.  Only characters +-1 make this rational.
    """
    if not group.is_walsh:
        raise InputError(
            f"the full network of {group.name} has irrational entries: use --classes 2, 4, 8, ... or give "
            "W, H and labels in a JSON file with --start FILE"
        )
    size = group.order
    alpha = group.spectrum(read_numbers(values, "start"), Fraction(0))
    sign = [[1 if group.pairing(a, g) == 0 else -1 for g in range(size)] for a in range(size)]
    first = [sum((alpha[a] * sign[a][g] for a in range(size)), Fraction(0)) / size for g in range(size)]
    rows = [[first[i ^ j] for j in range(size)] for i in range(size)]
    return FullFlow(rows, rows, list(range(size)), weight_decay=weight_decay)


def network_from_file(path: Path) -> FullFlow:
    """W, H and labels from JSON, exact entries: {"W": [["1/2", ...], ...], "H": ..., "labels": [0, ...]}."""
    try:
        if path.stat().st_size > _MAX_FILE:
            raise InputError(f"{path} is larger than {_MAX_FILE >> 20} MiB")
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not JSON: {str(error).splitlines()[0][:120]}") from None
    if not isinstance(data, dict) or not {"W", "H", "labels"} <= data.keys():
        raise InputError(f'{path} must hold an object with "W", "H" and "labels"')
    extra = sorted(data.keys() - {"W", "H", "labels", "loss", "weight_decay"})
    if extra:
        raise InputError(f"{path}: {extra[0]!r} is not known; use W, H, labels, loss, weight_decay")
    labels = data["labels"]
    if not isinstance(labels, list):
        raise InputError(f"{path}: labels must be a list of class numbers")
    return FullFlow(
        data["W"], data["H"], labels, loss=data.get("loss", "sum"), weight_decay=data.get("weight_decay", 0)
    )


def enclose(
    group: AbelianGroup | None,
    start: str,
    *,
    full: bool,
    until: str,
    times: str | None,
    digits: int,
    depth: int,
    weight_decay: str,
    imbalance: str | None = None,
) -> Trajectory:
    """Enclose the flow the command line asks for, with progress on a terminal."""
    asked = None if times is None else [part.strip() for part in times.split(",")]
    with progress(until) as report:
        if full:
            if imbalance is not None:
                raise InputError("--imbalance goes without --full, where W and H say it")
            network = _network(group, start, depth, weight_decay)
            return network.enclose(until=until, digits=digits, times=asked, progress=report)
        if group is None:
            raise InputError("say which group: either --classes K or --group 2,2,2")
        reduced = ReducedFlow(
            group, depth=depth, imbalance=_imbalance(group, imbalance), weight_decay=weight_decay
        )
        return reduced.enclose(start, until=until, digits=digits, times=asked, progress=report)


def _imbalance(group: AbelianGroup, text: str | None) -> tuple[Fraction, ...] | None:
    """c_a for the nonzero characters; one number stands for all of them."""
    if text is None:
        return None
    values = read_numbers(text, "imbalance")
    if len(values) not in (1, group.order - 1):
        raise InputError(
            f"--imbalance {text[:60]} has {len(values)} values: give 1, or {group.order - 1} values"
        )
    return values * (group.order - 1) if len(values) == 1 else values


def _network(group: AbelianGroup | None, start: str, depth: int, weight_decay: str) -> FullFlow:
    if depth != 2:
        raise InputError(f"--full is the network W H of depth 2: --depth {depth} goes without --full")
    if group is None:
        if weight_decay != "0":
            raise InputError(
                f'with a file, weight_decay stands in {start}: {{"weight_decay": "{weight_decay}"}}'
            )
        return network_from_file(Path(start))
    if Path(start).suffix == ".json":
        raise InputError(f"{start} brings its own classes: leave out --classes and --group")
    return spectral_network(group, start, weight_decay)


@contextmanager
def progress(until: str) -> Iterator[Progress | None]:
    """A line on the terminal that says how far the enclosure is; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield None
        return
    pace = Pace(until)
    shown = 0.0

    def write(text: str) -> None:
        width = get_terminal_size().columns
        print(f"\r{text[: width - 1]}\x1b[K", end="", file=sys.stderr, flush=True)

    def report(time: str, steps: int) -> None:
        nonlocal shown
        text = pace.step(time, steps)
        if monotonic() - shown >= _SECONDS_BETWEEN_LINES:
            shown = monotonic()
            write(text)

    write(f"enclosing up to t = {until}: first step")
    try:
        yield report
    finally:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


class Pace:
    """How a run gets on: where it is, its attempt, and how many steps more if they stay as long."""

    def __init__(self, until: str) -> None:
        self.until = until
        self.attempt = 0
        self.ends: list[float] = []

    def step(self, time: str, steps: int) -> str:
        """The line after so many steps of this attempt."""
        if steps == 1:
            self.attempt += 1
            self.ends = [0.0]
        self.ends.append(float(time))
        text = f"certified to t = {time} of {self.until}, {steps} step{'s' * (steps != 1)}"
        if self.attempt > 1:
            text += f" (attempt {self.attempt}, with more bits)"
        more = self._to_come()
        return f"{text}, about {more:.1g} more at this pace" if more is not None else text

    def _to_come(self) -> float | None:
        """Many steps to come, where the last ones were no longer than those before."""
        if len(self.ends) <= 2 * _WINDOW:
            return None
        first, middle, last = (self.ends[-1 - k * _WINDOW] for k in (2, 1, 0))
        if not 0 < last - middle < 1.2 * (middle - first):
            return None
        try:
            more = (float(Fraction(self.until)) - last) / (last - middle) * _WINDOW
        except (ValueError, OverflowError):
            return None
        return more if more >= _MANY else None


def lines(trajectory: Trajectory) -> Iterator[str]:
    """A table of midpoints and the largest radius, one asked time a line."""
    shown = trajectory.names[:_COLUMNS]
    more = len(trajectory.names) - len(shown)
    digits = min(trajectory.digits, 12)
    header = [f"{'t':>12}", *(f"{name:>{digits + 8}}" for name in shown), f"{'radius <=':>10}"]
    yield " ".join(header) + (f"   (and {more} more: --json -)" if more else "")
    for moment, row in zip(trajectory.t, trajectory.s, strict=True):
        cells = [f"{x.mid().str(digits, radius=False):>{digits + 8}}" for x in row[: len(shown)]]
        widest = max((x.rad() for x in row), key=float)
        yield " ".join([f"{time_text(moment):>12}", *cells, f"{widest.str(2, radius=False):>10}"])
    steps = f"{len(trajectory.segments)} step{'s' * (len(trajectory.segments) != 1)}"
    if trajectory.complete:
        yield f"certified up to t = {time_text(trajectory.until)} in {steps}"
    else:  # an end that nobody asked for
        yield f"interrupted; certified up to t = {rounded_down(trajectory.until)} in {steps}"
