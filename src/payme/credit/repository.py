"""The SQL that credit writes, and its lock. An account guards its debts, its ledger and what was asked about them."""

from collections.abc import Sequence
from uuid import UUID

from payme.credit.models import CreditAccount, CreditPayment, Debt, Entry, Part
from payme.kit.db.locks import LockRank
from payme.kit.db.transaction import Tx


async def lock_of_customer(tx: Tx, customer_id: UUID) -> CreditAccount | None:
    """Return the account of a person, ours until the transaction ends, whichever id of the person is asked for."""
    found = await tx.lock(
        CreditAccount,
        LockRank.CREDIT_ACCOUNT,
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
    return found[0] if found else None


async def lock_account(tx: Tx, account_id: UUID) -> CreditAccount | None:
    """Return an account, or the one it was folded into, ours until the transaction ends."""
    found = await tx.lock(
        CreditAccount,
        LockRank.CREDIT_ACCOUNT,
        """
        SELECT id, customer_id, state, credit_limit, terms_days, balance_due, customer_credit, moved_on, merged_into,
               created_at, updated_at
          FROM credit_accounts
         WHERE business_id = $1
           AND id = (SELECT coalesce(merged_into, id) FROM credit_accounts WHERE business_id = $1 AND id = $2)
        """,
        tx.business_id,
        account_id,
    )
    return found[0] if found else None


async def lock_of_sale(tx: Tx, sale_id: UUID) -> CreditAccount | None:
    """Return the account on which a sale is, ours until the transaction ends; None where it is on none."""
    found = await tx.lock(
        CreditAccount,
        LockRank.CREDIT_ACCOUNT,
        """
        SELECT id, customer_id, state, credit_limit, terms_days, balance_due, customer_credit, moved_on, merged_into,
               created_at, updated_at
          FROM credit_accounts
         WHERE business_id = $1
           AND id = (SELECT coalesce(charged.merged_into, charged.id)
                       FROM credit_ledger AS entry
                       JOIN credit_accounts AS charged ON charged.business_id = $1 AND charged.id = entry.account_id
                      WHERE entry.business_id = $1 AND entry.sale_id = $2
                      ORDER BY entry.sequence
                      LIMIT 1)
        """,
        tx.business_id,
        sale_id,
    )
    return found[0] if found else None


async def lock_of_customers(tx: Tx, customer_ids: Sequence[UUID]) -> list[CreditAccount]:
    """Return the accounts of these ids of customers, ours until the transaction ends."""
    return await tx.lock(
        CreditAccount,
        LockRank.CREDIT_ACCOUNT,
        """
        SELECT id, customer_id, state, credit_limit, terms_days, balance_due, customer_credit, moved_on, merged_into,
               created_at, updated_at
          FROM credit_accounts
         WHERE business_id = $1 AND customer_id = ANY($2::uuid[])
         ORDER BY id
        """,
        tx.business_id,
        customer_ids,
    )


async def claim_account(tx: Tx, account: CreditAccount) -> CreditAccount:
    """Write an account, or find the one that the customer has: it is ours until the transaction ends."""
    (found,) = await tx.claim(
        CreditAccount,
        LockRank.CREDIT_ACCOUNT,
        """
        INSERT INTO credit_accounts (business_id, id, customer_id, state, credit_limit, terms_days, balance_due,
                                     customer_credit, moved_on, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, 0, 0, $7, $8, $8)
        ON CONFLICT (business_id, customer_id) DO UPDATE SET updated_at = credit_accounts.updated_at
        RETURNING id, customer_id, state, credit_limit, terms_days, balance_due, customer_credit, moved_on, merged_into,
                  created_at, updated_at
        """,
        tx.business_id,
        account.id,
        account.customer_id,
        account.state,
        account.credit_limit,
        account.terms_days,
        account.moved_on,
        account.created_at,
    )
    return found


def insert_account(tx: Tx, account: CreditAccount) -> None:
    """Write an account of a customer who is ours and has none."""
    tx.write(
        """
        INSERT INTO credit_accounts (business_id, id, customer_id, state, credit_limit, terms_days, balance_due,
                                     customer_credit, moved_on, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
        """,
        tx.business_id,
        account.id,
        account.customer_id,
        account.state,
        account.credit_limit,
        account.terms_days,
        account.balance_due,
        account.customer_credit,
        account.moved_on,
        account.created_at,
    )


def update_account(tx: Tx, account: CreditAccount) -> None:
    """Write an account."""
    tx.write(
        """
        UPDATE credit_accounts
           SET state = $3, credit_limit = $4, terms_days = $5, balance_due = $6, customer_credit = $7, moved_on = $8,
               updated_at = $9
         WHERE business_id = $1 AND id = $2
        """,
        tx.business_id,
        account.id,
        account.state,
        account.credit_limit,
        account.terms_days,
        account.balance_due,
        account.customer_credit,
        account.moved_on,
        tx.now,
    )


def fold_account(tx: Tx, duplicate_id: UUID, survivor_id: UUID) -> None:
    """Let an account, and all that was folded into it, lead to another; its debts are the other's."""
    tx.write(
        """
        UPDATE credit_accounts
           SET state = 'closed', balance_due = 0, customer_credit = 0, merged_into = $3, updated_at = $4
         WHERE business_id = $1 AND (id = $2 OR merged_into = $2)
        """,
        tx.business_id,
        duplicate_id,
        survivor_id,
        tx.now,
    )
    tx.write(
        "UPDATE credit_sales SET account_id = $3, updated_at = $4 WHERE business_id = $1 AND account_id = $2",
        tx.business_id,
        duplicate_id,
        survivor_id,
        tx.now,
    )


def insert_entries(tx: Tx, account_id: UUID, entries: Sequence[Entry]) -> None:
    """Write entries of one account, in order."""
    tx.write(
        """
        INSERT INTO credit_ledger (business_id, id, account_id, kind, change_due, due_after, change_credit,
                                   credit_after, sale_id, credit_payment_id, reason, entered_by, entered_on, created_at)
        SELECT $1, entry.id, $2, entry.kind, entry.change_due, entry.due_after, entry.change_credit, entry.credit_after,
               entry.sale_id, entry.credit_payment_id, entry.reason, $3, $4, $5
          FROM unnest($6::uuid[], $7::text[], $8::numeric[], $9::numeric[], $10::numeric[], $11::numeric[],
                      $12::uuid[], $13::uuid[], $14::text[])
               WITH ORDINALITY AS entry (id, kind, change_due, due_after, change_credit, credit_after, sale_id,
                                         credit_payment_id, reason, place)
         ORDER BY entry.place
        """,
        tx.business_id,
        account_id,
        entries[0].entered_by,
        entries[0].entered_on,
        tx.now,
        [entry.id for entry in entries],
        [entry.kind for entry in entries],
        [entry.change_due for entry in entries],
        [entry.due_after for entry in entries],
        [entry.change_credit for entry in entries],
        [entry.credit_after for entry in entries],
        [entry.sale_id for entry in entries],
        [entry.credit_payment_id for entry in entries],
        [entry.reason for entry in entries],
    )


def insert_debt(tx: Tx, debt: Debt) -> None:
    """Write a debt."""
    tx.write(
        """
        INSERT INTO credit_sales (business_id, sale_id, account_id, state, amount, repaid, taken_off, written_off,
                                  outstanding, due_on, limit_then, over_limit_reason, opened_on, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, 0, 0, 0, $5, $6, $7, $8, $9, $10, $10)
        """,
        tx.business_id,
        debt.sale_id,
        debt.account_id,
        debt.state,
        debt.amount,
        debt.due_on,
        debt.limit_then,
        debt.over_limit_reason,
        debt.opened_on,
        debt.created_at,
    )


def update_debts(tx: Tx, debts: Sequence[Debt]) -> None:
    """Write what became of debts of one account."""
    tx.write(
        """
        UPDATE credit_sales AS debt
           SET state = became.state, repaid = became.repaid, taken_off = became.taken_off,
               written_off = became.written_off, outstanding = became.outstanding, updated_at = $2
          FROM unnest($3::uuid[], $4::text[], $5::numeric[], $6::numeric[], $7::numeric[], $8::numeric[])
            AS became (sale_id, state, repaid, taken_off, written_off, outstanding)
         WHERE debt.business_id = $1 AND debt.sale_id = became.sale_id
        """,
        tx.business_id,
        tx.now,
        [debt.sale_id for debt in debts],
        [debt.state for debt in debts],
        [debt.repaid for debt in debts],
        [debt.taken_off for debt in debts],
        [debt.written_off for debt in debts],
        [debt.outstanding for debt in debts],
    )


def insert_payment(tx: Tx, payment: CreditPayment, parts: Sequence[Part]) -> None:
    """Write a repayment and which debts it paid."""
    tx.write(
        """
        INSERT INTO credit_payments (business_id, id, account_id, amount, to_debts, to_credit, payment_id, money_in_id,
                                     received_by, received_on, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """,
        tx.business_id,
        payment.id,
        payment.account_id,
        payment.amount,
        payment.to_debts,
        payment.to_credit,
        payment.payment_id,
        payment.money_in_id,
        payment.received_by,
        payment.received_on,
        payment.created_at,
    )
    tx.write(
        """
        INSERT INTO credit_payment_parts (business_id, credit_payment_id, sale_id, amount)
        SELECT $1, $2, part.sale_id, part.amount FROM unnest($3::uuid[], $4::numeric[]) AS part (sale_id, amount)
        """,
        tx.business_id,
        payment.id,
        [part.sale_id for part in parts],
        [part.amount for part in parts],
    )
