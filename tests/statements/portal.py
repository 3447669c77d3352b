"""The organisation portal, which writes statements in the forms that merchants have seen."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from io import BytesIO

from openpyxl import Workbook

from payme.daraja import EAT

TITLES = (
    "Receipt No.",
    "Completion Time",
    "Initiation Time",
    "Details",
    "Transaction Status",
    "Paid In",
    "Withdrawn",
    "Balance",
    "Balance Confirmed",
    "Reason Type",
    "Other Party Info",
    "Linked Transaction ID",
    "A/C No.",
)
PAYER = "2547****678 - JANE DOE"


@dataclass(frozen=True)
class PortalRow:
    """One row; money that left is below nothing."""

    receipt: str
    at: datetime
    change: Decimal
    reason: str = "Pay Bill Online"
    account: str = ""
    party: str = PAYER
    linked: str = ""
    status: str = "Completed"
    details: str = ""

    def cells(self, dates: str = "%d-%m-%Y %H:%M:%S", *, withdrawn_sign: int = -1) -> list[str]:
        at = self.at.astimezone(EAT)
        paid_in = f"{self.change:,.2f}" if self.change > 0 else ""
        withdrawn = f"{withdrawn_sign * abs(self.change):,.2f}" if self.change < 0 else ""
        details = self.details or f"{self.reason} from {self.party}" + (f" Acc. {self.account}" if self.account else "")
        return [
            self.receipt,
            f"{at:{dates}}",
            f"{at:{dates}}",
            details,
            self.status,
            paid_in,
            withdrawn,
            "1,100.00",
            "true",
            self.reason,
            self.party,
            self.linked,
            self.account,
        ]


@dataclass
class Portal:
    """Writes a statement of one shortcode."""

    shortcode: str
    rows: list[PortalRow] = field(default_factory=list)
    period: tuple[str, str] | None = None

    def pays(self, receipt: str, at: datetime, amount: str, **different: str) -> None:
        """A customer paid."""
        self.rows.append(PortalRow(receipt, at, Decimal(amount), **different))

    def takes_fee(self, receipt: str, at: datetime, amount: str, reason: str = "Pay Bill Charge") -> None:
        """M-PESA took its charge, under the receipt of the payment."""
        self.rows.append(PortalRow(receipt, at, -Decimal(amount), reason, party="", details=reason))

    def reverses(self, receipt: str, at: datetime, amount: str, of: str) -> None:
        """M-PESA gave a payer the money back."""
        details = f"Reversal of {of} to {PAYER}"
        self.rows.append(PortalRow(receipt, at, -Decimal(amount), "Pay Bill Reversal", linked=of, details=details))

    def pays_out(self, receipt: str, at: datetime, amount: str, reason: str = "Business Payment to Customer") -> None:
        """Somebody sent money away by the portal."""
        self.rows.append(PortalRow(receipt, at, -Decimal(amount), reason, details=f"{reason} to {PAYER}"))

    def preamble(self) -> list[list[str]]:
        said = [["Organization Name:", "DUKA LA MFANO"], ["Short Code:", self.shortcode]]
        if self.period:
            said.append(["Time Period:", " - ".join(self.period)])
        return [*said, []]

    def csv(self, *, dates: str = "%d-%m-%Y %H:%M:%S", withdrawn_sign: int = -1, end: str = "\r\n") -> bytes:
        """Write the file, newest first."""
        rows = [row.cells(dates, withdrawn_sign=withdrawn_sign) for row in reversed(self.rows)]
        return written([*self.preamble(), list(TITLES), *rows], end).encode()

    def xlsx(self) -> bytes:
        """Write the same as a workbook, with figures and instants as such."""
        book = Workbook()
        sheet = book.active
        assert sheet is not None
        for above in (*self.preamble(), TITLES):
            sheet.append(list(above))
        for row in reversed(self.rows):
            cells: list[str | float | datetime | None] = [*row.cells()]
            cells[1] = cells[2] = row.at.astimezone(EAT).replace(tzinfo=None, microsecond=0)
            cells[5] = float(row.change) if row.change > 0 else None
            cells[6] = float(row.change) if row.change < 0 else None
            sheet.append(cells)
        file = BytesIO()
        book.save(file)
        return file.getvalue()


def written(rows: Iterable[Sequence[str]], end: str = "\r\n") -> str:
    """Write cells as CSV, quoting what needs it."""
    return "".join(",".join(f'"{cell}"' if "," in cell else cell for cell in row) + end for row in rows)
