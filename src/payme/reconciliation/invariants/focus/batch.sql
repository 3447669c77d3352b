-- All batches of some products, with a page of the movements of each: what the movement before the page left of a batch
-- is brought forward as one movement. What is before the page was asked when it was written, and nobody may change it
-- since.
stock_batches AS (SELECT * FROM stock_batches WHERE business_id = $1 AND product_id = ANY($3)),
page AS (
    SELECT batch_id, min(sequence) AS first
      FROM stock_movements
     WHERE business_id = $1 AND id = ANY($3)
     GROUP BY batch_id),
stock_movements AS (
    SELECT moved.business_id, moved.id, moved.sequence, moved.batch_id, moved.product_id, moved.kind, moved.quantity,
           moved.unit_cost, moved.available_after
      FROM page
      JOIN stock_movements AS moved
        ON moved.business_id = $1 AND moved.batch_id = page.batch_id AND moved.sequence >= page.first
     UNION ALL
    SELECT batch.business_id, before.id, before.sequence, batch.id, batch.product_id, 'brought forward',
           before.available_after - batch.quantity_received, before.unit_cost, before.available_after
      FROM stock_batches AS batch
      LEFT JOIN page ON page.batch_id = batch.id
     CROSS JOIN LATERAL (SELECT last.id, last.sequence, last.unit_cost, last.available_after
                           FROM stock_movements AS last
                          WHERE last.business_id = $1 AND last.batch_id = batch.id
                            AND last.sequence < coalesce(page.first, 9223372036854775807)
                          ORDER BY last.sequence DESC
                          LIMIT 1) AS before),
sale_item_takings AS (SELECT * FROM sale_item_takings WHERE business_id = $1 AND sale_id = ANY($3))
