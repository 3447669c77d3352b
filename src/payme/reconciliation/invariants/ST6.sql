-- Each movement has one source document of its kind, which moves a batch once in each way.
-- focus: sale
SELECT moved.id::text AS subject,
       format('%s from %s, which is %s', moved.kind, moved.source_id,
              coalesce(sale.state, adjustment.kind, CASE WHEN back.id IS NOT NULL THEN 'a return' END, 'nothing'))
       AS detail
  FROM stock_movements AS moved
  LEFT JOIN sales AS sale
    ON sale.business_id = $1 AND sale.id = moved.source_id AND moved.kind IN ('sale', 'sale_cancelled', 'sale_voided')
  LEFT JOIN returns AS back
    ON back.business_id = $1 AND back.id = moved.source_id AND moved.kind = 'sale_returned'
  LEFT JOIN stock_adjustments AS adjustment
    ON adjustment.business_id = $1 AND adjustment.id = moved.source_id AND moved.kind IN ('count', 'spoilage')
 WHERE moved.business_id = $1
   AND CASE moved.kind WHEN 'sale' THEN sale.id IS NULL
                       WHEN 'sale_cancelled' THEN sale.state IS DISTINCT FROM 'cancelled'
                       WHEN 'sale_voided' THEN sale.state IS DISTINCT FROM 'voided'
                       WHEN 'sale_returned' THEN back.id IS NULL
                       ELSE adjustment.kind IS DISTINCT FROM moved.kind END
 UNION ALL
SELECT min(id::text), format('%s of %s moved one batch %s times', kind, source_id, count(*))
  FROM stock_movements
 WHERE business_id = $1
 GROUP BY source_id, batch_id, kind
HAVING count(*) > 1
