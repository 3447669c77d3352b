-- A sale is voided by exactly one void that was carried out, and then its goods, its money and the ways back sum to
-- nothing; above the limit another person agreed.
-- focus: sale
WITH touched AS (
    SELECT id FROM sales WHERE business_id = $1 AND state = 'voided'
     UNION
    SELECT sale_id FROM voids WHERE business_id = $1 AND state = 'done'
)
SELECT sale.id::text AS subject,
       format('%s, voided %s times: %s of goods, %s of M-Pesa, %s of cash stand, %s of %s went back', sale.state,
              coalesce(void.times, 0), coalesce(goods.quantity, 0), coalesce(mpesa.amount, 0), coalesce(cash.amount, 0),
              coalesce(void.amount, 0), sale.total) AS detail
  FROM touched
  JOIN sales AS sale ON sale.business_id = $1 AND sale.id = touched.id
  LEFT JOIN (SELECT done.sale_id, count(DISTINCT done.id) AS times, coalesce(sum(part.amount), 0) AS amount,
                    bool_or(done.two_people AND (done.decided_by IS NULL OR done.decided_by = done.requested_by))
                    AS is_alone
               FROM voids AS done
               LEFT JOIN money_back AS part ON part.business_id = $1 AND part.void_id = done.id
              WHERE done.business_id = $1 AND done.state = 'done'
              GROUP BY done.sale_id) AS void ON void.sale_id = sale.id
  LEFT JOIN (SELECT source_id, sum(abs(quantity)) AS quantity
               FROM (SELECT source_id, batch_id, sum(quantity) AS quantity
                       FROM stock_movements
                      WHERE business_id = $1 AND kind IN ('sale', 'sale_voided')
                        AND source_id IN (SELECT id FROM touched)
                      GROUP BY source_id, batch_id) AS of_a_batch
              GROUP BY source_id) AS goods ON goods.source_id = sale.id
  LEFT JOIN (SELECT sale_id, sum(amount) AS amount
               FROM allocations
              WHERE business_id = $1 AND purpose = 'sale' AND sale_id IN (SELECT id FROM touched)
              GROUP BY sale_id) AS mpesa ON mpesa.sale_id = sale.id
  LEFT JOIN (SELECT sale_id, sum(amount) AS amount
               FROM payments
              WHERE business_id = $1 AND method = 'cash' AND returned_at IS NULL AND sale_id IN (SELECT id FROM touched)
              GROUP BY sale_id) AS cash ON cash.sale_id = sale.id
 WHERE CASE WHEN sale.state = 'voided'
            THEN void.times IS DISTINCT FROM 1 OR void.is_alone OR void.amount <> sale.total
                 OR coalesce(goods.quantity, 0) <> 0 OR coalesce(mpesa.amount, 0) <> 0 OR coalesce(cash.amount, 0) <> 0
            ELSE void.times IS NOT NULL END
