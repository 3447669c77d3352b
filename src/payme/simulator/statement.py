"""What a merchant reads afterwards: the pull API, and the organisation portal's statement as CSV."""

import csv
import io
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice

from payme.simulator import payloads, validation
from payme.simulator.core import Core
from payme.simulator.errors import NoSuchNumber, c2b_refusal
from payme.simulator.gate import Gate
from payme.simulator.models import Merchant, Payment
from payme.simulator.types import EAT, DateForm, JsonObject, JsonValue

PULL_PAGE = 100
PULL_WINDOW = timedelta(hours=48)
STATEMENT_ROWS_MAX = 100_000
HEADER = (
    "Receipt No.", "Completion Time", "Initiation Time", "Details", "Transaction Status", "Paid In", "Withdrawn",
    "Balance", "Balance Confirmed", "Reason Type", "Other Party Info", "Linked Transaction ID", "A/C No.",
)  # fmt: skip

_DAYS = {DateForm.DAY_FIRST: "%d-%m-%Y", DateForm.YEAR_FIRST: "%Y-%m-%d"}
_FORMAT = "%Y-%m-%d %H:%M:%S"


class Pulling:
    """The pull API: C2B payments of the last 48 hours, a hundred a page."""

    def __init__(self, core: Core, gate: Gate) -> None:
        """Share the core's money and the gate's tokens."""
        self._core = core
        self._gate = gate

    def register(self, authorization: str, content_type: str, body: bytes) -> JsonObject:
        """Let a shortcode pull. Raises GatewayRefusal."""
        app = self._gate.authorize(authorization, invalid=(400, "400.003.01"))
        asked = validation.parse_body(content_type, body)
        merchant = self._core.merchants.of_app(app, validation.text_of(asked, "ShortCode"))
        if merchant is None:
            raise c2b_refusal("Invalid ShortCode")
        validation.one_of(asked, "RequestType", {"Pull"})
        phone = validation.phone_of(asked, "NominatedNumber")
        originator_id, _ = self._core.conversation(self._core.clock())
        is_new = self._core.merchants.nominate(merchant.shortcode, phone)
        return {
            "ResponseRefID": originator_id,
            "Response Status": "1000" if is_new else "1001",
            "ShortCode": merchant.shortcode,
            "Response Description": "ShortCode Registered Successfully" if is_new else "ShortCode already Registered",
        }

    def query(self, authorization: str, content_type: str, body: bytes) -> JsonObject:
        """Give one page of payments between two instants, oldest first. Raises GatewayRefusal."""
        app = self._gate.authorize(authorization, invalid=(400, "400.003.01"))
        asked = validation.parse_body(content_type, body)
        merchant = self._core.merchants.of_app(app, validation.text_of(asked, "ShortCode"))
        if merchant is None or not self._core.merchants.may_pull(merchant.shortcode):
            raise c2b_refusal("Invalid ShortCode")
        begin = max(_instant(asked.get("StartDate"), "StartDate"), self._core.clock() - PULL_WINDOW)
        end = _instant(asked.get("EndDate"), "EndDate")
        offset = validation.whole_of(asked, "OffSetValue")
        found = (
            payment
            for payment in self._core.ledger.payments(shortcode=merchant.shortcode)
            if begin <= payment.paid_at <= end
        )
        rows: list[JsonValue] = [payloads.pulled_row(payment) for payment in islice(found, offset, offset + PULL_PAGE)]
        originator_id, _ = self._core.conversation(self._core.clock())
        return {
            "ResponseRefID": originator_id,
            "ResponseCode": "1000" if rows else "1001",
            "ResponseMessage": "Success" if rows else "No transactions",
            "Response": [rows],
        }


class Statements:
    """The organisation portal's statement."""

    def __init__(self, core: Core) -> None:
        """Read the core's ledger."""
        self._core = core

    def csv_of(self, shortcode: str, begin: datetime | None, end: datetime | None, dates: DateForm) -> str:
        """Write the statement of a shortcode, newest first, between two instants. Raises NoSuchNumber."""
        core = self._core
        merchant = core.merchants.by_shortcode.get(shortcode)
        if merchant is None:
            raise NoSuchNumber
        now = core.clock()
        rows: list[tuple[datetime, list[str]]] = []
        for payment in islice(core.ledger.payments(shortcode=shortcode), STATEMENT_ROWS_MAX):
            charge_first = core.rng("row order", payment.receipt).random() < 0.5  # noqa: PLR2004 - as often as not
            rows += [
                (at, row)
                for at, row in _rows(payment, dates, charge_first=charge_first)
                if (begin is None or at >= begin) and (end is None or at <= end)
            ]
        rows.sort(key=lambda row: row[0])
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(["Organization Name:", merchant.name])
        writer.writerow(["Short Code:", merchant.shortcode])
        writer.writerow(["Time Period:", f"{_day(begin or now - PULL_WINDOW, dates)} - {_day(end or now, dates)}"])
        writer.writerow([])
        writer.writerow(HEADER)
        writer.writerows(row for _, row in reversed(rows))
        return out.getvalue()


def _rows(payment: Payment, dates: DateForm, *, charge_first: bool) -> Iterator[tuple[datetime, list[str]]]:
    """Write the rows of one payment, oldest first: itself and its charge in either order, then its reversal."""
    merchant, at = payment.merchant, payment.paid_at
    other = f"{payloads.masked(payment.phone)} - {payment.name.full}"
    reason = payloads.reason_type(payment)
    details = f"{_kind(payment)} from {other}" + ("" if merchant.till else f" Acc. {payment.account_reference}")
    paid = _row(payment, dates, at, details, reason, other, paid_in=Decimal(payment.amount), balance=payment.balance)
    charge = "Pay merchant Charge" if merchant.till else "Pay Bill Charge"
    left = payment.balance - payment.fee
    fee = _row(payment, dates, at, charge, charge, "", withdrawn=payment.fee, balance=left) if payment.fee else None
    pair = [row for row in ((fee, paid) if charge_first else (paid, fee)) if row]
    yield from ((at, row) for row in pair)
    back = payment.reversal
    if back is not None:
        row = _row(
            payment, dates, back.at, f"Reversal of {payment.receipt} to {other}", _reversal_reason(merchant), other,
            withdrawn=Decimal(back.amount), balance=back.balance,
        )  # fmt: skip
        row[0], row[11] = back.receipt, payment.receipt
        yield back.at, row


def _row(
    payment: Payment,
    dates: DateForm,
    at: datetime,
    details: str,
    reason: str,
    other: str,
    *,
    balance: Decimal,
    paid_in: Decimal | None = None,
    withdrawn: Decimal | None = None,
) -> list[str]:
    return [
        payment.receipt,
        f"{_day(at, dates)} {_time(at)}",
        f"{_day(payment.initiated_at, dates)} {_time(payment.initiated_at)}",
        details,
        "Completed",
        "" if paid_in is None else f"{paid_in:,.2f}",
        "" if withdrawn is None else f"{-withdrawn:,.2f}",
        f"{balance:,.2f}",
        "true",
        reason,
        other,
        "",
        "" if withdrawn is not None else payment.account_reference,
    ]


def _kind(payment: Payment) -> str:
    online = payment.checkout_request_id is not None
    if payment.merchant.till:
        return "Merchant Payment Online" if online else "Merchant Payment"
    return "Pay Bill Online" if online else "Pay Bill"


def _reversal_reason(merchant: Merchant) -> str:
    return "Merchant Payment Reversal" if merchant.till else "Pay Bill Reversal"


def _time(at: datetime) -> str:
    return f"{at.astimezone(EAT):%H:%M:%S}"


def _day(at: datetime, dates: DateForm) -> str:
    return at.astimezone(EAT).strftime(_DAYS[dates])


def _instant(value: object, name: str) -> datetime:
    try:
        return datetime.strptime(str(value), _FORMAT).replace(tzinfo=EAT)
    except ValueError:
        raise c2b_refusal(f"Invalid {name}") from None
