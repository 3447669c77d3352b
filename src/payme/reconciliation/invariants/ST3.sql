-- First in, first out: no sale took from a batch while an older batch of the product had goods.
-- focus: batch
-- A batch has goods from its delivery until it first runs empty, and again from each movement that fills it until it
-- next runs empty (a cancelled sale may put goods back into an old batch). The first spans are compared by a running
-- maximum over the older batches, the later ones, which are few and short, by the movements inside them.
WITH spans AS (
    SELECT batch.id, batch.product_id, batch.received_at,
           CASE WHEN moves.emptied_at IS NOT NULL THEN moves.emptied_at ELSE 9223372036854775807 END AS emptied_at,
           moves.sold_from
      FROM stock_batches AS batch
      LEFT JOIN (SELECT batch_id, min(sequence) FILTER (WHERE available_after = 0) AS emptied_at,
                        min(sequence) FILTER (WHERE kind = 'sale') AS sold_from
                   FROM stock_movements
                  WHERE business_id = $1
                  GROUP BY batch_id) AS moves ON moves.batch_id = batch.id
     WHERE batch.business_id = $1
), refills AS MATERIALIZED (
    SELECT refill.product_id, refill.batch_id, batch.received_at, refill.sequence AS filled_at,
           coalesce((SELECT emptied.sequence
                       FROM stock_movements AS emptied
                      WHERE emptied.business_id = $1 AND emptied.batch_id = refill.batch_id
                        AND emptied.sequence > refill.sequence AND emptied.available_after = 0
                      ORDER BY emptied.sequence
                      LIMIT 1), 9223372036854775807) AS emptied_at
      FROM stock_movements AS refill
      JOIN stock_batches AS batch ON batch.business_id = $1 AND batch.id = refill.batch_id
     WHERE refill.business_id = $1 AND refill.quantity > 0 AND refill.available_after = refill.quantity
)
SELECT early.id::text AS subject, 'sold from before an older batch first ran empty' AS detail
  FROM (SELECT id, sold_from,
               max(emptied_at) OVER (PARTITION BY product_id ORDER BY received_at, id
                                     ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS older_emptied_at
          FROM spans) AS early
 WHERE early.sold_from < early.older_emptied_at
 UNION ALL
SELECT newer.id::text, format('sold from while the older batch %s had goods again', refills.batch_id)
  FROM refills
  JOIN stock_movements AS sold
    ON sold.business_id = $1 AND sold.product_id = refills.product_id AND sold.kind = 'sale'
   AND sold.sequence > refills.filled_at AND sold.sequence < refills.emptied_at
  JOIN stock_batches AS newer
    ON newer.business_id = $1 AND newer.id = sold.batch_id
   AND (newer.received_at, newer.id) > (refills.received_at, refills.batch_id)
