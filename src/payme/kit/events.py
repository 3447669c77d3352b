"""Facts that a transaction emits. Each becomes an audit entry in the same transaction."""

import re
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Event:
    """Something that happened, named in the past tense. Fields are its facts; ``subject_id`` is what it happened to."""

    subject_id: UUID

    @classmethod
    def action(cls) -> str:
        """Return the event's name as it stands in the audit: ``SaleOpened`` is ``sale_opened``."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
