"""Words of the ledger."""

from enum import StrEnum
from typing import Final

DOCUMENTS_AT_ONCE: Final = 1_000
"""Documents of an export that are read, posted and written together."""
EXPORTED_MAX: Final = 1_000
"""Times that many documents are the longest export."""
DAYS_AT_ONCE: Final = 7
"""How many days one transaction adds up."""


class AccountKind(StrEnum):
    """What an account is of; the first two and `equity` are the balance sheet, the others profit and loss."""

    ASSET = "asset"
    LIABILITY = "liability"
    EQUITY = "equity"
    INCOME = "income"
    EXPENSE = "expense"


OF_PROFIT: Final = frozenset({AccountKind.INCOME, AccountKind.EXPENSE})
GROWS_BY_DEBIT: Final = frozenset({AccountKind.ASSET, AccountKind.EXPENSE})
"""Kinds of accounts whose figure is their debits less their credits; of the others it is the other way round."""


class DocumentKind(StrEnum):
    """What a document is about; `docs/ledger.md` says how each is posted."""

    SALE = "sale"
    RETURN = "return"
    MPESA = "mpesa"
    REPAYMENT = "repayment"
    WRITE_OFF = "write_off"
    CREDIT_GIVEN = "credit_given"
    DELIVERY = "delivery"
    ADJUSTMENT = "adjustment"
    CASH = "cash"
    DRAWER = "drawer"
    REFUND = "refund"
    FEE = "fee"
    STATEMENT = "statement"
    ROUNDING = "rounding"


class Fact(StrEnum):
    """What a document says in money. Under zero it says the opposite: a voided sale is revenue under zero."""

    REVENUE = "revenue"
    RETURNED = "returned"
    COST = "cost"
    CASH = "cash"
    MPESA = "mpesa"
    MPESA_WAITING = "mpesa_waiting"
    MPESA_OVERPAID = "mpesa_overpaid"
    MPESA_SET_ASIDE = "mpesa_set_aside"
    MPESA_TEST = "mpesa_test"
    TOKENS_BOUGHT = "tokens_bought"
    TOKENS_OVERPAID = "tokens_overpaid"
    TOKENS_TO_SALE = "tokens_to_sale"
    TOKENS_SET_ASIDE = "tokens_set_aside"
    DEBT = "debt"
    CUSTOMER_CREDIT = "customer_credit"
    CREDIT_GIVEN = "credit_given"
    BAD_DEBT = "bad_debt"
    BAD_DEBT_RETURNED = "bad_debt_returned"
    GOODS_RECEIVED = "goods_received"
    GOODS_SPOILED = "goods_spoiled"
    GOODS_MISCOUNTED = "goods_miscounted"
    GOODS_ROUNDING = "goods_rounding"
    CASH_OF_OWNER = "cash_of_owner"
    CASH_OF_BANK = "cash_of_bank"
    CASH_SPENT = "cash_spent"
    CASH_TO_SUPPLIER = "cash_to_supplier"
    CASH_DIFFERENCE = "cash_difference"
    REFUND_CASH = "refund_cash"
    REFUND_MPESA = "refund_mpesa"
    MPESA_FEE = "mpesa_fee"
    MPESA_ADJUSTED = "mpesa_adjusted"
