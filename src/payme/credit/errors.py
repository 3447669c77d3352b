"""What credit refuses. Refusals about the limit carry the figures, so that a cashier can say them."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from payme.kit.errors import Conflict, Forbidden, Invalid, NotFound


@dataclass(eq=False)
class CreditAccountUnknown(NotFound):
    """The customer has no credit account."""

    code = "credit_account_unknown"
    title = "This customer has no credit account."
    advice = "Let a manager or the owner open one with a limit, or take cash or M-PESA."
    customer_id: UUID


@dataclass(eq=False)
class CreditAccountExists(Conflict):
    """A customer has one credit account."""

    code = "credit_account_exists"
    title = "This customer has a credit account already."
    advice = "Change the limit or the terms of that account instead."
    customer_id: UUID
    account_id: UUID


@dataclass(eq=False)
class CreditAccountNotActive(Conflict):
    """A suspended or closed account takes no new debt."""

    code = "credit_account_not_active"
    title = "This customer may not buy on credit now."
    advice = "Take cash or M-PESA, or let a manager or the owner make the account active again."
    account_id: UUID
    state: str
    owed: Decimal


@dataclass(eq=False)
class CreditAccountNotEmpty(Conflict):
    """An account is closed when nobody owes anything; so is a person forgotten."""

    code = "credit_account_not_empty"
    title = "Money is still owed on this credit account."
    advice = "Let the customer pay what is owed, or give back the customer's credit, and try again."
    account_id: UUID
    owed: Decimal
    customer_credit: Decimal


@dataclass(eq=False)
class CreditLimitExceeded(Conflict):
    """With this the customer would owe more than was agreed."""

    code = "credit_limit_exceeded"
    title = "This is more than the customer may owe."
    advice = "Take the difference in cash or by M-PESA, or let a manager or the owner allow it with a reason."
    account_id: UUID
    owed: Decimal
    limit: Decimal
    amount: Decimal
    would_be: Decimal


@dataclass(eq=False)
class OverLimitNotAllowed(Forbidden):
    """Going over a limit needs a role that may."""

    code = "over_limit_not_allowed"
    title = "Your role may not sell on credit over a customer's limit."
    advice = "Take the difference in cash or by M-PESA, or ask a manager or the owner to do this."
    account_id: UUID
    owed: Decimal
    limit: Decimal
    amount: Decimal
    would_be: Decimal


@dataclass(eq=False)
class DueDateNotPossible(Invalid):
    """A debt is due after today, and not in a far future."""

    code = "due_date_not_possible"
    title = "A debt cannot be due on this day."
    advice = "Choose a day from tomorrow on, within the next two years."
    due_on: date
    earliest: date
    latest: date


@dataclass(eq=False)
class CustomerCreditShort(Conflict):
    """The shop owes the customer less than that."""

    code = "customer_credit_short"
    title = "The customer has less credit than that."
    advice = "Use at most what is left, and take the rest another way."
    account_id: UUID
    wanted: Decimal
    left: Decimal


@dataclass(eq=False)
class DebtUnknown(NotFound):
    """No such debt on this account."""

    code = "debt_unknown"
    title = "This customer owes nothing for such a sale."
    advice = "Read the open debts again, or leave the sale out: the oldest debt is paid first."
    sale_id: UUID
