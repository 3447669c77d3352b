"""Read amounts, quantities and instants as people and other systems write them."""

import re
from datetime import UTC, datetime
from decimal import Decimal

from payme.kit.days import SHOP_TIME
from payme.kit.money import AMOUNT_MAX, CENT, GRAM, QUANTITY_MAX

_CURRENCY = re.compile(r"(?i)^(?:kes|ksh?s?|shs?)\.?\s*|\s*(?:kes|ksh?s?|shs?|/=|/-|\bonly)$")
_PLAIN = re.compile(r"[+-]?(?:\d{1,12}(?:\.\d{0,6})?|\.\d{1,6})")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d{0,6})?")
_COMMA = re.compile(r"[+-]?\d{1,12},\d{1,2}")
_DAY_FIRST = ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%d/%m/%y", "%d %b %Y", "%d %B %Y")
_MONTH_FIRST = ("%m/%d/%Y", "%m-%d-%Y", "%m/%d/%y", "%b %d %Y", "%B %d %Y")
_TIMES = ("", " %H:%M:%S", " %H:%M", " %I:%M %p", " %I:%M:%S %p")


class ValueUnclear(Exception):
    """A cell does not say what it should; the message is the reason a row is refused for, the kind counts such rows."""

    def __init__(self, reason: str, kind: str = "not understood") -> None:
        """Name the reason."""
        super().__init__(reason)
        self.kind = kind


def number(text: str, what: str) -> Decimal:
    """Read a number: 1250, 1,250.50, 1250,50, KES 1,250 or 1,250/=. Raises ValueUnclear."""
    bare = _CURRENCY.sub("", text.strip()).replace("\u00a0", "").replace(" ", "").replace("\u2212", "-")
    if _THOUSANDS.fullmatch(bare):
        bare = bare.replace(",", "")
    elif _COMMA.fullmatch(bare):
        bare = bare.replace(",", ".")
    if not _PLAIN.fullmatch(bare):
        raise ValueUnclear(f"{what} {text!r} is not a number" if text else f"{what} is empty")
    return Decimal(bare)


def price(text: str, what: str, times: Decimal = Decimal(1)) -> Decimal:
    """Read a price in KES, at least 0, after multiplying it. Raises ValueUnclear."""
    found = number(text, what) * times
    if found < 0:
        raise ValueUnclear(f"{what} {text} is negative", f"with a negative {what}")
    return _exact(found, CENT, AMOUNT_MAX, what, text)


def quantity(text: str, what: str) -> Decimal:
    """Read a quantity, which may be negative or 0. Raises ValueUnclear."""
    return _exact(number(text, what), GRAM, QUANTITY_MAX, what, text)


def _exact(found: Decimal, step: Decimal, largest: Decimal, what: str, text: str) -> Decimal:
    if abs(found) > largest:
        raise ValueUnclear(f"{what} {text} is more than the books can hold")
    rounded = found.quantize(step)
    if rounded != found:
        raise ValueUnclear(f"{what} {text} has more than {-int(step.as_tuple().exponent)} decimal places")
    return rounded


def instant(day: str, time: str, *, month_first: bool) -> datetime:
    """Read a date with its time, in the shop's time zone where none is named. Raises ValueUnclear."""
    text = " ".join(f"{day} {time}".replace(",", " ").split())
    if not text:
        raise ValueUnclear("date is empty")
    found = _iso(text)
    dates = _MONTH_FIRST if month_first else _DAY_FIRST
    for form in (date + clock for date in dates for clock in _TIMES):
        if found is not None:
            break
        found = _parsed(text, form)
    if found is None:
        order = "month first" if month_first else "day first"
        raise ValueUnclear(f"date {text!r} is not understood (2026-03-31 14:05, or {order})")
    return (found if found.tzinfo else found.replace(tzinfo=SHOP_TIME)).astimezone(UTC)


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text.replace("/", "-") if re.match(r"\d{4}/", text) else text)
    except ValueError:
        return None


def _parsed(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form)  # noqa: DTZ007  the caller gives it the shop's time zone
    except ValueError:
        return None
