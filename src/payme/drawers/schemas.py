"""What drawers takes and shows."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from payme.drawers.models import (
    CashMove,
    Count,
    Drawer,
    DrawerRules,
    DrawerTotal,
    DrawerView,
    LateMoney,
    Report,
    ReportHead,
)
from payme.drawers.types import (
    DEFAULT_TILL,
    DENOMINATIONS,
    PAID_ONLY,
    PIECES_MAX,
    CashPurpose,
    DrawerMode,
    DrawerState,
    MovementKind,
    Tender,
)
from payme.http.fields import In, Money, MoneyOut, Out, Reason

Till = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
Percent = Annotated[Money, Field(ge=0, le=100, examples=["2.00"], description="Percent, two places, as a string.")]
Some = Annotated[Money, Field(gt=0)]


class DrawerIn(In):
    """A drawer to be opened."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"till": DEFAULT_TILL, "opening_float": "2000.00"}]})
    till: Till = DEFAULT_TILL
    opening_float: Money = Field(Decimal("0.00"), description="The cash that is in it.")


class CashMoveIn(In):
    """Cash that is put in or taken out by hand."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"kind": "cash_out", "amount": "500.00", "reason": "Milk from the dairy"}]}
    )
    kind: Literal[MovementKind.CASH_IN, MovementKind.CASH_OUT]
    amount: Some
    reason: Reason
    purpose: CashPurpose | None = Field(
        None,
        description="Where it goes or comes from. Without it what goes out was spent, what comes in is the owner's.",
    )

    @model_validator(mode="after")
    def _paid_out(self) -> Self:
        if self.kind is MovementKind.CASH_IN and self.purpose in PAID_ONLY:
            raise ValueError("cash that comes in is the owner's, or from the bank or the safe")
        return self

    def to_move(self) -> CashMove:
        """Return what the service takes."""
        return CashMove(self.kind, self.amount, self.reason, self.purpose)


class PiecesIn(In):
    """How many of one note or coin there are."""

    denomination: Annotated[Money, Field(examples=["1000.00"], description="1000 down to 1, or 0.50.")]
    pieces: Annotated[int, Field(ge=0, le=PIECES_MAX)]


class CountIn(In):
    """What somebody found in a drawer, without having been shown what should be there."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "cash": [{"denomination": "1000.00", "pieces": 3}, {"denomination": "20.00", "pieces": 7}],
                    "mpesa": "4500.00",
                }
            ]
        }
    )
    cash: Annotated[list[PiecesIn], Field(max_length=len(DENOMINATIONS))]
    mpesa: Money = Field(description="The sum of the M-PESA payments for this drawer's sales.")

    def to_count(self) -> Count:
        """Return what the service takes."""
        return Count(tuple((one.denomination, one.pieces) for one in self.cash), self.mpesa)


class ApprovalIn(In):
    """Why a difference is accepted."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "A 200 note went missing; deducted"}]})
    reason: Reason


class DrawerRulesIn(In):
    """How drawers work in this shop."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "mode": "automatic",
                    "cash_percent": "2.00",
                    "cash_allowance": "50.00",
                    "mpesa_percent": "0.50",
                    "mpesa_allowance": "0.00",
                }
            ]
        }
    )
    mode: DrawerMode = Field(
        description="`required`: no sale without an open drawer. `automatic`: one opens by itself with nothing in it. "
        "`off`: a sale asks for none; where one is open its money is counted."
    )
    cash_percent: Percent = Decimal("2.00")
    cash_allowance: Money = Field(Decimal("0.00"), description="KES that cash may always differ by.")
    mpesa_percent: Percent = Decimal("0.50")
    mpesa_allowance: Money = Field(Decimal("0.00"), description="KES that M-PESA may always differ by.")

    def to_rules(self) -> DrawerRules:
        """Return what the service takes."""
        return DrawerRules(self.mode, self.cash_percent, self.cash_allowance, self.mpesa_percent, self.mpesa_allowance)


class DrawerRulesOut(Out):
    """How drawers work in this shop."""

    mode: DrawerMode
    cash_percent: MoneyOut
    cash_allowance: MoneyOut
    mpesa_percent: MoneyOut
    mpesa_allowance: MoneyOut

    @classmethod
    def of(cls, agreed: DrawerRules) -> Self:
        """Show the settings."""
        return cls.model_validate(agreed, from_attributes=True)


class DrawerTotalOut(Out):
    """What one tender of a drawer adds up to."""

    tender: Tender
    opening_float: MoneyOut
    sold: MoneyOut
    repaid: MoneyOut = Field(description="What customers paid of their debts.")
    cash_in: MoneyOut
    cash_out: MoneyOut
    cancelled: MoneyOut = Field(description="Went back because a sale was cancelled.")
    returned: MoneyOut = Field(description="Went back for goods that were returned.")
    refunded: MoneyOut = Field(description="Was paid out for refunds.")
    takings: int = Field(description="How often money was taken for a sale.")
    expected: MoneyOut
    counted: MoneyOut | None
    variance: MoneyOut | None = Field(description="Counted less expected.")

    @classmethod
    def of(cls, total: DrawerTotal) -> Self:
        """Show a total."""
        return cls.model_validate(total, from_attributes=True)


class DayIn(In):
    """A business day to be closed."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"business_day": "2026-11-23"}]})
    business_day: date


class ReportSummaryOut(Out):
    """A numbered report in a list."""

    id: UUID
    number: int | None = Field(description="Without gaps in a business; null for what is not closed yet (X report).")
    business_day: date
    drawer_id: UUID | None = Field(description="null: of all drawers of the day.")
    till: str
    drawers: int
    opened_by: UUID | None
    opened_at: datetime
    counted_by: UUID | None
    approved_by: UUID | None
    reason: str
    created_at: datetime

    @classmethod
    def of(cls, head: ReportHead) -> Self:
        """Show the head of a report."""
        return cls.model_validate(head, from_attributes=True)


class ReportOut(ReportSummaryOut):
    """What a drawer or a day came to."""

    totals: list[DrawerTotalOut]
    audit_seal: int | None = Field(description="The newest seal over the audit at that moment; null before the first.")
    audit_digest: str | None = Field(description="The digest of that seal, in hexadecimal.")

    @classmethod
    def of_report(cls, report: Report) -> Self:
        """Show a report."""
        return cls(
            **dict(ReportSummaryOut.of(report.head)),
            totals=[DrawerTotalOut.of(total) for total in report.totals],
            audit_seal=report.seal and report.seal.number,
            audit_digest=report.seal and report.seal.digest.hex(),
        )


class LateMoneyOut(Out):
    """Money for a sale that moved when its drawer was closed; it counts on no drawer."""

    id: UUID
    drawer_id: UUID
    tender: Tender
    kind: MovementKind
    amount: MoneyOut
    source_id: UUID
    business_day: date
    created_at: datetime

    @classmethod
    def of(cls, late: LateMoney) -> Self:
        """Show such money."""
        return cls.model_validate(late, from_attributes=True)


class PiecesOut(Out):
    """How many of one note or coin were counted."""

    denomination: MoneyOut
    pieces: int


class DrawerSummaryOut(Out):
    """A drawer in a list."""

    id: UUID
    till: str
    state: DrawerState
    opening_float: MoneyOut
    business_day: date
    opened_by: UUID | None
    opened_at: datetime
    counted_by: UUID | None
    counted_at: datetime | None
    approved_by: UUID | None
    reason: str
    closed_at: datetime | None
    z_number: int | None

    @classmethod
    def of(cls, drawer: Drawer) -> Self:
        """Show a drawer."""
        return cls.model_validate(drawer, from_attributes=True)


class DrawerOut(DrawerSummaryOut):
    """A drawer with what it should hold, for who may see that; before the count that is a manager."""

    totals: list[DrawerTotalOut] | None = Field(description="null while the drawer is open and you are to count it.")
    count: list[PiecesOut]

    @classmethod
    def of_view(cls, view: DrawerView) -> Self:
        """Show a drawer."""
        pieces = zip(view.drawer.denominations, view.drawer.pieces, strict=True)
        return cls(
            **dict(DrawerSummaryOut.of(view.drawer)),
            totals=[DrawerTotalOut.of(total) for total in view.totals] or None,
            count=[PiecesOut(denomination=denomination, pieces=how_many) for denomination, how_many in pieces],
        )
