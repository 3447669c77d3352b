"""Webhooks: a business's own systems are told what happened, signed, at least once (Standard Webhooks)."""

from payme.webhooks.errors import (
    AddressRefused,
    EndpointExists,
    EndpointNotFound,
    EndpointNotMovable,
    MessageNotFound,
    TooManyEndpoints,
)
from payme.webhooks.events import (
    WebhookEndpointAdded,
    WebhookEndpointChanged,
    WebhookEndpointDisabled,
    WebhookMessagesReplayed,
    WebhookSecretRotated,
)
from payme.webhooks.models import Endpoint, EndpointChange, EndpointDraft, Letter, Message, NewEndpoint, Outcome
from payme.webhooks.queries import get_endpoint, get_message, list_endpoints, list_messages, list_under_other_keys
from payme.webhooks.schemas import webhook_descriptions
from payme.webhooks.services import (
    Courier,
    PostOffice,
    change_endpoint,
    record_news,
    record_try,
    register_endpoint,
    replay_message,
    replay_since,
    reseal,
    rotate_secret,
    send_test,
    take_due,
)
from payme.webhooks.types import ENDPOINT_MOVES, EndpointState, EventType, MessageState

__all__ = [
    "ENDPOINT_MOVES",
    "AddressRefused",
    "Courier",
    "Endpoint",
    "EndpointChange",
    "EndpointDraft",
    "EndpointExists",
    "EndpointNotFound",
    "EndpointNotMovable",
    "EndpointState",
    "EventType",
    "Letter",
    "Message",
    "MessageNotFound",
    "MessageState",
    "NewEndpoint",
    "Outcome",
    "PostOffice",
    "TooManyEndpoints",
    "WebhookEndpointAdded",
    "WebhookEndpointChanged",
    "WebhookEndpointDisabled",
    "WebhookMessagesReplayed",
    "WebhookSecretRotated",
    "change_endpoint",
    "get_endpoint",
    "get_message",
    "list_endpoints",
    "list_messages",
    "list_under_other_keys",
    "record_news",
    "record_try",
    "register_endpoint",
    "replay_message",
    "replay_since",
    "reseal",
    "rotate_secret",
    "send_test",
    "take_due",
    "webhook_descriptions",
]
