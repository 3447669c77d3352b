"""A shop's history as its files tell it, read without the product's code: of a real shop, or made up of chance.

The real one is the UCI "Online Retail" set (Daqing Chen, UCI Machine Learning Repository, CC BY 4.0), one CSV a day. It
is never part of the project: PAYME_REAL_DATA names its folder, or it is ``shared/data`` beside the checkout.
"""

import csv
import io
import os
import tarfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from random import Random
from typing import TypeVar
from zoneinfo import ZoneInfo

ARCHIVE = "online-retail-winter.tgz"
LINES_A_SALE = 300
NAIROBI = ZoneInfo("Africa/Nairobi")
CENT = Decimal("0.01")

Thing = TypeVar("Thing")


def real_data_folder() -> Path:
    """Where the real history lies, if it is there."""
    named = os.environ.get("PAYME_REAL_DATA")
    return Path(named) if named else Path(__file__).parents[3] / "shared" / "data"


def unpack(folder: Path, *, month: str = "") -> tuple[Path, ...]:
    """Unpack the files and nothing but files, side by side; return those of a month ``2011-01``, or all, in order."""
    with tarfile.open(real_data_folder() / ARCHIVE) as packed:
        for member in packed:
            file = packed.extractfile(member)
            if file is not None:  # a folder
                (folder / Path(member.name).name).write_bytes(file.read())
    return tuple(sorted(folder.rglob(f"{month}*.csv")))


@dataclass(frozen=True)
class SoldLine:
    """A line that a shop would sell."""

    invoice: str
    code: str
    quantity: int
    price: Decimal
    at: datetime
    customer: str
    """The id of whoever bought; empty for a walk-in."""

    @property
    def total(self) -> Decimal:
        return (self.price * self.quantity).quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True)
class TakenBack:
    """A line that a customer brought back."""

    invoice: str
    code: str
    quantity: int
    at: datetime
    customer: str


@dataclass(frozen=True)
class History:
    """What the files tell: what was sold, what was brought back, and how many rows are neither."""

    lines: tuple[SoldLine, ...]
    returns: tuple[TakenBack, ...]
    refused: Counter[str]

    def sales(self) -> list[list[SoldLine]]:
        """Sales in the order in which they were made; a long invoice is several."""
        by_invoice: dict[str, list[SoldLine]] = defaultdict(list)
        for line in self.lines:
            by_invoice[line.invoice].append(line)
        parts = [
            (min(line.at for line in whole), invoice, start, whole[start : start + LINES_A_SALE])
            for invoice, whole in by_invoice.items()
            for start in range(0, len(whole), LINES_A_SALE)
        ]
        return [part for *_, part in sorted(parts, key=lambda part: part[:3])]


def read_files(files: Iterable[Path]) -> History:
    """Read the files as a shop's day book; a price is KES times 100."""
    lines, returns, refused = [], [], Counter[str]()
    for file in files:
        for row in csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"))):
            quantity, price = int(row["Quantity"]), Decimal(row["UnitPrice"]) * 100
            at, customer = datetime.fromisoformat(row["InvoiceDate"]), row["CustomerID"].removesuffix(".0")
            if quantity <= 0:
                is_return = row["InvoiceNo"].startswith("C")
                refused["return" if is_return else "quantity"] += 1
                if is_return:
                    returns.append(TakenBack(row["InvoiceNo"], row["StockCode"], -quantity, at, customer))
            elif price <= 0:
                refused["price"] += 1
            else:
                lines.append(SoldLine(row["InvoiceNo"], row["StockCode"], quantity, price, at, customer))
    return History(tuple(lines), tuple(returns), refused)


def make_up(seed: int, *, days: int, sales_a_day: int) -> History:
    """Make a history up: regulars and walk-ins, some of whom bring a part of it back, or more than they bought."""
    chance = Random(seed)
    prices = {f"P{number:02}": Decimal(chance.randint(1_000, 90_000)) / 100 for number in range(25)}
    lines: list[SoldLine] = []
    returns: list[TakenBack] = []
    for number in range(days * sales_a_day):
        day = date(2011, 1, 3) + timedelta(days=number // sales_a_day)
        at = datetime.combine(day, time(8)) + timedelta(minutes=number % sales_a_day * (600 // sales_a_day))
        customer = chance.choice(["", *(f"{100 + known}" for known in range(9))])
        basket = chance.sample(sorted(prices), chance.randint(1, 5))
        bought = [SoldLine(f"{number:05}", code, chance.randint(1, 12), prices[code], at, customer) for code in basket]
        lines += bought
        if chance.random() < 0.25:
            back_at = at + timedelta(days=chance.randint(0, 4), minutes=1)
            more = chance.random() < 0.15
            taken = bought if more else chance.sample(bought, chance.randint(1, len(bought)))
            returns += [
                TakenBack(
                    f"C{number:05}", line.code, line.quantity + 500 if more else chance.randint(1, line.quantity),
                    back_at, customer,
                )
                for line in taken
            ]  # fmt: skip
    returns.append(TakenBack("C99999", "P99", 1, lines[-1].at, ""))
    return History(tuple(lines), tuple(sorted(returns, key=lambda line: (line.at, line.invoice))), Counter())


def by_day(things: Sequence[Thing], at: Callable[[Thing], datetime]) -> dict[date, list[Thing]]:
    """Put things under the day of their time."""
    found: dict[date, list[Thing]] = defaultdict(list)
    for thing in things:
        found[at(thing).date()].append(thing)
    return found
