"""Money in: every real M-Pesa receipt, booked once in the world, what it was for, and who says it was theirs."""

from payme.money.errors import MoneyClaimed, MoneyNotFound, ReceiptNotClaimable, ReceiptTaken
from payme.money.events import ClaimConfirmed, ClaimDenied, MoneyAllocated, MoneyReceived, ReceiptClaimed
from payme.money.models import Booking, Claim, MoneyIn, NewMoney, Share, Unclaimed
from payme.money.queries import (
    find_by_receipt,
    find_claim,
    get_claim,
    get_money_in,
    is_known_elsewhere,
    list_unclaimed,
    sales_of,
    unverified_since,
)
from payme.money.rules import is_same_phone, share_out
from payme.money.schemas import ClaimOut, MoneyInOut
from payme.money.services import (
    allocate,
    book,
    claim,
    confirm_claim,
    deny_claim,
    guard_receipt,
    hold,
    release,
)
from payme.money.types import ClaimState, Purpose, Source

__all__ = [
    "Booking",
    "Claim",
    "ClaimConfirmed",
    "ClaimDenied",
    "ClaimOut",
    "ClaimState",
    "MoneyAllocated",
    "MoneyClaimed",
    "MoneyIn",
    "MoneyInOut",
    "MoneyNotFound",
    "MoneyReceived",
    "NewMoney",
    "Purpose",
    "ReceiptClaimed",
    "ReceiptNotClaimable",
    "ReceiptTaken",
    "Share",
    "Source",
    "Unclaimed",
    "allocate",
    "book",
    "claim",
    "confirm_claim",
    "deny_claim",
    "find_by_receipt",
    "find_claim",
    "get_claim",
    "get_money_in",
    "guard_receipt",
    "hold",
    "is_known_elsewhere",
    "is_same_phone",
    "list_unclaimed",
    "release",
    "sales_of",
    "share_out",
    "unverified_since",
]
