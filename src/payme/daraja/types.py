"""Who asks Daraja, through which line, and for what."""

from dataclasses import dataclass, field
from enum import StrEnum


class Call(StrEnum):
    """What is asked of Daraja; each kind has a pace of its own on a line."""

    PUSH = "push"
    QUERY = "query"
    STATUS = "status"
    REVERSAL = "reversal"
    PULL = "pull"
    REGISTER = "register"

    @property
    def is_repeatable(self) -> bool:
        """Whether it is a question: asking again after a lost answer changes nothing in the world.

        Questions go at a pace: a customer waits for an order, and for a question only a job.
        """
        return self in {Call.QUERY, Call.STATUS, Call.PULL}


@dataclass(frozen=True, slots=True)
class Line:
    """The way to one shortcode in one environment of Daraja: the sandbox's 600999 is not production's."""

    base_url: str
    shortcode: str


@dataclass(frozen=True)
class Access:
    """The key and secret of a Daraja app, and the shortcode it is used for."""

    base_url: str
    consumer_key: str = field(repr=False)
    consumer_secret: str = field(repr=False)
    shortcode: str

    @property
    def line(self) -> Line:
        """The line that these calls go through."""
        return line_of(self.base_url, self.shortcode)


def line_of(base_url: str, shortcode: str) -> Line:
    """Return the line of a shortcode, however its address was written."""
    return Line(base_url.rstrip("/"), shortcode)
