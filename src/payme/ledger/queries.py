"""Reads of the ledger: what documents say in money, in their order or added up; the rules post it."""

from collections.abc import Sequence
from datetime import date
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
    found = await tx.rows(
        FactSum,
        """
        SELECT fact, coalesce(sum(amount) FILTER (WHERE day < $2), 0) AS before,
               coalesce(sum(amount) FILTER (WHERE day >= $2), 0) AS within
          FROM ledger_entries
         WHERE business_id = $1 AND day <= $3 AND at < $4
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
    found = await tx.records(
        """
        SELECT at, document_id, day, min(kind) AS kind, min(reference) AS reference, array_agg(fact) AS facts,
               array_agg(amount) AS amounts
          FROM (SELECT at, document_id, day, fact, min(kind) AS kind, min(reference) AS reference, sum(amount) AS amount
                  FROM ledger_entries
                 WHERE business_id = $1 AND day BETWEEN $2 AND $3 AND at >= $4 AND at < $5
                   AND ($6::timestamptz IS NULL OR (at, document_id) > ($6, $7::uuid))
                   AND ($8::uuid IS NULL OR document_id = $8)
                 GROUP BY at, document_id, day, fact
                HAVING sum(amount) <> 0) AS said
         GROUP BY at, document_id, day
         ORDER BY at, document_id
         LIMIT $9
        """,
        tx.business_id,
        period.from_day,
        period.to_day,
        rules.begins(period.from_day) if after is None else max(after.at, rules.begins(period.from_day)),
        rules.ends(period.to_day),
        None if after is None else after.at,
        None if after is None else after.id,
        only,
        limit + 1,
    )
    documents = [_document(record) for record in found]
    return Journal(await _shop(tx), period, rules.posted(documents[:limit]), rules.more_after(documents, limit))


async def account_ledger(
    tx: Tx, code: str, from_day: date | None, to_day: date | None, after: After | None, limit: int
) -> AccountLedger:
    """Return what one account did in a period, with what stood there before and after each line.

    Raises AccountUnknown, PeriodBackwards.
    """
    account = rules.account_of(code)
    period = rules.period_of(from_day, to_day, business_day(tx.now))
    # What was brought forward stands before the documents: one statement, so one look at the books.
    brought, *found = await tx.records(
        """
        SELECT NULL::timestamptz AS at, NULL::uuid AS document_id, NULL::date AS day, '' AS kind, '' AS reference,
               coalesce(array_agg(fact), '{}') AS facts, coalesce(array_agg(amount), '{}') AS amounts
          FROM (SELECT fact, sum(amount) AS amount
                  FROM ledger_entries
                 WHERE business_id = $1 AND fact = ANY ($2::text[]) AND at <= $6
                   AND (at < $5 OR (at, document_id) <= ($6, $7::uuid))
                 GROUP BY fact) AS before
         UNION ALL
        (SELECT at, document_id, day, min(kind), min(reference), array_agg(fact), array_agg(amount)
           FROM (SELECT at, document_id, day, fact, min(kind) AS kind, min(reference) AS reference,
                        sum(amount) AS amount
                   FROM ledger_entries
                  WHERE business_id = $1 AND fact = ANY ($2::text[]) AND day BETWEEN $3 AND $4 AND at >= $5 AND at < $8
                    AND ($7::uuid IS NULL OR (at, document_id) > ($6, $7))
                  GROUP BY at, document_id, day, fact
                 HAVING sum(amount) <> 0) AS said
          GROUP BY at, document_id, day
          ORDER BY at, document_id
          LIMIT $9)
         ORDER BY at NULLS FIRST, document_id
        """,
        tx.business_id,
        rules.facts_of(code),
        period.from_day,
        period.to_day,
        rules.begins(period.from_day),
        rules.begins(period.from_day) if after is None else after.at,
        None if after is None else after.id,
        rules.ends(period.to_day),
        limit + 1,
    )
    opening = rules.changes_of(_facts(brought).items()).get(code, ZERO)
    documents = [_document(record) for record in found]
    turns = rules.turns_of(account, opening, documents[:limit])
    return AccountLedger(await _shop(tx), period, account, opening, turns, rules.more_after(documents, limit))


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
