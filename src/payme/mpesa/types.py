"""What is said to Daraja and what comes back, in PayMe's words.

Secrets, phone numbers and callback addresses are kept out of every ``repr``, so that no log or traceback shows them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from payme.daraja import Access
from payme.kit.money import is_whole_shillings

AMOUNT_MIN: Final = 1
AMOUNT_MAX: Final = 250_000
ACCOUNT_REFERENCE_MAX: Final = 12
DESCRIPTION_MAX: Final = 13
_PHONE: Final = re.compile(r"254[17][0-9]{8}")


class TransactionType(StrEnum):
    """Whether the customer pays a paybill or a till."""

    PAYBILL = "CustomerPayBillOnline"
    TILL = "CustomerBuyGoodsOnline"


class Outcome(StrEnum):
    """What a result code proves about the money."""

    PAID = "paid"
    FAILED = "failed"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class MpesaAccount:
    """One shortcode and the credentials it is used with.

    For a paybill ``party_b`` is the shortcode again; for a till it is the till number, and ``shortcode`` the store's.
    """

    base_url: str
    consumer_key: str = field(repr=False)
    consumer_secret: str = field(repr=False)
    shortcode: str
    passkey: str = field(repr=False)
    party_b: str
    transaction_type: TransactionType

    @property
    def access(self) -> Access:
        """The app and the shortcode, as the way to Daraja wants them."""
        return Access(self.base_url, self.consumer_key, self.consumer_secret, self.shortcode)


@dataclass(frozen=True)
class PushOrder:
    """One prompt to be sent: ``amount`` in whole shillings from 1 to 250,000, ``phone`` as 2547… or 2541….

    Both texts must be filled: Daraja refuses a missing description as "Invalid Remarks". ``callback_url`` holds the
    secret of this payment.
    """

    amount: Decimal
    phone: str = field(repr=False)
    account_reference: str
    description: str
    callback_url: str = field(repr=False)

    def __post_init__(self) -> None:
        """Assert what every caller has checked before; the messages name no figures, because these are a customer's."""
        assert isinstance(self.amount, Decimal), "an amount is a Decimal"  # noqa: S101
        assert is_whole_shillings(self.amount), "an amount is whole shillings"  # noqa: S101
        assert AMOUNT_MIN <= self.amount <= AMOUNT_MAX, "an amount is from 1 to 250,000 shillings"  # noqa: S101
        assert _PHONE.fullmatch(self.phone), "a phone is 2547 or 2541 and eight digits"  # noqa: S101
        assert 0 < len(self.account_reference) <= ACCOUNT_REFERENCE_MAX, "an account reference has 1 to 12 characters"  # noqa: S101
        assert 0 < len(self.description) <= DESCRIPTION_MAX, "a description has 1 to 13 characters"  # noqa: S101


@dataclass(frozen=True)
class PushAccepted:
    """Daraja took the order and sends the prompt."""

    merchant_request_id: str
    checkout_request_id: str
    text: str


@dataclass(frozen=True)
class PushRefused:
    """It is certain that no prompt was sent: another may be ordered without fear of charging twice.

    ``code`` is Daraja's, or one of ours: ``breaker_open``, ``paced``, ``books_away``, ``connect_failed``,
    ``too_many_at_once``, ``no_token``, ``http_<status>``.
    """

    code: str
    text: str
    advice: str


@dataclass(frozen=True)
class PushUnknown:
    """The prompt may be on the phone; ordering another may charge twice. Only later evidence decides."""

    reason: str


PushAnswer = PushAccepted | PushRefused | PushUnknown


@dataclass(frozen=True)
class QueryResult:
    """Daraja has a result. It carries no receipt, so even code ``0`` is not yet money received."""

    code: str
    text: str


@dataclass(frozen=True)
class QueryPending:
    """Daraja says it is still at work."""

    reason: str


@dataclass(frozen=True)
class QueryUnknown:
    """The question brought nothing that proves anything, neither payment nor failure."""

    reason: str


@dataclass(frozen=True)
class NotAsked:
    """Daraja was not asked: its line is held. Nothing is known; ``again_at`` is when to ask, where that is known."""

    reason: str
    again_at: datetime | None = None


QueryAnswer = QueryResult | QueryPending | QueryUnknown | NotAsked


@dataclass(frozen=True)
class StkResult:
    """What a callback claims. Callbacks are unsigned: it proves nothing until matched with an order of ours.

    ``amount`` is in KES with two places, ``paid_at`` in UTC. What is missing or unreadable is None, even in a success.
    """

    checkout_request_id: str
    merchant_request_id: str
    code: str
    text: str
    amount: Decimal | None = None
    receipt: str | None = None
    phone: str | None = field(default=None, repr=False)
    paid_at: datetime | None = None

    @property
    def succeeded(self) -> bool:
        """Say whether the code claims a payment."""
        return self.code == "0"


@dataclass(frozen=True)
class ResultCode:
    """One result code of an STK push: what it proves, and the same in a shopkeeper's words."""

    outcome: Outcome
    words: str


_FAILED = Outcome.FAILED

RESULT_CODES: Final[Mapping[str, ResultCode]] = MappingProxyType(
    {
        "0": ResultCode(Outcome.PAID, "The customer paid."),
        "1": ResultCode(_FAILED, "The customer has too little money in M-PESA."),
        "2": ResultCode(_FAILED, "The amount is below the least M-PESA takes."),
        "3": ResultCode(_FAILED, "The amount is above the most M-PESA takes at once."),
        "4": ResultCode(_FAILED, "The customer would pass M-PESA's limit for one day."),
        "8": ResultCode(_FAILED, "The shop's M-PESA account would hold more than it may. Move money out of it first."),
        "17": ResultCode(
            _FAILED, "The customer was asked for the same amount moments ago. Wait two minutes, then ask again."
        ),
        # "System busy" is on record for other M-PESA services; nothing shows what it means for the money of a prompt.
        "26": ResultCode(Outcome.UNDECIDED, "M-PESA was too busy, and it is not certain what became of this payment."),
        "1001": ResultCode(_FAILED, "The phone is busy with another M-PESA request. Let it end, then ask again."),
        "1019": ResultCode(_FAILED, "The request ran out of time before M-PESA carried it out."),
        "1025": ResultCode(_FAILED, "M-PESA could not send the prompt to the phone. Ask again."),
        "1032": ResultCode(_FAILED, "The customer cancelled, or let the prompt run out."),
        "1037": ResultCode(
            _FAILED, "The phone did not answer. It may be off, out of reach, or need a SIM update: dial *234#."
        ),
        "2001": ResultCode(_FAILED, "The customer entered a wrong M-PESA PIN."),
        "2028": ResultCode(
            _FAILED, "This till or paybill may not send prompts. The owner should check the M-Pesa settings."
        ),
        "4999": ResultCode(Outcome.UNDECIDED, "M-PESA is still working on this payment."),
        "8006": ResultCode(_FAILED, "The customer's M-PESA PIN is locked. Safaricom can unlock it: dial 100 or 234."),
        "9999": ResultCode(_FAILED, "M-PESA could not send the prompt to the phone. Ask again."),
        "E3008": ResultCode(_FAILED, "M-PESA refused this phone number because of an unpaid debt on its contract."),
        "SFC_IC0003": ResultCode(
            _FAILED, "M-PESA does not know this till. The owner should check till and store number."
        ),
    }
)
"""Every code on record for an STK push. A code that is not here, or not final, decides nothing."""
