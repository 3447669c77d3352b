"""One row of the audit."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One fact: who, when, what, to which thing, with which figures."""

    id: UUID
    at: datetime
    actor_kind: str
    actor_name: str
    user_id: UUID | None
    request_id: str
    action: str
    subject_id: UUID
    facts: dict[str, object]
