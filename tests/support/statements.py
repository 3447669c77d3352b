"""A shop that holds M-PESA's statement against its books, and puts right what differs."""

from datetime import UTC, datetime, timedelta

from payme.adjustments import approve_adjustment, reject_adjustment, request_adjustment
from payme.daraja import EAT
from payme.statement_files import read_statement
from payme.statements import Fix, import_statement, list_differences
from tests.statements.portal import Portal
from tests.support.by_hand import Safaricom, new_receipt, notice
from tests.support.shops import Shop


async def compares_statement(shop: Shop, safaricom: Safaricom) -> None:
    """Find money that nobody knew of, two fees and less than was booked; agree to each, but to one wish."""
    now = datetime.now(UTC).replace(microsecond=0)
    portal = Portal(safaricom.shortcode)
    known, unknown = new_receipt(shop), new_receipt(shop)
    at = now + timedelta(minutes=1)
    await safaricom.confirms(notice(known, "21.00", at=f"{at.astimezone(EAT):%Y%m%d%H%M%S}"))
    portal.pays(known, at, "20", reason="Pay Bill")
    portal.pays(unknown, at, "17", reason="Pay Bill")
    portal.takes_fee(known, at, "0.50")
    portal.takes_fee(unknown, at, "0.25")
    await import_statement(shop.transact, read_statement(portal.csv()), "statement.csv", None)
    found = {one.fix: one for one in await shop.transact(list_differences, None, None, None, None, 10)}
    assert set(found) == {Fix.BOOK_MONEY, Fix.BOOK_FEES, Fix.WRITE_ENTRY}
    refused = await shop.transact(request_adjustment, found[Fix.BOOK_MONEY].id, "too soon", role="manager")
    await shop.transact(reject_adjustment, refused.id, "look again")
    for difference in found.values():
        asked = await shop.transact(request_adjustment, difference.id, "seen in the portal", role="manager")
        await shop.transact(approve_adjustment, asked.id, "")
