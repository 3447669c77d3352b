"""Reads of payments."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from payme import payment_configs
from payme.kit.db.transaction import Tx
from payme.kit.paging import After
from payme.payments.errors import PaymentConfigNotTested, PaymentNotFound
from payme.payments.models import MoneyIn, Payment
from payme.payments.types import Evidence


@dataclass(frozen=True, slots=True)
class SaleMoney:
    """Money of a receipt that stands in a sale's account."""

    money_in_id: UUID
    amount: Decimal


async def get_payment(tx: Tx, payment_id: UUID) -> Payment:
    """Return a payment; raises PaymentNotFound."""
    found = await tx.row(
        Payment,
        """
        SELECT id, purpose, sale_id, payment_config_id, method, state, amount, tendered, change_given, returned_at,
               phone, shortcode, account_reference, merchant_request_id, checkout_request_id, result_code,
               result_text, deadline_at, request_id, created_at, updated_at
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
               result_text, deadline_at, request_id, created_at, updated_at
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
               result_text, deadline_at, request_id, created_at, updated_at
          FROM payments
         WHERE business_id = $1 AND sale_id = $2
           AND method = 'mpesa' AND state IN ('created', 'submitting', 'unknown', 'submitted')
        """,
        tx.business_id,
        sale_id,
    )


async def find_live_test(tx: Tx, config_id: UUID) -> Payment | None:
    """Return the test of a payment config that runs now, if one does."""
    return await tx.row(
        Payment,
        """
        SELECT id, purpose, sale_id, payment_config_id, method, state, amount, tendered, change_given, returned_at,
               phone, shortcode, account_reference, merchant_request_id, checkout_request_id, result_code,
               result_text, deadline_at, request_id, created_at, updated_at
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
               result_text, deadline_at, request_id, created_at, updated_at
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
               result_text, deadline_at, request_id, created_at, updated_at
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


async def find_money_in(tx: Tx, payment_id: UUID) -> MoneyIn | None:
    """Return the receipt of money of a payment, if it came."""
    return await tx.row(
        MoneyIn,
        """
        SELECT id, shortcode, receipt, amount, phone, paid_at, payment_id, callback_id, created_at
          FROM money_in
         WHERE business_id = $1 AND payment_id = $2
        """,
        tx.business_id,
        payment_id,
    )


async def sale_money(tx: Tx, sale_id: UUID) -> list[SaleMoney]:
    """Return the M-Pesa money that stands in a sale's account, by receipt."""
    return await tx.rows(
        SaleMoney,
        """
        SELECT money_in_id, sum(amount) AS amount
          FROM allocations
         WHERE business_id = $1 AND sale_id = $2 AND purpose = 'sale'
         GROUP BY money_in_id
        HAVING sum(amount) <> 0
         ORDER BY money_in_id
        """,
        tx.business_id,
        sale_id,
    )


async def list_money_in(tx: Tx, after: After | None, limit: int) -> list[MoneyIn]:
    """Return receipts of money newest first."""
    return await tx.rows(
        MoneyIn,
        """
        SELECT id, shortcode, receipt, amount, phone, paid_at, payment_id, callback_id, created_at
          FROM money_in
         WHERE business_id = $1 AND ($2::timestamptz IS NULL OR (created_at, id) < ($2, $3::uuid))
         ORDER BY created_at DESC, id DESC
         LIMIT $4
        """,
        tx.business_id,
        after and after.at,
        after and after.id,
        limit,
    )
