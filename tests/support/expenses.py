"""What a shop pays otherwise than from a drawer."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from payme.adjustments import approve_adjustment, request_adjustment
from payme.expenses import Category, Expense, ExpenseDraft, ExpensePurpose, PaidFrom, record_expense, reverse_expense
from payme.kit.days import business_day
from payme.statement_files import read_statement
from payme.statements import DifferenceState, Reason, import_statement, list_differences
from tests.statements.portal import Portal
from tests.support.by_hand import Safaricom, new_receipt
from tests.support.shops import Shop


def an_expense(shop: Shop, amount: str = "1000.00", **different: object) -> ExpenseDraft:
    """Rent that was paid today by M-Pesa, unless it is said otherwise."""
    today = business_day(shop.database.seams.clock.now())
    draft = ExpenseDraft(
        ExpensePurpose.EXPENSE, Category.RENT, PaidFrom.MPESA, Decimal(amount), "Rent of the shop", today
    )
    return replace(draft, **different)  # type: ignore[arg-type]  # the test names fields


async def records(shop: Shop, amount: str = "1000.00", role: str = "owner", **different: object) -> Expense:
    """Record an expense."""
    return await shop.transact(record_expense, an_expense(shop, amount, **different), role=role)


async def adjusts_what_moved(shop: Shop, at_most: int = 10) -> None:
    """Agree, two people, that what the portal paid out is taken out of M-Pesa, the oldest first."""
    found = await shop.transact(list_differences, None, Reason.MOVED, DifferenceState.OPEN, None, 10)
    for one in found[::-1][:at_most]:
        asked = await shop.transact(request_adjustment, one.id, "seen in the portal", role="manager")
        await shop.transact(approve_adjustment, asked.id, "")


async def spends(shop: Shop, safaricom: Safaricom) -> None:
    """Pay for this and that; of what the portal paid one is adjusted first, one recorded first."""
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=2)
    adjusted, plain, wrong = (new_receipt(shop) for _ in range(3))
    portal = Portal(safaricom.shortcode)
    portal.pays_out(adjusted, at, "1000")
    portal.pays_out(plain, at, "250.50")
    await records(shop, "250.50", category=Category.WAGES, receipt=plain)
    await import_statement(shop.transact, read_statement(portal.csv()), "paid out.csv", None)
    await adjusts_what_moved(shop)
    await records(shop, receipt=adjusted)
    await records(shop, "40.00", category=Category.TRANSPORT, paid_from=PaidFrom.OWNER, receipt=wrong)
    await records(shop, "900.00", purpose=ExpensePurpose.SUPPLIER, category=None, paid_from=PaidFrom.BANK)
    twice = await records(shop, "60.00", category=Category.OTHER)
    await shop.transact(reverse_expense, twice.id, "recorded twice", role="manager")
