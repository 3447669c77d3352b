"""Database rows as frozen dataclasses."""

from collections.abc import Callable, Hashable, Iterable, Sequence
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


class Part:
    """Some columns of a record that answered two statements, as a record of their own."""

    __slots__ = ("_columns",)

    def __init__(self, columns: Sequence[tuple[str, object]]) -> None:
        """Take names and values in column order."""
        self._columns = dict(columns)

    def keys(self) -> Iterable[str]:
        """Return the column names."""
        return self._columns.keys()

    def values(self) -> Iterable[object]:
        """Return the values in column order."""
        return self._columns.values()

    def __getitem__(self, key: str | int) -> Any:  # noqa: ANN401  the statement decides
        """Return one value."""
        return self._columns[key] if isinstance(key, str) else list(self._columns.values())[key]


def parted(records: Sequence[Record], mark: str) -> tuple[list[Record], Record]:
    """Split records of ``batching.beside``: the rows of the SELECT, and the one row that came along."""
    columns = [list(zip(record.keys(), record.values(), strict=True)) for record in records]
    place = [name for name, _ in columns[0]].index(mark)
    asked: list[Record] = [Part(row[:place]) for row in columns if row[place][1]]
    return asked, Part(columns[0][place + 1 :])


def read_all(row_type: type[Row], records: Sequence[Record]) -> list[Row]:
    """Turn records of one statement into rows; columns and fields have the same names."""
    if not records:
        return []
    read = _reader(cast("Hashable", row_type), tuple(records[0].keys()))
    return cast("list[Row]", [read(record) for record in records])
