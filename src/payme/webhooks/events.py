"""Facts of webhooks; the subject is the endpoint."""

from dataclasses import dataclass

from payme.kit.events import Event


@dataclass(frozen=True)
class WebhookEndpointAdded(Event):
    """A business wants to be told."""

    url: str
    event_types: tuple[str, ...]


@dataclass(frozen=True)
class WebhookEndpointChanged(Event):
    """What is told, or whether, was changed."""

    types_before: tuple[str, ...]
    types_after: tuple[str, ...]
    state_before: str
    state_after: str


@dataclass(frozen=True)
class WebhookSecretRotated(Event):
    """Messages are signed with a new secret, and for a while with the one before, too."""

    old_until: str


@dataclass(frozen=True)
class WebhookEndpointDisabled(Event):
    """An endpoint that takes nothing any more is sent nothing more."""

    url: str
    failing_since: str
    reason: str


@dataclass(frozen=True)
class WebhookMessagesReplayed(Event):
    """Messages are sent again, because somebody asked."""

    messages: int
