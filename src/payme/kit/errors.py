"""Refusals: what the product may say no with, by kind.

Rooms subclass a kind and give it a stable ``code`` and typed facts. A refusal is an expected answer and changes
nothing; a bug is an assertion and a 500. ``payme.http.problems`` is the one place that turns a kind into a status.
"""

from dataclasses import dataclass, fields
from typing import ClassVar


@dataclass(eq=False)
class Refusal(Exception):
    """The request was understood and is refused; nothing was changed."""

    code: ClassVar[str]
    """Stable, unique, snake_case; clients switch on it."""
    title: ClassVar[str]
    """One sentence that is the same for every occurrence."""
    advice: ClassVar[str]
    """What the person can do next."""

    def facts(self) -> dict[str, object]:
        """Return the figures of this occurrence, named as in the class."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def __str__(self) -> str:
        """Say the code and the facts, for logs and test reports."""
        return f"{self.code} {self.facts()}"


class NotFound(Refusal):
    """No such thing in this business; another tenant's things do not exist either."""


class Conflict(Refusal):
    """The thing is in a state that does not allow this."""


class Forbidden(Refusal):
    """The person is known and the role does not allow it."""


class Unauthenticated(Refusal):
    """Nobody is signed in."""


class Invalid(Refusal):
    """The values do not make sense together."""


class PaymentRequired(Refusal):
    """Prepaid tokens are needed first."""


class TooMany(Refusal):
    """A limit on how often was reached."""


class Unavailable(Refusal):
    """Something outside does not answer; trying again later is right."""


@dataclass(eq=False)
class Busy(Unavailable):
    """A row stayed locked longer than we wait, or a conflict outlived its retries."""

    code = "busy"
    title = "The shop's books are busy with another request."
    advice = "Send the same request again in a moment, with the same Idempotency-Key."


@dataclass(eq=False)
class OutcomeUnknown(Unavailable):
    """The connection broke while the commit was on its way, and no idempotency key lets us look it up."""

    code = "outcome_unknown"
    title = "The answer of the database was lost, so it is not known whether this was done."
    advice = "Read the current state before you try again."


@dataclass(eq=False)
class DatabaseUnavailable(Unavailable):
    """No connection could be had in time."""

    code = "database_unavailable"
    title = "The database does not answer."
    advice = "Try again in a few seconds; if it stays, tell whoever runs this server."


@dataclass(eq=False)
class KeyInProgress(Conflict):
    """The same Idempotency-Key is being worked on right now."""

    code = "idempotency_key_in_progress"
    title = "The first request with this Idempotency-Key is still running."
    advice = "Wait for it, or send the same request again in a second."


@dataclass(eq=False)
class KeyReused(Invalid):
    """The same Idempotency-Key came with another request."""

    code = "idempotency_key_reused"
    title = "This Idempotency-Key was used for a different request."
    advice = "Use a new key for a new request; repeat a request byte for byte."
