-- What a drawer counted is what was moved: each cash movement its payment, cancellation, return or refund; M-PESA what
-- is allocated to the drawer's sales and repayments that were asked for there; on account what of the sales is on an
-- account and did not come back.
-- focus: sale
WITH cash AS (
    SELECT movement.id, movement.kind, movement.amount,
           CASE movement.kind
           WHEN 'refunded' THEN (SELECT amount FROM refunds AS refund
                                  WHERE refund.business_id = $1 AND refund.id = movement.source_id
                                    AND refund.method = 'cash' AND refund.state = 'paid')
           WHEN 'cancelled' THEN (SELECT sum(amount) FROM payments AS payment
                                   WHERE payment.business_id = $1 AND payment.sale_id = movement.source_id
                                     AND payment.method = 'cash' AND payment.returned_at = movement.created_at)
           WHEN 'returned' THEN (SELECT sum(amount) FROM money_back AS back
                                  WHERE back.business_id = $1 AND back.return_id = movement.source_id
                                    AND back.way = 'cash')
           ELSE (SELECT amount FROM payments AS payment
                  WHERE payment.business_id = $1 AND payment.id = movement.source_id AND payment.method = 'cash')
           END AS moved
      FROM drawer_movements AS movement
     WHERE movement.business_id = $1 AND movement.tender = 'cash'
       AND movement.kind NOT IN ('float', 'cash_in', 'cash_out')
), mpesa AS (
    SELECT coalesce(back.sale_id, movement.source_id) AS sale_id,
           sum(CASE movement.kind WHEN 'sale' THEN movement.amount ELSE -movement.amount END) AS amount
      FROM drawer_movements AS movement
      LEFT JOIN returns AS back ON back.business_id = $1 AND back.id = movement.source_id
     WHERE movement.business_id = $1 AND movement.tender = 'mpesa' AND movement.kind <> 'repayment'
     GROUP BY 1
), account AS (
    SELECT coalesce(back.sale_id, movement.source_id) AS sale_id,
           sum(CASE movement.kind WHEN 'sale' THEN movement.amount ELSE -movement.amount END) AS amount
      FROM drawer_movements AS movement
      LEFT JOIN returns AS back ON back.business_id = $1 AND back.id = movement.source_id
     WHERE movement.business_id = $1 AND movement.tender = 'account'
     GROUP BY 1
), given_back AS (
    SELECT sale_id, sum(amount) AS amount
      FROM money_back
     WHERE business_id = $1 AND return_id IS NOT NULL AND way IN ('debt', 'customer_credit')
     GROUP BY sale_id
)
SELECT id::text AS subject,
       format('%s of %s cash, where its source says %s', kind, amount, coalesce(moved::text, 'nothing')) AS detail
  FROM cash
 WHERE amount IS DISTINCT FROM moved
 UNION ALL
SELECT taken.subject_id::text, format('%s cash went into drawer %s, which never counted it', taken.facts ->> 'amount',
                                      taken.facts ->> 'drawer_id')
  FROM audit_entries AS taken
 WHERE taken.business_id = $1 AND taken.action = 'cash_taken' AND taken.facts ->> 'drawer_id' IS NOT NULL
   AND NOT EXISTS (SELECT FROM drawer_movements AS movement
                    WHERE movement.business_id = $1 AND movement.source_id = taken.subject_id
                      AND movement.drawer_id = (taken.facts ->> 'drawer_id')::uuid)
 UNION ALL
SELECT sale.id::text, format('%s of M-PESA are the sale''s, and drawers counted %s', coalesce(given.amount, 0),
                             coalesce(mpesa.amount, 0))
  FROM sales AS sale
  LEFT JOIN (SELECT sale_id, sum(amount) AS amount
               FROM allocations
              WHERE business_id = $1 AND purpose = 'sale'
              GROUP BY sale_id) AS given ON given.sale_id = sale.id
  LEFT JOIN mpesa ON mpesa.sale_id = sale.id
 WHERE sale.business_id = $1 AND sale.drawer_id IS NOT NULL
   AND coalesce(given.amount, 0) <> coalesce(mpesa.amount, 0)
 UNION ALL
SELECT coalesce(sale.id, account.sale_id)::text,
       format('%s of the sale are on an account, and drawers counted %s', coalesce(sale.amount, 0),
              coalesce(account.amount, 0))
  FROM (SELECT sold.id, sold.on_account - coalesce(given_back.amount, 0) AS amount
          FROM sales AS sold
          LEFT JOIN given_back ON given_back.sale_id = sold.id
         WHERE sold.business_id = $1 AND sold.drawer_id IS NOT NULL) AS sale
  FULL JOIN account ON account.sale_id = sale.id
 WHERE coalesce(sale.amount, 0) <> coalesce(account.amount, 0)
 UNION ALL
SELECT coalesce(repaid.id, movement.source_id)::text,
       format('a repayment of %s by M-PESA, asked for at drawer %s: drawer %s counted %s',
              coalesce(repaid.amount::text, 'nothing'), coalesce(repaid.drawer_id::text, 'none'),
              coalesce(movement.drawer_id::text, 'none'), coalesce(movement.amount, 0))
  FROM (SELECT repayment.id, repayment.amount, asked.drawer_id
          FROM credit_payments AS repayment
          LEFT JOIN payments AS asked ON asked.business_id = $1 AND asked.id = repayment.payment_id
         WHERE repayment.business_id = $1 AND repayment.money_in_id IS NOT NULL) AS repaid
  FULL JOIN (SELECT source_id, min(drawer_id::text)::uuid AS drawer_id, sum(amount) AS amount
               FROM drawer_movements
              WHERE business_id = $1 AND tender = 'mpesa' AND kind = 'repayment'
              GROUP BY source_id) AS movement ON movement.source_id = repaid.id
 WHERE (repaid.drawer_id IS NOT NULL AND movement.drawer_id IS DISTINCT FROM repaid.drawer_id)
    OR (movement.source_id IS NOT NULL AND movement.amount IS DISTINCT FROM repaid.amount)
