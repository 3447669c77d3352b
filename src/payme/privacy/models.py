"""What a shop holds about a person."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from payme.credit import CreditAccount, CreditPayment, Entry
from payme.customers import Customer
from payme.sales import CustomerTotals, Sale, SaleItem
from payme.sms import SmsMessage, SmsPreference

LEDGER_MAX: Final = 5_000
"""Entries of a credit account in one answer; the rest is in its statement."""


@dataclass(frozen=True, slots=True)
class HeldPayment:
    """An attempt to collect for one of the person's sales, with the phone that was asked (254…)."""

    id: UUID
    sale_id: UUID
    method: str
    state: str
    amount: Decimal
    phone: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class HeldReceipt:
    """Money that came by M-Pesa for one of the person's sales, with what M-Pesa told about who paid."""

    sale_id: UUID
    receipt: str
    amount: Decimal
    phone: str
    payer_name: str
    paid_at: datetime


@dataclass(frozen=True, slots=True)
class HeldClaim:
    """What somebody said was paid for one of the person's sales."""

    sale_id: UUID
    receipt: str
    amount: Decimal
    payer_name: str
    state: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """One page of all that is held about a person: who they are, and some of their sales with what belongs to these.

    ``sales`` may hold one more than a page has.
    """

    customer: Customer
    merged: list[Customer]
    totals: CustomerTotals
    sales: list[Sale]
    items: list[SaleItem]
    payments: list[HeldPayment]
    receipts: list[HeldReceipt]
    claims: list[HeldClaim]
    messages: list[SmsMessage]
    wish: SmsPreference | None
    account: CreditAccount | None
    ledger: list[Entry]
    repayments: list[CreditPayment]
    exported_at: datetime
