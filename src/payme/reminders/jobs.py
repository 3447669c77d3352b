"""Jobs of reminders."""

from uuid import UUID

import structlog

from payme.kit.db.transaction import Database, Scope
from payme.reminders import services
from payme.reminders.errors import RemindersOff
from payme.reminders.models import Skipped
from payme.reminders.types import AT_ONCE
from payme.sms import SmsPurpose

ROUNDS_MAX = 500
_PART = "reminders"
log = structlog.get_logger(__name__)


async def remind(database: Database, business_id: UUID, *, at_once: int = AT_ONCE) -> int:
    """Write the reminders of a business that are to be written today; returns how many. Run again, it adds none."""
    queued, skipped = 0, Skipped()
    for purpose in (SmsPurpose.OVERDUE, SmsPurpose.DUE_SOON):
        after_id: UUID | None = None
        for _ in range(ROUNDS_MAX):
            try:
                done = await database.transact(
                    Scope.system(_PART, business_id), services.remind, purpose, after_id, at_once
                )
            except RemindersOff:
                return queued
            queued, skipped, after_id = queued + done.queued, skipped + done.skipped, done.next_id
            if after_id is None:
                break
    log.info("customers_reminded", business_id=str(business_id), queued=queued, no_phone=skipped.no_phone)
    return queued
