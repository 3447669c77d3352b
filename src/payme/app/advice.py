"""Ends of a command that are no bugs."""


class Advice(Exception):  # noqa: N818  named after what it gives
    """A command cannot be done; the message says why and what to do, and is all that the operator needs."""
