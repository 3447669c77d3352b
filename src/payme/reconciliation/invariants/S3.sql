-- What a sale says it was paid is its M-Pesa money and the cash that was not returned, with what went back for goods
-- that came back. With what is on an account it is the total where the sale was completed, less where it is open; nothing
-- where it is cancelled or voided.
-- focus: sale
SELECT sale.id::text AS subject,
       format('%s, total %s, paid %s, on account %s, where M-Pesa %s and cash %s came and M-Pesa %s went back', sale.state,
              sale.total, sale.paid, sale.on_account, coalesce(mpesa.amount, 0), coalesce(cash.amount, 0),
              coalesce(back.amount, 0)) AS detail
  FROM sales AS sale
  LEFT JOIN (SELECT sale_id, sum(amount) AS amount
               FROM allocations
              WHERE business_id = $1 AND purpose = 'sale' AND sale_id IS NOT NULL
              GROUP BY sale_id) AS mpesa ON mpesa.sale_id = sale.id
  LEFT JOIN (SELECT sale_id, sum(amount) AS amount
               FROM payments
              WHERE business_id = $1 AND method = 'cash' AND returned_at IS NULL
              GROUP BY sale_id) AS cash ON cash.sale_id = sale.id
  LEFT JOIN (SELECT sale_id, sum(amount) AS amount
               FROM money_back
              WHERE business_id = $1 AND way = 'mpesa' AND return_id IS NOT NULL
              GROUP BY sale_id) AS back ON back.sale_id = sale.id
 WHERE sale.business_id = $1
   AND (sale.paid <> coalesce(mpesa.amount, 0) + coalesce(cash.amount, 0) + coalesce(back.amount, 0)
        OR CASE WHEN sale.state IN ('completed', 'partly_returned', 'returned')
                THEN sale.paid + sale.on_account <> sale.total
                WHEN sale.state IN ('cancelled', 'voided') THEN sale.paid + sale.on_account <> 0
                -- A sale of nothing is open until somebody takes nothing for it.
                ELSE sale.paid + sale.on_account = sale.total AND sale.total > 0 END)
