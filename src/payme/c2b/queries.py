"""Reads of C2B."""

from uuid import UUID

from payme.c2b.errors import C2bNotRequested
from payme.c2b.models import Registration
from payme.kit.db.transaction import Tx


async def find_registration(tx: Tx, payment_config_id: UUID) -> Registration | None:
    """Return where Safaricom tells of money paid by hand to a payment config."""
    return await tx.row(
        Registration,
        """
        SELECT payment_config_id, shortcode, till_number, rejects_unknown_accounts, state, said, created_at, updated_at
          FROM confirmation_registrations
         WHERE business_id = $1 AND payment_config_id = $2
        """,
        tx.business_id,
        payment_config_id,
    )


async def get_registration(tx: Tx, payment_config_id: UUID) -> Registration:
    """Return where Safaricom tells of money paid by hand to a payment config; raises C2bNotRequested."""
    found = await find_registration(tx, payment_config_id)
    if found is None:
        raise C2bNotRequested(config_id=payment_config_id)
    return found
