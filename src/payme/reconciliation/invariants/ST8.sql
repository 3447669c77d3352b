-- Each movement continues what the one before it left of the batch.
-- focus: batch
SELECT step.batch_id::text AS subject,
       format('movement %s: %s%s is not %s', step.id, coalesce(step.before, step.quantity_received),
              to_char(step.quantity, 'SG999999990.000'), step.available_after) AS detail
  FROM (SELECT moved.id, moved.batch_id, moved.quantity, moved.available_after, batch.quantity_received,
               lag(moved.available_after) OVER (PARTITION BY moved.batch_id ORDER BY moved.sequence) AS before
          FROM (SELECT id, batch_id, quantity, available_after, sequence
                  FROM stock_movements
                 WHERE business_id = $1
                OFFSET 0) AS moved  -- read as it lies and sorted; by the index of batches it is read in leaps
          JOIN stock_batches AS batch ON batch.business_id = $1 AND batch.id = moved.batch_id) AS step
 WHERE coalesce(step.before, step.quantity_received) + step.quantity <> step.available_after
