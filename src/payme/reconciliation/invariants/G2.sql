-- The ledger's accounts are what the books say that they mirror: goods, debts, customer credit, M-Pesa, refunds, cash,
-- and what was paid for sales that are still open.
-- focus: nightly
WITH posted AS (
    SELECT said.fact, rule.debit, rule.credit, said.amount
      FROM (SELECT fact, sum(amount) AS amount
              FROM (SELECT fact, amount
                      FROM ledger_days
                     WHERE business_id = $1 AND fact <> 'goods_rounding'
                     UNION ALL
                    SELECT fact, amount
                      FROM ledger_facts
                     WHERE business_id = $1
                       AND day >= greatest((SELECT kept_until + 1 FROM ledger_marks WHERE business_id = $1),
                                           '1900-01-01')
                       AND at >= greatest((SELECT (kept_until + 1)::timestamp AT TIME ZONE 'Africa/Nairobi'
                                             FROM ledger_marks WHERE business_id = $1), '1900-01-01 00:00Z')
                     UNION ALL
                    SELECT 'goods_rounding', amount
                      FROM ledger_roundings($1, '1900-01-01', '2999-12-31')) AS entry
             GROUP BY fact) AS said
      JOIN ledger_rules AS rule ON rule.fact = said.fact
), ledger AS (
    SELECT account, sum(amount) AS amount
      FROM (SELECT debit AS account, amount FROM posted UNION ALL SELECT credit, -amount FROM posted) AS line
     GROUP BY account
), cash AS (
    SELECT expected - opening_float + coalesce(counted - closing, 0) AS amount
      FROM drawer_totals
     WHERE business_id = $1 AND tender = 'cash'
     UNION ALL
    -- What lies in the safe.
    SELECT CASE kind WHEN 'cash_out' THEN amount ELSE -amount END
      FROM drawer_movements
     WHERE business_id = $1 AND purpose = 'safe'
     UNION ALL
    -- What no drawer counted.
    SELECT moved.amount
      FROM (SELECT id AS source_id, amount FROM payments WHERE business_id = $1 AND method = 'cash'
             UNION ALL
            SELECT sale_id, -sum(amount)
              FROM payments
             WHERE business_id = $1 AND returned_at IS NOT NULL
             GROUP BY sale_id
             UNION ALL
            SELECT return_id, -sum(amount)
              FROM money_back
             WHERE business_id = $1 AND way = 'cash' AND return_id IS NOT NULL
             GROUP BY return_id
             UNION ALL
            SELECT id, -amount FROM refunds WHERE business_id = $1 AND state = 'paid' AND method = 'cash') AS moved
      LEFT JOIN drawer_movements AS counted
        ON counted.business_id = $1 AND counted.source_id = moved.source_id AND counted.tender = 'cash'
       AND NOT counted.after_closing
     WHERE counted.id IS NULL
), mirrored AS (
    SELECT '1200' AS account, floor(sum(value) * 100 + 0.5) / 100 AS amount
      FROM (SELECT quantity_available * unit_cost AS value FROM stock_batches WHERE business_id = $1
             UNION ALL
            SELECT part.quantity * part.unit_cost
              FROM sale_item_takings AS part
              JOIN sales AS sale ON sale.business_id = $1 AND sale.id = part.sale_id
             WHERE part.business_id = $1 AND sale.state = 'open') AS goods
     UNION ALL
    SELECT '1100', sum(balance_due) FROM credit_accounts WHERE business_id = $1
     UNION ALL
    SELECT '2000', -sum(customer_credit) FROM credit_accounts WHERE business_id = $1
     UNION ALL
    SELECT '2050', -sum(paid + on_account) FROM sales WHERE business_id = $1 AND state = 'open'
     UNION ALL
    SELECT '1010', sum(amount)
      FROM (SELECT money.amount
              FROM money_in AS money
              LEFT JOIN payments AS bought
                ON bought.business_id = $1 AND bought.money_in_id = money.id AND bought.purpose = 'tokens'
             WHERE money.business_id = $1 AND bought.id IS NULL
             UNION ALL
            SELECT -amount FROM refunds WHERE business_id = $1 AND state = 'paid' AND method <> 'cash'
             UNION ALL
            SELECT -amount FROM mpesa_fees WHERE business_id = $1
             UNION ALL
            SELECT amount FROM statement_entries WHERE business_id = $1
             UNION ALL
            SELECT adjusted - amount
              FROM expenses
             WHERE business_id = $1 AND paid_from = 'mpesa' AND reversed_at IS NULL) AS mpesa
     UNION ALL
    SELECT '2130', -sum(amount)
      FROM (SELECT amount FROM statement_entries WHERE business_id = $1
             UNION ALL
            SELECT adjusted FROM expenses WHERE business_id = $1 AND reversed_at IS NULL) AS alone
     UNION ALL
    SELECT '2120', -sum(amount) FROM refunds WHERE business_id = $1 AND state IN ('approved', 'paying', 'unknown')
     UNION ALL
    SELECT '1000', sum(amount) FROM cash
)
SELECT $1::text AS subject,
       format('account %s is %s, where its books say %s', mirrored.account, coalesce(ledger.amount, 0),
              coalesce(mirrored.amount, 0)) AS detail
  FROM mirrored
  LEFT JOIN ledger ON ledger.account = mirrored.account
 WHERE coalesce(ledger.amount, 0) <> coalesce(mirrored.amount, 0)
