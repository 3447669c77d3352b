"""What a story is made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Event:
    """One audit entry of the story, with the name of who did it where a member did."""

    id: UUID
    at: datetime
    who: str
    action: str
    subject_id: UUID
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Subject:
    """A sale or a receipt of money that a story is about, or both."""

    sale_id: UUID | None
    money_in_id: UUID | None
    title: str


@dataclass(frozen=True, slots=True)
class StoryLine:
    """One sentence of a story, and the entry that it comes from."""

    entry_id: UUID
    at: datetime
    who: str
    action: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Story:
    """What happened to one thing, in order; ``is_cut`` where there was more than is told."""

    title: str
    sale_id: UUID | None
    lines: tuple[StoryLine, ...]
    is_cut: bool
