"""What audit shows."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from payme.audit.models import AuditEntry
from payme.http.fields import Out


class AuditEntryOut(Out):
    """One audit entry."""

    id: UUID
    at: datetime
    actor_kind: str
    actor_name: str
    user_id: UUID | None
    request_id: str
    action: str
    subject_id: UUID
    facts: dict[str, Any]

    @classmethod
    def of(cls, entry: AuditEntry) -> Self:
        """Show an entry."""
        return cls.model_validate(entry, from_attributes=True)
