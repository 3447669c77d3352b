"""Words and figures of webhooks."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

ENDPOINTS_MAX: Final = 10
URL_MAX: Final = 500
BODY_KEPT: Final = 500
"""How much of an answer is kept, in characters."""
REPLAY_MAX: Final = 5000
"""Messages that one replay sends again."""
OLD_SECRET_LASTS: Final = timedelta(hours=24)
"""How long after a rotation messages are signed with the secret before, too."""
LEASE: Final = timedelta(seconds=60)
"""How long a message belongs to the worker that took it; after that it counts as not sent."""
KEPT: Final = timedelta(days=30)
"""How long messages that ended can be looked at and sent again."""
DISABLED_AFTER: Final = timedelta(days=3)
"""An endpoint that took nothing for so long, and let a message fail, is sent no more."""
WAITS: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""After which try what wait, as the Standard Webhooks specification proposes: ten tries in about three days."""
JITTER_PERCENT: Final = 20


class EventType(StrEnum):
    """What a business can be told."""

    SALE_OPENED = "sale.opened"
    SALE_COMPLETED = "sale.completed"
    SALE_CANCELLED = "sale.cancelled"
    SALE_RETURNED = "sale.returned"
    SALE_VOIDED = "sale.voided"
    DEBT_OPENED = "debt.opened"
    DEBT_REPAID = "debt.repaid"
    PAYMENT_REQUESTED = "payment.requested"
    PAYMENT_SUCCEEDED = "payment.succeeded"
    PAYMENT_FAILED = "payment.failed"
    PAYMENT_EXPIRED = "payment.expired"
    MONEY_RECEIVED = "money.received"
    MONEY_LATE = "money.late"
    MONEY_OVERPAID = "money.overpaid"
    ISSUE_OPENED = "issue.opened"
    ISSUE_RESOLVED = "issue.resolved"
    TEST = "webhook.test"


CHOSEN: Final = tuple(kind for kind in EventType if kind is not EventType.TEST)
"""What an endpoint can choose; a test goes to whatever endpoint it is asked for."""


class EndpointState(StrEnum):
    """Whether an endpoint is sent messages."""

    ACTIVE = "active"
    PAUSED = "paused"
    DISABLED = "disabled"
    REMOVED = "removed"


ENDPOINT_MOVES: Mapping[EndpointState, frozenset[EndpointState]] = MappingProxyType(
    {
        EndpointState.ACTIVE: frozenset({EndpointState.PAUSED, EndpointState.DISABLED, EndpointState.REMOVED}),
        EndpointState.PAUSED: frozenset({EndpointState.ACTIVE, EndpointState.REMOVED}),
        EndpointState.DISABLED: frozenset({EndpointState.ACTIVE, EndpointState.REMOVED}),
        EndpointState.REMOVED: frozenset(),
    }
)
"""The legal moves. Its owner pauses and removes; only failing disables."""


class MessageState(StrEnum):
    """Where a message stands; a replay makes it wait again."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"
