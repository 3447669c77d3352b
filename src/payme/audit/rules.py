"""How an event becomes the facts of an audit entry."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from payme.kit.events import Event


def facts_of(event: Event) -> dict[str, object]:
    """Return the event's fields as JSON has them: money and ids as strings, nested facts as objects."""
    return {name: _plain(getattr(event, name)) for name in _names_of(type(event)) if name != "subject_id"}


# What was found out about a type once, because a sale has many values of few types.
_WRITERS: dict[type, Callable[[Any], object]] = {}
_NAMES: dict[type, tuple[str, ...]] = {}


def _plain(value: object) -> object:
    kind = type(value)
    write = _WRITERS.get(kind)
    if write is None:
        write = _WRITERS[kind] = _writer_of(kind)
    return write(value)


def _names_of(kind: type) -> tuple[str, ...]:
    names = _NAMES.get(kind)
    if names is None:
        names = _NAMES[kind] = tuple(field.name for field in fields(kind))
    return names


def _writer_of(kind: type) -> Callable[[Any], object]:
    if issubclass(kind, bool | int | type(None)):
        return _as_it_is
    if issubclass(kind, str | Decimal | UUID):
        return str
    if issubclass(kind, date):
        return _iso
    if issubclass(kind, tuple | list):
        return _listed
    if is_dataclass(kind):
        return _object
    raise TypeError(f"an event may not carry a {kind.__name__}")


def _as_it_is(value: object) -> object:
    return value


def _iso(value: date) -> str:
    return value.isoformat()


def _listed(values: tuple[object, ...]) -> list[object]:
    return [_plain(value) for value in values]


def _object(value: object) -> dict[str, object]:
    return {name: _plain(getattr(value, name)) for name in _names_of(type(value))}
