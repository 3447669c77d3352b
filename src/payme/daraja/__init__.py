"""The way to Daraja: tokens, timeouts, retries, and one line for each shortcode. Knows nothing of what is asked."""

from payme.daraja.errors import MpesaUnavailable
from payme.daraja.models import Exchange, Health, Lost, NoToken, NotSent, Reply, Unsent
from payme.daraja.rules import (
    CODE,
    EAT,
    ID,
    PHONE_SENT,
    RATE_LIMIT,
    RECEIPT,
    UNSENT_TEXT,
    amount_of,
    clean,
    dump,
    error_of,
    instant_of,
    is_success,
    matched,
    plain,
    read_object,
    timestamp,
)
from payme.daraja.services import Wire, require_line
from payme.daraja.types import Access, Call, Line, line_of

__all__ = [
    "CODE",
    "EAT",
    "ID",
    "PHONE_SENT",
    "RATE_LIMIT",
    "RECEIPT",
    "UNSENT_TEXT",
    "Access",
    "Call",
    "Exchange",
    "Health",
    "Line",
    "Lost",
    "MpesaUnavailable",
    "NoToken",
    "NotSent",
    "Reply",
    "Unsent",
    "Wire",
    "amount_of",
    "clean",
    "dump",
    "error_of",
    "instant_of",
    "is_success",
    "line_of",
    "matched",
    "plain",
    "read_object",
    "require_line",
    "timestamp",
]
