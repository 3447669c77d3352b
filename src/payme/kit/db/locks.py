"""The one lock order of the house. Hot rows come last, so they are held shortest."""

from enum import IntEnum


class LockRank(IntEnum):
    """A transaction takes ranks in rising order, each rank once, rows of a rank in one statement ordered by key."""

    PAYMENT_CONFIG = 5
    CALLBACK = 10
    STATEMENT = 15
    PAYMENT = 20
    REFUND = 21
    RECEIPT = 22
    MONEY_IN = 25
    EXPENSE = 27
    SALE = 30
    TOKEN_PURCHASE = 35
    CUSTOMER = 38
    PRODUCT = 40
    STOCK_BATCH = 50
    CREDIT_ACCOUNT = 60
    RECEIPT_COUNTER = 70
    WALLET = 80
    DRAWER = 82
    DRAWER_TOTAL = 84
    DRAWER_BOOK = 86
    MEMBER = 90
    PUSH_COUNT = 100
    ISSUE = 105
    ALERT = 107
    SMS = 110
    REPORT_MARK = 120
    LEDGER_MARK = 122
    AUDIT_SEAL = 130


class LockOrderViolation(AssertionError):
    """A transaction went up the lock order: a deadlock waiting to happen, so a bug."""

    def __init__(self, held: LockRank, wanted: LockRank) -> None:
        """Name both ranks."""
        super().__init__(f"asked for {wanted.name} while holding {held.name}; see docs/locks.md")
