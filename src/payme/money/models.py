"""Rows of money that came in."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from payme.money.types import ClaimState, Purpose, Source


@dataclass(frozen=True, slots=True)
class NewMoney:
    """What evidence says of a receipt of money. ``phone`` may be masked or hashed, and may be missing."""

    shortcode: str
    receipt: str
    amount: Decimal
    paid_at: datetime
    source: Source
    callback_id: UUID | None
    phone: str = field(default="", repr=False)
    payer_name: str = field(default="", repr=False)
    account_reference: str = ""


@dataclass(frozen=True, slots=True)
class MoneyIn:
    """One real M-Pesa receipt."""

    id: UUID
    shortcode: str
    receipt: str
    amount: Decimal
    phone: str = field(repr=False)
    payer_name: str = field(repr=False)
    account_reference: str
    paid_at: datetime
    source: Source
    callback_id: UUID | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Booking:
    """A receipt of money that is in the books: since now, or since before.

    ``loose`` is how much of it waits for a purpose; of one that is new all of it does, and nothing is written yet.
    """

    money: MoneyIn
    is_new: bool
    loose: Decimal


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a receipt of money and what it is for."""

    purpose: Purpose
    sale_id: UUID | None
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Allocation:
    """What a part of a receipt of money was for; an amount below nothing takes an earlier one back."""

    id: UUID
    money_in_id: UUID
    purpose: Purpose
    sale_id: UUID | None
    amount: Decimal


@dataclass(frozen=True, slots=True)
class SaleMoney:
    """Money of a receipt that stands in a sale's account: ``amount`` of it."""

    money_in_id: UUID
    receipt: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Unclaimed:
    """Money that waits for a purpose: ``loose`` of the receipt's amount, since ``since``."""

    id: UUID
    receipt: str
    shortcode: str
    amount: Decimal
    loose: Decimal
    phone: str = field(repr=False)
    payer_name: str = field(repr=False)
    account_reference: str
    paid_at: datetime
    since: datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """What a person says was paid for a sale, by a message that the customer showed.

    ``amount`` is what the message says; what counts is what Safaricom tells.
    """

    id: UUID
    receipt: str
    sale_id: UUID
    amount: Decimal
    payer_name: str = field(repr=False)
    paid_at: datetime | None
    state: ClaimState
    reason: str
    money_in_id: UUID | None
    claimed_by: UUID | None
    created_at: datetime
    updated_at: datetime
