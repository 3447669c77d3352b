-- Of each product, the value received less the cost of goods sold and not returned less losses is the value on hand,
-- exactly.
-- focus: nightly
SELECT coalesce(held.product_id, gone.product_id)::text AS subject,
       format('received %s, sold %s, lost %s, on hand %s', coalesce(held.received, 0), coalesce(gone.sold, 0),
              coalesce(gone.lost, 0), coalesce(held.on_hand, 0)) AS detail
  FROM (SELECT product_id, sum(quantity_received * unit_cost) AS received, sum(quantity_available * unit_cost) AS on_hand
          FROM stock_batches
         WHERE business_id = $1
         GROUP BY product_id) AS held
  FULL JOIN (SELECT product_id, sum(sold) AS sold, sum(lost) AS lost
               FROM (SELECT batch.product_id, part.quantity * part.unit_cost AS sold, 0 AS lost
                       FROM sale_item_takings AS part
                       JOIN stock_batches AS batch ON batch.business_id = $1 AND batch.id = part.batch_id
                       JOIN sales AS sale ON sale.business_id = $1 AND sale.id = part.sale_id
                      WHERE part.business_id = $1 AND sale.state NOT IN ('cancelled', 'voided')
                      UNION ALL
                     SELECT product_id, -quantity * unit_cost, 0
                       FROM stock_movements
                      WHERE business_id = $1 AND kind = 'sale_returned'
                      UNION ALL
                     SELECT product_id, 0, -quantity * unit_cost
                       FROM stock_movements
                      WHERE business_id = $1 AND kind IN ('count', 'spoilage')) AS change
              GROUP BY product_id) AS gone ON gone.product_id = held.product_id
 WHERE coalesce(held.received, 0) - coalesce(gone.sold, 0) - coalesce(gone.lost, 0) <> coalesce(held.on_hand, 0)
