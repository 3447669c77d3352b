"""Reads of credit: accounts, debts, the ledger, and who owes."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from payme.credit.errors import CreditAccountUnknown
from payme.credit.models import (
    Balances,
    CreditAccount,
    CreditPayment,
    Debt,
    Debtor,
    DueAccount,
    Entry,
    OfSale,
    OverdueFigures,
    PrintedStatement,
    SaleOnAccount,
    Statement,
)
from payme.customers import get_customer
from payme.identity import get_business
from payme.kit.db.transaction import Tx
from payme.kit.paging import After


async def find_account(tx: Tx, customer_id: UUID) -> CreditAccount | None:
    """Return the account of a person, whichever id of the person is asked for."""
    return await tx.row(
        CreditAccount,
        """
        SELECT id, customer_id, state, credit_limit, terms_days, balance_due, customer_credit, moved_on, merged_into,
               created_at, updated_at
          FROM credit_accounts
         WHERE business_id = $1
           AND customer_id = (SELECT coalesce(merged_into, id) FROM customers WHERE business_id = $1 AND id = $2)
        """,
        tx.business_id,
        customer_id,
    )


async def get_account(tx: Tx, customer_id: UUID) -> CreditAccount:
    """Return the account of a person; raises CreditAccountUnknown."""
    account = await find_account(tx, customer_id)
    if account is None:
        raise CreditAccountUnknown(customer_id)
    return account


async def list_open_debts(tx: Tx, account_id: UUID) -> list[Debt]:
    """Return what is not paid of an account, due first first."""
    return await tx.rows(
        Debt,
        """
        SELECT sale_id, account_id, state, amount, repaid, taken_off, written_off, outstanding, due_on, limit_then,
               over_limit_reason, opened_on, created_at, updated_at
          FROM credit_sales
         WHERE business_id = $1 AND account_id = $2 AND outstanding > 0
         ORDER BY due_on, created_at, sale_id
        """,
        tx.business_id,
        account_id,
    )


async def find_debt(tx: Tx, sale_id: UUID) -> Debt | None:
    """Return the debt that a sale left."""
    return await tx.row(
        Debt,
        """
        SELECT sale_id, account_id, state, amount, repaid, taken_off, written_off, outstanding, due_on, limit_then,
               over_limit_reason, opened_on, created_at, updated_at
          FROM credit_sales
         WHERE business_id = $1 AND sale_id = $2
        """,
        tx.business_id,
        sale_id,
    )


async def get_of_sale(tx: Tx, sale_id: UUID) -> OfSale:
    """Return what a sale did to its account so far; the caller holds the account."""
    used = await tx.value(
        """
        SELECT coalesce(-sum(change_credit), 0)::numeric(12, 2) FROM credit_ledger
         WHERE business_id = $1 AND sale_id = $2
        """,
        tx.business_id,
        sale_id,
    )
    assert isinstance(used, Decimal)  # noqa: S101
    return OfSale(await find_debt(tx, sale_id), used)


async def get_account_of_sale(tx: Tx, sale_id: UUID) -> SaleOnAccount:
    """Return a sale that is on an account as a receipt shows it; raises nothing, for the caller knows that it is."""
    found = await tx.row(
        SaleOnAccount,
        """
        SELECT account.customer_id, customer.name AS customer_name, used.amount AS credit_used,
               coalesce(debt.amount, 0)::numeric(12, 2) AS debt,
               coalesce(debt.outstanding, 0)::numeric(12, 2) AS outstanding,
               debt.due_on, account.balance_due AS owed_in_all
          FROM (SELECT min(entry.account_id::text)::uuid AS account_id,
                       coalesce(-sum(entry.change_credit) FILTER (WHERE entry.kind = 'credit_used'), 0)::numeric(12, 2)
                       AS amount
                  FROM credit_ledger AS entry
                 WHERE entry.business_id = $1 AND entry.sale_id = $2 AND entry.kind IN ('sale', 'credit_used')) AS used
          JOIN credit_accounts AS charged ON charged.business_id = $1 AND charged.id = used.account_id
          JOIN credit_accounts AS account
            ON account.business_id = $1 AND account.id = coalesce(charged.merged_into, charged.id)
          JOIN customers AS customer ON customer.business_id = $1 AND customer.id = account.customer_id
          LEFT JOIN credit_sales AS debt ON debt.business_id = $1 AND debt.sale_id = $2
        """,
        tx.business_id,
        sale_id,
    )
    assert found is not None, "the sale is on an account"  # noqa: S101
    return found


async def list_debts(tx: Tx, account_id: UUID, after: After | None, limit: int) -> list[Debt]:
    """Return the credit sales of an account, newest first, also those that are settled."""
    return await tx.rows(
        Debt,
        """
        SELECT sale_id, account_id, state, amount, repaid, taken_off, written_off, outstanding, due_on, limit_then,
               over_limit_reason, opened_on, created_at, updated_at
          FROM credit_sales
         WHERE business_id = $1 AND account_id = $2
           AND ($3::timestamptz IS NULL OR (created_at, sale_id) < ($3, $4::uuid))
         ORDER BY created_at DESC, sale_id DESC
         LIMIT $5
        """,
        tx.business_id,
        account_id,
        after and after.at,
        after and after.id,
        limit,
    )


async def list_payments(tx: Tx, account_id: UUID, after: After | None, limit: int) -> list[CreditPayment]:
    """Return the repayments of an account, newest first."""
    return await tx.rows(
        CreditPayment,
        """
        SELECT id, account_id, amount, to_debts, to_credit, payment_id, money_in_id, received_by, received_on,
               created_at
          FROM credit_payments
         WHERE business_id = $1 AND account_id = $2
           AND ($3::timestamptz IS NULL OR (created_at, id) < ($3, $4::uuid))
         ORDER BY created_at DESC, id DESC
         LIMIT $5
        """,
        tx.business_id,
        account_id,
        after and after.at,
        after and after.id,
        limit,
    )


async def list_entries(
    tx: Tx, account_id: UUID, from_day: date | None, to_day: date | None, after_id: UUID | None, limit: int
) -> list[Entry]:
    """Return the ledger of an account over some business days, in order, from the one after ``after_id``."""
    return await tx.rows(
        Entry,
        """
        SELECT id, kind, change_due, due_after, change_credit, credit_after, sale_id, credit_payment_id, reason,
               entered_by, entered_on, created_at
          FROM credit_ledger
         WHERE business_id = $1 AND account_id = $2
           AND entered_on >= coalesce($3::date, '-infinity') AND entered_on <= coalesce($4::date, 'infinity')
           AND ($5::uuid IS NULL
                OR (entered_on, sequence) > (SELECT last.entered_on, last.sequence FROM credit_ledger AS last
                                              WHERE last.business_id = $1 AND last.id = $5))
         ORDER BY entered_on, sequence
         LIMIT $6
        """,
        tx.business_id,
        account_id,
        from_day,
        to_day,
        after_id,
        limit,
    )


async def get_statement(
    tx: Tx, customer_id: UUID, from_day: date | None, to_day: date | None, after_id: UUID | None, limit: int
) -> Statement:
    """Return a person's account over some business days; raises CreditAccountUnknown."""
    account = await get_account(tx, customer_id)
    nothing = Balances(Decimal("0.00"), Decimal("0.00"))
    opening = await _stood_before(tx, account.id, from_day) if from_day is not None else None
    following = to_day + timedelta(days=1) if to_day is not None and to_day < date.max else None
    closing = await _stood_before(tx, account.id, following)
    entries = await list_entries(tx, account.id, from_day, to_day, after_id, limit)
    return Statement(account, from_day, to_day, opening or nothing, closing or nothing, entries)


async def get_printed_statement(
    tx: Tx, customer_id: UUID, from_day: date | None, to_day: date | None, after_id: UUID | None, limit: int
) -> PrintedStatement:
    """Return a statement with whose it is; raises CreditAccountUnknown."""
    statement = await get_statement(tx, customer_id, from_day, to_day, after_id, limit)
    customer = await get_customer(tx, statement.account.customer_id)
    return PrintedStatement((await get_business(tx)).name, customer.name, statement)


async def get_overdue_figures(tx: Tx, today: date) -> OverdueFigures:
    """Add up what was due before ``today``."""
    found = await tx.row(
        OverdueFigures,
        """
        SELECT count(DISTINCT account_id)::integer AS accounts, coalesce(sum(outstanding), 0)::numeric(14, 2) AS amount
          FROM credit_sales
         WHERE business_id = $1 AND outstanding > 0 AND due_on < $2
        """,
        tx.business_id,
        today,
    )
    assert found is not None, "a sum has one row"  # noqa: S101
    return found


async def _stood_before(tx: Tx, account_id: UUID, day: date | None) -> Balances | None:
    """Return what an account stood at when a day began; None where nothing had happened yet."""
    return await tx.row(
        Balances,
        """
        SELECT due_after AS balance_due, credit_after AS customer_credit
          FROM credit_ledger
         WHERE business_id = $1 AND account_id = $2 AND entered_on < coalesce($3::date, 'infinity')
         ORDER BY entered_on DESC, sequence DESC
         LIMIT 1
        """,
        tx.business_id,
        account_id,
        day,
    )


async def list_debtors(tx: Tx, today: date, after_id: UUID | None, limit: int) -> list[Debtor]:
    """Return who owes, the most first, from the one after the account ``after_id``; how old each debt is on ``today``.

    One statement: a page reads its own accounts and their open debts, and the first page also the shop's total.
    """
    return await tx.rows(
        Debtor,
        """
        SELECT account.id AS account_id, account.customer_id, customer.name, customer.phone, account.state,
               account.credit_limit, account.balance_due, age.current, age.days_1_30, age.days_31_60, age.days_61_90,
               age.over_90, age.oldest_due_on,
               CASE WHEN $3::uuid IS NULL
                    THEN (SELECT count(*) FROM credit_accounts AS owing
                           WHERE owing.business_id = $1 AND owing.balance_due > 0) END AS debtors,
               CASE WHEN $3::uuid IS NULL
                    THEN (SELECT sum(owing.balance_due) FROM credit_accounts AS owing
                           WHERE owing.business_id = $1 AND owing.balance_due > 0) END AS owed_in_all
          FROM (SELECT owes.id, owes.customer_id, owes.state, owes.credit_limit, owes.balance_due
                  FROM credit_accounts AS owes
                 WHERE owes.business_id = $1 AND owes.balance_due > 0
                   AND ($3::uuid IS NULL
                        OR (owes.balance_due, owes.id) < ((SELECT last.balance_due FROM credit_accounts AS last
                                                            WHERE last.business_id = $1 AND last.id = $3), $3))
                 ORDER BY owes.balance_due DESC, owes.id DESC
                 LIMIT $4) AS account
          JOIN customers AS customer ON customer.business_id = $1 AND customer.id = account.customer_id
         CROSS JOIN LATERAL (
               SELECT coalesce(sum(outstanding) FILTER (WHERE $2 - due_on <= 0), 0)::numeric(12, 2) AS current,
                      coalesce(sum(outstanding) FILTER (WHERE $2 - due_on BETWEEN 1 AND 30), 0)::numeric(12, 2)
                      AS days_1_30,
                      coalesce(sum(outstanding) FILTER (WHERE $2 - due_on BETWEEN 31 AND 60), 0)::numeric(12, 2)
                      AS days_31_60,
                      coalesce(sum(outstanding) FILTER (WHERE $2 - due_on BETWEEN 61 AND 90), 0)::numeric(12, 2)
                      AS days_61_90,
                      coalesce(sum(outstanding) FILTER (WHERE $2 - due_on > 90), 0)::numeric(12, 2) AS over_90,
                      min(due_on) AS oldest_due_on
                 FROM credit_sales
                WHERE business_id = $1 AND account_id = account.id AND outstanding > 0) AS age
         ORDER BY account.balance_due DESC, account.id DESC
        """,
        tx.business_id,
        today,
        after_id,
        limit,
    )


async def list_overdue(tx: Tx, today: date, after_id: UUID | None, limit: int) -> list[DueAccount]:
    """Return accounts with debts that were due before ``today``, by their id, from the one after ``after_id``."""
    return await _list_due(tx, date.min, today - timedelta(days=1), after_id, limit)


async def list_due_soon(tx: Tx, today: date, days: int, after_id: UUID | None, limit: int) -> list[DueAccount]:
    """Return accounts with debts that are due from ``today`` to so many days later, by their id."""
    return await _list_due(tx, today, today + timedelta(days=days), after_id, limit)


async def _list_due(tx: Tx, first: date, last: date, after_id: UUID | None, limit: int) -> list[DueAccount]:
    return await tx.rows(
        DueAccount,
        """
        SELECT due.account_id, account.customer_id, due.debts, due.amount, due.first_due_on
          FROM (SELECT account_id, count(*) AS debts, sum(outstanding)::numeric(12, 2) AS amount,
                       min(due_on) AS first_due_on
                  FROM credit_sales
                 WHERE business_id = $1 AND outstanding > 0 AND due_on BETWEEN $2 AND $3
                   AND ($4::uuid IS NULL OR account_id > $4)
                 GROUP BY account_id
                 ORDER BY account_id
                 LIMIT $5) AS due
          JOIN credit_accounts AS account ON account.business_id = $1 AND account.id = due.account_id
         ORDER BY due.account_id
        """,
        tx.business_id,
        first,
        last,
        after_id,
        limit,
    )
