"""How a story is shown."""

from datetime import datetime
from typing import Self
from uuid import UUID

from payme.http.fields import Out
from payme.stories.models import Story


class StoryLineOut(Out):
    """One thing that happened; ``entry_id`` is the audit entry that says so."""

    entry_id: UUID
    at: datetime
    who: str
    action: str
    sentence: str


class StoryOut(Out):
    """What happened to a sale or a receipt, in order."""

    title: str
    sale_id: UUID | None
    lines: list[StoryLineOut]
    is_cut: bool

    @classmethod
    def of(cls, story: Story) -> Self:
        """Show a story."""
        return cls.model_validate(story, from_attributes=True)
