"""``python -m ncverify``."""

from ncverify.cli import main

main()
