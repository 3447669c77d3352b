-- What goes back for a return is what its lines were sold for, each way at most what came that way, and by M-Pesa with
-- a refund of just that.
-- focus: sale
SELECT document.id::text AS subject,
       format('total %s, lines %s, money back %s', document.total, coalesce(lines.amount, 0), coalesce(parts.amount, 0))
       AS detail
  FROM returns AS document
  LEFT JOIN (SELECT return_id, sum(amount) AS amount
               FROM sale_item_returns
              WHERE business_id = $1
              GROUP BY return_id) AS lines ON lines.return_id = document.id
  LEFT JOIN (SELECT return_id, sum(amount) AS amount
               FROM money_back
              WHERE business_id = $1 AND return_id IS NOT NULL
              GROUP BY return_id) AS parts ON parts.return_id = document.id
 WHERE document.business_id = $1
   AND (document.total IS DISTINCT FROM lines.amount OR document.total <> coalesce(parts.amount, 0))
 UNION ALL
SELECT back.sale_id::text, format('%s of cash went back, where %s came', back.amount, coalesce(cash.amount, 0))
  FROM (SELECT sale_id, sum(amount) AS amount
          FROM money_back
         WHERE business_id = $1 AND way = 'cash' AND return_id IS NOT NULL
         GROUP BY sale_id) AS back
  LEFT JOIN (SELECT sale_id, sum(amount) AS amount
               FROM payments
              WHERE business_id = $1 AND method = 'cash' AND returned_at IS NULL
              GROUP BY sale_id) AS cash ON cash.sale_id = back.sale_id
 WHERE back.amount > coalesce(cash.amount, 0)
 UNION ALL
SELECT coalesce(part.return_id, part.void_id)::text,
       format('%s by M-Pesa, refund of %s', part.amount, coalesce(refund.amount::text, 'nothing'))
  FROM money_back AS part
  LEFT JOIN refunds AS refund ON refund.business_id = $1 AND refund.id = part.refund_id
 WHERE part.business_id = $1 AND part.way = 'mpesa' AND refund.amount IS DISTINCT FROM part.amount
