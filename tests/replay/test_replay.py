"""The audit alone gives every book of a shop that had a full day; a change of either is named."""

from collections.abc import AsyncIterator
from decimal import Decimal
from random import Random
from uuid import UUID

import asyncpg
import pytest

from payme.kit.db.pool import set_codecs
from payme.kit.db.transaction import Database, Scope, Tx
from payme.kit.seams import Seams
from payme.replay import BOOKS, BROKEN, Book, Difference, Replayed, Told, replay, replay_business
from payme.replay.queries import HELD
from tests.reconciliation.conftest import Day, books, clock, day, shop

__all__ = ["books", "clock", "day", "shop"]


async def test_a_full_day_is_replayed_from_nothing(day: Day) -> None:
    replayed = await replay(day.shop.database, day.shop.business_id)

    assert [*map(str, replayed.differences)] == []
    assert replayed.entries > 200
    assert replayed.figures > 200


@pytest.mark.parametrize("a_share", [100, 20])
async def test_a_long_book_is_replayed_in_shares(day: Day, a_share: int) -> None:
    whole = await replay(day.shop.database, day.shop.business_id)

    async def in_shares(tx: Tx) -> Replayed:
        return await replay_business(tx, a_share=a_share)

    assert await day.shop.database.snapshot(Scope.system("test", day.shop.business_id), in_shares) == whole


TAMPERINGS: dict[str, tuple[str, str, str]] = {
    "wallets": ("UPDATE wallets SET balance_tokens = balance_tokens + 5", "wallet", "tokens"),
    "owed tokens": ("UPDATE wallets SET owed_tokens = owed_tokens + 1", "wallet", "owed"),
    "goods": ("UPDATE stock_batches SET quantity_available = quantity_available + 1", "stock", "goods"),
    "sales": ("UPDATE sales SET paid = paid - 1, on_account = on_account + 1", "sales", "on account"),
    "state of a sale": ("UPDATE sales SET state = 'voided'", "sales", "state"),
    "payments": ("UPDATE payments SET amount = amount + 1", "payments", "amount"),
    "state of a payment": ("UPDATE payments SET state = 'failed'", "payments", "state"),
    "cash given back": ("UPDATE payments SET returned_at = NULL", "payments", "cash given back"),
    "money": ("UPDATE money_in SET amount = amount + 1", "money", "amount"),
    "what money is for": ("UPDATE allocations SET purpose = 'refund'", "money", "for refund"),
    "expenses": ("UPDATE expenses SET amount = amount + 1", "money", "amount"),
    "an expense that was taken back": (
        "UPDATE expenses SET reversed_at = NULL, reversed_by = NULL, reversal_reason = ''",
        "money",
        "amount",
    ),
    "refunds": ("UPDATE refunds SET state = 'failed'", "refunds", "state"),
    "returns": ("UPDATE returns SET total = total + 1", "returns", "amount"),
    "voids": ("UPDATE voids SET state = 'rejected'", "returns", "state"),
    "debts": ("UPDATE credit_accounts SET balance_due = balance_due - 1", "credit", "due"),
    "write-offs": ("UPDATE credit_write_offs SET amount = amount + 1", "credit", "amount"),
    "drawers": ("UPDATE drawer_totals SET sold = sold + 1 WHERE tender = 'mpesa'", "drawers", "mpesa sale"),
    "tokens that were bought": ("UPDATE token_purchases SET tokens = tokens + 1", "token purchases", "ordered"),
    "a removed sale": ("DELETE FROM sales", "sales", "total"),
    "an entry of stock": ("DELETE FROM audit_entries WHERE action = 'stock_taken'", "stock", "goods"),
    "an entry of credit": (
        """DELETE FROM audit_entries WHERE sequence =
           (SELECT min(sequence) FROM audit_entries WHERE business_id = $1 AND action = 'credit_moved')""",
        "credit",
        "due",
    ),
    "a figure of an entry": (
        "UPDATE audit_entries SET facts = facts || '{\"balance_after\": 7}' WHERE action = 'token_refunded'",
        "wallet",
        "tokens",
    ),
}


@pytest.fixture
async def owner(owner_dsn: str, books: Database) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(owner_dsn)
    await set_codecs(connection)
    await connection.execute("SET session_replication_role = replica")
    yield connection
    await connection.close()


async def replayed_in(owner: asyncpg.Connection, business_id: UUID) -> tuple[Difference, ...]:
    """What a replay finds in the transaction that is open."""
    tx = Tx(owner, Scope.system("test", business_id), Seams())
    found = (await replay_business(tx)).differences
    assert sorted((await replay_business(tx, a_share=50)).differences, key=str) == sorted(found, key=str)
    return found


async def test_what_somebody_changed_in_a_table_or_in_the_audit_is_named(day: Day, owner: asyncpg.Connection) -> None:
    business_id = day.shop.business_id
    checks = await owner.fetch(
        """SELECT conrelid::regclass::text AS tab, conname FROM pg_constraint
            WHERE contype = 'c' AND obj_description(conrelid) = 'tenant'"""
    )
    for name, (statement, book, part) in TAMPERINGS.items():
        word = " AND " if " WHERE " in statement else " WHERE "
        work = owner.transaction()
        await work.start()
        for check in checks:
            await owner.execute(f'ALTER TABLE {check["tab"]} DROP CONSTRAINT IF EXISTS "{check["conname"]}"')
        await owner.execute(f"{statement}{word}business_id = $1", business_id)
        found = await replayed_in(owner, business_id)
        await work.rollback()
        assert (book, part) in {(one.book, one.part) for one in found}, name
        assert {one.book for one in found} <= {book, "money of sales", "sales", "payments", "drawers"}, name


def told(action: str, subject: int, **facts: object) -> Told:
    return Told(1, 1, action, UUID(int=subject), facts)


def book_of(name: str) -> Book:
    (book,) = (book for book in (begin() for begin in BOOKS) if book.name == name)
    return book


def test_entries_may_come_in_another_order_and_say_the_same() -> None:
    chance = Random(3)
    entries = [
        told(
            "credit_moved", account, due_before=str(due), due_after=str(due + 2), credit_before="0", credit_after="0.00"
        )
        for account in range(3)
        for due in (0, 2, 4, 6)
    ]
    entries += [
        told("credit_moved", 0, due_before="8.00", due_after="2", credit_before="0", credit_after="1"),
        told("write_off_requested", 9, amount="3.00"),
        told("write_off_moved", 9, before="requested", after="approved"),
    ]
    for _ in range(200):
        book = book_of("credit")
        for entry in chance.sample(entries, len(entries)):
            book.take(entry)
        assert [book.told(UUID(int=account), "due") for account in range(3)] == [Decimal(2), Decimal(8), Decimal(8)]
        assert book.told(UUID(int=9), "state") == "approved"
        assert sorted(map(str, book.rest())) == sorted(
            map(str, [(UUID(int=0), "customer credit", Decimal(1)), (UUID(int=9), "amount", Decimal("3.00"))])
        )


def test_an_entry_that_is_missing_between_others_is_noticed_even_where_the_sum_is_right() -> None:
    book = book_of("credit")
    for before, after in (("0", "5"), ("7", "2"), ("2", "4")):
        book.take(told("credit_moved", 1, due_before=before, due_after=after, credit_before="0", credit_after="0"))

    assert [value for _, part, value in book.rest() if part == "due"] == [BROKEN]
    assert book.told(UUID(int=1), "due") == BROKEN
    assert book.told(UUID(int=1), "due") is None


def test_the_furthest_state_stands_whichever_was_heard_last() -> None:
    book = book_of("payments")
    book.take(told("payment_moved", 1, before="submitted", after="succeeded"))
    book.take(told("payment_requested", 1, amount="5"))
    book.take(told("payment_moved", 1, before="created", after="submitting"))

    assert book.told(UUID(int=1), "state") == "succeeded"


def test_each_book_stands_somewhere_in_the_tables() -> None:
    assert [begin().name for begin in BOOKS] == list(HELD)


async def test_no_list_is_without_end(day: Day, owner: asyncpg.Connection) -> None:
    work = owner.transaction()
    await work.start()
    await owner.execute("DELETE FROM stock_batches WHERE business_id = $1", day.shop.business_id)
    tx = Tx(owner, Scope.system("test", day.shop.business_id), Seams())
    (one,) = (await replay_business(tx, at_most=1)).differences
    await work.rollback()

    assert (one.book, one.part, one.held) == ("stock", "goods", "nothing")
