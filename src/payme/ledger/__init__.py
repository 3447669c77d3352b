"""The general ledger: every document of the shop in double entry, by rule. A view; what it keeps is sums."""

from payme.ledger.errors import AccountUnknown
from payme.ledger.models import (
    Account,
    AccountLedger,
    Balance,
    BalanceSheet,
    Document,
    Journal,
    Line,
    Posted,
    ProfitAndLoss,
    TrialBalance,
)
from payme.ledger.queries import account_ledger, balance_sheet, journal, profit_and_loss, trial_balance
from payme.ledger.rules import ACCOUNTS, RULES, posting
from payme.ledger.services import count_again
from payme.ledger.types import AccountKind, DocumentKind, Fact

__all__ = [
    "ACCOUNTS",
    "RULES",
    "Account",
    "AccountKind",
    "AccountLedger",
    "AccountUnknown",
    "Balance",
    "BalanceSheet",
    "Document",
    "DocumentKind",
    "Fact",
    "Journal",
    "Line",
    "Posted",
    "ProfitAndLoss",
    "TrialBalance",
    "account_ledger",
    "balance_sheet",
    "count_again",
    "journal",
    "posting",
    "profit_and_loss",
    "trial_balance",
]
