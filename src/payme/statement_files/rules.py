"""Reading the portal's statement, cell by cell. Pure, and tolerant: columns by title, either form of date, either sign.

Source: exports of the M-PESA organisation portal as merchants and importers show them; Safaricom does not describe the
file.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from payme.daraja import EAT, RECEIPT
from payme.kit.money import AMOUNT_MAX, ZERO
from payme.kit.texts import printable
from payme.statement_files.models import FileLine, Preamble
from payme.statement_files.types import (
    CELL_MAX,
    COLUMNS_MAX,
    DETAILS_MAX,
    NAME_MAX,
    PHONE_MAX,
    REFERENCE_MAX,
    Column,
    Direction,
    LineKind,
)

TITLES: Final[Mapping[str, Column]] = MappingProxyType(
    {
        "receiptno": Column.RECEIPT,
        "receiptnumber": Column.RECEIPT,
        "receipt": Column.RECEIPT,
        "completiontime": Column.COMPLETED,
        "completedtime": Column.COMPLETED,
        "transactiontime": Column.COMPLETED,
        "details": Column.DETAILS,
        "transactiondetails": Column.DETAILS,
        "transactionstatus": Column.STATUS,
        "status": Column.STATUS,
        "paidin": Column.PAID_IN,
        "withdrawn": Column.WITHDRAWN,
        "withdrawal": Column.WITHDRAWN,
        "paidout": Column.WITHDRAWN,
        "reasontype": Column.REASON,
        "transactiontype": Column.REASON,
        "otherpartyinfo": Column.PARTY,
        "otherparty": Column.PARTY,
        "linkedtransactionid": Column.LINKED,
        "acno": Column.ACCOUNT,
        "accountno": Column.ACCOUNT,
        "accountnumber": Column.ACCOUNT,
    }
)
"""Titles of columns, in small letters and without anything but letters and digits."""
_NEEDED: Final = (Column.RECEIPT, Column.COMPLETED)
_AMOUNTS: Final = (Column.PAID_IN, Column.WITHDRAWN)
_BARE: Final = re.compile(r"[^a-z0-9]+")
_TOTAL: Final = re.compile(r"(?i)\s*(?:grand\s+|sub)?totals?\s*:?\s*")
_DAY: Final = r"(?:(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})|(\d{4})[-/.](\d{1,2})[-/.](\d{1,2}))"
_TIME: Final = r"(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(?:\s*([AaPp])\.?[Mm]\.?)?)"
_MOMENT: Final = re.compile(rf"\s*{_DAY}{_TIME}\s*")
_DAYS: Final = re.compile(rf"{_DAY}{_TIME}?")
_AMOUNT: Final = re.compile(r"(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d{1,2})0*)?|\.(\d{1,2})0*")
_CURRENCY: Final = re.compile(r"(?i)^\s*(?:kes|kshs?|ksh)\.?\s*")
_SHORTCODE: Final = re.compile(r"(?<!\d)\d{5,7}(?!\d)")
_SHORTCODE_LABELS: Final = ("shortcode", "paybill", "tillno", "tillnumber", "businessno", "storeno", "organizationcode")
_NAME_LABELS: Final = ("name",)
_HEAD: Final = re.compile(r"\s+(?:from|to|by|for|of|via|-)\s+", re.IGNORECASE)
_PAYER: Final = re.compile(
    r"(?:.*?\bfrom\s+)?([0-9*+]{6,20})\s*(?:-\s*(.*?))?\s*(?:\bAcc(?:ount)?\.?\s*(.*))?", re.IGNORECASE | re.DOTALL
)
_NAMED_RECEIPT: Final = re.compile(r"\b(?=[A-Z]*\d)[A-Z0-9]{10}\b")
_FEE: Final = re.compile(r"\b(?:charges?|fees?|tariff|commission|excise)\b")
_REVERSAL: Final = re.compile(r"\brevers(?:al|ed|e)\b")
_NOT_PAID_BY_CUSTOMERS: Final = re.compile(
    r"\b(?:organi[sz]ation|settlement|settle|deposit|float|overdraft|utility account|working account|revers\w*)\b"
)
_PROMPT: Final = re.compile(r"\bonline\b")
_YEARS: Final = range(2007, 2100)
"""M-PESA began in 2007."""


class Unclear(Exception):
    """A row does not say what it should; the message is why it is refused."""


def column_of(title: str) -> Column | None:
    """Return what a column holds by its title, None where nothing that is looked for."""
    return TITLES.get(_BARE.sub("", title.casefold()))


def columns_of(cells: Sequence[str]) -> Mapping[Column, int] | None:
    """Return where each column is, if these are the titles; None where they are not."""
    places: dict[Column, int] = {}
    for place, title in enumerate(cells[:COLUMNS_MAX]):
        column = column_of(title)
        if column is not None:
            places.setdefault(column, place)
    is_header = all(column in places for column in _NEEDED) and any(column in places for column in _AMOUNTS)
    return places if is_header else None


# Above the titles


def preamble_of(rows: Sequence[Sequence[str]]) -> Preamble:
    """Read whose statement it is and for which time, under whatever labels; what is not said is None."""
    shortcode: str | None = None
    days: list[tuple[datetime, bool]] = []
    for cells in rows:
        text = " ".join(cell.strip() for cell in cells if cell.strip())
        bare = _BARE.sub("", text.split(":")[0].casefold())
        if shortcode is None and bare.startswith(_SHORTCODE_LABELS) and not bare.endswith(_NAME_LABELS):
            found = _SHORTCODE.search(text)
            shortcode = found[0] if found else None
        elif "period" in bare or "daterange" in bare or bare.startswith(("from", "to", "start", "end")):
            days += [moment for moment in map(_day_or_moment, _DAYS.finditer(text)) if moment is not None]
    if len(days) < 2:  # noqa: PLR2004  a beginning and an end
        return Preamble(shortcode, None, None)
    (from_at, _), (last, is_day) = days[0], days[1]
    to_at = last + timedelta(days=1) if is_day else last + timedelta(seconds=1)
    return Preamble(shortcode, from_at, to_at) if from_at < to_at else Preamble(shortcode, None, None)


def _day_or_moment(found: re.Match[str]) -> tuple[datetime, bool] | None:
    try:
        return _instant(found), found[7] is None
    except Unclear:
        return None


# A row


def line_of(number: int, cells: Sequence[str], places: Mapping[Column, int]) -> FileLine | None:
    """Read a row; None where it moved nothing: not completed, an amount of nothing. Raises Unclear."""
    if len(cells) > COLUMNS_MAX or any(len(cell) > CELL_MAX for cell in cells):
        raise Unclear("a cell or the row is too long; a quote may be missing")
    said = {column: cells[place].strip() if place < len(cells) else "" for column, place in places.items()}
    receipt = said[Column.RECEIPT].upper()
    if not RECEIPT.fullmatch(receipt):
        raise Unclear(f"{_shown(receipt)} is no receipt number")
    if said.get(Column.STATUS, "completed").casefold() != "completed":
        return None
    completed_at = moment_of(said[Column.COMPLETED])
    change = _change(said)
    if not change:
        return None
    details, reason = said.get(Column.DETAILS, ""), said.get(Column.REASON, "")
    words = f"{reason} {_HEAD.split(details, maxsplit=1)[0]}".casefold()
    direction = Direction.IN if change > 0 else Direction.OUT
    kind = kind_of(words, direction)
    phone, name, account = payer_of(said.get(Column.PARTY, ""), details)
    return FileLine(
        number=number,
        receipt=receipt,
        direction=direction,
        kind=kind,
        amount=abs(change),
        completed_at=completed_at,
        by_prompt=_PROMPT.search(words) is not None,
        details=printable(details)[:DETAILS_MAX],
        phone=phone,
        payer_name=name,
        account_reference=printable(said.get(Column.ACCOUNT, "") or account)[:REFERENCE_MAX],
        linked_receipt=_linked(said.get(Column.LINKED, ""), details, receipt) if kind is LineKind.REVERSAL else "",
    )


def is_no_movement(cells: Sequence[str], places: Mapping[Column, int]) -> bool:
    """Say whether a row is empty, or totals: it has no receipt, or says that it adds up."""
    receipt = cells[places[Column.RECEIPT]] if places[Column.RECEIPT] < len(cells) else ""
    completed = cells[places[Column.COMPLETED]] if places[Column.COMPLETED] < len(cells) else ""
    first = next((cell for cell in cells if cell.strip()), "")
    return not (receipt.strip() or completed.strip()) or _TOTAL.fullmatch(first) is not None


def kind_of(words: str, direction: Direction) -> LineKind:
    """Say what a line is about, by its reason and how its details begin, in small letters."""
    if _FEE.search(words):
        return LineKind.FEE
    if direction is Direction.OUT:
        return LineKind.REVERSAL if _REVERSAL.search(words) else LineKind.OTHER
    return LineKind.OTHER if _NOT_PAID_BY_CUSTOMERS.search(words) else LineKind.PAYMENT


def payer_of(party: str, details: str) -> tuple[str, str, str]:
    """Return the phone, name and account that a line tells of, as far as it does."""
    phone = name = account = ""
    for text in (party, details):
        found = _PAYER.fullmatch(text)
        if found:
            phone, name, account = phone or found[1], name or found[2] or "", account or found[3] or ""
    return phone[:PHONE_MAX], printable(name.strip())[:NAME_MAX], account.strip()


def moment_of(text: str) -> datetime:
    """Read ``31-12-2026 23:59:59`` or ``2026-12-31 23:59:59``, which are East Africa Time. Raises Unclear."""
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise Unclear(f"the completion time {_shown(text)} is no date with a time" if text else "no completion time")
    return _instant(found)


def _instant(found: re.Match[str]) -> datetime:
    day, month, year = (found[1], found[2], found[3]) if found[3] else (found[6], found[5], found[4])
    hour = int(found[7] or 0)
    if found[10]:
        hour = hour % 12 + (12 if found[10] in "pP" else 0)
    if int(year) not in _YEARS:
        raise Unclear(f"the year {year} cannot be")
    try:
        at = datetime(int(year), int(month), int(day), hour, int(found[8] or 0), int(found[9] or 0), tzinfo=EAT)
    except ValueError:
        raise Unclear(f"there is no {_shown(found[0].strip())}") from None
    return at.astimezone(UTC)


def amount_of(text: str) -> Decimal:
    """Read ``3,000.00``, ``-25``, ``(25.00)`` or ``KES 10``; nothing is 0. Raises Unclear."""
    bare = _CURRENCY.sub("", text.replace("\u00a0", " ").replace("\u2212", "-")).strip()
    sign = 1
    if bare.startswith("(") and bare.endswith(")"):
        sign, bare = -1, bare[1:-1]
    elif bare.startswith("-"):
        sign, bare = -1, bare[1:].strip()
    if not bare:
        return ZERO
    if not _AMOUNT.fullmatch(bare):
        raise Unclear(f"{_shown(text)} is no amount of shillings and cents")
    amount = Decimal(bare.replace(",", ""))
    if amount > AMOUNT_MAX:
        raise Unclear(f"{_shown(text)} is more than the books can hold")
    return sign * amount


def _change(said: Mapping[Column, str]) -> Decimal:
    """Return what came, or with a sign what left: withdrawn is written below nothing, or above it."""
    paid_in, withdrawn = amount_of(said.get(Column.PAID_IN, "")), abs(amount_of(said.get(Column.WITHDRAWN, "")))
    if paid_in and withdrawn:
        raise Unclear("it was paid in and withdrawn at once")
    return paid_in - withdrawn


def _linked(linked: str, details: str, receipt: str) -> str:
    """Return the receipt of which a reversal took money back; its own where it names no other."""
    if RECEIPT.fullmatch(linked.upper()):
        return linked.upper()
    return next((named for named in _NAMED_RECEIPT.findall(details.upper()) if named != receipt), receipt)


def _shown(text: str) -> str:
    return repr(printable(text)[:40])
