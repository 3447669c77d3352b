"""Words of the ledger."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
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
    EXPENSE = "expense"
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
    SPENT_ON_RENT = "spent_on_rent"
    SPENT_ON_WAGES = "spent_on_wages"
    SPENT_ON_POWER_AND_WATER = "spent_on_power_and_water"
    SPENT_ON_TRANSPORT = "spent_on_transport"
    SPENT_ON_AIRTIME_AND_INTERNET = "spent_on_airtime_and_internet"
    SPENT_ON_LICENCES_AND_TAXES = "spent_on_licences_and_taxes"
    SPENT_ON_REPAIRS = "spent_on_repairs"
    SPENT_ON_OTHER = "spent_on_other"
    PAID_TO_SUPPLIER = "paid_to_supplier"
    PUT_INTO_BANK = "put_into_bank"
    PAID_BY_MPESA = "paid_by_mpesa"
    PAID_BY_ADJUSTED_MPESA = "paid_by_adjusted_mpesa"
    PAID_BY_BANK = "paid_by_bank"


CHART: Final[Mapping[str, tuple[str, AccountKind]]] = MappingProxyType(
    {
        "1000": ("Cash", AccountKind.ASSET),
        "1010": ("M-Pesa", AccountKind.ASSET),
        "1020": ("Bank", AccountKind.ASSET),
        "1100": ("Customers who owe", AccountKind.ASSET),
        "1200": ("Goods", AccountKind.ASSET),
        "1300": ("Paid to PayMe too much", AccountKind.ASSET),
        "2000": ("Customer credit", AccountKind.LIABILITY),
        "2050": ("Paid for open sales", AccountKind.LIABILITY),
        "2100": ("M-Pesa without a purpose", AccountKind.LIABILITY),
        "2110": ("M-Pesa overpaid", AccountKind.LIABILITY),
        "2120": ("Refunds agreed", AccountKind.LIABILITY),
        "2130": ("M-Pesa by its statement alone", AccountKind.LIABILITY),
        "2200": ("Suppliers", AccountKind.LIABILITY),
        "3000": ("Owner", AccountKind.EQUITY),
        "4000": ("Sales", AccountKind.INCOME),
        "4100": ("Sales returned", AccountKind.INCOME),
        "5000": ("Cost of goods sold", AccountKind.EXPENSE),
        "5100": ("Goods spoiled", AccountKind.EXPENSE),
        "5200": ("Goods missing or found", AccountKind.EXPENSE),
        "5900": ("Cents of goods", AccountKind.EXPENSE),
        "6000": ("M-Pesa fees", AccountKind.EXPENSE),
        "6100": ("Tokens", AccountKind.EXPENSE),
        "6200": ("Paid from the drawer", AccountKind.EXPENSE),
        "6300": ("Bad debts", AccountKind.EXPENSE),
        "6400": ("Cash short or over", AccountKind.EXPENSE),
        "6500": ("Credit given to customers", AccountKind.EXPENSE),
        "6600": ("Rent", AccountKind.EXPENSE),
        "6610": ("Wages", AccountKind.EXPENSE),
        "6620": ("Power and water", AccountKind.EXPENSE),
        "6630": ("Transport", AccountKind.EXPENSE),
        "6640": ("Airtime and internet", AccountKind.EXPENSE),
        "6650": ("Licences and taxes", AccountKind.EXPENSE),
        "6660": ("Repairs", AccountKind.EXPENSE),
        "6690": ("Other expenses", AccountKind.EXPENSE),
    }
)
"""Every account: its code, what an accountant calls it, and what it is of."""

POSTED: Final[Mapping[Fact, tuple[str, str]]] = MappingProxyType(
    {
        Fact.REVENUE: ("2050", "4000"),
        Fact.RETURNED: ("4100", "2050"),
        Fact.COST: ("5000", "1200"),
        Fact.CASH: ("1000", "2050"),
        Fact.MPESA: ("1010", "2050"),
        Fact.MPESA_WAITING: ("1010", "2100"),
        Fact.MPESA_OVERPAID: ("1010", "2110"),
        Fact.MPESA_SET_ASIDE: ("1010", "2120"),
        Fact.MPESA_TEST: ("1010", "3000"),
        Fact.TOKENS_BOUGHT: ("6100", "3000"),
        Fact.TOKENS_OVERPAID: ("1300", "3000"),
        Fact.TOKENS_TO_SALE: ("1300", "2050"),
        Fact.TOKENS_SET_ASIDE: ("1300", "2120"),
        Fact.DEBT: ("1100", "2050"),
        Fact.CUSTOMER_CREDIT: ("2000", "2050"),
        Fact.CREDIT_GIVEN: ("6500", "2000"),
        Fact.BAD_DEBT: ("6300", "1100"),
        Fact.BAD_DEBT_RETURNED: ("2050", "6300"),
        Fact.GOODS_RECEIVED: ("1200", "2200"),
        Fact.GOODS_SPOILED: ("5100", "1200"),
        Fact.GOODS_MISCOUNTED: ("5200", "1200"),
        Fact.GOODS_ROUNDING: ("1200", "5900"),
        Fact.CASH_OF_OWNER: ("1000", "3000"),
        Fact.CASH_OF_BANK: ("1000", "1020"),
        Fact.CASH_SPENT: ("6200", "1000"),
        Fact.CASH_TO_SUPPLIER: ("2200", "1000"),
        Fact.CASH_DIFFERENCE: ("1000", "6400"),
        Fact.REFUND_CASH: ("2120", "1000"),
        Fact.REFUND_MPESA: ("2120", "1010"),
        Fact.MPESA_FEE: ("6000", "1010"),
        Fact.MPESA_ADJUSTED: ("1010", "2130"),
        Fact.SPENT_ON_RENT: ("6600", "3000"),
        Fact.SPENT_ON_WAGES: ("6610", "3000"),
        Fact.SPENT_ON_POWER_AND_WATER: ("6620", "3000"),
        Fact.SPENT_ON_TRANSPORT: ("6630", "3000"),
        Fact.SPENT_ON_AIRTIME_AND_INTERNET: ("6640", "3000"),
        Fact.SPENT_ON_LICENCES_AND_TAXES: ("6650", "3000"),
        Fact.SPENT_ON_REPAIRS: ("6660", "3000"),
        Fact.SPENT_ON_OTHER: ("6690", "3000"),
        Fact.PAID_TO_SUPPLIER: ("2200", "3000"),
        Fact.PUT_INTO_BANK: ("1020", "3000"),
        Fact.PAID_BY_MPESA: ("3000", "1010"),
        Fact.PAID_BY_ADJUSTED_MPESA: ("3000", "2130"),
        Fact.PAID_BY_BANK: ("3000", "1020"),
    }
)
"""Which account each fact debits, and which it credits."""
