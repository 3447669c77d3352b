-- The history of a sale is an unbroken chain of legal moves that ends where the sale stands.
-- focus: sale
WITH steps AS (
    SELECT sale_id, from_state, to_state, lag(to_state) OVER in_order AS came_from,
           lead(sequence) OVER in_order IS NULL AS is_last
      FROM sale_events
     WHERE business_id = $1
    WINDOW in_order AS (PARTITION BY sale_id ORDER BY sequence)
)
SELECT sale_id::text AS subject,
       format('a step from %s to %s after %s', coalesce(from_state, 'nothing'), to_state,
              coalesce(came_from, 'nothing')) AS detail
  FROM steps
 WHERE from_state IS DISTINCT FROM came_from
    OR CASE coalesce(from_state, 'nothing') WHEN 'nothing' THEN to_state <> 'open'
                                            WHEN 'open' THEN to_state NOT IN ('completed', 'cancelled')
                                            WHEN 'completed' THEN to_state NOT IN ('partly_returned', 'voided')
                                            WHEN 'partly_returned' THEN to_state <> 'returned'
                                            ELSE true END
 UNION ALL
SELECT sale.id::text, format('the sale is %s and its history ends with %s', sale.state,
                             coalesce(last.to_state, 'nothing'))
  FROM sales AS sale
  LEFT JOIN steps AS last ON last.sale_id = sale.id AND last.is_last
 WHERE sale.business_id = $1 AND sale.state IS DISTINCT FROM last.to_state
