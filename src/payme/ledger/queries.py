"""Reads of the ledger: what documents say in money, in their order or added up; the rules post it."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from payme.kit.days import business_day
from payme.kit.db.ports import Record
from payme.kit.db.transaction import Tx
from payme.kit.money import ZERO
from payme.kit.paging import After
from payme.ledger import rules
from payme.ledger.models import (
    Account,
    AccountLedger,
    BalanceSheet,
    Document,
    FactSum,
    Journal,
    Period,
    ProfitAndLoss,
    Sums,
    TrialBalance,
)
from payme.ledger.types import DocumentKind, Fact


async def list_accounts(_: Tx) -> list[Account]:
    """Return every account in the order of its code."""
    return list(rules.ACCOUNTS.values())


async def trial_balance(tx: Tx, day: date | None) -> TrialBalance:
    """Return every account at the end of a day, without one at the end of today."""
    return rules.trial_balance(await _sums(tx, rules.period_of(None, day, business_day(tx.now))))


async def profit_and_loss(tx: Tx, from_day: date | None, to_day: date | None) -> ProfitAndLoss:
    """Return what was earned in a period. Raises PeriodBackwards."""
    return rules.profit_and_loss(await _sums(tx, rules.period_of(from_day, to_day, business_day(tx.now))))


async def balance_sheet(tx: Tx, day: date | None) -> BalanceSheet:
    """Return what there is and whose it is at the end of a day, without one at the end of today."""
    return rules.balance_sheet(await _sums(tx, rules.period_of(None, day, business_day(tx.now))))


async def _sums(tx: Tx, period: Period) -> Sums:
    """Add every fact up: days that are kept, those after the mark from the books, in one statement."""
    found = await tx.rows(
        FactSum,
        """
        SELECT fact, coalesce(sum(amount) FILTER (WHERE day < $2), 0) AS before,
               coalesce(sum(amount) FILTER (WHERE day >= $2), 0) AS within
          FROM (SELECT fact, day, amount
                  FROM ledger_days
                 WHERE business_id = $1 AND fact <> 'goods_rounding'
                   AND day <= least($3, (SELECT kept_until FROM ledger_marks WHERE business_id = $1))
                 UNION ALL
                SELECT fact, day, amount
                  FROM ledger_facts
                 WHERE business_id = $1 AND day <= $3 AND at < $4
                   AND day >= greatest((SELECT kept_until + 1 FROM ledger_marks WHERE business_id = $1), '1900-01-01')
                   AND at >= greatest((SELECT (kept_until + 1)::timestamp AT TIME ZONE 'Africa/Nairobi'
                                         FROM ledger_marks WHERE business_id = $1), '1900-01-01 00:00Z')
                 UNION ALL
                SELECT 'goods_rounding', day, amount
                  FROM ledger_roundings($1, '1900-01-01', $3)) AS said
         GROUP BY fact
        """,
        tx.business_id,
        period.from_day,
        period.to_day,
        rules.ends(period.to_day),
    )
    return Sums(await _shop(tx), period, tuple(found))


async def journal(
    tx: Tx, from_day: date | None, to_day: date | None, only: UUID | None, after: After | None, limit: int
) -> Journal:
    """Return documents of a period in their order, posted; ``only`` those of one thing. Raises PeriodBackwards."""
    period = rules.period_of(from_day, to_day, business_day(tx.now))
    documents = await _documents(tx, period, list(Fact), only, after, limit + 1)
    return Journal(await _shop(tx), period, rules.posted(documents[:limit]), rules.more_after(documents, limit))


async def account_ledger(
    tx: Tx, code: str, from_day: date | None, to_day: date | None, after: After | None, limit: int
) -> AccountLedger:
    """Return what one account did in a period, with what stood there before and after each line.

    Raises AccountUnknown, PeriodBackwards.
    """
    account = rules.account_of(code)
    period = rules.period_of(from_day, to_day, business_day(tx.now))
    facts = rules.facts_of(code)
    opening = await _opening(tx, code, period.from_day, after)
    documents = await _documents(tx, period, facts, None, after, limit + 1)
    turns = rules.turns_of(account, opening, documents[:limit])
    return AccountLedger(await _shop(tx), period, account, opening, turns, rules.more_after(documents, limit))


async def _opening(tx: Tx, code: str, from_day: date, after: After | None) -> Decimal:
    """Return what stood on an account before a day, or after a document."""
    day = from_day if after is None else max(from_day, business_day(after.at))
    sums = (await _sums(tx, Period(day, day))).facts
    changes = [(one.fact, one.before) for one in sums]
    if after is not None:
        of_the_day = await _documents_within(tx, rules.begins(day), rules.ends(day), rules.facts_of(code), until=after)
        changes += [change for one in of_the_day for change in one.facts.items()]
    return rules.changes_of(changes).get(code, ZERO)


async def _documents(
    tx: Tx, period: Period, facts: Sequence[Fact], only: UUID | None, after: After | None, limit: int
) -> list[Document]:
    """Return the first documents of a period after one, in their order.

    Some days are looked through at a time, twice as many each time: a page of a long period reads little of it, and a
    shop that was closed for years is asked a few times.
    """
    found: list[Document] = []
    for from_at, until_at in rules.spans(period, after):
        missing = limit - len(found)
        found += await _documents_within(tx, from_at, until_at, facts, only=only, after=after, limit=missing)
        if len(found) == limit:
            break
    return found


async def _documents_within(
    tx: Tx,
    from_at: datetime,
    until_at: datetime,
    facts: Sequence[Fact],
    *,
    only: UUID | None = None,
    after: After | None = None,
    until: After | None = None,
    limit: int | None = None,
) -> list[Document]:
    found = await tx.records(
        """
        SELECT at, document_id, day, min(kind) AS kind, min(reference) AS reference, array_agg(fact) AS facts,
               array_agg(amount) AS amounts
          FROM (SELECT at, document_id, day, fact, min(kind) AS kind, min(reference) AS reference, sum(amount) AS amount
                  FROM (SELECT at, document_id, day, fact, kind, reference, amount
                          FROM ledger_facts
                         WHERE business_id = $1 AND at >= $2 AND at < $3 AND day BETWEEN $4 AND $5
                         UNION ALL
                        SELECT at, $1, day, 'goods_rounding', 'rounding', day::text, amount
                          FROM ledger_roundings($1, $4, $5)
                         WHERE at >= $2 AND at < $3) AS entry
                 WHERE fact = ANY ($6::text[]) AND ($7::uuid IS NULL OR document_id = $7)
                   AND ($8::timestamptz IS NULL OR (at, document_id) > ($8, $9::uuid))
                   AND ($10::timestamptz IS NULL OR (at, document_id) <= ($10, $11::uuid))
                 GROUP BY at, document_id, day, fact
                HAVING sum(amount) <> 0) AS said
         GROUP BY at, document_id, day
         ORDER BY at, document_id
         LIMIT $12
        """,
        tx.business_id,
        from_at,
        until_at,
        business_day(from_at),
        business_day(until_at - timedelta(microseconds=1)),
        list(facts),
        only,
        None if after is None else after.at,
        None if after is None else after.id,
        None if until is None else until.at,
        None if until is None else until.id,
        limit,
    )
    return [_document(record) for record in found]


async def find_kept_until(tx: Tx) -> date | None:
    """Return up to which day the business's days are kept added up, None where none is."""
    kept: date | None = await tx.value("SELECT kept_until FROM ledger_marks WHERE business_id = $1", tx.business_id)
    return kept


async def find_beginning(tx: Tx) -> date | None:
    """Return the day of the first document, None where there is none; all that is not looked at here follows others."""
    began: datetime | None = await tx.value(
        """
        SELECT least((SELECT min(completed_on)::timestamp AT TIME ZONE 'Africa/Nairobi'
                        FROM sales WHERE business_id = $1),
                     (SELECT min(created_at) FROM stock_batches WHERE business_id = $1),
                     (SELECT min(created_at) FROM payments WHERE business_id = $1),
                     (SELECT min(created_at) FROM allocations WHERE business_id = $1),
                     (SELECT min(created_at) FROM credit_ledger WHERE business_id = $1),
                     (SELECT min(created_at) FROM mpesa_fees WHERE business_id = $1),
                     (SELECT min(created_at) FROM expenses WHERE business_id = $1),
                     (SELECT min(opened_at) FROM drawers WHERE business_id = $1))
        """,
        tx.business_id,
    )
    return None if began is None else business_day(began)


def _document(record: Record) -> Document:
    return Document(
        at=record["at"],
        id=record["document_id"],
        day=record["day"],
        kind=DocumentKind(record["kind"]),
        reference=record["reference"] or "",
        facts=_facts(record),
    )


def _facts(record: Record) -> dict[Fact, Decimal]:
    amounts: Sequence[Decimal] = record["amounts"]
    return {Fact(fact): amount for fact, amount in zip(record["facts"], amounts, strict=True)}


async def _shop(tx: Tx) -> str:
    return str(await tx.value("SELECT name FROM businesses WHERE business_id = $1", tx.business_id))
