"""What reconciliation shows."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import Field

from payme.http.fields import Out
from payme.reconciliation.models import Run
from payme.reconciliation.types import RunKind, RunState


class FigureOut(Out):
    """What became of one invariant in a run."""

    found: int = Field(description="Rows that break it.")
    seconds: float
    whole: bool = Field(description="Whether it was asked of everything, or of what changed.")


class LedgerOut(Out):
    """What a ledger holds, and what its entries add up to."""

    ledger: str = Field(description="`tokens`, `stock`, `stock_value`, `debts`, `customer_credit` or `drawers`.")
    holds: str
    entries: str
    difference: str
    accounts: int = Field(description="Wallets, batches, credit accounts or drawers.")
    differing: int = Field(description="How many of them do not hold what their own entries add up to.")


class RunOut(Out):
    """One look at the books."""

    id: UUID
    kind: RunKind = Field(description="`changes`: what may have been broken since the run before; `full`: everything.")
    state: RunState = Field(description="`abandoned`: its worker died; another run asks everything again.")
    since: datetime | None = Field(description="From when on changes were asked about.")
    at: datetime = Field(description="The instant at which the books were read.")
    changed_rows: int | None
    to_ask: int = Field(description="How many invariants it asks.")
    asked: int = Field(description="How many it has asked so far.")
    found: int = Field(description="Rows that break an invariant.")
    opened: int = Field(description="Issues that are new.")
    seen_again: int = Field(description="Issues that stood open already, or were accepted.")
    closed: int = Field(description="Issues that closed by themselves because the books agree again.")
    seconds: float
    figures: dict[str, FigureOut] = Field(description="By invariant; of changes only where something was found.")
    ledgers: list[LedgerOut] = Field(description="Of a full run: tokens, stock, credit and drawers in sum.")
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, run: Run) -> Self:
        """Show a run."""
        return cls.model_validate(run, from_attributes=True)
