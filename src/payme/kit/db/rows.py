"""Database rows as frozen dataclasses."""

from collections.abc import Callable, Hashable, Iterable
from enum import StrEnum
from functools import cache
from typing import TypeVar, cast, get_type_hints

from payme.kit.db.ports import Record

Row = TypeVar("Row")


@cache
def _enums_of(row_type: Hashable) -> dict[str, type[StrEnum]]:
    hints = get_type_hints(row_type)  # a class
    return {name: hint for name, hint in hints.items() if isinstance(hint, type) and issubclass(hint, StrEnum)}


def reader(row_type: type[Row]) -> Callable[[Record], Row]:
    """Return a function that turns a record into ``row_type``; columns and fields have the same names."""
    enums = _enums_of(cast("Hashable", row_type))
    if not enums:
        return lambda record: row_type(**dict(zip(record.keys(), record.values(), strict=True)))

    def read(record: Record) -> Row:
        values = dict(zip(record.keys(), record.values(), strict=True))
        for name, enum in enums.items():
            values[name] = enum(values[name])
        return row_type(**values)

    return read


def read_all(row_type: type[Row], records: Iterable[Record]) -> list[Row]:
    """Turn records into rows."""
    read = reader(row_type)
    return [read(record) for record in records]
