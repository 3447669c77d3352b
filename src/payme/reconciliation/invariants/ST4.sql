-- Goods move at the cost of their batch, in movements and in what lines took.
-- focus: batch
SELECT moved.batch_id::text AS subject,
       format('movement %s at %s, batch at %s', moved.id, moved.unit_cost, batch.unit_cost) AS detail
  FROM stock_movements AS moved
  JOIN stock_batches AS batch ON batch.business_id = $1 AND batch.id = moved.batch_id
 WHERE moved.business_id = $1 AND moved.unit_cost <> batch.unit_cost
 UNION ALL
SELECT part.batch_id::text, format('line %s at %s, batch at %s', part.sale_item_id, part.unit_cost, batch.unit_cost)
  FROM sale_item_takings AS part
  JOIN stock_batches AS batch ON batch.business_id = $1 AND batch.id = part.batch_id
 WHERE part.business_id = $1 AND part.unit_cost <> batch.unit_cost
