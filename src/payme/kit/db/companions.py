"""Statements that wait for a read to take them along, so that all of them cost one round trip."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from payme.kit.db.batching import shifted
from payme.kit.db.ports import Record

_ASKED = "asked_answered"
_WITH = "with_"


class Part:
    """Some columns of a record that answered several statements, as a record of their own."""

    __slots__ = ("_names", "_values")

    def __init__(self, names: Sequence[str], values: Sequence[object]) -> None:
        """Take names and values in column order."""
        self._names = names
        self._values = values

    def keys(self) -> Iterable[str]:
        """Return the column names."""
        return self._names

    def values(self) -> Iterable[object]:
        """Return the values in column order."""
        return self._values

    def __getitem__(self, key: str | int) -> Any:  # noqa: ANN401  the statement decides
        """Return one value."""
        return self._values[self._names.index(key) if isinstance(key, str) else key]


class Companions:
    """What one transaction lets its reads take along: statements of one row each, by name, and their rows."""

    def __init__(self) -> None:
        """Have none."""
        self._waiting: dict[str, tuple[str, tuple[object, ...]]] = {}
        self._rows: dict[str, Part] = {}
        self._travel = False

    def __contains__(self, name: str) -> bool:
        """Say whether a statement waits, or has come along."""
        return name in self._waiting or name in self._rows

    def add(self, name: str, statement: str, args: tuple[object, ...]) -> None:
        """Let a statement wait."""
        assert name not in self, f"{name} comes along already"  # noqa: S101
        self._waiting[name] = (statement, args)

    def has_row(self, name: str) -> bool:
        """Say whether the row of a statement is here."""
        return name in self._rows

    def pop(self, name: str) -> Record:
        """Return the row of a statement that came along; it is asked for once."""
        return self._rows.pop(name)

    def join(self, asked: str | None, args: tuple[object, ...]) -> tuple[str, tuple[object, ...]]:
        """Put all that wait beside a read, or beside each other where no read came by; a read alone stays as it is."""
        if not self._waiting:
            assert asked is not None, "nothing to ask"  # noqa: S101
            return asked, args
        waiting, self._waiting, self._travel = self._waiting, {}, True
        shape = tuple((name, text, len(own)) for name, (text, own) in waiting.items())
        return beside(shape, asked), (*(arg for _, own in waiting.values() for arg in own), *args)

    def part(self, records: Sequence[Record]) -> Sequence[Record]:
        """Keep the rows of those that came along; returns the rows of the read itself."""
        if not self._travel:
            return records
        self._travel = False
        names = list(records[0].keys())
        rows = [list(record.values()) for record in records]
        places = [place for place, name in enumerate(names) if name.startswith(_WITH)]
        for place, end in zip(places, [*places[1:], len(names)], strict=True):
            own = slice(place + 1, end)
            self._rows[names[place].removeprefix(_WITH)] = Part(names[own], rows[0][own])
        if _ASKED not in names:
            return []
        mark = names.index(_ASKED)
        return [Part(names[:mark], row[:mark]) for row in rows if row[mark]]


@lru_cache(maxsize=512)
def beside(companions: tuple[tuple[str, str, int], ...], asked: str | None) -> str:
    """Join statements of one row, each with its name and number of parameters, and a SELECT into one statement.

    A row is the SELECT's, then ``asked_answered``, which is NULL where the SELECT found nothing, then for each of the
    others ``with_`` and its name, and its columns.
    """
    heads, columns, offset = [], [], 0
    for name, text, parameters in companions:
        heads.append(f"carried_{name} AS MATERIALIZED (\n{shifted(text, offset)}\n)")
        columns.append(f"true AS {_WITH}{name}, carried_{name}.*")
        offset += parameters
    carried = " CROSS JOIN ".join(f"carried_{name}" for name, _, _ in companions)
    statement = "WITH " + ",\n".join(heads) + "\nSELECT "
    if asked is None:
        return f"{statement}{', '.join(columns)} FROM {carried}"
    return (
        f"{statement}asked.*, {', '.join(columns)} FROM {carried} LEFT JOIN (\n"
        f"SELECT answered.*, true AS {_ASKED} FROM (\n{shifted(asked, offset)}\n) AS answered) AS asked ON true"
    )
