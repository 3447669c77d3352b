"""Reads of reminders."""

from payme import sms
from payme.kit.db.transaction import Tx
from payme.reminders.models import KeptSettings, ReminderSettings
from payme.reminders.types import DUE_SOON_DAYS


async def get_settings(tx: Tx) -> ReminderSettings:
    """Return whether and how the shop reminds: not at all until its owner wants it."""
    kept = await tx.row(
        KeptSettings,
        "SELECT enabled, due_soon_days FROM reminder_settings WHERE business_id = $1",
        tx.business_id,
    ) or KeptSettings(enabled=False, due_soon_days=DUE_SOON_DAYS)
    return ReminderSettings(kept.enabled, kept.due_soon_days, await sms.get_language(tx))
