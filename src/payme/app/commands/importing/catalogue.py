"""Bring in a catalogue: products, and where the file tells it what is on the shelf and what it cost."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from payme import stock
from payme.app.commands.importing import values
from payme.app.commands.importing.columns import CATALOGUE, Found, find_columns
from payme.app.commands.importing.refused import RefusedRow, Tally
from payme.app.commands.importing.tables import Row, Table
from payme.app.commands.importing.values import ValueUnclear
from payme.kit.db.idempotency import StoredAnswer
from payme.kit.db.transaction import Database, Once, Scope, Tx
from payme.kit.errors import KeyReused, Refusal, Unavailable
from payme.stock import BarcodeTaken, DeliveryDraft, DeliveryLine, Product, ProductDraft, SkuTaken

NAME_MAX = 200
CODE_MAX = 64
UNIT_MAX = 16
SUPPLIER = "Opening stock"


@dataclass(frozen=True, slots=True)
class CatalogueLine:
    """A product as a row tells it; ``on_hand`` and ``unit_cost`` are both given or both None."""

    row: Row
    draft: ProductDraft
    on_hand: Decimal | None = None
    unit_cost: Decimal | None = None

    @property
    def identity(self) -> str:
        """What makes it this product and no other, in this file and the next: its SKU, barcode or name."""
        if self.draft.sku is not None:
            return f"sku {self.draft.sku}"
        if self.draft.barcode is not None:
            return f"barcode {self.draft.barcode}"
        return f"name {self.draft.name.casefold()}"

    @property
    def key(self) -> str:
        """The key under which it is imported once."""
        return f"import-product:{hashlib.sha256(self.identity.encode()).hexdigest()[:40]}"

    @property
    def fingerprint(self) -> bytes:
        """What it says, so that another product under the same identity is noticed."""
        return hashlib.sha256(repr((self.draft, self.on_hand, self.unit_cost)).encode()).digest()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A file that was read: how its columns were understood, its products, and the rows that cannot be one."""

    found: Found
    lines: tuple[CatalogueLine, ...]
    refused: tuple[RefusedRow, ...]


def read_catalogue(table: Table, named: Mapping[str, str], *, price_times: Decimal = Decimal(1)) -> Catalogue:
    """Understand a file as a catalogue. Raises ColumnsUnclear."""
    found = find_columns(CATALOGUE, table.header, named)
    lines: list[CatalogueLine] = []
    refused: list[RefusedRow] = []
    first: dict[str, Row] = {}
    for row in table.rows:
        try:
            line = _line(found, row, price_times)
        except ValueUnclear as unclear:
            refused.append(RefusedRow(row, str(unclear), unclear.kind))
            continue
        if line.identity in first:
            reason = f"{line.identity} stands on line {first[line.identity].line} already"
            refused.append(RefusedRow(row, reason, "twice in the file"))
            continue
        first[line.identity] = row
        lines.append(line)
    return Catalogue(found, tuple(lines), tuple(refused))


def _line(found: Found, row: Row, price_times: Decimal) -> CatalogueLine:
    found.check_width(row)
    draft = ProductDraft(
        name=_text(found.cell(row, "name"), "name", NAME_MAX),
        unit=_text(found.cell(row, "unit") or "piece", "unit", UNIT_MAX),
        selling_price=values.price(found.cell(row, "price"), "price", price_times),
        sku=_code(found.cell(row, "sku"), "SKU"),
        barcode=_code(found.cell(row, "barcode"), "barcode"),
        reorder_level=_at_least_0(found.cell(row, "reorder_level") or "0", "reorder level"),
    )
    on_hand = _at_least_0(found.cell(row, "quantity") or "0", "quantity")
    if not on_hand:
        return CatalogueLine(row, draft)
    cost = found.cell(row, "cost")
    if not cost:
        raise ValueUnclear(f"{on_hand.normalize():f} are on hand but there is no cost")
    return CatalogueLine(row, draft, on_hand, values.price(cost, "cost", price_times))


def _text(text: str, what: str, longest: int) -> str:
    text = " ".join(text.split())
    if not text:
        raise ValueUnclear(f"{what} is empty")
    if len(text) > longest:
        raise ValueUnclear(f"{what} is longer than {longest} characters")
    return text


def _code(text: str, what: str) -> str | None:
    return _text(text, what, CODE_MAX) if text else None


def _at_least_0(text: str, what: str) -> Decimal:
    found = values.quantity(text, what)
    if found < 0:
        raise ValueUnclear(f"{what} {text} is negative")
    return found


class _OnlyLooking(Exception):
    """A dry run comes to where it would commit."""


async def import_catalogue(
    database: Database,
    business_id: UUID,
    lines: tuple[CatalogueLine, ...],
    *,
    dry_run: bool = False,
    advance: Callable[[], None] = lambda: None,
) -> Tally:
    """Add each product, with its opening stock, in a transaction of its own; once, however often it is run.

    A dry run does all of it and takes it back. Raises Unavailable where the database does not answer.
    """
    tally = Tally()
    scope = Scope.system("import", business_id)
    for line in lines:
        once: Once[Product] = Once(line.key, line.fingerprint, _tell)
        try:
            answer = await database.transact_once(scope, once, _add, line, dry_run)
        except _OnlyLooking:
            tally.imported += 1
        except Unavailable:
            raise
        except Refusal as refusal:
            tally.refused.append(_refused(line, refusal))
        else:
            tally.imported += not answer.replayed
            tally.known += answer.replayed
        advance()
    return tally


async def _add(tx: Tx, line: CatalogueLine, dry_run: bool) -> Product:  # noqa: FBT001  passed on by transact_once
    product = await stock.add_product(tx, line.draft)
    if line.on_hand is not None and line.unit_cost is not None:
        await stock.receive(tx, DeliveryDraft(SUPPLIER, (DeliveryLine(product.id, line.on_hand, line.unit_cost),)))
    if dry_run:
        await tx.flush()
        raise _OnlyLooking
    return product


def _tell(product: Product) -> StoredAnswer:
    return StoredAnswer(201, f'{{"product_id": "{product.id}"}}')


def _refused(line: CatalogueLine, refusal: Refusal) -> RefusedRow:
    if isinstance(refusal, KeyReused):
        reason = f"{line.identity} was imported before with other values; change the product in the shop"
    elif isinstance(refusal, SkuTaken):
        reason = f"another product of the shop has the SKU {refusal.sku}"
    elif isinstance(refusal, BarcodeTaken):
        reason = f"another product of the shop has the barcode {refusal.barcode}"
    else:
        reason = refusal.title
    return RefusedRow(line.row, reason, refusal.code)
