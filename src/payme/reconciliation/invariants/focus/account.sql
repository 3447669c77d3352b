-- Some credit accounts with their debts, repayments and ledgers.
credit_payments AS (
    SELECT * FROM credit_payments WHERE business_id = $1 AND (account_id = ANY($3) OR money_in_id = ANY($3))),
credit_payment_parts AS (
    SELECT * FROM credit_payment_parts
     WHERE business_id = $1 AND credit_payment_id = ANY(ARRAY(SELECT id FROM credit_payments))),
credit_accounts AS (
    SELECT * FROM credit_accounts
     WHERE business_id = $1 AND id = ANY(ARRAY(SELECT account_id FROM credit_payments) || $3)),
credit_ledger AS (
    SELECT * FROM credit_ledger
     WHERE business_id = $1 AND account_id = ANY(ARRAY(SELECT account_id FROM credit_payments) || $3)),
credit_sales AS (
    SELECT * FROM credit_sales
     WHERE business_id = $1 AND account_id = ANY(ARRAY(SELECT account_id FROM credit_payments) || $3)),
allocations AS (
    SELECT * FROM allocations
     WHERE business_id = $1 AND money_in_id = ANY(ARRAY(SELECT money_in_id FROM credit_payments) || $3)),
payments AS (
    SELECT * FROM payments
     WHERE business_id = $1 AND id = ANY(ARRAY(SELECT payment_id FROM credit_payments) || $3))
