"""Ends of a command that are no bugs."""


class Advice(Exception):
    """A command cannot be done; the message says why and what to do, and is all that the operator needs."""
