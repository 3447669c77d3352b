"""Where a page of a list starts."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class After:
    """After this row of a list that is ordered by an instant and an id."""

    at: datetime
    id: UUID
