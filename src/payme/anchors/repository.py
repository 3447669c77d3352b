"""The SQL that anchors write."""

from datetime import datetime

from payme.anchors.models import TakenPlace
from payme.kit.db.transaction import Tx


async def take_place(tx: Tx, place: str, until: datetime) -> TakenPlace | None:
    """Take a place whose time has come, ours until ``until``; None where another has it, or it is not yet time."""
    return await tx.row(
        TakenPlace,
        """
        INSERT INTO audit_places AS place (place, due_at, tries) VALUES ($1, $3, 1)
            ON CONFLICT (place) DO UPDATE SET due_at = $3, tries = place.tries + 1 WHERE place.due_at <= $2
        RETURNING tries, told_era
        """,
        place,
        tx.now,
        until,
    )


def insert_anchor(tx: Tx, place: str, number: int) -> None:
    """Remember that a seal was told of somewhere outside."""
    tx.write(
        """
        INSERT INTO audit_anchors (business_id, place, number, anchored_at)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT DO NOTHING
        """,
        tx.business_id,
        place,
        number,
        tx.now,
    )


def mark_told(tx: Tx, place: str, due_at: datetime, era: int) -> None:
    """Write that a place knows everything, and every restore up to an era, and when it is told next."""
    tx.write(
        """
        UPDATE audit_places
           SET due_at = $2, tries = 0, told_at = $3, told_era = $4, failing_since = NULL, note = ''
         WHERE place = $1
        """,
        place,
        due_at,
        tx.now,
        era,
    )


def mark_failing(tx: Tx, place: str, due_at: datetime, note: str) -> None:
    """Write that a place did not take what it was told, and when it is tried again."""
    tx.write(
        """
        UPDATE audit_places SET due_at = $2, failing_since = coalesce(failing_since, $3), note = left($4, 200)
         WHERE place = $1
        """,
        place,
        due_at,
        tx.now,
        note,
    )
