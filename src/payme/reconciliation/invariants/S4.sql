-- A sale never takes more than its total.
-- focus: sale
SELECT sale.id::text AS subject, format('total %s, taken %s', sale.total, sum(taken.amount)) AS detail
  FROM sales AS sale
  JOIN (SELECT sale_id, amount
          FROM allocations
         WHERE business_id = $1 AND purpose = 'sale' AND sale_id IS NOT NULL
         UNION ALL
        SELECT sale_id, amount
          FROM payments
         WHERE business_id = $1 AND method = 'cash' AND returned_at IS NULL
         UNION ALL
        SELECT sale_id, change_due - change_credit
          FROM credit_ledger
         WHERE business_id = $1 AND kind IN ('sale', 'credit_used', 'credit_returned')) AS taken ON taken.sale_id = sale.id
 WHERE sale.business_id = $1
 GROUP BY sale.id, sale.total
HAVING sum(taken.amount) > sale.total
