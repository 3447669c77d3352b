"""Find the columns that are meant, whatever another system calls them."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from payme.app.advice import Advice
from payme.app.commands.importing.tables import Row
from payme.app.commands.importing.values import ValueUnclear


class ColumnsUnclear(Advice):
    """A column that is needed was not found, or one was named that is not there; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Column:
    """Something a row tells, and the headers it is known by, the surest first."""

    name: str
    headers: tuple[str, ...]
    needed: bool = False


CATALOGUE = (
    Column(
        "name",
        ("name", "product name", "item name", "description", "product", "item", "bidhaa", "jina", "jina la bidhaa"),
        needed=True,
    ),
    Column("sku", ("sku", "stock code", "item code", "product code", "code", "part number", "msimbo", "kodi")),
    Column("barcode", ("barcode", "bar code", "ean", "ean13", "upc", "gtin", "msimbo pau")),
    Column("unit", ("unit", "uom", "unit of measure", "units", "kipimo", "packaging")),
    Column(
        "price",
        ("selling price", "sale price", "retail price", "unit price", "price", "rrp", "bei ya kuuza", "bei", "amount"),
        needed=True,
    ),
    Column("cost", ("unit cost", "cost price", "buying price", "purchase price", "cost", "bei ya kununua", "gharama")),
    Column(
        "quantity",
        ("on hand", "quantity on hand", "in stock", "stock", "quantity", "qty", "opening stock", "idadi", "kiasi"),
    ),
    Column("reorder_level", ("reorder level", "reorder point", "minimum stock", "min stock", "reorder", "kiwango")),
)

SALES = (
    Column(
        "invoice",
        ("invoice no", "invoice number", "invoice", "receipt no", "receipt number", "receipt", "sale no", "sale id",
         "transaction id", "order id", "order no", "bill no", "risiti", "namba ya risiti", "ankara"),
    ),
    Column("sku", ("sku", "stock code", "item code", "product code", "code", "msimbo", "kodi")),
    Column(
        "name",
        ("product name", "item name", "description", "product", "item", "name", "bidhaa", "jina la bidhaa", "jina"),
    ),
    Column("quantity", ("quantity", "qty", "units sold", "units", "idadi", "kiasi"), needed=True),
    Column(
        "price", ("unit price", "selling price", "price each", "price", "rate", "bei ya kuuza", "bei"), needed=True
    ),
    Column("discount", ("line discount", "discount", "punguzo")),
    Column(
        "at",
        ("invoice date", "sale date", "sold at", "date time", "datetime", "timestamp", "transaction date", "date",
         "created at", "tarehe"),
        needed=True,
    ),
    Column("time", ("time", "sale time", "saa", "muda")),
    Column("customer_name", ("customer name", "client name", "buyer name", "jina la mteja")),
    Column(
        "phone",
        ("customer phone", "customer mobile", "customer telephone", "phone number", "phone", "mobile number", "mobile",
         "telephone", "msisdn", "simu ya mteja", "namba ya simu", "nambari ya simu", "simu"),
    ),
    Column(
        "customer",
        ("customer id", "customer no", "customer number", "customer code", "client id", "customer", "client", "buyer",
         "namba ya mteja", "mteja"),
    ),
)  # fmt: skip


def plain(header: str) -> str:
    """Return a header as it is compared: its letters and digits, without case."""
    folded = unicodedata.normalize("NFKD", header.casefold())
    return "".join(sign for sign in folded if sign.isalnum())


@dataclass(frozen=True, slots=True)
class Found:
    """Which column of a file tells what."""

    header: tuple[str, ...]
    places: Mapping[str, int]

    def cell(self, row: Row, name: str) -> str:
        """Return what a row tells, without spaces around it; empty where the file has no such column."""
        place = self.places.get(name)
        return "" if place is None else row.cells[place].strip()

    def check_width(self, row: Row) -> None:
        """Refuse a row that has more or fewer cells than the header. Raises ValueUnclear."""
        if len(row.cells) != len(self.header):
            raise ValueUnclear(f"the row has {len(row.cells)} cells, the header {len(self.header)}")

    def described(self) -> list[tuple[str, str]]:
        """Return each name with the header it was found under."""
        return [(name, self.header[place]) for name, place in self.places.items()]


def find_columns(columns: Sequence[Column], header: Sequence[str], named: Mapping[str, str]) -> Found:
    """Find columns by what a person ``named`` (name → header), then by the headers they are known by.

    A column named with no header is left out. Raises ColumnsUnclear.
    """
    known = {column.name for column in columns}
    bare = [plain(title) for title in header]
    places: dict[str, int] = {}
    for name, title in named.items():
        if name not in known:
            raise ColumnsUnclear(f"--map {name}=…: there is no {name}. Choose one of {', '.join(sorted(known))}.")
        if not title:
            continue
        if plain(title) not in bare:
            raise ColumnsUnclear(f"--map {name}={title}: the file has no such column. It has: {', '.join(header)}.")
        places[name] = bare.index(plain(title))
    for column in columns:
        if column.name in named:
            continue
        for title in column.headers:
            place = next((at for at, text in enumerate(bare) if text == plain(title)), None)
            if place is not None and place not in places.values():
                places[column.name] = place
                break
    missing = [column.name for column in columns if column.needed and column.name not in places]
    if missing:
        raise ColumnsUnclear(
            f"No column for {' and '.join(missing)} was found. The file has: {', '.join(header)}. "
            f"Say which it is: --map {missing[0]}=Column"
        )
    return Found(tuple(header), {column.name: places[column.name] for column in columns if column.name in places})
