"""Refusals of the ledger."""

from dataclasses import dataclass

from payme.kit.errors import NotFound


@dataclass(eq=False)
class AccountUnknown(NotFound):
    """No account has this code."""

    code = "account_unknown"
    title = "There is no such account."
    advice = "See GET …/ledger/accounts for the accounts and their codes."
    account: str
