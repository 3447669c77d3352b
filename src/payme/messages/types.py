"""What M-PESA says: to the shop's server about money that came, and to people's phones."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


@dataclass(frozen=True)
class C2bNotice:
    """Money that came, or is about to: a confirmation, or a validation. What is missing or unreadable is None or empty.

    ``phone`` may be plain, masked, hashed, or a masked hash. ``account_reference`` is what the payer typed.
    """

    shortcode: str
    receipt: str | None
    amount: Decimal | None
    account_reference: str
    phone: str = field(repr=False)
    payer_name: str = field(repr=False)
    paid_at: datetime | None


@dataclass(frozen=True)
class ApiResult:
    """The result of an asynchronous call, such as a transaction status. Its items are found by name.

    ``credit_party`` is the number that was paid, as far as it is told. ``conversation_ids`` are those of the request,
    ``transaction_id`` is what the call itself did, ``original_receipt`` what a reversal reversed. ``reason_type`` says
    how it was paid.
    """

    code: str
    text: str
    receipt: str | None = None
    amount: Decimal | None = None
    status: str = ""
    credit_party: str = ""
    phone: str = field(default="", repr=False)
    payer_name: str = field(default="", repr=False)
    paid_at: datetime | None = None
    reason_type: str = ""
    conversation_ids: tuple[str, ...] = ()
    transaction_id: str = ""
    original_receipt: str = ""

    @property
    def succeeded(self) -> bool:
        """Say whether the call found what it was asked for."""
        return self.code == "0"


class MessageKind(StrEnum):
    """Whose phone a message was on."""

    PAYERS = "payers"
    SHOPS = "shops"


@dataclass(frozen=True)
class PhoneMessage:
    """What a message on a phone says of a payment; it proves nothing."""

    kind: MessageKind
    receipt: str
    amount: Decimal
    paid_at: datetime | None
    payer_name: str = field(default="", repr=False)
    account_reference: str = ""
