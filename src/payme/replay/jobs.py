"""The work of replay: by night every audit proves itself and its books, or people are told."""

from uuid import UUID

import structlog

from payme.kit.db.transaction import Database
from payme.replay import services
from payme.seals import Evidence

log = structlog.get_logger(__name__)


async def prove_audit(database: Database, business_id: UUID, evidence: Evidence) -> int:
    """Prove the audit of a business and open issues of what does not hold; returns how many things were found."""
    found = await services.prove(database, business_id, evidence)
    if found:
        log.error("audit_not_proved", business_id=str(business_id), found=len(found), first=found[0].kind)
    return len(found)
