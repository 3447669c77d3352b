"""One fault for each way in which what is kept of ended days may differ from the books."""

from tests.reconciliation.planting import fault

FAULTS_OF_DAYS = (
    fault(
        "a day was kept twice over",
        "D1",
        """INSERT INTO day_sales (business_id, day, sales, revenue, cost, cash, on_account, returns, returned,
                                  returned_cost, returned_cash, returned_on_account)
           SELECT business_id, day, sales * 2, revenue * 2, cost * 2, cash * 2, on_account, returns, returned,
                  returned_cost, returned_cash, returned_on_account FROM counted_days
            WHERE business_id = $1;
           INSERT INTO day_products (business_id, day, product_id, quantity, revenue, cost, returned_quantity, returned,
                                     returned_cost)
           SELECT business_id, day, product_id, quantity, revenue, cost, returned_quantity, returned, returned_cost
             FROM counted_products WHERE business_id = $1;
           INSERT INTO day_cashiers (business_id, day, user_id, sales, revenue, returns, returned)
           SELECT business_id, day, user_id, sales, revenue, returns, returned FROM counted_cashiers
            WHERE business_id = $1;
           INSERT INTO report_marks (business_id, kept_until, kept_sequence, updated_at)
           SELECT $1, max(day), 0, now() FROM counted_days WHERE business_id = $1
        RETURNING business_id""",
    ),
    fault(
        "days are said to be kept and are not",
        "D1",
        """INSERT INTO report_marks (business_id, kept_until, kept_sequence, updated_at)
           VALUES ($1, '2999-12-31', 0, now()) RETURNING business_id""",
        "D2",
        "D3",
    ),
    fault(
        "a product is kept that was not sold",
        "D2",
        """INSERT INTO day_products (business_id, day, product_id, quantity, revenue, cost, returned_quantity, returned,
                                     returned_cost)
           SELECT business_id, '2020-01-01', id, 1, 1, 1, 0, 0, 0 FROM products WHERE business_id = $1 LIMIT 1
        RETURNING product_id""",
    ),
    fault(
        "a person is kept who rang nothing up",
        "D3",
        """INSERT INTO day_cashiers (business_id, day, user_id, sales, revenue, returns, returned)
           SELECT business_id, '2020-01-01', user_id, 1, 1, 0, 0 FROM members WHERE business_id = $1 LIMIT 1
        RETURNING user_id""",
    ),
    fault(
        "a grant of tokens was kept twice",
        "D4",
        """INSERT INTO day_tokens (business_id, day, granted, bought, reserved, charged, refunded, owed)
           SELECT business_id, (created_at AT TIME ZONE 'Africa/Nairobi')::date, 2 * change_tokens, 0, 0, 0, 0, 0
             FROM wallet_transactions WHERE business_id = $1 ORDER BY sequence LIMIT 1;
           INSERT INTO report_marks (business_id, kept_until, kept_sequence, updated_at)
           SELECT $1, '2020-01-01', min(sequence), now() FROM wallet_transactions WHERE business_id = $1
        RETURNING business_id""",
    ),
)
