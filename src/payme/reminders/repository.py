"""The SQL that reminders write."""

from payme.kit.db.transaction import Tx
from payme.reminders.models import ReminderSettings


def keep_settings(tx: Tx, settings: ReminderSettings) -> None:
    """Write whether and how many days ahead the shop reminds."""
    tx.write(
        """
        INSERT INTO reminder_settings (business_id, enabled, due_soon_days, updated_at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (business_id) DO UPDATE
           SET enabled = EXCLUDED.enabled, due_soon_days = EXCLUDED.due_soon_days, updated_at = EXCLUDED.updated_at
        """,
        tx.business_id,
        settings.enabled,
        settings.due_soon_days,
        tx.now,
    )
