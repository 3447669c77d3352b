-- What a line took from batches is its quantity, and it took batches of its own product.
-- focus: sale
SELECT taken.id::text AS subject,
       format('quantity %s, taken %s of the product and %s of others', taken.quantity, coalesce(taken.own, 0),
              coalesce(taken.other, 0)) AS detail
  FROM (SELECT item.id, item.quantity, sum(part.quantity) FILTER (WHERE batch.product_id = item.product_id) AS own,
               sum(part.quantity) FILTER (WHERE batch.product_id <> item.product_id) AS other
          FROM sale_items AS item
          LEFT JOIN sale_item_takings AS part ON part.business_id = $1 AND part.sale_item_id = item.id
          LEFT JOIN stock_batches AS batch ON batch.business_id = $1 AND batch.id = part.batch_id
         WHERE item.business_id = $1
         GROUP BY item.id, item.quantity) AS taken
 WHERE taken.quantity IS DISTINCT FROM taken.own OR taken.other IS NOT NULL
