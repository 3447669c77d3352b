-- What the lines of a sale took of a batch is what the sale moved, a cancelled or voided sale moved it all back, and
-- what came back of a product by a return is in its batches, into none more than the sale took of it.
-- focus: sale
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
                    coalesce(sum(quantity) FILTER (WHERE kind IN ('sale_cancelled', 'sale_voided')), 0) AS back
               FROM stock_movements
              WHERE business_id = $1 AND kind IN ('sale', 'sale_cancelled', 'sale_voided')
              GROUP BY source_id, batch_id) AS moved
    ON moved.source_id = taken.sale_id AND moved.batch_id = taken.batch_id
 WHERE taken.quantity IS DISTINCT FROM -moved.sold
    OR moved.back <> CASE WHEN taken.state IN ('cancelled', 'voided') THEN -moved.sold ELSE 0 END
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
