-- The token of an open sale is reserved, of a completed sale charged, of a cancelled sale refunded; no other sale has one.
SELECT coalesce(sale.id, token.sale_id)::text AS subject,
       format('the sale is %s and its token is %s', coalesce(sale.state, 'missing'),
              coalesce(token.types, 'not reserved')) AS detail
  FROM (SELECT id, state FROM sales WHERE business_id = $1) AS sale
  FULL JOIN (SELECT sale_id, string_agg(DISTINCT type, '+' ORDER BY type) AS types
               FROM wallet_transactions
              WHERE business_id = $1 AND sale_id IS NOT NULL
              GROUP BY sale_id) AS token ON token.sale_id = sale.id
 WHERE token.types IS DISTINCT FROM CASE sale.state WHEN 'open' THEN 'reserve' WHEN 'completed' THEN 'charge+reserve'
                                                    WHEN 'cancelled' THEN 'refund+reserve' END
