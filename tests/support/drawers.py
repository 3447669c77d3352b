"""Cash drawers, for one test each."""

from decimal import Decimal
from uuid import UUID

from payme import drawers
from payme.drawers import Count, DrawerMode, DrawerRules, DrawerTotal, DrawerView, Tender
from tests.support.shops import Shop


async def opens_drawer(shop: Shop, cash: str = "0.00", till: str = "Till 1", role: str = "cashier") -> DrawerView:
    """Open a drawer as the cashier."""
    return await shop.transact(drawers.open_drawer, till, Decimal(cash), role=role)


async def keeps_drawers(shop: Shop, mode: DrawerMode) -> None:
    """Say what a sale needs."""
    agreed = DrawerRules(mode, Decimal(2), Decimal(0), Decimal("0.5"), Decimal(0))
    await shop.transact(drawers.change_rules, agreed)


def counted(cash: str, mpesa: str = "0.00") -> Count:
    """Write a count: the fewest notes and coins that make the sum."""
    left, pieces = Decimal(cash), []
    for denomination in map(Decimal, ("1000", "500", "200", "100", "50", "40", "20", "10", "5", "1", "0.50")):
        pieces.append((denomination, int(left // denomination)))
        left %= denomination
    assert not left, "no coin is so small"
    return Count(tuple(pieces), Decimal(mpesa))


async def counts(shop: Shop, drawer_id: UUID, cash: str, mpesa: str = "0.00", role: str = "cashier") -> DrawerView:
    """Count a drawer as the cashier."""
    return await shop.transact(drawers.count_drawer, drawer_id, counted(cash, mpesa), role=role)


async def totals_of(shop: Shop, drawer_id: UUID) -> dict[Tender, DrawerTotal]:
    """What a drawer should hold, by tender."""
    view = await shop.transact(drawers.get_view, drawer_id)
    return {total.tender: total for total in view.totals}


async def expected(shop: Shop, drawer_id: UUID, tender: Tender = Tender.CASH) -> Decimal:
    """What of one tender should be in a drawer."""
    return (await totals_of(shop, drawer_id))[tender].expected
