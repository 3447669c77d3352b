"""Commands of replay: give every book from the audit alone, and compare."""

from collections.abc import Callable
from decimal import Decimal
from typing import Final
from uuid import UUID

from payme.kit.db.transaction import Database, Scope, Tx
from payme.replay import queries, rules
from payme.replay.models import Difference, Replayed, Value
from payme.replay.queries import HELD, HeldQuery
from payme.replay.rules import Book

ENTRIES_A_PAGE: Final = 5_000
ROWS_A_PAGE: Final = 2_000
DIFFERENCES_MAX: Final = 1_000
_PART: Final = "replay"


async def replay(
    database: Database, business_id: UUID, *, on_entries: Callable[[int], None] = lambda _: None
) -> Replayed:
    """Replay the audit of a business, book by book, in one snapshot with the tables, so a busy shop is no difference.

    One book is kept at a time: about 200 bytes for each sale, payment or delivery.
    Locks: none. Raises: nothing. Emits: nothing.
    """
    return await database.snapshot(Scope.system(_PART, business_id), replay_business, on_entries)


async def replay_business(tx: Tx, on_entries: Callable[[int], None]) -> Replayed:
    """Replay every book inside the caller's transaction.

    Locks: none. Raises: nothing. Emits: nothing.
    """
    entries = figures = 0
    differences: list[Difference] = []
    for begin in rules.BOOKS:
        book = begin()
        entries += await _tell(tx, book)
        on_entries(entries)
        for query in HELD[book.name]:
            figures += await _compare(tx, book, query, differences)
        differences += [
            Difference(book.name, subject_id, part, "nothing", _written(value))
            for subject_id, part, value in book.rest()
        ]
        if len(differences) >= DIFFERENCES_MAX:
            break
    return Replayed(tx.business_id, entries, figures, tuple(differences[:DIFFERENCES_MAX]))


async def _tell(tx: Tx, book: Book) -> int:
    entries = 0
    after = (0, -1)
    while page := await queries.list_told(tx, book.actions, after, ENTRIES_A_PAGE):
        for told in page:
            book.take(told)
        after = (page[-1].transaction_id, page[-1].sequence)
        entries += len(page)
    return entries


async def _compare(tx: Tx, book: Book, query: HeldQuery, differences: list[Difference]) -> int:
    figures = 0
    after = queries.FIRST
    while page := await query(tx, after, ROWS_A_PAGE):
        for held in page:
            told = book.told(held.subject_id, held.part)
            if (rules.NOTHING if told is None else told) != held.value:
                found = "nothing" if told is None else _written(told)
                differences.append(Difference(book.name, held.subject_id, held.part, _written(held.value), found))
        after = page[-1].subject_id
        figures += len(page)
        if after == queries.FIRST:
            break  # a business has one wallet
    return figures


def _written(value: Value) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else value
