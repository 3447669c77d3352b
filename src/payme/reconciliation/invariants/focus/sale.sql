-- Some sales with everything that happened to them.
sales AS (SELECT * FROM sales WHERE business_id = $1 AND id = ANY($3)),
sale_items AS (SELECT * FROM sale_items WHERE business_id = $1 AND sale_id = ANY($3)),
sale_item_takings AS (SELECT * FROM sale_item_takings WHERE business_id = $1 AND sale_id = ANY($3)),
sale_events AS (SELECT * FROM sale_events WHERE business_id = $1 AND sale_id = ANY($3)),
sale_item_returns AS (SELECT * FROM sale_item_returns WHERE business_id = $1 AND sale_id = ANY($3)),
returns AS (SELECT * FROM returns WHERE business_id = $1 AND sale_id = ANY($3)),
voids AS (SELECT * FROM voids WHERE business_id = $1 AND sale_id = ANY($3)),
money_back AS (SELECT * FROM money_back WHERE business_id = $1 AND sale_id = ANY($3)),
refunds AS (
    SELECT * FROM refunds WHERE business_id = $1 AND id = ANY(ARRAY(SELECT refund_id FROM money_back) || $3)),
wallet_transactions AS (SELECT * FROM wallet_transactions WHERE business_id = $1 AND sale_id = ANY($3)),
allocations AS (SELECT * FROM allocations WHERE business_id = $1 AND sale_id = ANY($3)),
stock_adjustments AS (SELECT * FROM stock_adjustments WHERE business_id = $1 AND id = ANY($3)),
stock_movements AS (
    SELECT * FROM stock_movements WHERE business_id = $1 AND source_id = ANY(ARRAY(SELECT id FROM returns) || $3)),
drawer_movements AS (
    SELECT * FROM drawer_movements WHERE business_id = $1 AND source_id = ANY(ARRAY(SELECT id FROM returns) || $3)),
credit_accounts AS (SELECT * FROM credit_accounts WHERE business_id = $1 AND id = ANY($3)),
credit_sales AS (SELECT * FROM credit_sales WHERE business_id = $1 AND sale_id = ANY($3)),
credit_ledger AS (SELECT * FROM credit_ledger WHERE business_id = $1 AND sale_id = ANY($3)),
credit_payment_parts AS (SELECT * FROM credit_payment_parts WHERE business_id = $1 AND sale_id = ANY($3)),
credit_write_offs AS (SELECT * FROM credit_write_offs WHERE business_id = $1 AND sale_id = ANY($3)),
credit_payments AS (SELECT * FROM credit_payments WHERE business_id = $1 AND id = ANY($3)),
payments AS (
    SELECT * FROM payments
     WHERE business_id = $1
       AND (sale_id = ANY($3) OR id = ANY(ARRAY(SELECT payment_id FROM credit_payments) || $3))),
audit_entries AS (SELECT * FROM audit_entries WHERE business_id = $1 AND subject_id = ANY($3))
