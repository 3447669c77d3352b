"""Cursor paging: opaque cursors over a sort key, so a page is as fast at the end of a list as at its start."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field

from payme.http.errors import InvalidCursor
from payme.kit.paging import After

PAGE_MAX = 200
Item = TypeVar("Item")
Out = TypeVar("Out", bound=BaseModel)

Limit = Annotated[int, Query(ge=1, le=PAGE_MAX, description="How many at the most.")]
Cursor = Annotated[str | None, Query(max_length=200, description="`next_cursor` of the page before.")]


class Page(BaseModel, Generic[Out]):
    """One page of a list."""

    items: list[Out]
    next_cursor: str | None = Field(description="Give it back as `cursor` for the next page; null at the end.")


def encode(after: After) -> str:
    """Write a position as an opaque cursor."""
    return base64.urlsafe_b64encode(json.dumps([after.at.isoformat(), str(after.id)]).encode()).decode().rstrip("=")


def decode(cursor: str | None) -> After | None:
    """Read a cursor; raises InvalidCursor."""
    if cursor is None:
        return None
    try:
        at, identifier = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        instant = datetime.fromisoformat(at)
        if instant.tzinfo is None:
            raise InvalidCursor
        # To UTC here: a forged instant at the end of the calendar overflows where it can still be refused.
        return After(instant.astimezone(UTC), UUID(identifier))
    except (ValueError, TypeError, AttributeError, OverflowError, binascii.Error) as wrong:
        raise InvalidCursor from wrong


def page(rows: Sequence[Item], limit: int, show: Callable[[Item], Out], position: Callable[[Item], After]) -> Page[Out]:
    """Make a page of ``limit`` from rows read with ``limit + 1``."""
    shown = rows[:limit]
    following = encode(position(shown[-1])) if len(rows) > limit else None
    return Page(items=[show(row) for row in shown], next_cursor=following)
