"""The one exception of the second checker."""


class Rejected(Exception):
    """A certificate is not accepted.  The message is one line: where it fails, and why."""

    def __init__(self, reason: str) -> None:
        super().__init__(" ".join(reason.split()))
