"""How an event becomes the facts of an audit entry."""

from dataclasses import fields
from datetime import date
from decimal import Decimal
from uuid import UUID

from payme.kit.events import Event


def facts_of(event: Event) -> dict[str, object]:
    """Return the event's fields as JSON has them: money and ids as strings, nested facts as objects."""
    return {field.name: _plain(getattr(event, field.name)) for field in fields(event) if field.name != "subject_id"}


def _plain(value: object) -> object:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if hasattr(value, "__dataclass_fields__"):
        return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}
    raise TypeError(f"an event may not carry a {type(value).__name__}")
