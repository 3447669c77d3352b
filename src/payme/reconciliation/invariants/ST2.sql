-- No batch ever has less than nothing.
-- focus: batch
SELECT id::text AS subject, format('available %s', quantity_available) AS detail
  FROM stock_batches
 WHERE business_id = $1 AND quantity_available < 0
 UNION ALL
SELECT batch_id::text, format('available %s after movement %s', available_after, id)
  FROM stock_movements
 WHERE business_id = $1 AND available_after < 0
