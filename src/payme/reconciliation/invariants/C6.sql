-- What a sale says is on an account is what the ledger put there for it; of a voided one nothing is.
-- focus: sale
SELECT coalesce(sale.id, charged.sale_id)::text AS subject,
       format('on account %s, in the ledger %s', coalesce(sale.on_account, 0), coalesce(charged.amount, 0)) AS detail
  FROM (SELECT id, on_account FROM sales WHERE business_id = $1 AND on_account <> 0) AS sale
  FULL JOIN (SELECT sale_id, sum(change_due - change_credit) AS amount
               FROM credit_ledger
              WHERE business_id = $1 AND kind IN ('sale', 'credit_used', 'credit_returned')
                AND sale_id NOT IN (SELECT id FROM sales WHERE business_id = $1 AND state = 'voided')
              GROUP BY sale_id
             HAVING sum(change_due - change_credit) <> 0) AS charged ON charged.sale_id = sale.id
 WHERE coalesce(sale.on_account, 0) <> coalesce(charged.amount, 0)
