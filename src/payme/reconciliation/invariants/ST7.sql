-- What the lines of a sale took of a batch is what the sale moved, and a cancelled sale moved it all back.
SELECT coalesce(taken.sale_id, moved.source_id)::text AS subject,
       format('batch %s: the lines took %s, the sale moved %s and back %s',
              coalesce(taken.batch_id, moved.batch_id), coalesce(taken.quantity, 0), coalesce(-moved.sold, 0),
              coalesce(moved.back, 0)) AS detail
  FROM (SELECT part.sale_id, part.batch_id, sale.state, sum(part.quantity) AS quantity
          FROM sale_item_takings AS part
          JOIN sales AS sale ON sale.business_id = $1 AND sale.id = part.sale_id
         WHERE part.business_id = $1
         GROUP BY part.sale_id, part.batch_id, sale.state) AS taken
  FULL JOIN (SELECT source_id, batch_id, coalesce(sum(quantity) FILTER (WHERE kind = 'sale'), 0) AS sold,
                    coalesce(sum(quantity) FILTER (WHERE kind = 'sale_cancelled'), 0) AS back
               FROM stock_movements
              WHERE business_id = $1 AND kind IN ('sale', 'sale_cancelled')
              GROUP BY source_id, batch_id) AS moved
    ON moved.source_id = taken.sale_id AND moved.batch_id = taken.batch_id
 WHERE taken.quantity IS DISTINCT FROM -moved.sold
    OR moved.back <> CASE taken.state WHEN 'cancelled' THEN -moved.sold ELSE 0 END
