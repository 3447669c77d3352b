"""Words of statements: why a statement and the books differ, and what is done about it."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class ImportState(StrEnum):
    """How far an import came; one that broke off stays in ``reading``, and the same file can be brought again."""

    READING = "reading"
    DONE = "done"


class Reason(StrEnum):
    """Why a statement and the books differ: each difference has exactly one."""

    LATE_CALLBACK = "late_callback"
    """It was paid, and a callback that says so waits, is doubted or died."""
    MISSING_CALLBACK = "missing_callback"
    """It was paid for a prompt that we sent, and nobody told us."""
    DUPLICATE_RECEIPT = "duplicate_receipt"
    """The receipt is on the statement twice, or another business has it in its books."""
    WRONG_TILL = "wrong_till"
    """It came to another of our shortcodes than we asked for, or than we booked."""
    REVERSED = "reversed"
    """M-PESA gave the payer the money back, and our books still have it."""
    NOT_REVERSED = "not_reversed"
    """Our books have it as given back by M-PESA, and statements that cover all of its time do not show that."""
    SHORT = "short"
    """Less came than we booked or asked for."""
    OVER = "over"
    """More came than we booked or asked for."""
    FEE = "fee"
    """M-PESA took it for its service, and it is not booked."""
    UNKNOWN = "unknown"
    """It was paid, and we know nothing of it."""
    MOVED = "moved"
    """It left, or came, by the portal and not by a customer, and no expense or refund of ours says so."""
    OURS_ONLY = "ours_only"
    """We booked it, and a statement that covers its time does not have it."""


class DifferenceState(StrEnum):
    """Whether a difference still is one."""

    OPEN = "open"
    SETTLED = "settled"


class Fix(StrEnum):
    """What is to be done about a difference: each reason suggests exactly one."""

    APPLY_CALLBACK = "apply_callback"
    """Let the callback have its effect: wait, send a dead one again, or decide on a doubted one."""
    BOOK_MONEY = "book_money"
    """Book the receipt, with the statement as evidence."""
    RECORD_REFUND = "record_refund"
    """Ask for a refund of the receipt, and record M-PESA's reversal as its payout."""
    BOOK_FEES = "book_fees"
    """Book what M-PESA took for its service."""
    WRITE_ENTRY = "write_entry"
    """Write an adjusting entry of the amount; what stands in the books stays."""


ADJUSTABLE: Final = frozenset({Fix.BOOK_MONEY, Fix.BOOK_FEES, Fix.WRITE_ENTRY})
"""The fixes that an adjustment carries out; for the others there are ways of their own."""

FIXES: Final[Mapping[Reason, tuple[Fix, Fix]]] = MappingProxyType(
    {
        Reason.LATE_CALLBACK: (Fix.APPLY_CALLBACK, Fix.APPLY_CALLBACK),
        Reason.MISSING_CALLBACK: (Fix.BOOK_MONEY, Fix.BOOK_MONEY),
        Reason.DUPLICATE_RECEIPT: (Fix.WRITE_ENTRY, Fix.WRITE_ENTRY),
        Reason.WRONG_TILL: (Fix.BOOK_MONEY, Fix.WRITE_ENTRY),
        Reason.REVERSED: (Fix.RECORD_REFUND, Fix.RECORD_REFUND),
        Reason.NOT_REVERSED: (Fix.WRITE_ENTRY, Fix.WRITE_ENTRY),
        Reason.SHORT: (Fix.BOOK_MONEY, Fix.WRITE_ENTRY),
        Reason.OVER: (Fix.BOOK_MONEY, Fix.WRITE_ENTRY),
        Reason.FEE: (Fix.BOOK_FEES, Fix.BOOK_FEES),
        Reason.UNKNOWN: (Fix.BOOK_MONEY, Fix.BOOK_MONEY),
        Reason.MOVED: (Fix.WRITE_ENTRY, Fix.WRITE_ENTRY),
        Reason.OURS_ONLY: (Fix.WRITE_ENTRY, Fix.WRITE_ENTRY),
    }
)
"""What is suggested: where the receipt is not in the books, and where it is."""

BATCH: Final = 5_000
"""Lines that one transaction keeps."""
WAITING_MAX: Final = 10_000
"""Callbacks that wait, are doubted or died, of one business, that are looked through."""
EDGE_S: Final = 300
"""How far from the edge of what statements cover money must be booked before it counts as missing there."""
EARLY_S: Final = 60
"""How much Safaricom's clock may be behind ours."""
FACTS_MAX: Final = 5
"""Receipts that the issue about fees names."""
