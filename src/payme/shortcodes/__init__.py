"""Shortcodes: what the organisation behind one asks of Daraja: URLs, receipts, reversals, the list of payments."""

from payme.shortcodes.rules import security_credential
from payme.shortcodes.services import PULL_PAGE, ShortcodeClient
from payme.shortcodes.types import (
    Initiator,
    OrderAnswer,
    PullAnswer,
    Pulled,
    PulledMoney,
    Refused,
    ResultPaths,
    Taken,
    Unknown,
)

__all__ = [
    "PULL_PAGE",
    "Initiator",
    "OrderAnswer",
    "PullAnswer",
    "Pulled",
    "PulledMoney",
    "Refused",
    "ResultPaths",
    "ShortcodeClient",
    "Taken",
    "Unknown",
    "security_credential",
]
