"""Reads of drawers."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from payme.drawers import rules
from payme.drawers.errors import DrawerNotFound, ReportNotFound
from payme.drawers.models import (
    DayStanding,
    Drawer,
    DrawerRules,
    DrawerTotal,
    DrawerView,
    LateMoney,
    Report,
    ReportHead,
)
from payme.drawers.types import SEES_EXPECTED, DrawerState
from payme.identity import get_business
from payme.kit.days import business_day
from payme.kit.db.transaction import Tx
from payme.kit.paging import After
from payme.seals import find_head_at


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


async def get_report(tx: Tx, report_id: UUID) -> Report:
    """Return a numbered report as it was written; raises ReportNotFound."""
    head = await tx.row(
        ReportHead,
        """
        SELECT id, number, business_day, drawer_id, till, drawers, opened_by, opened_at, counted_by, approved_by,
               reason, created_at
          FROM z_reports
         WHERE business_id = $1 AND id = $2
        """,
        tx.business_id,
        report_id,
    )
    if head is None:
        raise ReportNotFound(report_id=report_id)
    totals = await tx.rows(
        DrawerTotal,
        """
        SELECT tender, opening_float, sold, repaid, cash_in, cash_out, cancelled, returned, refunded, takings,
               expected, counted
          FROM z_report_lines
         WHERE business_id = $1 AND report_id = $2
         ORDER BY array_position(ARRAY['cash', 'mpesa', 'account'], tender)
        """,
        tx.business_id,
        report_id,
    )
    return await _report(tx, head, totals)


async def get_drawer_report(tx: Tx, drawer_id: UUID) -> Report:
    """Return a drawer's Z report once it is closed, before that what it came to so far; raises DrawerNotFound."""
    drawer = await get_drawer(tx, drawer_id)
    report_id = await tx.value(
        "SELECT id FROM z_reports WHERE business_id = $1 AND drawer_id = $2", tx.business_id, drawer_id
    )
    if report_id is not None:
        return await get_report(tx, report_id)
    totals = await list_totals(tx, drawer_id)
    return await _report(tx, rules.report_of(drawer, drawer.id, None, tx.now), totals)


async def _report(tx: Tx, head: ReportHead, totals: Sequence[DrawerTotal]) -> Report:
    seal = await find_head_at(tx, head.created_at)
    return Report(head, tuple(totals), (await get_business(tx)).name, seal)


async def list_reports(
    tx: Tx, day: date | None, drawer_id: UUID | None, after: After | None, limit: int
) -> list[ReportHead]:
    """Return numbered reports, newest first."""
    return await tx.rows(
        ReportHead,
        """
        SELECT id, number, business_day, drawer_id, till, drawers, opened_by, opened_at, counted_by, approved_by,
               reason, created_at
          FROM z_reports
         WHERE business_id = $1
           AND ($2::date IS NULL OR business_day = $2)
           AND ($3::uuid IS NULL OR drawer_id = $3)
           AND number < coalesce((SELECT last.number FROM z_reports AS last
                                   WHERE last.business_id = $1 AND last.id = $4::uuid), 9223372036854775807)
         ORDER BY number DESC
         LIMIT $5
        """,
        tx.business_id,
        day,
        drawer_id,
        after and after.id,
        limit,
    )


async def get_day_standing(tx: Tx, day: date, closed_until: date | None) -> DayStanding:
    """Return how far a business day is."""
    standing = await tx.row(
        DayStanding,
        """
        SELECT ARRAY(SELECT id FROM drawers
                      WHERE business_id = $1 AND business_day <= $2 AND state <> 'closed'
                      ORDER BY opened_at LIMIT 100) AS waiting,
               count(*) FILTER (WHERE business_day = $2) AS reports,
               min(opened_at) FILTER (WHERE business_day = $2) AS opened_at,
               min(business_day) FILTER (WHERE business_day < $2) AS earlier_day
          FROM z_reports
         WHERE business_id = $1 AND drawer_id IS NOT NULL
           AND business_day <= $2 AND business_day > coalesce($3::date, '-infinity')
        """,
        tx.business_id,
        day,
        closed_until,
    )
    assert standing is not None, "a count has one row"  # noqa: S101
    return standing


async def add_day_up(tx: Tx, day: date) -> list[DrawerTotal]:
    """Add up the reports of the drawers of a business day, by tender."""
    return await tx.rows(
        DrawerTotal,
        """
        SELECT line.tender, sum(line.opening_float) AS opening_float, sum(line.sold) AS sold,
               sum(line.repaid) AS repaid, sum(line.cash_in) AS cash_in, sum(line.cash_out) AS cash_out,
               sum(line.cancelled) AS cancelled, sum(line.returned) AS returned, sum(line.refunded) AS refunded,
               sum(line.takings)::bigint AS takings, sum(line.expected) AS expected, sum(line.counted) AS counted
          FROM z_reports AS report
          JOIN z_report_lines AS line ON line.business_id = $1 AND line.report_id = report.id
         WHERE report.business_id = $1 AND report.business_day = $2 AND report.drawer_id IS NOT NULL
         GROUP BY line.tender
         ORDER BY line.tender
        """,
        tx.business_id,
        day,
    )


async def list_after_closing(tx: Tx, day: date | None, after: After | None, limit: int) -> list[LateMoney]:
    """Return money of a day, or of today, that came for sales whose drawer was closed, oldest first."""
    return await tx.rows(
        LateMoney,
        """
        SELECT id, drawer_id, tender, kind, amount, source_id, business_day, created_at
          FROM drawer_movements
         WHERE business_id = $1 AND business_day = $2 AND after_closing
           AND ($3::uuid IS NULL OR id > $3)
         ORDER BY id
         LIMIT $4
        """,
        tx.business_id,
        day or business_day(tx.now),
        after and after.id,
        limit,
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
