"""Understand another system's history: rows become lines, lines become invoices."""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from payme.app.commands.importing import values
from payme.app.commands.importing.buyers import SEVERAL, Buyer, read_buyer
from payme.app.commands.importing.columns import SALES, ColumnsUnclear, Found, find_columns
from payme.app.commands.importing.refused import RefusedRow
from payme.app.commands.importing.tables import Row, Table
from payme.app.commands.importing.values import ValueUnclear
from payme.kit.days import SHOP_TIME
from payme.kit.money import ZERO, round_half_up
from payme.sales import LINES_MAX

CODE_MAX = 64
NAME_MAX = 200
RETURNS = "returns, which cannot be imported yet"
NO_QUANTITY = "with a quantity that is not above 0"
NO_PRICE = "with a price of 0"
SALE_KEY = "import-sale:"
SALE_KEY_AFTER = "import-sale;"  # the next sign after the colon: all keys of imported sales lie between the two
_RETURN = re.compile(r"(?i)(?:C|CR|CN|RET|REF)[\s-]?\d+")


@dataclass(frozen=True, slots=True)
class HistoryTerms:
    """How the files write what they say: a factor that makes their prices KES, and the order of day and month."""

    price_times: Decimal = Decimal(1)
    month_first: bool = False


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One line of an invoice as a row tells it; prices in KES."""

    row: Row
    invoice: str
    sku: str | None
    name: str
    quantity: Decimal
    unit_price: Decimal
    discount: Decimal
    at: datetime
    buyer: Buyer | None

    @property
    def product(self) -> str:
        """What the product is known by: its SKU, or its name where the file has none."""
        return f"sku {self.sku}" if self.sku else f"name {self.name.lower()}"

    @property
    def total(self) -> Decimal:
        """What was paid for the line."""
        return round_half_up(self.quantity * self.unit_price) - self.discount

    def facts(self) -> tuple[str, ...]:
        """Return what it says, for telling whether it is the same again."""
        figures = (self.quantity, self.unit_price, self.discount, self.at.isoformat())
        return (self.invoice, self.product, *map(str, figures))


@dataclass(frozen=True, slots=True)
class Invoice:
    """A sale of the past. One of more lines than a sale may have becomes several, each a ``part``."""

    number: str
    part: int
    at: datetime
    lines: tuple[HistoryLine, ...]

    @property
    def key(self) -> str:
        """The key under which it is imported once."""
        return f"{SALE_KEY}{hashlib.sha256(f'{self.number}/{self.part}'.encode()).hexdigest()[:40]}"

    @property
    def fingerprint(self) -> bytes:
        """What it says, so that another invoice of the same number is noticed."""
        return hashlib.sha256(repr([line.facts() for line in self.lines]).encode()).digest()

    @property
    def day(self) -> date:
        """The shop's day."""
        return self.at.astimezone(SHOP_TIME).date()

    @property
    def total(self) -> Decimal:
        """What was paid."""
        return sum((line.total for line in self.lines), ZERO)

    @property
    def buyers(self) -> list[Buyer]:
        """Whom its lines name, each once."""
        return list({line.buyer.identity: line.buyer for line in self.lines if line.buyer}.values())

    def refused(self, reason: str, kind: str) -> list[RefusedRow]:
        """Refuse every row of it for one reason."""
        return [RefusedRow(line.row, f"invoice {self.number}: {reason}", kind) for line in self.lines]


@dataclass(frozen=True, slots=True)
class History:
    """Files that were read: how each was understood, its invoices by time, and the rows that cannot be a line."""

    tables: tuple[tuple[Table, Found], ...]
    invoices: tuple[Invoice, ...]
    refused: tuple[RefusedRow, ...]


def read_history(tables: Sequence[Table], named: Mapping[str, str], terms: HistoryTerms, now: datetime) -> History:
    """Understand files as one history. Raises ColumnsUnclear."""
    understood = tuple((table, _find(table, named)) for table in tables)
    lines: list[HistoryLine] = []
    refused: list[RefusedRow] = []
    seen: Counter[tuple[str, ...]] = Counter()
    for table, found in understood:
        for row in table.rows:
            try:
                line = _line(found, row, terms, now)
            except ValueUnclear as unclear:
                refused.append(RefusedRow(row, str(unclear), unclear.kind))
            else:
                if not line.invoice:
                    seen[line.facts()] += 1
                    line = replace(line, invoice=_own_number(line, seen[line.facts()]))
                lines.append(line)
    invoices = []
    for invoice in _invoices(lines):
        if len(invoice.buyers) > 1:
            refused += invoice.refused("it names several customers; leave them out with --map customer=", SEVERAL)
        else:
            invoices.append(invoice)
    return History(understood, tuple(invoices), tuple(refused))


def _find(table: Table, named: Mapping[str, str]) -> Found:
    found = find_columns(SALES, table.header, named)
    if "sku" not in found.places and "name" not in found.places:
        raise ColumnsUnclear(
            f"{table.path.name} names no product. It has: {', '.join(table.header)}. Say which it is: --map sku=Column"
        )
    return found


def _line(found: Found, row: Row, terms: HistoryTerms, now: datetime) -> HistoryLine:
    found.check_width(row)
    invoice = found.cell(row, "invoice")
    quantity = values.quantity(found.cell(row, "quantity"), "quantity")
    if quantity < 0 and _RETURN.fullmatch(invoice):
        raise ValueUnclear(f"invoice {invoice} is a return; returns cannot be imported yet", RETURNS)
    if quantity <= 0:
        raise ValueUnclear(f"quantity {quantity.normalize():f} is not above 0", NO_QUANTITY)
    unit_price = values.price(found.cell(row, "price"), "price", terms.price_times)
    if not unit_price:
        raise ValueUnclear("a price of 0 is not a sale", NO_PRICE)
    sku, name = found.cell(row, "sku"), " ".join(found.cell(row, "name").split())
    if not sku and not name:
        raise ValueUnclear("it names no product")
    if len(sku) > CODE_MAX or len(name) > NAME_MAX or len(invoice) > CODE_MAX:
        raise ValueUnclear(f"a SKU or invoice number is longer than {CODE_MAX}, or a name than {NAME_MAX} characters")
    at = values.instant(found.cell(row, "at"), found.cell(row, "time"), month_first=terms.month_first)
    if at > now:
        raise ValueUnclear(f"{at.astimezone(SHOP_TIME):%Y-%m-%d %H:%M} is in the future")
    discount, buyer = _discount(found, row, terms), read_buyer(found, row)
    line = HistoryLine(row, invoice, sku or None, name or sku, quantity, unit_price, discount, at, buyer)
    if line.total < 0:
        raise ValueUnclear(f"the discount of {line.discount} is more than the line is worth")
    return line


def _discount(found: Found, row: Row, terms: HistoryTerms) -> Decimal:
    text = found.cell(row, "discount")
    return values.price(text, "discount", terms.price_times) if text else ZERO


def _own_number(line: HistoryLine, nth: int) -> str:
    """Make a number for a row that names no invoice, of what it says: the same file makes the same number again."""
    return f"row {hashlib.sha256(repr((line.facts(), nth)).encode()).hexdigest()[:24]}"


def _invoices(lines: Sequence[HistoryLine]) -> list[Invoice]:
    by_number: dict[str, list[HistoryLine]] = {}
    for line in lines:
        by_number.setdefault(line.invoice, []).append(line)
    invoices = [
        Invoice(number, 1 + start // LINES_MAX, min(line.at for line in whole), tuple(whole[start : start + LINES_MAX]))
        for number, whole in by_number.items()
        for start in range(0, len(whole), LINES_MAX)
    ]
    return sorted(invoices, key=lambda invoice: (invoice.at, invoice.number, invoice.part))
