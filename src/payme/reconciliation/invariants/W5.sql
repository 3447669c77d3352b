-- The token of an open sale is reserved, of a completed sale charged whether goods came back or not, of a cancelled sale
-- refunded and of a voided one charged and refunded; no other sale has one.
-- focus: sale
SELECT coalesce(sale.id, token.sale_id)::text AS subject,
       format('the sale is %s and its token is %s', coalesce(sale.state, 'missing'),
              coalesce(token.types, 'not reserved')) AS detail
  FROM (SELECT id, state FROM sales WHERE business_id = $1) AS sale
  FULL JOIN (SELECT sale_id, string_agg(DISTINCT type, '+' ORDER BY type) AS types
               FROM wallet_transactions
              WHERE business_id = $1 AND sale_id IS NOT NULL
              GROUP BY sale_id) AS token ON token.sale_id = sale.id
 WHERE token.types IS DISTINCT FROM CASE WHEN sale.state = 'open' THEN 'reserve'
                                        WHEN sale.state IN ('completed', 'partly_returned', 'returned')
                                        THEN 'charge+reserve'
                                        WHEN sale.state = 'cancelled' THEN 'refund+reserve'
                                        WHEN sale.state = 'voided' THEN 'charge+refund+reserve' END
