-- What the lines of a sale took of a batch is what the sale moved, a cancelled or voided sale moved it all back, and
-- what came back of a product by a return is in its batches, into none more than the sale took of it.
-- focus: sale
-- That a sale moves a batch once is asked by ST6, so only the lines are added up.
SELECT coalesce(lines.sale_id, moved.source_id)::text AS subject,
       format('batch %s: the lines took %s, and the sale moved %s', coalesce(lines.batch_id, moved.batch_id),
              coalesce(lines.quantity, 0), coalesce(moved.quantity, 0)) AS detail
  FROM (SELECT sale_id, batch_id, sum(quantity) AS quantity
          FROM sale_item_takings
         WHERE business_id = $1
         GROUP BY sale_id, batch_id) AS lines
  FULL JOIN (SELECT source_id, batch_id, quantity
               FROM stock_movements
              WHERE business_id = $1 AND kind = 'sale') AS moved
    ON moved.source_id = lines.sale_id AND moved.batch_id = lines.batch_id
 WHERE lines.quantity IS DISTINCT FROM -moved.quantity
 UNION ALL
SELECT source_id::text, format('batch %s: %s moved back is too much', batch_id, sum(quantity))
  FROM stock_movements
 WHERE business_id = $1
   AND (kind IN ('sale_cancelled', 'sale_voided')
        OR (kind = 'sale'
            AND source_id IN (SELECT id FROM sales WHERE business_id = $1 AND state IN ('cancelled', 'voided'))))
 GROUP BY source_id, batch_id
HAVING sum(quantity) <> 0
 UNION ALL
SELECT coalesce(lines.return_id, moved.source_id)::text,
       format('a return of %s, of which %s came into batches', coalesce(lines.quantity, 0), coalesce(moved.quantity, 0))
  FROM (SELECT back.return_id, item.product_id, sum(back.quantity) AS quantity
          FROM sale_item_returns AS back
          JOIN sale_items AS item ON item.business_id = $1 AND item.id = back.sale_item_id
         WHERE back.business_id = $1
         GROUP BY back.return_id, item.product_id) AS lines
  FULL JOIN (SELECT source_id, product_id, sum(quantity) AS quantity
               FROM stock_movements
              WHERE business_id = $1 AND kind = 'sale_returned'
              GROUP BY source_id, product_id) AS moved
    ON moved.source_id = lines.return_id AND moved.product_id = lines.product_id
 WHERE lines.quantity IS DISTINCT FROM moved.quantity
 UNION ALL
SELECT back.sale_id::text, format('batch %s: %s came back, where the sale took %s', back.batch_id, back.quantity,
                                  coalesce(-sold.quantity, 0))
  FROM (SELECT document.sale_id, moved.batch_id, sum(moved.quantity) AS quantity
          FROM stock_movements AS moved
          JOIN returns AS document ON document.business_id = $1 AND document.id = moved.source_id
         WHERE moved.business_id = $1 AND moved.kind = 'sale_returned'
         GROUP BY document.sale_id, moved.batch_id) AS back
  LEFT JOIN stock_movements AS sold
    ON sold.business_id = $1 AND sold.source_id = back.sale_id AND sold.batch_id = back.batch_id AND sold.kind = 'sale'
 WHERE back.quantity > coalesce(-sold.quantity, 0)
