"""Facts that a transaction emits. Each becomes an audit entry in the same transaction."""

import re
from dataclasses import dataclass
from functools import cache
from uuid import UUID


@dataclass(frozen=True)
class Event:
    """Something that happened, named in the past tense. Fields are its facts; ``subject_id`` is what it happened to."""

    subject_id: UUID

    @classmethod
    def action(cls) -> str:
        """Return the event's name as it stands in the audit: ``SaleOpened`` is ``sale_opened``."""
        return _in_snake_case(cls.__name__)


@cache
def _in_snake_case(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
