"""The program ``ncverify``, and ``python -m ncverify``."""

from __future__ import annotations

import sys


def main() -> None:
    """``ncverify replay`` runs without the rest of the package and what that needs; the rest is ``cli``."""
    if sys.argv[1:2] == ["replay"]:
        from ncverify.replay.main import main as replay

        sys.exit(replay(sys.argv[2:]))
    from ncverify.cli import main as command_line

    command_line()


if __name__ == "__main__":
    main()
