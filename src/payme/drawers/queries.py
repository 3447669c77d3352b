"""Reads of drawers."""

from uuid import UUID

from payme.drawers import rules
from payme.drawers.errors import DrawerNotFound
from payme.drawers.models import Drawer, DrawerRules, DrawerTotal, DrawerView
from payme.drawers.types import SEES_EXPECTED, DrawerState
from payme.kit.db.transaction import Tx
from payme.kit.paging import After


async def get_drawer(tx: Tx, drawer_id: UUID) -> Drawer:
    """Return a drawer; raises DrawerNotFound."""
    drawer = await tx.row(
        Drawer,
        """
        SELECT id, till, state, opening_float, business_day, opened_by, opened_at, counted_by, counted_at,
               denominations, pieces, approved_by, reason, closed_at, z_number
          FROM drawers
         WHERE business_id = $1 AND id = $2
        """,
        tx.business_id,
        drawer_id,
    )
    if drawer is None:
        raise DrawerNotFound(drawer_id=drawer_id)
    return drawer


async def get_view(tx: Tx, drawer_id: UUID) -> DrawerView:
    """Return a drawer, with its totals where whoever asks may see them; raises DrawerNotFound."""
    drawer = await get_drawer(tx, drawer_id)
    is_blind = drawer.state is DrawerState.OPEN and not tx.actor.may(SEES_EXPECTED)
    return DrawerView(drawer, () if is_blind else tuple(await list_totals(tx, drawer_id)))


async def list_totals(tx: Tx, drawer_id: UUID) -> list[DrawerTotal]:
    """Return what a drawer should hold, by tender."""
    return await tx.rows(
        DrawerTotal,
        """
        SELECT tender, opening_float, sold, repaid, cash_in, cash_out, cancelled, returned, refunded, takings,
               expected, counted
          FROM drawer_totals
         WHERE business_id = $1 AND drawer_id = $2
         ORDER BY array_position(ARRAY['cash', 'mpesa', 'account'], tender)
        """,
        tx.business_id,
        drawer_id,
    )


async def list_drawers(tx: Tx, state: DrawerState | None, after: After | None, limit: int) -> list[Drawer]:
    """Return drawers, those opened last first."""
    return await tx.rows(
        Drawer,
        """
        SELECT id, till, state, opening_float, business_day, opened_by, opened_at, counted_by, counted_at,
               denominations, pieces, approved_by, reason, closed_at, z_number
          FROM drawers
         WHERE business_id = $1
           AND ($2::text IS NULL OR state = $2)
           AND ($3::timestamptz IS NULL OR (opened_at, id) < ($3, $4::uuid))
         ORDER BY opened_at DESC, id DESC
         LIMIT $5
        """,
        tx.business_id,
        state,
        after and after.at,
        after and after.id,
        limit,
    )


async def count_moves_by_hand(tx: Tx, drawer_id: UUID) -> int:
    """Return how often cash was put into a drawer or taken out."""
    return int(
        await tx.value(
            """
            SELECT count(*) FROM drawer_movements
             WHERE business_id = $1 AND drawer_id = $2 AND kind IN ('cash_in', 'cash_out')
            """,
            tx.business_id,
            drawer_id,
        )
    )


async def is_open(tx: Tx, drawer_id: UUID) -> bool:
    """Say whether a drawer takes money."""
    return bool(
        await tx.value(
            "SELECT state = 'open' FROM drawers WHERE business_id = $1 AND id = $2", tx.business_id, drawer_id
        )
    )


async def get_rules(tx: Tx) -> DrawerRules:
    """Return how drawers work in this shop."""
    agreed = await tx.row(
        DrawerRules,
        """
        SELECT mode, cash_percent, cash_allowance, mpesa_percent, mpesa_allowance
          FROM drawer_books
         WHERE business_id = $1
        """,
        tx.business_id,
    )
    return agreed or rules.DEFAULTS
