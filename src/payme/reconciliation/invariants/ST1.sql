-- What is available of a batch is what was received and every movement since.
-- focus: batch
SELECT batch.id::text AS subject,
       format('received %s, moved %s, available %s', batch.quantity_received, coalesce(moved.quantity, 0),
              batch.quantity_available) AS detail
  FROM stock_batches AS batch
  LEFT JOIN (SELECT batch_id, sum(quantity) AS quantity
               FROM stock_movements
              WHERE business_id = $1
              GROUP BY batch_id) AS moved ON moved.batch_id = batch.id
 WHERE batch.business_id = $1
   AND batch.quantity_available <> batch.quantity_received + coalesce(moved.quantity, 0)
