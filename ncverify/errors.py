"""The one exception a user may meet for wrong input."""


class InputError(ValueError):
    """Wrong use or unreadable input.

    The message is one line that names the thing, its value and the way out.
    The command line prints it and exits with code 2.
    """
