"""Facts of callbacks; the subject is the callback."""

from dataclasses import dataclass

from payme.kit.events import Event


@dataclass(frozen=True)
class CallbackDied(Event):
    """A callback was tried as often as is allowed, and each try broke."""

    tries: int
    reason: str


@dataclass(frozen=True)
class CallbackReplayed(Event):
    """Somebody wants a dead callback to be tried again."""

    reason: str


@dataclass(frozen=True)
class CallbackRejected(Event):
    """Somebody decided that a quarantined callback is to have no effect."""

    doubt: str
    why: str
