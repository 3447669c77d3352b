"""What the ledger reads and says. Money is KES; days are business days in Nairobi."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from payme.kit.paging import After
from payme.ledger.types import AccountKind, DocumentKind, Fact


@dataclass(frozen=True, slots=True)
class Account:
    """An account: its code, what an accountant calls it, and what it is of."""

    code: str
    name: str
    kind: AccountKind


@dataclass(frozen=True, slots=True)
class Rule:
    """Which account a fact debits, and which it credits."""

    debit: str
    credit: str


@dataclass(frozen=True, slots=True)
class Document:
    """What one thing of the shop did at one instant, and what it says in money, each fact once."""

    at: datetime
    id: UUID
    day: date
    kind: DocumentKind
    reference: str
    facts: Mapping[Fact, Decimal]


@dataclass(frozen=True, slots=True)
class Line:
    """What a document does to one account; one of the two is nothing."""

    account: Account
    debit: Decimal
    credit: Decimal

    @property
    def change(self) -> Decimal:
        """The debit less the credit."""
        return self.debit - self.credit


@dataclass(frozen=True, slots=True)
class Posted:
    """A document and its lines."""

    document: Document
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Period:
    """Business days, both included."""

    from_day: date
    to_day: date


@dataclass(frozen=True, slots=True)
class Mark:
    """Up to which day a business's facts are kept added up."""

    kept_until: date


@dataclass(frozen=True, slots=True)
class FactSum:
    """What all documents before a period say of a fact, and what those of the period do."""

    fact: Fact
    before: Decimal
    within: Decimal


@dataclass(frozen=True, slots=True)
class Sums:
    """All facts of a shop's books up to the end of a period."""

    shop: str
    period: Period
    facts: tuple[FactSum, ...]


@dataclass(frozen=True, slots=True)
class Balance:
    """An account over a period: what stood there before, and what the period changed; debits less credits."""

    account: Account
    opening: Decimal
    moved: Decimal

    @property
    def closing(self) -> Decimal:
        """What stands there at the end of the period."""
        return self.opening + self.moved


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """Every account at the end of a day. All together are nothing, or the books do not agree."""

    shop: str
    day: date
    balances: tuple[Balance, ...]
    debit: Decimal
    credit: Decimal

    @property
    def difference(self) -> Decimal:
        """Debits less credits."""
        return self.debit - self.credit


@dataclass(frozen=True, slots=True)
class Figure:
    """An account and its figure as people say it: income and debts are more than nothing."""

    account: Account
    amount: Decimal


@dataclass(frozen=True, slots=True)
class ProfitAndLoss:
    """What a shop earned in a period."""

    shop: str
    period: Period
    revenue: Decimal
    returned: Decimal
    cost: Decimal
    expenses: tuple[Figure, ...]

    @property
    def net(self) -> Decimal:
        """What was sold and stayed sold."""
        return self.revenue - self.returned

    @property
    def gross_profit(self) -> Decimal:
        """What is left of it after the cost of the goods."""
        return self.net - self.cost

    @property
    def expenses_total(self) -> Decimal:
        """What everything else cost."""
        return sum((one.amount for one in self.expenses), Decimal("0.00"))

    @property
    def profit(self) -> Decimal:
        """What is left in the end."""
        return self.gross_profit - self.expenses_total


@dataclass(frozen=True, slots=True)
class BalanceSheet:
    """What a shop has and owes at the end of a day, and what of it is the owner's."""

    shop: str
    day: date
    assets: tuple[Figure, ...]
    liabilities: tuple[Figure, ...]
    equity: tuple[Figure, ...]
    profit: Decimal
    assets_total: Decimal
    claims_total: Decimal

    @property
    def difference(self) -> Decimal:
        """What the shop has, less what it owes and what is the owner's."""
        return self.assets_total - self.claims_total


@dataclass(frozen=True, slots=True)
class Journal:
    """Documents of a period in their order, posted; ``after`` which there are more, None at the end."""

    shop: str
    period: Period
    posted: tuple[Posted, ...]
    after: After | None


@dataclass(frozen=True, slots=True)
class Turn:
    """A document's line on one account, and what stands there after it (debits less credits)."""

    posted: Posted
    line: Line
    balance: Decimal


@dataclass(frozen=True, slots=True)
class AccountLedger:
    """What one account did in a period, from what stood there before; ``after`` which there is more."""

    shop: str
    period: Period
    account: Account
    opening: Decimal
    turns: tuple[Turn, ...]
    after: After | None
