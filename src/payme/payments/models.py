"""Rows of payments."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from payme.mpesa import MpesaAccount
from payme.payment_configs import Environment, Strongbox
from payme.payments.types import PaymentFor, PaymentMethod, PaymentState
from payme.push_limits import PushLimits


@dataclass(frozen=True, slots=True)
class Payment:
    """One attempt to collect, or cash taken at the till.

    ``sale_id`` is there exactly where the purpose is a sale, ``credit_account_id`` where it is credit: then
    ``debt_sale_id`` is the sale whose debt is meant, if one was named, and ``drawer_id`` the drawer that a prompt was
    asked at. ``payment_config_id`` None is the platform's own account, or cash.
    """

    id: UUID
    purpose: PaymentFor
    sale_id: UUID | None
    payment_config_id: UUID | None
    method: PaymentMethod
    state: PaymentState
    amount: Decimal
    tendered: Decimal | None
    change_given: Decimal | None
    returned_at: datetime | None
    phone: str | None
    shortcode: str | None
    account_reference: str | None
    merchant_request_id: str | None
    checkout_request_id: str | None
    result_code: str | None
    result_text: str | None
    deadline_at: datetime | None
    money_in_id: UUID | None
    request_id: str
    created_at: datetime
    updated_at: datetime
    credit_account_id: UUID | None = None
    debt_sale_id: UUID | None = None
    drawer_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Collector:
    """Where money is asked to go: a payment config of the business, or the platform's own account.

    Without an ``account_reference`` each payment has a code of its own.
    """

    shortcode: str
    base_url: str
    payment_config_id: UUID | None = None
    account_reference: str | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What asking goes by.

    How long we wait for an answer, where each M-Pesa is, how often a phone may be asked, and where tokens are paid.
    """

    deadline_s: int
    base_urls: Mapping[Environment, str]
    limits: PushLimits
    platform: Collector


@dataclass(frozen=True, slots=True)
class Ask:
    """A wish to collect from a customer's phone."""

    purpose: PaymentFor
    sale_id: UUID | None
    amount: Decimal
    phone: str
    debt: "ForDebt | None" = None


@dataclass(frozen=True, slots=True)
class ForDebt:
    """What money for a credit account pays: the account's debts, or first the one of a sale.

    ``drawer_id`` is the drawer that M-Pesa money is counted on when it comes; cash is counted at once.
    """

    credit_account_id: UUID
    debt_sale_id: UUID | None = None
    drawer_id: UUID | None = None


@dataclass(frozen=True)
class Accounts:
    """What Daraja is spoken to with: the platform's own account, and what opens those of the businesses."""

    platform: MpesaAccount
    strongbox: Strongbox


@dataclass(frozen=True, slots=True)
class Submission:
    """A push that may be sent now: the payment, and the secret of its callback URL, which is nowhere else."""

    payment: Payment
    secret: str
