"""Database rows as frozen dataclasses."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import fields
from enum import StrEnum
from functools import cache, lru_cache
from typing import Any, TypeVar, cast, get_type_hints

from payme.kit.db.ports import Record

Row = TypeVar("Row")


@cache
def _enums_of(row_type: Hashable) -> dict[str, type[StrEnum]]:
    hints = get_type_hints(row_type)  # a class
    return {name: hint for name, hint in hints.items() if isinstance(hint, type) and issubclass(hint, StrEnum)}


@lru_cache(maxsize=1024)
def _reader(row_type: Hashable, columns: tuple[str, ...]) -> Callable[[Record], object]:
    make = cast("Callable[..., object]", row_type)
    in_order = columns == tuple(field.name for field in fields(cast("Any", row_type)))[: len(columns)]
    enums = _enums_of(row_type)
    if in_order and not enums:
        return lambda record: make(*record.values())

    def read(record: Record) -> object:
        values = dict(zip(columns, record.values(), strict=True))
        for name, enum in enums.items():
            values[name] = enum(values[name])
        return make(**values)

    return read


def read_all(row_type: type[Row], records: Sequence[Record]) -> list[Row]:
    """Turn records of one statement into rows; columns and fields have the same names."""
    if not records:
        return []
    read = _reader(cast("Hashable", row_type), tuple(records[0].keys()))
    return cast("list[Row]", [read(record) for record in records])
