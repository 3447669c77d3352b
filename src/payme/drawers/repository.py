"""The SQL that drawers writes, and its locks. Whoever takes money locks nothing: its last write meets the totals."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from payme.drawers.models import Desk, Drawer, DrawerRules, DrawerTotal, Movement, OpenDrawer, ReportHead, ZNumber
from payme.drawers.types import DrawerMode, MovementKind, Tender
from payme.kit.db.locks import LockRank
from payme.kit.db.transaction import Tx
from payme.kit.money import ZERO

_DESK = "desk"


def look_up(tx: Tx) -> None:
    """Let the next read take along how drawers work in this shop, and which are open; ``looked_up`` returns it."""
    tx.carry(
        _DESK,
        """
        SELECT open.ids, open.tills, open.openers,
               (SELECT mode FROM drawer_books WHERE business_id = $1) AS mode,
               (SELECT days_closed_until FROM drawer_books WHERE business_id = $1) AS days_closed_until
          FROM (SELECT array_agg(id ORDER BY opened_at, id) AS ids, array_agg(till ORDER BY opened_at, id) AS tills,
                       array_agg(opened_by ORDER BY opened_at, id) AS openers
                  FROM drawers
                 WHERE business_id = $1 AND state = 'open') AS open
        """,
        tx.business_id,
    )


async def looked_up(tx: Tx) -> Desk:
    """Return what was taken along."""
    found = await tx.carried(_DESK)
    drawers = zip(found["ids"] or (), found["tills"] or (), found["openers"] or (), strict=True)
    mode = DrawerMode(found["mode"]) if found["mode"] else DrawerMode.OFF
    return Desk(mode, found["days_closed_until"], tuple(OpenDrawer(*drawer) for drawer in drawers))


async def lock_drawer(tx: Tx, drawer_id: UUID) -> Drawer | None:
    """Return a drawer, ours until the transaction ends."""
    found = await tx.lock(
        Drawer,
        LockRank.DRAWER,
        """
        SELECT id, till, state, opening_float, business_day, opened_by, opened_at, counted_by, counted_at,
               denominations, pieces, approved_by, reason, closed_at, z_number
          FROM drawers
         WHERE business_id = $1 AND id = $2
        """,
        tx.business_id,
        drawer_id,
    )
    return found[0] if found else None


async def lock_totals(tx: Tx, drawer_id: UUID) -> list[DrawerTotal]:
    """Return what a drawer should hold, ours until the transaction ends: no sale adds to it meanwhile."""
    return await tx.lock(
        DrawerTotal,
        LockRank.DRAWER_TOTAL,
        """
        SELECT tender, opening_float, sold, repaid, cash_in, cash_out, cancelled, returned, refunded, takings,
               expected, counted
          FROM drawer_totals
         WHERE business_id = $1 AND drawer_id = $2
         ORDER BY tender
        """,
        tx.business_id,
        drawer_id,
    )


async def next_z_number(tx: Tx) -> ZNumber:
    """Take the next number of a report, ours until the transaction ends: no gaps."""
    claimed = await tx.claim(
        ZNumber,
        LockRank.DRAWER_BOOK,
        """
        INSERT INTO drawer_books (business_id, last_z_number) VALUES ($1, 1)
        ON CONFLICT (business_id) DO UPDATE SET last_z_number = drawer_books.last_z_number + 1
        RETURNING last_z_number, days_closed_until
        """,
        tx.business_id,
    )
    return claimed[0]


def insert_drawer(tx: Tx, drawer: Drawer) -> None:
    """Write a new drawer with its totals."""
    tx.write(
        """
        INSERT INTO drawers (business_id, id, till, state, opening_float, business_day, opened_by, opened_at,
                             updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)
        """,
        tx.business_id,
        drawer.id,
        drawer.till,
        drawer.state,
        drawer.opening_float,
        drawer.business_day,
        drawer.opened_by,
        drawer.opened_at,
    )
    tx.write(
        """
        INSERT INTO drawer_totals (business_id, drawer_id, tender, opening_float)
        SELECT $1, $2, starts.tender, starts.opening_float
          FROM unnest($3::text[], $4::numeric[]) AS starts (tender, opening_float)
        """,
        tx.business_id,
        drawer.id,
        list(Tender),
        [drawer.opening_float if tender is Tender.CASH else ZERO for tender in Tender],
    )


def insert_movement(tx: Tx, drawer_id: UUID, movement: Movement, day: date, *, after_closing: bool) -> None:
    """Write money that a drawer counts, or that came for its sales when it was closed."""
    tx.write(
        """
        INSERT INTO drawer_movements (business_id, id, drawer_id, tender, kind, amount, source_id, after_closing,
                                      business_day, reason, purpose, made_by, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        """,
        tx.business_id,
        tx.new_id(),
        drawer_id,
        movement.tender,
        movement.kind,
        movement.amount,
        movement.source_id,
        after_closing,
        day,
        movement.reason,
        movement.purpose,
        tx.actor.user_id,
        tx.now,
    )


def add_to_totals(tx: Tx, drawer_id: UUID, movement: Movement) -> None:
    """Add money to what a drawer should hold; one that was counted meanwhile makes the transaction begin again."""
    parts: Mapping[MovementKind, Decimal] = {movement.kind: movement.amount}
    tx.write(
        """
        UPDATE drawer_totals
           SET sold = sold + $4, repaid = repaid + $5, cash_in = cash_in + $6, cash_out = cash_out + $7,
               cancelled = cancelled + $8, returned = returned + $9, refunded = refunded + $10,
               takings = takings + $11
         WHERE business_id = $1 AND drawer_id = $2 AND tender = $3
        """,
        tx.business_id,
        drawer_id,
        movement.tender,
        parts.get(MovementKind.SALE, ZERO),
        parts.get(MovementKind.REPAYMENT, ZERO),
        parts.get(MovementKind.CASH_IN, ZERO),
        parts.get(MovementKind.CASH_OUT, ZERO),
        parts.get(MovementKind.CANCELLED, ZERO),
        parts.get(MovementKind.RETURNED, ZERO),
        parts.get(MovementKind.REFUNDED, ZERO),
        int(movement.kind is MovementKind.SALE),
    )


def freeze_totals(tx: Tx, drawer_id: UUID, totals: Sequence[DrawerTotal]) -> None:
    """Write what was counted beside what should be there; nothing can be added from now on."""
    tx.write(
        """
        UPDATE drawer_totals AS total
           SET closing = found.expected, counted = found.counted
          FROM unnest($3::text[], $4::numeric[], $5::numeric[]) AS found (tender, expected, counted)
         WHERE total.business_id = $1 AND total.drawer_id = $2 AND total.tender = found.tender
        """,
        tx.business_id,
        drawer_id,
        [total.tender for total in totals],
        [total.expected for total in totals],
        [total.counted for total in totals],
    )


def insert_report(tx: Tx, head: ReportHead, totals: Sequence[DrawerTotal]) -> None:
    """Write a numbered report."""
    tx.write(
        """
        INSERT INTO z_reports (business_id, id, number, business_day, drawer_id, till, drawers, opened_by, opened_at,
                               counted_by, approved_by, reason, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        """,
        tx.business_id,
        head.id,
        head.number,
        head.business_day,
        head.drawer_id,
        head.till,
        head.drawers,
        head.opened_by,
        head.opened_at,
        head.counted_by,
        head.approved_by,
        head.reason,
        head.created_at,
    )
    tx.write(
        """
        INSERT INTO z_report_lines (business_id, report_id, tender, opening_float, sold, repaid, cash_in, cash_out,
                                    cancelled, returned, refunded, takings, expected, counted)
        SELECT $1, $2, line.*
          FROM unnest($3::text[], $4::numeric[], $5::numeric[], $6::numeric[], $7::numeric[], $8::numeric[],
                      $9::numeric[], $10::numeric[], $11::numeric[], $12::bigint[], $13::numeric[], $14::numeric[])
            AS line
        """,
        tx.business_id,
        head.id,
        [total.tender for total in totals],
        [total.opening_float for total in totals],
        [total.sold for total in totals],
        [total.repaid for total in totals],
        [total.cash_in for total in totals],
        [total.cash_out for total in totals],
        [total.cancelled for total in totals],
        [total.returned for total in totals],
        [total.refunded for total in totals],
        [total.takings for total in totals],
        [total.expected for total in totals],
        [total.counted for total in totals],
    )


def close_until(tx: Tx, day: date) -> None:
    """Write up to when days are closed."""
    tx.write("UPDATE drawer_books SET days_closed_until = $2 WHERE business_id = $1", tx.business_id, day)


def update_drawer(tx: Tx, drawer: Drawer) -> None:
    """Write where a drawer stands."""
    tx.write(
        """
        UPDATE drawers
           SET state = $3, business_day = $4, counted_by = $5, counted_at = $6, denominations = $7, pieces = $8,
               approved_by = $9, reason = $10, closed_at = $11, z_number = $12, updated_at = $13
         WHERE business_id = $1 AND id = $2
        """,
        tx.business_id,
        drawer.id,
        drawer.state,
        drawer.business_day,
        drawer.counted_by,
        drawer.counted_at,
        drawer.denominations,
        drawer.pieces,
        drawer.approved_by,
        drawer.reason,
        drawer.closed_at,
        drawer.z_number,
        tx.now,
    )


async def write_rules(tx: Tx, agreed: DrawerRules) -> None:
    """Write how drawers work in this shop; nobody else changes it until the transaction ends."""
    await tx.claim(
        DrawerRules,
        LockRank.DRAWER_BOOK,
        """
        INSERT INTO drawer_books (business_id, mode, cash_percent, cash_allowance, mpesa_percent, mpesa_allowance)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (business_id) DO UPDATE
           SET mode = excluded.mode, cash_percent = excluded.cash_percent, cash_allowance = excluded.cash_allowance,
               mpesa_percent = excluded.mpesa_percent, mpesa_allowance = excluded.mpesa_allowance
        RETURNING mode, cash_percent, cash_allowance, mpesa_percent, mpesa_allowance
        """,
        tx.business_id,
        agreed.mode,
        agreed.cash_percent,
        agreed.cash_allowance,
        agreed.mpesa_percent,
        agreed.mpesa_allowance,
    )
