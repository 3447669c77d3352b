"""M-PESA: prompts on customers' phones, what became of them, and what callbacks say. Knows no room of the shop."""

from payme.mpesa.errors import UnreadableCallback
from payme.mpesa.rules import advise, explain, outcome_of, read_callback
from payme.mpesa.services import Daraja, DarajaClient
from payme.mpesa.types import (
    MpesaAccount,
    NotAsked,
    Outcome,
    PushAccepted,
    PushAnswer,
    PushOrder,
    PushRefused,
    PushUnknown,
    QueryAnswer,
    QueryPending,
    QueryResult,
    QueryUnknown,
    StkResult,
    TransactionType,
)

__all__ = [
    "Daraja",
    "DarajaClient",
    "MpesaAccount",
    "NotAsked",
    "Outcome",
    "PushAccepted",
    "PushAnswer",
    "PushOrder",
    "PushRefused",
    "PushUnknown",
    "QueryAnswer",
    "QueryPending",
    "QueryResult",
    "QueryUnknown",
    "StkResult",
    "TransactionType",
    "UnreadableCallback",
    "advise",
    "explain",
    "outcome_of",
    "read_callback",
]
