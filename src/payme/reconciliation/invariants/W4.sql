-- The token of a sale is reserved at most once, charged at most once and refunded at most once.
-- focus: sale
SELECT sale_id::text AS subject, format('%s %s times', type, count(*)) AS detail
  FROM wallet_transactions
 WHERE business_id = $1 AND sale_id IS NOT NULL
 GROUP BY sale_id, type
HAVING count(*) > 1
