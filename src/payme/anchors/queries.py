"""Reads of anchors."""

from payme.anchors.models import PlaceState
from payme.kit.db.transaction import Tx
from payme.seals import Seal


async def find_untold(tx: Tx, place: str) -> Seal | None:
    """Return the newest seal of the business where the place does not know it."""
    return await tx.row(
        Seal,
        """
        SELECT seal.business_id, seal.number, era, first_position, last_position,
               last_transaction_id, last_sequence, leaves, digest, sealed_at,
               key_id, signature
          FROM (SELECT max(number) AS number FROM audit_seals WHERE business_id = $1) AS head
          JOIN audit_seals AS seal ON seal.business_id = $1 AND seal.number = head.number
         WHERE NOT EXISTS (SELECT FROM audit_anchors AS told
                            WHERE told.business_id = $1 AND told.place = $2 AND told.number = seal.number)
        """,
        tx.business_id,
        place,
    )


async def list_places(tx: Tx) -> list[PlaceState]:
    """Return how every place stands that was ever told something."""
    return await tx.rows(
        PlaceState, "SELECT place, due_at, told_at, failing_since, note FROM audit_places ORDER BY place"
    )
