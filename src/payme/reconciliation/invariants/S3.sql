-- What a sale says it was paid is its M-Pesa money and the cash that was not returned: the total where it is completed,
-- less where it is open, nothing where it is cancelled.
SELECT sale.id::text AS subject,
       format('%s, total %s, paid %s, where M-Pesa %s and cash %s came', sale.state, sale.total, sale.paid,
              coalesce(mpesa.amount, 0), coalesce(cash.amount, 0)) AS detail
  FROM sales AS sale
  LEFT JOIN (SELECT sale_id, sum(amount) AS amount
               FROM allocations
              WHERE business_id = $1 AND purpose = 'sale' AND sale_id IS NOT NULL
              GROUP BY sale_id) AS mpesa ON mpesa.sale_id = sale.id
  LEFT JOIN (SELECT sale_id, sum(amount) AS amount
               FROM payments
              WHERE business_id = $1 AND method = 'cash' AND returned_at IS NULL
              GROUP BY sale_id) AS cash ON cash.sale_id = sale.id
 WHERE sale.business_id = $1
   AND (sale.paid <> coalesce(mpesa.amount, 0) + coalesce(cash.amount, 0)
        OR CASE sale.state WHEN 'completed' THEN sale.paid <> sale.total
                           WHEN 'cancelled' THEN sale.paid <> 0
                           -- A sale of nothing is open until somebody takes nothing for it.
                           ELSE sale.paid = sale.total AND sale.total > 0 END)
