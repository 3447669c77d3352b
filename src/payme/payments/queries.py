"""Reads of payments."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from payme import payment_configs
from payme.kit.db.transaction import Tx
from payme.kit.paging import After
from payme.payments.errors import MoneyOfPlatform, PaymentConfigNotTested, PaymentNotFound
from payme.payments.models import Payment
from payme.payments.types import Evidence, PaymentFor


async def get_payment(tx: Tx, payment_id: UUID) -> Payment:
    """Return a payment; raises PaymentNotFound."""
    found = await tx.row(
        Payment,
        """
        SELECT id, purpose, sale_id, payment_config_id, method, state, amount, tendered, change_given, returned_at,
               phone, shortcode, account_reference, merchant_request_id, checkout_request_id, result_code,
               result_text, deadline_at, money_in_id, request_id, created_at, updated_at, credit_account_id,
               debt_sale_id, drawer_id
          FROM payments
         WHERE business_id = $1 AND id = $2
        """,
        tx.business_id,
        payment_id,
    )
    if found is None:
        raise PaymentNotFound(payment_id=payment_id)
    return found


async def list_payments(
    tx: Tx, sale_id: UUID | None, state: str | None, after: After | None, limit: int
) -> list[Payment]:
    """Return payments newest first."""
    return await tx.rows(
        Payment,
        """
        SELECT id, purpose, sale_id, payment_config_id, method, state, amount, tendered, change_given, returned_at,
               phone, shortcode, account_reference, merchant_request_id, checkout_request_id, result_code,
               result_text, deadline_at, money_in_id, request_id, created_at, updated_at, credit_account_id,
               debt_sale_id, drawer_id
          FROM payments
         WHERE business_id = $1
           AND ($2::uuid IS NULL OR sale_id = $2)
           AND ($3::text IS NULL OR state = $3)
           AND ($4::timestamptz IS NULL OR (created_at, id) < ($4, $5::uuid))
         ORDER BY created_at DESC, id DESC
         LIMIT $6
        """,
        tx.business_id,
        sale_id,
        state,
        after and after.at,
        after and after.id,
        limit,
    )


async def find_live(tx: Tx, sale_id: UUID) -> Payment | None:
    """Return the attempt that may still end in money, if a customer is being asked for this sale."""
    return await tx.row(
        Payment,
        """
        SELECT id, purpose, sale_id, payment_config_id, method, state, amount, tendered, change_given, returned_at,
               phone, shortcode, account_reference, merchant_request_id, checkout_request_id, result_code,
               result_text, deadline_at, money_in_id, request_id, created_at, updated_at, credit_account_id,
               debt_sale_id, drawer_id
          FROM payments
         WHERE business_id = $1 AND sale_id = $2
           AND method = 'mpesa' AND state IN ('created', 'submitting', 'unknown', 'submitted')
        """,
        tx.business_id,
        sale_id,
    )


async def find_live_of_account(tx: Tx, credit_account_id: UUID) -> Payment | None:
    """Return the attempt that may still end in money, if a customer is being asked for debts of this account."""
    return await tx.row(
        Payment,
        """
        SELECT id, purpose, sale_id, payment_config_id, method, state, amount, tendered, change_given, returned_at,
               phone, shortcode, account_reference, merchant_request_id, checkout_request_id, result_code,
               result_text, deadline_at, money_in_id, request_id, created_at, updated_at, credit_account_id,
               debt_sale_id, drawer_id
          FROM payments
         WHERE business_id = $1 AND credit_account_id = $2
           AND method = 'mpesa' AND state IN ('created', 'submitting', 'unknown', 'submitted')
        """,
        tx.business_id,
        credit_account_id,
    )


async def find_live_test(tx: Tx, config_id: UUID) -> Payment | None:
    """Return the test of a payment config that runs now, if one does."""
    return await tx.row(
        Payment,
        """
        SELECT id, purpose, sale_id, payment_config_id, method, state, amount, tendered, change_given, returned_at,
               phone, shortcode, account_reference, merchant_request_id, checkout_request_id, result_code,
               result_text, deadline_at, money_in_id, request_id, created_at, updated_at, credit_account_id,
               debt_sale_id, drawer_id
          FROM payments
         WHERE business_id = $1 AND payment_config_id = $2 AND purpose = 'test'
           AND state IN ('created', 'submitting', 'unknown', 'submitted')
        """,
        tx.business_id,
        config_id,
    )


async def get_test(tx: Tx, config_id: UUID) -> Payment:
    """Return the latest test of a payment config; raises PaymentConfigNotFound, PaymentConfigNotTested."""
    await payment_configs.get_config(tx, config_id)
    found = await tx.row(
        Payment,
        """
        SELECT id, purpose, sale_id, payment_config_id, method, state, amount, tendered, change_given, returned_at,
               phone, shortcode, account_reference, merchant_request_id, checkout_request_id, result_code,
               result_text, deadline_at, money_in_id, request_id, created_at, updated_at, credit_account_id,
               debt_sale_id, drawer_id
          FROM payments
         WHERE business_id = $1 AND payment_config_id = $2 AND purpose = 'test'
         ORDER BY created_at DESC, id DESC
         LIMIT 1
        """,
        tx.business_id,
        config_id,
    )
    if found is None:
        raise PaymentConfigNotTested(config_id)
    return found


async def list_for_till(tx: Tx, since: datetime, limit: int) -> list[Payment]:
    """Return M-Pesa payments without an end, and those that changed after ``since``, newest first."""
    return await tx.rows(
        Payment,
        """
        SELECT id, purpose, sale_id, payment_config_id, method, state, amount, tendered, change_given, returned_at,
               phone, shortcode, account_reference, merchant_request_id, checkout_request_id, result_code,
               result_text, deadline_at, money_in_id, request_id, created_at, updated_at, credit_account_id,
               debt_sale_id, drawer_id
          FROM payments
         WHERE business_id = $1 AND method = 'mpesa'
           AND (state IN ('created', 'submitting', 'unknown', 'submitted') OR updated_at > $2)
         ORDER BY created_at DESC, id DESC
         LIMIT $3
        """,
        tx.business_id,
        since,
        limit,
    )


async def list_unsent(tx: Tx, limit: int) -> list[UUID]:
    """Return pushes that nobody has begun to send, oldest first."""
    records = await tx.records(
        """
        SELECT id FROM payments
         WHERE business_id = $1 AND method = 'mpesa' AND state = 'created'
         ORDER BY created_at, id
         LIMIT $2
        """,
        tx.business_id,
        limit,
    )
    return [record["id"] for record in records]


async def list_overdue(tx: Tx, grace_s: float, limit: int) -> list[UUID]:
    """Return attempts that are live although their deadline is long past, oldest first."""
    records = await tx.records(
        """
        SELECT id FROM payments
         WHERE business_id = $1 AND method = 'mpesa' AND state IN ('created', 'submitting', 'unknown', 'submitted')
           AND deadline_at < $2::timestamptz - make_interval(secs => $3)
         ORDER BY created_at, id
         LIMIT $4
        """,
        tx.business_id,
        tx.now,
        grace_s,
        limit,
    )
    return [record["id"] for record in records]


async def find_last_evidence(tx: Tx, payment_id: UUID) -> Evidence | None:
    """Return what moved a payment to where it stands."""
    found = await tx.value(
        """
        SELECT evidence FROM payment_events
         WHERE business_id = $1 AND payment_id = $2
         ORDER BY sequence DESC
         LIMIT 1
        """,
        tx.business_id,
        payment_id,
    )
    return Evidence(found) if found else None


async def find_by_money(tx: Tx, money_in_id: UUID) -> UUID | None:
    """Return the payment that ended in a receipt of money."""
    found: UUID | None = await tx.value(
        "SELECT id FROM payments WHERE business_id = $1 AND money_in_id = $2", tx.business_id, money_in_id
    )
    return found


async def find_by_reference(tx: Tx, account_reference: str) -> Payment | None:
    """Return the attempt whose account reference a payer gave; references for tokens are not attempts' own."""
    return await tx.row(
        Payment,
        """
        SELECT id, purpose, sale_id, payment_config_id, method, state, amount, tendered, change_given, returned_at,
               phone, shortcode, account_reference, merchant_request_id, checkout_request_id, result_code,
               result_text, deadline_at, money_in_id, request_id, created_at, updated_at, credit_account_id,
               debt_sale_id, drawer_id
          FROM payments
         WHERE business_id = $1 AND account_reference = $2 AND purpose <> 'tokens'
        """,
        tx.business_id,
        account_reference,
    )


async def list_asked(
    tx: Tx, shortcode: str, amount: Decimal, asked_after: datetime, asked_before: datetime
) -> list[Payment]:
    """Return attempts to collect an amount for a sale or a debt that were begun between two instants, oldest first."""
    return await tx.rows(
        Payment,
        """
        SELECT id, purpose, sale_id, payment_config_id, method, state, amount, tendered, change_given, returned_at,
               phone, shortcode, account_reference, merchant_request_id, checkout_request_id, result_code,
               result_text, deadline_at, money_in_id, request_id, created_at, updated_at, credit_account_id,
               debt_sale_id, drawer_id
          FROM payments
         WHERE business_id = $1 AND method = 'mpesa' AND purpose IN ('sale', 'credit') AND shortcode = $2
           AND amount = $3 AND created_at BETWEEN $4 AND $5
         ORDER BY created_at, id
         LIMIT 100
        """,
        tx.business_id,
        shortcode,
        amount,
        asked_after,
        asked_before,
    )


async def require_own_money(tx: Tx, money_in_id: UUID) -> None:
    """Make sure that a receipt of money is the shop's own; raises MoneyOfPlatform where it was paid for tokens."""
    paid = await find_by_money(tx, money_in_id)
    if paid is not None and (await get_payment(tx, paid)).purpose is PaymentFor.TOKENS:
        raise MoneyOfPlatform(money_in_id=money_in_id)
