"""A history that agrees with itself: sales of a staged shop, written by SQL past the services, oldest first.

Each sale has two lines of one article each, three in four are paid in cash and one by M-Pesa, with every row that a
sale writes but the answer kept under its Idempotency-Key: no invariant finds anything in it.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import asyncpg
from stage import STOCK, TOKENS, StagedShop

AT_ONCE = 100_000
"""Sales that one statement writes."""
FIRST_TOKENS = 10
"""What a business is given when it opens."""

_SHELF = """
    CREATE TEMP TABLE shelf AS
    SELECT row_number() OVER (ORDER BY product_id) - 1 AS place, product_id, id AS batch_id, unit_cost
      FROM stock_batches WHERE business_id = $1
"""
_SOLD = """
    CREATE TEMP TABLE sold AS
    SELECT number, at, number % 4 = 3 AS by_phone, uuidv7(at - clock_timestamp()) AS id,
           uuidv7(at - clock_timestamp()) AS payment_id, uuidv7(at - clock_timestamp()) AS money_id
      FROM generate_series($3::bigint, $4::bigint) AS number
     CROSS JOIN LATERAL (SELECT $1::timestamptz + number * interval '1 day' / $2::integer) AS moment (at)
"""
_LINES = """
    CREATE TEMP TABLE lines AS
    SELECT sold.number, sold.id AS sale_id, sold.at, line, uuidv7(sold.at - clock_timestamp()) AS id, shelf.product_id,
           shelf.batch_id, shelf.unit_cost, $1::numeric - (sold.number * 2 + line - 1) / shelves.places - 1 AS left
      FROM sold
     CROSS JOIN generate_series(1, 2) AS line
     CROSS JOIN (SELECT count(*) AS places FROM shelf) AS shelves
      JOIN shelf ON shelf.place = (sold.number * 2 + line - 1) % shelves.places
"""
_ROWS = (
    """
    INSERT INTO sales (business_id, id, number, state, total, paid, opened_by, opened_at, completed_at, business_day,
                       created_at, updated_at)
    SELECT $1, id, number + 1, 'completed', 41, 41, $2, at, at, (at AT TIME ZONE 'Africa/Nairobi')::date, at, at
      FROM sold ORDER BY number
    """,
    """
    INSERT INTO sale_items (business_id, id, sale_id, line, product_id, product_name, unit, quantity, list_price,
                            unit_price, discount, line_total)
    SELECT $1, id, sale_id, line, product_id, 'Article', 'kg', 1, 20.50, 20.50, 0, 20.50
      FROM lines ORDER BY number, line
    """,
    """
    INSERT INTO sale_item_takings (business_id, sale_item_id, batch_id, sale_id, quantity, unit_cost)
    SELECT $1, id, batch_id, sale_id, 1, unit_cost FROM lines ORDER BY number, line
    """,
    """
    INSERT INTO stock_movements (business_id, id, batch_id, product_id, kind, source_id, quantity, unit_cost,
                                 available_after, moved_by, created_at)
    SELECT $1, uuidv7(at - clock_timestamp()), batch_id, product_id, 'sale', sale_id, -1, unit_cost, "left", $2, at
      FROM lines ORDER BY number, line
    """,
    """
    INSERT INTO sale_events (business_id, id, sale_id, from_state, to_state, created_at)
    SELECT $1, uuidv7(at - clock_timestamp()), id, before, after, at
      FROM sold CROSS JOIN (VALUES (1, NULL, 'open'), (2, 'open', 'completed')) AS step (place, before, after)
     ORDER BY number, place
    """,
    """
    INSERT INTO wallet_transactions (business_id, id, type, change_tokens, balance_after, sale_id, created_at)
    SELECT $1, uuidv7(at - clock_timestamp()), type, change, $3::integer - number - 1, id, at
      FROM sold CROSS JOIN (VALUES (1, 'reserve', -1), (2, 'charge', 0)) AS step (place, type, change)
     ORDER BY number, place
    """,
    """
    INSERT INTO money_in (business_id, id, shortcode, receipt, amount, paid_at, source, created_at)
    SELECT $1, money_id, '174379', 'R' || lpad(number::text, 9, '0'), 41, at, 'status', at
      FROM sold WHERE by_phone ORDER BY number
    """,
    """
    INSERT INTO mpesa_receipts (receipt, shortcode, business_id, money_in_id, created_at)
    SELECT 'R' || lpad(number::text, 9, '0'), '174379', $1, money_id, at FROM sold WHERE by_phone ORDER BY number
    """,
    """
    INSERT INTO allocations (business_id, id, money_in_id, purpose, sale_id, amount, created_at)
    SELECT $1, uuidv7(at - clock_timestamp()), money_id, 'sale', id, 41, at FROM sold WHERE by_phone ORDER BY number
    """,
    """
    INSERT INTO payments (business_id, id, purpose, sale_id, method, state, amount, tendered, change_given, phone,
                          shortcode, account_reference, deadline_at, money_in_id, request_id, created_at, updated_at)
    SELECT $1, payment_id, 'sale', id, CASE WHEN by_phone THEN 'mpesa' ELSE 'cash' END, 'succeeded', 41,
           CASE WHEN NOT by_phone THEN 50 END, CASE WHEN NOT by_phone THEN 9 END,
           CASE WHEN by_phone THEN '254712345678' END, CASE WHEN by_phone THEN '174379' END,
           CASE WHEN by_phone THEN 'B' || number END, CASE WHEN by_phone THEN at END,
           CASE WHEN by_phone THEN money_id END, 'bench', at, at
      FROM sold ORDER BY number
    """,
    """
    INSERT INTO payment_events (business_id, id, payment_id, from_state, to_state, evidence, created_at)
    SELECT $1, uuidv7(at - clock_timestamp()), payment_id, before, after, evidence, at
      FROM sold
      JOIN (VALUES (false, 1, NULL, 'succeeded', 'till'), (true, 1, NULL, 'created', 'till'),
                   (true, 2, 'created', 'submitting', 'submission'), (true, 3, 'submitting', 'submitted', 'submission'),
                   (true, 4, 'submitted', 'succeeded', 'status')) AS step (by_phone, place, before, after, evidence)
        USING (by_phone)
     ORDER BY number, place
    """,
    """
    INSERT INTO audit_entries (business_id, id, at, actor_kind, actor_name, user_id, request_id, action, subject_id,
                               facts)
    SELECT $1, uuidv7(at - clock_timestamp()), at, 'member', 'owner', $2, 'bench', action, subject_id, facts
      FROM (SELECT number, at, 1 AS place, 'sale_opened' AS action, id AS subject_id,
                   '{"lines": [{"quantity": "1"}, {"quantity": "1"}], "total": "41.00"}'::jsonb AS facts
              FROM sold
             UNION ALL
            SELECT number, at, 2, 'stock_taken', sale_id,
                   jsonb_build_object('changes', jsonb_agg(jsonb_build_object(
                       'batch_id', batch_id, 'product_id', product_id, 'change', '-1.000', 'unit_cost', unit_cost::text,
                       'available_before', ("left" + 1)::text, 'available_after', "left"::text)))
              FROM lines GROUP BY number, at, sale_id
             UNION ALL
            SELECT number, at, 3, 'token_reserved', id,
                   jsonb_build_object('balance_before', $3::integer - number, 'balance_after', $3::integer - number - 1)
              FROM sold
             UNION ALL
            SELECT number, at, 4, 'cash_taken', payment_id,
                   jsonb_build_object('amount', '41.00', 'sale_id', id, 'drawer_id', NULL) FROM sold WHERE NOT by_phone
             UNION ALL
            SELECT number, at, 4, 'payment_requested', payment_id,
                   jsonb_build_object('amount', '41.00', 'sale_id', id) FROM sold WHERE by_phone
             UNION ALL
            SELECT number, at, 5, 'payment_moved', payment_id, jsonb_build_object('after', state, 'sale_id', id)
              FROM sold CROSS JOIN unnest(ARRAY['submitting', 'submitted', 'succeeded']) AS state WHERE by_phone
             UNION ALL
            SELECT number, at, 6, 'money_received', money_id, '{"amount": "41.00"}' FROM sold WHERE by_phone
             UNION ALL
            SELECT number, at, 7, 'money_allocated', money_id,
                   jsonb_build_object('amount', '41.00', 'purpose', 'sale', 'sale_id', id) FROM sold WHERE by_phone
             UNION ALL
            SELECT number, at, 8, 'sale_paid', id, '{"before": "0.00", "after": "41.00", "total": "41.00"}' FROM sold
             UNION ALL
            SELECT number, at, 9, 'sale_completed', id, jsonb_build_object('total', '41.00', 'number', number + 1)
              FROM sold
             UNION ALL
            SELECT number, at, 10, 'token_charged', id,
                   jsonb_build_object('balance_before', $3::integer - number - 1,
                                      'balance_after', $3::integer - number - 1)
              FROM sold) AS entry
     ORDER BY number, place
    """,
)
_ENDS = (
    "UPDATE wallets SET balance_tokens = balance_tokens - $2 WHERE business_id = $1",
    """
    INSERT INTO receipt_counters AS counter (business_id, last_number) VALUES ($1, $2)
        ON CONFLICT (business_id) DO UPDATE SET last_number = EXCLUDED.last_number
    """,
    """
    UPDATE stock_batches AS batch SET quantity_available = quantity_available - taken.quantity
      FROM (SELECT batch_id, sum(quantity) AS quantity FROM sale_item_takings WHERE business_id = $1 GROUP BY batch_id)
           AS taken
     WHERE batch.business_id = $1 AND batch.id = taken.batch_id AND $2::bigint > 0
    """,
)


async def write_history(
    connection: asyncpg.Connection,
    shop: StagedShop,
    sales: int,
    a_day: int,
    on_written: Callable[[int], None] = lambda _: None,
) -> None:
    """Let a shop that sold nothing have sold so much, the same each day, until a minute ago.

    ``on_written`` is told how many sales are written.
    """
    ended = datetime.now(UTC) - timedelta(minutes=1)
    began = ended - timedelta(days=1) / a_day * sales
    await connection.execute("SET session_replication_role = replica")  # foreign keys hold by the way this is written
    await connection.execute("SET work_mem = '256MB'")
    await connection.execute(_SHELF, shop.business_id)
    given = {"$2": shop.owner.user_id, "$3": FIRST_TOKENS + TOKENS}
    for start in range(0, sales, AT_ONCE):
        await connection.execute(_SOLD, began, a_day, start, min(start + AT_ONCE, sales) - 1)
        await connection.execute(_LINES, STOCK)
        for statement in _ROWS:
            await connection.execute(
                _numbered(statement), shop.business_id, *(given[name] for name in given if name in statement)
            )
        await connection.execute("DROP TABLE sold, lines")
        on_written(min(start + AT_ONCE, sales))
    for statement in _ENDS:
        await connection.execute(statement, shop.business_id, sales)
    await connection.execute("DROP TABLE shelf; RESET session_replication_role; RESET work_mem")


def _numbered(statement: str) -> str:
    return statement if "$2" in statement else statement.replace("$3", "$2")
