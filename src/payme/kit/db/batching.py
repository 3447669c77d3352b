"""How collected writes become few statements."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

Write = tuple[str, tuple[object, ...]]

_TARGET = re.compile(r"\s*(INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+([a-z][a-z0-9_]*)", re.IGNORECASE)


@lru_cache(maxsize=1024)
def target_of(statement: str) -> tuple[str, bool]:
    """Return the table a write changes, and whether it only adds rows; a bug where it is not a plain write."""
    found = _TARGET.match(statement)
    assert found, f"not an INSERT, UPDATE or DELETE: {statement[:60]}"  # noqa: S101
    adds = found[1].upper().startswith("INSERT") and "DO UPDATE" not in statement.upper()
    return found[2], adds


@lru_cache(maxsize=4096)
def names(statement: str, table: str) -> bool:
    """Say whether a statement names a table."""
    return re.search(rf"\b{table}\b", statement) is not None


def groups(writes: Sequence[Write]) -> Iterator[list[Write]]:
    """Split writes so that within a group no row can be written twice, which one statement could not do.

    A change of rows starts a new group where its table was written before in the group.
    """
    group: list[Write] = []
    written: dict[str, bool] = {}
    for write in writes:
        table, adds = target_of(write[0])
        if table in written and not (adds and written[table]):
            yield group
            group, written = [], {}
        group.append(write)
        written[table] = adds
    if group:
        yield group


@lru_cache(maxsize=512)
def together(writes: tuple[tuple[str, int], ...]) -> str:
    """Join writes, each with its number of parameters, into one statement of data-modifying CTEs."""
    if len(writes) == 1:
        return writes[0][0]
    parts = []
    offset = 0
    for number, (text, parameters) in enumerate(writes):
        parts.append(f"w{number} AS (\n{shifted(text, offset)}\n)")
        offset += parameters
    return "WITH " + ",\n".join(parts) + "\nSELECT 1"


def shifted(statement: str, offset: int) -> str:
    """Return a statement whose parameters are numbered from ``offset`` on."""
    return re.sub(r"\$([0-9]+)", lambda match: f"${int(match[1]) + offset}", statement)
